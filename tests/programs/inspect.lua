-- needs: inspect
-- inspect.lua on everything that has a fixed look.
local inspect = require "inspect"
local cyclic = { name = "c" }
cyclic.self = cyclic
local values = {
    1, 1.5, -0.1, 1e100, 1 / 0, "text", 'both "\' quotes', "control \1\127 \n\t\\", true,
    {}, { 1, 2, 3 }, { a = 1, b = { c = { d = {} } } }, { 1, 2, x = 3, [10] = "ten", [1.5] = "f", [true] = 0 },
    { ["not an id"] = 1, ["end"] = 2, _ok = 3 }, cyclic, { { {} }, { {} } },
    setmetatable({ 1 }, { __name = "meta", __index = { 2 } }),
    setmetatable({}, { __tostring = function() return "shown" end }),
}
for i, v in ipairs(values) do print(i, inspect(v)) end
print(inspect(values[12], { depth = 2 }), inspect(values[13], { newline = "@", indent = "++" }))
print(inspect({ a = 1, secret = 2, list = { 3 } }, {
    process = function(item, path)
        if path[#path] == "secret" then return nil end
        if path[#path] == inspect.KEY then return item end
        if type(item) == "number" then return item * 10 end
        return item
    end,
}))
print(inspect { print, print, function() end, coroutine.create(print) })
