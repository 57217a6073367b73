-- Traversal: numeric loops, ipairs, pairs, next, closures as iterators.
local N = tonumber(arg and arg[1]) or 110

local array, hash = {}, {}
for i = 1, 20000 do array[i] = i hash["k" .. i] = i end
local function each(t)
  local i = 0
  return function()
    i = i + 1
    return t[i]
  end
end

local sum = 0
for _ = 1, N do
  for i = 1, #array do sum = sum + array[i] end
  for _, v in ipairs(array) do sum = sum + v end
  for _, v in pairs(array) do sum = sum + v end
  for _, v in pairs(hash) do sum = sum - v end
  for v in each(array) do sum = sum - v end
  local k, v = next(hash)
  while k do
    sum = sum + v % 3
    k, v = next(hash, k)
  end
end
print(sum)
