#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run.sh --program P [--library DIR] [--tests DIR] [name...]: Lua's own C interface, by what was compiled for
# lua5.2. Ends with the line "N passed, N failed".
#
#   api.c                every function: a program made for lua5.2's library, run with that and with
#                        Moonlet's in its place
#   effects.c            how many values each function pops and pushes, as the manual says it: likewise
#   fuzz.c               random calls, printed after each: likewise
#   embed/*.c            programs that embed Lua, as one who has only the manual writes them: likewise
#   test_*.c             what moonlet_puc.h promises, and limits: made with Check, in the directory --tests
#   states/*.lua         what only Moonlet has: forks, snapshots; expectations beside the code
#   images.sh, record.sh  worlds with C modules in files; recordings of such programs
#   tools.sh             luarocks, busted and others, on a rock of our own
#   modules/test_*.lua   scripts that use C modules of Debian's: the same output as lua5.2's
set -u
export LC_ALL=C TZ=UTC
unset LUA_PATH LUA_PATH_5_2 LUA_CPATH LUA_CPATH_5_2 LUA_INIT LUA_INIT_5_2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 only=()
while [ $# -gt 0 ]; do
    case $1 in
    --program) program=$(realpath "$2"); shift 2 ;;
    --library) library=$(realpath "$2"); shift 2 ;;
    --tests) tests=$(realpath "$2"); shift 2 ;;
    *) only+=("$1"); shift ;;
    esac
done

wanted() # name
{
    [ ${#only[@]} = 0 ] || [[ " ${only[*]} " == *" $1 "* ]]
}

result() # name, whether it is good, file of details
{
    if [ "$2" = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "not ok - $1"
        head -n 30 "$3" | sed 's/^/    /'
    fi
}

run() # program, script: output, without the program's name
{
    (cd "$work" && timeout 120 "$1" "$2" </dev/null 2>&1
        echo "exit $?") | sed -E 's/^[^ ]*(moonlet|lua5\.2): //; s/0x[0-9a-f]+/ADDRESS/g'
}

same() # name, script
{
    run "$program" "$2" >"$work/moonlet.out"
    run lua5.2 "$2" >"$work/lua.out"
    grep -q '^exit 0$' "$work/lua.out" || echo "lua5.2 fails, too" >>"$work/moonlet.out"
    diff "$work/lua.out" "$work/moonlet.out" >"$work/diff"
    result "$1" $? "$work/diff"
}

# What a program prints, without addresses, and without what PUC Lua sometimes puts before a name.
output() # program, argument...
{
    (cd "$work" && timeout 600 "$@" 2>&1 </dev/null; echo "exit $?") | sed -E 's/0x[0-9a-f]+/ADDRESS/g; s/_G\.//g'
}

# A program of C, compiled for lua5.2: with both libraries, and linked with a build kind's objects.
same_program() # name, argument...
{
    mkdir -p "$(dirname "$work/$1")"
    "${CC:-gcc}" -Wall -I/usr/include/lua5.2 "$here/$1.c" -o "$work/$1" -llua5.2 -lm || return
    output "./$@" >"$work/lua.out"
    if [ -n "${library-}" ]; then
        LD_LIBRARY_PATH=$library output "./$@" >"$work/moonlet.out"
        diff -a "$work/lua.out" "$work/moonlet.out" >"$work/diff"
        result "$1" $? "$work/diff"
        "${CC:-gcc}" -Wall -Wextra -I"$here/../../include/puc" -fsyntax-only "$here/$1.c" >"$work/diff" 2>&1
        result "$1 with Moonlet's headers" $? "$work/diff"
    fi
    [ -x "${tests-}/$1" ] || return
    output "$tests/$@" >"$work/moonlet.out"
    diff -a "$work/lua.out" "$work/moonlet.out" >"$work/diff"
    result "$1 of $tests" $? "$work/diff"
}

expected() # name, script: lines of "expect: TEXT", or "expect-prefix: TEXT" of which only that counts
{
    run "$program" "$2" >"$work/got"
    {
        sed -n 's/.*-- \(expect\(-prefix\)\?: .*\)/\1/p' "$2"
        echo "expect: exit 0"
    } >"$work/want"
    paste -d '\n' "$work/want" "$work/got" | awk '
        NR % 2 { want = $0; next }
        { n = index(want, ": "); text = substr(want, n + 2)
          got = want ~ /^expect-prefix/ ? substr($0, 1, length(text)) : $0
          if (got != text) print "expected " text "\n     got " $0 }' >"$work/diff"
    [ ! -s "$work/diff" ]
    result "$1" $? "$work/diff"
}

for test in "${tests-/none}"/test_*; do
    name=${test##*/test_}
    [ -x "$test" ] && wanted "$name" || continue
    timeout 300 "$test" >"$work/log" 2>&1
    result "$name" $? "$work/log"
done
wanted api && same_program api
# A row for each function that the library of PUC Lua exports.
if wanted effects; then
    nm -D --defined-only "$(${CC:-gcc} -print-file-name=liblua5.2.so)" | sed -n 's/.* T \(luaL\?[a-z]*_[A-Za-z0-9_]*\).*/\1/p' |
        sort -u >"$work/exported"
    grep -oE '(X\(|")lua[A-Za-z]*_[A-Za-z0-9_]*' "$here/effects.c" | sed 's/^X(//; s/^"//' | sort -u >"$work/rows"
    comm -23 "$work/exported" "$work/rows" >"$work/diff"
    [ -s "$work/exported" ] && [ ! -s "$work/diff" ]
    result "effects of all functions" $? "$work/diff"
    same_program effects
fi
for program_of in "$here"/embed/*.c; do
    name=embed/$(basename "$program_of" .c)
    wanted "$name" && same_program "$name"
done
# An example: compiled with both sorts of headers, run with Moonlet's library.
example() # name
{
    local headers
    for headers in "$here/../../include/puc" /usr/include/lua5.2; do
        "${CC:-gcc}" -Wall -I"$headers" -I"$here/../../include" "$here/../../examples/puc/$1.c" \
            -o "$work/$1" "$library/libmoonlet-lua52.so" &&
            LD_LIBRARY_PATH=$library "$work/$1" | diff "$here/../../examples/puc/$1.out" - || return
    done >"$work/log" 2>&1
}
if [ -n "${library-}" ] && wanted rollback; then
    example rollback
    result rollback $? "$work/log"
fi
wanted fuzz && same_program fuzz "${FUZZ_FIRST:-1}" "${FUZZ_PROGRAMS:-300}"
for script in "$here"/states/*.lua; do
    name=${script##*/}
    wanted "states/${name%.lua}" && expected "states/${name%.lua}" "$script"
done
for script in "$here"/modules/test_*.lua; do
    name=${script##*/test_}
    wanted "${name%.lua}" && same "${name%.lua}" "$script"
done
if wanted images; then . "$here/images.sh"; fi
if wanted record; then . "$here/record.sh"; fi
. "$here/tools.sh"
if [ -n "${library-}" ] && wanted install; then . "$here/install.sh"; fi
echo "$passed passed, $failed failed"
[ $failed = 0 ]
