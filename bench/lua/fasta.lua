-- Random DNA sequences, by weights, in lines of 60 (after the Benchmarks Game).
local N = tonumber(arg and arg[1]) or 350000

local seed = 42
local function random(max)
  seed = (seed * 3877 + 29573) % 139968
  return max * seed / 139968
end

local alu = "GGCCGGGCGCGGTGGCTCACGCCTGTAATCCCAGCACTTTGGGAGGCCGAGGCGGGCGGATCACCTGAGGTCAGGAGTTCGAGACC"
local weights = {
  { "a", 0.27 }, { "c", 0.12 }, { "g", 0.12 }, { "t", 0.27 }, { "B", 0.02 }, { "D", 0.02 },
  { "H", 0.02 }, { "K", 0.02 }, { "M", 0.02 }, { "N", 0.02 }, { "R", 0.02 }, { "S", 0.08 },
}

local sum = 0
local function out(line)
  for i = 1, #line, 13 do sum = (sum * 31 + line:byte(i)) % 1000003 end
end

local function repeated(s, n)
  local p, size = 1, #s
  s = s .. s
  while n > 0 do
    local len = n < 60 and n or 60
    out(s:sub(p, p + len - 1))
    p = p + len
    if p > size then p = p - size end
    n = n - len
  end
end

local function chosen(bag, n)
  local total = 0
  for _, w in ipairs(bag) do total = total + w[2] w.p = total end
  local char, concat = string.char, table.concat
  local line = {}
  while n > 0 do
    local len = n < 60 and n or 60
    for i = 1, len do
      local r = random(1)
      local k = 1
      while bag[k + 1] and bag[k].p < r do k = k + 1 end
      line[i] = bag[k][1]
    end
    out(concat(line, "", 1, len))
    n = n - len
  end
end

repeated(alu, N * 2)
chosen(weights, N * 3)
print(sum)
