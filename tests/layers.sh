#!/bin/bash
# SPDX-License-Identifier: MIT
#
# layers.sh: proves that Moonlet's core is layered. For every layer:
#   1. its files include only headers of its own layer and of lower ones, and the public
#      header only from src/api up;
#   2. no headers include each other in a circle;
#   3. its files compile where only its own and lower layers exist;
#   4. its objects (in $OBJECTS) need no symbol that a higher layer defines.
set -u
cd "$(dirname "$0")/.." || exit 1

# A layer is a directory, or several with blanks between them.
layers=(hamt src/value src/text src/syntax src/link src/state src/stack "src/eval src/control"
    src/lib src/image src/record "src/api src/puc" src/cli)
public_from=11 # src/api: the first layer that knows include/moonlet.h
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

fail()
{
    echo "layers: $*" >&2
    failed=1
}

rank_of() # file -> number of its layer
{
    local i directory
    if [[ $1 == include/* ]]; then
        echo $public_from
        return
    fi
    for i in "${!layers[@]}"; do
        for directory in ${layers[i]}; do
            if [[ $1 == "$directory"/* ]]; then echo "$i"; fi
        done
    done
}

sources() # directories -> their C files
{
    local directory file
    for directory in $1; do
        for file in "$directory"/*.[ch]; do echo "$file"; done
    done
}

resolve() # includer, name -> the file meant
{
    local try
    for try in "$(dirname "$1")/$2" "src/$2" "hamt/$2" "include/$2"; do
        if [ -e "$try" ]; then
            realpath --relative-to=. "$try"
            return
        fi
    done
}

check_includes()
{
    local file name target
    for file in $(sources "${layers[*]}") include/moonlet.h; do
        [ -e "$file" ] || continue
        while read -r name; do
            target=$(resolve "$file" "$name")
            if [ -z "$target" ]; then
                fail "$file includes \"$name\", which is nowhere"
            elif [ "$(rank_of "$target")" -gt "$(rank_of "$file")" ]; then
                fail "$file includes $target of a higher layer"
            elif [[ $file == *.h ]]; then
                echo "$file $target" >>"$work/edges"
            fi
        done < <(sed -nE 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"([^"]*)".*/\1/p' "$file")
    done
    if [ -e "$work/edges" ] && ! tsort "$work/edges" >/dev/null 2>"$work/cycle"; then
        fail "headers include each other:" "$(sed 's/^tsort: //' "$work/cycle" | tr '\n' ' ')"
    fi
}

# A tree of links in which each next layer appears in its turn.
check_compiles()
{
    local i file
    for i in "${!layers[@]}"; do
        for file in $(sources "${layers[i]}"); do
            mkdir -p "$work/tree/${file%/*}"
            ln -s "$PWD/$file" "$work/tree/$file"
        done
        if [ "$i" = $public_from ]; then ln -s "$PWD/include" "$work/tree/include"; fi
        sources "${layers[i]}" >"$work/files"
        # shellcheck disable=SC2086
        (cd "$work/tree" && xargs -r -n 1 -P "$(nproc)" ${CC:-gcc} -std=gnu11 -fsyntax-only \
            -x c -w -Isrc -Ihamt -Iinclude ${CPPFLAGS-} <"$work/files") ||
            fail "${layers[i]} does not compile with only the layers below it"
    done
}

symbols() # nm's options, layer -> names
{
    local objects=() file
    for file in $(sources "$2"); do # not what may be left of files that are gone
        if [[ $file == *.c ]]; then objects+=("$OBJECTS/${file%.c}.o"); fi
    done
    nm --no-sort --format=just-symbols "$1" "${objects[@]}" 2>/dev/null |
        sed '/:$/d; /^$/d' | sort -u
}

check_symbols()
{
    local low high
    for high in "${!layers[@]}"; do
        symbols --defined-only "${layers[high]}" >"$work/defined"
        for ((low = 0; low < high; low++)); do
            symbols --undefined-only "${layers[low]}" | comm -12 - "$work/defined" >"$work/up"
            if [ -s "$work/up" ]; then
                fail "${layers[low]} needs of ${layers[high]}:" "$(tr '\n' ' ' <"$work/up")"
            fi
        done
    done
}

shopt -s nullglob
check_includes
check_compiles
if [ -n "${OBJECTS-}" ]; then check_symbols; fi
if [ $failed = 0 ]; then echo "layers: ${#layers[@]} layers, none knows one above it"; fi
exit $failed
