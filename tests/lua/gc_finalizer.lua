-- SPDX-License-Identifier: MIT
-- Finalizers (manual 2.5.1): who has one, when it is called, in which order.

local function new(f, t) return setmetatable(t or {}, { __gc = f }) end
local function say(o) print("finalized", o.name) end -- helper
local function named(name) return new(say, { name = name }) end

-- in the reverse order of marking, once
for i = 1, 5 do named(i) end
collectgarbage()
-- expect: finalized	5
-- expect: finalized	4
-- expect: finalized	3
-- expect: finalized	2
-- expect: finalized	1

collectgarbage()
-- marking is setmetatable with a metatable that has the field already
do
  local late = {}
  setmetatable({ name = "late" }, late)
  late.__gc = say
  collectgarbage()
  local early = { __gc = true }
  setmetatable({ name = "early" }, early)
  early.__gc = say
  collectgarbage() -- expect: finalized	early
  setmetatable({ name = "gone" }, early)
  early.__gc = nil
  collectgarbage()
end
-- a second metatable counts when the object is collected; its place in the order does not change
do
  local a, b = named "a", named "b"
  setmetatable(a, { __gc = function(o) print("other", o.name) end }) -- helper
end
collectgarbage()
-- expect: finalized	b
-- expect: other	a

do local a = setmetatable(named "none", nil) end
collectgarbage()
-- values that are no functions are ignored
for _, f in ipairs { true, 1, "x", {} } do new(f) end
print(pcall(collectgarbage)) -- expect: true	0

-- resurrection: the object and all it leads to are there, for one more time
local saved
do
  local o = new(function(o) saved = o end, { name = "o", part = { 1, 2, 3 } })
end
collectgarbage()
print(saved.name, #saved.part) -- expect: o	3
saved = nil
collectgarbage()
print(saved) -- expect: nil
-- marked anew it is not finalized anew
local times = 0
local function again(o)
  times = times + 1
  if times < 4 then setmetatable(o, getmetatable(o)) end
end
new(again)
for _ = 1, 6 do collectgarbage() end
print(times) -- expect: 1

-- weak values are cleared before finalizers run, weak keys after
local values = setmetatable({}, { __mode = "v" })
local keys = setmetatable({}, { __mode = "k" })
do
  local o = new(function(o) print("in finalizer", values[1], keys[o]) saved = o end)
  -- expect: in finalizer	nil	info

  values[1], keys[o] = o, "info"
end
collectgarbage()
print(values[1], keys[saved]) -- expect: nil	info
saved = nil
collectgarbage()
print(next(keys)) -- expect: nil
-- what only a dead object with a finalizer holds is live in the finalizer
do
  local part = named "part"
  new(function(o) print("whole", o.part.name) end, { part = part }) -- expect: whole	part
end
collectgarbage() -- expect: finalized	part
collectgarbage()

-- errors
local function message(f) return select(2, pcall(f)) end
new(function() error("text", 0) end)
print(message(collectgarbage)) -- expect: error in __gc metamethod (text)
new(function() error("position") end)
print(message(collectgarbage))
-- expect: error in __gc metamethod (gc_finalizer.lua:93: position)

new(function() error({}) end)
print(message(collectgarbage)) -- expect: error in __gc metamethod (no message)
new(function() error() end)
print(message(collectgarbage)) -- expect: error in __gc metamethod (no message)
new(function() error(12) end)
print(message(collectgarbage)) -- expect: error in __gc metamethod (gc_finalizer.lua:101: 12)
-- those that wait behind a failed one are called later
named "behind"
new(function() error("first", 0) end)
print(message(collectgarbage)) -- expect: error in __gc metamethod (first)
collectgarbage() -- expect: finalized	behind

-- a finalizer may make objects, and collect
new(function()
  named "inner"
  collectgarbage() -- expect: finalized	inner
  print("outer done") -- expect: outer done
end)
collectgarbage()

-- in a coroutine
local done = coroutine.wrap(function()
  named "from a coroutine"
  collectgarbage() -- expect: finalized	from a coroutine
  return "done"
end)()
print(done) -- expect: done

-- without being asked for
local finished = false
new(function() finished = true end)
repeat local garbage = {} until finished
print("by itself") -- expect: by itself
finished = false
new(function() finished = true end)
local function spin() if not finished then return spin({}) end end
spin()
print("in tail calls") -- expect: in tail calls
finished = false
new(function() finished = true end)
local function pass(...) if not finished then return pass({}, select(2, ...)) end return ... end
print(select("#", pass(1, 2, 3))) -- expect: 3
finished = false
new(function() finished = true error("caught where it happens", 0) end)
print(pcall(function() while true do local garbage = {} end end))
-- expect: false	error in __gc metamethod (caught where it happens)

local cache = setmetatable({}, { __mode = "v" })
cache.x = {}
while cache.x do local garbage = {} end
print(cache.x) -- expect: nil

-- no handler sees such an error, but one that a coroutine's wrapper raises again
local function failing() setmetatable({}, { __gc = function() error("unseen", 0) end }) collectgarbage() end -- helper
local function seen(e) return "seen: " .. tostring(e) end -- helper
print(xpcall(failing, seen)) -- expect: false	error in __gc metamethod (unseen)
print(xpcall(error, seen, "next")) -- expect: false	seen: next
print(xpcall(function() local _ = coroutine.resume(coroutine.create(failing)) error("after", 0) end, seen))
-- expect: false	seen: after
print((select(2, xpcall(coroutine.wrap(failing), seen)):gsub("[^ ]*:%d+: ", "")))
-- expect: seen: error in __gc metamethod (unseen)
print(xpcall(function() pcall(failing) error("after", 0) end, seen)) -- expect: false	seen: after
