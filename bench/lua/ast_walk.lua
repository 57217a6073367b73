-- An interpreter of syntax trees by methods of nodes, with environments that are tables.
local N = tonumber(arg and arg[1]) or 26

local function class(eval) return { __index = { eval = eval } } end
local Number = class(function(self) return self.value end)
local Variable = class(function(self, env) return env[self.name] end)
local Add = class(function(self, env) return self.left:eval(env) + self.right:eval(env) end)
local Sub = class(function(self, env) return self.left:eval(env) - self.right:eval(env) end)
local Less = class(function(self, env) return self.left:eval(env) < self.right:eval(env) end)
local If = class(function(self, env)
  if self.test:eval(env) then return self.yes:eval(env) end
  return self.no:eval(env)
end)
local functions = {}
local Call = class(function(self, env)
  local f, inner = functions[self.name], {}
  for i, parameter in ipairs(f.parameters) do inner[parameter] = self.arguments[i]:eval(env) end
  return f.body:eval(inner)
end)
local function num(v) return setmetatable({ value = v }, Number) end
local function var(n) return setmetatable({ name = n }, Variable) end
local function two(kind, a, b) return setmetatable({ left = a, right = b }, kind) end
local function call(name, ...) return setmetatable({ name = name, arguments = { ... } }, Call) end

functions.fib = {
  parameters = { "n" },
  body = setmetatable({
    test = two(Less, var("n"), num(2)),
    yes = var("n"),
    no = two(Add, call("fib", two(Sub, var("n"), num(1))), call("fib", two(Sub, var("n"), num(2)))),
  }, If),
}
print(call("fib", num(N)):eval({}))
