-- Metatables: vectors with operators, proxies, callable objects, classes with inheritance.
local N = tonumber(arg and arg[1]) or 650000

local Vec = {}
Vec.__index = Vec
local function vec(x, y) return setmetatable({ x = x, y = y }, Vec) end
Vec.__add = function(a, b) return vec(a.x + b.x, a.y + b.y) end
Vec.__sub = function(a, b) return vec(a.x - b.x, a.y - b.y) end
Vec.__mul = function(a, k) return vec(a.x * k, a.y * k) end
Vec.__unm = function(a) return vec(-a.x, -a.y) end
Vec.__eq = function(a, b) return a.x == b.x and a.y == b.y end
Vec.__lt = function(a, b) return a.x < b.x end
Vec.__call = function(self, k) return self.x * k end
function Vec:dot(o) return self.x * o.x + self.y * o.y end

local Shape = {}
Shape.__index = Shape
function Shape:area() return 0 end
function Shape:describe() return self:area() + self.id end
local Square = setmetatable({}, { __index = Shape })
Square.__index = Square
function Square:area() return self.side * self.side end
local Circle = setmetatable({}, { __index = Shape })
Circle.__index = Circle
function Circle:area() return 3 * self.r * self.r end

local log = { reads = 0, writes = 0 }
local store = {}
local proxy = setmetatable({}, {
  __index = function(_, k) log.reads = log.reads + 1 return store[k] end,
  __newindex = function(_, k, v) log.writes = log.writes + 1 store[k] = v end,
})

local acc, check = vec(0, 0), 0
local shapes = {}
for i = 1, 100 do
  shapes[i] = i % 2 == 0 and setmetatable({ id = i, side = i }, Square) or setmetatable({ id = i, r = i }, Circle)
end
for i = 1, N do
  local v = vec(i % 10, 1)
  acc = acc + v * 2 - -v
  if v == acc or acc < v then check = check + 1 end
  check = check + v(2) + acc:dot(v) % 7
  check = check + shapes[i % 100 + 1]:describe()
  proxy.a = i
  check = check + proxy.a % 3
end
print(acc.x, acc.y, check, log.reads, log.writes)
