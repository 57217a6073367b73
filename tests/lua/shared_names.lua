-- Names that many indices share one node for: lines and dumps are as if each had its own.
local dump = string.dump

local far = ("\n"):rep(600)
local wide = (" "):rep(70000)
local sources = {
  near = "x = y + 1 print(x, y.z.z, x.y) z.x.y = x",
  far = "x =" .. far .. "y x.y" .. far .. "= y.x z(" .. far .. "x.y" .. far .. ")",
  functions = "function x.y.z() return x end function x.y:z()" .. far .. "return self.x end",
  wide = "x = y.z " .. wide .. "y = x x.y" .. far .. "= y.x",
  returns = "x = y\r\ny = x\n\rx.y = y.x\rz = x",
  strings = "x['y'] = y['x'] x.y = ('y').x",
  envs = "local function f() _ENV = {} return x, x.y end local _ENV = {y = 1} x = y " ..
    "return function() return x, f end",
}
local loadable = load
for name, source in pairs(sources) do
  for _, strip in ipairs { false, true } do
    local once = dump(assert(loadable(source, "=" .. name)), strip)
    assert(dump(assert(loadable(once)), strip) == once, name)
  end
end
print "dumped" -- expect: dumped

-- where errors are
local function message(source, ...)
  local f = assert(loadable(source, "=s"))
  return select(2, pcall(f, ...))
end
print(message("x = nil\ny = x\n.\nz")) -- expect: s:4: attempt to index global 'x' (a nil value)
print(message("local a = {}\nreturn a.b\n.c")) -- expect: s:3: attempt to index field 'b' (a nil value)
print(message("undefined\n(\n)")) -- expect: s:1: attempt to call global 'undefined' (a nil value)
print(message("return 1 +\nundefined"))
-- expect: s:1: attempt to perform arithmetic on global 'undefined' (a nil value)
print(message("local function f() _ENV = nil end f()\nreturn\nx"))
-- expect: s:3: attempt to index upvalue '_ENV' (a nil value)
print(message("local function f() _ENV = nil end f()\n x\n =\n 1"))
-- expect: s:4: attempt to index upvalue '_ENV' (a nil value)

-- which lines a hook sees
local function lines(source)
  local f, seen = assert(loadable(source, "=s")), {}
  debug.sethook(function(_, line)
    if debug.getinfo(2, "S").source == "=s" then seen[#seen + 1] = line end
  end, "l")
  f()
  debug.sethook()
  return table.concat(seen, " ")
end
print(lines("local function f() _ENV = _ENV end\nx\n=\n1\nlocal y = {x\n,\nx}"))
-- expect: 1 4 5 6 7
