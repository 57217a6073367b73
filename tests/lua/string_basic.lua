-- string: len, sub, byte, char, rep, reverse, upper, lower.

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
