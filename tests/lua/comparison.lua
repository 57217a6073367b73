-- Equality, order and logic.

-- equality never converts
print(1 == 1, 1 == 1.0, "1" == 1, 1 ~= "1", nil == false, nil == nil)
-- expect: true	true	false	true	false	true
print(true == true, true == 1, "a" == "a", "a" ~= "b", 0 == false, "" == false)
-- expect: true	false	true	true	false	false
local t, u = {}, {}
print(t == t, t == u, t ~= u, {} == {}, print == print) -- expect: true	false	true	false	true
local f, g = function() end, function() return 1 end
print(f == f, f == g, f ~= g) -- expect: true	false	true

-- order of numbers
print(1 < 2, 2 < 1, 1 < 1, 1 <= 1, 2 > 1, 1 >= 1, 1 > 1, -1 < 0)
-- expect: true	false	false	true	true	true	false	true
print(1 < 1.5, -1 < -0.5, 1e308 < math.huge, -math.huge < 0) -- expect: true	true	true	true
local a, b = 3, 4
print(a < b, a > b, a <= b, a >= b, a == b, a ~= b) -- expect: true	false	true	false	false	true
print(a < 4, 4 > a, a <= 3, 3 >= a, a == 3, 3 == a, a ~= 3, 2 < a)
-- expect: true	true	true	true	true	true	false	true
local nan = 0 / 0
print(nan == nan, nan < 1, nan > 1, nan <= 1, nan >= 1, not (nan < 1), not (nan >= 1))
-- expect: false	false	false	false	false	true	true
if nan < 1 then print("wrong") elseif nan >= 1 then print("wrong") else print("neither") end
-- expect: neither
if not (nan < 1) then print("not less") end -- expect: not less
if not (nan > 1) then print("not greater") end -- expect: not greater
local n = 0
while not (nan < n) do n = n + 1; if n > 2 then break end end
print(n) -- expect: 3

-- order of other types is an error
local function err(f) -- helper
  print((select(2, pcall(f)):gsub("^[^:]*:%d+: ", "")))
end
err(function() return 1 < "2" end) -- expect: attempt to compare number with string
err(function() return "2" < 1 end) -- expect: attempt to compare string with number
err(function() return {} < {} end) -- expect: attempt to compare two table values
err(function() return {} < 1 end) -- expect: attempt to compare table with number
err(function() return nil < 1 end) -- expect: attempt to compare nil with number
err(function() return 1 <= nil end) -- expect: attempt to compare number with nil
err(function() return true < false end) -- expect: attempt to compare two boolean values
err(function() return print < print end) -- expect: attempt to compare two function values
err(function() return 1 > "x" end) -- expect: attempt to compare string with number
err(function() return "x" >= {} end) -- expect: attempt to compare table with string
err(function() return nil > 1 end) -- expect: attempt to compare number with nil
err(function() return function() end <= function() end end)
-- expect: attempt to compare two function values
err(function() return coroutine.create(print) < coroutine.create(print) end)
-- expect: attempt to compare two thread values

-- and, or, not
print(nil and 1, false and 1, 1 and 2, 0 and "zero", "" and "empty")
-- expect: nil	false	2	zero	empty
print(nil or 1, false or nil, 1 or 2, nil or false, false or "x") -- expect: 1	nil	1	false	x
print(not nil, not false, not 0, not "", not {}, not not nil)
-- expect: true	true	false	false	false	false
print(1 and nil or 2, nil and 1 or 2, 1 and 2 or 3, false == nil or "x") -- expect: 2	2	2	x
print(1 or error("not evaluated"), nil and error("not evaluated")) -- expect: 1	nil
print(nil == nil and "same", 1 < 2 and 2 < 3 and 3 < 2, 1 > 2 or 2 > 3 or "none")
-- expect: same	false	none

-- short circuit evaluates only what it needs, in order
local log = {}
local function yes(n) log[#log + 1] = n return true end
local function no(n) log[#log + 1] = -n return false end
local r1 = yes(1) and no(2) and yes(3)
local r2 = no(4) or yes(5) or yes(6)
local r3 = no(7) and yes(8) or yes(9) and no(10)
print(r1, r2, r3, table.concat(log, " ")) -- expect: false	true	false	1 -2 -4 5 -7 9 -10

-- results of conditions as values, in all positions
local function pick(c, x, y) return c and x or y end
print(pick(1 < 2, "a", "b"), pick(nil, "a", "b"), pick(false, nil, "c")) -- expect: a	b	c
local v = a < b and "less" or "more"
local w = not (a < b) and "not less" or "less"
local z = (a == 3) == (b == 4)
print(v, w, z, (a < b) == true, not (a == b) == true) -- expect: less	less	true	true	true
local tab = { a < b, a > b, a == 3 or nil, nil and 1 }
print(tab[1], tab[2], tab[3], tab[4]) -- expect: true	false	true	nil
print((a > b and "gt" or a == b and "eq" or "lt"), (a and b), (a or b), not a)
-- expect: lt	4	3	false
local function cond(x)
  if x and x > 10 then return "big"
  elseif x and (x > 5 or x == 0) then return "middle"
  elseif not x then return "none"
  else return "small" end
end
print(cond(11), cond(7), cond(0), cond(3), cond(nil), cond(false))
-- expect: big	middle	middle	small	none	none

-- and/or give one value
local function two() return 1, 2 end
print((two() and two()), two() or 3) -- expect: 1	1
print(two() and two(), (two())) -- expect: 1	1

-- strings of one length, computed and constant, that differ in one byte or in none
local text = ("abcdefgh"):rep(6)
for n = 0, #text do
  local a, b = text:sub(1, n), ("x" .. text):sub(2, n + 1)
  assert(a == b and not (a ~= b) and a ~= b .. "\0")
  for i = 1, n do
    local c = a:sub(1, i - 1) .. "\0" .. a:sub(i + 1)
    assert(c ~= a and not (a == c) and #c == n)
  end
end
local function kind(s)
  if s == "" then return 0 elseif s == "a" then return 1 elseif s == "abcdefg" then return 7
  elseif s == "abcdefgh" then return 8 elseif s == "abcdefghabcdefghabcdefghabcdefgh" then return 32
  elseif s == "abcdefghabcdefghabcdefghabcdefgha" then return 33 end
end
local found = {}
for n = 0, #text do found[#found + 1] = kind(text:sub(1, n)) end
print(table.concat(found, " ")) -- expect: 0 1 7 8 32 33
