-- Matrix multiplication: arrays of arrays.
local N = tonumber(arg and arg[1]) or 260

local function matrix(n)
  local m, tmp = {}, 1 / n / n
  for i = 1, n do
    local row = {}
    for j = 1, n do row[j] = tmp * (i - j) * (i + j - 2) end
    m[i] = row
  end
  return m
end
local function transpose(a, n)
  local t = {}
  for i = 1, n do
    local row = {}
    for j = 1, n do row[j] = a[j][i] end
    t[i] = row
  end
  return t
end
local function multiply(a, b, n)
  local c, bt = {}, transpose(b, n)
  for i = 1, n do
    local ai, ci = a[i], {}
    for j = 1, n do
      local sum, bj = 0, bt[j]
      for k = 1, n do sum = sum + ai[k] * bj[k] end
      ci[j] = sum
    end
    c[i] = ci
  end
  return c
end

local a, b = matrix(N), matrix(N)
local c = multiply(a, b, N)
c = multiply(c, a, N)
local half = N / 2 + 1
print(("%.6f %.6f"):format(c[half][half], c[1][N]))
