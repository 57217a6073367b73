-- Arithmetic, concatenation, length and negation metamethods.

local mt = {}
local function num(v) return setmetatable({ v = v }, mt) end
local function val(x) return type(x) == "table" and x.v or tonumber(x) or x end
mt.__add = function(a, b) return num(val(a) + val(b)) end
mt.__sub = function(a, b) return num(val(a) - val(b)) end
mt.__mul = function(a, b) return num(val(a) * val(b)) end
mt.__div = function(a, b) return num(val(a) / val(b)) end
mt.__mod = function(a, b) return num(val(a) % val(b)) end
mt.__pow = function(a, b) return num(val(a) ^ val(b)) end
mt.__unm = function(a) return num(-val(a)) end
mt.__concat = function(a, b) return num(val(a) .. "." .. val(b)) end
mt.__len = function(a) return val(a) * 100, "dropped" end
mt.__tostring = function(a) return "num(" .. val(a) .. ")" end

local a, b = num(7), num(2)
print(tostring(a + b), tostring(a - b), tostring(a * b), tostring(a / b))
-- expect: num(9)	num(5)	num(14)	num(3.5)
print(tostring(a % b), tostring(a ^ b), tostring(-a), #a) -- expect: num(1)	num(49)	num(-7)	700
print(tostring(a + 1), tostring(1 + a), tostring("3" * a), tostring(a / "2"))
-- expect: num(8)	num(8)	num(21)	num(3.5)
print(tostring(10 - a), tostring(10 % b), tostring(2 ^ b), tostring(a - 10))
-- expect: num(3)	num(0)	num(4)	num(-3)
print(tostring(a .. b), tostring(a .. "x"), tostring("x" .. a), tostring(1 .. a))
-- expect: num(7.2)	num(7.x)	num(x.7)	num(1.7)
print(tostring(-a + b * a - 1), tostring(a + b + 1 + a), tostring(-(-a)))
-- expect: num(6)	num(17)	num(7)

-- with locals, constants, fields, upvalues, in conditions
local t = { x = a, y = 3 }
t.x = t.x + t.y
t.y = t.y * t.x
print(tostring(t.x), tostring(t.y)) -- expect: num(10)	num(30)
local function up() a = a + 1 return a end
print(tostring(up()), tostring(up())) -- expect: num(8)	num(9)
if a + 1 then print("true") end -- expect: true
local s = num(0)
for i = 1, 10 do s = s + i end
print(tostring(s)) -- expect: num(55)

-- operands: the left's metamethod first, then the right's
local function named(n)
  return setmetatable({}, { __add = function() return "add of " .. n end,
    __concat = function() return "concat of " .. n end })
end
local l, r = named("left"), named("right")
print(l + r, r + l, l + 1, 1 + r, l .. r, "x" .. r, l .. 1)
-- expect: add of left	add of right	add of left	add of right	concat of left	concat of right	concat of left
print(l + setmetatable({}, {}), setmetatable({}, {}) + r, {} + r)
-- expect: add of left	add of right	add of right

-- the arguments come in order of the operands, also when the right one has it
local order = setmetatable({}, { __sub = function(x, y) return type(x) .. "-" .. type(y) end,
  __lt = function(x, y) return type(x) == "number" end })
print(order - 1, 1 - order, order - order, "s" - order, order - nil)
-- expect: table-number	number-table	table-table	string-table	table-nil

-- unary minus gets the operand twice; so does __len
local un = setmetatable({}, { __unm = function(...) return select("#", ...) end,
  __len = function(...) return select("#", ...) end })
print(-un, #un) -- expect: 2	2

-- concatenation is right associative: pieces meet from the right
local trace = {}
local cat = {}
cat.__concat = function(x, y)
  trace[#trace + 1] = (type(x) == "table" and x.n or x) .. "|" .. (type(y) == "table" and y.n or y)
  return setmetatable({ n = trace[#trace] }, cat)
end
local function C(n) return setmetatable({ n = n }, cat) end
local res = "a" .. C("B") .. "c" .. "d"
print(table.concat(trace, "  ")) -- expect: B|cd  a|B|cd
trace = {}
res = C("A") .. "b" .. C("C") .. 1 .. 2
print(table.concat(trace, "  ")) -- expect: C|12  b|C|12  A|b|C|12
trace = {}
res = "x" .. "y" .. C("Z")
print(table.concat(trace, "  ")) -- expect: y|Z  x|y|Z

-- results may be anything; only the first counts
local any = setmetatable({}, { __add = function() return nil end, __mul = function() return 1, 2, 3 end,
  __div = function() end, __concat = function() return false end })
print(any + 1, any * 1, any / 1, any .. "", select("#", any / 1), select("#", any * 1))
-- expect: nil	1	nil	false	1	1

-- metamethods that are callable tables
local callable = setmetatable({}, { __call = function(self, x, y) return "called", x, y end })
local viacall = setmetatable({}, { __add = callable, __index = callable, __unm = callable })
print(viacall + 1, -viacall) -- expect: called	called

-- strings and numbers convert before metamethods are tried
local str = setmetatable({}, { __add = function() return "meta" end })
print("10" + 5, "10" + str, str + "abc") -- expect: 15	meta	meta
print(pcall(function() return "abc" + 1 end))
-- expect: false	meta_arith.lua:95: attempt to perform arithmetic on a string value

-- errors name the operand
print(pcall(function() return {} + 1 end))
-- expect: false	meta_arith.lua:99: attempt to perform arithmetic on a table value
print(pcall(function() local x = {} return x + 1 end))
-- expect: false	meta_arith.lua:101: attempt to perform arithmetic on local 'x' (a table value)
print(pcall(function() local x = {} return x .. "s" end))
-- expect: false	meta_arith.lua:103: attempt to concatenate local 'x' (a table value)
print(pcall(function() local x = {} return -x end))
-- expect: false	meta_arith.lua:105: attempt to perform arithmetic on local 'x' (a table value)
print(pcall(function() return #nil end))
-- expect: false	meta_arith.lua:107: attempt to get length of a nil value
print(pcall(function() return t.nofield + 1 end))
-- expect: false	meta_arith.lua:109: attempt to perform arithmetic on field 'nofield' (a nil value)
print(pcall(function() return setmetatable({}, { __add = 5 }) + 1 end))
-- expect: false	meta_arith.lua:111: attempt to call a number value

-- __len: rawlen and table functions that look at #
local len = setmetatable({ 1, 2, 3 }, { __len = function() return 10 end })
print(#len, rawlen(len)) -- expect: 10	3
len = setmetatable({}, { __len = function() return "not a number" end })
print(#len) -- expect: not a number

-- error inside a metamethod
local bad = setmetatable({}, { __add = function() error("inside add") end,
  __sub = function() error({ code = 5 }) end })
print(pcall(function() return bad + 1 end)) -- expect: false	meta_arith.lua:121: inside add
print(select(2, pcall(function() return bad - 1 end)).code) -- expect: 5

-- yield inside each
local y = setmetatable({}, {
  __add = function() return coroutine.yield("add") end, __sub = function() return coroutine.yield("sub") end,
  __mul = function() return coroutine.yield("mul") end, __div = function() return coroutine.yield("div") end,
  __mod = function() return coroutine.yield("mod") end, __pow = function() return coroutine.yield("pow") end,
  __unm = function() return coroutine.yield("unm") end, __len = function() return coroutine.yield("len") end,
  __concat = function() return coroutine.yield("concat") end,
})
local co = coroutine.wrap(function()
  local out = { y + 1, y - 1, y * 1, y / 1, y % 1, y ^ 1, -y, #y, y .. "s", "a" .. "b" .. y, 2 + y * 3 }
  return table.concat(out, " ")
end)
local n, what = 0, co()
local seen = {}
while #what < 10 do seen[#seen + 1] = what n = n + 1 what = co(n) end
print(table.concat(seen, " ")) -- expect: add sub mul div mod pow unm len concat concat mul
print(what) -- expect: 1 2 3 4 5 6 7 8 9 a10 13

-- A string that and, or make of constants has no name in messages.
print((select(2, pcall(function(n) return n ^ ((nil or "AB")) end, 1)):gsub("^.-:%d+: ", ""))) -- expect: attempt to perform arithmetic on a string value
print((select(2, pcall(function(n) return (true and "AB") + n end, 1)):gsub("^.-:%d+: ", ""))) -- expect: attempt to perform arithmetic on a string value
