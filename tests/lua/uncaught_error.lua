-- An uncaught error: message and traceback on standard error, exit code 1.
print("before") -- expect: before
local function inner() error("something failed") end
local function outer() inner() end
function global() outer() end
local t = { field = function() global() end }
function t:method() self.field() end
t:method()
-- expect-error: uncaught_error.lua:3: something failed
