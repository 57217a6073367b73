#!/bin/bash
# SPDX-License-Identifier: MIT
#
# mutants.sh N FUZZER...: N mutants of images on each of the fuzzers of images (fuzz_image.c),
# process by process, as one gives no memory back. MUTANT_FIRST=k begins with those of number k.
# A process that takes longer than MUTANT_SECONDS (900), or has tried nothing, has failed.
# The last line is "N passed, N failed", of processes.
set -u
limit=${MUTANT_SECONDS:-900}
count=$1
shift
passed=0 failed=0
for fuzzer in "$@"; do
    tried=0 images=0 number=${MUTANT_FIRST:-1}
    while [ $tried -lt "$count" ]; do
        more=0 good=0
        line=$(MUTANTS=$((count - tried)) MUTANT_SEED=$number timeout "$limit" "$fuzzer" 2>"$fuzzer.err")
        code=$?
        if [ $code = 0 ]; then read -r more _ good _ <<<"${line##*$'\n'}"; fi
        if [[ $more =~ ^[1-9][0-9]*$ && $good =~ ^[0-9]+$ ]]; then
            tried=$((tried + more)) images=$((images + good)) passed=$((passed + 1))
        else
            echo "${fuzzer##*/}: MUTANT_SEED=$number failed (exit code $code)"
            head -n 40 "$fuzzer.err"
            failed=$((failed + 1))
            break
        fi
        number=$((number + 1))
    done
    echo "${fuzzer##*/}: $tried mutants, $images of them images"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
