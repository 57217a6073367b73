-- Programs made of coroutines: producers, generators, schedulers, backtracking.

local yield, wrap = coroutine.yield, coroutine.wrap

-- producer, filter, consumer
local function producer(n) return coroutine.create(function() for i = 1, n do yield("line " .. i) end end) end
local function receive(p) local _, v = coroutine.resume(p) return v end
local function filter(p)
  return coroutine.create(function()
    local n = 1
    while true do
      local v = receive(p)
      if not v then return end
      yield(n .. ": " .. v)
      n = n + 1
    end
  end)
end
local f, lines = filter(producer(3)), {}
while true do
  local v = receive(f)
  if not v then break end
  lines[#lines + 1] = v
end
print(table.concat(lines, "; ")) -- expect: 1: line 1; 2: line 2; 3: line 3

-- permutations
local function permutations(a)
  local function gen(n)
    if n <= 1 then yield(a) return end
    for i = 1, n do
      a[n], a[i] = a[i], a[n]
      gen(n - 1)
      a[n], a[i] = a[i], a[n]
    end
  end
  return wrap(function() gen(#a) end)
end
local all = {}
for p in permutations({ "a", "b", "c" }) do all[#all + 1] = table.concat(p) end
print(table.concat(all, " ")) -- expect: bca cba cab acb bac abc

-- primes by a chain of filters
local function numbers() return wrap(function() local i = 2 while true do yield(i) i = i + 1 end end) end
local function without(p, src) return wrap(function() for v in src do if v % p ~= 0 then yield(v) end end end) end
local primes, src = {}, numbers()
for i = 1, 15 do
  local p = src()
  primes[i] = p
  src = without(p, src)
end
print(table.concat(primes, " ")) -- expect: 2 3 5 7 11 13 17 19 23 29 31 37 41 43 47

-- a round-robin scheduler with sleeping tasks
local function scheduler()
  local tasks, log, time = {}, {}, 0
  local self = {}
  function self.spawn(name, body) tasks[#tasks + 1] = { name = name, co = coroutine.create(body), wake = 0 } end
  function self.run()
    while #tasks > 0 do
      for i = #tasks, 1, -1 do
        local task = tasks[i]
        if task.wake <= time then
          local ok, what = coroutine.resume(task.co, time)
          if not ok then
            log[#log + 1] = task.name .. " failed: " .. what
            table.remove(tasks, i)
          elseif coroutine.status(task.co) == "dead" then
            log[#log + 1] = task.name .. " ended at " .. time
            table.remove(tasks, i)
          else
            task.wake = time + (what or 1)
          end
        end
      end
      time = time + 1
    end
    return log
  end
  return self
end
local s = scheduler()
s.spawn("slow", function() for _ = 1, 3 do yield(5) end end)
s.spawn("fast", function() for _ = 1, 4 do yield() end end)
s.spawn("bad", function() yield(2) error("oops", 0) end)
s.spawn("parent", function() yield(1) s.spawn("child", function() yield(3) end) yield(1) end)
print(table.concat(s.run(), ", "))
-- expect: parent ended at 2, bad failed: oops, fast ended at 4, child ended at 5, slow ended at 15

-- both fringes of two trees, side by side
local function leaves(t) return wrap(function()
  local function walk(n) if type(n) == "table" then walk(n[1]) walk(n[2]) else yield(n) end end
  walk(t)
end) end
local function same_fringe(a, b)
  local la, lb = leaves(a), leaves(b)
  while true do
    local x, y = la(), lb()
    if x ~= y then return false end
    if x == nil then return true end
  end
end
print(same_fringe({ 1, { 2, 3 } }, { { 1, 2 }, 3 }), same_fringe({ 1, { 2, 3 } }, { { 1, 3 }, 2 }))
-- expect: true	false

-- backtracking: choose yields each alternative to the driver
local function solve(goal)
  local function try(choices, i)
    if i > #choices then yield() return end
    for _, v in ipairs(choices[i].from) do
      choices[i].value = v
      try(choices, i + 1)
    end
  end
  return goal(try)
end
local count, found = 0, nil
solve(function(try)
  local choices = {}
  for i, name in ipairs({ "x", "y", "z" }) do
    choices[i] = { name = name, from = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 } }
  end
  for _ in wrap(function() try(choices, 1) end) do end
  local co = wrap(function() try(choices, 1) yield("end") end)
  while co() ~= "end" do
    local x, y, z = choices[1].value, choices[2].value, choices[3].value
    if x < y and x * x + y * y == z * z then count = count + 1 found = x .. "," .. y .. "," .. z end
  end
end)
print(count, found) -- expect: 3	6,8,10

-- a coroutine per connection of a parser fed piece by piece
local function word_splitter(emit)
  return wrap(function(piece)
    local buffer = ""
    while piece do
      for c in piece:gmatch(".") do
        if c == " " then
          if buffer ~= "" then emit(buffer) buffer = "" end
        else
          buffer = buffer .. c
        end
      end
      piece = yield()
    end
    if buffer ~= "" then emit(buffer) end
  end)
end
local words = {}
local feed = word_splitter(function(w) words[#words + 1] = w end)
feed("hel") feed("lo wor") feed("ld again ") feed("x") feed(nil)
print(table.concat(words, "|")) -- expect: hello|world|again|x

-- exceptions through coroutines with clean-up
local function with_resource(body)
  local log = { "open" }
  local ok, e = pcall(body, log)
  log[#log + 1] = "close"
  return ok, e, table.concat(log, " ")
end
local co = wrap(function() return with_resource(function(log)
  log[#log + 1] = "use"
  yield("paused")
  error("broken", 0)
end) end)
print(co()) -- expect: paused
print(co()) -- expect: false	broken	open use close

-- many live ones, resumed in changing order
local cos, total = {}, 0
for i = 1, 200 do
  cos[i] = wrap(function() local acc = i while true do acc = acc + yield(acc) end end)
  total = total + cos[i]()
end
for round = 1, 20 do
  for i = round % 7 + 1, 200, round % 5 + 1 do total = total + cos[i](round) end
end
print(total) -- expect: 278963
