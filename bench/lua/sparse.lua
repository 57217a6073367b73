-- Sparse matrix in compressed rows times vector.
local N = tonumber(arg and arg[1]) or 700

local n, nz = 1000, 10000
local x, y, val, col, row = {}, {}, {}, {}, {}
local seed = 17
local function random(k)
  seed = (seed * 16807) % 2147483647
  return seed % k
end
for i = 1, n do x[i], y[i] = random(1000) / 1000, 0 end
local per = nz / n
for r = 1, n do
  row[r] = (r - 1) * per + 1
  for k = 0, per - 1 do
    col[row[r] + k] = random(n) + 1
    val[row[r] + k] = random(1000) / 1000
  end
end
row[n + 1] = nz + 1
for _ = 1, N do
  for r = 1, n do
    local sum = 0
    for i = row[r], row[r + 1] - 1 do sum = sum + x[col[i]] * val[i] end
    y[r] = sum
  end
end
print(("%.6f"):format(y[1] + y[n]))
