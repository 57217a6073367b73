-- needs: busted.core debug
-- Busted's core with stand-ins for its C modules, running specs of all outcomes.
package.preload.lfs = function() return { attributes = function() end, currentdir = function() return "." end, dir = function() end } end
package.preload.system = function() return { gettime = function() return 0 end, monotime = function() return 0 end, sleep = function() end } end
package.preload.term = function() return { isatty = function() return false end } end
local busted = require "busted.core" ()
require "busted" (busted)
local depth = 0
for _, event in ipairs { "describe", "test" } do
    busted.subscribe({ event, "start" }, function(element) print(("  "):rep(depth) .. event, element.name) depth = depth + 1 end)
    busted.subscribe({ event, "end" }, function(element, parent, status, trace)
        depth = depth - 1
        print(("  "):rep(depth) .. "end", element.name, status)
    end)
end
for _, event in ipairs { "failure", "error", "pending" } do
    busted.subscribe({ event }, function(element, parent, message, trace)
        print(event, element.name, type(message) == "table" and tostring(message) or message)
    end)
end
local execute = require "busted.execute" (busted)
busted.executors.file("spec", setmetatable({
    getTrace = function(_, info) return info end,
    rewriteMessage = function(_, message) return message end,
}, { __call = function()
    describe("outer", function()
        local n
        setup(function() print "setup" end)
        before_each(function() n = (n or 0) + 1 print("before", n) end)
        after_each(function() print "after" end)
        teardown(function() print "teardown" end)
        it("passes", function() assert.are.equal(1, n) end)
        it("fails", function() assert.are.same({ 1 }, { 2 }) end)
        it("has an error", function() local t = nil; t.x = 1 end)
        pending("waits", function() end)
        describe("inner", function()
            it("sees the outer hooks", function() assert.is_true(n > 1) end)
            it("spies", function() local s = spy.new(print) s(1) assert.spy(s).was.called_with(1) end)
        end)
    end)
end }))
execute(1, { seed = 1, shuffle = false, sort = false })
