-- package and require: searchers, error texts, module.

package.path, package.cpath = "./?.lua;./?/init.lua", "./?.nothing"

local function show(...) -- helper
  local parts = table.pack(...)
  for i = 1, parts.n do parts[i] = tostring(parts[i]):gsub("\n\t", "; "):gsub("'_G%.", "'") end
  print(table.concat(parts, " | "))
end

-- what require says
show(pcall(require, "no.such"))
-- expect: false | module 'no.such' not found:; no field package.preload['no.such']; no file './no/such.lua'; no file './no/such/init.lua'; no file './no/such.nothing'; no file './no.nothing'
show(pcall(require, "none"))
-- expect: false | module 'none' not found:; no field package.preload['none']; no file './none.lua'; no file './none/init.lua'; no file './none.nothing'
show(pcall(require, ""))
-- expect: false | module '' not found:; no field package.preload['']; no file './.lua'; no file './/init.lua'; no file './.nothing'
show(pcall(require, 5))
-- expect: false | module '5' not found:; no field package.preload['5']; no file './5.lua'; no file './5/init.lua'; no file './5.nothing'
package.path = "?;;x/?.y;"
show(pcall(require, "a.b"))
-- expect: false | module 'a.b' not found:; no field package.preload['a.b']; no file 'a/b'; no file 'x/a/b.y'; no file './a/b.nothing'; no file './a.nothing'
package.path = ""
show(pcall(require, "a"))
-- expect: false | module 'a' not found:; no field package.preload['a']; no file './a.nothing'
package.path = nil
print((pcall(require, "a")), (select(2, pcall(require, "a"))))
-- expect: false	'package.path' must be a string
package.path = "./?.lua"
package.cpath = {}
show(pcall(require, "a")) -- expect: false | 'package.cpath' must be a string
package.cpath = 5
show(pcall(require, "a"))
-- expect: false | module 'a' not found:; no field package.preload['a']; no file './a.lua'; no file '5'
package.cpath = ""
local searchers = package.searchers
package.searchers = nil
show(pcall(require, "a")) -- expect: false | 'package.searchers' must be a table
package.searchers = {}
show(pcall(require, "a")) -- expect: false | module 'a' not found:
package.searchers = { function(name) return 5 end, function() end, function() return {} end, function() return "\n\tlast" end }
show(pcall(require, "a")) -- expect: false | module 'a' not found:5; last
package.searchers = { 5 }
show(pcall(require, "a")) -- expect: false | attempt to call a number value
package.searchers = { function(...) print("searcher", ...) return function(...) print("loader", ...) return nil end, 1, 2 end }
-- expect: searcher	searched
-- expect: loader	searched	1
print(require("searched"), package.loaded.searched, require("searched"))
-- expect: true	true	true
package.searchers = { function() return function(n) package.loaded[n] = "set by the loader" end end }
print(require("setter")) -- expect: set by the loader
package.searchers = { function() return function(n) return false end end }
print(require("isfalse"), package.loaded.isfalse) -- expect: false	false
package.searchers = { function() error("searcher fails", 0) end }
show(pcall(require, "a")) -- expect: false | searcher fails
package.searchers = searchers
print(package.loaders == searchers, #searchers) -- expect: true	4

-- preload
package.preload.p = function(...) return select("#", ...) .. " " .. tostring((...)) end
show(require("p"), searchers[1]("p") == package.preload.p, searchers[1]("q"))
-- expect: 2 p | true | ; no field package.preload['q']
setmetatable(package.preload, { __index = function(_, k) if k == "lazy" then return function() return "made" end end end })
print(require("lazy")) -- expect: made
setmetatable(package.preload, nil)
show(searchers[2]("modules.counter") ~= nil, select(2, searchers[2]("modules.counter")), searchers[4]("nodot"))
-- expect: true | ./modules/counter.lua
show(select("#", searchers[4]("nodot")), searchers[4]("with.dot"), searchers[3]("x"))
-- expect: 0 |  | 
show(pcall(searchers[2], "modules.broken"))
-- expect: false | error loading module 'modules.broken' from file './modules/broken.lua':; ./modules/broken.lua:1: unexpected symbol near '='

-- searchpath
show(package.searchpath("modules.counter", "./?.lua"), package.searchpath("modules/counter", "./?.lua", ""))
-- expect: ./modules/counter.lua | ./modules/counter.lua
show(package.searchpath("a-b.c", "?/?;?.x", "-", "+"))
-- expect: nil | ; no file 'a+b.c/a+b.c'; no file 'a+b.c.x'
show(package.searchpath("a.b", "?", ".", "")) -- expect: nil | ; no file 'ab'
show(package.searchpath("", "?.?")) -- expect: .
show(package.searchpath("a%b", "?", "%", "%1")) -- expect: nil | ; no file 'a%1b'
show(pcall(package.searchpath, "a")) show(pcall(package.searchpath, nil, "x")) show(pcall(package.searchpath, "a", "b", {}))
-- expect: false | bad argument #2 to 'package.searchpath' (string expected, got no value)
-- expect: false | bad argument #1 to 'package.searchpath' (string expected, got nil)
-- expect: false | bad argument #3 to 'package.searchpath' (string expected, got table)

print((package.config:gsub("\n", " ")), package.loaded == package.loaded.package.loaded, package.loaded._G == _G)
-- expect: / ; ? ! - 	true	true

-- module, as in Lua 5.1
local function defined() return 1 end
do
  local chunk = load([[
    local tostring = tostring
    module("first.second", ...)
    value = 5
    function get() return value end
    return _NAME, _PACKAGE, _M == _M._M, _M.value, tostring(print)
  ]])
  print(chunk(function(m) m.option = "set" end, "not a function"))
  -- expect: first.second	first.	true	5	nil
  print(first.second.value, first.second.get(), first.second.option, package.loaded["first.second"] == first.second)
  -- expect: 5	5	set	true

  print(value, get, require("first.second").get()) -- expect: nil	nil	5
  load("module('first.second', package.seeall) more = tostring(6) check = value")()
  print(first.second.more, first.second.check, first.second.value, more) -- expect: 6	5	5	nil
  load("local a, b, c = ... module('top') x = a")("arg")
  print(top.x, top._NAME, top._PACKAGE == "", x) -- expect: arg	top	true	nil
  show(pcall(load("module('print')")))
  -- expect: false | [string "module('print')"]:1: name conflict for module 'print'

  show(pcall(load("module('top.x.y')")))
  -- expect: false | [string "module('top.x.y')"]:1: name conflict for module 'top.x.y'

  show(pcall(module, "m")) -- expect: false | 'module' not called from a Lua function
  show(pcall(load("module()")))
  -- expect: false | [string "module()"]:1: bad argument #1 to 'module' (string expected, got no value)

  local seen = {}
  load("module('m2', ...)")(function(m) seen[1] = m._NAME end, function(m) seen[2] = m end)
  print(seen[1], seen[2] == m2, pcall(load("module('m3', ...)"), function() error("option", 0) end))
  -- expect: m2	true	false	option

end
show(pcall(package.seeall)) print(getmetatable(package.seeall({}) or {}))
-- expect: false | bad argument #1 to 'package.seeall' (table expected, got no value)
-- expect: nil
local mt = {}
local m = setmetatable({}, mt)
package.seeall(m)
print(mt.__index == _G, m.print == print) -- expect: true	true
print((package.loadlib("/nonexistent.so", "f")), (pcall(package.loadlib, "x")))
-- expect: nil	false

-- What ordinary scripts need of require.
do

package.path = "./?.lua"

local counter = require("modules.counter")
print(counter.name, counter.file, counter.inc(), counter.inc())
-- expect: modules.counter	./modules/counter.lua	1	2
print(require("modules.counter") == counter, require("modules.counter").n, package.loaded["modules.counter"] == counter)
-- expect: true	2	true

-- loaded again after being forgotten
package.loaded["modules.counter"] = nil
print(require("modules.counter") == counter, require("modules.counter").n) -- expect: false	0

-- no value: true is kept; false is kept as it is
print(require("modules.novalue"), loaded_without_value) -- expect: true	1
print(require("modules.novalue"), loaded_without_value) -- expect: true	1
print(require("modules.returnsfalse")) -- expect: false
loaded_without_value = nil

-- preload
package.preload.virtual = function(...) return { args = { ... } } end
local virtual = require("virtual")
print(virtual.args[1], virtual.args[2], require("virtual") == virtual)
-- expect: virtual	nil	true
package.loaded.given = "a string"
print(require("given")) -- expect: a string

-- not found: every place that was tried
local ok, e = pcall(require, "no.such.module")
print(ok, (e:match("^[^\n]*"))) -- expect: false	module 'no.such.module' not found:
print(e:find("no field package.preload['no.such.module']", 1, true) ~= nil, e:find("no file './no/such/module.lua'", 1, true) ~= nil)
-- expect: true	true

-- errors in a module
ok, e = pcall(require, "modules.broken")
print(ok, (e:gsub("\n%s*", " ")))
-- expect: false	error loading module 'modules.broken' from file './modules/broken.lua': ./modules/broken.lua:1: unexpected symbol near '='
ok, e = pcall(require, "modules.failing")
print(ok, e) -- expect: false	./modules/failing.lua:2: failing module
print(package.loaded["modules.broken"], package.loaded["modules.failing"]) -- expect: nil	nil
print((pcall(require))) -- expect: false
print((pcall(require, {}))) -- expect: false

-- package.path
package.path = "./modules/?.lua;./nowhere/?.lua"
print(require("counter").name, require("counter").file) -- expect: counter	./modules/counter.lua
package.path = "nothing/?.lua"
print((pcall(require, "novalue"))) -- expect: false
package.path = "./?.lua"

-- modules that need each other
local a = require("modules.cycle_a")
print(a.name, a.b.name, a.b.saw) -- expect: a	b	nil

-- package.searchpath
print((select(-1, package.searchpath("modules.counter", "./?.lua")):gsub("\n\t", " ")))
-- expect: ./modules/counter.lua
print((select(-1, package.searchpath("modules.counter", "./?.txt;./?.lua")):gsub("\n\t", " ")))
-- expect: ./modules/counter.lua
print((select(-1, package.searchpath("modules/counter", "./?.lua")):gsub("\n\t", " ")))
-- expect: ./modules/counter.lua
print((select(-1, package.searchpath("modules-counter", "./?.lua", "-")):gsub("\n\t", " ")))
-- expect: ./modules/counter.lua
print((select(-1, package.searchpath("modules.counter", "./?.lua", "")):gsub("\n\t", " ")))
-- expect:  no file './modules.counter.lua'
print((select(2, package.searchpath("none", "./?.lua;./?/x.lua")):gsub("\n\t", " ")))
-- expect:  no file './none.lua' no file './none/x.lua'

-- own searchers
table.insert(package.searchers, 1, function(name)
  if name:match("^gen%.") then return function(n, extra) return n .. " by searcher " .. tostring(extra) end, "extra" end
  return "\n\tnot for the generator"
end)
print(require("gen.x")) -- expect: gen.x by searcher extra
ok, e = pcall(require, "another.missing")
print(e:find("not for the generator", 1, true) ~= nil) -- expect: true
table.remove(package.searchers, 1)

print(type(package.config), type(package.cpath), #package.searchers >= 2, package.config:sub(1, 1))
-- expect: string	string	true	/

-- C sees names up to their first zero
package.preload.cut = function(name) return name end
print(require("cut\0off"), package.loaded.cut, package.loaded["cut\0off"]) -- expect: cut	cut	nil
print(require("cut\0otherwise")) -- expect: cut
print(select(2, pcall(require, "none\0x")):match("^[^\n]*")) -- expect: module 'none' not found:
end
