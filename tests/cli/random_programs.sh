# SPDX-License-Identifier: MIT
# Random programs do what lua5.2 says; `make fuzz-diff` runs more of them.
. "$LIB"

# A sanitizer reserves more address space than any limit that bounds a program.
gives_back || export RUN_KB=unlimited

if report=$("${LIB%/*}/../diff/run.sh" --program "$MOONLET" --count 300 --whole); then
    echo "ok - random programs"
else
    echo "not ok - random programs"
    tail -n 60 <<<"$report" | sed 's/^/    /'
fi
