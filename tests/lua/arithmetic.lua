-- Arithmetic: operators, precedence, coercion of strings, special numbers.

print(1 + 2, 7 - 10, 6 * 7, 7 / 2, 2 ^ 10) -- expect: 3	-3	42	3.5	1024
print(-2 ^ 2, 2 ^ 3 ^ 2, 2 ^ -1, (2 ^ 3) ^ 2) -- expect: -4	512	0.5	64
print(1 + 2 * 3, (1 + 2) * 3, 10 - 4 - 3, 100 / 10 / 5) -- expect: 7	9	3	2
print(- -3, -(-3), - - -3, not not 3) -- expect: 3	3	-3	true
print(2 * -3, 2 ^ -2, -3 ^ 2, -(3 ^ 2)) -- expect: -6	0.25	-9	-9

-- a % b == a - floor(a / b) * b: the sign is the divisor's
print(7 % 3, -7 % 3, 7 % -3, -7 % -3) -- expect: 1	2	-2	-1
print(5.5 % 2, -5.5 % 2, 5.5 % -2, 0 % 5) -- expect: 1.5	0.5	-0.5	0
print(6 % 3, -6 % 3, 6 % -3, 1e15 % 7) -- expect: 0	0	0	6
print(2 ^ 53 % 3, 0.1 % 0.01 < 0.01, 1 % 0.5) -- expect: 2	true	0
print(5 % 0 ~= 5 % 0, -1 % 1e308 > 1e307) -- expect: true	true

-- division by zero, infinities, NaN
local inf = 1 / 0
local nan = inf - inf
print(1 / 0, -1 / 0, inf - 1, inf * -1) -- expect: inf	-inf	inf	-inf
print(nan == nan, nan ~= nan, nan < nan, nan >= 1, 1 <= nan)
-- expect: false	true	false	false	false
print(inf == inf, inf > 1e308, -inf < -1e308, inf - inf ~= inf - inf)
-- expect: true	true	true	true
print(1 / -0 < 0, 0 == -0, 1 / (0 * -1) < 0) -- expect: true	true	true
local x = 0
print(1 / x, 1 / -x, -x == x) -- expect: inf	-inf	true
print(2 ^ 1024, -(2 ^ 1024), 2 ^ -1075, 0 ^ 0, inf ^ 0) -- expect: inf	-inf	0	1	1

-- strings that spell numbers count as numbers
print("10" + 5, "3" * "4", "10" / 2, "0x10" + 0, " 5 " + 1) -- expect: 15	12	5	16	6
print(-"2", - "-3", "2" ^ 3, "7" % "4", 10 .. 20) -- expect: -2	3	8	3	1020
print("1e2" + 0, ".5" + 0, "5." + 0, "0x.8p1" + 0, "\t7\n" + 0) -- expect: 100	0.5	5	1	7
print(pcall(function() return "abc" + 1 end))
-- expect: false	arithmetic.lua:33: attempt to perform arithmetic on a string value
print(pcall(function() return {} + 1 end))
-- expect: false	arithmetic.lua:35: attempt to perform arithmetic on a table value
print(pcall(function() return 1 + nil end))
-- expect: false	arithmetic.lua:37: attempt to perform arithmetic on a nil value
print(pcall(function() return -{} end))
-- expect: false	arithmetic.lua:39: attempt to perform arithmetic on a table value
print(pcall(function() return "1 2" * 1 end))
-- expect: false	arithmetic.lua:41: attempt to perform arithmetic on a string value

-- large and small numbers are exact where doubles are
print(2 ^ 53, 2 ^ 53 + 1, 2 ^ 53 - 1 == 9007199254740991)
-- expect: 9.007199254741e+15	9.007199254741e+15	true
print(9007199254740993 == 9007199254740992, 1e308 * 10, 5e-324 / 2) -- expect: true	inf	0
print(0.1 + 0.2 == 0.3, 0.1 + 0.2 - 0.3 < 1e-15, 0.5 + 0.25 == 0.75) -- expect: false	true	true

-- mixed precedence with comparison, concatenation and logic
print(1 .. 2 == "12", 2 + 3 .. "", "a" .. 1 + 2, 1 + 1 == 2 and "yes") -- expect: true	5	a3	yes
print(2 * 3 .. 4 * 5, 1 < 2 == true, not 1 == 2, #"abc" + 1, -#"ab")
-- expect: 620	true	false	4	-2
print(2 ^ 2 .. "", "x" .. 2 ^ 0.5 ^ 2 < "y", 1 .. -1) -- expect: 4	true	1-1

-- operands are evaluated from left to right
local log = {}
local function note(v) log[#log + 1] = tostring(v) return v end
local r = note(1) + note(2) * note(3) - note(4) ^ note(5)
print(r, table.concat(log, " ")) -- expect: -1017	1 2 3 4 5

-- variables, constants on either side
local a, b = 12, 5
print(a + b, a - b, a * b, a / b, a % b, a ^ 2) -- expect: 17	7	60	2.4	2	144
print(a + 1, 1 + a, a - 1, 1 - a, a * 2, 2 * a, a / 2, 2 / a, a % 7, 7 % a, 2 ^ b)
-- expect: 13	13	11	-11	24	24	6	0.16666666666667	5	7	32
a = a + b; b = a - b; a = a - b
print(a, b, a + -b, -a - -b) -- expect: 5	12	-7	7
local t = { n = 3, [1] = 4 }
t.n = t.n + t[1]; t[1] = t[1] * t.n - 1
print(t.n, t[1], t.n ^ 2 + t[1] ^ 2, (t.n + t[1]) / 2) -- expect: 7	27	778	17

-- the remainder of -0 is 0
local m = -0
print(m % 5, m % b, -0 % 5, m % -5, m) -- expect: 0	0	0	0	-0

-- a % b at the edges of 32 bits, and of zeros
do
  local edges = {0, -0.0, 1, 2, 7, -1, -7, 0.5, -0.5, 2 ^ 31 - 1, 2 ^ 31, -2 ^ 31, 2 ^ 32 - 1, 2 ^ 32, 2 ^ 52}
  local function same(a, b, what) assert(a ~= a and b ~= b or a == b and 1 / a == 1 / b, what) end
  for _, a in ipairs(edges) do
    same(a % 7, a - math.floor(a / 7) * 7, a)
    for _, b in ipairs(edges) do same(a % b, a - math.floor(a / b) * b, a .. " % " .. b) end
  end
end
