%% SPDX-License-Identifier: MIT
%%
%% Random walks: calls of Luerl's interface, each with the state and with values that the calls
%% before it gave. Made in Luerl's own node and in ours, each call is to answer the same. References are
%% all alike, texts of errors too, and what Luerl 1.0 does otherwise than later ones is not called.
-module(luerl_walk).

-export([walks/2]).

-define(CALLS, 25).
-define(VALUES, 14).

%% [{Walk, Number, Call, Answer}]; the module is the interface as it is since 1.1.
walks(Module, Count) -> lists:append([walk(Module, N) || N <- lists:seq(1, Count)]).

walk(M, N) ->
    rand:seed(exsss, {N, 7, 9}),
    {ok, _, St} = M:do(source(), M:init()),
    steps(M, N, 1, St, [nil, true, 5, 2.5, <<"str">>]).

source() ->
    <<"n = 5 t = {10, 20, x = {y = 'z'}} function f(a, b) return a, b end function none() end "
      "function fail(x) error(x) end function id(...) return ... end "
      "function mk() return {1, {2}, k = {f = id}} end "
      "function count(t) local c = 0 for _ in pairs(t) do c = c + 1 end return c end "
      "function app(g, ...) return g(...) end function pc(g, ...) return pcall(g, ...) end "
      "o = {v = 3} function o.m(self, x) return self.v, x end function o:set(x) self.v = x return self end "
      "setmetatable(o, {__index = {w = 4}})">>.

steps(_, _, I, _, _) when I > ?CALLS -> [];
steps(M, N, I, St, Values) ->
    {Call, Fun} = call(M, St, Values),
    Answer = try Fun() catch Class:Why -> {raised, Class, Why} end,
    {Shown, Next, New} = seen(Answer, St),
    [{N, I, shape(Call), Shown} | steps(M, N, I + 1, Next, lists:sublist(New ++ Values, ?VALUES))].

%% What an answer is to be compared by, the state and the values to go on with.
seen({ok, Values, St}, _) when is_list(Values) -> {{ok, shape(Values)}, St, [V || V <- Values, is_value(V)]};
seen({ok, Value, St}, _) -> {{ok, shape(Value)}, St, [Value || is_value(Value)]};
seen({lua_error, Why, St}, _) -> {{lua_error, reason(Why)}, St, []};
seen({error, _, _}, St) -> {no_program, St, []};
seen({term, Term}, St) -> {{term, shape(Term)}, St, []};
seen({raised, Class, {lua_error, Why, _}}, St) -> {{raised, Class, lua_error, reason(Why)}, St, []};
seen({raised, Class, Why}, St) -> {{raised, Class, reason(Why)}, St, []}.

is_value({Tag, _}) -> lists:member(Tag, [tref, usdref, erl_func]);
is_value({funref, _, _}) -> true;
is_value(V) -> is_number(V) orelse is_binary(V) orelse V =:= nil orelse is_boolean(V).

reason({error_call, Text}) when is_binary(Text) -> text;
reason({badarg, _, _}) -> text;
reason({Tag, _} = Why) when Tag =:= assert_error; Tag =:= error_call -> shape(Why);
reason(Why) when is_tuple(Why) -> element(1, Why);
reason(Why) -> Why.

shape({Tag, _}) when Tag =:= tref; Tag =:= usdref -> Tag;
shape({Tag, _, _}) when Tag =:= funref -> function;
shape({erl_func, _}) -> function;
shape({erl_mfa, _, _, _}) -> function;
shape(F) when is_function(F) -> 'fun';
shape(P) when is_pid(P) -> pid;
shape(F) when is_float(F), trunc(F) == F -> trunc(F);
shape(L) when is_list(L) -> [shape(X) || X <- L];
shape(T) when is_tuple(T) -> list_to_tuple(shape(tuple_to_list(T)));
shape(M) when is_map(M) -> maps:map(fun(_, V) -> shape(V) end, M);
shape(<<Text:7/binary, _/binary>>) when Text =:= <<"attempt">>; Text =:= <<"undefin">>; Text =:= <<"invalid">> -> text;
shape(<<"badarg in ", _/binary>>) -> text;
shape(X) -> X.

%% Terms, paths, programs --------------------------------------------------------------------------

one(List) -> lists:nth(rand:uniform(length(List)), List).
some(Most, Fun) -> [Fun() || _ <- lists:seq(1, rand:uniform(Most + 1) - 1)].

term(0) -> one([1, 2.5, <<"b">>, atom, nil, true, false, -7, <<>>]);
term(Depth) ->
    Key = fun() -> one([1, 2, a, <<"k">>, true, 2.5]) end,
    case rand:uniform(9) of
        1 -> some(3, fun() -> term(Depth - 1) end);
        2 -> some(3, fun() -> {Key(), term(Depth - 1)} end);
        3 -> maps:from_list(some(2, fun() -> {Key(), term(Depth - 1)} end));
        4 -> one([fun(A) -> A end, fun(A, St) -> {A, St} end]);
        5 -> {userdata, one([x, [1], #{}])};
        6 -> one([{bad}, {a, b}, self(), "string", [], {a, b, c}, #{{x, y} => 1}, fun() -> ok end, [fun() -> ok end]]);
        _ -> term(0)
    end.

terms(Values) ->
    some(3, fun() -> case one(Values) of V when is_tuple(V) -> term(2); V -> one([V, term(2)]) end end).

path() ->
    one([[n], [t, x, y], [<<"t">>, x, <<"y">>], [t, 1], [t, 2.0], [o, v], [o, w], [o, none], [t, x, y, z], [nope],
         [nope, x], [<<"_G">>, n], [t, x, new], [n, x], [<<"s p">>], [1], [t, nil], [math, pi], [t, true]]).

keys() -> one([[<<"n">>], [<<"t">>], [<<"t">>, <<"x">>], [<<"t">>, 1], [<<"o">>, <<"w">>], [<<"nope">>, <<"x">>],
               [<<"cb">>], [<<"f">>], [<<"t">>, <<"x">>, <<"y">>]]).

function() -> one([[f], [none], [fail], [id], [mk], [count], [o, m], [nope], [n], [string, upper], [string, rep],
                   [app], [pc], [cb], [setmetatable], [rawget], [t]]).

program() ->
    one(["return n", "return t, o", "n = n + 1 return n", "return mk()", "t.x = {y = {1}}", "return f, id",
         "return o:m(2)", "local a <b", "error({1})", "error('e')", "return cb", "if cb then return cb(1, {2}) end",
         "cb = id", "cb = nil", "return pcall(fail, {x = 1})", "return select('#', id(nil, nil))", "return {}, {}, {}",
         "return t.x.y.z.w", "nope()", "o.none()", "o:nope()", "return type(cb), tostring(nil)",
         "return setmetatable({}, {__index = t}), setmetatable({}, {__call = id})", "return t[1], t[3]",
         "t = {10, 20, x = {y = 'z'}}", "return function(x) n = x return t end", "x = = 1",
         "for k, v in pairs(o) do t[k] = v end", "assert(nil, 'm')", "assert(false)",
         "return string.format('%d|%s|%5.2f', 3, 'x', 1.5)", "return table.unpack({1, nil, 3}, 1, 3)",
         "return ('x'):rep(3), #'abc'"]).

%% Calls ----------------------------------------------------------------------------------------

call(M, St, Values) ->
    V = one(Values),
    Vs = some(3, fun() -> one(Values) end),
    Ts = terms(Values),
    T = term(3),
    P = program(),
    F = function(),
    Calls =
        [{{encode, T}, fun() -> {R, S} = M:encode(T, St), {ok, R, S} end},
         {{encode_list, Ts}, fun() -> {Rs, S} = M:encode_list(Ts, St), {ok, Rs, S} end},
         {{decode, V}, fun() -> {term, M:decode(V, St)} end},
         {{decode_list, Vs}, fun() -> {term, M:decode_list(Vs, St)} end},
         {{do, P}, fun() -> M:do(list_to_binary(P), St) end},
         {{do_dec, P}, fun() -> M:do_dec(P, St) end},
         {{chunk, P, Vs}, fun() -> case M:load(P, St) of {ok, C, S} -> M:call_chunk(C, Vs, S); Error -> Error end end},
         {{call_function_dec, F, Ts}, fun() -> M:call_function_dec(F, Ts, St) end},
         {{call_function, V, Vs}, fun() -> M:call_function(V, Vs, St) end},
         {{call_method, V, Vs}, fun() -> M:call_method(V, <<"m">>, Vs, St) end},
         {{set_callback, terms}, fun() -> M:set_table_keys_dec([cb], fun(As, S) -> {[length(As), As], S} end, St) end},
         {{set_callback, values}, fun() -> M:set_table_keys([<<"cb">>], {erl_func, fun first_twice/2}, St) end}],
    one(Calls ++ tables(M, St, V, T) ++ objects(M, St, V, Ts) ++ library(Vs)).

first_twice([A | _], St) -> {[A, A], St};
first_twice([], St) -> luerl_lib:badarg_error(cb, [], St).

tables(M, St, V, T) ->
    P = path(),
    K = keys(),
    Key = one([1, <<"k">>, <<"x">>, 2.0, nil]),
    Other = one([V, 1, <<"w">>]),
    [{{get_table_keys_dec, P}, fun() -> undecoded(M:get_table_keys_dec(P, St)) end},
     {{set_table_keys_dec, P, T}, fun() -> M:set_table_keys_dec(P, T, St) end},
     {{get_table_keys, K}, fun() -> M:get_table_keys(K, St) end},
     {{set_table_keys, K, V}, fun() -> M:set_table_keys(K, V, St) end},
     {{alloc_table, V}, fun() -> {R, S} = luerl_heap:alloc_table([{1, V}, {<<"k">>, V}], St), {ok, R, S} end},
     {{get_table_key, V, Key}, fun() -> heap(luerl_heap:get_table_key(V, Key, St)) end},
     {{set_table_key, V, Key, Other}, fun() -> heap(luerl_heap:set_table_key(V, Key, Other, St)) end},
     {{get_metatable, V}, fun() -> {term, luerl_heap:get_metatable(V, St)} end}].

%% Luerl 1.0 gives references here.
undecoded({ok, Value, St}) when is_list(Value); is_tuple(Value); is_function(Value) -> {ok, [], St};
undecoded(Answer) -> Answer.

heap({value, Value, St}) -> {ok, [X || X <- [Value], is_value(X)], St};
heap({error, Why, St}) -> {lua_error, Why, St}.

objects(M, St, V, Ts) ->
    {Object, Name} = {one([[o], [t], [n], [nope], [string]]), one([m, set, nope, v])},
    T = term(1),
    [{{call_method_dec, Object, Name, Ts}, fun() -> M:call_method_dec(Object, Name, Ts, St) end},
     {{alloc_userdata, T}, fun() -> {R, S} = luerl_heap:alloc_userdata(T, St), {ok, R, S} end}]
    ++ [{{get_userdata, V}, fun() -> {term, element(1, luerl_heap:get_userdata(V, St))} end} || {usdref, _} <- [V]].

library(Vs) ->
    To = one([lua_string, lua_integer, lua_number, lua_any, lua_bool, erl_list, erl_string]),
    Plain = [V || V <- Vs, not is_binary(V) orelse shape(V) =/= text],
    [{{conv_list, To, Plain}, fun() -> {term, luerl_lib:conv_list(Plain, [To || _ <- Plain])} end},
     {{first_value, Vs}, fun() -> {term, {luerl_lib:first_value(Vs), luerl_lib:boolean_value(Vs)}} end}
     | [{{arg, Convert, V}, fun() -> {term, luerl_lib:Convert(V)} end}
        || V <- Plain, Convert <- [arg_to_number, arg_to_integer, arg_to_string, arg_to_list]]].
