-- moonlet-only
-- Items of a map that go back to a moment before it, or to a world that has parted from the
-- map's. What they give is copied, so that tables stay apart, in keys and in images, too.
local state = require "state"
local old = {}
local s, i = state.snapshot()
if i then
    local t = {i, old}
    for k = 1, 40 do t[k + 2] = {k} end
    return t
end
local big = {}
for k = 1, 300 do big[k] = {k} end
local r = state.map(function(i) state.restore(s, i) end, {1, 2, 3})
local ids, all = {}, {}
for _, t in ipairs(big) do all[#all + 1] = t end
for j = 1, 3 do
    print(r[j][1], r[j][2] == old, #r[j], r[j][42][1])
    all[#all + 1] = r[j]
    for k = 3, 42 do all[#all + 1] = r[j][k] end
end
local count = 0
for _, t in ipairs(all) do
    if not ids[tostring(t)] then count = count + 1 end
    ids[tostring(t)] = true
end
print(count == #all)
-- expect: 1	false	42	40
-- expect: 2	false	42	40
-- expect: 3	false	42	40
-- expect: true
local bytes, again = state.save()
if type(bytes) == "string" then state.restore(state.load(bytes), true) end
print(#r[3], again)
-- expect: 42	true

-- a world that an item of another map was in: it has objects of its own with ids of this one's
local function other(i)
    local mine = {}
    for k = 1, 300 do mine[k] = {k} end
    local s, v = state.snapshot()
    if v then return {v, mine, print, i} end
    return s
end
local parted = state.map(other, {5})[1]
for k = 1, 300 do big[k] = {k} end
r = state.map(function(i) state.restore(parted, i) end, {1, 2})
for _, t in ipairs(big) do ids[tostring(t)] = t end
count = 0
for j = 1, 2 do
    for _, t in ipairs(r[j][2]) do
        if t ~= ids[tostring(t)] then count = count + 1 end
    end
    print(r[j][1], r[j][3] == print, r[j][4])
end
print(count)
-- expect: 1	true	5
-- expect: 2	true	5
-- expect: 600
bytes, again = state.save()
if type(bytes) == "string" then state.restore(state.load(bytes), true) end
print(#r[2][2], again)
-- expect: 300	true

-- one that goes back within its own work, and in a map of its own
local function inner(i)
    local mine, n = state.snapshot()
    local made = {}
    if not n then state.restore(mine, 7) end
    return {n + i, made}
end
local results = state.map(function(i) return state.map(inner, {i, i + 1}) end, {10, 20})
print(results[1][1][1], results[1][2][1], results[2][1][1], results[2][2][1])
-- expect: 17	18	27	28
