-- Successive over-relaxation on a grid that is a table of rows.
local N = tonumber(arg and arg[1]) or 220

local size, seed, G = 120, 9, {}
for i = 1, size do
  G[i] = {}
  for j = 1, size do
    seed = (seed * 16807) % 2147483647
    G[i][j] = seed / 2147483647
  end
end
local omega = 1.25
local quarter, rest = omega / 4, 1 - omega
for _ = 1, N do
  for i = 2, size - 1 do
    local above, row, below = G[i - 1], G[i], G[i + 1]
    for j = 2, size - 1 do
      row[j] = quarter * (above[j] + below[j] + row[j - 1] + row[j + 1]) + rest * row[j]
    end
  end
end
print(("%.6f %.6f"):format(G[2][2], G[60][60]))
