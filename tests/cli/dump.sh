# SPDX-License-Identifier: MIT
# --dump and --strip, and running what they write.
. "$LIB"

echo 'local name = ... print(name, arg[0]) error("at the end")' >script.lua
expect "--dump" 0 "" "" "$MOONLET" --dump script.out script.lua
expect "a dump runs" 1 "a	script.out" "*script.lua:1: at the end*" "$MOONLET" script.out a
expect "--strip" 0 "" "" "$MOONLET" --strip stripped.out script.lua
expect "a stripped dump runs" 1 "a	stripped.out" "*moonlet: at the end*" "$MOONLET" stripped.out a
expect "a dump of a dump" 0 "" "" "$MOONLET" --dump again.out script.out
expect "is the same" 0 "" "" cmp script.out again.out
{ echo '#!/usr/bin/env moonlet'; cat script.out; } >first_line
expect "a first line before it" 1 "a	first_line" "*script.lua:1: at the end*" "$MOONLET" first_line a

echo 'return { name = ... }' >module.lua
"$MOONLET" --strip mod.lua module.lua
expect "a dump as a module" 0 "mod" "" "$MOONLET" -e 'print(require("mod").name)'
expect "a dump as standard input" 1 "nil	-" "*script.lua:1: at the end*" \
    bash -c '"$MOONLET" - <script.out'
expect "--check of a dump" 0 "" "" "$MOONLET" --check script.out

head -c 40 script.out >cut.out
expect "a dump that is cut" 1 "" "*moonlet: cut.out: truncated precompiled chunk*" "$MOONLET" cut.out
expect "--dump of no file" 1 "" "*cannot open nonsense.lua: *" \
    "$MOONLET" --dump x.out nonsense.lua
echo 'x = = 1' >nonsense.lua
expect "--dump of what is no Lua" 1 "" "*nonsense.lua:1: unexpected symbol near '='*" \
    "$MOONLET" --dump x.out nonsense.lua
expect "--dump without a name" 1 "" "*'--dump' needs argument*" "$MOONLET" --dump
expect "--dump to nowhere" 1 "" "*cannot write nowhere/x: No such file or directory*" \
    "$MOONLET" --dump nowhere/x script.lua
expect "--dump of standard input" 0 "" "" \
    bash -c 'echo "print(\"from stdin\")" | "$MOONLET" --dump stdin.out'
expect "and its dump" 0 "from stdin" "" "$MOONLET" stdin.out

expect "--dump to standard output" 0 "" "" bash -c '"$MOONLET" --dump - script.lua >stdout.out'
expect "is the same dump" 0 "" "" cmp script.out stdout.out
expect "from standard input to standard output" 0 "from stdin" "" \
    bash -c 'echo "print(\"from stdin\")" | "$MOONLET" --strip - | "$MOONLET" -'
for task in "--dump -" "--strip -" --ast --nodes; do
    # shellcheck disable=SC2086
    expect "$task to a full device" 1 "" "*moonlet: cannot write standard output: No space left on device" \
        bash -c '"$MOONLET" "$@" script.lua >/dev/full' - $task
done
expect "--dump to a full device" 1 "" "*moonlet: cannot write /dev/full: No space left on device" \
    "$MOONLET" --dump /dev/full script.lua
expect "--ast and --nodes of several files" 0 "0" "" \
    bash -c '"$MOONLET" --ast script.lua module.lua >/dev/null && "$MOONLET" --nodes script.lua script.out >/dev/null; echo $?'
