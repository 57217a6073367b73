-- load beyond load.lua: modes, environments, readers; loadfile and dofile.

print(load("return 1", "=x", "b")) -- expect: nil	attempt to load a text chunk (mode is 'b')
print(load("return 1", "=x", "q")) -- expect: nil	attempt to load a text chunk (mode is 'q')
print(load("", "=x", "b")) -- expect: nil	attempt to load a text chunk (mode is 'b')
print(load("return 1", "=x", "tb")(), load("return 1", nil, nil)()) -- expect: 1	1
print(load("\27Lua", "=x", "t")) -- expect: nil	attempt to load a binary chunk (mode is 't')
print(load(function() return nil end, "=x", "b"))
-- expect: nil	attempt to load a text chunk (mode is 'b')
print(load("x =", "=na\0me")) -- expect: nil	na:1: unexpected symbol near <eof>
print(load(5)) -- expect: nil	[string "5"]:1: unexpected symbol near '5'
print(pcall(function() load("x", {}) end))
-- expect: false	lib_load.lua:12: bad argument #2 to 'load' (string expected, got table)
print(pcall(function() load("x", "=x", {}) end))
-- expect: false	lib_load.lua:14: bad argument #3 to 'load' (string expected, got table)

-- environments
local env = { y = 5 }
print(load("return y", "=x", "t", env)(), load("x = y * 2", "=x", "t", env)(), env.x)
-- expect: 5	nil	10
print(pcall(load("return y", "=x", "t", nil)))
-- expect: false	x:1: attempt to index upvalue '_ENV' (a nil value)
print(pcall(load("y = 1", "=x", "t", 7)))
-- expect: false	x:1: attempt to index upvalue '_ENV' (a number value)
print(load("return _ENV", "=x", "t", "str")()) -- expect: str
print(load("local f = function() return y end return f()", "=x", "t", env)()) -- expect: 5

-- readers
local function pieces(list)
  local i = 0
  return function() i = i + 1 return list[i] end
end
print(load(pieces({ "return ", 1, 2, " + ", "1" }))()) -- expect: 13
print(load(pieces({ "return 1", "", "+ 1" }))()) -- expect: 1
print(load(pieces({ "x", "=" }))) -- expect: nil	(load):1: unexpected symbol near <eof>
print(select(3, pcall(load, function() error({ "thrown" }) end))[1]) -- expect: thrown
print(pcall(load, function() return {} end))
-- expect: true	nil	reader function must return a string
print(load(pieces({ "return ..." }), "=x", "t", {})(8, 9)) -- expect: 8	9
local co = coroutine.wrap(function(...) return select("#", ...), load(pieces({ "return 7" }))() end)
print(co(1, 2)) -- expect: 2	7
print(loadstring("return 'compat'")(), loadstring == load) -- expect: compat	true

-- files
local name = os.tmpname()
local function write(text)
  local f = assert(io.open(name, "w"))
  f:write(text)
  f:close()
end
write("#!shebang\nreturn debug and 2 or 2, ...")
print(loadfile(name)(5)) -- expect: 2	5
print(loadfile(name, "b")) -- expect: nil	attempt to load a text chunk (mode is 'b')
print(loadfile(name, "t")("t")) -- expect: 2	t
write("return y")
print(loadfile(name, "t", { y = 6 })(), (pcall(loadfile(name, nil, nil)))) -- expect: 6	false
write("#!first line\nx = = 1")
print((select(2, loadfile(name)):gsub("^.*:(%d+:)", "FILE:%1")))
-- expect: FILE:2: unexpected symbol near '='
write("\239\187\191#! after a mark\nreturn 3")
print(dofile(name)) -- expect: 3
write("\239\187\191return 4")
print(dofile(name)) -- expect: 4
write("#just this")
print(select("#", dofile(name))) -- expect: 0
write("")
print(select("#", dofile(name))) -- expect: 0
write("return 1, nil, 3, nil")
print(select("#", dofile(name)), dofile(name)) -- expect: 4	1	nil	3	nil
write("coroutine.yield('from the file') return 'done'")
co = coroutine.wrap(dofile)
print(co(name), co()) -- expect: from the file	done
os.remove(name)
print(loadfile("/nonexistent/x.lua"))
-- expect: nil	cannot open /nonexistent/x.lua: No such file or directory
print(loadfile("/")) -- expect: nil	cannot read /: Is a directory
print(pcall(dofile, "/")) -- expect: false	cannot read /: Is a directory
print(pcall(function() loadfile({}) end))
-- expect: false	lib_load.lua:78: bad argument #1 to 'loadfile' (string expected, got table)
print(pcall(function() loadfile("x", {}) end))
-- expect: false	lib_load.lua:80: bad argument #2 to 'loadfile' (string expected, got table)
