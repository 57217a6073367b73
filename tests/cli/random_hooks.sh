# SPDX-License-Identifier: MIT
# Hooks see the same events in random programs under moonlet and lua5.2.
. "$LIB"

# A sanitizer reserves more address space than any limit that bounds a program.
gives_back || export RUN_KB=unlimited

"$MOONLET" -e 'assert(debug)' 2>/dev/null || exit 0

# $1 what; the rest for run.sh
programs()
{
    local name=$1 report
    shift
    if report=$("${LIB%/*}/../diff/run.sh" --program "$MOONLET" --whole "$@"); then
        echo "ok - $name"
    else
        echo "not ok - $name"
        tail -n 60 <<<"$report" | sed 's/^/    /'
    fi
}

programs "under a hook" --count 50 --first 1001 --trace crl
programs "under a hook that fails" --count 30 --first 2001 --trace crle
