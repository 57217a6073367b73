-- Nested loops over whole numbers: modulo, comparison, a while loop.
local N = tonumber(arg and arg[1]) or 28000

local count = 0
for i = 1, N do
  for j = 1, 1000 do
    if (i * j) % 7 == 3 or j % 5 == i % 5 then count = count + 1 end
  end
end
local longest, at = 0, 0
for start = 1, N * 4 do
  local n, steps = start, 0
  while n ~= 1 do
    if n % 2 == 0 then n = n / 2 else n = 3 * n + 1 end
    steps = steps + 1
  end
  if steps > longest then longest, at = steps, start end
end
print(count, longest, at)
