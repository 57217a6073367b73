-- Chains of operators, as generated code has them, may be of any length: they are not
-- nested. lua5.2's limit is on nesting alone.

local function run(source, ...) return assert(load(source, "=chain"))(...) end
local function chain(first, more, n) return first .. more:rep(n) end

print(run("return 1" .. ("-1"):rep(100000))) -- expect: -99999
print(run("local x = 1 return " .. chain("x", "-x", 100000))) -- expect: -99999
print(run("x = 1 return " .. chain("x", "-x", 50000))) -- expect: -49999
print(run("local x = 1 return " .. chain("x", "*x+x", 50000))) -- expect: 50001
print(run("local x = 1 return " .. chain("x", "-(x)", 50000))) -- expect: -49999
print(run("local function f() return 1 end return " .. chain("f()", "-f()", 50000)))
-- expect: -49999
print(run("local t = {} t.t = t return " .. chain("t", ".t", 100000) .. " == t")) -- expect: true
print(run("local t, i = {}, 1 t[1] = t return " .. chain("t", "[i]", 50000) .. " == t"))
-- expect: true
print(run("local t, n = {}, 0 function t:m() n = n + 1 return self end t = " ..
  chain("t", ":m()", 50000) .. " return n")) -- expect: 50000
print(run("local n, f = 0 function f() n = n + 1 return f end f = " .. chain("f", "()", 100000) ..
  " return n")) -- expect: 100000
-- what a call gives is called: no more slots than for one of them
print(run("local n, f = 0 function f(...) n = n + select('#', ...) return f end f = " ..
  chain("f", "(n, ...)", 50000) .. "{} return n", 1, 2)) -- expect: 150001
print(run("local n, f = 0 function f(t) n = n + #t return f end f = " .. chain("f", "{1}'ab'", 50000) ..
  " return n")) -- expect: 150000
print(run("local n, t = 0, {} function t.x() n = n + 1 return t end t.y = t t = " ..
  chain("t", ".y.x()", 50000) .. " return n")) -- expect: 50000
print(run("local n, t = 0, {} function t:x() n = n + 1 return function() return t end end return " ..
  chain("t", ":x()()", 50000) .. " == t and n")) -- expect: 50000
print(run("local n, t = 0, setmetatable({}, {__index = function(t, k) return rawget(t, 'x') end}) " ..
  "function t.x() n = n + 1 return t end t = " .. chain("t", ".z()", 50000) .. " return n")) -- expect: 50000
do -- with collections, and more results than are taken
  local n, co = 0, coroutine.create(function()
    return run("local n, f = 0 function f(...) n = n + 1 if n % 50 == 0 then collectgarbage() end " ..
      "coroutine.yield() return f, ..., n end f = " .. chain("f", "(n, n)", 200) .. "() return n")
  end)
  repeat local ok, last = coroutine.resume(co) n = n + 1 until coroutine.status(co) == "dead" or not ok
  print(n) -- expect: 202
end
print(run("local x = 1 return " .. chain("x", " == x", 100000))) -- expect: false
print(run("local x = 1 return " .. chain("x", " ~= type(x)", 100000))) -- expect: true
print(run("local t = {} t.t = t return " .. chain("t.t", " == t.t == true", 50000))) -- expect: false
print(run("local x = 1 if " .. chain("x", " ~= x ~= false", 50000) .. " then return 1 end return 2"))
-- expect: 1
debug.setmetatable(true, {__lt = function(a, b) return not a end, __le = function(a, b) return b end})
print(run("local x = false return " .. chain("x", " < true", 50001))) -- expect: true
print(run("local x = false return " .. chain("x", " > x", 20000))) -- expect: true
print(run("local x = 1 return x < 2" .. (" <= (x == 1) >= (x == 2)"):rep(20000))) -- expect: true
debug.setmetatable(true, nil)
print(run("x = 1 return " .. chain("x", " and x", 20000))) -- expect: 1
print(run("x = nil return " .. chain("x", " or x", 20000))) -- expect: nil
print(run("local x = 0 if " .. chain("x == 1", " or x == 2", 20000) .. " then return 1 end return 2"))
-- expect: 2
print(run("local x = 0 if " .. chain("x == 0", " and x < 2", 20000) .. " then return 1 end return 2"))
-- expect: 1
print(run("local x = 0 if not (" .. chain("x == 1", " or x == 2", 20000) .. ") then return 1 end"))
-- expect: 1
print(run("local x = 0 while " .. chain("x < 3", " and x < 2", 20000) .. " do x = x + 1 end return x"))
-- expect: 2
print(pcall(run, "x = 1\ny = {}\nreturn x" .. ("\n- x"):rep(5000) .. "\n+ y" .. ("\n- x"):rep(5000)))
-- expect: false	chain:5004: attempt to perform arithmetic on global 'y' (a table value)
print(pcall(run, "x = 1\nreturn x == 1" .. ("\n== true"):rep(5000) .. "\n< 1" .. ("\n== true"):rep(5000)))
-- expect: false	chain:5003: attempt to compare boolean with number
print(pcall(run, "local t = {} t.t = t\nreturn t" .. ("\n.t"):rep(3000) .. "\n.x" .. ("\n.t"):rep(3000)))
-- expect: false	chain:3004: attempt to index field 'x' (a nil value)
