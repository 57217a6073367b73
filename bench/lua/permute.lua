-- Permutations of an array in place, by recursion, and by a coroutine.
local N = tonumber(arg and arg[1]) or 9

local count, a = 0, {}
local function swap(i, j) a[i], a[j] = a[j], a[i] end
local function permute(n)
  count = count + 1
  if n == 0 then return end
  permute(n - 1)
  for i = n, 2, -1 do
    swap(n, i)
    permute(n - 1)
    swap(n, i)
  end
end
for i = 1, N do a[i] = i end
permute(N)

local yield = coroutine.yield
local function generate(t, n)
  if n < 2 then yield(t) return end
  for i = 1, n do
    t[i], t[n] = t[n], t[i]
    generate(t, n - 1)
    t[i], t[n] = t[n], t[i]
  end
end
local sum = 0
local function each(n)
  local t = {}
  for i = 1, n do t[i] = i end
  return coroutine.wrap(function() generate(t, n) end)
end
for t in each(N) do sum = sum + t[1] * 2 - t[2] end
print(count, sum, table.concat(a, " "))
