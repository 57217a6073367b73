-- Fields of tables of many kinds that one node meets: it remembers where the last one had it.

local function get(t) return t.key end
local function set(t, v) t.key = v end

-- tables with the key at every place, and without it
local names, kinds = {}, {}
for i = 1, 40 do names[i] = "name" .. i end
for i = 0, 40 do
  local t = {}
  for k = 1, i do t[names[k]] = k end
  kinds[#kinds + 1] = t
end
for round = 1, 3 do
  for i, t in ipairs(kinds) do assert(get(t) == nil or get(t) == round - 1, i) end
  for _, t in ipairs(kinds) do set(t, round) end
  for i = #kinds, 1, -1 do assert(get(kinds[i]) == round) end
end
for i, t in ipairs(kinds) do
  for k = 1, i - 1 do assert(t[names[k]] == k) end
end
print("all kinds")
-- expect: all kinds

-- the same places, other keys
local a, b = { x = 1, y = 2 }, { x = 3, y = 4 }
local function x(t) return t.x end
for _ = 1, 40 do assert(x(a) == 1 and x(b) == 3) end
a.x = nil
assert(x(a) == nil and x(b) == 3)
a.z = 5
assert(x(a) == nil)
for _, name in ipairs(names) do
  local t = { [name] = 1, y = 2 }
  assert(x(t) == nil)
  t.x = 6
  assert(x(t) == 6)
  t[name] = nil
  assert(x(t) == 6)
end
print(a.z, b.x)
-- expect: 5	3

-- what is removed and comes again while the node goes on
local t, sum = { key = 0 }, 0
for i = 1, 60 do
  set(t, i % 3 ~= 0 and i or nil)
  t[names[i % 40 + 1]] = i % 2 == 0 and i or nil
  sum = sum + (get(t) or 0)
end
print(sum)
-- expect: 1200

-- no table, and metatables in between
local log = {}
local proxy = setmetatable({}, {
  __index = function(_, k) log[#log + 1] = "get " .. k return 7 end,
  __newindex = function(_, k, v) log[#log + 1] = "set " .. k .. " " .. v end,
})
local class = { key = 8 }
class.__index = class
local object = setmetatable({ other = 1 }, class)
for _ = 1, 2 do
  assert(get(t) == nil and get(proxy) == 7 and get(object) == 8 and get({ key = 9 }) == 9)
  set(proxy, 1)
end
set(object, 10)
assert(get(object) == 10 and class.key == 8)
set(object, nil)
assert(get(object) == 8)
local function message(f, ...) return select(2, pcall(f, ...)):match(":%d+: (.*)") end
print(#log, log[1], log[2])
-- expect: 4	get key	set key 1
print(message(get, 1))
-- expect: attempt to index local 't' (a number value)
print(message(set, nil, 1))
-- expect: attempt to index local 't' (a nil value)

-- methods of the object itself, of its class, and of strings, at one node
local function call(o) return o:len() end
local own = { len = function() return "own" end }
local inherits = setmetatable({}, { __index = { len = function() return "class" end } })
for _ = 1, 3 do
  assert(call(own) == "own" and call(inherits) == "class" and call("abc") == 3)
  assert(not pcall(call, {}) and not pcall(call, 1))
end
inherits.len = own.len
assert(call(inherits) == "own")
inherits.len = nil
assert(call(inherits) == "class")
print("methods")
-- expect: methods
