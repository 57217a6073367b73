%% SPDX-License-Identifier: MIT
%%
%% Luerl's interface function by function: calls of each, made in Luerl's own node and in ours,
%% whose answers must have the same shape. States and references are all alike in a shape, texts
%% of errors too.
-module(luerl_calls).

-export([answers/1, shape_of/3, exports/0, newer/0, apart/0]).

%% [{{Interface, Function, Arity}, Shape}]. Side is `theirs` or `ours`.
answers(Side) ->
    Context = context(Side),
    [answer(Side, Interface, Function, Args(Context))
     || {Interface, Calls} <- calls(), {Function, Args} <- Calls].

answer(Side, Interface, Function, Args) ->
    {_, Shape} = shape_of(module(Side, Interface), Function, Args),
    {{Interface, Function, length(Args)}, Shape}.

shape_of(Module, Function, Args) ->
    try {given, shape(apply(Module, Function, Args))}
    catch error:Why -> {raised, {raised, reason(Why)}}
    end.

module(theirs, new) -> luerl_new;
module(theirs, old) -> luerl;
module(ours, new) -> luerl;
module(ours, old) -> luerl_old;
module(_, Module) -> Module.

%% What calls are made with: a state and what is in it.
context(Side) ->
    New = module(Side, new),
    ok = file:write_file("calls.lua", "local a = ... return a or 5, {6}"),
    {ok, _, S} = New:do(source(), New:init()),
    {ok, [T, F, O], S1} = New:do(<<"return t, f, o">>, S),
    {U, S2} = New:encode({userdata, some}, S1),
    {ok, Chunk, S3} = New:load(<<"return ...">>, S2),
    #{s => S3, t => T, f => F, o => O, u => U, chunk => Chunk}.

source() ->
    <<"n = 5 t = {10, 20, x = {y = 'z'}} function f(a, b) return a, b end "
      "o = {v = 3} function o.m(self, x) return self.v, x end "
      "setmetatable(o, {__index = {w = 4}})">>.

%% Those of Luerl that are not here, as they are about its instructions and records; and those
%% that are not compared: luerl_sandbox:run/1,2 are as since 1.1, and raw_set_table_key fails there.
apart() ->
    [{luerl_emul, emul, 2}, {luerl_emul, pop_vals, 2}, {luerl_emul, push_vals, 3},
     {luerl_comp, debug_print, 3}, {luerl_comp, forms, 1}, {luerl_comp, forms, 2}, {luerl_sandbox, run, 1}, {luerl_sandbox, run, 2},
     {luerl_heap, raw_set_table_key, 4}]
        ++ [{luerl_heap, F, A}
            || {F, A} <- [{alloc_environment, 2}, {alloc_funcdef, 2}, {get_env_var, 3}, {get_funcdef, 2},
                          {set_env_var, 4}, {set_funcdef, 3}, {get_table, 2}, {set_table, 3},
                          {upd_table, 3}]].

exports() ->
    [{Interface, F, A}
     || {Interface, _} <- calls(), Interface =/= newer,
        {F, A} <- (module(theirs, Interface)):module_info(exports), F =/= module_info].

%% What Luerl has since 1.1, and what must come of it.
newer() ->
    #{s := S, t := T, f := F, o := O} = context(ours),
    [{call_function_enc, [[f], [1, 2], S], {ok, [1, 2], state}},
     {call_method_enc, [[o], m, [7], S], {ok, [3, 7], state}},
     {get_table_key, [T, 1, S], {ok, 10, state}},
     {set_table_key, [T, 1, 11, S], {ok, [], state}},
     {put_private, [key, 1, S], state},
     {get_private, [key, luerl:put_private(key, 1, S)], 1},
     {delete_private, [key, S], state},
     {path_loadfile, ["calls.lua", S], {error, errors, []}},
     {path_loadfile, [["."], "calls.lua", S], {ok, function, "./calls.lua", state}},
     {path_loadfile, [["."], "calls.lua", [return], S], {ok, function, "./calls.lua", state}},
     {externalize, [S], state},
     {internalize, [luerl:externalize(S)], state},
     {get_stacktrace, [S], []},
     {stop, [S], state},
     {eval, ["return 1", S], {ok, [1]}},
     {evalfile, ["calls.lua", S], {ok, [5, [{1, 6}]]}},
     {load_module1, [[l], luerl_tests, S], state},
     {call_function, [F, [1, 2], S], {ok, [1, 2], state}},
     {call_method, [O, m, [7], S], {ok, [3, 7], state}}].

%% Calls ----------------------------------------------------------------------------------------

calls() ->
    [{new, new()}, {old, old()}, {luerl_lib, lib()}, {luerl_heap, heap()}, {luerl_emul, emul()},
     {luerl_sandbox, sandbox()}, {luerl_comp, comp()}].

with(Args) -> fun(#{s := S}) -> Args ++ [S] end.

new() ->
    [{init, fun(_) -> [] end}, {gc, with([])},
     {load, with([<<"return 1">>])}, {load, with(["return 1", [return]])}, {load, with(["x = = "])},
     {loadfile, with(["calls.lua"])}, {loadfile, with(["calls.lua", [return]])},
     {loadfile, with(["none.lua"])},
     {load_module, with([[<<"l">>], luerl_tests])}, {load_module_dec, with([[l], luerl_tests])},
     {do, with([<<"return 1, {}">>])}, {do, with(["return 1", [return]])}, {do, with(["error('x', 0)"])},
     {do_dec, with([<<"return {1, x = 2}, f">>])}, {do_dec, with(["return 1", [return]])},
     {do_dec, with(["return none()"])}, {do_dec, with(["x = = "])},
     {dofile, with(["calls.lua"])}, {dofile, with(["calls.lua", [return]])},
     {dofile_dec, with(["calls.lua"])}, {dofile_dec, with(["calls.lua", [return]])},
     {call_function_dec, with([[f], [1, [2]]])}, {call_method_dec, with([[o], m, [7]])},
     {get_table_keys, with([[<<"t">>, <<"x">>]])}, {get_table_keys, with([[<<"n">>, <<"x">>]])},
     {set_table_keys, with([[<<"t">>, <<"k">>], 5])}, {set_table_keys, with([[<<"n">>, <<"x">>], 5])},
     {get_table_keys_dec, with([[t, x, y]])}, {set_table_keys_dec, with([[t, x], [{y, 1}]])},
     {encode, with([[{a, 1}, 5]])}, {encode, with([fun(A) -> A end])}, {encode, with([{a, b, c}])},
     {encode_list, with([[nil, 1.5, <<"b">>, c, [], #{}]])},
     {decode, fun(#{s := S, t := T}) -> [T, S] end}, {decode, fun(#{s := S, f := F}) -> [F, S] end},
     {decode, fun(#{s := S, u := U}) -> [U, S] end},
     {decode_list, fun(#{s := S, t := T}) -> [[T, 1, nil], S] end},
     {get_stacktrace, with([])}, {set_trace_data, with([some])}, {get_trace_data, with([])},
     {set_trace_func, with([fun(_, S) -> S end])}, {clear_trace_func, with([])},
     {call, fun(#{s := S, f := F}) -> [F, [1, 2], S] end},
     {call_chunk, fun(#{s := S, chunk := C}) -> [C, S] end},
     {call_chunk, fun(#{s := S, chunk := C}) -> [C, [1, 2], S] end},
     {call_function, fun(#{s := S, f := F}) -> [F, [1, 2], S] end},
     {call_method, fun(#{s := S, o := O}) -> [O, <<"m">>, [7], S] end}].

old() ->
    [{init, fun(_) -> [] end}, {gc, with([])}, {stop, with([])},
     {eval, with(["return 1, {2}"])}, {eval, with([<<"return 1">>])}, {evalfile, with(["calls.lua"])},
     {do, with([<<"return 1, {}">>])}, {do, with(["error('x', 0)"])}, {dofile, with(["calls.lua"])},
     {load, with([<<"return 1">>])}, {load, with(["return 1", [return]])},
     {loadfile, with(["calls.lua"])}, {loadfile, with(["calls.lua", [return]])},
     {path_loadfile, with([["."], "calls.lua"])}, {path_loadfile, with([["."], "calls.lua", [return]])},
     {path_loadfile, with(["none.lua"])},
     {load_module, with([[l], luerl_tests])}, {load_module1, with([[<<"l">>], luerl_tests])},
     {call, fun(#{s := S, chunk := C}) -> [C, [1, 2], S] end},
     {call_chunk, fun(#{s := S, chunk := C}) -> [C, [1, 2], S] end},
     {call_function, with([[f], [1, [2]]])}, {call_function1, with([[<<"f">>], [1, 2]])},
     {function_list, with([[<<"f">>]])}, {method_list, with([[<<"o">>, <<"m">>]])},
     {call_method, with([[o, m], [7]])}, {call_method1, with([[<<"o">>, <<"m">>], [7]])},
     {get_table, with([[t]])}, {get_table1, with([[<<"t">>, 1]])}, {set_table, with([[t, k], [1]])},
     {set_table1, with([[<<"t">>, <<"k">>], 1])},
     {set_table1, fun(#{s := S, t := T}) -> [T, <<"k">>, 1, S] end},
     {set_trace_func, with([fun(_, S) -> S end])}, {clear_trace_func, with([])},
     {set_trace_data, with([some])}, {get_trace_data, with([])}, {get_stacktrace, with([])},
     {encode, with([[{a, 1}, 5]])}, {encode_list, with([[nil, 1.5, c, []]])},
     {decode, fun(#{s := S, t := T}) -> [T, S] end},
     {decode_list, fun(#{s := S, t := T}) -> [[T, 1], S] end}].

lib() ->
    [{lua_error, with([oops])}, {badarg_error, with([f, [1]])},
     {format_error, fun(_) -> [{badarg, f, [1]}] end}, {boolean_value, fun(_) -> [[nil, 1]] end},
     {first_value, fun(_) -> [[2, 1]] end}, {number_to_list, fun(_) -> [3.0] end},
     {arg_to_list, fun(_) -> [<<"ab">>] end}, {args_to_lists, fun(_) -> [[<<"ab">>, 1]] end},
     {args_to_lists, fun(_) -> [[<<"ab">>], ["x"]] end}, {arg_to_number, fun(_) -> [<<"0x10">>] end},
     {arg_to_number, fun(_) -> [<<"ff">>, 16] end}, {arg_to_number, fun(_) -> [<<"z">>] end},
     {args_to_numbers, fun(_) -> [[1, <<"2">>]] end}, {args_to_numbers, fun(_) -> [1, <<"2">>] end},
     {arg_to_integer, fun(_) -> [<<"3">>] end}, {arg_to_integer, fun(_) -> [1.5] end},
     {args_to_integers, fun(_) -> [[1, 2.0]] end}, {args_to_integers, fun(_) -> [1, 2.0] end},
     {arg_to_string, fun(_) -> [12] end}, {args_to_strings, fun(_) -> [[1, <<"a">>]] end},
     {args_to_strings, fun(_) -> [[1], [<<"a">>]] end}, {args_to_strings, fun(_) -> [[1, nil]] end},
     {conv_list, fun(_) -> [[1, 2, <<"3">>], [lua_string, erl_list, lua_number, lua_any]] end},
     {conv_list, fun(_) -> [[1, <<"x">>], [lua_string, lua_integer]] end},
     {conv_list, fun(_) -> [[1], [lua_string], [x]] end}].

heap() ->
    [{init, fun(_) -> [] end}, {gc, with([])}, {alloc_table, with([])}, {alloc_table, with([[{1, 2}]])},
     {free_table, fun(#{s := S}) -> tuple_to_list(luerl_heap:alloc_table(S)) end},
     {get_table_key, fun(#{s := S, t := T}) -> [T, 1, S] end}, {get_table_key, with([5, 1])},
     {set_table_key, fun(#{s := S, t := T}) -> [T, 1, 2, S] end}, {set_table_key, with([5, 1, 2])},
     {raw_get_table_key, fun(#{s := S, o := O}) -> [O, <<"w">>, S] end},
     {get_global_key, with([<<"n">>])}, {set_global_key, with([<<"n">>, 6])},
     {alloc_userdata, with([some])}, {alloc_userdata, fun(#{s := S, t := T}) -> [some, T, S] end},
     {get_userdata, fun(#{s := S, u := U}) -> [U, S] end},
     {set_userdata, fun(#{s := S, u := U}) -> [U, other, S] end},
     {get_metatable, fun(#{s := S, o := O}) -> [O, S] end}, {get_metatable, with([5])},
     {set_metatable, fun(#{s := S, t := T}) -> [T, nil, S] end},
     {get_metamethod, fun(#{s := S, o := O}) -> [O, <<"__index">>, S] end},
     {get_metamethod, fun(#{s := S, t := T}) -> [T, <<"__index">>, S] end},
     {get_metamethod, fun(#{s := S, o := O, t := T}) -> [T, O, <<"__index">>, S] end}].

emul() ->
    [{init, fun(_) -> [] end}, {gc, with([])}, {alloc_table, with([[{1, 2}]])},
     {functioncall, fun(#{s := S, f := F}) -> [F, [1, 2], S] end}, {functioncall, with([nil, []])},
     {methodcall, fun(#{s := S, o := O}) -> [O, <<"m">>, [7], S] end},
     {call, fun(#{s := S, chunk := C}) -> [C, S] end},
     {call, fun(#{s := S, chunk := C}) -> [C, [1], S] end},
     {load_chunk, fun(#{s := S}) -> [chunk(), S] end}, {load_chunk, fun(#{s := S}) -> [chunk(), [], S] end},
     {get_table_key, fun(#{s := S, o := O}) -> [O, <<"w">>, S] end}, {get_table_key, with([5, 1])},
     {set_table_key, fun(#{s := S, t := T}) -> [T, 1, 2, S] end}, {set_table_key, with([5, 1, 2])},
     {get_table_keys, with([[<<"t">>, 1]])},
     {get_table_keys, fun(#{s := S, t := T}) -> [T, [<<"x">>, <<"y">>], S] end},
     {set_table_keys, with([[<<"t">>, 1], 2])},
     {set_table_keys, fun(#{s := S, t := T}) -> [T, [<<"x">>, <<"y">>], 1, S] end},
     {get_global_key, with([<<"n">>])}, {set_global_key, with([<<"n">>, 6])},
     {set_userdata, fun(#{s := S, u := U}) -> [U, other, S] end},
     {get_metamethod, fun(#{s := S, o := O}) -> [O, <<"__index">>, S] end}].

chunk() ->
    {ok, Chunk} = luerl_comp:string("return 1", [return]),
    Chunk.

sandbox() ->
    [{init, fun(_) -> [] end}, {init, fun(_) -> [[[<<"n">>]]] end}, {init, with([])},
     {init, fun(#{s := S}) -> [S, [[<<"n">>]]] end},
     {run, fun(#{s := S}) -> ["return n", S, 1000000] end}, {run, fun(#{s := S}) -> ["return n", S, []] end},
     {run, fun(#{s := S}) -> ["return n", S, 1000000, []] end},
     {run, fun(#{s := S}) -> ["return n", S, 0, [], 1000] end},
     {run, fun(#{s := S}) -> ["while true do end", S, 0, [], 50] end}].

comp() ->
    [{string, fun(_) -> ["return 1"] end}, {string, fun(_) -> [<<"return 1">>, [return]] end},
     {string, fun(_) -> ["x = = ", [return]] end},
     {file, fun(_) -> ["calls.lua"] end}, {file, fun(_) -> ["calls.lua", [return]] end}].

%% Shapes -----------------------------------------------------------------------------------------

shape(T) when element(1, T) =:= luerl -> state;
shape({tref, _}) -> table;
shape({usdref, _}) -> userdata;
shape({funref, _, _}) -> function;
shape({erl_func, _}) -> function;
shape({erl_mfa, _, _, _}) -> function;
shape(F) when is_function(F) -> 'fun';
shape({error, [_ | _], Warnings}) -> {error, errors, Warnings};
shape({error, Why, Stack}) when is_list(Stack) -> {error, reason(Why), stack};
shape({lua_error, Why, _}) -> {lua_error, reason(Why)};
shape({error, Why, State}) -> {error, reason(Why), shape(State)};
shape({ok, Chunk}) when not is_tuple(Chunk) -> {ok, values_or_chunk(Chunk)};
shape(F) when is_float(F), trunc(F) == F -> trunc(F);
shape(L) when is_list(L) -> [shape(X) || X <- L];
shape(T) when is_tuple(T) -> list_to_tuple(shape(tuple_to_list(T)));
shape(X) -> X.

values_or_chunk([{push_fdef, _, _, _, _, _}]) -> chunk;
values_or_chunk(<<"\e", _/binary>>) -> chunk;
values_or_chunk(Values) -> shape(Values).

reason(Why) when is_tuple(Why) -> element(1, Why);
reason(Why) -> Why.
