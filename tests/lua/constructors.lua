-- Table constructors and the length operator.

local t = { 1, 2, 3 }
print(#t, t[1], t[3]) -- expect: 3	1	3
t = { 1, 2, 3, }
print(#t) -- expect: 3
t = { 1; 2, 3; }
print(#t) -- expect: 3
t = { x = 1, ["y"] = 2, [3] = 3, [1 + 1] = 2, 10 }
print(t.x, t.y, t[1], t[2], t[3]) -- expect: 1	2	10	2	3
t = { [1] = "keyed", "item" }
print(t[1]) -- expect: item
t = { "item", [1] = "keyed" }
print(t[1]) -- expect: item
t = { x = 1, x = 2 }
print(t.x) -- expect: 2

-- nils leave holes; a trailing nil does not count
t = { nil, 2 }
print(t[1], t[2]) -- expect: nil	2
t = { 1, nil, 3 }
print(t[1], t[2], t[3]) -- expect: 1	nil	3
t = { n = nil, [1] = nil }
print(next(t)) -- expect: nil

-- calls: all results only at the end
local function f() return 1, 2, 3 end
print(#{ f() }, #{ f(), f() }, #{ (f()) }, #{ f(), nil }, #{ x = f(), f() }, #{ f(), x = 1 })
-- expect: 3	4	1	1	3	1
t = { f(), y = f(), 10 }
print(#t, t.y, t[2]) -- expect: 2	1	10
t = { f(), x = 5, f() }
print(#t, t[1], t[2], t[4]) -- expect: 4	1	1	3
t = { [f()] = "key from call", f }
print(t[1] == f, type(t[1])) -- expect: true	function

-- nested, functions, expressions
t = { { 1, 2 }, { x = { y = { "deep" } } }, function() return "called" end, 1 + 2, "a" .. "b", not nil }
print(t[1][2], t[2].x.y[1], t[3](), t[4], t[5], t[6]) -- expect: 2	deep	called	3	ab	true
print(#{ { }, { { } } }, ({ 1, 2, 3 })[2], ({ a = 1 }).a, #{ n = 1 }) -- expect: 2	2	1	0

-- order of evaluation is the order in the source
local log = {}
local function v(x) log[#log + 1] = tostring(x) return x end
t = { v(1), [v("a")] = v("b"), v(2), c = v("c"), v(3) }
print(table.concat(log, " ")) -- expect: 1 a b 2 c 3

-- each evaluation makes a new table
local function make() return { 1 } end
local a, b = make(), make()
a[1] = 2
print(a == b, a[1], b[1]) -- expect: false	2	1

-- long constructors (over 50 items are flushed in pieces)
local src = {}
for i = 1, 500 do src[i] = tostring(i) end
t = load("return {" .. table.concat(src, ",") .. "}")()
local sum = 0
for i, x in ipairs(t) do sum = sum + (x == i and x or 0) end
print(#t, sum) -- expect: 500	125250
t = load("local f = function() return 'x', 'y', 'z' end return {" .. table.concat(src, ",") .. ", f()}")()
print(#t, t[501], t[503]) -- expect: 503	x	z
for i = 1, 500 do src[i] = "k" .. i .. " = " .. i end
t = load("return {" .. table.concat(src, ",") .. "}")()
sum = 0
for _, x in pairs(t) do sum = sum + x end
print(sum, t.k77) -- expect: 125250	77
local function dots(...) return { ... }, { ..., "last" }, { "first", ... } end
local d1, d2, d3 = dots(1, 2, 3)
print(#d1, #d2, d2[2], #d3, d3[4]) -- expect: 3	2	last	4	3

-- keys that are errors
print(pcall(function() return { [nil] = 1 } end))
-- expect: false	constructors.lua:73: table index is nil
print(pcall(function() return { [0 / 0] = 1 } end))
-- expect: false	constructors.lua:75: table index is NaN

-- shorthand method call arguments
local function id(x) return x end
print(id{ 5 }[1], #id{}, id"str", id[[long]], id'q':upper(), type(id{}))
-- expect: 5	0	str	long	Q	table
local obj = { get = function(self, x) return x end }
print(obj:get"s", obj:get{ 7 }[1], obj.get(obj, [[z]])) -- expect: s	7	z

-- length of strings and sequences
print(#"", #"abc", #"a\0b", #{}, #{ 1 }, #{ 1, 2, nil }, #{ n = 1 }) -- expect: 0	3	3	0	1	2	0
t = {}
for i = 1, 10 do t[i] = i end
t[10] = nil
print(#t) -- expect: 9
t[#t] = nil
print(#t) -- expect: 8
t[#t + 1] = "appended"
print(#t, t[#t]) -- expect: 9	appended

-- with holes, # is some border
local function is_border(tab)
  local n = #tab
  return (n == 0 or tab[n] ~= nil) and tab[n + 1] == nil
end
print(is_border({ 1, nil, 3 }), is_border({ nil, nil, 3 }), is_border({ 1, 2, nil, nil, 5, nil }))
-- expect: true	true	true
t = {}
for i = 1, 100 do t[i] = i end
for i = 20, 60, 7 do t[i] = nil end
print(is_border(t)) -- expect: true
for i = 100, 50, -1 do t[i] = nil end
print(is_border(t)) -- expect: true
t = { [2] = 2, [3] = 3 }
print(is_border(t)) -- expect: true
t[1] = 1
print(#t) -- expect: 3
print(pcall(function() return #5 end))
-- expect: false	constructors.lua:113: attempt to get length of a number value
print(pcall(function() local n; return #n end))
-- expect: false	constructors.lua:115: attempt to get length of local 'n' (a nil value)
