%% SPDX-License-Identifier: MIT
%%
%% Moonlet for Erlang: Lua 5.2 in which every state is an immutable value, like any term.
%%
%%     S0 = moonlet:new(),
%%     {ok, [1], S1} = moonlet:do(S0, "x = (x or 0) + 1; return x"),
%%     {ok, [2], _} = moonlet:do(S1, "x = (x or 0) + 1; return x"),
%%     {ok, [nil], _} = moonlet:get(S0, "x").
%%
%% docs/ERLANG.md says how terms and values correspond, and the rest.
-module(moonlet).

-export([new/0, fork/1, limit/2, sandbox/1, sandbox/2]).
-export([do/2, eval/2, load/2, call/3, call_method/4, get/2, set/3, resume/1, is_paused/1]).
-export([save/1, save/2, load_image/1, load_image/2, digest/1, diff/2, memory/1]).
-export([map/3, map/4]).
-export([has_references/1]).
-export_type([state/0, path/0, value/0, result/0, error/0, limit/0]).

-opaque state() :: reference().
-type key() :: atom() | binary() | number().
%% "a.b.c", <<"a.b.c">>, or a list of keys; from the globals.
-type path() :: string() | binary() | atom() | [key(), ...].
-type function_value() :: fun(([value()], state()) -> result()).
-type value() :: nil | boolean() | number() | binary() | atom() | [value() | {value(), value()}]
               | map() | {userdata, term()} | {coroutine, reference()} | function_value()
               | fun(([value()]) -> [value()]).
-type error() :: #{kind := syntax | runtime | limit | memory | host, message := binary(),
                   traceback => binary(), value => value(), line => pos_integer() | nil,
                   chunk => binary() | nil, limit => limit()}.
-type limit() :: steps | time | memory | stack | string.
-type result() :: {ok, [value()], state()} | {error, error(), state()}
                | {paused, limit(), state()}.

%% A state with the standard libraries.
-spec new() -> state().
new() -> moonlet_nif:new().

%% The same state: whatever is done with it, it stays as it is, so it is its own fork.
-spec fork(state()) -> state().
fork(State) -> State.

%% A state in which each run may take so much, and is paused when that is not enough:
%% steps; time in milliseconds; memory, bytes that are alive; stack, in slots; string, the
%% bytes of the longest. The limits replace those of the state.
-spec limit(state(), #{steps => pos_integer(), time => pos_integer(), memory => pos_integer(),
                       stack => pos_integer(), string => pos_integer()}) -> state().
limit(State, Limits) ->
    moonlet_nif:limit(State, maps:fold(fun limit/3, #{}, Limits)).

limit(time, Ms, Acc) when is_integer(Ms), Ms > 0 -> Acc#{nanoseconds => Ms * 1000000};
limit(memory, Bytes, Acc) when is_integer(Bytes), Bytes > 0 -> Acc#{held => Bytes};
limit(Key, N, Acc) when is_integer(N), N > 0, (Key =:= steps orelse Key =:= stack orelse
                                               Key =:= string) -> Acc#{Key => N};
limit(Key, Value, _) -> error({badarg, {Key, Value}}).

%% A state without what reaches out of it.
-spec sandbox(state()) -> state().
sandbox(State) -> moonlet_nif:sandbox(State, default, []).

%% The same, where deny has the paths to remove, and allow those that stay nevertheless.
-spec sandbox(state(), #{deny => [string() | binary()], allow => [string() | binary()]}) ->
          state().
sandbox(State, Options) ->
    Allow = [text(P) || P <- maps:get(allow, Options, [])],
    case Options of
        #{deny := Deny} -> moonlet_nif:sandbox(State, [text(P) || P <- Deny], Allow);
        _ -> moonlet_nif:sandbox(State, default, Allow)
    end.

%% Running -----------------------------------------------------------------------------------

%% Runs a source, or a binary chunk.
-spec do(state(), iodata()) -> result().
do(State, Source) -> finish(moonlet_nif:do(State, text(Source), decoded)).

%% Just the values: for what is not to change anything.
-spec eval(state(), iodata()) -> {ok, [value()]} | {error, error()} | {paused, limit()}.
eval(State, Source) ->
    {Tag, What, _} = do(State, Source),
    {Tag, What}.

%% The function that a source is, not run yet.
-spec load(state(), iodata()) -> {ok, [function_value()], state()} | {error, error(), state()}.
load(State, Source) -> finish(moonlet_nif:load(State, text(Source), decoded, none)).

%% Calls what is at a path, or a function that was a result.
-spec call(state(), path() | function_value(), [value()]) -> result().
call(State, Path, Args) ->
    {N, Keys} = callee(Path),
    finish(moonlet_nif:call(State, N, Keys ++ given(Args), decoded)).

%% Calls a method of the object at a path.
-spec call_method(state(), path(), key(), [value()]) -> result().
call_method(State, Path, Method, Args) ->
    Keys = keys(Path),
    finish(moonlet_nif:method(State, length(Keys), Keys ++ [Method | given(Args)], decoded)).

%% What is at a path, and the state: a new one only if a metamethod has run.
-spec get(state(), path()) -> result().
get(State, Path) -> finish(moonlet_nif:get(State, 0, keys(Path), decoded)).

-spec set(state(), path(), value()) -> {ok, [], state()} | {error, error(), state()}.
set(State, Path, Value) ->
    finish(moonlet_nif:set(State, 0, keys(Path) ++ [given(Value)], decoded)).

%% Goes on with a paused program, with the full limits.
-spec resume(state()) -> result().
resume(State) -> finish(moonlet_nif:resume(State, decoded)).

-spec is_paused(state()) -> boolean().
is_paused(State) -> moonlet_nif:is_paused(State).

%% Whole states ------------------------------------------------------------------------------

%% The state as bytes, for files, other nodes, other machines; or what differs from a state
%% that it came of, which is then needed to load it.
-spec save(state()) -> {ok, binary()} | {error, error()}.
save(State) -> moonlet_nif:save(State, none).

-spec save(state(), state()) -> {ok, binary()} | {error, error()}.
save(State, Base) -> moonlet_nif:save(State, Base).

-spec load_image(binary()) -> {ok, state()} | {error, error()}.
load_image(Image) -> moonlet_nif:load_image(Image, none).

-spec load_image(binary(), state()) -> {ok, state()} | {error, error()}.
load_image(Image, Base) -> moonlet_nif:load_image(Image, Base).

%% Equal for equal states, on every machine.
-spec digest(state()) -> non_neg_integer().
digest(State) -> moonlet_nif:digest(State).

%% What differs: {Path, Old, New} for each place that the globals reach. The states must have
%% come of one that was made, or loaded.
-spec diff(state(), state()) -> {ok, [{binary(), value(), value()}]} | {error, error()}.
diff(A, B) ->
    case unwrap(moonlet_nif:diff(A, B)) of
        {ok, [Changes]} ->
            {ok, [{proplists:get_value(<<"path">>, C), proplists:get_value(<<"old">>, C, nil),
                   proplists:get_value(<<"new">>, C, nil)} || {_, C} <- Changes]};
        {error, _} = Error ->
            Error
    end.

%% Bytes that the state takes.
-spec memory(state()) -> non_neg_integer().
memory(State) -> moonlet_nif:memory(State).

%% Calls a function with each input, each in a fork of the state, in as many threads as there
%% are processors: what became of each, in order.
-spec map(state(), path() | function_value(), [value()]) ->
          [{ok, [value()]} | {error, error()} | {paused, binary()}].
map(State, Function, Inputs) -> map(State, Function, Inputs, #{}).

-spec map(state(), path() | function_value(), [value()], #{threads => non_neg_integer()}) ->
          [{ok, [value()]} | {error, error()} | {paused, binary()}].
map(State, Function, Inputs, Options) ->
    {N, Keys} = callee(Function),
    Threads = maps:get(threads, Options, 0),
    case unwrap(moonlet_nif:map(State, N, Keys ++ given(Inputs), Threads)) of
        {ok, Items} -> Items;
        {error, _} = Error -> [Error || _ <- Inputs]
    end.

%% What the library answers -----------------------------------------------------------------

%% A program that waits for an Erlang function gets what that gives, until it is done.
finish({callback, Fun, Args, State}) -> finish(answer(Fun, Args, State));
finish({wrap, Answer}) -> finish(unwrap({wrap, Answer}));
finish(Answer) -> Answer.

answer(Fun, Args, State) ->
    try
        {What, Terms, Now} = results(invoke(Fun, Args, State)),
        moonlet_nif:answer(Now, What, given(Terms), decoded, State)
    catch
        error:badarg:Stack ->
            moonlet_nif:answer(State, throw, [reason(error, badarg, Stack)], decoded, State)
    end.

invoke(Fun, Args, State) ->
    try
        if
            is_function(Fun, 2) -> Fun(Args, State);
            is_function(Fun, 1) -> {Fun(Args), State};
            true -> {error, #{value => <<"an Erlang function has one argument, or two">>}, State}
        end
    catch
        error:{lua_error, Value} -> {error, #{value => Value}, State};
        error:{lua_error, Value, _} -> {error, #{value => Value}, State};
        Class:Why:Stack -> {error, #{value => reason(Class, Why, Stack)}, State}
    end.

results({Results, State}) when is_list(Results) -> {return, Results, State};
results({ok, Results, State}) when is_list(Results) -> {return, Results, State};
results({error, Error, State}) ->
    {throw, [maps:get(value, Error, maps:get(message, Error, nil))], State};
results(_) -> error(badarg).

reason(Class, Why, Stack) ->
    unicode:characters_to_binary(io_lib:format("erlang ~p: ~tp~s", [Class, Why, where(Stack)])).

where([{M, F, A, _} | _]) when is_integer(A) -> io_lib:format(" in ~p:~p/~p", [M, F, A]);
where([{M, F, A, _} | _]) -> io_lib:format(" in ~p:~p/~p", [M, F, length(A)]);
where(_) -> "".

%% Functions of Lua come as references.
unwrap({wrap, {ok, Values, State}}) -> {ok, wrap(Values), State};
unwrap({wrap, {ok, Values}}) -> {ok, wrap(Values)};
unwrap({wrap, {callback, Fun, Args, State}}) -> {callback, Fun, wrap(Args), State};
unwrap({wrap, {error, #{value := V} = Error, State}}) -> {error, Error#{value := wrap(V)}, State};
unwrap(Answer) -> Answer.

wrap(Ref) when is_reference(Ref) ->
    fun(Args, State) -> finish(moonlet_nif:call(State, 0, [Ref | given(Args)], decoded)) end;
wrap([Item | Items]) -> [wrap(Item) | wrap(Items)];
wrap({userdata, _} = Userdata) -> Userdata;
wrap({coroutine, _} = Coroutine) -> Coroutine;
wrap({Key, Value}) -> {wrap(Key), wrap(Value)};
wrap(Term) when is_tuple(Term) -> list_to_tuple([wrap(T) || T <- tuple_to_list(Term)]);
wrap(Term) -> Term.

%% Paths --------------------------------------------------------------------------------------

%% (unicode:characters_to_binary makes a binary outside of the heap, and has a process's heap grow by
%% some kilobytes, however short the text is.)
text(Text) when is_binary(Text) -> Text;
text(Text) ->
    case is_ascii(Text) of
        true -> list_to_binary(Text);
        false -> unicode:characters_to_binary(Text)
    end.

is_ascii([C | Cs]) when is_integer(C), C >= 0, C < 128 -> is_ascii(Cs);
is_ascii(Rest) -> Rest =:= [].

%% How many of the first items lead to the function; with 0 the first is it.
callee(Fun) when is_function(Fun) -> {0, [reference(Fun)]};
callee(Path) ->
    Keys = keys(Path),
    {length(Keys), Keys}.

%% Terms with what wrap has made of Lua's functions as these again, so that they are no functions of
%% Erlang, and the same as ever.
given(Term) ->
    case has_function(Term) of
        true -> with_references(Term);
        false -> Term
    end.

%% For moonlet_cluster: whether functions of Lua are in a term. These are good on their own node only.
-spec has_references(term()) -> boolean().
has_references(Term) -> has_function(Term) andalso with_references(Term) =/= Term.

has_function([Item | Items]) -> has_function(Item) orelse has_function(Items);
has_function({userdata, _}) -> false;
has_function({Key, Value}) -> has_function(Key) orelse has_function(Value);
has_function(Map) when is_map(Map) -> has_function(maps:to_list(Map));
has_function(Term) -> is_function(Term).

with_references([Item | Items]) -> [with_references(Item) | with_references(Items)];
with_references({userdata, _} = Userdata) -> Userdata;
with_references({Key, Value}) -> {with_references(Key), with_references(Value)};
with_references(Map) when is_map(Map) -> maps:from_list(with_references(maps:to_list(Map)));
with_references(Fun) when is_function(Fun) -> reference(Fun);
with_references(Term) -> Term.

reference(Fun) ->
    case {erlang:fun_info(Fun, module), erlang:fun_info(Fun, env)} of
        {{module, ?MODULE}, {env, [Ref]}} when is_reference(Ref) -> Ref;
        _ -> Fun
    end.

keys(Path) when is_atom(Path) -> [Path];
keys([C | _] = Path) when is_integer(C) -> keys(text(Path));
keys(Path) when is_binary(Path) -> names(Path, 0, 0);
keys([_ | _] = Keys) -> Keys;
keys(_) -> error(badarg).

%% The name that begins at From and has Size bytes so far, and those behind it. (binary:split costs a
%% process the whole of its turn, in OTP 25, however short the text is.)
names(Path, 0, Size) when Size =:= byte_size(Path) -> [key(Path)];
names(Path, From, Size) when From + Size =:= byte_size(Path) -> [key(binary_part(Path, From, Size))];
names(Path, From, Size) ->
    case binary:at(Path, From + Size) of
        $. -> [key(binary_part(Path, From, Size)) | names(Path, From + Size + 1, 0)];
        _ -> names(Path, From, Size + 1)
    end.

%% A name of digits is a number.
key(<<C, _/binary>> = Name) when C >= $0, C =< $9 ->
    try binary_to_integer(Name) catch error:badarg -> Name end;
key(Name) -> Name.
