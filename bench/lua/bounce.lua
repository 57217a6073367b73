-- Balls in a box: objects with many numbers as fields, and methods that ask and set them.
local N = tonumber(arg and arg[1]) or 50000

local Random = {}
Random.__index = Random
function Random:next()
  self.seed = (self.seed * 1309 + 13849) % 65536
  return self.seed
end

local Ball = {}
Ball.__index = Ball
function Ball.new(random)
  return setmetatable({
    x = random:next() % 500, y = random:next() % 500,
    dx = random:next() % 300 - 150, dy = random:next() % 300 - 150,
  }, Ball)
end
function Ball:bounce()
  local limit, bounced = 500, false
  self.x, self.y = self.x + self.dx, self.y + self.dy
  if self.x > limit then self.x, self.dx, bounced = limit, -math.abs(self.dx), true end
  if self.x < 0 then self.x, self.dx, bounced = 0, math.abs(self.dx), true end
  if self.y > limit then self.y, self.dy, bounced = limit, -math.abs(self.dy), true end
  if self.y < 0 then self.y, self.dy, bounced = 0, math.abs(self.dy), true end
  return bounced
end

local random, balls, bounces = setmetatable({ seed = 74755 }, Random), {}, 0
for i = 1, 100 do balls[i] = Ball.new(random) end
for _ = 1, N / 4 do
  for i = 1, #balls do
    if balls[i]:bounce() then bounces = bounces + 1 end
  end
end
print(bounces)
