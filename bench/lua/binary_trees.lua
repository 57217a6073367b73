-- Allocating and walking many binary trees.
local N = tonumber(arg and arg[1]) or 14

local function make(depth)
  if depth == 0 then return { false, false } end
  return { make(depth - 1), make(depth - 1) }
end
local function count(tree)
  if tree[1] then return 1 + count(tree[1]) + count(tree[2]) end
  return 1
end

local long = make(N)
for depth = 4, N, 2 do
  local trees, nodes = 2 ^ (N - depth + 4), 0
  for _ = 1, trees do nodes = nodes + count(make(depth)) end
  print(("%d trees of depth %d: %d"):format(trees, depth, nodes))
end
print(count(long))
