#!/bin/bash
# SPDX-License-Identifier: MIT
#
# gates.sh target...: makes each target, also after one that failed, and sums up. The last
# line is "N passed, N failed"; the exit code is 1 if anything failed.
#
# A target counts by the last line "N passed, N failed" that it prints; one without such a
# line is one check. A target that fails, whatever it has counted, fails once at least.
set -u
cd "$(dirname "$0")/.." || exit 1

log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0 failed=0 table=
for gate in "$@"; do
    echo "== make $gate"
    start=$SECONDS good=0 bad=0
    "${MAKE:-make}" "$gate" </dev/null 2>&1 | tee "$log"
    code=${PIPESTATUS[0]}
    count=$(grep -aE '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1)
    if [ -n "$count" ]; then
        read -r good _ bad _ <<<"$count"
    elif [ "$code" = 0 ]; then
        good=1
    fi
    if [ "$code" != 0 ] && [ "$bad" = 0 ]; then bad=1; fi
    passed=$((passed + good)) failed=$((failed + bad))
    printf -v line '%-16s %6d passed, %d failed, in %d s' "$gate" "$good" "$bad" $((SECONDS - start))
    table+=$line$'\n'
done
printf '== all\n%s' "$table"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
