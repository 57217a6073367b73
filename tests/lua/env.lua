-- _ENV: the global table, as local, upvalue, parameter; load with an environment.

-- a global name is a field of _ENV
x = 10
print(_ENV.x, _G.x, _ENV == _G, x == _ENV["x"]) -- expect: 10	10	true	true
_ENV.y = 20
print(y) -- expect: 20
y = nil

-- a local _ENV
do
  local print, tostring = print, tostring
  local _ENV = { a = 1 }
  b = 2
  print(a, b, x, tostring(x)) -- expect: 1	2	nil	nil
  print(_ENV.a, _ENV.b) -- expect: 1	2
  function f() return a + b end
  print(f()) -- expect: 3
end
print(a, b, f) -- expect: nil	nil	nil

-- as a parameter
local function with(_ENV) return name, value end
print(with({ name = "n", value = 42 })) -- expect: n	42
local function set(_ENV) z = "set" end
local t = {}
set(t)
print(t.z, z) -- expect: set	nil

-- closures keep the _ENV they were made in
local function make(env)
  local _ENV = env
  return function() count = (count or 0) + 1 return count end
end
local e1, e2 = {}, {}
local f1, f2 = make(e1), make(e2)
f1() f1() f2()
print(e1.count, e2.count, count) -- expect: 2	1	nil

-- _ENV as an upvalue that is assigned
do
  local saved = _ENV
  local print = print
  local function probe() return x end
  print(probe()) -- expect: 10
  _ENV = { x = "replaced" }
  print(probe(), x) -- expect: replaced	replaced
  _ENV = saved
  print(probe(), x) -- expect: 10	10
end

-- nested scopes
do
  local print = print
  local _ENV = { v = "outer" }
  do
    local _ENV = { v = "inner" }
    print(v) -- expect: inner
  end
  print(v) -- expect: outer
end

-- _ENV need not be a table
print(pcall(function() local _ENV = nil return x end))
-- expect: false	env.lua:64: attempt to index local '_ENV' (a nil value)
print(pcall(function() local _ENV = 5 x = 1 end))
-- expect: false	env.lua:66: attempt to index local '_ENV' (a number value)
print((function() local _ENV = "string" return len end)() == string.len) -- expect: true
local reads = {}
local proxy = setmetatable({}, { __index = function(_, k) reads[#reads + 1] = k return _G[k] end,
  __newindex = function(_, k, v) reads[#reads + 1] = k .. "=" .. tostring(v) end })
local function traced(_ENV) newvar = type(1) return tostring(nothing) end
print(traced(proxy), table.concat(reads, " "))
-- expect: nil	type newvar=number tostring nothing

-- load with an environment
local env = { print = print }
print(load("a = 1; return a", "chunk", "t", env)(), env.a, a) -- expect: 1	1	nil
print(load("return x")(), load("return x", "c", "t", {})()) -- expect: 10	nil
local chunk = load("local x = ... ; return _ENV, x", "c", "t", env)
print(chunk(7) == env, select(2, chunk(7))) -- expect: true	7
print(load("return _ENV", "c", "t", nil)()) -- expect: nil
local ok, msg = pcall(load("y = 1", "=c", "t", nil))
print(ok, msg) -- expect: false	c:1: attempt to index upvalue '_ENV' (a nil value)
print(load("return _ENV.x")(), load("local _ENV = { x = 'in chunk' } return x")())
-- expect: 10	in chunk

-- functions defined in a loaded chunk share its _ENV
local lib = {}
load("function inc() n = (n or 0) + 1 return n end function get() return n end", "lib", "t",
  setmetatable(lib, { __index = _G }))()
lib.inc() lib.inc()
print(lib.get(), rawget(lib, "n"), n) -- expect: 2	2	nil

-- sandboxes
local function sandbox(code, allowed)
  local f, e = load(code, "=sandbox", "t", allowed)
  if not f then return false, e end
  return pcall(f)
end
print(sandbox("return math.floor(1.5)", { math = math })) -- expect: true	1
print(sandbox("return os.time()", { math = math }))
-- expect: false	sandbox:1: attempt to index global 'os' (a nil value)
print(sandbox("return nil +", {})) -- expect: false	sandbox:1: unexpected symbol near <eof>
print(sandbox("x = 5", {}), x) -- expect: true	10

-- changing _G's metatable: strict mode
setmetatable(_G, { __newindex = function(_, k) error("assign to undeclared '" .. k .. "'", 2) end,
  __index = function(_, k) error("undeclared '" .. k .. "'", 2) end })
print(pcall(function() undeclared = 1 end))
-- expect: false	env.lua:110: assign to undeclared 'undeclared'
print(pcall(function() return undeclared2 end))
-- expect: false	env.lua:112: undeclared 'undeclared2'
rawset(_G, "declared", 1)
declared = 2
print(declared) -- expect: 2
setmetatable(_G, nil)
declared = nil

-- _G is an ordinary variable; replacing it changes nothing
local old = _G
_G = { x = "not the globals" }
print(x, _G.x, _ENV.x) -- expect: 10	not the globals	10
_G = old

-- names in messages
print(pcall(function() local _ENV = { t = {} } return t.x.y end))
-- expect: false	env.lua:127: attempt to index field 'x' (a nil value)
print(pcall(function() local _ENV = {} return undefined.y end))
-- expect: false	env.lua:129: attempt to index global 'undefined' (a nil value)
print(pcall(function() local e = {} return e.undefined.y end))
-- expect: false	env.lua:131: attempt to index field 'undefined' (a nil value)
x = nil
