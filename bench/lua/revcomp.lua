-- Reverse complements of long strands, by tables of single letters and of pairs.
local N = tonumber(arg and arg[1]) or 60

local map = {}
local from, to = "ACBDGHKMNSRUTWVYacbdghkmnsrutwvy", "TGVHCDMKNSYAAWBRTGVHCDMKNSYAAWBR"
for i = 1, #from do map[from:sub(i, i)] = to:sub(i, i) end
local pairs_of = {}
for a, x in pairs(map) do
  for b, y in pairs(map) do pairs_of[a .. b] = y .. x end
end

local letters, seed, strand = "acgtacgtnacgtkmr", 7, {}
for i = 1, 15000 do
  seed = (seed * 16807) % 2147483647
  local k = seed % 16 + 1
  strand[i] = letters:sub(k, k)
end
strand = table.concat(strand)

local function by_letters(s)
  local out, n = {}, #s
  for i = 1, n do out[i] = map[s:sub(n - i + 1, n - i + 1)] end
  return table.concat(out)
end
local function by_pairs(s)
  local out, k = {}, 0
  for i = #s - 1, 1, -2 do
    k = k + 1
    out[k] = pairs_of[s:sub(i, i + 1)]
  end
  return table.concat(out)
end
local function by_gsub(s) return (s:gsub(".", map):reverse()) end

local check = 0
for _ = 1, N do
  local a, b, c = by_letters(strand), by_pairs(strand), by_gsub(strand)
  assert(a == b and b == c)
  local lines = {}
  for i = 1, #a, 60 do lines[#lines + 1] = a:sub(i, i + 59) end
  check = check + #table.concat(lines, "\n")
end
print(check, strand:sub(1, 20))
