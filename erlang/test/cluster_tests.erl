%% SPDX-License-Identifier: MIT
-module(cluster_tests).
-include_lib("eunit/include/eunit.hrl").

-export([answers/1, limits/1, deltas/1, states_go_once/1, nodes_die/1, nodes_hang/1,
         nodes_join/1, no_nodes/1, callers_die/1, program/1, functions_are_no_inputs/1]).

source() ->
    "function square(n) if n == 13 then error('unlucky', 0) end "
    "last = n return n * n, {name = tostring(n)} end "
    "function slow(n) local s = 0 for i = 1, 20000 do s = s + i % n end return s end "
    "function spin() while true do end end".

state() ->
    {ok, _, S} = moonlet:do(moonlet:new(), source()),
    S.

cluster_test_() ->
    {setup, fun start/0, fun stop/1,
     fun(Nodes) ->
         [{timeout, 120, {T, fun() -> ?MODULE:F(Nodes) end}}
          || {T, F} <- [{"answers", answers}, {"limits", limits}, {"deltas", deltas},
                        {"states go once", states_go_once}, {"nodes that die", nodes_die},
                        {"nodes that hang", nodes_hang}, {"nodes that join", nodes_join},
                        {"no nodes", no_nodes}, {"callers that die", callers_die}, {"the program", program},
                        {"functions of Lua", functions_are_no_inputs}]]
     end}.

start() ->
    [{P, N} || {ok, P, N} <- [start_node() || _ <- lists:seq(1, 3)]].

start_node() ->
    Paths = [filename:absname(P) || P <- [code:lib_dir(moonlet, ebin),
                                          filename:dirname(code:which(?MODULE))]],
    peer:start(#{name => peer:random_name(), host => "127.0.0.1", longnames => true, wait_boot => 90000,
                 args => ["-pa" | Paths]}).

stop(Peers) -> [catch peer:stop(P) || {P, _} <- Peers].

names(Peers) -> [N || {_, N} <- Peers].

expected(N) ->
    [case I of
         13 -> error;
         _ -> {ok, [I * I, [{<<"name">>, integer_to_binary(I)}]]}
     end || I <- lists:seq(1, N)].

plain(Items) -> [case I of {error, #{message := <<"unlucky">>}} -> error; _ -> I end || I <- Items].

answers(Peers) ->
    Me = self(),
    Progress = fun(Done, 5000) -> Me ! {progress, Done} end,
    Items = moonlet_cluster:map(state(), "square", lists:seq(1, 5000),
                                #{nodes => names(Peers), progress => Progress}),
    ?assertEqual(expected(5000), plain(Items)),
    receive {progress, 5000} -> ok end,
    ?assertEqual(Items, moonlet_cluster:map(state(), "square", lists:seq(1, 5000),
                                            #{nodes => [node()], workers => 1})),
    ?assertEqual([], moonlet_cluster:map(state(), "square", [])),
    ?assertMatch([{error, #{kind := runtime}}], moonlet_cluster:map(state(), "none", [1])),
    ?assertMatch([{ok, _}, {error, #{kind := host}}, {ok, _}],
                 moonlet_cluster:map(state(), "square", [1, self(), 2], #{nodes => names(Peers)})),
    [?assertError({badarg, _}, moonlet_cluster:map(state(), "square", [1], Wrong))
     || Wrong <- [#{limits => #{steps => x}}, #{workers => -1}, #{nodes => x}, #{lease => 0}, #{give => x},
                  #{progress => x}, #{node => []}]].

limits(Peers) ->
    ?assertEqual([{paused, steps}, {paused, steps}],
                 moonlet_cluster:map(state(), "spin", [1, 2],
                                     #{nodes => names(Peers), limits => #{steps => 1000}})).

deltas(Peers) ->
    S = state(),
    [{ok, [25, _], Delta}] = moonlet_cluster:map(S, "square", [5], #{nodes => names(Peers),
                                                                     give => deltas}),
    {ok, After} = moonlet:load_image(Delta, S),
    {ok, [5], _} = moonlet:get(After, "last").

%% What a node has is not sent again, and of what is near it only the difference.
states_go_once(Peers) ->
    {ok, _, Big} = moonlet:do(state(), "t = {} for i = 1, 20000 do t[i] = {i} end"),
    Nodes = names(Peers),
    Sent = fun(S) ->
        Before = sent(Nodes),
        [{ok, _} | _] = moonlet_cluster:map(S, "slow", lists:seq(1, 1000), #{nodes => Nodes}),
        sent(Nodes) - Before
    end,
    First = Sent(Big),
    {ok, Image} = moonlet:save(Big),
    ?assert(First > byte_size(Image)),
    ?assert(until(fun() -> Sent(Big) < byte_size(Image) div 2 end, 10)), %% all have it
    ?assert(Sent(Big) < byte_size(Image) div 2),
    {ok, _, Near} = moonlet:do(Big, "t[1] = 5"),
    ?assert(Sent(Near) < byte_size(Image) div 2).

%% Bytes to these nodes so far.
sent(Nodes) ->
    {ok, Info} = net_kernel:nodes_info(),
    lists:sum([sent_to(Owner) || {N, I} <- Info, lists:member(N, Nodes),
                                 {owner, Owner} <- I]).

sent_to(Owner) ->
    {links, Links} = process_info(Owner, links),
    lists:sum([Bytes || P <- Links, is_port(P),
                        {ok, [{send_oct, Bytes}]} <- [inet:getstat(P, [send_oct])]]).

%% One of two new nodes ends when a quarter is done, the other one at the half.
nodes_die(Peers) ->
    More = [{P, N} || {ok, P, N} <- [start_node(), start_node()]],
    [First, Second] = names(More),
    Inputs = lists:seq(1, 3000),
    Expected = moonlet_cluster:map(state(), "slow", Inputs, #{nodes => [node()]}),
    Progress = fun(Done, _) ->
        Done > 700 andalso once(First),
        Done > 1500 andalso once(Second)
    end,
    ?assertEqual(Expected, moonlet_cluster:map(state(), "slow", Inputs,
                                               #{nodes => names(More ++ Peers),
                                                 progress => Progress})),
    ?assert(until(fun() -> [] =:= [N || N <- names(More), lists:member(N, nodes())] end, 500)),
    ?assertEqual(Expected, moonlet_cluster:map(state(), "slow", Inputs,
                                               #{nodes => names(More)})),
    stop(More).

once(Node) ->
    undefined =:= put(Node, killed) andalso rpc:cast(Node, erlang, halt, [137, [{flush, false}]]).

%% A node whose schedulers all stand still, though its connection is there.
nodes_hang([{_, Node} | Peers]) ->
    Workers = fun() -> [P || P <- rpc:call(Node, erlang, processes, []),
                             {_, {moonlet_cluster, _, _}} <-
                                 [rpc:call(Node, erlang, process_info, [P, current_function])]] end,
    spawn(fun() -> timer:sleep(30), [rpc:call(Node, erlang, suspend_process, [P]) || P <- Workers()],
                   timer:sleep(60000) end),
    Inputs = lists:seq(1, 2000),
    Expected = moonlet_cluster:map(state(), "slow", Inputs, #{nodes => [node()]}),
    ?assertEqual(Expected, moonlet_cluster:map(state(), "slow", Inputs,
                                               #{nodes => [Node | names(Peers)], lease => 300})).

nodes_join(_) ->
    Inputs = lists:seq(1, 4000),
    Me = self(),
    spawn(fun() -> {ok, P, N} = start_node(), Me ! {joined, P, N}, timer:sleep(60000) end),
    Expected = moonlet_cluster:map(state(), "slow", Inputs, #{nodes => [node()]}),
    ?assertEqual(Expected, moonlet_cluster:map(state(), "slow", Inputs, #{})),
    receive {joined, P, _} -> peer:stop(P) end.

no_nodes(_) ->
    [?assertEqual([{ok, [4, [{<<"name">>, <<"2">>}]]}],
                  moonlet_cluster:map(state(), "square", [2], #{nodes => Nodes}))
     || Nodes <- [['none@127.0.0.1'], [none], []]].

%% The same on all nodes.
functions_are_no_inputs([{_, Node} | _]) ->
    {ok, [F], S} = moonlet:get(state(), "square"),
    [?assertMatch([{error, #{message := <<"a function of Lua is good on its own node only">>}}],
                  moonlet_cluster:map(S, Function, [Input], #{nodes => [N]}))
     || {Function, Input} <- [{"square", [{f, F}]}, {F, 1}], N <- [node(), Node]].

callers_die([_, {_, Node} | _]) ->
    Caller = spawn(fun() -> moonlet_cluster:map(state(), "spin", [1, 2, 3, 4], #{nodes => [Node]}) end),
    ?assert(until(fun() -> agents(Node) > 0 end, 500)),
    exit(Caller, kill),
    ?assert(until(fun() -> agents(Node) =:= 0 end, 500)).

%% moonlet-cluster, as from a shell.
program(Peers) ->
    Program = filename:join(filename:dirname(code:lib_dir(moonlet)), "moonlet-cluster"),
    ok = file:write_file("s.lua", "#!/usr/bin/moonlet\nk = 10\nreturn function(l) "
                                  "if l == 'x' then error('bad ' .. l) end return l, k * l, nil end"),
    ok = file:write_file("in", ["1\n\2\n", "x\n", [[integer_to_list(I), $\n] || I <- lists:seq(1, 999)]]),
    ok = file:write_file("one", "1"),
    Names = lists:join(",", [atom_to_list(N) || N <- names(Peers)]),
    Shell = fun(Args) -> os:cmd([Program, " ", Args, " 2>err; echo status $?"]) end,
    Expected = lists:flatten(["1\t10\tnil\n", [[integer_to_list(I), $\t, integer_to_list(10 * I), "\tnil\n"]
                                               || I <- lists:seq(1, 999)], "status 1\n"]),
    ?assertEqual(Expected, Shell(["--nodes ", Names, " s.lua <in"])),
    {ok, Errors} = file:read_file("err"),
    ?assertEqual(<<"moonlet-cluster: line 2: s.lua:3: attempt to perform arithmetic on local 'l' (a string value)\n"
                   "moonlet-cluster: line 3: s.lua:3: bad x\n">>, Errors),
    ?assertEqual("status 1\n", Shell("none.lua <in")),
    ?assertEqual("status 1\n", Shell("--nodes none@127.0.0.1 s.lua <in")),
    ?assertEqual("status 1\n", Shell("--nodes")),
    [begin
         ?assertEqual("status 1\n", Shell(["--nodes '", Bad, "' s.lua <in"])),
         {ok, Why} = file:read_file("err"),
         ?assertMatch(<<"moonlet-cluster: not the name of a node: ", _/binary>>, Why)
     end || Bad <- ["", "a@b c@d"]],
    ?assertEqual("1\t10\tnil\nstatus 0\n", Shell("--workers 0 --lease 1 s.lua <one")),
    ?assertEqual("status 0\n", Shell("s.lua </dev/null")),
    odd_streams(Shell).

%% Lines of any bytes and lengths, and what cannot be read or written.
odd_streams(Shell) ->
    ok = file:write_file("length.lua", "local a = ... return setmetatable({}, {__call = function(_, l) "
                                       "return #l, a or 'none', #arg end})"),
    Answers = fun(Bytes, Args) ->
        ok = file:write_file("odd", Bytes),
        Shell(["length.lua ", Args, " <odd"])
    end,
    ?assertEqual("3\tnone\t0\n1\tnone\t0\n0\tnone\t0\n2\tnone\t0\nstatus 0\n", Answers("a\0b\n\r\n\n\351\r", "")),
    ?assertEqual("1\tx y\t2\nstatus 0\n", Answers("a\n", "'x y' z")),
    ?assertEqual("60000000\tnone\t0\n1\tnone\t0\nstatus 0\n", Answers([binary:copy(<<"x">>, 60000000), "\nx"], "")),
    [begin
         ?assertEqual("status 1\n", Shell(["length.lua ", Streams])),
         {ok, Why} = file:read_file("err"),
         ?assertEqual({Streams, <<"moonlet-cluster: ", Said/binary>>}, {Streams, Why})
     end || {Streams, Said} <- [{"</tmp", <<"standard input: illegal operation on a directory\n">>},
                                {"<odd >/dev/full", <<"standard output cannot be written to\n">>}]].

agents(Node) ->
    length([P || P <- rpc:call(Node, erlang, processes, []),
                 {initial_call, {moonlet_cluster, agent, 3}} <-
                     [rpc:call(Node, erlang, process_info, [P, initial_call])]]).

until(_, 0) -> false;
until(Fun, Tries) ->
    Fun() orelse begin timer:sleep(20), until(Fun, Tries - 1) end.
