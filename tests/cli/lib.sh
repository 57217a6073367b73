# SPDX-License-Identifier: MIT
#
# For the shell tests: each runs in an empty directory of its own, with $MOONLET the
# program. A test is a call of `expect` or `same`, which print "ok - ..." or "not ok".

WORK=$PWD

# Whether the program gives memory back and runs within a limit of address space: kinds of
# builds for sanitizers keep all that they allocate, or reserve more than any limit.
gives_back() { case $MOONLET in */asan/* | */ubsan/* | */tsan/* | */stressasan/*) return 1 ;; esac }

# expect NAME CODE STDOUT STDERR command...: the command ends with the exit code and
# writes just that. STDERR may be a pattern, as of `case`; trailing newlines don't count.
expect()
{
    local name=$1 code=$2 out=$3 err=$4 got_code got_out got_err
    shift 4
    got_out=$("$@" 2>"$WORK/.stderr")
    got_code=$?
    got_err=$(cat "$WORK/.stderr")
    # shellcheck disable=SC2053,SC2254
    if [ "$got_code" = "$code" ] && [ "$got_out" = "$out" ] && [[ $got_err == $err ]]; then
        echo "ok - $name"
    else
        echo "not ok - $name"
        printf '    exit code: %s, expected %s\n' "$got_code" "$code"
        printf '    stdout: %q, expected %q\n' "$got_out" "$out"
        printf '    stderr: %q, expected %q\n' "$got_err" "$err"
    fi
}

# said NAME PATTERN command...: what it prints, errors as well, is like the pattern.
said()
{
    local name=$1 pattern=$2
    shift 2
    # shellcheck disable=SC2016
    expect "$name" 0 yes "" bash -c 'p=$1; shift; [[ $("$@" 2>&1) == $p ]] && echo yes' - "$pattern" "$@"
}

# same NAME argument...: moonlet and lua5.2 do the same with these arguments: exit code,
# standard output and, but for the program's name, standard error. Both read stdin from
# the file .stdin of the test's directory if there is one.
same()
{
    local name=$1 program got=() code work=$WORK
    shift
    [ -e "$work/.stdin" ] || : >"$work/.stdin"
    for program in "$MOONLET" lua5.2; do
        "$program" "$@" <"$work/.stdin" >"$work/.out" 2>"$work/.err"
        code=$?
        sed -i -E -e "s!^[^ ]*(moonlet|lua5[.]2): !PROGRAM: !" -e "s!'_G[.]!'!g" "$work/.err"
        got+=("exit code $code"$'\n'"$(cat "$work/.out")"$'\n'"-- stderr:"$'\n'"$(cat "$work/.err")")
    done
    if [ "${got[0]}" = "${got[1]}" ]; then
        echo "ok - $name"
    else
        echo "not ok - $name"
        diff <(echo "${got[1]}") <(echo "${got[0]}") | sed 's/^/    /'
    fi
}

# Waits until what is shown has the text, ten seconds at most, and a moment more.
await()
{
    local tries=200
    until grep -qF -- "$1" .shown 2>/dev/null || [ $((tries -= 1)) = 0 ]; do sleep 0.05; done
    sleep 0.2
}

# typed NAME PATTERN (AWAITED TEXT)...: what the terminal shows when the texts are typed,
# each when what is awaited has been shown. COMMAND is what runs, TERMINAL what TERM is.
typed()
{
    local name=$1 pattern=$2 shown
    shift 2
    rm -f .shown
    export XDG_STATE_HOME=${XDG_STATE_HOME-$WORK/state}
    while [ $# != 0 ]; do
        await "$1"
        printf '%b' "$2"
        shift 2
    done | TERM=${TERMINAL-dumb} timeout 30 script -qefc "${COMMAND-$MOONLET}" .shown >/dev/null
    shown=$(sed -e '/^Script started/d' -e '/^Script done/d' -e 's/\r//g' .shown)
    # shellcheck disable=SC2053
    if [[ $shown == $pattern ]]; then
        echo "ok - $name"
    else
        printf 'not ok - %s\n    got %q\n' "$name" "$shown"
    fi
}
