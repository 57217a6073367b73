-- __call, __metatable, __tostring, __pairs, __ipairs, __len in library functions.

local function err(f, ...) -- helper
  print((select(2, pcall(f, ...)):gsub("'_G%.", "'")))
end

-- __call gets the object first
local f = setmetatable({ name = "obj" }, { __call = function(self, ...) return self.name, select("#", ...), ... end })
print(f()) -- expect: obj	0
print(f(1, nil)) -- expect: obj	2	1	nil
print(f "s") -- expect: obj	1	s
print((f(5))) -- expect: obj
print(pcall(f, 1, 2)) -- expect: true	obj	2	1	2
local function tail(...) return f(...) end
print(tail("t")) -- expect: obj	1	t

-- chains of __call
local g = setmetatable({ name = "outer" }, { __call = f })
print(pcall(g, 1)) -- expect: false	attempt to call a table value

-- as method, iterator, metamethod, and argument of library functions
local obj = { m = f }
print(obj:m(1) == "obj", select(4, obj:m("x", 1))) -- expect: true	x	1
local up = setmetatable({}, { __call = function(_, s) return s:upper() end })
print(("abc"):gsub("%w", up)) -- expect: abc	3
print(coroutine.wrap(function() return f("in coroutine") end)()) -- expect: obj	1	in coroutine
print(pcall(coroutine.create, f))
-- expect: false	bad argument #1 to 'coroutine.create' (function expected, got table)
local cmp = setmetatable({}, { __call = function(_, x, y) return x > y end })
print(pcall(table.sort, { 1, 2, 3 }, cmp))
-- expect: false	bad argument #2 to 'table.sort' (function expected, got table)

-- a class called to make instances
local Point = setmetatable({}, { __call = function(cls, x, y) return setmetatable({ x = x, y = y }, cls) end })
Point.__index = Point
Point.__add = function(p, q) return Point(p.x + q.x, p.y + q.y) end
Point.__tostring = function(p) return "(" .. p.x .. ", " .. p.y .. ")" end
print(tostring(Point(1, 2) + Point(3, 4))) -- expect: (4, 6)

-- recursion through __call, deep
local deep = setmetatable({}, {})
getmetatable(deep).__call = function(self, n) if n == 0 then return "bottom" end return self(n - 1) end
print(deep(10000)) -- expect: bottom

-- not callable
print(pcall(function() local t = {} t() end))
-- expect: false	meta_call.lua:46: attempt to call local 't' (a table value)
print(pcall(function() setmetatable({}, {})() end))
-- expect: false	meta_call.lua:48: attempt to call a table value
print(pcall(function() setmetatable({}, { __call = 5 })() end))
-- expect: false	meta_call.lua:50: attempt to call a table value
print(pcall({})) -- expect: false	attempt to call a table value

-- yield in __call
local yc = setmetatable({}, { __call = function(_, v) return coroutine.yield(v) end })
local co = coroutine.wrap(function() return "got " .. yc("y1") .. yc("y2") end)
print(co(), co("a"), co("b")) -- expect: y1	y2	got ab

-- __metatable
local protected = setmetatable({}, { __metatable = "locked" })
print(getmetatable(protected)) -- expect: locked
print(pcall(setmetatable, protected, {})) -- expect: false	cannot change a protected metatable
print(getmetatable(setmetatable({}, { __metatable = false }))) -- expect: false
print(getmetatable({}), getmetatable(1), getmetatable(nil), type(getmetatable("")))
-- expect: nil	nil	nil	table

-- setmetatable
local t, mt = {}, {}
print(setmetatable(t, mt) == t, getmetatable(t) == mt, getmetatable(setmetatable(t, nil)))
-- expect: true	true	nil
err(setmetatable, t) -- expect: bad argument #2 to 'setmetatable' (nil or table expected)
err(setmetatable, t, 5) -- expect: bad argument #2 to 'setmetatable' (nil or table expected)
err(setmetatable, 5, {})
-- expect: bad argument #1 to 'setmetatable' (table expected, got number)

-- __tostring
print(tostring(setmetatable({}, { __tostring = function() return "custom" end })))
-- expect: custom
print(setmetatable({}, { __tostring = function(self) return "in print " .. type(self) end }))
-- expect: in print table
print(pcall(tostring, setmetatable({}, { __tostring = function() return 5 end })))
-- expect: true	5
print(pcall(tostring, setmetatable({}, { __tostring = function() error("in tostring", 0) end })))
-- expect: false	in tostring
print(("%s|%5s"):format(setmetatable({}, { __tostring = function() return "fmt" end }), "x"))
-- expect: fmt|    x
print(tostring(nil), tostring(true), tostring(1.5), tostring("s")) -- expect: nil	true	1.5	s
print((tostring({}):gsub("0x%x+", "ADDR")), (tostring(print):gsub("0x%x+", "ADDR"):gsub("builtin: ", "")))
-- expect: table: ADDR	function: ADDR
print((tostring(function() end):gsub("0x%x+", "ADDR")), (tostring(coroutine.create(print)):gsub("0x%x+", "ADDR")))
-- expect: function: ADDR	thread: ADDR
local same = {}
print(tostring(same) == tostring(same), tostring(same) == tostring({})) -- expect: true	false

-- __pairs gives the three values of pairs
local keys = {}
local ordered = setmetatable({ b = 2, a = 1 }, { __pairs = function(self)
  local list, i = { "a", "b" }, 0
  return function(s, k) i = i + 1 if list[i] then return list[i], s[list[i]] end end, self, nil
end })
for k, v in pairs(ordered) do keys[#keys + 1] = k .. v end
print(table.concat(keys, " ")) -- expect: a1 b2
print(pairs(setmetatable({}, { __pairs = function() return 1, 2, 3, 4 end }))) -- expect: 1	2	3
print(pairs(setmetatable({}, { __pairs = function() end }))) -- expect: nil	nil	nil
print(pcall(pairs, setmetatable({}, { __pairs = function() error("no pairs", 0) end })))
-- expect: false	no pairs

-- __ipairs
local seen = {}
for i, v in ipairs(setmetatable({}, { __ipairs = function(self)
  return function(_, i) if i < 3 then return i + 1, "v" .. i + 1 end end, self, 0
end })) do seen[#seen + 1] = i .. v end
print(table.concat(seen, " ")) -- expect: 1v1 2v2 3v3
-- ipairs without it is raw in 5.2
print(select("#", ipairs(setmetatable({}, { __index = { 1, 2 } })))) -- expect: 3
local count = 0
for _ in ipairs(setmetatable({ 1 }, { __index = function() return 1 end })) do count = count + 1 end
print(count) -- expect: 1

-- table functions are raw
local raw = setmetatable({ 1, 2, 3 }, { __index = function() return "x" end, __newindex = error })
table.insert(raw, 4)
print(#raw, raw[4], table.concat(raw, ","), table.unpack(raw, 1, 4))
-- expect: 4	4	1,2,3,4	1	2	3	4

-- yield across pairs' metamethod and tostring
co = coroutine.wrap(function()
  local list = {}
  for k in pairs(setmetatable({}, { __pairs = function() return next, { k = 1 }, nil end })) do list[#list + 1] = k end
  coroutine.yield(list[1])
  return "end"
end)
print(co(), co()) -- expect: k	end
