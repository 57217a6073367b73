-- Tables with string keys: counting, looking up, deleting.
local N = tonumber(arg and arg[1]) or 70

local keys = {}
for i = 1, 20000 do keys[i] = "key" .. i * 7919 % 100003 end
local check = 0
for round = 1, N do
  local map = {}
  for i = 1, #keys do map[keys[i]] = i end
  for i = 1, #keys do
    local k = keys[i]
    map[k] = map[k] + round
  end
  local sum = 0
  for i = #keys, 1, -1 do sum = sum + map[keys[i]] end
  local missing = 0
  for i = 1, 5000 do if map["no" .. i] == nil then missing = missing + 1 end end
  for i = 1, #keys, 2 do map[keys[i]] = nil end
  local left = 0
  for _ in pairs(map) do left = left + 1 end
  check = check + sum + missing + left
end
local record = { alpha = 1, beta = 2, gamma = 3, delta = 4, epsilon = 5 }
for i = 1, N * 40000 do
  record.alpha = record.beta + 1
  record.gamma = record.delta + record.alpha
  record.beta = i % 10
end
print(check, record.gamma)
