-- Tables with scattered number keys: sparse matrices, memory of visited places.
local N = tonumber(arg and arg[1]) or 36

local check = 0
for round = 1, N do
  local map, key = {}, round
  for i = 1, 60000 do
    key = (key * 16807) % 2147483647
    map[key] = i
  end
  key = round
  for i = 1, 60000 do
    key = (key * 16807) % 2147483647
    check = check + map[key] - i
  end
  local grid, x, y = {}, 0, 0
  for i = 1, 60000 do
    key = (key * 16807) % 2147483647
    local d = math.floor(key / 65536) % 4
    if d == 0 then x = x + 1 elseif d == 1 then x = x - 1 elseif d == 2 then y = y + 1 else y = y - 1 end
    local at = x * 65536 + y
    grid[at] = (grid[at] or 0) + 1
  end
  local places = 0
  for _, n in pairs(grid) do places = places + n end
  check = check + places
  for k in pairs(map) do map[k] = nil end
  check = check + (next(map) and 1 or 0)
end
print(check)
