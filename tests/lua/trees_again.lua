-- Trees of long chunks are let go when they have been loaded, and made again for what needs
-- them: names in errors, dumps, upvalues that are joined.

local filler = ("-- so long that the tree is let go\n"):rep(50)
local source = filler .. [[
local up, other = 1, 2
local function deep(a)
  return function(b)
    if b == "global" then return nothing.x end
    if b == "field" then return a.b.c end
    if b == "local" then local z return z.y end
    if b == "upvalue" then return up.x.y end
    if b == "call" then return a.nothing() end
    if b == "method" then return a:nothing() end
    if b == "arithmetic" then return a + up end
    if b == "concat" then return "x" .. a end
    if b == "constant" then return ("x")() end
    up = up + 1
    return up, other
  end
end
local t = { deep({}), f = function(...) return (...).q.r end }
return deep, t
]]
local f = assert(load(source, "@long"))
local deep, t = f()
local function try(...) print(select(2, pcall(...))) end
try(t[1], "global") -- expect: long:54: attempt to index global 'nothing' (a nil value)
try(t[1], "field") -- expect: long:55: attempt to index field 'b' (a nil value)
try(t[1], "local") -- expect: long:56: attempt to index local 'z' (a nil value)
try(t[1], "upvalue") -- expect: long:57: attempt to index upvalue 'up' (a number value)
try(t[1], "call") -- expect: long:58: attempt to call field 'nothing' (a nil value)
try(t[1], "method") -- expect: long:59: attempt to call method 'nothing' (a nil value)
try(t[1], "arithmetic") -- expect: long:60: attempt to perform arithmetic on upvalue 'a' (a table value)
try(t[1], "concat") -- expect: long:61: attempt to concatenate upvalue 'a' (a table value)
try(t.f, {}) -- expect: long:67: attempt to index field 'q' (a nil value)
print(t[1]()) -- expect: 2	2

-- the same of a dump of it, and of dumps of functions in it
local again = assert(load(string.dump(f)))
local _, t2 = again()
try(t2[1], "global") -- expect: long:54: attempt to index global 'nothing' (a nil value)
try(t2.f, {}) -- expect: long:67: attempt to index field 'q' (a nil value)
print(string.dump(again) == string.dump(f)) -- expect: true
local inner = assert(load(string.dump(deep(5))))
try(inner, "upvalue") -- expect: long:57: attempt to index upvalue 'up' (a nil value)

-- code whose upvalues are all cells
local one, two = deep(1), deep({ b = 2 })
debug.upvaluejoin(one, 2, two, 2)
try(one, "field") -- expect: long:55: attempt to index field 'b' (a number value)
try(one, "method") -- expect: long:59: attempt to call method 'nothing' (a nil value)
print(one(), two()) -- expect: 3	4	2
print(debug.getupvalue(one, 2) == debug.getupvalue(two, 2)) -- expect: true

-- lines that are far apart
local far = assert(load("local x = 1\n" .. ("\n"):rep(300) .. "if ... then x.y.z = 1 end\n" ..
  ("\n"):rep(70000) .. "return nothing.x", "=far"))
try(far, true) -- expect: far:302: attempt to index local 'x' (a number value)
try(far) -- expect: far:70303: attempt to index global 'nothing' (a nil value)
local lines = {}
for line in pairs(debug.getinfo(far, "L").activelines) do lines[#lines + 1] = line end
table.sort(lines)
print(table.concat(lines, " ")) -- expect: 1 302 70303
local wide = load("local f = function(...) return ... end return " .. ("f(1, "):rep(120) ..
  "f(g.h)" .. (")"):rep(120), "=wide")
try(wide) -- expect: wide:1: attempt to index global 'g' (a nil value)
