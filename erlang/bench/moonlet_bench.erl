%% SPDX-License-Identifier: MIT
%%
%% What calls cost in Erlang, beside Luerl itself, in processor time of the whole node (so a busy
%% machine does not count): the program is run in two nodes, with the argument `moonlet` and
%% `luerl`, as both have modules of one name.
-module(moonlet_bench).

-export([main/1]).

main([moonlet]) ->
    io:format("~-34s ~12s~n", ["Moonlet", "us of CPU"]),
    Fib = fib_source(),
    S = state(Fib),
    report("fib(24)", 5, fun() -> {ok, [46368], _} = moonlet:call(S, "fib", [24]) end),
    report("tables", 5, fun() -> {ok, [_], _} = moonlet:do(S, tables_source()) end),
    report("strings", 5, fun() -> {ok, [_], _} = moonlet:do(S, strings_source()) end),
    {ok, [], E} = moonlet:set(S, "f", fun(_) -> [] end),
    {ok, _, E1} = moonlet:do(E, "function calls(n) for i = 1, n do f() end end"),
    report("1000 calls of an Erlang fun", 20,
           fun() -> {ok, [], _} = moonlet:call(E1, "calls", [1000]) end),
    forks(),
    [callbacks(Mb) || Mb <- [0.1, 6, 60, 600]],
    halt();
main([luerl]) ->
    io:format("~-34s ~12s~n", ["Luerl 1.0", "us of CPU"]),
    {_, S} = luerl:do(list_to_binary(fib_source()), luerl:init()),
    report("no-op callback", 20000, fun() -> luerl:call_function([noop], [], S) end),
    report("fib(24)", 1, fun() -> luerl:call_function([fib], [24], S) end),
    report("tables", 1, fun() -> luerl:do(list_to_binary(tables_source()), S) end),
    report("strings", 1, fun() -> luerl:do(list_to_binary(strings_source()), S) end),
    halt().

fib_source() ->
    "function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end "
    "function noop() end".

tables_source() ->
    "local t = {} for i = 1, 50000 do t[i] = {x = i, y = i % 7} end "
    "local s = 0 for k = 1, 5 do for i = 1, #t do local e = t[i] e.x = e.x + e.y s = s + e.x end end "
    "return s".

strings_source() ->
    "local t = {} for i = 1, 20000 do t[#t + 1] = tostring(i) .. ':' .. string.rep('x', i % 5) end "
    "local s = table.concat(t, ',') return #s + select(2, string.gsub(s, 'x', 'y'))".

state(Source) ->
    {ok, _, S} = moonlet:do(moonlet:new(), Source),
    S.

%% The state has objects of about so many megabytes.
callbacks(Mb) ->
    N = round(Mb * 6600),
    S = state(["t = {} for i = 1, ", integer_to_list(N), " do t[i] = {i, i + 1, x = 'a' .. i % 100} end "
               "function noop() end "
               "function writes() a = 1 b = 2 c = 3 d = 4 e = 5 f = 6 g = 7 h = 8 i = 9 j = 10 end"]),
    Real = moonlet:memory(S) / 1048576,
    report(io_lib:format("no-op callback, ~.1f MB", [Real]), 100000,
           fun() -> {ok, [], _} = moonlet:call(S, "noop", []) end),
    report(io_lib:format("ten globals written, ~.1f MB", [Real]), 50000,
           fun() -> {ok, [], _} = moonlet:call(S, "writes", []) end).

%% Ten thousand processes, each with a fork that it has changed.
forks() ->
    S = state("n = 0 function step() n = n + 1 return n end"),
    Me = self(),
    erlang:statistics(runtime),
    Pids = [spawn(fun() -> hundred(Me, S) end) || _ <- lists:seq(1, 10000)],
    [receive {P, done} -> ok end || P <- Pids],
    {_, Ms} = erlang:statistics(runtime),
    io:format("~-34s ~12.2f~n", ["a call in each of 10000 processes", Ms * 1000 / 1000000]),
    [exit(P, kill) || P <- Pids].

hundred(Me, S) ->
    Last = lists:foldl(fun(_, St) -> {ok, [_], Next} = moonlet:call(St, "step", []), Next end,
                       S, lists:seq(1, 100)),
    Me ! {self(), done},
    receive {stop, _} -> Last end.

report(What, Times, Fun) ->
    Fun(),
    erlang:statistics(runtime),
    repeat(Times, Fun),
    {_, Ms} = erlang:statistics(runtime),
    io:format("~-34s ~12.2f~n", [What, Ms * 1000 / Times]).

repeat(0, _) -> ok;
repeat(N, Fun) -> Fun(), repeat(N - 1, Fun).
