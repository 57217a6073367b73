-- Every kind of operand in every operation and statement: prints the error, with the name that it gives to
-- the operand and its line, as the expression stands on one line and with breaks at random places. To be run
-- by two Luas, whose outputs must be the same:
--
--   diff <(lua5.2 errors.lua SEED) <(moonlet errors.lua SEED)
local seed = tonumber(arg[1]) or 1

local function random(n) -- 1..n
  seed = seed * 16807 % 2147483647 -- exact in a double
  return seed % n + 1
end

local prelude = [[
local unil, utab, T2, uk = nil, {}, {}, "k"
local U = setmetatable({}, { __index = function() return nil end, __metatable = 1 })
local function uf() end
gtab, gk, gnil = {}, "gk", nil
return function(...)
local lnil, ltab, T, k, lfalse, lnum = nil, {}, { g = 1, T = {} }, "k", false, 5
local o = setmetatable({}, { __tostring = function() return "o" end })
local function f() end
local _ = unil, utab, T2, uk, U, uf
]]

local operands = { "lnil", "ltab", "unil", "utab", "gnil", "gtab", "lfalse", "lnum", "o", "nil", "true", "1", "1.5",
  '"str"', '"10"', "({})", "(function() end)", "f()", "(f())", "uf()", "(lnil)", "...", "(...)", "T.f", "T.f.g", "T.T.T",
  "T:m()", "T2.f", "T2.x.y", "T[1]", "T[-1]", "T[1.5]", "T[true]", "T[lnil]", "T[ltab]", "T[k]", "T[k..k]", "T[uk]", "T[gk]",
  'T["f"]', 'T["x y"]', "T[#T]", "T2[k]", "T2[uk]", "gtab.x", "gtab.x.y", "gtab[lnil]", "gtab[k]", "gtab[gk]", "_ENV.gnil",
  '_ENV["gnil"]', "U", "U.f", "o.x", "o[1]", "-lnil", "not lnil", "lnil..1", "#ltab", "lnil or lnil", "lnil and 1",
  "T.f or T.g", "T.f == 1", '("x"):rep(2)', "string.foo", '("x").foo', "lnum.x",
  "(1 and lnil)", "(nil or T.f)", "(false or ltab.x)", "(-1 and lnil)", "(1 + 1 and unil)", "(1 / 0 and lnil)", "(not nil and gnil)",
  "(not (k and nil) and lnil)", '(true and "s")', '(nil or "s")', "(lfalse or lnil)", "(k and lnil)", "(lnil and nil or T.f)" }
local operations = { "%s + 1", "1 + %s", "%s + %s", "%s * lnil", "lnil * %s", "%s ^ 2", "2 ^ %s", "%s % %s", "%s - T2.f",
  '%s + "abc"', '"abc" + %s', "%s + 1 + 1", "1 + (2 + %s)", "k + %s", "%s + k", "%s - uk", "uk * %s", "%s / gk", "-%s", "#%s",
  '%s .. "x"', '"x" .. %s', '"x" .. %s .. "y"', "1 .. 2 .. %s", "%s .. %s", "%s .. lnil", "lnil .. %s", "%s .. nil", "nil .. %s",
  "T2.f .. %s", "%s .. T.f", "%s < 1", "1 < %s", "%s < %s", "%s <= {}", '"x" > %s', "%s == 1", "%s.x", "%s.x.y", "%s[1]", "%s[nil]",
  "T[%s].x", "#%s.x", "-%s.x", "#%s.x.y", "%s()", "(%s)()", "%s.x()", "%s[k]()", "%s(1)(2)", '%s"x"', "%s{1}.x", "f(%s.x.y)",
  "%s:m()", "%s:m{}", "%s.x:m()", "%s:m().x", "{%s + 1}" }
-- X: an operand, or an operation. The iterators of `for` are left out: docs/DIFFERENCES.md says why.
local statements = { "return X", "local v = X", "local v; v = X", "gv = X", "T.v = X", "uk = X", "if X then end",
  "while X do break end", "local z repeat if z then break end z = 1 until X", "f(X)", "f(1, X)", "T:m(X)", "local a, b = X, 1",
  "return (X)", "return 1, X", "return not X", "return X and 1", "return 1 and X", "return nil or X", "return {X}",
  "return {a = X}", "return {X, 1}", "for i = X, 1 do end", "for i = 1, X do end", "for i = 1, 2, X do end", "T[X] = 1" }
local assignments = { "X.v = 1", "X[1] = 1", "X[nil] = 1", "X.v.w = 1", "X()", "X:m()", "X.v, X.w = 1, 2", "X[k] = 1",
  "function X.v() end", "X[0/0] = 1", "X[lnil] = 1", "X[k].v = 1", "(X).v = 1", "(X)()" }

local tokens = { '^%b""', "^[%a_][%w_]*", "^%d+%.?%d*", "^%.%.%.?", "^[=<>~]+", "^%s+", "^." }
local function broken(code) -- a break or a space between any two tokens
  local parts, at = {}, 1
  while at <= #code do
    local last
    for _, token in ipairs(tokens) do
      last = last or select(2, code:find(token, at))
    end
    parts[#parts + 1] = code:sub(at, last) .. (random(3) == 1 and "\n" or " ")
    at = last + 1
  end
  return table.concat(parts)
end

local function try(code)
  local chunk = load(prelude .. code .. "\nend", "=c")
  if not chunk then return end
  local results = table.pack(pcall(chunk(), nil))
  for i = 1, results.n do results[i] = tostring(results[i]):gsub("0x%x+", "0x") end
  print((code:gsub("\n", "~")), table.concat(results, " ", 1, results.n))
end

local function with(form, x)
  local code = form:gsub("X", function() return x end)
  try(code)
  try(broken(code))
end

for _, operand in ipairs(operands) do
  for _, form in ipairs(statements) do with(form, operand) end
  for _, form in ipairs(assignments) do with(form, operand) end
  for _, operation in ipairs(operations) do
    local x = operation:gsub("%%s", function() return operand end)
    with("return X", x)
    for _ = 1, 3 do with(statements[random(#statements)], x) end
  end
end
