-- table: also metamethods, positions, limits.

local function err(f, ...) -- helper
  print((select(2, pcall(f, ...)):gsub("'table%.", "'")))
end
local function sized(n, t) return setmetatable(t or {}, { __len = function() return n end }) end

-- insert
local t = {}
table.insert(t, "a") table.insert(t, 1, "b") table.insert(t, 2, "c") table.insert(t, 4, "d")
print(table.concat(t, " "), #t, select("#", table.insert(t, 1))) -- expect: b c a d	4	0
err(table.insert, {}, 0, 1) -- expect: bad argument #2 to 'insert' (position out of bounds)
err(table.insert, {}, 2, 1) -- expect: bad argument #2 to 'insert' (position out of bounds)
err(table.insert, {}, -1, 1) -- expect: bad argument #2 to 'insert' (position out of bounds)
err(table.insert, { 1, 2 }, 4, 1)
-- expect: bad argument #2 to 'insert' (position out of bounds)
err(table.insert, {}, 1, 2, 3) -- expect: wrong number of arguments to 'insert'
err(table.insert, {}) -- expect: wrong number of arguments to 'insert'
err(table.insert, {}, "x", 1)
-- expect: bad argument #2 to 'insert' (number expected, got string)
err(table.insert, nil, 1) -- expect: bad argument #1 to 'insert' (table expected, got nil)
t = { 1, 2 }
table.insert(t, "2", "s") table.insert(t, 1.9, "f")
print(table.concat(t, " ")) -- expect: f 1 s 2
table.insert(t, nil) table.insert(t, 1, nil)
print(#t, t[1], t[2]) -- expect: 5	nil	f
t = sized(5)
table.insert(t, "six")
print(rawget(t, 6), rawlen(t)) -- expect: six	0
table.insert(t, 6, "new six")
print(rawget(t, 6), rawget(t, 7)) -- expect: new six	nil
err(table.insert, sized("no"), 1) -- expect: object length is not a number
err(table.insert, sized({}), 1) -- expect: object length is not a number
t = sized("2", { 1, 2, 3 })
table.insert(t, "third")
print(t[3]) -- expect: third
err(table.insert, sized(0), 5, 1)
-- expect: bad argument #2 to 'insert' (position out of bounds)

-- remove
t = { 1, 2, 3, 4 }
print(table.remove(t), table.remove(t, 1), table.remove(t, 2), table.concat(t, " "))
-- expect: 4	1	3	2
print(table.remove(t, 2), table.remove(t, 1), table.remove(t), table.remove(t), #t)
-- expect: nil	2	nil	nil	0
print(table.remove({}, 0), table.remove({}, 1), pcall(table.remove, {}, 2))
-- expect: nil	nil	false	bad argument #1 to 'table.remove' (position out of bounds)
err(table.remove, { 1, 2, 3 }, 0)
-- expect: bad argument #1 to 'remove' (position out of bounds)
err(table.remove, { 1, 2, 3 }, 5)
-- expect: bad argument #1 to 'remove' (position out of bounds)
print(table.remove({ 1, 2, 3 }, 4), table.remove({ [0] = "zero" }, 0), table.remove({ [0] = "zero" }))
-- expect: nil	zero	zero
t = sized(3, { 1, 2, 3, 4 })
print(table.remove(t), rawlen(t), t[3], t[4]) -- expect: 3	4	nil	4
t = sized(2, {})
t[2] = "two"
print(table.remove(t), table.remove(t, 1), t[2]) -- expect: two	nil	nil
print(select("#", table.remove({}))) -- expect: 1
err(table.remove, {}, {}) -- expect: bad argument #2 to 'remove' (number expected, got table)
t = {}
for i = 1, 1000 do t[i] = i end
for i = 1, 500 do table.remove(t, 1) end
print(#t, t[1], t[500]) -- expect: 500	501	1000

-- concat
print(table.concat({}), table.concat({}, "x"), table.concat({ 1 }, "x"), table.concat({ 1, 2.5, "s" }, "-"))
-- expect: 		1	1-2.5-s
print(table.concat({ 1, 2, 3 }, ",", 2), table.concat({ 1, 2, 3 }, ",", 2, 2), table.concat({ 1, 2, 3 }, ",", 3, 2))
-- expect: 2,3	2	
print(table.concat({ [0] = "z", "a" }, ".", 0), table.concat({ [-1] = "m", [0] = "z" }, ".", -1, 0), table.concat({ 1, 2 }, 5))
-- expect: z.a	m.z	152
print(table.concat(sized(2, { "x", "y", "z" })), table.concat({ "a\0", "b" }, "\0") == "a\0\0b")
-- expect: xy	true
err(table.concat, { 1, {}, 3 })
-- expect: invalid value (table) at index 2 in table for 'concat'
err(table.concat, { 1, nil, 3 }, "", 1, 3)
-- expect: invalid value (nil) at index 2 in table for 'concat'
err(table.concat, {}, "", 1, 1) -- expect: invalid value (nil) at index 1 in table for 'concat'
err(table.concat, { true }) -- expect: invalid value (boolean) at index 1 in table for 'concat'
err(table.concat, { 1 }, {}) -- expect: bad argument #2 to 'concat' (string expected, got table)
err(table.concat, { 1 }, "", {})
-- expect: bad argument #3 to 'concat' (number expected, got table)
err(table.concat, nil) -- expect: bad argument #1 to 'concat' (table expected, got nil)
err(table.concat, sized("x")) -- expect: object length is not a number
print(table.concat({ 1, 2 }, ",", 1, sized and 2), #table.concat({ ("x"):rep(1000), ("y"):rep(1000) }, ("-"):rep(1000)))
-- expect: 1,2	3000

-- pack and unpack
t = table.pack()
print(t.n, #t) -- expect: 0	0
t = table.pack(nil, 1, nil)
print(t.n, t[1], t[2], t[3]) -- expect: 3	nil	1	nil
print(table.unpack({ 1, 2, 3 }), (table.unpack({ 1, 2 }))) -- expect: 1	1
print(table.unpack({ 1, 2, 3 }, 2), table.unpack({ 1, 2, 3 }, -1, 1)) -- expect: 2	nil	nil	1
print(table.unpack({ 1, 2 }, 1, 4)) -- expect: 1	2	nil	nil
print(table.unpack({}, 2, 1), select("#", table.unpack({}, 1, 5))) -- expect: nil	5
print(table.unpack(sized(2, { 1, 2, 3 }))) -- expect: 1	2
print(select("#", table.unpack(sized(3)))) -- expect: 3
print(unpack == table.unpack) -- expect: true
err(table.unpack, {}, 1, 1e8) -- expect: too many results to unpack
err(table.unpack, {}, -2 ^ 31, 2 ^ 31 - 1) -- expect: too many results to unpack
err(table.unpack, {}, 1, 2 ^ 31 - 1) -- expect: too many results to unpack
err(function() table.unpack() end)
-- expect: lib_table.lua:104: bad argument #1 to 'unpack' (table expected, got no value)
err(function() table.unpack({}, {}) end)
-- expect: lib_table.lua:106: bad argument #2 to 'unpack' (number expected, got table)
print(table.unpack({ [2 ^ 31 - 1] = "top" }, 2 ^ 31 - 1, 2 ^ 31 - 1)) -- expect: top
t = {}
for i = 1, 5000 do t[i] = i end
print(select("#", table.unpack(t)), (select(-1, table.unpack(t)))) -- expect: 5000	5000

-- maxn
print(table.maxn({}), table.maxn({ 1, 2 }), table.maxn({ [1.5] = 1, [-3] = 1, x = 1 }), table.maxn({ [1e10] = 1, 5 }))
-- expect: 0	2	1.5	10000000000
err(table.maxn, 5) -- expect: bad argument #1 to 'maxn' (table expected, got number)

-- Lua code called by table functions may yield in the length
local co = coroutine.wrap(function()
  return table.concat(setmetatable({ 1, 2, 3 }, { __len = function() return 3 end }), "+")
end)
print(co()) -- expect: 1+2+3

do
local function err(f, ...) -- helper
  print((select(2, pcall(f, ...)):gsub("^[^ ]*:%d+: ", ""):gsub("'[%w_.]*%.", "'")))
end
local function show(t) -- helper
  local out = {}
  for i = 1, #t do out[i] = tostring(t[i]) end
  print(#t .. ": " .. table.concat(out, " "))
end

-- insert
local t = {}
table.insert(t, "a"); table.insert(t, "c"); table.insert(t, 2, "b"); table.insert(t, 1, "first")
show(t) -- expect: 4: first a b c
table.insert(t, #t + 1, "last")
show(t) -- expect: 5: first a b c last
table.insert(t, 3, false)
show(t) -- expect: 6: first a false b c last
local big = {}
for i = 1, 200 do table.insert(big, 1, i) end
print(#big, big[1], big[200]) -- expect: 200	200	1
err(table.insert, { 1, 2 }, 0, "x")
-- expect: bad argument #2 to 'insert' (position out of bounds)
err(table.insert, { 1, 2 }, 4, "x")
-- expect: bad argument #2 to 'insert' (position out of bounds)
err(table.insert, { 1, 2 }, -1, "x")
-- expect: bad argument #2 to 'insert' (position out of bounds)
err(table.insert, { 1, 2 }) -- expect: wrong number of arguments to 'insert'
err(table.insert, { 1, 2 }, 1, 2, 3) -- expect: wrong number of arguments to 'insert'
err(table.insert, nil, 1) -- expect: bad argument #1 to 'insert' (table expected, got nil)
err(table.insert, { 1 }, "x", 1)
-- expect: bad argument #2 to 'insert' (number expected, got string)
print(select("#", table.insert({}, 1))) -- expect: 0

-- remove
t = { "a", "b", "c", "d" }
print(table.remove(t), table.remove(t, 1), table.remove(t, 2)) -- expect: d	a	c
show(t) -- expect: 1: b
print(table.remove(t), table.remove(t), #t, table.remove({}), table.remove({}, 0))
-- expect: b	nil	0	nil	nil
t = { 1, 2, 3 }
print(table.remove(t, 3), #t, table.remove(t, 3), #t, table.remove(t, #t + 1))
-- expect: 3	2	nil	2	nil
err(table.remove, { 1, 2, 3 }, 7)
-- expect: bad argument #1 to 'remove' (position out of bounds)
err(table.remove, { 1, 2, 3 }, -1)
-- expect: bad argument #1 to 'remove' (position out of bounds)
err(table.remove, { 1, 2, 3 }, "x")
-- expect: bad argument #2 to 'remove' (number expected, got string)
err(table.remove) -- expect: bad argument #1 to 'remove' (table expected, got no value)
for i = 1, 200 do table.remove(big, 1) end
print(#big, next(big)) -- expect: 0	nil
t = { n = 1, [0] = "zero" }
print(table.remove(t, 0), t[0], t.n) -- expect: zero	nil	1

-- a stack and a queue
t = {}
for i = 1, 5 do table.insert(t, i) end
local out = {}
while #t > 0 do out[#out + 1] = table.remove(t) end
show(out) -- expect: 5: 5 4 3 2 1
for i = 1, 5 do table.insert(t, i) end
out = {}
while #t > 0 do out[#out + 1] = table.remove(t, 1) end
show(out) -- expect: 5: 1 2 3 4 5

-- concat
print(table.concat({ 1, 2, 3 }), table.concat({ 1, 2, 3 }, ", "), table.concat({ "a", "b" }, "-", 2))
-- expect: 123	1, 2, 3	b
print(table.concat({ 1, 2, 3, 4 }, " ", 2, 3), table.concat({}, "x") == "", table.concat({ 1 }, "x"))
-- expect: 2 3	true	1
print(table.concat({ 1, 2 }, " ", 3) == "", table.concat({ 1, 2 }, " ", 2, 1) == "", table.concat({ 1.5, "x", -0.25 }, "|"))
-- expect: true	true	1.5|x|-0.25
print(table.concat({ [3] = "c", [4] = "d" }, ",", 3, 4), table.concat({ "a", "b" }, 0), table.concat({ "x" }, "sep", -5, -6) == "")
-- expect: c,d	a0b	true
err(table.concat, { 1, {}, 3 })
-- expect: invalid value (table) at index 2 in table for 'concat'
err(table.concat, { 1, nil, 3 }, "", 1, 3)
-- expect: invalid value (nil) at index 2 in table for 'concat'
err(table.concat, { true }) -- expect: invalid value (boolean) at index 1 in table for 'concat'
err(table.concat, { 1 }, ",", 1, 2)
-- expect: invalid value (nil) at index 2 in table for 'concat'
err(table.concat, { 1 }, {}) -- expect: bad argument #2 to 'concat' (string expected, got table)
err(table.concat) -- expect: bad argument #1 to 'concat' (table expected, got no value)
err(table.concat, { print }, ",")
-- expect: invalid value (function) at index 1 in table for 'concat'
local many = {}
for i = 1, 1000 do many[i] = i end
print(#table.concat(many), #table.concat(many, ","), table.concat(many, "", 999))
-- expect: 2893	3892	9991000

-- pack and unpack
t = table.pack()
print(t.n, #t) -- expect: 0	0
t = table.pack(1, nil, 3, nil)
print(t.n, t[1], t[2], t[3], t[4]) -- expect: 4	1	nil	3	nil
print(table.unpack({ 1, 2, 3 })) -- expect: 1	2	3
print(table.unpack({ 1, 2, 3 }, 2), table.unpack({ 1, 2, 3 }, 2, 3)) -- expect: 2	2	3
print(table.unpack({ 1, nil, 3 }, 1, 3)) -- expect: 1	nil	3
print(table.unpack({}, 1, 2)) -- expect: nil	nil
print(select("#", table.unpack({})), select("#", table.unpack({}, 1, 0)), select("#", table.unpack({}, 5, 10)))
-- expect: 0	0	6
print(table.unpack({ [-1] = "a", [0] = "b" }, -1, 1)) -- expect: a	b	nil
print((table.unpack({ 1, 2 })), #{ table.unpack(many) }, select("#", table.unpack(many, 1, 250)))
-- expect: 1	1000	250
err(table.unpack, {}, 1, 1e8) -- expect: too many results to unpack
err(table.unpack) -- expect: bad argument #1 to 'unpack' (table expected, got no value)
err(table.unpack, {}, "x") -- expect: bad argument #2 to 'unpack' (number expected, got string)
local function round(...) return table.unpack(table.pack(...), 1, select("#", ...)) end
print(round(nil, 2, nil)) -- expect: nil	2	nil

-- metamethods are not asked (5.2)
local m = setmetatable({ 1, 2 }, { __index = function() return "x" end, __newindex = function() error("never") end })
table.insert(m, 3)
print(#m, m[3], table.concat(m, " "), table.unpack(m)) -- expect: 3	3	1 2 3	1	2	3
table.remove(m)
print(#m, rawget(m, 3)) -- expect: 2	nil
-- but # is
local len = setmetatable({ "a", "b", "c" }, { __len = function() return 2 end })
print(#len, table.concat(len, ","), table.unpack(len)) -- expect: 2	a,b	a	b
table.insert(len, "X")
print(len[3]) -- expect: X
err(table.concat, setmetatable({}, { __len = function() return "x" end }))
-- expect: object length is not a number
err(table.insert, setmetatable({}, { __len = function() return {} end }), 1)
-- expect: object length is not a number
end

-- the operator # gives __len its operand twice, and so do the functions that ask for a length
local counting = setmetatable({}, { __len = function(...) return select("#", ...) end })
print(#counting, pcall(table.concat, counting, "", 3)) -- expect: 2	true	
table.insert(counting, "third")
print(counting[3]) -- expect: third
