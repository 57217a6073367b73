-- Expressions at every place of a long chunk, of operands whose operators are functions: what pays
-- for long code may come between any two parts of them.
local mt = {}
local function new(s) return setmetatable({s = s}, mt) end
local function text(x) return type(x) == "table" and (x.s or "table") or tostring(x) end
local function operator(sign)
  return function(a, b) return new("(" .. text(a) .. sign .. text(b) .. ")") end
end
mt.__add, mt.__sub, mt.__mul, mt.__div = operator "+", operator "-", operator "*", operator "/"
mt.__mod, mt.__pow, mt.__concat = operator "%", operator "^", operator ".."
mt.__unm = function(a) return new("-" .. a.s) end
mt.__len = function(a) return new("#" .. a.s) end
mt.__call = function(a, ...)
  local t = {...}
  for i = 1, select("#", ...) do t[i] = text(t[i]) end
  return new(a.s .. "(" .. table.concat(t, ",") .. ")")
end
mt.__index = function(a, k) return new(a.s .. "." .. text(k)) end
mt.__eq = function(a, b) return a.s < b.s end
mt.__lt = function(a, b) return a.s ~= b.s end
mt.__le = function(a, b) return #a.s <= #b.s end

local env = setmetatable({z = 1, k = 2}, {__index = function(_, name) return new(name) end})
local expressions = {
  -- expect: f(((1-g(((]*h((p^0)))*]),2))^0))
  "f((1 - g(']' * h(p ^ 0) * ']', 2)) ^ 0)",
  -- expect: (((1-a)+(((2*b)/3)%(c^4)))--d)
  "1 - a + 2 * b / 3 % c ^ 4 - -d",
  -- expect: (((((((6-a)+6)+4)+5)+b)-6)-7)
  "(k + 1) * 2 - a + k * 3 + 4 + 5 + b - 6 - 7",
  -- expect: ((2^((1-a)^3))+((1*(a-1))*0))
  "2 ^ (1 - a) ^ 3 + (k - 1) * (a - 1) * (2 - k)",
  -- expect: (a..((1+b)..(x..(4..-c))))
  "a .. 1 + b .. 'x' .. k * 2 .. -c",
  -- expect: true
  "((a + 1) < (b - 1)) == (c * 2 <= d / 2)",
  -- expect: (1-c)
  "a + 1 == b + 1 and 1 - c or 2 - d",
  -- expect: false
  "not (1 + a < 2 + b) or k + 1 < 2 and 1 - k",
  -- expect: ((#(1+a)-1)+#b)
  "#(1 + a) - 1 + #b",
  -- expect: a.b.(1-c).d.3((2-e),1).f
  "a.b[1 - c].d[k + 1](2 - e, k - 1).f",
  -- expect: f((1-a),1,-1,table)
  "f(1 - a, k - 1, 1 - k, {1 - b, x = 1 - c, [1 - k] = k - 2})",
  -- expect: a.m(a,(1-b)).n(a.m(a,(1-b)),(1-c))
  "a:m(1 - b):n(k - 1 - c)",
}
local checked = 0
for _, e in ipairs(expressions) do
  local first
  for pad = 0, 115 do
    local source = ("z = k "):rep(pad) .. "local x = " .. e .. " return x"
    local got = text(assert(load(source, "=long", "t", env))())
    first = first or got
    assert(got == first, pad .. ": " .. e .. ": " .. got)
    checked = checked + 1
  end
  print(first)
end
print(checked) -- expect: 1392
