-- moonlet-only: limits of state.map
-- However few bytes there are, compiling ends in an error, or not at all: the parser goes on for
-- a while when there was no memory for a variable, a label or an upvalue.
local state = require "state"

local sources = {
    "local a, b, c = 1, 2, 3 return a",
    "::x:: goto y ::y:: local z",
    "for a, b, c in pairs {} do local x end for i = 1, 2 do end",
    "local function f(a, b, c, d, e) return a end return function(...) return f(...) end",
    "local a = 1 return function() a = 2 return function() a = a + 1 end end",
    "do ::l1:: end while true do break end repeat local q until q",
    "a = 1 function b.c:d() self.e = a end",
}

local function compile(source)
    local f, message = load(source)
    local copy = f and load(string.dump(f))
    return copy and "compiled" or message
end

local failed, compiled = 0, 0
for _, source in ipairs(sources) do
    for bytes = 1, 8000, 40 do
        local results, errors = state.map(compile, { source }, { bytes = bytes })
        if errors then failed = failed + 1 end
        if results[1] == "compiled" then compiled = compiled + 1 end
    end
end
print(failed > 100, compiled > 100, failed + compiled == 7 * 200) -- expect: true	true	true
