-- Small ones: lua-iconv, lua-term, lua-bitop.
local iconv, term, bit = require "iconv", require "term", require "bit"
local function show(...)
    local out = {}
    for i = 1, select("#", ...) do out[i] = tostring((select(i, ...))):gsub("0x%x+", "ADDRESS") end
    print(table.concat(out, "\t"))
end
local function hex(s) return s and (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end

-- iconv
local to_latin, to_utf8 = iconv.new("latin1", "utf-8"), iconv.new("utf-8", "latin1")
show(to_latin, iconv.new("nonsense", "utf-8"))
for _, text in ipairs { "plain", "\195\169\195\160", "", "\195", "\255", "\226\130\172" } do
    local out, e = to_latin:iconv(text)
    show(hex(text), hex(out), e, e == iconv.ERROR_NO_MEMORY, e == iconv.ERROR_INVALID, e == iconv.ERROR_INCOMPLETE)
end
show(hex((to_utf8:iconv "\233\224")), iconv.ERROR_NO_MEMORY, iconv.ERROR_INVALID, iconv.ERROR_INCOMPLETE, iconv.ERROR_UNKNOWN)
for _, to in ipairs { "utf-16le", "utf-16be", "utf-32le", "ucs-2le", "koi8-r", "ascii//TRANSLIT", "ascii//IGNORE" } do
    local cd = iconv.new(to, "utf-8")
    show(to, hex((cd:iconv "a\195\169z")))
end
local long = ("\195\169"):rep(5000)
show(#to_latin:iconv(long), #to_utf8:iconv(("\233"):rep(5000)))
show(pcall(function() iconv.new() end))
show(pcall(function() iconv.new {} end))
show(pcall(function() to_latin:iconv() end))
show(pcall(function() to_latin.iconv({}, "x") end))
show(iconv.open == iconv.new or type(iconv.open), type(iconv.list))
for _ = 1, 500 do iconv.new("utf-8", "latin1") end
collectgarbage()
local names = iconv.list and 0
if iconv.list then iconv.list(function(list) names = names + #list return false end) end
show(names == false or names == nil or type(names))

-- in coroutines
local feed = coroutine.wrap(function(s)
    local cd = iconv.new("utf-16le", "utf-8")
    while s do s = coroutine.yield(hex((cd:iconv(s)))) end
end)
show(feed "a", feed "b", feed "\195\169")

-- term
show(term.isatty(io.stdout), term.isatty(io.stdin))
show(pcall(function() term.isatty "x" end))
show(pcall(function() term.isatty() end))
local file = assert(io.tmpfile())
show(term.isatty(file))
file:close()
show(pcall(term.isatty, file))
local colors = term.colors
local keys = {}
for k in pairs(colors) do keys[#keys + 1] = tostring(k) end
table.sort(keys)
show(table.concat(keys, " "))
show(hex(tostring(colors.red)), hex(colors.green "text"), hex(colors.bright .. "x" .. colors.reset))
show(hex(tostring(colors.onblue)), hex(tostring(colors.underscore)))
show(type(term.cursor), type(term.clear), type(term.cleareol))
io.stdout:setvbuf "no"
term.clear()
term.cursor.jump(2, 3)
term.cleareol()
print()

-- bit
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
