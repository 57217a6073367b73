-- moonlet-only: lua5.2 cannot strip. What must come out is what it says to luac -s's output: where there are
-- no lines, a line hook is told 0 at a function's first instruction and after each jump back.
local body = [=[
local cases = {
  function(n) return n end,
  function(n)
    local a = n
    local function unused() return a end
  end,
  function(n) local function g() return 1 end g() g() return g() end,
  function(n) local t = setmetatable({}, { __index = function() return 1 end }) return t.x + t.y end,
  function(n) for i = 1, n do if i % 2 == 0 then n = 1 else n = 2 end end end,
  function(n) for i = 1, n do
    for j = 1, 2 do end
  end end,
  function(n) for k in pairs { 1, 2, 3 } do n = k end end,
  function(n) while n > 0 do n = n - 1 if n == 1 then goto x end n = n - 0 ::x:: end end,
  function(n) while n > 0 do local m = n local f = function() return m end n = n - 1 end end,
  function(n) repeat local m = n n = n - 1 local f = function() return m end until m < 2 end,
  function(n) ::t:: n = n - 1 if n > 0 then goto t end end,
  function(n) coroutine.wrap(function() coroutine.yield() end)() return n end,
}
for i, case in ipairs(cases) do
  local told = {}
  debug.sethook(function(event, line)
    told[#told + 1] = event .. " " .. tostring(line) .. " " .. debug.getinfo(2, "l").currentline
  end, "l")
  case(4)
  debug.sethook()
  local others = 0
  for _, event in ipairs(told) do others = others + (event == "line 0 0" and 0 or 1) end
  print(i, #told, others)
end
]=]

assert(load(string.dump(load(body, "@source.lua"), true)))()
-- expect: 1	1	0
-- expect: 2	1	0
-- expect: 3	4	0
-- expect: 4	3	0
-- expect: 5	5	0
-- expect: 6	13	0
-- expect: 7	4	0
-- expect: 8	5	0
-- expect: 9	5	0
-- expect: 10	4	0
-- expect: 11	4	0
-- expect: 12	1	0
