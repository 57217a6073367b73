-- Pi by a random generator that is an object with its state in an array.
local N = tonumber(arg and arg[1]) or 900000

local Random = {}
Random.__index = Random
function Random.new(seed)
  local m = {}
  for i = 1, 17 do
    seed = (seed * 9069) % 2147483647
    m[i] = seed
  end
  return setmetatable({ m = m, i = 5, j = 17 }, Random)
end
function Random:next()
  local m, i, j = self.m, self.i, self.j
  local k = m[i] - m[j]
  if k < 0 then k = k + 2147483647 end
  m[j] = k
  self.i = i > 1 and i - 1 or 17
  self.j = j > 1 and j - 1 or 17
  return k / 2147483647
end

local r, under = Random.new(113), 0
for _ = 1, N do
  local x, y = r:next(), r:next()
  if x * x + y * y <= 1 then under = under + 1 end
end
print(("%.4f"):format(4 * under / N))
