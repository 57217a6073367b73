-- string.find, match, gmatch and the pattern language.

local function err(f, ...) -- helper
  print((tostring((select(2, pcall(f, ...)))):gsub("^[^ ]*:%d+: ", "")))
end

-- find: plain and with patterns, init, captures
print(("hello world"):find("wor"), ("hello world"):find("o", 6), ("hello"):find("xyz"))
-- expect: 7	8	nil
print(("hello"):find(""), ("hello"):find("", 3), ("hello"):find("", 6), ("hello"):find("", 7))
-- expect: 1	3	6	nil
print(("hello"):find("l"), ("hello"):find("l", -2), ("hello"):find("h", -100), ("hello"):find("l", 10))
-- expect: 3	4	1	nil
print(("a.b"):find(".", 1, true), ("a.b"):find("."), ("a+b"):find("+", 1, true), ("a%b"):find("%", 1, true))
-- expect: 2	1	2	2	2
print(("key=value"):find("(%w+)=(%w+)")) -- expect: 1	9	key	value
print(("key=value"):find("()=()")) -- expect: 4	4	4	5
print(("abc"):find("b", nil, true), ("abc"):find("b", 2.0)) -- expect: 2	2	2
print(("a\0b\0c"):find("\0"), ("a\0b\0c"):find("\0c"), ("a\0b"):find("%z"), ("a\0b"):find("b", 1, true))
-- expect: 2	4	2	3	3
print((""):find(""), (""):find("x"), (""):find("", 2), ("x"):find("x", 2))
-- expect: 1	nil	nil	nil

-- match
print(("hello 123 world"):match("%d+"), ("hello"):match("(h)(e)(l)"), ("hello"):match(".-l"), ("hello"):match(".*l"))
-- expect: 123	h	hel	hell
print(("2024-01-15"):match("(%d+)-(%d+)-(%d+)")) -- expect: 2024	01	15
print(("  trim  "):match("^%s*(.-)%s*$") .. "|", ("abc"):match("^b"), ("abc"):match("c$"), ("abc"):match("^abc$"))
-- expect: trim|	nil	c	abc
print(("hello"):match("l", 4), ("hello"):match("^l", 3), ("hello"):match("xyz"), ("abc"):match("()b()"))
-- expect: l	l	nil	2	3
print(("$100"):match("%$(%d+)"), ("a.b"):match("%."), ("50%"):match("%%"), ("x^2"):match("x%^(%d)"))
-- expect: 100	.	%	2

-- classes
local text = "aB3 _\t\n.,;\0\255z"
local function class(c) -- helper
  local out = {}
  for m in text:gmatch(c) do out[#out + 1] = m:byte() end
  print(c, table.concat(out, " "))
end
for _, c in ipairs({ "%a", "%d", "%l", "%u", "%s", "%w", "%p", "%c", "%x", "%g" }) do
  class(c)
  -- expect: %a	97 66 122
  -- expect: %d	51
  -- expect: %l	97 122
  -- expect: %u	66
  -- expect: %s	32 9 10
  -- expect: %w	97 66 51 122
  -- expect: %p	95 46 44 59
  -- expect: %c	9 10 0
  -- expect: %x	97 66 51
  -- expect: %g	97 66 51 95 46 44 59 122
end
for _, c in ipairs({ "%A", "%D", "%S", "%W", "%P", "%L", "%U", "%C", "%X", "%G" }) do
  class(c)
  -- expect: %A	51 32 95 9 10 46 44 59 0 255
  -- expect: %D	97 66 32 95 9 10 46 44 59 0 255 122
  -- expect: %S	97 66 51 95 46 44 59 0 255 122
  -- expect: %W	32 95 9 10 46 44 59 0 255
  -- expect: %P	97 66 51 32 9 10 0 255 122
  -- expect: %L	66 51 32 95 9 10 46 44 59 0 255
  -- expect: %U	97 51 32 95 9 10 46 44 59 0 255 122
  -- expect: %C	97 66 51 32 95 46 44 59 255 122
  -- expect: %X	32 95 9 10 46 44 59 0 255 122
  -- expect: %G	32 9 10 0 255
end
for _, c in ipairs({ "[a-z]", "[^a-z]", "[%a_]", "[%d.]", "[^%s]", "[a-]", "[-a]", "[]a]", "[^]a]", "[%]]", "[a%-z]", "[.,]", "[%w_]" }) do
  class(c)
  -- expect: [a-z]	97 122
  -- expect: [^a-z]	66 51 32 95 9 10 46 44 59 0 255
  -- expect: [%a_]	97 66 95 122
  -- expect: [%d.]	51 46
  -- expect: [^%s]	97 66 51 95 46 44 59 0 255 122
  -- expect: [a-]	97
  -- expect: [-a]	97
  -- expect: []a]	97
  -- expect: [^]a]	66 51 32 95 9 10 46 44 59 0 255 122
  -- expect: [%]]	
  -- expect: [a%-z]	97 122
  -- expect: [.,]	46 44
  -- expect: [%w_]	97 66 51 95 122
end

-- repetitions
print(("aaa"):match("a*"), ("aaa"):match("a+"), ("aaa"):match("a-") == "", ("aaa"):match("a?"), ("baaa"):match("a*") == "")
-- expect: aaa	aaa	true	a	true
print(("aaab"):match("a-b"), ("aaab"):match("^(a-)b"), ("xaaax"):match("x(.-)x"), ("[[x]]"):match("%[%[(.-)%]%]"))
-- expect: aaab	aaa	aaa	x
print(("color colour"):gsub("colou?r", "X"), ("ab12"):match("%a+%d+"), ("ac"):match("ab*c"), ("abbbc"):match("ab*c"))
-- expect: X X	ab12	ac	abbbc
print(("aXb"):match("[A-Z]"), ("0x1F"):match("^0[xX](%x+)$"), ("foo.bar.baz"):match("^(.*)%."), ("a,b,,c"):match("[^,]*,,(.*)"))
-- expect: X	1F	foo.bar	c

-- anchors only at the ends
print(("a^b"):find("a^b"), ("a$b"):find("a$b"), ("ab$"):find("b$"), ("x"):find("^"), ("x"):find("$"))
-- expect: 1	1	nil	1	2	1
print(("abc"):match("^(.)"), ("abc"):match("(.)$"), (""):match("^$"), ("abc"):find("$", 2))
-- expect: a	c		4	3

-- captures: nested, position, empty, back references
print(("hello world"):match("((%w+) (%w+))")) -- expect: hello world	hello	world
print(("abc"):match("(a(b(c)))")) -- expect: abc	bc	c
print(("abc"):match("a(()b)c")) -- expect: b	2
print(("''quoted''"):match("(['\"]+)(.-)%1"), ("xyzxyz"):match("(xyz)%1"), ("abab"):match("(a)(b)%1%2"))
-- expect: ''	xyz	a	b
print(("say \"hi\" 'yo'"):match("([\"'])(.-)%1"), ("aa bb cd"):match("(%a)%1 (%a)%2"))
-- expect: "	a	b

-- %b and %f
print(("f(a(b)c)d"):match("%b()"), ("((x)"):match("%b()"), ("x[[y]]"):match("%b[]"), ("<<a>"):match("%b<>"))
-- expect: (a(b)c)	(x)	[[y]]	<a>
print(("if x then begin a begin b end end"):match("%bxn"), ("THE (quick) fox"):find("%((%a+)%)"))
-- expect: x then	5	11	quick
print(("THE (quick) fox"):gsub("%f[%a]%a+", "W"), ("hello world"):find("%f[%w]w"), ("foo bar"):match("%f[%w]%w+%f[%W]"))
-- expect: W (W) W	7	foo
print(("[word]"):gsub("%f[%w]", "<"), ("x"):find("%f[%z]"), (" a"):find("%f[%S]"), ("aXbX"):gsub("%f[%u]", "-"))
-- expect: [<word]	2	2	a-Xb-X	2

-- gmatch
local out = {}
for w in ("one two  three"):gmatch("%a+") do out[#out + 1] = w end
print(table.concat(out, ",")) -- expect: one,two,three
out = {}
for k, v in ("a=1, b=2, c=3"):gmatch("(%w+)=(%w+)") do out[#out + 1] = k .. v end
print(table.concat(out, " ")) -- expect: a1 b2 c3
out = {}
for p in ("abc"):gmatch("()") do out[#out + 1] = p end
print(table.concat(out, " ")) -- expect: 1 2 3 4
out = {}
for m in ("abc"):gmatch("x*") do out[#out + 1] = "[" .. m .. "]" end
print(table.concat(out)) -- expect: [][][][]
out = {}
for m in ("aXbXc"):gmatch("[^X]*") do out[#out + 1] = "[" .. m .. "]" end
print(table.concat(out)) -- expect: [a][][b][][c][]
for m in ("abc"):gmatch("z") do print("never") end
local it = ("ab"):gmatch(".")
print(it(), it(), it()) -- expect: a	b
out = {}
for m in ("hello"):gmatch("^h") do out[#out + 1] = m end
print(#out) -- expect: 0

-- errors in patterns
err(string.find, "a", "%") -- expect: malformed pattern (ends with '%')
err(string.find, "a", "[a") -- expect: malformed pattern (missing ']')
err(string.find, "a", "[]") -- expect: malformed pattern (missing ']')
err(string.find, "a", "[^]") -- expect: malformed pattern (missing ']')
err(string.find, "a", "(a") -- expect: unfinished capture
err(string.find, "a", "a)") -- expect: nil
err(string.find, "a", "%1") -- expect: invalid capture index %1
err(string.find, "aa", "(a)%2") -- expect: invalid capture index %2
err(string.find, "a", "(a%1)") -- expect: invalid capture index %1
err(string.find, "a", "%b") -- expect: malformed pattern (missing arguments to '%b')
err(string.find, "a", "%bx") -- expect: malformed pattern (missing arguments to '%b')
err(string.find, "a", "%f") -- expect: missing '[' after '%f' in pattern
err(string.find, "a", "%fa") -- expect: missing '[' after '%f' in pattern
err(string.find, "a", "[a%") -- expect: malformed pattern (missing ']')
err(string.find, "a", ("(a)"):rep(40)) -- expect: nil
err(string.match, ("a"):rep(50), ("(a)"):rep(33)) -- expect: too many captures
err(string.find) -- expect: bad argument #1 to 'string.find' (string expected, got no value)
err(string.find, "x")
-- expect: bad argument #2 to 'string.find' (string expected, got no value)
err(string.find, nil, "x")
-- expect: bad argument #1 to 'string.find' (string expected, got nil)
err(string.gmatch, "x")
-- expect: bad argument #2 to 'string.gmatch' (string expected, got no value)
err(string.match, "x", {})
-- expect: bad argument #2 to 'string.match' (string expected, got table)
err(string.rep, "x", {}) -- expect: bad argument #2 to 'string.rep' (number expected, got table)

-- long subjects and heavy backtracking
local long = ("a"):rep(1000)
print(#long:match(".-b?$"), long:find("b"), #long:match("a*"), (long .. "b"):find("b"))
-- expect: 1000	nil	1000	1001	1001
print(#((("ab"):rep(2000)):match("^(.*)$")), (("x"):rep(200) .. "y"):match("x-y") ~= nil)
-- expect: 4000	true
print(("a"):rep(20):match(("a?"):rep(20) .. ("a"):rep(20)) == ("a"):rep(20)) -- expect: true
