-- moonlet-only: coroutines and snapshots at random: a fork foretells what happens next, and
-- older snapshots stay as they are.
local state = require "state"

local seed = 7
local function random(n)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return math.floor(seed / 65536) % n + 1
end

-- yields at every depth below, several values at a time, and through pcall
local total = 0
local function deep(depth, ...)
  total = total + 1
  local got = coroutine.yield(depth, select("#", ...), ...)
  if depth == 0 then return "bottom", total end
  if depth % 7 == 3 then return select(2, pcall(deep, depth - 1, depth, ...)) end
  if depth % 5 == 0 then return deep(depth - 1, got) end
  local a, b = deep(depth - 1, got, depth)
  return a, (b or 0) + 1
end

local function other(co)
  while true do
    local ok, x = coroutine.resume(co)
    if not ok or coroutine.status(co) == "dead" then return x end
    coroutine.yield(x, coroutine.status(co))
  end
end

local function failing(n)
  local wrapped = coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end error("end " .. n, 0) end)
  while true do coroutine.yield((select(2, pcall(wrapped)))) end
end

local list = {}
local function spawn(i)
  local kind, depth = random(3), random(60)
  if kind == 1 then list[i] = coroutine.create(function() return deep(depth) end)
  elseif kind == 2 then
    local inner = coroutine.create(function() return deep(depth) end)
    list[i] = coroutine.create(function() return other(inner) end)
  else list[i] = coroutine.create(function() return failing(depth % 5) end) end
end
for i = 1, 12 do spawn(i) end

local function step()
  local i, out = random(12), {}
  for k = 1, random(4) do
    out[k] = table.concat({ tostring(i), select(2, coroutine.resume(list[i], k)) }, " ")
  end
  if coroutine.status(list[i]) == "dead" then spawn(i) end
  return table.concat(out, ",")
end
local function steps(n)
  local out = {}
  for k = 1, n do out[k] = step() end
  return table.concat(out, ";")
end

local kept, digests = {}, {}
for round = 1, 400 do
  local n = random(6)
  local foretold = state.fork(steps, n)
  if round % 3 == 0 then assert(state.fork(function() return state.fork(steps, n) end) == foretold) end
  if round % 10 == 0 then
    local s = state.snapshot()
    kept[#kept + 1], digests[#digests + 1] = s, state.digest(s)
  end
  assert(steps(n) == foretold, round)
end
for i, s in ipairs(kept) do assert(state.digest(s) == digests[i], i) end
print(#kept, total > 1000) -- expect: 40	true

-- a snapshot within a coroutine, deep and shallow, is gone back to
for _, depth in ipairs { 0, 3, 200 } do
  local function down(n)
    if n > 0 then return (down(n - 1)) end
    local s, times = state.snapshot()
    if (times or 0) < 3 then coroutine.yield(times or "first") state.restore(s, (times or 0) + 1) end
    return "done"
  end
  local co = coroutine.wrap(function() return down(depth) end)
  for _ = 1, 2 do print(select(2, pcall(co))) end
end
-- expect: first
-- expect: 1
-- expect: 2
-- expect: done
-- expect: cannot resume dead coroutine
-- expect: first
-- expect: 1
-- expect: 2
-- expect: done
-- expect: cannot resume dead coroutine
-- expect: first
-- expect: 1
-- expect: 2
-- expect: done
-- expect: cannot resume dead coroutine

-- what debug changes in a frame that lies frozen
local co = coroutine.create(function(a) local b = a coroutine.yield(b) return b, a end)
coroutine.resume(co, 1)
print(state.fork(function()
  debug.setlocal(co, 1, 2, "changed")
  return coroutine.resume(co)
end)) -- expect: true	changed	1
print(debug.getlocal(co, 1, 2)) -- expect: b	1
print(coroutine.resume(co)) -- expect: true	1	1

-- an upvalue set while the function that has it lies frozen
local up = 1
local function reads() coroutine.yield() return up end
co = coroutine.create(function() local v = reads() return v, up end)
coroutine.resume(co)
state.fork(function() end)
debug.setupvalue(reads, 2, 5)
print(coroutine.resume(co)) -- expect: true	5	1

-- the stack of one that failed
co = coroutine.create(function() coroutine.yield() local x = nil + 1 end)
coroutine.resume(co)
state.fork(function() end)
print(coroutine.resume(co))
-- expect: false	state_coroutines.lua:122: attempt to perform arithmetic on a nil value
print((debug.traceback(co):gsub("\n%s*", " ")))
-- expect: stack traceback: state_coroutines.lua:122: in function <state_coroutines.lua:122>
