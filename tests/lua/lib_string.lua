-- The string library: texts of errors, edges, callbacks that fail.

local function try(f, ...) -- the error of a call, without a position
  local r = table.pack(pcall(f, ...))
  if r[1] then return table.unpack(r, 2, r.n) end
  return (tostring(r[2]):gsub("^[%w_.]+:%d+: ", "@"))
end
local function check(f) print(try(f)) end

-- arguments
check(function() return string.rep() end)
-- expect: @bad argument #1 to 'rep' (string expected, got no value)
check(function() return string.rep("x") end)
-- expect: @bad argument #2 to 'rep' (number expected, got no value)
check(function() return string.rep({}, 1) end)
-- expect: @bad argument #1 to 'rep' (string expected, got table)
check(function() return ("x"):rep() end)
-- expect: @bad argument #1 to 'rep' (number expected, got no value)
check(function() return ("x"):rep({}) end)
-- expect: @bad argument #1 to 'rep' (number expected, got table)
check(function() return ("x").rep({}, 1) end)
-- expect: @bad argument #1 to 'rep' (string expected, got table)
check(function() return ("x"):rep(3, {}) end)
-- expect: @bad argument #2 to 'rep' (string expected, got table)
check(function() return ("x"):sub() end)
-- expect: @bad argument #1 to 'sub' (number expected, got no value)
check(function() return ("x"):sub(1, "y") end)
-- expect: @bad argument #2 to 'sub' (number expected, got string)
check(function() return ("x"):byte("y") end)
-- expect: @bad argument #1 to 'byte' (number expected, got string)
check(function() return string.char(1, 2, 256) end)
-- expect: @bad argument #3 to 'char' (value out of range)
check(function() return string.char(-1) end)
-- expect: @bad argument #1 to 'char' (value out of range)
check(function() return string.char("x") end)
-- expect: @bad argument #1 to 'char' (number expected, got string)
check(function() return string.len() end)
-- expect: @bad argument #1 to 'len' (string expected, got no value)
check(function() return string.upper(nil) end)
-- expect: @bad argument #1 to 'upper' (string expected, got nil)
check(function() return string.reverse(true) end)
-- expect: @bad argument #1 to 'reverse' (string expected, got boolean)
check(function() return ("x"):find() end)
-- expect: @bad argument #1 to 'find' (string expected, got no value)
check(function() return ("x"):find("x", "y") end)
-- expect: @bad argument #2 to 'find' (number expected, got string)
check(function() return ("x"):match({}) end)
-- expect: @bad argument #1 to 'match' (string expected, got table)
check(function() return ("x"):gmatch() end)
-- expect: @bad argument #1 to 'gmatch' (string expected, got no value)
check(function() return ("x"):gsub("x") end)
-- expect: @bad argument #2 to 'gsub' (string/function/table expected)
check(function() return ("x"):gsub("x", nil) end)
-- expect: @bad argument #2 to 'gsub' (string/function/table expected)
check(function() return ("x"):gsub("x", true) end)
-- expect: @bad argument #2 to 'gsub' (string/function/table expected)
check(function() return ("x"):gsub("x", "y", "z") end)
-- expect: @bad argument #3 to 'gsub' (number expected, got string)
check(function() return string.gsub({}, "x", "y") end)
-- expect: @bad argument #1 to 'gsub' (string expected, got table)
check(function() return ("%d"):format() end) -- expect: @bad argument #1 to 'format' (no value)
check(function() return ("%d"):format("x") end)
-- expect: @bad argument #1 to 'format' (number expected, got string)
check(function() return ("%s %s"):format(1) end) -- expect: @bad argument #2 to 'format' (no value)
check(function() return ("%q"):format({}) end)
-- expect: @bad argument #1 to 'format' (string expected, got table)
check(function() return ("%d"):format(2 ^ 63) end)
-- expect: @bad argument #1 to 'format' (not a number in proper range)
check(function() return ("%x"):format(-1) end)
-- expect: @bad argument #1 to 'format' (not a non-negative number in proper range)
check(function() return ("%y"):format(1) end) -- expect: @invalid option '%y' to 'format'
print((try(string.format, "%", 1):gsub("%z", "<zero>"))) -- expect: invalid option '%<zero>' to 'format'
check(function() return ("%10.123f"):format(1) end)
-- expect: @invalid format (width or precision too long)
check(function() return ("%-------d"):format(1) end) -- expect: @invalid format (repeated flags)
check(function() return string.dump() end)
-- expect: @bad argument #1 to 'dump' (function expected, got no value)
check(function() return string.dump(print) end) -- expect: @unable to dump given function
check(function() return ("x"):nomethod() end)
-- expect: @attempt to call method 'nomethod' (a nil value)
check(function() return ("x").y.z end) -- expect: @attempt to index field 'y' (a nil value)
check(function() return #string.rep("x", 2 ^ 31 - 1, ("y"):rep(1e6)) end)
-- expect: not enough memory

-- numbers are strings, strings of numbers are numbers
print(string.find(1234, 23), string.gsub(121, 1, 3), string.byte(7), string.format("%s", 0x10))
-- expect: 2	323	55	16
print(string.format("%d %s %q", "10", 5, 6), ("x"):rep("0x3"), ("abc"):sub(" 2 "))
-- expect: 10 5 "6"	xxx	bc
print(("x"):rep(2.9), ("abc"):sub(1.9, 2.9), ("abc"):byte(1.9), string.char(65.9))
-- expect: xx	ab	97	A

-- positions
print(("hello"):sub(2), ("hello"):sub(-3), ("hello"):sub(2, -2), ("hello"):sub(0), ("hello"):sub(4, 2))
-- expect: ello	llo	ell	hello	
print(("hello"):sub(-100, 100), ("hello"):sub(-100, -6) == "", ("hello"):sub(6) == "", (""):sub(1, 1) == "")
-- expect: hello	true	true	true
print(("hello"):sub(-1e300, 1e300), ("hello"):sub(2 ^ 31, -1) == "", ("hello"):sub(-2 ^ 40))
-- expect: 	true	hello
print(("hello"):byte(), ("hello"):byte(-1), ("hello"):byte(10), ("hello"):byte(0), ("hello"):byte(2, 4))
-- expect: 104	111	nil	nil	101	108	108
print(select("#", ("hello"):byte(10)), select("#", ("hello"):byte(1, -1)), select("#", ("hello"):byte(3, 2)))
-- expect: 0	5	0
print(("hello"):find("l", 4), ("hello"):find("l", -1), ("hello"):find("", 6), ("hello"):find("", 7), ("hello"):find("l", -100))
-- expect: 4	nil	6	nil	3	3
print(("hello"):find("xyz", 100), ("hello"):match("()", 6), ("hello"):match("()", 7), (""):find(""), (""):find("", 2))
-- expect: nil	6	nil	1	nil
print(("a.b"):find(".", 2, true), ("a.b"):find(".", 3, true), ("a%b"):find("%", 1, true), ("aXb"):find("X", 1, 0))
-- expect: 2	nil	2	2	2
check(function() return select("#", string.byte(("x"):rep(1e5), 1, -1)) end) -- expect: 100000
check(function() return string.byte(("x"):rep(2e6), 1, -1) end)
-- expect: @stack overflow (string slice too long)

-- zeros and bytes beyond ASCII
print(#"a\0b", ("a\0b"):byte(2), ("a\0b"):rep(2) == "a\0ba\0b", ("a\0b"):find("\0"), ("a\0b"):find("%z"))
-- expect: 3	0	true	2	2	2
print(("a\0b"):gsub("%z", "0"), ("a\0b"):match("[^\0]+$"), ("a\0b"):upper() == "A\0B", #("%s"):format("a\0b"))
-- expect: a0b	b	true	1
print(("\0\0a"):find("a"), ("x\0y"):find("\0y", 1, true), ("%q"):format("a\0b\0001\r\n\"\\"))
-- expect: 3	2	"a\0b\0001\13\
-- expect: \"\\"
print(("\255\200"):byte(1, 2), ("\200"):find("%a"), ("\200"):find("[\100-\255]"), ("\200x"):upper() == "\200X")
-- expect: 255	nil	1	true
print(("AbC\195\164"):lower() == "abc\195\164", ("aBz{[`@"):upper(), ("AZ{[`@az"):lower(), ("abc"):reverse(), (""):reverse() == "")
-- expect: true	ABZ{[`@	az{[`@az	cba	true

-- captures
print(("key = value"):match("^(%w+)%s*=%s*(%w+)$")) -- expect: key	value
print(("abc"):match("()a()b()"), ("abc"):match("((a)(b))"), ("abc"):match("(a)(x?)(b)"))
-- expect: 1	ab	a		b
print(("abc"):find("(b)(c)"), ("abc"):find("b()"), ("aa"):match("(a)%1"), ("ab"):match("(a)%1"))
-- expect: 2	2	a	nil
print(("x"):rep(40):match(("(x)"):rep(32)))
-- expect: x	x	x	x	x	x	x	x	x	x	x	x	x	x	x	x	x	x	x	x	x	x	x	x	x	x	x	x	x	x	x	x
check(function() return ("x"):rep(40):match(("(x)"):rep(33)) end) -- expect: @too many captures
check(function() return ("x"):match(("()"):rep(33)) end) -- expect: @too many captures
check(function() return ("abc"):match("(a") end) -- expect: @unfinished capture
check(function() return ("abc"):match("a)") end) -- expect: @invalid pattern capture
check(function() return ("abc"):match("%1") end) -- expect: @invalid capture index %1
check(function() return ("abc"):match("(a%1)") end) -- expect: @invalid capture index %1
check(function() return ("abc"):match("(a)%2") end) -- expect: @invalid capture index %2
check(function() return ("abc"):match("[a") end) -- expect: @malformed pattern (missing ']')
check(function() return ("abc"):match("[]") end) -- expect: @malformed pattern (missing ']')
check(function() return ("abc"):match("[a%") end) -- expect: @malformed pattern (missing ']')
check(function() return ("abc"):match("%") end) -- expect: @malformed pattern (ends with '%')
check(function() return ("abc"):match("%b") end)
-- expect: @malformed pattern (missing arguments to '%b')
check(function() return ("abc"):match("%bx") end)
-- expect: @malformed pattern (missing arguments to '%b')
check(function() return ("abc"):match("%f") end) -- expect: @missing '[' after '%f' in pattern
check(function() return ("abc"):match("%fa") end) -- expect: @missing '[' after '%f' in pattern
check(function() return ("xbc"):match("a[") end) -- expect: nil
check(function() return ("a"):rep(300):match(("a?"):rep(250) .. "b") end)
-- expect: @pattern too complex
check(function() return #("a"):rep(300):match(("a?"):rep(150)) end) -- expect: 150

-- gmatch: captures, anchors, empty matches, errors when it is first called
for k, v in ("a=1, b=2"):gmatch("(%w+)=(%w+)") do io.write(k, v, ";") end print() -- expect: a1;b2;
for p, w in ("one two"):gmatch("()(%a+)") do io.write(p, w, ";") end print() -- expect: 1one;5two;
for w in ("^a^b"):gmatch("^a") do io.write(w, ";") end print() -- expect: ^a;
for w in ("abc"):gmatch("") do io.write("[", w, "]") end print() -- expect: [][][][]
for w in ("a,,b"):gmatch("[^,]*") do io.write("[", w, "]") end print() -- expect: [a][][][b][]
for w in ("abab"):gmatch("ab$") do io.write(w, ";") end print() -- expect: ab;
check(function() for _ in ("abc"):gmatch("(") do end end) -- expect: @unfinished capture
check(function() for _ in ("abc"):gmatch("%") do end end)
-- expect: @malformed pattern (ends with '%')
local f = ("ab"):gmatch(".")
print(f(), f(), f(), f(), select("#", f())) -- expect: a	b	nil	nil	0
f = ("a b"):gmatch("%a")
print(f("ignored", 1), f(nil)) -- expect: a	b

-- gsub: replacements
print(("hello world"):gsub("o", "0", 1), ("abc"):gsub("%w", "%0%0"), ("abc"):gsub("(a)(b)", "%2%1%%"))
-- expect: hell0 world	aabbcc	ba%c	1
print(("abc"):gsub("b", "%0%1"), ("abc"):gsub("()", "%1"), ("abc"):gsub("", "-"), ("abc"):gsub("b*", "x"))
-- expect: abbc	1a2b3c4	-a-b-c-	xaxxcx	4
print(("abc"):gsub("^a", "x"), ("aaa"):gsub("^a", "x"), ("abc"):gsub("c$", "x"), ("a$a"):gsub("a$", "x"))
-- expect: xbc	xaa	abx	a$x	1
print(("aaa"):gsub("a", "b", -1), ("aaa"):gsub("a", "b", 2.9), ("aaa"):gsub("a", "b", 0), ("aaa"):gsub("a", "b", 1e300))
-- expect: bbb	bba	aaa	bbb	3
print(("abc"):gsub("%w", { a = 1, b = true and "B", c = false }), ("abc"):gsub("()", { "x", [3] = "y" }))
-- expect: 1Bc	xabyc	4
print(("abc"):gsub("%w", function(c) if c ~= "b" then return c .. c end end), ("abc"):gsub("b", function() end))
-- expect: aabcc	abc	1
print(("abc"):gsub("(a)(b)", function(a, b) return b, a end), ("x"):gsub("x", function() return 0.1 end))
-- expect: bc	0.1	1
print((("abc"):rep(100):gsub("b", function(c) return c:upper():rep(3) end):sub(-10)), (("x"):rep(600):gsub(".", "%0%0%0"):len()))
-- expect: aBBBcaBBBc	1800
print(("abc"):gsub("%w", setmetatable({}, { __index = function(_, k) return k == "b" and k .. k end })))
-- expect: abbc	3
print(("abc"):gsub("%w", setmetatable({ a = "A" }, { __index = { b = "B" } }))) -- expect: ABc	3
check(function() return ("abc"):gsub("b", "%") end)
-- expect: @invalid use of '%' in replacement string
check(function() return ("abc"):gsub("b", "%2") end) -- expect: @invalid capture index
check(function() return ("abc"):gsub("(b)", "%2") end) -- expect: @invalid capture index
check(function() return ("abc"):gsub("b", "%x") end)
-- expect: @invalid use of '%' in replacement string
check(function() return ("abc"):gsub("b", function() return {} end) end)
-- expect: @invalid replacement value (a table)
check(function() return ("abc"):gsub("b", function() return true end) end)
-- expect: @invalid replacement value (a boolean)
check(function() return ("abc"):gsub("b", { b = print }) end)
-- expect: @invalid replacement value (a function)
check(function() return ("abc"):gsub("b", function() error("in the callback", 0) end) end)
-- expect: in the callback
check(function() return ("abc"):gsub("b", function(c) return c.x.y end) end)
-- expect: @attempt to index field 'x' (a nil value)
check(function() return ("abc"):gsub("b", setmetatable({}, { __index = function(_, k) error(k .. "!", 0) end })) end)
-- expect: b!
check(function() return ("abc"):gsub("b", setmetatable({}, { __index = 5 })) end)
-- expect: attempt to index a number value
check(function() return ("abc"):gsub("(", "") end) -- expect: abc	4
local seen = {}
pcall(string.gsub, "abcd", "%w", function(c) seen[#seen + 1] = c if c == "c" then error() end end)
print(table.concat(seen)) -- expect: abc
print(pcall(string.gsub, "abc", "%w", error)) -- expect: false	a
print(select(2, pcall(string.gsub, "abc", "b", function() error("level 2", 2) end)))
-- expect: level 2
print((("a b"):gsub("%w", function(c) return (c:gsub(".", function(d) return d:upper() .. d end)) end)))
-- expect: Aa Bb

-- format: what %s calls
local object = setmetatable({}, { __tostring = function() return "object" end })
print(("%s|%10s|%-10s|%.3s|%s"):format(object, object, object, object, 1))
-- expect: object|    object|object    |obj|1
print(("%s"):format(setmetatable({}, { __tostring = function() return 12.5 end }))) -- expect: 12.5
print(("%s %s %s %5s|%-6s|%.1s"):format(nil, true, false, nil, true, false))
-- expect: nil true false   nil|true  |f
check(function() return ("%s"):format(setmetatable({}, { __tostring = function() error("in tostring", 0) end })) end)
-- expect: in tostring
check(function() return ("%s %d"):format(object, "x") end)
-- expect: @bad argument #2 to 'format' (number expected, got string)
check(function() return ("%s"):format(setmetatable({}, { __tostring = 1 })) end)
-- expect: attempt to call a number value
print(("%c%c%c"):format(76, 117, 97), #("%c"):format(0), ("%5c|%-5c|"):format(65, 66))
-- expect: Lua	1	    A|B    |
print(("%5.1f|%-8.3f|%+d|% d|%05d|%#x|%#o|%e|%g|%a"):format(3.14159, 2.5, 3, 4, 42, 255, 8, 12345.678, 1e20, 1))
-- expect:   3.1|2.500   |+3| 4|00042|0xff|010|1.234568e+04|1e+20|0x1p+0
print(("%g %g %g %g %.3g %.10g %g"):format(0.1, 1e15, 1e-5, 123456789, 1234.5, 0.1, 100))
-- expect: 0.1 1e+15 1e-05 1.23457e+08 1.23e+03 0.1 100
print(("%.14g %.17g %.0f %.1f %.20f"):format(0.1, 0.1, 0.5, 0.25, 0.1), ("%5.2s|%.0s|%s"):format("abc", "x", ("y"):rep(3)))
-- expect: 0.1 0.10000000000000001 0 0.2 0.10000000000000000555	   ab||yyy
print(("%d %d %i %u %x %X %o"):format(-5, 2 ^ 53, 3.7, 7, 255, 255, 8), ("%.3d|%+.2d|%6.3d|%-6d|"):format(5, 5, 5, 5))
-- expect: -5 9007199254740992 3 7 ff FF 10	005|+05|   005|5     |
print(("%f %f %f"):format(1 / 0, -1 / 0, 2 ^ 70), ("%010.2f|%+.0f|%#.0f"):format(-1.5, 2.5, 3))
-- expect: inf -inf 1180591620717411303424.000000	-000001.50|+2|3.
print(("%%"):format(), ("%q"):format('a "quoted"\nline\\'), ("%s"):format("x", "ignored"))
-- expect: %	"a \"quoted\"\
-- expect: line\\"	x

-- len, sub, byte, char, rep, reverse, upper, lower.
do

local function err(f, ...) -- helper
  print((tostring((select(2, pcall(f, ...)))):gsub("^[^ ]*:%d+: ", "")))
end

-- sub: negative and out-of-range positions
local s = "hello"
print(s:sub(2), s:sub(2, 4), s:sub(-3), s:sub(-3, -2), s:sub(1, -1))
-- expect: ello	ell	llo	ll	hello
print(s:sub(0), s:sub(0, 0) == "", s:sub(1, 0) == "", s:sub(3, 2) == "", s:sub(6) == "")
-- expect: hello	true	true	true	true
print(s:sub(-100, 100), s:sub(-100, 2), s:sub(4, 100), s:sub(-100, -5), s:sub(10, 20) == "")
-- expect: hello	he	lo	h	true
print(s:sub(2, 2), s:sub(-1), s:sub(-1, -1), s:sub(5, 5), s:sub("2", "3")) -- expect: e	o	o	o	el
print(s:sub(1.0, 3.0), s:sub(-2 ^ 31, 2 ^ 31 - 1), (""):sub(1, 1) == "", ("a\0b"):sub(2, 3) == "\0b")
-- expect: hel	hello	true	true
print(("hello"):sub(2.7, 4.2)) -- expect: ell
err(string.sub) -- expect: bad argument #1 to 'string.sub' (string expected, got no value)
err(string.sub, "x") -- expect: bad argument #2 to 'string.sub' (number expected, got no value)
err(string.sub, "x", "y")
-- expect: bad argument #2 to 'string.sub' (number expected, got string)
err(string.sub, {}, 1) -- expect: bad argument #1 to 'string.sub' (string expected, got table)

-- byte and char
print(s:byte(), s:byte(2), s:byte(-1), s:byte(2, 4)) -- expect: 104	101	111	101	108	108
print(s:byte(10), s:byte(0), s:byte(3, 2), s:byte(1, -1))
-- expect: nil	nil	nil	104	101	108	108	111
print(select("#", s:byte(10)), select("#", s:byte(1, 3)), ("\255\0"):byte(1, 2))
-- expect: 0	3	255	0
print(string.char(), string.char(72, 105), string.char(0, 255) == "\0\255", string.char("65"))
-- expect: 	Hi	true	A
print(("x"):byte(1, 0), (""):byte(), (""):byte(1, -1)) -- expect: nil	nil
err(string.char, 256) -- expect: bad argument #1 to 'string.char' (value out of range)
err(string.char, -1) -- expect: bad argument #1 to 'string.char' (value out of range)
err(string.char, 1, 2, 300) -- expect: bad argument #3 to 'string.char' (value out of range)
err(string.char, "x") -- expect: bad argument #1 to 'string.char' (number expected, got string)
err(string.char, nil) -- expect: bad argument #1 to 'string.char' (number expected, got nil)

-- rep, with and without separator
print(("ab"):rep(3), ("ab"):rep(0) == "", ("ab"):rep(-1) == "", ("ab"):rep(1), (""):rep(10) == "")
-- expect: ababab	true	true	ab	true
print(("ab"):rep(3, ","), ("ab"):rep(1, ","), ("ab"):rep(0, ",") == "", (""):rep(3, "-"), ("x"):rep(3, ""))
-- expect: ab,ab,ab	ab	true	--	xxx
print(#("x"):rep(100000), #("xy"):rep(1000, "abc"), ("\0"):rep(3) == "\0\0\0", ("x"):rep("3"))
-- expect: 100000	4997	true	xxx
err(string.rep, "x") -- expect: bad argument #2 to 'string.rep' (number expected, got no value)
err(string.rep, "x", "y")
-- expect: bad argument #2 to 'string.rep' (number expected, got string)
print((""):rep(1e6) == "", (""):rep(1e6, "") == "") -- expect: true	true

-- len, #, reverse, upper, lower
print(s:len(), #s, ("a\0b"):len(), (""):len(), string.len(12.5)) -- expect: 5	5	3	0	4
print(s:reverse(), (""):reverse() == "", ("a\0b"):reverse() == "b\0a", ("a"):reverse(), string.reverse(123))
-- expect: olleh	true	true	a	321
print(("Hello World 123"):upper(), ("Hello World 123"):lower(), ("\200\255"):upper() == "\200\255")
-- expect: HELLO WORLD 123	hello world 123	true
err(string.len) -- expect: bad argument #1 to 'string.len' (string expected, got no value)
err(string.len, {}) -- expect: bad argument #1 to 'string.len' (string expected, got table)
err(string.reverse, nil)
-- expect: bad argument #1 to 'string.reverse' (string expected, got nil)
err(string.upper) -- expect: bad argument #1 to 'string.upper' (string expected, got no value)
err(string.lower, true)
-- expect: bad argument #1 to 'string.lower' (string expected, got boolean)

-- method calls on expressions and literals
print(("%d items"):format(3), ("x"):rep(2):upper(), #("abc"):rep(2), ("a,b"):sub(1, 1))
-- expect: 3 items	XX	6	a
print(("abc"):upper():lower():reverse():sub(1, 2):rep(2, "-")) -- expect: cb-cb
local n = 12345
print(tostring(n):sub(2, 3), (n .. ""):len(), #tostring(n)) -- expect: 23	5	5

-- concatenations of parts give equal strings, usable as keys
local parts = {}
for i = 1, #s do parts[i] = s:sub(i, i) end
print(table.concat(parts), table.concat(parts) == s, table.concat(parts, "-"), parts[1] .. parts[2])
-- expect: hello	true	h-e-l-l-o	he
local t = { [s] = "found" }
print(t[table.concat(parts)], t[s:reverse():reverse()], t[("hell") .. "o"], t["Hello"])
-- expect: found	found	found	nil

-- round trips
local bytes = {}
for i = 0, 255 do bytes[#bytes + 1] = string.char(i) end
local all = table.concat(bytes)
print(#all, all:reverse():reverse() == all, all:upper():len(), all:sub(1, 128) .. all:sub(129) == all)
-- expect: 256	true	256	true
local back = {}
for i = 1, #all do back[i] = all:byte(i) == i - 1 and 1 or 0 end
local total = 0
for _, v in ipairs(back) do total = total + v end
print(total) -- expect: 256
end
