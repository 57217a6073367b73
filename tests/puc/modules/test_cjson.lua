-- lua-cjson, as Debian compiles it for lua5.2.
local cjson = require "cjson"
local safe = require "cjson.safe"

local function dump(v)
    if v == cjson.null then return "null" end
    if type(v) ~= "table" then return type(v) == "string" and ("%q"):format(v) or tostring(v) end
    local keys, out = {}, {}
    for k in pairs(v) do keys[#keys + 1] = k end
    table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
    for _, k in ipairs(keys) do out[#out + 1] = tostring(k) .. ":" .. dump(v[k]) end
    return "{" .. table.concat(out, ",") .. "}"
end
local function show(...)
    local out = {}
    for i = 1, select("#", ...) do out[i] = dump((select(i, ...))) end
    print(table.concat(out, "\t"))
end

-- decoding
for _, text in ipairs {
    "[]", "{}", "[1,2,3]", '{"a":1}', "null", "true", "false", "0", "-1.5e3", '""', '"x"',
    '"\\u00e9\\n\\t\\"\\\\\\/"', '"\\ud83d\\ude00"', "[[[[]]]]", '{"a":{"b":{"c":[null]}}}',
    " [ 1 , 2 ] ", "[1e308, 1e-308, 123456789012]", '{"":0,"a b":1}', "[true,false,null]",
} do
    show(text, cjson.decode(text))
end

-- what is wrong
for _, text in ipairs {
    "", "[", "]", "{", "[1,]", '{"a"}', '{"a":}', "{1:2}", "nul", "truex", '"', '"\\x"', '"\\ud83d"',
    "01", "1.", "[1 2]", "{}{}", "'a'", "[\1]", '"\1"', ("["):rep(1001),
} do
    show(text:sub(1, 20), pcall(cjson.decode, text))
    show(safe.decode(text))
end

-- encoding
show(cjson.encode { 1, 2, 3 }, cjson.encode {}, cjson.encode { a = 1 }, cjson.encode "x\n\"\\/\0\127")
show(cjson.encode(cjson.null), cjson.encode(true), cjson.encode(1 / 3), cjson.encode(2 ^ 53))
show(cjson.encode { { {} } }, cjson.encode { [1] = 1, [2] = 2, [4] = 4 })
show(pcall(cjson.encode, print), pcall(cjson.encode, { [{}] = 1 }), pcall(cjson.encode, { f = print }))
show(pcall(cjson.encode, 0 / 0), pcall(cjson.encode, math.huge))
show(safe.encode { f = print })
show(pcall(cjson.encode, { [1] = 1, [1000] = 2 }))
local deep = {}
for _ = 1, 1500 do deep = { deep } end
show(pcall(cjson.encode, deep))
show(pcall(cjson.encode), pcall(cjson.decode), pcall(function() cjson.decode {} end))

-- configuration
show(cjson.encode_sparse_array(), cjson.encode_max_depth(), cjson.decode_max_depth())
show(cjson.encode_number_precision(), cjson.encode_keep_buffer(), cjson.encode_invalid_numbers())
show(cjson.decode_invalid_numbers())
cjson.encode_number_precision(3)
show(cjson.encode(math.pi))
cjson.encode_number_precision(14)
cjson.encode_sparse_array(true)
show(cjson.decode(cjson.encode { [1] = 1, [20] = 2 }))
cjson.encode_invalid_numbers "null"
show(cjson.encode { 0 / 0, math.huge })
cjson.encode_invalid_numbers(false)
show(pcall(cjson.encode_max_depth, 0), pcall(function() cjson.encode_number_precision(99) end))
cjson.encode_max_depth(3)
show(pcall(cjson.encode, { { { { 1 } } } }))
cjson.encode_max_depth(1000)
local own = cjson.new()
own.encode_number_precision(5)
show(own.encode(math.pi), cjson.encode(math.pi))

-- there and back
local data = {}
for i = 1, 300 do
    data[i] = { id = i, name = "item " .. i, tags = { "a", "b", tostring(i) }, v = i / 8, ok = i % 2 == 0 }
end
local text = cjson.encode(data)
local back = cjson.decode(text)
local same = #back == #data
for i, v in ipairs(data) do same = same and dump(v) == dump(back[i]) end
show(same, #back)

-- objects keep what they have
local keys = {}
for k in pairs(cjson.decode '{"one":1,"two":2,"three":3}') do keys[#keys + 1] = k end
table.sort(keys)
show(table.concat(keys, " "))
show(cjson._NAME, cjson._VERSION ~= nil, type(cjson.null), tostring(cjson.null) ~= "nil")

-- coroutines and the collector
local next_text = coroutine.wrap(function()
    for i = 1, 3 do coroutine.yield(cjson.encode { i = i }) end
end)
show(next_text(), next_text(), next_text())
for i = 1, 1000 do
    local c = cjson.new()
    c.encode_keep_buffer(i % 2 == 0)
    c.encode { i }
    if i % 250 == 0 then collectgarbage() end
end
show(cjson.decode(cjson.encode { "still", "works" }))
