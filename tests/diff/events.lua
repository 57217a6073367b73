-- Every metamethod, of every kind of value, and every operation and library function that may meet it: prints
-- what is called with what, and what comes of it. To be run by two Luas, whose outputs must be the same:
--
--   diff <(lua5.2 events.lua) <(moonlet events.lua)
--
-- Left out are __gc, whose time is its own, and what docs/DIFFERENCES.md has: the names of metamethods that
-- cannot be called. (It has __le of the right operand alone, too, which differs in coroutines.)
loadstring, unpack = nil, nil -- second names, of which lua5.2 takes any

local function kind(v)
  local t = type(v)
  if t == "string" then return (v:gsub("0x%x+", "0x"):gsub("'_G%.", "'")) end
  return (t == "number" or t == "boolean" or t == "nil") and tostring(v) or t
end
local function show(...)
  local shown = table.pack(...)
  for i = 1, shown.n do shown[i] = kind(shown[i]) end
  print(table.concat(shown, " ", 1, shown.n))
end
local function noting(name)
  return function(...)
    show(name, ...)
    return name
  end
end

local events = { "__add", "__unm", "__len", "__concat", "__eq", "__lt", "__le", "__index", "__newindex", "__call",
  "__tostring", "__pairs", "__ipairs", "__metatable" }
local called = setmetatable({}, { __call = noting "called" })
local metamethods = {
  false, true, 1, "str", {}, noting "function", called,
  setmetatable({}, { __call = called }),
  setmetatable({}, { __index = noting "index", __newindex = noting "newindex" }),
  coroutine.create(print), io.stdout,
  function() end,
  function(...) return ... end,
  function() return nil, 2 end,
  function(...) return select("#", ...) end,
  function() error("raised", 0) end,
  function() error {} end,
  error, rawget, rawequal, string.len, type, select,
}
local others = { 1, "x", true, {} }

local actions = {
  add = function(a, b) return a + b end, unm = function(a) return -a end, len = function(a) return #a end,
  concat = function(a, b) return a .. b end, concat4 = function(a, b) return 1 .. a .. 2 .. b end,
  eq = function(a, b) return a == b end, ne = function(a, b) return a ~= b end, lt = function(a, b) return a < b end,
  le = function(a, b) return a <= b end, gt = function(a, b) return a > b end, ge = function(a, b) return a >= b end,
  index = function(a, b) return a[b] end, index2 = function(a) return a.x.y end, set = function(a, b) a[b] = 1 end,
  clear = function(a) a.x = nil end, call = function(a, b) return a(b, 1, 2) end, method = function(a, b) return a:m(b) end,
  tostring = tostring, pairs = function(a) return pairs(a) end, ipairs = function(a) return ipairs(a) end,
  getmetatable = getmetatable, setmetatable = function(a) return setmetatable(a, nil) end, unpack = table.unpack,
  join = function(a) return table.concat(a) end, insert = function(a, b) return table.insert(a, b) end,
  insert1 = function(a, b) return table.insert(a, 1, b) end, remove = function(a) return table.remove(a) end,
  sort = function(a) return table.sort(a) end, rawlen = rawlen, rawequal = rawequal,
  each = function(a) for k, v in a do return k, v end end,
  eachpair = function(a) for k, v in pairs(a) do return k, v end end,
  numeric = function(a) for i = a, 1 do return i end end, step = function(a) for i = 1, 2, a do return i end end,
  gsub = function(a) return ("xyz"):gsub("x", a) end, rep = function(a) return ("x"):rep(a) end,
  format = function(a) return ("%s|%10s|%.1s"):format(a, a, a) end, write = function(a) return io.write(a) end,
  raise = error, assert = function(a, b) return assert(b, a) end, pick = function(a) return select(a, 1, 2) end,
  max = math.max, handler = function(a) return xpcall(error, a, "z") end, load = load, wrap = coroutine.wrap,
  require = function(a)
    package.preload.z, package.loaded.z = a, nil
    return require "z"
  end,
  index_of = function(a) return setmetatable({}, { __index = a }).z end,
  newindex_of = function(a) setmetatable({}, { __newindex = a }).z = 1 end,
  call_of = function(a) return setmetatable({}, { __call = a })(1) end,
}
local names = {}
for name in pairs(actions) do names[#names + 1] = name end
table.sort(names)

local function left_out(event, metamethod, name)
  return event == "__concat" and name == "concat4" and type(metamethod) ~= "function"
end

local function try(event, number, name, a, b)
  if left_out(event, metamethods[number], name) then return end
  show(event, number, name, type(b), pcall(actions[name], a, b))
end

for _, event in ipairs(events) do
  for number, metamethod in ipairs(metamethods) do
    local function new() return setmetatable({ 1, 2, x = {} }, { [event] = metamethod }) end
    local third = { [event] = noting "another" }
    for _, name in ipairs(names) do
      local a = new()
      try(event, number, name, a, setmetatable({ 3 }, debug.getmetatable(a)))
      try(event, number, name, new(), setmetatable({}, third))
      try(event, number, name, setmetatable({}, third), new())
      for _, other in ipairs(others) do
        try(event, number, name, new(), other)
        try(event, number, name, other, new())
      end
    end
  end
end
