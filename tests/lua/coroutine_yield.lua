-- Yields across everything: pcall, metamethods, iterators, library callbacks, nesting.

local yield, wrap = coroutine.yield, coroutine.wrap

-- pcall and xpcall
local co = wrap(function()
  local r1 = { pcall(function(x) local y = yield(x) return y, "ok" end, "p1") }
  local r2 = { pcall(function() yield("p2") error("e2", 0) end) }
  local r3 = { pcall(function() return pcall(function() yield("p3") error("inner", 0) end) end) }
  local r4 = { xpcall(function(...) yield("p4") error("e4", 0) end, function(m) return "H" .. m end) }
  local r5 = { xpcall(function(...) return yield(...) end, print, "p5") }
  return table.concat({ tostring(r1[1]), r1[2], r1[3], r2[2], tostring(r3[2]), r3[3], r4[2], r5[2] }, " ")
end)
print(co(), co("v1"), co(), co(), co()) -- expect: p1	p2	p3	p4	p5
print(co("v5")) -- expect: true v1 ok e2 false inner He4 v5

-- an error caught after many yields; locals survive
co = wrap(function()
  local total = 0
  local ok, e = pcall(function()
    for i = 1, 5 do total = total + yield(i) end
    error("sum " .. total, 0)
  end)
  return e
end)
print(co(), co(10), co(20), co(30), co(40), co(50)) -- expect: 1	2	3	4	5	sum 150

-- iterators of for loops
local function gen(n) return wrap(function() for i = 1, n do yield(i) end end) end
co = wrap(function()
  local s = 0
  for i in gen(4) do s = s + i yield("at " .. i) end
  for k, v in function(_, c) return yield("iter", c) end, nil, "init" do s = s + v end
  return s
end)
print(co(), co(), co(), co()) -- expect: at 1	at 2	at 3	at 4
print(co()) -- expect: iter	init
print(co("k1", 100)) -- expect: iter	k1
print(co("k2", 200)) -- expect: iter	k2
print(co(nil)) -- expect: 310

-- metamethods
local mt = { __index = function(_, k) return yield("get " .. k) end,
  __newindex = function(t, k, v) rawset(t, k, yield("set " .. k) .. v) end,
  __call = function(_, a) return yield("call " .. a) end,
  __eq = function() return yield("eq") end, __lt = function() return yield("lt") end,
  __concat = function() return yield("concat") end, __unm = function() return yield("unm") end,
  __len = function() return yield("len") end, __add = function() return yield("add") end }
local a, b = setmetatable({}, mt), setmetatable({}, mt)
co = wrap(function()
  local r = {}
  r[#r + 1] = a.field
  a.x = "v"
  r[#r + 1] = a.x
  r[#r + 1] = a("arg")
  r[#r + 1] = tostring(a == b)
  r[#r + 1] = tostring(a < b)
  r[#r + 1] = a .. "s"
  r[#r + 1] = -a
  r[#r + 1] = #a
  r[#r + 1] = a + 1
  return table.concat(r, ",")
end)
local asked, reply = {}, co()
local n = 0
while not reply:find(",") do
  asked[#asked + 1] = reply
  n = n + 1
  reply = co("r" .. n)
end
print(table.concat(asked, "; "))
-- expect: get field; set x; call arg; eq; lt; concat; unm; len; add
print(reply) -- expect: r1,r2v,r3,true,true,r6,r7,r8,r9

-- function calls at any depth, in the middle of expressions
local function add(...) local s = 0 for i = 1, select("#", ...) do s = s + (select(i, ...)) end return s end
co = wrap(function(x)
  return add(x, yield(1), add(yield(2), 10), yield(3)) * yield(4) - yield(5)
end)
print(co(100), co(1), co(2), co(3), co(2)) -- expect: 1	2	3	4	5
print(co(6)) -- expect: 226

-- deep recursion with a yield at the bottom and on the way up
local function down(k) if k == 0 then return yield("bottom") end return 1 + down(k - 1) end
co = wrap(function() return down(1000) end)
print(co(), co(5)) -- expect: bottom	1005
local function tree(t) if t then tree(t.left) yield(t.key) tree(t.right) end end
local function insert(t, k)
  if not t then return { key = k } end
  if k < t.key then t.left = insert(t.left, k) else t.right = insert(t.right, k) end
  return t
end
local root
for _, k in ipairs({ 5, 2, 8, 1, 9, 3 }) do root = insert(root, k) end
local out = {}
for k in wrap(function() tree(root) end) do out[#out + 1] = k end
print(table.concat(out, " ")) -- expect: 1 2 3 5 8 9

-- coroutines in coroutines: yield goes to the nearest resume
local inner = wrap(function() yield("i1") yield("i2") end)
co = wrap(function() yield(inner()) yield("o1") yield(inner()) end)
print(co(), co(), co()) -- expect: i1	o1	i2
local function chain(level)
  return wrap(function()
    if level == 0 then for i = 1, 3 do yield(i) end
    else for v in chain(level - 1) do yield(v * 2) end end
  end)
end
out = {}
for v in chain(10) do out[#out + 1] = v end
print(table.concat(out, " ")) -- expect: 1024 2048 3072

-- resume inside pcall, pcall inside resume, error through several coroutines
co = coroutine.create(function()
  local c2 = wrap(function() yield("from c2") error("deep error", 0) end)
  yield(c2())
  local ok, e = pcall(c2)
  yield(e)
  c2()
end)
print(coroutine.resume(co)) -- expect: true	from c2
print(coroutine.resume(co)) -- expect: true	deep error
print((select(2, coroutine.resume(co)):gsub("^.-:%d+: ", "")), coroutine.status(co))
-- expect: cannot resume dead coroutine	dead

-- not from the main program; in a tail call
print(pcall(yield, "main")) -- expect: false	attempt to yield from outside a coroutine
print(select(2, coroutine.resume(coroutine.create(function() for k, v in pairs({}) do end return yield("fine") end))))
-- expect: fine

-- yield from a vararg function, a method, a closure in a loop
co = wrap(function(...)
  local obj = { v = 1 }
  function obj:step(...) self.v = self.v + yield(select("#", ...)) return self.v end
  local function va(...) yield(...) return select("#", ...) end
  local x = obj:step(1, 2)
  local y = obj:step(...)
  local fs = {}
  for i = 1, 2 do fs[i] = function() return yield(i) end end
  return x, y, va("a", "b", nil), fs[1](), fs[2]()
end)
print(co(nil, nil, nil)) -- expect: 2
print(co(10)) -- expect: 3
print(co(100)) -- expect: a	b	nil
print(co()) -- expect: 1
print(co("f1")) -- expect: 2
print(co("f2")) -- expect: 11	111	3	f1	f2
