-- Many integer keys outside of the array: queues, fills downwards, below 0, in steps.

local function summary(t)
  local count, keys, values = 0, 0, 0
  for k, v in pairs(t) do
    count = count + 1
    keys = keys + k
    values = values + v
  end
  return count, keys, values
end

-- a queue moves through the integers
local t, head, tail = {}, 1, 0
for i = 1, 3000 do
  tail = tail + 1
  t[tail] = i
end
local sum = 0
for i = 1, 20000 do
  tail = tail + 1
  t[tail] = i
  sum = sum + t[head]
  t[head] = nil
  head = head + 1
end
print(sum, summary(t)) -- expect: 149010000	3000	64501500	55501500
while head <= tail do
  t[head] = nil
  head = head + 1
end
print(next(t)) -- expect: nil

-- downwards, into an array at last
t = {}
for i = 5000, 1, -1 do t[i] = i end
print(#t, summary(t)) -- expect: 5000	5000	12502500	12502500

-- on both sides of 0, with names and fractions beside
t = { name = 0 }
for i = -2000, -1 do t[i] = 1 end
for i = 3000, 1500, -1 do t[i] = 2 end
t[0], t[0.5] = 3, 4
t.name = nil
print(summary(t)) -- expect: 3503	1376250.5	5009
print(t[-2000], t[-2001], t[-1], t[0], t[-0.5], t[1499], t[1500], t[3000], t[3001])
-- expect: 1	nil	1	3	nil	nil	2	2	nil

-- what is met may be cleared, and all else is met
local met = 0
for k in pairs(t) do
  met = met + 1
  if k % 3 ~= 0 then t[k] = nil end
end
print(met, summary(t)) -- expect: 3503	1168	460917	1671

-- in steps, and filled up
t = {}
for i = 2, 4000, 2 do t[i] = 1 end
for i = 4000, 8000 do t[i * 100] = 1 end
print(summary(t)) -- expect: 6001	2404602000	6001
for i = 1, 4000, 2 do t[i] = 1 end
print(#t, summary(t)) -- expect: 4000	8001	2408602000	8001
for i = 4000, 8000 do t[i * 100] = nil end
for i = -1, -500, -1 do t[i] = 1 end
print(#t, summary(t)) -- expect: 4000	4500	7876750	4500

-- values that only a weak table has go, also from there
local weak, kept = setmetatable({}, { __mode = "v" }), {}
for i = 1, 1000 do
  local v = {}
  weak[-i] = v
  if i % 10 == 0 then kept[i] = v end
end
collectgarbage()
local left = 0
for k, v in pairs(weak) do
  left = left + 1
  assert(kept[-k] == v)
end
print(left) -- expect: 100

-- keys as strings that look like them are others
t = {}
for i = 1, 600 do t[i * 2] = i t[tostring(i * 2)] = -i end
print(t[600], t["600"], t[601]) -- expect: 300	-300	nil
