-- math: also special values, random numbers.

local inf, nan = 1 / 0, 0 / 0
local function p(x) -- helper
  print(x ~= x and "nan" or ("%.14g"):format(x))
end
local function err(f, ...) -- helper
  print((select(2, pcall(f, ...)):gsub("'math%.", "'")))
end

for _, f in ipairs({ "floor", "ceil", "abs", "sqrt", "exp", "deg", "rad", "tanh", "atan" }) do
  local out = {}
  for i, x in ipairs({ -inf, -2.5, -0.0, 0, 0.5, 3.7, 1e308, inf, nan }) do
    local y = math[f](x)
    out[i] = y ~= y and "nan" or y == 0 and 1 / y < 0 and "-0" or ("%.12g"):format(y)
  end
  print(f, table.concat(out, " "))
  -- expect: floor	-inf -3 -0 0 0 3 1e+308 inf nan
  -- expect: ceil	-inf -2 -0 0 1 4 1e+308 inf nan
  -- expect: abs	inf 2.5 0 0 0.5 3.7 1e+308 inf nan
  -- expect: sqrt	nan nan -0 0 0.707106781187 1.92353840617 1e+154 inf nan
  -- expect: exp	0 0.0820849986239 1 1 1.6487212707 40.4473043601 inf inf nan
  -- expect: deg	-inf -143.239448783 -0 0 28.6478897565 211.994384198 inf inf nan
  -- expect: rad	-inf -0.0436332312999 -0 0 0.00872664625997 0.0645771823238 1.74532925199e+306 inf nan
  -- expect: tanh	-1 -0.986614298151 -0 0 0.46211715726 0.998778241281 1 1 nan
  -- expect: atan	-1.57079632679 -1.19028994968 -0 0 0.463647609001 1.30683260317 1.57079632679 1.57079632679 nan
end
print(math.max(1), math.max(1, 3, 2), math.min(4, -1, 7), math.max(-inf, inf), math.max("10", 9))
-- expect: 1	3	-1	inf	10
p(math.max(nan, 1)) p(math.max(1, nan)) p(math.min(nan, 1)) p(math.min(1, nan))
-- expect: nan
-- expect: 1
-- expect: nan
-- expect: 1
print(math.fmod(7, 3), math.fmod(-7, 3), math.fmod(7, -3), math.fmod(5.5, 2), math.fmod(1, inf))
-- expect: 1	-1	1	1.5	1
p(math.fmod(1, 0)) p(math.fmod(inf, 1))
-- expect: nan
-- expect: nan
print(math.modf(3.7), math.modf(-3.7)) print(math.modf(inf)) print(math.modf(-inf)) print(math.modf(5))
-- expect: 3	-3	-0.7
-- expect: inf	0
-- expect: -inf	-0
-- expect: 5	0
print(math.frexp(0), math.frexp(8), math.frexp(-0.3)) print(math.ldexp(0.5, 4), math.ldexp(1, -1080), math.ldexp(1, 2000))
-- expect: 0	0.5	-0.6	-1
-- expect: 8	0	inf
print(math.log(8, 2), math.log(100, 10), math.log(math.exp(1)), math.log(8, 0.5), math.log10(1000), math.log(0))
-- expect: 3	2	1	-3	3	-inf
p(math.log(-1)) p(math.log(2, 1)) p(math.log(1, 1))
-- expect: nan
-- expect: inf
-- expect: nan
print(math.pow(2, 10), math.pow(-8, 1 / 3) ~= math.pow(-8, 1 / 3), math.atan2(1, -1) == math.pi * 3 / 4, math.atan2(-0.0, -1) < 0)
-- expect: 1024	true	true	true
print(math.huge, -math.huge, math.pi, math.cosh(0), math.sinh(0), math.acos(1), math.asin(0), math.cos(0))
-- expect: inf	-inf	3.1415926535898	1	0	0	0	1

-- random: ranges, errors, repetition by seed
math.randomseed(42)
local a = { math.random(), math.random(10), math.random(-5, 5), math.random(1e9) }
math.randomseed(42)
print(a[1] == math.random(), a[2] == math.random(10), a[3] == math.random(-5, 5), a[4] == math.random(1e9))
-- expect: true	true	true	true
local low, high, sum = 10, 0, 0
for _ = 1, 10000 do
  local x = math.random(3, 7)
  low, high, sum = math.min(low, x), math.max(high, x), sum + x
  local y = math.random()
  if y < 0 or y >= 1 or x ~= math.floor(x) then print("out of range") end
end
print(low, high, sum > 48000 and sum < 52000, math.random(1), math.random(5, 5), math.random("2") <= 2)
-- expect: 3	7	true	1	5	true
print(math.random(1.5) <= 1, math.random(2.5, 2.5)) -- expect: true	2.5
print(select("#", math.randomseed(1))) -- expect: 0
err(math.random, 0) err(math.random, 2, 1) err(math.random, 0.5) err(math.random, nan) err(math.random, 1, nan)
-- expect: bad argument #1 to 'random' (interval is empty)
-- expect: bad argument #2 to 'random' (interval is empty)
-- expect: bad argument #1 to 'random' (interval is empty)
-- expect: bad argument #1 to 'random' (interval is empty)
-- expect: bad argument #2 to 'random' (interval is empty)
err(math.random, 1, 2, 3) err(math.random, {}) err(math.random, 1, {}) err(math.randomseed) err(math.randomseed, "x")
-- expect: wrong number of arguments
-- expect: bad argument #1 to 'random' (number expected, got table)
-- expect: bad argument #2 to 'random' (number expected, got table)
-- expect: bad argument #1 to 'randomseed' (number expected, got no value)
-- expect: bad argument #1 to 'randomseed' (number expected, got string)
err(math.max) err(math.min, 1, {}) err(math.max, nil) err(math.floor) err(math.fmod, 1) err(math.ldexp, 1) err(math.pow, {}, {})
-- expect: bad argument #1 to 'max' (number expected, got no value)
-- expect: bad argument #2 to 'min' (number expected, got table)
-- expect: bad argument #1 to 'max' (number expected, got nil)
-- expect: bad argument #1 to 'floor' (number expected, got no value)
-- expect: bad argument #2 to 'fmod' (number expected, got no value)
-- expect: bad argument #2 to 'ldexp' (number expected, got no value)
-- expect: bad argument #1 to 'pow' (number expected, got table)
err(math.log, 1, {}) err(math.sqrt, "x") err(math.atan2, 1)
-- expect: bad argument #2 to 'log' (number expected, got table)
-- expect: bad argument #1 to 'sqrt' (number expected, got string)
-- expect: bad argument #2 to 'atan2' (number expected, got no value)

do
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
end
