-- a collection within a finalizer: the finalizer runs on as one
-- SPDX-License-Identifier: MIT

local function with(f) return setmetatable({}, { __gc = f }) end

-- it cannot yield, whatever it has collected, nor whether that failed
local function yields(collects)
  local co = coroutine.wrap(function()
    with(function()
      collects()
      print(pcall(coroutine.yield, 1))
    end)
    collectgarbage()
    return "end"
  end)
  print(co())
end
yields(function() end)
-- expect: false	attempt to yield across a C-call boundary
-- expect: end
yields(function()
  with(function() end)
  collectgarbage()
end)
-- expect: false	attempt to yield across a C-call boundary
-- expect: end
yields(function()
  with(function() error("x", 0) end)
  print(pcall(collectgarbage))
end)
-- expect: false	error in __gc metamethod (x)
-- expect: false	attempt to yield across a C-call boundary
-- expect: end
yields(function()
  pcall(coroutine.wrap(function()
    with(function() error("x", 0) end)
    collectgarbage()
  end))
end)
-- expect: false	attempt to yield across a C-call boundary
-- expect: end
print(pcall(function()
  with(function()
    with(function() end)
    collectgarbage()
    error("y", 0)
  end)
  collectgarbage()
end)) -- expect: false	error in __gc metamethod (y)

-- no other finalizers are called by themselves until it has ended, and then they are
for _, fails in ipairs({ false, true }) do
  local log = {}
  with(function()
    with(function()
      log[#log + 1] = "inner"
      if fails then error("z", 0) end
    end)
    pcall(collectgarbage)
    with(function() log[#log + 1] = "alone" end)
    for i = 1, 2e5 do local t = { i } end
    log[#log + 1] = "end"
  end)
  collectgarbage()
  for i = 1, 2e5 do local t = { i } end
  print(table.concat(log, " "))
end
-- expect: inner end alone
-- expect: inner end alone
