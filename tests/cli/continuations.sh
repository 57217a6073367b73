#!/bin/bash
# SPDX-License-Identifier: MIT
# Every function that a native goes on with has a row in the table of natives, by which images
# know it: in the sources of the library, whatever is given as a continuation.
src=$(dirname "$LIB")/../../src

# Names given to those that take a continuation, by the file, one a line: "file name".
given()
{
    find "$src" -name '*.c' ! -path "$src/cli/*" | while read -r file; do
        tr '\n' ' ' <"$file" |
            grep -oP '\bnative_(call|suspend|index|less|tostring|length)\((?:[^();{}]|\((?:[^();{}]|\([^();{}]*\))*\))*,\s*\K\w+(?=\))' |
            sed "s|^|$file |"
    done | sort -u
}

count=0
while read -r file name; do
    case $name in NULL | cont) continue ;; esac # parameters of the same, or none
    count=$((count + 1))
    if ! grep -qE "NATIVE_CONTINUED\(\"[^\"]*\", *$name," "$file" &&
        ! tr '\n' ' ' <"$file" | grep -qP "NATIVE_CONTINUED\(\"[^\"]*\",\s*$name,"; then
        echo "not ok - $name in ${file##*/} has a row"
    fi
done < <(given)
if [ $count -ge 20 ]; then
    echo "ok - all $count continuations have been looked for"
else
    echo "not ok - all continuations have been looked for: only $count found"
fi
