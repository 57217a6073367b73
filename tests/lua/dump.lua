-- string.dump and loading what it gives: anything a function can hold, from its upvalues
-- to the lines of its errors.

local function again(f, ...) return assert(load(string.dump(f), ...)) end

-- what can be dumped
print(pcall(string.dump, print)) -- expect: false	unable to dump given function
print(pcall(function() string.dump() end))
-- expect: false	dump.lua:8: bad argument #1 to 'dump' (function expected, got no value)
print(pcall(function() string.dump("x") end))
-- expect: false	dump.lua:10: bad argument #1 to 'dump' (function expected, got string)
print(pcall(string.dump, coroutine.wrap(print))) -- expect: false	unable to dump given function
print(string.dump(again):sub(1, 5) == "\27LuaR") -- expect: true

-- upvalues are fresh; a single one becomes the globals
local a, b = 20, 30
local f = again(function(x)
  if x == "set" then a = 10 + b b = b + 1 else return a end
end)
print(f(), debug.setupvalue(f, 1, "hi"), f()) -- expect: nil	a	hi
print(debug.setupvalue(f, 2, 13), debug.setupvalue(f, 3, 10)) -- expect: b
f("set") print(f()) -- expect: 23
f("set") print(f(), a, b) -- expect: 24	20	30
print(again(function() return tostring(5) end)()) -- expect: 5
print(again(function() return a end)() == _G) -- expect: true
print(pcall(again(function() return tostring(a) end)))
-- expect: false	dump.lua:26: attempt to index upvalue '_ENV' (a nil value)
print(pcall(again(function() return a, tostring end)))
-- expect: false	dump.lua:28: attempt to index upvalue '_ENV' (a nil value)
print(again(function() return a, b end, nil, nil, 7)()) -- expect: 7	nil
print(again(function() return y end, nil, nil, { y = "env" })()) -- expect: env
print(again(function() return 1 end, nil, nil, {})()) -- expect: 1

-- functions made of one dump share nothing; joined upvalues are shared
local bytes = string.dump(function(n) a = (a or 0) + n return a end)
local f1, f2 = load(bytes, nil, nil, nil), load(bytes, nil, nil, nil)
print(f1(1), f1(1), f2(5), f1(1)) -- expect: 1	2	5	3
print(debug.upvalueid(f1, 1) == debug.upvalueid(f2, 1)) -- expect: false
debug.upvaluejoin(f1, 1, f2, 1)
print(f1(1), f2(1), debug.upvalueid(f1, 1) == debug.upvalueid(f2, 1)) -- expect: 6	7	true
local function reader() return a, b end
f1 = load(string.dump(reader), nil, nil, "first")
debug.upvaluejoin(f1, 2, reader, 2)
print(f1()) -- expect: first	30
b = 31
print(f1()) -- expect: first	31
print(debug.getupvalue(f1, 1)) -- expect: a	first
print(debug.getupvalue(f1, 2)) -- expect: b	31
print(debug.getupvalue(f1, 3)) -- expect:

-- upvalues in their order, as many as there can be
do
  local names, uses = {}, {}
  for i = 1, 199 do names[i], uses[i] = "v" .. i, "v" .. i .. "=v" .. i end
  local source = "local " .. table.concat(names, ",") .. " return function() " ..
    table.concat(uses, " ") .. " return v7, v199 end"
  local g = again(load(source)())
  for i = 1, 199 do assert(debug.setupvalue(g, i, i * 2) == "v" .. i) end
  print(g()) -- expect: 14	398
end

-- constants
local constants = again(function()
  return 0, -0, 1 / -0, 1e308 * 10, -1e309, 0.1, 2^53 + 1, 1e-320, 123456789012345678,
    "", nil, true, false, ("x"):rep(3)
end)
print(constants(nil))
-- expect: 0	-0	-inf	inf	-inf	0.1	9.007199254741e+15	9.9998886718268e-321	1.2345678901235e+17		nil	true	false	xxx
print(again(function() return "a\0b\0" == "a\0b" .. "\0", "\200\27Lua\r\n" end)() == true)
-- expect: true
print((again(function() return 0 / 0 end)()) ~= 0 / 0) -- expect: true
do
  local long = ("0123456789"):rep(30000)
  local g = again(load("return '" .. long .. "', '" .. long .. "'"))
  local x, y = g()
  print(x == long, y == long) -- expect: true	true
end

-- syntax of all kinds
local everything = again(function(first, ...)
  local out, t = {}, { 1, 2, nil, 4, x = 5, ["y z"] = 6, [7] = 8, first, ... }
  local function add(...)
    for i = 1, select("#", ...) do out[#out + 1] = tostring((select(i, ...))) end
  end
  local o = { n = 1 }
  function o:inc(by) self.n = self.n + (by or 1) return self end
  function o.make() return { o.n } end
  local i, j = 0
  while true do
    i = i + 1
    if i == 2 then goto continue elseif i > 5 then break else add(i) end
    repeat local k = i * 2 if k > 6 then break end j = k until k >= 2
    ::continue::
  end
  for n = 10, 1, -4 do add(n) end
  for k, v in next, { only = "one" } do add(k, v) end
  do
    local n = 0
    ::top:: n = n + 1
    if n < 3 then goto top end
    add("n", n)
  end
  local fs = {}
  for n = 1, 3 do fs[n] = function() n = n + 1 return n end end
  add(fs[1](), fs[1](), fs[2](), o:inc():inc(5).n, o.make()[1], #t, #out .. "!", -i, not i)
  add(t[1] == first, 2 < 3, 2 <= 3, 2 > 3, 2 >= 3, 2 ~= 3, first and "and", nil or "or", 7 % 4, 2 ^ 10)
  local function fact(n) return n <= 1 and 1 or n * fact(n - 1) end
  add(fact(5), (add(...)), select("#", ...), (...))
  return table.concat(out, " ")
end)
debug.setupvalue(everything, 1, _ENV)
print(everything(1, "va", "lue"))
-- expect: 1 3 4 5 10 6 2 only one n 3 2 3 3 7 7 7 11! -6 false true true true false false true and or 3 1024 va lue 120 nil 2 va

-- recursion through a local and a global
local function count(n) return n == 0 and "done" or count(n - 1) end
print(pcall(again(count), 1)) -- expect: false	dump.lua:116: attempt to call upvalue 'count' (a table value)
local g = again(count)
debug.setupvalue(g, 1, g)
print(g(1000)) -- expect: done

-- nested functions, and dumps of what a dump has made
local nested = again(again(function(x)
  return function(y) return function(z) return x + y + z end end
end))
print(nested(1)(2)(3)) -- expect: 6
local inner = again(nested(1)(2))
print(pcall(inner, 1))
-- expect: false	dump.lua:124: attempt to perform arithmetic on upvalue 'x' (a nil value)
debug.setupvalue(inner, 1, 10) debug.setupvalue(inner, 2, 20)
print(inner(5)) -- expect: 35
print(string.dump(load(string.dump(nested))) == string.dump(nested)) -- expect: true

-- where errors are, and what getinfo says
local function guilty(t)
  local x = t

  return x.field.name
end
print(pcall(again(guilty), {}))
-- expect: false	dump.lua:138: attempt to index field 'field' (a nil value)
print(pcall(again(guilty)))
-- expect: false	dump.lua:138: attempt to index local 'x' (a nil value)
local function info(h)
  local i = debug.getinfo(h, "SuL")
  local lines, text = {}, {}
  for l in pairs(i.activelines) do lines[#lines + 1] = l end
  table.sort(lines)
  for k, v in pairs(i) do if k ~= "activelines" then text[#text + 1] = k .. "=" .. tostring(v) end end
  table.sort(text)
  return table.concat(text, " ") .. " at " .. table.concat(lines, ",")
end
print(info(again(guilty)))
-- expect: isvararg=false lastlinedefined=139 linedefined=135 nparams=1 nups=0 short_src=dump.lua source=@dump.lua what=Lua at 136,138,139
print(info(again(guilty)) == info(guilty), info(again(info)) == info(info)) -- expect: true	true
print(debug.getlocal(again(guilty), 1)) -- expect: t
print(select(2, xpcall(again(guilty), debug.traceback, 5)))
-- expect: dump.lua:138: attempt to index local 'x' (a number value)
-- expect: stack traceback:
-- expect: 	dump.lua:138: in function <dump.lua:135>
-- expect: 	[C]: in function 'xpcall'
-- expect: 	dump.lua:157: in main chunk
-- expect: 	[C]: in ?
local main = again(load("local a = ...\nreturn debug.getinfo(1, 'Sl')", "=source"), "other")
local i = main()
print(i.what, i.short_src, i.currentline, i.linedefined) -- expect: main	source	2	0
print(pcall(load(string.dump(load("x.y.z = 1", "@file.lua")), "=ignored")))
-- expect: false	file.lua:1: attempt to index global 'x' (a nil value)

-- reader functions and modes
local function pieces(s, n)
  return function()
    local piece = s:sub(1, n)
    s = s:sub(n + 1)
    return piece
  end
end
bytes = string.dump(load("x = 1 return x"))
print(load(pieces(bytes, 1))(), load(pieces(bytes, 7), nil, "b")()) -- expect: 1	1
print(load(bytes, "name", "b")(), load(bytes, "name", "bt")()) -- expect: 1	1
print(load(bytes, "name", "t")) -- expect: nil	attempt to load a binary chunk (mode is 't')
print(load(pieces(bytes, 1), nil, "t"))
-- expect: nil	attempt to load a binary chunk (mode is 't')
print(load("return 1", "name", "b")) -- expect: nil	attempt to load a text chunk (mode is 'b')
print(load(bytes .. "whatever follows")()) -- expect: 1

-- what is no dump
for i = 1, #bytes - 1 do
  local chunk, message = load(bytes:sub(1, i))
  assert(not chunk and message == "binary string: truncated precompiled chunk")
end
print(load(bytes:sub(1, -2), "@file")) -- expect: nil	file: truncated precompiled chunk
print(load(bytes:sub(1, -2), "=name")) -- expect: nil	name: truncated precompiled chunk
print(load(bytes:sub(1, -2), "text")) -- expect: nil	text: truncated precompiled chunk
print(load(pieces(bytes:sub(1, -2), 1))) -- expect: nil	(load): truncated precompiled chunk
print(load("\27Lub" .. bytes:sub(5))) -- expect: nil	binary string: not a precompiled chunk
print(load("\27LuaQ" .. bytes:sub(6))) -- expect: nil	binary string: version mismatch in precompiled chunk

-- files
local name = os.tmpname()
local function write(s)
  local file = assert(io.open(name, "wb"))
  file:write(s)
  file:close()
end
bytes = string.dump(load("return (...), debug.getinfo(1, 'l').currentline", "@file"))
write(bytes)
print(loadfile(name)(1), loadfile(name, "b")(2)) -- expect: 1	2	1
print(loadfile(name, "t")) -- expect: nil	attempt to load a binary chunk (mode is 't')
print(dofile(name)) -- expect: nil	1
package.path = name
print(require("some.module")) -- expect: some.module
write("#!/usr/bin/lua5.2\n" .. bytes)
print(loadfile(name)(3)) -- expect: 3	1
write(bytes:sub(1, 20))
local _, message = loadfile(name)
print((message:gsub(name, "NAME"))) -- expect: NAME: truncated precompiled chunk
os.remove(name)
