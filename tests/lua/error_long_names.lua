-- Names and texts of the program's stand in messages whole, however long they are, up to a
-- zero in them; but names of chunks are cut to 60 bytes.
local name, lines = "", {}
local function add(text) -- helper
  text = tostring(text):gsub("n+", function(run) return run == name and "NAME" or nil end):gsub("_G%.", "")
  for line in text:gmatch("[^\n]+") do lines[#lines + 1] = line end
end
local function say(f, ...)
  add((select(2, pcall(f, ...))))
end
local function run(source) -- helper
  local f, e = load(source, "=c")
  if f then say(f) else add(e) end
end
local first
package.path, package.cpath = "./?.none", ""

for _, length in ipairs { 61, 199, 201, 500, 513, 70000 } do
  name, lines = ("n"):rep(length), {}
  local function try(source) run((source:gsub("NAME", name))) end
  try "NAME()"
  try "NAME.x = 1"
  try "local NAME NAME()"
  try "local NAME return function() return NAME end, NAME + 1"
  try "local NAME = {} return NAME.x.y"
  try "local NAME return (function() return NAME .. '' end)()"
  try "local t = {} t.NAME()"
  try "local t = {} t:NAME()"
  try "local t = {} return #t.NAME"
  try "local t = {} return t['NAME'] < 1"
  try "return ('NAME')()"
  try "return -('NAME')"
  try "local NAME = string.rep NAME({})"
  try "local t = {NAME = string.rep} t.NAME({})"
  try "local t = {NAME = string.rep} t:NAME(1)"
  try "local t = {NAME = string.rep} t:NAME()"
  try "goto NAME"
  try "x = = NAME"
  try "::NAME:: ::NAME::"
  try "function NAME() return (debug.traceback('m')) end error((NAME()), 0)"
  try "local t = {} function t.NAME() return (debug.traceback('m')) end error((t.NAME()), 0)"
  try "error(debug.getinfo(1).short_src .. ' NAME')"
  say(io.stdin.seek, io.stdin, name)
  say(io.stdin.setvbuf, io.stdin, name)
  say(collectgarbage, name)
  say(os.setlocale, nil, name)
  say(os.date, "%E" .. name)
  say(require, name)
  say(string.format, "%" .. name, 1)
  say(error, name)
  local f = string.rep
  string.rep, _G[name] = nil, { f = f }
  say(f)
  _G[name] = f
  say(f)
  string.rep, _G[name] = f, nil
  local text = table.concat(lines, "\n")
  if not first then print(text) else print(length, text == first) end
  first = first or text
end
-- expect: c:1: attempt to call global 'NAME' (a nil value)
-- expect: c:1: attempt to index global 'NAME' (a nil value)
-- expect: c:1: attempt to call local 'NAME' (a nil value)
-- expect: c:1: attempt to perform arithmetic on local 'NAME' (a nil value)
-- expect: c:1: attempt to index field 'x' (a nil value)
-- expect: c:1: attempt to concatenate upvalue 'NAME' (a nil value)
-- expect: c:1: attempt to call field 'NAME' (a nil value)
-- expect: c:1: attempt to call method 'NAME' (a nil value)
-- expect: c:1: attempt to get length of field 'NAME' (a nil value)
-- expect: c:1: attempt to compare nil with number
-- expect: c:1: attempt to call constant 'NAME' (a string value)
-- expect: c:1: attempt to perform arithmetic on constant 'NAME' (a string value)
-- expect: c:1: bad argument #1 to 'NAME' (string expected, got table)
-- expect: c:1: bad argument #1 to 'NAME' (string expected, got table)
-- expect: c:1: calling 'NAME' on bad self (string expected, got table)
-- expect: c:1: calling 'NAME' on bad self (string expected, got table)
-- expect: c:1: no visible label 'NAME' for <goto> at line 1
-- expect: c:1: unexpected symbol near '='
-- expect: c:1: label 'NAME' already defined on line 1
-- expect: m
-- expect: stack traceback:
-- expect: 	c:1: in function 'NAME'
-- expect: 	c:1: in main chunk
-- expect: 	[C]: in function 'pcall'
-- expect: 	error_long_names.lua:9: in function 'say'
-- expect: 	error_long_names.lua:13: in function 'run'
-- expect: 	error_long_names.lua:20: in function 'try'
-- expect: 	error_long_names.lua:40: in main chunk
-- expect: 	[C]: in ?
-- expect: m
-- expect: stack traceback:
-- expect: 	c:1: in function 'NAME'
-- expect: 	c:1: in main chunk
-- expect: 	[C]: in function 'pcall'
-- expect: 	error_long_names.lua:9: in function 'say'
-- expect: 	error_long_names.lua:13: in function 'run'
-- expect: 	error_long_names.lua:20: in function 'try'
-- expect: 	error_long_names.lua:41: in main chunk
-- expect: 	[C]: in ?
-- expect: c:1: c NAME
-- expect: bad argument #2 to '?' (invalid option 'NAME')
-- expect: bad argument #2 to '?' (invalid option 'NAME')
-- expect: bad argument #1 to 'collectgarbage' (invalid option 'NAME')
-- expect: bad argument #2 to 'os.setlocale' (invalid option 'NAME')
-- expect: bad argument #1 to 'os.date' (invalid conversion specifier '%ENAME')
-- expect: module 'NAME' not found:
-- expect: 	no field package.preload['NAME']
-- expect: 	no file './NAME.none'
-- expect: invalid option '%n' to 'format'
-- expect: NAME
-- expect: bad argument #1 to 'NAME.f' (string expected, got no value)
-- expect: bad argument #1 to 'NAME' (string expected, got no value)
-- expect: 199	true
-- expect: 201	true
-- expect: 500	true
-- expect: 513	true
-- expect: 70000	true
print(select(2, pcall(load("local t = {} t['n\0n']()", "=c"))))
-- expect: c:1: attempt to call field 'n' (a nil value)
print(select(2, pcall(io.stdin.seek, io.stdin, "n\0n")))
-- expect: bad argument #2 to '?' (invalid option 'n')
