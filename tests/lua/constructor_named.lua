-- Tables with named fields are made at once where they are made again and again.
local function keys_of(t)
  local all = {}
  for k in pairs(t) do all[#all + 1] = k end
  table.sort(all)
  return table.concat(all, " ")
end

local function two(a, b) return { x = a, y = b } end
local t
for i = 1, 3 do t = two(i, i + 1) end
print(t.x, t.y, #t, keys_of(t)) -- expect: 3	4	0	x y

-- A value that is nil is no field; nor is the table's room another then.
t = two(1)
print(t.x, t.y, next(t, "x"), keys_of(t)) -- expect: 1	nil	nil	x
t = two(nil, nil)
print(next(t)) -- expect: nil
t = two(false, false)
print(t.x, t.y, keys_of(t)) -- expect: false	false	x y

-- The last of two fields with one name counts; as many as there may be, and more.
local function twice() return { x = 1, y = 2, x = 3 } end
print(twice().x, keys_of(twice())) -- expect: 3	x y
local function twelve(v)
  return { a = v, b = v, c = v, d = v, e = v, f = v, g = v, h = v, i = v, j = v, k = v, l = v }
end
print(keys_of(twelve(1))) -- expect: a b c d e f g h i j k l
local function thirteen(v)
  return { a = v, b = v, c = v, d = v, e = v, f = v, g = v, h = v, i = v, j = v, k = v, l = v,
    m = v }
end
print(keys_of(thirteen(1))) -- expect: a b c d e f g h i j k l m
local function keyed(v) return { ["x"] = v, [1] = v, y = v } end
print(keyed(7).x, keyed(7)[1], keyed(7).y) -- expect: 7	7	7

-- Tables of one place are not one table; what is added and removed later.
local made = {}
for i = 1, 100 do made[i] = { id = i, name = "n" .. i } end
made[1].id = "changed"
made[2].more = true
made[3].id = nil
made[4][1] = "item"
print(made[1].id, made[5].id, made[2].more, made[3].id, made[4][1], made[100].name)
-- expect: changed	5	true	nil	item	n100
print(keys_of(made[2]), "-", keys_of(made[3])) -- expect: id more name	-	name
for i = 1, 40 do made[6]["key" .. i] = i end
print(made[6].id, made[6].name, made[6].key40) -- expect: 6	n6	40

-- Values are computed in turn, and one within the other.
local log = {}
local function say(x) log[#log + 1] = x return x end
local function nested(v)
  return { a = say(v), b = { c = say(v + 1), d = { e = say(v + 2), f = say(v + 3) } }, g = say(v + 4) }
end
t = nested(10)
print(table.concat(log, " "), t.a, t.b.c, t.b.d.e, t.b.d.f, t.g)
-- expect: 10 11 12 13 14	10	11	12	13	14

-- A variable that the constructor's value is for may be read in it.
local x = { v = 1 }
for _ = 1, 3 do x = { v = x.v + 1, old = x.v } end
print(x.v, x.old) -- expect: 4	3
local captured = 1
local function cells() captured = captured + 1 return { c = captured, f = function() return captured end } end
print(cells().c, cells().f()) -- expect: 2	3

-- Errors, yields and calls of metamethods on the way.
local function failing(v) return { a = 1, b = v.field, c = 3 } end
print(pcall(failing)) -- expect: false	constructor_named.lua:69: attempt to index local 'v' (a nil value)
local co = coroutine.wrap(function()
  for i = 1, 2 do
    local got = { first = i, second = coroutine.yield(i), third = -i }
    coroutine.yield(got.first .. ":" .. tostring(got.second) .. ":" .. got.third)
  end
end)
print(co(), co("a"), co(), co()) -- expect: 1	1:a:-1	2	2:nil:-2

-- A constructor over several lines, for hooks.
local lines = {}
local function spread(a, b)
  return {
    one = a,
    two = a
      + b,
    three = b
  }
end
local base = debug.getinfo(spread, "S").linedefined
debug.sethook(function(_, line) lines[#lines + 1] = line - base end, "l")
t = spread(1, 2)
debug.sethook()
print(t.one, t.two, t.three) -- expect: 1	3	2
local within = {}
for _, line in ipairs(lines) do
  if line >= 0 and line <= 7 then within[#within + 1] = line end
end
print(table.concat(within, " "))
-- expect: 1 2 4 5 6
