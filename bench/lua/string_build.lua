-- Building strings: appending to one, joining many, short ones thrown away.
local N = tonumber(arg and arg[1]) or 45

local total = 0
for round = 1, N do
  local s = ""
  for i = 1, 8000 do s = s .. "x" end
  local parts = {}
  for i = 1, 20000 do parts[#parts + 1] = "item" .. i .. "," end
  local joined = table.concat(parts)
  local keep = 0
  for i = 1, 20000 do
    local t = "(" .. i % 100 .. ":" .. round .. ")"
    keep = keep + #t
  end
  total = total + #s + #joined + keep
end
print(total)
