%% SPDX-License-Identifier: MIT
%%
%% Luerl's compiler: sources to chunks, which any state loads. A chunk is a binary of Lua's.
-module(luerl_comp).

-export([string/1, string/2, file/1, file/2]).

string(Source) -> string(Source, []).

string(Source, Opts) -> compiled(luerl:load(Source, Opts, luerl:init())).

file(Name) -> file(Name, []).

file(Name, Opts) -> compiled(luerl:loadfile(Name, Opts, luerl:init())).

compiled({ok, Func, St}) ->
    {ok, [Chunk], _} = luerl:call_function([string, dump], [Func], St),
    {ok, Chunk};
compiled(Error) -> Error.
