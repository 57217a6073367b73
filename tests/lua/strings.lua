-- String literals: escapes, long brackets; concatenation, comparison, length.

local function bytes(s) -- helper
  print(("%02x "):rep(#s - 1):format(s:byte(1, -2)) .. ("%02x"):format(s:byte(-1)))
end

bytes("\a\b\f\n\r\t\v\\\"\'") -- expect: 07 08 0c 0a 0d 09 0b 5c 22 27
bytes("\0\00\000\1\01\001\65\065\255") -- expect: 00 00 00 01 01 01 41 41 ff
bytes("\x41\x4a\xff\x00\x7F") -- expect: 41 4a ff 00 7f
local skipped = "\z
       a\z
       b \z\t c"
bytes(skipped) -- expect: 61 62 20 09 20 63
local newline = "a\
b"
bytes(newline) -- expect: 61 0a 62
bytes('single "double" inside')
-- expect: 73 69 6e 67 6c 65 20 22 64 6f 75 62 6c 65 22 20 69 6e 73 69 64 65
bytes("double 'single' inside")
-- expect: 64 6f 75 62 6c 65 20 27 73 69 6e 67 6c 65 27 20 69 6e 73 69 64 65
bytes("\0650\1234\12a") -- expect: 41 30 7b 34 0c 61
bytes("tab	and \\n") -- expect: 74 61 62 09 61 6e 64 20 5c 6e

-- long brackets: no escapes, a first newline is dropped
bytes([[a\nb]]) -- expect: 61 5c 6e 62
local two_lines = [[
x
y]]
bytes(two_lines) -- expect: 78 0a 79
local empty_line = [[

z]]
bytes(empty_line) -- expect: 0a 7a
bytes([==[a]]b]=]c]==]) -- expect: 61 5d 5d 62 5d 3d 5d 63
bytes([=[[[]]]=]) -- expect: 5b 5b 5d 5d
bytes([[a]] .. [=[]]]=]) -- expect: 61 5d 5d
print(#[[]], #[==[]==], #"", #'') -- expect: 0	0	0	0

-- every kind of line end in a long string becomes \n
bytes(assert(load("return [[a\r\nb\rc\n\rd\ne]]"))()) -- expect: 61 0a 62 0a 63 0a 64 0a 65
bytes(assert(load("return 'a\\\r\nb\\\rc'"))()) -- expect: 61 0a 62 0a 63

-- strings hold any byte
local s = "a\0b\0"
print(#s, s == "a\0b\0", s == "a", s:byte(1, -1)) -- expect: 4	true	false	97	0	98	0
print(("\0"):rep(3) == "\0\0\0", "a\0b" < "a\0c", "a" < "a\0", "a\0" < "a\1")
-- expect: true	true	true	true
local all = {}
for i = 0, 255 do all[i + 1] = string.char(i) end
all = table.concat(all)
print(#all, all:byte(1), all:byte(256), all:sub(66, 68)) -- expect: 256	0	255	ABC

-- concatenation
print("a" .. "b" .. "c", 1 .. 2, "x" .. 1.5, -1 .. "") -- expect: abc	12	x1.5	-1
print(("a" .. "b") .. "c" == "a" .. ("b" .. "c")) -- expect: true
local t = {}
for i = 1, 50 do t[i] = "x" .. i end
local long = ""
for i = 1, 50 do long = long .. t[i] end
print(#long, long == table.concat(t), long:sub(1, 6), long:sub(-6))
-- expect: 141	true	x1x2x3	x49x50
local base = "base"
local one, two = base .. "1", base .. "2"
print(base, one, two, one .. two, base .. base) -- expect: base	base1	base2	base1base2	basebase
print(pcall(function() return "a" .. nil end))
-- expect: false	strings.lua:65: attempt to concatenate a nil value
print(pcall(function() return "a" .. {} end))
-- expect: false	strings.lua:67: attempt to concatenate a table value
print(pcall(function() return {} .. "a" end))
-- expect: false	strings.lua:69: attempt to concatenate a table value
print(pcall(function() return "a" .. true end))
-- expect: false	strings.lua:71: attempt to concatenate a boolean value
print(pcall(function() return nil .. "a" end))
-- expect: false	strings.lua:73: attempt to concatenate a nil value
print(pcall(function() local v; return "a" .. "b" .. v .. "c" end))
-- expect: false	strings.lua:75: attempt to concatenate local 'v' (a nil value)

-- appending many times keeps every older string
local kept, s2 = {}, ""
for i = 1, 200 do s2 = s2 .. string.char(97 + i % 26); kept[i] = s2 end
local ok = true
for i = 1, 200 do ok = ok and #kept[i] == i and s2:sub(1, i) == kept[i] end
local fork1, fork2 = kept[100] .. "A", kept[100] .. "B"
print(ok, fork1:sub(-2), fork2:sub(-2), kept[101]:sub(-2), #kept[100])
-- expect: true	wA	wB	wx	100

-- comparison
print("a" < "b", "a" < "B", "Z" < "a", "" < "a", "a" < "aa", "ab" < "b")
-- expect: true	false	true	true	true	true
print("10" < "9", "10" == 10, "a" <= "a", "a" >= "b", "abc" > "abb", "" <= "")
-- expect: true	false	true	false	true	true
print("\xff" > "a", "\200" > "\100", "a\0z" > "a\0y") -- expect: true	true	true

-- equality is by content
local p, q = "hello world", "hello" .. " " .. "world"
print(p == q, p ~= q, rawequal(p, q), ({ [p] = 1 })[q]) -- expect: true	false	true	1
local big1, big2 = ("ab"):rep(1000), ("abab"):rep(500)
print(big1 == big2, ({ [big1] = "found" })[big2], #big1) -- expect: true	found	2000

-- methods of strings
print(("x"):rep(3), ("%d"):format(7), ("abc"):upper(), #("abc"):rep(10)) -- expect: xxx	7	ABC	30
local u = "upper"
print(u:upper(), u:len(), u:sub(2, 3), ("a,b"):find(",", 1, true)) -- expect: UPPER	5	pp	2	2
print(pcall(function() return ("x").y.z end))
-- expect: false	strings.lua:104: attempt to index field 'y' (a nil value)
print(("x").y, ("x").len == string.len) -- expect: nil	true
print(pcall(function() local str = "x"; str.y = 1 end))
-- expect: false	strings.lua:107: attempt to index local 'str' (a string value)

-- a long string grows at both ends; what it was stays
do
  local long, kept = ("m"):rep(2000), {}
  local s = long
  for i = 1, 300 do
    kept[i] = s
    if i % 3 == 0 then s = i % 10 .. s
    elseif i % 3 == 1 then s = s .. i % 10
    else s = "<" .. i % 10 .. s .. ">" .. i % 10 end
  end
  local left, right = s:match("^([%d<]*)m+([%d>]*)$")
  local same = true
  for i = 1, 300 do
    local l, r = kept[i]:match("^([%d<]*)m+([%d>]*)$")
    same = same and l == left:sub(#left - #l + 1) and r == right:sub(1, #r)
    same = same and #kept[i] == 2000 + #l + #r
  end
  print(same, #s) -- expect: true	2600
  local a, b = "a" .. s, "b" .. s
  print(a:sub(1, 3), b:sub(1, 3), a:sub(2) == b:sub(2)) -- expect: a0<	b0<	true
end
