-- moonlet-only: what comes out of forks: coroutines, userdata, functions, metatables.
local state = require "state"

-- a suspended coroutine goes on where it was
local function numbers(first)
  return coroutine.create(function(a, ...)
    local t, extra = {}, { ... }
    local function note(x) t[#t + 1] = x return #t end
    for i = first, first + 3 do
      local ok, got = pcall(function() return coroutine.yield(i, note(i)) end)
      t.last = got
    end
    return table.concat(t, " "), t.last, #extra, a
  end)
end
local co = state.fork(function()
  local co = numbers(10)
  print("in the fork", coroutine.resume(co, "a", "b", "c")) -- expect: in the fork	true	10	1
  print("in the fork", coroutine.resume(co)) -- expect: in the fork	true	11	2
  return co
end)
print(coroutine.status(co)) -- expect: suspended
print(coroutine.resume(co, "x")) -- expect: true	12	3
collectgarbage()
print(coroutine.resume(co, "y")) -- expect: true	13	4
print(coroutine.resume(co, "z")) -- expect: true	10 11 12 13	z	2	a
print(coroutine.status(co), coroutine.resume(co)) -- expect: dead	false	cannot resume dead coroutine

-- one that has not begun, one that is dead, a wrapped one, one inside of metamethods
local fresh, dead, wrapped, meta = state.fork(function()
  local dead = coroutine.create(error)
  coroutine.resume(dead, "oops")
  local wrapped = coroutine.wrap(function(x) while true do x = x + coroutine.yield(x) end end)
  wrapped(1)
  local meta = coroutine.wrap(function()
    local t = setmetatable({}, { __index = function(_, k) return coroutine.yield(k) end,
      __add = function(a, b) return coroutine.yield("add") end })
    return t.first .. t.second .. (t + 1)
  end)
  meta()
  return coroutine.create(function(...) return select("#", ...) end), dead, wrapped, meta
end)
print(coroutine.resume(fresh, 1, 2, 3)) -- expect: true	3
print(coroutine.status(dead)) -- expect: dead
print(wrapped(5), wrapped(10)) -- expect: 6	16
print(meta("a"), meta("b"), meta("c")) -- expect: second	add	abc

-- iterators with their progress, deep stacks, string callbacks
local deep = state.fork(function()
  local function down(n) if n == 0 then coroutine.yield("bottom") return 0 end return 1 + down(n - 1) end
  local co = coroutine.wrap(function() return down(5000) end)
  co()
  return co
end)
print(deep()) -- expect: 5000
local sub = state.fork(function()
  local co = coroutine.wrap(function()
    return (("abc"):gsub(".", function(c) return coroutine.yield(c) end))
  end)
  co()
  return co
end)
print(sub("1"), sub("2"), sub("3")) -- expect: b	c	123

-- closures that share a variable share it afterwards; so does a coroutine
local get, set, step = state.fork(function()
  local n = 1
  local step = coroutine.wrap(function() while true do n = n * 2 coroutine.yield() end end)
  step()
  return function() return n end, function(x) n = x end, step
end)
print(get()) -- expect: 2
set(5) step()
print(get()) -- expect: 10

-- metatables, cycles, keys that are objects; contents that are shared stay separate
local class = { __index = { name = "old" } }
local t, key = state.fork(function()
  local made = setmetatable({}, { __index = function(_, k) return k .. "!" end })
  local t = setmetatable({ made = made, list = { 1, 2, 3 } }, class)
  t.self, t[made] = t, "by object"
  return t, made
end)
print(t.self == t, t.made.x, t[key], t.name, getmetatable(t) == class) -- expect: true	x!	by object	old	true
t.list[4] = 4
print(#t.list, state.fork(function() t.list[5] = 5 return #t.list end), #t.list) -- expect: 4	5	4

-- weak tables are weak, finalizers are called
local weak = state.fork(function() return setmetatable({ {}, "text", n = {} }, { __mode = "v" }) end)
collectgarbage()
print(weak[1], weak[2], weak.n) -- expect: nil	text	nil
local last = state.fork(function()
  return setmetatable({ name = "it" }, { __gc = function(o) print("finalized", o.name) end })
end)
last = nil
collectgarbage() -- expect: finalized	it

-- files are userdata
local name = os.tmpname()
local file = state.fork(function() return assert(io.open(name, "w")) end)
file:write("hello")
file:close()
print(io.open(name):read("*a")) -- expect: hello
os.remove(name)

-- what cannot be brought says where it is
print(pcall(state.fork, function()
  local co = coroutine.wrap(function() state.fork(coroutine.yield) end)
  co()
  return { a = { list = { 1, co } } }
end)) -- expect: false	cannot bring a coroutine within state.fork or state.try out of a fork (value.a.list[2].<upvalue 1>)

-- a coroutine brings its hook; one that has failed its stack, for tracebacks
local function bring(f)
  return state.fork(f), state.map(f, { 0 })[1]
end
local hooked, mapped = bring(function()
  local n = 0
  local co = coroutine.create(function()
    n = n + 1
    coroutine.yield()
    n = n + 10
    return n
  end)
  debug.sethook(co, function() n = n + 100 end, "l")
  coroutine.resume(co)
  return co
end)
print(coroutine.resume(hooked)) -- expect: true	411
print(coroutine.resume(mapped)) -- expect: true	411
print(select(2, debug.gethook(hooked))) -- expect: l	0
local function fail(n) if n == 0 then error("oops", 0) end return (fail(n - 1)) end
local function died()
  local co = coroutine.create(function(a) local keep = a; fail(2); return keep end)
  coroutine.resume(co, { "kept" })
  return co
end
local here, there, elsewhere = died(), bring(died)
collectgarbage()
print(debug.traceback(there) == debug.traceback(here), debug.traceback(elsewhere) == debug.traceback(here)) -- expect: true	true
print((debug.traceback(elsewhere):gsub("\n%s*", " | ")))
-- expect: stack traceback: | [C]: in function 'error' | state_import.lua:132: in function 'fail' | state_import.lua:132: in function 'fail' | state_import.lua:132: in function 'fail' | state_import.lua:134: in function <state_import.lua:134>
local name, value = debug.getlocal(there, 4, 1)
print(name, value[1], debug.getlocal(there, 1, 1)) -- expect: a	kept	n	0
print(coroutine.status(there), coroutine.resume(there)) -- expect: dead	false	cannot resume dead coroutine
local indexed, called = state.fork(function()
  local indexed = coroutine.create(function() local t = {} local u = "up" return t.x.y, u end)
  local called = coroutine.create(function() local t = {} t.x() end)
  coroutine.resume(indexed)
  coroutine.resume(called)
  return indexed, called
end)
print(debug.getlocal(indexed, 0, 1), type(select(2, debug.getlocal(indexed, 0, 1)))) -- expect: t	table
print(#debug.traceback(indexed) > 30, #debug.traceback(called) > 30) -- expect: true	true

-- a snapshot that came out of another branch gives what belongs to its own world
local function through(s)
  local here, came = state.snapshot()
  if came then return came[1] end
  state.restore(here, { s })
end
local there, back = state.snapshot()
if back then
  print(back, debug.getmetatable(there) == debug.getregistry()["SNAPSHOT*"]) -- expect: back	true
else
  state.restore(through(there), "back")
end
