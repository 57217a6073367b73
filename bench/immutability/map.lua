-- map RATE SECONDS: one operation writes one value of a map with 100 000 string keys.
package.path = "?.lua"
local clock = require "clock"
local snapshot, rate = clock.start(arg[1])

local N = 100000
local map, keys = {}, {}
for i = 1, N do
  keys[i] = "key" .. i
  map[keys[i]] = 0
end

local started, remaining, total = 1, rate, 0
clock.measure(function(operations)
  local at, left = started, remaining
  for _ = 1, operations do
    at = at + 38903
    if at > N then at = at - N end
    local key = keys[at]
    map[key] = map[key] + 1
    left = left - 1
    if left == 0 then left = rate snapshot() end
  end
  started, remaining, total = at, left, total + operations
end, arg[2])

local sum = 0
for _, n in pairs(map) do sum = sum + n end
assert(sum == total)
