local lfs = require "lfs"
describe("a greeting", function()
    local greeting = require "greeting"
    before_each(function() _G.count = (_G.count or 0) + 1 end)
    it("is for the world", function() assert.are.equal("hello, world", greeting.of()) end)
    it("may be loud", function() assert.are.same({ "HELLO, YOU" }, { greeting.of("you", true) }) end)
    it("fails", function() assert.is_true(greeting.of("me") == "hello, you", "not me") end)
    it("raises an error", function() error("on purpose") end)
    it("catches errors of C", function()
        assert.has_error(function() require "greeting.core".join({}) end,
            "bad argument #1 to 'join' (string expected, got table)")
    end)
    it("has files beside it", function() assert.are.equal("directory", lfs.attributes(".", "mode")) end)
    pending("is translated")
end)
