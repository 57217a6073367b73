-- moonlet-only: snapshots. Globals by nodes that know how many levels below the root they are, and
-- fields whose keys a program has computed.
local state = require "state"

-- accessors of so many globals that some are at each level
local N = 3000
local get, set = {}, {}
for i = 1, N do
  get[i] = load(("return g%d"):format(i))
  set[i] = load(("g%d = ..."):format(i))
end
local function all(want, from, to)
  for i = from or 1, to or N do
    local v = get[i]()
    if v ~= (want and want + i or nil) then return false end
  end
  return true
end
local function fill(v) for i = 1, N do set[i](v + i) end end
for round = 1, 4 do
  assert(all(round > 1 and (round - 1) * N))
  fill(round * N)
  assert(all(round * N))
end
print "filled" -- expect: filled

-- what is old is not written to
local four = 4 * N
local seen = state.fork(function()
  fill(7 * N)
  fill(8 * N)
  return all(8 * N)
end)
print(seen, all(four)) -- expect: true	true
print(state.try(function() fill(0) fill(N) error("back", 0) end)) -- expect: false	back
print(all(four)) -- expect: true
for k = 1, 3 do
  local before = state.fork(function() set[k](1) return get[k]() end)
  assert(before == 1 and get[k]() == four + k)
end
turn = 0
local s, again = state.snapshot()
turn = turn + 1
fill(turn)
print(turn, all(turn))
-- expect: 1	true
-- expect: 1	true
if not again then state.restore(s, true) end

-- removed and set again, at every level
fill(0)
for i = 1, N do set[i](nil) end
assert(all(nil))
for i = N, 1, -1 do
  set[i](i)
  assert(get[i]() == i)
end
for i = 1, N, 2 do set[i](nil) end
for i = 1, N do assert(get[i]() == (i % 2 == 0 and i or nil)) end
print "removed" -- expect: removed

-- keys that were computed, of all lengths, in small and in large tables
for _, others in ipairs { 0, 5, 20, 500 } do
  for length = 1, 60 do
    local name = ("n"):rep(length)
    local t = {}
    for i = 1, others do t["x" .. i] = i end
    t[("n"):rep(length - 1) .. "n"] = length
    local read = load("local t = ... return t." .. name)
    local write = load("local t, v = ... t." .. name .. " = v")
    local other = load("local t = ... return t." .. ("n"):rep(length - 1) .. "m")
    for i = 1, 3 do
      assert(read(t) == (i == 1 and length or i - 1) and other(t) == nil)
      write(t, i)
    end
    assert(state.fork(function() write(t, "fork") return read(t) end) == "fork" and read(t) == 3)
    write(t, nil)
    assert(read(t) == nil and next(t) == (others > 0 and next(t) or nil))
    write(t, 4)
    assert(t[name] == 4)
    local count = 0
    for _ in pairs(t) do count = count + 1 end
    assert(count == others + 1)
  end
end
print "computed" -- expect: computed

-- more classes and methods than are remembered, at one place
local classes, objects = {}, {}
for c = 1, 60 do
  local class = {}
  class.__index = class
  for m = 1, 20 do class["m" .. m] = function() return c * 100 + m end end
  classes[c] = class
  objects[c] = setmetatable({}, class)
end
local call, field = {}, {}
for m = 1, 20 do
  call[m] = load(("local o = ... return o:m%d()"):format(m))
  field[m] = load(("local o = ... return o.m%d()"):format(m))
end
local function check(add)
  for _ = 1, 3 do
    for c, o in ipairs(objects) do
      for m = 1, 20 do assert(call[m](o) == c * 100 + m + add and field[m](o) == call[m](o)) end
    end
  end
end
check(0)
for c, class in ipairs(classes) do
  for m = 1, 20 do class["m" .. m] = function() return c * 100 + m + 1 end end
end
check(1)
print "methods" -- expect: methods
