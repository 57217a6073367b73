-- What coroutines say that cannot be resumed: themselves, those that wait for another.

local co, wrapped
co = coroutine.create(function()
  print(coroutine.resume(co)) -- expect: false	cannot resume non-suspended coroutine
  coroutine.wrap(function()
    print(coroutine.status(co), coroutine.resume(co))
    -- expect: normal	false	cannot resume dead coroutine
  end)()
  coroutine.resume(coroutine.create(function()
    print(coroutine.status(co), coroutine.resume(co))
    -- expect: normal	false	cannot resume non-suspended coroutine
  end))
end)
coroutine.resume(co)
print(coroutine.resume(co)) -- expect: false	cannot resume dead coroutine

wrapped = coroutine.wrap(function()
  print(pcall(wrapped)) -- expect: false	cannot resume dead coroutine
  print(pcall(wrapped, 1)) -- expect: false	cannot resume non-suspended coroutine
  coroutine.wrap(function()
    print(pcall(wrapped)) -- expect: false	cannot resume dead coroutine
  end)()
end)
wrapped()
print(pcall(wrapped)) -- expect: false	cannot resume dead coroutine

local main = coroutine.running()
coroutine.wrap(function()
  print(coroutine.resume(main)) -- expect: false	cannot resume dead coroutine
end)()
coroutine.resume(coroutine.create(function()
  print(coroutine.resume(main)) -- expect: false	cannot resume non-suspended coroutine
end))

-- Values for which a stack has no room, beside the many that it has already: who resumes is told
-- so; the coroutine goes on as if it had given them, or waits on as if nothing had come.
local function many(n) return table.unpack({}, 1, n) end
local function with(n, f)
  local function keep(...)
    f()
    return (...)
  end
  keep(many(n))
end
local function give(n)
  return function()
    coroutine.yield(many(n))
    return "after"
  end
end
with(600000, function()
  print(coroutine.resume(coroutine.create(many), 500000)) -- expect: false	too many results to resume
  co = coroutine.create(give(500000))
  print(coroutine.resume(co)) -- expect: false	too many results to resume
  print(coroutine.status(co), coroutine.resume(co)) -- expect: suspended	true	after
  print(pcall(function() coroutine.wrap(many)(500000) end))
  -- expect: false	coroutine_refused.lua:57: too many results to resume
  wrapped = coroutine.wrap(give(500000))
  print(pcall(wrapped)) -- expect: false	too many results to resume
  print(wrapped()) -- expect: after
end)
local function take()
  with(600000, function() print(select("#", coroutine.yield())) end)
end
co = coroutine.create(take)
coroutine.resume(co)
print(coroutine.resume(co, many(500000))) -- expect: false	too many arguments to resume
print(coroutine.status(co)) -- expect: suspended
coroutine.resume(co, many(300000)) -- expect: 300000
wrapped = coroutine.wrap(take)
wrapped()
print(pcall(wrapped, many(500000))) -- expect: false	too many arguments to resume
wrapped(many(300000)) -- expect: 300000
