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
        {"items of closures", fun closures/1},
        {"items of coroutines", fun coroutines/1},
        {"items that are a game", fun game/1}]].

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

%% What a coroutine is in Erlang: a process that is asked and answers.
coroutines(X) -> coroutines(X, 1, 0).
coroutines(_, 4001, S) -> S;
coroutines(X, I, S) ->
    Co = spawn(fun() ->
        A = receive {From, First} -> From ! {self(), First}, First end,
        receive {Again, B} -> Again ! {self(), A + B} end
    end),
    coroutines(X, I + 1, S + ask(Co, I) + ask(Co, X)).

ask(Co, Value) ->
    Co ! {self(), Value},
    receive {Co, Answer} -> Answer end.

game(X) ->
    All = [begin
        Name = <<"e", (integer_to_binary(I))/binary>>,
        spawn(fun() -> behave(I * X rem 97, I rem 7 + 1, 0, Name, []) end)
    end || I <- lists:seq(1, 100)],
    Near = lists:sum([frame(All) || _ <- lists:seq(1, 60)]),
    [Co ! stop || Co <- All],
    Near.

behave(X, Way, Gone, Name, Log) when Gone < Way -> answer(X + 1, Way, Gone + 1, Name, Log);
behave(X, Way, _, Name, Log) ->
    Longer = [<<Name/binary, " at ", (integer_to_binary(X))/binary>> | Log],
    answer(X, Way, 0, Name, case length(Longer) > 3 of true -> []; false -> Longer end).

answer(X, Way, Gone, Name, Log) ->
    receive
        {From, step} -> From ! {self(), X}, behave(X, Way, Gone, Name, Log);
        stop -> ok
    end.

frame(All) ->
    {Near, _} = lists:foldl(fun(Co, {Sum, Places}) ->
        X = ask(Co, step),
        {Count, There} = maps:get(X, Places, {0, []}),
        {Sum + Count + 1, Places#{X => {Count + 1, [Co | There]}}}
    end, {0, #{}}, All),
    Near.

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
