#!/bin/bash
# SPDX-License-Identifier: MIT
#
# fuzz.sh fuzzer...: runs each libFuzzer program for FUZZ_SECONDS, on a corpus kept
# beside it and the seeds in tests/fuzz/corpus/<name>. A crash ends only its own fuzzer. The
# last line is "N passed, N failed", of fuzzers.
#
# A fuzzer ends early, and well, when it has used much memory: then it is started again. The
# mutators of images and deltas know what they change, so libFuzzer's counting of rare features,
# which takes two thirds of the time, is off for them.
set -u
here=$(cd "$(dirname "$0")" && pwd)

passed=0 failed=0
for fuzzer in "$@"; do
    name=${fuzzer##*/}
    corpora=("$fuzzer.corpus")
    mkdir -p "$fuzzer.corpus"
    seeds=$here/fuzz/corpus/${name#fuzz_}
    if [ -d "$seeds" ]; then corpora+=("$seeds"); fi
    echo "== $name"
    : >"$fuzzer.log"
    options=()
    case $name in fuzz_image | fuzz_delta) options=(-entropic=0 -detect_leaks=0) ;; esac
    end=$((SECONDS + ${FUZZ_SECONDS:-60}))
    while [ $SECONDS -lt $end ]; do
        "$fuzzer" -max_total_time=$((end - SECONDS)) -print_final_stats=1 -timeout=20 \
            -rss_limit_mb=4096 -artifact_prefix="$fuzzer." "${options[@]}" "${corpora[@]}" \
            >>"$fuzzer.log" 2>&1 </dev/null || {
            tail -n 60 "$fuzzer.log"
            echo "$name failed" >&2
            failed=$((failed + 1))
            continue 2
        }
    done
    passed=$((passed + 1))
    awk '/^stat::(number_of_executed_units|new_units_added)/ { sum[$1] += $2 }
        END { for (name in sum) print name, sum[name] }' "$fuzzer.log"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
