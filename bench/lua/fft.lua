-- Fast Fourier transform there and back, of complex numbers in one array.
local N = tonumber(arg and arg[1]) or 65

local sin, pi, abs = math.sin, math.pi, math.abs

local function reverse_bits(data, n)
  local j = 0
  for i = 0, n - 2 do
    if i < j then
      local a, b = 2 * i + 1, 2 * j + 1
      data[a], data[b] = data[b], data[a]
      data[a + 1], data[b + 1] = data[b + 1], data[a + 1]
    end
    local k = n / 2
    while k <= j do j, k = j - k, k / 2 end
    j = j + k
  end
end

local function transform(data, n, direction)
  reverse_bits(data, n)
  local dual = 1
  while dual < n do
    local wr, wi = 1, 0
    local theta = direction * pi / dual
    local s, s2 = sin(theta), 2 * sin(theta / 2) ^ 2
    for a = 0, dual - 1 do
      if a > 0 then wr, wi = wr - s * wi - s2 * wr, wi + s * wr - s2 * wi end
      for b = 0, n - 1, 2 * dual do
        local i, j = 2 * (b + a) + 1, 2 * (b + a + dual) + 1
        local zr, zi = data[j], data[j + 1]
        local dr, di = wr * zr - wi * zi, wr * zi + wi * zr
        data[j], data[j + 1] = data[i] - dr, data[i + 1] - di
        data[i], data[i + 1] = data[i] + dr, data[i + 1] + di
      end
    end
    dual = dual * 2
  end
end

local n, data, seed = 2048, {}, 5
for i = 1, 2 * n do
  seed = (seed * 16807) % 2147483647
  data[i] = seed / 2147483647
end
local first = data[1]
for _ = 1, N do
  transform(data, n, -1)
  transform(data, n, 1)
  for i = 1, 2 * n do data[i] = data[i] / n end
end
print(abs(data[1] - first) < 1e-9, ("%.6f"):format(data[100]))
