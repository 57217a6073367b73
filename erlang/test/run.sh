#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run.sh test.erl...: runs EUnit tests with the applications of $BUILD/erlang. Prints what
# failed and, last, "N passed, N failed"; the exit code is 1 if anything failed.
set -u
work=$(mktemp -d)
# Nodes are named by a daemon of our own.
export ERL_EPMD_PORT=$((20000 + $$ % 10000)) ERL_EPMD_ADDRESS=127.0.0.1
trap 'rm -rf "$work"; epmd -kill >/dev/null 2>&1' EXIT
export ERL_LIBS=$BUILD/erlang
mkdir "$work/ebin"
"$ERLC" -Werror +debug_info -o "$work/ebin" "$@" || exit 1
modules=${ONLY:-$(for file in "$@"; do basename "$file" .erl; done | grep '_tests$' | paste -sd,)}
(cd "$work" && timeout "${TEST_TIMEOUT:-300}" "$ERL" -noshell -name "moonlet$$@127.0.0.1" -pa ebin \
    -eval "test_report:run([$modules])." </dev/null)
