-- SPDX-License-Identifier: MIT
-- Finalizers are called after an uncaught error, too.
-- expect: finalized
-- expect-error: oops
local o = setmetatable({}, { __gc = function() print("finalized") end })
error("oops", 0)
