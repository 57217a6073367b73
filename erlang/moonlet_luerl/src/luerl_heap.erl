%% SPDX-License-Identifier: MIT
%%
%% What libraries written for Luerl use of its heap: tables, userdata and metatables by
%% reference. (Records of tables themselves are Luerl's own, and not here.)
-module(luerl_heap).

-include("../include/luerl.hrl").

-export([init/0, gc/1]).
-export([alloc_table/1, alloc_table/2, free_table/2, get_table_key/3, set_table_key/4,
         raw_get_table_key/3, raw_set_table_key/4, get_global_key/2, set_global_key/3]).
-export([alloc_userdata/2, alloc_userdata/3, get_userdata/2, set_userdata/3]).
-export([get_metatable/2, set_metatable/3, get_metamethod/3, get_metamethod/4]).

init() -> luerl:init().
gc(St) -> St.

%% Tables -------------------------------------------------------------------------------------

alloc_table(St) -> alloc_table([], St).

alloc_table(Pairs, St) -> luerl:encode(Pairs, St).

%% Memory is collected by itself.
free_table({tref, _}, St) -> St.

%% {value, Value, St}, or {error, Why, St}. Metamethods have been called.
get_table_key(Table, Key, St) -> answer(luerl:get_table_key(Table, Key, St)).
set_table_key(Table, Key, Value, St) -> answer(luerl:set_table_key(Table, Key, Value, St)).

answer({ok, Value, St}) -> {value, Value, St};
answer({lua_error, Why, St}) -> {error, Why, St}.

get_global_key(Key, St) -> answer(luerl:get_table_keys([Key], St)).
set_global_key(Key, Value, St) -> answer(luerl:set_table_keys([Key], Value, St)).

raw_get_table_key({tref, _} = Table, Key, #luerl{ref = Ref}) -> raw_get(Ref, 0, [Table, Key]).

raw_set_table_key({tref, _} = Table, Key, Value, St) ->
    {_, St1} = luerl_emul:functioncall([rawset], [Table, Key, Value], St),
    St1.

raw_get(Ref, From, Keys) ->
    {ok, [Value], _} = moonlet_nif:raw_get(Ref, From, Keys),
    Value.

%% Userdata -----------------------------------------------------------------------------------

alloc_userdata(Data, St) -> luerl:encode({userdata, Data}, St).

alloc_userdata(Data, Meta, St) ->
    {Ref, St1} = alloc_userdata(Data, St),
    {Ref, set_metatable(Ref, Meta, St1)}.

%% The record that Luerl has for them.
get_userdata({usdref, _} = Ref, St) ->
    {userdata, Data} = luerl:decode(Ref, St),
    {{userdata, Data, get_metatable(Ref, St)}, St}.

%% In this state: others keep the term that they have.
set_userdata({usdref, _} = Ref, Data, #luerl{ref = State} = St) ->
    {ok, _, Now} = moonlet_nif:set_userdata(State, [Ref, {userdata, Data}]),
    St#luerl{ref = Now}.

%% Metatables ---------------------------------------------------------------------------------

get_metatable(Value, #luerl{ref = Ref}) -> raw_get(Ref, 1, [Value]).

set_metatable(Value, Meta, #luerl{ref = Ref} = St) ->
    {ok, _, Now} = moonlet_nif:set_metatable(Ref, [Value, Meta]),
    St#luerl{ref = Now}.

get_metamethod(Value, Event, #luerl{ref = Ref}) -> raw_get(Ref, 1, [Value, Event]).

get_metamethod(A, B, Event, St) ->
    case get_metamethod(A, Event, St) of
        nil -> get_metamethod(B, Event, St);
        Method -> Method
    end.
