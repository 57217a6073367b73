-- Objects: methods, classes, inheritance, privacy, mixins.

-- a colon passes the object; self is an ordinary parameter
local o = { n = 0 }
function o:inc(by) self.n = self.n + (by or 1) return self end
function o.static(x) return x end
print(o:inc().n, o.inc(o, 5).n, o:inc():inc():inc(10).n, o.static("s"), o:static() == o)
-- expect: 1	6	18	s	true
local inc = o.inc
inc(o)
print(o.n, o["inc"](o).n) -- expect: 19	20
o.nested = { deep = { value = 7 } }
function o.nested.deep:get(k) return self.value, k end
print(o.nested.deep:get("k")) -- expect: 7	k
local method = "inc"
print(o[method](o, 100).n) -- expect: 120

-- the object expression is evaluated once
local evaluated = 0
local function object() evaluated = evaluated + 1 return o end
object():inc()
print(evaluated, (object():inc().n)) -- expect: 1	122

-- a class
local Stack = {}
Stack.__index = Stack
setmetatable(Stack, { __call = function(class, ...) return setmetatable({ items = { ... }, size = select("#", ...) }, class) end })
function Stack:push(...)
  for i = 1, select("#", ...) do
    self.size = self.size + 1
    self.items[self.size] = (select(i, ...))
  end
  return self
end
function Stack:pop()
  if self.size == 0 then return nil, "empty" end
  local v = self.items[self.size]
  self.items[self.size] = nil
  self.size = self.size - 1
  return v
end
local s = Stack(1, 2)
s:push(3):push(4, nil, 6)
print(s:pop(), s:pop(), s:pop(), s.size) -- expect: 6	nil	4	3
s = Stack()
print(s:pop()) -- expect: nil	empty

-- inheritance: three levels, super calls, overriding, class fields
local Shape = { kind = "shape" }
Shape.__index = Shape
function Shape.new(class, fields) return setmetatable(fields or {}, class) end
function Shape:area() return 0 end
function Shape:describe() return self.kind .. " of area " .. self:area() end
local function extend(parent, fields)
  fields.__index = fields
  fields.__tostring = rawget(fields, "__tostring") or parent.__tostring
  fields.super = parent
  return setmetatable(fields, { __index = parent })
end
local Rect = extend(Shape, { kind = "rect" })
function Rect:area() return self.w * self.h end
local Square = extend(Rect, { kind = "square" })
function Square.new(class, side) return Rect.new(class, { w = side, h = side }) end
function Square:describe() return self.super.describe(self) .. "!" end
local shapes = { Shape:new(), Rect:new({ w = 2, h = 3 }), Square:new(4) }
for _, shape in ipairs(shapes) do print(shape:describe()) end
-- expect: shape of area 0
-- expect: rect of area 6
-- expect: square of area 16!
function Rect:describe() return "changed " .. Shape.describe(self) end
print(shapes[2]:describe(), shapes[3]:describe())
-- expect: changed rect of area 6	changed square of area 16!
Square.area = nil
print(shapes[3]:area(), rawget(Square, "area")) -- expect: 16	nil
function Square:area() return -1 end
print(shapes[3]:area(), shapes[2]:area()) -- expect: -1	6
Shape.late = function(self) return "late " .. self.kind end
print(shapes[3]:late(), shapes[1]:late()) -- expect: late square	late shape
shapes[3].late = function() return "own" end
print(shapes[3]:late()) -- expect: own

-- privacy with closures
local function Counter(start)
  local n = start
  local self = {}
  function self.inc() n = n + 1 return self end
  function self.get() return n end
  return self
end
local c1, c2 = Counter(0), Counter(10)
c1.inc().inc()
c2.inc()
print(c1.get(), c2.get(), c1.n) -- expect: 2	11	nil

-- multiple inheritance with a search function
local function search(k, parents)
  for _, p in ipairs(parents) do
    local v = p[k]
    if v ~= nil then return v end
  end
end
local function class(...)
  local parents = { ... }
  local c = {}
  c.__index = c
  setmetatable(c, { __index = function(t, k)
    local v = search(k, parents)
    t[k] = v
    return v
  end })
  return c
end
local Named = { getname = function(self) return self.name end }
local Aged = { getage = function(self) return self.age end }
local Person = class(Named, Aged)
local p = setmetatable({ name = "Ann", age = 30 }, Person)
print(p:getname(), p:getage(), rawget(Person, "getname") == Named.getname, p.nothing)
-- expect: Ann	30	true	nil

-- operators of a class inherited by copying
local Money = {}
Money.__index = Money
Money.__add = function(a, b) return setmetatable({ v = a.v + b.v }, getmetatable(a)) end
Money.__eq = function(a, b) return a.v == b.v end
Money.__lt = function(a, b) return a.v < b.v end
Money.__le = function(a, b) return a.v <= b.v end
Money.__tostring = function(m) return "$" .. m.v end
Money.__concat = function(a, b) return tostring(a) .. tostring(b) end
local five, six = setmetatable({ v = 5 }, Money), setmetatable({ v = 6 }, Money)
print(tostring(five + six), five < six, five >= six, five == setmetatable({ v = 5 }, Money), five .. six, "a" .. five)
-- expect: $11	true	false	true	$5$6	a$5

-- errors
local function err(f) -- helper
  print((select(2, pcall(f)):gsub("^[^:]*:%d+: ", "")))
end
err(function() o:nomethod() end) -- expect: attempt to call method 'nomethod' (a nil value)
err(function() local q; q:method() end) -- expect: attempt to index local 'q' (a nil value)
err(function() s.items:x() end) -- expect: attempt to call method 'x' (a nil value)
err(function() Shape.area() local x = Rect.area() end)
-- expect: attempt to index local 'self' (a nil value)
err(function() ("text"):nomethod() end)
-- expect: attempt to call method 'nomethod' (a nil value)
err(function() (5):method() end) -- expect: attempt to index a number value
