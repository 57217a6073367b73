# SPDX-License-Identifier: MIT
# Random patterns, replacements and formats: what lua5.2 says.
. "$LIB"

script=${LIB%/*}/../diff/string_random.lua
for seed in 1 2 3; do
    "$MOONLET" "$script" $seed 8000 </dev/null >moonlet.out 2>&1
    code=$?
    lua5.2 "$script" $seed 8000 </dev/null >lua.out 2>&1
    if [ $code = 0 ] && [ "$(wc -l <lua.out)" -gt 60000 ] && cmp -s moonlet.out lua.out; then
        echo "ok - random patterns and formats, seed $seed"
    else
        echo "not ok - random patterns and formats, seed $seed (exit code $code)"
        diff -a lua.out moonlet.out | head -n 10 | cut -c 1-200 | sed 's/^/    /'
    fi
done
