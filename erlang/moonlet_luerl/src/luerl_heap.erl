%% SPDX-License-Identifier: MIT
%%
%% What libraries written for Luerl use of its heap: tables and userdata by reference.
-module(luerl_heap).

-export([alloc_table/1, alloc_table/2, get_table_key/3, set_table_key/4, alloc_userdata/2,
         get_userdata/2, gc/1]).

alloc_table(St) -> alloc_table([], St).

alloc_table(Pairs, St) -> luerl:encode(Pairs, St).

get_table_key(Table, Key, St) -> raised(luerl:get_table_key(Table, Key, St)).

set_table_key(Table, Key, Value, St) ->
    {_, St1} = raised(luerl:set_table_key(Table, Key, Value, St)),
    St1.

alloc_userdata(Data, St) -> luerl:encode({userdata, Data}, St).

%% The record that Luerl has for them.
get_userdata({usdref, _} = Ref, St) ->
    {userdata, Data} = luerl:decode(Ref, St),
    {{userdata, Data, nil}, St}.

gc(St) -> St.

raised({ok, Value, St}) -> {Value, St};
raised({lua_error, Why, St}) -> error({lua_error, Why, St}).
