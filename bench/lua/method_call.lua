-- Method calls, with and without inheritance.
local N = tonumber(arg and arg[1]) or 4500000

local Account = {}
Account.__index = Account
function Account.new(b) return setmetatable({ balance = b, n = 0 }, Account) end
function Account:deposit(v) self.balance = self.balance + v end
function Account:get() return self.balance end

local Limited = setmetatable({}, { __index = Account })
Limited.__index = Limited
function Limited.new(b, l)
  local o = Account.new(b)
  o.limit = l
  return setmetatable(o, Limited)
end
function Limited:withdraw(v)
  if self:get() - v >= -self.limit then
    self.balance = self.balance - v
    return true
  end
  self.n = self.n + 1
  return false
end

local a, l = Account.new(100), Limited.new(1000, 500)
for i = 1, N do
  a:deposit(i % 3)
  l:deposit(1)
  l:withdraw(i % 4)
end
print(a:get(), l:get(), l.n)
