-- moonlet-only: the order of a small table depends on what has been in it. The digest does not,
-- and a loop over one goes on in that order when it is brought from a fork.
local state = require "state"

local function field(n, i) return "field" .. n .. "_" .. i end

-- Fields 1 to 8; as many others were there with them.
local function make(n, others, value)
  local t = {}
  for i = 1, others do t[field(n, 8 + i)] = true end
  for i = 1, 8 do t[field(n, i)] = value(i) end
  for i = 1, others do t[field(n, 8 + i)] = nil end
  return t
end

local function order(t)
  local keys = {}
  for k in pairs(t) do keys[#keys + 1] = k end
  return table.concat(keys, " ")
end

local function see(n, others)
  world = make(n, others, tostring)
  return order(world), state.digest()
end

-- in forks of one world the table is the same one
local orders, digests = 0, 0
for n = 1, 100 do
  local keys, digest = state.fork(see, n, 0)
  for others = 1, 6 do
    local k, d = state.fork(see, n, others)
    if k ~= keys then orders = orders + 1 end
    if d ~= digest then digests = digests + 1 end
  end
end
print(orders > 0, digests) -- expect: true	0

-- also after a snapshot
local before = make(1, 3, tostring)
local keys = order(before)
local s = state.snapshot()
for i = 1, 8 do before[field(1, i)] = i end
print(order(before) == keys) -- expect: true

local bad = 0
for n = 1, 100 do
  local step, met = state.fork(function()
    local t = make(n, n % 7, function() return {} end)
    local step = coroutine.wrap(function() for k in pairs(t) do coroutine.yield(k) end end)
    return step, { [step()] = true, [step()] = true, [step()] = true }
  end)
  for k in step do
    if met[k] then bad = bad + 1 end
    met[k] = true
  end
  for i = 1, 8 do if not met[field(n, i)] then bad = bad + 1 end end
end
print(bad) -- expect: 0

-- a loop may clear and change fields, whatever the size
for size = 1, 40 do
  for n = 1, 20 do
    local t, met, kept = {}, {}, 0
    for i = 1, size do t[field(n, i)] = i end
    for k, i in pairs(t) do
      if met[k] then bad = bad + 1 end
      met[k] = true
      if i % 3 == 0 then t[k] = nil else t[k] = i + 3 kept = kept + 1 end
      if i == 5 then state.snapshot() end
    end
    for k in pairs(t) do kept = kept - 1 end
    if kept ~= 0 then bad = bad + 1 end
    for i = 1, size do if not met[field(n, i)] then bad = bad + 1 end end
  end
end
print(bad) -- expect: 0

-- a table that has lost all its keys is filled again in the same order, wherever it has been
local function fill(t, n, from)
  for i = from, from + 7 do t[field(n, i)] = i end
  return t
end
local function clear(t)
  for k in pairs(t) do t[k] = nil end
  return t
end
local differ, shifts = 0, 0
for n = 1, 30 do
  local function emptied() return clear(fill(fill({}, n, 1), n, n % 5)) end
  local here = order(fill(emptied(), n, 20))
  local t = emptied()
  local kept = state.snapshot()
  if order(fill(t, n, 20)) ~= here then differ = differ + 1 end
  local u = fill({}, n, 1)
  kept = state.snapshot()
  fill(u, n, n % 5)
  kept = state.snapshot()
  if order(fill(clear(u), n, 20)) ~= here then differ = differ + 1 end
  local v = state.fork(emptied)
  if order(fill(v, n, 20)) ~= here then differ = differ + 1 end
  local w = emptied()
  local saved, loaded = state.snapshot()
  if not loaded then state.restore(state.load(state.save(saved)), true) end
  if order(fill(w, n, 20)) ~= here then differ = differ + 1 end
  if order(fill({}, n, 20)) ~= here then shifts = shifts + 1 end
end
print(differ, shifts > 0) -- expect: 0	true
