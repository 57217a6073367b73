-- The generic for loop, while and repeat.

-- an iterator is called with the state and the control variable
local function iter(state, control)
  control = control + 1
  if control <= #state then return control, state[control], "extra" end
end
for i, v, e, missing in iter, { "a", "b" }, 0 do print(i, v, e, missing) end
-- expect: 1	a	extra	nil
-- expect: 2	b	extra	nil

-- stateless, closure, coroutine iterators
local function range(n)
  local i = 0
  return function() i = i + 1 if i <= n then return i end end
end
local t = {}
for i in range(4) do t[#t + 1] = i end
print(table.concat(t, " ")) -- expect: 1 2 3 4
t = {}
for v in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i * i) end end) do t[#t + 1] = v end
print(table.concat(t, " ")) -- expect: 1 4 9

-- ends at the first nil, not at false
local seq, k = { 1, false, 3 }, 0
t = {}
for v in function() k = k + 1 return seq[k] end do t[#t + 1] = tostring(v) end
print(table.concat(t, " ")) -- expect: 1 false 3
for _ in function() end do print("never") end

-- explist gives three values; more are dropped, the generator is evaluated once
local log = {}
local function gen(...) log[#log + 1] = "gen" return ... end
for i in gen(iter, { 1, 2, 3 }, 0, "ignored") do log[#log + 1] = i end
print(table.concat(log, " ")) -- expect: gen 1 2 3
for i, v in gen(iter), { "x" }, 0 do print(i, v) end -- expect: 1	x

-- the control variable is a copy: assigning to it does not disturb the loop
t = {}
for i, v in ipairs({ "a", "b", "c" }) do t[#t + 1] = i i = 100 end
print(table.concat(t, " ")) -- expect: 1 2 3

-- pairs: every key once
local keys = {}
for key, value in pairs({ 10, 20, 30, x = 1, y = 2, [1.5] = 3, [true] = 4 }) do
  keys[#keys + 1] = tostring(key) .. "=" .. value
end
table.sort(keys)
print(table.concat(keys, " ")) -- expect: 1.5=3 1=10 2=20 3=30 true=4 x=1 y=2
for _ in pairs({}) do print("never") end

-- ipairs stops at the first nil; it does not see string keys
t = {}
for i, v in ipairs({ 1, 2, nil, 4, x = 5 }) do t[#t + 1] = v end
print(#t) -- expect: 2
local growing = { 1 }
for i, v in ipairs(growing) do if i < 5 then growing[i + 1] = v * 2 end end
print(#growing, growing[5]) -- expect: 5	16

-- assigning to existing fields and clearing them during pairs
local big = {}
for i = 1, 100 do big[i] = i big["k" .. i] = i end
local n = 0
for key, v in pairs(big) do n = n + 1 big[key] = v * 2 end
print(n, big[100], big.k50) -- expect: 200	200	100
n = 0
for key in pairs(big) do n = n + 1 big[key] = nil end
print(n, next(big), #big) -- expect: 200	nil	0

-- next
print(next({}), next({ 10 }), next({ 10 }, 1)) -- expect: nil	1	nil
print(type(next), rawequal(next, (pairs({}))), select("#", pairs({})))
-- expect: function	true	3

-- call metamethod as iterator
local callable = setmetatable({ n = 0 }, { __call = function(self, s, c)
  self.n = self.n + 1
  if self.n <= 3 then return self.n, s end
end })
t = {}
for i, s in callable, "state" do t[#t + 1] = i .. s end
print(table.concat(t, " ")) -- expect: 1state 2state 3state

-- errors: not callable
print(pcall(function() for i in 5 do end end))
-- expect: false	generic_for.lua:85: attempt to call a number value
print(pcall(function() for i in nil do end end))
-- expect: false	generic_for.lua:87: attempt to call a nil value
print(pcall(function() for i in {} do end end))
-- expect: false	generic_for.lua:89: attempt to call a table value
print(pcall(function() local tab = {} for k, v in tab do end end))
-- expect: false	generic_for.lua:91: attempt to call a table value
print(pcall(function() for k in pairs(nil) do end end))
-- expect: false	generic_for.lua:93: bad argument #1 to 'pairs' (table expected, got nil)
print(pcall(function() for k in ipairs() do end end))
-- expect: false	generic_for.lua:95: bad argument #1 to 'ipairs' (table expected, got no value)

-- break, return and goto out of the loop; nested loops over one table
local function find(tab, x)
  for i, v in ipairs(tab) do if v == x then return i end end
  return nil, "none"
end
print(find({ 5, 6, 7 }, 6)) -- expect: 2
print(find({ 5, 6, 7 }, 8)) -- expect: nil	none
n = 0
local square = { 1, 2, 3 }
for _ in pairs(square) do for _ in pairs(square) do n = n + 1 end end
print(n) -- expect: 9
for i in range(10) do if i == 3 then n = i break end end
print(n) -- expect: 3

-- each iteration has fresh variables
local fs = {}
for i, v in ipairs({ "x", "y" }) do fs[i] = function() v = v .. i return v end end
print(fs[1](), fs[1](), fs[2]()) -- expect: x1	x11	y2

-- while and repeat
n = 0
while n < 5 do n = n + 1 end
print(n) -- expect: 5
while false do print("never") end
while nil do print("never") end
repeat n = n - 1 until n == 2
print(n) -- expect: 2
repeat local stop = true until stop
n = 0
while true do
  n = n + 1
  if n > 3 then
    repeat n = n + 1 if n > 8 then break end until false
    break
  end
end
print(n) -- expect: 9
local function first_power(limit)
  local p = 1
  while p do
    p = p * 2
    if p > limit then return p end
  end
end
print(first_power(1000)) -- expect: 1024
