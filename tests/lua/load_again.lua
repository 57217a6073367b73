-- A text or dump that is loaded again is another function, though it may be the same code.

local text = "local n = ... local function f() n = (n or 0) + 1 return n end return f, x"
local f, g = load(text), load(text)
print(f == g, f ~= g) -- expect: false	true
local a, b = f(1), g(10)
print(a(), a(), b(), a() == b()) -- expect: 2	3	11	false
a, b = f(1), f(10)
print(a(), b()) -- expect: 2	11

-- each with its own environment
local one, other = load("x = (x or 0) + 1 return x", "=e", "t", { x = 5 }), load("x = (x or 0) + 1 return x", "=e")
print(one(), one(), other(), x) -- expect: 6	7	1	1
print(select(2, debug.getupvalue(one, 1)) == _G, select(2, debug.getupvalue(other, 1)) == _G) -- expect: false	true

-- the name belongs to it
for _, name in ipairs { "=a", "=b", "@a", "=a" } do
  io.write(select(2, pcall(load("\nerror('here')", name))), " ", debug.getinfo(load("\nerror('here')", name), "S").source, "|")
end
print() -- expect: a:2: here =a|b:2: here =b|a:2: here @a|a:2: here =a|

-- so does the mode, which is looked at each time
print(load("return 1", "=m", "b")) -- expect: nil	attempt to load a text chunk (mode is 'b')
print(load("return 1", "=m", "t")(), load("return 1", "=m", "b")) -- expect: 1	nil	attempt to load a text chunk (mode is 'b')

-- errors come again
for _ = 1, 2 do print(load("return +", "=bad")) end
-- expect: nil	bad:1: unexpected symbol near '+'
-- expect: nil	bad:1: unexpected symbol near '+'

-- dumps: the same bytes, new functions, upvalues of their own
local function counter()
  local n = 0
  return function() n = n + 1 return n end
end
local c = counter()
local d, e = string.dump(c), string.dump(c)
print(d == e, #string.dump(c, true) <= #d, string.dump(c) == d) -- expect: true	true	true
local p, q = load(d), load(d)
debug.setupvalue(p, 1, 10)
debug.setupvalue(q, 1, 20)
print(p(), q(), p(), q(), c()) -- expect: 11	21	12	22	1

-- and with other upvalues in debug.upvaluejoin
local r = load(d)
debug.upvaluejoin(p, 1, q, 1)
debug.setupvalue(r, 1, 0)
print(p(), q(), r()) -- expect: 23	24	1

-- texts with the same end, the same beginning, and in a loop
local s = {}
for i = 1, 300 do s[i] = load("return " .. i % 7)() end
print(table.concat(s, "", 1, 21)) -- expect: 123456012345601234560
local sum = 0
for i = 1, 3000 do sum = sum + load("return " .. i % 100 .. " + ...")(1) end
print(sum) -- expect: 151500
