%% SPDX-License-Identifier: MIT
%%
%% Luerl's interface over Moonlet: the functions, arities, answers and encodings of Luerl 1.5.
%% docs/ERLANG.md lists what is different.
%%
%% A state is #luerl{}. Values that are not decoded are Luerl's: nil, booleans, numbers and
%% binaries as they are, {tref, _}, {funref, _, _}, {usdref, _}, {erl_func, Fun} and
%% {erl_mfa, M, F, A}. What is in these belongs to Moonlet.
-module(luerl).

-include("../include/luerl.hrl").

-export([init/0, gc/1, stop/1]).
-export([load/2, load/3, loadfile/2, loadfile/3, path_loadfile/2, path_loadfile/3,
         path_loadfile/4, load_module/3, load_module1/3, load_module_dec/3]).
-export([do/2, do/3, do_dec/2, do_dec/3, dofile/2, dofile/3, dofile_dec/2, dofile_dec/3]).
-export([eval/2, evalfile/2]).
-export([call/3, call_chunk/2, call_chunk/3, call_function/3, call_function_enc/3,
         call_function_dec/3, call_method/4, call_method_enc/4, call_method_dec/4]).
-export([get_table_key/3, get_table_keys/2, get_table_keys_dec/2, set_table_key/4,
         set_table_keys/3, set_table_keys_dec/3]).
-export([encode/2, encode_list/2, decode/2, decode_list/2]).
-export([put_private/3, get_private/2, get_private/3, delete_private/2]).
-export([set_trace_func/2, clear_trace_func/1, set_trace_data/2, get_trace_data/1,
         get_stacktrace/1]).
-export([externalize/1, internalize/1]).
-export([with_limits/2, trace/3]).

%% States -------------------------------------------------------------------------------------

%% States are values, so all begin with the same one.
init() ->
    St = case persistent_term:get(?MODULE, none) of
             none ->
                 New = luerl_prelude:load(#luerl{ref = moonlet_nif:new()}),
                 persistent_term:put(?MODULE, New),
                 New;
             Kept ->
                 Kept
         end,
    St#luerl{numbers = numbers()}.

%% How numbers come that are integers.
numbers() ->
    case application:get_env(moonlet_luerl, numbers, integers) of
        integers -> raw;
        floats -> floats
    end.

gc(#luerl{} = St) -> St.
stop(#luerl{} = St) -> St.

%% For luerl_sandbox.
with_limits(Limits, #luerl{ref = Ref} = St) -> St#luerl{ref = moonlet:limit(Ref, Limits)}.

%% Loading ------------------------------------------------------------------------------------

load(Source, St) -> load(Source, [return], St).

load(Source, _Opts, St) -> load_named(none, Source, St).

load_named(Name, Source, #luerl{ref = Ref} = St) ->
    case moonlet_nif:load(Ref, source(Source), St#luerl.numbers, Name) of
        {wrap, Answer} -> loaded(Answer, St);
        Answer -> loaded(Answer, St)
    end.

%% As UTF-8, as Luerl has it: what is that already stays, other bytes are characters. But a chunk is
%% what it is.
source(Source) ->
    try iolist_to_binary(Source) of
        <<"\e", _/binary>> = Chunk -> Chunk;
        Bytes -> utf8(Bytes)
    catch error:badarg -> unicode:characters_to_binary(Source)
    end.

utf8(Bytes) ->
    case unicode:characters_to_binary(Bytes) of
        Text when is_binary(Text) -> Text;
        {_, Text, <<Byte, Rest/binary>>} -> iolist_to_binary([Text, <<Byte/utf8>>, utf8(Rest)])
    end.

loaded({ok, [Func], Ref}, St) -> {ok, Func, St#luerl{ref = Ref}};
loaded({error, Error, _}, _) -> {error, [luerl_parse:reason(Error)], []}.

loadfile(Name, St) -> loadfile(Name, [return], St).

loadfile(Name, _Opts, St) ->
    case file:read_file(Name) of
        {ok, <<"#", Rest/binary>>} -> load_named(chunk_name(Name), from_second_line(Rest), St);
        {ok, Source} -> load_named(chunk_name(Name), Source, St);
        {error, Why} -> {error, [{none, file, Why}], []}
    end.

chunk_name(Name) -> <<$@, (unicode:characters_to_binary(filename:flatten(Name)))/binary, 0>>.

from_second_line(Rest) ->
    case binary:split(Rest, <<"\n">>) of
        [_, Lines] -> <<"\n", Lines/binary>>;
        [_] -> <<>>
    end.

path_loadfile(Name, St) ->
    Path = case os:getenv("LUA_LOAD_PATH") of
               false -> [];
               Env -> string:tokens(Env, ":")
           end,
    path_loadfile(Path, Name, [return], St).

path_loadfile(Dirs, Name, St) -> path_loadfile(Dirs, Name, [return], St).

path_loadfile([Dir | Dirs], Name, Opts, St) ->
    Full = filename:join(Dir, Name),
    case loadfile(Full, Opts, St) of
        {ok, Func, St1} -> {ok, Func, Full, St1};
        {error, [{_, _, enoent}], _} -> path_loadfile(Dirs, Name, Opts, St);
        Error -> Error
    end;
path_loadfile([], _, _, _) ->
    {error, [{none, file, enoent}], []}.

load_module(Keys, Mod, St) -> load_module_dec(Keys, Mod, St).

load_module1(Keys, Mod, St) -> load_module_dec(Keys, Mod, St).

load_module_dec([_ | _] = Keys, Mod, St) ->
    {Table, St1} = Mod:install(St),
    case set_table_keys(Keys, Table, St1) of
        {ok, _, St2} -> St2;
        {lua_error, Why, St2} -> error({lua_error, Why, St2})
    end;
load_module_dec(_, _, _) -> error(badarg).

%% Running ------------------------------------------------------------------------------------

do(Source, St) -> do(Source, [return], St).

do(Source, Opts, St) when is_binary(Source); is_list(Source) ->
    case load(Source, Opts, St) of
        {ok, Func, St1} -> call_function(Func, [], St1);
        Error -> Error
    end;
do(Func, _Opts, St) -> call_function(Func, [], St).

do_dec(Source, St) -> decoded(do(Source, St)).
do_dec(Source, Opts, St) -> decoded(do(Source, Opts, St)).

dofile(Name, St) -> dofile(Name, [return], St).

dofile(Name, Opts, St) ->
    case loadfile(Name, Opts, St) of
        {ok, Func, St1} -> call_function(Func, [], St1);
        Error -> Error
    end.

dofile_dec(Name, St) -> decoded(dofile(Name, St)).
dofile_dec(Name, Opts, St) -> decoded(dofile(Name, Opts, St)).

eval(Source, St) -> only_values(do_dec(Source, St)).
evalfile(Name, St) -> only_values(dofile_dec(Name, St)).

only_values({ok, Values, _}) -> {ok, Values};
only_values({lua_error, Why, _}) -> {error, {lua_error, Why}, []};
only_values({error, Errors, Warnings}) -> {error, Errors, Warnings}.

decoded({ok, Values, St}) -> {ok, decode_list(Values, St), St};
decoded(Error) -> Error.

call(Func, Args, St) -> call_function(Func, Args, St).

call_chunk(Func, St) -> call_function(Func, [], St).
call_chunk(Func, Args, St) -> call_function(Func, Args, St).

%% A function, or a list of keys to it.
call_function(Keys, Args, St) when is_list(Keys) ->
    case get_table_keys(Keys, St) of
        {ok, Func, St1} -> named(lists:last([nil | Keys]), call_function(Func, Args, St1));
        Error -> Error
    end;
call_function(Func, Args, #luerl{ref = Ref} = St) ->
    case is_value(Func) of
        true -> finish(moonlet_nif:call(Ref, 0, [Func | Args], St#luerl.numbers), St);
        false -> {lua_error, {undefined_function, Func}, St}
    end.

is_value({tref, _}) -> true;
is_value({funref, _, _}) -> true;
is_value({usdref, _}) -> true;
is_value({coroutine, _}) -> true;
is_value({erl_func, _}) -> true;
is_value({erl_mfa, _, _, _}) -> true;
is_value(Func) -> is_function(Func).

%% Of the outermost function Lua knows no name.
named(Name, {lua_error, Why, #luerl{error = #{} = Error} = St}) when is_atom(Name); is_binary(Name) ->
    {lua_error, Why, St#luerl{error = Error#{called => Name}}};
named(_, Answer) -> Answer.

call_function_enc(Keys, Args, St) -> call_function(Keys, Args, St).
call_function_dec(Keys, Args, St) -> decoded(encodable(Args, St, call_function(Keys, arities(Args), St))).

%% A method of an object, or of a list of keys to it.
call_method(Keys, Name, Args, St) when is_list(Keys) ->
    case get_table_keys(Keys, St) of
        {ok, Object, St1} -> call_method(Object, Name, Args, St1);
        Error -> Error
    end;
call_method(Object, Name, _, St) when not is_tuple(Object), not is_binary(Object) ->
    {lua_error, {illegal_index, Object, name(Name)}, St};
call_method(Object, Name, Args, #luerl{ref = Ref} = St) ->
    case finish(moonlet_nif:method(Ref, 0, [Object, Name | Args], St#luerl.numbers), St) of
        {lua_error, {undefined_function, _}, _} = Error -> method_error(Object, Name, St, Error);
        Answer -> Answer
    end.

%% Whether the method is missing, or is no function, or something else in it.
method_error(Object, Name, St, Error) ->
    case get_table_key(Object, Name, St) of
        {ok, nil, St1} -> {lua_error, {undefined_method, Object, name(Name)}, St1};
        _ -> Error
    end.

call_method_enc(Keys, Name, Args, St) -> call_method(Keys, Name, Args, St).
call_method_dec(Keys, Name, Args, St) ->
    decoded(encodable(Args, St, call_method(Keys, Name, arities(Args), St))).

%% Terms that are no values are a badarg, also where nothing could be called with them.
encodable(Args, St, {lua_error, _, _} = Error) ->
    _ = encode_list(Args, St),
    Error;
encodable(_, _, Answer) -> Answer.

%% Tables -------------------------------------------------------------------------------------

get_table_key(Table, Key, #luerl{ref = Ref} = St) ->
    one(finish(moonlet_nif:get(Ref, 1, [Table, Key], St#luerl.numbers), St)).

get_table_keys([], #luerl{} = St) -> get_table_keys([<<"_G">>], St);
get_table_keys([_ | _] = Keys, #luerl{ref = Ref} = St) ->
    one(finish(moonlet_nif:get(Ref, 0, Keys, St#luerl.numbers), St)).

one({ok, [Value], St}) -> {ok, Value, St};
one(Error) -> Error.

get_table_keys_dec(Keys, St) ->
    case get_table_keys(Keys, St) of
        {ok, Value, St1} -> {ok, decode(Value, St1), St1};
        Error -> Error
    end.

set_table_key(Table, Key, Value, #luerl{ref = Ref} = St) ->
    finish(moonlet_nif:set(Ref, 1, [Table, Key, Value], St#luerl.numbers), St).

set_table_keys([_ | _] = Keys, Value, #luerl{ref = Ref} = St) ->
    finish(moonlet_nif:set(Ref, 0, Keys ++ [Value], St#luerl.numbers), St).

set_table_keys_dec([_ | _] = Keys, Value, St) ->
    encodable([Value], St, set_table_keys(Keys, arities(Value), St));
set_table_keys_dec(_, _, _) -> error(badarg).

%% Values -------------------------------------------------------------------------------------

encode_list(Terms, #luerl{ref = Ref} = St) ->
    case lists:any(fun(T) -> is_function(T) orelse is_tuple(T) orelse is_float(T) end, Terms) of
        true ->
            lists:mapfoldl(fun encode/2, St, Terms);
        false ->
            {ok, Values, Now} = unwrapped(moonlet_nif:encode(Ref, arities(Terms))),
            {Values, St#luerl{ref = Now}}
    end.

%% The term, if all functions in it have one argument or two.
arities(Term) ->
    good_arities(Term) orelse error(badarg),
    Term.

good_arities([Item | Items]) -> good_arities(Item) andalso good_arities(Items);
good_arities({userdata, _}) -> true;
good_arities({erl_func, _}) -> true;
good_arities({Key, Value}) -> good_arities(Key) andalso good_arities(Value);
good_arities(Map) when is_map(Map) -> good_arities(maps:to_list(Map));
good_arities(Term) -> not is_function(Term) orelse is_function(Term, 1) orelse is_function(Term, 2).

%% An Erlang function is the same in all states; it gets terms, and what it gives is encoded. What
%% is a value already stays what it is.
encode(Fun, #luerl{} = St) when is_function(Fun, 1); is_function(Fun, 2) ->
    {{erl_func, fun(Args, Now) ->
                        {Terms, Now1} = invoke(Fun, Args, Now),
                        encode_list(Terms, Now1)
                end}, St};
encode(Fun, #luerl{}) when is_function(Fun) -> error(badarg);
encode({Tag, Ref} = Value, St) when is_binary(Ref), (Tag =:= tref orelse Tag =:= usdref) -> {Value, St};
encode({funref, Ref, _} = Value, St) when is_binary(Ref) -> {Value, St};
encode({erl_func, Fun} = Value, St) when is_function(Fun, 2) -> {Value, St};
encode({erl_mfa, M, F, _} = Value, St) when is_atom(M), is_atom(F) -> {Value, St};
encode(Number, #luerl{} = St) when is_number(Number) -> {Number, St};
encode(Term, #luerl{ref = Ref} = St) ->
    {ok, [Value], Now} = unwrapped(moonlet_nif:encode(Ref, [arities(Term)])),
    {Value, St#luerl{ref = Now}}.

%% References to functions, which become funs of this state.
decode_list(Values, #luerl{ref = Ref} = St) ->
    [error(badarg) || V <- Values, is_atom(V), V =/= nil, V =/= nan, not is_boolean(V)],
    case moonlet_nif:decode(Ref, Values, St#luerl.numbers) of
        {wrap, {ok, Terms, _}} -> [wrap(T, St) || T <- Terms];
        {ok, Terms, _} -> Terms;
        {error, <<"cyclic table">>} -> error({recursive_table, recursive(Values)});
        {error, Why} -> error({badarg, Why})
    end.

recursive(Values) ->
    case [T || {tref, _} = T <- Values] of
        [T | _] -> T;
        [] -> none
    end.

decode(Value, St) ->
    [Term] = decode_list([Value], St),
    Term.

wrap(Ref, St) when is_reference(Ref) ->
    fun(Args) ->
        case call_function({funref, Ref, []}, Args, St) of
            {ok, Values, St1} -> decode_list(Values, St1);
            {lua_error, Why, St1} -> error({lua_error, Why, St1})
        end
    end;
wrap([Item | Items], St) -> [wrap(Item, St) | wrap(Items, St)];
wrap({userdata, _} = Userdata, _) -> Userdata;
wrap({Key, Value}, St) when Key =/= coroutine -> {wrap(Key, St), wrap(Value, St)};
wrap(Term, _) -> Term.

unwrapped({wrap, Answer}) -> Answer;
unwrapped(Answer) -> Answer.

%% What the library answers -----------------------------------------------------------------

finish({wrap, Answer}, St) -> finish(Answer, St);
finish({ok, Values, Ref}, St) -> {ok, Values, St#luerl{ref = Ref, error = none, raised = none}};
finish({error, Error, Ref}, St) ->
    {lua_error, reason(Error, St), St#luerl{ref = Ref, error = Error, raised = none}};
finish({paused, Limit, Ref}, St) ->
    {lua_error, {limit, Limit}, St#luerl{ref = Ref}};
finish({callback, Fun, Args, Ref}, St) ->
    {Answer, St1} = called(Fun, Args, St#luerl{ref = Ref}, Ref),
    finish(Answer, St1).

%% An error of an Erlang function has the reason that this has given.
reason(#{value := Value}, #luerl{raised = {Value, Why}}) -> Why;
reason(Error, _) -> luerl_lib:reason(Error).

called(Fun, Args, St, Ref) ->
    try
        {Values, #luerl{ref = Now} = St1} = invoke(Fun, Args, St),
        {moonlet_nif:answer(Now, return, Values, St#luerl.numbers, Ref), St1}
    catch
        error:{lua_error, Why, #luerl{} = At} -> {throw_in(Why, At, Ref), raised(Why, At)};
        error:{lua_error, Why} -> {throw_in(Why, St, Ref), raised(Why, St)}
    end.

raised({error_call, _}, St) -> St;
raised(Why, St) ->
    Value = luerl_lib:error_value(Why),
    St#luerl{raised = {name(Value), Why}}.

%% In the state where it was thrown, if that is still waiting for this call.
throw_in(Why, #luerl{ref = Now, numbers = Mode}, Ref) ->
    Value = luerl_lib:error_value(Why),
    try moonlet_nif:answer(Now, throw, [Value], Mode, Ref)
    catch error:badarg -> moonlet_nif:answer(Ref, throw, [luerl_lib:text(Why)], Mode, Ref)
    end.

invoke({erl_func, Fun}, Args, St) -> Fun(Args, St);
invoke({erl_mfa, M, F, A}, Args, St) -> M:F(A, Args, St);
invoke(Fun, Args, St) when is_function(Fun, 2) -> Fun(decode_list(Args, St), St);
invoke(Fun, Args, St) when is_function(Fun, 1) -> {Fun(decode_list(Args, St)), St}.

%% What Lua does not see ----------------------------------------------------------------------

put_private(Key, Term, #luerl{private = P} = St) -> St#luerl{private = P#{Key => Term}}.

get_private(Key, #luerl{private = P}) -> maps:get(Key, P).

get_private(Key, Default, #luerl{private = P}) -> maps:get(Key, P, Default).

delete_private(Key, #luerl{private = P} = St) -> St#luerl{private = maps:remove(Key, P)}.

%% Calls of Lua functions, returns, and lines: Func({fcall, F, Args} | {return, Values} |
%% {current_line, Line, File}, St) gives the state to go on with.
set_trace_func(Func, #luerl{} = St) ->
    traced([{erl_mfa, ?MODULE, trace, []}], St#luerl{trace_func = Func}).

clear_trace_func(#luerl{} = St) -> traced([], St#luerl{trace_func = none}).

traced(Funcs, #luerl{ref = Ref} = St) ->
    {ok, [], St1} = finish(moonlet_nif:trace(Ref, Funcs), St),
    St1.

trace(_, Event, #luerl{trace_func = Func} = St) when is_function(Func, 2) ->
    {[], Func(event(Event), St)};
trace(_, _, St) -> {[], St}.

event([<<"line">>, Line, Source]) -> {current_line, Line, file_of(Source)};
event([<<"return">> | Values]) -> {return, Values};
event([<<"call">>, Func | Args]) -> {fcall, Func, Args}.

file_of(<<$@, File/binary>>) -> File;
file_of(_) -> <<"-no-file-">>.

set_trace_data(Data, #luerl{} = St) -> St#luerl{trace_data = Data}.
get_trace_data(#luerl{trace_data = Data}) -> Data.

%% {Name, Args, [{file, File}, {line, Line}]} for each function, innermost first; what was called and
%% is none is one too.
get_stacktrace(#luerl{error = #{frames := Frames} = Error}) ->
    called(Error, no_function(Error, Frames) ++ [F || {_, _, Chunk, _} = Frame <- Frames,
                                                      Chunk =/= <<"erlang">>, %% luerl_prelude
                                                      F <- [stack_frame(Frame)]]);
get_stacktrace(#luerl{}) -> [].

no_function(#{cause := {call, _, [Value | Args]}}, [{_, _, _, Line} | _]) ->
    [{Value, Args, [{file, <<"-no-file-">>}, {line, Line}]}];
no_function(_, _) -> [].

stack_frame({nil, Args, Chunk, Line}) -> stack_frame({<<"-no-name-">>, Args, Chunk, Line});
stack_frame({Name, Args, <<"[string ", _/binary>>, Line}) -> stack_frame({Name, Args, <<"-no-file-">>, Line});
stack_frame({Name, Args, File, Line}) -> {Name, Args, [{file, File}, {line, Line}]}.

called(#{called := Name}, [_ | _] = Frames) ->
    case lists:split(length(Frames) - 1, Frames) of
        {Inner, [{<<"-no-name-">>, Args, Where}]} -> Inner ++ [{name(Name), Args, Where}];
        _ -> Frames
    end;
called(_, Frames) -> Frames.

name(Name) when is_atom(Name), Name =/= nil, not is_boolean(Name) -> atom_to_binary(Name);
name(Name) -> Name.

%% A state as a term without references, for files and other nodes; and back.
externalize(#luerl{ref = Ref} = St) ->
    {ok, Image} = moonlet_nif:save(Ref, none),
    St#luerl{ref = {image, Image, moonlet_nif:limits(Ref)}, error = none}.

internalize(#luerl{ref = {image, Image, Limits}} = St) ->
    {ok, Ref} = moonlet_nif:load_image(Image, none),
    St#luerl{ref = moonlet_nif:limit(Ref, Limits)}.
