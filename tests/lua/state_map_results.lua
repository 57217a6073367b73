-- moonlet-only: Results of items: graphs of tables, small and large, made before and after snapshots, with tables
-- of the world among them. What is brought reads as it did in its item, for any number of
-- threads. (A map keeps less of an item's world where its result allows that.)
local state = require "state"

local base = {}
for i = 1, 10 do base[i] = setmetatable({i}, {__index = {name = "base " .. i}}) end

-- A text of all that can be reached, tables by the order in which they are met.
local function read(root)
  local met, n, out = {}, 0, {}
  local function add(v)
    if type(v) ~= "table" then out[#out + 1] = tostring(v) return end
    if met[v] then out[#out + 1] = "#" .. met[v] return end
    n = n + 1
    met[v] = n
    out[#out + 1] = "{"
    for i = 1, #v do add(v[i]) end
    local keys = {}
    for k in pairs(v) do if type(k) == "string" then keys[#keys + 1] = k end end
    table.sort(keys)
    for _, k in ipairs(keys) do out[#out + 1] = k .. "=" add(v[k]) end
    local meta = getmetatable(v)
    if meta then out[#out + 1] = "|" add(meta) end
    out[#out + 1] = "}"
  end
  add(root)
  return table.concat(out, " ")
end

-- So many tables, in which there are others, and some of the world's.
local function graph(count, seed)
  local function random(m) seed = seed * 16807 % 2147483647 return seed % m + 1 end
  local all = {}
  for i = 1, count do all[i] = {random(100), "text " .. i, name = i % 2 == 0} end
  for i = 2, count do
    local from = all[random(i - 1)]
    if random(3) == 1 then from[#from + 1] = all[i] else from["t" .. i] = all[i] end
    if random(4) == 1 then all[i].back = all[random(count)] end
    if random(4) == 1 then all[i].world = base[random(10)] end
    if random(6) == 1 then setmetatable(all[i], all[random(count)]) end
  end
  return all
end

local ways = {
  function(all) return all[1] end,
  function(all) state.snapshot() all[1].later = {all[#all]} return all[1] end,
  function(all) state.fork(function() all[1].gone = 1 end) all[1].kept = {1} return all[1] end,
  function(all) state.try(function() all[1].tried = {2} error("x") end) return all[1] end,
  function(all) state.try(function() all[1].tried = {2} end) return all[1] end,
  function(all)
    local s, again = state.snapshot()
    if not again then all[1].lost = {} state.restore(s, true) end
    all[#all].found = {3}
    return all[1]
  end,
  function(all) base[3].mine = all[1] return {base[3], all[#all]} end,
  function(all) all[1].f = 1 return {all[1], all[1], {all}} end,
}

local function item(i)
  local counts = {1, 2, 5, 60, 61, 62, 63, 64, 65, 66, 130}
  local all = graph(counts[i % #counts + 1], i)
  keep = all -- in the item's world only
  local result = ways[i % #ways + 1](all)
  -- Old tables are the receiver's: what the item has written to them is not brought.
  return {result = result, text = i % #ways == 6 and "" or read(result)}
end

local inputs = {}
for i = 1, 176 do inputs[i] = i end
local texts
for threads = 1, 3 do
  local results, errors = state.map(item, inputs, {threads = threads})
  assert(not errors, errors and select(2, next(errors)))
  collectgarbage()
  local now = {}
  for i, r in ipairs(results) do
    now[i] = read(r.result)
    assert(r.text == "" or r.text == now[i], i)
  end
  texts = texts or now
  for i = 1, #now do assert(now[i] == texts[i]) end
  assert(keep == nil and base[3].mine == nil)
end
print(#texts) -- expect: 176
-- Old tables are the same objects.
local r = state.map(function(i) return {base[i], {base[i]}} end, {4, 5})
print(r[1][1] == base[4], r[2][2][1] == base[5], r[1][1].name) -- expect: true	true	base 4
-- Values of no world.
r = state.map(function(i) return ({true, "x", 1.5, print == nil})[i] end, {1, 2, 3, 4})
print(r[1], r[2], r[3], r[4]) -- expect: true	x	1.5	false
