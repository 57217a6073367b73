%% SPDX-License-Identifier: MIT
%%
%% The interface that Luerl had as `luerl` before 1.1: {Values, State}, and errors raised.
-module(luerl_old).

-export([eval/2, evalfile/2, do/2, dofile/2, load/2, load/3, loadfile/2, loadfile/3,
         path_loadfile/2, path_loadfile/3, path_loadfile/4, load_module/3, load_module1/3,
         init/0, call/3, call_chunk/3, call_function/3, call_function1/3, function_list/2,
         call_method/3, call_method1/3, method_list/2, get_table/2, get_table1/2, set_table/3,
         set_table1/3, set_table1/4, stop/1, gc/1, set_trace_func/2, clear_trace_func/1,
         get_trace_data/1, set_trace_data/2, get_stacktrace/1, encode_list/2, encode/2,
         decode_list/2, decode/2]).

eval(Source, St) -> evaluated(fun() -> do(Source, St) end).
evalfile(Name, St) -> evaluated(fun() -> dofile(Name, St) end).

evaluated(Run) ->
    try Run() of
        {Values, St} -> {ok, decode_list(Values, St)}
    catch
        _:Why:Stack -> {error, Why, Stack}
    end.

do(Source, St) -> raised(luerl:do(Source, St)).
dofile(Name, St) -> raised(luerl:dofile(Name, St)).

raised({ok, Values, St}) -> {Values, St};
raised({lua_error, Why, St}) -> error({lua_error, Why, St});
raised({error, _, _} = Error) -> error({badmatch, Error}).

load(Source, St) -> luerl:load(Source, St).
load(Source, Opts, St) -> luerl:load(Source, Opts, St).
loadfile(Name, St) -> luerl:loadfile(Name, St).
loadfile(Name, Opts, St) -> luerl:loadfile(Name, Opts, St).
path_loadfile(Name, St) -> luerl:path_loadfile(Name, St).
path_loadfile(Dirs, Name, St) -> luerl:path_loadfile(Dirs, Name, St).
path_loadfile(Dirs, Name, Opts, St) -> luerl:path_loadfile(Dirs, Name, Opts, St).
load_module(Keys, Mod, St) -> luerl:load_module_dec(Keys, Mod, St).
load_module1(Keys, Mod, St) -> luerl:load_module(Keys, Mod, St).

init() -> luerl:init().

call(Func, Args, St) -> call_chunk(Func, Args, St).

call_chunk(Func, Args, St) -> decoded(call_function1(Func, Args, St)).

call_function(Keys, Args, St) -> encoded(Args, St, fun() -> decoded(call_function1(Keys, Args, St)) end).

%% Terms that are no values are a badarg, also where nothing could be called with them.
encoded(Args, St, Call) ->
    try Call()
    catch
        error:{lua_error, _, _} = Why ->
            _ = luerl:encode_list(Args, St),
            error(Why)
    end.

call_function1(Func, Args, St) -> raised(luerl:call_function(Func, Args, St)).

function_list(Keys, St) -> get_table1(Keys, St).

call_method(Keys, Args, St) -> encoded(Args, St, fun() -> decoded(call_method1(Keys, Args, St)) end).

call_method1(Keys, Args, St) ->
    {Object, Method, St1} = method_list(Keys, St),
    call_function1(Method, [Object | Args], St1).

method_list([_, _ | _] = Keys, St) ->
    {Path, [Name]} = lists:split(length(Keys) - 1, Keys),
    {Object, St1} = get_table1(Path, St),
    {Method, St2} = raised(luerl:get_table_key(Object, Name, St1)),
    {Object, Method, St2};
method_list(_, _) -> error(badarg).

decoded({Values, St}) -> {decode_list(Values, St), St}.

get_table([_ | _] = Keys, St) ->
    {Value, St1} = get_table1(Keys, St),
    {decode(Value, St1), St1};
get_table(_, _) -> error(badarg).

get_table1([_ | _] = Keys, St) -> raised(luerl:get_table_keys(Keys, St));
get_table1(_, _) -> error(badarg).

set_table([_ | _] = Keys, Value, St) -> set_table1(Keys, Value, St);
set_table(_, _, _) -> error(badarg).

set_table1(Keys, Value, St) -> only_state(luerl:set_table_keys(Keys, Value, St)).

set_table1(Table, Key, Value, St) -> only_state(luerl:set_table_key(Table, Key, Value, St)).

only_state(Answer) ->
    {_, St} = raised(Answer),
    St.

stop(St) -> St.
gc(St) -> St.
set_trace_func(Func, St) -> luerl:set_trace_func(Func, St).
clear_trace_func(St) -> luerl:clear_trace_func(St).
get_trace_data(St) -> luerl:get_trace_data(St).
set_trace_data(Data, St) -> luerl:set_trace_data(Data, St).
get_stacktrace(St) -> luerl:get_stacktrace(St).
encode_list(Terms, St) -> luerl:encode_list(Terms, St).
encode(Term, St) -> luerl:encode(Term, St).
decode_list(Values, St) -> luerl:decode_list(Values, St).
decode(Value, St) -> luerl:decode(Value, St).
