#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run.sh moonlet-mpi moonlet: tests of moonlet-mpi, as far as one machine has what they need.
# Prints what failed and, last, "N passed, N failed"; the exit code is 1 if anything failed.
set -u
MPI=$(realpath "$1") MOONLET=$(realpath "$2")
here=$(cd "$(dirname "$0")" && pwd)
export LC_ALL=C OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
# Ranks on few processors, which let others work while they wait.
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_mpi_yield_when_idle=1
export OMPI_MCA_btl_base_warn_component_unused=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
# shellcheck source=tests/cli/lib.sh
. "$here/../cli/lib.sh"

# ranks N option...: a job.
ranks()
{
    local n=$1
    shift
    timeout 120 mpirun -q -n "$n" "$MPI" "$@"
}

cat >work.lua <<'END'
local scale, seen = tonumber(arg[1]) or 1, 0
local memo = setmetatable({}, {__index = function(t, k) return k * scale end})
return function(line)
    seen = seen + 1
    assert(seen == 1, 'a fork has seen another')
    if line == 'none' then return end
    if line == 'fail' then error('no way', 0) end
    if line == 'loop' then while true do end end
    local n = tonumber(line)
    for i = 1, n % 7 * 1000 do n = n + 0 end
    return line, memo[n]
end
END

same_as_map()
{
    local n
    seq 1 3000 >numbers
    "$MOONLET" --map work.lua <numbers >want
    for n in 1 2 3 5; do
        expect "$n ranks give what --map gives" 0 "$(cat want)" "" ranks "$n" work.lua <numbers
    done
    expect "arguments go to the script" 0 $'2\t20' "" ranks 2 work.lua 10 <<<2
    expect "no input" 0 "" "" ranks 3 work.lua </dev/null
    echo "return function(l) return #l end" >length.lua
    head -c 3000000 /dev/zero | tr '\0' x >long
    expect "no standard input at all" 1 "" "*standard input: Bad file descriptor*" \
        timeout 60 sh -c '"$0" length.lua <&-' "$MPI"
    expect "a long line" 0 3000000 "" ranks 2 length.lua <long
}

errors()
{
    local n
    printf '1\nfail\nnone\n2\n\n3' >mixed
    printf '1\nloop\n3\n' >endless
    for n in 1 4; do
        expect "a line that fails fails alone, $n ranks" 1 $'1\t1\n2\t2\n3\t3' \
            "*line 2: no way*line 5: *" ranks "$n" work.lua <mixed
        expect "a line has limits, $n ranks" 1 $'1\t1\n3\t3' "*line 2: out of steps*" \
            ranks "$n" --steps=100000 work.lua <endless
    done
    echo "error('error in the script')" >fails.lua
    expect "a script that fails" 1 "" "*error in the script*" ranks 3 fails.lua </dev/null
    echo "return 7" >seven.lua
    expect "a script that returns no function" 1 "" "*the script must return a function*" \
        ranks 3 seven.lua </dev/null
    expect "a script that is not there" 1 "" "*cannot open*" ranks 2 nowhere.lua </dev/null
    expect "an option that is wrong" 1 "" "*'x' is no value for a limit*usage*" \
        ranks 2 --steps=x work.lua </dev/null
    expect "resume without a file" 1 "" "*goes with '--output' only*" \
        ranks 1 --resume work.lua </dev/null
}

# What is there is worked on while more is to come.
slow_input()
{
    mkfifo pipe
    ranks 3 work.lua <pipe >slow.out &
    exec 7>pipe
    echo 1 >&7
    for _ in $(seq 400); do
        [ -s slow.out ] && break
        sleep 0.05
    done
    expect "output does not wait for input" 0 $'1\t1' "" cat slow.out
    exec 7>&-
    wait
}

# A job goes on with what its input has become, if that begins as it did.
odd_inputs()
{
    cp out before
    expect "an input of other lines" 1 "" "*not that of the job*others*" \
        ranks 2 --output=out --resume slow.lua < <(seq 2 400)
    expect "an input that is shorter" 1 "" "*not that of the job*shorter*" \
        ranks 2 --output=out --resume slow.lua < <(seq 1 299)
    expect "nothing is written then" 0 "" "" cmp out before
    expect "an input that has grown" 0 "" "" ranks 3 --output=out --resume slow.lua < <(seq 1 302)
    expect "only what is new is made" 0 "$(cat doubled && echo 602 && echo 604)" "" cat out
    expect "a last line without newline" 0 "" "" ranks 2 --output=open slow.lua < <(printf '1\n2')
    expect "it got one" 0 "" "" ranks 2 --output=open --resume slow.lua < <(printf '1\n2\n3')
    expect "nothing twice" 0 $'2\n4\n6' "" cat open
    expect "it went on" 1 "" "*others*" ranks 2 --output=open --resume slow.lua < <(printf '1\n2\n34')
    truncate -s 1 open
    expect "an output that was cut" 1 "" "*is shorter than it was*" \
        ranks 2 --output=open --resume slow.lua < <(printf '1\n2\n3')
    truncate -s -4 open.progress
    expect "progress that was cut" 1 "" "*does not say how far a job was*" \
        ranks 2 --output=open --resume slow.lua < <(printf '1\n2\n3')
}

# A job that is killed goes on where its output stopped.
resumes()
{
    local i job
    echo "return function(l) for i = 1, 4e6 do end return l * 2 end" >slow.lua
    seq 1 300 >some
    awk '{print $1 * 2}' some >doubled
    for i in 1 2 3; do
        mpirun -q -n 3 "$MPI" --output=out --resume slow.lua <some 2>/dev/null &
        job=$!
        for _ in $(seq 400); do
            sleep 0.05
            [ "$(cat out 2>/dev/null | wc -l)" -gt $((i * 60)) ] && break
        done
        sleep 1.1
        pkill -9 -P $job
        kill -9 $job 2>/dev/null
        wait
    done 2>/dev/null
    expect "a job goes on" 0 "" "" ranks 3 --output=out --resume slow.lua <some
    expect "nothing is lost, nothing twice" 0 "$(cat doubled)" "" cat out
    expect "there is no more to do" 0 "" "" ranks 2 --output=out --resume length.lua <some
    odd_inputs
    expect "from the beginning" 0 "" "" ranks 2 --output=out slow.lua <<<4
    expect "the old is gone" 0 8 "" cat out
    echo "what" >out.progress
    expect "progress that is none" 1 "" "*does not say how far a job was*" \
        ranks 2 --output=out --resume slow.lua <some
}

if ! mpirun -q -n 2 true; then
    echo "MPI's own programs do not run here: nothing has been tested."
    echo "0 passed, 0 failed"
    exit
fi
{
    same_as_map
    errors
    slow_input
    resumes
} >log 2>&1
grep -v "^ok - " log
passed=$(grep -c "^ok - " log) failed=$(grep -c "^not ok - " log)
[ "$passed" != 0 ] || failed=1
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
