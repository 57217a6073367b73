%% SPDX-License-Identifier: MIT
%%
%% Luerl's sandbox: states in which what reaches out of them is the string "sandboxed", and runs
%% that end when they take too much. Limits are Moonlet's own: no process is spawned, and a
%% reduction is a step.
-module(luerl_sandbox).

-export([init/0, init/1, init/2, run/1, run/2, run/3, run/4, run/5]).

-include("../include/luerl.hrl").

-define(PATHS, [['_G', io], ['_G', file], ['_G', os, execute], ['_G', os, exit],
                ['_G', os, getenv], ['_G', os, remove], ['_G', os, rename],
                ['_G', os, tmpname], ['_G', package], ['_G', load], ['_G', loadfile],
                ['_G', require], ['_G', dofile], ['_G', loadstring]]).

init() -> init(luerl:init()).

init(Paths) when is_list(Paths) -> init(luerl:init(), Paths);
init(#luerl{ref = Ref} = St) ->
    Deny = [<<"debug">>],
    init(St#luerl{ref = moonlet_nif:sandbox(Ref, Deny, [<<"debug.traceback">>])}, ?PATHS).

init(St, Paths) -> lists:foldl(fun deny/2, St, Paths).

deny(Path, St) ->
    {ok, _, St1} = luerl:set_table_keys_dec(Path, sandboxed, St),
    St1.

run(Source) -> run(Source, init()).

run(Source, #luerl{} = St) -> run(Source, #{}, St).

%% As Luerl has it since 1.1; and with the arguments of 1.0.
run(Source, Flags, #luerl{} = St) when is_map(Flags) ->
    run(Source, St, limit(max_reductions, Flags, none), limit(max_time, Flags, 100));
run(Source, #luerl{} = St, MaxReductions) when is_integer(MaxReductions) ->
    run(Source, St, MaxReductions, [], 100);
run(Source, #luerl{} = St, Flags) when is_map(Flags) -> run(Source, Flags, St);
run(Source, #luerl{} = St, Flags) when is_list(Flags) -> run(Source, St, 0, Flags, 100);
run(Source, Flags, #luerl{} = St) when is_list(Flags) ->
    run(Source, maps:from_list(proplists:unfold(Flags)), St).

limit(Key, Flags, Default) -> maps:get(Key, Flags, Default).

run(Source, #luerl{} = St, MaxReductions, Flags) when is_list(Flags) ->
    run(Source, St, MaxReductions, Flags, 100);
run(Source, #luerl{ref = Ref} = St, MaxReductions, Time) ->
    Before = moonlet_nif:limits(Ref),
    Limits = with(time, Time, with(steps, MaxReductions, #{})),
    Ends = case Limits of
               #{time := Ms} -> erlang:monotonic_time(millisecond) + Ms;
               _ -> infinity
           end,
    Answer = done(Source, luerl:with_limits(Limits, St)),
    case erlang:monotonic_time(millisecond) > Ends of
        true -> {error, timeout}; %% an Erlang function, say, that has waited
        false -> answer(Answer, MaxReductions, Before)
    end.

%% An exception of an Erlang function ends the run, and not the process that waits for it.
done(Source, St) ->
    try luerl:do(Source, St)
    catch error:Why -> {error, Why}
    end.

run(Source, St, MaxReductions, _SpawnOpts, Time) ->
    case run(Source, St, MaxReductions, Time) of
        {ok, Values, St1} -> {Values, St1};
        {lua_error, Why, St1} -> {error, {lua_error, Why, St1}};
        Error -> Error
    end.

with(_, none, Limits) -> Limits;
with(_, infinity, Limits) -> Limits;
with(_, 0, Limits) -> Limits;
with(Key, N, Limits) -> Limits#{Key => N}.

answer({lua_error, {limit, time}, _}, _, _) -> {error, timeout};
answer({lua_error, {limit, steps}, _}, Max, _) -> {error, {reductions, Max + 1}};
answer({Tag, What, #luerl{ref = Ref} = St}, _, Limits) ->
    {Tag, What, St#luerl{ref = moonlet_nif:limit(Ref, Limits)}};
answer(Error, _, _) -> Error.
