-- Tail calls are missing from a traceback, and it says so.
local function a() local x = nil + 1 end
local function b() return a() end
local function c() b() end
c()
-- expect-error: uncaught_tail.lua:2: attempt to perform arithmetic on a nil value
