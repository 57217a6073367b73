-- calls RATE SECONDS: one operation is a call, in a recursion up to 200 deep, that changes
-- only a captured variable: what it costs that a snapshot holds call stack and variables.
package.path = "?.lua"
local clock = require "clock"
local snapshot, rate = clock.start(arg[1])

local DEPTH = 200
local left = rate

local function descend(depth)
  left = left - 1
  if left == 0 then left = rate snapshot() end
  if depth == 1 then return 1 end
  return 1 + descend(depth - 1)
end

clock.measure(function(operations)
  local made = 0
  while made < operations do made = made + descend(DEPTH) end
  assert(made == operations)
end, arg[2])
