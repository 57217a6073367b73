# SPDX-License-Identifier: MIT
# C modules made for moonlet.h, found by package.cpath and package.loadlib; others are refused.
. "$LIB"

root=$(cd "$(dirname "$0")/../.." && pwd)
cc=${CC:-gcc}
"$cc" -shared -fPIC -I"$root/include" "$root/tests/cli/module.c" -o module.so || exit 1
for name in v2-module module-v2 foreign neither; do cp module.so $name.so; done
echo 'extern int lua_gettop(void *); int luaopen_lacking(void *L) { return lua_gettop(L); }' |
    "$cc" -shared -fPIC -Wl,-z,now -xc - -o lacking.so
echo "not a library" >text.so

run() # NAME OUT source
{
    expect "$1" 0 "$2" "" "$MOONLET" -e 'package.cpath = "./?.so" local m = require "module" '"$3"
}
run "a module" "6	true	true" 'print(m.add(1, 2, 3), m == require "module", m == package.loaded.module)'
run "what it is called with" "table	function" 'print(type(m), type(require "module.part"))'
run "a wrong argument" "bad argument #2 to 'module.add' (number expected)" \
    'print(select(2, pcall(m.add, 1, {})))'
run "a mark of a version" "3	3" 'print(require "v2-module".add(1, 2), require "module-v2".add(1, 2))'
run "a state in a function" "2" 'n = 1 m.within(function() n = 2 end) print(n)'
run "an error in a function" "e" 'print(select(2, pcall(m.within, function() error("e", 0) end)))'
run "terms" "3	0" 'print(m.lengths({1, 2, 3}, {}))'
run "a yield across it" "1	2" '
    local f = coroutine.wrap(function() m.call(coroutine.yield, 1) m.call(coroutine.yield, 2) end)
    print(f(), f())'
run "in forks" "10	2" '
    local state, c = require "state", m.counter() c:up()
    print(state.fork(function() for i = 2, 9 do c:up() end return c:up() end), c:up())'
run "on threads" "2	4	6	8" '
    local got = require("state").map(function(x) return m.add(x, x) end, {1, 2, 3, 4}, {threads = 2})
    print(table.concat(got, "	"))'
run "opened on a thread" "3" '
    local load = function() return package.loadlib("./module.so", "moonletopen_module")() end
    print(require("state").map(load, {0}, {threads = 1})[1].add(1, 2))'
run "an image with a host's functions" "" 'x = 1 m.image("a.img") x = 2 m.image("b.img")'
said "what an image needs" "*functions of the host*lengths*add*types of userdata*saved*" \
    "$MOONLET" --show=a.img
said "what differs between such images" "*x*1*2*" "$MOONLET" --diff a.img b.img
run "package.loadlib" "function	true" '
    print(type(package.loadlib("./module.so", "moonletopen_module")), package.loadlib("./module.so", "*"))'
run "a function that is not there" "nil	init" \
    'local f, _, what = package.loadlib("./module.so", "nothing") print(f, what)'
run "a file that is not there" "nil	open" \
    'local f, _, what = package.loadlib("./nothing.so", "nothing") print(f, what)'
run "a part that is not there" "true" '
    local _, e = pcall(require, "module.nothing")
    print(e:find("no module %Smodule.nothing%S in file %S./module.so%S") ~= nil)'
run "modules for PUC Lua" "true	lacking" 'print(require "foreign", (require "lacking"))'
run "a module that is neither" "error loading module 'neither' from file './neither.so':
	./neither.so: undefined symbol: luaopen_neither" 'print(select(2, pcall(require, "neither")))'
run "a file that is no library" "true" '
    local _, e = pcall(require, "text")
    print(e:find("^error loading module %Stext%S from file %S./text.so%S:\n\t") ~= nil)'
