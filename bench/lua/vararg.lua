-- Variable arguments, multiple results, select, pack and unpack.
local N = tonumber(arg and arg[1]) or 2600000

local select, unpack, pack = select, table.unpack or unpack, table.pack or function(...)
  return { n = select("#", ...), ... }
end
local function count(...) return select("#", ...) end
local function pass(...) return ... end
local function sum(...)
  local s = 0
  for i = 1, select("#", ...) do s = s + (select(i, ...)) end
  return s
end
local function swap(a, b, ...) return b, a, ... end
local function minmax(a, b) if a < b then return a, b end return b, a end

local check = 0
for i = 1, N do
  check = check + count(pass(i, i, i)) + count(swap(1, 2, 3, 4))
  local lo, hi = minmax(i % 7, i % 5)
  check = check + hi - lo
  if i % 4 == 0 then
    local t = { pass(1, 2, 3, 4, 5) }
    check = check + sum(unpack(t)) + pack(unpack(t)).n
  end
end
print(check)
