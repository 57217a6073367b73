-- How numbers are written and read: "%.14g", literals, tonumber.

local function err(f, ...) -- helper
  print((select(2, pcall(f, ...)):gsub("^[^ ]*:%d+: ", ""):gsub("'_G%.", "'")))
end

print(1, 1.0, -1, 100000, 123456789, 1e10) -- expect: 1	1	-1	100000	123456789	10000000000
print(1e14, 1e15, 1e16, 123456789012345, 99999999999999, 999999999999999)
-- expect: 1e+14	1e+15	1e+16	1.2345678901234e+14	99999999999999	1e+15
print(2 ^ 31, 2 ^ 32, 2 ^ 52, 2 ^ 53, 2 ^ 63, -2 ^ 63, 2 ^ 64)
-- expect: 2147483648	4294967296	4.5035996273705e+15	9.007199254741e+15	9.2233720368548e+18	-9.2233720368548e+18	1.844674407371e+19
print(0.1, 1 / 3, 2 / 3, 100 / 3, 1e100, 1e-5, 0.0001, 12345.678)
-- expect: 0.1	0.33333333333333	0.66666666666667	33.333333333333	1e+100	1e-05	0.0001	12345.678
print(3.14159265358979, 1e300 * 1e10, -1e300 * 1e10, 5e-324, 1.7976931348623157e308)
-- expect: 3.1415926535898	inf	-inf	4.9406564584125e-324	1.7976931348623e+308
print(0, -0 == 0, 1e0, 1E2, 1e+2, 1e-2, .5, 5., 3.0e0) -- expect: 0	true	1	100	100	0.01	0.5	5	3
print(0.1 + 0.2, 1 - 0.9, 123456.789e3, 1.5e-7, 100 * 1.1)
-- expect: 0.3	0.1	123456789	1.5e-07	110
print(tostring(0 / 0):match("nan"), tostring(1e15 + 0.5), tostring(12345678901234.5))
-- expect: nan	1e+15	12345678901234

-- literals
print(0x10, 0xff, 0XFF, 0xA, 0xabcdef, 0xFFFFFFFF, 0xFFFFFFFFFFFF)
-- expect: 16	255	255	10	11259375	4294967295	2.8147497671066e+14
print(0x.8, 0x1p4, 0x1P-2, 0x1.8p1, 0xA.8, 0x.1p4, 0x10p0) -- expect: 0.5	16	0.25	3	10.5	1	16
print(3, 3.0, 3.1416, 314.16e-2, 0.31416E1, 0xff, 0x0.1E, 0xA23p-4, 0X1.921FB54442D18P+1)
-- expect: 3	3	3.1416	3.1416	3.1416	255	0.1171875	162.1875	3.1415926535898

-- tonumber of strings
local function show(...) -- helper
  for _, s in ipairs({ ... }) do print(s .. " -> " .. tostring(tonumber(s))) end
end
show("10", "  10  ", "10.5", ".5", "5.", "1e3", "1e+3", "-7", "- 7", "+7", "--7")
-- expect: 10 -> 10
-- expect:   10   -> 10
-- expect: 10.5 -> 10.5
-- expect: .5 -> 0.5
-- expect: 5. -> 5
-- expect: 1e3 -> 1000
-- expect: 1e+3 -> 1000
-- expect: -7 -> -7
-- expect: - 7 -> nil
-- expect: +7 -> 7
-- expect: --7 -> nil
show("", " ", "abc", "10a", "1 0", "0x", "0x10", "-0x10", "0xg", "0x1p3", "0x.p1", "0x.8")
-- expect:  -> nil
-- expect:   -> nil
-- expect: abc -> nil
-- expect: 10a -> nil
-- expect: 1 0 -> nil
-- expect: 0x -> nil
-- expect: 0x10 -> 16
-- expect: -0x10 -> -16
-- expect: 0xg -> nil
-- expect: 0x1p3 -> 8
-- expect: 0x.p1 -> nil
-- expect: 0x.8 -> 0.5
show("1e", "1e+", "e1", ".", "-.5", "inf", "nan", "1e400", "0x1e2", "1_000", "1,5", "1..2")
-- expect: 1e -> nil
-- expect: 1e+ -> nil
-- expect: e1 -> nil
-- expect: . -> nil
-- expect: -.5 -> -0.5
-- expect: inf -> nil
-- expect: nan -> nil
-- expect: 1e400 -> inf
-- expect: 0x1e2 -> 482
-- expect: 1_000 -> nil
-- expect: 1,5 -> nil
-- expect: 1..2 -> nil
print(tonumber("\t12\n"), tonumber("12\0"), tonumber("1\0002"), tonumber("0x1P+2 "))
-- expect: 12	nil	nil	4
print(tonumber(nil), tonumber({}), tonumber(true), tonumber(print), tonumber(5))
-- expect: nil	nil	nil	nil	5
err(tonumber) -- expect: bad argument #1 to 'tonumber' (value expected)

-- tonumber with a base
print(tonumber("10", 2), tonumber("ff", 16), tonumber("FF", 16), tonumber("zz", 36))
-- expect: 2	255	255	1295
print(tonumber("777", 8), tonumber("8", 8), tonumber("12", 10), tonumber("1.5", 10))
-- expect: 511	nil	12	nil
print(tonumber("-101", 2), tonumber(" 11 ", 2), tonumber("", 10), tonumber("- 1", 10))
-- expect: -5	3	nil	nil
print(tonumber("7fffffff", 16), tonumber("100000000", 16), tonumber("1e1", 16), tonumber("1e1", 15))
-- expect: 2147483647	4294967296	481	436
print(tonumber(10, 16), tonumber("0x10", 16), tonumber("10", 10.0)) -- expect: 16	nil	10
err(tonumber, "10", 1) -- expect: bad argument #2 to 'tonumber' (base out of range)
err(tonumber, "10", 37) -- expect: bad argument #2 to 'tonumber' (base out of range)
err(tonumber, {}, 10) -- expect: bad argument #1 to 'tonumber' (string expected, got table)

-- numbers become strings in concatenation and string functions
print(1 .. "", 1.5 .. "|", -0.25 .. "", 1e20 .. "", 2 ^ 63 .. "")
-- expect: 1	1.5|	-0.25	1e+20	9.2233720368548e+18
print(("x"):rep(3), (5 .. ""):rep(2), string.len(1234), string.upper(0xff), #tostring(12.5))
-- expect: xxx	55	4	255	4
print(string.sub(12345, 2, 3), string.reverse(123), table.concat({ 1, 2.5, "x" }, " "))
-- expect: 23	321	1 2.5 x
print(tostring(10) == "10", 10 == "10", "10" == tostring(10), tostring(-1.5))
-- expect: true	false	true	-1.5
