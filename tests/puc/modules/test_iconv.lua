-- lua-iconv
local iconv = require "iconv"
local function show(...)
    local out = {}
    for i = 1, select("#", ...) do out[i] = tostring((select(i, ...))):gsub("0x%x+", "ADDRESS") end
    print(table.concat(out, "\t"))
end
local function hex(s) return s and (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end

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

-- there and back, for all characters of a set that has each of 256
local function round(set)
    local from, to = iconv.new("utf-8", set), iconv.new(set, "utf-8")
    if not from then return set, "unknown" end
    local same, bad = 0, 0
    for b = 0, 255 do
        local text, e = from:iconv(string.char(b))
        if e or #text == 0 then
            bad = bad + 1
        elseif to:iconv(text) == string.char(b) then
            same = same + 1
        end
    end
    return set, same, bad
end
for _, set in ipairs { "latin1", "iso-8859-2", "iso-8859-15", "koi8-r", "cp1252", "cp437", "none" } do
    show(round(set))
end

-- what cannot be converted: where it stopped, and that the descriptor is good afterwards
local ascii = iconv.new("ascii", "utf-8")
for _, text in ipairs { "abc", "ab\195\169cd", "\226\130", "\192\128", "a\0b", ("x"):rep(300) .. "\255" } do
    local out, e = ascii:iconv(text)
    show(#text, out and #out, e == nil, e == iconv.ERROR_INVALID, e == iconv.ERROR_INCOMPLETE)
    show((ascii:iconv "good"))
end

-- texts in pieces, as a reader of a file has them
local function pieces(text, size)
    local cd, out, rest = iconv.new("utf-16be", "utf-8"), {}, ""
    for i = 1, #text, size do
        rest = rest .. text:sub(i, i + size - 1)
        local whole = rest
        while #whole > 0 and whole:byte(#whole) >= 0x80 do whole = whole:sub(1, -2) end
        if #whole > 0 then
            local done, e = cd:iconv(whole)
            if e then return "failed", e end
            out[#out + 1], rest = done, rest:sub(#whole + 1)
        end
    end
    return #table.concat(out), #rest, hex(table.concat(out):sub(1, 12))
end
for size = 1, 7 do show(size, pieces(("a\195\169b\226\130\172."):rep(20), size)) end

-- many descriptors at once, in tables that lose them
local weak, kept = setmetatable({}, { __mode = "v" }), {}
for i = 1, 100 do
    local cd = iconv.new(i % 2 == 0 and "utf-16le" or "latin1", "utf-8")
    weak[i] = cd
    if i % 10 == 0 then kept[#kept + 1] = cd end
end
collectgarbage()
collectgarbage()
local alive = 0
for _ in pairs(weak) do alive = alive + 1 end
show(#kept, alive)
for i, cd in ipairs(kept) do show(i, hex((cd:iconv "z\195\169"))) end
local mt = getmetatable(kept[1])
show(type(mt), type(mt.__index), type(mt.__gc), rawequal(mt, getmetatable(kept[2])))
show(pcall(mt.__index.iconv, io.stdout, "x"))
