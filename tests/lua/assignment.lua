-- Assignment: evaluation before storing, multiple targets, fields and indices.

local a, b, c = 1, 2, 3
a, b = b, a
print(a, b) -- expect: 2	1
a, b, c = c, a, b
print(a, b, c) -- expect: 3	2	1
a, b = 10
print(a, b) -- expect: 10	nil
a, b, c = 1, 2, 3, 4
print(a, b, c) -- expect: 1	2	3

-- all expressions are evaluated before any assignment
local i, t = 1, {}
i, t[i] = i + 1, 20
print(i, t[1], t[2]) -- expect: 2	20	nil
local x, y = 1, 2
x, y = x + y, x - y
print(x, y) -- expect: 3	-1
t = { 1, 2, 3 }
t[1], t[2], t[3] = t[3], t[1], t[2]
print(t[1], t[2], t[3]) -- expect: 3	1	2
local p, q = { v = 1 }, { v = 2 }
p.v, q.v = q.v, p.v
print(p.v, q.v) -- expect: 2	1
p, p.v = q, "old p's field"
print(p == q, p.v) -- expect: true	1

-- the table expressions and keys of targets are evaluated first
do
  local log = {}
  local function at(name, v) log[#log + 1] = name return v end
  local u = {}
  at("t1", u)[at("k1", 1)], at("t2", u)[at("k2", 2)] = at("v1", "x"), at("v2", "y")
  print(table.concat(log, " "), u[1], u[2]) -- expect: t1 k1 t2 k2 v1 v2	x	y
end
do
  local tab = { next = { name = "second" }, name = "first" }
  local node = tab
  node, node.name = node.next, "renamed"
  print(node.name, tab.name) -- expect: second	renamed
end

-- fields, nested fields, globals, upvalues
local r = { inner = { list = {} } }
r.inner.list[1] = "one"
r.inner["list"][2] = "two"
r["inner"].list[#r.inner.list + 1] = "three"
print(#r.inner.list, r.inner.list[3]) -- expect: 3	three
g1, g2 = 1, 2
g1, g2 = g2, g1
print(g1, g2) -- expect: 2	1
g1, g2 = nil
print(g1, g2) -- expect: nil	nil
local up1, up2 = 1, 2
local function swap() up1, up2 = up2, up1 end
swap()
print(up1, up2) -- expect: 2	1
local function mixed()
  local l
  l, up1, gm, t.f = 1, 2, 3, 4
  return l + up1 + gm + t.f
end
print(mixed(), up1, gm, t.f) -- expect: 10	2	3	4
gm = nil

-- function statements
local m = { sub = {} }
function m.f(v) return "f" .. v end
function m.sub.g(v) return "g" .. v end
function m.sub:h(v) return (self == m.sub), "h" .. v end
function m:k() return self == m end
print(m.f(1), m.sub.g(2), m:k()) -- expect: f1	g2	true
print(m.sub:h(3)) -- expect: true	h3
local lf
function lf() return "assigned local" end
print(lf()) -- expect: assigned local

-- assigning to a local from itself and constants
local v = nil
v = v or "default"
v = v and v .. "!"
print(v) -- expect: default!
v = true
v = not v
print(v) -- expect: false
v = { v }
print(#v, v[1]) -- expect: 1	false
v = #v
v = -v
print(v) -- expect: -1

-- results of calls spread over targets
local function three() return 1, 2, 3 end
a, b, c = three()
print(a, b, c) -- expect: 1	2	3
a, b, c = 0, three()
print(a, b, c) -- expect: 0	1	2
a, b, c = three(), 0
print(a, b, c) -- expect: 1	0	nil
t = {}
t.a, t.b, t.c, t.d = three()
print(t.a, t.b, t.c, t.d) -- expect: 1	2	3	nil
t[1], t[2] = three()
print(t[1], t[2], #t) -- expect: 1	2	2

-- errors in assignment leave earlier values alone
a = 1
print(pcall(function() a = nil + 1 end))
-- expect: false	assignment.lua:109: attempt to perform arithmetic on a nil value
print(a) -- expect: 1
print(pcall(function() local n; n.x = 1 end))
-- expect: false	assignment.lua:112: attempt to index local 'n' (a nil value)
print(pcall(function() t[nil] = 1 end)) -- expect: false	assignment.lua:114: table index is nil
print(pcall(function() t[0 / 0] = 1 end))
-- expect: false	assignment.lua:115: table index is NaN
print(pcall(function() undefinedglobal.x = 1 end))
-- expect: false	assignment.lua:117: attempt to index global 'undefinedglobal' (a nil value)
print(pcall(function() ("x").y = 1 end))
-- expect: false	assignment.lua:119: attempt to index constant 'x' (a string value)
print(t[nil], t[0 / 0]) -- expect: nil	nil

-- a key is what it is: number 1, string "1", 1.0, -0
t = {}
t[1] = "number"; t["1"] = "string"; t[1.0] = "float"; t[-0] = "zero"; t[true] = "true"
print(t[1], t["1"], t[0], t[true], t[2 ^ 53]) -- expect: float	string	zero	true	nil
t[2 ^ 53] = "big"; t[-1] = "neg"; t[0.5] = "half"; t[1e300] = "huge"; t[1 / 0] = "inf"
print(t[2 ^ 53], t[-1], t[1 / 2], t[1e300], t[math.huge], #t) -- expect: big	neg	half	huge	inf	1

-- a captured variable in a target is read when the value is stored
do
  local a, b, z = { name = "a" }, { name = "b" }, nil
  local t, k = a, 1
  local function change() t, k = b, 2 return 7, 8 end
  local function reset() t, k, a.x, b.x, a[1], a[2] = a, 1, nil, nil, nil, nil end
  t.x = change() print(a.x, b.x) reset() -- expect: nil	7
  t.x = change() + 1 print(a.x, b.x) reset() -- expect: nil	8
  z, t.x = change() print(a.x, b.x) reset() -- expect: nil	8
  t.x, z = 1, change() print(a.x, b.x) reset() -- expect: nil	1
  t.x, t = change() print(a.x, b.x, t) reset() -- expect: 7	nil	8
  a[k] = change() print(a[1], a[2]) reset() -- expect: nil	7
  a[k], k = change() print(a[1], a[2], k) reset() -- expect: 7	nil	8
  local function up()
    t.x = change() print(a.x, b.x) reset() -- expect: nil	7
    t.x = change() + 1 print(a.x, b.x) reset() -- expect: nil	8
    z, t.x = change() print(a.x, b.x) reset() -- expect: nil	8
    t.x, t = change() print(a.x, b.x, t) reset() -- expect: 7	nil	8
    a[k] = change() print(a[1], a[2]) reset() -- expect: 7	nil
    t.x, z = change(), t print(a.x, b.x, z.name) reset() -- expect: nil	7	b
    print(t[change() and "name"], t.name) reset() -- expect: b	b
  end
  up()
  print(t[change() and "name"]) reset() -- expect: b
  local m = setmetatable({}, { __add = function() return nil end })
  t.x = m + 1 print(a.x) reset() -- expect: nil
end

-- A captured variable in a target is read when the value is stored, or when the first later
-- target is that variable.
do
  local t, k, u, old, new, w
  local function set() t = new return "k" end
  local function key() k = "b" return 5 end
  local function reset() old, new, u, w = {}, {}, {}, {} t, k = old, "a" end
  reset() t.x, u[set()], t = 1, 2, 3
  print(old.x, new.x, u.k, t) -- expect: nil	1	2	3
  reset() t.x, u[set()] = 1, 2
  print(old.x, new.x, u.k, t == new) -- expect: nil	1	2	true
  reset() t.x, t, u[set()] = 1, 2, 3
  print(old.x, new.x, u.k, t) -- expect: 1	nil	3	2
  reset() w[k], w[key()], k = 1, 2, "c"
  print(w.a, w.b, w[5], k) -- expect: nil	1	2	c
  reset() w[k], k, w[key()] = 1, 2, 3
  print(w.a, w.b, w[5], k) -- expect: 1	nil	3	2
  local function inner()
    reset() t.x, u[set()], t = 1, 2, 3
    print(old.x, new.x, u.k, t)
    reset() w[k], w[key()], k = 1, 2, "c"
    print(w.a, w.b, w[5], k)
  end
  inner()
  -- expect: nil	1	2	3
  -- expect: 1	nil	2	c
end

-- As many values as targets: the last value goes to the last target at once, the others after it.
do
  local i, t = 1, {}
  i, t[i] = i + 1, 20
  print(i, t[1], t[2]) -- expect: 2	20	nil
  t[i], i = 5, 9
  print(i, t[2]) -- expect: 9	5
  local a, b = 1, 2
  a, b = b, a + b
  print(a, b) -- expect: 2	3
  a, b = b, a
  print(a, b) -- expect: 3	2
  a, a = 1, 2
  print(a) -- expect: 1
  local function two() return "one", "two" end
  local c
  a, b, c = 1, two(), two()
  print(a, b, c) -- expect: 1	one	one
  a, b, c = 1, two()
  print(a, b, c) -- expect: 1	one	two
  a, b = 1, (two())
  print(a, b) -- expect: 1	one
  a, b = b, a and b or c
  print(a, b) -- expect: one	one
  t = { 1, 2, 3 }
  t[1], t[3] = t[3], t[1]
  print(t[1], t[2], t[3]) -- expect: 3	2	1
  local u = t
  t, t[1] = nil, "old"
  print(t, u[1]) -- expect: nil	old
  local seen, d = {}, 1
  local log = setmetatable({}, { __newindex = function(_, k, v) seen[#seen + 1] = k .. v .. d end })
  log.x, d, log.y = "a", 2, "b"
  print(table.concat(seen, " "), d) -- expect: yb1 xa2	2
  local function get() return d end
  d, a = 3, get()
  print(d, a) -- expect: 3	2
  print((pcall(function() a, b = "new", nil .. "x" end))) -- expect: false
  print(a, b) -- expect: 2	one
end
