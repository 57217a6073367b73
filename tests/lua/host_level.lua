-- moonlet-only: the host's own level is a function in the registry, which a program may remove.
local registry = debug.getregistry()
print(debug.getinfo(2, "S").what) -- expect: C
for k, v in next, registry do
  if v ~= _G then registry[k] = nil end
end
print(debug.getinfo(1, "S").what, debug.getinfo(2, "S"), debug.getinfo(3)) -- expect: main	nil	nil
