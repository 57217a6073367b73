-- Conway's game of life on a torus; rows of tables, a new board in each turn.
local N = tonumber(arg and arg[1]) or 260

local size = 64
local function board(f)
  local b = {}
  for y = 1, size do
    local row = {}
    for x = 1, size do row[x] = f(x, y) end
    b[y] = row
  end
  return b
end
local seed = 13
local b = board(function()
  seed = (seed * 16807) % 2147483647
  return seed % 3 == 0 and 1 or 0
end)
local function step(b)
  return board(function(x, y)
    local l, r = (x - 2) % size + 1, x % size + 1
    local up, row, down = b[(y - 2) % size + 1], b[y], b[y % size + 1]
    local n = up[l] + up[x] + up[r] + row[l] + row[r] + down[l] + down[x] + down[r]
    return (n == 3 or n == 2 and row[x] == 1) and 1 or 0
  end)
end
for _ = 1, N do b = step(b) end
local alive = 0
for y = 1, size do for x = 1, size do alive = alive + b[y][x] end end
print(alive)
