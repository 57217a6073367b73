-- load, dofile, loadfile: chunk names, positions, modes, environments, readers.

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

do
print(load("return 1 + 1")()) -- expect: 2
print(load("local a, b = ... return b, a")(1, 2)) -- expect: 2	1
print(select("#", load("")()), load("return")()) -- expect: 0
print(type(load("x = 1")), load("return ...")("arg")) -- expect: function	arg

-- errors come back as nil and a message; the chunk's name is cut to 60 characters
local function err(...) -- helper
  print(select(2, load(...)))
end
err("x =") -- expect: [string "x ="]:1: unexpected symbol near <eof>
err("x = ", "=name") -- expect: name:1: unexpected symbol near <eof>
err("x = ", "@file.lua") -- expect: file.lua:1: unexpected symbol near <eof>
err("x = ", "some text") -- expect: [string "some text"]:1: unexpected symbol near <eof>
err("x = ", "first line\nsecond line")
-- expect: [string "first line..."]:1: unexpected symbol near <eof>
err("x = ", "") -- expect: [string ""]:1: unexpected symbol near <eof>
err("\n\nx = = 1", "=lines") -- expect: lines:3: unexpected symbol near '='
err("x = ", "=" .. ("long"):rep(30))
-- expect: longlonglonglonglonglonglonglonglonglonglonglonglonglonglon:1: unexpected symbol near <eof>
err("x = ", "@" .. ("dir/"):rep(30) .. "file.lua")
-- expect: ...dir/dir/dir/dir/dir/dir/dir/dir/dir/dir/dir/dir/file.lua:1: unexpected symbol near <eof>
err("x = ", ("text"):rep(30))
-- expect: [string "texttexttexttexttexttexttexttexttexttexttextt..."]:1: unexpected symbol near <eof>
err("x = 'a\nb'", "=s") -- expect: s:1: unfinished string near ''a'
err("local very_long_chunk_text_that_goes_on_and_on = = 'and on and on and on'")
-- expect: [string "local very_long_chunk_text_that_goes_on_and_o..."]:1: unexpected symbol near '='
err("x = 1 return") -- expect:
print(load("x = 1 return", "=ok") ~= nil) -- expect: true

-- run-time errors name the chunk
print(pcall(load("error('msg')", "=chunk"))) -- expect: false	chunk:1: msg
print(pcall(load("error('msg')", "@chunk.lua"))) -- expect: false	chunk.lua:1: msg
print(pcall(load("error('msg')"))) -- expect: false	[string "error('msg')"]:1: msg
print(pcall(load("\n\nlocal x = nil + 1", "=c")))
-- expect: false	c:3: attempt to perform arithmetic on a nil value
print(pcall(load("error('msg')", "line one\nline two")))
-- expect: false	[string "line one..."]:1: msg
print(pcall(load("error('msg', 2)", "=c"))) -- expect: false	msg
print(pcall(load("return nofunc()", "=c")))
-- expect: false	c:1: attempt to call global 'nofunc' (a nil value)

-- pieces from a function
local function pieces(...)
  local list, i = { ... }, 0
  return function() i = i + 1 return list[i] end
end
print(load(pieces("return ", "1", " + ", "2"))()) -- expect: 3
print(load(pieces("ret", "urn 'spl", "it'"))()) -- expect: split
print(load(pieces("return 1", "", " + broken"))()) -- expect: 1
print(load(pieces("return '", ("x"):rep(5000), "'"))() == ("x"):rep(5000)) -- expect: true
print(type(load(pieces())), load(pieces())()) -- expect: function
print(load(pieces("x = "), "=pieces")) -- expect: nil	pieces:1: unexpected symbol near <eof>
print(load(pieces("x =", " ="))) -- the name defaults to =(load)
-- expect: nil	(load):1: unexpected symbol near '='
print(pcall(function() return load(function() return {} end) end))
-- expect: true	nil	lib_load.lua:138: reader function must return a string
print(pcall(load, function() error("reader failed", 0) end)) -- expect: true	nil	reader failed

-- mode
print(load("return 1", "=m", "t")(), load("return 1", "=m", "bt")()) -- expect: 1	1
print(load("return 1", "=m", "b")) -- expect: nil	attempt to load a text chunk (mode is 'b')
print(load("\27Lua", "=m", "t")) -- expect: nil	attempt to load a binary chunk (mode is 't')

-- bad arguments
print(pcall(function() local f = load() end))
-- expect: false	lib_load.lua:148: bad argument #1 to 'load' (function expected, got no value)
print(load(5)) -- expect: nil	[string "5"]:1: unexpected symbol near '5'
print(pcall(function() local f = load({}) end))
-- expect: false	lib_load.lua:151: bad argument #1 to 'load' (function expected, got table)

-- each load makes a new function; upvalues are separate
local src = "local n = 0 return function() n = n + 1 return n end"
local a, b = load(src)(), load(src)()
print(a(), a(), b(), load(src) == load(src)) -- expect: 1	2	1	false
local chunk = load("count = (count or 0) + 1 return count")
print(chunk(), chunk(), count) -- expect: 1	2	2
count = nil
local maker = load(src)
local c, d = maker(), maker()
print(c(), c(), d()) -- expect: 1	2	1

-- a first line beginning with # is skipped only in files
err("# comment\nreturn 1", "=c") -- expect: c:1: unexpected symbol near '#'

-- dofile and loadfile
local name = os.tmpname()
local function write(text)
  local f = assert(io.open(name, "w"))
  f:write(text)
  f:close()
end
write("#!/usr/bin/lua\nlocal a, b = ... ; global_set = 'by file' ; return a, b, 'end'")
print(loadfile(name)(1, 2)) -- expect: 1	2	end
print(dofile(name), global_set) -- expect: nil	by file
global_set = nil
print(select("#", dofile(name))) -- expect: 3
print(loadfile(name, "t", {})(5)) -- expect: 5	nil	end
print(global_set) -- expect: by file
write("return x +")
print((select(2, loadfile(name)):gsub("^.*:(%d+:)", "FILE:%1")))
-- expect: FILE:1: unexpected symbol near <eof>
print((select(2, pcall(dofile, name)):gsub("^.*:(%d+:)", "FILE:%1")))
-- expect: FILE:1: unexpected symbol near <eof>
write("\n\nerror('in file')")
print((select(2, pcall(dofile, name)):gsub("^.*:(%d+:)", "FILE:%1"))) -- expect: FILE:3: in file
write("#only a comment")
print(dofile(name)) -- expect:
write("\239\187\191return 'after a byte order mark'")
print(dofile(name)) -- expect: after a byte order mark
write("return load('return 1')() + 1")
print(dofile(name)) -- expect: 2
os.remove(name)
print((select(2, loadfile("/nonexistent/file.lua"))))
-- expect: cannot open /nonexistent/file.lua: No such file or directory
print(pcall(dofile, "/nonexistent/file.lua"))
-- expect: false	cannot open /nonexistent/file.lua: No such file or directory

-- deep and long sources
local long = {}
for i = 1, 5000 do long[i] = "x" .. i .. " = " .. i end
local env = {}
load(table.concat(long, "\n"), "=long", "t", env)()
print(env.x1, env.x5000) -- expect: 1	5000
print(load("return " .. ("("):rep(100) .. "1" .. (")"):rep(100))()) -- expect: 1
print(load("return " .. ("{"):rep(100) .. ("}"):rep(100)) ~= nil) -- expect: true
print(load("return 1" .. (" + 1"):rep(1000))()) -- expect: 1001
print(load("return 'a'" .. (" .. 'a'"):rep(150))() == ("a"):rep(151)) -- expect: true
print(load(("do "):rep(150) .. ("end "):rep(150)) ~= nil) -- expect: true
print(load("return " .. ("not "):rep(150) .. "1")()) -- expect: true
err("return " .. ("("):rep(1000) .. "1" .. (")"):rep(1000), "=deep")
-- expect: deep:1: too many C levels (limit is 200) in main function near '('
err(("do "):rep(1000) .. ("end "):rep(1000), "=deep")
-- expect: deep:1: too many C levels (limit is 200) in main function near 'do'
err("return " .. ("{"):rep(1000), "=deep")
-- expect: deep:1: too many C levels (limit is 200) in main function near '{'

-- A reader without an end is left when what it has given cannot be made good.
print(load(function() return "x = 1 = 2 " end, "=endless"))
-- expect: nil	endless:1: unexpected symbol near '='
print(load(function() return "x = 1\n}" end, "=endless"))
-- expect: nil	endless:2: unexpected symbol near '}'
do
  local function repeated(piece, count, last)
    local n = 0
    return load(function()
      n = n + 1
      if n <= count then return piece end
      return n == count + 1 and last or nil
    end) ~= nil
  end
  print(repeated("x = 'a b' -- c d\n", 10000)) -- expect: true
  print(repeated("x = 'a\\\n b\\z\n c' ", 10000)) -- expect: true
  print(repeated("x=[=[ ]] \n", 1, "]=]"), repeated("--[=[ ]] \n", 20000, "]=]")) -- expect: true	true
  print(repeated("do goto out ", 150, ("end "):rep(150) .. (" "):rep(70000) .. "::out::")) -- expect: true
  local text, n = ("value=12345e1-0x1p4 "):rep(5000), 0
  print(load(function() n = n + 1 return text:sub(n, n) end) ~= nil) -- expect: true
end
end

-- a file without an end, which is no Lua from its second line on
local pipe = os.tmpname()
os.remove(pipe)
for _, mode in ipairs { "t", "b" } do
  os.execute("mkfifo " .. pipe .. " && (yes > " .. pipe .. " 2>/dev/null &)")
  print((select(2, loadfile(pipe, mode)):gsub("^.*: ", "")))
  os.remove(pipe)
end
-- expect: syntax error near 'y'
-- expect: attempt to load a text chunk (mode is 'b')

-- nor does a reader without an end go on behind what is no Lua
for _, bad in ipairs { "\0", "x='\\q'", "'\\300'", "[=a", "x=1e", "a b ", "\255" } do
  local calls = 0
  local f, e = load(function() calls = calls + 1 return calls < 1e5 and bad or nil end, "=x")
  print(f, e, calls < 1e5)
end
-- expect: nil	x:1: unexpected symbol	true
-- expect: nil	x:1: invalid escape sequence near '\q'	true
-- expect: nil	x:1: decimal escape too large near '\300'	true
-- expect: nil	x:1: invalid long string delimiter near '[='	true
-- expect: nil	x:1: malformed number near '1e'	true
-- expect: nil	x:1: syntax error near 'b'	true
-- expect: nil	x:1: unexpected symbol near char(255)	true
print(loadfile "/dev/zero") -- expect: nil	/dev/zero:1: unexpected symbol

-- load itself is what calls a reader: there is no level between
local function reader()
  print(debug.getinfo(2, "f").func == load, debug.getinfo(3, "S").what)
  error("three levels up", 3)
end
print(pcall(function() print(load(reader)) end))
-- expect: true	Lua
-- expect: nil	lib_load.lua:274: three levels up
-- expect: true
-- and what library functions have captured is nobody's business
for _, f in ipairs { load, pairs, ipairs, debug.debug } do
  print(debug.getinfo(f, "u").nups, debug.getupvalue(f, 1), pcall(debug.upvalueid, f, 1))
end
-- expect: 0	nil	false	bad argument #2 to 'debug.upvalueid' (invalid upvalue index)
-- expect: 0	nil	false	bad argument #2 to 'debug.upvalueid' (invalid upvalue index)
-- expect: 0	nil	false	bad argument #2 to 'debug.upvalueid' (invalid upvalue index)
-- expect: 0	nil	false	bad argument #2 to 'debug.upvalueid' (invalid upvalue index)
