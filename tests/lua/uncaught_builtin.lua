-- An error raised by a library function with a Lua callback on the stack.
local function callback(c) return c .. nil end
local function work() return (("abc"):gsub("%w", callback)) end
local s = work()
-- expect-error: uncaught_builtin.lua:2: attempt to concatenate a nil value
