%% SPDX-License-Identifier: MIT
%%
%% Luerl's interface over Moonlet. What Debian's Luerl itself answers is asked in another node
%% (luerl_peer), as its modules have the same names; without it these tests are not run.
-module(luerl_tests).
-include_lib("eunit/include/eunit.hrl").

-export([install/1, each/3]).

%% As Luerl 1.1 and later ----------------------------------------------------------------------

run_test() ->
    St = luerl:init(),
    {ok, [1, <<"a">>, {tref, _}, {funref, _, _}], _} =
        luerl:do(<<"return 1, 'a', {}, print">>, St),
    {ok, [[{1, 1}, {<<"x">>, 2}]], _} = luerl:do_dec("return {1, x = 2}", St),
    {error, [{1, luerl_parse, Message}], []} = luerl:do("x =", St),
    ?assert(is_list(lists:flatten(io_lib:format("~ts", [luerl_parse:format_error(Message)])))),
    {lua_error, {error_call, <<"oops">>}, _} = luerl:do("error('oops', 0)", St),
    {lua_error, {undefined_function, nil}, _} = luerl:do("return undefined_name()", St),
    {lua_error, {illegal_index, nil, <<"x">>}, _} = luerl:do("return t.x", St),
    {ok, [3]} = luerl:eval("return 1 + 2", St),
    {ok, Chunk, St1} = luerl:load("local a = ... return a, ...", St),
    {ok, [7, 7, 8], _} = luerl:call_chunk(Chunk, [7, 8], St1),
    {ok, [7, 7, 8], _} = luerl:do(<<"return 7, 7, 8">>, [return], St).

files_test() ->
    Name = filename:join(os:getenv("TMPDIR", "/tmp"),
                         "moonlet-" ++ os:getpid() ++ ".lua"),
    ok = file:write_file(Name, "#!/usr/bin/lua\nx = 5 return x"),
    {ok, [5], St} = luerl:dofile(Name, luerl:init()),
    {ok, 5, _} = luerl:get_table_keys_dec([x], St),
    Dir = filename:dirname(Name), Base = filename:basename(Name),
    {ok, {funref, _, _}, Name, _} = luerl:path_loadfile(["/nowhere", Dir], Base, luerl:init()),
    ok = file:delete(Name),
    {error, [{none, file, enoent}], []} = luerl:dofile(Name, luerl:init()).

tables_test() ->
    {ok, [], St} = luerl:set_table_keys_dec([a], [{b, [10, 20]}], luerl:init()),
    {ok, 20, _} = luerl:get_table_keys_dec([a, b, 2], St),
    {ok, {tref, _} = B, _} = luerl:get_table_keys([<<"a">>, <<"b">>], St),
    {ok, 10, _} = luerl:get_table_key(B, 1, St),
    {ok, _, St1} = luerl:set_table_key(B, 3, <<"c">>, St),
    {ok, [{1, 10}, {2, 20}, {3, <<"c">>}], _} = luerl:get_table_keys_dec([a, b], St1),
    {lua_error, _, _} = luerl:get_table_keys([a, none, 1], St).

calls_test() ->
    {ok, _, St} = luerl:do("function f(a, b) return a + b end "
                           "o = {v = 1, m = function(self, x) return self.v + x end}",
                           luerl:init()),
    {ok, [3], _} = luerl:call_function_dec([f], [1, 2], St),
    {ok, [3], _} = luerl:call_function([f], [1, 2], St),
    {ok, F, St1} = luerl:get_table_keys([f], St),
    {ok, [3], _} = luerl:call_function(F, [1, 2], St1),
    {ok, [6], _} = luerl:call_method_dec([o], m, [5], St),
    {ok, O, St2} = luerl:get_table_keys([o], St),
    {ok, [6], _} = luerl:call_method(O, <<"m">>, [5], St2).

encode_test() ->
    St = luerl:init(),
    {{tref, _} = T, St1} = luerl:encode([{a, 1}, 5, #{b => true}], St),
    ?assertEqual([{1, 5}, {2, [{<<"b">>, true}]}, {<<"a">>, 1}], luerl:decode(T, St1)),
    {Values, _} = luerl:encode_list([nil, 1, 1.5, <<"b">>, atom, true], St),
    ?assertEqual([nil, 1, 1.5, <<"b">>, <<"atom">>, true], Values),
    ?assertError(badarg, luerl:encode({a, b, c}, St)),
    {ok, [Cyclic], St2} = luerl:do("local t = {} t.t = t return t", St),
    ?assertError({recursive_table, Cyclic}, luerl:decode(Cyclic, St2)),
    {U, St3} = luerl:encode({userdata, {x, self()}}, St),
    ?assertEqual({userdata, {x, self()}}, luerl:decode(U, St3)).

%% A reference is the same term whenever the value is got, and wherever the same has been done; by it
%% the value is found also in the state that came with an equal one.
references_test() ->
    {ok, [T, F, U], St} = luerl:do("t = {1} f = function() return t end return t, f, io.stdout", luerl:init()),
    {ok, [T, F, U, false], St1} = luerl:do("return t, f, io.stdout, t == {}", St),
    {ok, T, St2} = luerl:get_table_keys([t], St1),
    {ok, [T], _} = luerl:call_function(F, [], St2),
    {{usdref, _} = Own, St3} = luerl:encode({userdata, 42}, St2),
    {ok, [], St4} = luerl:set_table_keys([<<"u">>], Own, luerl_heap:set_userdata(Own, 84, St3)),
    {ok, Own, St5} = luerl:get_table_keys([<<"u">>], St4),
    ?assertEqual({userdata, 84}, luerl:decode(Own, St5)),
    {ok, Chunk, _} = luerl:load("x = 7 return x", St5),
    {ok, Chunk, St6} = luerl:load(<<"x = 7 return x">>, St5),
    {ok, [7], _} = luerl:call_chunk(Chunk, [], St6),
    ?assertError(badarg, luerl:call_chunk(Chunk, [], St5)),
    Me = self(),
    spawn(fun() -> Me ! {got, T, luerl:decode(T, St)} end),
    receive {got, Same, Decoded} -> ?assertEqual({T, [{1, 1}]}, {Same, Decoded}) end,
    ?assertEqual(luerl:decode(T, St), luerl:decode(maps:get(T, #{T => T}), St)),
    {tref, Name} = T,
    ?assertError(badarg, luerl:decode({tref, binary:copy(Name)}, St)).

%% Wherever a reference was found, it is good in all states that came of the one: also if it was found when
%% those were there already, and when the references to others that were given meanwhile are gone.
references_for_long_test() ->
    St = with_table(),
    erlang:garbage_collect(),
    {ok, [First], Next} = luerl:do("return {0}", St),
    {ok, T, _} = luerl:get_table_keys([t], St),
    {ok, 1, _} = luerl:get_table_key(T, 1, Next),
    {Kept, Last} = lists:foldl(
                     fun(N, {Refs, S}) ->
                             {ok, [R], S1} = luerl:call_function([make], [N], S),
                             {case N rem 100 of 0 -> [{N, R} | Refs]; _ -> Refs end, S1}
                     end, {[{0, First}, {1, T}], Next}, lists:seq(1, 5000)),
    ?assertEqual([], [N || {N, R} <- Kept, luerl:decode(R, Last) =/= [{1, N}]]),
    ?assertError(badarg, luerl:decode(element(2, hd(Kept)), Next)).

with_table() ->
    {ok, [_], St} = luerl:do("t = {1} function make(n) return {n} end return t", luerl:init()),
    St.

%% What only a reference of Erlang's leads to is no garbage: it is what it was made by the last call.
held_test() ->
    Source = "function inc(o) o.n = o.n + 1 end local n = 0 return {n = 0}, function() n = n + 1 return n end",
    {ok, [O, F], St} = luerl:do(Source, luerl:init()),
    Last = lists:foldl(fun(_, S) ->
                               {ok, [], S1} = luerl:call_function([inc], [O], S),
                               {ok, [_], S2} = luerl:call(F, [], S1),
                               {ok, [], S3} = luerl:do("for i = 1, 2000 do keep = {i} end", S2),
                               S3
                       end, St, lists:seq(1, 300)),
    {ok, [], Collected} = luerl:do("collectgarbage()", Last),
    ?assertEqual([{<<"n">>, 300}], luerl:decode(O, Collected)),
    {ok, [301], _} = luerl:call(F, [], Collected),
    ?assertEqual([{<<"n">>, 0}], luerl:decode(O, St)).

%% Characters of a source that is no UTF-8.
sources_test() ->
    [?assertEqual({ok, [<<"\x{e9}"/utf8>>]}, luerl:eval(Source, luerl:init()))
     || Source <- ["return '" ++ [16#e9] ++ "'", <<"return '", 16#e9, "'">>, <<"return '\x{e9}'"/utf8>>,
                   binary_to_list(<<"return '\x{e9}'"/utf8>>), ["return ", [<<"'">>, 16#e9, $']]]],
    ?assertEqual({ok, [<<"\x{e9}\x{436}\x{e9}"/utf8>>]},
                 luerl:eval("return '" ++ [16#e9, 16#436, 16#e9] ++ "'", luerl:init())),
    {ok, F, St} = luerl:load("return '\\255'", luerl:init()),
    {ok, [Chunk], St1} = luerl:call_function([string, dump], [F], St),
    {ok, [<<255>>], _} = luerl:do(Chunk, St1).

numbers_test() ->
    Source = "return 5, 2.5, {1, [3] = 2, x = 4}, function(x) return x end, -math.huge",
    {ok, [5, 2.5, [{1, 1}, {3, 2}, {<<"x">>, 4}], F, -1.7976931348623157e308], _} =
        luerl:do_dec(Source, luerl:init()),
    ?assert(is_integer(hd(F([5.0])))),
    ok = application:set_env(moonlet_luerl, numbers, floats),
    St = try luerl:init() after application:unset_env(moonlet_luerl, numbers) end,
    {ok, [Five, _, [{1, One}, {3, _}, _], G, _], St1} = luerl:do_dec(Source, St),
    ?assertEqual([true, true], [is_float(N) || N <- [Five, One]]),
    {ok, _, St2} = luerl:set_table_keys_dec([f], fun([N]) -> [is_float(N)] end, St1),
    {ok, [true], St3} = luerl:do("return f(1)", St2),
    {ok, X, _} = luerl:get_table_keys_dec([f], St3),
    ?assertEqual([true], X([1])),
    ?assert(is_float(hd(G([5])))),
    {A, _} = luerl:encode(5.0, luerl:init()),
    ?assert(is_float(A)).

functions_test() ->
    {F, St} = luerl:encode(fun([A, B]) -> [A + B, [{sum, A + B}]] end, luerl:init()),
    {ok, _, St1} = luerl:set_table_keys([f], F, St),
    {ok, [3, 3], _} = luerl:do("local n, t = f(1, 2) return n, t.sum", St1),
    {ok, _, St2} = luerl:set_table_keys_dec(
                     [g], fun([T], S) ->
                                  {ok, _, S1} = luerl:set_table_keys_dec([seen], T, S),
                                  {[length(T)], luerl:put_private(key, T, S1)}
                          end, St1),
    {ok, [2, 7], St3} = luerl:do("local n = g({6, 7}) return n, seen[2]", St2),
    ?assertEqual([{1, 6}, {2, 7}], luerl:get_private(key, St3)),
    {ok, [L], St4} = luerl:do("return function(...) return {...} end", St3),
    Decoded = luerl:decode(L, St4),
    ?assertEqual([[{1, 1}, {2, 2}]], Decoded([1, 2])),
    {ok, _, St5} = luerl:set_table_keys_dec([raise], fun(_, S) -> luerl_lib:lua_error(oops, S) end, St4),
    {ok, [false, <<"oops">>], _} = luerl:do("return pcall(raise)", St5).

exceptions_of_erlang_go_through_test() ->
    {ok, _, St} = luerl:set_table_keys_dec([f], fun(_) -> error(oops) end, luerl:init()),
    ?assertError(oops, luerl:do("return f()", St)).

%% A library as they are written for Luerl.
install(St) ->
    luerl_heap:alloc_table([{<<"add">>, #{}}, {<<"sum">>, {erl_func, fun sum/2}},
                            {<<"each">>, {erl_mfa, ?MODULE, each, [x]}}], St).

sum([{tref, _} = T], St) ->
    {value, A, St1} = luerl_heap:get_table_key(T, 1, St),
    {B, St2} = luerl_emul:get_table_key(T, 2, St1),
    {[A + B], luerl_emul:set_table_key(T, 3, A + B, St2)};
sum(Args, St) ->
    luerl_lib:badarg_error(sum, Args, St).

each([x], [F | Args], St) -> luerl_emul:functioncall(F, Args, St).

modules_test() ->
    St = luerl:load_module([my, <<"lib">>], ?MODULE,
                           element(3, luerl:set_table_keys_dec([my], [], luerl:init()))),
    {ok, [5, 5], _} = luerl:do("local t = {2, 3} local s = my.lib.sum(t) return s, t[3]", St),
    {ok, [42], _} = luerl:do("return my.lib.each(function(x) return x * 2 end, 21)", St),
    {ok, [false, <<"badarg in sum: [1]">>], _} = luerl:do("return pcall(my.lib.sum, 1)", St),
    {lua_error, {badarg, sum, [1]}, _} = luerl:do("my.lib.sum(1)", St).

private_test() ->
    St = luerl:put_private(k, {any, term}, luerl:init()),
    ?assertEqual({any, term}, luerl:get_private(k, St)),
    ?assertEqual(no, luerl:get_private(k, no, luerl:delete_private(k, St))),
    ?assertError({badkey, k}, luerl:get_private(k, luerl:init())).

external_test() ->
    {ok, _, St} = luerl:do("x = {1, function() return x[1] end}", luerl:init()),
    Out = luerl:externalize(luerl:put_private(k, 1, St)),
    In = luerl:internalize(binary_to_term(term_to_binary(Out))),
    {ok, [1], _} = luerl:do("return x[2]()", In),
    ?assertEqual(1, luerl:get_private(k, In)).

stacktrace_test() ->
    {lua_error, _, St} = luerl:do("local function f()\n error('x')\n end\n f()\n", luerl:init()),
    [{<<"f">>, [], [{file, _}, {line, 2}]} | _] = luerl:get_stacktrace(St).

sandbox_test() ->
    St = luerl_sandbox:init(),
    {ok, [<<"sandboxed">>, <<"sandboxed">>], _} = luerl_sandbox:run("return io, os.exit", St),
    {lua_error, _, _} = luerl_sandbox:run("os.exit()", St),
    {error, {reductions, 10001}} =
        luerl_sandbox:run("while true do end", #{max_reductions => 10000}, St),
    {error, timeout} = luerl_sandbox:run("while true do end", #{max_time => 20}, St),
    {ok, [1], St1} = luerl_sandbox:run("return 1", #{max_reductions => 10000}, St),
    {ok, [100000], _} = luerl:do("local n = 0 for i = 1, 1e5 do n = n + 1 end return n", St1),
    {[1], _} = luerl_sandbox:run("return 1", St, 0, [], 100),
    {ok, [<<"here">>], _} = luerl:do("return x", element(3, luerl:set_table_keys_dec(
        [x], here, luerl_sandbox:init([[y]])))).

old_test() ->
    {[5], St} = luerl_old:do("function f(x) return x end return 5", luerl_old:init()),
    {[[{1, 2}]], _} = luerl_old:call_function([f], [[2]], St),
    {[{1, 2}], _} = luerl_old:get_table([t], luerl_old:set_table([t], [2], St)),
    ?assertError({lua_error, {error_call, <<"x">>}, _}, luerl_old:do("error('x', 0)", St)),
    {ok, [1]} = luerl_old:eval("return 1", St),
    {error, {lua_error, _, _}, _} = luerl_old:eval("error('x')", St),
    {ok, [1], _} = luerl_new:do("return 1", St),
    {ok, [1], _} = 'Elixir.Luerl':do(St, "return 1").

%% As in Luerl, what is printed goes where the process that runs it prints.
output_test() ->
    St = luerl:init(),
    Source = "print(1, 'a', nil, setmetatable({}, {__tostring = function() return 'T' end})) "
             "io.write('x', 1.5, '\\n') print('\\195\\169', '\\255') print()",
    ?assertEqual(<<"1\ta\tnil\tT\nx1.5\n"/utf8, 16#e9/utf8, "\t?\n\n">>,
                 output(fun() -> {ok, [], _} = luerl:do(Source, St) end)),
    ?assertEqual(<<"7\n">>, output(fun() ->
        {ok, _, _} = luerl:do("coroutine.wrap(function() print(7) end)()", luerl:internalize(luerl:externalize(St)))
    end)),
    {ok, [false, _], _} = luerl_sandbox:run("return pcall(io.write, 1)", luerl_sandbox:init()),
    {ok, [false, <<"bad argument #2 to 'write' (string expected, got table)">>], _} =
        luerl:do("return pcall(io.write, '', {})", St).

%% What a function prints.
output(Fun) ->
    Leader = group_leader(),
    {ok, Device} = file:open("output.txt", [write, {encoding, utf8}]),
    group_leader(Device, self()),
    try Fun() after group_leader(Leader, self()), file:close(Device) end,
    {ok, Bytes} = file:read_file("output.txt"),
    Bytes.

trace_test() ->
    Note = fun(Event, S) -> luerl:set_trace_data([Event | luerl:get_trace_data(S)], S) end,
    St = luerl:set_trace_data([], luerl:set_trace_func(Note, luerl:init())),
    {ok, [4], St1} = luerl:do("local function f(a, ...)\n return a + 1\n end\n"
                              "local b = f(3, 'x')\n return b", St),
    ?assertMatch([{fcall, {funref, _, _}, []}, {current_line, 3, <<"-no-file-">>},
                  {current_line, 4, _}, {fcall, {funref, _, _}, [3, <<"x">>]}, {current_line, 2, _},
                  {return, [4]}, {current_line, 5, _}, {return, [4]}],
                 lists:reverse(luerl:get_trace_data(St1))),
    %% It may change the state, and itself; and is seen in later calls, until it is cleared.
    Once = fun(_, S) -> {ok, [], S1} = luerl:set_table_keys_dec([seen], true, S), luerl:clear_trace_func(S1) end,
    {ok, [true], St2} = luerl:do("return seen", luerl:set_trace_func(Once, St1)),
    {ok, [true], _} = luerl:do("seen = nil return seen == nil", St2),
    {ok, [1], St3} = luerl:do("return 1", luerl:set_trace_data([], St1)),
    ?assertNotEqual([], luerl:get_trace_data(St3)),
    {ok, [1], St4} = luerl:do("return 1", luerl:set_trace_data([], luerl:clear_trace_func(St3))),
    ?assertEqual([], luerl:get_trace_data(St4)),
    %% An exception of its goes through, as those of other functions.
    ?assertError(oops, luerl:do("x = 1", luerl:set_trace_func(fun(_, _) -> error(oops) end, St))).

trace_of_coroutines_test() ->
    Note = fun({fcall, _, Args}, S) -> note({call, Args}, S);
              ({return, Values}, S) -> note({return, Values}, S);
              (_, S) -> S
           end,
    St = luerl:set_trace_data([], luerl:set_trace_func(Note, luerl:init())),
    {ok, _, St1} = luerl:do("local co = coroutine.create(function(a) local b = coroutine.yield(a + 1) return b, nil end)\n"
                            "coroutine.resume(co, 1) coroutine.resume(co, 'two')\n"
                            "local f = coroutine.wrap(function() return {} end) f()", St),
    ?assertMatch([{call, []}, {call, [1]}, {return, [<<"two">>, nil]}, {call, []}, {return, [{tref, _}]},
                  {return, []}], lists:reverse(luerl:get_trace_data(St1))),
    %% One that goes on when tracing is over is not traced.
    {ok, _, St2} = luerl:do("co = coroutine.wrap(function() local x = 1 coroutine.yield(1) x = 2 return x end) co()", St),
    {ok, [2], St3} = luerl:do("return co()", luerl:set_trace_data([], luerl:clear_trace_func(St2))),
    ?assertEqual([], luerl:get_trace_data(St3)).

note(Event, St) -> luerl:set_trace_data([Event | luerl:get_trace_data(St)], St).

newer_test() ->
    [?assertEqual({F, Shape}, {F, element(2, luerl_calls:shape_of(luerl, F, Args))})
     || {F, Args, Shape} <- luerl_calls:newer()].

heap_test() ->
    {ok, [O, M], St} = luerl:do("local m = {__index = {w = 4}} return setmetatable({}, m), m", luerl:init()),
    4 = element(2, luerl_heap:get_table_key(O, w, St)),
    nil = luerl_heap:raw_get_table_key(O, w, St),
    St1 = luerl_heap:raw_set_table_key(O, w, 5, St),
    5 = luerl_heap:raw_get_table_key(O, <<"w">>, St1),
    Meta = luerl_heap:get_metatable(O, St1),
    {ok, [true], _} = luerl:call_function([rawequal], [Meta, M], St1),
    nil = luerl_heap:get_metamethod(O, <<"__index">>, luerl_heap:set_metatable(O, nil, St1)),
    {U, St2} = luerl_heap:alloc_userdata({any, term}, M, St),
    {{userdata, {any, term}, {tref, _}}, _} = luerl_heap:get_userdata(U, St2),
    {ok, _, St3} = luerl:set_table_keys_dec([u], U, St2),
    St4 = luerl_heap:set_userdata(U, other, St3),
    {{userdata, other, {tref, _}}, _} = luerl_heap:get_userdata(U, St4),
    {ok, {userdata, other}, _} = luerl:get_table_keys_dec([u], luerl_heap:set_userdata(U, other, St4)),
    {ok, {userdata, {any, term}}, _} = luerl:get_table_keys_dec([u], St3),
    {ok, {userdata, other}, _} = luerl:get_table_keys_dec([u], luerl:internalize(luerl:externalize(St4))),
    4 = element(2, luerl_heap:get_table_key(U, w, St2)).

elixir_test() ->
    Names = fun(M) -> lists:sort([FA || {F, _} = FA <- M:module_info(exports), F =/= module_info]) end,
    Inside = [{with_limits, 2}, {trace, 3}, {stop, 1}, {load_module1, 3}, {get_private, 3}],
    ?assertEqual(Names(luerl) -- Inside, Names('Elixir.Luerl')),
    {[1], _} = 'Elixir.Luerl.Old':do('Elixir.Luerl.Old':init(), "return 1"),
    {ok, [1], _} = 'Elixir.Luerl.New':do('Elixir.Luerl.New':init(), "return 1").

%% Beside Luerl itself -----------------------------------------------------------------------

peer_test_() ->
    case filelib:is_dir(filename:join(code:lib_dir(), "luerl-1")) of
        true -> {timeout, 60, fun compare/0};
        false -> []
    end.

compare() ->
    {Answers, Calls, Exports, Walks, Errors, Uses} = luerl_peer:ask(),
    same(luerl_peer:programs(), Answers, [luerl_peer:answer(P) || P <- luerl_peer:programs()]),
    {Functions, Theirs} = lists:unzip(Calls),
    {Functions, Ours} = lists:unzip(luerl_calls:answers(ours)),
    same(Functions, Theirs, Ours),
    ?assertEqual([], (Exports -- luerl_calls:apart()) -- Functions),
    walked(Walks, luerl_peer:walks()),
    {Names, Given} = lists:unzip(Uses),
    {Names, Got} = lists:unzip(luerl_uses:answers(luerl)),
    same(Names, Given, Got),
    Agreed = [case luerl_errors:agree(A, B) of true -> A; false -> B end
              || {A, B} <- lists:zip(Errors, luerl_peer:errors(luerl))],
    same(luerl_errors:sources(), Errors, Agreed).

%% A walk goes other ways after its first difference.
walked([], []) -> ok;
walked([Step | Theirs], [Step | Ours]) -> walked(Theirs, Ours);
walked([Theirs | _], [Ours | _]) -> ?assertEqual({luerl, Theirs}, {luerl, Ours}).

same(Asked, Theirs, Ours) ->
    Differ = [{P, T, O} || {P, T, O} <- lists:zip3(Asked, Theirs, Ours), O =/= T],
    [io:format(user, "~tp~n    Luerl   ~tp~n    Moonlet ~tp~n", [P, T, O]) || {P, T, O} <- Differ],
    ?assertEqual([], [P || {P, _, _} <- Differ]).
