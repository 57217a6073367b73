-- Closures: captured variables are shared, fresh in each iteration, and outlive scopes.

local function counter(n)
  return function() n = n + 1 return n end
end
local c1, c2 = counter(0), counter(10)
print(c1(), c1(), c2(), c1(), c2()) -- expect: 1	2	11	3	12

-- two closures share one variable
local function pair(v)
  return function() return v end, function(x) v = x end
end
local get, set = pair(1)
local get2, set2 = pair("other")
set(5); set2("changed")
print(get(), get2()) -- expect: 5	changed

-- closure and enclosing function share it too
do
  local v = 1
  local function inc() v = v + 1 end
  inc(); inc()
  v = v * 10
  inc()
  print(v) -- expect: 31
end

-- loops: each iteration has its own variable
local fs = {}
for i = 1, 3 do fs[i] = function() i = i + 10 return i end end
print(fs[1](), fs[1](), fs[2](), fs[3]()) -- expect: 11	21	12	13
for k, v in ipairs({ "a", "b", "c" }) do fs[k] = function() return k .. v end end
print(fs[1](), fs[2](), fs[3]()) -- expect: 1a	2b	3c
local n = 1
while n <= 3 do
  local j = n
  fs[n] = function() j = j + 1 return j end
  n = n + 1
end
print(fs[1](), fs[1](), fs[2](), fs[3]()) -- expect: 2	3	3	4
n = 1
repeat
  local j = n * 100
  fs[n] = function() return j end
  n = n + 1
until j >= 300
print(fs[1](), fs[2](), fs[3]()) -- expect: 100	200	300

-- changing the loop variable in the body does not change the loop
local seen = {}
for i = 1, 3 do
  local f = function() i = i * 100 end
  f()
  seen[#seen + 1] = i
end
print(table.concat(seen, " ")) -- expect: 100 200 300

-- variables captured before and after assignment, through several levels
local function outer()
  local a = 1
  local function middle()
    local b = 2
    local function inner()
      a, b = a + 1, b + a
      return a, b
    end
    return inner
  end
  local i1, i2 = middle(), middle()
  return i1, i2, function() return a end
end
local i1, i2, ga = outer()
print(i1()) -- expect: 2	3
print(i2()) -- expect: 3	4
print(i1()) -- expect: 4	6
print(ga()) -- expect: 4

-- a captured variable that never changes
local constant = "const"
local function use() return constant .. "!" end
print(use(), (function() return (function() return constant end)() end)())
-- expect: const!	const

-- parameters and varargs captured
local function compose(f, g) return function(...) return f(g(...)) end end
local add1 = function(x) return x + 1 end
local double = function(x) return x * 2 end
print(compose(add1, double)(5), compose(double, add1)(5), compose(compose(add1, add1), double)(1))
-- expect: 11	12	4
local function curry(f, x) return function(...) return f(x, ...) end end
print(curry(math.max, 5)(1, 9, 3), curry(curry(select, 2), "a")("b", "c")) -- expect: 9	b	c

-- break and goto leave a scope whose variables were captured
local kept
for i = 1, 10 do
  local v = i * 2
  kept = function() v = v + 1 return v end
  if i == 4 then break end
end
print(kept(), kept()) -- expect: 9	10
do
  local k, gs = 0, {}
  ::again::
  local v = k
  gs[#gs + 1] = function() v = v + 1 return v end
  k = k + 1
  if k < 3 then goto again end
  print(gs[1](), gs[1](), gs[2](), gs[3]()) -- expect: 1	2	2	3
end

-- recursion through an upvalue; mutual recursion
local function fib(m) if m < 2 then return m end return fib(m - 1) + fib(m - 2) end
print(fib(15)) -- expect: 610
local isodd
local function iseven(m) if m == 0 then return true end return isodd(m - 1) end
function isodd(m) if m == 0 then return false end return iseven(m - 1) end
print(iseven(100), isodd(7)) -- expect: true	true

-- a local function reassigned while it runs
local function self() self = function() return "second" end return "first" end
print(self(), self()) -- expect: first	second

-- accumulate over an upvalue in a loop; swap upvalues
local sum, old = 0, -1
local function step(x) sum, old = sum + x, sum end
for i = 1, 100 do step(i) end
print(sum, old) -- expect: 5050	4950
local function swap() sum, old = old, sum end
swap()
print(sum, old) -- expect: 4950	5050

-- closures in tables and as methods
local account = (function()
  local balance = 0
  return {
    deposit = function(x) balance = balance + x return balance end,
    balance = function() return balance end,
  }
end)()
account.deposit(100); account.deposit(50)
print(account.balance()) -- expect: 150

-- each evaluation makes a new variable, also in nested loops
local grid = {}
for i = 1, 2 do for j = 1, 2 do grid[#grid + 1] = function() j = j + i return j end end end
print(grid[1](), grid[2](), grid[3](), grid[4](), grid[1](), grid[4]()) -- expect: 2	3	3	4	3	6

-- an uninitialised local in a loop starts as nil each time
local nils = 0
for i = 1, 3 do
  local v
  if v == nil then nils = nils + 1 end
  local function setv() v = i end
  setv()
end
print(nils) -- expect: 3

-- upvalues of a coroutine's function
local shared = 0
local co = coroutine.wrap(function() while true do shared = shared + 1 coroutine.yield(shared) end end)
co(); shared = 10
print(co(), shared) -- expect: 11	11

-- immediately called functions
print((function(...) return select("#", ...), ... end)(1, nil, 3)) -- expect: 3	1	nil	3
print((function() local x = 1; return (function() x = x + 1; return x end)() + x end)())
-- expect: 4
