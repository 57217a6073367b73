-- math functions beyond math_lib.lua: special values, random numbers.

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
