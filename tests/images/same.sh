#!/bin/bash
# SPDX-License-Identifier: MIT
#
# same.sh COMMAND...: runs each command, canonical.c built in some way, and compares what they
# print and the image that they write with those of the first one.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

passed=0 failed=0
for command in "$@"; do
    if $command 200 "$work/image" >"$work/lines" &&
        { [ -f "$work/first" ] || cp "$work/lines" "$work/first"; } &&
        { [ -f "$work/first.image" ] || cp "$work/image" "$work/first.image"; } &&
        cmp "$work/first" "$work/lines" && cmp "$work/first.image" "$work/image"; then
        passed=$((passed + 1))
    else
        echo "not ok - $command"
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
