-- coroutine.create, resume, yield, status, running, wrap: values and states.

local function err(f, ...) -- helper
  print((select(2, pcall(f, ...)):gsub("^[^ ]*:%d+: ", ""):gsub("'_G%.", "'")))
end

-- values go in and out
local log = {}
local co = coroutine.create(function(a, b)
  log[#log + 1] = "start " .. a .. b
  local c = coroutine.yield(a + b)
  log[#log + 1] = "got " .. c
  local d, e = coroutine.yield(c * 2, "two")
  log[#log + 1] = "got " .. d .. tostring(e)
  return "result", "more"
end)
print(coroutine.status(co)) -- expect: suspended
print(coroutine.resume(co, 1, 2)) -- expect: true	3
print(coroutine.status(co)) -- expect: suspended
print(coroutine.resume(co, 10)) -- expect: true	20	two
print(coroutine.resume(co, "x", nil)) -- expect: true	result	more
print(coroutine.status(co)) -- expect: dead
print(coroutine.resume(co)) -- expect: false	cannot resume dead coroutine
print(coroutine.resume(co, "again")) -- expect: false	cannot resume dead coroutine
print(table.concat(log, ", ")) -- expect: start 12, got 10, got xnil

-- no values, many values, nils
co = coroutine.create(function(...)
  local n = select("#", ...)
  while true do n = select("#", coroutine.yield(n)) end
end)
print(coroutine.resume(co)) -- expect: true	0
print(coroutine.resume(co, nil)) -- expect: true	1
print(coroutine.resume(co, nil, nil, nil)) -- expect: true	3
print(coroutine.resume(co, table.unpack({}, 1, 100))) -- expect: true	100
co = coroutine.create(function() coroutine.yield() return end)
print(coroutine.resume(co)) -- expect: true
print(coroutine.resume(co)) -- expect: true
print(select("#", coroutine.resume(coroutine.create(function() return nil, nil end))))
-- expect: 3

-- status
local main_co
co = coroutine.create(function()
  print(coroutine.status(co)) -- expect: running
  local inner = coroutine.create(function()
    return coroutine.status(co)
  end)
  print(coroutine.status(inner)) -- expect: suspended
  print(coroutine.resume(inner)) -- expect: true	normal
  print(coroutine.status(inner)) -- expect: dead
end)
coroutine.resume(co)
print(coroutine.status(co)) -- expect: dead

-- running
local thread, ismain = coroutine.running()
print(type(thread), ismain) -- expect: thread	true
co = coroutine.create(function()
  local me, main = coroutine.running()
  return me == co, main
end)
print(coroutine.resume(co)) -- expect: true	true	false

-- resume of a running, normal, or dead coroutine
co = coroutine.create(function() return coroutine.resume(co) end)
print(coroutine.resume(co)) -- expect: true	false	cannot resume non-suspended coroutine
local outer
outer = coroutine.create(function()
  local inner = coroutine.create(function() return coroutine.resume(outer) end)
  return coroutine.resume(inner)
end)
print(coroutine.resume(outer)) -- expect: true	true	false	cannot resume non-suspended coroutine
print(coroutine.resume(outer)) -- expect: false	cannot resume dead coroutine
print(coroutine.resume(coroutine.running()))
-- expect: false	cannot resume non-suspended coroutine

-- errors inside
co = coroutine.create(function() error("oops") end)
print(coroutine.resume(co)) -- expect: false	coroutine_basic.lua:79: oops
print(coroutine.status(co), coroutine.resume(co))
-- expect: dead	false	cannot resume dead coroutine
co = coroutine.create(function() error({ code = 3 }) end)
print(select(2, coroutine.resume(co)).code) -- expect: 3
co = coroutine.create(function() local x = nil; x() end)
print(coroutine.resume(co))
-- expect: false	coroutine_basic.lua:85: attempt to call local 'x' (a nil value)
co = coroutine.create(function() coroutine.yield(1) error("later", 0) end)
print(coroutine.resume(co)) -- expect: true	1
print(coroutine.resume(co)) -- expect: false	later

-- wrap
local f = coroutine.wrap(function(a) while true do a = coroutine.yield(a * 2) end end)
print(f(1), f(2), f(3)) -- expect: 2	4	6
f = coroutine.wrap(function() return 1, nil, 3 end)
print(f()) -- expect: 1	nil	3
err(f) -- expect: cannot resume dead coroutine
f = coroutine.wrap(function() error("wrapped", 0) end)
err(f) -- expect: wrapped
err(f) -- expect: cannot resume dead coroutine
f = coroutine.wrap(function() error({ "table error" }) end)
print(select(2, pcall(f))[1]) -- expect: table error
f = coroutine.wrap(function() return f() end)
print((pcall(f))) -- expect: false
print(pcall(coroutine.wrap(function(...) return ... end), 1, 2)) -- expect: true	1	2

-- bad arguments
err(coroutine.create)
-- expect: bad argument #1 to 'coroutine.create' (function expected, got no value)
err(coroutine.create, {})
-- expect: bad argument #1 to 'coroutine.create' (function expected, got table)
err(coroutine.wrap, 5)
-- expect: bad argument #1 to 'coroutine.wrap' (function expected, got number)
err(coroutine.resume) -- expect: bad argument #1 to 'coroutine.resume' (coroutine expected)
err(coroutine.resume, {}) -- expect: bad argument #1 to 'coroutine.resume' (coroutine expected)
err(coroutine.status, nil) -- expect: bad argument #1 to 'coroutine.status' (coroutine expected)
err(coroutine.yield) -- expect: attempt to yield from outside a coroutine
err(coroutine.yield, 1) -- expect: attempt to yield from outside a coroutine

-- a library function as the body
co = coroutine.create(string.upper)
print(coroutine.resume(co, "abc")) -- expect: true	ABC
co = coroutine.wrap(coroutine.yield)
print(co(1, 2)) -- expect: 1	2
print(co(3, 4)) -- expect: 3	4
co = coroutine.create(pcall)
print(coroutine.resume(co, error, "x")) -- expect: true	false	x
co = coroutine.create(error)
print(coroutine.resume(co, "direct error")) -- expect: false	direct error

-- many coroutines at once
local list = {}
for i = 1, 1000 do
  list[i] = coroutine.wrap(function() local n = i while true do coroutine.yield(n) n = n + i end end)
end
local sum = 0
for round = 1, 3 do for i = 1, 1000 do sum = sum + list[i]() end end
print(sum) -- expect: 3003000

-- yield in a tail call, as an argument, in a table, in conditions
co = coroutine.wrap(function()
  local t = { coroutine.yield("a"), coroutine.yield("b"), n = coroutine.yield("c") }
  if coroutine.yield("cond") then t.x = "true" else t.x = "false" end
  local s = coroutine.yield("p") .. coroutine.yield("q")
  t[coroutine.yield("key")] = coroutine.yield("value")
  return t[1] .. t[2] .. t.n .. t.x .. s .. t.k, (coroutine.yield("last"))
end)
local sent = { "A", "B", "C", false, "P", "Q", "k", "V", "L" }
local got = { co() }
for _, v in ipairs(sent) do got = { co(v) } end
print(got[1], got[2]) -- expect: ABCfalsePQV	L
co = coroutine.wrap(function() return coroutine.yield("tail") end)
print(co(), co(5, 6)) -- expect: tail	5	6

-- types and names
print(type(co), type(coroutine.create(print)), coroutine.create(print) == coroutine.create(print))
-- expect: function	thread	false

-- a number is a message too, as for lua_isstring
print(pcall(function() for _ in coroutine.wrap(function() error(1e100, 0) end) do end end))
-- expect: false	coroutine_basic.lua:160: 1e+100

-- outside: a message without a position
print(pcall(coroutine.yield)) -- expect: false	attempt to yield from outside a coroutine
print(pcall(function() coroutine.yield(1) end))
-- expect: false	attempt to yield from outside a coroutine
