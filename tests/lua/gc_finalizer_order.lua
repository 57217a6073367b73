-- SPDX-License-Identifier: MIT
-- Finalizers of many objects that are kept and dropped at random, files among them whose own are
-- taken back, and some that fail: each is called once, in the contrary order of marking.

collectgarbage("stop") -- where it is not asked for
local x = 1
local function random(n)
  x = x * 16807 % 2147483647
  return x % n + 1
end

local called, marked, failed = {}, 0, 0
local mt = { __gc = function(o)
  called[#called + 1] = o.number
  if o.again then setmetatable(o, getmetatable(o)) o.keep[1] = o end
  if o.fails then error("fails", 0) end
end }
local function mark(o)
  marked = marked + 1
  o.number = marked
  return setmetatable(o, mt)
end

-- Objects that are found dead at one time are called in that order, behind those that an error
-- has left waiting.
local waiting = 0
local function collect()
  local from, falls = #called + 1, 0
  local fine = pcall(collectgarbage)
  for i = from + 1, #called do if called[i] > called[i - 1] then falls = falls + 1 end end
  assert(falls <= waiting, "in the contrary order of marking")
  waiting = fine and 0 or waiting + 1
  if not fine then failed = failed + 1 end
end

local held, revived = {}, {}
for round = 1, 400 do
  for _ = 1, random(12) do
    local a, b = { again = random(9) == 1, keep = revived }, {}
    held[random(40)] = mark(random(2) == 1 and b or a)
    local other = mark { part = random(2) == 1 and a or nil, fails = random(30) == 1 }
    if random(3) == 1 then held[random(40)] = other end
  end
  local file = io.open("/dev/null")
  if random(2) == 1 then file:close() end
  if random(2) == 1 then held[random(40)] = file end
  if round % 3 == 0 then collect() end
  if round % 50 == 0 then held = {} end
end
held, revived[1] = {}, nil
for _ = 1, 100 do collect() end
revived[1] = nil
collect()

local times = {}
for _, number in ipairs(called) do
  assert(not times[number], "each once")
  times[number] = true
end
print(#called == marked, failed > 10) -- expect: true	true

-- the last of many thousand are kept, then the first
local all = {}
for part = 1, 2 do
  called = {}
  for i = 1, 60000 do all[i] = mark {} end
  for i = 1, 60000 do if i % 1000 ~= part then all[i] = nil end end
  collect()
  print(#called >= 59000) -- expect: true
  -- expect: true
end
called, all = {}, nil
for _ = 1, 10 do collect() end
print(#called) -- expect: 60
