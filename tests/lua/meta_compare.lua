-- __eq, __lt, __le.

local mt = {}
mt.__eq = function(a, b) return a.v == b.v end
mt.__lt = function(a, b) return a.v < b.v end
mt.__le = function(a, b) return a.v <= b.v end
local function new(v) return setmetatable({ v = v }, mt) end
local a, b, c = new(1), new(2), new(1)

print(a == b, a == c, a ~= b, a ~= c, a == a) -- expect: false	true	true	false	true
print(a < b, b < a, a < c, a > b, b > a) -- expect: true	false	false	false	true
print(a <= b, b <= a, a <= c, a >= b, b >= a, a >= c) -- expect: true	false	true	false	true	true
print(not (a < b), not (a == c), not (a <= b)) -- expect: false	false	false
if a < b then print("less") else print("not less") end -- expect: less
if a == b then print("equal") else print("not equal") end -- expect: not equal
while b < a do print("never") end
print(a < b and "yes" or "no", a == c and "eq" or "ne") -- expect: yes	eq

-- __eq only for two tables (or userdata), with the same metamethod, and not if raw equal
local n = 0
local eq = function() n = n + 1 return true end
local x, y = setmetatable({}, { __eq = eq }), setmetatable({}, { __eq = eq })
print(x == y, n) -- expect: true	1
print(x == x, n) -- expect: true	1
print(x == 1, 1 == x, x == "s", x == nil, n) -- expect: false	false	false	false	1
print(x == {}, {} == x, n) -- expect: false	false	1
print(rawequal(x, y), n) -- expect: false	1
local z = setmetatable({}, { __eq = function() return true end })
print(x == z, z == x, n) -- expect: false	false	1

-- the result is made a boolean
local odd = setmetatable({}, { __eq = function() return 1 end, __lt = function() return nil end,
  __le = function() return "str" end })
local odd2 = setmetatable({}, getmetatable(odd))
print(odd == odd2, odd ~= odd2, odd < odd2, odd <= odd2, odd > odd2, odd >= odd2)
-- expect: true	false	false	true	false	true

-- __lt and __le between different types and metatables: first operand's, then second's
local function tag(name)
  return setmetatable({}, { __lt = function() return name == "T" end, __le = function() return name == "T" end })
end
local T, F = tag("T"), tag("F")
print(T < F, F < T, T <= F, F <= T, T > F, F > T) -- expect: true	false	true	false	false	true
print(T < 1, 1 < T, F < "s", "s" < F, T <= nil, nil <= T)
-- expect: true	true	false	false	true	true
print(T > 1, 1 > T, 1 >= F, F >= 1) -- expect: true	true	false	false

-- without __le, a <= b is not (b < a)
local lt = {}
lt.__lt = function(p, q) return p.v < q.v end
local p, q = setmetatable({ v = 1 }, lt), setmetatable({ v = 2 }, lt)
print(p <= q, q <= p, p >= q, q >= p, p <= p) -- expect: true	false	false	true	true
local function le(i, j) return i <= j end
print(le(p, q), le(q, p)) -- expect: true	false
if p <= q then print("le") end -- expect: le
if not (q <= p) then print("not le") end -- expect: not le

-- argument order
local order = {}
local ord = setmetatable({}, { __lt = function(l, r) order[#order + 1] = type(l) .. "<" .. type(r) return true end,
  __le = function(l, r) order[#order + 1] = type(l) .. "<=" .. type(r) return true end })
local _ = ord < 1, 1 < ord, ord > 1, 1 > ord, ord <= 1, ord >= 1
print(table.concat(order, " "))
-- expect: table<number number<table number<table table<number table<=number number<=table

-- no metamethod: errors
print(pcall(function() return {} < {} end))
-- expect: false	meta_compare.lua:67: attempt to compare two table values
print(pcall(function() return a < 1 end))
-- expect: false	meta_compare.lua:5: attempt to index local 'b' (a number value)
print(pcall(function() return x < y end))
-- expect: false	meta_compare.lua:71: attempt to compare two table values
print(pcall(function() return setmetatable({}, { __lt = 5 }) < 1 end))
-- expect: false	meta_compare.lua:73: attempt to call a number value
print(pcall(function() return {} <= setmetatable({}, {}) end))
-- expect: false	meta_compare.lua:75: attempt to compare two table values

-- two numbers and two strings never ask metamethods; one of each does
getmetatable("").__lt = function() return "never asked" end
print("a" < "b", "b" < "a", 1 < 2) -- expect: true	false	true
print(pcall(function() return 1 < "2" end)) -- expect: true	true
getmetatable("").__lt = nil

-- sorting with metamethods
local list = {}
for i, v in ipairs({ 5, 3, 9, 1, 7 }) do list[i] = new(v) end
table.sort(list)
local out = {}
for i, e in ipairs(list) do out[i] = e.v end
print(table.concat(out, " ")) -- expect: 1 3 5 7 9

-- table keys do not use __eq
local set = { [a] = true }
print(set[a], set[c]) -- expect: true	nil

-- sets
local Set = {}
Set.__index = Set
local function set_of(l) local s = setmetatable({}, Set) for _, v in ipairs(l) do s[v] = true end return s end
Set.__le = function(s, t) for k in pairs(s) do if not t[k] then return false end end return true end
Set.__lt = function(s, t) return s <= t and not (t <= s) end
Set.__eq = function(s, t) return s <= t and t <= s end
local s1, s2 = set_of({ 2, 4 }), set_of({ 4, 10, 2 })
print(s1 <= s2, s1 < s2, s1 >= s1, s1 > s1, s1 == set_of({ 4, 2 }), s1 ~= s2)
-- expect: true	true	true	false	true	true

-- yield inside
local ym = { __eq = function() return coroutine.yield("eq") end, __lt = function() return coroutine.yield("lt") end,
  __le = function() return coroutine.yield("le") end }
local y1, y2 = setmetatable({}, ym), setmetatable({}, ym)
local co = coroutine.wrap(function()
  local r = {}
  r[1] = y1 == y2
  r[2] = y1 ~= y2
  r[3] = y1 < y2
  r[4] = y1 > y2
  r[5] = y1 <= y2
  r[6] = y1 >= y2
  if y1 < y2 then r[7] = "then" else r[7] = "else" end
  if not (y1 == y2) then r[8] = "then" else r[8] = "else" end
  while y1 <= y2 do r[9] = "body" end
  for i = 1, 9 do r[i] = tostring(r[i]) end
  return table.concat(r, " ")
end)
local asked, answer = {}, co()
while #answer == 2 do asked[#asked + 1] = answer answer = co(#asked % 2 == 1) end
print(table.concat(asked, " ")) -- expect: eq eq lt lt le le lt eq le le
print(answer) -- expect: true true true false true false then then body
local colt = coroutine.wrap(function()
  local only = { __lt = function() return coroutine.yield("only lt") end }
  local m1, m2 = setmetatable({}, only), setmetatable({}, only)
  return m1 <= m2, m1 >= m2
end)
print(colt(), colt(true), colt(false)) -- expect: only lt	only lt	false	true
