#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run.sh [--long] KIND_DIR: runs the tests on build/stress, or another such directory.
#
# Once for the Lua tests and some random programs; --long: with a poll at each step, with each
# disturbance first, under a debug hook, the C tests, and more random programs. All parts are
# run, whatever fails; the last line is "N passed, N failed".
set -u
cd "$(dirname "$0")/../.." || exit 1
long="" without="all|day"
[ "$1" = --long ] && long=1 && without=all && shift
dir=$1 list=tests/stress/left_out log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0 failed=0

# The tests of the directory $1 that end in $2, but those left out from what $3 says.
tests()
{
    local file name
    for file in "${1%/}"/*"$2"; do
        name=${file##*/}
        name=${file%/*}/${name%.lua}
        [[ $name == *.[od] ]] && continue
        grep -qE "^${name##*tests/} +($3) " "$list" || echo "$file"
    done
}

# $1: what it is; then what is run.
part()
{
    local good bad line start=$SECONDS
    echo "== $1"
    shift
    "$@" </dev/null 2>&1 | tee "$log"
    line=$(grep -aE '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1)
    read -r good _ bad _ <<<"${line:-0 passed, 1 failed}"
    passed=$((passed + good)) failed=$((failed + bad))
    echo "in $((SECONDS - start)) s"
}

run() { tests/run.sh --program "$dir/moonlet" "$@"; }
hooked() { TEST_INIT='debug.sethook(function() end, "crl", 7)' run "$@"; }

lua=$(tests tests/lua .lua "$without")
part "Lua tests" run $lua
STRESS_COUNT=${STRESS_COUNT:-${long:+300}} part "random programs" run tests/stress/random.sh
if [ "$long" ]; then
    export TEST_TIMEOUT=${TEST_TIMEOUT:-900}
    for turn in 0 1 2 3 4; do
        MOONLET_STRESS=1 MOONLET_STRESS_TURN=$turn part "polls at each step, from $turn on" run $lua
    done
    part "Lua tests under a hook" hooked $(tests tests/lua .lua "all|hooks")
    part "C tests" run $(tests "$dir/tests/unit" "" all) $(tests "$dir/tests/api" "" all)
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
