-- `#` of tables with holes is the border that PUC Lua 5.2 finds: sums over many tables, in
-- which every border counts.
local sum
local function add(n) sum = (sum * 31 + n + 1) % 1000000007 end
local function sum_of(f, ...) sum = 0 f(...) return sum end

-- all sequences of assignments of nil and true to the keys 0 to 6
local function sequences(length)
  local steps = {}
  local function run()
    local t = {}
    for i = 1, length do
      local s = steps[i]
      if s > 6 then t[s - 7] = nil else t[s] = true end
    end
    add(#t)
  end
  local function extend(i)
    if i > length then return run() end
    for s = 0, 13 do
      steps[i] = s
      extend(i + 1)
    end
  end
  extend(1)
end
local sums = {}
for length = 1, 4 do sums[length] = sum_of(sequences, length) end
print(table.concat(sums, " ")) -- expect: 14537342 535027975 546332959 913362120

-- long random ones, the border after each step
local state = 42
local function random(n)
  state = state * 16807 % 2147483647
  return state % n
end
local function walk(keys, first, length, rounds)
  for _ = 1, rounds do
    local t, nils = {}, random(4)
    for i = 1, length do
      local k = first + random(keys)
      if random(6) < nils then t[k] = nil else t[k] = i end
      add(#t)
    end
  end
end
print(sum_of(walk, 7, 0, 7, 3000)) -- expect: 691964506
print(sum_of(walk, 20, 1, 60, 300)) -- expect: 637738836
print(sum_of(walk, 30, -8, 100, 100)) -- expect: 499495377
print(sum_of(walk, 100, 0, 400, 30)) -- expect: 129794220
print(sum_of(walk, 200, 0, 1000, 8)) -- expect: 90599846

-- windows that move, stacks, and fills in any direction
local function shapes(n)
  local t = {}
  for i = 1, n do t[i + 5] = i t[i] = nil add(#t) end
  t = {}
  for i = n, 1, -1 do t[i] = i add(#t) end
  for i = n, 1, -2 do t[i] = nil add(#t) end
  for i = 1, n, 3 do t[#t + 1] = i t[i] = nil add(#t) end
  t = {}
  for i = 2, n, 2 do t[i] = i add(#t) end
  for i = 1, n, 2 do t[i] = i add(#t) end
  for i = 1, n do t[i * i] = i add(#t) end
  for i = 1, n do table.remove(t) add(#t) end
end
print(sum_of(shapes, 60), sum_of(shapes, 300)) -- expect: 641237614	569093522

-- constructors: every pattern of nil and 1 of up to 8 items, and what is added to it then
local function f(...) return ... end
local function constructors(form, rest)
  for n = 0, 8 do
    for pattern = 0, 2 ^ n - 1 do
      local items, values = {}, {}
      for i = 1, n do
        local there = math.floor(pattern / 2 ^ (i - 1)) % 2 == 1
        items[i] = there and "1" or "nil"
        values[i] = there and 1 or nil
      end
      local list = table.concat(items, ",") .. (n > 0 and "," or "")
      local source = form:gsub("%$n", n + 1):gsub("%$,", list):gsub("%$", table.concat(items, ","))
      local make = assert(load("local f = ... return function(...) return " .. source .. " end"))(f)
      local t = make(table.unpack(values, 1, n))
      add(#t)
      if t.n then -- where a removed key stood beside a string is a matter of chance in PUC Lua
        t.x, t.y, t.z = 1, 2, 3
        for i = n - 1, n + 3 do t[i] = 1 add(#t) end
      else
        for i = n - 1, n + 3 do t[i] = 1 add(#t) end
        for i = n + 3, n - 1, -2 do t[i] = nil add(#t) end
        table.insert(t, 1)
        add(#t)
      end
    end
  end
end
print(sum_of(constructors, "{$}"), sum_of(constructors, "{n = 1, $}")) -- expect: 698056689	504661258
print(sum_of(constructors, "{$, f()}"), sum_of(constructors, "{f($)}")) -- expect: 698056689	698056689
print(sum_of(constructors, "{(f($))}"), sum_of(constructors, "{nil, f($)}")) -- expect: 669869229	301190910
print(sum_of(constructors, "{...}"), sum_of(constructors, "{n = 1, ...}")) -- expect: 698056689	504661258
print(sum_of(constructors, "{[3] = 1, $}"), sum_of(constructors, "{[9] = 1, [$n] = 2, $}")) -- expect: 72777475	467232176
print(sum_of(constructors, "table.pack($)"), sum_of(constructors, "{$, [3] = 1}")) -- expect: 504661258	72777475

-- large ones, whose size is rounded up
local function large(n, every)
  local items, pairs = {}, {}
  for i = 1, n do
    items[i] = (i % every == 0 or i > n - every) and "nil" or i
    pairs[i] = "[" .. i * 2 .. "]=" .. i
  end
  local t = load("return {" .. table.concat(items, ",") .. "}")()
  for i = n - 1, n + 3 do add(#t) t[i] = 1 end
  t[n] = nil
  add(#t)
  t = load("return {" .. table.concat(pairs, ",") .. "}")()
  for i = 1, 2 * n, 2 do t[i] = 1 add(#t) end
end
local last = {}
for i, n in ipairs { 9, 15, 16, 17, 18, 31, 33, 49, 50, 51, 100, 130, 300 } do
  last[i] = (sum_of(large, n, 7) + sum_of(large, n, 2) + sum_of(large, n, 1)) % 1000
end
print(table.concat(last, " ")) -- expect: 28 605 492 362 293 890 500 359 310 71 312 330 656

-- a traversal comes to the array first, in its order
local t = { n = 1 }
for i = 8, 2, -1 do t[i] = i end
t[100] = 100
local order = {}
for k in pairs(t) do
  if #order < 7 then order[#order + 1] = k end
end
print(table.concat(order, " ")) -- expect: 2 3 4 5 6 7 8
