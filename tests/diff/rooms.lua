-- Many values where a stack has many already: prints whether there was room for them, what is said where there
-- was none, and how the coroutines are then. To be run by two Luas, whose outputs must be the same:
--
--   diff <(lua5.2 rooms.lua) <(moonlet rooms.lua)
--
-- The numbers keep away from the limit by more than the sizes of frames, which differ.
local function many(n) return table.unpack({}, 1, n) end
local function summary(...)
  local shown = { select("#", ...) }
  for i = 1, math.min(3, select("#", ...)) do
    shown[#shown + 1] = (tostring((select(i, ...))):gsub("0x%x+", "0x"))
  end
  return table.concat(shown, " ")
end
-- Calls f while so many values lie on the stack.
local function beside(n, f, ...)
  local function keep(f, first, ...) return f(first), ... end
  return (select("#", keep(f, ..., many(n))))
end

local resume, wrap, create, yield = coroutine.resume, coroutine.wrap, coroutine.create, coroutine.yield
local function ways(n)
  local text = ("x"):rep(n)
  local function give() return many(n) end
  local function with(event) return setmetatable({}, { [event] = give }) end
  return {
    { "returns", function() return resume(create(give)) end },
    { "yields", function() return resume(create(function() yield(give()) end)) end },
    { "wrapped returns", function() return wrap(give)() end },
    { "wrapped yields", function() return wrap(function() yield(give()) end)() end },
    { "wrapped within", function() return wrap(function() return (wrap(give)()) end)() end },
    { "yields from pcall", function() return wrap(function() return pcall(yield, give()) end)() end },
    { "takes", function() return resume(create(function() end), give()) end },
    { "wrapped takes", function() return wrap(function() end)(give()) end },
    { "unpack", function() return table.unpack({}, 1, n) end },
    { "byte", function() return text:byte(1, n) end },
    { "call", function() return give() end },
    { "constructor", function() return #{ give() } end },
    { "one of them", function() local x = give() return x end },
    { "pcall", function() return pcall(give) end },
    { "xpcall", function() return xpcall(give, print) end },
    { "arguments", function() return (function(...) return select("#", ...) end)(give()) end },
    { "varargs", function() return (function(...) return ... end)(give()) end },
    { "select", function() return select(2, give()) end },
    { "arguments of pcall", function() return pcall(select, "#", give()) end },
    { "arguments of xpcall", function() return xpcall(select, print, "#", give()) end },
    { "__index", function() return with("__index").x end },
    { "__add", function() return with("__add") + 1 end },
    { "__call", function() return setmetatable({}, { __call = function(...) return ... end })(give()) end },
    { "__pairs", function() return pairs(with "__pairs") end },
    { "__tostring", function() return tostring(with "__tostring") end },
    { "iterator", function() for _ in give do end return "ended" end },
    { "gsub", function() return ("a"):gsub("a", give) end },
    { "load", function() return load(give) end },
    { "chunk", function() return load("return ...")(give()) end },
    { "tail call", function() return (function(...) return select("#", ...) end)(give()) end },
  }
end

for _, held in ipairs { 0, 400000, 900000, 990000 } do
  for _, n in ipairs { 100, 30000, 300000, 700000 } do
    for _, way in ipairs(ways(n)) do
      local got
      local ok, message = pcall(beside, held, function() got = summary(pcall(way[2])) end, nil)
      print(held, n, way[1], ok, ok and got or message)
    end
  end
end

-- What comes in where a coroutine waits, deep in its stack.
local waiting = {
  function() return select("#", yield "first"), select("#", yield "second") end,
  function() return #{ yield "first" }, #{ yield "second" } end,
  function() return (yield "first"), (yield "second") end,
  function() return pcall(function() return select("#", yield "first") end) end,
  function() return yield "first" end,
}
for _, held in ipairs { 0, 400000, 900000 } do
  for _, n in ipairs { 1000, 300000, 700000 } do
    for kind, wait in ipairs(waiting) do
      local function body() return beside(held, function() print(summary(wait())) end, nil) end
      local co, wrapped = create(body), wrap(body)
      print(held, n, kind, resume(co), pcall(wrapped))
      for _ = 1, 2 do
        print(pcall(function() return summary(resume(co, many(n))) end))
        print(pcall(function() return summary(wrapped(many(n))) end))
        if coroutine.status(co) == "dead" then break end -- what it died with takes room in lua5.2
      end
      for _ = 1, 2 do print(coroutine.status(co), summary(resume(co, 1)), summary(pcall(wrapped, 1))) end
    end
  end
end
