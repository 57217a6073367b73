-- math.

local function err(f, ...) -- helper
  print((select(2, pcall(f, ...)):gsub("^[^ ]*:%d+: ", "")))
end

print(math.pi, math.huge, -math.huge) -- expect: 3.1415926535898	inf	-inf
print(math.abs(-5), math.abs(5), math.abs(-0.5), math.abs(-1 / 0), 1 / math.abs(-0))
-- expect: 5	5	0.5	inf	inf
print(math.floor(3.7), math.floor(-3.7), math.floor(3), math.floor(-0.5), math.floor(1e300) == 1e300)
-- expect: 3	-4	3	-1	true
print(math.ceil(3.2), math.ceil(-3.2), math.ceil(3), math.ceil(0.5), math.ceil(-0.5) == 0)
-- expect: 4	-3	3	1	true
print(math.sqrt(16), math.sqrt(2), math.sqrt(0), math.sqrt(1 / 0), math.sqrt(-1) ~= math.sqrt(-1))
-- expect: 4	1.4142135623731	0	inf	true
print(math.sin(0), math.cos(0), math.tan(0), math.sin(math.pi / 2), math.cos(math.pi))
-- expect: 0	1	0	1	-1
print(math.asin(1), math.acos(1), math.atan(1), math.atan2(1, 1), math.atan2(-1, -1), math.atan2(0, -1))
-- expect: 1.5707963267949	0	0.78539816339745	0.78539816339745	-2.3561944901923	3.1415926535898
print(math.sinh(1), math.cosh(1), math.tanh(1), math.sinh(0), math.cosh(0))
-- expect: 1.1752011936438	1.5430806348152	0.76159415595576	0	1
print(math.exp(0), math.exp(1), math.exp(-1), math.exp(1000), math.exp(-1000))
-- expect: 1	2.718281828459	0.36787944117144	inf	0
print(math.log(1), math.log(math.exp(1)), math.log(0), math.log(100, 10), math.log(8, 2), math.log(27, 3))
-- expect: 0	1	-inf	2	3	3
print(math.log(2, 10), math.log(1024, 2), math.log(-1) ~= math.log(-1), math.log("10", "10"))
-- expect: 0.30102999566398	10	true	1
print(math.pow(2, 10), math.pow(2, 0.5), math.pow(0, 0), math.pow(-8, 1 / 3) ~= math.pow(-8, 1 / 3))
-- expect: 1024	1.4142135623731	1	true
print(math.fmod(7, 3), math.fmod(-7, 3), math.fmod(7, -3), math.fmod(5.5, 2), math.fmod(1, 0) ~= math.fmod(1, 0))
-- expect: 1	-1	1	1.5	true
print(math.modf(3.7), math.modf(-3.7), math.modf(5), math.modf(1 / 0), math.modf(-1 / 0))
-- expect: 3	-3	5	inf	-inf	-0
print(math.modf(0.5), math.modf(-0.5)) -- expect: 0	-0	-0.5
print(math.frexp(8), math.frexp(0), math.frexp(0.3), math.frexp(-5))
-- expect: 0.5	0	0.6	-0.625	3
print(math.ldexp(0.5, 4), math.ldexp(1, -1), math.ldexp(3, 0), math.ldexp(0, 100))
-- expect: 8	0.5	3	0
print(math.max(1, 5, 3), math.max(-1), math.max(1, 2.5), math.min(1, 5, 3), math.min(-1, -5), math.min("3", 2))
-- expect: 5	-1	2.5	1	-5	2
print(math.max(1, 1 / 0), math.min(1, -1 / 0), math.max("10", 9)) -- expect: inf	-inf	10
print(math.deg(math.pi), math.rad(180), math.deg(0), math.rad(90))
-- expect: 180	3.1415926535898	0	1.5707963267949
print(math.floor("3.7"), math.sqrt("16"), math.abs("-5"), math.max("1", "2")) -- expect: 3	4	5	2
for _, x in ipairs({ 0, 1, 10, 123.456, -7.25 }) do
  local m, e = math.frexp(x)
  if math.ldexp(m, e) ~= x then print("frexp", x) end
  local i, f = math.modf(x)
  if i + f ~= x then print("modf", x) end
end

-- errors
err(math.floor, "x") -- expect: bad argument #1 to 'math.floor' (number expected, got string)
err(math.floor) -- expect: bad argument #1 to 'math.floor' (number expected, got no value)
err(math.floor, {}) -- expect: bad argument #1 to 'math.floor' (number expected, got table)
err(math.sqrt, nil) -- expect: bad argument #1 to 'math.sqrt' (number expected, got nil)
err(math.max) -- expect: bad argument #1 to 'math.max' (number expected, got no value)
err(math.min) -- expect: bad argument #1 to 'math.min' (number expected, got no value)
err(math.max, 1, "x") -- expect: bad argument #2 to 'math.max' (number expected, got string)
err(math.ldexp, 1) -- expect: bad argument #2 to 'math.ldexp' (number expected, got no value)
err(math.fmod, 1) -- expect: bad argument #2 to 'math.fmod' (number expected, got no value)
err(math.pow, 1) -- expect: bad argument #2 to 'math.pow' (number expected, got no value)
err(math.sin, true) -- expect: bad argument #1 to 'math.sin' (number expected, got boolean)
err(math.log, 1, "x") -- expect: bad argument #2 to 'math.log' (number expected, got string)

-- random: ranges, seeds
math.randomseed(42)
local a = {}
for i = 1, 5 do a[i] = math.random() end
math.randomseed(42)
local same = true
for i = 1, 5 do same = same and a[i] == math.random() end
print(same) -- expect: true
local ok = true
for i = 1, 1000 do
  local r, d, e, f = math.random(), math.random(6), math.random(-5, 5), math.random(3, 3)
  ok = ok and r >= 0 and r < 1 and d >= 1 and d <= 6 and d == math.floor(d)
    and e >= -5 and e <= 5 and e == math.floor(e) and f == 3
end
print(ok) -- expect: true
local seen, count = {}, 0
for i = 1, 1000 do seen[math.random(6)] = true end
for _ in pairs(seen) do count = count + 1 end
print(count) -- expect: 6
local sum = 0
for i = 1, 10000 do sum = sum + math.random() end
print(sum > 4500 and sum < 5500) -- expect: true
math.randomseed(1)
local x = math.random(1e6)
math.randomseed(2)
print(x ~= math.random(1e6) or x ~= math.random(1e6)) -- expect: true
err(math.random, 0) -- expect: bad argument #1 to 'math.random' (interval is empty)
err(math.random, 2, 1) -- expect: bad argument #2 to 'math.random' (interval is empty)
err(math.random, 1, 2, 3) -- expect: wrong number of arguments
err(math.random, "x") -- expect: bad argument #1 to 'math.random' (number expected, got string)
err(math.randomseed)
-- expect: bad argument #1 to 'math.randomseed' (number expected, got no value)
print(math.random(1), math.random(5, 5), math.random("1")) -- expect: 1	5	1

-- accuracy
print(("%.15g %.15g"):format(math.sin(1), math.cos(1)), ("%.15g"):format(math.exp(0.5)))
-- expect: 0.841470984807897 0.54030230586814	1.64872127070013
print(("%.15g %.15g"):format(math.log(3), math.sqrt(3)), ("%.15g"):format(2 ^ 0.1))
-- expect: 1.09861228866811 1.73205080756888	1.07177346253629
print(math.floor(2 ^ 31 + 0.5), math.floor(-2 ^ 31 - 0.5), math.floor(2 ^ 53), math.ceil(-2 ^ 40 + 0.5))
-- expect: 2147483648	-2147483649	9.007199254741e+15	-1099511627775
