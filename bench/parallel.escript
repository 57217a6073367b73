#!/usr/bin/env escript
%% SPDX-License-Identifier: MIT
%%
%% parallel.escript [workers]: the items of bench_parallel in Erlang, done by one process and by
%% several, each with a heap of its own: how many times as fast, and for how much of its
%% processor time.
-mode(compile).

main(Arguments) ->
    Workers = case Arguments of [N | _] -> list_to_integer(N); [] -> 2 end,
    io:format("  ~-27s ~11s   ~b processes~n", ["Erlang", "one process", Workers]),
    [row(Name, Item, Workers) || {Name, Item} <- [
        {"items that compute", fun compute/1},
        {"items that make texts", fun texts/1},
        {"items that make tables", fun tables/1},
        {"items of closures", fun closures/1}]].

compute(X) -> compute(X, 200000, 0).
compute(_, 0, S) -> S;
compute(X, I, S) -> compute(X, I - 1, S + I rem X).

texts(_) ->
    lists:sum([byte_size(string:uppercase(binary:copy(<<(integer_to_binary(I))/binary, "abc">>, 3)))
               || I <- lists:seq(1, 5000)]).

tables(_) -> tables(1, nil).
tables(20001, T) -> maps:get(name, T);
tables(I, T) ->
    Next = case I rem 100 of 0 -> nil; _ -> T end,
    tables(I + 1, #{1 => I, name => I, next => Next}).

closures(X) -> closures(X, 20000, 0).
closures(_, 0, S) -> S;
closures(X, I, S) -> F = fun(Y) -> S + Y + I rem X end, closures(X, I - 1, F(I)).

row(Name, Item, Workers) ->
    Runs = [{spent(Item, 1), spent(Item, Workers)} || _ <- lists:seq(1, 5)],
    {Alone, Many} = lists:unzip(Runs),
    {Wall, Busy} = least(Alone),
    {ManyWall, ManyBusy} = least(Many),
    io:format("  ~-27s ~8.1f ms   ~5.2f ~4.2f~n",
              [Name, Wall / 1000, Wall / ManyWall, ManyBusy / max(Busy, 1)]).

least(Runs) ->
    {Walls, Busys} = lists:unzip(Runs),
    {lists:min(Walls), lists:min(Busys)}.

%% 64 items, dealt to so many processes.
spent(Item, Workers) ->
    erlang:garbage_collect(),
    {Before, _} = erlang:statistics(runtime),
    {Wall, _} = timer:tc(fun() ->
        Shares = [lists:seq(W + 3, 66, Workers) || W <- lists:seq(0, Workers - 1)],
        Refs = [element(2, spawn_monitor(fun() -> [Item(X) || X <- Share] end))
                || Share <- Shares],
        [receive {'DOWN', Ref, process, _, _} -> ok end || Ref <- Refs]
    end),
    {After, _} = erlang:statistics(runtime),
    {Wall, After - Before}.
