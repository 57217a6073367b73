%% SPDX-License-Identifier: MIT
%%
%% What programs do that use Luerl, each a fun: chunks that are compiled once, functions of Erlang that
%% fail in all ways, values by reference, sandboxes. Done in Luerl's own node and in ours, each is to
%% give the same but for references and states, which are all alike.
-module(luerl_uses).

-export([answers/1]).

answers(N) -> [{Name, answer(Fun)} || {Name, Fun} <- uses(N)].

answer(Fun) ->
    try shape(Fun())
    catch Class:Why -> {raised, Class, shape(Why)}
    end.

shape({Tag, _}) when Tag =:= tref; Tag =:= usdref -> Tag;
shape({funref, _, _}) -> funref;
shape({erl_func, _}) -> erl_func;
shape(T) when element(1, T) =:= luerl -> state;
shape(F) when is_function(F) -> {'fun', element(2, erlang:fun_info(F, arity))};
shape(F) when is_float(F), trunc(F) == F -> trunc(F);
shape([H | T]) -> [shape(H) | shape(T)];
shape(T) when is_tuple(T) -> list_to_tuple([shape(X) || X <- tuple_to_list(T)]);
shape(M) when is_map(M) -> maps:map(fun(_, V) -> shape(V) end, M);
shape(X) -> X.

uses(N) ->
    {ok, _, S1} = N:do(<<"t = {1,2,x={y=5}} function f(a) return a, {a} end "
                         "o = {n=1, m=function(self, k) return self.n + k end} u = nil">>, N:init()),
    Sb = luerl_sandbox,
    [
     {"comp string emul", fun() ->
          {ok, C} = luerl_comp:string("return x or 5, ...", [return]),
          {F, S2} = luerl_emul:load_chunk(C, S1),
          luerl_emul:call(F, [1], S2)
      end},
     {"comp string binary", fun() ->
          {ok, C} = luerl_comp:string(<<"return 7">>),
          {F, S2} = luerl_emul:load_chunk(C, S1),
          luerl_emul:call(F, S2)
      end},
     {"functioncall err", fun() ->
          {F, S2} = N:encode(fun(_, St) -> luerl_lib:lua_error({badarg, go, [1]}, St) end, S1),
          luerl_emul:functioncall(F, [], S2)
      end},
     {"erl fun throws", fun() ->
          {F, S2} = N:encode(fun(_, _) -> throw(oops) end, S1),
          {ok, _, S3} = N:set_table_keys([<<"th">>], F, S2),
          N:do("return pcall(th)", S3)
      end},
     {"erl fun exits", fun() ->
          {F, S2} = N:encode(fun(_, _) -> exit(oops) end, S1),
          {ok, _, S3} = N:set_table_keys([<<"th">>], F, S2),
          N:do("return th()", S3)
      end},
     {"erl fun errors", fun() ->
          {F, S2} = N:encode(fun(_, _) -> error(oops) end, S1),
          {ok, _, S3} = N:set_table_keys([<<"th">>], F, S2),
          N:do("return th()", S3)
      end},
     {"erl fun returns bad term", fun() ->
          {F, S2} = N:encode(fun(_) -> [{a,b,c}] end, S1),
          {ok, _, S3} = N:set_table_keys([<<"th">>], F, S2),
          N:do("return th()", S3)
      end},
     {"erl fun returns atom", fun() ->
          {F, S2} = N:encode(fun(_) -> [ok, true, nil, undefined] end, S1),
          {ok, _, S3} = N:set_table_keys([<<"th">>], F, S2),
          N:do("return th()", S3)
      end},
     {"erl fun badmatch", fun() ->
          {F, S2} = N:encode(fun([A]) -> [A] end, S1),
          {ok, _, S3} = N:set_table_keys([<<"th">>], F, S2),
          N:do("return th(1,2)", S3)
      end},
     {"lua_error table", fun() ->
          {F, S2} = N:encode(fun(_, St) -> {T, St1} = N:encode([{code, 5}], St), luerl_lib:lua_error({error_call, T}, St1) end, S1),
          {ok, _, S3} = N:set_table_keys([<<"th">>], F, S2),
          N:do("local ok, e = pcall(th) return ok, type(e), e.code", S3)
      end},
     {"lua_error text pcall", fun() ->
          {F, S2} = N:encode(fun(_, St) -> luerl_lib:lua_error({illegal_index, nil, <<"k">>}, St) end, S1),
          {ok, _, S3} = N:set_table_keys([<<"th">>], F, S2),
          N:do("return pcall(th)", S3)
      end},
     {"lua_error custom", fun() ->
          {F, S2} = N:encode(fun(_, St) -> luerl_lib:lua_error({my_error, 1}, St) end, S1),
          {ok, _, S3} = N:set_table_keys([<<"th">>], F, S2),
          N:do("return th()", S3)
      end},
     {"badarg_error", fun() ->
          {F, S2} = N:encode(fun(As, St) -> luerl_lib:badarg_error(go, As, St) end, S1),
          {ok, _, S3} = N:set_table_keys([<<"th">>], F, S2),
          N:do("return th(1, 'x')", S3)
      end},
     {"nested call", fun() ->
          {F, S2} = N:encode(fun([G|As], St) -> [R|_] = G(As), {[R], St} end, S1),
          {ok, _, S3} = N:set_table_keys([<<"th">>], F, S2),
          N:do("return th(function(x) return x * 2 end, 21)", S3)
      end},
     {"erl_func raw nested", fun() ->
          F = {erl_func, fun([G|As], St) -> luerl_emul:functioncall(G, As, St) end},
          {ok, _, S3} = N:set_table_keys([<<"th">>], F, S1),
          N:do("return th(function(x) return x * 2, {} end, 21)", S3)
      end},
     {"erl_func raw error through", fun() ->
          F = {erl_func, fun([G|As], St) -> luerl_emul:functioncall(G, As, St) end},
          {ok, _, S3} = N:set_table_keys([<<"th">>], F, S1),
          N:do("return th(function(x) return x.y.z end, {})", S3)
      end},
     {"erl_func error caught by lua", fun() ->
          F = {erl_func, fun([G|As], St) -> luerl_emul:functioncall(G, As, St) end},
          {ok, _, S3} = N:set_table_keys([<<"th">>], F, S1),
          N:do("local ok, e = pcall(th, function(x) error({7}) end, {}) return ok, e[1]", S3)
      end},
     {"get nil path", fun() -> N:get_table_keys_dec([u, x], S1) end},
     {"set nested missing", fun() -> N:set_table_keys_dec([a, b, c], 1, S1) end},
     {"set fun deep", fun() ->
          {ok, _, S2} = N:set_table_keys_dec([lib], [{go, fun([A]) -> [A+1] end}], S1),
          N:do("return lib.go(2)", S2)
      end},
     {"call_function path err", fun() -> N:call_function_dec([t, x, z], [], S1) end},
     {"call_function args", fun() -> N:call_function_dec([f], [[{a, 1}, {b, [1,2]}]], S1) end},
     {"call_function map", fun() -> N:call_function_dec([f], [#{a => #{b => 1}}], S1) end},
     {"call_method", fun() -> N:call_method_dec([o], m, [4], S1) end},
     {"call_method missing", fun() -> N:call_method_dec([o], nope, [4], S1) end},
     {"call_method nil", fun() -> N:call_method_dec([u], nope, [4], S1) end},
     {"sandbox run3 list", fun() -> Sb:run("return 1", S1, []) end},
     {"sandbox run3 int", fun() -> Sb:run("return 1", S1, 100000) end},
     {"sandbox run4", fun() -> Sb:run("return 1", S1, 100000, []) end},
     {"sandbox run5", fun() -> Sb:run("return 1, {2}", S1, 100000, [], 1000) end},
     {"sandbox run5 err", fun() -> Sb:run("error('x')", S1, 0, [], 1000) end},
     {"sandbox run5 timeout", fun() -> Sb:run("while true do end", S1, 0, [], 30) end},
     {"sandbox run5 reductions", fun() ->
          {error, {reductions, R}} = Sb:run("while true do end", S1, 1000, [], 1000),
          R > 1000
      end},
     {"sandbox run5 opts", fun() -> Sb:run("return 2", S1, 0, [{priority, high}, {max_heap_size, 0}], 1000) end},
     {"sandbox init denies", fun() ->
          N:do("return type(os.execute), type(io), type(require), type(load), type(dofile), type(os.time), type(package), type(loadstring), type(os.getenv)", Sb:init())
      end},
     {"sandbox call denied", fun() -> N:do("return os.execute('ls')", Sb:init()) end},
     {"sandbox init paths", fun() -> N:do("return type(os.execute), print", Sb:init([['_G', print]])) end},
     {"userdata", fun() ->
          {U, S2} = N:encode({userdata, {a, ref, [1]}}, S1),
          {ok, _, S3} = N:set_table_keys([<<"ud">>], U, S2),
          N:do_dec("return ud, type(ud)", S3)
      end},
     {"userdata meta", fun() ->
          {M, S2} = N:encode([{<<"__index">>, fun([_, K]) -> [<<"k:", K/binary>>] end}], S1),
          {U, S3} = luerl_heap:alloc_userdata(data, M, S2),
          {ok, _, S4} = N:set_table_keys([<<"ud">>], U, S3),
          N:do("return ud.foo", S4)
      end},
     {"heap get err", fun() -> {error, E, _} = luerl_heap:get_table_key(nil, 1, S1), E end},
     {"decode fun arity", fun() -> {ok, [F], _} = N:do_dec("return f", S1), F([1]) end},
     {"tostring function", fun() -> {ok, [B], _} = N:do("return (tostring(f))", S1), binary_part(B, 0, 9) end},
     {"string number coercion", fun() -> N:do("return '10' + 5, 10 .. '', 3 / 2, 7 % 3, 2 ^ 3", S1) end},
     {"chunk opts", fun() -> {ok, F, S2} = N:load("return ...", [return], S1), N:call_chunk(F, [1, <<"x">>], S2) end},
     {"os.exit", fun() ->
          N:do("return os.clock() >= 0, type(os.time()), os.date('%Y') ~= nil, os.getenv('NOPE')", S1)
      end},
     {"select neg", fun() -> N:do("return select(-1, 1, 2, 3)", S1) end},
     {"setmeta ret", fun() ->
          N:do("local t = setmetatable({}, {__metatable = 'p'}) return getmetatable(t), getmetatable('x').__index == string", S1)
      end},
     {"tostring meta", fun() ->
          N:do("return tostring(setmetatable({}, {__tostring = function() return 'TS' end}))", S1)
      end},
     {"unpack holes", fun() -> N:do("return table.unpack({1, nil, 3}, 1, 3)", S1) end},
     {"concat nums", fun() -> N:do("return table.concat({1, 2.5, 'x'}, ',')", S1) end}].
