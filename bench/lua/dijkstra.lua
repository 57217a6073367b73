-- Shortest paths in a grid, with a binary heap of tables.
local N = tonumber(arg and arg[1]) or 40

local size, seed, cost = 70, 8, {}
for i = 1, size * size do
  seed = (seed * 16807) % 2147483647
  cost[i] = seed % 9 + 1
end

local function push(heap, item)
  local i = #heap + 1
  while i > 1 do
    local parent = (i - i % 2) / 2
    if heap[parent].distance <= item.distance then break end
    heap[i] = heap[parent]
    i = parent
  end
  heap[i] = item
end
local function pop(heap)
  local top, last = heap[1], heap[#heap]
  heap[#heap] = nil
  local n, i = #heap, 1
  if n == 0 then return top end
  while 2 * i <= n do
    local child = 2 * i
    if child < n and heap[child + 1].distance < heap[child].distance then child = child + 1 end
    if heap[child].distance >= last.distance then break end
    heap[i] = heap[child]
    i = child
  end
  heap[i] = last
  return top
end

local function shortest(from)
  local best, heap = { [from] = 0 }, { { node = from, distance = 0 } }
  local function relax(node, distance)
    if not best[node] or distance < best[node] then
      best[node] = distance
      push(heap, { node = node, distance = distance })
    end
  end
  while #heap > 0 do
    local item = pop(heap)
    local node, d = item.node, item.distance
    if d == best[node] then
      local x = (node - 1) % size
      if x > 0 then relax(node - 1, d + cost[node - 1]) end
      if x < size - 1 then relax(node + 1, d + cost[node + 1]) end
      if node > size then relax(node - size, d + cost[node - size]) end
      if node <= size * (size - 1) then relax(node + size, d + cost[node + size]) end
    end
  end
  return best[size * size]
end

local sum = 0
for i = 1, N do sum = sum + shortest(i * 3) end
print(sum)
