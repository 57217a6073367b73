-- require and package.

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
