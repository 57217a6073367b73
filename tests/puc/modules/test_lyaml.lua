-- lyaml.
local lyaml = require "lyaml"
local function dump(v)
    if v == lyaml.null then return "null" end
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
    print((table.concat(out, "\t"):gsub("0x%x+", "ADDRESS")))
end

-- scalars
for _, text in ipairs {
    "1", "-1.5", "0x10", "1e3", ".inf", "-.inf", "true", "no", "~", "null", "''", "\"a\\nb\"", "plain text",
    "'it''s'", "2001-12-14", "!!str 12", "!!int '7'", "0o14", "1_000", "- ", "? a", "\"\\u00e9\"", "@bad" == "" and "" or "x@y",
} do
    show(text, select(2, pcall(lyaml.load, text)))
end

-- collections
for _, text in ipairs {
    "- 1\n- 2\n- 3\n", "a: 1\nb: 2\n", "[1, [2, 3], {a: b}]", "{x: [1, 2], y: {z: null}}",
    "a:\n  - b: 1\n    c: 2\n  - d\n", "a: &anchor\n  k: v\nb: *anchor\n", "- |\n  block\n  text\n- >\n  folded\n  text\n",
    "base: &b {x: 1}\nmore:\n  <<: *b\n  y: 2\n", "? complex\n: value\n", "# only a comment\n", "a: # comment\n  b\n",
    "key with spaces: 'quoted: text'\n", "- - - deep\n", "empty: {}\nlist: []\n",
} do
    show(select(2, pcall(lyaml.load, text)))
end

-- documents
show(lyaml.load "--- 1\n--- 2\n")
show(lyaml.load("--- 1\n--- [2]\n--- {a: 3}\n", { all = true }))
show(lyaml.load "", lyaml.load("", { all = true }))

-- what is wrong
for _, text in ipairs {
    "a: b: c", "[1, 2", "{a: 1", "'open", "\"\\q\"", "- a\n b: 1\n c", "*unknown", "\tx: 1", "a: 1\n- b", "&a &b x", "%YAML 9.9\n--- x",
} do
    show(text, pcall(lyaml.load, text))
end
show(pcall(lyaml.load))
show(pcall(lyaml.load, {}))

-- dumping
show(lyaml.dump { { 1, 2, 3 } })
show(lyaml.dump { { a = 1 } }, lyaml.dump { "text" }, lyaml.dump { true }, lyaml.dump { 12.5 })
show(lyaml.dump { { list = { "x", "y" } } })
show(lyaml.dump { lyaml.null }, lyaml.dump { { 1, lyaml.null } })
show(lyaml.dump { "two\nlines", "12", "true", "", " spaces ", "#x", "a: b" })
show(lyaml.dump { 1, 2, { 3 } })
show(pcall(lyaml.dump, {}), pcall(lyaml.dump, "x"))
show(pcall(lyaml.dump, { print }))
show(lyaml.dump({ { k = { 1 } } }, { anchors = {} }))

-- there and back
local data = {}
for i = 1, 60 do
    data[i] = { id = i, name = "item " .. i, tags = { "a", tostring(i), i % 3 == 0 }, v = i / 4 }
end
local text = lyaml.dump { data }
local back = lyaml.load(text)
local same = #back == #data
for i = 1, #data do same = same and dump(data[i]) == dump(back[i]) end
show(same, #back)

-- the events of the parser itself
local yaml = require "yaml"
local events = {}
for event in yaml.parser "a: [1, two]\nb: &x 'three'\nc: *x\n" do
    events[#events + 1] = event.type .. (event.value and "=" .. event.value or "") .. (event.anchor and "&" .. event.anchor or "")
end
show(table.concat(events, " "))
local scan = {}
for token in yaml.scanner "- a: 1\n" do scan[#scan + 1] = token.type end
show(table.concat(scan, " "))
show(pcall(function()
    for _ in yaml.parser "[1" do end
end))
local emitter = yaml.emitter()
for _, e in ipairs {
    { type = "STREAM_START" }, { type = "DOCUMENT_START" }, { type = "SEQUENCE_START" },
    { type = "SCALAR", value = "one" }, { type = "SCALAR", value = "two words" },
    { type = "SEQUENCE_END" }, { type = "DOCUMENT_END" },
} do show(emitter.emit(e)) end
show(select(2, emitter.emit { type = "STREAM_END" }))
show(pcall(emitter.emit, { type = "NONSENSE" }))

-- parsers that are given up, and coroutines
local from = coroutine.wrap(function()
    for event in yaml.parser "- 1\n- 2\n- 3\n" do
        if event.value then coroutine.yield(event.value) end
    end
end)
show(from(), from(), from())
for _ = 1, 200 do yaml.parser "[a, b, c" () end
collectgarbage()
show(lyaml.load "still: works")
