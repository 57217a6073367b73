-- Fourier coefficients of (x + 1) ^ x, by functions given as values.
local N = tonumber(arg and arg[1]) or 13000

local pi, sin, cos = math.pi, math.sin, math.cos

local function f(x, omega, kind)
  if kind == 0 then return (x + 1) ^ x end
  if kind == 1 then return (x + 1) ^ x * cos(omega * x) end
  return (x + 1) ^ x * sin(omega * x)
end

local function integrate(x0, x1, steps, omega, kind)
  local dx = (x1 - x0) / steps
  local sum, x = 0.5 * (f(x0, omega, kind) + f(x1, omega, kind)), x0
  for _ = 1, steps - 1 do
    x = x + dx
    sum = sum + f(x, omega, kind)
  end
  return sum * dx
end

local a = { integrate(0, 2, 500, 0, 0) / 2 }
local b = {}
for i = 1, N do
  a[i + 1] = integrate(0, 2, 100, pi * i, 1)
  b[i] = integrate(0, 2, 100, pi * i, 2)
end
print(("%.6f %.6f %.6f %.6f"):format(a[1], a[2], b[1], b[N]))
