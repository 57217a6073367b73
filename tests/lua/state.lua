-- moonlet-only: the library state: fork, try, snapshot, restore, diff, digest.
local state = require "state"
x = { n = 1, list = { 1, 2, 3 } }

-- fork: results come back, changes do not; what is older is the same object
local sum, t = state.fork(function(a)
  x.n = 99
  x.list[4] = 4
  return x.n + a, { k = "new", ref = x }
end, 1)
print(sum, t.k, t.ref == x, x.n, #x.list) -- expect: 100	new	true	1	3

-- cycles and identity survive the way back
local a, b = state.fork(function() local p = {} p.self = p return p, p end)
print(a == b, a.self == a) -- expect: true	true
-- so do closures and their variables
local inc = state.fork(function() local i = 10 return function() i = i + 1 return i end end)
print(inc(), inc()) -- expect: 11	12

-- try: kept when it succeeds, undone when it fails
print(state.try(function() x.n = 5 return "ok", 2 end)) -- expect: true	ok	2
print(x.n) -- expect: 5
print(state.try(function() x.n = 6 error("fail", 0) end)) -- expect: false	fail
print(x.n) -- expect: 5
-- an error in a fork is raised where the fork was made
local ok, e = pcall(state.fork, function() x.n = 7 error({ code = 3 }) end)
print(ok, e.code, x.n) -- expect: false	3	5

-- a snapshot can be restored any number of times
counter = 0
local s, again = state.snapshot()
counter = counter + 1
print("run", again, counter)
-- expect: run	nil	1
-- expect: run	1	1
-- expect: run	2	1
if (again or 0) < 2 then state.restore(s, (again or 0) + 1) end
print(counter, tostring(s):match("^snapshot") ~= nil) -- expect: 1	true

-- suspended coroutines are part of it
co = coroutine.wrap(function() for i = 1, 10 do coroutine.yield(i) end end)
print(co(), co()) -- expect: 1	2
print(state.fork(function() return co(), co() end)) -- expect: 3	4
print(co()) -- expect: 3

-- nested, and within a coroutine
local co2 = coroutine.wrap(function()
  local v = state.fork(function()
    x.n = -1
    return state.fork(function() x.n = -2 return x.n end) * 10 + x.n
  end)
  coroutine.yield(v)
  return x.n
end)
print(co2(), co2()) -- expect: -21	5
print(select("#", state.fork(function(...) return ... end, table.unpack({}, 1, 200)))) -- expect: 200

-- random numbers are part of the world
math.randomseed(42)
local r1 = state.fork(function() return math.random() end)
print(r1 == math.random()) -- expect: true

-- diff and digest
local before, d1 = state.snapshot(), state.digest()
x.n = 1000
x.list[2] = "two"
x["odd key"] = true
y = 3
local changes = {}
for _, c in ipairs(state.diff(before)) do
  changes[#changes + 1] = c.path .. " " .. tostring(c.old) .. " " .. tostring(c.new)
end
table.sort(changes)
print(table.concat(changes, "; "))
-- expect: x.list[2] 2 two; x.n 5 1000; x["odd key"] nil true; y nil 3
print(#state.diff(before, before), #state.diff(state.snapshot())) -- expect: 0	0
print(state.digest(before) == d1, state.digest() == d1) -- expect: true	false
x.n, x.list[2], x["odd key"], y = 5, 2, nil, nil
print(state.digest() == d1) -- expect: true

-- wrong use
print(pcall(state.restore, 1)) -- expect: false	bad argument #1 to 'state.restore' (snapshot expected, got number)
print(pcall(state.fork)) -- expect: false	bad argument #1 to 'state.fork' (value expected)
print(pcall(state.fork, 5)) -- expect: false	attempt to call a number value
print(type(state.fork(function() return coroutine.create(print) end))) -- expect: thread
