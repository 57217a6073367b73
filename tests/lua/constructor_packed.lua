-- Constructors in which all is constant are made at once where they run once.
local function shown(v)
  if type(v) ~= "table" then return tostring(v) end
  local names, all = {}, {}
  for k in pairs(v) do if type(k) == "string" then names[#names + 1] = k end end
  table.sort(names)
  for i = 1, #v do all[i] = shown(v[i]) end
  for _, k in ipairs(names) do all[#all + 1] = k .. "=" .. shown(v[k]) end
  return "{" .. table.concat(all, " ") .. "}"
end

local t = { 1, "two", x = -2.5, { y = nil, z = {}, w = { true, false } }, x = 3, on = true }
print(shown(t)) -- expect: {1 two {w={true false} z={}} on=true x=3}
t = { x = 1, x = nil }
print(next(t)) -- expect: nil
t = { nil, nil, 3 }
print(#t, t[3]) -- expect: 3	3
t = { 1, nil }
print(#t) -- expect: 1
t = { { {}, { {} } }, a = { b = { c = { d = 1 } } } }
print(shown(t)) -- expect: {{{} {{}}} a={b={c={d=1}}}}
print(shown { -1, - 2, -0x10, 1e3, "a\0b" == "a\0b" }) -- expect: {-1 -2 -16 1000 true}
print(1 / ({ -0 })[1]) -- expect: -inf

-- each table is one of its own
t = { { 1 }, { 1 }, a = { 1 } }
t[1][1] = 2
print(shown(t)) -- expect: {{2} {1} a={1}}
local function again() return { 1, { x = 1 }, y = "s" } end
local a, b = again(), again()
a[2].x, a.y, a[3] = 5, nil, 7
print(shown(a), shown(b)) -- expect: {1 {x=5} 7}	{1 {x=1} y=s}
for i = 1, 2 do
  local u = { { i = 1 }, 2, x = { -1 } }
  u[1].i = u[1].i + i
  print(shown(u))
end
-- expect: {{i=2} 2 x={-1}}
-- expect: {{i=3} 2 x={-1}}

-- as many as there are
for _, n in ipairs { 1, 15, 16, 17, 33, 49, 50, 51, 52, 120 } do
  local items, names = {}, {}
  for i = 1, n do items[i], names[i] = tostring(i), "k" .. i .. "=" .. i end
  local all = "{" .. table.concat(items, ",") .. "}"
  local both = "{" .. table.concat(items, ",") .. "," .. table.concat(names, ",") .. "}"
  local nested = "{" .. all .. ",x=" .. all .. "}"
  local f = assert(load("return " .. all .. "," .. both .. "," .. nested))
  local x, y, z = f()
  local sum, count = 0, 0
  for i = 1, n do sum = sum + x[i] + y[i] + z[1][i] + z.x[i] + y["k" .. i] end
  for _ in pairs(y) do count = count + 1 end
  x[n + 2] = 1
  print(n, sum == 5 * n * (n + 1) / 2, count == 2 * n, #x, #y, #z[1])
end
-- expect: 1	true	true	1	1	1
-- expect: 15	true	true	15	15	15
-- expect: 16	true	true	18	16	16
-- expect: 17	true	true	17	17	17
-- expect: 33	true	true	33	33	33
-- expect: 49	true	true	49	49	49
-- expect: 50	true	true	52	50	50
-- expect: 51	true	true	51	51	51
-- expect: 52	true	true	54	52	52
-- expect: 120	true	true	122	120	120

-- a hook is told of every line
local function lines(source)
  local seen = {}
  local f = assert(load(source))
  debug.sethook(function(_, line) seen[#seen + 1] = line end, "l")
  f()
  debug.sethook()
  table.remove(seen, 1) -- of this function
  seen[#seen] = nil
  return table.concat(seen, " ")
end
print(lines "t = {\n{x=1,y={2}},\n{x=3,y={4}}\n}\nu = 1") -- expect: 1 2 3 4 5
print(lines "t = {\n{x=1,\ny={2}},\n{x=3,y={\n4}}\n}\nu = 1") -- expect: 1 2 3 4 5 6 7
print(lines "t =\n{1,2}\nt = {x=1}\n t = {\n'a', b=2,\n\n-1}") -- expect: 1 2 3 4 5 7

-- what is dumped comes back, and is dumped as the same bytes
for _, source in ipairs {
  "return {1, x = -2, {y = nil, 'z', {}, {true, false}}}",
  "return {\n{1}, {a = -\n1}, {b = -  3},\n\n['k'] = {c = {}}, {d = 1\n}}",
  "return function() for i = 1, 2 do t = {1, 2, {x = 3}} end return t end",
} do
  for _, strip in ipairs { false, true } do
    local f = load(source)
    local bytes = string.dump(f, strip)
    local g = load(bytes)
    print(string.dump(g) == bytes, shown(f()) == shown(g()) or type(f()))
  end
end
-- expect: true	true
-- expect: true	true
-- expect: true	true
-- expect: true	true
-- expect: true	function
-- expect: true	function

-- errors behind them have their lines
print(pcall(load("local t = {1, 2,\n{x = 1}}\nreturn t.x.y", "=c")))
-- expect: false	c:3: attempt to index field 'x' (a nil value)
print(pcall(load("return {a = 1} + {b = 2}", "=c")))
-- expect: false	c:1: attempt to perform arithmetic on a table value
print(pcall(load("return {1, 2, x = 3}.y", "=c") or error)) -- expect: false	nil
