-- Basic functions: type, tostring, select, rawget and friends, next, pairs, ipairs, print.

local function err(f, ...) -- helper
  print((select(2, pcall(f, ...)):gsub("^[^ ]*:%d+: ", ""):gsub("'_G%.", "'")))
end

-- type
print(type(nil), type(true), type(1), type("s"), type({}), type(print), type(function() end))
-- expect: nil	boolean	number	string	table	function	function
print(type(coroutine.create(print)), type(io.stdout), type(type), type(type(1)))
-- expect: thread	userdata	function	string
err(type) -- expect: bad argument #1 to 'type' (value expected)

-- tostring
print(tostring(nil), tostring(false), tostring(12), tostring(1.5), tostring("str"), tostring(-0.1))
-- expect: nil	false	12	1.5	str	-0.1
print(tostring({}):match("^table: ") ~= nil, tostring(print):match("^function: ") ~= nil)
-- expect: true	true
print(tostring(coroutine.create(print)):match("^thread: ") ~= nil, tostring(io.stdout):match("^file %(") ~= nil)
-- expect: true	true
local t = {}
print(tostring(t) == tostring(t), tostring(t) ~= tostring({}), #tostring(12345))
-- expect: true	true	5
err(tostring) -- expect: bad argument #1 to 'tostring' (value expected)

-- print: calls tostring, separates by tabs
print() -- expect:
print(nil, true, 1, "a\tb") -- expect: nil	true	1	a	b
print(setmetatable({}, { __tostring = function() return "printed" end }), 2)
-- expect: printed	2
print("", "") -- expect: 	

-- rawequal, rawlen, rawget, rawset
print(rawequal(1, 1), rawequal("a", "a"), rawequal({}, {}), rawequal(t, t), rawequal(1, "1"), rawequal(nil, false))
-- expect: true	true	false	true	false	false
print(rawlen({ 1, 2 }), rawlen("abc"), rawlen({}), rawlen("")) -- expect: 2	3	0	0
print(rawget({ 5 }, 1), rawget({}, "x"), rawget(setmetatable({}, { __index = error }), "x"))
-- expect: 5	nil	nil
err(rawequal) -- expect: bad argument #1 to 'rawequal' (value expected)
err(rawequal, 1) -- expect: bad argument #2 to 'rawequal' (value expected)
err(rawlen) -- expect: bad argument #1 to 'rawlen' (table or string expected)
err(rawlen, 5) -- expect: bad argument #1 to 'rawlen' (table or string expected)
err(rawget, 1, 2) -- expect: bad argument #1 to 'rawget' (table expected, got number)
err(rawget, {}) -- expect: bad argument #2 to 'rawget' (value expected)
err(rawset, {}, 1) -- expect: bad argument #3 to 'rawset' (value expected)
err(rawset, {}, nil, 1) -- expect: table index is nil
err(rawset, {}, 0 / 0, 1) -- expect: table index is NaN
err(rawset, 1, 2, 3) -- expect: bad argument #1 to 'rawset' (table expected, got number)

-- next
t = { 10, 20, x = 30 }
local n, k, v = 0, next(t)
while k ~= nil do n = n + v k, v = next(t, k) end
print(n, next({}), next({}, nil), type(next)) -- expect: 60	nil	nil	function
err(next) -- expect: bad argument #1 to 'next' (table expected, got no value)
err(next, 1) -- expect: bad argument #1 to 'next' (table expected, got number)

-- ipairs and pairs give three values
local f, s, c = ipairs(t)
print(type(f), s == t, c, f(s, c), f(s, 2)) -- expect: function	true	0	1	nil
f, s, c = pairs(t)
print(f == next, s == t, c) -- expect: true	true	nil
err(ipairs) -- expect: bad argument #1 to 'ipairs' (table expected, got no value)
err(pairs) -- expect: bad argument #1 to 'pairs' (table expected, got no value)
err(pairs, nil) -- expect: bad argument #1 to 'pairs' (table expected, got nil)
err(ipairs, 5) -- expect: bad argument #1 to 'ipairs' (table expected, got number)

-- select
print(select("#"), select("#", nil), select(1, "a", "b"), select(3, "a", "b")) -- expect: 0	1	a
print(select(2, "a", "b", "c"), (select(2, "a", "b", "c"))) -- expect: b	b
print(select(-1, "a", "b"), select("2", "a", "b")) -- expect: b	b
err(select) -- expect: bad argument #1 to 'select' (number expected, got no value)
err(select, 0) -- expect: bad argument #1 to 'select' (index out of range)
err(select, -3, 1, 2) -- expect: bad argument #1 to 'select' (index out of range)
err(select, "x") -- expect: bad argument #1 to 'select' (number expected, got string)
err(select, {}) -- expect: bad argument #1 to 'select' (number expected, got table)

-- getmetatable, setmetatable
local mt = {}
t = setmetatable({}, mt)
print(getmetatable(t) == mt, setmetatable(t, nil) == t, getmetatable(t), getmetatable("x").__index == string)
-- expect: true	true	nil	true
err(getmetatable) -- expect: bad argument #1 to 'getmetatable' (value expected)
err(setmetatable, {}) -- expect: bad argument #2 to 'setmetatable' (nil or table expected)
err(setmetatable, {}, 1) -- expect: bad argument #2 to 'setmetatable' (nil or table expected)
err(setmetatable, 1, {})
-- expect: bad argument #1 to 'setmetatable' (table expected, got number)

-- collectgarbage answers
print(type(collectgarbage("count")), collectgarbage(), collectgarbage("collect"), collectgarbage("step") ~= nil)
-- expect: number	0	0	true
err(collectgarbage, "nonsense")
-- expect: bad argument #1 to 'collectgarbage' (invalid option 'nonsense')

-- _VERSION, _G
print(_VERSION, _G._G == _G, _G.print == print, _G.string == string)
-- expect: Lua 5.2	true	true	true

-- libraries are ordinary tables, loaded ones are in package.loaded
for _, lib in ipairs({ "string", "table", "math", "bit32", "coroutine", "io", "os", "package" }) do
  if package.loaded[lib] ~= _G[lib] then print(lib) end
end
print(package.loaded._G == _G, require("string") == string) -- expect: true	true

-- functions are values
local print2, tp = print, type
print2(tp(print2), ({ string.rep, string.len })[2]("abc"), (function(g) return g("%d", 5) end)(string.format))
-- expect: function	3	5
