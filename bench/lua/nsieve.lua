-- The sieve of Eratosthenes with flags from 2 up, at three sizes.
local N = tonumber(arg and arg[1]) or 8

local function count_primes(m)
  local flags, count = {}, 0
  for i = 2, m do flags[i] = true end
  for i = 2, m do
    if flags[i] then
      for k = i + i, m, i do flags[k] = false end
      count = count + 1
    end
  end
  return count
end

local check = 0
for _ = 1, N do
  for e = 0, 2 do check = check + count_primes(250000 / 2 ^ e) end
end
print(check)
