-- Distances between words: bytes compared, rows of numbers.
local N = tonumber(arg and arg[1]) or 420

local min = math.min
local function distance(a, b)
  local row = {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local diagonal, c = row[0], a:byte(i)
    row[0] = i
    for j = 1, #b do
      local cost = c == b:byte(j) and diagonal or 1 + min(diagonal, row[j], row[j - 1])
      diagonal, row[j] = row[j], cost
    end
  end
  return row[#b]
end

local words, seed = {}, 3
for i = 1, 40 do
  local w = {}
  for k = 1, 8 + i % 9 do
    seed = (seed * 16807) % 2147483647
    w[k] = string.char(97 + seed % 6)
  end
  words[i] = table.concat(w)
end
local sum = 0
for n = 1, N do
  local a = words[n % 40 + 1]
  for i = 1, 40 do sum = sum + distance(a, words[i]) end
end
print(sum)
