%% SPDX-License-Identifier: MIT
%%
%% What libraries written for Luerl use of its emulator: calls, tables, and how conditions see
%% values.
-module(luerl_emul).

-export([init/0, gc/1, load_chunk/2, load_chunk/3, functioncall/3, methodcall/4, call/2, call/3,
         get_table_key/3, get_table_keys/2, get_table_keys/3, set_table_key/4,
         set_table_keys/3, set_table_keys/4, get_global_key/2, set_global_key/3,
         get_metamethod/3, alloc_table/2, set_userdata/3, is_true_value/1]).

init() -> luerl:init().
gc(St) -> luerl:gc(St).

%% What luerl_comp gives.
load_chunk(Chunk, St) -> load_chunk(Chunk, [], St).
load_chunk(Chunk, _, St) ->
    {ok, Func, St1} = luerl:load(Chunk, St),
    {Func, St1}.

functioncall(Func, Args, St) -> raised(luerl:call_function(Func, Args, St)).

methodcall(Object, Name, Args, St) -> raised(luerl:call_method(Object, Name, Args, St)).

call(Func, St) -> functioncall(Func, [], St).
call(Func, Args, St) -> functioncall(Func, Args, St).

get_table_key(Table, Key, St) -> raised(luerl:get_table_key(Table, Key, St)).
get_table_keys(Keys, St) -> raised(luerl:get_table_keys(Keys, St)).

get_table_keys(Table, Keys, St) ->
    lists:foldl(fun(Key, {T, S}) -> get_table_key(T, Key, S) end, {Table, St}, Keys).

get_global_key(Key, St) -> raised(luerl:get_table_keys([Key], St)).

set_table_key(Table, Key, Value, St) -> state(luerl:set_table_key(Table, Key, Value, St)).
set_table_keys(Keys, Value, St) -> state(luerl:set_table_keys(Keys, Value, St)).
set_global_key(Key, Value, St) -> state(luerl:set_table_keys([Key], Value, St)).

set_table_keys(Table, Keys, Value, St) ->
    {Path, [Last]} = lists:split(length(Keys) - 1, Keys),
    {Inner, St1} = get_table_keys(Table, Path, St),
    set_table_key(Inner, Last, Value, St1).

get_metamethod(Value, Event, St) -> luerl_heap:get_metamethod(Value, Event, St).

alloc_table(Pairs, St) -> luerl_heap:alloc_table(Pairs, St).

set_userdata(Userdata, Data, St) -> luerl_heap:set_userdata(Userdata, Data, St).

is_true_value(Value) -> Value =/= nil andalso Value =/= false.

state(Answer) ->
    {_, St} = raised(Answer),
    St.

raised({ok, Value, St}) -> {Value, St};
raised({lua_error, Why, St}) -> error({lua_error, Why, St}).
