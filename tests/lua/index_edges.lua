-- Indices at the edges of what a processor converts to an integer, fractions, and keys of other
-- kinds: stored, overwritten, read and removed at one place in a program.
local function store(t, k, v)
  t[k] = v
  return t[k]
end
local keys = {1, 2, 0, -0.0, -1, -1.5, -0.5, 0.5, 1.5, 2.5, 2 ^ 31 - 1, 2 ^ 31, 2 ^ 31 + 0.5, -2 ^ 31,
  -2 ^ 31 - 1, 2 ^ 32 + 1, 2 ^ 32 + 2, 2 ^ 53, 2 ^ 63, -2 ^ 63, 1e300, -1e300, math.huge, -math.huge,
  true, false, "1", "x", store}
local t = {10, 20, 30}
for i, k in ipairs(keys) do
  assert(store(t, k, i) == i and store(t, k, -i) == -i)
end
print(t[1], t[2], t[3], t[0], t[2 ^ 31], t["1"], #t)
-- expect: -1	-2	30	-4	-12	-27	3
for i, k in ipairs(keys) do assert(t[k] == (k == 0 and -4 or -i)) end
print(t[0 / 0], t[nil], t[3.5], t[-3], t[2 ^ 33])
-- expect: nil	nil	nil	nil	nil
for _, k in ipairs(keys) do assert(store(t, k, nil) == nil) end
print(next(t))
-- expect: 3	30
print(pcall(store, t, 0 / 0, 1))
-- expect: false	index_edges.lua:4: table index is NaN
print(select(2, pcall(function() local k t[k] = 1 end)))
-- expect: index_edges.lua:24: table index is nil
local told = setmetatable({}, {__newindex = function(_, k, v) print(k, v) end})
for _, k in ipairs {"k", 2.5, -7, 0 / 0 ~= 0 / 0, 2 ^ 40} do store(told, k, 0) end
-- expect: k	0
-- expect: 2.5	0
-- expect: -7	0
-- expect: true	0
-- expect: 1099511627776	0
