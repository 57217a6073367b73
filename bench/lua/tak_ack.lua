-- Calls: Takeuchi's and Ackermann's functions, tail calls, and functions that are globals.
local N = tonumber(arg and arg[1]) or 60

function tak(x, y, z)
  if y >= x then return z end
  return tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y))
end
local function ack(m, n)
  if m == 0 then return n + 1 end
  if n == 0 then return ack(m - 1, 1) end
  return ack(m - 1, ack(m, n - 1))
end
function even(n) if n == 0 then return true end return odd(n - 1) end
function odd(n) if n == 0 then return false end return even(n - 1) end

local check = 0
for _ = 1, N do
  check = check + tak(15, 9, 3) + ack(2, 60)
  if even(100000) then check = check + 1 end
end
print(check)
