-- A trace that comes while frames have words in their slots that are no values: what a call
-- that is over has left, and what belongs to frames above.

local count = 0
local function trace() collectgarbage() count = count + 1 end
local mt = {}
mt.__eq = function() return true end
mt.__lt, mt.__le, mt.__concat, mt.__index = mt.__eq, mt.__eq, mt.__eq, mt.__eq
mt.__newindex, mt.__call, mt.__unm, mt.__len = mt.__eq, mt.__eq, mt.__eq, mt.__eq
local A, B = setmetatable({}, mt), setmetatable({}, mt)

-- in the handler of an error, above the frame of a native that failed
for _, operate in ipairs({
  function() return A == B end,
  function() return A < B end,
  function() return A .. B end,
  function() return A.x end,
  function() A.x = 1 end,
  function() return A(1, 2, 3) end,
  function() return -A end,
  function() return ("x"):gsub("x", function() return A == B end) end,
  function() return pcall(pcall, pcall, error, 1) end,
}) do
  for depth = 0, 12 do
    local function dive(n, ...)
      if n > 0 then return (dive(n - 1, n, ...)) end
      local v0, v1, v2, v3, v4, v5, v6, v7
      operate()
      error(1)
    end
    assert(not xpcall(dive, trace, depth))
    assert(not xpcall(function()
      local v0, v1, v2, v3, v4, v5, v6, v7
      local r = operate()
      local x = v0 + 1
    end, trace))
    assert(not xpcall(function()
      local v0, v1
      operate()
      v1()
    end, trace))
  end
end
print(count) -- expect: 351

-- at a call whose place was once a local's
count = 0
local function calls()
  do local a, b, c, d = 1, 2, 3, 4 end
  trace()
  do local a, b, c, d = {}, {}, {}, {} end
  trace(trace(), trace())
  for i = 1, 2 do
    do local a, b, c = i, i, i end
    trace(i)
  end
  do local a, b, c, d, e, f, g = 1, 2, 3, 4, 5, 6, 7 end
  for k in trace, nil do end
  return trace()
end
calls()
print(count) -- expect: 8

-- what a dead coroutine has died with is there to be seen
local weak = setmetatable({}, { __mode = "v" })
local dead = coroutine.create(function()
  local kept = { "kept" }
  weak[1] = kept
  local gone = nil + 1
end)
coroutine.resume(dead)
collectgarbage()
local name, value = debug.getlocal(dead, 0, 1)
print(name, value[1], weak[1] == value) -- expect: kept	kept	true

-- temporaries are values, or nil
local function look()
  for level = 1, 6 do
    if not debug.getinfo(level) then break end
    for i = 1, 60 do
      local n, v = debug.getlocal(level, i)
      if not n then break end
      assert(type(v))
    end
  end
  return "looked"
end
print(select(2, xpcall(function()
  local v0, v1, v2, v3, v4, v5, v6, v7
  local r = A == B
  error(1)
end, look))) -- expect: looked
print(("x"):gsub("x", look)) -- expect: looked	1
