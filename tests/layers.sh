#!/bin/bash
# SPDX-License-Identifier: MIT
#
# layers.sh: proves that Moonlet's core is layered. For every layer:
#   1. its files include only headers of its own layer and of lower ones, and the public
#      header only from src/api up;
#   2. no headers include each other in a circle;
#   3. its files compile where only its own and lower layers exist;
#   4. its objects (in $OBJECTS) need no symbol that a higher layer defines, and define none that
#      nobody else needs.
# And every directory is one subject, of LINES_MAX lines at most, every function is short
# (tests/lengths.sh), and nobody indexes the headers of frames by number.
set -u
cd "$(dirname "$0")/.." || exit 1

# A layer is a directory, or several that call each other, with blanks between them.
layers=("src/memory src/memory/collector" hamt src/value src/table src/text src/tree src/syntax src/chunk src/node src/link
    src/code src/state src/trace src/stack src/import src/outside
    "src/operate src/native src/eval src/limits src/control"
    src/lib src/lib/string src/lib/table src/lib/io src/lib/package src/lib/debug src/lib/base
    src/digest src/map src/lib/state src/lib/all
    src/image src/image/save src/image/load src/record
    "src/api src/api/host src/api/terms src/api/image" src/api/worlds src/api/debug src/api/tour
    "src/puc src/puc/aux src/puc/names src/puc/record"
    src/cli/output src/cli/line src/cli/options src/cli/worlds src/cli/debug src/cli/dap
    src/cli/repl src/cli)
public="src/api src/api/host src/api/terms src/api/image" # the first that knows moonlet.h
apart="src/history src/mpi" # of other libraries and programs, over the public header alone
LINES_MAX=3300
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

fail()
{
    echo "layers: $*" >&2
    failed=1
}

declare -A rank
for i in "${!layers[@]}"; do
    for directory in ${layers[i]}; do rank[$directory]=$i; done
    if [ "${layers[i]}" = "$public" ]; then public_from=$i; fi
done
rank[include]=$public_from
rank[include/puc]=$public_from

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
    for try in "${1%/*}/$2" "src/$2" "hamt/$2" "include/$2"; do
        if [ -e "$try" ]; then
            echo "$try"
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
            elif [ "${rank[${target%/*}]}" -gt "${rank[${file%/*}]}" ]; then
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

# Functions of the C library's that a layer puts others in the place of: src/puc/signals.c.
symbols() # nm's options, layer -> names
{
    local objects=() file
    for file in $(sources "$2"); do # not what may be left of files that are gone
        if [[ $file == *.c ]]; then objects+=("$OBJECTS/${file%.c}.o"); fi
    done
    nm --no-sort --extern-only --format=just-symbols "$1" "${objects[@]}" 2>/dev/null |
        sed '/:$/d; /^$/d; /^pthread_sigmask$/d; /^sigprocmask$/d'
}

# From the highest layer down: what has been defined above this one, and what it needs.
check_symbols()
{
    local i
    : >"$work/above"
    for ((i = ${#layers[@]} - 1; i >= 0; i--)); do
        symbols --undefined-only "${layers[i]}" | sort -u | comm -12 - "$work/above" >"$work/up"
        if [ -s "$work/up" ]; then
            fail "${layers[i]} needs of layers above it:" "$(tr '\n' ' ' <"$work/up")"
        fi
        symbols --defined-only "${layers[i]}" | sort -u -o "$work/above" - "$work/above"
    done
}

# A function that no file names but its own and the header that declares it should be static.
check_private()
{
    local name files declared
    symbols --defined-only "${layers[*]}" | sort -u >"$work/defined"
    symbols --undefined-only "${layers[*]}" | sort -u >"$work/needed"
    while read -r name; do
        files=$(grep -rlw --include='*.[ch]' "$name" hamt src tests bench examples | wc -l)
        declared=$(grep -rhw --include='*.h' "$name" hamt src | grep -cvE '^ *(\*|/\*)')
        if [ "$files" -le 2 ] && [ "$declared" -le 1 ]; then fail "$name is its file's alone, and not static"; fi
    done < <(comm -23 "$work/defined" "$work/needed" |
        grep -vE '^(moonlet_|lua_|luaL_|luaopen_|exec_|many_|natives_|__wrap_|main$)')
}

check_sizes()
{
    local directory lines
    # shellcheck disable=SC2046
    tests/lengths.sh $(sources "${layers[*]}") || failed=1
    for directory in hamt src/*/ src/*/*/; do
        directory=${directory%/}
        lines=$(cat "$directory"/*.[ch] </dev/null | wc -l)
        if [ "$lines" -gt $LINES_MAX ]; then
            fail "$directory has $lines lines, which is more than one subject"
        fi
        if [ "$lines" != 0 ] && [ -z "${rank[$directory]-}" ] && [[ " $apart " != *" $directory "* ]]; then
            fail "$directory is in no layer"
        fi
    done
}

# The words of a frame's header have names (AT_... in src/stack/frame.h).
check_headers()
{
    local found
    # shellcheck disable=SC2046
    found=$(grep -nE '\<(fp|nf)\[-[0-9]' $(sources "${layers[*]}"))
    if [ -n "$found" ]; then fail "words of frames without their names:" "$found"; fi
}

shopt -s nullglob
check_sizes
check_headers
check_includes
check_compiles
if [ -n "${OBJECTS-}" ]; then
    check_symbols
    check_private
fi
if [ $failed = 0 ]; then echo "layers: ${#layers[@]} layers, none knows one above it"; fi
exit $failed
