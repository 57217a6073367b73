%% SPDX-License-Identifier: MIT
%%
%% Wrong terms in every place: whatever the functions are given, they raise or answer, the node
%% lives, and states are what they were.
-module(hostile_tests).
-include_lib("eunit/include/eunit.hrl").

-define(CALLS, 60). %% of each function

any_terms_test_() -> {timeout, 280, fun any_terms/0}.

any_terms() ->
    Before = digests(),
    rand:seed(exsss, {2, 7, 1}),
    Pool = list_to_tuple(terms()),
    Functions = functions(),
    ?assert(length(Functions) > 200),
    [attempt(F, [random_term(Pool) || _ <- lists:seq(1, A)]) || {_, _, A} = F <- Functions, A > 0,
                                                               _ <- lists:seq(1, ?CALLS)],
    ?assertEqual(Before, digests()),
    {ok, [499500], _} = moonlet:do(moonlet:new(), "local n = 0 for i = 1, 999 do n = n + i end return n").

%% Those that look for nodes or never return are not called.
functions() ->
    Modules = [moonlet, moonlet_nif, moonlet_cluster, luerl, luerl_old, luerl_lib, luerl_heap,
               luerl_emul, luerl_comp, luerl_sandbox, 'Elixir.Luerl'],
    [{M, F, A} || M <- Modules, {F, A} <- M:module_info(exports), F =/= module_info,
                  {F, A} =/= {init, 0}, F =/= keeper].

%% A call in a process of its own, which is killed if it does not end.
attempt({M, F, A}, Args) ->
    put(last, {M, F, A}),
    {Pid, Ref} = spawn_monitor(fun() -> exit({done, try_call(M, F, Args)}) end),
    receive {'DOWN', Ref, process, Pid, Why} -> ended(Why, {M, F, Args})
    after 300 -> exit(Pid, kill), receive {'DOWN', Ref, process, Pid, _} -> ok end
    end.

try_call(M, F, Args) ->
    try apply(M, F, Args) of _ -> answered
    catch Class:_ -> Class
    end.

ended({done, answered}, _) -> ok;
ended({done, error}, _) -> ok;
ended(_, {moonlet_cluster, _, _}) -> ok;
ended(Why, Call) -> ?assertEqual({ended, Call}, Why).

random_term(Pool) ->
    case rand:uniform(10) of
        N when N =< 3 -> element(rand:uniform(6), Pool);
        10 -> [random_term(Pool) || _ <- lists:seq(1, rand:uniform(4))];
        9 -> #{random_term(Pool) => random_term(Pool)};
        _ -> element(rand:uniform(tuple_size(Pool)), Pool)
    end.

%% The first six are states.
terms() ->
    [S, Paused, Waiting, Luerl | _] = All = states(),
    {ok, Image} = moonlet:save(S),
    {ok, [F, T], _} = moonlet:do(S, "return print, {}"),
    {ok, [TRef, FRef], Other} = luerl:do("return {}, print", luerl:init()),
    All ++
        [Other, Luerl, Paused, Waiting, F, T, TRef, FRef, element(2, FRef), {tref, element(2, FRef)},
         {funref, element(2, TRef), []}, {usdref, element(2, TRef)}, {tref, make_ref()}, {erl_func, 5},
         {userdata, element(2, TRef)}, {coroutine, make_ref()}, {erl_mfa, none, none, []},
         Image, binary:part(Image, 0, byte_size(Image) div 2), <<Image/binary, Image/binary>>,
         binary:replace(Image, <<0, 0>>, <<255, 1>>, [global]), none, default, decoded, raw, throw, return,
         nil, true, false, steps, time, [], "t.x", "print", <<"t.f">>, "return t", "x = = ", <<"return ...">>,
         <<"\eLua">>, "error({})", "f()", [t, f], [<<"o">>, m], ['_G'], [[nil]], [1 | 2], [{nil, 1}],
         <<0>>, <<1:3>>, <<>>, 0, 1, 2, 3, -1, 1 bsl 32, 1 bsl 64, -(1 bsl 200), 0.5, 1.0e308, self(),
         make_ref(), {}, {a}, {a, b}, {a, b, c}, #{}, #{steps => 5}, #{steps => -1}, #{time => 1 bsl 70},
         #{deny => [x], allow => y}, #{threads => x}, #{nanoseconds => 1}, #{stack => 1}, #{string => 0},
         #{held => 1}, fun() -> ok end, fun(X) -> X end, fun(A, B) -> {A, B} end,
         fun(_) -> [self()] end, fun(_, _, _) -> ok end, fun erlang:abs/1, lists:seq(1, 300),
         lists:foldl(fun(_, L) -> [L] end, [], lists:seq(1, 1000)), binary:copy(<<"a">>, 10000),
         <<"while true do end">>].

states() ->
    Source = "t = {1, x = {y = 2}} function t.f(...) return ... end o = {} function o.m(s, x) return x end "
             "function f() for i = 1, 1e5 do t[2] = i end end",
    {ok, [], S} = moonlet:do(moonlet:new(), Source),
    {paused, steps, Paused} = moonlet:do(moonlet:limit(S, #{steps => 500}), "f()"),
    Me = self(),
    {ok, [], Calls} = moonlet:set(S, "give", fun([], St) -> Me ! {given, St}, {[], St} end),
    {ok, [], Boxed} = moonlet:do(moonlet:sandbox(Calls), "give()"),
    Waiting = receive {given, St} -> St end,
    {ok, [], Luerl} = luerl:do(Source, luerl:init()),
    [S, Paused, Waiting, Luerl, Luerl, Boxed].

digests() ->
    States = case get(states) of
                 undefined -> put(states, states()), get(states);
                 Kept -> Kept
             end,
    [moonlet:digest(S) || S <- States, is_reference(S)].

%% Wrong arguments are a badarg of the NIF itself, and of nothing before it.
badarg_test() ->
    S = moonlet:new(),
    Wrong = [{is_paused, [x]}, {limit, [x, #{}]}, {limit, [S, x]}, {limit, [S, #{steps => x}]}, {limits, [x]},
             {sandbox, [x, default, []]}, {sandbox, [S, [x], []]}, {sandbox, [S, default, x]},
             {sandbox, [S, 5, []]}, {do, [x, <<>>, decoded]}, {do, [S, x, decoded]}, {load, [S, x, raw, none]},
             {load, [S, <<>>, raw, x]}, {load, [S, <<>>, raw, <<"@f">>]}, {load, [S, <<>>, raw, <<>>]},
             {call, [x, 1, [print], raw]}, {call, [S, x, [print], raw]}, {call, [S, 1, x, raw]},
             {call, [S, 2, [print], raw]}, {call, [S, 0, [], raw]}, {call, [S, 1, [print | 5], raw]},
             {method, [S, 1, [print], raw]}, {method, [S, -1, [print, a], raw]}, {get, [S, 2, [a], raw]},
             {get, [S, 0, [], raw]}, {get, [S, 1, [[]], raw]}, {set, [S, 0, [a], raw]}, {set, [S, 1, [[], a], raw]},
             {raw_get, [S, 2, [a]]}, {raw_get, [S, 0, x]}, {raw_get, [x, 0, []]}, {set_metatable, [S, [a]]},
             {set_metatable, [x, [a, b]]}, {set_userdata, [S, [a]]}, {set_userdata, [x, [a, b]]}, {resume, [x, raw]}, {answer, [S, return, [], raw, S]},
             {answer, [S, return, [], raw, x]}, {answer, [x, return, [], raw, S]}, {trace, [S, [a, b]]},
             {trace, [S, x]}, {encode, [S, x]}, {encode, [S, [self()]]}, {encode, [x, []]}, {decode, [S, [self()], raw]},
             {decode, [x, [], raw]}, {save, [x, none]}, {save, [S, x]}, {load_image, [x, none]}, {load_image, [<<>>, x]},
             {digest, [x]}, {diff, [S, x]}, {diff, [x, S]}, {map, [x, 1, [print], 0]}, {map, [S, x, [print], 0]},
             {map, [S, 1, x, 0]}, {map, [S, 1, [print], x]}, {map, [S, 1, [], 0]}, {memory, [x]}],
    [?assertEqual({F, badarg}, {F, catch_error(F, Args)}) || {F, Args} <- Wrong],
    Tried = lists:usort([{F, length(Args)} || {F, Args} <- Wrong]),
    All = [FA || {F, A} = FA <- moonlet_nif:module_info(exports), F =/= module_info, A > 0],
    ?assertEqual([], lists:sort(All) -- Tried).

catch_error(F, Args) ->
    try apply(moonlet_nif, F, Args) catch error:Why -> Why end.

%% What a process held that ended in any way is free again: the terms in its states too.
crashes_leak_nothing_test_() -> {timeout, 120, fun crashes_leak_nothing/0}.

crashes_leak_nothing() ->
    Before = settled(),
    Ways = [fun() -> ok end, fun() -> exit(self(), kill), receive after infinity -> ok end end,
            fun() -> error(oops) end],
    [crash(holds(N), Way) || N <- lists:seq(1, 30), Way <- [lists:nth(1 + N rem 3, Ways)]],
    Pids = [spawn(holds(N)) || N <- lists:seq(1, 30)], %% these run for ever
    ?assert(until(fun() -> erlang:memory(binary) > Before + (20 bsl 20) end, 500)),
    Refs = [monitor(process, P) || P <- Pids],
    [exit(P, kill) || P <- Pids],
    [receive {'DOWN', R, process, _, _} -> ok end || R <- Refs],
    ?assert(until(fun() -> moonlet_nif:collect(), erlang:memory(binary) < Before + (10 bsl 20) end, 200)).

%% Bytes of binaries when nothing is left to collect.
settled() ->
    [garbage_collect(P) || P <- processes()],
    moonlet_nif:collect(),
    Bytes = erlang:memory(binary),
    timer:sleep(50),
    moonlet_nif:collect(),
    case erlang:memory(binary) >= Bytes of
        true -> Bytes;
        false -> settled()
    end.

crash(Holds, Way) ->
    {Pid, Ref} = spawn_monitor(fun() -> put(way, Way), Holds() end),
    receive {'DOWN', Ref, process, Pid, _} -> ok end.

%% A state with a megabyte of Erlang's, in a program that ends as the process is told to.
holds(N) ->
    fun() ->
        {ok, [], S} = moonlet:set(moonlet:new(), "u", {userdata, binary:copy(<<N>>, 1 bsl 20)}),
        case get(way) of
            undefined -> moonlet:do(S, "while true do end");
            Way -> {ok, [], S1} = moonlet:set(S, "way", fun(_) -> Way(), [] end), moonlet:do(S1, "way()")
        end
    end.

until(_, 0) -> false;
until(Fun, Tries) -> Fun() orelse begin timer:sleep(20), until(Fun, Tries - 1) end.

%% New code of the module while programs run, and wait for Erlang: all go on.
upgrade_under_way_test_() -> {timeout, 120, fun upgrade_under_way/0}.

upgrade_under_way() ->
    Me = self(),
    Wait = fun([]) -> Me ! waiting, receive go_on -> [7] end end,
    {ok, [], S} = moonlet:set(moonlet:new(), "wait", Wait),
    Waits = spawn(fun() -> {ok, [8], _} = moonlet:do(S, "return wait() + 1"), Me ! {self(), done} end),
    receive waiting -> ok end,
    Runs = spawn(fun() -> Me ! running, {ok, [N], _} = moonlet:do(S, "local n = 0 for i = 1, 1e7 do n = n + 1 end return n"),
                          Me ! {self(), N} end),
    receive running -> ok end,
    {module, moonlet_nif} = code:load_file(moonlet_nif),
    {ok, [1], _} = moonlet:do(S, "return 1"),
    Waits ! go_on,
    receive {Waits, done} -> ok end,
    receive {Runs, 10000000} -> ok end,
    ?assert(until(fun() -> code:soft_purge(moonlet_nif) end, 200)),
    {ok, [1], _} = moonlet:do(S, "return 1").
