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

-- coroutines and functions come out
local cos = state.map(function(x)
  local co = coroutine.create(function() for i = x, 100 do coroutine.yield(i) end end)
  coroutine.resume(co)
  return co
end, { 10, 20 })
print(coroutine.resume(cos[2])) -- expect: true	21
print(coroutine.resume(cos[1])) -- expect: true	11

-- a map within a map
r = state.map(function(x)
  local inner = state.map(function(y) return y * x end, { 1, 2, 3 })
  return inner[1] + inner[2] + inner[3]
end, { 1, 10 })
print(r[1], r[2]) -- expect: 6	60

-- processes: the same, but for functions, coroutines and userdata made by an item
local meta = { __index = { name = "meta" } }
local function pack(x)
  local t = setmetatable({ x = x, list = { 1, 2.5, -3, "s", true, false }, ref = base[x] }, meta)
  t.self, t[t.list] = t, "key"
  t.list[8], t[-1], t[0.5] = 8, 1 / 0, -1 / 0
  return t
end
for _, options in ipairs({ { threads = 2 }, { processes = 2 }, { processes = 1 } }) do
  r, e = state.map(pack, { 5, 6, 7 }, options)
  local t = r[3]
  print(e, t.x, #t.list, t.list[2], t.list[3], t.list[8], t[-1], t[0.5], t.name)
  print(t.ref == base[7], t.self == t, t[t.list], t.list[5], t.list[6], getmetatable(t) == meta)
end
-- expect: nil	7	8	2.5	-3	8	inf	-inf	meta
-- expect: true	true	key	true	false	true
-- expect: nil	7	8	2.5	-3	8	inf	-inf	meta
-- expect: true	true	key	true	false	true
-- expect: nil	7	8	2.5	-3	8	inf	-inf	meta
-- expect: true	true	key	true	false	true
r, e = state.map(function(x)
  if x == 1 then error({ code = 5 }) elseif x == 2 then return { f = function() end }
  elseif x == 3 then while true do end elseif x == 4 then os.exit(3) end
  return x
end, { 1, 2, 3, 4, 5, 6 }, { processes = 2, steps = 10000 })
print(r[1], r[2], r[3], r[4], r[5], r[6]) -- expect: false	false	false	false	5	6
print(e[1].code, e[2]) -- expect: 5	a function cannot leave its process (threads can share it): value.f
print(e[3], e[4], e[5]) -- expect: out of steps	the process ended with status 3	nil

-- what a process cannot give is an error that says where it is, and what can
local refused = {
  { io.tmpfile, "userdata" }, { state.snapshot, "userdata" },
  { function() return coroutine.create(print) end, "coroutine" },
  { function() return { { [print] = function() end } } end, "function" },
  { function() return setmetatable({}, { __index = function() end }) end, "function" },
}
for _, case in ipairs(refused) do
  r, e = state.map(case[1], { 1 }, { processes = 1 })
  print(r[1], e[1])
  r, e = state.map(case[1], { 1 }, { threads = 1 })
  assert(r[1] and not e)
end
-- expect: false	a userdata cannot leave its process (threads can share it): value
-- expect: false	a userdata cannot leave its process (threads can share it): value
-- expect: false	a coroutine cannot leave its process (threads can share it): value
-- expect: false	a function cannot leave its process (threads can share it): value[1][function]
-- expect: false	a function cannot leave its process (threads can share it): value.<metatable>.__index

-- an item may go back to before the map: what the program then returns is its result
local before, again = state.snapshot()
if again then return again * 10 end
for _, how in ipairs { { threads = 2 }, { processes = 2 } } do
  r, e = state.map(function(x) state.restore(before, x) end, { 1, 2, 3 }, how)
  print(r[1], r[2], r[3], e)
end
-- expect: 10	20	30	nil
-- expect: 10	20	30	nil

-- NaN has its sign, in whatever way it comes
local nan, minus = tostring(0 / 0), tostring(-(0 / 0))
for _, how in ipairs { { threads = 2 }, { processes = 2 } } do
  r = state.map(function(x) return x * (0 / 0) end, { 1, -1 }, how)
  r[3] = state.map(function(x) return -(0 / 0) end, { 1 }, how)[1]
  print(tostring(r[1]) == nan, tostring(r[3]) == minus)
end
-- expect: true	true
-- expect: true	true

print(#state.map(print, {})) -- expect: 0
print(#state.map(print, {}, { processes = 3 })) -- expect: 0
print(pcall(state.map)) -- expect: false	bad argument #1 to 'state.map' (value expected)
print(pcall(state.map, print)) -- expect: false	bad argument #2 to 'state.map' (table expected, got no value)
print(pcall(state.map, print, {}, { threads = {} })) -- expect: false	bad argument #3 to 'state.map' (invalid option 'threads')

-- Maps within maps take turns on one C stack: as many as fit, on any number of threads.
for _, threads in ipairs { 1, 2 } do
  local depth = 0
  local function deeper(n)
    local r, errors = state.map(deeper, { n + 1 }, { threads = threads })
    return r[1] or (n .. ' ' .. tostring(errors and errors[1]))
  end
  local ok, m = pcall(deeper, 1)
  print(threads, ok, m)
end
-- expect: 1	true	22 state_map.lua:141: C stack overflow
-- expect: 2	true	22 state_map.lua:141: C stack overflow
