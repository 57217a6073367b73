# SPDX-License-Identifier: MIT
# Random programs do as binary chunks what lua5.2 says.
. "$LIB"

gives_back || export RUN_KB=unlimited

tests=$(cd "${LIB%/*}/.." && pwd)
if report=$("$tests/diff/run.sh" --program "$tests/as_dump.sh" --first 301 --count 80 --whole); then
    echo "ok - random programs as dumps"
else
    echo "not ok - random programs as dumps"
    tail -n 60 <<<"$report" | sed 's/^/    /'
fi
