-- SPDX-License-Identifier: MIT
-- moonlet-only: lua5.2 takes time quadratic in the length of such chains, and the stack
-- Weak-keyed tables whose values make other keys live: long chains, in any order, and tables
-- that are found only through others. Where each has to be looked at more than a few times,
-- this does not end before the test is stopped.

local mode = { __mode = "k" }
local function count(t)
  local n = 0
  for _ in pairs(t) do n = n + 1 end
  return n
end

local t, first = setmetatable({}, mode), {}
do
  local k = first
  for i = 1, 300000 do
    local next = {}
    t[k] = next
    k = next
  end
end
collectgarbage()
print(count(t)) -- expect: 300000
first = nil
collectgarbage()
print(count(t)) -- expect: 0

-- each table is the value in the one before
local key, top = {}, setmetatable({}, mode)
do
  local w = top
  for i = 1, 50000 do
    local next = setmetatable({}, mode)
    w[key] = next
    w = next
  end
end
collectgarbage()
local n, w = 0, top
while w do n, w = n + 1, w[key] end
print(n) -- expect: 50001
key = nil
collectgarbage()
print(count(top)) -- expect: 0

-- one key in two tables; a key that keeps itself alive does not count
local a, b, k1 = setmetatable({}, mode), setmetatable({}, mode), {}
do
  local k2, k3 = {}, {}
  a[k1], b[k1] = k2, "text"
  a[k2], b[k2] = { "a" }, { "b" }
  a[k3], b[k3] = k3, { k3 }
end
collectgarbage()
print(a[a[k1]][1], b[a[k1]][1], b[k1]) -- expect: a	b	text
print(count(a), count(b)) -- expect: 2	2
