-- An error inside a metamethod called by an operator.
local mt = { __add = function(a, b) error("cannot add") end }
local v = setmetatable({}, mt)
local function sum() local r = v + 1 return r end
sum()
-- expect-error: uncaught_metamethod.lua:2: cannot add
