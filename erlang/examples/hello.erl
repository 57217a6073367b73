%% SPDX-License-Identifier: MIT
%%
%% Hello: run some Lua, call a function, keep the old state.
%%
%%     make erlang
%%     ERL_LIBS=build/erlang escript erlang/examples/hello.erl
-module(hello).
-mode(compile).

-export([main/1]).

main(_) ->
    S0 = moonlet:new(),

    %% a text; what Lua prints is to come out where Erlang prints
    {ok, [], S1} = moonlet:set(S0, "print", fun(Texts) -> io:format("~ts~n", Texts), [] end),
    {ok, [], S2} = moonlet:do(S1, "print('Hello, Lua!')"),

    %% a function, and a value that comes back
    {ok, [], S3} = moonlet:do(S2, "function greet(name) greeted = name "
                                  "return 'Hello, ' .. name .. '!' end"),
    {ok, [Text], S4} = moonlet:call(S3, "greet", [<<"world">>]),
    io:format("~ts~n", [Text]),

    %% in the new state somebody was greeted; the old one does not know
    {ok, [New], _} = moonlet:get(S4, "greeted"),
    {ok, [Old], _} = moonlet:get(S3, "greeted"),
    io:format("new: ~p~nold: ~p~n", [New, Old]),

    %% an error is a value too
    {error, #{message := Message}, _} = moonlet:do(S3, "local nobody\ngreet(nobody.name)"),
    io:format("~ts~n", [Message]).
