-- moonlet-only: the first store to a field after a snapshot, by one place, to tables of all sorts.
local state = require "state"

local log = {}
local Class = { x = 0 }
Class.__index = Class
local object = setmetatable({ y = 2 }, Class) -- gets a field of its own later
local own = setmetatable({ x = 1, y = 2 }, Class)
print(object.x, own.x) -- expect: 0	1

local guarded = setmetatable({ x = 1 }, {
  __newindex = function(_, k, v) log[#log + 1] = k .. "=" .. tostring(v) end,
})
local target = { x = 5 }
local led = setmetatable({}, { __newindex = target })
local large = {}
for i = 1, 100 do large["k" .. i] = i end
large.x = 1
local deep = { x = 1, a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8, i = 9 }
local frozen = state.freeze { x = 1 }

local all = { Class, object, own, guarded, led, target, large, deep, frozen }
local function store(t, v) t.x = v end
local function show()
  local out = {}
  for i, t in ipairs(all) do out[i] = tostring(rawget(t, "x")) end
  return table.concat(out, " ") .. " " .. tostring(object.x) .. " " .. (log[1] or ".")
end

print(show()) -- expect: 0 nil 1 1 nil 5 1 1 1 0 .
local s1, back = state.snapshot()
if not back then
  for i, t in ipairs(all) do
    local ok, message = pcall(store, t, i * 10)
    if not ok then print(i, message:match "attempt.*") end
  end
  -- expect: 9	attempt to modify a readonly table
  print(show()) -- expect: 10 20 30 40 nil 60 70 80 1 20 .
  local s2, again = state.snapshot()
  if not again then
    for _, t in ipairs(all) do pcall(store, t, nil) end
    print(show()) -- expect: nil nil nil nil nil nil nil nil 1 nil .
    for i, t in ipairs(all) do pcall(store, t, i) end
    print(show()) -- expect: 1 2 3 nil nil 6 7 8 1 2 x=4
    state.restore(s2, true)
  end
  print(show()) -- expect: 10 20 30 40 nil 60 70 80 1 20 .
  state.restore(s1, true)
end
print(show()) -- expect: 0 nil 1 1 nil 5 1 1 1 0 .
