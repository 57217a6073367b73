-- The world of flock.lua and of bench_frames: answers its creatures and its cells.
local N, SIZE, CELL, SIGHT = 1000, 320, 10, 100
local WIDTH = SIZE / CELL
local sqrt, floor, random = math.sqrt, math.floor, math.random
math.randomseed(1)

local cells, creatures = {}, {}
for i = 1, WIDTH * WIDTH do cells[i] = {} end

local function cell_of(x, y)
  return cells[floor(y / CELL) % WIDTH * WIDTH + floor(x / CELL) % WIDTH + 1]
end

local Creature = {}
Creature.__index = Creature

-- wanders, flees when hurt, rests when tired
function Creature:live()
  while true do
    for _ = 1, 20 + self.id % 30 do
      self.wish = self.wish + (self.id % 7 - 3) / 10
      self.energy = self.energy - 1
      coroutine.yield()
      if self.hurt > 0 then break end
    end
    while self.hurt > 0 do
      self.hurt = self.hurt - 1
      self.wish = self.wish + 0.5
      coroutine.yield()
    end
    while self.energy < 100 do
      self.energy = self.energy + 5
      coroutine.yield()
    end
  end
end

-- towards the middle of those it sees and as fast as they are, but not too near to any
function Creature:steer()
  local x, y, seen = self.x, self.y, 0
  local mx, my, mvx, mvy, ax, ay = 0, 0, 0, 0, 0, 0
  for row = -1, 1 do
    for column = -1, 1 do
      local cell = cell_of(x + column * CELL, y + row * CELL)
      for i = 1, #cell do
        local o = cell[i]
        local dx, dy = o.x - x, o.y - y
        local d = dx * dx + dy * dy
        if d < SIGHT and o ~= self then
          seen = seen + 1
          mx, my = mx + dx, my + dy
          mvx, mvy = mvx + o.vx, mvy + o.vy
          if d < 9 then ax, ay = ax - dx, ay - dy end
          if d < 0.2 and o.hurt == 0 then o.hurt = 5 end
        end
      end
    end
  end
  if seen == 0 then return 0, 0 end
  return mx / seen * 0.01 + (mvx / seen - self.vx) * 0.05 + ax * 0.05,
    my / seen * 0.01 + (mvy / seen - self.vy) * 0.05 + ay * 0.05
end

function Creature:move(fx, fy)
  local vx, vy = self.vx + fx + self.wish * 0.01, self.vy + fy - self.wish * 0.01
  local speed = sqrt(vx * vx + vy * vy)
  if speed > 2 then vx, vy = vx / speed * 2, vy / speed * 2 end
  self.vx, self.vy = vx, vy
  local from = cell_of(self.x, self.y)
  self.x, self.y = (self.x + vx) % SIZE, (self.y + vy) % SIZE
  local to = cell_of(self.x, self.y)
  if to ~= from then
    for i = 1, #from do
      if from[i] == self then
        from[i] = from[#from]
        from[#from] = nil
        break
      end
    end
    to[#to + 1] = self
  end
end

for i = 1, N do
  local c = setmetatable({ id = i, wish = 0, hurt = 0, energy = 100 }, Creature)
  c.x, c.y, c.vx, c.vy = random() * SIZE, random() * SIZE, random() - 0.5, random() - 0.5
  c.turn = coroutine.wrap(function() c:live() end)
  creatures[i] = c
  local cell = cell_of(c.x, c.y)
  cell[#cell + 1] = c
end

return {creatures = creatures, cells = cells}
