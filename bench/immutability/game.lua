-- game RATE SECONDS: one operation is the turn of one of the 1000 entities of a game: its
-- coroutine moves it, it hits another, and who dies is replaced. A frame is 1000 turns.
package.path = "?.lua"
local clock = require "clock"
local snapshot, rate = clock.start(arg[1])

local N, WIDTH = 1000, 100
local Entity = {}
Entity.__index = Entity

local entities, grid, born = {}, {}, 0
for i = 1, WIDTH * WIDTH do grid[i] = 0 end

function Entity:live()
  local dx, dy = self.id % 3 - 1, self.id % 5 - 2
  while true do
    for _ = 1, self.id % 7 + 2 do
      self:move(dx, dy)
      coroutine.yield()
    end
    dx, dy = dy, -dx
  end
end

function Entity:move(dx, dy)
  local from = self.y * WIDTH + self.x + 1
  self.x, self.y = (self.x + dx) % WIDTH, (self.y + dy) % WIDTH
  local to = self.y * WIDTH + self.x + 1
  grid[from] = grid[from] - 1
  grid[to] = grid[to] + 1
end

function Entity:hit(damage)
  self.hp = self.hp - damage
  self.log[#self.log % 8 + 1] = damage
  return self.hp <= 0
end

local function spawn(place)
  born = born + 1
  local e = setmetatable({ id = born, hp = born % 50 + 10, log = {} }, Entity)
  e.x, e.y = born % WIDTH, place % WIDTH
  e.turn = coroutine.wrap(function() e:live() end)
  local at = e.y * WIDTH + e.x + 1
  grid[at] = grid[at] + 1
  entities[place] = e
end

for i = 1, N do spawn(i) end

local turns, remaining = 0, rate
clock.measure(function(operations)
  local now, left = turns, remaining
  for _ = 1, operations do
    now = now + 1
    local e = entities[now % N + 1]
    e.turn()
    local place = (now * 7 + e.x) % N + 1
    local other = entities[place]
    if other:hit(e.id % 3 + 1) then
      local at = other.y * WIDTH + other.x + 1
      grid[at] = grid[at] - 1
      spawn(place)
    end
    left = left - 1
    if left == 0 then left = rate snapshot() end
  end
  turns, remaining = now, left
end, arg[2])

local standing = 0
for i = 1, #grid do standing = standing + grid[i] end
assert(standing == N)
