-- Tables: keys, growth and shrinking, identity, order-free traversal.

local t = {}
print(t[1], t.x, t[nil], #t, next(t)) -- expect: nil	nil	nil	0	nil

-- any value but nil and NaN is a key
local k1, k2, f = {}, {}, function() end
t[k1], t[k2], t[f], t[true], t[false], t[1.5] = "k1", "k2", "f", "T", "F", "1.5"
print(t[k1], t[k2], t[{}], t[f], t[true], t[false], t[1.5]) -- expect: k1	k2	nil	f	T	F	1.5
t[k1] = nil
print(t[k1], t[k2]) -- expect: nil	k2

-- integers and floats
t = {}
for i = -3, 3 do t[i] = i end
print(t[-3], t[0], t[3], t["0"], #t) -- expect: -3	0	3	nil	3
t[2 ^ 31] = "2^31"; t[2 ^ 32] = "2^32"; t[-2 ^ 31] = "-2^31"; t[1e100] = "1e100"; t[2 ^ 53] = "2^53"
print(t[2147483648], t[4294967296], t[-2147483648], t[1e100], t[9007199254740992], #t)
-- expect: 2^31	2^32	-2^31	1e100	2^53	3
t[1 / 3] = "third"
print(t[1 / 3], t[0.333], t[1 - 2 / 3] == nil or "rounded") -- expect: third	nil	true

-- appending, removing from the end, clearing
t = {}
for i = 1, 1000 do t[i] = i end
print(#t, t[1], t[500], t[1000], t[1001]) -- expect: 1000	1	500	1000	nil
for i = 1000, 501, -1 do t[i] = nil end
print(#t, t[500], t[501]) -- expect: 500	500	nil
for i = 501, 600 do t[#t + 1] = -i end
print(#t, t[600]) -- expect: 600	-600
for i = 1, 600 do t[i] = nil end
print(#t, next(t)) -- expect: 0	nil

-- filling downwards, with gaps, and then closing them
t = {}
for i = 100, 1, -1 do t[i] = i end
print(#t, t[1], t[100]) -- expect: 100	1	100
t = {}
for i = 1, 99, 2 do t[i] = i end
for i = 2, 100, 2 do t[i] = i end
print(#t) -- expect: 100
local sum = 0
for _, v in ipairs(t) do sum = sum + v end
print(sum) -- expect: 5050

-- a far-away index costs nothing
t = {}
t[100000000] = 1
t[1] = 2
print(t[100000000], t[99999999], t[1]) -- expect: 1	nil	2

-- many string keys, overwritten and deleted
t = {}
for i = 1, 2000 do t["key" .. i] = i end
local n = 0
for _ in pairs(t) do n = n + 1 end
print(n, t.key1, t.key2000, t.key2001) -- expect: 2000	1	2000	nil
for i = 1, 2000, 2 do t["key" .. i] = nil end
n, sum = 0, 0
for _, v in pairs(t) do n = n + 1 sum = sum + v end
print(n, sum, t.key1, t.key2) -- expect: 1000	1001000	nil	2
for i = 1, 2000 do t["key" .. i] = i end
n = 0
for _ in pairs(t) do n = n + 1 end
print(n) -- expect: 2000

-- mixed keys together
t = { 1, 2, 3, x = "x", y = "y", [10] = 10, [0] = 0, [-1] = -1, [2.5] = "f" }
local keys = {}
for k in pairs(t) do keys[#keys + 1] = tostring(k) end
table.sort(keys)
print(table.concat(keys, " "), #t) -- expect: -1 0 1 10 2 2.5 3 x y	3

-- tables are references
local a = { v = 1 }
local b = a
b.v = 2
print(a.v, a == b, a == { v = 2 }) -- expect: 2	true	false
local function modify(tab) tab.v = tab.v + 1 tab = { v = 100 } return tab end
print(modify(a).v, a.v) -- expect: 100	3

-- cycles
local c = {}
c.self = c
c[c] = c
print(c.self.self.self == c, c[c][c] == c) -- expect: true	true

-- deletion in traversal: each key is seen exactly once
t = {}
for i = 1, 300 do t[i] = i t["s" .. i] = i end
local seen, count = {}, 0
for k in pairs(t) do
  if seen[k] then print("twice", k) end
  seen[k] = true
  count = count + 1
  t[k] = nil
end
print(count, next(t)) -- expect: 600	nil

-- deleting others in traversal is allowed too; what is left is still visited
t = {}
for i = 1, 100 do t["x" .. i] = i end
count = 0
for k, v in pairs(t) do
  count = count + 1
  local other = "x" .. (v % 2 == 0 and v - 1 or v + 1)
  t[other] = nil
end
print(count) -- expect: 50

-- next can be called by hand
t = { a = 1, b = 2, c = 3 }
local k, v = next(t)
count = 0
while k do count = count + v k, v = next(t, k) end
print(count) -- expect: 6

-- rawget, rawset, rawlen, rawequal
t = setmetatable({}, { __index = function() return "default" end, __newindex = function() end,
  __len = function() return 42 end, __eq = function() return true end })
t.x = 1
print(t.x, rawget(t, "x"), #t, rawlen(t)) -- expect: default	nil	42	0
rawset(t, "x", 5); rawset(t, 1, "one")
print(t.x, rawget(t, "x"), rawlen(t), rawlen("abc"), rawequal(t, {}), t == setmetatable({}, getmetatable(t)))
-- expect: 5	5	1	3	false	true
print(rawset(t, "y", 1) == t) -- expect: true

-- arrays of arrays
local m = {}
for i = 1, 10 do m[i] = {} for j = 1, 10 do m[i][j] = i * j end end
print(m[3][4], m[10][10], #m, #m[1]) -- expect: 12	100	10	10

-- a stack and a queue
local stack = {}
for i = 1, 10 do stack[#stack + 1] = i end
local popped = {}
while #stack > 0 do popped[#popped + 1] = stack[#stack] stack[#stack] = nil end
print(table.concat(popped, " ")) -- expect: 10 9 8 7 6 5 4 3 2 1
local queue, first, last = {}, 1, 0
for i = 1, 50 do
  last = last + 1 queue[last] = i
  if i % 2 == 0 then queue[first] = nil first = first + 1 end
end
print(first, last, queue[first], queue[last], queue[1]) -- expect: 26	50	26	50	nil

-- string keys made at run time are the same key
t = {}
t["ab"] = 1
print(t["a" .. "b"], t[("xab"):sub(2)], t[table.concat({ "a", "b" })], t.ab) -- expect: 1	1	1	1
local longkey = ("k"):rep(100)
t[longkey] = "long"
print(t[("k"):rep(50) .. ("k"):rep(50)]) -- expect: long

-- nil is never a key, however many there are
do
  local t, found = {}, 0
  for i = 1, 2000 do
    t["k" .. i] = i
    local key, other = nil, rawget(t, nil)
    if t[key] ~= nil or t[nil] ~= nil or other ~= nil then found = found + 1 end
  end
  print(found) -- expect: 0
end
