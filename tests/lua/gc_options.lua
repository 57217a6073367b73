-- SPDX-License-Identifier: MIT
-- collectgarbage's options (manual 6.1).

print(collectgarbage(), collectgarbage("collect"), collectgarbage("collect", 5))
-- expect: 0	0	0
print(collectgarbage("stop"), collectgarbage("isrunning")) -- expect: 0	false
print(collectgarbage("restart"), collectgarbage("isrunning")) -- expect: 0	true
print(collectgarbage("setpause", 150), collectgarbage("setpause", 200)) -- expect: 200	150
print(collectgarbage("setstepmul", 400), collectgarbage("setstepmul", 200)) -- expect: 200	400
print(collectgarbage("generational"), collectgarbage("incremental")) -- expect: 0	0
print(pcall(function() collectgarbage("nonsense") end))
-- expect: false	gc_options.lua:11: bad argument #1 to 'collectgarbage' (invalid option 'nonsense')

print(pcall(function() collectgarbage({}) end))
-- expect: false	gc_options.lua:14: bad argument #1 to 'collectgarbage' (string expected, got table)

print(pcall(function() collectgarbage("step", "x") end))
-- expect: false	gc_options.lua:17: bad argument #2 to 'collectgarbage' (number expected, got string)


local kilobytes, rest = collectgarbage("count")
print(type(kilobytes), kilobytes > 0, rest == math.floor(rest), rest < 1024)
-- expect: number	true	true	true

-- up with what is made, down with what is dead
local function used()
  collectgarbage()
  return collectgarbage("count")
end
local before = used()
local text = ("x"):rep(100000)
print(collectgarbage("count") - before > 95) -- expect: true
local list = {}
for i = 1, 10000 do list[i] = { i } end
local full = used()
print(full - before > 500, full - before < 4000) -- expect: true	true
list = nil
print(full - used() > 400) -- expect: true
text = nil
print(math.abs(used() - before) < 40) -- expect: true

-- steps finish a cycle at last; larger ones sooner
local function steps(size)
  collectgarbage()
  local n = 0
  repeat n = n + 1 until collectgarbage("step", size)
  return n
end
collectgarbage("stop")
print(steps(0) > 10, steps(6) < steps(2), steps(10000)) -- expect: true	true	1
collectgarbage("restart")

-- stopped, nothing is collected unless asked for
collectgarbage("stop")
local start = collectgarbage("count")
repeat local garbage = {} until collectgarbage("count") > 3 * start
collectgarbage("restart")
repeat local garbage = {} until collectgarbage("count") <= 2 * start
print("collected") -- expect: collected
