-- moonlet-only: what a program has allocated is counted by what it did. Loading the same text counts
-- the same, wherever its names lie in memory.
local parts, keep, seen, different = {}, {}, {}, 0
for i = 1, 300 do parts[i] = ("name%d = name%d.field%d\n"):format(i, i * 7 % 300, i % 50) end
local source = table.concat(parts)
for i = 1, 20 do
  collectgarbage() -- nobody keeps the names
  for k = 1, i * 37 % 100 do keep[#keep + 1] = "between " .. i .. " " .. k end
  local before = collectgarbage "count"
  load(source)
  local counted = collectgarbage "count" - before
  if not seen[counted] then different = different + 1 end
  seen[counted] = true
end
print(different) -- expect: 1
