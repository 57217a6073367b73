-- Strings made, compared, sorted, searched and joined.
local N = tonumber(arg and arg[1]) or 55

local check = 0
for round = 1, N do
  local seed, list = round, {}
  for i = 1, 4000 do
    seed = (seed * 16807) % 2147483647
    list[i] = ("%x"):format(seed) .. "-" .. i % 17
  end
  table.sort(list)
  local runs, longest = 0, ""
  for i = 2, #list do
    if list[i]:sub(1, 2) ~= list[i - 1]:sub(1, 2) then runs = runs + 1 end
    if #list[i] > #longest then longest = list[i] end
  end
  local function search(key)
    local low, high = 1, #list + 1
    while low < high do
      local middle = math.floor((low + high) / 2)
      if list[middle] < key then low = middle + 1 else high = middle end
    end
    return low
  end
  for i = 1, 2000 do check = check + search(("%x"):format(i * 8191)) % 7 end
  check = check + runs + #longest
end
print(check)
