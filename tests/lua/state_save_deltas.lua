-- moonlet-only: deltas to snapshots that hold snapshots that were loaded: whether they are loaded after the base
-- itself, or after what that was loaded as, the state is the same one, and so is its image.
local state = require "state"
local random = math.random

local function walk(seed, steps)
  local nodes, bad = {}, 0
  math.randomseed(seed)
  for step = 1, steps do
    local from = nodes[random(#nodes > 0 and #nodes or 1)]
    local op = random(3)
    local s, v
    if op < 3 then s, v = state.snapshot() end
    if v then return bad end
    if op == 1 or (op == 2 and not from) then
      nodes[#nodes + 1] = {snap = s, loaded = state.load(state.save(s))}
    elseif op == 2 then
      local delta = state.save(s, random(2) == 1 and from.snap or from.loaded)
      local after_snap, a = pcall(state.load, delta, from.snap)
      local after_loaded, b = pcall(state.load, delta, from.loaded)
      local whole = state.save(s)
      if not after_snap and not after_loaded then bad = bad + 1 end
      if after_snap and state.save(a) ~= whole then bad = bad + 1 end
      if after_loaded and state.save(b) ~= whole then bad = bad + 1 end
      nodes[#nodes + 1] = {snap = s, loaded = after_loaded and b or a}
    else
      collectgarbage()
    end
  end
  return bad
end

for _, seed in ipairs {1, 2, 3, 282} do print(seed, walk(seed, 9)) end
-- expect: 1	0
-- expect: 2	0
-- expect: 3	0
-- expect: 282	0
