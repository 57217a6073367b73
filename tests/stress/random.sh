# SPDX-License-Identifier: MIT
# Random programs in the kind `stress` do what lua5.2 says, under hooks as well: STRESS_COUNT
# of each (20), from seed STRESS_SEED (1) on.
. "$LIB"

random()
{
    local name=$1 report
    shift
    if report=$(RUN_TIMEOUT=60 "${LIB%/*}/../diff/run.sh" --program "$MOONLET" \
        --first "${STRESS_SEED:-1}" --count "${STRESS_COUNT:-20}" --whole "$@"); then
        echo "ok - $name"
    else
        echo "not ok - $name"
        tail -n 60 <<<"$report" | sed 's/^/    /'
    fi
}

random "random programs"
random "random programs under line hooks" --trace l
random "random programs under hooks of calls and returns, some of which fail" --trace cre
