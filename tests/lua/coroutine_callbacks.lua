-- moonlet-only: yields across callbacks of library functions, which PUC's C stack forbids.

local yield, wrap = coroutine.yield, coroutine.wrap

local co = wrap(function()
  local list = { 3, 1, 2 }
  table.sort(list, function(a, b) yield("compare") return a < b end)
  return table.concat(list, " ")
end)
local compares, reply = 0, co()
while reply == "compare" do compares = compares + 1 reply = co() end
print(compares >= 2, reply) -- expect: true	1 2 3

co = wrap(function() return ("a-b-c"):gsub("%w", function(c) return yield(c) end) end)
print(co(), co("X"), co(nil)) -- expect: a	b	c
print(co("Z")) -- expect: X-b-Z	3

co = wrap(function()
  return ("x y"):gsub("%w", setmetatable({}, { __index = function(_, k) return yield("index " .. k) end }))
end)
print(co(), co("1")) -- expect: index x	index y
print(co("2")) -- expect: 1 2	2

co = wrap(function()
  local t = setmetatable({}, { __tostring = function() return yield("tostring") end })
  return tostring(t) .. "!"
end)
print(co(), co("text")) -- expect: tostring	text!

co = wrap(function()
  local parts, i = { "return ", "1", " + 2" }, 0
  local f = load(function() i = i + 1 return parts[i] and yield(parts[i]) end)
  return f()
end)
print(co(), co("return "), co("40")) -- expect: return 	1	 + 2
print(co(" + 2")) -- expect: 42

co = wrap(function()
  return xpcall(error, function(m) return yield("handler of " .. m) end, "e")
end)
print(co()) -- expect: handler of e
print(co("handled")) -- expect: false	handled

co = wrap(function()
  local out = {}
  for w in ("one two"):gmatch("%a+") do out[#out + 1] = yield(w) end
  return table.concat(out, "+")
end)
print(co(), co("1"), co("2")) -- expect: one	two	1+2
