-- Functions whose upvalues are set or joined while they wait: frames that run them see it when
-- control comes back, however the frames have lain, and what was captured before is garbage.
local join, set, wrap, yield = debug.upvaluejoin, debug.setupvalue, coroutine.wrap, coroutine.yield

local function number(v) return function() return v end end

do -- at once
  local x = 1
  local function f() yield() return x end
  local co = wrap(f)
  co()
  join(f, 2, number(2), 1)
  print(co(), f == f) -- expect: 2	true
end

do -- held by value, and set
  local x, y = 1, 2
  local function f() yield(x) yield(x) return x, y end
  local co = wrap(f)
  print(co()) -- expect: 1
  set(f, 2, 3)
  print(co()) -- expect: 3
  set(f, 3, 4)
  set(f, 2, 5)
  print(co()) -- expect: 5	4
end

do -- deep ones, and several in one stack
  for _, depth in ipairs {1, 5, 60, 3000} do
    local x = 1
    local function f(n)
      if n == 0 then yield() return x end
      local sum = f(n - 1)
      return sum + x
    end
    local co, other = wrap(f), wrap(function() return f(depth) + f(0) end)
    co(depth) other()
    join(f, 2, number(2), 1)
    local a = co()
    other()
    set(f, 2, 3)
    print(depth, a == 2 * (depth + 1), other() == 2 * (depth + 1) + 3)
    -- expect: 1	true	true
    -- expect: 5	true	true
    -- expect: 60	true	true
    -- expect: 3000	true	true
  end
end

do -- by a coroutine of a coroutine, whose frames wait below
  local x = 1
  local f
  function f(k)
    if k then k() end
    return x
  end
  local outer = wrap(function()
    local v = f(function()
      wrap(function() join(f, 1, number(7), 1) end)()
      yield()
      set(f, 1, 8)
    end)
    yield(v)
    return f()
  end)
  outer()
  print(outer(), outer()) -- expect: 8	8
end

do -- a local of a waiting frame is set, too: its stack is copied then
  local x = 1
  local function f(n)
    local here = n
    yield()
    return here, x
  end
  local t = coroutine.create(f)
  coroutine.resume(t, 5)
  join(f, 2, number(2), 1)
  debug.setlocal(t, 1, 2, 6)
  print(coroutine.resume(t)) -- expect: true	6	2
end

do -- what was captured before is garbage
  local gone = 0
  local function holds()
    local v = setmetatable({}, {__gc = function() gone = gone + 1 end})
    return function() return v end
  end
  local f = holds()
  local co = wrap(function(g) yield() return g() end)
  co(f)
  join(f, 1, number(1), 1)
  collectgarbage()
  collectgarbage()
  print(gone, co(), f()) -- expect: 1	1	1
end
