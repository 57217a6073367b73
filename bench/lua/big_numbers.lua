-- Factorials and Fibonacci numbers of any size: objects with metamethods over arrays.
local N = tonumber(arg and arg[1]) or 1000

local Big = {}
Big.__index = Big
local BASE = 1000000
local function big(n)
  local r = setmetatable({}, Big)
  repeat
    r[#r + 1] = n % BASE
    n = (n - n % BASE) / BASE
  until n == 0
  return r
end
function Big.__add(a, b)
  local r, carry = setmetatable({}, Big), 0
  for i = 1, math.max(#a, #b) do
    local s = (a[i] or 0) + (b[i] or 0) + carry
    if s >= BASE then r[i], carry = s - BASE, 1 else r[i], carry = s, 0 end
  end
  if carry > 0 then r[#r + 1] = carry end
  return r
end
function Big.__mul(a, b)
  local r = setmetatable({}, Big)
  for i = 1, #a + #b do r[i] = 0 end
  for i = 1, #a do
    local carry, x = 0, a[i]
    for j = 1, #b do
      local p = r[i + j - 1] + x * b[j] + carry
      local low = p % BASE
      r[i + j - 1], carry = low, (p - low) / BASE
    end
    r[i + #b] = r[i + #b] + carry
  end
  while #r > 1 and r[#r] == 0 do r[#r] = nil end
  return r
end
function Big.__lt(a, b)
  if #a ~= #b then return #a < #b end
  for i = #a, 1, -1 do if a[i] ~= b[i] then return a[i] < b[i] end end
  return false
end
function Big.__tostring(a)
  local out = { ("%d"):format(a[#a]) }
  for i = #a - 1, 1, -1 do out[#out + 1] = ("%06d"):format(a[i]) end
  return table.concat(out)
end

local f = big(1)
for i = 1, N * 2 do f = f * big(i) end
local a, b, larger = big(0), big(1), 0
for _ = 1, N * 8 do
  a, b = b, a + b
  if f < b then larger = larger + 1 end
end
print(#tostring(f), tostring(a):sub(1, 20), larger)
