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
