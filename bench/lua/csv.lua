-- Lines with quoted fields parsed with find and sub, summed by a column, and written again.
local N = tonumber(arg and arg[1]) or 105

local lines = {}
for i = 1, 600 do
  lines[i] = ('%d,name%d,"a ""quoted"" text, %d",%d.5,%s'):format(i, i % 37, i, i * 7 % 101, i % 3 == 0 and "yes" or "")
end
local document = table.concat(lines, "\n") .. "\n"

local find, sub, gsub = string.find, string.sub, string.gsub
local function parse(line)
  local fields, n, at = {}, 0, 1
  while true do
    n = n + 1
    if sub(line, at, at) == '"' then
      local from, quote = at + 1, nil
      repeat
        quote, at = find(line, '"("?)', at + 1), nil
        at = sub(line, quote + 1, quote + 1) == '"' and quote + 1 or quote
      until at == quote
      fields[n] = gsub(sub(line, from, quote - 1), '""', '"')
      at = quote + 1
    else
      local comma = find(line, ",", at, true) or #line + 1
      fields[n] = sub(line, at, comma - 1)
      at = comma
    end
    if sub(line, at, at) ~= "," then return fields end
    at = at + 1
  end
end
local function quoted(s)
  if find(s, '[,"]') then return '"' .. gsub(s, '"', '""') .. '"' end
  return s
end

local check = 0
for _ = 1, N do
  local sums, out = {}, {}
  for line in document:gmatch("(.-)\n") do
    local fields = parse(line)
    sums[fields[2]] = (sums[fields[2]] or 0) + tonumber(fields[4])
    for i = 1, #fields do fields[i] = quoted(fields[i]) end
    out[#out + 1] = table.concat(fields, ",")
  end
  assert(table.concat(out, "\n") .. "\n" == document)
  check = check + sums.name7
end
print(("%.1f"):format(check))
