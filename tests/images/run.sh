#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run.sh PROGRAM STEPS...: the Lua tests on by_images (see there), which turns the running
# program into bytes and back every so many steps; once for each number of steps. The last line
# is "N passed, N failed"; the exit code is 1 if anything failed.
set -u
here=$(cd "$(dirname "$0")" && pwd)

# What cannot be saved by its nature: files that are open come back closed.
outside="io_files_gc lib_io lib_load os_io"
# Their messages are made by the program moonlet, where the error is.
program="uncaught_nil uncaught_table uncaught_tostring uncaught_tostring_fails"
# Long ones: an image every few steps takes minutes. IMAGE_LONG=1 runs them, too.
long="collisions limits long_chains readonly recursion stack_overflow state_map state_walks"
[ -z "${IMAGE_LONG-}" ] || long=

# So long that an image every few steps takes minutes, but not every 500.
rather_long() { [ "$steps" -ge 500 ] || [ -z "$long" ] || echo limits state_own; }

left_out() { [[ " $outside $program $long $(rather_long) " =~ [[:space:]]"$1"[[:space:]] ]]; }

files_for_steps() {
    for file in "$here"/../lua/*.lua; do
        left_out "$(basename "$file" .lua)" || echo "$file"
    done
}

program_path=$1 passed=0 failed=0
shift
for steps in "$@"; do
    echo "== an image every $steps steps"
    while read -r line; do
        if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
            passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
        else
            echo "$line"
        fi
    done < <(files_for_steps |
        IMAGE_STEPS=$steps xargs "$here/../run.sh" --program "$program_path")
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
