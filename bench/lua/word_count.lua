-- Words of a text counted, sorted by how often they come, and wrapped to lines.
local N = tonumber(arg and arg[1]) or 50

local syllables = { "ka", "lo", "mi", "ne", "ru", "sta", "to", "ven" }
local seed, words = 5, {}
local function random(k)
  seed = (seed * 16807) % 2147483647
  return seed % k + 1
end
for i = 1, 8000 do
  local w = {}
  for k = 1, random(3) do w[k] = syllables[random(8)] end
  words[i] = table.concat(w)
  if i % 10 == 0 then words[i] = words[i]:upper() .. "." end
end
local text = table.concat(words, " ")

local check, top = 0, ""
for _ = 1, N do
  local counts, order = {}, {}
  for w in text:gmatch("%a+") do
    w = w:lower()
    if not counts[w] then
      counts[w] = 0
      order[#order + 1] = w
    end
    counts[w] = counts[w] + 1
  end
  table.sort(order, function(a, b)
    if counts[a] ~= counts[b] then return counts[a] > counts[b] end
    return a < b
  end)
  local line, lines = "", {}
  for w in text:gmatch("%S+") do
    if #line + #w + 1 > 72 then
      lines[#lines + 1] = line
      line = w
    elseif line == "" then
      line = w
    else
      line = line .. " " .. w
    end
  end
  check, top = check + #order + #lines, order[1]
end
print(check, top)
