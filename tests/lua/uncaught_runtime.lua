-- A run-time error in nested calls.
local function f(x)
  return x.y.z + 1
end
local function g() local v = f({}) return v end
print(pcall(f, {}))
-- expect: false	uncaught_runtime.lua:3: attempt to index field 'y' (a nil value)
g()
-- expect-error: uncaught_runtime.lua:3: attempt to index field 'y' (a nil value)
