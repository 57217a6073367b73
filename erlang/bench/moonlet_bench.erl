%% SPDX-License-Identifier: MIT
%%
%% What calls cost in Erlang, beside Luerl itself, in processor time of the whole node (so a busy
%% machine does not count): the program is run in two nodes, with the argument `moonlet` and
%% `luerl`, as both have modules of one name.
-module(moonlet_bench).

-export([main/1]).

main([moonlet]) ->
    io:format("~-34s ~12s~n", ["Moonlet", "us of CPU"]),
    forks(),
    S = state(fib_source()),
    report("fib(27)", 5, fun() -> {ok, [196418], _} = moonlet:call(S, "fib", [27]) end),
    report("tables", 5, fun() -> {ok, [_], _} = moonlet:do(S, tables_source()) end),
    report("strings", 5, fun() -> {ok, [_], _} = moonlet:do(S, strings_source()) end),
    {ok, [], E} = moonlet:set(S, "f", fun(_) -> [] end),
    {ok, _, E1} = moonlet:do(E, "function calls(n) for i = 1, n do f() end end"),
    report("1000 calls of an Erlang fun", 20,
           fun() -> {ok, [], _} = moonlet:call(E1, "calls", [1000]) end),
    [kept(N) || N <- [0, 20000]],
    messages(),
    [callbacks(Mb) || Mb <- [0.1, 6, 60, 600]],
    halt();
main([luerl]) ->
    io:format("~-34s ~12s~n", ["Luerl 1.0", "us of CPU"]),
    {_, S} = luerl:do(list_to_binary(fib_source()), luerl:init()),
    report("no-op callback", 20000, fun() -> luerl:call_function([noop], [], S) end),
    report("fib(27)", 1, fun() -> luerl:call_function([fib], [27], S) end),
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

%% Ten thousand processes, each with a fork that it has changed, beside one that does all this. What
%% each takes of memory, beside processes with a map of Erlang's: the first bring the collector its heap.
%% These collect their garbage, as processes do that hibernate; the last do not, and have the states of
%% some calls before as well.
forks() ->
    S = state("n = 0 function step() n = n + 1 return n end"),
    Lua = fun() -> fork(S) end,
    Map = fun() -> lists:foldl(fun(_, M) -> maps:update_with(n, fun(N) -> N + 1 end, M) end, #{n => 0},
                               lists:seq(1, 100)) end,
    {One, _} = processes(1, fun() -> [Lua() || _ <- lists:seq(1, 10000)], ok end),
    {Ten, Pids} = processes(10000, Lua),
    line("a call, in one process", One / 1000000),
    line("... in each of 10000 processes", Ten / 1000000),
    [exit(P, kill) || P <- Pids],
    _ = memory(),
    Tidy = fun(Fun) -> fun() -> Last = Fun(), erlang:garbage_collect(), Last end end,
    Kept = [many(What, N, Fun)
            || {What, N, Fun} <- [{"with a map", 10000, Tidy(Map)}, {"with a map", 40000, Tidy(Map)},
                                  {"with a state", 10000, Tidy(Lua)}, {"with a state", 40000, Tidy(Lua)},
                                  {"map, garbage", 40000, Map}, {"state, garbage", 40000, Lua}]],
    [exit(P, kill) || P <- lists:append(Kept)].

fork(S) ->
    lists:foldl(fun(_, St) -> {ok, [_], Next} = moonlet:call(St, "step", []), Next end, S, lists:seq(1, 100)).

%% As the system sees it, and as Erlang does.
many(What, N, Fun) ->
    {Resident, Total} = memory(),
    {_, Pids} = processes(N, Fun),
    {Resident1, Total1} = memory_now(),
    io:format("~-34s ~12w bytes each, ~w of Erlang's~n",
              [io_lib:format("~w processes ~s", [N, What]), (Resident1 - Resident) div N, (Total1 - Total) div N]),
    Pids.

memory() ->
    [erlang:garbage_collect(P) || P <- processes()],
    memory_now().

memory_now() ->
    moonlet_nif:collect(),
    timer:sleep(200),
    {ok, Bytes} = file:read_file("/proc/self/statm"),
    [_, Pages | _] = binary:split(Bytes, <<" ">>, [global]),
    {binary_to_integer(Pages) * 4096, erlang:memory(total)}.

%% The processor's time until all are done, in microseconds; and the processes, which keep what they have.
processes(N, Fun) ->
    Me = self(),
    erlang:statistics(runtime),
    Pids = [spawn(fun() -> Last = Fun(), Me ! {self(), done}, receive {stop, _} -> Last end end)
            || _ <- lists:seq(1, N)],
    [receive {P, done} -> ok end || P <- Pids],
    {_, Ms} = erlang:statistics(runtime),
    {Ms * 1000, Pids}.

%% A call with a function that was found before so many others, all of which are kept.
kept(N) ->
    {ok, [First], S} = moonlet:do(moonlet:new(), "return function() end"),
    {Kept, Last} = lists:mapfoldl(fun(_, St) -> {ok, [F], Next} = moonlet:do(St, "return function() end"), {F, Next} end,
                                  S, lists:seq(1, N)),
    report(io_lib:format("a call, ~w references since", [N]), 100000,
           fun() -> {ok, [], _} = moonlet:call(Last, First, []) end),
    [] = [K || K <- Kept, not is_function(K)].

%% A hundred messages, each of which changes some fields of a state that is saved after each.
messages() ->
    S = state("balances, log, count = {}, {}, 0 for i = 1, 2000 do balances['account' .. i] = {of = i, amount = 1000} end "
              "function handle(from, to, amount) count = count + 1 "
              "  balances[from].amount = balances[from].amount - amount "
              "  balances[to].amount = balances[to].amount + amount log[count % 10] = from end"),
    {ok, Image} = moonlet:save(S),
    {_, {Images, Deltas}} = lists:foldl(fun message/2, {S, {[], []}}, lists:seq(1, 100)),
    io:format("100 messages: an image of ~w bytes, then ~w to ~w; deltas of ~w to ~w~n",
              [byte_size(Image), lists:min(Images), lists:max(Images), lists:min(Deltas), lists:max(Deltas)]).

message(I, {S, {Images, Deltas}}) ->
    [From, To] = [["account", integer_to_list(1 + (I * K) rem 2000)] || K <- [7, 13]],
    {ok, [], Next} = moonlet:call(S, "handle", [iolist_to_binary(From), iolist_to_binary(To), I]),
    {ok, Delta} = moonlet:save(Next, S),
    {ok, Image} = moonlet:save(Next),
    {Next, {[byte_size(Image) | Images], [byte_size(Delta) | Deltas]}}.

report(What, Times, Fun) ->
    Fun(),
    erlang:statistics(runtime),
    repeat(Times, Fun),
    {_, Ms} = erlang:statistics(runtime),
    line(What, Ms * 1000 / Times).

line(What, Us) -> io:format("~-34s ~12.2f~n", [What, Us * 1.0]).

repeat(0, _) -> ok;
repeat(N, Fun) -> Fun(), repeat(N - 1, Fun).
