-- The string library: find, gmatch, gsub, byte, char, sub, format, rep, upper.
local N = tonumber(arg and arg[1]) or 200

local text = {}
for i = 1, 300 do
  text[i] = ("Line %d: the quick brown fox (no. %05.2f) jumps over key%d=value%d; "):format(i, i / 3, i, i * 7)
end
text = table.concat(text)

local check = 0
for round = 1, N do
  for w in text:gmatch("%a+") do check = check + #w end
  for k, v in text:gmatch("(%w+)=(%w+)") do check = check + #k - #v end
  local replaced, n = text:gsub("fox", "dog")
  check = check + n + #replaced
  check = check + select(2, text:gsub("%d+", function(d) return d + 1 end))
  local pos, found = 1, 0
  while true do
    local s, e = text:find("jumps", pos, true)
    if not s then break end
    found, pos = found + 1, e + 1
  end
  check = check + found
  local sum = 0
  for i = 1, #text do sum = (sum * 31 + text:byte(i)) % 1000003 end
  check = check + sum
  local rev = {}
  for i = 1, 3000 do rev[i] = string.char(65 + (i * round) % 26) end
  check = check + #table.concat(rev):lower():upper():reverse():rep(2)
  for i = 1, 3000 do check = check + #text:sub(i, i + i % 7) end
  for i = 1, 1000 do check = check + #("%d %s %5.1f %x"):format(i, "abc", i / 7, i) end
end
print(check)
