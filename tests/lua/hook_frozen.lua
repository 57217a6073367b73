-- moonlet-only: a local variable is set in a frame that lay frozen when the hook was set
local state = require "state"
local lines = {}
local function set() debug.setlocal(4, 3, "set") end
local function deeper() state.snapshot()
  debug.sethook(function(_, line) lines[#lines + 1] = line end, "l") set() end
local function deep() deeper() return "deep" end
local function main()
  local a, b, c = 1, 2, 3
  deep()
  a = 2
  b = 3
  return c
end
local function outer()
  local result = main()
  result = result .. "!"
  return result
end
local result = outer()
debug.sethook()
print(result)  -- expect: set!
print(table.concat(lines, " "))  -- expect: 4 11 12 13 17 18 21
