-- Three-dimensional arrays: as tables of tables of tables, and packed in one.
local N = tonumber(arg and arg[1]) or 9

local size = 48
local function nested()
  local a = {}
  for x = 1, size do
    local plane = {}
    for y = 1, size do
      local row = {}
      for z = 1, size do row[z] = x + y + z end
      plane[y] = row
    end
    a[x] = plane
  end
  local sum = 0
  for x = 1, size do
    for y = 1, size do
      for z = 1, size do
        a[x][y][z] = a[x][y][z] + a[y][z][x]
        sum = sum + a[x][y][z]
      end
    end
  end
  return sum
end
local function packed()
  local a = {}
  for x = 0, size - 1 do
    for y = 0, size - 1 do
      for z = 0, size - 1 do a[(x * size + y) * size + z + 1] = x + y + z end
    end
  end
  local sum = 0
  for x = 0, size - 1 do
    for y = 0, size - 1 do
      local at = (x * size + y) * size
      for z = 1, size do sum = sum + a[at + z] end
    end
  end
  return sum
end
local check = 0
for _ = 1, N do check = check + nested() + packed() end
print(("%d"):format(check))
