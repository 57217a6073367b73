-- moonlet-only: callbacks of the string library that yield; iterators and half-done calls
-- in snapshots and forks. (lua5.2: "attempt to yield across a C-call boundary".)

local state = require "state"
local yield, wrap = coroutine.yield, coroutine.wrap

-- gsub: functions, tables, nested, errors after a yield
local co = wrap(function() return ("a-b-c"):gsub("%w", function(c) return yield(c) end) end)
print(co(), co("1"), co(nil)) -- expect: a	b	c
print(co(3)) -- expect: 1-b-3	3
co = wrap(function() return ("k=v; "):rep(3):gsub("(%w)=(%w)", function(...) return yield(...) end) end)
print(co()) -- expect: k	v
print(co("first")) -- expect: k	v
print(co(false)) -- expect: k	v
print(co("third")) -- expect: first; k=v; third; 	3
co = wrap(function()
  return ("x y z"):gsub("%w", setmetatable({ y = "Y" }, { __index = function(_, k) return yield(k) end }))
end)
print(co(), co("X")) -- expect: x	z
print(co()) -- expect: X Y z	3
co = wrap(function()
  return ("ab cd"):gsub("%w+", function(w) return (w:gsub(".", function(c) return yield(c) .. c end)) end)
end)
print(co(), co(1), co(2), co(3)) -- expect: a	b	c	d
print(co(4)) -- expect: 1a2b 3c4d	2
co = wrap(function() return pcall(string.gsub, "ab", ".", function(c) if yield(c) then error("stop", 0) end end) end)
print(co(), co(false)) -- expect: a	b
print(co(true)) -- expect: false	stop
co = wrap(function() return pcall(string.gsub, "ab", ".", function(c) return yield(c) end) end)
print(co(), co({})) -- expect: a	false	invalid replacement value (a table)

-- a long result, and a subject longer than any buffer
co = wrap(function() return ("x"):rep(5000):gsub("x", function() return yield() end) end)
local r, n = co()
for i = 1, 5000 do r, n = co(i % 10) end
print(#r, r:sub(1, 12), n) -- expect: 5000	123456789012	5000
co = wrap(function() return (("a"):rep(3000) .. "b"):rep(3):gsub("b", function(c) return yield(c) end) end)
r = co()
while r == "b" do r, n = co("[" .. ("B"):rep(1000) .. "]") end
print(#r, r:find("[", 1, true), n) -- expect: 12006	3001	3

-- format: several __tostrings that yield
local meta = { __tostring = function(t) return yield(t[1]) end }
local function object(x) return setmetatable({ x }, meta) end
co = wrap(function() return ("<%s|%5s|%d|%.1s|%s>"):format(object(1), object(2), 3, object(4), "end") end)
print(co(), co("one"), co("two")) -- expect: 1	2	4
print(co("four")) -- expect: <one|  two|3|f|end>
co = wrap(function() return pcall(string.format, "%s %d", object(1), "x") end)
print(co()) -- expect: 1
print(co("one")) -- expect: false	bad argument #3 to 'string.format' (number expected, got string)
co = wrap(function() return ("%s"):rep(20):format(object(1), object(2), object(3), object(4), object(5), object(6),
  object(7), object(8), object(9), object(10), object(11), object(12), object(13), object(14), object(15),
  object(16), object(17), object(18), object(19), object(20)) end)
r = co()
while type(r) == "number" do r = co(r .. " ") end
print(r) -- expect: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 

-- iterators of gmatch are part of the state
local words = ("one two three four"):gmatch("%a+")
print(words(), state.fork(function() return words(), words() end)) -- expect: one	two	three
print(words()) -- expect: two
local s, again = state.snapshot()
print(words(), again) -- expect: three	nil
-- expect: three	true
if not again then state.restore(s, true) end
print(words(), (words())) -- expect: four	nil

-- a gsub that is half done, finished in two ways
co = wrap(function() return ("a b c"):gsub("%w", function(c) return yield(c) end) end)
co() co("A")
print(state.fork(function() co("B") return co("C") end)) -- expect: A B C	3
print(state.fork(function() co("X") return co() end)) -- expect: A X c	3
print(co(), co()) -- expect: c	A b c	3
local log = {}
local text = ("abc"):gsub("%w", function(c)
  local snapshot, times = state.snapshot()
  if c == "b" and not times then state.restore(snapshot, "twice") end
  return c .. (times or "")
end)
print(text) -- expect: abtwicec
print(state.try(string.gsub, "ab", ".", function(c) log[#log + 1] = c if c == "b" then error("undone", 0) end end))
-- expect: false	undone
print(#log) -- expect: 0

-- callbacks inside sort inside gsub
co = wrap(function()
  return ("cab,fde"):gsub("%w+", function(w)
    local t = { w:byte(1, -1) }
    table.sort(t, function(a, b) yield() return a < b end)
    return string.char(table.unpack(t))
  end)
end)
repeat r, n = co() until r
print(r, n) -- expect: abc,def	2
