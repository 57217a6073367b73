-- Random towers of calls: each function calls the next one in one of the ways that there are, and the last
-- one fails or looks at the stack. Prints tracebacks, what debug.getinfo knows of each level, and messages
-- with their positions. To be run by two Luas, whose outputs must be the same:
--
--   diff <(lua5.2 stacks.lua SEED COUNT) <(moonlet stacks.lua SEED COUNT)
local seed, count = tonumber(arg[1]) or 1, tonumber(arg[2]) or 300
loadstring, unpack = nil, nil -- second names, of which lua5.2 takes any

local function random(n) -- 1..n
  seed = seed * 16807 % 2147483647 -- exact in a double
  return seed % n + 1
end
local function pick(t) return t[random(#t)] end

-- BODY calls the next function, N is a number of its own, OP an operator of the metamethod EVENT.
local calls = {
  "local function fN(a, ...)\nBODY\nend\nfN(1, 2)",
  "local function fN(a, ...)\nBODY\nend\nreturn fN(1, 2)",
  "function gN(...) BODY\nend\ngN()",
  "function gN(...) BODY\nend\nreturn gN()",
  "local tN = {}\nfunction tN.f(...) BODY\nend\ntN.f()",
  "local tN = {}\nfunction tN:m(...) BODY\nend\ntN:m()",
  "gN = { sub = {} }\nfunction gN.sub:m(...) BODY\nend\nlocal x = gN.sub:m(1,\n2)",
  "local tN = {}\ntN[1] = function(...) BODY\nend\ntN[1]()",
  "local u = function(...) BODY\nend\nlocal function fN() u() end fN()",
  "(function(...) BODY\nend)(1,\n2,\n3)",
  "print('pcall', pcall(function(...) BODY\nend, 1, 2))",
  "print('xpcall', xpcall(function(...) BODY\nend, function(m) return 'handled ' .. tostring(m) end))",
  "print('xpcall', xpcall(function(...) BODY\nend, debug.traceback))",
  "print('xpcall', xpcall(function(...) BODY\nend, function(m) return debug.traceback(m, 2) end))",
  "local o = setmetatable({}, { EVENT = function(...) BODY\nend })\nlocal x = o OP\n1",
  "local o = setmetatable({}, { EVENT = function(...) BODY\nend })\nreturn 1 OP o",
  "local o = setmetatable({}, { __index = function(t, k) BODY\nend })\nlocal x = o.field",
  "local o = setmetatable({}, { __index = function(t, k) BODY\nend })\no:method()",
  "local o = setmetatable({}, { __newindex = function(t, k) BODY\nend })\no.field = 1",
  "local o = setmetatable({}, { __call = function(...) BODY\nend })\no(1)",
  "local o = setmetatable({}, { __call = function(...) BODY\nend })\nreturn o(1)",
  "local o = setmetatable({}, { __lt = function(...) BODY\nend })\nif o >= o then end",
  "local o = setmetatable({}, { __lt = function(...) BODY\nend })\nif o < 1 then end",
  "local o = setmetatable({}, { __le = function(...) BODY\nend })\nif o <= 1 then end",
  "local m = { __eq = function(...) BODY\nend }\nif setmetatable({}, m) == setmetatable({}, m) then end",
  "local o = setmetatable({}, { __len = function(...) BODY\nend })\nlocal x = #o",
  "local o = setmetatable({}, { __len = function(...) BODY\nend })\ntable.insert(o, 1)",
  "local o = setmetatable({}, { __unm = function(...) BODY\nend })\nlocal x = -o",
  "local o = setmetatable({}, { __tostring = function(...) BODY\nend })\nlocal x = tostring(o)",
  "local o = setmetatable({}, { __pairs = function(...) BODY\nend })\npairs(o)",
  "for i in function(...) BODY\nend do break end",
  "table.sort({ 1, 2, 3 }, function(a, b) if a then BODY\nend return a < b end)",
  "string.gsub('ab', 'a', function(...) BODY\nend)",
  "return ('ab'):gsub('a', function(...) BODY\nend)",
  "local once load(function(...) if not once then once = true BODY\nend end)",
  "assert(load([=====N[ local a = ... BODY\n]=====N], '=chunk'))(1)",
  "return assert(load([=====N[ local a = ... BODY\n]=====N], '@a/file.lua'))(1)",
  "assert(load([=====N[ local a = ... BODY\n]=====N]))(1)",
  "print('resume', coroutine.resume(coroutine.create(function(...) BODY\nend)))",
  "coroutine.wrap(function(...) BODY\nend)()",
  "local w = coroutine.wrap(function(...) coroutine.yield() BODY\nend) w() w()",
  "local co = coroutine.create(function(...) coroutine.yield() BODY\nend)\ncoroutine.resume(co)\n" ..
    "print(debug.traceback(co, 'waits', 0), coroutine.resume(co))\nprint(debug.traceback(co, nil, 1))",
  "package.loaded.m = nil package.preload.m = function(...) BODY\nend require 'm'",
  "setmetatable({}, { __gc = function() BODY\nend }) collectgarbage()",
  "if true then BODY\nend",
  "for i = 1, 2 do local f = function() return i end\nBODY\nend",
  "local function fN(n) if n == 0 then BODY\nelse fN(n - 1) end end fN(LEVELS)",
  "local function fN(n) if n == 0 then BODY\nelse return fN(n - 1) end end fN(LEVELS)",
  "local t = { a = (function(...) BODY\nend)(), b = 1 }",
  "local s = 'x' .. tostring((function(...) BODY\nend)()) .. 'y'",
  "debug.sethook(function(...) debug.sethook() BODY\nend, 'l')\nlocal z = 1\nz = 2",
  "debug.sethook(function(...) debug.sethook() BODY\nend, 'c') local z = tostring(1)",
  "debug.sethook(function(...) debug.sethook() BODY\nend, 'r') local z = tostring(1)",
}
local operators = { __add = "+", __sub = "-", __mul = "*", __div = "/", __mod = "%", __pow = "^", __concat = ".." }
local events = { "__add", "__sub", "__mul", "__div", "__mod", "__pow", "__concat" }

local ends = {
  "print(debug.traceback())", "print(debug.traceback('message', LEVEL))",
  "return print((debug.traceback('message', LEVEL)))", "info()", "return info()", "error('error', LEVEL)",
  "error({})", "error()", "local t = nil\nt.x = 1", "local t = {}\nt.x.y = 1", "nothing()",
  "local a = 1 + nil", "local a = {} .. 'x'", "string.rep()", "('x'):rep({})", "return ('x'):rep({})",
  "local f = string.rep\nf()", "setmetatable(1, 2)", "ipairs()", "local s = #nil", "local b = {} < {}",
  "for i = 1, 'x' do end", "print(pcall(error, 'e', LEVEL)) info()", "assert(false, 'asserted')",
  "assert(nil)", "print(pcall(function() local x = y.z end))", "collectgarbage('x')", "table.sort({ 1, {} })",
}

local numbers = 0
local function tower(height)
  if height == 0 then return (pick(ends):gsub("LEVEL", random(6) - 1)) end
  numbers = numbers + 1
  local own, event, levels = numbers, pick(events), pick { 3, 9, 12, 25 }
  local body = tower(height - 1)
  local marked = pick(calls):gsub("LEVELS", levels):gsub("EVENT", event):gsub("OP", (operators[event]:gsub("%%", "%%%%")))
  marked = marked:gsub("=====N", ("="):rep(own % 50 + 1)):gsub("([fgt])N", "%1" .. own)
  return (marked:gsub("BODY", function() return body end))
end

function info()
  local level = 1
  repeat
    local t = debug.getinfo(level, "nSltu")
    if t then
      print("#" .. level, t.name, t.namewhat, t.what, t.short_src, t.linedefined, t.lastlinedefined, t.currentline,
        t.nups, t.nparams, t.isvararg, t.istailcall)
    end
    level = level + 1
  until not t
end

local raw, text = print, tostring
function print(...)
  local shown = table.pack(...)
  for i = 1, shown.n do
    local v = shown[i]
    shown[i] = type(v) == "table" and "table" or text(v):gsub("0x%x+", "0x"):gsub("'_G%.", "'")
  end
  raw(table.concat(shown, "\t", 1, shown.n))
end

for case = 1, count do
  numbers = 0
  local source = tower(random(6))
  raw("case", case)
  local thread = coroutine.create(xpcall) -- with a hook of its own
  print(coroutine.resume(thread, assert(load(source, "=case")), debug.traceback))
  print(debug.traceback(thread))
end
