#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run.sh PROGRAM DIR: tests of the ships. DIR has test_game, test_window and picture, of tests/ships/.
set -u
program=$(realpath "$1") tests=$(realpath "$2") passed=0 failed=0
data=$(realpath "$(dirname "$0")/../../examples/ships")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export SDL_VIDEODRIVER=dummy SHIPS_DATA=$data

check() # name command...
{
    local name=$1
    shift
    if "$@" >out 2>&1; then
        echo "ok - $name"
        passed=$((passed + 1))
    else
        echo "not ok - $name"
        sed 's/^/    /' out
        failed=$((failed + 1))
    fi
}

ships() { "$program" --data "$data" "$@"; }

# Whether the lines of two runs are the same.
same()
{
    ships --headless $1 >a 2>/dev/null && ships --headless $2 >b 2>/dev/null && diff a b
}

refuses() # words of the message, arguments
{
    ! ships "${@:2}" 2>err >/dev/null && grep -qF -- "$1" err
}

check "the world, what lies ahead, files that are edited" "$tests/test_game"
check "keys and the mouse" "$tests/test_window"
check "two runs are the same" same "--frames 200 --select 279" "--frames 200 --select 279"
ships --headless --frames 120 --save --file half.img >/dev/null 2>&1
digest() { ships --headless "$@" 2>/dev/null | sed -n 's/.*digest //p'; }
same_digest()
{
    local a b
    a=$(digest --load --file half.img --frames 80) b=$(digest --frames 200)
    echo "$a $b" && [ -n "$a" ] && [ "$a" = "$b" ]
}
check "a world in a file goes on as it would have" same_digest
check "a window opens, and shows 30 pictures" ships --frames 30
check "a picture" ships --headless --frames 700 --back 100 --select 29 --shot picture.png
lost=$(sed -n 's/.* is lost in \([0-9]*\) of.*/\1/p' out)
ships --headless --frames 700 --back 100 --shot other.png >/dev/null 2>&1
check "has in it what it should" "$tests/picture" picture.png other.png 600 700 "$lost"
check "a wrong number" refuses "--frames takes a number, not 'x'" --frames x
check "no data" refuses "world.lua: cannot be read" --data /nowhere --headless
check "no image" refuses "half.lua: cannot be read" --headless --load --file half.lua
head -c 1000 half.img >cut.img
check "half an image" refuses "cut.img:" --headless --load --file cut.img
check "a place where no picture can be" refuses "no/picture.png" --headless --shot no/picture.png
echo "$passed passed, $failed failed"
[ $failed = 0 ]
