-- What error messages call the operand: local, upvalue, global, field, method, constant.

local function err(f, ...) -- helper
  print((select(2, pcall(f, ...)):gsub("^[^:]*:%d+: ", ""):gsub("'_G%.", "'")))
end

local up, upt, upn = nil, {}, 5
local a, t, s, n = nil, { f = { g = {} } }, "str", 1

-- index
err(function() local x; return x.y end) -- expect: attempt to index local 'x' (a nil value)
err(function() local x; return x[1] end) -- expect: attempt to index local 'x' (a nil value)
err(function() local x; return x[n] end) -- expect: attempt to index local 'x' (a nil value)
err(function() local x; x.y = 1 end) -- expect: attempt to index local 'x' (a nil value)
err(function() local x; x[1] = 1 end) -- expect: attempt to index local 'x' (a nil value)
err(function() return up.y end) -- expect: attempt to index upvalue 'up' (a nil value)
err(function() return up[n] end) -- expect: attempt to index upvalue 'up' (a nil value)
err(function() up.y = 1 end) -- expect: attempt to index upvalue 'up' (a nil value)
err(function() return glob.y end) -- expect: attempt to index global 'glob' (a nil value)
err(function() return glob[1] end) -- expect: attempt to index global 'glob' (a nil value)
err(function() glob.y = 1 end) -- expect: attempt to index global 'glob' (a nil value)
err(function() return t.x.y end) -- expect: attempt to index field 'x' (a nil value)
err(function() return t.f.x.y end) -- expect: attempt to index field 'x' (a nil value)
err(function() return t.f.g.x.y end) -- expect: attempt to index field 'x' (a nil value)
err(function() t.f.x.y = 1 end) -- expect: attempt to index field 'x' (a nil value)
err(function() return t.x[1] end) -- expect: attempt to index field 'x' (a nil value)
err(function() local l = {} return l.x.y end)
-- expect: attempt to index field 'x' (a nil value)
err(function() local l = { m = 5 } return l.m.y end)
-- expect: attempt to index field 'm' (a number value)
err(function() local l = {} l.x.y = 1 end) -- expect: attempt to index field 'x' (a nil value)
err(function() local l = { {} } return l[1].x.y end)
-- expect: attempt to index field 'x' (a nil value)
err(function() local l = {} return l[1].x end)
-- expect: attempt to index field '?' (a nil value)
err(function() local l = {} return l[1][2] end)
-- expect: attempt to index field '?' (a nil value)
err(function() local l, k = {}, "key" return l[k].x end)
-- expect: attempt to index field '?' (a nil value)
err(function() local l, k = {}, "key" l[k].x = 1 end)
-- expect: attempt to index field '?' (a nil value)
err(function() local l = {} return l["two words"].x end)
-- expect: attempt to index field 'two words' (a nil value)
err(function() return (nil).x end) -- expect: attempt to index a nil value
err(function() return (1).x end) -- expect: attempt to index a number value
err(function() return (true)[1] end) -- expect: attempt to index a boolean value
err(function() return (function() end).x end) -- expect: attempt to index a function value
err(function() return ((function() end)()).x end) -- expect: attempt to index a nil value
err(function() return (up or nil).x end) -- expect: attempt to index a nil value
err(function(p) return p.x end) -- expect: attempt to index local 'p' (a nil value)
err(function(p, q) return q.x end, {}) -- expect: attempt to index local 'q' (a nil value)
err(function(...) local x = ... return x.y end)
-- expect: attempt to index local 'x' (a nil value)
err(function(...) return (...).y end) -- expect: attempt to index a nil value
err(function() return _ENV.nothing.x end)
-- expect: attempt to index global 'nothing' (a nil value)
err(function() return _G.nothing.x end)
-- expect: attempt to index field 'nothing' (a nil value)
err(function() return string.nothing.x end)
-- expect: attempt to index field 'nothing' (a nil value)
err(function() for i = 1, 1 do return i.x.y end end)
-- expect: attempt to index local 'i' (a number value)
err(function() for k, v in pairs({ 1 }) do return v.x end end)
-- expect: attempt to index local 'v' (a number value)

-- call
err(function() local x; x() end) -- expect: attempt to call local 'x' (a nil value)
err(function() local x = 5; x(1, 2) end) -- expect: attempt to call local 'x' (a number value)
err(function() up() end) -- expect: attempt to call upvalue 'up' (a nil value)
err(function() upn() end) -- expect: attempt to call upvalue 'upn' (a number value)
err(function() glob() end) -- expect: attempt to call global 'glob' (a nil value)
err(function() glob(1) end) -- expect: attempt to call global 'glob' (a nil value)
err(function() t.x() end) -- expect: attempt to call field 'x' (a nil value)
err(function() t.f.x() end) -- expect: attempt to call field 'x' (a nil value)
err(function() t.f.g.x(1, 2) end) -- expect: attempt to call field 'x' (a nil value)
err(function() t:x() end) -- expect: attempt to call method 'x' (a nil value)
err(function() t.f:nomethod(1) end) -- expect: attempt to call method 'nomethod' (a nil value)
err(function() local l = {} l:m() end) -- expect: attempt to call method 'm' (a nil value)
err(function() local l = { m = 1 } l:m() end)
-- expect: attempt to call method 'm' (a number value)
err(function() s:nosuch() end) -- expect: attempt to call method 'nosuch' (a nil value)
err(function() ("x"):nosuch() end) -- expect: attempt to call method 'nosuch' (a nil value)
err(function() string.nosuch("x") end) -- expect: attempt to call field 'nosuch' (a nil value)
err(function() local l = {} l[1]() end) -- expect: attempt to call field '?' (a nil value)
err(function() local l, k = {}, "k" l[k]() end)
-- expect: attempt to call field '?' (a nil value)
err(function() (1)() end) -- expect: attempt to call a number value
err(function() (nil)() end) -- expect: attempt to call a nil value
err(function() ("s")() end) -- expect: attempt to call constant 's' (a string value)
err(function() ({})() end) -- expect: attempt to call a table value
err(function() (function() end)()() end) -- expect: attempt to call a nil value
err(function() local x; return x() end) -- expect: attempt to call local 'x' (a nil value)
err(function() return glob() end) -- expect: attempt to call global 'glob' (a nil value)
err(function() return t.x() end) -- expect: attempt to call field 'x' (a nil value)
err(function() return t:x() end) -- expect: attempt to call method 'x' (a nil value)
err(function() return up() end) -- expect: attempt to call upvalue 'up' (a nil value)
err(function() local x; local y = x() end) -- expect: attempt to call local 'x' (a nil value)
err(function() local x; local y = 1 + x() end)
-- expect: attempt to call local 'x' (a nil value)
err(function() local x; t[x()] = 1 end) -- expect: attempt to call local 'x' (a nil value)
err(function() _ENV.glob() end) -- expect: attempt to call global 'glob' (a nil value)
err(function() local l; l:m() end) -- expect: attempt to index local 'l' (a nil value)
err(function() up:m() end) -- expect: attempt to index upvalue 'up' (a nil value)
err(function() glob:m() end) -- expect: attempt to index global 'glob' (a nil value)
err(function() t.x:m() end) -- expect: attempt to index field 'x' (a nil value)

-- arithmetic
err(function() local x; return x + 1 end)
-- expect: attempt to perform arithmetic on local 'x' (a nil value)
err(function() local x; return 1 + x end)
-- expect: attempt to perform arithmetic on local 'x' (a nil value)
err(function() local x, y = 1; return x + y end)
-- expect: attempt to perform arithmetic on local 'y' (a nil value)
err(function() local x, y = {}, 1; return x * y end)
-- expect: attempt to perform arithmetic on local 'x' (a table value)
err(function() return up + 1 end)
-- expect: attempt to perform arithmetic on upvalue 'up' (a nil value)
err(function() return 1 - up end)
-- expect: attempt to perform arithmetic on upvalue 'up' (a nil value)
err(function() return glob + 1 end)
-- expect: attempt to perform arithmetic on global 'glob' (a nil value)
err(function() return 2 * glob end)
-- expect: attempt to perform arithmetic on global 'glob' (a nil value)
err(function() return t.x + 1 end)
-- expect: attempt to perform arithmetic on field 'x' (a nil value)
err(function() return 1 / t.x end)
-- expect: attempt to perform arithmetic on field 'x' (a nil value)
err(function() return t.f + t.f end)
-- expect: attempt to perform arithmetic on field 'f' (a table value)
err(function() return t.f.x % 2 end)
-- expect: attempt to perform arithmetic on field 'x' (a nil value)
err(function() return t[1] ^ 2 end)
-- expect: attempt to perform arithmetic on field '?' (a nil value)
err(function() return t[n] ^ 2 end)
-- expect: attempt to perform arithmetic on field '?' (a nil value)
err(function() return -up end)
-- expect: attempt to perform arithmetic on upvalue 'up' (a nil value)
err(function() return -glob end)
-- expect: attempt to perform arithmetic on global 'glob' (a nil value)
err(function() return -t.x end)
-- expect: attempt to perform arithmetic on field 'x' (a nil value)
err(function() local x; return -x end)
-- expect: attempt to perform arithmetic on local 'x' (a nil value)
err(function() return -{} end) -- expect: attempt to perform arithmetic on a table value
err(function() return "abc" + 1 end) -- expect: attempt to perform arithmetic on a string value
err(function() return 1 + "abc" end) -- expect: attempt to perform arithmetic on a string value
err(function() return s + 1 end)
-- expect: attempt to perform arithmetic on upvalue 's' (a string value)
err(function() local x = "abc" return x + 1 end)
-- expect: attempt to perform arithmetic on local 'x' (a string value)
err(function() return {} + 1 end) -- expect: attempt to perform arithmetic on a table value
err(function() return 1 + {} end) -- expect: attempt to perform arithmetic on a table value
err(function() return nil + nil end) -- expect: attempt to perform arithmetic on a nil value
err(function() return true + 1 end) -- expect: attempt to perform arithmetic on a boolean value
err(function() local x, y return x + y end)
-- expect: attempt to perform arithmetic on local 'x' (a nil value)
err(function() local x, y = 1, "z" return x - y end)
-- expect: attempt to perform arithmetic on local 'y' (a string value)
err(function() local x = 1 x = x + nil end)
-- expect: attempt to perform arithmetic on a nil value
err(function() local x = 1 x = x + up end)
-- expect: attempt to perform arithmetic on upvalue 'up' (a nil value)
err(function() glob = glob + 1 end)
-- expect: attempt to perform arithmetic on global 'glob' (a nil value)
err(function() t.count = t.count + 1 end)
-- expect: attempt to perform arithmetic on field 'count' (a nil value)
err(function() upt.n = upt.n + 1 end)
-- expect: attempt to perform arithmetic on field 'n' (a nil value)
err(function() local l = {} l.a = l.b + 1 end)
-- expect: attempt to perform arithmetic on field 'b' (a nil value)
err(function() local l = {} return 1 + l.a.b end)
-- expect: attempt to index field 'a' (a nil value)
err(function() return t.x + t.y end)
-- expect: attempt to perform arithmetic on field 'x' (a nil value)
err(function() return (t.x) + 1 end)
-- expect: attempt to perform arithmetic on field 'x' (a nil value)
err(function() return math.pi + math.nothing end)
-- expect: attempt to perform arithmetic on field 'nothing' (a nil value)
err(function() return #t + up end)
-- expect: attempt to perform arithmetic on upvalue 'up' (a nil value)
err(function() return string.rep + 1 end)
-- expect: attempt to perform arithmetic on field 'rep' (a function value)

-- concatenation
err(function() local x; return x .. "s" end)
-- expect: attempt to concatenate local 'x' (a nil value)
err(function() local x; return "s" .. x end)
-- expect: attempt to concatenate local 'x' (a nil value)
err(function() return "a" .. "b" .. up end)
-- expect: attempt to concatenate upvalue 'up' (a nil value)
err(function() return glob .. "x" end)
-- expect: attempt to concatenate global 'glob' (a nil value)
err(function() return "x" .. glob .. "y" end)
-- expect: attempt to concatenate global 'glob' (a nil value)
err(function() return t.x .. "x" end) -- expect: attempt to concatenate field 'x' (a nil value)
err(function() return "x" .. t.x end) -- expect: attempt to concatenate field 'x' (a nil value)
err(function() return "x" .. {} end) -- expect: attempt to concatenate a table value
err(function() return {} .. "x" end) -- expect: attempt to concatenate a table value
err(function() return 1 .. nil end) -- expect: attempt to concatenate a nil value
err(function() return "a" .. true .. "b" end) -- expect: attempt to concatenate a boolean value
err(function() local x, y = "ok" return x .. y end)
-- expect: attempt to concatenate local 'y' (a nil value)
err(function() local x, y = "ok" return y .. x .. x end)
-- expect: attempt to concatenate local 'y' (a nil value)
err(function() local l = {} return "v=" .. l.v end)
-- expect: attempt to concatenate field 'v' (a nil value)
err(function() local l = {} l.v = l.v .. "x" end)
-- expect: attempt to concatenate field 'v' (a nil value)
err(function() return s .. print end)
-- expect: attempt to concatenate global 'print' (a function value)

-- length
err(function() local x; return #x end)
-- expect: attempt to get length of local 'x' (a nil value)
err(function() return #up end) -- expect: attempt to get length of upvalue 'up' (a nil value)
err(function() return #glob end) -- expect: attempt to get length of global 'glob' (a nil value)
err(function() return #t.x end) -- expect: attempt to get length of field 'x' (a nil value)
err(function() return #5 end) -- expect: attempt to get length of a number value
err(function() return #nil end) -- expect: attempt to get length of a nil value
err(function() return #(function() end) end)
-- expect: attempt to get length of a function value
err(function() return #true end) -- expect: attempt to get length of a boolean value

-- compare: types only
err(function() return glob < 1 end) -- expect: attempt to compare nil with number
err(function() return 1 < t.x end) -- expect: attempt to compare number with nil
err(function() return up <= 1 end) -- expect: attempt to compare nil with number
err(function() return t < t end) -- expect: attempt to compare two table values
err(function() return t > 1 end) -- expect: attempt to compare number with table
err(function() return s >= 1 end) -- expect: attempt to compare number with string
err(function() local x, y = 1, "1" return x < y end)
-- expect: attempt to compare number with string
err(function() if up > 1 then return 1 end end) -- expect: attempt to compare number with nil
err(function() while t.x < 5 do end end) -- expect: attempt to compare nil with number
err(function() return 1 < print end) -- expect: attempt to compare number with function

-- for loops
err(function() for i = 1, up do end end) -- expect: 'for' limit must be a number
err(function() for i = t, 1 do end end) -- expect: 'for' initial value must be a number
err(function() for i = 1, 2, "s" do end end) -- expect: 'for' step must be a number

-- upvalues two levels out; names of functions do not matter
err(function() return (function() return up.x end)() end)
-- expect: attempt to index upvalue 'up' (a nil value)
err(function() local l; return (function() return l.x end)() end)
-- expect: attempt to index upvalue 'l' (a nil value)
err(function() local l; (function() l() end)() end)
-- expect: attempt to call upvalue 'l' (a nil value)
err(function() local function f() return f.x.y end return f() end)
-- expect: attempt to index upvalue 'f' (a function value)

-- assigned through _ENV as a local or parameter
err(function() local _ENV = {} return x.y end)
-- expect: attempt to index global 'x' (a nil value)
err(function() local _ENV = {} x() end) -- expect: attempt to call global 'x' (a nil value)
err(function() local _ENV = {} return x + 1 end)
-- expect: attempt to perform arithmetic on global 'x' (a nil value)
err(function(_ENV) return x.y end, {}) -- expect: attempt to index global 'x' (a nil value)
err(function(_ENV) x() end, {}) -- expect: attempt to call global 'x' (a nil value)
err(function() local env = {} return env.x.y end)
-- expect: attempt to index field 'x' (a nil value)

-- what a method gives has no name
err(function() return s:upper() + 1 end) -- expect: attempt to perform arithmetic on a string value
err(function() return -s:upper() end) -- expect: attempt to perform arithmetic on a string value
err(function() return s:len().x.y end) -- expect: attempt to index a number value
err(function() return s:len()() end) -- expect: attempt to call a number value
err(function() return s:nothing() end) -- expect: attempt to call method 'nothing' (a nil value)

-- what __concat gives is called by the operand whose place it takes
local cat = setmetatable({}, { __concat = function() return nil end })
err(function(x) local y = cat; return x .. y .. s .. 1 end, "a")
-- expect: attempt to concatenate local 'y' (a nil value)
err(function(x) return x .. cat .. s .. 1 end, "a")
-- expect: attempt to concatenate upvalue 'cat' (a nil value)
err(function(x) return "a" .. "b" .. cat end)
-- expect: attempt to concatenate constant 'b' (a nil value)
err(function(x) return x .. s end) -- expect: attempt to concatenate local 'x' (a nil value)
err(function(x) return cat .. x .. {} .. s end) -- expect: attempt to concatenate a table value
err(function(x) return 1 .. (s .. x) end) -- expect: attempt to concatenate local 'x' (a nil value)
err(function(x) return 1 .. x .. s end) -- expect: attempt to concatenate local 'x' (a nil value)

-- constants that decide `and` and `or` leave no trace
err(function() return (true and glob).x end) -- expect: attempt to index global 'glob' (a nil value)
err(function() return (nil or 1 and up).x end) -- expect: attempt to index upvalue 'up' (a nil value)
err(function() return (false or t.x) + 1 end)
-- expect: attempt to perform arithmetic on field 'x' (a nil value)
err(function() return (a or glob).x end) -- expect: attempt to index a nil value
err(function() return (a and nil or up).x end) -- expect: attempt to index upvalue 'up' (a nil value)
err(function() return ((a or 1) and glob).x end)
-- expect: attempt to index global 'glob' (a nil value)
err(function() return ((t or a) and up).x end) -- expect: attempt to index a nil value
err(function() return ((n > 1 and nil) or false or glob).x end)
-- expect: attempt to index global 'glob' (a nil value)
err(function() return (n > 1 and 1 or glob).x end) -- expect: attempt to index a nil value
