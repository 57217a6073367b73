-- The Mandelbrot set: floating-point loops with an early exit.
local N = tonumber(arg and arg[1]) or 1000

local inside, total = 0, 0
for y = 0, N - 1 do
  local ci = 2 * y / N - 1
  for x = 0, N - 1 do
    local cr = 2 * x / N - 1.5
    local zr, zi, n = 0, 0, 0
    while n < 50 do
      local r2, i2 = zr * zr, zi * zi
      if r2 + i2 > 4 then break end
      zi = 2 * zr * zi + ci
      zr = r2 - i2 + cr
      n = n + 1
    end
    total = total + n
    if n == 50 then inside = inside + 1 end
  end
end
print(inside, total)
