#!/usr/bin/env escript
%% SPDX-License-Identifier: MIT
%% luerl_fork.escript file tables evaluations: runs the program of the file with the number
%% of tables, then evaluates its function `ten` from the same state so many times, keeping
%% every state. Prints nanoseconds and bytes of one.

main([File, Tables, Count]) ->
    {ok, Source} = file:read_file(File),
    N = list_to_integer(Count),
    Text = ["size = ", Tables, "\n", Source],
    {_, S} = luerl:do(iolist_to_binary(Text), luerl:init()),
    evaluate(S, N div 10, []),
    Times = [begin
                 erlang:garbage_collect(),
                 {Before, _} = erlang:statistics(runtime),
                 evaluate(S, N, []),
                 {After, _} = erlang:statistics(runtime),
                 (After - Before) * 1000000 / N
             end || _ <- [1, 2, 3]],
    %% states share: the size of all together, less that of the first
    Few = erlang:min(N, 1000),
    Kept = evaluate(S, Few, []),
    Words = erts_debug:size([S | Kept]) - erts_debug:size([S]),
    io:format("~.1f ~.1f~n", [lists:min(Times), Words * 8 / Few]).

evaluate(_, 0, Kept) -> Kept;
evaluate(S, N, Kept) ->
    {[Sum], Next} = luerl:call_function([ten], [], S),
    true = Sum == 55,
    evaluate(S, N - 1, [Next | Kept]).
