-- The numeric for loop.

local function run(a, b, c) -- helper
  local t = {}
  if c then for i = a, b, c do t[#t + 1] = i if #t > 8 then break end end
  else for i = a, b do t[#t + 1] = i if #t > 8 then break end end end
  print(table.concat(t, " "))
end

run(1, 5) -- expect: 1 2 3 4 5
run(5, 1) -- expect:
run(3, 3) -- expect: 3
run(5, 1, -1) -- expect: 5 4 3 2 1
run(1, 5, 2) -- expect: 1 3 5
run(1, 6, 2) -- expect: 1 3 5
run(10, 1, -3) -- expect: 10 7 4 1
run(1, 5, -1) -- expect:
run(-3, 3, 3) -- expect: -3 0 3
run(0, 1, 0.25) -- expect: 0 0.25 0.5 0.75 1
run(0.5, 3) -- expect: 0.5 1.5 2.5
run(1, 0.1, -0.3) -- expect: 1 0.7 0.4
run(1, 3.9) -- expect: 1 2 3
run(1, 0.99) -- expect:
run(0, -0) -- expect: 0
run(2 ^ 53 - 1, 2 ^ 53 + 2, 2)
-- expect: 9.007199254741e+15 9.007199254741e+15 9.007199254741e+15
run(1e15, 1e15 + 2) -- expect: 1e+15 1e+15 1e+15

-- a step of 0 counts as one downwards: none when start < limit, else for ever
run(1, 5, 0) -- expect:
run(5, 1, 0) -- expect: 5 5 5 5 5 5 5 5 5

-- infinities and NaN
run(1, math.huge) -- expect: 1 2 3 4 5 6 7 8 9
run(1, -math.huge) -- expect:
run(-1, -math.huge, -1) -- expect: -1 -2 -3 -4 -5 -6 -7 -8 -9
run(math.huge, math.huge) -- expect: inf inf inf inf inf inf inf inf inf
run(1, 0 / 0) -- expect:
run(0 / 0, 1) -- expect:
run(1, 5, 0 / 0) -- expect:
run(1, 5, math.huge) -- expect:
run(-math.huge, 0) -- expect: -inf -inf -inf -inf -inf -inf -inf -inf -inf

-- the expressions are evaluated once, in order, before the loop
do
  local log = {}
  local function v(name, n) log[#log + 1] = name return n end
  for i = v("start", 1), v("limit", 3), v("step", 1) do log[#log + 1] = i end
  print(table.concat(log, " ")) -- expect: start limit step 1 2 3
  local limit, n = 3, 0
  for i = 1, limit do limit = 10 n = n + 1 end
  print(n, limit) -- expect: 3	10
end

-- the variable is local to the body, and assigning to it does not matter
do
  local i = "outer"
  local t = {}
  for i = 1, 3 do t[#t + 1] = i i = i * 10 t[#t + 1] = i end
  print(i, table.concat(t, " ")) -- expect: outer	1 10 2 20 3 30
end

-- accumulated floating-point steps are PUC's: repeated addition
do
  local n, last = 0
  for x = 0, 1, 0.1 do n = n + 1 last = x end
  print(n, last, last == 1) -- expect: 11	1	false
  n = 0
  for x = 1, 0, -0.1 do n = n + 1 end
  print(n) -- expect: 11
end

-- strings are converted, other values are errors
run("1", 3) -- expect: 1 2 3
run(1, "3", "2") -- expect: 1 3
local function err(a, b, c) -- helper
  print((select(2, pcall(function() for i = a, b, c do end end)):gsub("^[^:]*:%d+: ", "")))
end
err({}, 1, 1) -- expect: 'for' initial value must be a number
err("x", 1, 1) -- expect: 'for' initial value must be a number
err(1, {}, 1) -- expect: 'for' limit must be a number
err(1, "x", 1) -- expect: 'for' limit must be a number
err(1, 2, {}) -- expect: 'for' step must be a number
err(1, 2, "x") -- expect: 'for' step must be a number
err(nil, 1, 1) -- expect: 'for' initial value must be a number
err(1, nil, 1) -- expect: 'for' limit must be a number
err(1, 2, nil) -- expect: 'for' step must be a number
err(1, 2, true) -- expect: 'for' step must be a number

-- nested, with return and break inside
local function find(n)
  for i = 1, n do
    for j = 1, n do
      if i * j == 12 and i > j then return i, j end
    end
  end
end
print(find(10)) -- expect: 4	3
print(find(2)) -- expect:
local count = 0
for i = 1, 100 do
  for j = i, 100 do
    if j - i > 2 then break end
    count = count + 1
  end
end
print(count) -- expect: 297

-- a sum over many iterations, with calls and without
local sum = 0
for i = 1, 100000 do sum = sum + i end
print(sum) -- expect: 5000050000
local function add(a, b) return a + b end
sum = 0
for i = 100000, 1, -1 do sum = add(sum, i) end
print(sum) -- expect: 5000050000
sum = 0
for i = 1, 1000 do for j = 1, 100 do sum = sum + i % j end end
print(sum) -- expect: 2449478

-- closures over the variable, yields in the body
local fs = {}
for i = 1, 3 do fs[#fs + 1] = function() return i end end
print(fs[1](), fs[2](), fs[3]()) -- expect: 1	2	3
local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end return "end" end)
print(co(), co(), co(), co()) -- expect: 1	2	3	end
