-- SPDX-License-Identifier: MIT
-- Weak tables (manual 2.5.2): what a full collection takes out of them.

local function count(t)
  local n = 0
  for _ in pairs(t) do n = n + 1 end
  return n
end
local function weak(mode, t) return setmetatable(t or {}, { __mode = mode }) end
local keep, keep2 = {}, {}

-- values, in the array and in the hash
local v = weak("v")
v[1], v[2], v[3], v[4], v[5], v[6] = {}, "string", 42, true, keep, function() return v end
v.a, v.b, v.c, v.d = {}, keep, coroutine.create(print), print
v[keep2], v[{}] = 1, 2
collectgarbage()
print(v[1], v[2], v[3], v[4], v[5] == keep, v[6]) -- expect: nil	string	42	true	true	nil
print(v.a, v.b == keep, v.c, v.d == print) -- expect: nil	true	nil	true
print(v[keep2], count(v)) -- expect: 1	8
-- strings and numbers are values, whatever made them
v[("x"):rep(100)] = ("y"):rep(100)
collectgarbage()
print(v[("x"):rep(100)] == ("y"):rep(100)) -- expect: true

-- keys
local k = weak("k")
k[{}], k[keep], k.name, k[1], k[2.5] = 1, 2, 3, {}, {}
k[function() return k end], k[coroutine.create(print)] = 4, 5
collectgarbage()
print(count(k), k[keep], k.name, type(k[1]), type(k[2.5])) -- expect: 4	2	3	table	table

-- both
local b = weak("kv")
b[{}], b[keep], b[1], b[2], b[keep2] = keep, {}, {}, keep, keep
collectgarbage()
print(count(b), b[keep], b[1], b[2] == keep, b[keep2] == keep) -- expect: 2	nil	nil	true	true

-- the mode is a string with a k or a v in it; other values mean nothing
for _, mode in ipairs { "", "x", "K", "xvy", "keys", 1, true } do
  local t = weak(mode)
  t[{}] = 1
  t.x = {}
  collectgarbage()
  print(tostring(mode), count(t), t.x ~= nil)
  -- expect: 	2	true
  -- expect: x	2	true
  -- expect: K	2	true
  -- expect: xvy	1	false
  -- expect: keys	1	true
  -- expect: 1	2	true
  -- expect: true	2	true
end

-- a table may become weak after it got its metatable, and stop being so
do
  local meta = {}
  local t = setmetatable({ {}, {} }, meta)
  collectgarbage()
  print(#t) -- expect: 2
  meta.__mode = "v"
  collectgarbage()
  print(#t) -- expect: 0
  t[1] = {}
  meta.__mode = nil
  collectgarbage()
  print(#t) -- expect: 1
end

-- ephemerons: a value that leads to its own key keeps nothing alive
do
  local e = weak("k")
  do
    local key = {}
    e[key] = { key }
    local a, z = {}, {}
    e[a], e[z] = { z }, { a }
  end
  collectgarbage()
  print(count(e)) -- expect: 0
  -- but a chain from a live key is live
  local first = {}
  local at = first
  for i = 1, 20 do
    e[at] = { i }
    at = e[at]
  end
  at = nil
  collectgarbage()
  print(count(e)) -- expect: 20
  -- across two tables, either way round
  local f = weak("k")
  local x = {}
  for i = 1, 10 do
    f[x] = {}
    e[f[x]] = {}
    x = e[f[x]]
    if i == 1 then first = { first, x } end
  end
  collectgarbage()
  print(count(e), count(f)) -- expect: 29	9
end

-- weak references do not keep; locals, upvalues, varargs, coroutines and arguments do
local w = weak("v")
local function argument(a)
  collectgarbage()
  return w.argument ~= nil, a ~= nil
end
w.argument = {}
print(argument(w.argument)) -- expect: true	true
local function varargs(...)
  collectgarbage()
  return w.vararg == ...
end
w.vararg = {}
print(varargs(w.vararg, 1, 2)) -- expect: true
do
  local up = {}
  w.upvalue = up
  w.fn = function() return up end
  local fn = w.fn
  up = nil
  collectgarbage()
  print(w.upvalue, w.fn == fn) -- expect: nil	true
end
local co = coroutine.wrap(function()
  local mine = {}
  w.inside = mine
  coroutine.yield()
  local ok = w.inside == mine
  mine = nil
  coroutine.yield(ok)
end)
co()
collectgarbage()
print(co()) -- expect: true
collectgarbage()
print(w.inside) -- expect: nil
-- from within a coroutine: what the one that resumed it holds is live
local outer = {}
w.outer = outer
print(coroutine.wrap(function() -- expect: true	true
  local inner = {}
  w.inner = inner
  collectgarbage()
  return w.outer == outer, w.inner == inner
end)())
-- in a metamethod, an iterator, a sort, a gsub
local probe = setmetatable({}, { __add = function(a, x)
  collectgarbage()
  return w.operand == x
end })
w.operand = {}
print(probe + w.operand) -- expect: true
for x in function(_, last)
  if last then return nil end
  w.state = {}
  collectgarbage()
  return w.state == nil and "gone" or "there"
end do print(x) end -- expect: gone
w.sorted = {}
local list = { { 2, w.sorted }, { 1 }, { 3 } }
table.sort(list, function(a, c)
  collectgarbage()
  return a[1] < c[1]
end)
print(w.sorted == list[2][2], list[1][1], list[3][1]) -- expect: true	1	3
print((("abc"):gsub("%w", function(c) -- expect: a.b.c.
  local t = { c }
  w[c] = t
  collectgarbage()
  return w[c][1] .. "."
end)))

-- entries that go away do not disturb a traversal
local many = weak("k")
for i = 1, 200 do many[{}] = i end
many[keep] = 0
local seen = 0
for _ in pairs(many) do
  seen = seen + 1
  if seen == 3 then collectgarbage() end
end
print(seen >= 3, many[keep]) -- expect: true	0
collectgarbage()
print(count(many)) -- expect: 1
