-- next with a key that never was in the table is an error; with one that has been cleared
-- in the traversal it is not.

local function try(...) print(select(2, pcall(next, ...))) end

try({}, 1) -- expect: invalid key to 'next'
try({}, {}) -- expect: invalid key to 'next'
try({}, 0 / 0) -- expect: invalid key to 'next'
try({ 10, 20 }, 3) -- expect: invalid key to 'next'
try({ 10, 20 }, 0) -- expect: invalid key to 'next'
try({ 10, 20 }, 1.5) -- expect: invalid key to 'next'
try({ 10, 20 }, "1") -- expect: invalid key to 'next'
try({ x = 1 }, "y") -- expect: invalid key to 'next'
try({ x = 1 }, true) -- expect: invalid key to 'next'
try({ 10, 20 }, 1) -- expect: 2	20
try({ 10, 20 }, 2) -- expect: nil
try({ x = 1 }, "x") -- expect: nil

local t = {}
for i = 1, 200 do
  t[i], t["k" .. i], t[-i], t[i + 0.5] = i, i, i, i
end
local n, k = 0, next(t)
while k do
  t[k] = nil
  n = n + 1
  k = next(t, k)
end
print(n, next(t)) -- expect: 800	nil

-- cleared where the traversal is not
t = { a = 1, b = 2, c = 3, 1, 2, 3 }
for key in pairs(t) do
  for other in pairs { a = 1, b = 2, c = 3, 1, 2, 3 } do
    if other ~= key then t[other] = nil end
  end
end
n = 0
for _ in pairs(t) do n = n + 1 end
print(n) -- expect: 1
