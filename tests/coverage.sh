#!/bin/bash
# SPDX-License-Identifier: MIT
#
# coverage.sh DIR source...: per source and in all, the lines that the tests ran, from
# the gcov data of the objects in DIR/obj.
set -u
dir=$1
shift
for source in "$@"; do
    gcov -n -o "$dir/obj/${source%.c}.o" "$source" 2>/dev/null |
        grep -A 1 "^File '$source'" | sed -n "s|^Lines executed:|$source |p"
done | awk '
    { # file, percentage, "of", lines
        split($2, p, "%"); lines = $4; ran = int(lines * p[1] / 100 + 0.5)
        printf "%6.1f%% %6d  %s\n", p[1], lines, $1
        total += lines; all += ran
    }
    END { if (total) printf "%6.1f%% %6d  in all\n", 100 * all / total, total }'
