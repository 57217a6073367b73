-- battle RATE SECONDS: one operation is the turn of one of the 1000 soldiers of a game that
-- thinks as games do in a frame: two armies on a map with walls; each looks for the nearest
-- enemy that it can see along a straight line of the map, its coroutine decides whether to
-- advance, shoot, reload or flee, and it moves by a field of distances that is worked out
-- anew now and then. A frame is 1000 turns.
package.path = "?.lua"
local clock = require "clock"
local snapshot, rate = clock.start(arg[1])

local N, SIZE, CELL, SIGHT, RELOAD = 1000, 96, 8, 8, 5
local CELLS = SIZE / CELL
local abs, floor, random = math.abs, math.floor, math.random
math.randomseed(1)

local walls, cells, soldiers = {}, {}, {}
for i = 1, SIZE * SIZE do walls[i] = random(100) <= 12 end
for i = 1, CELLS * CELLS do cells[i] = {} end

local function place(x, y) return y * SIZE + x + 1 end
local function cell_at(x, y) return floor(y / CELL) * CELLS + floor(x / CELL) + 1 end

-- Distances to the nearest of the army's enemies, in steps, breadth first.
local function new_field(army)
  local distance, queue, first = {}, {}, 1
  for i = 1, SIZE * SIZE do distance[i] = -1 end
  for i = 1, N do
    local s = soldiers[i]
    local at = place(s.x, s.y)
    if s.army ~= army and distance[at] < 0 then
      distance[at] = 0
      queue[#queue + 1] = at
    end
  end
  while first <= #queue do
    local at = queue[first]
    first = first + 1
    local x, next = (at - 1) % SIZE, distance[at] + 1
    for side = 1, 4 do
      local to = side == 1 and x > 0 and at - 1 or side == 2 and x < SIZE - 1 and at + 1
        or side == 3 and at - SIZE or at + SIZE
      if to and to >= 1 and to <= SIZE * SIZE and distance[to] < 0 and not walls[to] then
        distance[to] = next
        queue[#queue + 1] = to
      end
    end
  end
  return distance
end

-- Is there no wall between the two? (Bresenham's line.)
local function visible(x, y, tx, ty)
  local dx, dy = abs(tx - x), -abs(ty - y)
  local sx, sy = x < tx and 1 or -1, y < ty and 1 or -1
  local e = dx + dy
  while x ~= tx or y ~= ty do
    if walls[y * SIZE + x + 1] then return false end
    local e2 = 2 * e
    if e2 >= dy then e, x = e + dy, x + sx end
    if e2 <= dx then e, y = e + dx, y + sy end
  end
  return true
end

local Soldier = {}
Soldier.__index = Soldier

function Soldier:nearest_enemy()
  local x, y, army = self.x, self.y, self.army
  local best, found = SIGHT * SIGHT + 1, nil
  for cy = floor((y - SIGHT) / CELL), floor((y + SIGHT) / CELL) do
    if cy >= 0 and cy < CELLS then
      for cx = floor((x - SIGHT) / CELL), floor((x + SIGHT) / CELL) do
        local cell = cx >= 0 and cx < CELLS and cells[cy * CELLS + cx + 1]
        if cell then
          for i = 1, #cell do
            local o = cell[i]
            if o.army ~= army then
              local dx, dy = o.x - x, o.y - y
              local d = dx * dx + dy * dy
              if d < best and visible(x, y, o.x, o.y) then best, found = d, o end
            end
          end
        end
      end
    end
  end
  return found
end

function Soldier:move_to(x, y)
  local from, to = cell_at(self.x, self.y), cell_at(x, y)
  self.x, self.y = x, y
  if from == to then return end
  local cell = cells[from]
  for i = 1, #cell do
    if cell[i] == self then
      cell[i] = cell[#cell]
      cell[#cell] = nil
      break
    end
  end
  cells[to][#cells[to] + 1] = self
end

-- One step down the field, or up when sign is -1.
function Soldier:step(field, sign)
  local best, bx, by = field[place(self.x, self.y)] * sign, self.x, self.y
  for dy = -1, 1 do
    for dx = -1, 1 do
      local x, y = self.x + dx, self.y + dy
      if x >= 0 and y >= 0 and x < SIZE and y < SIZE then
        local d = field[place(x, y)]
        if d >= 0 and d * sign < best then best, bx, by = d * sign, x, y end
      end
    end
  end
  if bx ~= self.x or by ~= self.y then self:move_to(bx, by) end
end

function Soldier:live()
  local enemy, fields = coroutine.yield()
  while true do
    if self.health < 4 then
      for _ = 1, 10 do
        self:step(fields[self.army], -1)
        enemy, fields = coroutine.yield()
      end
      self.health = self.health + 6
    elseif enemy then
      enemy.health = enemy.health - 1
      for _ = 1, RELOAD do enemy, fields = coroutine.yield() end
    else
      self:step(fields[self.army], 1)
      enemy, fields = coroutine.yield()
    end
    if self.health <= 0 then -- another takes its place
      self.health = 10
      self:move_to(self.army == 1 and 0 or SIZE - 1, random(SIZE) - 1)
    end
  end
end

for i = 1, N do
  local army = i % 2 + 1
  local s = setmetatable({ army = army, health = 10, y = random(SIZE) - 1 }, Soldier)
  s.x = army == 1 and random(SIZE / 3) - 1 or SIZE - random(SIZE / 3)
  walls[place(s.x, s.y)] = false
  s.turn = coroutine.wrap(function() s:live() end)
  s.turn()
  soldiers[i] = s
  local cell = cells[cell_at(s.x, s.y)]
  cell[#cell + 1] = s
end
for y = 1, SIZE do walls[place(0, y - 1)], walls[place(SIZE - 1, y - 1)] = false, false end

local fields = { new_field(1), new_field(2) }
local turns, remaining = 0, rate
clock.measure(function(operations)
  local now, left = turns, remaining
  for _ = 1, operations do
    now = now + 1
    local s = soldiers[now % N + 1]
    s.turn(s:nearest_enemy(), fields)
    if now % (15 * N) == 0 then
      local army = now / (15 * N) % 2 + 1
      fields[army] = new_field(army)
    end
    left = left - 1
    if left == 0 then left = rate snapshot() end
  end
  turns, remaining = now, left
end, arg[2])

local there = 0
for i = 1, #cells do there = there + #cells[i] end
assert(there == N)
