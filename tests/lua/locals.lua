-- Scoping: local variables, shadowing, blocks, globals.

local x = 1
do
  local x = 2
  print(x) -- expect: 2
  do local x = x + 1; print(x) end -- expect: 3
  print(x) -- expect: 2
end
print(x) -- expect: 1

-- a local is visible only after its statement
local y = y
print(y) -- expect: nil
z = "global z"
local z = z .. "!"
print(z, _G.z) -- expect: global z!	global z
local a, b, c = 1, 2
print(a, b, c) -- expect: 1	2	nil
local d, e = 1, 2, 3
print(d, e) -- expect: 1	2
local function two() return 1, 2 end
local p, q, r = two()
local s, u = (two())
local v, w = two(), 10
print(p, q, r, s, u, v, w) -- expect: 1	2	nil	1	nil	1	10

-- the same name twice in one statement, redeclared in one scope
local n, n = 1, 2
print(n) -- expect: 2
local m = 1
local m = m + 1
local m = m * 10
print(m) -- expect: 20

-- if, while, repeat and for bodies are scopes
local i = "outer"
for i = 1, 1 do print(i) end -- expect: 1
for _, i in ipairs({ "in" }) do print(i) end -- expect: in
while true do local i = "while"; print(i); break end -- expect: while
if true then local i = "if"; print(i) else local i = "else"; print(i) end -- expect: if
print(i) -- expect: outer
local k = 0
repeat local done = k >= 2; k = k + 1 until done -- sees the body's local
print(k) -- expect: 3
do
  local k = 100
  repeat local k = 5 until k == 5
  print(k) -- expect: 100
end

-- a recursive local function sees itself; a local with a function does not
local function fact(n) return n <= 1 and 1 or n * fact(n - 1) end
print(fact(10)) -- expect: 3628800
local even = "outer even"
local odd
local even = function(n) if n == 0 then return true end return odd(n - 1) end
odd = function(n) if n == 0 then return false end return even(n - 1) end
print(even(10), odd(7), even(7)) -- expect: true	true	false
local g = function() return g end
print(g()) -- expect: nil

-- parameters are locals
local function f(x, y, x2) x = x or "default"; y = y; return x, y, x2 end
print(f()) -- expect: default	nil	nil
print(f(1, 2, 3, 4)) -- expect: 1	2	3
local function h(a, a) return a end
print(h(1, 2)) -- expect: 2

-- globals
undefined_before = nil
print(undefined_global, rawget(_G, "x")) -- expect: nil	nil
newglobal = 5
print(newglobal, _G.newglobal, _G["newglobal"], _ENV.newglobal) -- expect: 5	5	5	5
_G.other = "set by _G"
print(other) -- expect: set by _G
function globalfunction() return "global function" end
print(globalfunction(), _G.globalfunction == globalfunction) -- expect: global function	true
newglobal = nil
print(newglobal, _G._G == _G) -- expect: nil	true
for name in pairs({ newglobal = 1, other = 1, globalfunction = 1, z = 1 }) do _G[name] = nil end

-- up to 200 locals
local src = {}
for j = 1, 190 do src[j] = "local v" .. j .. " = " .. j end
src[#src + 1] = "return v1 + v100 + v190"
print(assert(load(table.concat(src, "\n")))()) -- expect: 291
for j = 191, 201 do table.insert(src, j, "local v" .. j .. " = " .. j) end
print(select(2, load(table.concat(src, "\n"))))
-- expect: [string "local v1 = 1..."]:201: too many local variables (limit is 200) in main function near '='

-- swaps and temporaries
local one, two2 = "1", "2"
one, two2 = two2, one
print(one, two2) -- expect: 2	1
do local one = one .. two2; two2 = one end
print(one, two2) -- expect: 2	21
