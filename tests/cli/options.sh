# SPDX-License-Identifier: MIT
# -e, -l, -, --, -v, and what is no option.
. "$LIB"

expect "-e runs code" 0 "3" "" "$MOONLET" -e 'print(1 + 2)'
expect "-e glued to its code" 0 "5" "" "$MOONLET" '-eprint(5)'
expect "several -e share globals" 0 "1
2" "" "$MOONLET" -e 'x = 1 print(x)' -e 'print(x + 1)'

expect "-e without code" 1 "" "*'-e' needs argument*" "$MOONLET" -e
same "-e with an error" -e 'error("boom")'
same "-e with an error without position" -e 'error("boom", 0)'
same "-e with a syntax error" -e 'x ='
same "-e names its chunk" -e 'local x = nil + 1'
same "-e before a script that does not exist" -e 'print("first")' nosuchfile.lua
same "-e stops at the first error" -e 'print(1)' -e 'error("e")' -e 'print(2)'
same "-e gets no arguments" -e 'print(...)'
expect "an unknown option" 1 "" "*unrecognized option '-x'*" "$MOONLET" -x
expect "an unknown long option" 1 "" "*unrecognized option '--nonsense'*" "$MOONLET" --nonsense
same "no such file" nosuchfile.lua

echo 'print("from a script", ...)' >script.lua
same "a script" script.lua
same "a script with arguments" script.lua a 'b c' '' -e
same "-- ends the options" -- script.lua -x
same "-e and a script" -e 'print("first")' script.lua arg
same "-e and -- and a script" -e 'y = 5' -- script.lua y

echo 'return { name = ... }' >mod.lua
same "-l requires a module" -l mod -e 'print(mod.name)'
same "-l glued" -lmod -e 'print(mod.name)'
same "-l without a module" -l nosuchmodule -e 'print(1)'

echo 'print("from stdin", ...) return 5' >.stdin
same "- reads standard input" -
same "- with arguments" - one two
same "standard input when nothing is given"
echo 'error("in stdin")' >.stdin
same "an error in standard input" -
echo 'x = = 1' >.stdin
same "a syntax error in standard input" -
printf '#!/usr/bin/env lua\nprint("after the first line")' >.stdin
same "a first line with # in standard input" -

expect "-v says the version" 0 "Moonlet *" "" bash -c '"$1" -v | sed "s/^Moonlet .*/Moonlet */"' - "$MOONLET"
expect "-v and -e" 0 "1" "" bash -c '"$1" -v -e "print(1)" | tail -n 1' - "$MOONLET"
