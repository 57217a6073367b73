-- A deep stack: the traceback leaves out the middle.
local function deep(n) if n == 0 then error("bottom") end deep(n - 1) end
deep(100)
-- expect-error: uncaught_deep.lua:2: bottom
