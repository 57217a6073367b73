local core = require "greeting.core"
local greeting = {}
function greeting.of(name, loud)
    local text = core.join("hello", name or "world")
    if loud then
        text = text:upper()
    end
    return text
end
return greeting
