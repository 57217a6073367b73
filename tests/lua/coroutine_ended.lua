-- Coroutines that begin just after others have ended, some with the results of those as
-- arguments, some while those results are still on their way.
local unpack = table.unpack
local function same(...) return ... end
local function make(f) return coroutine.wrap(f or same) end
local function numbers(n) local t = {} for i = 1, n do t[i] = i end return unpack(t) end
local function sum(...) local s = 0 for i = 1, select('#', ...) do s = s + (select(i, ...)) end return s end

-- the results of one are the arguments of the next
local sums = {}
for i, n in ipairs {0, 1, 2, 40, 100, 130, 1000} do
  sums[i] = sum(make()(make()(make()(numbers(n)))))
end
print(table.concat(sums, ' '))
-- expect: 0 1 3 820 5050 8515 500500

-- one that ends in the end of another
local function nested(depth, ...)
  if depth == 0 then return ... end
  return make(nested)(depth - 1, ...)
end
print(nested(10, 'a', nil, 'c'))
print(sum(nested(30, numbers(90))))
-- expect: a	nil	c
-- expect: 4095

-- metamethods that begin coroutines while results wait
local mt = {}
mt.__add = function(a, b) return make(function(x) return x end)(7) end
mt.__call = function(self, ...) return make(function(...) return sum(...) end)(...) end
mt.__concat = function(a, b) return make()('c') end
mt.__index = function(t, k) return make(function(k) return make()(k) .. '!' end)(k) end
local o = setmetatable({}, mt)
print(make()(o + o, o(make()(1, 2, 3)), o .. o, o.key))
-- expect: 7	6	c	key!

-- protected, failed, wrapped, yielded
local function failing(...) coroutine.yield(...) error({...}, 0) end
for i = 1, 3 do
  local co = coroutine.create(failing)
  local a, b, c = coroutine.resume(co, i, i + 1)
  local other = {make()(numbers(5))}
  local d, e = coroutine.resume(co, 'x')
  local after = {make()(e, numbers(3))}
  print(a, b, c, d, e[1], e[2], #other, after[1] == e, #after, coroutine.status(co))
end
-- expect: true	1	2	false	1	2	5	true	4	dead
-- expect: true	2	3	false	2	3	5	true	4	dead
-- expect: true	3	4	false	3	4	5	true	4	dead

-- what has died is as it was
local dead = coroutine.create(function(a) local b = a .. 'b' error(b, 0) end)
print(coroutine.resume(dead, 'a'))
for i = 1, 10 do make()(i) make(function() local x, y, z = 1, 2, 3 return x + y + z end)() end
print(debug.getlocal(dead, 1, 2))
-- expect: false	ab
-- expect: b	ab

-- many at once, ending in another order than they began
local all, out = {}, {}
for i = 1, 50 do all[i] = make(function(n) local t = {n} n = n + coroutine.yield() return n + t[1] end) all[i](i) end
for i = 1, 50 do local k = i * 7 % 50 + 1 out[k] = all[k](100) make()(i) end
print(sum(unpack(out)))
-- expect: 7550

-- closures over variables of one that has ended
local get, set
make(function(v) get = function() return v end set = function(x) v = x end end)(1)
make(function(v) v = v + 1 return v end)(10)
set(get() + 1)
make(function(a, b, c) return c, b, a end)(7, 8, 9)
print(get())
-- expect: 2
