-- Finding nested loops in control flow graphs (after Havlak): graphs, sets, depth-first
-- search, union-find.
local N = tonumber(arg and arg[1]) or 75

local Graph = {}
Graph.__index = Graph
function Graph.new() return setmetatable({ blocks = {}, count = 0 }, Graph) end
function Graph:block()
  self.count = self.count + 1
  local b = { id = self.count, ins = {}, outs = {} }
  self.blocks[self.count] = b
  return b
end
local function edge(from, to)
  from.outs[#from.outs + 1] = to
  to.ins[#to.ins + 1] = from
end

-- a graph of `width` nests, each `depth` loops deep
local function build(width, depth)
  local g = Graph.new()
  local first = g:block()
  local last = first
  for _ = 1, width do
    local heads = {}
    for d = 1, depth do
      local head = g:block()
      edge(last, head)
      heads[d] = head
      last = head
    end
    for d = depth, 1, -1 do
      local tail = g:block()
      edge(last, tail)
      edge(tail, heads[d])
      last = tail
    end
    local side, join = g:block(), g:block()
    edge(last, side)
    edge(last, join)
    edge(side, join)
    last = join
  end
  return g, first
end

local Set = {}
Set.__index = Set
function Set.new(node) 
  local s = setmetatable({ node = node }, Set)
  s.parent = s
  return s
end
function Set:find()
  local root = self
  while root.parent ~= root do root = root.parent end
  local s = self
  while s.parent ~= root do
    local up = s.parent
    s.parent = root
    s = up
  end
  return root
end

local function number_blocks(first)
  local order, number, last = {}, {}, {}
  local function visit(b)
    local n = #order + 1
    order[n] = b
    number[b] = n
    for i = 1, #b.outs do
      if not number[b.outs[i]] then visit(b.outs[i]) end
    end
    last[n] = #order
  end
  visit(first)
  return order, number, last
end

local function find_loops(first)
  local order, number, last = number_blocks(first)
  local sets, backs, others, loops = {}, {}, {}, {}
  for w = 1, #order do
    sets[w] = Set.new(w)
    backs[w], others[w] = {}, {}
    for _, from in ipairs(order[w].ins) do
      local v = number[from]
      if v then
        if w <= v and v <= last[w] then
          backs[w][#backs[w] + 1] = v
        else
          others[w][#others[w] + 1] = v
        end
      end
    end
  end
  for w = #order, 1, -1 do
    local body, list = {}, {}
    for _, v in ipairs(backs[w]) do
      if v ~= w then
        local x = sets[v]:find()
        if not body[x] then body[x] = true list[#list + 1] = x end
      end
    end
    local i = 1
    while i <= #list do
      local x = list[i]
      for _, y in ipairs(others[x.node]) do
        local root = sets[y]:find()
        if root.node ~= w and not body[root] and root.node >= w and root.node <= last[w] then
          body[root] = true
          list[#list + 1] = root
        end
      end
      i = i + 1
    end
    if #backs[w] > 0 then
      local loop = { head = w, size = #list, nested = {} }
      for _, x in ipairs(list) do
        x.parent = sets[w]
        if loops[x.node] then
          loop.nested[#loop.nested + 1] = loops[x.node]
          loops[x.node].parent = loop
        end
      end
      loops[w] = loop
    end
  end
  return loops, #order
end

local function depth_of(loop)
  local deepest = 0
  for _, inner in ipairs(loop.nested) do deepest = math.max(deepest, depth_of(inner)) end
  return deepest + 1
end

local check = 0
for round = 1, N do
  local _, first = build(60, 4 + round % 5)
  for _ = 1, 4 do
    local loops, blocks = find_loops(first)
    local n, deepest = 0, 0
    for w = 1, blocks do
      if loops[w] then
        n = n + 1
        deepest = math.max(deepest, depth_of(loops[w]))
      end
    end
    check = check + n * 100 + deepest + blocks
  end
end
print(check)
