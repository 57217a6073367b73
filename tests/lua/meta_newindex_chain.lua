-- Stores by way of __newindex: through several tables, to a function behind them, with keys that
-- are there, nil, and in a circle.
local function chain(k, last)
  local t = last or {}
  local all = {t}
  for _ = 1, k do t = setmetatable({}, { __newindex = t, __index = t }) all[#all+1] = t end
  return t, all
end
for k = 1, 60, 7 do
  local t, all = chain(k)
  t.x = 1 t[1] = 2 t[2.5] = 3
  print(k, rawget(all[1], "x"), rawget(all[1], 1), rawget(all[1], 2.5), rawget(t, "x"), t.x)
  t.x = nil
  print(rawget(all[1], "x"), t.x, next(t))
  if k > 1 then rawset(all[2], "x", "mid") end
  t.x = "new"
  print(rawget(all[1], "x"), rawget(all[2], "x"))
end
local log = {}
local bottom = setmetatable({}, { __newindex = function(o, k, v) log[#log+1] = tostring(k) .. "=" .. tostring(v) rawset(o, k, v) end })
local t = chain(3, bottom)
t.a = 1 t.a = 2 t.b = nil t.a = nil t.a = 3
print(table.concat(log, " "), rawget(bottom, "a"))
local a, b = {}, {}
setmetatable(a, { __newindex = b }) setmetatable(b, { __newindex = a })
print((select(2, pcall(function() a.x = 1 end)):match("[^ ]* in .*")))
print((select(2, pcall(function() for i = 1, 3 do a[i] = i end end)):match("[^ ]* in .*")))
-- expect: 1	1	2	3	nil	1
-- expect: nil	nil	nil
-- expect: new	nil
-- expect: 8	1	2	3	nil	1
-- expect: nil	nil	nil
-- expect: nil	new
-- expect: 15	1	2	3	nil	1
-- expect: nil	nil	nil
-- expect: nil	new
-- expect: 22	1	2	3	nil	1
-- expect: nil	nil	nil
-- expect: nil	new
-- expect: 29	1	2	3	nil	1
-- expect: nil	nil	nil
-- expect: nil	new
-- expect: 36	1	2	3	nil	1
-- expect: nil	nil	nil
-- expect: nil	new
-- expect: 43	1	2	3	nil	1
-- expect: nil	nil	nil
-- expect: nil	new
-- expect: 50	1	2	3	nil	1
-- expect: nil	nil	nil
-- expect: nil	new
-- expect: 57	1	2	3	nil	1
-- expect: nil	nil	nil
-- expect: nil	new
-- expect: a=1 b=nil a=3	3
-- expect: loop in settable
-- expect: loop in settable
