-- Hooks are not told what finalizers do (manual 2.5.1), whoever calls these and when.
local seen = {}
local function note(event, line)
  seen[#seen + 1] = event:sub(1, 1) .. (line or debug.getinfo(2, "n").name or "?")
end
local function finalized(f) setmetatable({}, {__gc = f}) end
local function shown() local text = table.concat(seen, " ") seen = {} return text end

finalized(function() local function inner() end inner() seen[#seen + 1] = "gc" end)
debug.sethook(note, "crl")
collectgarbage()
debug.sethook()
print(shown()) -- expect: rsethook l11 ccollectgarbage gc rcollectgarbage l12 csethook

-- a hook that a finalizer sets works once that has ended
finalized(function()
  debug.sethook(note, "l")
  local x = 1
end)
collectgarbage()
local x = 2
debug.sethook()
print(shown()) -- expect: l21 l22

-- one that fails leaves hooks on, or off
finalized(function() error("no", 0) end)
debug.sethook(note, "l")
print(pcall(collectgarbage)) -- expect: false	error in __gc metamethod (no)
local y = 2
debug.sethook()
print(shown()) -- expect: l28 l29 l30
finalized(function() error("no", 0) end)
debug.sethook(function(event, line) note(event, line) pcall(collectgarbage) end, "l")
local y = 2
debug.sethook()
print(shown()) -- expect: l34 l35

-- at any time, also in a hook
local count, lines = 0, 0
local function garbage(n)
  for i = 1, n do
    if i % 1000 == 0 then finalized(function() for k = 1, 5 do count = count + 1 end end) end
    local t = {i, {}}
  end
end
debug.sethook(function(event, line) lines = lines + 1 end, "l")
garbage(50000)
debug.sethook()
collectgarbage()
print(count, lines) -- expect: 250	150054
count, lines = 0, 0
debug.sethook(function(event, line)
  lines = lines + 1
  if lines == 2 then garbage(50000) end
end, "l")
garbage(2000)
debug.sethook()
collectgarbage()
print(count, lines) -- expect: 260	6006

-- a hook may be removed and yet go on, resume coroutines and not yield
debug.sethook(function()
  debug.sethook()
  print(pcall(coroutine.yield)) -- expect: false	attempt to yield from outside a coroutine
  local co = coroutine.wrap(function() coroutine.yield(1) return 2 end)
  print(co(), co()) -- expect: 1	2
end, "l")
y = 3
print(coroutine.wrap(function() -- expect: false	attempt to yield across a C-call boundary
  finalized(function() print(pcall(coroutine.yield, 1)) end)
  collectgarbage()
  return "end" -- expect: end
end)())
