-- Digits of pi by a spigot, and powers of two, with big numbers in arrays.
local N = tonumber(arg and arg[1]) or 900

local floor = math.floor
local function pi_digits(n)
  local len = floor(10 * n / 3) + 1
  local a, out, held, nines = {}, {}, 0, 0
  for i = 1, len do a[i] = 2 end
  for _ = 1, n do
    local q = 0
    for i = len, 1, -1 do
      local x = 10 * a[i] + q * i
      a[i] = x % (2 * i - 1)
      q = floor(x / (2 * i - 1))
    end
    a[1] = q % 10
    q = floor(q / 10)
    if q == 9 then
      nines = nines + 1
    else
      out[#out + 1] = q == 10 and held + 1 or held
      for _ = 1, nines do out[#out + 1] = q == 10 and 0 or 9 end
      held, nines = q == 10 and 0 or q, 0
    end
  end
  return table.concat(out)
end

local function times(a, k)
  local carry = 0
  for i = 1, #a do
    local x = a[i] * k + carry
    a[i] = x % 10000000
    carry = floor(x / 10000000)
  end
  if carry > 0 then a[#a + 1] = carry end
end

local digits = pi_digits(N)
local power = { 1 }
for _ = 1, N do times(power, 1024) end
print(#digits, (digits:sub(1, 30):gsub("%.0", "")), ("%d"):format(power[#power]), #power)
