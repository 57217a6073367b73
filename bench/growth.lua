-- SPDX-License-Identifier: MIT
-- Shapes of work, each at any size: nanoseconds for one operation, the best of rounds, and KB.
--   lua growth.lua              the names of the cases, in order
--   lua growth.lua CASE N       "nanoseconds peak-KB" of one
-- A case gets a size and gives a function that does the work, and how many operations that is.
-- It prepares what is not measured. What it gives must be the same for every Lua.
local cases, order = {}, {}
local function case(name, f)
  cases[name] = f
  order[#order + 1] = name
end
local load = loadstring or load

-- Numbers that are the same in every Lua.
local function random()
  local x = 1
  return function(n)
    x = x * 16807 % 2147483647
    return x % n + 1
  end
end
local function shuffled(n)
  local keys, r = {}, random()
  for i = 1, n do keys[i] = i end
  for i = n, 2, -1 do
    local j = r(i)
    keys[i], keys[j] = keys[j], keys[i]
  end
  return keys
end
local function names(n)
  local keys = {}
  for i = 1, n do keys[i] = "key" .. i end
  return keys
end

-- Integer keys
case("fill 1..n", function(n)
  return function() local t = {} for i = 1, n do t[i] = i end end, n
end)
case("append #t+1", function(n)
  return function() local t = {} for i = 1, n do t[#t + 1] = i end end, n
end)
case("table.insert at end", function(n)
  return function() local t = {} for i = 1, n do table.insert(t, i) end end, n
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
  local keys = shuffled(n)
  return function() local t = {} for i = 1, n do t[keys[i]] = i end end, n
end)
case("read at random", function(n)
  local keys = shuffled(n)
  return function() local s = 0 for i = 1, n do s = s + keys[keys[i]] end end, n
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
case("table.remove at end", function(n)
  return function()
    local t = {}
    for i = 1, n do t[i] = i end
    for _ = 1, n do table.remove(t) end
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
case("sparse keys, again", function(n)
  local t = {}
  return function()
    for i = 1, n do t[i * 1000] = i end
    for i = 1, n do t[i * 1000] = nil end
  end, 2 * n
end)
case("negative keys", function(n)
  return function() local t = {} for i = 1, n do t[-i] = i end end, n
end)
case("float keys", function(n)
  return function() local t = {} for i = 1, n do t[i + 0.5] = i end end, n
end)
case("float keys, read", function(n)
  local t = {}
  for i = 1, n do t[i + 0.5] = i end
  return function() local s = 0 for i = 1, n do s = s + t[i + 0.5] end end, n
end)
case("ipairs", function(n)
  local t = {}
  for i = 1, n do t[i] = i end
  return function() local s = 0 for _, v in ipairs(t) do s = s + v end end, n
end)
case("pairs, array", function(n)
  local t = {}
  for i = 1, n do t[i] = i end
  return function() local s = 0 for _, v in pairs(t) do s = s + v end end, n
end)
case("table.sort", function(n)
  local keys = shuffled(n)
  return function()
    local t = {}
    for i = 1, n do t[i] = keys[i] end
    table.sort(t)
  end, n
end)
case("table.sort by function", function(n)
  local keys = shuffled(n)
  return function()
    local t = {}
    for i = 1, n do t[i] = keys[i] end
    table.sort(t, function(a, b) return a > b end)
  end, n
end)
case("table.concat", function(n)
  local t = names(n)
  return function() return table.concat(t, ",") end, n
end)
case("grid of rows", function(n)
  local side = math.floor(n ^ 0.5)
  return function()
    local g = {}
    for y = 1, side do
      local row = {}
      for x = 1, side do row[x] = x * y end
      g[y] = row
    end
    local s = 0
    for x = 1, side do for y = 1, side do s = s + g[y][x] end end
  end, 2 * side * side
end)

-- Strings and objects as keys
case("string keys, fill", function(n)
  local keys = names(n)
  return function() local t = {} for i = 1, n do t[keys[i]] = i end end, n
end)
case("string keys, read", function(n)
  local keys, t = names(n), {}
  for i = 1, n do t[keys[i]] = i end
  return function() local s = 0 for i = 1, n do s = s + t[keys[i]] end end, n
end)
case("string keys, computed", function(n)
  local t = {}
  for i = 1, n do t["key" .. i] = i end
  return function() local s = 0 for i = 1, n do s = s + t["key" .. i] end end, n
end)
case("string keys, delete", function(n)
  local keys = names(n)
  return function()
    local t = {}
    for i = 1, n do t[keys[i]] = i end
    for i = 1, n do t[keys[i]] = nil end
  end, 2 * n
end)
case("clear and refill a map", function(n)
  local keys, t = names(n), {}
  for i = 1, n do t[keys[i]] = i end
  return function()
    for k in pairs(t) do t[k] = nil end
    for i = 1, n do t[keys[i]] = i end
  end, 2 * n
end)
case("pairs, map", function(n)
  local t = {}
  for i = 1, n do t["key" .. i] = i end
  return function() local s = 0 for _, v in pairs(t) do s = s + v end end, n
end)
case("next, map", function(n)
  local t = {}
  for i = 1, n do t["key" .. i] = i end
  return function() local k repeat k = next(t, k) until k == nil end, n
end)
case("count words", function(n)
  local r, text = random(), {}
  for i = 1, n do text[i] = "w" .. r(math.floor(n / 10)) end
  text = table.concat(text, " ")
  return function()
    local t = {}
    for w in text:gmatch("%w+") do t[w] = (t[w] or 0) + 1 end
  end, n
end)
case("keys that are tables", function(n)
  local keys = {}
  for i = 1, n do keys[i] = {} end
  return function()
    local t = {}
    for i = 1, n do t[keys[i]] = i end
    local s = 0
    for i = 1, n do s = s + t[keys[i]] end
  end, 2 * n
end)
case("keys that are functions", function(n)
  local keys = {}
  for i = 1, n do keys[i] = function() return i end end
  return function()
    local t = {}
    for i = 1, n do t[keys[i]] = i end
  end, n
end)

-- What is alive
case("small arrays alive", function(n)
  return function() local t = {} for i = 1, n do t[i] = { i, i, i } end end, n
end)
case("records alive", function(n)
  return function() local t = {} for i = 1, n do t[i] = { x = i, y = i, z = i } end end, n
end)
case("records of ten fields", function(n)
  return function()
    local t = {}
    for i = 1, n do
      t[i] = { a = i, b = i, c = i, d = i, e = i, f = i, g = i, h = i, i = i, j = i }
    end
  end, n
end)
case("empty tables alive", function(n)
  return function() local t = {} for i = 1, n do t[i] = {} end end, n
end)
case("linked list", function(n)
  return function() local l for i = 1, n do l = { value = i, next = l } end end, n
end)
case("tree of pairs", function(n)
  local function make(m) if m > 1 then return { make(m / 2), make(m / 2) } end end
  return function() make(n) end, n
end)
case("closures alive", function(n)
  return function() local t = {} for i = 1, n do t[i] = function() return i end end end, n
end)
case("closures with cells", function(n)
  return function()
    local t = {}
    for i = 1, n do
      local c = i
      t[i] = function() c = c + 1 return c end
    end
  end, n
end)
case("coroutines alive", function(n)
  local function body() coroutine.yield() end
  return function()
    local t = {}
    for i = 1, n do
      t[i] = coroutine.create(body)
      coroutine.resume(t[i])
    end
  end, n
end)
case("coroutines in turn", function(n)
  local t = {}
  local function body() while true do coroutine.yield() end end
  for i = 1, n do t[i] = coroutine.wrap(body) end
  return function() for i = 1, n do t[i]() end end, n
end)
case("strings alive", function(n)
  return function() local t = {} for i = 1, n do t[i] = "string number " .. i end end, n
end)
case("objects of a class", function(n)
  local class = {}
  class.__index = class
  function class.get(self) return self.x end
  return function()
    local t, s = {}, 0
    for i = 1, n do t[i] = setmetatable({ x = i }, class) end
    for i = 1, n do s = s + t[i]:get() end
  end, 2 * n
end)
case("objects with finalizers", function(n)
  local meta = { __gc = function() end }
  return function() for _ = 1, n do setmetatable({}, meta) end end, n
end)
case("finalizers, kept", function(n)
  local meta = { __gc = function() end }
  return function() local t = {} for i = 1, n do t[i] = setmetatable({}, meta) end end, n
end)
case("weak keys", function(n)
  return function()
    local t = setmetatable({}, { __mode = "k" })
    for i = 1, n do t[{}] = i end
  end, n
end)
case("weak keys, kept", function(n)
  local keys = {}
  for i = 1, n do keys[i] = {} end
  return function()
    local t = setmetatable({}, { __mode = "k" })
    for i = 1, n do t[keys[i]] = {} end
  end, n
end)
case("weak values", function(n)
  return function()
    local t = setmetatable({}, { __mode = "v" })
    for i = 1, n do t[i] = {} end
  end, n
end)
case("garbage beside n alive", function(n)
  local t = {}
  for i = 1, n do t[i] = { i } end
  return function() for i = 1, n do t[i] = { i } end end, n
end)
case("full collection", function(n)
  local t = {}
  for i = 1, n do t[i] = { x = i } end
  return function() collectgarbage() return t end, n
end)

-- Strings
case("append s = s .. x", function(n)
  n = math.min(n, 1e5)
  return function() local s = "" for _ = 1, n do s = s .. "x" end end, n
end)
case("s:sub at each place", function(n)
  local s = ("abcdefghij"):rep(n / 10)
  return function() local c = 0 for i = 1, n do if s:sub(i, i) == "c" then c = c + 1 end end end, n
end)
case("s:byte at each place", function(n)
  local s = ("abcdefghij"):rep(n / 10)
  return function() local c = 0 for i = 1, n do c = c + s:byte(i) end end, n
end)
case("words of s:sub as keys", function(n)
  local r, letters = random(), {}
  for i = 1, n + 8 do letters[i] = ("acgt"):sub(r(4) % 4 + 1, r(4) % 4 + 1) .. "a" end
  local s = table.concat(letters)
  return function()
    local t = {}
    for i = 1, n do
      local w = s:sub(i, i + 5)
      t[w] = (t[w] or 0) + 1
    end
  end, n
end)
case("s:find, place by place", function(n)
  local s = ("word, "):rep(n / 6)
  return function()
    local at = 1
    repeat
      local _, e = s:find("%a+", at)
      at = e and e + 1
    until not at
  end, n / 6
end)
case("gmatch", function(n)
  local s = ("word, "):rep(n / 6)
  return function() for _ in s:gmatch("%a+") do end end, n / 6
end)
case("gsub", function(n)
  local s = ("word, "):rep(n / 6)
  return function() return (s:gsub("%a+", "%0%0")) end, n / 6
end)
case("gsub by table", function(n)
  local s = ("word, "):rep(n / 6)
  return function() return (s:gsub("%a+", { word = "other" })) end, n / 6
end)
case("reverse, upper, rep", function(n)
  local s = ("abcdefghij"):rep(n / 10)
  return function() return s:reverse():upper():rep(2) end, n
end)
case("format, tonumber", function(n)
  return function() for i = 1, n do tonumber(string.format("%d.5", i)) end end, n
end)
case("concatenation of numbers", function(n)
  return function() local s for i = 1, n do s = i .. ":" .. i end end, n
end)
case("strings compared", function(n)
  local a = names(n)
  local b = names(n)
  return function()
    local c = 0
    for i = 1, n do if a[i] == b[i] and a[i] < "key5" then c = c + 1 end end
  end, n
end)

-- Calls
case("recursion", function(n)
  local depth = math.min(n, 15000)
  local function down(i) if i > 0 then return 1 + down(i - 1) end return 0 end
  return function() down(depth) end, depth
end)
case("tail calls", function(n)
  local function loop(i) if i > 0 then return loop(i - 1) end end
  return function() loop(n) end, n
end)
case("pcall of an error", function(n)
  return function() for _ = 1, n do pcall(error, "x") end end, n
end)
case("unpack", function(n)
  local m = math.min(n, 5000)
  local t = {}
  for i = 1, m do t[i] = i end
  return function() return select("#", (unpack or table.unpack)(t)) end, m
end)
case("varargs", function(n)
  local function sum(...)
    local s = 0
    for i = 1, select("#", ...) do s = s + (select(i, ...)) end
    return s
  end
  return function() for i = 1, n / 8 do sum(i, i, i, i) end end, n / 8
end)
case("__index function", function(n)
  local t = setmetatable({}, { __index = function(_, k) return k end })
  return function() local s = 0 for i = 1, n do s = s + t[i] end end, n
end)

-- Sources
local function source(n, line)
  local lines = {}
  for i = 1, n do lines[i] = line(i) end
  return lines
end
-- Another text each time, so that nobody can know what has been loaded.
local loads = 0
local function loaded(text)
  loads = loads + 1
  return assert(load(text .. "--" .. loads))
end
local function loading(text, n)
  return function() loaded(text) end, n
end
case("load statements", function(n)
  return loading(table.concat(source(n, function(i)
    return i % 2 == 0 and "x = y + 1\n" or "f(x, y)\n"
  end)), n)
end)
case("load functions", function(n)
  n = math.min(n, 1e5) -- more than 2^18 are too many for PUC Lua
  return loading(table.concat(source(n, function(i)
    return "function f" .. i % 100 .. "(a, b) local c = a + b return c * 2 end\n"
  end)), n)
end)
case("load a long function", function(n)
  return loading("local a, b = 1, 2\n" .. table.concat(source(n, function(i)
    return i % 3 == 0 and "if a > b then a = b end\n" or "a = (a + b) % 17\n"
  end)), n)
end)
case("load an array", function(n)
  return loading("return {" .. table.concat(source(n, tostring), ",") .. "}", n)
end)
case("load strings", function(n)
  return loading("return {" .. table.concat(source(n, function(i)
    return ("%q"):format("string " .. i % 10000)
  end), ",") .. "}", n)
end)
case("load records", function(n)
  return loading("return {" .. table.concat(source(n, function(i)
    return "{x=" .. i % 1000 .. ",y=2,name='n'}"
  end), ",") .. "}", n)
end)
case("load and run records", function(n)
  local text = "return {" .. table.concat(source(n, function(i)
    return "{x=" .. i % 1000 .. ",y=2,name='n'}"
  end), ",") .. "}"
  return function() loaded(text)() end, n
end)
case("load a map", function(n)
  return loading("return {" .. table.concat(source(n, function(i)
    return "['key" .. i % 10000 .. "']=" .. i % 1000
  end), ",") .. "}", n)
end)
case("load comments", function(n)
  return loading(("-- a line of nothing but a comment\n"):rep(n), n)
end)
case("load 1+1+...", function(n)
  return loading("local a = 1 return a" .. ("+a"):rep(n), n)
end)
case("load a + b, upvalues", function(n)
  n = math.min(n, 1e5)
  return loading("local a, b, c, d, e, f, g, h\n" .. table.concat(source(n, function(i)
    return "function x() return " .. ("abcdefgh"):sub(i % 8 + 1, i % 8 + 1) .. " + b end\n"
  end)), n)
end)
case("load small chunks", function(n)
  return function() for i = 1, n / 8 do load("local x = ... return x + " .. i % 100)(i) end end, n / 8
end)
case("load new small chunks", function(n)
  return function() for i = 1, n / 8 do loaded("local x = ... return x + " .. i)(i) end end, n / 8
end)
case("loaded functions kept", function(n)
  return function()
    local t = {}
    for i = 1, n / 8 do t[i] = load("local a = ... return a + " .. i % 100) end
  end, n / 8
end)
case("string.dump and load", function(n)
  local f = load(table.concat(source(n, function() return "x = y + 1\n" end)))
  return function() load(string.dump(f)) end, n
end)

-- Lists
case("insert in the middle", function(n)
  local m = math.min(n, 2e4)
  return function()
    local t = {}
    for i = 1, m do table.insert(t, math.floor(#t / 2) + 1, i) end
  end, m
end)
case("remove at the front", function(n)
  local m = math.min(n, 2e4)
  return function()
    local t = {}
    for i = 1, m do t[i] = i end
    for _ = 1, m do table.remove(t, 1) end
  end, m
end)
case("sort sorted", function(n)
  return function()
    local t = {}
    for i = 1, n do t[i] = i end
    table.sort(t)
  end, n
end)
case("sort equal", function(n)
  return function()
    local t = {}
    for i = 1, n do t[i] = 7 end
    table.sort(t)
  end, n
end)
case("sort strings", function(n)
  local keys = shuffled(n)
  for i = 1, n do keys[i] = "key" .. keys[i] end
  return function()
    local t = {}
    for i = 1, n do t[i] = keys[i] end
    table.sort(t)
  end, n
end)
case("sort records by field", function(n)
  local keys = shuffled(n)
  for i = 1, n do keys[i] = { k = keys[i] } end
  return function()
    local t = {}
    for i = 1, n do t[i] = keys[i] end
    table.sort(t, function(a, b) return a.k < b.k end)
  end, n
end)
case("# while growing", function(n)
  return function()
    local t, s = {}, 0
    for i = 1, n do
      t[i] = i
      s = s + #t
    end
  end, n
end)
case("# of sparse", function(n)
  local t = {}
  for i = 1, n, 2 do t[i] = i end
  return function() local s = 0 for i = 1, n do s = s + #t end end, n
end)
case("heap", function(n)
  return function()
    local h, r = {}, random()
    for i = 1, n do
      h[i] = r(n)
      local j = i
      while j > 1 do
        local p = math.floor(j / 2)
        if h[p] <= h[j] then break end
        h[p], h[j] = h[j], h[p]
        j = p
      end
    end
  end, n
end)
case("deque both ends", function(n)
  return function()
    local t, l, r = {}, 0, -1
    for i = 1, n do
      l, r = l - 1, r + 1
      t[l] = i
      t[r] = i
    end
    for _ = 1, n do
      t[l] = nil
      t[r] = nil
      l, r = l + 1, r - 1
    end
  end, 2 * n
end)

-- Keys that come and go
case("growing string keys", function(n)
  local m = math.floor(math.min(n, 1e5) ^ 0.5 * 3)
  local s = ("abcdefghij"):rep(m / 10 + 1)
  return function()
    local t = {}
    for i = 1, m do t[s:sub(1, i)] = i end
  end, m
end)
case("numeric string keys", function(n)
  return function() local t = {} for i = 1, n do t[tostring(i)] = i end end, n
end)
case("keys x,y", function(n)
  local side = math.floor(n ^ 0.5)
  return function()
    local t = {}
    for x = 1, side do for y = 1, side do t[x .. "," .. y] = true end end
  end, side * side
end)
case("many globals", function(n)
  local keys = names(n)
  return function()
    for i = 1, n do _G[keys[i]] = i end
    for i = 1, n do _G[keys[i]] = nil end
  end, 2 * n
end)
case("next with deletion", function(n)
  local keys = names(n)
  return function()
    local t = {}
    for i = 1, n do t[keys[i]] = i end
    local k = next(t)
    while k do
      t[k] = nil
      k = next(t, k)
    end
  end, n
end)
case("field = nil and again", function(n)
  return function()
    local t = { a = 1, b = 2 }
    for i = 1, n do
      t.a = nil
      t.a = i
    end
  end, n
end)
case("few keys come and go", function(n)
  return function()
    local t = {}
    for i = 1, n do
      t.a = true
      t.b = i
      t.a = nil
      t.b = nil
    end
  end, 4 * n
end)
case("few objects come and go", function(n)
  local a, b = {}, {}
  return function()
    local t = {}
    for i = 1, n do
      t[a] = true
      t[b] = i
      t[a] = nil
      t[b] = nil
    end
  end, 4 * n
end)
case("memo fib", function(n)
  return function()
    local m = {}
    for i = 1, n do m[i] = i < 3 and 1 or (m[i - 1] + m[i - 2]) % 1000 end
  end, n
end)

-- Texts
case("prepend s = x .. s", function(n)
  n = math.min(n, 5e4)
  return function() local s = "" for _ = 1, n do s = "x" .. s end end, n
end)
case("gsub by function", function(n)
  local s = ("word, "):rep(n / 6)
  return function() return (s:gsub("%a+", function(w) return w .. "s" end)) end, n / 6
end)
case("gsub each char", function(n)
  local s = ("abcdefghij"):rep(n / 10)
  return function() return (s:gsub(".", "%0 ")) end, n
end)
case("gmatch pairs", function(n)
  local s = ("key=value, "):rep(n / 11)
  return function() for k, v in s:gmatch("(%w+)=(%w+)") do end end, n / 11
end)
case("format %q", function(n)
  local s = ('a"b\n'):rep(n / 4) 
  return function() return string.format("%q", s) end, n
end)
case("tostring of fractions", function(n)
  return function() for i = 1, n do tostring(i / 7) end end, n
end)
case("tonumber", function(n)
  local t = {} for i = 1, n do t[i] = tostring(i / 7) end
  return function() for i = 1, n do tonumber(t[i]) end end, n
end)
case("consume tokens", function(n)
  local m = math.min(n, 5e4)
  local text = ("word, "):rep(m / 6)
  return function()
    local word, rest = nil, text
    repeat word, rest = rest:match("^(%a+), (.*)$") until not word
  end, m / 6
end)
case("split", function(n)
  local s = ("word,"):rep(n / 5)
  return function()
    local t, at = {}, 1
    repeat
      local e = s:find(",", at, true)
      t[#t + 1] = s:sub(at, (e or 0) - 1)
      at = e and e + 1
    until not at
  end, n / 5
end)
local function lines_file(n)
  local f = io.tmpfile()
  for i = 1, n do f:write("line ", i, "\n") end
  return f
end
case("io.lines", function(n)
  local f = lines_file(n)
  return function()
    f:seek("set")
    for _ in f:lines() do end
  end, n
end)
case("io.read all", function(n)
  local f = lines_file(n)
  return function()
    f:seek("set")
    return f:read("*a")
  end, n
end)

-- Calls and errors
case("{...} of n", function(n)
  local m = math.min(n, 5000)
  local t = {}
  for i = 1, m do t[i] = i end
  local function f(...) local x = { ... } return #x end
  return function() f((unpack or table.unpack)(t)) end, m
end)
case("vararg recursion", function(n)
  local m = math.min(n, 150)
  local t = {}
  for i = 1, m do t[i] = i end
  local function f(a, ...) if a then return a + f(...) end return 0 end
  return function() for _ = 1, n / m do f((unpack or table.unpack)(t)) end end, n
end)
case("deep recursion", function(n)
  local m = math.min(n, 190000)
  local function f(i) if i > 0 then return 1 + f(i - 1) end return 0 end
  return function() f(m) end, m
end)
case("nested pcall", function(n)
  local m = math.min(n, 180)
  local function f(i) if i > 0 then return pcall(f, i - 1) end error("x") end
  return function() for _ = 1, n / m do f(m) end end, n
end)
case("error through depth", function(n)
  local m = math.min(n, 10000)
  local function f(i) if i > 0 then return 1 + f(i - 1) end error("x") end
  return function() for _ = 1, n / m do pcall(f, m) end end, n
end)
case("metatable chain of n", function(n)
  local m = math.min(n, 90)
  local t = { x = 1 }
  for _ = 1, m do t = setmetatable({}, { __index = t }) end
  return function() local s = 0 for _ = 1, n do s = s + t.x end end, n
end)
case("proxy", function(n)
  return function()
    local store = {}
    local t = setmetatable({}, { __newindex = store, __index = store })
    for i = 1, n do t[i] = i end
    local s = 0
    for i = 1, n do s = s + t[i] end
  end, 2 * n
end)
case("loop with a count hook", function(n)
  return function()
    debug.sethook(function() end, "", 10000)
    local s = 0
    for i = 1, n do s = s + i end
    debug.sethook()
  end, n
end)
case("generator", function(n)
  local function gen() for i = 1, n do coroutine.yield(i) end end
  return function() for _ in coroutine.wrap(gen) do end end, n
end)
case("generators nested", function(n)
  local depth = math.min(math.floor(n / 10), 50)
  local function gen(d)
    return coroutine.wrap(function()
      if d == 0 then
        for i = 1, n / depth do coroutine.yield(i) end
      else
        for v in gen(d - 1) do coroutine.yield(v) end
      end
    end)
  end
  return function() for _ in gen(depth) do end end, n
end)
case("constructor of calls", function(n)
  local m = math.min(n, 10000)
  local f = load("local f = ... return {" .. ("f(1),"):rep(m) .. "}")
  local function id(x) return x end
  return function() for _ = 1, n / m do f(id) end end, n
end)

-- Data
case("deep data", function(n)
  local m = math.min(n, 1e5)
  return function()
    local t = {}
    for _ = 1, m do t = { t } end
    while t do t = t[1] end
  end, m
end)
case("deep copy", function(n)
  local function copy(t)
    if type(t) ~= "table" then return t end
    local r = {}
    for k, v in pairs(t) do r[k] = copy(v) end
    return r
  end
  local t = {}
  for i = 1, n / 4 do t[i] = { a = i, b = { i } } end
  return function() copy(t) end, n / 4
end)
case("serialize", function(n)
  local t = {}
  for i = 1, n / 4 do t[i] = { a = i, b = "x" .. i } end
  local function add(out, v)
    if type(v) ~= "table" then
      out[#out + 1] = type(v) == "string" and string.format("%q", v) or tostring(v)
      return
    end
    out[#out + 1] = "{"
    for k, x in pairs(v) do
      out[#out + 1] = "["
      add(out, k)
      out[#out + 1] = "]="
      add(out, x)
      out[#out + 1] = ","
    end
    out[#out + 1] = "}"
  end
  return function()
    local out = {}
    add(out, t)
    return table.concat(out)
  end, n / 4
end)

-- More sources
case("load chained calls", function(n)
  return loading("return x" .. (":f(1)"):rep(n), n)
end)
case("load ifs", function(n)
  return loading(("if x == 1 then y = 2 end\n"):rep(n), n)
end)
case("load pretty data", function(n)
  return loading("return {\n" .. table.concat(source(n / 4, function(i)
    return "  {\n    id = " .. i .. ",\n    name = 'n" .. i .. "',\n  },\n"
  end)) .. "}\n", n)
end)
case("load by pieces", function(n)
  return function()
    local i = 0
    loads = loads + 1
    load(function()
      i = i + 1
      if i <= n then return i < n and "x = y + 1\n" or "--" .. loads end
    end)
  end, n
end)
case("load a..a chain", function(n)
  local m = math.min(n, 190)
  local s = "local a = 1 return a" .. ("..a"):rep(m)
  return function() for _ = 1, n / m do loaded(s) end end, n
end)
case("load nested functions", function(n)
  local m = math.min(n, 90)
  local s = ("return function() "):rep(m) .. (" end"):rep(m)
  return function() for _ = 1, n / m do loaded(s) end end, n
end)
case("load, dump small", function(n)
  return function()
    for i = 1, n / 10 do string.dump(loaded("local a = ... return a + " .. i)) end
  end, n / 10
end)
case("load dump small", function(n)
  local dumps = {}
  for i = 1, 100 do dumps[i] = string.dump(load("local a = ... return a + " .. i)) end
  return function() for i = 1, n / 10 do load(dumps[i % 100 + 1], "x", "b") end end, n / 10
end)

local function peak()
  local f = io.open("/proc/self/status")
  if not f then return 0 end
  local kb = f:read("*a"):match("VmHWM:%s*(%d+)")
  f:close()
  return tonumber(kb) or 0
end

local name, n = arg[1], tonumber(arg[2])
if not name then
  print(table.concat(order, "\n"))
  return
end
local work, operations = cases[name](n)
local repeats, best = math.max(1, math.floor(1e5 / n)), math.huge
local rounds, deadline = 0, os.clock() + (tonumber(arg[3]) or 0.2)
repeat
  local before = os.clock()
  for _ = 1, repeats do work() end
  best = math.min(best, (os.clock() - before) / repeats)
  rounds = rounds + 1
until os.clock() > deadline and rounds > 1
print(string.format("%.2f %d", best / operations * 1e9, peak()))
