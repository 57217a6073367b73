#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run.sh PROGRAM STEPS...: the Lua tests on by_images (see there), which turns the running
# program into bytes and back every so many steps; once for each number of steps. IMAGE_SHARE=2/5
# takes the second of five shares of the files. The last line is "N passed, N failed"; the exit
# code is 1 if anything failed.
set -u
here=$(cd "$(dirname "$0")" && pwd)

# Long programs go through thousands of images.
export TEST_TIMEOUT=${TEST_TIMEOUT:-900}

# Their messages are made by the program moonlet, where the error is.
program="uncaught_nil uncaught_table uncaught_tostring uncaught_tostring_fails"
# A file is closed once no state has it: the one that is resumed has it still.
files="io_files_gc"

left_out() { [[ " $program $files " =~ [[:space:]]"$1"[[:space:]] ]]; }

files_for_steps() {
    for file in "$here"/../lua/*.lua; do
        left_out "$(basename "$file" .lua)" || echo "$file"
    done | awk -v share="${IMAGE_SHARE:-1/1}" '
        BEGIN { split(share, of, "/") } (NR - of[1]) % of[2] == 0'
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
[ "$failed" = 0 ] && [ "$passed" != 0 ]
