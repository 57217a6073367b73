-- Events: listeners that are closures and methods, filters, arguments passed on by `...`.
local N = tonumber(arg and arg[1]) or 800000

local Emitter = {}
Emitter.__index = Emitter
function Emitter.new() return setmetatable({ listeners = {} }, Emitter) end
function Emitter:on(name, f)
  local list = self.listeners[name]
  if not list then
    list = {}
    self.listeners[name] = list
  end
  list[#list + 1] = f
  return function()
    for i = #list, 1, -1 do if list[i] == f then table.remove(list, i) end end
  end
end
function Emitter:emit(name, ...)
  local list = self.listeners[name]
  if not list then return 0 end
  for _, f in ipairs(list) do f(...) end
  return #list
end

local e, sum, log = Emitter.new(), 0, {}
local function filtered(test, f)
  return function(...) if test(...) then return f(...) end end
end
e:on("add", function(x) sum = sum + x end)
e:on("add", filtered(function(x) return x % 3 == 0 end, function(x, y) sum = sum + y end))
e:on("both", function(...)
  for i = 1, select("#", ...) do log[i] = (log[i] or 0) + select(i, ...) end
end)
local called = 0
for i = 1, N do
  called = called + e:emit("add", i % 10, i % 7)
  if i % 4 == 0 then e:emit("both", i % 3, i % 5, 1) end
  if i % 100 == 0 then
    local off = e:on("add", function() called = called + 1 end)
    e:emit("add", 1, 2)
    off()
  end
  e:emit("none", i)
end
print(sum, called, log[1], log[2], log[3])
