%% SPDX-License-Identifier: MIT
%%
%% The functions of the NIF library as they are. What they answer is put in order by `moonlet`
%% and `luerl`: where functions of Lua are in an answer it is {wrap, Answer}, and a program
%% that waits for an Erlang function is {callback, Fun, Args, State}.
-module(moonlet_nif).

-export([new/0, is_paused/1, limit/2, limits/1, sandbox/3]).
-export([do/3, load/4, call/4, method/4, get/4, set/4, raw_get/3, set_metatable/2,
         set_userdata/2]).
-export([resume/2, answer/5, trace/2]).
-export([encode/2, decode/3]).
-export([save/2, load_image/2, digest/1, diff/2, map/4, memory/1, collect/0]).
-on_load(init/0).

init() ->
    erlang:load_nif(filename:join(priv_dir(), "moonlet_nif"), 0).

priv_dir() ->
    case code:priv_dir(moonlet) of
        {error, bad_name} ->
            Ebin = filename:dirname(code:which(?MODULE)),
            filename:join(filename:dirname(Ebin), "priv");
        Dir ->
            Dir
    end.

-define(NIF, erlang:nif_error(moonlet_nif_not_loaded)).

new() -> ?NIF.
is_paused(_) -> ?NIF.
limit(_, _) -> ?NIF.
limits(_) -> ?NIF.
sandbox(_, _, _) -> ?NIF.
do_turn(_, _, _) -> ?NIF.
load(_, _, _, _) -> ?NIF.
call_turn(_, _, _, _) -> ?NIF.
method_turn(_, _, _, _) -> ?NIF.
get(_, _, _, _) -> ?NIF.
set(_, _, _, _) -> ?NIF.
raw_get(_, _, _) -> ?NIF.
set_metatable(_, _) -> ?NIF.
set_userdata(_, _) -> ?NIF.
resume_turn(_, _) -> ?NIF.
answer_turn(_, _, _, _, _) -> ?NIF.
trace_turn(_, _) -> ?NIF.
go_on(_) -> ?NIF.
encode(_, _) -> ?NIF.
decode(_, _, _) -> ?NIF.
save(_, _) -> ?NIF.
load_image(_, _) -> ?NIF.
digest(_) -> ?NIF.
diff(_, _) -> ?NIF.
map(_, _, _, _) -> ?NIF.
memory(_) -> ?NIF.
collect() -> ?NIF.

%% Runs that may be long ones, and then have to wait for a place (run.c).
do(S, Source, Mode) -> come(do_turn(S, Source, Mode)).
call(S, Keys, List, Mode) -> come(call_turn(S, Keys, List, Mode)).
method(S, Keys, List, Mode) -> come(method_turn(S, Keys, List, Mode)).
resume(S, Mode) -> come(resume_turn(S, Mode)).
answer(S, How, List, Mode, Origin) -> come(answer_turn(S, How, List, Mode, Origin)).
trace(S, Func) -> come(trace_turn(S, Func)).

come({waits, Job, Ms}) -> receive after Ms -> come(go_on(Job)) end;
come(Answer) -> Answer.
