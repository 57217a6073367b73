-- Nanoseconds an operation, in lines "name ns", the best of some rounds.
package.path, package.cpath = "", arg[1] .. "/?.so;" .. package.cpath
local calls = require "calls"
local clock = os.clock

local function time(name, n, f)
    local best = math.huge
    for _ = 1, 5 do
        local start = clock()
        f(n)
        best = math.min(best, clock() - start)
    end
    print(("%-16s %8.1f"):format(name, best / n * 1e9))
end

local nothing, add, userdata, u = calls.nothing, calls.add, calls.userdata, calls.new()
time("loop", 1e6, function(n) for _ = 1, n do end end)
time("call-C", 1e6, function(n) for _ = 1, n do nothing() end end)
time("call-C-add", 1e6, function(n) for i = 1, n do add(i, 2) end end)
time("call-C-userdata", 1e6, function(n) for _ = 1, n do userdata(u) end end)
time("lua_call", 1e6, function(n) calls.calls(function() end, n) end)
time("lua_pcall", 1e6, function(n) calls.pcalls(function(x) return x end, n) end)
time("fields", 1e6, function(n) calls.fields({ count = 0 }, n) end)

local ok, lpeg = pcall(require, "lpeg")
local parts = {}
for i = 1, 12000 do
    parts[i] = ('{"id":%d,"name":"item %d","tags":["a","b","c%d"],"v":%g,"ok":true}'):format(i, i, i, i / 7)
end
local text = "[" .. table.concat(parts, ",") .. "]"
if ok then
    local P, R, S, V, C, Ct, Cf, Cg, Cc =
        lpeg.P, lpeg.R, lpeg.S, lpeg.V, lpeg.C, lpeg.Ct, lpeg.Cf, lpeg.Cg, lpeg.Cc
    local space = S " \n\t\r" ^ 0
    local str = P '"' * C((1 - S '"\\' + P "\\" * 1) ^ 0) * P '"'
    local digits = R "09" ^ 1
    local num = C(P "-" ^ -1 * digits * ("." * digits) ^ -1 * (S "eE" * S "+-" ^ -1 * digits) ^ -1) / tonumber
    local json = P { V "v",
        v = space * (V "o" + V "a" + str + num + "true" * Cc(true) + "false" * Cc(false) + "null" * Cc(nil)) * space,
        a = "[" * Ct((V "v" * ("," * V "v") ^ 0) ^ -1) * space * "]",
        p = Cg(space * str * space * ":" * V "v"),
        o = "{" * Cf(Ct "" * (V "p" * ("," * V "p") ^ 0) ^ -1 * space, rawset) * "}" }
    time("lpeg-json", 1, function() json:match(text) end)
end
local has_cjson, cjson = pcall(require, "cjson")
if has_cjson then
    local data = cjson.decode(text)
    time("cjson-decode", 1, function() cjson.decode(text) end)
    time("cjson-encode", 1, function() cjson.encode(data) end)
end
