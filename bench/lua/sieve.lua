-- Sieve of Eratosthenes: filling and marking an array.
local N = tonumber(arg and arg[1]) or 26

local count
for _ = 1, N do
  local composite, limit = {}, 600000
  for i = 1, limit do composite[i] = false end
  count = 0
  for i = 2, limit do
    if not composite[i] then
      count = count + 1
      for j = i * i, limit, i do composite[j] = true end
    end
  end
end
print(count)
