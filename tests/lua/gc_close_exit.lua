-- SPDX-License-Identifier: MIT
-- os.exit closes the state when asked to.
-- expect: closing	7
-- expect-exit: 3
local o = setmetatable({}, { __gc = function() print("closing", Global) end })
Global = 7
coroutine.wrap(function() os.exit(3, true) end)()
