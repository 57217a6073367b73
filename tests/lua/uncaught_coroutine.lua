-- An error in a coroutine, through wrap.
local co = coroutine.wrap(function()
  coroutine.yield(1)
  error("in coroutine")
end)
print(co()) -- expect: 1
co()
-- expect-error: uncaught_coroutine.lua:7: uncaught_coroutine.lua:4: in coroutine
