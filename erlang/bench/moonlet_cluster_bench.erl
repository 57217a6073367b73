%% SPDX-License-Identifier: MIT
%%
%% What a map over nodes costs: trivial items on four nodes of one scheduler each, on this machine,
%% beside plain Erlang that does the same by erpc in batches of the same size, and items of about
%% 1 ms beside erpc and the plain pool. In items a second by the clock, and in microseconds of the
%% processor's time of all nodes and of the coordinator, as a busy machine has its own clock.
-module(moonlet_cluster_bench).

-export([main/1, identity/1, cpu/0]).

-define(NODES, 4).
-define(BATCH, 1000).

main(Items) ->
    Nodes = [N || {ok, _, N} <- [start() || _ <- lists:seq(1, ?NODES)]],
    {ok, _, S} = moonlet:do(moonlet:new(), "function same(x) return x end "
                                           "function spin(n) local s = 0 for i = 1, n do s = s + i % 7 end return s end"),
    io:format("~-34s ~10s ~16s ~16s~n", ["", "items/s", "CPU us an item", "coordinator's"]),
    Inputs = lists:seq(1, Items),
    Few = lists:duplicate(Items div 100, 150000),
    _ = moonlet_cluster:map(S, "same", lists:seq(1, 1000), #{nodes => Nodes}),
    [begin
         report("map, trivial items", Nodes, Items, fun() ->
             Items = length(moonlet_cluster:map(S, "same", Inputs, #{nodes => Nodes})) end),
         report("erpc, the identity", Nodes, Items, fun() -> Items = length(erpc_map(Nodes, identity, Inputs)) end),
         report("moonlet:call, this node", [], Items, fun() ->
             [{ok, [_], _} = moonlet:call(S, "same", [I]) || I <- Inputs] end),
         report("map, items of 1 ms", Nodes, Items div 100, fun() ->
             moonlet_cluster:map(S, "spin", Few, #{nodes => Nodes}) end),
         report("moonlet:call, this node, of 1 ms", [], Items div 100, fun() ->
             [{ok, [_], _} = moonlet:call(S, "spin", [N]) || N <- Few] end)
     end || _ <- [1, 2, 3]],
    halt().

start() ->
    Paths = [filename:absname(filename:dirname(code:which(M))) || M <- [moonlet, ?MODULE]],
    peer:start(#{name => peer:random_name(), host => "127.0.0.1", longnames => true, wait_boot => 90000,
                 args => ["+S", "1:1", "-pa" | Paths]}).

cpu() -> element(1, erlang:statistics(runtime)).

report(What, Nodes, Items, Fun) ->
    Before = [erpc:call(N, ?MODULE, cpu, []) || N <- Nodes],
    Mine = cpu(),
    {Us, _} = timer:tc(Fun),
    Coordinator = cpu() - Mine,
    All = Coordinator + lists:sum([erpc:call(N, ?MODULE, cpu, []) || N <- Nodes]) - lists:sum(Before),
    io:format("~-34s ~10w ~16.2f ~16.2f~n", [What, round(Items * 1.0e6 / Us), All * 1000 / Items,
                                             Coordinator * 1000 / Items]).

%% A process for each node asks for a batch and the next.
erpc_map(Nodes, Function, Inputs) ->
    Me = self(),
    Share = length(Inputs) div length(Nodes),
    Pids = [spawn_link(fun() ->
                Mine = lists:sublist(Inputs, 1 + I * Share, Share),
                Me ! {self(), batches(Node, Function, Mine)}
            end) || {I, Node} <- lists:zip(lists:seq(0, length(Nodes) - 1), Nodes)],
    lists:append([receive {P, Answers} -> Answers end || P <- Pids]).

batches(_, _, []) -> [];
batches(Node, Function, Inputs) ->
    {Batch, Rest} = lists:split(min(?BATCH, length(Inputs)), Inputs),
    erpc:call(Node, lists, map, [fun ?MODULE:Function/1, Batch]) ++ batches(Node, Function, Rest).

identity(X) -> {ok, [X]}.
