-- Filling tables: arrays by index and by #t + 1, records, removal from the end.
local N = tonumber(arg and arg[1]) or 60

local check = 0
for round = 1, N do
  local a, b, records = {}, {}, {}
  for i = 1, 60000 do a[i] = i end
  for i = 1, 60000 do b[#b + 1] = a[i] * 2 end
  for i = 1, 30000 do records[i] = { id = i, name = "n", value = i * 0.5 } end
  for i = 1, 60000 do check = check + b[i] - a[i] end
  for i = 1, 30000 do check = check + records[i].value end
  for i = #b, 30000, -1 do b[i] = nil end
  check = check + #b
end
print(("%d"):format(check))
