-- Userdata of worlds that have opened a module for themselves, and end: a world that does not know their metatable
-- does not call their finalizers, which would fail there.
local state = require "state"
local cjson = require "cjson"
local function garbage()
    for _ = 1, 3 do
        local kept = {}
        for i = 1, 20000 do kept[i] = { i } end
        collectgarbage()
        cjson.encode(kept[1]) -- a C function, before which finalizers are called
    end
end
local function open()
    local iconv = require "iconv"
    for _ = 1, 3 do iconv.new("latin1", "utf-8") end
    return true
end
for _ = 1, 3 do print(state.fork(open)) garbage() end -- expect: true
-- expect: true
-- expect: true
print(#state.map(open, { 1, 2, 3 }, { threads = 2 })) -- expect: 3
print(pcall(garbage)) -- expect: true
-- nor one that has opened it, too
require "iconv"
print(#state.map(open, { 1, 2, 3 }, { threads = 2 }), pcall(garbage)) -- expect: 3	true
