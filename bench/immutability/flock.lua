-- flock RATE SECONDS: one operation is the turn of one of the 1000 creatures of a game that
-- does what games do in a frame: each steers by the neighbours it finds in a grid, moves,
-- and its coroutine decides what it is up to. A frame is 1000 turns.
package.path = "?.lua"
local clock = require "clock"
local snapshot, rate = clock.start(arg[1])

local world = require "flock_world"
local creatures, cells = world.creatures, world.cells
local N = #creatures

local turns, remaining = 0, rate
clock.measure(function(operations)
  local now, left = turns, remaining
  for _ = 1, operations do
    now = now + 1
    local c = creatures[now % N + 1]
    c.turn()
    c:move(c:steer())
    left = left - 1
    if left == 0 then left = rate snapshot() end
  end
  turns, remaining = now, left
end, arg[2])

local there = 0
for i = 1, #cells do there = there + #cells[i] end
assert(there == N)
