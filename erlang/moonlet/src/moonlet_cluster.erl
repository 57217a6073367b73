%% SPDX-License-Identifier: MIT
%%
%% One function for many inputs, on many nodes: moonlet:map over Erlang's distribution.
%%
%%   caller <---> coordinator          one for each map; leases batches of inputs
%%                 |       |
%%               agent   agent         one on each node: has the state, starts workers
%%               |   |   |   |
%%              worker ...             one for each scheduler: asks for a batch, answers it
%%
%% A node is given the state once, by its digest; as what differs from one that it still has, if
%% there is one. A batch that a node does not answer, because it is gone or hangs, is leased
%% again; whoever answers an input first has answered it. Each input is worked on in a fork of
%% the same state, so the answer depends neither on who does it nor on how many there are.
-module(moonlet_cluster).

-export([map/3, map/4]).
-export([agent/3, keeper/0]).
-export_type([options/0, item/0]).

-type item() :: {ok, [moonlet:value()]} | {ok, [moonlet:value()], binary()}
              | {error, moonlet:error()} | {paused, moonlet:limit()}.
%% nodes: which; `connected`, also those that join meanwhile, is the default. workers: on each
%% node, as many as it has schedulers if 0. limits: of each input, as moonlet:limit takes them.
%% give: deltas adds to each item what differs in its new state, for
%% moonlet:load_image(Delta, State). lease: milliseconds until a batch is given to another
%% worker as well. progress: called with how many are done, and of how many.
-type options() :: #{nodes => connected | [node()], workers => non_neg_integer(),
                     limits => map(), give => terms | deltas, lease => pos_integer(),
                     progress => fun((non_neg_integer(), non_neg_integer()) -> any())}.

-define(BATCH_US, 20000).  %% a batch is to take about so long
-define(BATCH_MAX, 1000).
-define(KEPT, 8).          %% states that a node keeps for later maps
-define(KEEPER, moonlet_cluster_keeper).

-record(map, {caller, image, state, key, function, options, todo, next = 1, total,
              done = #{}, again = [], leases = #{}, agents = #{}, waiting = [], us = 0, count = 0}).
-record(lease, {items, since, worker}).

%% What became of each input, in their order. The map ends with the process that calls it.
-spec map(moonlet:state(), moonlet:path(), [moonlet:value()]) -> [item()].
map(State, Function, Inputs) -> map(State, Function, Inputs, #{}).

-spec map(moonlet:state(), moonlet:path(), [moonlet:value()], options()) -> [item()].
map(State, Function, Inputs, Options) ->
    moonlet:limit(State, maps:get(limits, Options, #{})),
    [good(Key, Value) orelse error({badarg, {Key, Value}}) || {Key, Value} <- maps:to_list(Options)],
    items(State, Function, Inputs, Options).

%% What is wrong is an error of the caller's, and not of each node's.
good(nodes, connected) -> true;
good(nodes, Nodes) -> is_list(Nodes) andalso lists:all(fun is_atom/1, Nodes);
good(workers, N) -> is_integer(N) andalso N >= 0;
good(limits, _) -> true;
good(give, Give) -> Give =:= terms orelse Give =:= deltas;
good(lease, Ms) -> is_integer(Ms) andalso Ms > 0;
good(progress, Fun) -> is_function(Fun, 2);
good(_, _) -> false.

items(_, _, [], _) -> [];
items(State, Function, Inputs, Options) ->
    {ok, Image} = moonlet:save(State),
    M = #map{caller = self(), image = Image, state = State, key = erlang:md5(Image),
             function = Function, options = Options, todo = Inputs, total = length(Inputs)},
    {Pid, Ref} = spawn_monitor(fun() -> coordinate(M) end),
    receive
        {Pid, Answer} ->
            demonitor(Ref, [flush]),
            Answer;
        {'DOWN', Ref, process, Pid, Why} ->
            exit(Why)
    end.

%% The coordinator -----------------------------------------------------------------------------

coordinate(#map{caller = Caller, options = Options} = M) ->
    monitor(process, Caller),
    keep(M#map.key, M#map.state),
    net_kernel:monitor_nodes(true),
    timer:send_interval(max(1, lease_ms(M) div 4), look_at_leases),
    loop(lists:foldl(fun start_agent/2, M, nodes_of(Options))).

nodes_of(Options) ->
    case maps:get(nodes, Options, connected) of
        connected -> [node() | nodes()];
        [] -> [node()];
        Nodes -> lists:usort(Nodes)
    end.

lease_ms(#map{options = Options}) -> maps:get(lease, Options, 30000).

start_agent(Node, #map{agents = Agents} = M) ->
    Args = [self(), M#map.key, M#map.options],
    {Pid, Ref} = spawn_opt(Node, ?MODULE, agent, Args, [monitor]),
    M#map{agents = Agents#{Ref => Pid}}.

loop(#map{done = Done, total = Total} = M) when map_size(Done) =:= Total ->
    [exit(Pid, kill) || Pid <- maps:values(M#map.agents)],
    M#map.caller ! {self(), [maps:get(I, Done) || I <- lists:seq(1, Total)]};
loop(#map{caller = Caller} = M) ->
    receive
        {state, Agent, Keys} -> send_state(Agent, Keys, M), loop(M);
        {ready, Worker} -> loop(lease(Worker, M));
        {answer, Worker, Id, Us, Items} -> loop(lease(Worker, answered(Id, Us, Items, M)));
        look_at_leases -> loop(lease_waiting(expire(M)));
        {nodeup, Node} -> loop(joined(Node, M));
        {'DOWN', _, process, Caller, _} -> exit(normal);
        {'DOWN', Ref, process, _, Why} -> loop(lease_waiting(lost(Ref, Why, M)));
        _ -> loop(M)
    end.

%% A new node, or one that has been lost and is back.
joined(Node, #map{options = Options, agents = Agents} = M) ->
    Meant = lists:member(Node, nodes_of(Options)),
    Known = lists:member(Node, [node(Pid) || Pid <- maps:values(Agents)]),
    case Meant andalso not Known of
        true -> start_agent(Node, M);
        false -> M
    end.

%% The smallest of what makes the state there.
send_state(Agent, Keys, #map{image = Image, state = State}) ->
    Deltas = [{byte_size(D), {delta, K, D}} || {K, Base} <- kept(Keys),
                                               {ok, D} <- [moonlet:save(State, Base)]],
    {_, Smallest} = lists:min([{byte_size(Image), {image, Image}} | Deltas]),
    Agent ! Smallest.

%% A batch is a list of {Index, Input}.
lease(Worker, M) ->
    case take(batch_size(M), M) of
        {[], M1} ->
            M1#map{waiting = [Worker | M1#map.waiting]};
        {Items, #map{leases = Leases} = M1} ->
            Id = make_ref(),
            Worker ! {batch, Id, M#map.function, Items},
            Since = erlang:monotonic_time(millisecond),
            M1#map{leases = Leases#{Id => #lease{items = Items, since = Since, worker = Worker}}}
    end.

lease_waiting(#map{waiting = Waiting} = M) ->
    lists:foldl(fun lease/2, M#map{waiting = []}, Waiting).

%% At the end, when little is left, batches are smaller, so that all finish together.
batch_size(#map{count = 0}) -> 1;
batch_size(#map{us = Us, count = Count, total = Total, done = Done, leases = Leases}) ->
    ByTime = ?BATCH_US * Count div max(1, Us),
    Share = (Total - map_size(Done)) div (2 * (map_size(Leases) + 1)),
    max(1, lists:min([ByTime, ?BATCH_MAX, Share])).

take(_, #map{again = [Items | Rest], done = Done} = M) ->
    case [Item || {I, _} = Item <- Items, not is_map_key(I, Done)] of
        [] -> take(1, M#map{again = Rest});
        Left -> {Left, M#map{again = Rest}}
    end;
take(N, #map{todo = Todo, next = Next} = M) ->
    {Inputs, Rest} = split(N, Todo, []),
    Items = lists:zip(lists:seq(Next, Next + length(Inputs) - 1), Inputs),
    {Items, M#map{todo = Rest, next = Next + length(Inputs)}}.

split(0, Rest, Acc) -> {lists:reverse(Acc), Rest};
split(_, [], Acc) -> {lists:reverse(Acc), []};
split(N, [Item | Rest], Acc) -> split(N - 1, Rest, [Item | Acc]).

answered(Id, Us, Items, #map{leases = Leases, done = Done} = M) ->
    New = maps:merge(maps:from_list(Items), Done), %% who was first has answered
    progress(M#map.options, map_size(New), M#map.total),
    M#map{leases = maps:remove(Id, Leases), done = New, us = M#map.us + Us,
          count = M#map.count + length(Items)}.

progress(#{progress := Fun}, Done, Total) -> Fun(Done, Total);
progress(_, _, _) -> ok.

%% Batches that have been out for too long go to others as well. Their time begins anew.
expire(#map{leases = Leases} = M) ->
    Now = erlang:monotonic_time(millisecond),
    Late = maps:filter(fun(_, #lease{since = S}) -> Now - S > lease_ms(M) end, Leases),
    again(maps:values(Late), M#map{leases = maps:merge(Leases, renewed(Late, Now))}).

renewed(Late, Now) -> maps:map(fun(_, L) -> L#lease{since = Now} end, Late).

again(Lost, #map{again = Again} = M) ->
    M#map{again = [L#lease.items || L <- Lost] ++ Again}.

%% An agent is gone, and its workers with it. When none is left, this node does the work.
lost(Ref, _Why, #map{agents = Agents, leases = Leases} = M) ->
    {Agent, Left} = maps:take(Ref, Agents),
    Node = node(Agent),
    Mine = maps:filter(fun(_, #lease{worker = W}) -> node(W) =:= Node end, Leases),
    M1 = again(maps:values(Mine),
               M#map{agents = Left, leases = maps:without(maps:keys(Mine), Leases),
                     waiting = [W || W <- M#map.waiting, node(W) =/= Node]}),
    case map_size(Left) of
        0 -> start_agent(node(), M1);
        _ -> M1
    end.

%% On each node ----------------------------------------------------------------------------------

agent(Coordinator, Key, Options) ->
    monitor(process, Coordinator),
    State = moonlet:limit(state(Coordinator, Key), maps:get(limits, Options, #{})),
    Give = maps:get(give, Options, terms),
    N = case maps:get(workers, Options, 0) of
            0 -> erlang:system_info(schedulers_online);
            Workers -> Workers
        end,
    [spawn_link(fun() -> work(Coordinator, State, Give) end) || _ <- lists:seq(1, N)],
    receive {'DOWN', _, process, Coordinator, _} -> exit(shutdown) end.

state(Coordinator, Key) ->
    case kept([Key]) of
        [{Key, State}] ->
            State;
        [] ->
            Coordinator ! {state, self(), keys()},
            State = receive
                        {image, Image} -> loaded(moonlet:load_image(Image));
                        {delta, Base, Delta} -> loaded(from_delta(Base, Delta));
                        {'DOWN', _, process, Coordinator, _} -> exit(shutdown)
                    end,
            keep(Key, State),
            State
    end.

loaded({ok, State}) -> State;
loaded({error, Why}) -> exit(Why).

from_delta(Key, Delta) ->
    case kept([Key]) of
        [{Key, Base}] -> moonlet:load_image(Delta, Base);
        [] -> {error, base_lost}
    end.

work(Coordinator, State, Give) ->
    Coordinator ! {ready, self()},
    work_loop(Coordinator, State, Give).

work_loop(Coordinator, State, Give) ->
    receive
        {batch, Id, Function, Items} ->
            {Us, Answers} = timer:tc(fun() ->
                [{I, answer(State, Function, Input, Give)} || {I, Input} <- Items]
            end),
            Coordinator ! {answer, self(), Id, Us, Answers},
            work_loop(Coordinator, State, Give)
    end.

%% (An input that is no value would be none for any other worker either.)
answer(State, Function, Input, Give) ->
    case moonlet:has_references([Function, Input]) of
        false -> call(State, Function, Input, Give);
        true -> refused(<<"a function of Lua is good on its own node only">>)
    end.

refused(Why) -> {error, #{kind => host, message => Why}}.

call(State, Function, Input, Give) ->
    try moonlet:call(State, Function, [Input]) of
        {ok, Values, _} when Give =:= terms -> {ok, Values};
        {ok, Values, New} -> with_delta(Values, moonlet:save(New, State));
        {Tag, Why, _} -> {Tag, Why}
    catch
        error:badarg -> refused(<<"the input, or the path, is no value">>)
    end.

with_delta(Values, {ok, Delta}) -> {ok, Values, Delta};
with_delta(_, {error, _} = Error) -> Error.

%% States that are kept ----------------------------------------------------------------------------

%% A process of each node has the last states that it has worked with.
keep(Key, State) -> keeper_call({keep, Key, State}).
kept(Keys) -> keeper_call({kept, Keys}).
keys() -> keeper_call(keys).

keeper_call(Request) ->
    Pid = keeper_pid(),
    Ref = monitor(process, Pid),
    Pid ! {self(), Ref, Request},
    receive
        {Ref, Answer} -> demonitor(Ref, [flush]), Answer;
        {'DOWN', Ref, process, _, _} -> keeper_call(Request)
    end.

keeper_pid() ->
    case whereis(?KEEPER) of
        undefined ->
            spawn(?MODULE, keeper, []),
            timer:sleep(1),
            keeper_pid();
        Pid ->
            Pid
    end.

%% Of several that are started at once, one gets the name.
keeper() ->
    try register(?KEEPER, self()) of
        true -> keeper([])
    catch
        error:badarg -> ok
    end.

keeper(States) ->
    receive
        {From, Ref, {keep, Key, State}} ->
            From ! {Ref, ok},
            keeper(lists:sublist([{Key, State} | proplists:delete(Key, States)], ?KEPT));
        {From, Ref, {kept, Keys}} ->
            From ! {Ref, [Kept || {Key, _} = Kept <- States, lists:member(Key, Keys)]},
            keeper(States);
        {From, Ref, keys} ->
            From ! {Ref, [Key || {Key, _} <- States]},
            keeper(States)
    end.
