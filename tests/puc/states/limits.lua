-- Limits and interruptions reach through C functions; errors are those of the run.
local lpeg = require "lpeg"
local function within(f) return (lpeg.C(1) / f):match "x" end

-- deep recursion by way of C
local function deep(n) return within(function() return deep(n + 1) end) end
print(pcall(deep, 1)) -- expect-prefix: false
local depth = 0
local function count() depth = depth + 1 return within(count) end
pcall(count)
print(depth > 50 and depth < 250) -- expect: true

-- after errors of all sorts everything goes on
for i = 1, 300 do
    local ok, e = pcall(within, function() error({ i }) end)
    if ok or e[1] ~= i then print "wrong" end
end
for i = 1, 100 do
    local co = coroutine.create(function() return within(function() coroutine.yield() end) end)
    local ok, e = coroutine.resume(co)
    if ok or not e:find "C%-call" then print(i, ok, e) end
end
print(within(function() return "good" end)) -- expect: good

-- coroutines within callbacks of C
print(within(function() -- expect: 1	2	3
    local gen = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
    return gen(), gen(), gen()
end))
-- C in coroutines in C in coroutines
local function nest(n)
    if n == 0 then return "bottom" end
    return coroutine.wrap(function() return within(function() return nest(n - 1) end) end)()
end
print(nest(20)) -- expect: bottom
print(xpcall(within, function(e) return "handled " .. tostring(e) end, function() error("x", 0) end)) -- expect: false	handled x
