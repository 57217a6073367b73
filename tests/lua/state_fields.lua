-- moonlet-only: fields of small tables, and the arrays beside them, are written in any order
-- between snapshots; then one goes back to each of them.
local state = require "state"

local NAMES = 14

local setters = {}
for i = 1, NAMES do setters[i] = load("local t, v = ... t.f" .. i .. " = v") end

local tables, seed = {}, 1
local function random(n)
  seed = seed * 16807 % 2147483647
  return seed % n + 1
end

local function show()
  local out = {}
  for i, t in ipairs(tables) do
    local line = {}
    for k = 1, NAMES do line[k] = tostring(t["f" .. k]) end
    out[i] = table.concat(line, ",") .. "|" .. table.concat(t, ",")
  end
  return table.concat(out, "\n")
end

local function few() return setters[random(random(NAMES))] end

local changes = {
  function(t, v) few()(t, v) end,
  function(t, v) few()(t, v) few()(t, v) end,
  function(t, v) setters[1](t, v) end,
  function(t) few()(t, nil) end,
  function(t, v) t[random(#t + 1)] = v end,
  function(t, v) few()(t, v) t[random(#t + 1)] = v end,
  function(t) t[#t] = nil end,
  function(t) for i = 1, NAMES do setters[i](t, nil) end end,
  function(t, v) t["k" .. v], t["k" .. v] = v, nil end,
  function(_, v) tables[random(#tables)] = { f1 = v, f2 = v, v } end,
}
local function change(step)
  changes[random(#changes)](tables[random(#tables)], step)
end

local texts, snaps, visit_next

local function snap(look)
  local i = #texts + 1
  texts[i] = show()
  local s, visit = state.snapshot()
  if visit then return visit_next(visit) end
  snaps[i] = s
  if look then state.digest(s) end
end

function visit_next(visit)
  if show() ~= visit.texts[visit.at] then visit.failed = visit.failed + 1 end
  for step = 1, 5 do
    change(step)
    if step % 2 == 0 then state.snapshot() end
  end
  visit.left = visit.left - 1
  visit.at = (visit.at + 6) % #visit.texts + 1
  state.restore(visit.left > 0 and visit.snaps[visit.at] or visit.home, visit)
end

-- looks: so many snapshots until one is looked into at once, which freezes what there is
local function walk(from, looks)
  tables, seed, texts, snaps = {}, from, {}, {}
  for i = 1, 5 do tables[i] = { f1 = i, f2 = i, f3 = i } end
  for step = 1, 240 do
    change(step)
    if step % 40 == 0 then collectgarbage() end
    if random(3) == 1 then snap(#texts % looks == looks - 1) end
  end
  local before = show()
  local home, visit = state.snapshot()
  if not visit then
    state.restore(snaps[1], { texts = texts, snaps = snaps, home = home, at = 1,
                              left = 2 * #texts, failed = 0 })
  end
  return visit.failed + (show() == before and 0 or 1)
end

local failed = 0
for from = 1, 12 do
  failed = failed + walk(from, 1000) + walk(from, 10) + walk(from, 3)
end
print(failed) -- expect: 0
