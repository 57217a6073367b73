-- __index and __newindex: functions, tables, chains, raw access, inheritance.

-- __index as a function gets table and key, and gives one value
local calls = 0
local t = setmetatable({ present = 1 }, { __index = function(self, k)
  calls = calls + 1
  return k .. "?", "dropped"
end })
print(t.present, t.absent, (t.other), calls) -- expect: 1	absent?	other?	2
print(t[1], t["two words"], rawget(t, 1), calls) -- expect: 1?	two words?	nil	4
print(select("#", t.x)) -- expect: 1

-- __index as a table; chains
local base = { greet = "hello", n = 1 }
local mid = setmetatable({ n = 2 }, { __index = base })
local leaf = setmetatable({}, { __index = mid })
print(leaf.greet, leaf.n, leaf.none, mid.greet) -- expect: hello	2	nil	hello
base.late = "added later"
print(leaf.late) -- expect: added later
leaf.n = 3
print(leaf.n, mid.n, base.n) -- expect: 3	2	1
mid.n = nil
leaf.n = nil
print(leaf.n, mid.n) -- expect: 1	1

-- a chain ending in a function
local log = {}
setmetatable(base, { __index = function(self, k) log[#log + 1] = k return self == base end })
print(leaf.deep, log[1]) -- expect: true	deep

-- false is a value; nil is not
t = setmetatable({ no = false }, { __index = function() return "default" end })
print(t.no, t.none) -- expect: false	default

-- __newindex as a function: only for absent keys
log = {}
t = setmetatable({ old = 1 }, { __newindex = function(self, k, v)
  log[#log + 1] = k .. "=" .. tostring(v)
  rawset(self, k, v and v * 10)
end })
t.old = 2; t.new = 3; t.new = 4; t[1] = 5; t.nothing = nil
print(t.old, t.new, t[1], table.concat(log, " ")) -- expect: 2	4	50	new=3 1=5 nothing=nil

-- __newindex as a table
local store = {}
t = setmetatable({}, { __newindex = store, __index = store })
t.x = 1; t[1] = "one"
print(t.x, t[1], rawget(t, "x"), store.x, #t, #store) -- expect: 1	one	nil	1	0	1
t = setmetatable({}, { __newindex = t })
t.y = 2
print(t.y, store.y) -- expect: nil	2

-- assigning nil to an absent key calls it too; existing keys with false as well
local n = 0
t = setmetatable({ f = false }, { __newindex = function() n = n + 1 end })
t.a = nil; t.b = nil; t.f = true; t.f = nil; t.f = 1
print(n, t.f) -- expect: 3	nil

-- proxies
local function proxy(target)
  local reads, writes = 0, 0
  return setmetatable({}, {
    __index = function(_, k) reads = reads + 1 return target[k] end,
    __newindex = function(_, k, v) writes = writes + 1 target[k] = v end,
    __len = function() return #target end,
  }), function() return reads, writes end
end
local real = { 1, 2, 3 }
local p, stats = proxy(real)
p[4] = p[1] + p[2]
p.x = "px"
print(#p, real[4], real.x, stats()) -- expect: 4	3	px	2	2

-- read-only tables
local function readonly(tab)
  return setmetatable({}, { __index = tab, __newindex = function(_, k)
    error("attempt to update field '" .. tostring(k) .. "'", 2)
  end })
end
local days = readonly({ "Sun", "Mon" })
print(days[1], pcall(function() days[2] = "x" end))
-- expect: Sun	false	meta_index.lua:81: attempt to update field '2'

-- default values, memoising, counting
local memo = setmetatable({}, { __index = function(self, k)
  local v = k < 2 and k or self[k - 1] + self[k - 2]
  self[k] = v
  return v
end })
print(memo[50], rawget(memo, 30)) -- expect: 12586269025	832040
local zeros = setmetatable({}, { __index = function() return 0 end })
for w in ("a b a c a b"):gmatch("%a") do zeros[w] = zeros[w] + 1 end
print(zeros.a, zeros.b, zeros.c, zeros.d) -- expect: 3	2	1	0

-- a metatable changed while in use
local mt = {}
t = setmetatable({}, mt)
print(t.x) -- expect: nil
mt.__index = { x = "first" }
print(t.x) -- expect: first
mt.__index.x = "second"
print(t.x) -- expect: second
mt.__index = function() return "function" end
print(t.x) -- expect: function
mt.__index = nil
print(t.x) -- expect: nil
mt.__newindex = function(self, k, v) rawset(self, k, "set " .. v) end
t.x = "1"
print(t.x) -- expect: set 1
t.x = nil
mt.__newindex = nil
t.x = "2"
print(t.x) -- expect: 2
setmetatable(t, nil)
print(getmetatable(t), t.x) -- expect: nil	2

-- loops in chains are errors
local a, b = {}, {}
setmetatable(a, { __index = b, __newindex = b })
setmetatable(b, { __index = a, __newindex = a })
print(pcall(function() return a.x end)) -- expect: false	meta_index.lua:121: loop in gettable
print(pcall(function() a.x = 1 end)) -- expect: false	meta_index.lua:122: loop in settable

-- __index on values that are not indexable
t = setmetatable({}, { __index = 5 })
print(pcall(function() return t.x end))
-- expect: false	meta_index.lua:126: attempt to index a number value
t = setmetatable({}, { __newindex = 5 })
print(pcall(function() t.x = 1 end))
-- expect: false	meta_index.lua:129: attempt to index a number value
t = setmetatable({}, { __index = "string" })
print(t.len == string.len, t.nothing) -- expect: true	nil

-- strings have an __index
print(("x").rep == string.rep, getmetatable("").__index == string, ("x").foo)
-- expect: true	true	nil
string.shout = function(s) return s:upper() .. "!" end
print(("hi"):shout(), #("hi"):shout()) -- expect: HI!	3
string.shout = nil

-- integer keys and array parts
t = setmetatable({ 1, 2, 3 }, { __index = function(_, i) return -i end })
print(t[1], t[3], t[4], t[0], t[-5], #t) -- expect: 1	3	-4	-0	5	3
t[4] = 4
print(t[4], #t, t[5]) -- expect: 4	4	-5
t[2] = nil
print(t[2]) -- expect: -2

-- methods through __index
local Animal = {}
Animal.__index = Animal
function Animal.new(name) return setmetatable({ name = name }, Animal) end
function Animal:speak() return self.name .. " makes a sound" end
function Animal:kind() return "animal" end
local Dog = setmetatable({}, { __index = Animal })
Dog.__index = Dog
function Dog.new(name) local d = Animal.new(name) return setmetatable(d, Dog) end
function Dog:speak() return Animal.speak(self) .. ": woof" end
local d = Dog.new("Rex")
print(d:speak(), d:kind(), Animal.new("Cat"):speak())
-- expect: Rex makes a sound: woof	animal	Cat makes a sound
print(getmetatable(d) == Dog, rawget(Dog, "kind"), rawget(d, "speak")) -- expect: true	nil	nil
function Animal:kind() return "changed" end
print(d:kind()) -- expect: changed

-- yield from __index and __newindex
local co = coroutine.wrap(function()
  local y = setmetatable({}, {
    __index = function(_, k) return coroutine.yield("index " .. k) end,
    __newindex = function(_, k, v) coroutine.yield("newindex " .. k .. v) end,
  })
  local got = y.a
  y.b = got
  return "done " .. y.c .. y.d
end)
print(co(), co(1), co(), co("C"), co("D"))
-- expect: index a	newindex b1	index c	index d	done CD

-- Inheritance: through many classes, through keys that were made at run time, and as it
-- changes between two looks by the same code.
do
  local function class(base) local c = setmetatable({}, base) c.__index = c return c end
  local root = class()
  root["me" .. "thod"] = function(self) return self.name end
  root[("fi"):rep(1) .. "eld"] = "root's"
  local deep = root
  for _ = 1, 20 do deep = class(deep) end
  local object = setmetatable({ name = "deep" }, deep)
  local near = setmetatable({ name = "near" }, root)
  local function message(f, ...) return (select(2, pcall(f, ...)):gsub("^.-:%d+: ", "")) end
  local function look(o) return o.field, o:method(), o.absent end
  print(look(near)) -- expect: root's	near	nil
  print(look(object)) -- expect: root's	deep	nil
  deep.field = "deep's"
  print(look(object)) -- expect: deep's	deep	nil
  deep.__index = function(_, k) return k == "method" and root.method or k .. "?" end
  print(look(object)) -- expect: field?	deep	absent?
  deep.__index = nil
  print(object.field, message(look, object)) -- expect: nil	attempt to call method 'method' (a nil value)
  deep.__index = 42
  print(message(look, object)) -- expect: attempt to index a number value
  setmetatable(object, nil)
  object.method = print
  print(object.absent) -- expect: nil
  local many = {}
  for i = 1, 40 do many["k" .. i] = i end
  local heir = setmetatable({}, { __index = many })
  local sum = 0
  for _ = 1, 3 do sum = sum + heir.k1 + heir.k17 + heir.k40 end
  print(sum, heir.k41) -- expect: 174	nil
  local a, b = class(), class()
  a.__index, b.__index = b, a
  setmetatable(a, a) setmetatable(b, b)
  print(message(function() return a.x end)) -- expect: loop in gettable
end
