-- Every kind of expression and assignment, with operands that are read and operands that change, when they are
-- called, what the others read: prints what comes of it. To be run by two Luas, whose outputs must be the same:
--
--   diff <(lua5.2 order.lua) <(moonlet order.lua)
local prelude = [[
local id, show = ...
return function(...)
local a, u, v, k = 1, 2, 3, "x"
local t, r = { x = 4, y = 5, 6, 7 }, { x = 8, y = { x = 9, 1, 2 }, 10, 11 }
local T = { t = t }
g = 12
local o = setmetatable({ m = function(s, ...) return show("m", ...) end },
  { __call = function(s, ...) return show("c", ...) end, __index = function(_, key) return key end })
local function f() a = 50 return 1 end
local function fu() u = 60 return 2 end
local function fv() v = 61 a = 62 u = 63 return 3 end
local function ft() t.x = 70 t = { x = 71, y = 72, 73 } return 1 end
local function fk() k = "y" return "x" end
local function fg() g = 80 t.x = 81 return 12 end
local function fr() r.x = 90 r = { x = 91, y = { 92, 93 }, 94, 95 } return 1 end
]]
local operands = { "a", "u", "g", "v", "k", "t.x", "t[k]", "t[a]", "T.t.x", "r", "r[a]", "(a)", "a + 1", "not a", "#t", "a == 1",
  "({a})[1]", "a and u", "t[k] or a", "(function() return a end)()", "...", "(...)", "'s'", "nil",
  "f()", "(f())", "fu()", "fv()", "ft()", "fk()", "fg()", "fr()" }
local forms = { "return X + Y", "return X .. Y .. X", "return X == Y", "return X < Y", "return X >= Y", "return X, Y, X",
  "return {X, Y}", "return {x = X, Y, [k] = X}", "return id(X .. Y, X)", "return (X and Y) or X", "return X + (Y + X)",
  "return not (X == Y)", "if X < Y then return 1 end return 2", "while X ~= Y do return 1 end return 2",
  "local z = X local w = Y return z, w, X", "for i = 1, 1 do local z = X .. Y return z end", "return (X) ^ 2 + Y",
  "local function l() return X end return l(), Y, l()", "return o:m(X, Y)", "return o(X, Y)", "return o[X] == Y",
  "return t[X], t[Y]", "return r[Y], r", "return r.y[Y]", "return r == Y",
  "a, u = X, Y return a, u", "a, a = X, Y return a", "v, a, u = a, Y, X return v, a, u", "a = a + Y return a", "a = Y + a return a",
  "t.x, a = X, Y return t.x, a", "t[k], k = X, Y return t, k", "k, t[k] = X, Y return t, k", "t, t.x = X, Y return t",
  "t.x, t = X, Y return t", "a, t[X] = Y, 5 return a, t", "t[X], t[Y] = 1, 2 return t", "t.x = X + Y return t",
  "u = X + Y return u", "g = X .. Y return g", "r = {x = X, Y} return r", "r.x, r = r, r.y return r", "r = r[Y] return r",
  "r[Y] = r return r == r[Y]", "a, r[Y] = X, a return a, r", "r[Y], r, a = X, a, r return r, a" }

local depth = 0
local function text(v)
  if type(v) == "function" then return "F" end
  if type(v) ~= "table" then return (tostring(v):gsub("0x%x+", "0x")) end
  if depth > 2 then return "..." end
  depth = depth + 1
  local fields = {}
  for key, value in pairs(v) do
    fields[#fields + 1] = (type(key) == "table" and "T" or tostring(key)) .. "=" .. text(value)
  end
  depth = depth - 1
  table.sort(fields)
  return "{" .. table.concat(fields, " ") .. "}"
end
local function show(...)
  local shown = table.pack(...)
  for i = 1, shown.n do shown[i] = text(shown[i]) end
  return table.concat(shown, " ")
end

local function run(body)
  local chunk, message = load(prelude .. body .. "\nend", "=o")
  if not chunk then return print(body, message) end
  print(body, show(pcall(chunk(function(...) return ... end, show), 21, 22)))
end
for _, form in ipairs(forms) do
  for _, x in ipairs(form:find "X" and operands or { "" }) do
    for _, y in ipairs(form:find "Y" and operands or { "" }) do
      run((form:gsub("[XY]", { X = x, Y = y })))
    end
  end
end
