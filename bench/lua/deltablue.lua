-- An incremental solver of constraints (after DeltaBlue): classes, inheritance, lists.
local N = tonumber(arg and arg[1]) or 25

local function class(parent)
  local c = setmetatable({}, { __index = parent })
  c.__index = c
  return c
end

-- strengths: a smaller number is stronger
local REQUIRED, STRONG, NORMAL, WEAK = 0, 2, 4, 6
local FORWARD, BACKWARD = 1, 2

local Variable = class()
function Variable.new(value)
  return setmetatable({ value = value, constraints = {}, determined = nil, mark = 0, strength = 7, stay = true }, Variable)
end
function Variable:remove(c)
  local list = self.constraints
  for i = 1, #list do
    if list[i] == c then table.remove(list, i) break end
  end
  if self.determined == c then self.determined = nil end
end

local Planner = class()
function Planner.new() return setmetatable({ mark = 0 }, Planner) end
function Planner:new_mark() self.mark = self.mark + 1 return self.mark end

local Constraint = class()
function Constraint:add(planner)
  self:attach()
  planner:incremental_add(self)
end
function Constraint:destroy(planner)
  if self:satisfied() then planner:incremental_remove(self) end
  self:detach()
end
function Constraint:satisfy(mark, planner)
  self:choose(mark)
  if not self:satisfied() then
    assert(self.strength ~= REQUIRED, "could not satisfy a required constraint")
    return nil
  end
  self:mark_inputs(mark)
  local out = self:output()
  local overridden = out.determined
  if overridden then overridden:unsatisfy() end
  out.determined = self
  assert(planner:propagate(self, mark), "cycle")
  out.mark = mark
  return overridden
end
function Constraint:is_input() return false end

-- x stays, or x is edited
local Unary = class(Constraint)
function Unary.new(kind, x, strength, planner)
  local c = setmetatable({ x = x, strength = strength, on = false }, kind)
  c:add(planner)
  return c
end
function Unary:attach() self.x.constraints[#self.x.constraints + 1] = self self.on = false end
function Unary:detach() self.x:remove(self) self.on = false end
function Unary:choose(mark) self.on = self.x.mark ~= mark and self.strength < self.x.strength end
function Unary:satisfied() return self.on end
function Unary:unsatisfy() self.on = false end
function Unary:mark_inputs() end
function Unary:output() return self.x end
function Unary:known() return true end
function Unary:execute() end
function Unary:recalculate()
  self.x.strength = self.strength
  self.x.stay = not self:is_input()
end
local Stay, Edit = class(Unary), class(Unary)
function Edit:is_input() return true end

-- y is a function of x, and the other way round
local Binary = class(Constraint)
function Binary.new(kind, x, y, strength, planner, extra)
  local c = setmetatable(extra or {}, kind)
  c.x, c.y, c.strength, c.direction = x, y, strength, nil
  c:add(planner)
  return c
end
function Binary:attach()
  self.x.constraints[#self.x.constraints + 1] = self
  self.y.constraints[#self.y.constraints + 1] = self
  self.direction = nil
end
function Binary:detach()
  self.x:remove(self)
  self.y:remove(self)
  self.direction = nil
end
function Binary:choose(mark)
  local x, y, s = self.x, self.y, self.strength
  self.direction = nil
  if x.mark == mark then
    if y.mark ~= mark and s < y.strength then self.direction = FORWARD end
  elseif y.mark == mark then
    if s < x.strength then self.direction = BACKWARD end
  elseif x.strength > y.strength then
    if s < x.strength then self.direction = BACKWARD end
  elseif s < y.strength then
    self.direction = FORWARD
  end
end
function Binary:satisfied() return self.direction ~= nil end
function Binary:unsatisfy() self.direction = nil end
function Binary:input() return self.direction == FORWARD and self.x or self.y end
function Binary:output() return self.direction == FORWARD and self.y or self.x end
function Binary:mark_inputs(mark) self:input().mark = mark end
function Binary:known(mark)
  local i = self:input()
  return i.mark == mark or i.stay or i.determined == nil
end
function Binary:recalculate()
  local i, o = self:input(), self:output()
  o.strength = math.max(self.strength, i.strength)
  o.stay = i.stay
  if o.stay then self:execute() end
end
local Equal, Scale = class(Binary), class(Binary)
function Equal:execute() self:output().value = self:input().value end
function Scale:execute()
  if self.direction == FORWARD then
    self.y.value = self.x.value * self.factor + self.offset
  else
    self.x.value = (self.y.value - self.offset) / self.factor
  end
end

function Planner:incremental_add(c)
  local mark = self:new_mark()
  local overridden = c:satisfy(mark, self)
  while overridden do overridden = overridden:satisfy(mark, self) end
end
function Planner:incremental_remove(c)
  local out = c:output()
  c:unsatisfy()
  c:detach()
  local unsatisfied = self:remove_propagate(out)
  for strength = REQUIRED, WEAK do
    for _, u in ipairs(unsatisfied) do
      if u.strength == strength then self:incremental_add(u) end
    end
  end
end
function Planner:propagate(c, mark)
  local todo = { c }
  while #todo > 0 do
    local d = table.remove(todo)
    if d:output().mark == mark then return false end
    d:recalculate()
    self:add_consumers(d:output(), todo)
  end
  return true
end
function Planner:remove_propagate(out)
  out.determined, out.strength, out.stay = nil, 7, true
  local unsatisfied, todo = {}, { out }
  while #todo > 0 do
    local v = table.remove(todo)
    for _, c in ipairs(v.constraints) do
      if not c:satisfied() then unsatisfied[#unsatisfied + 1] = c end
    end
    for _, c in ipairs(v.constraints) do
      if c ~= v.determined and c:satisfied() then
        c:recalculate()
        todo[#todo + 1] = c:output()
      end
    end
  end
  return unsatisfied
end
function Planner:add_consumers(v, list)
  for _, c in ipairs(v.constraints) do
    if c ~= v.determined and c:satisfied() then list[#list + 1] = c end
  end
end
function Planner:plan(sources)
  local mark, plan, todo = self:new_mark(), {}, {}
  for i, c in ipairs(sources) do todo[i] = c end
  while #todo > 0 do
    local c = table.remove(todo)
    if c:output().mark ~= mark and c:known(mark) then
      plan[#plan + 1] = c
      c:output().mark = mark
      self:add_consumers(c:output(), todo)
    end
  end
  return plan
end
function Planner:change(v, values)
  local edit = Unary.new(Edit, v, STRONG, self)
  local plan = self:plan({ edit })
  for _, value in ipairs(values) do
    v.value = value
    for i = 1, #plan do plan[i]:execute() end
  end
  edit:destroy(self)
end

local function chain(n)
  local planner, first, prev = Planner.new(), nil, nil
  for i = 0, n do
    local v = Variable.new(0)
    if prev then Binary.new(Equal, prev, v, REQUIRED, planner) else first = v end
    prev = v
  end
  Unary.new(Stay, prev, NORMAL, planner)
  local values = {}
  for i = 1, 50 do values[i] = i end
  planner:change(first, values)
  assert(prev.value == 50)
  return prev.value
end

local function projection(n)
  local planner, sources, targets = Planner.new(), {}, {}
  for i = 1, n do
    local s, t = Variable.new(i), Variable.new(i)
    sources[i], targets[i] = s, t
    Unary.new(Stay, s, NORMAL, planner)
    Binary.new(Scale, s, t, REQUIRED, planner, { factor = 10, offset = 1000 })
  end
  planner:change(sources[n], { 17 })
  assert(targets[n].value == 1170)
  planner:change(targets[1], { 1050 })
  assert(sources[1].value == 5)
  local sum = 0
  for i = 1, n do sum = sum + targets[i].value end
  return sum
end

local check = 0
for _ = 1, N do check = check + chain(1500) + projection(1500) end
print(("%d"):format(check))
