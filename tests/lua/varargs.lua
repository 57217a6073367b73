-- Variable arguments and multiple results.

local function count(...) return select("#", ...) end
local function pass(...) return ... end
local function first(...) return (...) end

print(count(), count(nil), count(nil, nil), count(1, nil, 3, nil)) -- expect: 0	1	2	4
print(pass(), pass(1), pass(1, 2)) -- expect: nil	1	1	2
print((pass(1, 2, 3)), first(4, 5), (pass())) -- expect: 1	4	nil
print(pass(1, 2), pass(3, 4), pass(5, 6)) -- expect: 1	3	5	6
print(count(pass(1, 2), pass(3, 4)), count((pass(1, 2))), count(pass(), pass()))
-- expect: 3	1	1
print(count(pass()), count((pass())), count(pass(), nil)) -- expect: 0	1	2

-- in table constructors: only the last expression is expanded
local t = { pass(1, 2), pass(3, 4) }
print(#t, t[1], t[2], t[3]) -- expect: 3	1	3	4
t = { pass(1, 2), (pass(3, 4)) }
print(#t, t[1], t[2], t[3]) -- expect: 2	1	3	nil
t = { pass(1, 2), n = 5, pass(6, 7, 8) }
print(#t, t.n, t[2], t[4]) -- expect: 4	5	6	8
local function pack(...) return { n = select("#", ...), ... } end
t = pack(nil, 2, nil)
print(t.n, t[1], t[2], t[3]) -- expect: 3	nil	2	nil
t = pack()
print(t.n, #t) -- expect: 0	0

-- in assignments and returns
local a, b, c = pass(1, 2)
print(a, b, c) -- expect: 1	2	nil
a, b, c = 0, pass(1, 2)
print(a, b, c) -- expect: 0	1	2
a, b, c = pass(1, 2), 10
print(a, b, c) -- expect: 1	10	nil
a, b, c = (pass(1, 2))
print(a, b, c) -- expect: 1	nil	nil
local function tail(...) return "t", pass(...) end
local function wrapped(...) return "w", (pass(...)) end
print(tail(1, 2), "|", tail()) -- expect: t	|	t
print(wrapped(1, 2)) -- expect: w	1
print(wrapped()) -- expect: w	nil

-- select
print(select(2, "a", "b", "c")) -- expect: b	c
print(select(-1, "a", "b", "c"), select(-2, "a", "b", "c")) -- expect: c	b	c
print(select("#"), select("#", nil, nil), select(4, 1, 2, 3)) -- expect: 0	2
print(pcall(function(...) return (select(0, ...)) end, 1))
-- expect: false	varargs.lua:47: bad argument #1 to 'select' (index out of range)
print(pcall(function(...) return (select(-5, ...)) end, 1))
-- expect: false	varargs.lua:49: bad argument #1 to 'select' (index out of range)
print(pcall(function() return (select("x", 1)) end))
-- expect: false	varargs.lua:51: bad argument #1 to 'select' (number expected, got string)

-- ... with named parameters
local function named(x, y, ...) return x, y, select("#", ...), ... end
print(named()) -- expect: nil	nil	0
print(named(1)) -- expect: 1	nil	0
print(named(1, 2)) -- expect: 1	2	0
print(named(1, 2, 3, nil, 5)) -- expect: 1	2	3	3	nil	5

-- missing arguments are nil, extra ones are dropped
local function three(x, y, z) return x, y, z end
print(three(1)) -- expect: 1	nil	nil
print(three(1, 2, 3, 4)) -- expect: 1	2	3
print(three(pass(1, 2), pass(3, 4))) -- expect: 1	3	4
print(three(pass(1, 2), pass())) -- expect: 1	nil	nil

-- changing a parameter does not change ...
local function mutate(...)
  local x, y = ...
  x = x + 1
  return x, y, ...
end
print(mutate(1, 2, 3)) -- expect: 2	2	1	2	3

-- the main chunk is a vararg function; load's too
print(select("#", ...)) -- expect: 0
print(load("return select('#', ...), ...")(7, 8, 9)) -- expect: 3	7	8	9

-- ... is each function's own
local function outer(...)
  local inner = function(...) return select("#", ...), ... end
  return select("#", ...), inner("x", ...)
end
print(outer(1, 2)) -- expect: 2	3	x	1	2
local err = select(2, load("local function f() return ... end"))
print(err)
-- expect: [string "local function f() return ... end"]:1: cannot use '...' outside a vararg function near '...'

-- many values
local big = {}
for i = 1, 200 do big[i] = i end
print(count(table.unpack(big)), select(200, table.unpack(big)), (select(150, table.unpack(big))))
-- expect: 200	200	150
print(#{ table.unpack(big) }, math.max(table.unpack(big)), select("#", table.unpack(big, 1, 100)))
-- expect: 200	200	100
local function sum(...)
  local s = 0
  for i = 1, select("#", ...) do s = s + (select(i, ...)) end
  return s
end
print(sum(table.unpack(big)), sum(1, 2, 3), sum()) -- expect: 20100	6	0
local function sum2(x, ...) if not x then return 0 end return x + sum2(...) end
print(sum2(table.unpack(big)), sum2(), sum2(5)) -- expect: 20100	0	5
local str = string.byte(("x"):rep(100), 1, -1)
print(str, select("#", string.byte(("x"):rep(100), 1, -1))) -- expect: 120	100

-- varargs through pcall, coroutines and methods
print(pcall(pass, 1, nil, 3)) -- expect: true	1	nil	3
print(coroutine.wrap(function(...) return coroutine.yield(...) end)(1, 2, nil))
-- expect: 1	2	nil
local obj = {}
function obj:m(...) return self == obj, select("#", ...), ... end
print(obj:m(1, 2)) -- expect: true	2	1	2
print(obj:m(pass(1, 2, 3))) -- expect: true	3	1	2	3
print(obj.m(obj)) -- expect: true	0

-- in conditions, operators and indices only the first value counts
if pass(nil, 1) then print("true") else print("false") end -- expect: false
print(pass(1, 2) + pass(10, 20), -pass(5, 6), ({ "a", "b" })[pass(2, 1)], not pass(nil, 1))
-- expect: 11	-5	b	true
print(pass(1, 2) == 1 and pass(3, 4), pass("a", "b") .. pass("c", "d")) -- expect: 3	ac
local loop = {}
for i = pass(1, 9), (pass(3, 9)) do loop[i] = i end
print(#loop) -- expect: 3
