-- bit32.

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

do
local function hex(...) -- helper
  local out = { ... }
  for i, v in ipairs(out) do out[i] = ("%x"):format(v) end
  print(table.concat(out, " "))
end
local function err(f, ...) -- helper
  print((select(2, pcall(f, ...)):gsub("^[^ ]*:%d+: ", "")))
end

hex(bit32.band(0xff, 0x0f), bit32.band(0xff, 0x3c, 0x0f), bit32.band(), bit32.band(5))
-- expect: f c ffffffff 5
hex(bit32.bor(1, 2, 4), bit32.bor(), bit32.bor(0xf0, 0x0f)) -- expect: 7 0 ff
hex(bit32.bxor(0xff, 0x0f), bit32.bxor(), bit32.bxor(1, 1, 1), bit32.bxor(0xffffffff, 1))
-- expect: f0 0 1 fffffffe
hex(bit32.bnot(0), bit32.bnot(0xffffffff), bit32.bnot(1), bit32.bnot(-1))
-- expect: ffffffff 0 fffffffe 0
print(bit32.btest(1, 2), bit32.btest(3, 2), bit32.btest(), bit32.btest(0), bit32.btest(7, 3, 4))
-- expect: false	true	true	false	false

-- numbers are taken modulo 2^32
hex(bit32.band(-1), bit32.band(2 ^ 32), bit32.band(2 ^ 32 + 5), bit32.band(-2 ^ 31), bit32.band(2 ^ 40 + 3))
-- expect: ffffffff 0 5 80000000 3
hex(bit32.bor("0x10", "1"), bit32.band(1e15), bit32.band(-5, 0xff)) -- expect: 11 a4c68000 fb

-- shifts: negative displacements shift the other way; 32 and more give zero
hex(bit32.lshift(1, 0), bit32.lshift(1, 4), bit32.lshift(1, 31), bit32.lshift(1, 32), bit32.lshift(0xffffffff, 16))
-- expect: 1 10 80000000 0 ffff0000
hex(bit32.rshift(0x80000000, 31), bit32.rshift(0xff, 4), bit32.rshift(1, 1), bit32.rshift(0xff, 32), bit32.rshift(0xff, 100))
-- expect: 1 f 0 0 0
hex(bit32.lshift(0xff, -4), bit32.rshift(0xff, -4), bit32.lshift(1, -32), bit32.rshift(1, -31))
-- expect: f ff0 0 80000000
hex(bit32.arshift(0x80000000, 4), bit32.arshift(0x7fffffff, 4), bit32.arshift(-1, 31), bit32.arshift(0x80000000, 32))
-- expect: f8000000 7ffffff ffffffff ffffffff
hex(bit32.arshift(1, -4), bit32.arshift(0x80000000, 0), bit32.arshift(0x80000000, 40), bit32.arshift(5, 40))
-- expect: 10 80000000 ffffffff 0

-- rotations
hex(bit32.lrotate(0x12345678, 4), bit32.lrotate(0x12345678, 32), bit32.lrotate(0x12345678, 36), bit32.lrotate(1, -1))
-- expect: 23456781 12345678 23456781 80000000
hex(bit32.rrotate(0x12345678, 4), bit32.rrotate(0x12345678, 0), bit32.rrotate(1, 1), bit32.rrotate(0x12345678, -8))
-- expect: 81234567 12345678 80000000 34567812

-- fields
hex(bit32.extract(0x12345678, 0, 4), bit32.extract(0x12345678, 4, 8), bit32.extract(0x12345678, 28, 4), bit32.extract(5, 0), bit32.extract(5, 1))
-- expect: 8 67 1 1 0
hex(bit32.extract(0xffffffff, 0, 32), bit32.extract(0x80000000, 31)) -- expect: ffffffff 1
hex(bit32.replace(0x12345678, 0xf, 0, 4), bit32.replace(0, 1, 31), bit32.replace(0xffffffff, 0, 8, 8), bit32.replace(0, 0x12345678, 0, 32))
-- expect: 1234567f 80000000 ffff00ff 12345678
hex(bit32.replace(0, 0xfff, 4, 4)) -- expect: f0

-- errors
err(bit32.band, "x") -- expect: bad argument #1 to 'bit32.band' (number expected, got string)
err(bit32.band, {}) -- expect: bad argument #1 to 'bit32.band' (number expected, got table)
err(bit32.bnot) -- expect: bad argument #1 to 'bit32.bnot' (number expected, got no value)
err(bit32.lshift, 1)
-- expect: bad argument #2 to 'bit32.lshift' (number expected, got no value)
err(bit32.extract, 1, 32) -- expect: trying to access non-existent bits
err(bit32.extract, 1, -1)
-- expect: bad argument #2 to 'bit32.extract' (field cannot be negative)
err(bit32.extract, 1, 0, 0)
-- expect: bad argument #3 to 'bit32.extract' (width must be positive)
err(bit32.extract, 1, 30, 4) -- expect: trying to access non-existent bits
err(bit32.replace, 1, 1)
-- expect: bad argument #3 to 'bit32.replace' (number expected, got no value)
err(bit32.replace, 1, 1, 0, 33) -- expect: trying to access non-existent bits

-- identities over many values
local ok, seed = true, 1
for i = 1, 500 do
  seed = (seed * 16807 + i) % 2 ^ 32
  local a, b = seed, (seed * 48271) % 2 ^ 32
  ok = ok and bit32.bxor(bit32.bxor(a, b), b) == a and bit32.bnot(bit32.bnot(a)) == a
    and bit32.band(a, b) + bit32.bor(a, b) == a + b
    and bit32.lrotate(bit32.rrotate(a, i), i) == a
    and bit32.bor(bit32.lshift(bit32.rshift(a, 8), 8), bit32.band(a, 0xff)) == a
    and bit32.replace(a, bit32.extract(a, 3, 7), 3, 7) == a
    and bit32.arshift(a, 3) == (a < 2 ^ 31 and math.floor(a / 8) or math.floor((a - 2 ^ 32) / 8) + 2 ^ 32)
end
print(ok) -- expect: true

-- CRC-32 and a hash
local function crc32(s)
  local crc = 0xffffffff
  for i = 1, #s do
    crc = bit32.bxor(crc, s:byte(i))
    for _ = 1, 8 do
      crc = bit32.bxor(bit32.rshift(crc, 1), bit32.band(0xedb88320, -bit32.band(crc, 1)))
    end
  end
  return bit32.bnot(crc)
end
hex(crc32(""), crc32("123456789"), crc32("The quick brown fox jumps over the lazy dog"))
-- expect: 0 cbf43926 414fa339
local function fnv(s)
  local h = 2166136261
  for i = 1, #s do
    h = bit32.bxor(h, s:byte(i))
    h = (bit32.band(h, 0xffff) * 16777619 + bit32.lshift(bit32.band(bit32.rshift(h, 16) * 403, 0xffff), 16)) % 2 ^ 32
  end
  return h
end
hex(fnv(""), fnv("a"), fnv("foobar")) -- expect: 811c9dc5 e40c292c bf9cf968
end
