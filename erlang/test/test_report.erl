%% SPDX-License-Identifier: MIT
%%
%% Runs modules of EUnit tests, prints those that fail, and last how many have passed.
-module(test_report).
-behaviour(eunit_listener).

-export([run/1]).
-export([init/1, handle_begin/3, handle_end/3, handle_cancel/3, terminate/2, start/1]).

run(Modules) ->
    eunit:test(Modules, [no_tty, {report, {?MODULE, [{runner, self()}]}}]),
    receive
        {report, 0, 0} -> halt(1);
        {report, _, Failed} -> halt(min(1, Failed))
    end.

start(Options) -> eunit_listener:start(?MODULE, Options).

init(Options) -> #{runner => proplists:get_value(runner, Options)}.

handle_begin(_, _, State) -> State.

handle_end(test, Data, State) ->
    case proplists:get_value(status, Data) of
        ok -> State;
        Status -> failed(Data, Status, State)
    end;
handle_end(group, _, State) -> State.

%% Counted by EUnit as cancelled: of a group, what it would have run is not known.
handle_cancel(_, Data, State) ->
    failed(Data, proplists:get_value(reason, Data), State#{lost => 1 + maps:get(lost, State, 0)}).

failed(Data, Why, State) ->
    io:format("not ok - ~tp~n    ~tP~n", [proplists:get_value(source, Data), Why, 40]),
    State.

terminate({ok, Data}, #{runner := Runner} = State) ->
    Passed = proplists:get_value(pass, Data),
    Failed = proplists:get_value(fail, Data) + maps:get(lost, State, 0),
    io:format("~p passed, ~p failed~n", [Passed, Failed]),
    Runner ! {report, Passed, Failed};
terminate({error, Why}, #{runner := Runner}) ->
    io:format("~tp~n0 passed, 1 failed~n", [Why]),
    Runner ! {report, 0, 1}.
