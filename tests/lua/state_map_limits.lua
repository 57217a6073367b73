-- moonlet-only: state.map: limits of items, progress, cancelling, wrong options.
local state = require "state"
local function forever() while true do end end
local function only(f) return function(x) if x == 2 then return f() end return x end end
local work = {
  steps = only(forever),
  bytes = only(function() local t = {} for i = 1, 1e9 do t[i] = {} end end),
  seconds = only(forever),
  stack = only(function() local function f() return 1 + f() end return pcall(f) end),
  string = only(function() return pcall(string.rep, "x", 1e6) end),
  concat = only(function() local s = "x" while true do s = s .. s end end),
}

-- each limit stops its item, which cannot catch it, and no other
for _, how in ipairs { { threads = 1 }, { threads = 3 }, { processes = 2 } } do
  local out = {}
  local function try(what, name, value)
    local options = { threads = how.threads, processes = how.processes, [name] = value }
    local r, e = state.map(work[what], { 1, 2, 3 }, options)
    assert(r[1] == 1 and r[2] == false and r[3] == 3 and e[1] == nil and e[3] == nil)
    out[#out + 1] = e[2]
  end
  try("steps", "steps", 1000)
  try("bytes", "bytes", 1e5)
  try("seconds", "seconds", 0.02)
  try("stack", "stack", 1000)
  try("string", "string", 1000)
  try("concat", "string", 1000)
  try("concat", "bytes", 1e5)
  try("stack", "bytes", 1e5)
  print(table.concat(out, ", "))
end
-- expect: out of steps, out of memory, out of time, out of stack, string too long, string too long, out of memory, out of memory
-- expect: out of steps, out of memory, out of time, out of stack, string too long, string too long, out of memory, out of memory
-- expect: out of steps, out of memory, out of time, out of stack, string too long, string too long, out of memory, out of memory

-- how far an item comes is the same each time
local function far(options)
  local function f(x)
    local co, n = coroutine.wrap(function() for i = 1, 1e9 do coroutine.yield({ i, "" .. i }) end end), 0
    state.fork(function() while true do n = co()[1] * x end end)
  end
  local at = {}
  for _, limit in ipairs { "steps", "bytes" } do
    local o = { threads = options.threads, processes = options.processes, [limit] = 50000 }
    for i = 1, 4 do
      local r, e = state.map(function(x) return pcall(f, x) end, { i, 2 * i }, o)
      at[#at + 1] = e[1] .. e[2]
    end
  end
  return table.concat(at)
end
local known = far { threads = 1 }
print(known == far { threads = 2 }, known == far { threads = 7 }, known == far { processes = 2 }) -- expect: true	true	true

-- a map within an item has the tighter of the limits; the outer one stops the item
local function inner(name, mine, outer, f)
  local r, e = state.map(function(x)
    local r, e = state.map(f, { 1, 2, 3 }, { [name] = mine })
    return e[2] .. r[3]
  end, { 1, 2 }, { [name] = outer })
  return r[1], e and e[2]
end
print(inner("steps", 100, 1e6, work.steps)) -- expect: out of steps3	nil
print(inner("steps", 1e6, 1000, work.steps)) -- expect: false	out of steps
print(inner("bytes", 1e5, 1e6, work.bytes)) -- expect: out of memory3	nil
print(inner("bytes", 1e7, 1e6, work.bytes)) -- expect: false	out of memory
print(inner("seconds", 1e6, 0.02, work.seconds)) -- expect: false	out of time
print(inner("stack", 500, 5000, work.stack)) -- expect: out of stack3	nil
print(inner("stack", 5000, 500, work.stack)) -- expect: false	out of stack
print(inner("string", 500, 5000, work.string)) -- expect: string too long3	nil

-- a stack larger than the usual one
local function depth(n) return n == 0 and 0 or 1 + depth(n - 1) end
print(state.map(depth, { 600000 })[1], state.map(depth, { 600000 }, { stack = 6e6 })[1]) -- expect: false	600000

-- options: 0 and nil are none, what is not known is an error
print(#state.map(math.abs, { -1 }, { steps = 0, bytes = 0, seconds = "1000", stack = 1 / 0 })) -- expect: 1
for _, wrong in ipairs { { steps = -1 }, { steps = "x" }, { bytes = 0 / 0 }, { seconds = {} },
  { stack = 0.5 }, { string = -5 }, { thread = 1 }, { progress = 5 }, { 1 } } do
  print(select(2, pcall(state.map, math.abs, { -1 }, wrong)))
end
-- expect: bad argument #3 to 'state.map' (invalid option 'steps')
-- expect: bad argument #3 to 'state.map' (invalid option 'steps')
-- expect: bad argument #3 to 'state.map' (invalid option 'bytes')
-- expect: bad argument #3 to 'state.map' (invalid option 'seconds')
-- expect: bad argument #3 to 'state.map' (invalid option 'stack')
-- expect: bad argument #3 to 'state.map' (invalid option 'string')
-- expect: bad argument #3 to 'state.map' (invalid option 'thread')
-- expect: bad argument #3 to 'state.map' (invalid option 'progress')
-- expect: bad argument #3 to 'state.map' (invalid option '?')

-- progress: in a fork of its own; the last call says how many were done
for _, how in ipairs { { threads = 1 }, { threads = 3 }, { processes = 2 } } do
  local calls, file = 0, io.tmpfile()
  how.progress = function(done, count)
    calls = calls + 1
    file:write(calls, " ", done, " ", count, "\n")
  end
  local r = state.map(function(x) return x end, { 1, 2, 3 }, how)
  file:seek("set")
  local last
  for line in file:lines() do last = line end
  print(#r, calls, last)
end
-- expect: 3	0	1 3 3
-- expect: 3	0	1 3 3
-- expect: 3	0	1 3 3

-- false cancels what is not done, an error ends it all, limits hold
for _, how in ipairs { { threads = 1 }, { threads = 3 }, { processes = 2 } } do
  how.progress = function(done) return done < 1 end
  local r, e = state.map(function(x) if x > 1 then forever() end return x end, { 1, 2, 3 }, how)
  print(r[1], r[3], e[1], e[2], e[3])
  how.progress = function(done) error { "no " .. done } end
  local ok, why = pcall(state.map, forever, { 1, 2, 3 }, how)
  print(ok, why[1])
  how.progress = forever
  r, e = state.map(function(x) return state.map(forever, { 1, 2 }, how) end, { 1 }, { steps = 1e5 })
  print(r[1], e[1])
end
-- expect: 1	false	nil	cancelled	cancelled
-- expect: false	no 0
-- expect: false	out of steps
-- expect: 1	false	nil	cancelled	cancelled
-- expect: false	no 0
-- expect: false	out of steps
-- expect: 1	false	nil	cancelled	cancelled
-- expect: false	no 0
-- expect: false	out of steps
state.map(forever, {}, { progress = print }) -- expect: 0	0
print(pcall(state.map, forever, { 1 }, { progress = coroutine.yield })) -- expect: false	attempt to yield from outside a coroutine
print(state.map(function(x) return x end, { 1, 2 }, { progress = setmetatable({}, { __call = function() end }) })[2]) -- expect: 2
