# SPDX-License-Identifier: MIT
# LUA_INIT, LUA_PATH, LUA_CPATH and -E; Ctrl-C; --check and the other long options.
. "$LIB"

with() # NAME VARIABLE=VALUE... -- argument...: the same with these variables
{
    local name=$1
    shift
    (
        while [ "$1" != -- ]; do export "$1" && shift; done
        shift
        same "$name" "$@"
    )
}

echo 'print("script", x, ...)' >script.lua
echo 'x = (x or 0) + 1 print("file", x, ...)' >init.lua
with "LUA_INIT is code" 'LUA_INIT=x = 1' -- script.lua a
with "LUA_INIT names a file" 'LUA_INIT=@init.lua' -- script.lua a
with "LUA_INIT_5_2 goes first" 'LUA_INIT=x = 1' 'LUA_INIT_5_2=x = 2' -- script.lua
with "an empty LUA_INIT_5_2" 'LUA_INIT=x = 1' 'LUA_INIT_5_2=' -- script.lua
with "LUA_INIT comes before -e" 'LUA_INIT=x = 1' -- -e 'print(x)'
with "an error in LUA_INIT" 'LUA_INIT=error("e")' -- script.lua
with "an error in LUA_INIT_5_2" 'LUA_INIT_5_2=local a = 1 + nil' -- script.lua
with "a syntax error in LUA_INIT" 'LUA_INIT=x =' -- script.lua
with "LUA_INIT names no file" 'LUA_INIT=@nosuchfile' -- script.lua
with "-E ignores LUA_INIT" 'LUA_INIT=error("e")' -- -E script.lua

paths='print(package.path) print(package.cpath == "c;d")'
with "LUA_PATH" 'LUA_PATH=a;b' 'LUA_CPATH=c;d' -- -e "$paths"
with "LUA_PATH with the default" 'LUA_PATH=a;;b' -- -e "$paths"
with "LUA_PATH_5_2" 'LUA_PATH=a' 'LUA_PATH_5_2=c' 'LUA_CPATH=x' 'LUA_CPATH_5_2=c;d' -- -e "$paths"
with "-E ignores LUA_PATH" 'LUA_PATH=a' 'LUA_CPATH=c;d' -- -E -e "$paths"

nprocs='print(os.getenv("GC_NPROCS")) os.execute("echo $GC_NPROCS")'
same "what the collector is told is not in the environment" -e "$nprocs"
with "what the collector is told by others is" 'GC_NPROCS=7' -- -e "$nprocs"

# complains NAME option: the same message and usage.
complains()
{
    local name=$1 program
    shift
    for program in "$MOONLET" lua5.2; do
        "$program" "$@" >".${program##*/}" 2>&1
        echo "exit code $?" >>".${program##*/}"
        sed -i "s!$program!PROGRAM!" ".${program##*/}"
    done
    expect "$name" 0 "" "" diff .lua5.2 ".${MOONLET##*/}"
}
complains "usage after an unknown option" -x
complains "usage after -e alone" -e
complains "usage after -e and an option" -e -i
complains "usage after -l alone" -v -l
complains "usage after a glued -i" -ix
complains "usage after an unknown long option" --x
same "-E may be glued" -Ex -e 'print(1)'
same "arg is there for scripts only" -e 'print(arg)'
same "-- and -" -- -
same "an empty script name" ''
echo 'print(#arg, arg[0], arg[1], arg[-1], arg[-2], arg[-3])' >arg.lua
same "arg at negative indices" -e 'x = 1' -- arg.lua u v
printf 'print(#arg, arg[0], arg[1], ...)' >.stdin
same "arg of standard input" - u
printf 'print(1) error("e")' >.stdin
same "errors of standard input count after -" -
same "and do not when nothing is asked for"
rm .stdin

same "__tostring gives a number" -e 'error(setmetatable({}, {__tostring=function() return 5 end}))'
same "__tostring gives a table" -e 'error(setmetatable({}, {__tostring=function() return {} end}))'
same "a message with a zero in it" -e 'error("a\0b", 0)'

# interrupted NAME argument...: the same after one Ctrl-C.
interrupted()
{
    local name=$1 program
    shift
    for program in "$MOONLET" lua5.2; do
        timeout --foreground -s INT -k 5 1 "$program" "$@" >/dev/null 2>".${program##*/}"
        sed -i "1s!^$program: !!" ".${program##*/}"
    done
    expect "$name" 0 "" "" diff .lua5.2 ".${MOONLET##*/}"
}
cat >loop.lua <<'LUA'
local function f() while true do end end
local function g()
    f()
end
g()
LUA
interrupted "Ctrl-C in a function" loop.lua
interrupted "Ctrl-C in a main chunk" -e 'while true do end'
loop='coroutine.wrap(function() repeat until false end)()'
map='require("state").map(function() while true do end end, {1, 2, 3, 4, 5, 6, 7, 8})'
expect "Ctrl-C stops all of a map" 124 "" "*interrupted!*" timeout --foreground -s INT -k 5 1 "$MOONLET" -e "$map"
expect "a map that was stopped can be caught" 124 "false	(command line):1: interrupted!" "" \
    timeout --foreground -s INT -k 5 1 "$MOONLET" -e "print(pcall(function() $map end))"
expect "Ctrl-C in a coroutine" 124 "" "*interrupted!*" timeout --foreground -s INT -k 5 1 "$MOONLET" -e "$loop"
loop='while true do pcall(function() while true do end end) end'
expect "a second Ctrl-C ends the program" 130 "" "" timeout 5 bash -c \
    '(sleep 0.3; kill -INT $$; sleep 0.3; kill -INT $$) & exec "$1" -e "$2"' \
    - "$MOONLET" "$loop"

echo 'x = = 1' >bad.lua
expect "--check says nothing of what is right" 0 "" "" "$MOONLET" --check script.lua init.lua
expect "--check says what is wrong" 1 "" "*: bad.lua:1: unexpected symbol near '='" \
    "$MOONLET" --check bad.lua script.lua
expect "--check of a file that is not there" 1 "" "*: cannot open nosuchfile: No such file or directory" \
    "$MOONLET" --check nosuchfile
expect "--version" 0 "1" "" bash -c '"$1" --version | grep -c "^Moonlet [0-9.]* (Lua 5.2)"' - "$MOONLET"
expect "--help" 0 "1" "" bash -c '"$1" --help | grep -c "^usage: "' - "$MOONLET"
expect "--ast" 0 "1" "" bash -c '"$1" --ast script.lua | grep -c "print" | sed "s/[0-9]*/1/"' - "$MOONLET"
expect "--nodes" 0 "" "" bash -c '"$1" --nodes script.lua >.nodes && test -s .nodes' - "$MOONLET"
expect "--stats" 0 "script	nil" "steps *collections *state * bytes in * objects, *heap map *" \
    "$MOONLET" --stats script.lua
stats_of() { # bytes of the state that it did not begin with
    "$MOONLET" --stats -e "$1" 2>&1 | awk '/^state/ { print int(($2 - $7) / 100000) }'
}
churn='local t = {} for i = 1, 300000 do t[i % 20000] = {i, tostring(i), function() return i end} end
local sum = 0 for i = 1, 19999 do sum = sum + t[i][1] - t[i][2] + t[i][3]() end print(sum)'
expect "--pause changes nothing else" 0 "$("$MOONLET" -e "$churn")" "" "$MOONLET" --pause=1 -e "$churn"
expect "--pause needs a number" 1 "" "*bad value 'x' for '--pause'*" "$MOONLET" --pause=x -e ''
expect "--stats counts what is kept" 0 "5" "" stats_of 's = ("x"):rep(500000)'
expect "--stats counts no garbage" 0 "0" "" stats_of 's = ("x"):rep(500000) s = nil'
expect "--stats counts after an error" 0 "5" "" stats_of 's = ("x"):rep(500000) error("x")'
