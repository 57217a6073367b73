-- Hooks: events, what they may look at and do, and when they are off (manual 6.10).

-- gethook, arguments
local function h() end
print(debug.gethook()) -- expect: nil		0
debug.sethook(h, "crl", 10) local f, m, c = debug.gethook() debug.sethook()
print(f == h, m, c) -- expect: true	crl	10
debug.sethook(h, "", 5) f, m, c = debug.gethook() debug.sethook()
print(f == h, m, c) -- expect: true		5
debug.sethook(h, "lxl", -5) f, m, c = debug.gethook() debug.sethook()
print(f == h, m, c) -- expect: true	l	-5
debug.sethook(nil, "crl", 4) print(debug.gethook()) -- expect: nil		0
print(pcall(debug.sethook, 1, "l")) -- expect: false	bad argument #1 to 'debug.sethook' (function expected, got number)
print(pcall(debug.sethook, h)) -- expect: false	bad argument #2 to 'debug.sethook' (string expected, got no value)
print(pcall(debug.sethook, h, {})) -- expect: false	bad argument #2 to 'debug.sethook' (string expected, got table)
print(pcall(debug.sethook, h, "l", "x")) -- expect: false	bad argument #3 to 'debug.sethook' (number expected, got string)
print(pcall(debug.sethook, coroutine.create(h), 1, "l")) -- expect: false	bad argument #2 to 'debug.sethook' (function expected, got number)
print(pcall(debug.sethook, coroutine.create(h), h)) -- expect: false	bad argument #3 to 'debug.sethook' (string expected, got no value)
debug.sethook()

-- what happens in f(...), as event, name and kind of name
local function events(mask, f, ...)
  local seen = {}
  local function hook(event, line)
    local i = debug.getinfo(2, "nSt")
    if i.what ~= "C" or i.name ~= "sethook" then
      seen[#seen + 1] = event:sub(1, 1) .. ":" .. tostring(i.name) .. "/" .. i.namewhat ..
        (i.istailcall and "/tail" or "")
    end
  end
  debug.sethook(hook, mask)
  f(...)
  debug.sethook()
  table.remove(seen) -- the return of f or sethook's call
  print(table.concat(seen, " "))
end

local function one() return 1 end
local function tail() return one() end
local function tail_native() return math.abs(1) end
local function loop(n) if n > 0 then return loop(n - 1) end end
events("cr", one) -- expect: c:f/local
events("cr", tail) -- expect: c:f/local t:nil//tail
events("cr", tail_native) -- expect: c:f/local c:abs/field r:abs/field
events("c", loop, 3) -- expect: c:f/local t:nil//tail t:nil//tail
events("r", loop, 3) -- expect: 
events("cr", pcall, one) -- expect: c:f/local c:nil/ r:nil/
events("cr", pcall, error, "x") -- expect: c:f/local c:nil/
events("cr", function() for _ in pairs {1} do end for _ in one do break end end) -- expect: c:f/local c:pairs/global r:pairs/global c:for iterator/for iterator r:for iterator/for iterator c:for iterator/for iterator r:for iterator/for iterator c:for iterator/for iterator r:for iterator/for iterator
events("cr", function() table.sort({2, 1}, function(a, b) return a < b end) end) -- expect: c:f/local c:sort/field c:nil/ r:nil/ r:sort/field
events("cr", function() ("ab"):gsub("b", one) end) -- expect: c:f/local c:gsub/method c:nil/ r:nil/ r:gsub/method
events("cr", function() print("print calls tostring") end) -- expect: print calls tostring
-- expect: c:f/local c:print/global c:nil/ r:nil/ r:print/global
local mt = {}
for _, k in ipairs {"add", "concat", "len", "unm", "index", "newindex", "eq", "lt", "le", "call"} do
  mt["__" .. k] = function() return 1 end
end
local a, b = setmetatable({}, mt), setmetatable({}, mt)
events("cr", function() local x = a + 1, a .. 1, #a, -a, a.x end) -- expect: c:f/local c:__add/metamethod r:__add/metamethod c:__concat/metamethod r:__concat/metamethod c:__len/metamethod r:__len/metamethod c:__unm/metamethod r:__unm/metamethod c:__index/metamethod r:__index/metamethod
events("cr", function() a.x = 1 local x = a == b, a < b, a <= b end) -- expect: c:f/local c:__newindex/metamethod r:__newindex/metamethod c:__eq/metamethod r:__eq/metamethod c:__lt/metamethod r:__lt/metamethod c:__le/metamethod r:__le/metamethod
events("cr", function() a(1) if a < b and a ~= b then return a() end end) -- expect: c:f/local c:a/upvalue r:a/upvalue c:__lt/metamethod r:__lt/metamethod c:__eq/metamethod r:__eq/metamethod
events("cr", function() mt.__lt = nil local x = a <= b, pcall(function() return a < b end) end) -- expect: c:f/local c:__le/metamethod r:__le/metamethod c:pcall/global c:nil/ r:pcall/global
events("cr", function()
  local co = coroutine.wrap(function(...) coroutine.yield(...) return ... end) -- has no hook
  co(1) co(2)
end) -- expect: c:f/local c:wrap/field r:wrap/field c:co/local r:co/local c:co/local r:co/local
events("", function() end) -- expect: 

-- levels: 1 is the hook, 2 what it is called for
debug.sethook(function(event, line)
  debug.sethook()
  local i = debug.getinfo(1, "nSlt")
  print(event, line, i.name, i.namewhat, i.what, i.currentline, i.istailcall)
  i = debug.getinfo(2, "nSlt")
  print(i.name, i.namewhat, i.what, i.currentline)
  print(debug.getlocal(1, 1))
  print(debug.getlocal(2, 1) == "h")
  print((debug.traceback("trace"):gsub("\n\t%[C%]: in %?$", "")))
end, "l")
local x = 1
-- expect: line	80	nil		Lua	72	false
-- expect: nil		main	80
-- expect: event	line
-- expect: true
-- expect: trace
-- expect: stack traceback:
-- expect: 	hook_events.lua:78: in function <hook_events.lua:70>
-- expect: 	hook_events.lua:80: in main chunk
debug.sethook()

-- the locals and results of what it looks at
local function sum(a, b)
  local c = a + b
  return c
end
debug.sethook(function()
  local i = debug.getinfo(2, "fl")
  if i.func == sum and i.currentline == debug.getinfo(sum, "S").linedefined + 2 then
    debug.setlocal(2, 3, select(2, debug.getlocal(2, 3)) * 10)
  end
end, "l")
x = sum(2, 3)
debug.sethook()
print(x) -- expect: 50
local got = {}
debug.sethook(function(event)
  local i = debug.getinfo(2, "fu")
  if i.func == sum then
    for n = 1, 2 do got[#got + 1] = tostring((select(2, debug.getlocal(2, n)))) end
  end
end, "cr")
sum(4, 5)
debug.sethook()
print(table.concat(got, " ")) -- expect: 4 5 4 5
got = {}
debug.sethook(function(event)
  local i = debug.getinfo(2, "fS")
  if i.what == "C" and i.func ~= debug.sethook then
    for n = 1, 2 do got[#got + 1] = tostring((select(2, debug.getlocal(2, n)))) end
  end
end, "c")
math.max(7, 8)
debug.sethook()
print(table.concat(got, " ")) -- expect: 7 8
got = {}
debug.sethook(function() got[#got + 1] = tostring((select(2, debug.getlocal(2, -2)))) end, "c")
local function variable(...) return ... end
variable(1, 2, 3)
debug.sethook()
print(got[1]) -- expect: 2

-- errors
local function boom(event) debug.sethook() error(event .. "!") end
print(pcall(function()
  debug.sethook(boom, "l")
  local y
end)) -- expect: false	hook_events.lua:133: line!
print(pcall(function() debug.sethook(boom, "c") h() end)) -- expect: false	hook_events.lua:133: call!
print(pcall(function() debug.sethook(boom, "r") h() end)) -- expect: false	hook_events.lua:133: return!
print(pcall(function() debug.sethook(boom, "", 2) h() h() end)) -- expect: false	hook_events.lua:133: count!
print(xpcall(function()
  debug.sethook(boom, "l")
  local y
end, function(m) return (debug.getinfo(3, "l").currentline == debug.getinfo(1, "l").currentline - 1) end)) -- expect: false	false
local n = 0
print(pcall(function() -- an error leaves hooks on
  debug.sethook(function()
    n = n + 1
    if n == 4 then debug.sethook() end
    if n % 2 == 0 then error("error " .. n, 0) end
  end, "c")
  pcall(h)
  h()
  h()
end)) -- expect: false	error 4
print(n) -- expect: 4
n = 0
debug.sethook(function() pcall(error) n = n + 1 end, "l") -- caught within
local y
local z
debug.sethook()
print(n) -- expect: 2

-- a hook is off while it runs, may change or remove itself
n = 0
debug.sethook(function() n = n + 1 h() local y = 1
  y = 2 end, "crl")
h()
debug.sethook()
print(n) -- expect: 7
n = 0
debug.sethook(function() n = n + 1 if n == 2 then debug.sethook() end end, "l")
h()
h()
h()
print(n, debug.gethook()) -- expect: 2	nil		0

-- counts
n = 0
debug.sethook(function(event) n = n + (event == "count" and 1 or 1e9) end, "", 1)
for i = 1, 1000 do local y = i end
debug.sethook()
print(n >= 1000, n < 10000) -- expect: true	true
local m = 0
debug.sethook(function(event) m = m + 1 end, "", 100)
for i = 1, 1000 do local y = i end
debug.sethook()
print(m == math.floor(n / 100) or m == math.floor(n / 100) + 1) -- expect: true
print(pcall(function() -- how a loop is stopped
  debug.sethook(function() debug.sethook() error("timeout", 0) end, "", 10000)
  while true do end
end)) -- expect: false	timeout
print(pcall(function()
  debug.sethook(function() debug.sethook() error("timeout", 0) end, "", 10000)
  repeat goto on ::on:: until false
end)) -- expect: false	timeout

-- coroutines: each has its own, or none
local co = coroutine.create(function(a)
  local b = a
  coroutine.yield(b)
  return b
end)
local seen = {}
local function note(event, line) seen[#seen + 1] = event .. (line and debug.getinfo(2, "S").linedefined - line or "") end
debug.sethook(co, note, "crl")
print(debug.gethook(co) == note, debug.gethook()) -- expect: true	nil		0
print(coroutine.resume(co, 5)) -- expect: true	5
print(table.concat(seen, " ")) seen = {} -- expect: call line-1 line-2 call
debug.sethook(co, note, "r")
print(coroutine.resume(co)) -- expect: true	5
print(table.concat(seen, " ")) seen = {} -- expect: return return
debug.sethook(note, "l")
local made = coroutine.create(function() return 1 end)
debug.sethook()
seen = {}
print(debug.gethook(made)) -- expect: nil	l	0
print(coroutine.resume(made)) -- expect: true	1
print(#seen) -- expect: 0
co = coroutine.create(function()
  debug.sethook(function() coroutine.yield(1) end, "l")
  local y = 1
  return y
end)
print(coroutine.resume(co)) -- expect: false	attempt to yield across a C-call boundary
print(coroutine.status(co), debug.gethook()) -- expect: dead	nil		0
co = coroutine.wrap(function()
  local inner = coroutine.wrap(function() coroutine.yield(1) coroutine.yield(2) end)
  debug.sethook(function(event) note(event .. inner()) end, "", 1) -- a hook that resumes
  local y = 1
end)
print(pcall(co)) -- expect: true
print(#seen) -- expect: 2
co = coroutine.create(function()
  local t = setmetatable({}, {__index = function(t, k) return coroutine.yield(k) end})
  local y = t.a
  return y .. t.b
end)
seen = {}
debug.sethook(co, note, "l")
print(coroutine.resume(co)) -- expect: true	a
print(coroutine.resume(co, "x")) -- expect: true	b
print(coroutine.resume(co, "y")) -- expect: true	xy
print(table.concat(seen, " ")) -- expect: line-1 line-2 line0 line-3 line0

-- open lists, stack growth and collections under hooks
local function many(k) if k > 0 then return k, many(k - 1) end end
local function deep(k) if k > 0 then return 1 + deep(k - 1) end return 0 end
n = 0
debug.sethook(function() n = n + 1 if n % 100 == 0 then collectgarbage() end end, "crl")
local t = {many(50)}
x = deep(500)
local s = table.concat({many(20)}, ",", select("#", many(3)) - 2)
debug.sethook()
print(#t, x, s, n > 1000) -- expect: 50	500	20,19,18,17,16,15,14,13,12,11,10,9,8,7,6,5,4,3,2,1	true

-- the same events wherever between two polls of the run the hook is set
local seen, kinds = {}, 0
for steps = 1, 60 do
  local events = {}
  for i = 1, steps do end
  debug.sethook(function(event, line) h() events[#events + 1] = event end, "crl")
  h()
  debug.sethook()
  events = table.concat(events, " ")
  if not seen[events] then kinds = kinds + 1 end
  seen[events] = true
end
print(kinds, (next(seen))) -- expect: 1	return line call line return line call
