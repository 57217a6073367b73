-- The stack's end: an error like others, with a handler's room beyond it, and no more.

local function endless(n) local x = endless(n + 1) return x end
local function wide(n)
  local a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z = wide(n)
  return a, z
end
local function many(...) return 1 + many(...) end

print(pcall(endless, 1)) -- expect: false	stack_overflow.lua:3: stack overflow
print(xpcall(endless, function(m) return m .. "!" end, 1)) -- expect: false	stack_overflow.lua:3: stack overflow!
print(xpcall(wide, function(m) return m .. "!" end, 1)) -- expect: false	stack_overflow.lua:5: stack overflow!
print(xpcall(many, function(m) return m .. "!" end, 1, 2, 3)) -- expect: false	stack_overflow.lua:8: stack overflow!
print(#select(2, xpcall(endless, debug.traceback, 1)) > 100) -- expect: true

-- handlers that fail, or want more than is left for them
print(xpcall(endless, function() error("again") end, 1)) -- expect: false	error in error handling
print(xpcall(endless, function() return endless(1) end, 1)) -- expect: false	error in error handling
print(xpcall(endless, function() return (select(2, pcall(endless, 1))) end, 1)) -- expect: false	error in error handling
print(xpcall(endless, function(m)
  local function down(n) if n == 0 then return m end local r = down(n - 1) return r end
  return down(10)
end, 1)) -- expect: false	stack_overflow.lua:3: stack overflow
print(select("#", xpcall(endless, function(...) return ... end, 1))) -- expect: 2
print(type(select(2, xpcall(endless, function() return {} end, 1)))) -- expect: table

-- once it is over there is as much room as before
local depth
local function measure(n) depth = n return 1 + measure(n + 1) end
pcall(measure, 1)
local first = depth
for i = 1, 5 do xpcall(measure, function(m) return m end, 1) end
pcall(measure, 1)
print(depth == first) -- expect: true

-- in coroutines, from metamethods and from library functions
local co = coroutine.create(endless)
print(coroutine.resume(co, 1)) -- expect: false	stack_overflow.lua:3: stack overflow
print(coroutine.status(co), #debug.traceback(co) > 100) -- expect: dead	true
print(coroutine.resume(coroutine.create(function()
  return xpcall(endless, function(m) return "in: " .. m end, 1)
end))) -- expect: true	false	in: stack_overflow.lua:3: stack overflow
local t = setmetatable({}, { __index = function(_, k) return endless(k) end, __eq = endless, __lt = endless, __concat = endless, __call = endless, __unm = function() return endless(1) end, __len = function() return endless(1) end })
local function caught(f, ...)
  local ok, message = pcall(f, ...)
  return ok, (message:gsub("attempt to .*", "stack overflow"))
end
print(caught(function() return t.x end)) -- expect: false	stack_overflow.lua:3: stack overflow
print(caught(function() return -t end)) -- expect: false	stack_overflow.lua:3: stack overflow
print(caught(function() return #t end)) -- expect: false	stack_overflow.lua:3: stack overflow
print(caught(table.sort, { 3, 2, 1 }, function() return endless(1) end)) -- expect: false	stack_overflow.lua:3: stack overflow
print(caught(string.gsub, "x", "x", function() return endless(1) end)) -- expect: false	stack_overflow.lua:3: stack overflow
print(caught(tostring, setmetatable({}, { __tostring = function() return endless(1) end }))) -- expect: false	stack_overflow.lua:3: stack overflow

-- what cannot be called is no level of the stack
print(xpcall(nil, function(m) return m .. ", " .. debug.getinfo(2, "n").name .. ", " .. debug.getinfo(3, "S").what end))
-- expect: false	attempt to call a nil value, xpcall, main
