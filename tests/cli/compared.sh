# SPDX-License-Identifier: MIT
# Errors, metamethods, stacks, values without room and the order of evaluation, as tests/diff makes them: what lua5.2 says.
. "$LIB"

# $1 script, $2 the fewest lines that it prints, then its arguments.
compare()
{
    local script=$1 fewest=$2 code
    shift 2
    cp "${LIB%/*}/../diff/$script.lua" .
    "$MOONLET" "$script.lua" "$@" </dev/null >moonlet.out 2>&1
    code=$?
    lua5.2 "$script.lua" "$@" </dev/null >lua.out 2>&1
    if [ $code = 0 ] && [ "$(wc -l <lua.out)" -gt "$fewest" ] && cmp -s moonlet.out lua.out; then
        echo "ok - $script $*"
    else
        echo "not ok - $script $* (exit code $code)"
        diff -a lua.out moonlet.out | head -n 10 | cut -c 1-200 | sed 's/^/    /'
    fi
}

compare errors 30000 1
compare events 200000
compare stacks 15000 1 2000
compare rooms 600
compare order 39000
