-- LU factorisation with partial pivoting, of matrices that are tables of rows.
local N = tonumber(arg and arg[1]) or 22

local abs = math.abs
local function factor(A, pivot, n)
  for j = 1, n do
    local p, t = j, abs(A[j][j])
    for i = j + 1, n do
      local ab = abs(A[i][j])
      if ab > t then p, t = i, ab end
    end
    pivot[j] = p
    if p ~= j then A[p], A[j] = A[j], A[p] end
    local r = 1 / A[j][j]
    for k = j + 1, n do A[k][j] = A[k][j] * r end
    for i = j + 1, n do
      local Ai, Aj = A[i], A[j]
      local AiJ = Ai[j]
      for k = j + 1, n do Ai[k] = Ai[k] - AiJ * Aj[k] end
    end
  end
end

local size, seed, check = 100, 3, 0
for _ = 1, N do
  local A = {}
  for i = 1, size do
    A[i] = {}
    for j = 1, size do
      seed = (seed * 16807) % 2147483647
      A[i][j] = seed / 2147483647
    end
  end
  local pivot = {}
  factor(A, pivot, size)
  for i = 1, size do check = check + pivot[i] end
end
print(check)
