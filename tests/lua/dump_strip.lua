-- moonlet-only: lua5.2 cannot strip. What must come out is what it says to luac -s's output.
local body = [=[
local up1, up2 = 1, nil
local cases = {
  function() return up2.x end,
  function() return nosuch.x end,
  function(a, b) local c = b return c.field.y end,
  function(a, b) b = {} return b.field.y end,
  function() error("message") end,
  function(a, b) return b() end,
  function() return nosuch() end,
  function(a, b) return b:method() end,
  function() local s = "x" return s:nomethod() end,
  function(a, b) return b + 1 end,
  function() return ("x") .. {} end,
  function() assert(false, "message") end,
  function() string.rep() end,
  function() for i = 1, "x" do end end,
  function() up2 = up1 return up2 end,
  function() return (debug.traceback("message")) end,
  function(a, b)
    local t = {}
    for i = 1, 3 do t[i] = tostring((debug.getlocal(1, i))) end
    return table.concat(t, " ")
  end,
  function(a) local c = a local f = function() c = c + 1 return c end f() return select(2, debug.getlocal(1, 2)) end,
  function() return next(debug.getinfo(1, "L").activelines) end,
  function()
    local t = {}
    for k, v in pairs(debug.getinfo(1, "nSlut")) do t[#t + 1] = k .. "=" .. tostring(v) end
    table.sort(t)
    return table.concat(t, " ")
  end,
  function()
    goto first
    do ::second:: return "gone" end
    ::first::
    for i = 1, 2 do if i == 2 then break end goto continue ::continue:: end
    do
      goto second
      do ::second:: end
      ::second::
    end
    return "went"
  end,
}
for i, case in ipairs(cases) do print(i, pcall(case, i)) end
for i = 1, 3 do print(debug.getupvalue(cases[1], i)) end
print(debug.setupvalue(cases[1], 1, { x = 1 }), cases[1]())
print(debug.getlocal(cases[3], 1))
print(debug.getinfo(1, "l").currentline, debug.getinfo(1, "S").what, debug.getinfo(cases[2], "S").linedefined)
print(debug.traceback("main"))
return ...
]=]

local dump = string.dump(load(body, "@source.lua"), true)
print(assert(load(dump, "=name"))(8, 9))
-- expect: 1	false	?:0: attempt to index upvalue '?' (a nil value)
-- expect: 2	false	?:0: attempt to index field 'nosuch' (a nil value)
-- expect: 3	false	?:0: attempt to index a nil value
-- expect: 4	false	?:0: attempt to index field 'field' (a nil value)
-- expect: 5	false	message
-- expect: 6	false	?:0: attempt to call a nil value
-- expect: 7	false	?:0: attempt to call field 'nosuch' (a nil value)
-- expect: 8	false	?:0: attempt to index a nil value
-- expect: 9	false	?:0: attempt to call method 'nomethod' (a nil value)
-- expect: 10	false	?:0: attempt to perform arithmetic on a nil value
-- expect: 11	false	?:0: attempt to concatenate a table value
-- expect: 12	false	message
-- expect: 13	false	bad argument #1 to 'rep' (string expected, got no value)
-- expect: 14	false	?:0: 'for' limit must be a number
-- expect: 15	true	1
-- expect: 16	true	message
-- expect: stack traceback:
-- expect: 	?: in function <?:18>
-- expect: 	[C]: in function 'pcall'
-- expect: 	?: in main chunk
-- expect: 	dump_strip.lua:57: in main chunk
-- expect: 	[C]: in ?
-- expect: 17	true	(*temporary) (*temporary) (*temporary)
-- expect: 18	true	19
-- expect: 19	true	nil
-- expect: 20	true	currentline=0 istailcall=false isvararg=false lastlinedefined=31 linedefined=26 namewhat= nparams=0 nups=1 short_src=? source==? what=Lua
-- expect: 21	true	went
-- expect: 	1
-- expect:
-- expect:
-- expect: 	1
-- expect: nil
-- expect: 0	main	4
-- expect: main
-- expect: stack traceback:
-- expect: 	?: in main chunk
-- expect: 	dump_strip.lua:57: in main chunk
-- expect: 	[C]: in ?
-- expect: 8	9

-- nothing of the text is left but constants and fields; the same again when dumped again
for _, word in ipairs { "up1", "cases", "second", "source.lua" } do assert(not dump:find(word, 1, true)) end
assert(dump:find("nomethod", 1, true))
print(#dump < #string.dump(load(body)), string.dump(load(dump)) == dump) -- expect: true	true
print(string.dump(load(dump), true) == dump) -- expect: true
print(string.dump(load(dump), false) == dump) -- expect: true
