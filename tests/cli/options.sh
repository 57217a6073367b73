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

echo 'local t = {} for i = 1, 50 do t["k" .. i] = i end
local list = {} for k, v in pairs(t) do list[#list + 1] = v end
print(#list, table.concat(list, " "))' >order.lua
usual=$("$MOONLET" order.lua)
expect "--seed sets the order of pairs, the same each time" 0 "50 other" "" bash -c '
  a=$("$1" --seed=5 order.lua) b=$("$1" --seed=5 order.lua)
  [ "$a" = "$b" ] && [ "$a" != "$2" ] && echo "${a%%	*} other"' - "$MOONLET" "$usual"
expect "--seed with the usual one" 0 "$usual" "" "$MOONLET" --seed=0x6d6f6f6e6c6574 order.lua
for bad in '' x 1x -1 18446744073709551616; do
    expect "--seed=$bad" 1 "" "*bad value '$bad' for '--seed'*" "$MOONLET" "--seed=$bad" order.lua
done
expect "--seed with the largest" 0 "1" "" "$MOONLET" --seed=18446744073709551615 -e 'print(1)'
# refused NAME MESSAGE argument...: the message, the usage, and nothing is run
refused()
{
    local name=$1 message=$2
    shift 2
    expect "$name" 1 "" "*moonlet: $message"$'\n'"usage: *" "$MOONLET" "$@"
}
for option in threads processes steps bytes held stack string; do
    for value in 0 -1 abc 1.5 '' 1e30 nan inf 3x; do
        refused "--$option=$value" "bad value '$value' for '--$option': it takes a whole number *" \
            --map "--$option=$value" script.lua
        refused "--$option $value" "bad value '$value' for '--$option': it takes a whole number *" \
            --map "--$option" "$value" script.lua
    done
    refused "--$option without a value" "'--$option' needs argument" --map "--$option"
    where="'--map' or '--save'"
    case $option in threads | processes) where="'--map'" ;; esac
    refused "--$option without --map" "'--$option' goes with $where only" "--$option=3" script.lua
    refused "--$option of -e" "'--$option' goes with $where only" "--$option" 3 -e 'print(1)'
done
for value in 0 x -5 '' 1e7; do
    refused "--pause=$value" "bad value '$value' for '--pause': it takes a number *" "--pause=$value"
    refused "--seconds=$value" "bad value '${value/1e7/-1}' for '--seconds': it takes a number *" \
        --map "--seconds=${value/1e7/-1}" script.lua
done
refused "a value too many" "'--map' takes no value" --map=3 script.lua
refused "another one" "'--check' takes no value" --check=x script.lua
refused "an ambiguous name" "option '--st' is ambiguous" --st
refused "an ambiguous name of options that have values" "option '--p=3' is ambiguous" --p=3
refused "an ambiguous name without its value" "option '--s' is ambiguous" --s
refused "--dump of two files" "'--dump' takes one file: 'b' is too many" --dump out a b
refused "--strip of two files" "'--strip' takes one file: 'b' is too many" --strip out a b
expect "which write nothing" 1 "" "" test -e out
expect "the beginning of a name" 0 "Moonlet *" "" bash -c '"$1" --vers | sed "s/^Moonlet .*/Moonlet */"' - "$MOONLET"
echo 'return function(x) return x .. "!" end' >map.lua
for words in "--threads=2" "--threads 2" "--steps 1e6 --thr=1" "--seconds 0.5" "--pause 5"; do
    # shellcheck disable=SC2086
    expect "--map $words" 0 "a!" "" bash -c 'm=$1; shift; echo a | "$m" --map "$@" map.lua' - "$MOONLET" $words
done
refused "combined short options are none" "unrecognized option '-iv'" -iv
refused "-e with an option as argument" "'-e' needs argument" -e -v
