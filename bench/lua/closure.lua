-- Making and calling closures; upvalues shared and assigned.
local N = tonumber(arg and arg[1]) or 1700000

local function counter(start)
  local n = start
  return function(step) n = n + step return n end, function() return n end
end
local function compose(f, g) return function(x) return f(g(x)) end end
local function adder(k) return function(x) return x + k end end

local sum = 0
for i = 1, N do
  local inc, get = counter(i)
  inc(1)
  inc(2)
  sum = sum + get()
  local h = compose(adder(i), adder(1))
  sum = sum + h(3)
end
print(sum)
