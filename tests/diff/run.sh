#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run.sh [--program P] [--first N] [--count N] [--seconds S] [--jobs N] [--whole] [--trace M]
# run.sh --same FILE: does the program FILE do the same under P and lua5.2?
#
# Runs the random programs of `count` seeds (300) from `first` (1), or of more and more
# seeds for S seconds, under Moonlet and lua5.2 at the same time. Output, messages and
# exit code must be equal, but for the program's name and addresses; with --trace, what a
# hook with the mask M sees as well. Prints each
# program that differs, made as small as possible (--whole: as it is), and the
# difference; the last line is "N programs, N differ" and the exit code 1 if any does.
set -u
export LC_ALL=C TZ=UTC
unset LUA_PATH LUA_PATH_5_2 LUA_CPATH LUA_CPATH_5_2 LUA_INIT LUA_INIT_5_2

here=$(cd "$(dirname "$0")" && pwd)
limit=${RUN_TIMEOUT:-10}

# $1 program, $2 file, $3 where its output and exit code go.
run()
{
    (cd "${2%/*}" && ulimit -v "${RUN_KB:-4000000}" && timeout "$limit" "$1" \
        ${TRACE:+"$here/trace.lua" "$TRACE"} "${2##*/}" \
        </dev/null 2>&1; echo "exit code $?") 2>&1 | sed -E -e 's/^[^ ]*(moonlet|lua5[.]2): //' \
        -e "s/'_G[.]/'/g" -e 's/0x[0-9a-f]+/0x/g' >"$3"
}

# Does the program $1 differ? Leaves $1.lua52 and $1.moonlet. One that lua5.2 does not end
# in time proves nothing.
same()
{
    run lua5.2 "$1" "$1.lua52"
    grep -qx 'exit code 124' "$1.lua52" && return 0
    run "$PROGRAM" "$1" "$1.moonlet"
    cmp -s "$1.lua52" "$1.moonlet"
}

# The seed $1 of the directory $2.
one()
{
    local file=$2/$1.lua
    if same "$file"; then
        rm -f "$file"*
        return
    fi
    echo "$1" >>"$2/differ"
    [ -z "$WHOLE" ] && lua5.2 "$here/minimise.lua" "$file" "$here/run.sh --program $PROGRAM --same"
    same "$file"
    { echo "not ok - seed $1"; sed 's/^/    /' "$file"; echo "    --"
      diff -a "$file.lua52" "$file.moonlet" | head -n 20 | sed 's/^/    /'; } >"$file.report"
    flock "$2" cat "$file.report"
}

PROGRAM=build/moonlet
WHOLE=${WHOLE-} TRACE=${TRACE-} first=1 count=300 seconds="" jobs=$(nproc)
while [ $# -gt 0 ]; do
    case $1 in
        --program) PROGRAM=$2; shift ;;
        --first) first=$2; shift ;;
        --count) count=$2; shift ;;
        --seconds) seconds=$2; shift ;;
        --jobs) jobs=$2; shift ;;
        --trace) TRACE=$2; shift ;;
        --whole) WHOLE=1 ;;
        --same) same "$2"; exit ;;
        --one) one "$2" "$3"; exit ;;
        *) sed -n '3,13s/^# \{0,1\}//p' "$0"; exit 2 ;;
    esac
    shift
done
PROGRAM=$(realpath -m "$(command -v "$PROGRAM" || echo "$PROGRAM")")
export WHOLE TRACE

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
touch "$work/differ"
last=$((first - 1))
while :; do
    from=$((last + 1)) last=$((last + (${seconds:+1} + 0 ? 200 : count)))
    lua5.2 "$here/generate.lua" "$from" "$last" "$work" || exit 1
    seq "$from" "$last" |
        xargs -P "$jobs" -I SEED "$here/run.sh" --program "$PROGRAM" --one SEED "$work"
    if [ -z "$seconds" ] || [ $SECONDS -ge "$seconds" ]; then break; fi
done
echo "$((last - first + 1)) programs, $(wc -l <"$work/differ") differ"
[ ! -s "$work/differ" ]
