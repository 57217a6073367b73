-- string.gsub: replacements by string, table and function.

local function err(f, ...) -- helper
  print((select(2, pcall(f, ...)):gsub("^[^ ]*:%d+: ", "")))
end

-- strings, with %0 to %9 and %%
print(("hello world"):gsub("o", "0")) -- expect: hell0 w0rld	2
print(("hello"):gsub("l", "L", 1)) -- expect: heLlo	1
print(("hello"):gsub("l", "L", 0)) -- expect: hello	0
print(("hello"):gsub("l", "L", -1)) -- expect: heLLo	2
print(("hello"):gsub("x", "y")) -- expect: hello	0
print(("hello world"):gsub("(%w+)", "<%1>")) -- expect: <hello> <world>	2
print(("hello world"):gsub("%w+", "%0 %0", 1)) -- expect: hello hello world	1
print(("hello world"):gsub("(%w+) (%w+)", "%2 %1")) -- expect: world hello	1
print(("a b"):gsub("%w", "%%")) -- expect: % %	2
print(("abc"):gsub("%w", "%0%0")) -- expect: aabbcc	3
print(("x = 1"):gsub("(%w) = (%w)", "%2 = %1 (%0)")) -- expect: 1 = x (x = 1)	1
print(("abc"):gsub("", "-")) -- expect: -a-b-c-	4
print((""):gsub("", "x")) -- expect: x	1
print(("abc"):gsub("b*", "X")) -- expect: XaXXcX	4
print(("a,b,c"):gsub(",", "")) -- expect: abc	2
print(("abc"):gsub("(b)()", "%2")) -- expect: a3c	1
print(("hello"):gsub("", "")) -- expect: hello	6

-- tables: the first capture is the key; false and nil keep the match
print(("hello world"):gsub("o", { o = "0" })) -- expect: hell0 w0rld	2
print(("$name is $age"):gsub("%$(%w+)", { name = "Lua", age = 30 })) -- expect: Lua is 30	2
print(("a b c"):gsub("%w", { a = "1", b = false })) -- expect: 1 b c	3
print(("abc"):gsub("(a)(b)", { a = "first capture" })) -- expect: first capturec	1
print(("abc"):gsub("()b", { [2] = "position" })) -- expect: apositionc	1
local t = setmetatable({}, { __index = function(_, k) return k:upper() end })
print(("abc"):gsub("%w", t)) -- expect: ABC	3
print(("x"):gsub("x", { x = 12.5 })) -- expect: 12.5	1

-- functions: called with the captures; nil and false keep the match
print(("hello"):gsub("l", function(c) return c:upper() end)) -- expect: heLLo	2
print(("a1b2"):gsub("(%a)(%d)", function(a, d) return d .. a end)) -- expect: 1a2b	2
print(("abc"):gsub("%w", function(c) if c == "b" then return "B" end end)) -- expect: aBc	3
print(("abc"):gsub("%w", function() return false end)) -- expect: abc	3
print(("abc"):gsub("b()", function(p) return p end)) -- expect: a3c	1
print(("abc"):gsub("%w", function(...) return select("#", ...) end)) -- expect: 111	3
print(("1 2 3"):gsub("%d", function(d) return d * 2 end)) -- expect: 2 4 6	3
local count = 0
print(("aaaa"):gsub("a", function() count = count + 1 return count end, 3)) -- expect: 123a	3
print(("abc"):gsub(".", print and function(c) return c, "ignored" end)) -- expect: abc	3

-- anchors
print(("hello hello"):gsub("^hello", "X")) -- expect: X hello	1
print(("hello hello"):gsub("hello$", "X")) -- expect: hello X	1
print(("aaa"):gsub("^a", "b")) -- expect: baa	1
print(("  trim  "):gsub("^%s+", "")) -- expect: trim  	1
print((("  trim  "):gsub("^%s*(.-)%s*$", "%1")) .. "|") -- expect: trim|
print(("line1\nline2"):gsub("\n", "\\n")) -- expect: line1\nline2	1

-- typical uses
print((("CamelCaseString"):gsub("%u", function(c) return "_" .. c:lower() end):gsub("^_", "")))
-- expect: camel_case_string
print((("a&b<c>"):gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" })))
-- expect: a&amp;b&lt;c&gt;
print((("hello world"):gsub("(%a)(%w*)", function(f, r) return f:upper() .. r end)))
-- expect: Hello World
print((("%20a%2Fb"):gsub("%%(%x%x)", function(h) return string.char(tonumber(h, 16)) end)))
-- expect:  a/b
print((("a/b c"):gsub("[^%w]", function(c) return ("%%%02X"):format(c:byte()) end)))
-- expect: a%2Fb%20c
print(select(2, ("a,b,c,d"):gsub(",", "")), select(2, ("the cat the dog"):gsub("the", "")))
-- expect: 3	2
print((("1234567"):reverse():gsub("(%d%d%d)", "%1,"):reverse():gsub("^,", "")))
-- expect: 1,234,567
print((("f(a,(b,c))"):gsub("%b()", "[]")), (("a (b) c"):gsub("%s*%b()", ""))) -- expect: f[]	a c
print((("hello"):gsub("(l)(l)", "%2%1")), (("abcd"):gsub("(.)(.)", "%2%1")))
-- expect: hello	badc
print((("x"):rep(10):gsub("xx", "y")), (("tab\tsep"):gsub("\t", "    ")))
-- expect: yyyyy	tab    sep

-- nested gsub, recursion
local function expand(s, n)
  if n == 0 then return s end
  return (s:gsub("[ab]", function(c) return expand(c == "a" and "ab" or "a", n - 1) end))
end
print(expand("a", 5)) -- expect: abaababaabaab
print((("abc"):gsub("%w", function(c) return (c:gsub("%w", "%0%0")) end))) -- expect: aabbcc

-- bytes
print((("a\0b"):gsub("%z", "0")), (("a\0b"):gsub("\0", "zero")), #("\0\0"):gsub(".", "xy"))
-- expect: a0b	azerob	4
print((("a.b.c"):gsub("%.", "%%")), (("a"):gsub("a", "\0")) == "\0") -- expect: a%b%c	true

-- large
local big, n = ("ab"):rep(5000):gsub("a", "xyz")
print(#big, n, big:sub(1, 8)) -- expect: 20000	5000	xyzbxyzb
print(#(("x"):rep(10000):gsub("x", function() return "" end))) -- expect: 0

-- errors
err(string.gsub, "x", "x", "%") -- expect: invalid use of '%' in replacement string
err(string.gsub, "x", "x", "%2") -- expect: invalid capture index
err(string.gsub, "x", "x", "%a") -- expect: invalid use of '%' in replacement string
err(string.gsub, "x", "(x)", "%2") -- expect: invalid capture index
err(string.gsub, "x", "x", {  x = {} }) -- expect: invalid replacement value (a table)
err(string.gsub, "x", "x", function() return {} end)
-- expect: invalid replacement value (a table)
err(string.gsub, "x", "x", function() return print end)
-- expect: invalid replacement value (a function)
err(string.gsub, "x", "x")
-- expect: bad argument #3 to 'string.gsub' (string/function/table expected)
err(string.gsub, "x", "x", nil)
-- expect: bad argument #3 to 'string.gsub' (string/function/table expected)
err(string.gsub, "x", "x", true)
-- expect: bad argument #3 to 'string.gsub' (string/function/table expected)
err(string.gsub, "x")
-- expect: bad argument #2 to 'string.gsub' (string expected, got no value)
err(string.gsub, "x", "[", "y") -- expect: malformed pattern (missing ']')
err(string.gsub, "x", "x", "y", "z")
-- expect: bad argument #4 to 'string.gsub' (number expected, got string)
err(string.gsub, "x", "x", function() error("in callback", 0) end) -- expect: in callback
err(string.gsub, "x", "x", setmetatable({}, { __index = function() error("in index", 0) end }))
-- expect: in index
