-- fields RATE SECONDS: one operation changes one field of one of 1000 objects.
package.path = "?.lua"
local clock = require "clock"
local snapshot, rate = clock.start(arg[1])

local N = 1000
local objects = {}
for i = 1, N do objects[i] = { id = i, x = 0, y = 0, hp = 100 } end

local started, remaining, total = 1, rate, 0
clock.measure(function(operations)
  local at, left = started, remaining
  for _ = 1, operations do
    at = at + 389
    if at > N then at = at - N end
    local o = objects[at]
    o.x = o.x + 1
    left = left - 1
    if left == 0 then left = rate snapshot() end
  end
  started, remaining, total = at, left, total + operations
end, arg[2])

local sum = 0
for i = 1, N do sum = sum + objects[i].x end
assert(sum == total)
