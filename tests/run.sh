#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run.sh [--program P] [--tests DIR] [--jobs N] [file...]: Moonlet's test runner.
#
# Runs the named tests, or else all: the C test executables DIR/*/test_*, and
# tests/lua/*.lua and tests/cli/*.sh on the program P (build/moonlet). Prints what
# failed and, last, "N passed, N failed"; the exit code is 1 if anything failed.
#
# A Lua test says beside its code what must happen:
#   -- expect: TEXT        the next line of standard output
#   -- expect-error: TEXT  the next line of standard error before the traceback, without
#                          the program's name; the exit code is then 1
#   -- expect-exit: N      the exit code, where it is not 0 and not from an error
# and is also run by lua5.2, with the same output, error text, traceback and exit code,
# unless its first line contains "moonlet-only"; and as a binary chunk (as_dump.sh).
#
# A shell test prints lines "ok - name" or "not ok - name" (see cli/lib.sh). A C test is
# an executable made with Check.
set -u
export LC_ALL=C TZ=UTC
unset LUA_PATH LUA_PATH_5_2 LUA_CPATH LUA_CPATH_5_2 LUA_INIT LUA_INIT_5_2
# What each Lua test begins with, as its program's LUA_INIT.
[ -n "${TEST_INIT-}" ] && export LUA_INIT=$TEST_INIT
unset MAKEFLAGS MFLAGS MAKELEVEL KIND # a test that calls make is no part of the make that calls it

here=$(cd "$(dirname "$0")" && pwd)
limit=${TEST_TIMEOUT:-180}

# Prints a failure with its details (standard input), indented.
not_ok()
{
    echo "not ok - $1"
    head -n "${TEST_DETAILS:-15}" | sed 's/^/    /'
}

# $1 program, $2 test, $3 where: runs it, leaving $3.out $3.err $3.code.
run_lua()
{
    (cd "$here/lua" && timeout "$limit" "$1" "$2" </dev/null >"$3.out" 2>"$3.err")
    echo $? >"$3.code"
    # "moonlet: message" is "message"; lua5.2 says '_G.print' or 'print' as its hash seed falls
    sed -i -E -e '1s/^[^ ]*(moonlet|lua5\.2): //' -e "s/'_G\./'/g" "$3.err"
}

# What the file says must come out, in the form of run_lua's files.
expectations()
{
    sed -n 's/.*-- expect: \{0,1\}//p' "$1" >"$2.out"
    sed -n 's/.*-- expect-error: \{0,1\}//p' "$1" >"$2.err"
    sed -n 's/.*-- expect-exit: //p' "$1" >"$2.code"
    if [ ! -s "$2.code" ]; then [ -s "$2.err" ] && echo 1 || echo 0; fi >>"$2.code"
}

lua_test()
{
    local name=${1##*/} work
    work=$(mktemp -d)
    run_lua "$PROGRAM" "$name" "$work/got"
    expectations "$1" "$work/want"
    sed '/^stack traceback:/,$d' "$work/got.err" >"$work/message.err"
    if diff -u "$work/want.out" "$work/got.out" >"$work/diff" &&
        diff -u "$work/want.err" "$work/message.err" >"$work/diff" &&
        diff -u "$work/want.code" "$work/got.code" >"$work/diff"; then
        echo "ok - lua/$name"
    else
        cat "$work/diff" "$work/got.err" | not_ok "lua/$name"
    fi
    MOONLET=$PROGRAM run_lua "$here/as_dump.sh" "$name" "$work/dump"
    if diff -u "$work/got.out" "$work/dump.out" >"$work/diff" &&
        diff -u "$work/got.err" "$work/dump.err" >"$work/diff" &&
        diff -u "$work/got.code" "$work/dump.code" >"$work/diff"; then
        echo "ok - lua/$name as a dump"
    else
        not_ok "lua/$name as a dump" <"$work/diff"
    fi
    if ! head -n 1 "$1" | grep -q moonlet-only; then
        run_lua lua5.2 "$name" "$work/peer"
        if diff -u "$work/peer.out" "$work/got.out" >"$work/diff" &&
            diff -u "$work/peer.err" "$work/got.err" >"$work/diff" &&
            diff -u "$work/peer.code" "$work/got.code" >"$work/diff"; then
            echo "ok - lua/$name as lua5.2"
        else
            not_ok "lua/$name as lua5.2" <"$work/diff"
        fi
    fi
    rm -rf "$work"
}

shell_test()
{
    local name=cli/${1##*/} work code
    work=$(mktemp -d)
    (cd "$work" && MOONLET=$PROGRAM LIB=$here/cli/lib.sh timeout "$limit" bash "$1" \
        </dev/null >"$work/.log" 2>&1)
    code=$?
    sed -E "s|^((not )?ok - )|\\1$name: |" "$work/.log"
    if [ $code != 0 ]; then
        echo "exit code $code" | not_ok "$name"
    fi
    rm -rf "$work"
}

c_test()
{
    local name=${1%/*} work code
    name=${name##*/}/${1##*/}
    work=$(mktemp -d)
    CK_DEFAULT_TIMEOUT=$limit timeout $((limit * 10)) "$1" </dev/null >"$work/log" 2>&1
    code=$?
    awk -v name="$name" -v code=$code '
        /^[0-9]+%: Checks: / {
            gsub(",", ""); total += $3; bad += $5 + $7
        }
        END {
            if (!total && code == 0) total = 1
            for (i = 0; i < total - bad; i++) print "ok - " name
            for (i = 0; i < bad; i++) print "not ok - " name
            if (code && !bad) print "not ok - " name " (exit code " code ")"
        }' "$work/log"
    [ $code != 0 ] && head -n 200 "$work/log" | sed 's/^/    /'
    rm -rf "$work"
}

report_of()
{
    case $1 in
        *.lua) lua_test "$1" ;;
        *.sh) shell_test "$1" ;;
        *) c_test "$1" ;;
    esac
}

# What fails is run again, once: a busy machine, or a word that looks like a pointer, may make a
# test fail that is right. Both are printed.
one_test()
{
    local report
    report=$(report_of "$1")
    if grep -aq "^not ok - " <<<"$report"; then
        grep -av "^ok - " <<<"$report" | sed 's/^not ok - /again - /'
        report=$(report_of "$1")
    fi
    grep -aE "^(not )?ok - " <<<"$report" >>"$RESULTS"
    grep -av "^ok - " <<<"$report"
    return 0
}

if [ "${1-}" = --one ]; then
    one_test "$2"
    exit
fi

PROGRAM=$here/../build/moonlet
jobs=${TEST_JOBS:-$(nproc)}
c_tests=
while :; do
    case ${1-} in
        --program) PROGRAM=$2 ;;
        --tests) c_tests=$2 ;;
        --jobs) jobs=$2 ;;
        *) break ;;
    esac
    shift 2
done
PROGRAM=$(realpath -m "$(command -v "$PROGRAM" || echo "$PROGRAM")")
RESULTS=$(mktemp)
trap 'rm -f "$RESULTS"' EXIT
export PROGRAM RESULTS

if [ $# != 0 ]; then
    printf '%s\n' "$@"
else
    if [ -n "$c_tests" ]; then find "$c_tests" -type f -name 'test_*' -perm -u+x; fi
    find "$here/lua" -maxdepth 1 -name "*.lua"
    find "$here/cli" -maxdepth 1 -name "*.sh" ! -name lib.sh
fi | sort | xargs -r -d '\n' realpath | xargs -r -d '\n' -n 1 -P "$jobs" "$here/run.sh" --one

passed=$(grep -ac '^ok - ' "$RESULTS")
failed=$(grep -ac '^not ok - ' "$RESULTS")
if [ "$passed" = 0 ] && [ "$failed" = 0 ]; then failed=1; fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
