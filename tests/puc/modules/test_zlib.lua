-- lua-zlib.
local zlib = require "zlib"
local function show(...)
    local out = {}
    for i = 1, select("#", ...) do out[i] = tostring((select(i, ...))):gsub("0x%x+", "ADDRESS") end
    print(table.concat(out, "\t"))
end
local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end

show(type(zlib.version()), zlib._VERSION)
local texts = { "", "a", "hello hello hello", ("abc"):rep(1000), ("\0\1\2\255"):rep(500) }
for _, text in ipairs(texts) do
    local packed, eof, n_in, n_out = zlib.deflate()(text, "finish")
    show(#text, #packed, eof, n_in, n_out)
    local back, done, b_in, b_out = zlib.inflate()(packed)
    show(back == text, done, b_in, b_out)
end
show(hex((zlib.deflate()("hello", "finish"))))

-- levels, windows
for level = 0, 9 do
    local packed = zlib.deflate(level)(("level "):rep(200), "finish")
    show(level, #packed, zlib.inflate()(packed) == ("level "):rep(200))
end
show(pcall(zlib.deflate, 99))
local gz = zlib.deflate(9, 15 + 16)("gzip text", "finish")
show(hex(gz:sub(1, 2)), (zlib.inflate(15 + 32)(gz)))

-- in pieces
local stream = zlib.deflate()
local pieces = {}
for i = 1, 100 do pieces[i] = stream(("piece %d "):format(i)) end
pieces[#pieces + 1] = stream("", "finish")
local all = table.concat(pieces)
local inflate, got = zlib.inflate(), {}
for i = 1, #all, 7 do got[#got + 1] = inflate(all:sub(i, i + 6)) end
local text = table.concat(got)
show(#text, text:sub(1, 20), text:sub(-10))
local sync = zlib.deflate()
local first = sync("synced", "sync")
show((zlib.inflate()(first)))
show(#sync("more", "full") > 0, #sync("end", "finish") > 0)

-- what is wrong
show(pcall(zlib.inflate(), "this is no zlib stream"))
local broken = zlib.deflate()(("x"):rep(100), "finish")
show(pcall(zlib.inflate(), broken:sub(1, -5) .. "zzzz"))
show(pcall(zlib.deflate(), "x", "sideways"))
show(pcall(zlib.deflate()))
show(pcall(function() return zlib.inflate()({}) end))
local used = zlib.deflate()
used("x", "finish")
show(pcall(used, "again"))

-- checksums
local adler, crc = zlib.adler32(), zlib.crc32()
show(adler(), crc())
show(adler "hello", crc "hello")
show(adler " world", crc " world")
show(zlib.adler32() "hello world", zlib.crc32() "hello world")
local a1, a2 = zlib.crc32(), zlib.crc32()
a1 "abc" a2 "def"
show(a1(a2))
show(pcall(a1, {}))

-- by a coroutine, to and from
local packer = coroutine.wrap(function()
    local d = zlib.deflate()
    for i = 1, 10 do coroutine.yield(d("line " .. i .. "\n")) end
    coroutine.yield(d("", "finish"))
    return nil
end)
local unpack_stream, lines = zlib.inflate(), {}
for piece in packer do lines[#lines + 1] = unpack_stream(piece) end
show(select(2, table.concat(lines):gsub("\n", "")))

-- random texts of each size
local seed = 7
local function random(n)
    seed = (seed * 1103515245 + 12345) % 2147483648
    return seed % n
end
local good = 0
for size = 0, 300, 7 do
    local bytes = {}
    for i = 1, size do bytes[i] = string.char(random(size % 5 == 0 and 256 or 4)) end
    local s = table.concat(bytes)
    if zlib.inflate()((zlib.deflate(random(10))(s, "finish"))) == s then good = good + 1 end
end
show(good)

-- streams that nobody ends
for _ = 1, 200 do
    zlib.deflate()("unfinished")
    zlib.inflate()
end
collectgarbage()
local large = ("0123456789abcdef"):rep(20000)
local packed = zlib.deflate()(large, "finish")
show(#packed, zlib.inflate()(packed) == large)
