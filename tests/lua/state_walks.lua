-- moonlet-only: walks over data that are larger than they look: shared strings, deep tables.
local state = require "state"

-- A string of a megabyte in 100000 places is hashed, and sent by a process, once.
local long = ("x"):rep(1e6)
many = {}
for i = 1, 1e5 do many[i] = long end
local a = state.digest()
many[1e5] = long:sub(2) .. "y"
print(state.digest() == a) -- expect: false
many[1e5] = long:sub(2) .. "x"
print(state.digest() == a) -- expect: true
many = nil
local r = state.map(function(n)
  local t = {}
  for i = 1, n do t[i] = long .. "" end
  return t
end, {5000}, {processes = 1})
print(#r[1], r[1][5000] == long) -- expect: 5000	true

-- Paths of deep tables: the work is not the square of the depth.
deep = {}
local t = deep
for i = 1, 50000 do
  t.a = {}
  t = t.a
end
local before = state.snapshot()
for i = 1, 1000 do t[i] = i end
local changes = state.diff(before)
print(#changes) -- expect: 1000
print(#changes[1].path < 1100, changes[1].path:sub(1, 5), changes[1].path:sub(-8))
-- expect: true	....a	a.a.a[1]
t[("k"):rep(1e6)] = 1
local last = state.diff(before)[1001]
print(#last.path < 2000, last.path:sub(-6)) -- expect: true	kkk...

-- All of it within a limit: each item is stopped, not the process.
print(select(2, state.map(function(f) return f() end, {
  function() local t = {} for i = 1, 30 do t = {t, t} end return t end,
  function() return state.digest() and 1 end,
}, {steps = 1e6, bytes = 1e7}))) -- expect: nil
