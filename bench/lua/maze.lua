-- Mazes made by depth-first search, and their shortest ways by a queue; keys are strings.
local N = tonumber(arg and arg[1]) or 45

local seed = 4
local function random(k)
  seed = (seed * 16807) % 2147483647
  return seed % k + 1
end
local ways = { { 1, 0 }, { -1, 0 }, { 0, 1 }, { 0, -1 } }
local function key(x, y) return x .. "," .. y end

local function make(w, h)
  local open, visited, stack = {}, { [key(1, 1)] = true }, { { x = 1, y = 1 } }
  while #stack > 0 do
    local at, choices = stack[#stack], {}
    for _, d in ipairs(ways) do
      local x, y = at.x + d[1], at.y + d[2]
      if x >= 1 and x <= w and y >= 1 and y <= h and not visited[key(x, y)] then
        choices[#choices + 1] = { x = x, y = y }
      end
    end
    if #choices == 0 then
      stack[#stack] = nil
    else
      local to = choices[random(#choices)]
      local a, b = key(at.x, at.y), key(to.x, to.y)
      open[a], open[b] = open[a] or {}, open[b] or {}
      table.insert(open[a], b)
      table.insert(open[b], a)
      visited[b] = true
      stack[#stack + 1] = to
    end
  end
  return open
end
local function way(open, from, to)
  local queue, first, distance = { from }, 1, { [from] = 0 }
  while first <= #queue do
    local at = queue[first]
    first = first + 1
    if at == to then return distance[at] end
    for _, next in ipairs(open[at]) do
      if not distance[next] then
        distance[next] = distance[at] + 1
        queue[#queue + 1] = next
      end
    end
  end
end

local sum = 0
for _ = 1, N do sum = sum + way(make(30, 30), "1,1", "30,30") end
print(sum)
