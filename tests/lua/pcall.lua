-- pcall and xpcall: results, nesting, handlers, tracebacks.

local function err(f, ...) -- helper
  print((select(2, pcall(f, ...)):gsub("'_G%.", "'")))
end

print(pcall(function() return 1, 2, 3 end)) -- expect: true	1	2	3
print(pcall(function() end)) -- expect: true
print(pcall(function(...) return select("#", ...), ... end, 1, nil, nil))
-- expect: true	3	1	nil	nil
print(select("#", pcall(function() end)), select("#", pcall(error))) -- expect: 1	2
err(pcall) -- expect: bad argument #1 to 'pcall' (value expected)
print(pcall(nil)) -- expect: false	attempt to call a nil value
print(pcall(5)) -- expect: false	attempt to call a number value
print(pcall({})) -- expect: false	attempt to call a table value
print(pcall("string")) -- expect: false	attempt to call a string value

-- nesting
print(pcall(pcall, error, "inner")) -- expect: true	false	inner
print(pcall(pcall, pcall, error, "innermost")) -- expect: true	true	false	innermost
print(pcall(function() -- expect: false	second after first
  local ok, e = pcall(error, "first", 0)
  error("second after " .. e, 0)
end))
local function nest(n)
  if n == 0 then error("bottom", 0) end
  local ok, e = pcall(nest, n - 1)
  error(e .. n, 0)
end
print(pcall(nest, 5)) -- expect: false	bottom12345
local depth = 0
local function deep(n) depth = n if n == 0 then return "ok" end return select(2, pcall(deep, n - 1)) end
print(deep(150), depth) -- expect: ok	0

-- locals, upvalues and tables keep what was assigned before the error
local x, t = 1, {}
pcall(function() x = 2 t.a = 1 error("e") t.b = 2 end)
print(x, t.a, t.b) -- expect: 2	1	nil

-- a loop continues after a caught error
local caught = 0
for i = 1, 10 do
  local ok = pcall(function() if i % 3 == 0 then error(i) end end)
  if not ok then caught = caught + 1 end
end
print(caught) -- expect: 3

-- return from within, break after
local function f()
  for i = 1, 3 do
    local ok, v = pcall(function() return i * 10 end)
    if v == 20 then return "found", i end
  end
end
print(f()) -- expect: found	2

-- tail-called pcall
local function tail(g, ...) return pcall(g, ...) end
print(tail(error, "tail")) -- expect: false	tail
print(tail(function(...) return ... end, 1, 2)) -- expect: true	1	2

-- methods and callable tables
local obj = { v = 5, get = function(self, y) return self.v + y end }
print(pcall(obj.get, obj, 1)) -- expect: true	6
print(pcall(setmetatable({}, { __call = function(_, ...) return "called", ... end }), "arg"))
-- expect: true	called	arg

-- xpcall: arguments are passed on (5.2), the handler gets the error
print(xpcall(function(...) return ... end, print, 1, 2, 3)) -- expect: true	1	2	3
print(xpcall(function() error("msg", 0) end, function(m) return "handled " .. m end))
-- expect: false	handled msg
print(xpcall(function() error({ code = 1 }) end, function(e) return e.code + 1 end))
-- expect: false	2
print(xpcall(function() error() end, function(e) return "nil error: " .. tostring(e) end))
-- expect: false	nil error: nil
print(xpcall(error, function(m) return m .. "!" end, "direct")) -- expect: false	direct!
print(xpcall(function() local v = nil + 1 end, function(m) return (m:gsub("^.-:%d+: ", "")) end))
-- expect: false	attempt to perform arithmetic on a nil value

-- a handler's results: only the first
print(xpcall(error, function() return 1, 2, 3 end, "x")) -- expect: false	1
print(xpcall(error, function() end, "x")) -- expect: false	nil
print(select("#", xpcall(error, function() end, "x"))) -- expect: 2

-- the handler runs at the point of the error, before unwinding
local order = {}
local function work() order[#order + 1] = "work" error("fail", 0) end
xpcall(function() work() order[#order + 1] = "not reached" end,
  function(m) order[#order + 1] = "handler " .. m return m end)
order[#order + 1] = "after"
print(table.concat(order, ", ")) -- expect: work, handler fail, after

-- nested xpcall: each error goes to the nearest handler
print(xpcall(function() -- expect: false	outer(inner(a) then b)
  local r = { xpcall(error, function(m) return "inner(" .. m .. ")" end, "a") }
  error(r[2] .. " then b", 0)
end, function(m) return "outer(" .. m .. ")" end))
print(xpcall(function() -- expect: true	fine
  pcall(error, "swallowed by pcall")
  return "fine"
end, function() return "never" end))

-- pcall inside a handler
print(xpcall(error, function(m) -- expect: false	outer / in handler
  local ok, e = pcall(error, "in handler")
  return m .. " / " .. e
end, "outer"))

-- a traceback handler
local ok, tb = xpcall(function() error("trace me") end, debug.traceback)
print(ok, (tb:match("^[^\n]*"))) -- expect: false	pcall.lua:110: trace me
print(tb:match("\nstack traceback:\n") ~= nil, tb:match("pcall%.lua:%d+: in function") ~= nil)
-- expect: true	true

-- an error in the handler: status false, some value; the program goes on
print((xpcall(error, function() error("again") end, "x"))) -- expect: false
print((xpcall(function() local a = nil + 1 end, function(m) return m .. nil end)))
-- expect: false
err(xpcall) -- expect: bad argument #2 to 'xpcall' (value expected)
err(xpcall, print) -- expect: bad argument #2 to 'xpcall' (value expected)
print((xpcall(error, nil, "nil handler"))) -- expect: false
print("still running") -- expect: still running

-- pcall in coroutines, coroutines in pcall
local co = coroutine.wrap(function()
  local r = { pcall(function() coroutine.yield(1) error("after yield", 0) end) }
  coroutine.yield(r[2])
  return pcall(function() return coroutine.yield("y3"), "end" end)
end)
print(co(), co(), co(), co("resumed")) -- expect: 1	after yield	y3	true	resumed	end
print(pcall(coroutine.wrap(function() error("in wrap", 0) end))) -- expect: false	in wrap
