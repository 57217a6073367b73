-- An interpreter of a small machine: instructions are tables, the loop a chain of comparisons;
-- the same by a table of functions.
local N = tonumber(arg and arg[1]) or 220000

-- sum of i * i % 7 for i = count .. 1
local code = {
  { op = "load", r = 1, v = N }, { op = "load", r = 2, v = 0 },
  { op = "move", r = 3, from = 1 }, { op = "mul", r = 3, a = 3, b = 3 },
  { op = "mod", r = 3, a = 3, v = 7 }, { op = "add", r = 2, a = 2, b = 3 },
  { op = "dec", r = 1 }, { op = "jnz", r = 1, to = 3 }, { op = "halt" },
}

local function by_chain()
  local pc, r = 1, {}
  while true do
    local i = code[pc]
    local op = i.op
    pc = pc + 1
    if op == "load" then r[i.r] = i.v
    elseif op == "move" then r[i.r] = r[i.from]
    elseif op == "add" then r[i.r] = r[i.a] + r[i.b]
    elseif op == "mul" then r[i.r] = r[i.a] * r[i.b]
    elseif op == "mod" then r[i.r] = r[i.a] % i.v
    elseif op == "dec" then r[i.r] = r[i.r] - 1
    elseif op == "jnz" then if r[i.r] ~= 0 then pc = i.to end
    else return r[2] end
  end
end

local vm = { r = {}, pc = 1 }
local ops = {
  load = function(i) vm.r[i.r] = i.v end,
  move = function(i) vm.r[i.r] = vm.r[i.from] end,
  add = function(i) vm.r[i.r] = vm.r[i.a] + vm.r[i.b] end,
  mul = function(i) vm.r[i.r] = vm.r[i.a] * vm.r[i.b] end,
  mod = function(i) vm.r[i.r] = vm.r[i.a] % i.v end,
  dec = function(i) vm.r[i.r] = vm.r[i.r] - 1 end,
  jnz = function(i) if vm.r[i.r] ~= 0 then vm.pc = i.to end end,
  halt = function() vm.pc = nil end,
}
local function by_table()
  vm.pc = 1
  while vm.pc do
    local i = code[vm.pc]
    vm.pc = vm.pc + 1
    ops[i.op](i)
  end
  return vm.r[2]
end
print(by_chain(), by_table())
