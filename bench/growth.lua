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

-- Texts made piece by piece
case("format %d %s", function(n)
  return function() for i = 1, n do string.format("%d: %s %5.2f", i, "name", i / 3) end end, n
end)
case("format %g, %x", function(n)
  return function() for i = 1, n do string.format("%g %x", i / 7, i) end end, n
end)
case("concat as it grows", function(n)
  local m = math.min(n, 2000)
  return function()
    local t = {}
    for i = 1, m do
      t[i] = "x"
      table.concat(t)
    end
  end, m
end)
case("a .. b .. c .. d", function(n)
  return function() local s for i = 1, n do s = "a" .. i .. "b" .. i .. "c" end end, n
end)
case("string.rep of n", function(n)
  return function() return ("ab"):rep(n), ("x"):rep(n, ",") end, n
end)
case("string.char, byte of many", function(n)
  local s = ("abcdefgh"):rep(n / 8)
  return function() for i = 1, n, 100 do string.char(s:byte(i, i + 99)) end end, n
end)
case("keys from two numbers", function(n)
  local side = math.floor(n ^ 0.5)
  return function()
    local t = {}
    for x = 1, side do for y = 1, side do t[x .. ":" .. y] = x end end
    local s = 0
    for x = 1, side do for y = 1, side do s = s + t[x .. ":" .. y] end end
  end, 2 * side * side
end)
case("long strings compared", function(n)
  local a, b = ("x"):rep(n) .. "a", ("x"):rep(n) .. "b"
  return function() return a < b, a == b, a <= a end, n
end)
case("strings sorted by <", function(n)
  local r, t = random(), {}
  for i = 1, n do t[i] = "common start " .. r(1e6) end
  return function()
    local u = {}
    for i = 1, n do u[i] = t[i] end
    table.sort(u, function(a, b) return a < b end)
  end, n
end)
case("long keys", function(n)
  local t, keys = {}, {}
  for i = 1, n / 10 do keys[i] = ("k"):rep(100) .. i end
  return function()
    for i = 1, n / 10 do t[keys[i]] = i end
    local s = 0
    for i = 1, n / 10 do s = s + t[keys[i]] end
  end, n / 5
end)
case("tostring, tonumber", function(n)
  return function() local s = 0 for i = 1, n do s = s + tonumber(tostring(i)) end end, n
end)
case("strings as numbers", function(n)
  return function() local s = 0 for i = 1, n do s = s + "10" * "2" end end, n
end)
case("escape by gsub callback", function(n)
  local s = ("a<b>&c "):rep(n / 7)
  local map = { ["<"] = "&lt;", [">"] = "&gt;", ["&"] = "&amp;" }
  return function() return (s:gsub("[<>&]", function(c) return map[c] end)) end, n / 7
end)
case("find plain, far away", function(n)
  local s = ("ab"):rep(n / 2) .. "c"
  return function() return s:find("bc", 1, true), s:find("b[c]") end, n
end)
case("match anchored fields", function(n)
  return function()
    for i = 1, n do local k, v = ("key = value"):match("^(%w+)%s*=%s*(%w+)$") end
  end, n
end)
case("%b() and %f", function(n)
  local s = ("(a (b) c) "):rep(n / 10)
  return function()
    local c = 0
    for _ in s:gmatch("%b()") do c = c + 1 end
    for _ in s:gmatch("%f[%w]%w+") do c = c + 1 end
  end, n / 10
end)
case("lines of a text", function(n)
  local s = ("a line of text\n"):rep(n / 15)
  return function() for _ in s:gmatch("([^\n]*)\n") do end end, n / 15
end)

-- Functions
case("closures in tables", function(n)
  return function()
    local t = {}
    for i = 1, n do t[i] = function(x) return x + i end end
    local s = 0
    for i = 1, n do s = s + t[i](1) end
  end, 2 * n
end)
case("closures sharing a variable", function(n)
  return function()
    local s, t = 0, {}
    for i = 1, n do t[i] = function() s = s + 1 end end
    for i = 1, n do t[i]() end
  end, 2 * n
end)
case("many upvalues", function(n)
  return function()
    local a, b, c, d, e, f = 1, 2, 3, 4, 5, 6
    local function g() a, b, c, d, e, f = b, c, d, e, f, a end
    for _ = 1, n do g() end
  end, n
end)
case("select('#', ...) to n", function(n)
  local m = math.min(n, 200)
  local t = {}
  for i = 1, m do t[i] = i end
  local function count(...)
    local c = 0
    for i = 1, select("#", ...) do c = c + select(i, ...) end
    return c
  end
  return function() for _ = 1, n / m do count((unpack or table.unpack)(t)) end end, n
end)
case("varargs passed on", function(n)
  local function last(...) return ... end
  local function pass(...) return last(...) end
  return function() for i = 1, n do pass(i, i, i) end end, n
end)
case("pack, unpack", function(n)
  return function()
    for i = 1, n do local t = table.pack(i, i, nil, i) table.unpack(t, 1, t.n) end
  end, n
end)
case("multiple assignment", function(n)
  return function()
    local a, b, c = 1, 2, 3
    for _ = 1, n do a, b, c = b, c, a end
  end, n
end)
case("swap in a table", function(n)
  local t = { 1, 2, 3, 4 }
  return function() for _ = 1, n do t[1], t[2], t[3] = t[3], t[1], t[2] end end, n
end)
case("goto loop", function(n)
  return function()
    local i = 0
    ::again::
    i = i + 1
    if i < n then goto again end
  end, n
end)
case("repeat with continue", function(n)
  return function()
    local s = 0
    for i = 1, n do
      if i % 3 == 0 then goto continue end
      s = s + i
      ::continue::
    end
  end, n
end)
case("mutual recursion", function(n)
  local m = math.min(n, 10000)
  local odd
  local function even(i) if i == 0 then return true end return not odd(i - 1) end
  function odd(i) if i == 0 then return false end return not even(i - 1) end
  return function() for _ = 1, n / m do even(m) end end, n
end)
case("pcall that succeeds", function(n)
  local function f(x) return x end
  return function() for i = 1, n do pcall(f, i) end end, n
end)
case("xpcall with traceback", function(n)
  local function f() error("x") end
  return function() for _ = 1, n / 20 do xpcall(f, debug.traceback) end end, n / 20
end)
case("error with a table", function(n)
  local e = {}
  local function f() error(e) end
  return function() for _ = 1, n do pcall(f) end end, n
end)
case("tostring of tables", function(n)
  local t = {}
  return function() for _ = 1, n do tostring(t) end end, n
end)

-- Metatables
case("arithmetic by metamethods", function(n)
  local V = {}
  V.__index = V
  V.__add = function(a, b) return setmetatable({ x = a.x + b.x }, V) end
  V.__eq = function(a, b) return a.x == b.x end
  V.__lt = function(a, b) return a.x < b.x end
  return function()
    local v, one = setmetatable({ x = 0 }, V), setmetatable({ x = 1 }, V)
    for _ = 1, n do
      v = v + one
      if v == one or v < one then v = v + one end
    end
  end, n
end)
case("__call, __len, __concat", function(n)
  local t = setmetatable({}, {
    __call = function(_, x) return x end,
    __len = function() return 3 end,
    __concat = function() return "c" end,
  })
  return function() for i = 1, n do local _ = t(i) + #t, t .. "x" end end, n
end)
case("setmetatable for each", function(n)
  local meta = { __index = {} }
  return function() for i = 1, n do setmetatable({ i }, meta) end end, n
end)
case("a metatable of its own each", function(n)
  return function()
    for i = 1, n do
      local t = setmetatable({}, { __index = function(_, k) return k end })
      local _ = t.x
    end
  end, n
end)
case("inheritance, three deep", function(n)
  local A = {}
  A.__index = A
  function A.get(self) return self.v end
  local B = setmetatable({}, A)
  B.__index = B
  local C = setmetatable({}, B)
  C.__index = C
  local o = setmetatable({ v = 1 }, C)
  return function() local s = 0 for _ = 1, n do s = s + o:get() end end, n
end)
case("__newindex logs", function(n)
  return function()
    local log = {}
    local t = setmetatable({}, { __newindex = function(t, k, v)
      log[#log + 1] = k
      rawset(t, k, v)
    end })
    for i = 1, n do t[i] = i end
  end, n
end)
case("__pairs", function(n)
  local t = {}
  for i = 1, n do t[i] = i end
  local p = setmetatable({}, { __pairs = function() return next, t, nil end })
  return function() local s = 0 for _, v in pairs(p) do s = s + v end end, n
end)

-- Coroutines
case("pipeline of coroutines", function(n)
  local function producer() for i = 1, n do coroutine.yield(i) end end
  local function filter(source)
    return coroutine.wrap(function() for v in source do coroutine.yield(v + 1) end end)
  end
  return function() for _ in filter(filter(coroutine.wrap(producer))) do end end, n
end)
case("short coroutines", function(n)
  local function body(a) return coroutine.yield(a) end
  return function()
    for i = 1, n do
      local co = coroutine.create(body)
      coroutine.resume(co, i)
      coroutine.resume(co, i)
    end
  end, n
end)
case("yield of many values", function(n)
  local co = coroutine.wrap(function() while true do coroutine.yield(1, 2, 3, 4, 5) end end)
  return function() for _ = 1, n do co() end end, n
end)
case("yield from depth", function(n)
  local function down(d) if d == 0 then while true do coroutine.yield() end end return 1 + down(d - 1) end
  local co = coroutine.wrap(down)
  co(150)
  return function() for _ = 1, n do co() end end, n
end)
case("round of ten coroutines", function(n)
  return function()
    local t = {}
    for i = 1, 10 do
      t[i] = coroutine.wrap(function() while true do coroutine.yield(i) end end)
    end
    local s = 0
    for i = 1, n do s = s + t[i % 10 + 1]() end
  end, n
end)

-- Tables of tables
case("sets of strings", function(n)
  local keys = names(1000)
  return function()
    local t = {}
    for i = 1, n do
      local k = keys[i % 1000 + 1]
      if t[k] then t[k] = nil else t[k] = true end
    end
  end, n
end)
case("2D, rows as maps", function(n)
  local side = math.floor(n ^ 0.5)
  return function()
    local g = {}
    for x = 1, side do for y = 1, side do
      g[x * 7] = g[x * 7] or {}
      g[x * 7][y * 7] = true
    end end
  end, side * side
end)
case("breadth first on a grid", function(n)
  local side = math.floor(n ^ 0.5)
  return function()
    local seen, queue, head = { [1] = true }, { 1 }, 1
    while queue[head] do
      local at = queue[head]
      head = head + 1
      for _, d in ipairs({ 1, -1, side, -side }) do
        local to = at + d
        if to >= 1 and to <= side * side and not seen[to] then
          seen[to] = true
          queue[#queue + 1] = to
        end
      end
    end
  end, side * side
end)
case("group by key", function(n)
  return function()
    local groups = {}
    for i = 1, n do
      local k = "g" .. i % 100
      local g = groups[k]
      if not g then
        g = {}
        groups[k] = g
      end
      g[#g + 1] = i
    end
  end, n
end)
case("list of records, fields added", function(n)
  return function()
    local t = {}
    for i = 1, n do
      local r = {}
      r.id = i
      r.name = "x"
      r.value = i
      r.next = t[i - 1]
      t[i] = r
    end
  end, n
end)
case("LRU by doubly linked list", function(n)
  return function()
    local head, map = {}, {}
    head.next, head.prev = head, head
    for i = 1, n do
      local k = i * 7 % 200
      local e = map[k]
      if e then
        e.prev.next, e.next.prev = e.next, e.prev
      else
        e = { key = k }
        map[k] = e
      end
      e.next, e.prev = head.next, head
      head.next.prev = e
      head.next = e
    end
  end, n
end)
case("stack of tables", function(n)
  return function()
    local s, top = {}, 0
    for i = 1, n do
      top = top + 1
      s[top] = { i }
      if i % 2 == 0 then
        s[top] = nil
        s[top - 1] = nil
        top = top - 2
      end
    end
  end, n
end)
case("table.remove in the middle", function(n)
  local m = math.min(n, 1e4)
  return function()
    local t = {}
    for i = 1, m do t[i] = i end
    for _ = 1, m do table.remove(t, math.floor(#t / 2) + 1) end
  end, m
end)
case("ipairs and pairs of small", function(n)
  local a, b = { 1, 2, 3 }, { x = 1, y = 2 }
  return function()
    local s = 0
    for _ = 1, n / 5 do
      for _, v in ipairs(a) do s = s + v end
      for _, v in pairs(b) do s = s + v end
    end
  end, n
end)
case("next(t) == nil", function(n)
  local a, b = {}, { x = 1 }
  return function()
    local c = 0
    for _ = 1, n do if next(a) == nil and next(b) then c = c + 1 end end
  end, n
end)
case("negative and zero indices", function(n)
  return function()
    local t = {}
    for i = -n / 2, n / 2 do t[i] = i end
    local s = 0
    for i = -n / 2, n / 2 do s = s + t[i] end
  end, 2 * n
end)
case("ids far apart, read", function(n)
  local t, ids, r = {}, {}, random()
  for i = 1, n do
    ids[i] = r(2 ^ 30)
    t[ids[i]] = i
  end
  return function() local s = 0 for i = 1, n do s = s + t[ids[i]] end end, n
end)
case("booleans as keys", function(n)
  return function()
    local t = { [true] = 0, [false] = 0 }
    for i = 1, n do
      local k = i % 2 == 0
      t[k] = t[k] + 1
    end
  end, n
end)
case("os.time, os.date", function(n)
  return function() for i = 1, n / 10 do os.date("!%Y-%m-%d %H:%M:%S", i * 1000) end end, n / 10
end)
case("write to a file", function(n)
  local f = io.tmpfile()
  return function()
    f:seek("set")
    for i = 1, n do f:write("line ", i, "\n") end
  end, n
end)
case("read numbers", function(n)
  local f = io.tmpfile()
  for i = 1, n do f:write(i, " ") end
  return function()
    f:seek("set")
    while f:read("*n") do end
  end, n
end)
case("math functions", function(n)
  local floor, sin, max = math.floor, math.sin, math.max
  return function() local s = 0 for i = 1, n do s = max(floor(s + sin(i)), 0) end end, n
end)
case("random numbers", function(n)
  return function() local s = 0 for i = 1, n do s = s + math.random(100) end end, n
end)
case("bit32", function(n)
  local b = bit32
  return function()
    local h = 0
    for i = 1, n do h = b.bxor(b.lrotate(h, 5), i) end
  end, n
end)

-- What the collector and the library are asked
case("collectgarbage count", function(n)
  return function() for _ = 1, n do collectgarbage("count") end end, n
end)
case("collectgarbage() of little", function(n)
  return function() for _ = 1, n / 100 do collectgarbage() end end, n / 100
end)
case("collectgarbage step", function(n)
  return function()
    for _ = 1, n / 100 do
      local t = { {}, {} }
      collectgarbage("step")
    end
  end, n / 100
end)
case("memo in a weak table", function(n)
  return function()
    local memo = setmetatable({}, { __mode = "v" })
    for i = 1, n do
      local k = i % 1000
      memo[k] = memo[k] or { k }
    end
  end, n
end)
case("many weak tables", function(n)
  local meta = { __mode = "k" }
  return function()
    local t = {}
    for i = 1, n do t[i] = setmetatable({}, meta) end
  end, n
end)
case("ephemerons in a chain", function(n)
  return function()
    local t = setmetatable({}, { __mode = "k" })
    local k = {}
    local first = k
    for _ = 1, n do
      local v = {}
      t[k] = v
      k = v
    end
    return first
  end, n
end)
case("debug.getinfo", function(n)
  return function() for _ = 1, n do debug.getinfo(1, "Sl") end end, n
end)
case("debug.traceback, deep", function(n)
  local function down(i) if i > 0 then return 1 + down(i - 1) end debug.traceback() return 0 end
  return function() for _ = 1, n / 100 do down(100) end end, n / 100
end)
case("debug.getlocal", function(n)
  local a = 1
  return function() local b = a for _ = 1, n do debug.getlocal(1, 1) end return b end, n
end)
case("loop with a line hook", function(n)
  return function()
    debug.sethook(function() end, "l")
    local s = 0
    for i = 1, n / 10 do
      s = s + i
    end
    debug.sethook()
  end, n / 10
end)
case("loop with a call hook", function(n)
  local function f() end
  return function()
    debug.sethook(function() end, "cr")
    for _ = 1, n / 10 do f() end
    debug.sethook()
  end, n / 10
end)
case("os.clock, os.time", function(n)
  return function() for _ = 1, n / 10 do os.clock() os.time() end end, n / 10
end)
case("rawget, rawset, rawequal", function(n)
  local t = {}
  return function() for i = 1, n do rawset(t, i % 10, i) rawequal(t, rawget(t, 1)) end end, n
end)
case("type, assert, tostring", function(n)
  return function()
    local c = 0
    for i = 1, n do if type(assert(i)) == "number" then c = c + 1 end end
  end, n
end)
case("string methods by s:len()", function(n)
  local s = "text"
  return function() local c = 0 for _ = 1, n do c = c + s:len() + #s:upper() end end, n
end)

-- Programs' habits
case("if elseif on strings", function(n)
  local names = { "add", "sub", "mul", "div", "mod" }
  return function()
    local s = 0
    for i = 1, n do
      local op = names[i % 5 + 1]
      if op == "add" then s = s + 1
      elseif op == "sub" then s = s - 1
      elseif op == "mul" then s = s * 2 % 100
      elseif op == "div" then s = s / 2
      else s = s % 10 end
    end
  end, n
end)
case("dispatch by table", function(n)
  local ops = {
    add = function(s) return s + 1 end,
    sub = function(s) return s - 1 end,
    mul = function(s) return s * 2 % 100 end,
  }
  local names = { "add", "sub", "mul" }
  return function() local s = 0 for i = 1, n do s = ops[names[i % 3 + 1]](s) end end, n
end)
case("global functions", function(n)
  local f = loaded("function g(x) return x + 1 end\nlocal n = ...\n" ..
    "local s = 0 for i = 1, n do s = g(s) end")
  return function() f(n) end, n
end)
case("global counters", function(n)
  local f = loaded("local n = ... s = 0 for i = 1, n do s = s + i t = s end")
  return function() f(n) end, n
end)
case("sandbox by local _ENV", function(n)
  return function()
    local _ENV = { x = 0 }
    for i = 1, n do x = x + i end
  end, n
end)
case("load with an env each", function(n)
  local text = "x = 1 return x"
  return function() for _ = 1, n / 10 do load(text, "=x", "t", {})() end end, n / 10
end)
case("upvalue of upvalue of upvalue", function(n)
  return function()
    local x = 0
    local function a() return function() return function() x = x + 1 return x end end end
    local f = a()()
    for _ = 1, n do f() end
  end, n
end)
case("varying records at one place", function(n)
  local t = { { x = 1 }, { a = 1, x = 1 }, { b = 1, c = 1, x = 1 }, { d = 1, e = 1, f = 1, x = 1 } }
  return function() local s = 0 for i = 1, n do s = s + t[i % 4 + 1].x end end, n
end)
case("for with a fraction step", function(n)
  return function() local s = 0 for x = 0, n / 4, 0.25 do s = s + x end end, n
end)
case("while with conditions", function(n)
  return function()
    local i, j = 0, n
    while i < j and (i ~= 5 or j > 3) do
      i = i + 1
      if not (i % 2 == 0) then j = j - 1 end
    end
  end, n
end)
case("byte by byte hash", function(n)
  local s = ("abcdefgh"):rep(n / 8)
  return function()
    local h = 0
    for i = 1, #s do h = (h * 31 + s:byte(i)) % 4294967296 end
  end, n
end)
case("gmatch each char", function(n)
  local s = ("abcdefgh"):rep(n / 8)
  return function() local c = 0 for ch in s:gmatch(".") do if ch == "c" then c = c + 1 end end end, n
end)
case("caesar by table and concat", function(n)
  local s, map = ("abcdefgh"):rep(n / 8), {}
  for i = 97, 122 do map[string.char(i)] = string.char((i - 96) % 26 + 97) end
  return function()
    local t = {}
    for i = 1, #s do t[i] = map[s:sub(i, i)] end
    return table.concat(t)
  end, n
end)
case("trim, lower, reverse", function(n)
  return function() for _ = 1, n do local s = ("  Text here "):match("^%s*(.-)%s*$"):lower() end end, n
end)
case("pad with string.rep", function(n)
  return function() for i = 1, n do local s = (" "):rep(8 - #tostring(i)) .. i end end, n
end)
case("matrix by nested tables", function(n)
  local m = math.floor(n ^ (1 / 3))
  local a, b = {}, {}
  for i = 1, m do
    a[i], b[i] = {}, {}
    for j = 1, m do a[i][j], b[i][j] = i + j, i - j end
  end
  return function()
    local c = {}
    for i = 1, m do
      local row = {}
      for j = 1, m do
        local s = 0
        for k = 1, m do s = s + a[i][k] * b[k][j] end
        row[j] = s
      end
      c[i] = row
    end
  end, m ^ 3
end)
case("permutations by coroutine", function(n)
  local function permgen(a, k)
    if k <= 1 then coroutine.yield(a) return end
    for i = 1, k do
      a[k], a[i] = a[i], a[k]
      permgen(a, k - 1)
      a[k], a[i] = a[i], a[k]
    end
  end
  return function()
    for _ = 1, n / 120 do
      for _ in coroutine.wrap(function() permgen({ 1, 2, 3, 4, 5 }, 5) end) do end
    end
  end, n
end)
case("priority queue of records", function(n)
  return function()
    local heap, size, r = {}, 0, random()
    for i = 1, n / 10 do
      size = size + 1
      local e, at = { key = r(1000), i = i }, size
      while at > 1 and heap[math.floor(at / 2)].key > e.key do
        heap[at] = heap[math.floor(at / 2)]
        at = math.floor(at / 2)
      end
      heap[at] = e
    end
  end, n / 10
end)
case("string buffer, tables of chunks", function(n)
  return function()
    local out = {}
    for i = 1, n do
      out[#out + 1] = "<li>"
      out[#out + 1] = i
      out[#out + 1] = "</li>\n"
    end
    return table.concat(out)
  end, n
end)
case("table.insert at front", function(n)
  local m = math.min(n, 1e4)
  return function() local t = {} for i = 1, m do table.insert(t, 1, i) end end, m
end)
case("copy with table.unpack", function(n)
  local t = {}
  for i = 1, 100 do t[i] = i end
  return function() for _ = 1, n / 100 do local u = { (unpack or table.unpack)(t) } end end, n
end)
case("reverse in place", function(n)
  local t = {}
  for i = 1, n do t[i] = i end
  return function()
    local i, j = 1, n
    while i < j do
      t[i], t[j] = t[j], t[i]
      i, j = i + 1, j - 1
    end
  end, n / 2
end)
case("set of all pairs", function(n)
  local side = math.floor(n ^ 0.5)
  return function()
    local t = {}
    for x = 1, side do for y = 1, side do t[x * 65536 + y] = true end end
  end, side * side
end)
case("keys as x * w + y, at random", function(n)
  local r, t = random(), {}
  return function()
    for _ = 1, n do
      local k = r(1000) * 1000 + r(1000)
      t[k] = (t[k] or 0) + 1
    end
  end, n
end)
case("timestamps as keys", function(n)
  return function() local t = {} for i = 1, n do t[1.4e9 + i * 60] = i end end, n
end)
case("fractions as keys, all over", function(n)
  return function() local t = {} for i = 1, n do t[i / 7] = i end end, n
end)
case("remove while in pairs", function(n)
  return function()
    local t = {}
    for i = 1, n do t["k" .. i] = i end
    for k, v in pairs(t) do if v % 2 == 0 then t[k] = nil end end
    for k in pairs(t) do t[k] = nil end
  end, 2 * n
end)
case("empty a set by next", function(n)
  local keys = names(n)
  return function()
    local t = {}
    for i = 1, n do t[keys[i]] = true end
    while true do
      local k = next(t)
      if not k then break end
      t[k] = nil
    end
  end, 2 * n
end)
case("io.write of pieces", function(n)
  local f = io.open("/dev/null", "w")
  return function() for i = 1, n do f:write(i, "\t", "x", "\n") end end, n
end)
case("read by lines, *l", function(n)
  local f = lines_file(n)
  return function()
    f:seek("set")
    while f:read("*l") do end
  end, n
end)
case("read by blocks", function(n)
  local f = lines_file(n)
  return function()
    f:seek("set")
    while f:read(4096) do end
  end, n
end)
case("open and close files", function(n)
  return function() for _ = 1, n / 100 do io.open("/dev/null"):close() end end, n / 100
end)

case("long text .. short", function(n)
  local s = ("x"):rep(n)
  return function() local _ = s .. "</p>" end, 1
end)
case("short .. long text .. short", function(n)
  local s = ("x"):rep(n)
  return function() local _ = "<p>" .. s .. "</p>" end, 1
end)
case("fields of computed keys", function(n)
  local t = {}
  for k in ("name value id text"):gmatch("%a+") do t[k] = 1 end
  return function()
    for i = 1, n do
      t.value = i
      t.id = t.id + t.name
    end
  end, 4 * n
end)
case("records of what was read", function(n)
  local records = {}
  for i = 1, n do
    local r = {}
    for k, v in ("id=1 name=x value=3"):gmatch("(%w+)=(%w+)") do r[k] = v end
    records[i] = r
  end
  return function()
    local s = 0
    for i = 1, n do s = s + records[i].id + records[i].value end
  end, n
end)
case("objects of twenty fields", function(n)
  local t = {}
  for i = 1, 20 do t["f" .. i] = i end
  local f = loaded("local t, n = ... for i = 1, n do t.f3 = t.f17 t.f11 = t.f5 t.f20 = i end")
  return function() f(t, n) end, n
end)
case("globals of all depths", function(n)
  local text = {}
  for i = 1, 60 do text[i] = ("v%d = (v%d or 0) + i"):format(i, i) end
  local f = loaded("local n = ... for i = 1, n do " .. table.concat(text, " ") .. " end")
  return function() f(n / 60) end, n
end)
case("forty classes, ten methods", function(n)
  local objects = {}
  for c = 1, 40 do
    local class = {}
    class.__index = class
    for m = 1, 10 do class["m" .. m] = function() return m end end
    objects[c] = setmetatable({}, class)
  end
  local f = loaded("local t, n = ... local s = 0 for i = 1, n do local o = t[i % 40 + 1] " ..
    "s = s + o:m1() + o:m4() + o:m7() + o:m10() end")
  return function() f(objects, n / 4) end, n
end)

-- Programs of all kinds
case("entities by id come and go", function(n)
  return function()
    local world, first = {}, 1
    for id = 1, n do
      world[id * 7] = { id = id }
      if id > 100 then world[first * 7] = nil first = first + 1 end
    end
  end, n
end)
case("LRU of strings, by age", function(n)
  local keys, r = names(1000), random()
  return function()
    local value, age, count, clock = {}, {}, 0, 0
    for _ = 1, n do
      clock = clock + 1
      local k = keys[r(200)]
      if not value[k] then
        value[k] = clock
        count = count + 1
        if count > 100 then
          local oldest, least
          for key, a in pairs(age) do if not least or a < least then oldest, least = key, a end end
          value[oldest], age[oldest] = nil, nil
          count = count - 1
        end
      end
      age[k] = clock
    end
  end, n
end)
case("queue of first, last", function(n)
  local Q = {} Q.__index = Q
  function Q.new() return setmetatable({ first = 0, last = -1 }, Q) end
  function Q:push(v) self.last = self.last + 1 self[self.last] = v end
  function Q:pop() local f = self.first local v = self[f] self[f] = nil self.first = f + 1 return v end
  return function()
    local q = Q.new()
    for i = 1, 5 do q:push(i) end
    for i = 1, n do q:push(i) q:pop() end
  end, n
end)
case("flags set and cleared by index", function(n)
  return function()
    local t = {}
    for i = 1, n do
      t[i % 10] = true
      t[(i + 5) % 10] = nil
    end
  end, 2 * n
end)
case("small sparse tables", function(n)
  return function()
    for i = 1, n / 4 do
      local t = {}
      t[10] = 1 t[20] = 2 t[30] = 3 t[i] = 4
    end
  end, n
end)
case("arrays with holes", function(n)
  return function()
    local t = {}
    for i = 1, n do if i % 3 ~= 0 then t[i] = i end end
    local s = 0
    for i = 1, n do s = s + (t[i] or 0) end
  end, 2 * n
end)
case("small zero based arrays", function(n)
  return function()
    for _ = 1, n / 8 do
      local t = {}
      for i = 0, 7 do t[i] = i end
    end
  end, n
end)
case("pairs and clear each time", function(n)
  return function()
    local dirty = {}
    for i = 1, n / 8 do
      dirty.a, dirty.b, dirty[i % 10], dirty[i] = true, true, true, true
      for k in pairs(dirty) do dirty[k] = nil end
    end
  end, n
end)
case("set of functions", function(n)
  return function()
    local handlers = {}
    for i = 1, n do
      local f = function() end
      handlers[f] = true
      handlers[f] = nil
    end
  end, n
end)
case("fields of self set to nil", function(n)
  local Unit = {} Unit.__index = Unit
  function Unit:aim(t) self.target = t end
  function Unit:lose() self.target = nil end
  return function()
    local u = setmetatable({ x = 1, y = 2, name = "u" }, Unit)
    for i = 1, n / 2 do u:aim(i) u:lose() end
  end, n
end)
case("undo stack of changes", function(n)
  return function()
    local doc, undo = {}, {}
    for i = 1, n do
      local k = "f" .. i % 10
      undo[#undo + 1] = { key = k, old = doc[k] }
      doc[k] = i
      if #undo > 50 then
        for _ = 1, 50 do local u = table.remove(undo) doc[u.key] = u.old end
      end
    end
  end, n
end)
case("default by __newindex table", function(n)
  local store = {}
  return function()
    local t = setmetatable({}, { __newindex = store, __index = store })
    for i = 1, n / 2 do t.a = i t.b = t.a end
  end, n
end)
case("__newindex table, new keys", function(n)
  return function()
    local store = {}
    local t = setmetatable({}, { __newindex = store })
    for i = 1, n do t[i] = i end
  end, n
end)
case("lazy fields by __index, rawset", function(n)
  local meta = { __index = function(t, k) local v = k .. "!" rawset(t, k, v) return v end }
  return function()
    for _ = 1, n / 8 do
      local t = setmetatable({}, meta)
      for _ = 1, 2 do local _ = t.a, t.b, t.c, t.d end
    end
  end, n
end)
case("class with a static counter", function(n)
  local A = { count = 0 } A.__index = A
  function A.new(x) A.count = A.count + 1 return setmetatable({ x = x }, A) end
  function A:get() return self.x end
  function A:twice() return self:get() * 2 end
  return function() local s = 0 for i = 1, n do local o = A.new(i) s = s + o:get() + o:twice() end end, n
end)
case("fields of a class, written", function(n)
  local Base = { hits = 0 } Base.__index = Base
  local D = setmetatable({}, { __index = Base }) D.__index = D
  function Base:hit() Base.hits = Base.hits + 1 return self end
  local o = setmetatable({}, D)
  return function() for _ = 1, n do o:hit() end end, n
end)
case("constructors with super(...)", function(n)
  local A = {} A.__index = A
  function A.new(class, ...) local o = setmetatable({}, class) o:init(...) return o end
  function A:init(x, ...) self.x = x self.rest = select("#", ...) end
  local B = setmetatable({}, { __index = A }) B.__index = B
  function B:init(x, y, ...) A.init(self, x, ...) self.y = y end
  local C = setmetatable({}, { __index = B }) C.__index = C
  function C:init(x, y, z, ...) B.init(self, x, y, ...) self.z = z end
  return function() for i = 1, n do C:new(i, 2, 3, 4) end end, n
end)
case("closures as objects", function(n)
  local function account(balance)
    local self = {}
    function self.deposit(x) balance = balance + x end
    function self.withdraw(x) balance = balance - x end
    function self.balance() return balance end
    return self
  end
  return function()
    for i = 1, n / 4 do
      local a = account(i)
      a.deposit(3) a.withdraw(1)
      assert(a.balance() == i + 2)
    end
  end, n
end)
case("events, subscribe and emit", function(n)
  return function()
    local handlers, sum = {}, 0
    local function on(name, f) handlers[name] = handlers[name] or {} table.insert(handlers[name], f) end
    local function emit(name, ...) for _, f in ipairs(handlers[name] or {}) do f(...) end end
    for i = 1, 5 do on("tick", function(a, b) sum = sum + a * i + b end) end
    for i = 1, n / 5 do emit("tick", i, 1) end
  end, n
end)
case("select(i, ...) of few", function(n)
  local function sum(...)
    local s = 0
    for i = 1, select("#", ...) do s = s + select(i, ...) end
    return s
  end
  return function() for i = 1, n / 5 do sum(i, 2, 3, 4, 5) end end, n
end)
case("memoize by concatenated keys", function(n)
  local function memoize(f)
    local memo = {}
    return function(...)
      local key = table.concat({ ... }, ",")
      local v = memo[key]
      if v == nil then v = f(...) memo[key] = v end
      return v
    end
  end
  return function()
    local add = memoize(function(a, b) return a + b end)
    for i = 1, n do add(i % 100, i % 7) end
  end, n
end)
case("trie of characters", function(n)
  local words, r = {}, random()
  for i = 1, n / 10 do
    local w = {}
    for k = 1, 10 do w[k] = string.char(96 + r(26)) end
    words[i] = table.concat(w)
  end
  return function()
    local root = {}
    for i = 1, #words do
      local node = root
      for c in words[i]:gmatch(".") do
        local next = node[c]
        if not next then next = {} node[c] = next end
        node = next
      end
      node.leaf = true
    end
  end, n
end)
case("tasks that sleep", function(n)
  return function()
    local tasks, sum = {}, 0
    for k = 1, 50 do
      tasks[k] = { wake = k, co = coroutine.create(function()
        while true do sum = sum + coroutine.yield(k % 7 + 1) end
      end) }
    end
    local done, now = 0, 0
    while done < n do
      now = now + 1
      for _, t in ipairs(tasks) do
        if t.wake <= now then
          local _, wait = coroutine.resume(t.co, 1)
          t.wake = now + (wait or 1)
          done = done + 1
        end
      end
    end
  end, n
end)
case("json encode", function(n)
  local function encode(v, out)
    if type(v) == "table" then
      if v[1] ~= nil then
        out[#out + 1] = "["
        for i, x in ipairs(v) do if i > 1 then out[#out + 1] = "," end encode(x, out) end
        out[#out + 1] = "]"
      else
        out[#out + 1] = "{"
        local first = true
        for k, x in pairs(v) do
          if not first then out[#out + 1] = "," end
          first = false
          out[#out + 1] = string.format("%q:", k)
          encode(x, out)
        end
        out[#out + 1] = "}"
      end
    elseif type(v) == "string" then out[#out + 1] = '"' .. v:gsub('[%c"\\]', "?") .. '"'
    else out[#out + 1] = tostring(v) end
  end
  local list = {}
  for i = 1, n / 10 do list[i] = { id = i, name = "item" .. i, tags = { "a", "b" }, ok = true } end
  return function() local out = {} encode(list, out) return #table.concat(out) end, n
end)
case("json decode", function(n)
  local text = "[" .. ('{"id":12,"name":"an item","tags":["a","b"],"ok":true},'):rep(math.floor(n / 10)) .. "1]"
  local find, sub, byte = string.find, string.sub, string.byte
  local decode
  local function skip(s, i) return find(s, "[^ \n\r\t]", i) end
  function decode(s, i)
    i = skip(s, i)
    local c = sub(s, i, i)
    if c == "{" then
      local t = {}
      i = skip(s, i + 1)
      while sub(s, i, i) ~= "}" do
        local k, v
        k, i = decode(s, i)
        i = skip(s, i)
        v, i = decode(s, i + 1)
        t[k] = v
        i = skip(s, i)
        if sub(s, i, i) == "," then i = skip(s, i + 1) end
      end
      return t, i + 1
    elseif c == "[" then
      local t = {}
      i = skip(s, i + 1)
      while sub(s, i, i) ~= "]" do
        t[#t + 1], i = decode(s, i)
        i = skip(s, i)
        if sub(s, i, i) == "," then i = i + 1 end
      end
      return t, i + 1
    elseif c == '"' then
      local j = find(s, '"', i + 1, true)
      return sub(s, i + 1, j - 1), j + 1
    elseif sub(s, i, i + 3) == "true" then return true, i + 4
    else
      local _, j = find(s, "^-?%d+%.?%d*", i)
      return tonumber(sub(s, i, j)), j + 1
    end
  end
  return function() decode(text, 1) end, n
end)
case("run length encoding", function(n)
  local text = ("aaabbbbcd"):rep(math.ceil(n / 9))
  return function() return (text:gsub("(.)%1*", function(c) return c end)) end, n
end)
case("dates of os.date tables", function(n)
  return function() for i = 1, n / 10 do local d = os.date("*t", i * 1000) local s = d.year + d.month end end, n / 10
end)

-- What none of those above is
case("__newindex chain of five", function(n)
  local t = {}
  for _ = 1, 5 do t = setmetatable({}, { __newindex = t, __index = t }) end
  return function()
    for i = 1, n do
      t.x = i
      t.x = nil
    end
  end, 2 * n
end)
case("__newindex function and rawset", function(n)
  local mt = { __newindex = function(t, k, v) rawset(t, k, v) end }
  return function()
    local t = setmetatable({}, mt)
    for i = 1, n do t[i] = i end
  end, n
end)
case("dumps, first load of each", function(n)
  local dumps, at = {}, 0
  for i = 1, math.max(20, 4e5 / n) do
    local text = { "local x, y = 0, " .. i }
    for j = 1, n / 10 do text[j + 1] = ("x = y + %d if x > y then y = f(x) end"):format(i * 7 + j) end
    dumps[i] = string.dump(load(table.concat(text, "\n")))
  end
  return function()
    at = at % #dumps + 1
    load(dumps[at] .. "")
  end, n / 10
end)
case("first dump of each", function(n)
  local at = 0
  return function()
    at = at + 1
    local text = { "local x, y = 0, " .. at }
    for j = 1, n / 10 do text[j + 1] = ("x = y + %d if x > y then y = f(x) end"):format(at * 7 + j) end
    string.dump(load(table.concat(text, "\n")))
  end, n / 10
end)
case("collectgarbage step beside n", function(n)
  local live = {}
  for i = 1, n do live[i] = { i } end
  return function()
    for _ = 1, 20 do
      for _ = 1, 100 do local t = {} end
      collectgarbage("step", 10)
    end
  end, 20
end)
case("sort reversed by function", function(n)
  return function()
    local t = {}
    for i = 1, n do t[i] = n - i end
    table.sort(t, function(a, b) return a < b end)
  end, n
end)
case("sort equal by function", function(n)
  return function()
    local t = {}
    for i = 1, n do t[i] = 1 end
    table.sort(t, function(a, b) return a < b end)
  end, n
end)
case("sort by two fields", function(n)
  local records, r, n = {}, random(), math.min(n, 1e5)
  for i = 1, n do records[i] = { age = r(50), name = "n" .. r(1000) } end
  return function()
    local t = {}
    for i = 1, n do t[i] = records[i] end
    table.sort(t, function(a, b) return a.age < b.age or a.age == b.age and a.name < b.name end)
  end, n
end)
case("ipairs and # with holes", function(n)
  local t = {}
  for i = 1, 20 do t[i] = i % 7 ~= 0 and i or nil end
  return function()
    local s = 0
    for _ = 1, n / 6 do
      for _, v in ipairs(t) do s = s + v end
      t[20] = nil
      t[20] = s
    end
  end, n
end)
case("gmatch of positions", function(n)
  local text = ("key = value; "):rep(n / 2)
  return function()
    local s = 0
    for a, word, b in text:gmatch("()(%a+)()") do s = s + b - a end
  end, n
end)
case("functions that give functions", function(n)
  local add = function(a) return function(b) return function(c) return a + b + c end end end
  return function()
    local s = 0
    for i = 1, n do s = add(i)(s)(1) end
  end, n
end)
case("pcall in each recursion", function(n)
  local function down(k)
    if k == 0 then return 0 end
    local ok, v = pcall(down, k - 1)
    return v + 1
  end
  return function() for _ = 1, n / 100 do down(100) end end, n
end)
case("format of columns", function(n)
  return function()
    for i = 1, n do local s = ("%-10s|%5d|%8.2f|%5s"):format("name", i, i / 3, true) end
  end, n
end)
case("union, find", function(n)
  local r = random()
  return function()
    local up = {}
    for i = 1, n do up[i] = i end
    local function find(x)
      while up[x] ~= x do
        up[x] = up[up[x]]
        x = up[x]
      end
      return x
    end
    for _ = 1, n do up[find(r(n))] = find(r(n)) end
  end, n
end)
case("ring of modulo", function(n)
  local size, ring = 64, {}
  for i = 0, 63 do ring[i] = 0 end
  return function()
    local head = 0
    for i = 1, n do
      ring[head % size] = i
      head = head + 1
      local _ = ring[(head - 10) % size]
    end
  end, n
end)
case("common subsequence", function(n)
  local a, b = ("abcbdab"):rep(10), ("bdcabaa"):rep(10)
  return function()
    for _ = 1, math.max(1, n / 4900) do
      local row = {}
      for j = 0, #b do row[j] = 0 end
      for i = 1, #a do
        local last, c = 0, a:byte(i)
        for j = 1, #b do
          local above = row[j]
          row[j] = c == b:byte(j) and last + 1 or math.max(above, row[j - 1])
          last = above
        end
      end
    end
  end, math.max(n, 4900)
end)
case("merge of defaults", function(n)
  local defaults = { width = 1, height = 2, color = "red", visible = true, title = "x" }
  return function()
    for i = 1, n / 7 do
      local t = { width = i, name = "n" }
      for k, v in pairs(defaults) do if t[k] == nil then t[k] = v end end
    end
  end, n
end)
case("if elseif on numbers", function(n)
  local text = { "local n = ... local s = 0 for i = 1, n do local x = i % 30 if x == 0 then s = s + 1" }
  for i = 1, 29 do text[i + 1] = ("elseif x == %d then s = s + %d"):format(i, i) end
  local f = loaded(table.concat(text, "\n") .. " end end return s ")
  return function() f(n) end, n
end)
case("paths a.b.c.d", function(n)
  local t = { a = { b = { c = { d = 0 } } } }
  return function() for i = 1, n do t.a.b.c.d = t.a.b.c.d + i end end, n
end)
case("__eq, __lt, __le", function(n)
  local mt = {}
  mt.__eq = function(a, b) return a.v == b.v end
  mt.__lt = function(a, b) return a.v < b.v end
  mt.__le = function(a, b) return a.v <= b.v end
  local a, b = setmetatable({ v = 1 }, mt), setmetatable({ v = 2 }, mt)
  return function()
    local s = 0
    for _ = 1, n / 3 do
      if a == b then s = s + 1 end
      if a < b then s = s + 1 end
      if a <= b then s = s + 1 end
    end
  end, n
end)
case("many results", function(n)
  local function many() return 1, 2, 3, 4, 5, 6, 7, 8 end
  return function()
    for _ = 1, n / 8 do
      local a, b, c, d, e, f, g, h = many()
      local t = { many() }
    end
  end, n / 4
end)
case("tonumber of other bases", function(n)
  return function() for i = 1, n / 2 do local _ = tonumber("ff3a", 16) + tonumber("10110", 2) end end, n
end)
case("tostring by __tostring", function(n)
  local t = setmetatable({}, { __tostring = function() return "object" end })
  return function() for _ = 1, n do local _ = tostring(t) end end, n
end)
case("require again", function(n)
  package.loaded.growth_module = {}
  return function() for _ = 1, n do local _ = require("growth_module") end end, n
end)
case("coroutine.running, status", function(n)
  local co = coroutine.create(function() end)
  return function()
    for _ = 1, n do
      local a = coroutine.running()
      local b = coroutine.status(co)
    end
  end, 2 * n
end)
case("short loops in a loop", function(n)
  return function()
    local s = 0
    for i = 1, n / 3 do for j = 1, 3 do s = s + i * j end end
  end, n
end)
case("dot product of sparse vectors", function(n)
  local a, b = {}, {}
  for i = 1, 100 do
    a[i * 37] = i
    b[i * 74] = i
  end
  return function()
    for _ = 1, n / 100 do
      local s = 0
      for k, v in pairs(a) do s = s + v * (b[k] or 0) end
    end
  end, n
end)
case("gsub with captures in the text", function(n)
  local text = ("first second, "):rep(n / 2)
  return function() local _ = text:gsub("(%a+) (%a+)", "%2-%1") end, n / 2
end)
case("numbers in table.concat", function(n)
  local t = {}
  for i = 1, n do t[i] = i end
  return function() local _ = table.concat(t, ",") end, n
end)
case("text put together and cut", function(n)
  local s = ("line of a text\n"):rep(200)
  return function()
    for _ = 1, n / 100 do
      s = s .. "another line\n"
      s = s:sub(14)
    end
  end, n / 50
end)
case("xor by arithmetic", function(n)
  return function()
    for i = 1, n / 16 do
      local a, b, r, p = i, 12345, 0, 1
      while a > 0 or b > 0 do
        if a % 2 ~= b % 2 then r = r + p end
        a, b, p = math.floor(a / 2), math.floor(b / 2), p * 2
      end
    end
  end, n
end)
case("class whose methods count", function(n)
  local C = { count = 0 } C.__index = C
  function C:a() return self.x end
  function C:b() return self:a() + 1 end
  function C:c() C.count = C.count + 1 return self:b() + 1 end
  local o = setmetatable({ x = 1 }, C)
  return function() local s = 0 for _ = 1, n do s = s + o:c() end end, n
end)
case("sandbox beside written globals", function(n)
  counter = 0
  function tick() counter = counter + 1 end
  local env = setmetatable({}, { __index = _G })
  local f = loadstring and setfenv or function(f) return f end
  local work = f(load([[
    local n = ...
    return function() local s = 0 for i = 1, n do s = s + math.floor(i / 2) tick() end end
  ]], "=work", "t", env), env)
  return work(n), n
end)
case("default of a class, read and written", function(n)
  local C = { v = 1 } C.__index = C
  local o = setmetatable({}, C)
  return function() local s = 0 for i = 1, n do C.v = i s = s + o.v end end, n
end)

-- Those of everyday work that are nearest to lua5.2's time
case("trie by bytes", function(n)
  local r, words = random(), {}
  for i = 1, n / 5 do
    local w = {}
    for k = 1, 5 do w[k] = string.char(96 + r(26)) end
    words[i] = table.concat(w)
  end
  return function()
    local root = {}
    for _, w in ipairs(words) do
      local t = root
      for k = 1, #w do
        local c = w:byte(k)
        local next = t[c]
        if not next then next = {} t[c] = next end
        t = next
      end
      t[0] = true
    end
  end, n
end)
case("gsub escaped", function(n)
  local s = ("a<b>&c "):rep(n / 3)
  local map = { ["<"] = "&lt;", [">"] = "&gt;", ["&"] = "&amp;" }
  return function() return (s:gsub("[<>&]", map)) end, n
end)
case("trim each", function(n)
  return function() for i = 1, n do local s = ("  text  "):match("^%s*(.-)%s*$") end end, n
end)
case("proxy of a table", function(n)
  local function proxy(t)
    return setmetatable({}, { __index = function(_, k) return t[k] end, __newindex = function(_, k, v) t[k] = v end })
  end
  local p = proxy { a = 1 }
  return function() for i = 1, n do p.a = p.a + 1 end end, 2 * n
end)
case("counted proxy", function(n)
  local counts = {}
  local p = setmetatable({}, { __index = function(_, k) counts[k] = (counts[k] or 0) + 1 return k end })
  return function() for i = 1, n do local _ = p.x, p.y end end, 2 * n
end)
case("for over float steps", function(n)
  return function() local s = 0 for x = 0, n / 10, 0.1 do s = s + x end end, n
end)
case("os.time of tables", function(n)
  return function() for i = 1, n / 10 do local t = os.time { year = 2020, month = 1, day = i % 28 + 1, hour = 12 } end end, n / 10
end)
case("walk of a tree by coroutine", function(n)
  local function build(lo, hi)
    if lo > hi then return nil end
    local mid = math.floor((lo + hi) / 2)
    return { key = mid, left = build(lo, mid - 1), right = build(mid + 1, hi) }
  end
  local root = build(1, n)
  local function walk(t) if t then walk(t.left) coroutine.yield(t.key) walk(t.right) end end
  return function() local s = 0 for k in coroutine.wrap(function() walk(root) end) do s = s + k end end, n
end)
case("sort by length, then text", function(n)
  local r, names = random(), {}
  for i = 1, n do names[i] = ("n"):rep(r(10)) .. r(100) end
  return function()
    local t = {}
    for i = 1, n do t[i] = names[i] end
    table.sort(t, function(a, b) if #a ~= #b then return #a < #b end return a < b end)
  end, n
end)
case("game of life by keys", function(n)
  local m = math.floor((n / 9) ^ 0.5)
  return function()
    local live, count = {}, {}
    for y = 1, m do for x = 1, m do if (x + y) % 3 == 0 then live[y * 1000 + x] = true end end end
    for k in pairs(live) do
      for dy = -1000, 1000, 1000 do for dx = -1, 1 do
        local q = k + dy + dx
        if q ~= k then count[q] = (count[q] or 0) + 1 end
      end end
    end
    local new = {}
    for k, c in pairs(count) do if c == 3 or c == 2 and live[k] then new[k] = true end end
  end, n
end)
case("string keys with dots", function(n)
  local t = { a = { b = { c = 1 } } }
  return function()
    for i = 1, n / 3 do local at = t for part in ("a.b.c"):gmatch("[^.]+") do at = at[part] end end
  end, n
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
