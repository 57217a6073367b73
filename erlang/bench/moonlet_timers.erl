%% SPDX-License-Identifier: MIT
%%
%% How late timers are while 1000 processes compute, in milliseconds, and how long one computes at
%% a time: plain Erlang code that does nothing but count, Erlang code that also writes to a map, and
%% Lua code that does either. Each twice, in turns, as a busy machine makes all of them late.
-module(moonlet_timers).

-export([main/1]).

-define(SAMPLES, 15).

main(N) ->
    io:format("~-22s ~10s ~10s ~10s ~14s~n", ["1000 processes", "median", "90 %", "worst", "CPU us a turn"]),
    [measure(What, N) || _ <- [1, 2], What <- [nothing, erlang, lua, erlang_map, lua_table]],
    halt().

measure(What, N) ->
    S = moonlet:new(),
    Pids = [spawn(fun() -> work(What, S) end) || What =/= nothing, _ <- lists:seq(1, N)],
    timer:sleep(500),
    {Before, _} = erlang:statistics(context_switches),
    erlang:statistics(runtime),
    Late = lists:sort([late() || _ <- lists:seq(1, ?SAMPLES)]),
    {_, Cpu} = erlang:statistics(runtime),
    {After, _} = erlang:statistics(context_switches),
    [exit(P, kill) || P <- Pids],
    [receive {'DOWN', R, process, _, _} -> ok end || R <- [monitor(process, P) || P <- Pids]],
    io:format("~-22w ~10.1f ~10.1f ~10.1f ~14.1f~n", [What, at(0.5, Late), at(0.9, Late), at(1.0, Late),
                                                      Cpu * 1000 / max(1, After - Before)]).

at(Share, Late) -> lists:nth(max(1, round(Share * length(Late))), Late) / 1000.

late() ->
    Began = erlang:monotonic_time(microsecond),
    receive after 5 -> erlang:monotonic_time(microsecond) - Began - 5000 end.

work(erlang, _) -> count(0);
work(erlang_map, _) -> count(0, #{});
work(lua, S) -> moonlet:do(S, "local n = 0 while true do n = n + 1 end");
work(lua_table, S) -> moonlet:do(S, "local t, n = {}, 0 while true do n = n + 1 t[n % 50] = n end").

count(N) -> count(N + 1).
count(N, Map) -> count(N + 1, Map#{N rem 50 => N}).
