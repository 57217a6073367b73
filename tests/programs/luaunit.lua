-- needs: luaunit debug
-- LuaUnit running a suite in which some tests fail, in its output formats.
local lu = require "luaunit"
os.getenv = function() end
os.clock = function() return 0 end
os.date = function() return "now" end

TestThings = {}
function TestThings:setUp() self.value = { 1, 2, { 3 } } end
function TestThings:testEquals() lu.assertEquals(self.value, { 1, 2, { 3 } }) end
function TestThings:testDiffers() lu.assertEquals(self.value, { 1, 2, { 4 } }) end
function TestThings:testError() local t = nil; return t.x end
function TestThings:testStrings() lu.assertStrContains("haystack", "needle") end
function TestThings:testRaises() lu.assertErrorMsgContains("boom", function() error "boom!" end) end
function TestThings:testNoRaise() lu.assertError(function() end) end
function TestThings:testAlmost() lu.assertAlmostEquals(1, 1.1, 0.01) end
function TestThings:testSkip() lu.skip "not today" end
function TestThings:testItems() lu.assertItemsEquals({ 1, 2, 3 }, { 3, 1, 2 }) end
function TestThings:testNaN() lu.assertNotNaN(0 / 0) end
function TestThings:testLong() lu.assertEquals({ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 }, { 1, 2, 3, 4, 5, 6, 7, 9, 9, 10, 11 }) end
function test_plain() lu.assertTrue(true) end
function test_pattern() lu.assertStrMatches("abc", "a.d") end

for _, format in ipairs { "text", "tap", "nil" } do
    local runner = lu.LuaUnit.new()
    runner:setOutputType(format)
    print(format, runner:runSuite("-v"))
end
print(lu.prettystr { 1, { a = "b" }, "x\ny" })
