-- A finalizer's stack is that of the code that it interrupts: nothing of who calls it is seen.

local called
local function finalizer()
  called = true
  print(debug.traceback("finalized"))
  for level = 1, 4 do
    local info = debug.getinfo(level, "Sl")
    print(level, info and info.what, info and info.currentline)
  end
  print(pcall(error, "here", 2))
  print(pcall(error, "interrupted", 3))
end

setmetatable({}, { __gc = finalizer })
local function work()
  while not called do local _ = {} end
end
work()
-- expect: finalized
-- expect: stack traceback:
-- expect: 	gc_traceback.lua:6: in function <gc_traceback.lua:4>
-- expect: 	gc_traceback.lua:17: in function 'work'
-- expect: 	gc_traceback.lua:19: in main chunk
-- expect: 	[C]: in ?
-- expect: 1	Lua	8
-- expect: 2	Lua	17
-- expect: 3	main	19
-- expect: 4	C	-1
-- expect: false	gc_traceback.lua:11: here
-- expect: false	gc_traceback.lua:17: interrupted

setmetatable({}, { __gc = finalizer })
local function collect() collectgarbage() end
collect()
-- expect: finalized
-- expect: stack traceback:
-- expect: 	gc_traceback.lua:6: in function <gc_traceback.lua:4>
-- expect: 	[C]: in function 'collectgarbage'
-- expect: 	gc_traceback.lua:34: in function 'collect'
-- expect: 	gc_traceback.lua:35: in main chunk
-- expect: 	[C]: in ?
-- expect: 1	Lua	8
-- expect: 2	C	-1
-- expect: 3	Lua	34
-- expect: 4	main	35
-- expect: false	gc_traceback.lua:11: here
-- expect: false	interrupted

-- when the program ends nothing is left of it
setmetatable({}, { __gc = finalizer })
-- expect: finalized
-- expect: stack traceback:
-- expect: 	gc_traceback.lua:6: in function <gc_traceback.lua:4>
-- expect: 1	Lua	8
-- expect: 2	nil	nil
-- expect: 3	nil	nil
-- expect: 4	nil	nil
-- expect: false	gc_traceback.lua:11: here
-- expect: false	interrupted
