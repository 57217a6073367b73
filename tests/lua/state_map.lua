-- moonlet-only: state.map: one world, many inputs, every thread.
local state = require "state"
base = {}
for i = 1, 100 do base[i] = { v = i } end

local function work(x)
  local seen = base[x].v
  base[x].v = -1
  local sum = 0
  for i = 1, 1000 do sum = sum + i % x end
  local t = {}
  for i = 1, 100 do t[i] = { i, tostring(i) } end
  return { x = x, sum = sum, ref = base[x], seen = seen, last = t[100][2] }
end

local list = {}
for i = 1, 100 do list[i] = i end
local one, errors = state.map(work, list, { threads = 1 })
print(#one, errors) -- expect: 100	nil
print(one[7].x, one[7].sum, one[7].ref == base[7], one[7].seen, one[7].last) -- expect: 7	3003	true	7	100
print(base[7].v) -- expect: 7

-- the same whatever the number of threads
local same = true
for threads = 2, 5 do
  local many = state.map(work, list, { threads = threads })
  for i = 1, 100 do
    same = same and many[i].sum == one[i].sum and many[i].ref == base[i] and many[i].seen == i
  end
end
print(same) -- expect: true

-- an item fails alone
local r, e = state.map(function(x)
  if x == 2 then error("bad " .. x, 0) elseif x == 3 then while true do end end
  return x * 10
end, { 1, 2, 3, 4 }, { steps = 10000 })
print(r[1], r[2], r[3], r[4]) -- expect: 10	false	false	40
print(e[1], e[2], e[3], e[4]) -- expect: nil	bad 2	out of steps	nil

-- coroutines suspended in the world go on in each fork
co = coroutine.wrap(function() for i = 1, 10 do coroutine.yield(i) end end)
co()
r = state.map(function(x) local last for _ = 1, x do last = co() end return last end, { 1, 2, 3 })
print(r[1], r[2], r[3], co()) -- expect: 2	3	4	2

print(#state.map(print, {})) -- expect: 0
print(pcall(state.map)) -- expect: false	bad argument #1 to 'state.map' (value expected)
print(pcall(state.map, print)) -- expect: false	bad argument #2 to 'state.map' (table expected, got no value)
print(pcall(state.map, print, {}, { threads = {} })) -- expect: false	bad argument #3 to 'state.map' (invalid option 'threads')
