-- Fields that come and go at one node, in tables of all kinds, and what goes through a table
-- that is __newindex; compared with the same done by rawset in another order of steps.
local unpack = table.unpack

local function put(t, v) t.key = v end
local function keys_of(t)
  local keys = {}
  for k, v in pairs(t) do keys[#keys + 1] = tostring(k) .. "=" .. tostring(v) end
  table.sort(keys)
  return table.concat(keys, " ")
end

-- tables of 0 to 40 names, some with elements, some with numbers far away, some with both
local function make(names, kind)
  local t = {}
  for i = 1, names do t["name" .. i] = i end
  if kind % 2 == 1 then for i = 1, 5 do t[i] = i end end
  if kind >= 2 then t[1000], t[-1], t[0.5] = true, true, true end
  return t
end
for names = 0, 40 do
  for kind = 0, 3 do
    local t, other = make(names, kind), make(names, kind)
    for round = 1, 6 do
      local v = round % 2 == 1 and round or nil
      put(t, v)
      rawset(other, "key", v)
      assert(t.key == v and #t == #other and keys_of(t) == keys_of(other), names)
    end
    for i = 1, names do t["name" .. i] = nil end
    put(t, 1)
    put(t, nil)
    put(t, nil)
    assert(t.key == nil and (kind > 0 or next(t) == nil))
  end
end
print("all kinds") -- expect: all kinds

-- upvalues, globals, elements of other types
local shared = {}
local function up(v) shared.flag = v end
up(true) up(nil) up(1) assert(shared.flag == 1) up(nil)
print(next(shared)) -- expect: nil
for _ = 1, 3 do
  global_flag = 1
  assert(_G.global_flag == 1)
  global_flag = nil
  assert(rawget(_G, "global_flag") == nil)
end

-- a metatable gets its methods, and loses them
local meta = {}
local object = setmetatable({}, meta)
for _ = 1, 3 do
  assert(object.x == nil)
  meta.__index = { x = 1 }
  assert(object.x == 1)
  meta.__index = nil
  meta.__newindex = error
  assert(not pcall(put, object, 1))
  meta.__newindex = nil
  put(object, 1)
  assert(object.key == 1)
  put(object, nil)
end
print(next(object)) -- expect: nil

-- a traversal in which the fields met are cleared, at one node
local set = { key = 1, a = 1, b = 2, c = 3 }
local met = 0
for k in pairs(set) do
  met = met + 1
  if k == "key" then set.key = nil elseif k == "a" then set.a = nil
  elseif k == "b" then set.b = nil else set.c = nil end
end
print(met, next(set)) -- expect: 4	nil

-- __newindex a table: new keys and old ones, of all types, and nil for both
local store = {}
local proxy = setmetatable({}, { __newindex = store })
local function through(v) proxy.key = v end
through(1) through(2)
print(store.key, rawget(proxy, "key")) -- expect: 2	nil
through(nil) through(nil)
print(next(store)) -- expect: nil
for _, k in ipairs({ 1, 2, 3, 10, 0.5, -1, true, "s", store, ("long"):rep(2000) }) do
  proxy[k] = "v"
  proxy[k] = "w"
  assert(store[k] == "w" and rawget(proxy, k) == nil)
  proxy[k] = nil
  assert(store[k] == nil)
end
print(next(store), next(proxy)) -- expect: nil	nil
print(pcall(function() proxy[nil] = 1 end))
-- expect: false	field_changes.lua:94: table index is nil
print(pcall(function() proxy[0 / 0] = 1 end))
-- expect: false	field_changes.lua:96: table index is NaN

-- what the table has itself stays there, false as well
rawset(proxy, "own", false)
proxy.own = 1
proxy["o" .. "wn"] = 2
print(proxy.own, store.own) -- expect: 2	nil
proxy.own = nil
proxy.own = 3
print(rawget(proxy, "own"), store.own) -- expect: nil	3

-- chains, and functions at their end, for new keys only
local log = {}
setmetatable(store, { __newindex = function(t, k, v)
  log[#log + 1] = (t == store and "store " or "? ") .. tostring(k)
  rawset(t, k, v)
end })
proxy.own = 4
for i = 1, 2 do through(i) proxy[7] = i proxy.gone = nil end
print(table.concat(log, ", "), store.key, store[7])
-- expect: store key, store 7, store gone, store gone	2	2
store = { f = 1 }
local second = setmetatable({}, { __newindex = setmetatable({}, { __newindex = store }) })
for i = 1, 3 do second.x = i second.f = nil second[i] = i end
print(store.x, store.f, #store) -- expect: 3	nil	3

-- methods that are found in the table that is written through
local class = { f = function() return "old" end }
local instance = setmetatable({}, { __index = class, __newindex = class })
for i = 1, 50 do assert(instance:f() == "old") end
instance.f = function() return "new" end
print(instance:f(), class.f == instance.f) -- expect: new	true
for i = 1, 50 do
  instance.count = i
  assert(instance.count == i and class.count == i)
end

-- no table at all
local bad = setmetatable({}, { __newindex = 1 })
print(pcall(function() bad.x = 1 end))
-- expect: false	field_changes.lua:136: attempt to index a number value
