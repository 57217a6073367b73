%% SPDX-License-Identifier: MIT
%%
%% Hello again, for those who come from Luerl: its functions, by its names, on Moonlet.
%%
%%     ERL_LIBS=build/erlang escript erlang/examples/hello2.erl
-module(hello2).
-mode(compile).

-export([main/1]).

main(_) ->
    St = lists:foldl(fun(Part, S) -> Part(S) end, luerl:init(),
                     [fun sources/1, fun calls/1, fun tables/1, fun values/1, fun functions/1,
                      fun unseen/1, fun errors/1]),
    show("gc, stop", luerl:stop(luerl:gc(St)) =:= St).

show(Name, Term) -> io:format("~-20s~tp~n", [Name, Term]).

%% From texts, files and chunks.
sources(St) ->
    File = "hello2-" ++ os:getpid() ++ ".lua",
    ok = file:write_file(File, "return 'from a file'"),
    show("eval", luerl:eval("return 1 + 1", St)),
    show("evalfile", luerl:evalfile(File, St)),
    {ok, Values, _} = luerl:do("return 'a', 'b'", St),
    show("do", Values),
    {ok, Decoded, _} = luerl:do_dec("return {x = 1}", St),
    show("do_dec", Decoded),
    {ok, FromFile, _} = luerl:dofile(File, St),
    show("dofile", FromFile),
    {ok, Chunk, St1} = luerl:load("return 60 * ...", St),
    {ok, Product, _} = luerl:call_chunk(Chunk, [7], St1),
    show("load, call_chunk", Product),
    {ok, Found, "./" ++ File, St2} = luerl:path_loadfile(["/none", "."], File, St1),
    {ok, Again, _} = luerl:call(Found, [], St2),
    show("path_loadfile, call", Again),
    ok = file:delete(File),
    St.

calls(St) ->
    {ok, [], St1} = luerl:do("t = {f = function(...) return select('#', ...) end, k = 5} "
                             "function t:m(a, b) return self.k + a * b end", St),
    {ok, Count, _} = luerl:call_function_dec([t, f], [3, 4], St1),
    show("call_function_dec", Count),
    {ok, F, St2} = luerl:get_table_keys([t, f], St1),
    {ok, Same, _} = luerl:call_function(F, [3, 4], St2),
    show("call_function", Same),
    {ok, Sum, _} = luerl:call_method_dec([t], m, [3, 4], St1),
    show("call_method_dec", Sum),
    St1.

tables(St) ->
    {ok, [], St1} = luerl:set_table_keys_dec([t, list], [10, 20], St),
    {ok, List, _} = luerl:get_table_keys_dec([t, list], St1),
    show("set_table_keys_dec", List),
    {ok, Ref, St2} = luerl:get_table_keys([t, list], St1),
    {ok, [], St3} = luerl:set_table_key(Ref, 2, 21, St2),
    {ok, Item, _} = luerl:get_table_key(Ref, 2, St3),
    show("set_table_key", Item),
    St1.

values(St) ->
    {Table, St1} = luerl:encode([1, 2, {name, <<"x">>}], St),
    show("encode, decode", luerl:decode(Table, St1)),
    {Values, _} = luerl:encode_list([nil, 1.5, word], St),
    show("encode_list", Values),
    St.

functions(St) ->
    Shout = fun([Text]) -> [<<Text/binary, "!">>] end,
    {ok, [], St1} = luerl:set_table_keys_dec([shout], Shout, St),
    {ok, Shouted, _} = luerl:do("return shout('hello')", St1),
    show("a fun", Shouted),
    Count = fun({current_line, Line, _}, S) -> luerl:set_trace_data([Line | luerl:get_trace_data(S)], S);
               (_, S) -> S
            end,
    Traced = luerl:set_trace_data([], luerl:set_trace_func(Count, St)),
    {ok, _, St2} = luerl:do("local a = 1\nlocal b = 2\nreturn a + b", Traced),
    show("set_trace_func", lists:reverse(luerl:get_trace_data(St2))),
    St1.

%% What Lua cannot see, and whole states.
unseen(St) ->
    St1 = luerl:put_private(secret, 42, St),
    show("get_private", luerl:get_private(secret, St1)),
    Bytes = term_to_binary(luerl:externalize(luerl:delete_private(secret, St1))),
    {ok, [5], _} = luerl:do("return t.k", luerl:internalize(binary_to_term(Bytes))),
    show("internalize", ok),
    St.

errors(St) ->
    {lua_error, Why, St1} = luerl:do("local function f()\n  error('no', 0)\nend\nf()\n", St),
    [{Name, [], [{file, _}, {line, Line}]} | _] = luerl:get_stacktrace(St1),
    show("error", Why),
    show("get_stacktrace", {Name, Line}),
    {error, [{1, Module, Message}], []} = luerl:load("x = = 1", St),
    show("format_error", unicode:characters_to_binary(Module:format_error(Message))),
    St.
