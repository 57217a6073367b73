-- Shapes of work on integer keys: nanoseconds for one operation at a size, the best of rounds.
--   lua cliffs.lua           the names of the cases, in order
--   lua cliffs.lua CASE N
local cases, order = {}, {}
local function case(name, f)
  cases[name] = f
  order[#order + 1] = name
end

-- Each gets a size, and gives a function that does the work and how many operations that is.
case("fill 1..n", function(n)
  return function() local t = {} for i = 1, n do t[i] = i end end, n
end)
case("append #t+1", function(n)
  return function() local t = {} for i = 1, n do t[#t + 1] = i end end, n
end)
case("fill 2..n", function(n)
  return function() local t = {} for i = 2, n do t[i] = i end end, n
end)
case("read 2..n", function(n)
  local t = {}
  for i = 2, n do t[i] = i end
  return function() local s = 0 for i = 2, n do s = s + t[i] end end, n
end)
case("fill n..1", function(n)
  return function() local t = {} for i = n, 1, -1 do t[i] = i end end, n
end)
case("fill even, odd", function(n)
  return function()
    local t = {}
    for i = 2, n, 2 do t[i] = i end
    for i = 1, n, 2 do t[i] = i end
  end, n
end)
case("fill at random", function(n)
  local keys, x = {}, 1
  for i = 1, n do keys[i] = i end
  for i = n, 2, -1 do
    x = x * 16807 % 2147483647
    local j = x % i + 1
    keys[i], keys[j] = keys[j], keys[i]
  end
  return function() local t = {} for i = 1, n do t[keys[i]] = i end end, n
end)
case("fill 0..n", function(n)
  return function() local t = {} for i = 0, n do t[i] = i end end, n
end)
case("queue", function(n)
  local t = {}
  for i = 1, n do t[i] = i end
  local head, tail = 1, n
  return function()
    for _ = 1, n do
      tail = tail + 1
      t[tail] = tail
      t[head] = nil
      head = head + 1
    end
  end, n
end)
case("short queue", function(n)
  return function()
    local t, head, tail = {}, 1, 0
    for i = 1, 10 do tail = tail + 1 t[tail] = i end
    for i = 1, n do
      tail = tail + 1
      t[tail] = i
      t[head] = nil
      head = head + 1
    end
  end, n
end)
case("fill, cut from end", function(n)
  return function()
    local t = {}
    for i = 1, n do t[i] = i end
    for i = n, 1, -1 do t[i] = nil end
  end, 2 * n
end)
case("push, pop at #t", function(n)
  return function()
    local t = {}
    for i = 1, n do t[#t + 1] = i end
    for _ = 1, n do t[#t] = nil end
  end, 2 * n
end)
case("clear, fill again", function(n)
  local t = {}
  for i = 1, n do t[i] = i end
  return function()
    for i = 1, n do t[i] = nil end
    for i = 1, n do t[i] = i end
  end, 2 * n
end)
case("sparse keys", function(n)
  return function() local t = {} for i = 1, n do t[i * 1000] = i end end, n
end)
case("negative keys", function(n)
  return function() local t = {} for i = 1, n do t[-i] = i end end, n
end)

local name, n = arg[1], tonumber(arg[2])
if not name then
  print(table.concat(order, "\n"))
  return
end
local work, operations = cases[name](n)
local repeats, best = math.max(1, math.floor(1e5 / n)), math.huge
local deadline = os.clock() + 0.25
repeat
  local before = os.clock()
  for _ = 1, repeats do work() end
  best = math.min(best, (os.clock() - before) / repeats)
until os.clock() > deadline
print(string.format("%.1f", best / operations * 1e9))
