-- A loop over floating-point arithmetic on locals.
local N = tonumber(arg and arg[1]) or 50000000

local sum, x, sign = 0, 0.5, 1
for i = 1, N do
  x = x * 1.0000001 + 0.25 / i
  sum = sum + sign * x
  sign = -sign
end
print(("%.6f"):format(sum))
