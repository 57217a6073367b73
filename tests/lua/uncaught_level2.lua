-- error with level 2 blames the caller.
local function check(x) if type(x) ~= "number" then error("number expected", 2) end end
local function user() check("string") end
user()
-- expect-error: uncaught_level2.lua:3: number expected
