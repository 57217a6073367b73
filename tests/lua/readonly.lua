-- moonlet-only: read-only tables: nothing writes to them, and a state from before has them as
-- they were.
local state = require "state"

-- Every way to write to a table: operators, constructors, natives. Each is given a frozen one.
local function global_store(t)
  local _ENV = t
  a = 1
end
local ways = {
  field = function(t) t.a = 2 end,
  field_same = function(t) t.a = t.a end,
  new_field = function(t) t.new = 1 end,
  remove_field = function(t) t.a = nil end,
  item = function(t) t[1] = 5 end,
  new_item = function(t) t[4] = 5 end,
  far_item = function(t) t[1000] = 5 end,
  remove_item = function(t) t[3] = nil end,
  index = function(t) local i = 2 t[i] = i end,
  string_index = function(t) local k = "a" t[k] = k end,
  float_index = function(t) t[1.5] = 1 end,
  boolean_index = function(t) t[true] = 1 end,
  table_index = function(t) t[{}] = 1 end,
  nil_to_absent = function(t) t.absent = nil end,
  calculated = function(t) t[1] = t[1] + 1 end,
  many = function(t) local x x, t.a, t[1] = 1, 2, 3 end,
  loop = function(t) for i = 1, 3 do t[i] = i * 2 end end,
  while_traversed = function(t) for k in pairs(t) do t[k] = nil end end,
  method = function(t) function t:m() end end,
  global = global_store,
  rawset = function(t) rawset(t, "a", 2) end,
  rawset_item = function(t) rawset(t, 1, 2) end,
  setmetatable = function(t) setmetatable(t, {}) end,
  setmetatable_nil = function(t) setmetatable(t, nil) end,
  debug_setmetatable = function(t) debug.setmetatable(t, {}) end,
  insert = function(t) table.insert(t, 4) end,
  insert_first = function(t) table.insert(t, 1, 4) end,
  remove = function(t) table.remove(t) end,
  remove_first = function(t) table.remove(t, 1) end,
  sort = function(t) table.sort(t) end,
  sort_by = function(t) table.sort(t, function(a, b) return a > b end) end,
  pcalled = function(t) local ok, e = pcall(rawset, t, 1, 2) error(e, 0) end,
  in_coroutine = function(t) coroutine.wrap(function() t.a = 2 end)() end,
  in_fork = function(t) state.fork(function() t.a = 2 end) end,
  after_snapshot = function(t) local s = state.snapshot() t.a = 2 end,
  environment_of_load = function(t) load("a = 1", "=x", "t", t)() end,
  environment_set = function(t)
    local f = load("a = 1")
    debug.setupvalue(f, 1, t)
    f()
  end,
  environment_joined = function(t)
    local f = load("a = 1")
    debug.upvaluejoin(f, 1, function() return t end, 1)
    f()
  end,
  newindex_table = function(t) setmetatable({}, {__newindex = t}).a = 2 end,
  newindex_function = function(t)
    setmetatable({}, {__newindex = function(_, k, v) rawset(t, k, v) end}).a = 2
  end,
  replacement = function(t) ("a"):gsub("a", function(k) t[k] = 2 end) end,
  comparison = function(t) table.sort({2, 1}, function() t.a = 2 end) end,
  tostring = function(t) tostring(setmetatable({}, {__tostring = function() t.a = 2 end})) end,
  reader = function(t)
    local _, message = load(function() t.a = 2 end)
    if message then error(message, 0) end
  end,
  hook = function(t)
    debug.sethook(function() debug.sethook() t.a = 2 end, "c")
    type(t)
  end,
  item_of_map = function(t)
    local _, errors = state.map(function() t.a = 2 end, {1})
    if errors and errors[1] then error(errors[1], 0) end
  end,
  registry = function(t)
    debug.getregistry().frozen = t
    debug.getregistry().frozen.a = 2
  end,
}
local made = {
  plain = function() return {3, 1, 2, a = 1} end,
  with_metatable = function() return setmetatable({3, 1, 2, a = 1}, {__index = {b = 1}}) end,
  old = function()
    local t = {3, 1, 2, a = 1}
    local s = state.snapshot()
    t.a = 1
    return t
  end,
  older = function()
    local t = {3, 1, 2, a = 1}
    state.fork(function() t.a = 2 end)
    t.a = 1
    return t
  end,
  large = function()
    local t = {a = 1}
    for i = 1, 100 do t[i], t["k" .. i] = i, i end
    return t
  end,
}
local function contents(t)
  local out = {}
  for k, v in next, t do out[#out + 1] = tostring(k) .. "=" .. tostring(v) end
  table.sort(out)
  return table.concat(out, " ") .. tostring(getmetatable(t)) .. #t
end
local tried = 0
for name, make in pairs(made) do
  for way, f in pairs(ways) do
    local control, t = make(), state.freeze(make())
    local before = contents(t)
    if way ~= "in_fork" then assert(pcall(f, control) or way == "pcalled", way) end
    local ok, message = pcall(f, t)
    assert(not ok and message:find("attempt to modify a readonly table$"), name .. " " .. way)
    assert(contents(t) == before, way)
    assert(state.frozen(t) and not state.frozen(control))
    tried = tried + 1
  end
end
print(tried > 150) -- expect: true
print(pcall(function() local t = state.freeze({}) t.x = 1 end))
-- expect: false	readonly.lua:122: attempt to modify a readonly table
print(pcall(rawset, state.freeze({}), 1, 2)) -- expect: false	attempt to modify a readonly table

-- A table that is being made, and one that is being sorted.
local freezer
debug.sethook(function()
  local _, t = debug.getlocal(2, 1)
  for i = 1, 20 do
    local name, v = debug.getlocal(2, i)
    if freezer and type(v) == "table" and v.marked then state.freeze(v) end
  end
end, "", 1)
freezer = true
local ok, message = pcall(function() return {marked = true, (function() return 1 end)(), 2, 3} end)
freezer = false
debug.sethook()
print(ok or message) -- expect: readonly.lua:136: attempt to modify a readonly table
local t = {3, 1, 2, 5, 4}
ok, message = pcall(table.sort, t, function(a, b) state.freeze(t) return a < b end)
print(ok, message, #t) -- expect: false	attempt to modify a readonly table	5

-- Metatables: what __newindex takes is no write; a raw one stays an error.
local taken = {}
local p = state.freeze(setmetatable({a = 1}, {__newindex = function(_, k, v) taken[k] = v end}))
p.b = 2
print(taken.b, pcall(function() p.a = 2 end))
-- expect: 2	false	readonly.lua:148: attempt to modify a readonly table
p = setmetatable({}, {__newindex = state.freeze({x = 1})})
print(rawget(p, "x"), pcall(function() p.x = 2 end))
-- expect: nil	false	readonly.lua:151: attempt to modify a readonly table
local meta = getmetatable(state.freeze(setmetatable({}, {__index = {x = 1}})))
meta.__index = {x = 2} -- not deep: the metatable is another table
local weak = state.freeze(setmetatable({{}, {}, keep = "x"}, {__mode = "v"}))
collectgarbage()
print(weak[1], weak.keep, state.frozen(weak), pcall(rawset, weak, 1, 1))
-- expect: nil	x	true	false	attempt to modify a readonly table

-- Deep: by keys, values, metatables; cycles; a million levels.
local key, inner = {}, {{}}
local outer = setmetatable({inner, [key] = 1}, {__index = {z = {}}})
outer.self, inner.outer = outer, outer
state.freeze(outer, true)
print(state.frozen(outer), state.frozen(key), state.frozen(inner), state.frozen(inner[1]),
  state.frozen(getmetatable(outer)), state.frozen(getmetatable(outer).__index.z))
-- expect: true	true	true	true	true	true
local shallow = state.freeze({{}})
print(state.frozen(shallow), state.frozen(shallow[1])) -- expect: true	false
local deep = {}
for i = 1, 1e6 do deep = {deep} end
state.freeze(deep, true)
print(pcall(function() deep[1][1][1][1] = 1 end))
-- expect: false	readonly.lua:173: attempt to modify a readonly table
local n, up = 1, {}
local functions = state.freeze({function() n = n + 1 up[1] = n return n end}, true)
print(functions[1](), functions[1](), up[1]) -- expect: 2	3	3
print(pcall(state.freeze, debug.getregistry()))
-- expect: false	bad argument #1 to 'state.freeze' (the registry stays writable)

-- States: before it was frozen it can be written to, after it not; forks and items of maps.
shared = {n = 1}
local before, seen = state.snapshot()
if not seen then
  local digest = state.digest()
  state.freeze(shared)
  print(state.digest() == digest, #state.diff(before)) -- expect: true	0
  print(state.fork(function() return state.frozen(shared), pcall(rawset, shared, "n", 2) end))
  -- expect: true	false	attempt to modify a readonly table
  print(state.try(function() shared.n = 2 end))
  -- expect: false	readonly.lua:190: attempt to modify a readonly table
  state.try(function() state.freeze(up) error("undone") end)
  up.x = 1
  print(up.x) -- expect: 1
  for _, options in ipairs {{threads = 1}, {threads = 2}, {processes = 1}} do
    local r = state.map(function(t)
      local made = state.freeze({{}, a = 1})
      return {state.frozen(t), (pcall(rawset, shared, 1, 1)), made, made[1]}
    end, {shared, state.freeze({})}, options)
    for i = 1, 2 do
      assert(r[i][1] and not r[i][2], i)
      assert(state.frozen(r[i][3]) and not state.frozen(r[i][4]) and r[i][3].a == 1)
      assert(not pcall(rawset, r[i][3], "a", 2))
    end
  end
  state.restore(before, true)
end
shared.n = 7
print(shared.n, state.frozen(shared)) -- expect: 7	false

-- The libraries, with all that stands in the way of a trick.
for _, name in ipairs {"string", "table", "math"} do state.freeze(_G[name]) end
print(pcall(function() string.rep = nil end))
-- expect: false	readonly.lua:213: attempt to modify a readonly table
print(("x"):rep(3), pcall(function() getmetatable("").__index.rep = print end))
-- expect: xxx	false	readonly.lua:215: attempt to modify a readonly table
state.freeze(package.loaded)
package.preload.nothing = function() return 1 end
print(pcall(require, "nothing")) -- expect: false	attempt to modify a readonly table
print(pcall(module, "some_module")) -- expect: false	attempt to modify a readonly table
print(pcall(package.seeall, state.freeze({}))) -- expect: false	attempt to modify a readonly table
state.freeze(_G)
print(x_new, pcall(function() x_new = 1 end))
-- expect: nil	false	readonly.lua:223: attempt to modify a readonly table
print(pcall(load("x_new = 2")))
-- expect: false	[string "x_new = 2"]:1: attempt to modify a readonly table
