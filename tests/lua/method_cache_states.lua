-- moonlet-only: what is remembered of classes is of one state.
local state = require "state"
local Class = {}
Class.__index = Class
function Class.name() return "first" end
local o = setmetatable({}, Class)
local function warm()
  local got
  for _ = 1, 100 do got = o:name() end
  return got
end
print(warm()) -- expect: first

-- A try that fails is as if it had not been; neither is a fork.
print(state.try(function()
  function Class.name() return "tried" end
  print(warm()) -- expect: tried
  error("no", 0)
end)) -- expect: false	no
print(warm()) -- expect: first
print(state.fork(function()
  Class.name = nil
  setmetatable(Class, { __index = { name = function() return "forked" end } })
  return warm()
end)) -- expect: forked
print(warm()) -- expect: first

-- Back, to a snapshot that nobody has looked into, and to one that somebody has.
local s, round = state.snapshot()
print(round, warm())
function Class.name() return "later" end
print(warm())
-- expect: nil	first
-- expect: later
-- expect: 1	first
-- expect: later
-- expect: 2	first
-- expect: later
if round == 1 then state.digest(s) end
if (round or 0) < 2 then state.restore(s, (round or 0) + 1) end

-- Snapshots in each turn, and a class that is written to in each.
local last
for i = 1, 50 do
  function Class.name() return i end
  local before = warm()
  last = state.snapshot()
  assert(before == i and warm() == i)
  Class.name = function() return -i end
  assert(warm() == -i)
end
print(last ~= nil, warm()) -- expect: true	-50

-- Read-only classes.
local Frozen = { name = function() return "frozen" end }
Frozen.__index = Frozen
state.freeze(Frozen)
setmetatable(o, Frozen)
print(warm()) -- expect: frozen
print(pcall(function() Frozen.name = nil end))
-- expect: false	method_cache_states.lua:60: attempt to modify a readonly table
print(warm()) -- expect: frozen

-- So are functions that are called for absent keys.
local Proxy = { __index = function() return "first" end }
local p = setmetatable({}, Proxy)
local function called()
  local a, b
  for i = 1, 100 do a, b = p.field, p[i] end
  return a, b
end
print(called()) -- expect: first	first
print(state.try(function()
  Proxy.__index = function() return "tried" end
  print(called()) -- expect: tried	tried
  error("no", 0)
end)) -- expect: false	no
print(called()) -- expect: first	first
print(state.fork(function()
  Proxy.__index = { field = "forked" }
  return called()
end)) -- expect: forked	nil
print(called()) -- expect: first	first
