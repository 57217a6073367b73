-- bit32 beyond bit32.lua: conversions, places, fields.

local function err(f, ...) -- helper
  print((select(2, pcall(f, ...)):gsub("'bit32%.", "'")))
end

print(bit32.band(), bit32.bor(), bit32.bxor(), bit32.btest()) -- expect: 4294967295	0	0	true
print(bit32.band(-1), bit32.band(2 ^ 32), bit32.band(2 ^ 32 + 5), bit32.band(-2 ^ 31), bit32.band(2 ^ 40 + 7))
-- expect: 4294967295	0	5	2147483648	7
print(bit32.band(1.5), bit32.band(2.5), bit32.band(-0.5), bit32.band(0.5), bit32.band(-1.5), bit32.band("0x10"))
-- expect: 2	2	0	0	4294967294	16
print(bit32.bnot(0), bit32.bnot(-1), bit32.bnot(5), bit32.bxor(1, 3, 7), bit32.bor(1, 2, 4, "8"), bit32.btest(6, 5), bit32.btest(2, 4))
-- expect: 4294967295	0	4294967290	5	15	true	false
for _, n in ipairs({ -40, -32, -31, -1, 0, 1, 31, 32, 40 }) do
  print(n, bit32.lshift(0x80000001, n), bit32.rshift(0x80000001, n), bit32.arshift(0x80000001, n), bit32.arshift(0x40000001, n),
  -- expect: -40	0	0	0	0	25165824	384
  -- expect: -32	0	0	0	0	2147483649	2147483649
  -- expect: -31	1	2147483648	2147483648	2147483648	3	3221225472
  -- expect: -1	1073741824	2	2	2147483650	3221225472	3
  -- expect: 0	2147483649	2147483649	2147483649	1073741825	2147483649	2147483649
  -- expect: 1	2	1073741824	3221225472	536870912	3	3221225472
  -- expect: 31	2147483648	1	4294967295	0	3221225472	3
  -- expect: 32	0	0	4294967295	0	2147483649	2147483649
  -- expect: 40	0	0	4294967295	0	384	25165824
    bit32.lrotate(0x80000001, n), bit32.rrotate(0x80000001, n))
end
print(bit32.extract(0xABCD, 4), bit32.extract(0xABCD, 4, 8), bit32.extract(0xFFFFFFFF, 0, 32), bit32.extract(0x80000000, 31))
-- expect: 0	188	4294967295	1
print(bit32.replace(0, 0xFF, 4, 4), bit32.replace(0xFFFFFFFF, 0, 0, 32), bit32.replace(0, 1, 31), bit32.replace(0xF0, 0x5, 2))
-- expect: 240	0	2147483648	244
err(bit32.extract, 1, 32) err(bit32.extract, 1, -1) err(bit32.extract, 1, 0, 0) err(bit32.extract, 1, 0, 33) err(bit32.extract, 1, 31, 2)
-- expect: trying to access non-existent bits
-- expect: bad argument #2 to 'extract' (field cannot be negative)
-- expect: bad argument #3 to 'extract' (width must be positive)
-- expect: trying to access non-existent bits
-- expect: trying to access non-existent bits
err(bit32.replace, 1, 1, 32) err(bit32.replace, 1, 1, 0, 33) err(bit32.replace, 1, 1) err(bit32.replace, 1)
-- expect: trying to access non-existent bits
-- expect: trying to access non-existent bits
-- expect: bad argument #3 to 'replace' (number expected, got no value)
-- expect: bad argument #2 to 'replace' (number expected, got no value)
err(bit32.band, "x") err(bit32.band, 1, {}) err(bit32.bnot) err(bit32.lshift, 1) err(bit32.lshift) err(bit32.arshift) err(bit32.lrotate, {}, 1)
-- expect: bad argument #1 to 'band' (number expected, got string)
-- expect: bad argument #2 to 'band' (number expected, got table)
-- expect: bad argument #1 to 'bnot' (number expected, got no value)
-- expect: bad argument #2 to 'lshift' (number expected, got no value)
-- expect: bad argument #2 to 'lshift' (number expected, got no value)
-- expect: bad argument #1 to 'arshift' (number expected, got no value)
-- expect: bad argument #1 to 'lrotate' (number expected, got table)
