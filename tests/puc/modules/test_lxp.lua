-- LuaExpat.
local lxp = require "lxp"
local function show(...)
    local out = {}
    for i = 1, select("#", ...) do out[i] = tostring((select(i, ...))):gsub("0x%x+", "ADDRESS") end
    print(table.concat(out, "\t"))
end
local function attributes(t)
    local out = {}
    for i, name in ipairs(t) do out[i] = name .. "=" .. t[name] end
    return table.concat(out, ",")
end

-- events
local function events(text, ...)
    local log = {}
    local function note(name) return function(_, ...) log[#log + 1] = table.concat({ name, ... }, " ") end end
    local p = lxp.new({
        StartElement = function(_, name, a) log[#log + 1] = "<" .. name .. " " .. attributes(a) end,
        EndElement = note ">",
        CharacterData = note "text",
        Comment = note "comment",
        ProcessingInstruction = note "pi",
        StartCdataSection = note "cdata",
        EndCdataSection = note "/cdata",
        StartNamespaceDecl = function(_, prefix, uri) log[#log + 1] = "ns " .. tostring(prefix) .. " " .. uri end,
        XmlDecl = function(_, version, encoding) log[#log + 1] = "xml " .. tostring(version) .. " " .. tostring(encoding) end,
        StartDoctypeDecl = function(_, name) log[#log + 1] = "doctype " .. name end,
    }, ...)
    local r = { p:parse(text) }
    local e = { p:parse() }
    show(r[1] == p, unpack(r, 2))
    show(e[1] == p, unpack(e, 2))
    p:close()
    for _, line in ipairs(log) do show("  " .. line) end
end
events "<a x='1' y=\"two\">text<b/>more</a>"
events "<?xml version='1.0' encoding='UTF-8'?><!DOCTYPE r><r><!-- c --><?go now?><![CDATA[<x>]]></r>"
events("<r xmlns='urn:d' xmlns:p='urn:p'><p:e p:a='1'/></r>", "|")
events "<a>&lt;&amp;&#65;</a>"
events "<a>"
events "<a></b>"
events "<a x='1' x='2'/>"
events ""
events "<a>&unknown;</a>"
events "no xml"

-- in pieces, with positions
local where = {}
local p = lxp.new { StartElement = function(parser, name)
    local line, column, byte = parser:pos()
    where[#where + 1] = ("%s@%d:%d:%d"):format(name, line, column, byte)
end }
for piece in ("<root>\n <one/>\n  <two\n a='b'/></root>"):gmatch "..?.?" do assert(p:parse(piece)) end
show(p:parse() == p, table.concat(where, " "))
show(p:pos())
show(p:close() == p)
show(pcall(p.parse, p, "<x/>"))
show(pcall(p.close, p))

-- callbacks that fail, or are changed on the way
p = lxp.new { StartElement = function(_, name) error("in callback " .. name, 0) end }
show(pcall(p.parse, p, "<boom/>"))
p = lxp.new { StartElement = function() error { code = 5 } end }
local ok, e = pcall(p.parse, p, "<boom/>")
show(ok, type(e) == "table" and e.code)
local callbacks = {}
callbacks.StartElement = function(_, name)
    show("first", name)
    callbacks.StartElement = function(_, n) show("then", n) end
end
p = lxp.new(callbacks)
show(p:parse "<a><b><c/></b></a>" == p, p:parse() == p, p:getcallbacks() == callbacks)
p:close()
p = lxp.new { StartElement = false, EndElement = function(_, n) show("end", n) end }
p:parse "<x/>"
p:close()
p = lxp.new { StartElement = function(parser) parser:stop() end }
show(select("#", p:parse "<a><b/></a>") > 1)

-- what cannot be made
show(pcall(function() lxp.new() end))
show(pcall(function() lxp.new "x" end))
show(pcall(function()
    local q = lxp.new { StartElement = 7 }
    q:parse "<a/>"
end))
show(pcall(function() return lxp.new({}, 12345) end))

-- setters, entities, a base
p = lxp.new { Default = function(_, s) show("default", s) end }
show(p:setbase "/some/base", p:getbase())
p:parse "<a>x</a>"
p:close()

-- a tree
local function tree(text)
    local stack = { {} }
    local q = lxp.new {
        StartElement = function(_, name, a)
            local node = { name = name, a = attributes(a) }
            table.insert(stack[#stack], node)
            table.insert(stack, node)
        end,
        EndElement = function() table.remove(stack) end,
        CharacterData = function(_, s) table.insert(stack[#stack], s) end,
    }
    assert(q:parse(text))
    assert(q:parse())
    q:close()
    return stack[1][1]
end
local function text_of(n)
    if type(n) == "string" then return n end
    local inner = {}
    for _, c in ipairs(n) do inner[#inner + 1] = text_of(c) end
    return ("%s(%s)[%s]"):format(n.name, n.a, table.concat(inner, "|"))
end
show(text_of(tree "<doc v='1'><p>Hello <b>bold</b> world</p><br/><p k='x'/></doc>"))
local big = { "<list>" }
for i = 1, 1000 do big[#big + 1] = ("<item id='%d'>%s</item>"):format(i, ("x"):rep(i % 10)) end
big[#big + 1] = "</list>"
show(#tree(table.concat(big)))

-- a parser whose callbacks cannot yield, and forgotten ones
show(pcall(coroutine.wrap(function()
    local q = lxp.new { StartElement = function() coroutine.yield() end }
    q:parse "<a/>"
end)))
for _ = 1, 200 do lxp.new({}):parse "<a>" end
collectgarbage()
show(text_of(tree "<end/>"))
