-- Linked lists and Takeuchi's function of their lengths.
local N = tonumber(arg and arg[1]) or 120

local function make(n)
  local list
  for i = 1, n do list = { value = i, rest = list } end
  return list
end
local function shorter(x, y)
  while y do
    if not x then return true end
    x, y = x.rest, y.rest
  end
  return false
end
local function tail(x, y, z)
  if shorter(y, x) then
    return tail(tail(x.rest, y, z), tail(y.rest, z, x), tail(z.rest, x, y))
  end
  return z
end
local function length(list)
  if not list then return 0 end
  return 1 + length(list.rest)
end
local function tak(x, y, z)
  if y >= x then return z end
  return tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y))
end
local check = 0
for _ = 1, N do
  check = check + length(tail(make(15), make(10), make(6))) + tak(16, 10, 4)
end
print(check)
