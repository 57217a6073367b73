-- needs: dkjson
-- dkjson without lpeg: encoding, decoding, errors with positions, round trips.
package.preload.lpeg = function() error "no lpeg here" end
local json = require "dkjson"
for _, text in ipairs {
    '{"a":[1,2.5,-3e10,true,false,null],"b":{"c":"\\u00e9\\n\\"x\\\\"}}', '[]', '{}', ' [1 , 2] ', '"\\ud83d\\ude00"',
    '[1,2', '{"a" 1}', 'nul', '[1,]', '"unclosed', '{"a":1,}', '// c\n[1] /* d */', '1e400', '0x10', '"\\x"', '',
} do
    local value, position, message = json.decode(text, 1, json.null)
    print(text, type(value), position, message)
    if value ~= nil then print(json.encode(value, { keyorder = { "a", "b", "c" } })) end
end
print(json.encode({ 1, 2, { a = "x", b = { 1 } } }, { indent = true, keyorder = { "a", "b" } }))
print(json.encode { n = 3, 1, 2 } ~= nil, json.encode(setmetatable({}, { __jsontype = "object" })))
print(json.encode { 0.1, 1 / 3, 1e15, 1e16, 2 ^ 53, -0.0, 1 / 0, 0 / 0, "\0\1\127\226\128\168" })
print(pcall(json.encode, { print }), pcall(json.encode, { [{}] = 1 }))
local cyclic = {}
cyclic[1] = cyclic
print(pcall(json.encode, cyclic), json.encode({ print }, { exception = function() return '"?"' end }))
local big = {}
for i = 1, 2000 do big[i] = { id = i, name = "item " .. i, list = { i, i / 2, i % 3 == 0 } } end
local options = { keyorder = { "id", "name", "list" } }
local text = json.encode(big, options)
print(#text, json.encode(json.decode(text), options) == text, json.quotestring "a\tb\0")
