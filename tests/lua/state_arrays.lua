-- moonlet-only: arrays after a snapshot, when they are tries over what the snapshot has.
local state = require "state"

local size = 200
local a = setmetatable({}, { __index = function(_, k) return "none at " .. tostring(k) end })
for i = 1, size do a[i] = i end
local small = {}
for n = 1, 64 do small[n] = n end

local function sum(t, first, last)
  local s = 0
  for i = first, last do
    local v = t[i]
    if type(v) == "number" then s = s + v end
  end
  return s
end

local kept, back = state.snapshot()
if not back then
  a[100] = "written"
  a[101] = nil
  a[3] = "third"
  print(sum(a, 1, size) == size * (size + 1) / 2 - 3 - 100 - 101) -- expect: true
  print(a[1], a[2], a[3], a[100], a[102]) -- expect: 1	2	third	written	102
  print(a[101], a[0], a[201]) -- expect: none at 101	none at 0	none at 201
  local i = 101
  print(a[i], a[i - 1], a[i - 2]) -- expect: none at 101	written	99
  print(a[i + 0.5], a[-i], a["101"]) -- expect: none at 101.5	none at -101	none at 101
  print(rawget(a, 101), rawget(a, 103), #a == size) -- expect: nil	103	true

  -- longer than the snapshot's
  for k = size + 1, size + 50 do a[k] = -k end
  local k = size + 50
  print(a[k], a[size + 1], a[k + 1], a[4]) -- expect: -250	-201	none at 251	4

  -- small ones are copied whole
  small[64] = "last"
  print(small[1], small[63], small[64], small[65]) -- expect: 1	63	last	nil
  state.restore(kept, true)
end
print(sum(a, 1, size), a[100], a[101], a[3], a[201]) -- expect: 20100	100	101	3	none at 201
print(sum(small, 1, 64), small[64]) -- expect: 2080	64
