-- Random Lua 5.2 programs that end, never observe what differs between implementations
-- (addresses, the order of pairs, lengths of tables with holes), and print every effect
-- they have. The same seed always gives the same program.
--
--   lua5.2 generate.lua SEED                  prints a program
--   lua5.2 generate.lua FIRST LAST DIRECTORY  writes programs DIRECTORY/<seed>.lua
--   as a chunk, called with a seed: answers the program's text
--
-- Names tell what a variable holds, most of the time, by their first letter; globals have
-- a "g" before it:
--   n number  s string  b boolean  t table  q sequence (the only ones whose length is
--   taken)  f function  m metatable  o object  c coroutine  x anything
--
-- Every statement stands on lines of its own, which are indented; see minimise.lua.

-- Chance ----------------------------------------------------------------------------

local state

local function seed(n) -- neighbours shall not be alike
  state = n * 7919 % 2147483646 + 1
  for _ = 1, 10 do state = state * 48271 % 2147483647 end
end

local function fraction() -- 0 <= x < 1
  state = state * 48271 % 2147483647
  return state / 2147483647
end

local function random(n) return math.floor(fraction() * n) + 1 end -- 1..n

local function chance(percent) return random(100) <= percent end
local function pick(list) return list[random(#list)] end

-- A key of a table of weights. Its pairs in a fixed order are made once.
local order = setmetatable({}, { __mode = "k" })
local function weighted(weights)
  local list = order[weights]
  if not list then
    list = { total = 0 }
    for key, weight in pairs(weights) do
      list[#list + 1] = { tostring(key), weight, key }
      list.total = list.total + weight
    end
    table.sort(list, function(a, b) return a[1] < b[1] end)
    order[weights] = list
  end
  local r = fraction() * list.total
  for _, entry in ipairs(list) do
    r = r - entry[2]
    if r < 0 then return entry[3] end
  end
end

-- The program being made -------------------------------------------------------------

local lines    -- of the body being made
local indent
local visible  -- names of locals in scope, innermost last
local fn       -- the function being made: vararg, yields, loops, labels
local nesting  -- of functions and blocks
local size     -- statements made

local function emit(text)
  for line in (text .. "\n"):gmatch("(.-)\n") do
    lines[#lines + 1] = line
  end
end

local function line(text, ...)
  if select("#", ...) > 0 then text = text:format(...) end
  emit(("  "):rep(indent) .. text)
end

-- The lines that maker emits one level deeper, with the names it declares forgotten.
local function nested(maker, ...)
  local outer, known = lines, #visible
  lines, indent, nesting = {}, indent + 1, nesting + 1
  maker(...)
  local text = table.concat(lines, "\n")
  lines, indent, nesting = outer, indent - 1, nesting - 1
  for i = #visible, known + 1, -1 do visible[i] = nil end
  if text ~= "" then text = text .. "\n" end
  return text
end

local function margin() return ("  "):rep(indent) end

local function block(head, maker, tail, ...)
  line("%s", head)
  local body = nested(maker, ...)
  if body ~= "" then emit(body:sub(1, -2)) end
  line("%s", tail or "end")
end

local function declare(name) visible[#visible + 1] = name return name end
local function fresh(kind) return kind .. random(3) end -- or one to be shadowed

local function variable(kind)
  local found = {}
  for _, name in ipairs(visible) do
    if name:sub(1, 1) == kind then found[#found + 1] = name end
  end
  if #found == 0 or chance(15) then return "g" .. kind .. random(2) end
  return pick(found)
end

-- Expressions ------------------------------------------------------------------------

local make = {} -- kind -> function(depth): an expression

-- What maker answers, as if in a function with these properties.
local function inside(properties, maker, ...)
  local outer = fn
  fn = properties
  fn.loops = 0
  local text = maker(...)
  fn = outer
  return text
end

local kinds = { n = 8, s = 6, b = 3, t = 4, f = 2, o = 3, x = 4, m = 0.5, c = 0.5 }
local statements, pattern, template -- below

local function expr(kind, depth)
  depth = depth or 0
  if chance(3) and kind ~= "q" and kind ~= "m" then kind = weighted(kinds) end
  return make[kind](depth + 1)
end

local function leaf(depth) return chance(depth * 22 - 8) end
local function any(depth) return expr(weighted(kinds), depth) end

local function list(low, high, depth)
  local t = {}
  for i = 1, low - 1 + random(high - low + 1) do t[i] = any(depth) end
  if fn.vararg and chance(15) then t[#t + 1] = "..." end
  if chance(8) then t[#t + 1] = make.call(depth + 1) end
  return table.concat(t, ", ")
end

local constants = { ["nil"] = true, ["true"] = true, ["false"] = true }

-- In a form that may be indexed, called or an operand.
local function base(text)
  return text:find "^[%a_][%w_]*$" and not constants[text] and text or "(" .. text .. ")"
end
local function maybe(text) return chance(60) and base(text) or text end

local fields = { "a", "b", "c", "name", "add" }
local function key(depth)
  local form = weighted { field = 6, number = 3, any = 2, odd = 0.5 }
  if form == "field" then return "." .. pick(fields) end
  if form == "number" then return "[" .. expr("n", depth) .. "]" end
  if form == "any" then return "[" .. expr("s", depth) .. "]" end
  return "[" .. pick { "0/0", "nil", "2^53", "-0", "1.5", "true", "'a'", "'2'" } .. "]"
end

local function indexed(depth) return base(expr(weighted { t = 5, o = 4 }, depth)) .. key(depth) end

local function arguments(depth)
  if chance(6) then return pick { "'str'", "{}", "{ 1, a = 2 }", "[[long]]" } end
  return "(" .. list(0, 3, depth) .. ")"
end

-- Anything that may have several values.
function make.call(depth)
  local form = weighted { f = 6, method = 2, o = 1, pcall = 1, select = 1.5, unpack = 1.5,
    string = 2, yield = fn.yields and 4 or 0.3, pass = 1, literal = 0.7, wrong = 0.15, match = 1.5 }
  if form == "f" then return variable "f" .. arguments(depth) end
  if form == "method" then
    return base(expr(pick { "o", "t" }, depth)) .. ":" .. pick(fields) .. arguments(depth)
  end
  if form == "o" then return base(expr("o", depth)) .. arguments(depth) end
  if form == "pcall" then return "pcall(" .. expr("f", depth) .. ", " .. any(depth) .. ")" end
  if form == "select" then
    return ("select(%s, %s)"):format(pick { "1", "2", "-1", "-2", "'#'", "0", "7" }, list(1, 3, depth))
  end
  if form == "unpack" then
    return chance(60) and "table.unpack(" .. variable "q" .. ")" or
      ("table.unpack(%s, %d, %d)"):format(expr("t", depth), random(3) - 1, random(5) - 1)
  end
  if form == "string" then return "string.byte(" .. expr("s", depth) .. ", 1, 3)" end
  if form == "match" then
    return ("string.%s(%s, %q)"):format(pick { "find", "match" }, expr("s", depth), pattern())
  end
  if form == "yield" then
    return (fn.direct and "coroutine.yield(" or "yield(") .. list(0, 2, depth) .. ")"
  end
  if form == "pass" then return "pass(" .. list(0, 3, depth) .. ")" end
  if form == "literal" then return "(" .. make.f(depth) .. ")(" .. list(0, 2, depth) .. ")" end
  return base(any(depth)) .. arguments(depth)
end

local numbers = { "0", "1", "2", "3", "4", "7", "10", "-1", "-2", "0.5", "1e15", "2^53", "1e308",
  "0x10", "-0", "1/0", "-1/0", "0/0", "1e-3", "3.75", "255", "1e100", "100" }
local digits = { "'10'", "'0x10'", "' 7 '", "'1e1'", "'0x1p4'", "'-3.5'", "'abc'", "''", "'5x'" }

function make.n(depth)
  if leaf(depth) then
    return chance(45) and pick(numbers) or variable "n"
  end
  local form = weighted { arith = 10, minus = 1.5, len = 1.5, digits = 1, choice = 1.5, note = 1.5,
    index = 2, math = 2, call = 1.5, paren = 0.5, bit = 0.7, constant = 2 }
  if form == "arith" then
    return maybe(expr("n", depth)) .. " " .. pick { "+", "-", "*", "/", "%", "^", "+", "-" } ..
      " " .. maybe(expr("n", depth))
  end
  if form == "constant" then return variable "n" .. pick { " + 1", " - 1", " * 2", " / 2", " % 3" } end
  if form == "minus" then return "- " .. maybe(expr("n", depth)) end
  if form == "len" then return "#" .. base(chance(50) and variable "q" or expr("s", depth)) end
  if form == "digits" then return "(" .. pick(digits) .. " + " .. expr("n", depth) .. ")" end
  if form == "choice" then
    return ("(%s and %s or %s)"):format(expr("b", depth), expr("n", depth), expr("n", depth))
  end
  if form == "note" then return ("note('%s', %s)"):format(pick(fields), expr("n", depth)) end
  if form == "index" then return indexed(depth) end
  if form == "math" then
    return ("math.%s(%s, %s)"):format(pick { "floor", "max", "min", "abs", "ceil", "fmod", "modf" },
      expr("n", depth), expr("n", depth))
  end
  if form == "bit" then
    return ("bit32.%s(%s, %s)"):format(pick { "band", "bor", "bxor", "lshift", "arshift" },
      expr("n", depth), pick { "1", "5", "31", "0xff" })
  end
  if form == "call" then return make.call(depth) end
  return "(" .. (fn.vararg and "..." or make.call(depth)) .. ")"
end

local strings = { "''", "'a'", "'abc'", "'hello world'", "'10'", "'a,b;c'", "'x y\\nz'", "'\\65\\z\n  \\x42'",
  "'%d'", "'\\0z'", "'key'", "'add'" }

function make.s(depth)
  if leaf(depth) then return chance(50) and pick(strings) or variable "s" end
  local form = weighted { concat = 6, sub = 2, method = 2, rep = 1, format = 2, tostring = 1.5,
    type = 1, join = 0.7, gsub = 1.5, index = 1.5, choice = 1, call = 1 }
  if form == "concat" then
    local t = {}
    for i = 1, 1 + random(3) do
      t[i] = maybe(expr(weighted { s = 4, n = 3, o = 0.7 }, depth))
    end
    return "clip(" .. table.concat(t, " .. ") .. ")"
  end
  if form == "sub" then
    return ("%s:sub(%s, %s)"):format(base(expr("s", depth)), expr("n", depth), expr("n", depth))
  end
  if form == "method" then return base(expr("s", depth)) .. ":" .. pick { "upper", "lower", "reverse" } .. "()" end
  if form == "rep" then return ("clip(string.rep(%s, %d, %s))"):format(expr("s", depth), random(5) - 1, expr("s", depth)) end
  if form == "format" then return template(depth) end
  if form == "tostring" then return ("tostring(%s)"):format(expr(pick { "n", "b", "s" }, depth)) end
  if form == "type" then return ("type(%s)"):format(any(depth)) end
  if form == "join" then return ("clip(table.concat(%s, %s))"):format(variable "q", expr("s", depth)) end
  if form == "gsub" then
    return ("clip((string.gsub(%s, %q, %q)))"):format(expr("s", depth), pattern(),
      pick { "x", "<%0>", "%1", "%1%1", "", "%%", "%2", "%" })
  end
  if form == "index" then return indexed(depth) end
  if form == "choice" then return ("(%s or %s)"):format(any(depth), expr("s", depth)) end
  return make.call(depth)
end

function make.b(depth)
  if leaf(depth) then return pick { "true", "false", variable "b", "nil" } end
  local form = weighted { compare = 7, equal = 4, ["not"] = 3, ["and"] = 3, ["or"] = 3, any = 1, call = 0.5, raw = 0.5 }
  if form == "compare" then
    local kind = weighted { n = 8, s = 3, o = 3, x = 0.5 }
    return maybe(expr(kind, depth)) .. " " .. pick { "<", "<=", ">", ">=" } .. " " .. maybe(expr(kind, depth))
  end
  if form == "equal" then
    local kind = pick { "n", "s", "o", "b", "n" }
    return maybe(expr(kind, depth)) .. pick { " == ", " ~= " } .. maybe(expr(kind, depth))
  end
  if form == "not" then return "not " .. maybe(expr(pick { "b", "b", "n", "x" }, depth)) end
  if form == "any" then return any(depth) end
  if form == "call" then return make.call(depth) end
  if form == "raw" then return ("rawequal(%s, %s)"):format(expr("s", depth), expr("s", depth)) end
  return maybe(expr("b", depth)) .. " " .. form .. " " .. maybe(expr("b", depth))
end

function make.t(depth)
  if leaf(depth) or chance(50) then return variable "t" end
  local t = {}
  for i = 1, random(5) - 1 do
    t[i] = (chance(50) and "" or chance(60) and pick(fields) .. " = " or
      "[" .. expr(pick { "n", "s" }, depth) .. "] = ") .. any(depth)
  end
  if chance(20) then t[#t + 1] = fn.vararg and "..." or make.call(depth) end
  return "{ " .. table.concat(t, pick { ", ", "; " }) .. " }"
end

function make.q() return variable "q" end

function make.c() return variable "c" end

local function returned(depth)
  local form = weighted { one = 5, many = 3, tail = 3, none = 1, vararg = fn.vararg and 2 or 0 }
  if form == "none" then return "return" end
  if form == "vararg" then return "return ..." end
  if form == "tail" then return "return " .. make.call(depth) end
  if form == "one" then return "return " .. any(depth) end
  return "return " .. list(0, 3, depth)
end

-- "(parameters)", a body, "end".
local function closure(depth, options, given)
  local outer = fn
  fn = { vararg = options.vararg or options.vararg == nil and chance(35), yields = options.yields,
    direct = options.direct, loops = 0 }
  local names = {}
  local text = nested(function()
    for i = 1, random(4) - 1 do
      names[i] = declare(given and given[i] or fresh(pick { "n", "s", "t", "x", "x", "o", "f", "b" }))
    end
    line("step()")
    statements(options.statements or random(4) - 1)
    line("%s", returned(depth + 1))
  end)
  if fn.vararg then names[#names + 1] = "..." end
  fn = outer
  return "(" .. table.concat(names, ", ") .. ")\n" .. text .. margin() .. "end"
end

function make.f(depth)
  if leaf(depth) or nesting > 4 or chance(40) then
    return chance(85) and variable "f" or
      pick { "type", "select", "math.max", "rawget", "pass", "string.upper", "error", "pcall", "tostring" }
  end
  if chance(20) then
    return "function(...) step() return " ..
      inside({ vararg = true, yields = fn.yields }, list, 0, 2, depth + 1) .. " end"
  end
  return "function" .. closure(depth, { yields = fn.yields })
end

local events = { "__add", "__sub", "__mul", "__div", "__mod", "__pow", "__unm", "__len", "__concat",
  "__eq", "__lt", "__le", "__index", "__newindex", "__call", "__tostring", "__index", "__newindex" }

local function handler(event, depth)
  if chance(4) then return pick { "1", "true", "'s'", "{}" } end
  if event == "__tostring" then
    return "function(x1) step() show('__tostring') return " .. pick(strings) .. " end"
  end
  if (event == "__index" or event == "__newindex") and chance(50) then
    return chance(50) and variable "t" or variable "o"
  end
  if nesting > 4 or chance(40) then
    return ("function(...) step() show('%s', ...) return %s end"):format(event,
      inside({ vararg = true, yields = fn.yields }, list, 0, 1, depth + 1))
  end
  return "function" .. closure(depth, { yields = true, statements = random(2) }, { "x1", "x2", "x3" })
end

function make.m(depth)
  if leaf(depth) or nesting > 4 or chance(60) then return variable "m" end
  local t = {}
  for i = 1, random(7) do
    local event = pick(events)
    t[i] = event .. " = " .. handler(event, depth + 1)
  end
  return "{ " .. table.concat(t, ", ") .. " }"
end

function make.o(depth)
  if leaf(depth) or chance(70) then return variable "o" end
  return ("setmetatable({ %s = %s }, %s)"):format(pick(fields), any(depth), make.m(depth))
end

function make.x(depth)
  if leaf(depth) then return chance(60) and variable "x" or pick { "nil", "true", "1", "'x'" } end
  if fn.vararg and chance(15) then return "(...)" end
  if chance(35) then return make.call(depth) end
  if chance(35) then return indexed(depth) end
  if chance(30) then return ("(%s %s %s)"):format(any(depth), pick { "and", "or" }, any(depth)) end
  return any(depth)
end

-- A random pattern, mostly correct.
function pattern()
  local t, open = {}, 0
  if chance(12) then t[1] = "^" end
  for _ = 1, random(4) do
    if chance(15) and open < 3 then t[#t + 1] = "(" open = open + 1 end
    local item = weighted { ["%a"] = 3, ["%d"] = 2, ["."] = 3, a = 2, l = 2, ["[a-c]"] = 1, ["[^%s,]"] = 1,
      ["%s"] = 1, ["%w"] = 1, ["%f[%w]"] = 0.5, ["%b()"] = 0.2, ["%1"] = 0.3, ["()"] = 0.5, ["["] = 0.1,
      ["%"] = 0.1, ["[]]"] = 0.1, ["%f"] = 0.1, ["[%a-z]"] = 0.2, [" "] = 0.5 }
    t[#t + 1] = item .. (chance(40) and pick { "*", "+", "-", "?" } or "")
    if open > 0 and chance(40) then t[#t + 1] = ")" open = open - 1 end
  end
  t[#t + 1] = (")"):rep(chance(95) and open or 1)
  if chance(10) then t[#t + 1] = "$" end
  return table.concat(t)
end

-- A call of string.format.
function template(depth)
  local text, values = {}, {}
  for _ = 1, random(3) do
    local c = weighted { d = 3, s = 3, g = 2, ["5.1f"] = 1, x = 1, q = 1, ["-6d"] = 0.5, ["%"] = 0.3, ["10s"] = 0.5,
      [".2s"] = 0.5, c = 0.5, i = 0.5, ["+d"] = 0.5, ["05d"] = 0.5, e = 0.5, y = 0.05, a = 0.2, o = 0.3, ["#x"] = 0.3 }
    text[#text + 1] = pick { "", "<", " ", "a=" } .. "%" .. c
    if c:find "[sq]" then
      values[#values + 1] = expr(pick { "s", "s", "n" }, depth)
    elseif c:find "[doxc]" then
      values[#values + 1] = pick { "1", "65", "200", "-5", "'7'", variable "n" .. " % 256" }
      if c == "c" or c:find "[ox]" then values[#values] = pick { "65", "48", "'97'" } end
    elseif c ~= "%" then
      values[#values + 1] = expr("n", depth)
    end
  end
  if chance(4) then values[#values] = nil end
  return ("format(%q%s)"):format(table.concat(text), #values > 0 and ", " .. table.concat(values, ", ") or "")
end

-- Statements -------------------------------------------------------------------------

local stat = {}

local function show(...) line("show(%s)", table.concat({ ... }, ", ")) end

function stat.show() show(list(1, 3, 0)) end

function stat.declare()
  local names, values = {}, {}
  for i = 1, chance(70) and 1 or 1 + random(2) do
    local kind = weighted(kinds)
    names[i] = fresh(kind)
    if chance(92) then values[#values + 1] = expr(kind, 0) end
  end
  if chance(8) then values[#values + 1] = any(0) end
  if #names > 1 and chance(20) then values = { make.call(0) } end
  line("%s", "local " .. table.concat(names, ", ") ..
    (#values > 0 and " = " .. table.concat(values, ", ") or ""))
  for _, name in ipairs(names) do declare(name) end
end

local function target(kind)
  if chance(70) then return variable(kind) end
  if chance(20) then return ("pass(%s)%s"):format(variable(pick { "t", "o" }), key(2)) end
  return variable(weighted { t = 3, o = 2 }) .. key(1)
end

function stat.assign()
  local targets, values = {}, {}
  for i = 1, chance(65) and 1 or 1 + random(2) do
    local kind = weighted(kinds)
    targets[i] = target(kind)
    values[i] = expr(kind, 0)
  end
  if chance(8) then values[#values + 1] = any(0) end
  if #targets > 1 and chance(15) then values[#values] = nil end
  if #targets > 1 and chance(15) then values = { make.call(0) } end
  line("%s", table.concat(targets, ", ") .. " = " .. table.concat(values, ", "))
  if chance(40) then show(targets[1]:find "%(" and "1" or targets[1]) end
end

function stat.swap() -- targets that use each other
  local t, n, m = variable "t", variable "n", variable "n"
  local change = ("(function() step() %s, %s = %s, 2 return 1, 2 end)()"):format(t, n, variable "t")
  line("%s", pick {
    ("%s.a = %s"):format(t, change), ("%s[%s] = %s + 1"):format(t, n, change),
    ("%s.a, %s = %s"):format(t, pick { n, m, t }, change),
    ("%s, %s[%s] = %s"):format(n, t, n, change),
    ("%s, %s[%s], %s = %s, %s, %s"):format(n, t, n, m, m, n, any(1)),
    ("%s, %s.a = %s.a, %s"):format(t, t, t, t),
    ("%s[1], %s[2], %s = %s[2], %s[1]"):format(t, t, t, t, t),
    ("%s, %s = %s, %s"):format(n, m, m, n),
    ("%s[note('k', %s)], %s[note('l', 2)] = note('v', %s), note('w', %s)"):format(t, n, t, any(1), any(1)),
    ("%s, %s, %s = %s"):format(n, t, m, make.call(1)),
  })
  show(n, m, t)
end

local function body(count) return function() statements(count or random(3)) end end

stat["if"] = function()
  block("if " .. expr("b") .. " then", body(), chance(50) and "end" or "else")
  if lines[#lines]:find "else$" then
    lines[#lines] = nil
    if chance(40) then block("elseif " .. expr("b") .. " then", body(), "") lines[#lines] = nil end
    block("else", body())
  end
end

local function looping(maker)
  return function(...)
    local labels, direct = fn.labels, #lines
    fn.loops = fn.loops + 1
    if chance(30) then line("step()") end
    maker(...)
    if chance(12) and fn.loops > 0 then line("if %s then break end", expr("b")) end
    fn.loops, fn.labels = fn.loops - 1, labels
    return direct
  end
end

stat["for"] = function()
  local bounds = pick { "1, 3", "3, 1, -1", "1, 0", "0, 1, 0.25", "-1, 1", "10, 1, -4", "1, 2.5", "2^52, 2^52 + 1",
    "'1', 2", "1, 2, 0.1 * 5", "1/0, 1", "1, -1/0", "0/0, 1", "1, -1", "3, 3, -1", "1, 3", "1, 2", "1, 4", "1, " .. variable "n" .. " % 4",
    "1, #" .. variable "q" .. " % 5", "-(" .. variable "n" .. " % 3), " .. variable "n" .. " % 3" }
  local name
  block(("for %s = %s do"):format("n9", bounds), looping(function()
    name = declare "n9"
    if chance(30) then line("n9 = n9 + 1") end
    if chance(35) then line("%s", ("gq1[#gq1 + 1] = function() step() n9 = n9 + 1 return n9, %s end"):format(inside({}, any, 2))) end
    statements(random(3))
    if chance(30) then show("n9") end
  end))
  if chance(35) then line("for i = 1, math.min(#gq1, 4) do show(pcall(gq1[i])) end") end
  return name
end

stat.iterate = function()
  local k, v = fresh "x", fresh "x"
  local source = weighted { ipairs = 3, sorted = 2, gmatch = 2, closure = 2, wrap = 2, call = 0.7, o = 0.5 }
  if source == "ipairs" then source = "ipairs(" .. expr(pick { "t", "q", "o" }) .. ")"
  elseif source == "sorted" then source = "sorted(" .. expr(pick { "t", "q", "o" }) .. ")"
  elseif source == "gmatch" then source = ("string.gmatch(%s, %q)"):format(expr("s"), pattern())
  elseif source == "closure" then source = "function(_, i) step() i = i + 1 if i < 4 then return i, " .. inside({}, any, 2) .. " end end, nil, 0"
  elseif source == "wrap" then
    source = ("coroutine.wrap(function()\n%s%send)"):format(nested(function()
      local outer = fn
      fn = { yields = true, direct = true, loops = 0 }
      line("for i = 1, 3 do coroutine.yield(i, %s) end", any(1))
      statements(random(2) - 1)
      fn = outer
    end), margin())
  elseif source == "o" then source = "limited(" .. expr("o") .. ")"
  else source = "limited(" .. make.call(1) .. ")" end
  local line_count = #lines
  block(("for %s, %s in %s do"):format(k, v, source), looping(function()
    declare(k) declare(v)
    show(k, v)
    statements(random(2))
  end))
  return line_count
end

stat["while"] = function()
  line("do")
  indent = indent + 1
  line("local i = %d", random(4))
  block("while i > 0" .. (chance(50) and " and " .. base(expr("b")) or "") .. " do", looping(function()
    line("i = i - 1")
    statements(random(3))
  end))
  indent = indent - 1
  line("end")
end

stat["repeat"] = function()
  line("do")
  indent = indent + 1
  line("local i = %d", random(3))
  local condition
  block("repeat", looping(function()
    line("local done = %s", expr("b"))
    line("i = i - 1")
    statements(random(3))
    if chance(30) then line("x1 = function() step() return done end") end
    condition = "until i <= 0 or done" .. (chance(30) and " and " .. expr("b") or "")
  end), "@")
  lines[#lines] = margin() .. condition
  indent = indent - 1
  line("end")
end

stat["do"] = function() block("do", body()) end

stat["goto"] = function()
  if chance(50) then -- continue
    local keep = fn.loops
    block("for i = 1, 3 do", function()
      fn.loops = fn.loops + 1
      line("local x1 = i")
      declare "x1"
      line("if %s then goto continue end", expr("b"))
      block("do", body())
      line("gf1 = function() step() x1 = x1 + 1 return x1 end")
      line("::continue::")
    end)
    fn.loops = keep
  else -- backwards, with fresh locals each time
    block("do", function()
      line("local i, fs = 0, {}")
      line("::top::")
      block("do", function()
        line("local n1 = i")
        declare "n1"
        line("fs[#fs + 1] = function() step() n1 = n1 + 1 return n1 end")
        statements(random(2) - 1)
        line("i = i + 1")
        line("if i < 3 then goto top end")
      end)
      line("for i = 1, #fs do show(fs[i](), fs[1]()) end")
    end)
  end
end

stat["function"] = function()
  local form = weighted { ["local"] = 4, global = 2, field = 2, method = 2, variable = 2 }
  local name
  if form == "local" then
    name = fresh "f"
    declare(name)
    line("%s", "local function " .. name .. closure(0, { yields = fn.yields }))
  elseif form == "variable" then
    line("%s", variable "f" .. " = function" .. closure(0, { yields = fn.yields }))
  elseif form == "global" then
    line("%s", "function gf" .. random(2) .. closure(0, {}))
  else
    name = variable(pick { "t", "o" })
    line("%s", "function " .. name .. (form == "field" and "." or ":") .. pick(fields) .. closure(0, {}))
  end
end

function stat.call()
  local text = make.call(0)
  line("%s", text:sub(1, 1) == "(" and ";" .. text or text)
end

function stat.protect()
  if chance(25) then
    line("%s", "show(xpcall(function" .. closure(0, { yields = fn.yields }) ..
      ", function(x1) step() show('handler', x1) return " .. pick { "x1", "1, 2", "clip(tostring(type(x1)) .. '!')", "x1.y" } ..
      " end, " .. any(1) .. "))")
  else
    line("%s", "show(pcall(function" .. closure(0, { yields = fn.yields }) .. ", " .. list(1, 2, 1) .. "))")
  end
end

function stat.raise()
  line("if %s then error(%s%s) end", expr("b"), any(1), chance(40) and ", " .. random(4) - 1 or "")
end

function stat.upvalues() -- captured before and after assignments
  local n, f = fresh "n", fresh "f"
  line("local %s = %s", n, expr("n"))
  declare(n)
  local text = ("function(x1) step() %s = %s return %s end"):format(n,
    inside({ yields = fn.yields }, expr, "n"), n)
  if chance(50) then line("local %s = %s", f, text) declare(f)
  else line("gf1 = %s", text) f = "gf1" end
  if chance(50) then line("%s = %s", n, expr("n")) end
  show(n, f .. "(1)", n)
  show(("%s + %s(2) + %s"):format(n, f, n), n)
  if chance(50) then show(("%s %s %s(3)"):format(n, pick { "<", "..", "-", "==" }, f)) end
end

local function threads(create)
  local body_text
  local outer = fn
  fn = { yields = true, direct = true, vararg = true, loops = 0 }
  body_text = nested(function()
    declare "x1"
    line("step()")
    for _ = 1, random(3) do
      local values = list(0, 2, 1)
      line("%s", pick { "show('got', coroutine.yield(" .. values .. "))",
        "local x1 = coroutine.yield(" .. values .. ")",
        "show(pcall(function(...) return coroutine.yield(" .. values .. ") end))",
        "x1 = " .. base(expr("n", 1)) .. " + (coroutine.yield(" .. values .. "))" })
      statements(random(2) - 1)
    end
    line("%s", returned(1))
  end)
  fn = outer
  return create .. "(function(x1, ...)\n" .. body_text .. margin() .. "end)"
end

function stat.thread()
  local c = fresh "c"
  if chance(65) then
    line("%s", "local " .. c .. " = " .. threads("coroutine.create"))
    declare(c)
    for _ = 1, random(4) do
      line("show(coroutine.resume(%s, %s))", c, list(1, 2, 1))
      if chance(30) then statements(1) end
    end
    show(("coroutine.status(%s)"):format(c))
  else
    line("%s", "local f3 = " .. threads("coroutine.wrap"))
    declare "f3"
    for _ = 1, random(4) do line("show(%s(%s))", chance(50) and "pcall(f3)" and "pcall" or "pass", "f3") end
    line("show(f3(%s))", list(0, 2, 1))
  end
end

function stat.resume()
  line("show(coroutine.resume(%s, %s))", variable "c", list(0, 2, 1) == "" and "1" or any(1))
end

function stat.meta()
  local form = weighted { set = 3, event = 3, clear = 1, get = 1, protect = 0.3 }
  local o, m = variable "o", variable "m"
  if form == "set" then line("setmetatable(%s, %s)", o, expr("m"))
  elseif form == "event" then
    local event = pick(events)
    line("%s", m .. "." .. event .. " = " .. handler(event, 1))
  elseif form == "clear" then line("%s.%s = nil", m, pick(events))
  elseif form == "protect" then line("%s.__metatable = %s", m, pick { "'no'", "false", "nil" })
  else show(("getmetatable(%s) == %s"):format(o, m)) end
  if form ~= "get" then
    line("show(%s)", pick { o .. " + 1", "2 * " .. o, o .. " .. 'x'", "1 .. " .. o, "#" .. o, "-" .. o, o .. ".zip",
      o .. " < " .. variable "o", o .. " <= " .. variable "o", o .. " == " .. variable "o", o .. "(1, 2)",
      "pcall(tostring, " .. o .. ")" })
    if chance(40) then line("%s%s = %s", o, key(1), any(1)) end
  end
end

function stat.sequence()
  local q = variable "q"
  line("%s", pick {
    ("table.insert(%s, %s or '')"):format(q, base(expr(pick { "n", "s" }))),
    ("table.insert(%s, %d, %s or 2)"):format(q, random(3), base(expr("n"))),
    ("show(table.remove(%s))"):format(q), ("show(table.remove(%s, 1))"):format(q),
    ("%s[#%s + 1] = %s"):format(q, q, pick { "1", "'z'", "2.5" }),
    ("show(pcall(table.sort, %s))"):format(q),
    ("show(quietly(table.sort, %s, function(x1, x2) step() return %s end))"):format(q,
      pick { "x1 < x2", "x1 > x2", "tostring(x1) < tostring(x2)" }),
    ("%s = table.pack(%s)"):format(q, pick { "1, 2, 3", "'b', 'a'", "4, 1, 3, 2, 9" }),
    ("%s = { %s, %s }"):format(q, pick { "1", "'a'", "3" }, pick { "2", "0.5", "'b'" }),
    ("show(select('#', table.unpack(%s)))"):format(q),
  })
end

function stat.gsub()
  line("%s", ("show(quietly(string.gsub, %s, %q, %s))"):format(expr("s"), pattern(),
    pick { "function(...) step() show('sub', ...) return " .. pick { "'<>'", "...", "nil", "false", "1" } .. " end",
      variable "t", variable "o", expr("s") }))
end

-- Source text of a few statements as an expression for load; at times broken.
local function source_text()
  local outer = fn
  fn = { vararg = true, loops = 0 }
  local known = visible
  visible = {}
  local text = nested(function()
    line("step()")
    statements(random(2))
    line("%s", returned(2))
  end):gsub("^%s+", "")
  fn, visible = outer, known
  if chance(45) then
    local from = random(#text)
    text = text:sub(1, from - 1) .. pick { "", " end ", " = ", "(", "'", "local ", " then ", "}", "..", " goto x ", "\\" } ..
      text:sub(from + random(4) - 1)
  end
  return text
end

function stat.load()
  if nesting > 3 then return stat.show() end
  local level = ("="):rep(nesting + 1)
  local text = source_text()
  if text:find("]" .. level .. "]", 1, true) then return stat.show() end
  local outside = pick { "pass = pass, note = note, clip = clip", "coroutine = coroutine", "" }
  line("%s", ("x1 = load([%s[%s]%s], %s, 't', %s)"):format(level, text, level, pick { "'=chunk'", "'@file'", "'return 1'", "nil" },
    chance(20) and "nil" or chance(50) and "setmetatable({ step = step, show = show, " .. outside .. " }, { __index = _G })" or
      "{ step = step, show = show, " .. outside .. " }"))
  line("show(pcall(x1, 1, 2))")
end

function stat.environment()
  local form = pick { "{ show = show }", "setmetatable({}, { __index = _G })", "{ gn1 = 5, gx1 = 's' }",
    "setmetatable({}, { __index = function(x1, x2) step() show('env', x2) return " .. inside({}, any, 2) .. " end, __newindex = function(x1, x2, x3) step() show('setenv', x2, x3) rawset(x1, x2, x3) end })" }
  if chance(50) then
    block("do", function()
      line("local _ENV = %s", form)
      statements(random(3))
    end)
  else
    block("local function f1(_ENV, ...)", function()
      local outer = fn
      fn = { vararg = true, loops = 0 }
      line("step()")
      statements(random(2))
      line("%s", returned(1))
      fn = outer
    end)
    declare "f1"
    line("show(pcall(f1, %s, 1))", form)
  end
end

function stat.varargs()
  if not fn.vararg then return stat.show() end
  line("%s", pick { "show(select('#', ...), ...)", "local x1, x2 = ...", "show((...))", "show({ ... })", "show(..., 1)",
    "show(pass(...))", "gx1 = { n = select('#', ...), ... }", "show(pcall(select, 2, ...))" })
end

-- A table of many keys: what is there, what is not, and what a traversal takes away.
function stat.crowd()
  local made = pick { "'k' .. i", "i", "-i", "i / 4", "i % 2 == 0 and i or 'k' .. i", "i * 1000" }
  line("do")
  line("  local t, n = {}, 0")
  line("  for i = 1, %d do t[%s] = i end", random(300), made)
  line("  show(t[%s], rawget(t, nil), t[%s], pcall(rawset, t, %s, 1))", any(1), pick { "nil", "0.5", "'k3'", "true" },
    pick { "nil", "'k5'", "1" })
  line("  for k, v in pairs(t) do")
  line("    n = n + v")
  line("    if v %% %d == 0 then t[k] = nil end", 1 + random(4))
  line("  end")
  line("  for _, v in %s do n = n - v / 2 end", pick { "pairs(t)", "next, t", "ipairs(t)" })
  line("  show(n)")
  line("end")
end

-- The numbers are lua5.2's.
function stat.random()
  line("math.randomseed(%s)", pick { "1", "42", "-3", "2 ^ 31", "1e9" })
  line("show(math.random(), math.random(%d), pcall(math.random, %s, %s))", random(1000), expr("n"), expr("n"))
end

-- Long chains, as generated code has them.
function stat.chain()
  local op, terms = pick { " + ", " - ", " * ", " and ", " or ", " .. ", " == " }, {}
  for i = 1, random(40) + 1 do terms[i] = chance(30) and base(expr(weighted { n = 6, s = 1, x = 1 })) or variable "n" end
  line("show(pcall(function() return %s end))", table.concat(terms, op))
end

-- Scraps that compile in any place.
function stat.odd()
  line("%s", pick { ";", "do end", "local _", "do goto out ::out:: end", "if nil then end",
    "while false do end", "repeat local z = true until z", "for i = 1, 0 do end", "local function f1() return f1 end" })
end

local weights = { show = 14, declare = 12, assign = 12, swap = 3, ["if"] = 5, ["for"] = 5, iterate = 4, ["while"] = 2.5,
  ["repeat"] = 2.5, ["do"] = 1.5, ["goto"] = 2, ["function"] = 6, call = 5, protect = 4, raise = 2, upvalues = 5,
  thread = 4, resume = 1.5, meta = 6, sequence = 4, gsub = 2, load = 2, environment = 1.2, varargs = 3, odd = 1,
  crowd = 0.8, random = 0.5, chain = 1 }
local flat = { show = 14, declare = 10, assign = 12, swap = 3, call = 4, upvalues = 4, meta = 4, sequence = 3, varargs = 3, raise = 2,
  resume = 1 }

function statements(count)
  for _ = 1, count do
    size = size + 1
    stat[weighted((nesting > 4 or size > 90) and flat or weights)]()
  end
end

-- Programs ---------------------------------------------------------------------------

local prelude = [[
local fuel, quiet = 0, 0
local function step()
  fuel = fuel - 1
  if fuel < 0 then error("no fuel", 0) end
end
local function plain(v, depth)
  if v ~= v then return "nan" end
  if type(v) == "string" then return "'" .. v:gsub("0x%x+", "0x") .. "'" end
  if type(v) == "thread" then return coroutine.status(v) end
  if type(v) ~= "table" then return type(v) == "function" and "function" or tostring(v) end
  if depth > 2 then return "{...}" end
  local keys = {}
  for k, w in next, v do
    if k == 0 then k = 0 end -- may be -0
    if type(k) ~= "function" then -- lua5.2 makes some functions only once
      keys[#keys + 1] = plain(k, 9) .. "=" .. (type(k) == "table" and "" or plain(w, depth + 1))
    end
  end
  table.sort(keys)
  return "{" .. table.concat(keys, " ") .. "}"
end
local function show(...)
  local t = table.pack(...)
  for i = 1, t.n do t[i] = plain(t[i], 0) end
  print(table.concat(t, " ", 1, t.n))
end
local function pass(...) return ... end
local function note(tag, v) show("note", tag, v) return v end
local function clip(s) if type(s) == "string" and #s > 200 then return s:sub(1, 50) end return s end
local function format(...) return (string.format(...):gsub("0x%x+", "0x")) end
local text = tostring
function tostring(v) return (text(v):gsub("0x%x+", "0x")) end -- no addresses
local function yield(...)
  if quiet > 0 then return ... end
  return coroutine.yield(...)
end
local function unquiet(ok, ...)
  quiet = quiet - 1
  if not ok then error((...), 0) end
  return ...
end
local function quietly(f, ...)
  step()
  quiet = quiet + 1
  return unquiet(pcall(f, ...))
end
local function sorted(t)
  local keys = {}
  for k in next, t do if type(k) == "string" or type(k) == "number" then keys[#keys + 1] = k end end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  local i = 0
  return function()
    i = i + 1
    if keys[i] == 0 then return 0, t[0] end
    return keys[i], t[keys[i] ]
  end
end
local function limited(f, s, v)
  local i = 0
  return function(...) i = i + 1 if i < 4 then return f(...) end end, s, v
end
local function try(f, ...)
  fuel, quiet = 90, 0
  show("result", pcall(f, ...))
end
gn1, gn2, gs1, gs2, gb1, gb2 = 1, 2.5, "g", "h", true, false
gt1, gt2, gq1, gq2 = { 1, 2, a = 3 }, {}, { 3, 1, 2 }, { "b", "a" }
gf1, gf2 = function(...) return ... end, function(a, b) return b, a end
gm1 = { __index = function(t, k) return k end, __add = function(a, b) return 1 end, __call = function(self, ...) return ... end }
gm2 = { __lt = function(a, b) return true end, __concat = function(a, b) return "cat" end, __eq = function() return true end }
go1, go2 = setmetatable({}, gm1), setmetatable({ a = 1 }, gm2)
gc1, gc2 = coroutine.create(function(a) return coroutine.yield(a) end), coroutine.create(error)
gx1, gx2 = nil, "x"
]]

local endings = { "error(gx1)", "error({})", "error('last', 2)", "gx1.y.z = 1", "local t = {} t.x.y = 1",
  "coroutine.wrap(function() error('inside') end)()", "gf1(go1 + go2, gt1 < gt2)", "error(setmetatable({}, { __tostring = function() return 'T' end }))",
  "string.rep()", "return gf1(gn1)", "do return end", "error()", "local function f() error('deep') end f()" }

-- The text of the program with this seed.
local function program(n)
  seed(n)
  lines, indent, visible, nesting, size = {}, 0, {}, 0, 0
  fn = { vararg = true, loops = 0 }
  emit((prelude:gsub("\n$", "")))
  for kind in ("nsbtfoxm"):gmatch "." do line("local %s1", kind) declare(kind .. "1") end
  line("n1, s1, b1, t1, f1 = 1, 'one', true, { 1, a = 'A' }, function(...) return select('#', ...), ... end")
  line("m1 = { __index = t1, __unm = function(x) return x end, __len = function() return 3 end }")
  line("o1 = setmetatable({}, m1)")
  for _ = 1, 4 + random(8) do
    size = 0
    block("try(function(...)", function() statements(1 + random(5)) end, ("end, %d, 'arg')"):format(random(9)))
  end
  if chance(25) then line("%s", pick(endings)) end
  return table.concat(lines, "\n") .. "\n"
end

local first, last, directory = ...
if not arg then return program(first) end
first, last = tonumber(first) or 1, tonumber(last)
if not last then return io.write(program(first)) end
for n = first, last do
  local file = assert(io.open(("%s/%d.lua"):format(directory, n), "w"))
  file:write(program(n))
  file:close()
end
