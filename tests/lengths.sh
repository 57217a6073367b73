#!/bin/bash
# SPDX-License-Identifier: MIT
#
# lengths.sh FILE...: fails, and says which, if a function of these C files has more than
# LINES_MAX lines, from its name to its last brace. `make layers` runs it.
LINES_MAX=36
awk -v max=$LINES_MAX '
    FNR == 1 { first = body = 0 }
    !body && /^[A-Za-z_].*\(/ { first = FNR; head = $0 }
    !body && /;$/ { first = 0 } # a declaration
    /^\{/ && first { body = 1 }
    /^}/ && body {
        if (FNR - first >= max) {
            printf "lengths: %s:%d: %d lines: %s\n", FILENAME, first, FNR - first + 1, head >"/dev/stderr"
            failed = 1
        }
        first = body = 0
    }
    END { exit failed }' "$@"
