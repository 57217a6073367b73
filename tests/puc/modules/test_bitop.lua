-- lua-bitop
local bit = require "bit"
local function show(...)
    local out = {}
    for i = 1, select("#", ...) do out[i] = tostring((select(i, ...))):gsub("0x%x+", "ADDRESS") end
    print(table.concat(out, "\t"))
end

for _, x in ipairs { 0, 1, -1, 255, 2 ^ 31, -2 ^ 31, 2 ^ 32 - 1, 2 ^ 40, 1.5, -0.5, 0x12345678 } do
    show(bit.tobit(x), bit.bnot(x), bit.bswap(x), bit.tohex(x), bit.tohex(x, 4), bit.tohex(x, -8))
    show(bit.band(x, 0xff00ff), bit.bor(x, 0xf), bit.bxor(x, 0x55555555))
    for _, n in ipairs { 0, 1, 7, 31, 32, 33 } do
        io.write(bit.lshift(x, n), " ", bit.rshift(x, n), " ", bit.arshift(x, n), " ", bit.rol(x, n), " ", bit.ror(x, n), "; ")
    end
    print()
end
show(bit.band(1, 3, 7, 15), bit.bor(1, 2, 4, 8), bit.bxor(1, 1, 1), bit.band "0xff")
show(pcall(function() bit.band() end))
show(pcall(function() bit.bor "x" end))
show(pcall(function() bit.lshift(1) end))
show(pcall(function() bit.tohex {} end))

-- a hash, by bits alone
local function fnv(s)
    local h = 0x811c9dc5
    for i = 1, #s do
        h = bit.bxor(h, s:byte(i))
        h = bit.tobit(bit.lshift(h, 24) + bit.lshift(h, 8) + bit.lshift(h, 7) + bit.lshift(h, 4) + bit.lshift(h, 1) + h)
    end
    return bit.tohex(h)
end
for _, s in ipairs { "", "a", "hello", ("x"):rep(100) } do show(fnv(s)) end

-- a sieve of bits
local words, count = {}, 0
for i = 0, 62 do words[i] = -1 end
for i = 2, 2000 do
    if bit.band(words[bit.rshift(i, 5)], bit.lshift(1, bit.band(i, 31))) ~= 0 then
        count = count + 1
        for k = i * i, 2000, i do
            local w = bit.rshift(k, 5)
            words[w] = bit.band(words[w], bit.bnot(bit.lshift(1, bit.band(k, 31))))
        end
    end
end
show(count)

-- sums of bits by three ways, of words that a generator makes
local function by_loop(x)
    local n = 0
    for i = 0, 31 do n = n + bit.band(bit.rshift(x, i), 1) end
    return n
end
local function by_clearing(x)
    local n = 0
    while x ~= 0 do x, n = bit.band(x, bit.tobit(x - 1)), n + 1 end
    return n
end
local function by_halves(x)
    x = bit.tobit(x - bit.band(bit.rshift(x, 1), 0x55555555))
    x = bit.band(x, 0x33333333) + bit.band(bit.rshift(x, 2), 0x33333333)
    x = bit.band(x + bit.rshift(x, 4), 0x0f0f0f0f)
    return bit.band(x + bit.rshift(x, 8) + bit.rshift(x, 16) + bit.rshift(x, 24), 0x3f)
end
local word = 2463534242
local function xorshift()
    word = bit.bxor(word, bit.lshift(word, 13))
    word = bit.bxor(word, bit.rshift(word, 17))
    word = bit.bxor(word, bit.lshift(word, 5))
    return word
end
for _ = 1, 20 do
    local x = xorshift()
    show(bit.tohex(x), by_loop(x), by_clearing(x), by_halves(x))
end

-- identities, for many pairs
local wrong = 0
for _ = 1, 500 do
    local a, b, n = xorshift(), xorshift(), bit.band(xorshift(), 31)
    if bit.bxor(a, b) ~= bit.tobit(bit.bor(a, b) - bit.band(a, b)) then wrong = wrong + 1 end
    if bit.bnot(bit.band(a, b)) ~= bit.bor(bit.bnot(a), bit.bnot(b)) then wrong = wrong + 1 end
    if bit.rol(bit.ror(a, n), n) ~= bit.tobit(a) then wrong = wrong + 1 end
    if bit.bswap(bit.bswap(a)) ~= bit.tobit(a) then wrong = wrong + 1 end
    if bit.arshift(a, n) ~= bit.bor(bit.rshift(a, n), a < 0 and n > 0 and bit.lshift(-1, 32 - n) or 0) then
        wrong = wrong + 1
    end
end
show(wrong)

-- the CRC of texts, with a table of 256 words
local crc_table = {}
for i = 0, 255 do
    local c = i
    for _ = 1, 8 do
        c = bit.bxor(bit.rshift(c, 1), bit.band(c, 1) == 1 and 0xedb88320 or 0)
    end
    crc_table[i] = c
end
local function crc(text)
    local c = -1
    for i = 1, #text do
        c = bit.bxor(bit.rshift(c, 8), crc_table[bit.band(bit.bxor(c, text:byte(i)), 255)])
    end
    return bit.tohex(bit.bnot(c))
end
for _, text in ipairs { "", "123456789", "hello", ("\0"):rep(64), ("abc"):rep(1000) } do show(#text, crc(text)) end

-- arguments of other sorts, as numbers and as errors
for _, x in ipairs { "12", "0x1p4", " 7 ", "1e3", 0 / 0, 1 / 0, -0.0, 2 ^ 53 + 2 } do
    show(x, pcall(bit.tobit, x))
    show(pcall(bit.bxor, x, 1))
end
for _, name in ipairs { "tobit", "bnot", "band", "bor", "bxor", "lshift", "rshift", "arshift", "rol", "ror", "bswap", "tohex" } do
    show(name, pcall(function() return bit[name](nil) end))
    show(name, pcall(function() return bit[name](1, {}) end))
end
local co = coroutine.wrap(function(...) while true do coroutine.yield(bit.bxor(...)) end end)
show(co(1, 2), co(), select("#", co()))
