-- SPDX-License-Identifier: MIT
-- At the end of the program all finalizers are called, in the reverse order of marking,
-- and no error in one ends that: also when a collection is due just then.
-- expect: end of script
-- expect: 3	table
-- expect: 2
-- expect: 1
local function new(f) return setmetatable({}, { __gc = f }) end
A = new(function() print(1) setmetatable({}, { __gc = function() print("never") end }) end)
local b = new(function() print(2) error("not seen") end)
local t = {}
t.c = new(function(o) print(3, type(t)) end)
t[t] = t
collectgarbage("stop")
for i = 1, 100000 do t[i] = {} end
print("end of script")
collectgarbage("restart")
