-- needs: pl.pretty debug
-- Penlight's modules that lean on debug and load.
local nothing = function() end
package.preload.lfs = function() -- a C module: a stand-in will do
  return { attributes = nothing, currentdir = function() return "/" end, mkdir = nothing,
    rmdir = nothing, dir = nothing, link = nothing, touch = nothing, chdir = nothing }
end
local pretty, seq, OrderedMap = require "pl.pretty", require "pl.seq", require "pl.OrderedMap"
local Set, MultiMap, utils = require "pl.Set", require "pl.MultiMap", require "pl.utils"
local Date, lapp, test = require "pl.Date", require "pl.lapp", require "pl.test"

print(pretty.write { 1, 2, { "x", y = 1 }, ["a b"] = true })
print(pretty.write({ 1, { 2, 3 } }, ""), pretty.number(123456789, "M"), pretty.write("quote\n\"'"))
print(pretty.write(pretty.read "{1, two = {3}}", ""), pretty.read "{os.exit()}")
print(pretty.load("x = 1 y = {x}", {}).x, pretty.load "x = while")
print(seq.sum { 1, 2, 3 }, seq.reduce("+", seq.list { 1, 2 }), seq.copy(seq.zip({ 1, 2 }, { 3, 4 })):len())
print(table.concat(seq.copy(seq.take(seq.range(1, 100), 5)), ","), seq { 1, 2, 3 }:map("*", 2):sum())
local m = OrderedMap { { z = 1 }, { a = 2 } }
m:set("m", 3)
print(m, m:keys(), m:values())
print(Set.len(Set { 1, 2 } + Set { 2, 3 }), Set { 1, 2 } * Set { 2 }, Set { 1 } < Set { 1, 2 })
local mm = MultiMap()
mm:set("a", 1) mm:set("a", 2)
print(#mm:get "a")
print(utils.string_lambda "|x| x + 1"(2), pcall(utils.assert_arg, 1, 5, "string"), utils.quote_arg "a b")
print(utils.choose(false, 1, 2), utils.escape "a.b", utils.raise and pcall(utils.raise, "oops"))
print(Date { year = 2020, month = 2, day = 28 }:add { day = 2 }, pcall(Date.Format, "???"))
print(Date.Format "yyyy-mm-dd":tostring(Date { year = 1999, month = 12, day = 31 }))
local args = lapp.process_options_string("Test\n  -v,--verbose flag\n  -n,--number (default 10) number\n  <file> (string)\n",
    { "-v", "input" })
print(args.verbose, args.number, args.file)
test.asserteq({ 1, { 2 } }, { 1, { 2 } })
require "pl.strict"
print(pcall(function() return undefined_global end))
print(pcall(function() assigned_global = 1 end))
