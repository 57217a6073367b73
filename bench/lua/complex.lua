-- The Mandelbrot set with complex numbers that are objects with metamethods.
local N = tonumber(arg and arg[1]) or 150

local Complex = {}
Complex.__index = Complex
local function complex(re, im) return setmetatable({ re = re, im = im }, Complex) end
Complex.__add = function(a, b) return complex(a.re + b.re, a.im + b.im) end
Complex.__mul = function(a, b) return complex(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re) end
function Complex:norm2() return self.re * self.re + self.im * self.im end

local sum = 0
for y = 0, N - 1 do
  for x = 0, N - 1 do
    local c = complex(x / N * 3 - 2, y / N * 2 - 1)
    local z, n = c, 0
    while n < 60 and z:norm2() < 4 do
      z = z * z + c
      n = n + 1
    end
    sum = sum + n
  end
end
print(sum)
