-- needs: moses
-- Moses: functional programming on tables.
local M = require "moses"
local function show(t)
    if type(t) ~= "table" then return tostring(t) end
    local parts = {}
    for k, v in pairs(t) do parts[#parts + 1] = tostring(k) .. "=" .. show(v) end
    table.sort(parts)
    return "{" .. table.concat(parts, " ") .. "}"
end
print(show(M.map({ 1, 2, 3 }, function(v) return v * 2 end)), M.reduce({ 1, 2, 3 }, function(a, b) return a + b end))
print(show(M.select({ 1, 2, 3, 4 }, function(v) return v % 2 == 0 end)), M.include({ 1, { 2 } }, { 2 }))
print(show(M.groupBy({ 1, 2, 3 }, function(v) return v % 2 == 0 and "even" or "odd" end)), show(M.zip({ 1, 2 }, { 3, 4 })))
print(show(M.flatten { 1, { 2, { 3, { 4 } } } }), show(M.chunk({ 1, 1, 2, 2 }, function(v) return v % 2 == 0 end)))
for p in M.permutation { 1, 2, 3 } do io.write(table.concat(p), " ") end
print(M.isEqual({ 1, { a = 2 } }, { 1, { a = 2 } }), show(M.unique { 1, 2, 1 }), show(M.range(1, 5, 2)))
print(M.memoize(function(n) return n * n end)(4), M.compose(math.abs, math.floor)(-2.5), M.bind(math.max, 3)(1))
print(M.chain { 1, 2, 3, 4 }:filter(function(v) return v > 1 end):map(function(v) return v + 1 end):sum():value())
print(show(M.partition and { M.partition({ 1, 2, 3, 4, 5 }, 2)() }), pcall(M.map, 5, 5))
print(show(M.sort({ 3, 1, 2 }, function(a, b) return a > b end)), show(M.intersection({ 1, 2 }, { 2, 3 })))
print(show(M.difference({ 1, 2, 3 }, { 2 })), M.count({ 1, 1, 2 }, 1), show(M.invert { "a", "b" }), M.max { 1, 9, 3 })
