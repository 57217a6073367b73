# SPDX-License-Identifier: MIT
# moonlet --record: the program does what it does without, and leaves a recording.
. "$LIB"

m() { "$MOONLET" "$@"; }
recorded() { bash -c '[ "$(head -c 8 "$1")" = MLRECORD ] && echo yes' - "$1"; }

cat >good.lua <<'LUA'
print(..., io.read())
local t = setmetatable({}, {__gc = function() print("closed") end})
for i = 1, 1e5 do n = i end
LUA
expect "a script does what it does" 0 "a	line
closed" "" bash -c 'echo line | "$0" --record=good.rec good.lua a' "$MOONLET"
expect "and leaves a recording" 0 yes "" recorded good.rec
same "without it" good.lua a

echo 'local function f() error("no") end f()' >bad.lua
expect "an error is told of" 1 "" "*: bad.lua:1: no
stack traceback:*in function 'f'*" m --record=bad.rec bad.lua
expect "and recorded" 0 yes "" recorded bad.rec
echo 'os.exit(5)' >exit.lua
expect "so is the end of the process" 5 "" "" m --record=exit.rec exit.lua
expect "before it ends" 0 yes "" recorded exit.rec
echo 'for i = 1, math.huge do n = i end' >ever.lua
expect "Ctrl-C ends a recording" 124 "" "*: interrupted!" \
    timeout --foreground -s INT -k 9 1 "$MOONLET" --record=ever.rec ever.lua
expect "which is kept" 0 yes "" recorded ever.rec
echo 'x =' >wrong.lua
expect "what is no Lua" 1 "" "*wrong.lua:2: unexpected symbol*" m --record=wrong.rec wrong.lua
expect "no place for it" 1 "" "*: cannot write nowhere/x: No such file or directory" \
    m --record=nowhere/x good.lua
expect "no script" 1 "" "*'--record' needs a script*" m --record=x.rec -e 'x = 1'
expect "with another option" 1 "" "*'--save' does not go with '--record'*" m --record=x.rec --save=y good.lua
