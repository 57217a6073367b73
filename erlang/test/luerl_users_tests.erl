%% SPDX-License-Identifier: MIT
%%
%% Luerl's interface as programs use it that were written for Luerl: what it encodes and decodes
%% value by value, functions both ways, results of scripts, sandboxes, errors, and how a game
%% server, a message processor and a library for Elixir call it.
-module(luerl_users_tests).
-include_lib("eunit/include/eunit.hrl").
-include_lib("luerl/include/luerl.hrl").

%% The application, and the records of its header.
application_test() ->
    {ok, _} = application:ensure_all_started(luerl),
    {ok, [#tref{}, #funref{}], #luerl{} = St} = luerl:do("return {}, function() end", luerl:init()),
    {#usdref{} = U, St1} = luerl_heap:alloc_userdata(some, St),
    {#userdata{d = some, meta = nil}, _} = luerl_heap:get_userdata(U, St1),
    {#erl_func{}, _} = luerl:encode(fun(A) -> A end, St),
    ?assert(?IS_TRUE(0) and not ?IS_TRUE(nil) and ?IS_FLOAT_INT(2.0)).

%% A release loads what the application says that it has.
modules_test() ->
    [begin
         _ = application:load(App),
         {ok, Modules} = application:get_key(App, modules),
         Beams = filelib:wildcard(filename:join([code:lib_dir(App), "ebin", "*.beam"])),
         ?assertEqual({App, lists:sort([list_to_atom(filename:basename(B, ".beam")) || B <- Beams])},
                      {App, lists:sort(Modules)})
     end || App <- [moonlet, moonlet_luerl, luerl]].

%% Values -------------------------------------------------------------------------------------

encode_test() ->
    St = luerl:init(),
    [?assertMatch({V, _}, luerl:encode(V, St)) || V <- [nil, true, false, <<"b">>, 5, 5.5, -1]],
    ?assertMatch({<<"atom">>, _}, luerl:encode(atom, St)),
    [?assertMatch({{tref, _}, _}, luerl:encode(V, St))
     || V <- [[], #{}, [{a, 1}], #{a => 1}, [1, 2], [{a, [1, #{b => []}]}]]],
    [?assertMatch({{erl_func, _}, _}, luerl:encode(F, St))
     || F <- [fun(A) -> A end, fun(A, S) -> {A, S} end]],
    ?assertMatch({{usdref, _}, _}, luerl:encode({userdata, self()}, St)),
    [?assertError(badarg, luerl:encode(T, St))
     || T <- [{bad}, {a, b}, {a, b, c}, self(), make_ref(), fun() -> ok end, fun(A, B, C) -> {A, B, C} end,
              [{a, {b}}]]],
    {[1, {erl_func, _}, {tref, _}], _} = luerl:encode_list([1, fun(A) -> A end, [1]], St).

%% What has been encoded may be in what is encoded.
encoded_within_test() ->
    {T, St} = luerl:encode([1, 2], luerl:init()),
    {F, St1} = luerl:encode(fun([A]) -> [A * 2] end, St),
    {All, St2} = luerl:encode([{t, T}, {f, F}, {m, {erl_mfa, lists, seq, []}}], St1),
    {ok, _, St3} = luerl:set_table_keys([<<"all">>], All, St2),
    {ok, [2, 42], _} = luerl:do("return all.t[2], all.f(21)", St3),
    ?assertEqual(T, element(1, luerl:encode(T, St2))).

decode_test() ->
    St = luerl:init(),
    [?assertEqual(V, luerl:decode(V, St)) || V <- [nil, true, false, <<"b">>, 5, 5.5, -1]],
    Round = fun(Term) -> {V, S} = luerl:encode(Term, St), luerl:decode(V, S) end,
    ?assertEqual([{1, 1}, {2, 2}], Round([1, 2])),
    ?assertEqual([{<<"a">>, 1}], Round(#{a => 1})),
    ?assertEqual([{1, 5}, {<<"a">>, [{<<"b">>, 2}]}], Round([{a, [{b, 2}]}, 5])),
    ?assertEqual({userdata, self()}, Round({userdata, self()})),
    ?assertEqual([], Round([])),
    ?assertEqual([{<<"a">>, 1}], Round([{a, 1}, {a, nil}])),
    ?assertEqual([{2, <<"b">>}], Round([nil, b])),
    ?assertError(badarg, luerl:decode({none, 1}, St)),
    {ok, [T], St1} = luerl:do("local t = {} t[1] = {t} return t", St),
    ?assertError({recursive_table, T}, luerl:decode(T, St1)),
    {ok, [Twice], _} = luerl:do_dec("local t = {1} return {t, t}", St),
    ?assertEqual([{1, [{1, 1}]}, {2, [{1, 1}]}], Twice).

private_test() ->
    St = luerl:init(),
    ?assertError({badkey, secret}, luerl:get_private(secret, St)),
    St1 = luerl:put_private(secret, {<<"term">>, self()}, St),
    ?assertEqual({<<"term">>, self()}, luerl:get_private(secret, St1)),
    ?assertError({badkey, other}, luerl:get_private(other, St1)),
    {ok, _, St2} = luerl:do("x = 1", St1),
    ?assertEqual({<<"term">>, self()}, luerl:get_private(secret, St2)),
    St3 = luerl:put_private(secret, 2, St2),
    ?assertEqual(2, luerl:get_private(secret, St3)),
    ?assertError({badkey, secret}, luerl:get_private(secret, luerl:delete_private(secret, St3))),
    ?assertEqual({<<"term">>, self()}, luerl:get_private(secret, St2)),
    luerl:delete_private(never, St3).

%% Functions ------------------------------------------------------------------------------------

erlang_functions_test() ->
    St = luerl:init(),
    {ok, Call, St1} = luerl:load(<<"local f, x = ... return f(x)">>, St),
    {F1, St2} = luerl:encode(fun([A]) -> [A + 2] end, St1),
    {F2, St3} = luerl:encode(fun([A], S) -> {[A + 3], S} end, St2),
    {ok, [7], _} = luerl:call_chunk(Call, [F1, 5], St3),
    {ok, [8], _} = luerl:call_chunk(Call, [F2, 5], St3),
    {ok, [[{1, 1}, {<<"k">>, 2}]], _} =
        luerl:call_function_dec([same], [[{1, 1}, {k, 2}]],
                                set([same], fun(Args) -> Args end, St3)),
    %% One that gets values as they are.
    Raw = {erl_func, fun([{tref, _} = T], S) -> {ok, V, S1} = luerl:get_table_key(T, 1, S), {[V, T], S1} end},
    {ok, [5, {tref, _}], _} = luerl:do("return raw({5})", set([raw], Raw, St3)).

%% A function that gives functions, in tables too.
nested_functions_test() ->
    Adder = fun([A], S) -> {[fun([B], S1) -> {[A + B], S1} end], S} end,
    Table = fun([]) -> [[{add, fun([A, B]) -> [A + B] end}, {deep, #{mul => fun([A, B]) -> [A * B] end}}]] end,
    St = set([table_of], Table, set([adder], Adder, luerl:init())),
    {ok, [7, 3, 6], _} = luerl:do("local t = table_of() return adder(3)(4), t.add(1, 2), t.deep.mul(2, 3)", St),
    {ok, [true, true], _} = luerl:do("local f = adder(1) return type(f) == 'function', f == f", St).

decoded_functions_test() ->
    {ok, [Upper, Own, Outer], St} = luerl:do("n = 10 local function own(x) n = n + x return n, {x} end "
                                             "return string.upper, own, function(f) return f(2) end",
                                             luerl:init()),
    ?assertEqual([<<"ABC">>], (luerl:decode(Upper, St))([<<"abc">>])),
    ?assertEqual([12, [{1, 2}]], (luerl:decode(Own, St))([2])),
    ?assertEqual([12, [{1, 2}]], (luerl:decode(Own, St))([2])),
    ?assertEqual([4], (luerl:decode(Outer, St))([fun([A]) -> [A + A] end])),
    {ok, [F], _} = luerl:do_dec("return string.rep", St),
    ?assertEqual([<<"aa">>], F([<<"a">>, 2])),
    {ok, [Fails], St1} = luerl:do("return function() error('no', 0) end", St),
    ?assertError({lua_error, {error_call, <<"no">>}, _}, (luerl:decode(Fails, St1))([])).

metamethods_of_erlang_test() ->
    Index = fun([_, K]) -> [<<"no ", K/binary>>] end,
    Raw = {erl_func, fun([T, K, V], S) -> {ok, _, S1} = luerl:call_function([rawset], [T, K, V * 2], S), {[], S1} end},
    St = set([index], Index, set([raw], Raw, luerl:init())),
    {ok, [<<"no x">>, 84], _} =
        luerl:do("local t = setmetatable({}, {__index = index, __newindex = raw}) t.y = 42 return t.x, t.y", St),
    {ok, [456, nil], _} =
        luerl:do(<<"local t = {} local m = setmetatable({}, {__newindex = function(_, k, v) t[k] = v end}) "
                   "m[123] = 456 return t[123], m[123]">>, luerl:init()).

set(Keys, Value, St) ->
    {ok, _, St1} = luerl:set_table_keys_dec(Keys, Value, St),
    St1.

%% Scripts --------------------------------------------------------------------------------------

scripts() ->
    [{"return", []}, {"", []}, {"return nil", [nil]}, {"return 1", [1]}, {"return 1, 'string 2', 3.4", [1, <<"string 2">>, 3.4]},
     {"return {name_1 = 1}", [[{<<"name_1">>, 1}]]},
     {"return 1, {name_2 = 2}, 3", [1, [{<<"name_2">>, 2}], 3]},
     {"return 1, {name_2 = 2}, 3, 'string 4'", [1, [{<<"name_2">>, 2}], 3, <<"string 4">>]},
     {"return {1, 'string 2', 3.4}", [[{1, 1}, {2, <<"string 2">>}, {3, 3.4}]]},
     {"return {1, {1, 'string 2'}, 3.4}", [[{1, 1}, {2, [{1, 1}, {2, <<"string 2">>}]}, {3, 3.4}]]},
     {"return {1, 2, [5] = 5, x = 'y'}", [[{1, 1}, {2, 2}, {5, 5}, {<<"x">>, <<"y">>}]]},
     {"return {{{}}}, {}", [[{1, [{1, []}]}], []]},
     {"local t = {} t.a = {} t.a.b = {1} return t, #t.a.b", [[{<<"a">>, [{<<"b">>, [{1, 1}]}]}], 1]}].

scripts_test() ->
    Name = "luerl_script.lua",
    [begin
         ok = file:write_file(Name, Source),
         ?assertEqual({ok, Values}, luerl:evalfile(Name, luerl:init())),
         {ok, Values, _} = luerl:dofile_dec(Name, luerl:init()),
         ?assertEqual({ok, Values}, luerl:eval(Source, luerl:init())),
         ?assertEqual({ok, Values}, luerl_old:eval(list_to_binary(Source), luerl_old:init())),
         ?assertEqual({ok, Values}, luerl_old:evalfile(Name, luerl_old:init()))
     end || {Source, Values} <- scripts()],
    ok = file:delete(Name).

characters_test() ->
    {ok, [<<"é ж"/utf8>>], _} = luerl:do(<<"return 'é ж'"/utf8>>, luerl:init()),
    {ok, [<<"ж"/utf8>>], _} = luerl:do([$r, $e, $t, $u, $r, $n, $", 16#436, $"], luerl:init()),
    {ok, [<<255>>], _} = luerl:do("return '\\255'", luerl:init()).

%% Errors -----------------------------------------------------------------------------------------

errors_test() ->
    St = luerl:init(),
    Why = fun(Source) -> {lua_error, R, _} = luerl:do(Source, St), R end,
    [?assertEqual({error_call, <<"m">>}, Why(S)) || S <- ["error('m', 0)", "error('m')", "error('m', 2)"]],
    ?assertEqual({assert_error, <<"m">>}, Why("assert(false, 'm')")),
    ?assertEqual({assert_error, <<"assertion failed">>}, Why("assert(nil)")),
    ?assertMatch({assert_error, {tref, _}}, Why("assert(nil, {})")),
    {ok, [false, <<"m">>, false, <<"n">>, 1, 2], _} =
        luerl:do("local a, b = pcall(error, 'm') local c, d = pcall(assert, false, 'n') return a, b, c, d, assert(1, 2)", St),
    ?assertMatch({error_call, {tref, _}}, Why("error({code = 1})")),
    ?assertEqual({error_call, nil}, Why("error()")),
    ?assertEqual({undefined_function, nil}, Why("nothing()")),
    ?assertMatch({undefined_method, {tref, _}, <<"go">>}, Why("local t = {} t:go()")),
    ?assertEqual({illegal_index, nil, <<"x">>}, Why("return t.x")),
    [?assert(is_list(unicode:characters_to_list(luerl_lib:format_error(Why(S)))))
     || S <- ["error('m')", "error({})", "error()", "nothing()", "return t.x", "return 1 + {}", "return {} < {}",
              "local t = {} t:go()", "string.rep()", "return #nil"]],
    ?assertMatch({error, [{1, _, _} | _], _}, luerl:do("x = = 1", St)),
    ?assertMatch({error, [{2, _, _} | _], _}, luerl:load(<<"x = 1\nreturn 1 1">>, St)),
    ?assertMatch({error, [{_, Module, _} | _], _} when is_atom(Module), luerl:load("'open", St)),
    %% On the way to a function, too.
    ?assertMatch({lua_error, {undefined_function, nil}, _}, luerl:call_function_dec([nothing], [], St)),
    ?assertMatch({lua_error, {illegal_index, nil, _}, _}, luerl:call_function_dec([nothing, f], [], St)),
    ?assertMatch({lua_error, {illegal_index, nil, _}, _}, luerl:set_table_keys_dec([nothing, f], 1, St)).

%% As Luerl has them: the value that was to be indexed and the key, of paths; the object and the name,
%% of methods; the string that stands for a function in a sandbox; what an Erlang function has given.
reasons_test() ->
    St = luerl:init(),
    Why = fun({lua_error, R, #luerl{}}) -> R end,
    Get = fun(Keys) -> Why(luerl:get_table_keys_dec(Keys, St)) end,
    ?assertEqual({illegal_index, nil, <<"x">>}, Get([nothing, x])),
    ?assertEqual({illegal_index, nil, <<"y">>}, Get([string, none, y, z])),
    ?assertEqual({illegal_index, nil, 7}, Get([nothing, 7])),
    ?assertEqual({illegal_index, nil, <<"b">>}, Why(luerl:set_table_keys([a, b], 5, St))),
    {ok, [T], St1} = luerl:do("n = 5 p = {q = n} o = setmetatable({}, {__index = function(_, k) return "
                              "n[k][k] end}) function p.fails() return nothing() end return p", St),
    ?assertEqual({illegal_index, 5, <<"y">>}, Why(luerl:set_table_keys([p, q, y], 1, St1))),
    ?assertMatch({illegal_index, _, _}, Why(luerl:get_table_keys([o, a], St1))),
    ?assertEqual({undefined_method, T, <<"none">>}, Why(luerl:call_method(T, none, [], St1))),
    ?assertMatch({undefined_method, {tref, _}, <<"none">>}, Why(luerl:call_method([p], <<"none">>, [], St1))),
    ?assertEqual({illegal_index, nil, <<"m">>}, Why(luerl:call_method_dec([p, none], m, [], St1))),
    ?assertEqual({undefined_function, nil}, Why(luerl:call_method(T, <<"fails">>, [], St1))),
    ?assertEqual({undefined_function, T}, Why(luerl:call_function(T, [], St1))),
    ?assertEqual({undefined_function, T}, Why(luerl:call_function_dec([p], [], St1))),
    ?assertEqual({undefined_function, 5}, Why(luerl:call_function_dec([n], [], St1))),
    ?assertEqual({undefined_function, {none}}, Why(luerl:call_function({none}, [], St1))),
    {ok, [], St2} = luerl:set_table_keys_dec([p, five], 5, St1),
    ?assertEqual({undefined_function, 5}, Why(luerl:call_method(T, five, [], St2))),
    ?assertMatch({match, _}, re:run(luerl_lib:format_error({badarg, f, [T, 1]}), "^badarg in f: \\[\\{tref,[0-9]+\\},1\\]$")),
    Sandbox = luerl_sandbox:init(),
    ?assertEqual({undefined_function, <<"sandboxed">>}, Why(luerl_sandbox:run("os.exit()", Sandbox))),
    ?assertEqual({undefined_function, <<"s">>}, Why(luerl:do("('s')()", St))),
    Raised = fun(R) ->
        {F, S} = luerl:encode(fun(_, Now) -> luerl_lib:lua_error(R, Now) end, St),
        {ok, _, S1} = luerl:set_table_keys([raises], F, S),
        {Why(luerl:call_function([raises], [], S1)), Why(luerl:do("pcall(raises) raises()", S1)),
         Why(luerl:do("pcall(raises) error('own', 0)", S1))}
    end,
    [?assertEqual({R, R, {error_call, <<"own">>}}, Raised(R))
     || R <- [my_error, {badarg, f, [1, 2]}, {my, #{error => 1}}, <<"text">>, {error_call, <<"own">>}]],
    [?assertError(badarg, luerl:decode(A, St)) || A <- [tref, ok, undefined]].

%% What a program raises is its own, whatever it says; and what an error in a call is about comes through
%% the Erlang function that has made the call, however often the run is cut on the way.
operands_test() ->
    St = luerl:init(),
    Why = fun(Source, S) -> {lua_error, R, _} = luerl:do(Source, S), R end,
    Rethrown = Why("local _, e = pcall(function() return nothing.x end) error(e)", St),
    ?assertMatch({error_call, <<_/binary>>}, Rethrown),
    [?assertEqual({error_call, Text}, Why(["error('", Text, "')"], St))
     || Text <- [<<"attempt to index a nil value">>, <<"malformed pattern">>, <<"bad argument">>]],
    Call = fun([F | Args], S) ->
                   case luerl:call_function(F, Args, S) of
                       {ok, Values, S1} -> {Values, S1};
                       {lua_error, R, S1} -> {[], luerl:put_private(why, R, S1)}
                   end
           end,
    {ok, _, St1} = luerl:set_table_keys([<<"call">>], {erl_func, Call}, St),
    Inner = fun(Source) -> {ok, _, S} = luerl:do(Source, St1), luerl:get_private(why, S) end,
    ?assertMatch({badarg, '+', [1, {tref, _}]}, Inner("call(function() return 1 + {} end)")),
    ?assertEqual({badarg, rep, [<<"x">>, nil, <<>>]}, Inner("call(string.rep, 'x', nil)")),
    ?assertMatch({undefined_method, {tref, _}, <<"m">>}, Inner("call(function() local t = {} t:m() end)")),
    ?assertMatch({error_call, {tref, _}}, Inner("call(error, {1})")),
    ?assertEqual({error_call, nil}, Inner("call(error)")),
    Slices = "local n = 0 call(function() for i = 1, 2e6 do n = n + 1 end return n .. {} end)",
    ?assertMatch({badarg, '..', [2000000, {tref, _}]}, Inner(Slices)),
    ?assertMatch({badarg, '-', [{tref, _}, 2000000]},
                 Why("local n = 0 for i = 1, 2e6 do n = n + 1 end return {} - n", St)).

%% Functions have what they were called with, and Erlang's names for those that it has called.
stacktrace_test() ->
    {ok, _, St} = luerl:do("function f(a, ...)\n  local b = g(a, 2)\n  return b\nend\nfunction g(x, y)\n  return x .. y .. z\nend", luerl:init()),
    {lua_error, {badarg, '..', [2, nil]}, St1} = luerl:call_function([f], [<<"v">>, 7], St),
    No = <<"-no-file-">>,
    ?assertEqual([{<<"g">>, [<<"v">>, 2], [{file, No}, {line, 6}]}, {<<"f">>, [<<"v">>, 7], [{file, No}, {line, 2}]}],
                 luerl:get_stacktrace(St1)),
    {lua_error, {undefined_function, 5}, St2} = luerl:do("local x = 5 x(1, 'a')", St),
    ?assertEqual([{5, [1, <<"a">>], [{file, No}, {line, 1}]}, {<<"-no-name-">>, [], [{file, No}, {line, 1}]}],
                 luerl:get_stacktrace(St2)),
    %% Long texts are not copied for each function.
    {lua_error, _, St3} = luerl:do("local function r(s, n) if n > 0 then local x = r(s, n - 1) return x end error('no') end r(('x'):rep(1e5), 50)", St),
    [{<<"r">>, [], _} | _] = luerl:get_stacktrace(St3).

%% What an error leaves: globals that were set before it, and a trace; gone after a run that is good.
after_errors_test() ->
    {lua_error, _, St} = luerl:do("x = 1 local function f() error('no') end f()", luerl:init()),
    {ok, 1, _} = luerl:get_table_keys_dec([x], St),
    [{<<"f">>, _, [{file, _}, {line, 1}]} | _] = luerl:get_stacktrace(St),
    {ok, [1], St1} = luerl:do("return x", St),
    ?assertEqual([], luerl:get_stacktrace(St1)).

%% The files of functions are those that they were loaded from.
files_test() ->
    ok = file:write_file("luerl_fails.lua", "function f()\n error('no')\nend\nf()"),
    Where = fun({lua_error, _, St}) -> [{File, Line} || {_, _, [{file, File}, {line, Line}]} <- luerl:get_stacktrace(St)] end,
    St = luerl:init(),
    {ok, F, St1} = luerl:loadfile("luerl_fails.lua", St),
    {ok, G, St2} = luerl:loadfile(["luerl_", ["fails"], '.lua'], St),
    [?assertEqual([{<<"luerl_fails.lua">>, 2}, {<<"luerl_fails.lua">>, 4}], Where(Error))
     || Error <- [luerl:dofile("luerl_fails.lua", St), luerl:call_function(F, [], St1), luerl:call_function(G, [], St2)]],
    ?assertEqual([{<<"-no-file-">>, 1}], Where(luerl:do("error('no')", St))),
    ok = file:delete("luerl_fails.lua").

%% What Lua 5.3 has and a number that is a double can have.
later_functions_test() ->
    Sames = [{"math.type(1), math.type(1.5), math.type('1')", [<<"integer">>, <<"float">>, nil]},
             {"math.type(2 ^ 53), math.type(math.huge), math.type(0 / 0)", [<<"float">>, <<"float">>, <<"float">>]},
             {"math.tointeger(3), math.tointeger(3.5), math.tointeger('8'), math.tointeger('x')", [3, nil, 8, nil]},
             {"math.tointeger(math.huge), math.tointeger(0 / 0), math.tointeger({})", [nil, nil, nil]},
             {"utf8.char(72, 228, 8364, 128512, 0x7ff, 0x800, 0xffff), utf8.char()",
              [<<72, 228/utf8, 8364/utf8, 128512/utf8, 16#7ff/utf8, 16#800/utf8, 16#ffff/utf8>>, <<>>]},
             {"utf8.len('\\195\\164b'), utf8.len('abc', 2), utf8.len('abc', -1), utf8.len('')", [2, 2, 1, 0]},
             {"utf8.len('a\\255')", [nil, 2]}, {"utf8.len('\\192\\128')", [nil, 1]}, {"utf8.len('\\237\\160\\128')", [nil, 1]},
             {"utf8.codepoint('h\\195\\164\\226\\130\\172', 1, -1)", [104, 228, 8364]},
             {"utf8.offset('a\\195\\164b', 3), utf8.offset('a\\195\\164b', -2), utf8.offset('a\\195\\164b', 0, 3)", [4, 2, 2]},
             {"utf8.offset('ab', 3), utf8.offset('ab', 4), utf8.offset('ab', -3)", [3, nil, nil]},
             {"('a\\195\\164b'):match('^.' .. utf8.charpattern)", [<<"aä"/utf8>>]},
             {"pcall(utf8.char, -1)", [false, <<"badarg in char: [-1]">>]},
             {"pcall(utf8.codepoint, '\\255')", [false, <<"invalid UTF-8 code">>]}],
    [?assertEqual({S, {ok, Values}}, {S, luerl:eval("return " ++ S, luerl:init())}) || {S, Values} <- Sames],
    {ok, [[{1, 1}, {2, 97}, {3, 2}, {4, 228}, {5, 4}, {6, 8364}]]} =
        luerl:eval("local t = {} for p, c in utf8.codes('a\\195\\164\\226\\130\\172') do t[#t + 1] = p t[#t + 1] = c end return t",
                   luerl:init()),
    {ok, [false, <<"invalid UTF-8 code">>]} =
        luerl:eval("return pcall(function() for _ in utf8.codes('a\\255') do end end)", luerl:init()).

%% Sandboxes --------------------------------------------------------------------------------------

sandbox_test() ->
    {lua_error, _, _} = luerl_sandbox:run("return os.getenv('HOME')"),
    St = luerl_sandbox:init([['_G', tostring]]),
    {lua_error, _, _} = luerl_sandbox:run("return tostring(1)", St),
    {ok, [<<"number">>], _} = luerl_sandbox:run("return type(1)", St),
    {error, {reductions, R}} =
        luerl_sandbox:run("local a = {} for i = 1, 10000000 do a[i] = 5 end", #{max_reductions => 2000}, luerl:init()),
    ?assert(R > 2000),
    {ok, [5], _} = luerl_sandbox:run("return 5", #{max_reductions => 100000}, luerl:init()),
    {error, timeout} = luerl_sandbox:run("while true do end", #{max_time => 50, spawn_opts => [{priority, low}]},
                                         luerl:init()),
    {error, timeout} = luerl_sandbox:run("while true do end"),
    {error, {_, _, _}} = luerl_old_error(),
    %% An exception of an Erlang function is an answer.
    {error, oops} = luerl_sandbox:run("f()", set([f], fun(_) -> error(oops) end, luerl_sandbox:init())),
    {error, [_ | _], _} = luerl_sandbox:run("x = =", luerl_sandbox:init()).

%% Also while Erlang functions are called.
sandbox_calls_test() ->
    St = set([sleep], fun([Ms]) -> timer:sleep(Ms), [] end, set([f], fun(_) -> [] end, luerl_sandbox:init())),
    {error, timeout} = luerl_sandbox:run("while true do f() end", #{max_time => 50}, St),
    {error, timeout} = luerl_sandbox:run("sleep(100)", #{max_time => 20}, St),
    {error, {reductions, 1001}} = luerl_sandbox:run("while true do f() end", #{max_reductions => 1000, max_time => 5000}, St),
    {ok, [], _} = luerl_sandbox:run("sleep(20)", #{max_time => none}, St).

%% What is refused when it is encoded, and what has nil for a key.
refused_test() ->
    St = luerl:init(),
    [?assertError(badarg, luerl:encode(T, St)) || T <- [[fun() -> ok end], [{a, fun(_, _, _) -> ok end}], #{a => [fun() -> 1 end]}]],
    [?assertError(badarg, F()) || F <- [fun() -> luerl:call_function_dec([none], [{bad}], St) end,
                                        fun() -> luerl:call_method_dec([none], m, [self()], St) end,
                                        fun() -> luerl:set_table_keys_dec([none, x], {a, b, c}, St) end,
                                        fun() -> luerl:set_table_keys_dec([x], [fun() -> ok end], St) end,
                                        fun() -> luerl:set_table_keys_dec([], 1, St) end,
                                        fun() -> luerl:call_function_dec([type], [[fun() -> ok end]], St) end,
                                        fun() -> luerl_old:call_function([none], [{bad}], St) end,
                                        fun() -> luerl_old:call_method([string, none], [{bad}], St) end]],
    {ok, [T], St1} = luerl:do("t = {x = {}} return t", St),
    {lua_error, {error_call, <<"no table index is nil">>}, _} = luerl:do("error('no table index is nil')", St1),
    {lua_error, {illegal_index, T, nil}, _} = luerl:set_table_key(T, nil, 1, St1),
    {lua_error, {illegal_index, T, nil}, _} = luerl:set_table_keys_dec([t, nil], 1, St1),
    {lua_error, {illegal_index, {tref, _}, nil}, _} = luerl:set_table_keys([<<"t">>, <<"x">>, nil], 1, St1),
    {lua_error, {illegal_index, T, nil}, _} = luerl:do("t[nil] = 1", St1).

luerl_old_error() -> luerl_sandbox:run("error('x')", luerl_sandbox:init(), 0, [], 100).

%% Programs ----------------------------------------------------------------------------------------

%% A game server: a state for a match, its callbacks given a term and giving one, in processes that
%% may be ended.
game_server_test() ->
    {ok, _, St} = luerl:do(<<"function init(config) return {players = {}, tick = 0, size = config.size} end\n"
                             "function join(id, state) state.players[id] = {x = 0} return state end\n"
                             "function tick(state)\n"
                             "  state.tick = state.tick + 1\n"
                             "  for _, p in pairs(state.players) do p.x = p.x + game.speed end\n"
                             "  if state.tick == 3 then return state, 'over' end\n"
                             "  return state\n"
                             "end">>, set([game], #{speed => 2, log => fun(_) -> [] end}, luerl:init())),
    {Config, St0} = luerl:encode(#{size => 2}, St),
    {ok, [G0], St1} = luerl:call_function([init], [Config], St0),
    {ok, [G1], St2} = luerl:call_function([join], [<<"ann">>, G0], St1),
    {G, Last} = lists:foldl(fun(_, {State, S}) ->
                                    in_process(fun() -> tick(State, S) end)
                            end, {G1, St2}, [1, 2]),
    {ok, [End, <<"over">>], St3} = luerl:call_function([tick], [G], Last),
    ?assertEqual([{<<"players">>, [{<<"ann">>, [{<<"x">>, 6}]}]}, {<<"size">>, 2}, {<<"tick">>, 3}],
                 luerl:decode(End, St3)),
    {error, killed} = in_process(fun() -> luerl:do("while true do end", St3) end, 50),
    ?assertEqual({ok, [3]}, luerl:eval("return 1 + 2", St3)).

tick(State, S) ->
    {ok, [Next], S1} = luerl:call_function([tick], [State], S),
    {Next, luerl:gc(S1)}.

in_process(Fun) -> in_process(Fun, 5000).

in_process(Fun, Time) ->
    Self = self(),
    {Pid, Ref} = spawn_monitor(fun() -> Self ! {self(), Fun()} end),
    receive
        {Pid, Answer} -> demonitor(Ref, [flush]), Answer;
        {'DOWN', Ref, process, Pid, Why} -> {error, Why}
    after Time ->
        exit(Pid, kill),
        receive {'DOWN', Ref, process, Pid, Why} -> {error, Why} end
    end.

%% A processor of messages: modules loaded with their names, a library of Erlang functions that
%% give encoded values, errors with their frames, and the state between messages as a binary.
messages_test() ->
    {ok, _, St} = luerl:do_dec(<<"local count = 0\n"
                                 "function compute(process, message)\n"
                                 "  if message.fail then error('cannot ' .. message.fail) end\n"
                                 "  count = count + 1\n"
                                 "  local ok, got = ao.resolve(message, 'path')\n"
                                 "  return ok, {count = count, got = got, items = message.items}\n"
                                 "end">>, [{module, "process.lua"}], luerl:init()),
    Resolve = fun([Message, Key], S) ->
                      {Params, S1} = lists:foldr(fun(Term, {Ps, Now}) ->
                                                         {P, Now1} = luerl:encode(Term, Now),
                                                         {[P | Ps], Now1}
                                                 end, {[], S}, [<<"ok">>, [{value, proplists:get_value(Key, Message)}]]),
                      {Params, S1}
              end,
    St1 = set([ao], [{version, 1}], St),
    St2 = lists:foldl(fun(Path, S) -> set(Path, <<"sandboxed">>, S) end, set([ao, resolve], Resolve, St1),
                      [['_G', io], ['_G', os, exit], [<<"_G">>, <<"load">>]]),
    Message = #{<<"path">> => <<"/a">>, <<"items">> => [1, [2]]},
    {ok, [<<"ok">>, Result], St3} = luerl:call_function_dec([<<"compute">>], [#{}, Message], St2),
    ?assertEqual([{<<"count">>, 1}, {<<"got">>, [{<<"value">>, <<"/a">>}]}, {<<"items">>, [{1, 1}, {2, [{1, 2}]}]}],
                 Result),
    {lua_error, Error, St4} = luerl:call_function_dec([compute], [#{}, #{fail => go}], St3),
    ?assertMatch({match, _}, re:run(luerl_lib:format_error(Error), "cannot go")),
    [{<<"compute">>, Params, Where} | _] = luerl:get_stacktrace(St4),
    ?assertEqual(3, proplists:get_value(line, Where)),
    [luerl:decode(P, St4) || P <- Params],
    Kept = term_to_binary(luerl:externalize(St3)),
    {ok, [<<"ok">>, Again], _} = luerl:call_function_dec([compute], [#{}, Message],
                                                         luerl:internalize(binary_to_term(Kept))),
    ?assertEqual({<<"count">>, 2}, lists:keyfind(<<"count">>, 1, Again)),
    {ok, [Names], _} = luerl:do_dec("local t = {} for k, v in pairs(_G) do if type(v) == 'function' then "
                                    "t[#t + 1] = k end end return t", St3),
    ?assert(lists:keymember(<<"compute">>, 2, Names)).

%% A library for Elixir: chunks that are compiled once, tables made on the way to a key, functions
%% by reference, private data, values told from terms.
elixir_library_test() ->
    {ok, Chunk} = luerl_comp:string("return ... or 'none'", [return]),
    {Ref, St} = luerl_emul:load_chunk(Chunk, 'Elixir.Luerl':init()),
    {ok, [7], _} = 'Elixir.Luerl':call_chunk(St, Ref, [7]),
    {ok, [<<"none">>], _} = luerl:call_function(Ref, [], St),
    {error, [_ | _], _} = luerl_comp:string("return return", [return]),
    St1 = deep([<<"a">>, <<"b">>, <<"c">>], fun([A]) -> [A] end, St),
    {ok, [5], _} = luerl:do(<<"return a.b.c(5)">>, St1),
    {ok, F, _} = luerl:get_table_keys([<<"a">>, <<"b">>, <<"c">>], St1),
    ?assert(is_value(F)),
    {ok, [6], _} = luerl:call_function(F, [6], St1),
    {ok, [Lower, T], St2} = luerl:do(<<"return string.lower, {x = print}">>, St1),
    ?assert(is_value(Lower) andalso is_value(T)),
    {ok, [<<"low">>], _} = luerl:call_function(Lower, [<<"LOW">>], St2),
    {ok, [<<"low">>], _} = luerl:call_function_dec([string, lower], [<<"LOW">>], St2),
    ?assertMatch({ok, nil, _}, luerl:get_table_keys_dec([nowhere], St2)),
    %% An exception of a function is that of the call.
    Denied = set([os, exit], fun(_) -> error(denied) end, St2),
    ?assertError(denied, luerl:do("os.exit(1)", Denied)),
    {ok, _, St3} = luerl:set_table_keys_dec([package, path], <<"./none/?.lua;./?.lua">>, St2),
    ok = file:write_file("luerl_module.lua", "return {answer = 42}"),
    {ok, [42], _} = luerl:do("return require('luerl_module').answer", St3),
    ok = file:delete("luerl_module.lua").

deep(Keys, Value, St) ->
    Made = lists:foldl(fun(N, S) ->
                               Path = lists:sublist(Keys, N),
                               case luerl:get_table_keys_dec(Path, S) of
                                   {ok, nil, S1} -> set(Path, [], S1);
                                   {ok, _, S1} -> S1
                               end
                       end, St, lists:seq(1, length(Keys) - 1)),
    set(Keys, Value, Made).

is_value({tref, _}) -> true;
is_value({usdref, _}) -> true;
is_value({funref, _, _}) -> true;
is_value({erl_func, _}) -> true;
is_value({erl_mfa, _, _, _}) -> true;
is_value(_) -> false.
