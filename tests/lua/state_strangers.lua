-- moonlet-only
-- A world that was loaded from an image has objects of its own, which have the ids of others.
local state = require "state"

local bytes, i = state.save()
if type(bytes) ~= "string" then return {print, string, i, {i}, coroutine.wrap} end
local s = state.load(bytes)
local results = state.map(function(i) state.restore(s, i) end, {1, 2, 3})
for i, r in ipairs(results) do
    print(i, r[1] == print, r[2] == string, r[3], r[4][1], r[5] == coroutine.wrap)
end
-- expect: 1	true	true	1	1	true
-- expect: 2	true	true	2	2	true
-- expect: 3	true	true	3	3	true

-- what this world has come to can be saved, and loaded
print((pcall(state.load, state.save())))
-- expect: true

-- values that a restored world is given: libraries are its own
local first, f, t, own = state.snapshot()
if f then
    print(f == print, t == table, own ~= results, own[1][2] == string)
else
    state.restore(first, print, table, results)
end
-- expect: true	true	true	true
