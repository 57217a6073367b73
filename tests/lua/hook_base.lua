-- moonlet-only: forks
-- The lowest function of a coroutine is a native, and its return is told to a hook while its
-- frame is frozen: the hook's own frame must not come to lie in what other states see.
local state = require "state"

local events = 0
local function deep(n)
    if n > 0 then
        local a, b = n, deep(n - 1)
        return b + a - a
    end
    debug.sethook(function() events = events + 1 end, "r")
    coroutine.yield(1)
    return 7
end

local co = coroutine.create(pcall)
print(coroutine.resume(co, deep, 200)) -- expect: true	1
local function finish()
    local resumed, called, result = coroutine.resume(co)
    return resumed, called, result, events
end
print(state.fork(finish)) -- expect: true	true	7	204
print(state.fork(finish)) -- expect: true	true	7	204
print(state.fork(finish)) -- expect: true	true	7	204
print(finish()) -- expect: true	true	7	204
print(coroutine.status(co)) -- expect: dead

