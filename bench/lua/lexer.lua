-- Tokens of source text: once by bytes and sub, once by anchored patterns.
local N = tonumber(arg and arg[1]) or 700

local source = ([[
-- a comment
local function area_of(shape, factor)
  if shape.kind == "circle" then return 3.14159 * shape.radius ^ 2 end
  for i = 1, #shape do total = total + shape[i] * factor - 42 end
  return "none of 'these'", { x = 10, y = -20.5 }
end
]]):rep(12)

local byte, sub, find = string.byte, string.sub, string.find
local keywords = {}
for w in ("local function if then return end for do while"):gmatch("%a+") do keywords[w] = true end

local function by_bytes(s)
  local at, n, names, numbers, strings, others = 1, #s, 0, 0, 0, 0
  while at <= n do
    local c = byte(s, at)
    if c == 32 or c == 10 then
      at = at + 1
    elseif c >= 97 and c <= 122 or c >= 65 and c <= 90 or c == 95 then
      local from = at
      repeat
        at = at + 1
        c = byte(s, at)
      until not (c >= 97 and c <= 122 or c >= 65 and c <= 90 or c == 95 or c >= 48 and c <= 57)
      if not keywords[sub(s, from, at - 1)] then names = names + 1 end
    elseif c >= 48 and c <= 57 then
      repeat
        at = at + 1
        c = byte(s, at)
      until not (c >= 48 and c <= 57 or c == 46)
      numbers = numbers + 1
    elseif c == 34 then
      repeat at = at + 1 until byte(s, at) == 34
      at = at + 1
      strings = strings + 1
    elseif c == 45 and byte(s, at + 1) == 45 then
      repeat at = at + 1 until byte(s, at) == 10
    else
      at = at + 1
      others = others + 1
    end
  end
  return names, numbers, strings, others
end

local function by_patterns(s)
  local at, names, numbers, strings, others = 1, 0, 0, 0, 0
  while true do
    at = find(s, "%S", at)
    if not at then return names, numbers, strings, others end
    local _, e, word = find(s, "^([%a_][%w_]*)", at)
    if e then
      if not keywords[word] then names = names + 1 end
    else
      _, e = find(s, "^%d[%d.]*", at)
      if e then
        numbers = numbers + 1
      else
        _, e = find(s, '^"[^"]*"', at)
        if e then
          strings = strings + 1
        else
          _, e = find(s, "^%-%-[^\n]*", at)
          if not e then e, others = at, others + 1 end
        end
      end
    end
    at = e + 1
  end
end

local check = 0
for _ = 1, N do
  local a, b, c, d = by_bytes(source)
  local w, x, y, z = by_patterns(source)
  assert(a == w and b == x and c == y and d == z)
  check = check + a + b * 2 + c * 3 + d
end
print(check)
