# SPDX-License-Identifier: MIT
#
# Programs with C modules, recorded by one process and debugged by another, where nothing outside is as it was.
# Part of run.sh.

# What a debugger that is told these commands prints of the recording, without its prompts.
replayed() # command...
{
    (cd "$work/elsewhere" && printf '%s\n' "$@" | timeout 60 "$program" -d ../recorded 2>&1) |
        grep -v '^(moonlet) \|^recorded: ' >"$work/got"
}

recorded() # name, script on stdin
{
    mkdir -p "$work/record" "$work/elsewhere"
    cat >"$work/record/script.lua"
    (cd "$work/record" && timeout 60 "$program" --record=../recorded script.lua) >"$work/log" 2>&1
}

prints() # name, expected, command...
{
    local name=$1 expected=$2
    shift 2
    replayed "$@"
    [[ "$(tail -n 1 "$work/got")" == $expected ]] # a pattern
    result "record: $name" $? "$work/got"
}

mkdir -p "$work/record/dir"
touch "$work/record/dir/one" "$work/record/dir/two"
recorded <<'END'
local lfs, socket, sqlite = require "lfs", require "socket", require "luasql.sqlite3"
local lxp, zlib, posix, lpeg, cjson = require "lxp", require "zlib", require "posix", require "lpeg", require "cjson"
local found = {}
for name in lfs.dir "dir" do found[#found + 1] = name end
table.sort(found)
names = table.concat(found, " ")
os.remove "dir/one"
mode, message = lfs.attributes("dir/one", "mode")
size = lfs.attributes("script.lua", "size")
time, pid = socket.gettime(), posix.getpid "pid"
local environment = sqlite.sqlite3()
local base = environment:connect "dir/base"
base:execute "create table t (a)"
base:execute "insert into t values (5)"
local cursor = base:execute "select a from t"
row = cursor:fetch()
cursor:close() base:close() environment:close()
tags = {}
local parser = lxp.new { StartElement = function(_, name)
    tags[#tags + 1] = name
    now = os.time()
end }
parser:parse "<a><b/></a>"
parser:close()
packed = #zlib.deflate()("hello hello hello", "finish")
json, word = cjson.encode { 1, tags }, lpeg.match(lpeg.C(lpeg.R "az" ^ 1), "word 1")
failed = select(2, pcall(lfs.attributes))
waits = coroutine.wrap(function() coroutine.yield(lfs.currentdir()) end)
directory = waits()
print(directory)
END
[ "$(cat "$work/log")" = "$work/record" ]
result "record: a program with C modules" $? "$work/log"
rm -r "$work/record/dir"
replayed e "p directory" "p row" "p json .. word" "p tags[2]" "p message" "p failed" "p type(now)"
diff - "$work/got" >"$work/diff" <<END
script.lua:1
the end: the program returned
"$work/record"
5
"[1,[\"a\",\"b\"]]word"
"b"
"cannot obtain information from file 'dir/one': No such file or directory"
"bad argument #1 to 'lfs.attributes' (string expected, got no value)"
"number"
END
result "record: what was seen outside" $? "$work/diff"

module() # name, flags of the compiler; the source on stdin
{
    local name=$1
    shift
    "${CC:-gcc}" -shared -fPIC -x c -I/usr/include/lua5.2 -I"$here/../../include" "$@" - -o "$work/record/$name.so"
}

# One that writes a file each time that it is called.
module counts <<'END'
#include <lauxlib.h>
#include <stdio.h>
static int count(lua_State *L)
{
    int *n = lua_touserdata(L, lua_upvalueindex(1));
    FILE *f = fopen("calls", "a");
    fputs("call\n", f);
    fclose(f);
    lua_pushinteger(L, ++*n);
    return 1;
}
int luaopen_counts(lua_State *L)
{
    *(int *)lua_newuserdata(L, sizeof(int)) = 0;
    lua_pushvalue(L, -1);
    lua_setglobal(L, "bytes");
    lua_pushcclosure(L, count, 1);
    return 1;
}
END
recorded <<'END'
package.cpath = "./?.so;" .. package.cpath
local count = require "counts"
a = count()
b = count()
lpeg = require "lpeg"
function more() return count() end
print(a, b)
END
[ "$(cat "$work/log")" = $'1\t2' ] && [ "$(wc -l <"$work/record/calls")" = 2 ]
result "record: a module of our own" $? "$work/log"
mv "$work/record/counts.so" "$work/record/away.so"
prints "what it has answered, without it" 2 e "p b"
[ ! -e "$work/elsewhere/calls" ]
result "record: it is not called" $? "$work/log"
prints "nor could it be" "*a C function of a recording, which is not in this process" e rs "set a = more()"

# One that computes only is called: the very same.
pure() { # number
    module pure "-DNUMBER=$1" <<'END'
#include <lauxlib.h>
static int number(lua_State *L)
{
    lua_pushinteger(L, NUMBER);
    return 1;
}
int luaopen_pure(lua_State *L)
{
    lua_pushcfunction(L, number);
    return 1;
}
END
}
pure 1
recorded <<'END'
package.cpath = os.getenv "PWD" .. "/?.so"
number = require "pure"
a = number()
b = a
print(b)
END
prints "a module that only computes" 1 e "p a"
prints "and does so when one goes on for real" 2 e rs "set a = number() + 1" "p a"
pure 2
replayed e "p a"
grep -q "the recording ends" "$work/got"
result "record: another one in its place" $? "$work/got"

module tally <<'END'
#include <lauxlib.h>
#include <moonlet_puc.h>
static const moonlet_type_info type = {.name = "tally", .size = 8};
int luaopen_tally(lua_State *L)
{
    moonlet_puc_userdata(L, &type);
    return 1;
}
END
recorded <<'END'
package.cpath = "./?.so"
require "tally"
END
grep -q "a C module has done what a replay cannot do again: replays end there" "$work/log"
result "record: what cannot be done again" $? "$work/log"
