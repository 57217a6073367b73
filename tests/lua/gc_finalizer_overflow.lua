-- moonlet-only: how deep the stack may be
-- SPDX-License-Identifier: MIT
-- Finalizers that are due where the stack has no room for a call: that is the program's error,
-- and they are called again afterwards.

local finalized = 0
local mt = { __gc = function() finalized = finalized + 1 end }
collectgarbage("setpause", 0)

local names = {}
for i = 1, 190 do names[i] = "a" .. i end

local never = 0
for more = 1, 5 do
  local try = load([[
    local mt, setmetatable, deepest = ...
    local function f(n, from)
      local ]] .. table.concat(names, ",", 1, 150 + more) .. [[
      deepest = n
      if n >= from then for i = 1, 12000 do setmetatable({}, mt) end end
      return 1 + f(n + 1, from)
    end
    return function(from) return pcall(f, 1, from), deepest end]])(mt, setmetatable)
  local _, deepest = try(math.huge)
  print(try(deepest) == false) -- helper
  local before = finalized
  for i = 1, 20000 do setmetatable({}, mt) end
  if finalized == before then never = never + 1 end
end
-- expect: true
-- expect: true
-- expect: true
-- expect: true
-- expect: true
print(never) -- expect: 0
