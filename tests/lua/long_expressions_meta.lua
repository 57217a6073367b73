-- In long code, what pays for an expression of many nodes stands between a metamethod that answers no
-- number and the operation that takes what it answers.
local function sized(n, expression)
    local text = {}
    for i = 1, n do text[i] = "C(1) " end
    return load("local X, C = ... " .. table.concat(text) .. "return C(" .. expression .. ")")
end
local mt = {}
local function made(what) return setmetatable({ what = what }, mt) end
for _, name in ipairs { "sub", "pow", "add", "mul", "div", "unm", "concat" } do
    mt["__" .. name] = function(a, b) return made(name) end
end
mt.__lt = function() return true end
local expressions = {
    { "(1 - X(1)) ^ 0", "pow" }, { "(X(1) ^ 2 + 1) * 3", "mul" }, { "-(X(1) - 1) / 2", "div" },
    { "2 * (3 - X(1)) + 1 - 5", "sub" }, { "(1 - X(1)) .. 'x'", "concat" }, { "X(1) + X(2) - X(3)", "sub" },
}
local wrong = 0
for _, e in ipairs(expressions) do
    for n = 0, 130 do
        local ok, r = pcall(sized(n, e[1]), function() return made "x" end, function(x) return x end)
        if not ok or type(r) ~= "table" or r.what ~= e[2] then wrong = wrong + 1 end
    end
end
print(wrong) -- expect: 0
-- and of numbers they are what they are in short code
for n = 0, 130 do
    local r = sized(n, "(1 - X(1)) ^ 2 + X(3) * 2 - 1")(function(x) return x + 4 end, function(x) return x end)
    if r ~= 29 then wrong = wrong + 1 end
end
print(wrong) -- expect: 0
