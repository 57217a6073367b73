-- A ring of coroutines passing a token, and generators in a pipeline.
local N = tonumber(arg and arg[1]) or 5500

local yield, wrap = coroutine.yield, coroutine.wrap
local ring = {}
for i = 1, 500 do
  ring[i] = wrap(function(v) while true do v = yield(v + i % 3) end end)
end
local token = 0
for _ = 1, N do
  for i = 1, #ring do token = ring[i](token) end
end

local function numbers(n) return wrap(function() for i = 1, n do yield(i) end end) end
local function filter(p, src)
  return wrap(function() for v in src do if p(v) then yield(v) end end end)
end
local function map(f, src) return wrap(function() for v in src do yield(f(v)) end end) end
local sum = 0
for v in map(function(x) return x * 2 end, filter(function(x) return x % 3 == 0 end, numbers(N * 400))) do
  sum = sum + v
end
local created = 0
for i = 1, N * 100 do created = created + wrap(function(a) return a + yield(a) end)(i) end
print(token, sum, created)
