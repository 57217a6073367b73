-- string.format.

local function err(...) -- helper
  print((select(2, pcall(string.format, ...)):gsub("^[^ ]*:%d+: ", "")))
end
local f = string.format

-- integers
print(f("%d %i %5d|%-5d|%05d|%+d|% d", 42, -42, 42, 42, 42, 42, 42))
-- expect: 42 -42    42|42   |00042|+42| 42
print(f("%.3d %5.3d %d %d", 7, 7, 0, -0), f("%d", "10"), f("%d", 3.0))
-- expect: 007   007 0 0	10	3
print(f("%u %o %x %X %#x %#o", 42, 42, 255, 255, 255, 8)) -- expect: 42 52 ff FF 0xff 010
print(f("%d %d", 2 ^ 31, -2 ^ 31), f("%x", 2 ^ 32 - 1), f("%d", 2 ^ 53))
-- expect: 2147483648 -2147483648	ffffffff	9007199254740992
print(f("%5x|%-5x|%05X", 255, 255, 255), f("%c%c%c", 76, 117, 97), f("%5c|%-5c|", 65, 66))
-- expect:    ff|ff   |000FF	Lua	    A|B    |

-- floats
print(f("%f %.2f %10.3f| %-10.1f| %+.1f", 3.14159, 3.14159, 3.14159, 3.14159, 3.14159))
-- expect: 3.141590 3.14      3.142| 3.1       | +3.1
print(f("%e %.2e %E %g %G", 12345.678, 12345.678, 12345.678, 12345.678, 1e-10))
-- expect: 1.234568e+04 1.23e+04 1.234568E+04 12345.7 1E-10
print(f("%g %g %g %g", 1e20, 0.1, 100000, 1e6), f("%.3g %.10g", 1 / 3, 1 / 3), f("%#.3g", 1))
-- expect: 1e+20 0.1 100000 1e+06	0.333 0.3333333333	1.00
print(f("%5.1f|%-8.2f|%08.3f", 2.25, 2.25, 2.25), f("%.0f %.0f %.0f", 0.5, 1.5, 2.5), f("%#.0f", 3))
-- expect:   2.2|2.25    |0002.250	0 2 2	3.
print(f("%f %g %e", 1 / 0, -1 / 0, 1 / 0), f("%.14g", 0.1), f("%.17g", 0.1), f("%5.1f", -0.04))
-- expect: inf -inf inf	0.1	0.10000000000000001	 -0.0
print(f("%a %A", 1, 0.5), f("%.3f", 2 / 3), f("%10.4f|", math.pi), f("%.20f", 0.1))
-- expect: 0x1p+0 0X1P-1	0.667	    3.1416|	0.10000000000000000555
print(f("%d%%", 50), f("%%"), f("%5.2f%%", 99.5)) -- expect: 50%	%	99.50%

-- strings
print(f("%s %s %s", "a", 1, 2.5), f("%10s|%-10s|%.2s|%5.1s|", "hi", "hi", "hello", "hello"))
-- expect: a 1 2.5	        hi|hi        |he|    h|
print(f("%s", nil), f("%s", true), f("%s", setmetatable({}, { __tostring = function() return "meta" end })))
-- expect: nil	true	meta
print(f("%s", ("\0"):rep(200)) == ("\0"):rep(200), f("%s", ("x"):rep(200)) == ("x"):rep(200), #f("%99s", "x"))
-- expect: true	true	99
print(f("%s"  , ""), f(""), f("no conversions"), f("%s|%s", "", ""), f("%.0s|", "gone"), f("%.20s|", "short"))
-- expect: 		no conversions	|	|	short|

-- %q: read back by Lua as the same string
print(f("%q", "simple"), f("%q", 'with "quotes"'), f("%q", "back\\slash"))
-- expect: "simple"	"with \"quotes\""	"back\\slash"
print((f("%q", "new\nline"):gsub("\n", "<NL>")), f("%q", "\0zero"), f("%q", "\0001"), f("%q", "cr\rtab\t"))
-- expect: "new\<NL>line"	"\0zero"	"\0001"	"cr\13tab\9"
local s = "all \0 of \n it \r \" ' \\ \200 \1279"
print(load("return " .. f("%q", s))() == s) -- expect: true
local all = {}
for i = 0, 255 do all[#all + 1] = string.char(i) end
all = table.concat(all)
print(load("return " .. f("%q", all))() == all, f("%q", 5), f("%q", "")) -- expect: true	"5"	""
-- however long it is, and whatever comes where the room ends
do
  local odd = { "a", '"', "\\", "\n", "\0", "\0001", "\r", "\127\48", "\200" }
  local good = true
  for n = 480, 560 do
    for i = 1, #odd do
      local text = odd[i]:rep(3) .. ("x"):rep(n) .. odd[i]:rep(40) .. odd[(i + n) % #odd + 1]
      local quoted = f("%s%q|", ("-"):rep(n % 7), text)
      good = good and load("return " .. quoted:match('^%-*(".*")|$'))() == text
    end
  end
  local long = table.concat(odd):rep(20000)
  print(good, load("return " .. f("%q", long))() == long, #f("%q%q", long, long)) -- expect: true	true	920004
end

-- many arguments, long results
print(f(("%d "):rep(10), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)) -- expect: 1 2 3 4 5 6 7 8 9 10 
print(#f("%s%s", ("a"):rep(1000), ("b"):rep(1000)), f("%99d", 7):len(), f("%.99f", 1):len())
-- expect: 2000	99	101
print(f("%-10s%5d %6.2f", "row", 12, 3.456)) -- expect: row          12   3.46
print(f("%s = %d (0x%X) %q %5.1f%%", "x", 255, 255, "q", 12.34))
-- expect: x = 255 (0xFF) "q"  12.3%

-- extra arguments are ignored; numbers in strings convert
print(f("%d", 5, 6, 7), f("%d %s", "0x10", 1e15), f("%f", "1e2"), f("%x", "16"), f("%s", 1e100))
-- expect: 5	16 1e+15	100.000000	10	1e+100

-- errors
err("%d") -- expect: bad argument #2 to 'string.format' (no value)
err("%d", "x") -- expect: bad argument #2 to 'string.format' (number expected, got string)
err("%d", {}) -- expect: bad argument #2 to 'string.format' (number expected, got table)
err("%d", 1.5) -- expect: 1
err("%x", 2.5) -- expect: 2
err("%d", nil) -- expect: bad argument #2 to 'string.format' (number expected, got nil)
err("%s") -- expect: bad argument #2 to 'string.format' (no value)
err("%c", "x") -- expect: bad argument #2 to 'string.format' (number expected, got string)
err("%f", {}) -- expect: bad argument #2 to 'string.format' (number expected, got table)
err("%q") -- expect: bad argument #2 to 'string.format' (no value)
err("%q", {}) -- expect: bad argument #2 to 'string.format' (string expected, got table)
err("%y", 1) -- expect: invalid option '%y' to 'format'
err("%") -- expect: bad argument #2 to 'string.format' (no value)
err("%10") -- expect: bad argument #2 to 'string.format' (no value)
err("%123d", 1) -- expect: invalid format (width or precision too long)
err("%.123d", 1) -- expect: invalid format (width or precision too long)
err("%0123d", 1) -- expect: invalid format (width or precision too long)
err("%-+ #0-d", 1) -- expect: invalid format (repeated flags)
err("%1$d", 1) -- expect: invalid option '%$' to 'format'
err("%d %d", 1) -- expect: bad argument #3 to 'string.format' (no value)
err({}) -- expect: bad argument #1 to 'string.format' (string expected, got table)
err() -- expect: bad argument #1 to 'string.format' (string expected, got no value)
