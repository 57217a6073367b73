-- lua-compat53: its own versions of functions of Lua's libraries, which call lua_arith and the like.
require "compat53"
local utf8 = require "compat53.utf8"
print(utf8.char(72, 228, 8364, 0x10FFFF), utf8.charpattern, utf8.len("häé€"), utf8.len("\xff"),
    utf8.codepoint("hä", 1, -1), utf8.offset("häé", 3))
for p, c in utf8.codes("hä€") do print(p, c) end
print(pcall(function() for _ in utf8.codes("\xff") do end end)) print(pcall(utf8.char, -1))
    print(pcall(utf8.codepoint, "abc", 10)) print(pcall(utf8.offset, "ä", 1, 2)) print(pcall(utf8.len, "abc", 10))
local S = require "compat53.string" local T = require "compat53.table"
for _, f in ipairs { "b", "B", "h", "H", "l", "L", "j", "J", "T", "i", "I", "i3", "I5", "f", "d", "n", "s", "s1",
    "z", "<i4", ">i4", "!8 b i8", "c5", "i16" } do
  local arg = f:find "[sczc]" and "hello" or 100
  local ok, p = pcall(S.pack, f, arg, 7)
  print(f, ok, ok and (p:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) or p)
  if ok then print(pcall(S.unpack, f, p)) print(pcall(S.packsize, f)) end
end
print(pcall(S.pack, "q", 1)) print(pcall(S.unpack, "i4", "abc")) print(pcall(S.pack, "i1", 300))
    print(pcall(S.pack, "i17", 1)) print(pcall(S.pack, "c2", "abc"))
for i = 1, 100 do local p = S.pack("<i4 d s2 z", i, i / 2, ("x"):rep(i), "z" .. i)
    local a, b, c, d, e = S.unpack("<i4 d s2 z",
    p) assert(a == i and b == i/2 and #c == i and d == "z"..i and e == #p + 1) end
print(table.concat(T.move({1,2,3}, 1, 3, 2), ",")) print(table.concat(T.move({1,2,3}, 2, 3, 1, {9}), ","))
local proxy = setmetatable({}, { __index = function(_, i) if i <= 3 then return "v" .. i end
    end, __len = function() return 3 end, __newindex = function(t, k, v) rawset(t, k, v) end })
print(T.concat(proxy, "-"), T.unpack(proxy)) print(pcall(T.insert, proxy, "x")) print(pcall(T.remove, proxy))
    print(pcall(T.sort, proxy))
local t = {} for i = 1, 200 do t[i] = (i * 37) % 101 end T.sort(t)
    print(table.concat(t, " ")) T.sort(t, function(a, b) return a > b end) print(t[1], t[200])
print(pcall(T.sort, { 3, 1, "x" })) print(pcall(T.sort, {1,2,3,4,5,6,7}, function() return true end))
    print(pcall(T.insert, {1}, 5, 1)) print(pcall(T.insert, {1})) print(pcall(T.remove, {1,2,3}, 7))
    print(T.remove({1,2,3}, 1))
print(T.pack(1, nil, 3).n) print(pcall(T.concat, {1, {}, 3}))
print(math.tointeger and math.tointeger(3.0), math.type and math.type(1), math.ult and math.ult(1, 2),
    math.maxinteger)
print(pcall(load, "return 1")) print(table.unpack({1,2,3})) print(pcall(ipairs, nil))
for i, v in ipairs(proxy) do print(i, v) end
print(io.read and type(io.lines), pcall(string.rep, "x", 3, ","))
local f = io.tmpfile() f:write("l1\nl2\n3 4\n") f:seek "set" print(f:read("l", "L", "n")) f:close()
