-- moonlet-only: snapshots that nobody looks into until the program has gone far on.
local state = require "state"

-- The world -------------------------------------------------------------------------------

local Point = { __tostring = function(p) return "(" .. p.x .. ")" end }
Point.__index = Point

local function counter()
  local n = 0
  return function() n = n + 1 return n end, function() return n end
end

local function generator(limit)
  return coroutine.create(function()
    local i = 0
    while i < limit do i = i + 1 coroutine.yield(i) end
    return "done"
  end)
end

local function new_world()
  world = { list = {}, big = {}, points = {}, weak = setmetatable({}, { __mode = "k" }) }
  for i = 1, 5 do world.points[i] = setmetatable({ x = i }, Point) end
  for i = 1, 200 do world.big["k" .. i] = i end
  world.up, world.value = counter()
  world.gens = { generator(8), generator(1000) }
  world.strong = {}
end

-- What can be seen without a snapshot or a fork.
local function show()
  local out = {}
  local function add(...) out[#out + 1] = table.concat({ ... }, " ") end
  add("list", #world.list, table.concat(world.list, ","))
  for i, p in ipairs(world.points) do
    local meta = getmetatable(p)
    add("point", i, p.x, meta == Point and tostring(p) or meta and meta.name or "plain")
  end
  local sum, count = 0, 0
  for k, v in pairs(world.big) do sum, count = sum + v * #k, count + 1 end
  add("big", count, sum)
  add("up", world.value())
  for i, g in ipairs(world.gens) do
    local status = coroutine.status(g)
    local _, at
    if debug.getinfo(g, 1, "l") then _, at = debug.getlocal(g, 1, 1) end
    add("gen", i, status, tostring(at))
  end
  local weak = {}
  for k, v in pairs(world.weak) do weak[#weak + 1] = v end
  table.sort(weak)
  add("weak", table.concat(weak, ","))
  add("random", world.random or "none")
  return table.concat(out, "\n")
end

-- Changes a bit of everything.
local function frame(i)
  world.list[#world.list + 1] = i
  if i % 7 == 0 then table.remove(world.list, 1) end
  for k = 1, i % 9 do world.big["k" .. (i * k) % 250] = i + k end
  if i % 4 == 0 then world.big["k" .. i] = nil end
  local p = world.points[i % 5 + 1]
  p.x = p.x + i
  if i % 6 == 0 then setmetatable(p, i % 12 == 0 and { name = "named" .. i } or nil) end
  if i % 10 == 0 then world.points[i % 5 + 1] = setmetatable({ x = -i }, Point) end
  world.up()
  coroutine.resume(world.gens[i % 2 + 1])
  if i % 16 == 0 then world.gens[i % 2 + 1] = generator(i) end
  local key = {}
  world.weak[key] = i
  if i % 3 == 0 then world.strong[i] = key end
  if i % 5 == 0 then world.strong[i - 2] = nil end
  world.random = math.random(1000)
end

-- Snapshots, and what they should show ----------------------------------------------------

local texts, snaps, failed = {}, {}, 0

local visit_next

-- A place to come back to: all visits are checked from where their snapshots were taken.
local function snap()
  local i = #texts + 1
  collectgarbage("stop") -- or what is weak may go between the two
  texts[i] = show()
  local s, visit = state.snapshot()
  if visit then return visit_next(visit) end
  collectgarbage("restart")
  snaps[i] = s
end

function visit_next(visit)
  local i = visit.order[visit.at]
  if show() ~= visit.texts[i] then
    visit.failed = visit.failed + 1
    print("snapshot " .. i .. " shows\n" .. show() .. "\nand should show\n" .. visit.texts[i])
  end
  collectgarbage("restart")
  -- the world here is one to go on in: frames and snapshots that the others never see
  for k = 1, visit.go_on do frame(k + i) state.snapshot() end
  visit.at = visit.at + 1
  local at = visit.order[visit.at]
  state.restore(at and visit.snaps[at] or visit.home, visit)
end

local orders = {
  forwards = function(n, k) return k end,
  backwards = function(n, k) return n + 1 - k end,
  scattered = function(n, k) return k * 7 % n + 1 end,
}
orders.twice = function(n, k) return math.floor((k + 1) / 2) end

-- Takes what body has taken in this order; then the world is as it was.
local function check(name, how, go_on)
  collectgarbage("stop")
  local n, order, before = #snaps, {}, show()
  for k = 1, n do order[k] = orders[how](n, k) end
  local home, visit = state.snapshot()
  if not visit then
    state.restore(snaps[order[1]], {
      order = order, at = 1, texts = texts, snaps = snaps, home = home, failed = 0, go_on = go_on or 0,
    })
  end
  print(name, how, n, visit.failed, show() == before)
  collectgarbage("restart")
end

local function fresh()
  texts, snaps = {}, {}
  new_world()
end

collectgarbage("stop") -- nothing takes weak keys out between a text and its snapshot

-- Frames
for _, how in ipairs { "forwards", "backwards", "scattered", "twice" } do
  fresh()
  for i = 1, 60 do
    frame(i)
    snap()
    if i % 20 == 0 then collectgarbage() end
    if i % 13 == 0 then snap() snap() end
  end
  check("frames", how)
end
-- expect: frames	forwards	68	0	true
-- expect: frames	backwards	68	0	true
-- expect: frames	scattered	68	0	true
-- expect: frames	twice	68	0	true

-- going on in each, with further snapshots
fresh()
for i = 1, 30 do frame(i) snap() end
check("on", "scattered", 5) -- expect: on	scattered	30	0	true
check("on", "backwards", 3) -- expect: on	backwards	30	0	true
for i = 31, 50 do frame(i) snap() end
check("on", "scattered", 2) -- expect: on	scattered	50	0	true

-- some looked into meanwhile
fresh()
local digests = {}
for i = 1, 40 do
  frame(i)
  snap()
  if i % 6 == 0 then digests[i] = state.digest(snaps[i - 3]) end
  if i % 9 == 0 then state.diff(snaps[i - 8], snaps[i]) end
  if i % 11 == 0 then state.fork(frame, i) end
  if i % 12 == 0 then state.diff(snaps[i]) end
end
check("looked", "scattered") -- expect: looked	scattered	40	0	true
local same = true
for i, d in pairs(digests) do same = same and state.digest(snaps[i - 3]) == d end
print(same) -- expect: true

-- few of many are kept
fresh()
for i = 1, 2000 do
  frame(i)
  state.snapshot()
  if i % 80 == 0 then snap() end
  state.try(frame, i)
  if i % 300 == 0 then collectgarbage() end
end
check("kept", "scattered") -- expect: kept	scattered	25	0	true

-- an early one, then others from there, then one of the middle
fresh()
for i = 1, 20 do frame(i) snap() end
-- expect: 20	true
-- expect: true
do
  local home, round = state.snapshot()
  if not round then
    for i = 21, 30 do frame(i) state.snapshot() end
    local text = show()
    local s, back = state.snapshot()
    if not back then state.restore(home, { middle = s, text = text }) end
    print(back.text == show())
  elseif not round.again then
    print(#texts, show() == texts[20])
    for i = 50, 70 do frame(i) state.snapshot() end
    round.again = true
    state.restore(round.middle, round)
  end
end
check("branches", "backwards") -- expect: branches	backwards	20	0	true

-- Places ----------------------------------------------------------------------------------

-- in coroutines, one within another
fresh()
local outer = coroutine.wrap(function()
  local inner = coroutine.wrap(function()
    for i = 1, 5 do frame(i) snap() coroutine.yield(i) end
  end)
  for i = 1, 5 do inner() snap() coroutine.yield(i) frame(i + 10) end
end)
for i = 1, 5 do outer() snap() end
check("coroutines", "scattered", 1) -- expect: coroutines	scattered	15	0	true

-- in protected calls that fail afterwards
fresh()
for i = 1, 8 do
  pcall(function()
    frame(i)
    snap()
    xpcall(function() frame(i + 1) snap() error("x") end, function() frame(i + 2) snap() end)
    error("y")
  end)
end
check("pcall", "backwards", 1) -- expect: pcall	backwards	24	0	true

-- at depth, where frames are not copied
fresh()
local function descend(k)
  local a, b, c, d = k, k + 1, k + 2, k + 3
  frame(k)
  if k % 8 == 0 then snap() end
  if k < 100 then descend(k + 1) end
  if k % 16 == 0 then frame(k) snap() end
  if a + 3 ~= d or b + 1 ~= c then print("locals") end
end
descend(1)
check("depth", "scattered", 1) -- expect: depth	scattered	18	0	true

-- in a deep coroutine
fresh()
local deep = coroutine.wrap(function() descend(1) end)
deep()
check("deep coroutine", "backwards", 1) -- expect: deep coroutine	backwards	18	0	true

-- in metamethods, comparators, replacements, iterators
fresh()
local m = setmetatable({}, {
  __index = function(t, k) frame(k) snap() return k end,
  __newindex = function(t, k, v) frame(k) snap() rawset(t, k, v) snap() end,
  __add = function(a, b) frame(3) snap() return 3 end,
  __lt = function() frame(4) snap() return true end,
  __call = function(self, x) frame(x) snap() return x end,
  __concat = function() snap() return "c" end,
  __len = function() frame(5) snap() return 5 end,
  __eq = function() snap() return true end,
})
local made = { m[1], m + m, m < m, m(6), m .. m, #m, m == setmetatable({}, getmetatable(m)) }
m[7] = 7
print(table.concat({ made[1], made[2], tostring(made[3]), made[4], made[5], made[6] }, " "), m[7])
-- expect: 1 3 true 6 c 5	7
table.sort({ 5, 2, 4, 1, 3 }, function(a, b) frame(a) snap() return a < b end)
print((("a-b-c"):gsub("%a", function(c) frame(#c) snap() return c:upper() end))) -- expect: A-B-C
for i in function(_, i) if i < 3 then frame(i) snap() return i + 1 end end, nil, 0 do snap() end
check("callbacks", "scattered", 1) -- expect: callbacks	scattered	28	0	true

-- finalizers
fresh()
for i = 1, 4 do
  setmetatable({}, { __gc = function() frame(i) snap() world.list[#world.list + 1] = -i end })
  collectgarbage()
  frame(i)
  snap()
end
print(#snaps >= 8) -- expect: true
check("finalizers", "backwards", 1) -- expect: finalizers	backwards	8	0	true

-- captured variables that the debug library changes
fresh()
do
  local a, b = 1, 1
  local function f() return a end
  local function g() a = a + 1 return b end
  world.value = function() return f() .. " " .. (select(2, debug.getupvalue(g, 2))) end
  world.up = function() g() end
  for i = 1, 12 do
    frame(i)
    snap()
    debug.setupvalue(f, 1, i * 100)
    snap()
    if i % 3 == 0 then debug.setupvalue(g, 2, i) end
    if i == 6 then
      local h = function() return b end
      debug.upvaluejoin(f, 1, h, 1)
    end
    if i == 9 then debug.upvaluejoin(f, 1, g, 1) end
    snap()
  end
end
check("upvalues", "scattered", 1) -- expect: upvalues	scattered	36	0	true

-- Within other worlds ---------------------------------------------------------------------

-- what fork's function has taken comes across as little as what it did
fresh()
frame(1)
snap()
local text = show()
local digest, other = state.fork(function()
  frame(2)
  snap()
  local s = state.snapshot()
  frame(3)
  state.snapshot()
  return state.digest(s), state.digest()
end)
print(digest ~= other, show() == text, #snaps) -- expect: true	true	1
snap()
check("fork", "backwards", 1) -- expect: fork	backwards	2	0	true

-- try: own snapshots in what succeeds stay; what fails leaves none
fresh()
local function try(i, fails)
  return state.try(function()
    frame(i)
    snap()
    local inner = { state.try(function()
      frame(i + 1)
      snap()
      if fails % 2 == 1 then error("inner", 0) end
      return i
    end) }
    frame(i + 2)
    snap()
    if fails >= 2 then error("outer " .. tostring(inner[2]), 0) end
    return inner[1], inner[2]
  end)
end
for i = 1, 12 do
  local shown, n = show(), #snaps
  local ok, a, b = try(i, i % 4)
  if i > 8 then print(i % 4, ok, a, b, #snaps - n, show() == shown) end
  snap()
end
-- expect: 1	true	false	inner	2	false
-- expect: 2	false	outer 10	nil	0	true
-- expect: 3	false	outer inner	nil	0	true
-- expect: 0	true	true	12	3	false
check("try", "scattered", 1) -- expect: try	scattered	27	0	true

-- many tries that write the same
local function tries(n)
  for i = 1, n do
    local ok = state.try(function()
      world.n = (world.n or 0) + 1
      if i % 3 == 0 then error("no") end
    end)
    if ok ~= (i % 3 ~= 0) then print("try", i) end
  end
  return world.n
end
fresh()
print(tries(300), state.try(tries, 30), world.n) -- expect: 200	true	220

-- map: what was taken before, in the list, and in the items
fresh()
for i = 1, 6 do frame(i) snap() end
local function by_path(changes)
  local out = {}
  for _, c in ipairs(changes) do out[#out + 1] = c.path .. "=" .. tostring(c.old) .. ":" .. tostring(c.new) end
  table.sort(out)
  return table.concat(out, " ")
end
mine = 0
local zero = state.snapshot()
local items = {}
for i = 1, 6 do
  mine = i
  items[i] = state.snapshot()
end
mine = 100
local results, errors = state.map(function(s)
  local from = by_path(state.diff(zero, s))
  mine = mine + tonumber(from:match("%d+$"))
  local taken = state.snapshot()
  mine = 1000
  local last = state.snapshot()
  mine = -1
  return { from, taken, state.digest(snaps[3]), last }
end, items)
print(errors) -- expect: nil
local digest3 = state.digest(snaps[3])
for i, r in ipairs(results) do
  if r[3] ~= digest3 then print("digest", i) end
  if i % 2 == 0 then print(r[1], by_path(state.diff(zero, r[2])), by_path(state.diff(r[2], r[4]))) end
end
-- expect: mine=0:2	mine=0:102	mine=102:1000
-- expect: mine=0:4	mine=0:104	mine=104:1000
-- expect: mine=0:6	mine=0:106	mine=106:1000
check("map", "backwards", 1) -- expect: map	backwards	6	0	true

-- an item that goes back to before the map goes on from there
goal = 0
local early, item = state.snapshot()
if item then return item end
goal = 1
print(state.map(function(i) goal = i state.snapshot() state.restore(early, i * 2) end, { 5 })[1])
-- expect: 10

-- limits
local function endless()
  local all, n = {}, 0
  while true do
    n = n + 1
    mine = n
    all[n % 10 + 1] = state.snapshot()
    world.points[n % 5 + 1].x = n
    if n % 50 == 0 then all = {} end
  end
end
for _, limit in ipairs { "steps", "bytes" } do
  local _, e = state.map(endless, { 1 }, { [limit] = 300000 })
  local _, again = state.map(endless, { 1 }, { [limit] = 300000 })
  print(e[1], e[1] == again[1], mine)
end
-- expect: out of steps	true	100
-- expect: out of memory	true	100
