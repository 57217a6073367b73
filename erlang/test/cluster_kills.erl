%% SPDX-License-Identifier: MIT
%% Two of four nodes are killed (kill -9) at random moments, time and again: every answer is there,
%% none twice, all as one node gives them. Ends with "N passed, N failed".
-module(cluster_kills).
-export([main/1]).

-define(ITEMS, 4000).

main(Times) ->
    rand:seed(exsss, {1, 2, 3}),
    {ok, _, S} = moonlet:do(moonlet:new(),
        "function work(n) local s = 0 for i = 1, 1000 + n % 7 * 3000 do s = s + i % (n + 1) end "
        "if n % 1000 == 500 then error('no ' .. n, 0) end return n, s end"),
    Inputs = lists:seq(1, ?ITEMS),
    Expected = moonlet_cluster:map(S, "work", Inputs, #{nodes => [node()]}),
    Answers = [{answer(Expected, S, Inputs, I), I} || I <- lists:seq(1, Times)],
    Bad = [I || {false, I} <- Answers],
    [io:format("not ok - round ~w~n", [I]) || I <- Bad],
    io:format("~w passed, ~w failed~n", [Times - length(Bad), length(Bad)]),
    halt(min(length(Bad), 1)).

answer(Expected, S, Inputs, Round) ->
    Nodes = [start() || _ <- lists:seq(1, 4)],
    Victims = lists:sublist(Nodes, 2),
    Moments = lists:sort([rand:uniform(?ITEMS) || _ <- Victims]),
    Progress = fun(Done, _) ->
        [kill(V) || {V, Moment} <- lists:zip(Victims, Moments), Done >= Moment]
    end,
    Got = moonlet_cluster:map(S, "work", Inputs,
                              #{nodes => [N || {_, N, _} <- Nodes], progress => Progress}),
    Dead = length([N || {_, N, _} <- Victims, gone(N, 1000)]),
    [catch peer:stop(P) || {P, _, _} <- Nodes],
    [erase(Pid) || {_, _, Pid} <- Nodes],
    io:format("round ~w: two ended when ~w answers were there~n", [Round, Moments]),
    Dead =:= 2 andalso plain(Got) =:= plain(Expected).

%% Tracebacks are of the node that made them.
plain(Items) -> [case I of {error, #{message := M}} -> {error, M}; _ -> I end || I <- Items].

start() ->
    Ebin = filename:dirname(code:which(moonlet)),
    {ok, P, N} = peer:start(#{name => peer:random_name(), host => "127.0.0.1", longnames => true,
                              wait_boot => 90000,
                              args => ["-pa", filename:absname(Ebin), "+S", "1:1"]}),
    {P, N, rpc:call(N, os, getpid, [])}.

kill({_, _, Pid}) -> undefined =:= put(Pid, killed) andalso os:cmd("kill -9 " ++ Pid).

gone(Node, Tries) ->
    case lists:member(Node, nodes()) of
        false -> true;
        true when Tries =:= 0 -> false;
        true -> timer:sleep(10), gone(Node, Tries - 1)
    end.
