-- The numbers are those of the C library's generator, so that programs which do not seed,
-- or with a constant, do the same as under lua5.2.

print(math.random(100), math.random(100), math.random(100)) -- expect: 85	40	79
print(math.random()) -- expect: 0.79844003347607
print(math.random(-5, 5), math.random(3, 3)) -- expect: 5	3

math.randomseed(42)
local first = {}
for i = 1, 1000 do first[i] = math.random(1e6) end
print(first[1], first[2], first[1000]) -- expect: 329965	690636	914117
math.randomseed(42)
local same = true
for i = 1, 1000 do same = same and first[i] == math.random(1e6) end
print(same) -- expect: true

-- 0 and 1 are one seed, others are taken modulo 2^32
for _, seed in ipairs { 0, 1, 1.5, -1, 2 ^ 31, 2 ^ 32 + 5, 1e15 } do
  math.randomseed(seed)
  print(seed, math.random(1000), math.random(1e9))
end
-- expect: 0	395	783099224
-- expect: 1	395	783099224
-- expect: 1.5	810	88795456
-- expect: -1	562	170491461
-- expect: 2147483648	564	673832790
-- expect: 4294967301	47	992755225
-- expect: 1e+15	875	664984290
