-- needs: MessagePack dump
-- MessagePack: string.pack by hand, with numbers of all sizes.
local mp = require "MessagePack"
local function hex(s) return (s:gsub(".", function(c) return ("%02X "):format(c:byte()) end)) end
for _, v in ipairs {
    0, 1, 127, 128, 255, 256, 65535, 65536, 2 ^ 31, 2 ^ 32, 2 ^ 53, -1, -32, -33, -128, -129, -32768, -32769, -2 ^ 31,
    0.5, 1e300, 1 / 0, -1 / 0, "", "x", ("y"):rep(40), ("z"):rep(300), true, false, {}, { 1, 2, 3 }, { a = 1 },
    { { { "deep" } } },
} do
    local packed = mp.pack(v)
    print(type(v), #packed, hex(packed:sub(1, 12)), mp.pack(mp.unpack(packed)) == packed)
end
print(mp.unpack(mp.pack(0 / 0)) ~= mp.unpack(mp.pack(0 / 0)), pcall(mp.unpack, "\xC1"), pcall(mp.unpack, "\x92\1"))
print(pcall(mp.pack, print), pcall(mp.set_array, "bad"))
mp.set_number "float"
mp.set_array "with_hole"
print(hex(mp.pack(0.1)), hex(mp.pack { 1, nil, 3 }))
for i, v in mp.unpacker(mp.pack(1) .. mp.pack "two" .. mp.pack { 3 }) do print(i, type(v)) end
