-- how deep finalizers may be called within finalizers
-- SPDX-License-Identifier: MIT

-- each makes the next, and collects: the depth is PUC Lua's, and the error is told of once
local count = 0
local function chain()
  count = count + 1
  setmetatable({}, { __gc = chain })
  collectgarbage()
end
setmetatable({}, { __gc = chain })
print(pcall(collectgarbage)) -- expect: false	error in __gc metamethod (C stack overflow)
print(count > 190 and count <= 200) -- expect: true

-- the one that is refused is gone, and those above it go on
local deepest, depth, refused = 0, 0, 0
local mt = {}
function mt.__gc()
  depth = depth + 1
  deepest = math.max(deepest, depth)
  setmetatable({}, mt)
  local ok, e = pcall(collectgarbage)
  if not ok then refused = refused + 1 end
  if not ok and e ~= "error in __gc metamethod (C stack overflow)" then print(e) end
  depth = depth - 1
end
setmetatable({}, mt)
print(pcall(collectgarbage)) -- expect: true	0
print(deepest > 90 and deepest <= 200, depth, refused) -- expect: true	0	1

-- in a coroutine each, which tells of the error again
local function resumed()
  setmetatable({}, { __gc = resumed })
  coroutine.wrap(collectgarbage)()
end
setmetatable({}, { __gc = resumed })
local ok, e = pcall(collectgarbage)
print(ok, e:match("%((C stack overflow)%)")) -- expect: false	C stack overflow

-- afterwards all is as before
local called = false
setmetatable({}, { __gc = function() called = true end })
collectgarbage()
print(called) -- expect: true

-- and what is left at the end does not keep the program from ending
setmetatable({}, { __gc = chain })
