-- moonlet-only: what a collection costs that finds a deep stack
-- SPDX-License-Identifier: MIT
local state = require "state"

local function deep(n) -- helper
  if n == 0 then return 0 end
  collectgarbage()
  return 1 + deep(n - 1)
end
local r, e = state.map(deep, { 50, 8000 }, { steps = 2e6 })
print(r[1], e[1]) -- expect: 50	nil
print(r[2], e[2]) -- expect: false	out of steps
