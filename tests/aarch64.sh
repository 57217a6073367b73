#!/bin/bash
# SPDX-License-Identifier: MIT
#
# aarch64.sh BUILD: the Lua tests, and the unit tests, of what was built for aarch64, under
# qemu-user. Prints what failed and, last, "N passed, N failed".
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A script that runs a program of the other machine.
emulate() # program, script
{
    mkdir -p "$(dirname "$2")"
    printf '#!/bin/sh\nexec qemu-aarch64 "%s" "$@"\n' "$1" >"$2"
    chmod +x "$2"
}
emulate "$build/moonlet" "$work/moonlet"
for test in "$build"/debug/tests/unit/test_*; do
    [ -x "$test" ] && emulate "$test" "$work/unit/$(basename "$test")"
done
TEST_TIMEOUT=${TEST_TIMEOUT:-1800} "$here/run.sh" --program "$work/moonlet" \
    "$work"/unit/test_* "$here"/lua/*.lua
