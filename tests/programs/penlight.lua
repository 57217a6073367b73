-- needs: pl.List pl.tablex debug
-- Penlight's modules that need neither files nor a C library, at work on each other.
local List, tablex, stringx = require "pl.List", require "pl.tablex", require "pl.stringx"
local class, template, data = require "pl.class", require "pl.template", require "pl.data"
local sip, text, func = require "pl.sip", require "pl.text", require "pl.func"
local lexer, permute, array2d = require "pl.lexer", require "pl.permute", require "pl.array2d"
local types, url, xml = require "pl.types", require "pl.url", require "pl.xml"
local comprehension = require "pl.comprehension".new()
local balanced, operator = require "pl.luabalanced", require "pl.operator"

local l = List { 10, 20, 30 }
print(l, l:append(5):sort(), l:slice(2, 3), l:map("+", 1), l:filter(function(x) return x > 5 end))
print(List.range(1, 10):reduce "+", List.split("a b c"), l:reverse():index(10), l == l:clone())
print(pcall(List.map, l, 3))
print(tablex.deepcompare({ 1, { 2, a = { 3 } } }, { 1, { 2, a = { 3 } } }), tablex.find({ 5, 6 }, 6))
print(table.concat(tablex.imap("*", { 1, 2, 3 }, 10), ","), tablex.size(tablex.union({ a = 1 }, { b = 2 })))
print(pcall(tablex.map, 5, {}))
print(stringx.split("a,b,,c", ","):join "|", stringx.center("x", 5, "-") .. "|", stringx.title "hello world")
print(stringx.partition("key=value", "="), stringx.strip "  x  " .. "|", stringx.replace("aaa", "a", "b", 2))
for line in stringx.lines "one\ntwo\n" do print(line) end

class.Animal()
function Animal:_init(name) self.name = name end
function Animal:__tostring() return self.name .. ": " .. self:speak() end
class.Dog(Animal)
function Dog:speak() return "bark" end
class.Cat(Animal)
function Cat:_init(name, age) self:super(name) self.age = age end
function Cat:speak() return "meow " .. self.age end
print(Dog "Fido", Cat("Felix", 3), Cat("x", 1):is_a(Animal), Dog:class_of(Dog "y"), Dog.speak == Cat.speak)

print(template.substitute([[
# for i, name in ipairs(names) do
  $(i): $(name:upper())
# end
]], { names = { "a", "b" }, ipairs = ipairs }))
print(template.substitute("# for i = 1, 2 do\n$(x.y)\n# end\n", {}))
local frame = data.read(require "pl.stringio".open "x,y\n1,2\n3,4\n", { delim = "," })
print(frame.fieldnames:join "/", frame:column_by_name "y", frame[2][1])
local fields = {}
print(sip.match("$v{name}=$d{value}", "count=42", fields), fields.name, fields.value)
print(text.dedent "    one\n      two\n", text.fill("the quick brown fox jumps over the lazy dog", 20))
print(text.Template "hello $who ${what}":substitute { who = "you", what = "there" })
local _1, _2 = func._1, func._2
print(func.I(_1 + _2 * 2)(3, 4), tostring(_1 .. "x"), func.bind(math.max, 5, _1)(9))
for a in permute.iter { 1, 2, 3 } do io.write(table.concat(a), " ") end
print()
array2d.write(array2d.map("*", { { 1, 2 }, { 3, 4 } }, 2))
print(comprehension "x^2 for x=1,5"()[5], comprehension "sum(x for x=1,100)"(), pcall(function() return comprehension "x for" () end))
print(types.is_integer(3), types.is_callable(print), types.type(l), url.quote "a b&c", url.unquote "a%20b")
print(xml.tostring(xml.parse("<a x='1'><b>text</b><c/></a>", false, true), "", "  "),
    (pcall(xml.parse, "<a>", false, true)))
print(balanced.match_expression("a(b, 'c)') + 1 rest", 1), operator.lt(1, 2), operator.concat("a", "b"))

-- the lexer over its own source and that of its neighbours
for _, name in ipairs { "lexer", "List", "utils", "xml", "pretty", "stringx", "Date" } do
    local file = assert(io.open(assert(package.searchpath("pl." .. name, package.path))))
    local counts, length = {}, 0
    for kind, value in lexer.lua(file:read "*a") do
        counts[kind] = (counts[kind] or 0) + 1
        length = length + #tostring(value)
    end
    file:close()
    local kinds = {}
    for kind, n in pairs(counts) do kinds[#kinds + 1] = kind .. "=" .. n end
    table.sort(kinds)
    print(name, length, table.concat(kinds, " "))
end
