-- clock.measure(batch, seconds): calls batch(operations) again and again, in all for
-- `seconds` of processor time, and prints the nanoseconds that one operation took.
--
-- clock.start(rate) answers the function that takes a snapshot and after how many operations
-- to call it: `rate`, or never when it is 0 or nil. Only the last is kept, and it is dropped
-- before the next: a snapshot holds its world, and what earlier snapshots are kept there.
local clock = {}

local BATCH = 10000

function clock.start(rate)
  rate = tonumber(rate) or 0
  if rate == 0 then return nil, math.huge end
  local take = require "state".snapshot
  local last
  return function()
    last = nil
    last = take()
  end, rate
end

function clock.measure(batch, seconds)
  seconds = tonumber(seconds) or 0.3
  batch(BATCH) -- the first snapshots find all that was built before them
  local operations, began = 0, os.clock()
  repeat
    batch(BATCH)
    operations = operations + BATCH
  until os.clock() - began >= seconds
  print(("%.2f"):format((os.clock() - began) / operations * 1e9))
end

return clock
