-- What is found through classes is remembered: each way to change a class must be noticed.
local function warm(o) -- often enough to be remembered, from the same place in the program
  local got
  for _ = 1, 100 do got = o:name() .. tostring(o.field) end
  return got
end

local Base, Class = {}, {}
Base.__index, Class.__index = Base, Class
setmetatable(Class, Base)
function Base.name() return "base" end
Base.field = 1
local o = setmetatable({}, Class)
print(warm(o)) -- expect: base1

-- A nearer class gets the method; it is assigned again, and removed.
function Class.name() return "class" end
print(warm(o)) -- expect: class1
function Class.name() return "again" end
print(warm(o)) -- expect: again1
Class.name = nil
print(warm(o)) -- expect: base1
rawset(Base, "name", function() return "raw" end)
print(warm(o)) -- expect: raw1
rawset(Class, "field", 2)
print(warm(o)) -- expect: raw2

-- What is absent is remembered as well.
local function absent(x)
  local got
  for _ = 1, 100 do got = x.later end
  return tostring(got)
end
print(absent(o)) -- expect: nil
Base.later = "now"
print(absent(o)) -- expect: now

-- __index and metatables.
local Other = { name = function() return "other" end, field = 3 }
Class.__index = Other
print(warm(o)) -- expect: other3
Class.__index = function(_, k) return k == "name" and function() return "function" end or 4 end
print(warm(o)) -- expect: function4
Class.__index = function(_, k) return k == "name" and function() return "another" end or 5 end
print(warm(o)) -- expect: another5
local function third(x) -- by a key that is no constant
  local got
  for k = 1, 100 do got = x[k % 4] end
  return got
end
print(third(o)) -- expect: 5
rawset(Class, "__index", function(_, k) return k == "name" and tostring or k end)
print(third(o), o.field) -- expect: 0	field
Class.__index = nil
print(third(o), o.field) -- expect: nil	nil
Class.__index = { 1, 2, 3, field = 6 }
print(third(o), o.field) -- expect: nil	6
Class.__index = Class
print(warm(o)) -- expect: raw2
setmetatable(Class, { __index = { name = function() return "meta" end } })
print(warm(o)) -- expect: meta2
setmetatable(o, { __index = Other })
print(warm(o)) -- expect: other3
o.name = function() return "own" end
print(warm(o)) -- expect: own3
o.name = nil
print(warm(o)) -- expect: other3

-- Library functions that write to tables.
local List = { __index = nil }
List.__index = List
local l = setmetatable({}, { __index = List })
local function first(x)
  local got
  for _ = 1, 100 do got = x[1] end
  return tostring(got) .. tostring(x.n)
end
table.insert(List, "a")
print(first(l)) -- expect: anil
table.insert(List, 1, "b")
print(first(l)) -- expect: bnil
table.sort(List)
print(first(l)) -- expect: anil
table.remove(List, 1)
print(first(l)) -- expect: bnil

-- While a chain is being used: a method that changes its class.
local Count = {}
Count.__index = Count
Count.calls = 0
function Count:tick() Count.calls = self.calls + 1 end
local c = setmetatable({}, Count)
for _ = 1, 1000 do c:tick() end
print(c.calls) -- expect: 1000

-- Strings.
local function sub(s)
  local got
  for _ = 1, 100 do got = s:sub(2, 2) end
  return got
end
print(sub("abc")) -- expect: b
local real = string.sub
string.sub = function() return "mine" end
print(sub("abc")) -- expect: mine
string.sub = real
print(sub("abc")) -- expect: b
getmetatable("").__index = { sub = function() return "theirs" end }
print(sub("abc")) -- expect: theirs
getmetatable("").__index = string
print(sub("abc")) -- expect: b

-- Another metatable at each turn, as many as there are places and more.
local sum = 0
for i = 1, 500 do
  local x = setmetatable({}, { __index = { get = function() return i end } })
  sum = sum + x:get() + x:get()
end
print(sum) -- expect: 250500

-- Keys whose places collide with those of others.
local many = { __index = {} }
for i = 1, 200 do many.__index["key" .. i] = i end
local m, total = setmetatable({}, many), 0
for _ = 1, 50 do for i = 1, 200 do total = total + m["key" .. i] end end
print(total) -- expect: 1005000

-- A table that is a class and a program's globals.
do
  local env = setmetatable({ print = print }, { __index = _G })
  local f = load("x = (x or 0) + 1 counter = counter or 0 return x", "f", "t", env)
  counter = 5
  for _ = 1, 100 do f() end
  counter = 6
  print(f(), rawget(env, "counter"), env.counter) -- expect: 101	5	5
end

-- What a class is written under another key leaves what is remembered: at random, beside a walk
-- by rawget. Keys are constants, put together, long, numbers, and __index itself.
do
  local long = ("k"):rep(50)
  local keys = { "a", "b", "c", "d", long, 1, "__index" }
  local get, set = {}, {}
  for i, k in ipairs(keys) do
    local field = type(k) == "number" and "[1]" or ("[%q]"):format(k)
    get[i] = load("local o = ... return o" .. field)
    set[i] = load("local o, v = ... o" .. field .. " = v")
  end
  local function walk(t, k)
    while t do
      local v = rawget(t, k)
      if v ~= nil then return v end
      local mt = getmetatable(t)
      t = mt and rawget(mt, "__index")
    end
  end
  local x = 1
  local function random(n) x = x * 16807 % 2147483647 return x % n + 1 end
  local class = {}
  for i = 1, 5 do
    class[i] = setmetatable({}, class[i - 1])
    class[i].__index = class[i]
  end
  local objects = {}
  for i = 1, 5 do objects[i] = setmetatable({}, class[i]) end
  local through = {}
  for i = 1, 5 do through[i] = setmetatable({}, { __newindex = class[i] }) end
  local wrong = 0
  for step = 1, 20000 do
    local c, i = random(5), random(7)
    local k, v = keys[i], step
    if i == 7 then v = random(3) > 1 and class[c] or class[random(c)] end
    if i < 7 and random(4) == 1 then v = nil end
    local how = random(4)
    if how == 1 then set[i](class[c], v)
    elseif how == 2 then class[c][i < 5 and ("abcd"):sub(i, i) or k] = v
    elseif how == 3 and i < 7 then set[i](through[c], v)
    else rawset(class[c], k, v) end
    for _ = 1, 3 do
      local o, j = objects[random(5)], random(6)
      if get[j](o) ~= walk(o, keys[j]) or o[keys[j]] ~= walk(o, keys[j]) then wrong = wrong + 1 end
    end
  end
  print(wrong) -- expect: 0
end

-- A class that its methods write to.
do
  local Counted = { made = 0, seen = 0 }
  Counted.__index = Counted
  function Counted.new() Counted.made = Counted.made + 1 return setmetatable({}, Counted) end
  function Counted:see() Counted.seen = self.seen + 1 Counted.last = self return self.last == self end
  local all = true
  for _ = 1, 500 do local made = Counted.new() all = made:see() and made:see() and all end
  print(Counted.made, Counted.seen, all) -- expect: 500	1000	true
  print(Counted.new().made) -- expect: 501
end
