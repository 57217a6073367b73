# SPDX-License-Identifier: MIT
# Every library function with wrong and edge arguments: what lua5.2 says.
. "$LIB"

script=${LIB%/*}/../diff/lib_args.lua
mkdir moonlet lua
(cd moonlet && exec "$MOONLET" "$script" </dev/null >../moonlet.out 2>&1)
code=$?
(cd lua && exec lua5.2 "$script" </dev/null >../lua.out 2>&1)
if [ $code = 0 ] && [ "$(wc -l <lua.out)" -gt 200000 ] && cmp -s moonlet.out lua.out; then
    echo "ok - library functions with edge arguments"
else
    echo "not ok - library functions with edge arguments (exit code $code)"
    diff -a lua.out moonlet.out | head -n 10 | cut -c 1-200 | sed 's/^/    /'
fi
