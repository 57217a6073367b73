-- Basic functions: metamethods, odd arguments, conversions; at the end what ordinary scripts need.

local function err(f, ...) -- helper
  print((select(2, pcall(f, ...)):gsub("'_G%.", "'")))
end

-- assert
print(assert(1, 2, 3)) -- expect: 1	2	3
print(pcall(assert)) -- expect: false	assertion failed!
err(function() assert(false) end) -- expect: lib_base.lua:10: assertion failed!
err(function() assert(nil, "message") end) -- expect: lib_base.lua:11: message
err(function() assert(false, 5) end) -- expect: lib_base.lua:12: 5
err(assert, false, {}) -- expect: bad argument #2 to 'assert' (string expected, got table)
print(#select(2, pcall(assert, nil, ("x"):rep(1000) .. "y"))) -- expect: 1001

-- error: levels, values
local function level(n) error("text", n) end
err(function() level() end) -- expect: lib_base.lua:17: text
err(function() level(1) end) -- expect: lib_base.lua:17: text
err(function() level(2) end) -- expect: lib_base.lua:20: text
err(function() level(0) end) -- expect: text
err(function() level(-1) end) -- expect: text
err(function() level(50) end) -- expect: text
err(function() error(5) end) -- expect: lib_base.lua:24: 5
print(pcall(error), pcall(error, nil)) -- expect: false	false	nil
print(select(2, pcall(error, { "table" }))[1]) -- expect: table
print(#select(2, pcall(error, ("long"):rep(300)))) -- expect: 1200

-- print uses the global tostring of the moment
do
  local plain, calls = tostring, 0
  function tostring(v) calls = calls + 1 return "<" .. plain(v) .. ">" end
  print(1, "a", nil) -- expect: <1>	<a>	<nil>
  print() -- expect: 
  tostring = function() return 5 end
  print("x", "y") -- expect: 5	5
  tostring = function() return nil end
  local ok, e = pcall(print, "x")
  tostring = function() return {} end
  local ok2, e2 = pcall(function() print("y") end)
  tostring = nil
  local ok3, e3 = pcall(print, "x")
  tostring = plain
  print(calls, e) -- expect: 3	'tostring' must return a string to 'print'
  print(e2) -- expect: lib_base.lua:40: 'tostring' must return a string to 'print'
  print(e3) -- expect: attempt to call a nil value
end
print(setmetatable({}, { __tostring = function() return 12 end }), 1) -- expect: 12	1
err(print, setmetatable({}, { __tostring = function() return true end }))
-- expect: 'tostring' must return a string to 'print'
err(print, setmetatable({}, { __tostring = function() error("in tostring", 0) end }))
-- expect: in tostring
err(print, setmetatable({}, { __tostring = 5 })) -- expect: attempt to call a number value

-- tostring
local t = setmetatable({}, { __tostring = function(...) return select("#", ...) end })
print(tostring(t), type(tostring(t))) -- expect: 1	string
print(type(tostring(setmetatable({}, { __tostring = function() return {} end }))))
-- expect: table
print(tostring(setmetatable({}, { __tostring = function() end }))) -- expect: nil
print(tostring(1e15), tostring(1e14), tostring(-0.0), tostring(2 ^ 63), tostring(1 / 0))
-- expect: 1e+15	1e+14	-0	9.2233720368548e+18	inf
print(tostring(0x7fffffff), tostring(1e100), tostring(0.1), tostring(1 / 3), tostring(123456789012))
-- expect: 2147483647	1e+100	0.1	0.33333333333333	123456789012

-- tonumber
print(tonumber("10"), tonumber("0x10"), tonumber("  5  "), tonumber("1e2"), tonumber(".5"), tonumber("5."))
-- expect: 10	16	5	100	0.5	5
print(tonumber(""), tonumber(" "), tonumber("x"), tonumber("1 2"), tonumber("1e"), tonumber("0x"))
-- expect: nil	nil	nil	nil	nil	nil
print(tonumber("inf"), tonumber("nan"), tonumber("1\0"), tonumber({}), tonumber(nil), tonumber(true))
-- expect: nil	nil	nil	nil	nil	nil
print(tonumber("0x1p4"), tonumber("0x.8"), tonumber("-0x10"), tonumber("- 1"), tonumber("+5"), tonumber("1__"))
-- expect: 16	0.5	-16	nil	5	nil
print(tonumber("10", 2), tonumber("ff", 16), tonumber("FF", 16), tonumber("zz", 36), tonumber("Z", 36))
-- expect: 2	255	255	1295	35
print(tonumber("8", 8), tonumber("-10", 2), tonumber(" 11 ", 2), tonumber("1.0", 10), tonumber("", 10))
-- expect: nil	-2	3	nil	nil
print(tonumber(10, 16), tonumber("0x10", 16), tonumber("1" .. ("0"):rep(60), 2), tonumber("10", 2.9))
-- expect: 16	nil	1.1529215046068e+18	2
print(tonumber("+1", 10), tonumber("- 1", 10), tonumber("1 ", 10), tonumber("\t1\n", 10), tonumber("1\0", 10))
-- expect: 1	nil	1	1	nil
err(tonumber) -- expect: bad argument #1 to 'tonumber' (value expected)
err(tonumber, "10", 1) -- expect: bad argument #2 to 'tonumber' (base out of range)
err(tonumber, "10", 37) -- expect: bad argument #2 to 'tonumber' (base out of range)
err(tonumber, {}, 10) -- expect: bad argument #1 to 'tonumber' (string expected, got table)
err(tonumber, nil, 10) -- expect: bad argument #1 to 'tonumber' (string expected, got nil)
err(tonumber, "1", "x") -- expect: bad argument #2 to 'tonumber' (number expected, got string)

-- select
print(select("#", nil, nil), select("#"), select("#x", 1)) -- expect: 2	0	1
print(select(-2, 1, 2, 3)) -- expect: 2	3
print(select(2.9, 1, 2, 3)) -- expect: 2	3
print(select(100, 1, 2)) -- expect: 
err(select, 2 ^ 31, 1) -- expect: bad argument #1 to 'select' (index out of range)
err(select, -1) -- expect: bad argument #1 to 'select' (index out of range)
err(select, -2 ^ 31, 1) -- expect: bad argument #1 to 'select' (index out of range)
print(select("#", select(3, 1, 2, 3, nil, nil))) -- expect: 3

-- metatables
err(setmetatable, setmetatable({}, { __metatable = false }), nil)
-- expect: cannot change a protected metatable
err(setmetatable, setmetatable({}, { __metatable = 1 }), {})
-- expect: cannot change a protected metatable
print(getmetatable(setmetatable({}, { __metatable = "locked" }))) -- expect: locked
print(getmetatable(setmetatable({}, { __metatable = false }))) -- expect: false
print(getmetatable("").__name, getmetatable(1), getmetatable(nil), getmetatable(print))
-- expect: nil	nil	nil	nil
local mt = {}
local u = setmetatable({}, mt)
mt.__index = function(_, k) return k .. "!" end
print(u.x, rawget(u, "x"), rawlen(setmetatable({ 1 }, { __len = function() return 7 end })))
-- expect: x!	nil	1

-- pairs and ipairs with metamethods, ipairs on holes and odd starts
local proxy = setmetatable({}, {
  __pairs = function(o) return function(_, k) if not k then return 1, "one" end end, o, nil, "dropped" end,
  __ipairs = function(o) return "f", "s", "c", "dropped" end,
})
for k, v in pairs(proxy) do print(k, v) end -- expect: 1	one
print(ipairs(proxy)) -- expect: f	s	c
print(pairs(setmetatable({}, { __pairs = function() end }))) -- expect: nil	nil	nil
print(select("#", pairs(setmetatable({}, { __pairs = function() return 1 end })))) -- expect: 3
print(pcall(pairs, setmetatable({}, { __pairs = 5 })))
-- expect: false	attempt to call a number value
for i, v in ipairs({ 1, 2, nil, 4 }) do print(i, v) end
-- expect: 1	1
-- expect: 2	2
for i, v in ipairs(setmetatable({}, { __index = function(_, k) if k < 4 then return k end end })) do print(i, v) end
local step, list = ipairs({ "a", "b", [0] = "zero", [-1] = "minus" })
print(step(list, 0), step(list, -1), step(list, -2), step(list, 1.9), step(list, 2))
-- expect: 1	0	-1	2	nil
print(step(list, "1"), select("#", step(list, 2))) -- expect: 2	1
print(next({}, nil), next({ 5 }), next({ 5 }, 1), rawequal(next, (pairs({}))))
-- expect: nil	1	nil	true
err(next, {}, 0 / 0) -- expect: invalid key to 'next'
err(next, 5) -- expect: bad argument #1 to 'next' (table expected, got number)
err(rawset, {}, 0 / 0, 1) -- expect: table index is NaN
print(rawset({}, 1, 2)[1], rawequal("a" .. 1, "a1"), rawequal(0, -0)) -- expect: 2	true	true

-- deleting while traversing
local d = {}
for i = 1, 100 do d[i] = i d["k" .. i] = i end
local n = 0
for k in pairs(d) do d[k] = nil n = n + 1 end
print(n, next(d)) -- expect: 200	nil

-- pcall and xpcall with odd functions
print(pcall(setmetatable({}, { __call = function(_, x) return x end }), 5)) -- expect: true	5
print(pcall(5)) -- expect: false	attempt to call a number value
print(xpcall(5, function(m) return "handled: " .. m end))
-- expect: false	handled: attempt to call a number value
print(xpcall(function(...) return select("#", ...) end, print, nil, nil)) -- expect: true	2

-- collectgarbage: options that other scripts use
print(collectgarbage("stop"), collectgarbage("isrunning"), collectgarbage("restart"), collectgarbage("isrunning"))
-- expect: 0	false	0	true
print(collectgarbage("setpause", 150), collectgarbage("setpause", 200), collectgarbage("setstepmul", 300), collectgarbage("setstepmul", 200))
-- expect: 200	150	200	300
print(collectgarbage("setmajorinc", 100), collectgarbage("generational"), collectgarbage("incremental"))
-- expect: 200	0	0
print(type(collectgarbage("count")), select("#", collectgarbage("count")), type(collectgarbage("step", 100)))
-- expect: number	2	boolean
err(collectgarbage, "nonsense")
-- expect: bad argument #1 to 'collectgarbage' (invalid option 'nonsense')
err(collectgarbage, {})
-- expect: bad argument #1 to 'collectgarbage' (string expected, got table)
err(collectgarbage, "step", {})
-- expect: bad argument #2 to 'collectgarbage' (number expected, got table)

-- What ordinary scripts need of them.
do

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
end
