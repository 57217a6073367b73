-- Rings: states in a state, which call each other.
local rings = require "rings"
local S = rings.new()
print(tostring(S):match "^%w+")
print(S:dostring "return 1, 'two', true, nil, 5.5")
print(S:dostring "error 'inside'") print(S:dostring "error({})") print(S:dostring "syntax error here")
print(S:dostring("return ...", 1, "x", false, nil, {}))
print(S:dostring "return function() end, {}, coroutine.create(print)")
print(S:dostring "return remotedostring ~= nil, type(_M), type(master)")
print(S:dostring [[return remotedostring("return 1 + 1, ...", "arg")]])
x_global = "in master"
print(S:dostring [[return remotedostring("return x_global")]])
print(S:dostring [[return remotedostring("error 'in master'")]])
print(S:dostring [[return remotedostring("x_global = ... return x_global", "changed")]], x_global)
print(S:dostring [[counter = (counter or 0) + 1 return counter]])
    print(S:dostring [[counter = (counter or 0) + 1 return counter]])
local T = rings.new({ print = print, tostring = tostring, y = 7, remotecall = 3 })
print(T:dostring [[return remotedostring("return y, print ~= nil, io == nil")]])
print(pcall(rings.new, 5))
print(T:dostring [[y2 = 5 return remotedostring("y = (y or 0) + 1 return y")]])
print(pcall(require, "stable"))
print(S:dostring [[local ok, s = pcall(require, "stable") if not ok then return s end s.set("k", "v") return s.get("k"), s.get("nokey")]])
print(S:dostring [[local r = {} for i = 1, 1000 do r[i] = ("x"):rep(i) end collectgarbage() return #table.concat(r)]])
-- nested: a state in a state, back and forth
print(S:dostring [[local rings = require "rings" local U = rings.new() local a, b = U:dostring("return 'deep', remotedostring('return counter')") U:close() return a, b]])
print(S:dostring [[return select(2, remotedostring([=[ local rings = require "rings" local a = rings.new() local r = { a:dostring("return _VERSION") } a:close() return r[2] ]=]))]])
S:close()
print(pcall(S.dostring, S, "return 1")) print(pcall(S.close, S))
for i = 1, 30 do local s = rings.new() s:dostring("t = {} for i = 1, 100 do t[i] = {i} end") if i % 2 == 0
    then s:close() end end
collectgarbage() collectgarbage()
local U = rings.new() print(U:dostring
    [[local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(remotedostring("return " .. i)) end end) local _, a = co() local _, b = co() return a, b]])
print(U:dostring [[setmetatable({}, { __gc = function() remotedostring("print 'gc inside'") end }) collectgarbage() return 1]])
print(U:dostring [[local n = 0 debug.sethook(function() n = n + 1 end, "l") local x = 1
x = 2
debug.sethook() return n]])
U:close()
print(pcall(coroutine.wrap(function() local V = rings.new()
    local r = { V:dostring [[return select(2, remotedostring("return pcall(coroutine.yield, 1)"))]] } V:close()
    return unpack and 1 or table.unpack(r) end)))
