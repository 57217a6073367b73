-- moonlet-only: state.diff where one of the two was loaded from an image: they have no object in
-- common, but objects keep their ids.
local state = require "state"
t = {a = {b = 1}}
u, f, k = t.a, function() return t end, {}
t[k], t[print] = 5, 6
local first = state.snapshot()
local loaded = state.load(state.save(first))
print(#state.diff(first, loaded), #state.diff(loaded, first), #state.diff(loaded, loaded)) -- expect: 0	0	0

t.a.b, v, t[k], t[print], t[math.abs] = 2, 3, 7, nil, 8
g = function() end
local function show(from, to)
  local lines = {}
  for i, d in ipairs(state.diff(from, to)) do
    local old, new = tostring(d.old):gsub(":.*", ""), tostring(d.new):gsub(":.*", "")
    lines[i] = d.path:gsub(": 0x%x*", "") .. " " .. old .. " " .. new
  end
  table.sort(lines)
  print(table.concat(lines, ", "))
end
local now = state.snapshot()
show(first, now) -- expect: g nil function, t[function] 6 nil, t[function] nil 8, t[table] 5 7, u.b 1 2, v nil 3
show(loaded, now) -- expect: g nil function, t[function] 6 nil, t[function] nil 8, t[table] 5 7, u.b 1 2, v nil 3
show(now, loaded) -- expect: g function nil, t[function] 8 nil, t[function] nil 6, t[table] 7 5, u.b 2 1, v 3 nil

-- what comes of the loaded one is none of its strangers
local delta = state.save(now, first)
show(loaded, state.load(delta, loaded)) -- expect: g nil function, t[function] 6 nil, t[function] nil 8, t[table] 5 7, u.b 1 2, v nil 3
show(first, state.load(delta, loaded)) -- expect: g nil function, t[function] 6 nil, t[function] nil 8, t[table] 5 7, u.b 1 2, v nil 3
