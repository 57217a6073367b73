-- moonlet-only: hooks are part of the world: forks, tries, snapshots.
local state = require "state"
local lines = {}
local function note(event, line) lines[#lines + 1] = line or event end
local function flush() local s = table.concat(lines, " ") lines = {} return s end
local function work(f)
  local a = 1
  a = f and f(a) or a
  return a
end

-- a fork has the hook that was set, and what it sets ends with it
debug.sethook(function(e, l) if debug.getinfo(2, "f").func == work then note(e, l) end end, "l")
local seen = state.fork(function() work() return flush() end)
debug.sethook()
print(seen, "after: " .. flush()) -- expect: 7 8 9	after: 
state.fork(function() debug.sethook(note, "l") end)
print(debug.gethook()) -- expect: nil		0

-- so does what a failed try sets; what a successful one sets stays
print(state.try(function() debug.sethook(note, "l") error("fail", 0) end)) -- expect: false	fail
print(debug.gethook()) -- expect: nil		0
state.try(function() debug.sethook(note, "l") end) local h = debug.gethook() debug.sethook()
print(h == note) -- expect: true
flush()

-- an error of a hook ends the try
print(state.try(function() x = 1 debug.sethook(function() error("hooked", 0) end, "c") work() end)) -- expect: false	hooked
print(x, debug.gethook()) -- expect: nil	nil		0

-- a hook set behind a snapshot is not set there; one set before it is
local s, round = state.snapshot()
round = (round or 0) + 1
print(round, debug.gethook())
-- expect: 1	nil		0
-- expect: 2	nil		0
if round < 2 then
  debug.sethook(note, "r")
  state.restore(s, round)
end
debug.sethook(note, "l")
s, round = state.snapshot()
h = debug.gethook()
debug.sethook()
round = (round or 0) + 1
print(round, h == note)
-- expect: 1	true
-- expect: 2	true
if round < 2 then state.restore(s, round) end
flush()

-- a snapshot taken in the midst of a hooked call goes on under the hook each time, from
-- within the hook as well
local snap, times = nil, 0
debug.sethook(function(e, l) if debug.getinfo(2, "f").func == work then note(e, l) end end, "l")
local result = work(function(a)
  local n
  snap, n = state.snapshot()
  return (n or a) * 2
end)
debug.sethook()
print(result, flush())
-- expect: 2	7 8 9
-- expect: 42	7 8 9
if result == 2 then state.restore(snap, 21) end

local inside
debug.sethook(function(event, line)
  if inside or line ~= debug.getinfo(work, "S").linedefined + 3 then return end
  local n
  inside, n = state.snapshot()
  debug.setlocal(2, 2, n or 1)
  lines[1] = "in hook"
end, "l")
result = work()
debug.sethook()
print(result, flush())
-- expect: 1	in hook
-- expect: 5	in hook
if result == 1 then state.restore(inside, 5) end

-- coroutines with hooks, resumed from several forks
local co = coroutine.create(function(a)
  local b = coroutine.yield(a)
  b = b + 1
  return b
end)
debug.sethook(co, function(e, l) note(e, l) end, "l")
coroutine.resume(co, 1)
for i = 1, 2 do
  print(state.fork(function()
    local ok, x = coroutine.resume(co, i)
    return x, flush()
  end))
end
-- expect: 2	84 85 86
-- expect: 3	84 85 86
print(coroutine.resume(co, 3)) -- expect: true	4
print(flush()) -- expect: 84 85 86

-- counts go on where they were
local n = 0
debug.sethook(function() n = n + 1 end, "", 50)
local a = state.fork(function() for i = 1, 1000 do local x = i end return n end)
local b = state.fork(function() for i = 1, 1000 do local x = i end return n end)
debug.sethook()
print(a == b, a > 20) -- expect: true	true

-- a hook in maps: each item in a world of its own
local results = state.map(function(x)
  local m = 0
  debug.sethook(function() m = m + 1 end, "l")
  for i = 1, x do local y = i end
  debug.sethook()
  return m
end, {1, 2, 3})
print(table.concat(results, " ")) -- expect: 3 4 5
