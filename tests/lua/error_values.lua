-- error: values of every type, levels, positions; assert.

-- any value passes through pcall unchanged
print(pcall(error, "message")) -- expect: false	message
print(pcall(error, 42)) -- expect: false	42
print(pcall(error, nil)) -- expect: false	nil
print(pcall(error)) -- expect: false	nil
print(pcall(error, true), pcall(error, false)) -- expect: false	false	false
local t = { code = 7 }
print(select(2, pcall(error, t)) == t, select(2, pcall(error, t)).code) -- expect: true	7
local f = function() end
print(select(2, pcall(error, f)) == f) -- expect: true
local co = coroutine.create(f)
print(select(2, pcall(error, co)) == co) -- expect: true
print(pcall(error, 42, 1), type(select(2, pcall(error, 42)))) -- expect: false	string
print(pcall(function() error(12) end), type(select(2, pcall(function() error(12) end))))
-- expect: false	string

-- positions: level 1 where error was called, 2 the caller, 0 none
local function level0() error("zero", 0) end
local function level1() error("one", 1) end
local function level2() error("two", 2) end
local function default() error("default") end
local function calls(g) g() end
print(pcall(level0)) -- expect: false	zero
print(pcall(level1)) -- expect: false	error_values.lua:21: one
print(pcall(default)) -- expect: false	error_values.lua:23: default
print(pcall(level2)) -- expect: false	two
print(pcall(calls, level0)) -- expect: false	zero
print(pcall(calls, level1)) -- expect: false	error_values.lua:21: one
print(pcall(calls, level2)) -- expect: false	error_values.lua:24: two
local function level3() error("three", 3) end
print(pcall(function() calls(level3) end)) -- expect: false	error_values.lua:33: three
print(pcall(function() error("far", 50) end)) -- expect: false	far
print(pcall(function() -- expect: false	error_values.lua:37: several lines
  local x = 1
  error(
    "several lines"
  )
end))

-- a position is added to strings and to numbers, which become strings
print(pcall(function() error({ "table" }) end) == false) -- expect: true
print(select(2, pcall(function() error({ "table" }) end))[1]) -- expect: table
print(pcall(function() error(nil) end)) -- expect: false	nil
print(pcall(function() error("") end)) -- expect: false	error_values.lua:46: 

-- rethrowing keeps the first position
local ok, e = pcall(default)
print(pcall(function() error(e, 0) end)) -- expect: false	error_values.lua:23: default
print(pcall(function() error(e) end))
-- expect: false	error_values.lua:51: error_values.lua:23: default

-- runtime errors: the line of the operator, call or index
print(pcall(function()
-- expect: false	error_values.lua:57: attempt to perform arithmetic on a nil value
  local a = 1 +
    nil
end))
print(pcall(function()
-- expect: false	error_values.lua:65: attempt to index field 'y' (a nil value)
  local x = {}
  return x
    .y
    .z
end))
print(pcall(function()
-- expect: false	error_values.lua:70: attempt to concatenate a table value
  local s = "a" ..
    "b" ..
    {}
end))
print(pcall(function()
-- expect: false	error_values.lua:75: attempt to call global 'undefined_function' (a nil value)
  undefined_function(
    1,
    2
  )
end))
print(pcall(function()
-- expect: false	error_values.lua:82: bad argument #2 to 'rep' (number expected, got table)
  local r = string.rep(
    "x",
    {}
  )
end))

-- errors in library functions carry the position of the call
print(pcall(function() string.rep() end))
-- expect: false	error_values.lua:89: bad argument #1 to 'rep' (string expected, got no value)
print(pcall(function() ("x"):rep({}) end))
-- expect: false	error_values.lua:91: bad argument #1 to 'rep' (number expected, got table)
print(pcall(function() ("x"):bad() end))
-- expect: false	error_values.lua:93: attempt to call method 'bad' (a nil value)
print(pcall(function() setmetatable(1, 2) end))
-- expect: false	error_values.lua:95: bad argument #1 to 'setmetatable' (table expected, got number)
print(pcall(function() local v = math.floor("x") end))
-- expect: false	error_values.lua:97: bad argument #1 to 'floor' (number expected, got string)
print(pcall(function() local v = math.floor({}) end))
-- expect: false	error_values.lua:99: bad argument #1 to 'floor' (number expected, got table)
print(pcall(function() io.open() end))
-- expect: false	error_values.lua:101: bad argument #1 to 'open' (string expected, got no value)
print(pcall(string.rep))
-- expect: false	bad argument #1 to 'string.rep' (string expected, got no value)
print(pcall(string.char, 256))
-- expect: false	bad argument #1 to 'string.char' (value out of range)

-- assert
print(assert(1, "unused"), assert("v"), (assert(true))) -- expect: 1	v	true
print(select("#", assert(1, 2, 3)), assert(1, 2, 3)) -- expect: 3	1	2	3
print(pcall(assert, false)) -- expect: false	assertion failed!
print(pcall(assert, nil)) -- expect: false	assertion failed!
print(pcall(assert, false, "my message")) -- expect: false	my message
print(pcall(assert, nil, "with", "more")) -- expect: false	with
print(pcall(function() assert(false) end))
-- expect: false	error_values.lua:115: assertion failed!
print(pcall(function() assert(nil, "5.2 adds a position") end))
-- expect: false	error_values.lua:117: 5.2 adds a position
print(pcall(function() assert(1 == 2, "condition") end))
-- expect: false	error_values.lua:119: condition
print(pcall(function() assert(nil, {}) end))
-- expect: false	error_values.lua:121: bad argument #2 to 'assert' (string expected, got table)
print(select(2, pcall(function() assert() end)))
-- expect: error_values.lua:123: assertion failed!

-- errors within errors, in a deep call
local function deep(n) if n == 0 then error("bottom") end deep(n - 1) end
print(pcall(deep, 100)) -- expect: false	error_values.lua:127: bottom
local function deep_plus(n) if n == 0 then error("bottom+") end return 1 + deep_plus(n - 1) end
print(pcall(deep_plus, 1000)) -- expect: false	error_values.lua:129: bottom+

-- state after an error is what it was when the error happened
local log = {}
local function work() log[#log + 1] = "a" error("stop") log[#log + 1] = "b" end
print(pcall(work)) -- expect: false	error_values.lua:134: stop
print(#log, log[1]) -- expect: 1	a

-- error objects with methods and __tostring
local E = {}
E.__index = E
E.__tostring = function(self) return "E: " .. self.msg end
function E:describe() return "described " .. self.msg end
local function throw(msg) error(setmetatable({ msg = msg }, E)) end
local _, err = pcall(throw, "oops")
print(tostring(err), err:describe(), getmetatable(err) == E)
-- expect: E: oops	described oops	true
print(select(2, pcall(error, setmetatable({ msg = "direct" }, E))).msg) -- expect: direct

-- errors in metamethods, iterators, sort and gsub callbacks come through
print(pcall(function() return setmetatable({}, { __index = function() error("in index", 0) end }).x end))
-- expect: false	in index
print(pcall(function() for i in function() error("in iterator", 0) end do end end))
-- expect: false	in iterator
print(pcall(table.sort, { 3, 2, 1 }, function() error("in compare", 0) end))
-- expect: false	in compare
print(pcall(string.gsub, "abc", "%w", function() error("in gsub", 0) end))
-- expect: false	in gsub
print(pcall(load, function() error("in reader", 0) end)) -- expect: true	nil	in reader
print(pcall(tostring, setmetatable({}, { __tostring = function() error("in tostring", 0) end })))
-- expect: false	in tostring
