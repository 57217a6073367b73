# SPDX-License-Identifier: MIT
# Real programs: what is in tests/programs drives pure-Lua modules of Debian's packages,
# under moonlet and under lua5.2, with the same output. What is not installed is left out.
. "$LIB"

programs=${LIB%/*}/../programs
export LUA_PATH=';;/usr/share/lua/5.2/?.lua;/usr/share/lua/5.2/?/init.lua'

# Whether what a driver's first line says it needs is there: modules, a file, and what
# moonlet can be built without.
has_needs()
{
    local kind word words
    read -r _ kind words < <(head -n 1 "$1")
    for word in $words; do
        case $kind$word in
            needs:debug) "$MOONLET" -e 'assert(debug)' 2>/dev/null || return 1 ;;
            needs:dump) "$MOONLET" -e 'string.dump(load "")' 2>/dev/null || return 1 ;;
            needs-file:*) [ -e "$word" ] || return 1 ;;
            *) lua5.2 -e "assert(package.loaded['$word'] or
                package.searchpath('$word', package.path))" 2>/dev/null || return 1 ;;
        esac
    done
}

for driver in "$programs"/*.lua; do
    name=${driver##*/}
    has_needs "$driver" || continue
    cp "$driver" program.lua
    for program in "$MOONLET" lua5.2; do
        timeout "${PROGRAM_SECONDS:-50}" "$program" program.lua </dev/null >".${program##*/}" 2>&1
        echo "exit code $?" >>".${program##*/}"
        # addresses are nobody's business, nor is the program's name
        sed -i -E -e 's/0x[0-9a-f]{6,}/ADDRESS/g' -e 's!^[^ ]*(moonlet|lua5[.]2): !!' ".${program##*/}"
    done
    if ! cmp -s ".${MOONLET##*/}" .lua5.2; then
        echo "not ok - $name"
        diff -a .lua5.2 ".${MOONLET##*/}" | head -n 10 | cut -c 1-200 | sed 's/^/    /'
    elif [ "$(tail -n 1 .lua5.2)" != "exit code 0" ]; then
        echo "not ok - $name fails under lua5.2 too"
        tail -n 8 .lua5.2 | cut -c 1-200 | sed 's/^/    /'
    else
        echo "ok - $name"
    fi
done
