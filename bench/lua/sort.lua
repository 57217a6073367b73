-- table.sort: numbers, strings, and with comparators.
local N = tonumber(arg and arg[1]) or 45000

local seed = 1
local function random() seed = (seed * 16807) % 2147483647 return seed end
local function sorted(t, lt)
  for i = 2, #t do
    if lt then assert(not lt(t[i], t[i - 1])) else assert(t[i - 1] <= t[i]) end
  end
  return true
end

local check = 0
for _ = 1, 3 do
  local numbers, words, records = {}, {}, {}
  for i = 1, N do
    numbers[i] = random()
    words[i] = "w" .. random() % 100000
    records[i] = { key = random() % 1000, name = "r" .. i }
  end
  table.sort(numbers)
  sorted(numbers)
  local down = function(a, b) return a > b end
  table.sort(numbers, down)
  sorted(numbers, down)
  table.sort(words)
  sorted(words)
  table.sort(records, function(a, b)
    if a.key ~= b.key then return a.key < b.key end
    return a.name < b.name
  end)
  check = check + numbers[1] % 1000 + #words[N] + records[1].key + records[N].key
end
print(check)
