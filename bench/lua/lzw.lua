-- LZW compression and decompression: string-keyed tables, concatenation, sub.
local N = tonumber(arg and arg[1]) or 40

local function compress(s)
  local codes, size = {}, 256
  for i = 0, 255 do codes[string.char(i)] = i end
  local out, w = {}, ""
  for i = 1, #s do
    local c = s:sub(i, i)
    local wc = w .. c
    if codes[wc] then
      w = wc
    else
      out[#out + 1] = codes[w]
      codes[wc] = size
      size = size + 1
      w = c
    end
  end
  if w ~= "" then out[#out + 1] = codes[w] end
  return out
end

local function decompress(codes)
  local strings, size = {}, 256
  for i = 0, 255 do strings[i] = string.char(i) end
  local w = strings[codes[1]]
  local out = { w }
  for i = 2, #codes do
    local k = codes[i]
    local entry = strings[k] or w .. w:sub(1, 1)
    out[#out + 1] = entry
    strings[size] = w .. entry:sub(1, 1)
    size = size + 1
    w = entry
  end
  return table.concat(out)
end

local words = { "the ", "moon ", "let ", "of ", "lua ", "is ", "small ", "and ", "round " }
local text, seed = {}, 7
for i = 1, 25000 do
  seed = (seed * 16807) % 2147483647
  text[i] = words[seed % #words + 1]
end
text = table.concat(text)

local check = 0
for _ = 1, N do
  local codes = compress(text)
  assert(decompress(codes) == text)
  check = check + #codes
end
print(#text, check)
