-- moonlet-only: who has been given a finalizer, after a return, in images, forks and copies.
local state = require "state"

local calls, revived = {}, nil
local mt = { __gc = function(o) calls[#calls + 1] = o.name revived = o end }
local function collected()
  collectgarbage()
  local said = table.concat(calls, " ")
  calls = {}
  return said
end
local function new(name) return setmetatable({ name = name }, mt) end

-- what came to life again has no second call, though it is marked again, where it is or loaded
new "first"
print(collected()) -- expect: first
local before, again = state.snapshot()
setmetatable(revived, mt)
revived = nil
print(again, collected() == "") -- expect: nil	true
-- expect: loaded	true
if not again then state.restore(state.load(state.save(before)), "loaded") end

-- one that is written to after a snapshot, and one that is marked in a fork only
local kept = new "kept"
local s, back = state.snapshot()
kept.name = back or "written"
state.fork(function()
  local o = {}
  forked = setmetatable(o, mt)
end)
kept = nil
print(collected()) -- expect: written
-- expect: returned
if not back then state.restore(s, "returned") end

-- marked in a fork, of an object that is older
local older = { name = "older" }
state.fork(function() setmetatable(older, mt) end)
older = nil
print(collected() == "") -- expect: true
older = { name = "older, marked twice" }
state.fork(function() setmetatable(older, mt) end)
setmetatable(older, mt)
older = nil
print(collected()) -- expect: older, marked twice

-- a copy is called for itself, though the object was called before
local copy = state.fork(function()
  new "one"
  collectgarbage()
  return revived
end)
print(copy.name, collected()) -- expect: one	
copy = nil
print(collected()) -- expect: one
local frozen = state.fork(function() return state.freeze(new "read-only") end)
frozen = nil
print(collected()) -- expect: read-only

-- deltas tell of it
local o = { name = "in a delta" }
local base = state.snapshot()
setmetatable(o, mt)
local marked, after = state.snapshot()
o = nil
print(after, collected()) -- expect: nil	in a delta
-- expect: after	in a delta
if not after then state.restore(state.load(state.save(marked, base), base), "after") end
