-- SPDX-License-Identifier: MIT
-- Finalizers (manual 2.5.1): who has one, when it is called, in which order.

local function new(f, t) return setmetatable(t or {}, { __gc = f }) end
local function say(o) print("finalized", o.name) end -- helper
local function named(name) return new(say, { name = name }) end

-- in the reverse order of marking, once
for i = 1, 5 do named(i) end
collectgarbage()

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
  collectgarbage()
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

do local a = setmetatable(named "none", nil) end
collectgarbage()
-- values that are no functions are ignored
for _, f in ipairs { true, 1, "x", {} } do new(f) end
print(pcall(collectgarbage))

-- resurrection: the object and all it leads to are there, for one more time
local saved
do
  local o = new(function(o) saved = o end, { name = "o", part = { 1, 2, 3 } })
end
collectgarbage()
print(saved.name, #saved.part)
saved = nil
collectgarbage()
print(saved)
-- marked anew it is not finalized anew
local times = 0
local function again(o)
  times = times + 1
  if times < 4 then setmetatable(o, getmetatable(o)) end
end
new(again)
for _ = 1, 6 do collectgarbage() end
print(times)

-- weak values are cleared before finalizers run, weak keys after
local values = setmetatable({}, { __mode = "v" })
local keys = setmetatable({}, { __mode = "k" })
do
  local o = new(function(o) print("in finalizer", values[1], keys[o]) saved = o end)

  values[1], keys[o] = o, "info"
end
collectgarbage()
print(values[1], keys[saved])
saved = nil
collectgarbage()
print(next(keys))
-- what only a dead object with a finalizer holds is live in the finalizer
do
  local part = named "part"
  new(function(o) print("whole", o.part.name) end, { part = part })
end
collectgarbage()
collectgarbage()

-- errors
local function message(f) return select(2, pcall(f)) end
new(function() error("text", 0) end)
print(message(collectgarbage))
new(function() error("position") end)
print(message(collectgarbage))

new(function() error({}) end)
print(message(collectgarbage))
new(function() error() end)
print(message(collectgarbage))
new(function() error(12) end)
print(message(collectgarbage))
-- those that wait behind a failed one are called later
named "behind"
new(function() error("first", 0) end)
print(message(collectgarbage))
collectgarbage()

-- a finalizer may make objects, and collect
new(function()
  named "inner"
  collectgarbage()
  print("outer done")
end)
collectgarbage()

-- in a coroutine
local done = coroutine.wrap(function()
  named "from a coroutine"
  collectgarbage()
  return "done"
end)()
print(done)

-- without being asked for
local finished = false
new(function() finished = true end)
repeat local garbage = {} until finished
print("by itself")
finished = false
new(function() finished = true end)
local function spin() if not finished then return spin({}) end end
spin()
print("in tail calls")
finished = false
new(function() finished = true end)
local function pass(...) if not finished then return pass({}, select(2, ...)) end return ... end
print(select("#", pass(1, 2, 3)))
finished = false
new(function() finished = true error("caught where it happens", 0) end)
print(pcall(function() while true do local garbage = {} end end))

local cache = setmetatable({}, { __mode = "v" })
cache.x = {}
while cache.x do local garbage = {} end
print(cache.x)

-- no handler sees such an error, but one that a coroutine's wrapper raises again
local function failing() setmetatable({}, { __gc = function() error("unseen", 0) end }) collectgarbage() end -- helper
local function seen(e) return "seen: " .. tostring(e) end -- helper
print(xpcall(failing, seen))
print(xpcall(error, seen, "next"))
print(xpcall(function() local _ = coroutine.resume(coroutine.create(failing)) error("after", 0) end, seen))
print((select(2, xpcall(coroutine.wrap(failing), seen)):gsub("[^ ]*:%d+: ", "")))
print(xpcall(function() pcall(failing) error("after", 0) end, seen))
