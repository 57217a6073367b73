-- array RATE SECONDS: one operation writes one element of an array of 100 000.
package.path = "?.lua"
local clock = require "clock"
local snapshot, rate = clock.start(arg[1])

local N = 100000
local array = {}
for i = 1, N do array[i] = 0 end

local started, remaining, total = 1, rate, 0
clock.measure(function(operations)
  local at, left = started, remaining
  for _ = 1, operations do
    at = at + 38903
    if at > N then at = at - N end
    array[at] = array[at] + 1
    left = left - 1
    if left == 0 then left = rate snapshot() end
  end
  started, remaining, total = at, left, total + operations
end, arg[2])

local sum = 0
for i = 1, N do sum = sum + array[i] end
assert(sum == total)
