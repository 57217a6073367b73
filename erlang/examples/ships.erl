%% SPDX-License-Identifier: MIT
%%
%% Ships without a screen: the world and the behaviours of examples/ships, 360 ships whose minds
%% are coroutines, in a state for each frame. Time runs both ways, and each future of a ship is
%% played by a process of its own, from the same state.
%%
%%     ERL_LIBS=build/erlang escript erlang/examples/ships.erl
-module(ships).
-mode(compile).

-export([main/1]).

-define(FRAMES, 240).
-define(KINDS, [<<"trader">>, 120, <<"miner">>, 72, <<"patrol">>, 60, <<"pirate">>, 48,
                <<"swarm">>, 36, <<"courier">>, 24]).

main(_) ->
    Directory = filename:join([filename:dirname(escript:script_name()), "..", "..", "examples", "ships"]),
    Begin = world(Directory),
    Frames = frames(Begin, ?FRAMES),
    Now = lists:last(Frames),
    io:format("after ~p frames: ~ts~n", [?FRAMES, census(Now)]),

    %% A minute of worlds is a list. To go back is to take an older one.
    Then = lists:nth(120, Frames),
    io:format("back in frame 120: ~ts~n", [census(Then)]),
    Again = lists:last(frames(Then, ?FRAMES - 120)),
    io:format("the same future again: ~p~n", [moonlet:digest(Again) =:= moonlet:digest(Now)]),

    %% What becomes of the weakest ship in eight directions.
    N = weakest(Then),
    io:format("ship ~p, in eight futures, lives: ~w~n", [N, futures(Then, N, 8)]),

    %% Suspended coroutines are part of the world, on disk as well.
    {ok, Image} = moonlet:save(Then),
    {ok, Loaded} = moonlet:load_image(Image),
    [After] = frames(Loaded, 1),
    io:format("saved, loaded, gone on: ~p~n", [moonlet:digest(After) =:= moonlet:digest(lists:nth(121, Frames))]),

    %% A behaviour that is replaced while the world runs; one that is no Lua changes nothing.
    {ok, [Complaint], _} = install(Now, <<"pirate">>, <<"return function(">>),
    io:format("~ts~n", [Complaint]),
    {ok, [], Peace} = install(Now, <<"pirate">>, <<"return function(ship) while true do ship:stop() "
                                                   "coroutine.yield() end end">>),
    io:format("240 frames in which pirates stay where they are: ~ts~n", [census(lists:last(frames(Peace, 240)))]).

world(Directory) ->
    {ok, Source} = file:read_file(filename:join(Directory, "world.lua")),
    {ok, [], S} = moonlet:do(moonlet:new(), Source),
    Kinds = [K || K <- ?KINDS, is_binary(K)],
    Installed = lists:foldl(fun(Kind, State) ->
        {ok, Behaviour} = file:read_file(filename:join([Directory, "behaviours", <<Kind/binary, ".lua">>])),
        {ok, [], Next} = install(State, Kind, Behaviour),
        Next
    end, S, Kinds),
    {ok, [], Begin} = moonlet:call(Installed, "begin", ?KINDS),
    Begin.

install(State, Kind, Source) ->
    moonlet:call(State, "install", [Kind, Source, <<"@", Kind/binary, ".lua">>]).

%% The states of the next frames.
frames(_, 0) -> [];
frames(State, N) ->
    {ok, [], Next} = moonlet:call(State, "frame", []),
    [Next | frames(Next, N - 1)].

census(State) ->
    {ok, [Alive, Wrecks]} = moonlet:eval(State, "local n, w = 0, 0 for _, s in ipairs(ships) do "
                                                "if s.hp > 0 then n = n + 1 else w = w + 1 end end return n, w"),
    io_lib:format("~p ships, ~p wrecks", [Alive, Wrecks]).

weakest(State) ->
    {ok, [N]} = moonlet:eval(State, "local n for i, s in ipairs(ships) do "
                                    "if s.hp > 0 and s.hp < (n and ships[n].hp or 1 / 0) then n = i end end return n"),
    N.

futures(State, N, Directions) ->
    {ok, [Play], S} = moonlet:call(State, "futures", [N, Directions, 120]),
    Me = self(),
    Pids = [spawn_link(fun() ->
                {ok, [Lives | _Path], _} = moonlet:call(S, Play, [K]),
                Me ! {self(), Lives}
            end) || K <- lists:seq(1, Directions)],
    [receive {Pid, Lives} -> Lives end || Pid <- Pids].
