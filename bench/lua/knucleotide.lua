-- Counting substrings of a strand of DNA in tables (after the Benchmarks Game).
local N = tonumber(arg and arg[1]) or 3

local letters, seed, strand = "acgtagtc", 11, {}
for i = 1, 40000 do
  seed = (seed * 16807) % 2147483647
  local k = seed % 8 + 1
  strand[i] = letters:sub(k, k)
end
strand = table.concat(strand)

local function count(s, length)
  local counts = setmetatable({}, { __index = function() return 0 end })
  for offset = 1, length do
    for i = offset, #s - length + 1, length do
      local key = s:sub(i, i + length - 1)
      counts[key] = counts[key] + 1
    end
  end
  return counts
end

local function sorted(s, length)
  local counts, keys = count(s, length), {}
  for k in pairs(counts) do keys[#keys + 1] = k end
  table.sort(keys, function(a, b)
    local x, y = counts[a], counts[b]
    return x == y and a < b or x > y
  end)
  return keys[1], counts[keys[1]]
end

local check, best = 0
for _ = 1, N do
  for length = 1, 2 do
    local key, n = sorted(strand, length)
    best, check = key, check + n
  end
  for _, word in ipairs { "gta", "gtat", "gtagtc", "gtagtcgtagtc", "acgtagtcacgtagtcac" } do
    check = check + count(strand, #word)[word]
  end
end
print(check, best)
