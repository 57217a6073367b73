-- debug.traceback: what each level is called, levels left out, other coroutines.

local function show(text) -- helper
  for line in text:gmatch("[^\n]+") do print((line:gsub("\t", "  "):gsub("'_G%.", "'"))) end
end

-- names: local, upvalue, global, field, method, main chunk, anonymous
local function in_local() return (debug.traceback("local")) end
show((in_local()))
-- expect: local
-- expect: stack traceback:
-- expect:   traceback.lua:8: in function 'in_local'
-- expect:   traceback.lua:9: in main chunk
-- expect:   [C]: in ?
local function in_upvalue() local s = in_local() return s end
local r = in_upvalue()
show(r)
-- expect: local
-- expect: stack traceback:
-- expect:   traceback.lua:8: in function 'in_local'
-- expect:   traceback.lua:15: in function 'in_upvalue'
-- expect:   traceback.lua:16: in main chunk
-- expect:   [C]: in ?
function in_global() local s = debug.traceback("global") return s end
show((in_global()))
-- expect: global
-- expect: stack traceback:
-- expect:   traceback.lua:24: in function 'in_global'
-- expect:   traceback.lua:25: in main chunk
-- expect:   [C]: in ?
in_global = nil
local t = {}
function t.field() local s = debug.traceback("field") return s end
function t:method() local s = self.field() return s end
show((t:method()))
-- expect: field
-- expect: stack traceback:
-- expect:   traceback.lua:33: in function 'field'
-- expect:   traceback.lua:34: in function 'method'
-- expect:   traceback.lua:35: in main chunk
-- expect:   [C]: in ?
show((function() local s = debug.traceback("anonymous") return s end)())
-- expect: anonymous
-- expect: stack traceback:
-- expect:   traceback.lua:42: in function <traceback.lua:42>
-- expect:   traceback.lua:42: in main chunk
-- expect:   [C]: in ?
local list = { function() local s = debug.traceback("in a list") return s end }
show((list[1]()))
-- expect: in a list
-- expect: stack traceback:
-- expect:   traceback.lua:48: in function '?'
-- expect:   traceback.lua:49: in main chunk
-- expect:   [C]: in ?

-- through library functions
local ok, s = pcall(function() local v = debug.traceback("pcall") return v end)
show(s)
-- expect: pcall
-- expect: stack traceback:
-- expect:   traceback.lua:57: in function <traceback.lua:57>
-- expect:   [C]: in function 'pcall'
-- expect:   traceback.lua:57: in main chunk
-- expect:   [C]: in ?
show((("x"):gsub("x", function() return (debug.traceback("gsub")) end)))
-- expect: gsub
-- expect: stack traceback:
-- expect:   traceback.lua:65: in function <traceback.lua:65>
-- expect:   [C]: in function 'gsub'
-- expect:   traceback.lua:65: in main chunk
-- expect:   [C]: in ?
table.sort({ 1, 2 }, function() s = debug.traceback("sort") return false end)
show(s)
-- expect: sort
-- expect: stack traceback:
-- expect:   traceback.lua:72: in function <traceback.lua:72>
-- expect:   [C]: in function 'sort'
-- expect:   traceback.lua:72: in main chunk
-- expect:   [C]: in ?
show(select(2, xpcall(function() local x = nil + 1 end, debug.traceback)))
-- expect: traceback.lua:80: attempt to perform arithmetic on a nil value
-- expect: stack traceback:
-- expect:   traceback.lua:80: in function <traceback.lua:80>
-- expect:   [C]: in function 'xpcall'
-- expect:   traceback.lua:80: in main chunk
-- expect:   [C]: in ?
show(select(2, xpcall(error, debug.traceback, "direct")))
-- expect: direct
-- expect: stack traceback:
-- expect:   [C]: in function 'error'
-- expect:   [C]: in function 'xpcall'
-- expect:   traceback.lua:87: in main chunk
-- expect:   [C]: in ?

-- metamethods and iterators
local m = setmetatable({}, { __index = function() return (debug.traceback("index")) end,
  __add = function() return (debug.traceback("add")) end, __call = function() return (debug.traceback("call")) end })
s = m.x
show(s)
-- expect: index
-- expect: stack traceback:
-- expect:   traceback.lua:96: in function '__index'
-- expect:   traceback.lua:98: in main chunk
-- expect:   [C]: in ?
s = m + 1
show(s)
-- expect: add
-- expect: stack traceback:
-- expect:   traceback.lua:97: in function '__add'
-- expect:   traceback.lua:105: in main chunk
-- expect:   [C]: in ?
s = m()
show(s)
-- expect: call
-- expect: stack traceback:
-- expect:   traceback.lua:97: in function 'm'
-- expect:   traceback.lua:112: in main chunk
-- expect:   [C]: in ?
for v in function(_, c) if not c then return (debug.traceback("iterator")) end end do show(v) end
-- expect: iterator
-- expect: stack traceback:
-- expect:   traceback.lua:119: in function 'for iterator'
-- expect:   traceback.lua:119: in main chunk
-- expect:   [C]: in ?

-- tail calls
local function last() local v = debug.traceback("tail") return v end
local function tail() return last() end
s = tail()
show(s)
-- expect: tail
-- expect: stack traceback:
-- expect:   traceback.lua:127: in function <traceback.lua:127>
-- expect:   (...tail calls...)
-- expect:   traceback.lua:129: in main chunk
-- expect:   [C]: in ?

-- levels and messages
local function level(n) local v = debug.traceback("level", n) return v end
show((level(0)))
-- expect: level
-- expect: stack traceback:
-- expect:   [C]: in function 'traceback'
-- expect:   traceback.lua:139: in function 'level'
-- expect:   traceback.lua:140: in main chunk
-- expect:   [C]: in ?
show((level(1)))
-- expect: level
-- expect: stack traceback:
-- expect:   traceback.lua:139: in function 'level'
-- expect:   traceback.lua:147: in main chunk
-- expect:   [C]: in ?
show((level(2)))
-- expect: level
-- expect: stack traceback:
-- expect:   traceback.lua:153: in main chunk
-- expect:   [C]: in ?
show((level(100)))
-- expect: level
-- expect: stack traceback:
show((debug.traceback()))
-- expect: stack traceback:
-- expect:   traceback.lua:161: in main chunk
-- expect:   [C]: in ?
print(debug.traceback({}) ~= nil, debug.traceback(nil) ~= nil, type(debug.traceback(12)), debug.traceback(true))
-- expect: true	true	string	true

-- deep stacks are cut in the middle
local function deep(n) if n == 0 then return (debug.traceback("deep")) end local v = deep(n - 1) return v end
show((deep(15)))
-- expect: deep
-- expect: stack traceback:
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:170: in main chunk
-- expect:   [C]: in ?
show((deep(50)))
-- expect: deep
-- expect: stack traceback:
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   ...
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:169: in function 'deep'
-- expect:   traceback.lua:191: in main chunk
-- expect:   [C]: in ?

-- another coroutine
local co = coroutine.create(function(a)
  local function inner() coroutine.yield(a) end
  inner()
  error("dead")
end)
show(debug.traceback(co)) -- expect: stack traceback:
coroutine.resume(co, 1)
show(debug.traceback(co))
-- expect: stack traceback:
-- expect:   [C]: in function 'yield'
-- expect:   traceback.lua:219: in function 'inner'
-- expect:   traceback.lua:220: in function <traceback.lua:218>
show(debug.traceback(co, "with a message"))
-- expect: with a message
-- expect: stack traceback:
-- expect:   [C]: in function 'yield'
-- expect:   traceback.lua:219: in function 'inner'
-- expect:   traceback.lua:220: in function <traceback.lua:218>
show(debug.traceback(co, "from level 1", 1))
-- expect: from level 1
-- expect: stack traceback:
-- expect:   traceback.lua:219: in function 'inner'
-- expect:   traceback.lua:220: in function <traceback.lua:218>
coroutine.resume(co)
show(debug.traceback(co, "after its error"))
-- expect: after its error
-- expect: stack traceback:
-- expect:   [C]: in function 'error'
-- expect:   traceback.lua:221: in function <traceback.lua:218>
co = coroutine.wrap(function() local v = debug.traceback("inside") return v end)
show((co()))
-- expect: inside
-- expect: stack traceback:
-- expect:   traceback.lua:247: in function <traceback.lua:247>
