#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tools.sh: a program that depends on moonlet and Luerl, which is moonlet_luerl, built by rebar3 and
# by Mix. Prints what failed and, last, "N passed, N failed"; the exit code is 1 if anything failed.
set -u
export LC_ALL=C.UTF-8
work=$(mktemp -d)
trap 'rm -rf "$work" "$ERLANG"/{moonlet,moonlet_luerl,luerl}/{_build,priv,rebar.lock,mix.lock}' EXIT
passed=0 failed=0
unset MAKEFLAGS MFLAGS MAKELEVEL

report() # name, what came out
{
    if [ "$2" = "42.0 and 42" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'not ok - %s\n%s\n' "$1" "$2"
    fi
}

source='-module(user_program).
-include_lib("luerl/include/luerl.hrl").
-export([main/0]).
main() ->
    {ok, _} = application:ensure_all_started(luerl),
    {ok, [#tref{}], #luerl{}} = luerl:do("return {}", luerl:init()),
    {ok, [A], _} = moonlet:do(moonlet:new(), "return 6 * 7"),
    {ok, [B], _} = luerl:do("return 6 * 7", luerl:init()),
    io:format("~w and ~w~n", [float(A), trunc(B)]).'
app='{application, user_program, [{description, "uses Moonlet"}, {vsn, "1"}, {registered, []},
 {modules, []}, {applications, [kernel, stdlib, moonlet, luerl]}]}.'

by_rebar()
{
    mkdir -p "$work/rebar/src" "$work/rebar/_checkouts"
    cd "$work/rebar" || return
    echo "$source" >src/user_program.erl
    echo "$app" >src/user_program.app.src
    echo '{deps, [moonlet, moonlet_luerl, luerl]}.' >rebar.config
    ln -s "$ERLANG"/{moonlet,moonlet_luerl,luerl} _checkouts/
    rebar3 compile >log 2>&1 || { cat log; return; }
    erl -noshell -pa _build/default/{lib,checkouts}/*/ebin -eval 'user_program:main(), halt().'
}

by_mix()
{
    mkdir -p "$work/mix/src"
    cd "$work/mix" || return
    echo "$source" >src/user_program.erl
    cat >mix.exs <<END
defmodule UserProgram.MixProject do
  use Mix.Project
  def project, do: [app: :user_program, version: "1.0.0", language: :erlang,
    deps: [{:luerl, path: "$ERLANG/luerl", override: true}]]
  def application, do: []
end
END
    mix compile >log 2>&1 || { cat log; return; }
    mix run -e ':user_program.main()' | tail -n 1
}

report "rebar3" "$(by_rebar 2>&1)"
report "Mix" "$(by_mix 2>&1)"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
