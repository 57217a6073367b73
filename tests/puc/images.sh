# SPDX-License-Identifier: MIT
#
# Worlds with C modules in files: saved by one process, gone on with in another. Part of run.sh.

# Saves after the first script, goes on with the second in another process: the output of both.
saved() # name, script, script, expected
{
    (
        cd "$work" && rm -f world
        timeout 60 "$program" --save=world -e "$2" && timeout 60 "$program" --load=world -e "$3"
    ) >"$work/log" 2>&1
    [ "$(cat "$work/log")" = "$4" ]
    result "image: $1" $? "$work/log"
}

saved "functions of modules" \
    'lfs, bit, zlib = require "lfs", require "bit", require "zlib" attributes = lfs.attributes
    core = require "socket.core" for _, name in ipairs { "yaml", "lxp", "iconv", "term.core", "luasql.sqlite3" } do
    require(name) end' \
    'print(attributes(".", "mode"), bit.bxor(5, 1), zlib.crc32()(""), lfs.attributes == attributes)
    print(require "lfs" == lfs, pcall(attributes), require "bit".band(7, 3))
    print(core.gettime() > 0, type(lfs.dir "."), select(2, pcall(attributes)))' \
    "directory	4	0	true
true	false	3
true	function	bad argument #1 to 'lfs.attributes' (string expected, got no value)"
saved "what is made later is of the types that there are" \
    'lpeg = require "lpeg" match = lpeg.match' \
    'local p = lpeg.C(lpeg.R "az" ^ 1) print(match(p, "word 1"), lpeg.type(p), #lpeg.Ct(p * p ^ 0):match "x")' \
    "word	pattern	1"
saved "coroutines that wait beside C" \
    'lfs = require "lfs" co = coroutine.wrap(function() for _, key in ipairs { "mode", "size", "dev" } do
    coroutine.yield(lfs.attributes("/", key)) end end) print(co())' \
    'print(type(co()), type(co()), co())' \
    "directory
number	number"

refused() # name, script, expected
{
    (cd "$work" && timeout 60 "$program" --save=world -e "$2") >"$work/log" 2>&1
    grep -qF -- "$3" "$work/log"
    result "image: $1" $? "$work/log"
}
refused "patterns are C's" 'p = require "lpeg".P "x"' "cannot save a userdata of an unknown type (_G.p)"
refused "addresses are no other process's" 'require "posix"' "cannot save a light userdata (registry."
refused "so are configurations of cjson" 'cjson = require "cjson"' "cannot save a userdata of an unknown type"

# A module of our own that knows Moonlet: its userdata are in images.
cat >"$work/tally.c" <<'END'
#include <lauxlib.h>
#include <lua.h>
#include <moonlet_puc.h>
#pragma weak moonlet_puc_userdata
#pragma weak moonlet_puc_name_type
typedef struct Tally { int n; } Tally;
static void copy(void *to, const void *from, size_t size) { (void)to, (void)from, (void)size; }
static bool save(const void *bytes, moonlet_writer *write, void *context)
{
    write(context, bytes, sizeof(Tally));
    return true;
}
static bool load(void *to, const char *bytes, size_t length)
{
    if (length == sizeof(Tally)) *(Tally *)to = *(const Tally *)bytes;
    return length == sizeof(Tally);
}
static const moonlet_type_info type = {.name = "tally", .size = sizeof(Tally), .copy = copy, .save = save, .load = load};
static int add(lua_State *L)
{
    Tally *t = luaL_checkudata(L, 1, "tally");
    lua_pushinteger(L, t->n += luaL_optint(L, 2, 1));
    return 1;
}
static int new(lua_State *L)
{
    Tally *t = moonlet_puc_userdata ? moonlet_puc_userdata(L, &type) : lua_newuserdata(L, sizeof(Tally));
    t->n = 0;
    luaL_setmetatable(L, "tally");
    return 1;
}
int luaopen_tally(lua_State *L);
int luaopen_tally(lua_State *L)
{
    static const luaL_Reg functions[] = {{"new", new}, {NULL, NULL}}, methods[] = {{"add", add}, {NULL, NULL}};
    if (moonlet_puc_name_type) moonlet_puc_name_type(&type);
    luaL_newmetatable(L, "tally");
    luaL_setfuncs(L, methods, 0);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    luaL_newlib(L, functions);
    return 1;
}
END
"${CC:-gcc}" -Wall -shared -fPIC -I/usr/include/lua5.2 -I"$here/../../include" "$work/tally.c" -o "$work/tally.so" >"$work/log" 2>&1
result "a module that knows Moonlet is compiled" $? "$work/log"
saved "userdata of a module that knows Moonlet" \
    'tally = require "tally" t = tally.new() t:add(40)
    local state = require "state" local s, again = state.snapshot() t:add() if not again then state.restore(s, true) end' \
    'print(t:add(), tally.new():add(), state == nil, require "state".fork(function() return t:add(100) end), t:add())' \
    "42	1	true	142	43"
(cd "$work" && rm -f tally.so && "$program" --load=world -e 'print "not reached"') >"$work/log" 2>&1
grep -q 'needs host functions or types that are not there: .*tally:luaopen_tally:.*new' "$work/log"
result "image: a module that is gone is named" $? "$work/log"

# A recording has what C modules answered (record.sh): nothing needs to be said when one was opened.
(
    cd "$work" && echo 'print(require "lfs".attributes(".", "mode"))' >outside.lua && echo 'print(1)' >inside.lua
    timeout 60 "$program" --record=outside.rec outside.lua 2>&1
    timeout 60 "$program" --record=inside.rec inside.lua 2>&1
) | sed 's/^[^ ]*: //' >"$work/log"
[ "$(cat "$work/log")" = "directory
1" ]
result "recording of C modules" $? "$work/log"
