%% SPDX-License-Identifier: MIT
%%
%% No math for you! Code of strangers in a world without what reaches out of it.
%%
%%     ERL_LIBS=build/erlang escript erlang/examples/sandbox.erl
-module(sandbox).
-mode(compile).

-export([main/1]).

main(_) ->
    Safe = moonlet:sandbox(moonlet:new()),
    Strict = moonlet:sandbox(Safe, #{deny => ["math"]}),
    Limited = moonlet:limit(Strict, #{steps => 10000, memory => 1 bsl 20}),

    io:format("In a sandbox:~n"),
    try_in(Safe, "return os.getenv('HOME')"),
    try_in(Safe, "return math.floor(3.7)"),
    io:format("Without math:~n"),
    try_in(Limited, "return math.floor(3.7)"),
    try_in(Limited, "return ('ab'):rep(3)"),
    io:format("With limits:~n"),
    try_in(Limited, "while true do end"),
    try_in(Limited, "pcall(load)  while true do end"),

    io:format("As Luerl has it:~n"),
    St = luerl_sandbox:init([['_G', math]]),
    in_luerl(luerl_sandbox:run("return math", St)),
    in_luerl(luerl_sandbox:run("return math.floor(3.7)", St)),
    in_luerl(luerl_sandbox:run("while true do end", #{max_reductions => 10000}, St)).

try_in(State, Source) ->
    Text = case moonlet:eval(State, Source) of
               {ok, [Value]} -> io_lib:format("~p", [Value]);
               {error, #{message := Message}} -> Message;
               {paused, Limit} -> io_lib:format("paused, out of ~p: it would never end", [Limit])
           end,
    io:format("~-36s ~ts~n", [Source, Text]).

in_luerl({ok, Values, _}) -> io:format("~p~n", [Values]);
in_luerl({lua_error, {error_call, Message}, _}) -> io:format("~ts~n", [Message]);
in_luerl({lua_error, Why, _}) -> io:format("~p~n", [Why]);
in_luerl({error, Why}) -> io:format("~p~n", [Why]).
