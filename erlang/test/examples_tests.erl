%% SPDX-License-Identifier: MIT
%%
%% The programs of erlang/examples, as from a shell: each prints what is in its .out.
-module(examples_tests).
-include_lib("eunit/include/eunit.hrl").

examples_test_() ->
    Names = filelib:wildcard(filename:join(os:getenv("EXAMPLES"), "*.erl")),
    [{"there are examples", ?_assert(length(Names) >= 4)}
     | [{filename:basename(Name), {timeout, 240, fun() -> prints(Name) end}} || Name <- Names]].

prints(Name) ->
    {ok, Expected} = file:read_file(filename:rootname(Name) ++ ".out"),
    Port = open_port({spawn_executable, os:find_executable("escript")},
                     [{args, [Name]}, exit_status, stderr_to_stdout, binary]),
    {Status, Output} = collect(Port, []),
    ?assertEqual(Expected, Output),
    ?assertEqual(0, Status).

collect(Port, Output) ->
    receive
        {Port, {data, Data}} -> collect(Port, [Output, Data]);
        {Port, {exit_status, Status}} -> {Status, iolist_to_binary(Output)}
    end.
