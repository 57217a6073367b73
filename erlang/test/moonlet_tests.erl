%% SPDX-License-Identifier: MIT
-module(moonlet_tests).
-include_lib("eunit/include/eunit.hrl").

state(Source) ->
    {ok, _, State} = moonlet:do(moonlet:new(), Source),
    State.

values(State, Source) ->
    {ok, Values, _} = moonlet:do(State, Source),
    Values.

%% Values ----------------------------------------------------------------------------------

scalars_test() ->
    ?assertEqual([nil, true, false, 1, 1.5, -3, <<"a\0b">>, inf, '-inf', nan],
                 values(moonlet:new(),
                        "return nil, true, false, 1, 1.5, -3, 'a\\0b', 1/0, -1/0, 0/0")),
    ?assertEqual([9007199254740991, 9007199254740992.0, -0.0],
                 values(moonlet:new(), "return 2^53 - 1, 2^53, -0")).

tables_test() ->
    ?assertEqual([[], [{1, 1}, {2, [{1, 2}]}],
                  [{1, 1}, {2, 2}, {0, z}, {<<"a">>, 3}, {<<"b">>, 4}]],
                 [replace(V) || V <- values(moonlet:new(), "return {}, {1, {2}}, "
                                                           "{b=4, a=3, 1, 2, [0]='z'}")]).
replace(T) when is_list(T) ->
    [case P of {K, <<"z">>} -> {K, z}; _ -> P end || P <- T].

arguments_test() ->
    S = state("function id(...) return ... end"),
    Same = [nil, true, 0, -7, 1.25, <<"x">>, [{1, <<"y">>}, {<<"k">>, [{1, 1}]}]],
    ?assertMatch({ok, Same, _}, moonlet:call(S, "id", Same)),
    {ok, [<<"atom">>, [{1, 5}, {2, 6}], [{<<"a">>, 1}], [{3, <<"c">>}]], _} =
        moonlet:call(S, "id", [atom, [5, 6], #{a => 1}, [{3, c}]]),
    {ok, [1.0e30, -1180591620717411303424.0], _} =
        moonlet:call(S, "id", [1.0e30, -(1 bsl 70)]),
    {ok, Many, _} = moonlet:call(S, "id", lists:seq(1, 200)),
    ?assertEqual(lists:seq(1, 200), Many).

what_is_no_value_test() ->
    S = moonlet:new(),
    [?assertError(badarg, moonlet:call(S, "type", [Bad]))
     || Bad <- [self(), make_ref(), {a, b, c}, <<1:3>>, [{nil, 1}], [1 | 2]]],
    Deep = lists:foldl(fun(_, Acc) -> [Acc] end, [], lists:seq(1, 100000)),
    ?assertError(badarg, moonlet:call(S, "type", [Deep])),
    ?assertError(badarg, moonlet:do(not_a_state, "return 1")).

large_values_test() ->
    S = state("function deep(n) local t = {} for i = 1, n do t = {t} end return t end "
              "function wide(n) local t = {} for i = 1, n do t[i] = i end return t end "
              "function count(t) return #t end"),
    {ok, [Deep], _} = moonlet:call(S, "deep", [100000]),
    ?assertEqual(100000, depth(Deep, 0)),
    {ok, [Wide], _} = moonlet:call(S, "wide", [100000]),
    ?assertEqual([{I, I} || I <- lists:seq(1, 100000)], Wide),
    {ok, [100000], _} = moonlet:call(S, "count", [Wide]),
    {error, #{kind := host, message := <<"cyclic table">>}, _} = moonlet:do(S, "return _G").

depth([{1, T}], N) -> depth(T, N + 1);
depth([], N) -> N.

userdata_test() ->
    S = moonlet:new(),
    Term = {a, "term", [self(), make_ref()]},
    {ok, [], S1} = moonlet:set(S, "u", {userdata, Term}),
    ?assertMatch({ok, [{userdata, Term}], _}, moonlet:get(S1, "u")),
    ?assertEqual([<<"userdata">>], values(S1, "return type(u)")),
    {ok, [{userdata, File}], S2} = moonlet:get(S1, "io.stdout"),
    {ok, [true], _} = moonlet:call(S2, "rawequal", [{userdata, File}, {userdata, File}]).

%% Running -----------------------------------------------------------------------------------

states_are_values_test() ->
    S0 = moonlet:new(),
    {ok, [1], S1} = moonlet:do(S0, "x = (x or 0) + 1 return x"),
    {ok, [2], S2} = moonlet:do(S1, "x = (x or 0) + 1 return x"),
    ?assertEqual([nil, 1, 2], [X || S <- [S0, S1, S2], {ok, [X], _} <- [moonlet:get(S, "x")]]),
    ?assert(S1 =/= S2),
    ?assertEqual(S1, moonlet:fork(S1)).

looking_changes_nothing_test() ->
    S = state("a = {b = {{c = 7}}}"),
    ?assertEqual({ok, [7], S}, moonlet:get(S, "a.b.1.c")),
    ?assertEqual({ok, [7], S}, moonlet:get(S, [a, <<"b">>, 1, c])),
    {ok, [], S1} = moonlet:set(S, "a.b.1.c", 8),
    ?assertEqual({ok, [8], S1}, moonlet:get(S1, <<"a.b.1.c">>)),
    {error, #{message := <<"attempt to index", _/binary>>}, _} = moonlet:get(S, "a.x.y"),
    {error, #{message := <<"attempt to index", _/binary>>}, _} = moonlet:set(S, "a.x.y", 1).

metamethods_on_the_way_test() ->
    S = state("n = 0 m = setmetatable({}, {__index = function(_, k) n = n + 1 return k .. n end,"
              "  __newindex = function(t, k, v) rawset(t, k, v * 2) end}) "
              "slow = setmetatable({}, {__index = function() for i = 1, 50000 do end return 1 end}) "
              "ever = setmetatable({}, {__index = function() while true do end end})"),
    {ok, [<<"x1">>], S1} = moonlet:get(S, "m.x"),
    {ok, [<<"x2">>], _} = moonlet:get(S1, "m.x"),
    {ok, [], S2} = moonlet:set(S, "m.y", 4),
    {ok, [8], _} = moonlet:get(S2, "m.y"),
    {ok, [1], _} = moonlet:get(S, "slow.x"),
    {error, #{kind := limit}, _} = moonlet:get(S, "ever.x").

calls_test() ->
    S = state("lib = {twice = function(x) return x * 2 end} "
              "o = {v = 5, get = function(self, x) return self.v + x end}"),
    {ok, [84], _} = moonlet:call(S, "lib.twice", [42]),
    {ok, [84], _} = moonlet:call(S, [lib, twice], [42]),
    {ok, [6], _} = moonlet:call_method(S, "o", get, [1]),
    {error, #{kind := runtime, value := <<"attempt to call", _/binary>>}, _} =
        moonlet:call(S, "lib.none", []),
    {ok, [F], S1} = moonlet:load(S, "local a = ... return a, lib"),
    {ok, [1, _], _} = moonlet:call(S1, F, [1]),
    ?assertEqual({ok, [3]}, moonlet:eval(S, "return 1 + 2")).

errors_test() ->
    S = state("x = 1"),
    {error, #{kind := runtime, message := M, traceback := T, value := M, line := 2}, S1} =
        moonlet:do(S, "x = 2\nlocal y = nil + 1"),
    ?assertMatch(<<"[string \"x = 2...\"]:2: attempt to perform arithmetic", _/binary>>, M),
    ?assertMatch({match, _}, re:run(T, "stack traceback:")),
    {ok, [2], _} = moonlet:get(S1, "x"),
    {error, #{kind := syntax, line := 1}, _} = moonlet:do(S, "x = "),
    {error, #{value := [{<<"code">>, 42}]}, _} = moonlet:do(S, "error({code = 42})"),
    {error, #{kind := runtime, message := Embedded}, _} =
        moonlet:do(S, "local s = 'a\0b' error(s, 0)"),
    ?assertEqual(<<"a">>, binary:part(Embedded, 0, 1)),
    Parens = [lists:duplicate(100000, $(), lists:duplicate(100000, $))],
    {error, #{kind := syntax}, _} = moonlet:do(S, ["x = ", Parens]).

limits_test() ->
    S = state("n = 0 function spin() while true do n = n + 1 end end"),
    {paused, steps, P} = moonlet:call(moonlet:limit(S, #{steps => 100000}), "spin", []),
    ?assert(moonlet:is_paused(P)),
    {ok, [N], _} = moonlet:get(P, "n"),
    {paused, steps, P2} = moonlet:resume(P),
    {ok, [N2], _} = moonlet:get(P2, "n"),
    ?assert(N > 1000),
    ?assertEqual(2 * N, N2 - (N2 - 2 * N)),
    ?assert(abs(N2 - 2 * N) < 10),
    {paused, time, _} = moonlet:call(moonlet:limit(S, #{time => 20}), "spin", []),
    {paused, memory, _} = moonlet:do(moonlet:limit(S, #{memory => 3000000}),
                                     "local t = {} for i = 1, 1e7 do t[i] = {} end"),
    {paused, string, _} = moonlet:do(moonlet:limit(S, #{string => 1000}),
                                     "return ('x'):rep(1e6)"),
    {paused, stack, _} = moonlet:do(moonlet:limit(S, #{stack => 1000}),
                                    "local function f() return 1 + f() end f()"),
    ?assertError({badarg, {steps, 0}}, moonlet:limit(S, #{steps => 0})),
    ?assertError({badarg, {bites, 1}}, moonlet:limit(S, #{bites => 1})).

%% However a run is cut, it takes as many steps.
slices_do_not_show_test() ->
    Source = "local n = 0 for i = 1, 60000 do n = n + #tostring(i) end return n",
    S = moonlet:new(),
    {ok, Values, _} = moonlet:do(S, Source),
    Least = least(S, Source, 1, 1000000),
    {ok, Values, _} = moonlet:do(moonlet:limit(S, #{steps => Least}), Source),
    {paused, steps, P} = moonlet:do(moonlet:limit(S, #{steps => Least - 1}), Source),
    {ok, Values, _} = moonlet:resume(P).

least(_, _, N, N) -> N;
least(S, Source, Low, High) ->
    Middle = (Low + High) div 2,
    case moonlet:do(moonlet:limit(S, #{steps => Middle}), Source) of
        {ok, _, _} -> least(S, Source, Low, Middle);
        {paused, steps, _} -> least(S, Source, Middle + 1, High)
    end.

beside_a_paused_program_test() ->
    S = state("n = 0 function add(k) for i = 1, k do n = n + 1 end return n end"),
    {paused, steps, P} = moonlet:call(moonlet:limit(S, #{steps => 1000}), "add", [5000]),
    Free = moonlet:limit(P, #{}),
    {ok, [M], Q} = moonlet:call(Free, "add", [200000]),
    ?assert(moonlet:is_paused(Q)),
    {ok, [M2], R} = moonlet:resume(Q),
    ?assert(M2 > M),
    ?assertNot(moonlet:is_paused(R)),
    {error, #{kind := host}, _} = moonlet:resume(R).

sandbox_test() ->
    S = moonlet:sandbox(moonlet:new()),
    ?assertEqual([nil, nil, <<"function">>],
                 values(S, "return io, os.execute, type(os.time)")),
    T = moonlet:sandbox(moonlet:new(), #{deny => ["os"], allow => [<<"os.time">>]}),
    ?assertEqual([nil, <<"function">>, <<"table">>],
                 values(T, "return os.clock, type(os.time), type(io)")),
    {ok, [], E} = moonlet:set(S, "f", fun([X]) -> [X + 1] end),
    ?assertEqual([6], values(E, "return f(5)")).

%% Functions -----------------------------------------------------------------------------------

functions_of_lua_test() ->
    S = state("x = 1 function f(a) x = x + a return x, function() return x end end"),
    {ok, [3, G], S1} = moonlet:call(S, "f", [2]),
    {ok, [3], _} = moonlet:call(S1, G, []),
    {ok, [3], _} = G([], S1),
    {ok, [], S2} = moonlet:set(S1, "x", 50),
    {ok, [50], _} = G([], S2),
    {ok, [[{<<"g">>, H}]], S3} = moonlet:do(S2, "return {g = function(...) return ... end}"),
    {ok, [1, 2], _} = H([1, 2], S3).

%% A function is good in what came of the state that it was found in, and nowhere else.
%% What only Erlang has is no garbage.
held_values_test() ->
    {ok, [F, C], S} = moonlet:do(moonlet:new(), "local n = 0 function go(c) return select(2, coroutine.resume(c)) end "
                                 "return function() n = n + 1 return n end, "
                                 "coroutine.create(function() for i = 1, 1e9 do coroutine.yield(i) end end)"),
    Last = lists:foldl(fun(I, S0) ->
                               {ok, [I], S1} = F([], S0),
                               {ok, [I], S2} = moonlet:call(S1, "go", [C]),
                               {ok, [], S3} = moonlet:do(S2, "for i = 1, 2000 do keep = {i} end"),
                               S3
                       end, S, lists:seq(1, 300)),
    {ok, [], Collected} = moonlet:do(Last, "collectgarbage()"),
    [{ok, [301]}, {ok, [301]}] = moonlet:map(Collected, "go", [C, C]),
    {ok, [301], _} = F([], Collected),
    {ok, [1], _} = F([], S).

%% Given back they are what they were, wherever they are in a term, and in the threads of a map.
functions_given_back_test() ->
    S = state("function f(x) return x + 1 end function same(g) return g == f end "
              "function within(t) return t.g == f and t[1][1] == f end "
              "function apply(g) return g(1) end o = {same = function(_, g) return g == f end}"),
    {ok, [F], S1} = moonlet:get(S, f),
    {ok, [true], _} = moonlet:call(S1, same, [F]),
    {ok, [true], _} = moonlet:call(S1, within, [[{g, F}, [F]]]),
    {ok, [true], _} = moonlet:call(S1, within, [#{g => F, 1 => [F]}]),
    {ok, [true], _} = moonlet:call_method(S1, o, same, [F]),
    {ok, [], S2} = moonlet:set(S1, h, F),
    {ok, [true], _} = moonlet:do(S2, "return h == f"),
    {ok, [], S3} = moonlet:set(S1, give, fun(_) -> [F] end),
    {ok, [true], _} = moonlet:do(S3, "return give() == f"),
    ?assertEqual([{ok, [2]}, {ok, [2]}], moonlet:map(S1, apply, [F, F])),
    {ok, [Map], S4} = moonlet:get(S1, apply),
    ?assertEqual([{ok, [2]}], moonlet:map(S4, Map, [F])),
    ?assertMatch([{error, #{message := <<"Erlang functions cannot be called here">>}}],
                 moonlet:map(S1, apply, [fun(_) -> [1] end])),
    ?assertEqual({userdata, F}, hd(values_of(moonlet:call(S1, same_userdata(), [{userdata, F}])))),
    ?assertError(badarg, moonlet:call(state("function same(g) return g end"), same, [F])).

same_userdata() -> fun([U], S) -> {[U], S} end.

values_of({ok, Values, _}) -> Values.

%% A random tree of states, of which each gives a function: a function is good in the states that came
%% of its own and in no other, whatever has been forgotten meanwhile.
lineage_test_() ->
    {timeout, 60, fun() ->
        Origin = moonlet:new(),
        Walkers = [spawn_monitor(fun() ->
                       rand:seed(exsss, {1, 2, Seed}),
                       walk(2000, [{Origin, []}], [])
                   end) || Seed <- [1, 2, 3]],
        [receive {'DOWN', Ref, process, _, Why} -> ?assertEqual(normal, Why) end || {_, Ref} <- Walkers]
    end}.

walk(0, _, _) -> ok;
walk(N, States, Functions) ->
    {S, Came} = one_of(States),
    {ok, [F], S1} = moonlet:do(S, "return function(x) return x end"),
    Kept = [{S1, [N | Came]} | some(States, case N rem 1000 of 0 -> 1; _ -> 20 end)],
    Known = [{F, N} | some(Functions, 50)],
    [begin
         {At, Of} = one_of(Kept),
         {Fun, Birth} = one_of(Known),
         Good = try moonlet:call(At, Fun, [N]) of {ok, [N], _} -> true catch error:badarg -> false end,
         ?assertEqual({Birth, lists:member(Birth, Of)}, {Birth, Good})
     end || _ <- [1, 2, 3]],
    walk(N - 1, Kept, Known).

one_of(List) -> lists:nth(rand:uniform(length(List)), List).

some(List, Most) when length(List) > Most -> some(lists:delete(one_of(List), List), Most);
some(List, _) -> List.

%% A path as a text is found without what costs a process its turn.
paths_are_cheap_test() ->
    S = state("a = {b = {c = function() end}} function f() end"),
    Paths = ["f", <<"f">>, f, [f], "a.b.c", <<"a.b.c">>],
    Me = self(),
    spawn_link(fun() -> Me ! {cost, [{P, reductions(fun() -> {ok, [], _} = moonlet:call(S, P, []) end)} || P <- Paths]} end),
    receive {cost, Costs} -> [?assertMatch({_, N} when N < 500, C) || C <- Costs] end.

reductions(Fun) ->
    {reductions, Before} = process_info(self(), reductions),
    [Fun() || _ <- lists:seq(1, 100)],
    {reductions, After} = process_info(self(), reductions),
    (After - Before) / 100.

functions_of_other_states_test() ->
    S = state("y = 0"),
    {ok, [F], S1} = moonlet:do(S, "return function() return y end"),
    ?assertError(badarg, moonlet:call(S, F, [])),
    ?assertError(badarg, moonlet:call(moonlet:new(), F, [])),
    {ok, [], S2} = moonlet:set(S1, "y", 9),
    {ok, [9], _} = moonlet:call(S2, F, []),
    {ok, [_], Sibling} = moonlet:do(S, "return function() return 1 end"),
    ?assertError(badarg, moonlet:call(Sibling, F, [])).

functions_of_erlang_test() ->
    Me = self(),
    S = with(#{add => fun(Args) -> [lists:sum(Args)] end,
               who => fun([]) -> [self() =:= Me] end,
               slow => fun([X]) -> timer:sleep(5), [X, X] end,
               swap => fun([A, B], State) -> {[B, A], State} end,
               bad => fun(_) -> error(oops) end,
               lua => fun(_) -> error({lua_error, [{code, 7}]}) end,
               odd => fun(_) -> not_a_list end}),
    ?assertEqual([6, true, 5, 5, 2, 1],
                 values(S, "local a, b = slow(5) local c, d = swap(1, 2) "
                           "return add(1, 2, 3), who(), a, b, c, d")),
    ?assertEqual([false, <<"erlang error: oops">>],
                 cut(values(S, "return pcall(bad)"), <<"erlang error: oops">>)),
    ?assertEqual([7], values(S, "return select(2, pcall(lua)).code")),
    ?assertMatch([false, <<"erlang error: badarg", _/binary>>], values(S, "return pcall(odd)")),
    {error, #{kind := host, value := [{<<"code">>, 7}]}, _} = moonlet:do(S, "lua()"),
    ?assertEqual([<<"function">>], values(S, "return type(add)")).

cut([Ok, Text], Prefix) -> [Ok, binary:part(Text, 0, byte_size(Prefix))].

with(Functions) ->
    maps:fold(fun(Name, F, S) -> {ok, [], Next} = moonlet:set(S, Name, F), Next end,
              moonlet:new(), Functions).

functions_of_erlang_anywhere_test() ->
    S = with(#{f => fun([X]) -> [X * 10] end}),
    ?assertEqual([30], values(S, "return coroutine.wrap(function() return f(3) end)()")),
    ?assertEqual([30], values(S, "return setmetatable({}, {__index = function(_, k) "
                                 "return f(k) end})[3]")),
    ?assertEqual([[{1, 30}, {2, 20}, {3, 10}]],
                 values(S, "local t = {1, 3, 2} table.sort(t, function(a, b) "
                           "return f(a) > f(b) end) for i = 1, 3 do t[i] = f(t[i]) end return t")),
    ?assertEqual([<<"10-20-">>],
                 values(S, "return (('12'):gsub('%d', function(d) return f(tonumber(d)) .. '-' end))")).

%% The state that a function is given is that of the moment; what it does to it is seen.
functions_with_state_test() ->
    S0 = with(#{bump => fun([By], S) ->
                                {ok, [X], S} = moonlet:get(S, "x"),
                                {ok, [], S1} = moonlet:set(S, "x", X + By),
                                {[X], S1}
                        end,
                drop => fun([By], S) ->
                                {ok, [], _} = moonlet:set(S, "x", By),
                                {[], S}
                        end,
                call => fun([F | Args], S) -> F(Args, S) end}),
    {ok, [], S} = moonlet:set(S0, "x", 5),
    ?assertEqual([5, 7], values(S, "local old = bump(2) return old, x")),
    ?assertEqual([5], values(S, "drop(2) return x")),
    ?assertEqual([12], values(S, "x = 1 return call(function(a) x = x + a return a + x end, 5.5) - .0")),
    ?assertEqual([false, <<"deep">>],
                 values(S, "return pcall(call, function() error('deep', 0) end)")),
    ?assertEqual([8, 8], values(S, "call(function(a) call(function(b) x = a + b end, 5) end, 3) "
                                   "return x, bump(0)")).

%% A long call inside the function is cut into slices, too, and may itself call Erlang.
long_nested_calls_test() ->
    S = with(#{sum => fun([N], St) -> moonlet:call(St, "count", [N]) end,
               tick => fun([]) -> [1] end,
               run => fun([Source], St) -> moonlet:do(St, Source) end}),
    {ok, _, S1} = moonlet:do(S, "function count(n) local s = 0 for i = 1, n do s = s + tick() end "
                                "return s end "
                                "function spin(n) local s = 0 for i = 1, n do s = s + 1 end return s end"),
    ?assertEqual([500], values(S1, "return sum(500)")),
    ?assertEqual([3000000], values(S1, "return run('return spin(3000000)')")),
    ?assertEqual([7], values(S1, "return run('return run([[return 7]])')")).

functions_that_give_other_states_test() ->
    Other = moonlet:new(),
    S = with(#{other => fun([], _) -> {[1], Other} end,
               keep => fun([], St) -> put(kept, St), {[1], St} end,
               late => fun([], _) -> {[1], get(kept)} end}),
    ?assertMatch([false, <<"erlang error: badarg", _/binary>>], values(S, "return pcall(other)")),
    ?assertMatch([false, <<"erlang error: badarg", _/binary>>],
                 values(S, "keep() return pcall(late)")).

a_limit_while_a_function_is_called_test() ->
    S = with(#{f => fun([], St) -> moonlet:do(moonlet:limit(St, #{steps => 100000}),
                                              "while true do end") end}),
    ?assertMatch([false, <<"erlang error: badarg", _/binary>>], values(S, "return pcall(f)")).

%% A run goes on after a call with what its limits have left: no number of calls is a way around them.
limits_hold_over_calls_test_() ->
    Endless = ["while true do f() end", "while true do pcall(f) end",
               "while true do again(function() for i = 1, 1000 do end end) end",
               "while true do pcall(again, function() while true do end end) end",
               "local t = setmetatable({}, {__index = f}) while true do local x = t.x end"],
    Functions = #{f => fun(_) -> [] end,
                  again => fun([F], St) -> case F([], St) of {paused, _, _} -> {[], St}; Answer -> Answer end end},
    {timeout, 60,
     [begin
          S = moonlet:limit(with(Functions), #{Limit => N}),
          fun() -> ?assertMatch({{_, paused, Limit}, _}, {{Source, element(1, moonlet:do(S, Source)), Limit}, N}) end
      end || {Limit, N} <- [{steps, 20000}, {time, 100}], Source <- Endless]
     ++ [fun() ->
             S = moonlet:limit(with(Functions), #{steps => 1000}),
             {paused, steps, P} = moonlet:do(S, "n = 0 while true do f() n = n + 1 end"),
             {ok, [N], _} = moonlet:get(P, n),
             ?assert(N > 200 andalso N < 1000),
             {paused, steps, P1} = moonlet:resume(P), %% with the full limits
             {ok, [N1], _} = moonlet:get(P1, n),
             ?assert(N1 > 2 * N - 10)
         end]}.

%% Whole states --------------------------------------------------------------------------------

images_test() ->
    S = state("x = {1, 2, {y = 'z'}} co = coroutine.wrap(function() for i = 1, 9 do "
              "coroutine.yield(i) end end) co()"),
    {ok, Image} = moonlet:save(S),
    {ok, L} = moonlet:load_image(Image),
    ?assertEqual(moonlet:digest(S), moonlet:digest(L)),
    ?assertEqual([2], values(L, "return co()")),
    {ok, Image} = moonlet:save(L),
    {error, #{kind := host}} = moonlet:load_image(<<"no image">>),
    {error, #{kind := host}} = moonlet:load_image(binary:part(Image, 0, byte_size(Image) div 2)).

deltas_test() ->
    S = state("t = {} for i = 1, 1000 do t[i] = {n = i} end"),
    {ok, Whole} = moonlet:save(S),
    {ok, _, S1} = moonlet:do(S, "t[5].n = -1"),
    {ok, _, S2} = moonlet:do(S1, "t[6].n = -2"),
    {ok, D1} = moonlet:save(S1, S),
    {ok, D2} = moonlet:save(S2, S1),
    ?assert(byte_size(D1) < 1024 andalso byte_size(D2) < 1024),
    {ok, L} = moonlet:load_image(Whole),
    {ok, L1} = moonlet:load_image(D1, L),
    {ok, L2} = moonlet:load_image(D2, L1),
    ?assertEqual([moonlet:digest(X) || X <- [S, S1, S2]],
                 [moonlet:digest(X) || X <- [L, L1, L2]]),
    {error, _} = moonlet:load_image(D2, L),
    {error, _} = moonlet:load_image(D2),
    {error, _} = moonlet:save(S1, moonlet:new()),
    {ok, _, Sibling} = moonlet:do(S, "t[7].n = -3"),
    {ok, D3} = moonlet:save(Sibling, S1),
    {ok, L3} = moonlet:load_image(D3, L1),
    ?assertEqual(moonlet:digest(Sibling), moonlet:digest(L3)).

images_with_functions_of_erlang_test() ->
    S = with(#{f => fun erlang:abs/1, g => fun(X) -> X end}),
    {ok, Image} = moonlet:save(S),
    {ok, L} = moonlet:load_image(Image),
    ?assertEqual([<<"a">>, 1], values(L, "return g('a', 1)")).

diff_test() ->
    A = state("a = {x = 1, y = 2} b = 1"),
    {ok, _, B} = moonlet:do(A, "a.x = 5 b = nil"),
    {ok, Changes} = moonlet:diff(A, B),
    ?assertEqual([{<<"a.x">>, 1, 5}, {<<"b">>, 1, nil}], lists:sort(Changes)),
    ?assertEqual({ok, []}, moonlet:diff(A, A)),
    {error, #{kind := host}} = moonlet:diff(A, moonlet:new()),
    ?assertEqual(moonlet:digest(A), moonlet:digest(state("a = {x = 1, y = 2} b = 1"))),
    ?assert(moonlet:digest(A) =/= moonlet:digest(B)).

map_test() ->
    S = state("function f(n) if n == 3 then error('three', 0) end total = (total or 0) + n "
              "return total end function spin() while true do end end"),
    [{ok, [1]}, {ok, [2]}, {error, #{message := <<"three">>}}, {ok, [4]}] =
        moonlet:map(S, "f", [1, 2, 3, 4]),
    [{paused, <<"out of steps">>}] = moonlet:map(moonlet:limit(S, #{steps => 1000}), "spin", [1]),
    ?assertEqual([{ok, [I]} || I <- lists:seq(1, 500), I =/= 3],
                 [R || {ok, _} = R <- moonlet:map(S, "f", lists:seq(1, 500), #{threads => 3})]),
    E = with(#{g => fun(X) -> X end}),
    [{error, #{message := M}}] = moonlet:map(E, "g", [1]),
    ?assertMatch({match, _}, re:run(M, "Erlang functions cannot be called here")).

%% Processes -------------------------------------------------------------------------------------

%% States go to other processes, who use them at once.
many_processes_test_() ->
    {timeout, 120, fun() ->
        S = state("t = {} for i = 1, 20000 do t[i] = {i} end "
                  "function step(n) local a = {} for i = 1, n do a[i] = {i, tostring(i)} end "
                  "x = (x or 0) + #a return x end"),
        Results = parallel(30, fun() ->
            Last = lists:foldl(fun(_, St) -> {ok, _, Next} = moonlet:call(St, "step", [100]), Next end,
                               S, lists:seq(1, 100)),
            {ok, [X], _} = moonlet:get(Last, "x"),
            X
        end),
        ?assertEqual(lists:duplicate(30, 10000), Results)
    end}.

parallel(N, Fun) ->
    Me = self(),
    Pids = [spawn_link(fun() -> Me ! {self(), Fun()} end) || _ <- lists:seq(1, N)],
    [receive {Pid, Result} -> Result end || Pid <- Pids].

%% A process that is killed in the middle of a run leaves nothing behind.
killed_processes_test_() ->
    {timeout, 60, fun() ->
        S = state("function spin() local t = {} while true do t = {t and 1} end end"),
        Pids = [spawn(fun() -> moonlet:call(S, "spin", []) end) || _ <- lists:seq(1, 50)],
        timer:sleep(100),
        Monitors = [monitor(process, P) || P <- Pids],
        [exit(P, kill) || P <- Pids],
        [receive {'DOWN', M, process, _, killed} -> ok end || M <- Monitors],
        {ok, [1], _} = moonlet:do(S, "return 1")
    end}.

%% A run gives its scheduler back: with as many of them as there are schedulers, and more,
%% other processes get their turn.
runs_are_cut_test_() ->
    {timeout, 60, fun() ->
        N = 2 * erlang:system_info(schedulers_online),
        Pids = [spawn(fun() -> moonlet:do(moonlet:new(), "while true do end") end)
                || _ <- lists:seq(1, N)],
        [] = [timeout || _ <- lists:seq(1, 20), not answers(spawn(fun answer/0))],
        [?assert(counts(P, element(2, process_info(P, reductions)), 500)) || P <- Pids],
        [exit(P, kill) || P <- Pids]
    end}.

%% What it does is reported as reductions.
counts(_, _, 0) -> false;
counts(Pid, Before, Tries) ->
    timer:sleep(20),
    {reductions, Now} = process_info(Pid, reductions),
    Now > Before orelse counts(Pid, Before, Tries - 1).

answer() -> receive {Pid, ask} -> Pid ! {self(), answered} end.

answers(Pid) ->
    Pid ! {self(), ask},
    receive {Pid, answered} -> true after 10000 -> false end.

%% New code of the module goes on with the states that there are.
upgrade_test() ->
    S = state("x = 42"),
    {ok, [F], S1} = moonlet:do(S, "return function() return x end"),
    {module, moonlet_nif} = code:load_file(moonlet_nif),
    code:purge(moonlet_nif),
    {ok, [42], _} = moonlet:get(S, "x"),
    {ok, [42], _} = moonlet:call(S1, F, []),
    {ok, [42], _} = moonlet:do(S, "for i = 1, 1e6 do end return x").

%% Long runs that are more than may be in the schedulers' queues wait for one another. Those that are killed
%% as they wait or run leave their places to others, whose results are what they would have been alone.
many_long_runs_test_() ->
    {timeout, 120, fun() ->
        S = moonlet:new(),
        Source = "local t, n = {}, 0 for i = 1, 3e5 do n = n + 1 t[n % 50] = n end return n",
        Endless = [spawn(fun() -> moonlet:do(S, "while true do end") end) || _ <- lists:seq(1, 60)],
        timer:sleep(50),
        Me = self(),
        Finite = [spawn_link(fun() -> Me ! {self(), moonlet:do(S, Source)} end) || _ <- lists:seq(1, 40)],
        {Early, Late} = lists:split(30, Endless),
        kill(Early),
        [receive {Pid, {ok, [300000], _}} -> ok end || Pid <- Finite],
        kill(Late),
        %% And a program that calls Erlang between, which answers in the process that waits.
        {ok, _, S1} = moonlet:set(S, "f", fun([N]) -> [N + 1] end),
        Calls = "local n = 0 for i = 1, 20 do for k = 1, 2e5 do end n = f(n) end return n",
        More = [spawn_link(fun() -> Me ! {self(), moonlet:do(S1, Calls)} end) || _ <- lists:seq(1, 25)],
        [receive {Pid, {ok, [20], _}} -> ok end || Pid <- More]
    end}.

kill(Pids) ->
    [exit(Pid, kill) || Pid <- Pids],
    [receive {'DOWN', Ref, process, _, _} -> ok end || Ref <- [monitor(process, Pid) || Pid <- Pids]].

%% Values of errors are there however many items they have.
large_errors_test() ->
    S = moonlet:new(),
    Source = "local t = {} for i = 1, 50000 do t[i] = i end error(t)",
    {error, #{kind := runtime, value := Value}, _} = moonlet:do(S, Source),
    ?assertEqual({50000, {50000, 50000}}, {length(Value), lists:last(Value)}).
