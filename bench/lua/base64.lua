-- Base64, there and back, by bytes, arithmetic and tables of characters.
local N = tonumber(arg and arg[1]) or 180

local letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local char, byte, floor = string.char, string.byte, math.floor
local to, from = {}, {}
for i = 1, 64 do
  to[i - 1] = letters:sub(i, i)
  from[letters:byte(i)] = i - 1
end

local function encode(s)
  local out = {}
  for i = 1, #s - 2, 3 do
    local a, b, c = byte(s, i, i + 2)
    local n = a * 65536 + b * 256 + c
    out[#out + 1] = to[floor(n / 262144)] .. to[floor(n / 4096) % 64] .. to[floor(n / 64) % 64] .. to[n % 64]
  end
  return table.concat(out)
end
local function decode(s)
  local out = {}
  for i = 1, #s, 4 do
    local a, b, c, d = byte(s, i, i + 3)
    local n = from[a] * 262144 + from[b] * 4096 + from[c] * 64 + from[d]
    out[#out + 1] = char(floor(n / 65536), floor(n / 256) % 256, n % 256)
  end
  return table.concat(out)
end

local data, seed = {}, 6
for i = 1, 9000 do
  seed = (seed * 16807) % 2147483647
  data[i] = char(seed % 256)
end
data = table.concat(data)
local check = 0
for _ = 1, N do
  local s = encode(data)
  assert(decode(s) == data)
  check = check + #s + s:byte(N)
end
print(check)
