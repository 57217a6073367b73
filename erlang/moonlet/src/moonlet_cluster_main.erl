%% SPDX-License-Identifier: MIT
%%
%% The program moonlet-cluster: `moonlet --map` on many nodes.
%%
%%     moonlet-cluster --nodes a@h1,b@h2 script.lua < inputs > outputs
%%
%% The script gives a function, which is called with each line of the input; what it gives is a
%% line of the output, in the order of the input. A line that fails is told of on standard
%% error, and the exit code is then 1.
-module(moonlet_cluster_main).

-export([main/1]).

-define(LINES, 20000). %% so many are in hand at a time

main(Args) ->
    try run(options(Args, #{})) of
        Failed -> stop(min(1, Failed))
    catch
        throw:{stop, Message} -> complain("~ts", [Message]), stop(1)
    end.

options(["--nodes", Names | Rest], O) ->
    options(Rest, O#{nodes => [node_named(N) || N <- string:split(Names, ",", all)]});
options(["--workers", N | Rest], O) -> options(Rest, O#{workers => number(N, 0)});
options(["--lease", Ms | Rest], O) -> options(Rest, O#{lease => number(Ms, 1)});
options([[$- | _] = Option | _], _) -> throw({stop, ["no such option, or without its value: ", Option]});
options([Script], O) -> {Script, O};
options(_, _) -> throw({stop, "usage: moonlet-cluster [--nodes a@host,b@host] [--workers n] "
                              "[--lease ms] script.lua < inputs > outputs"}).

%% As Erlang wants it, which says nothing to a user about another one.
node_named(Text) ->
    case re:run(Text, "^[^@\\s]+@[^@\\s]+$", [{capture, none}, unicode]) of
        match when length(Text) < 256 -> list_to_atom(Text);
        _ -> throw({stop, ["not the name of a node: '", Text, "'"]})
    end.

number(Text, Least) ->
    try list_to_integer(Text) of
        N when N >= Least -> N;
        _ -> throw({stop, ["too small a number: ", Text]})
    catch
        error:badarg -> throw({stop, ["not a number: ", Text]})
    end.

run({Script, Options}) ->
    Unreachable = [N || N <- maps:get(nodes, Options, []), net_kernel:connect_node(N) =/= true],
    Unreachable =:= [] orelse throw({stop, io_lib:format("cannot reach ~w", [Unreachable])}),
    ok = io:setopts(standard_io, [binary, {encoding, latin1}]),
    lines(prepared(Script), Options, 1, 0).

%% What its function gives is made a line of text where it is called.
prepared(Script) ->
    Source = case file:read_file(Script) of
                 {ok, Bytes} -> Bytes;
                 {error, Why} -> throw({stop, ["cannot read ", Script, ": ", file:format_error(Why)]})
             end,
    Prepare = "local source, name = ... "
              "local chunk, why = load((source:gsub('^#[^\\n]*', '')), '@' .. name) "
              "if not chunk then error(why, 0) end "
              "local f, text, join, pack = chunk(), tostring, table.concat, table.pack "
              "if type(f) ~= 'function' then error(name .. ': the script gives no function', 0) end "
              "function moonlet_cluster_line(line) "
              "local t = pack(f(line)) for i = 1, t.n do t[i] = text(t[i]) end "
              "return join(t, '\\t', 1, t.n) end",
    {ok, [Load], S} = moonlet:load(moonlet:new(), Prepare),
    case moonlet:call(S, Load, [Source, unicode:characters_to_binary(Script)]) of
        {ok, [], Prepared} -> Prepared;
        {error, #{message := Message}, _} -> throw({stop, Message})
    end.

lines(State, Options, First, Failed) ->
    case read(?LINES, []) of
        [] ->
            Failed;
        Lines ->
            Items = moonlet_cluster:map(State, "moonlet_cluster_line", Lines, Options),
            {_, Bad} = lists:foldl(fun write/2, {First, Failed}, Items),
            lines(State, Options, First + length(Lines), Bad)
    end.

read(0, Lines) -> lists:reverse(Lines);
read(N, Lines) ->
    case file:read_line(standard_io) of
        {ok, Line} -> read(N - 1, [string:chomp(Line) | Lines]);
        eof -> lists:reverse(Lines);
        {error, Why} -> throw({stop, io_lib:format("cannot read: ~p", [Why])})
    end.

write({ok, [Text]}, {Line, Failed}) ->
    ok = file:write(standard_io, [Text, $\n]),
    {Line + 1, Failed};
write({error, #{message := Message}}, {Line, Failed}) ->
    complain("line ~w: ~ts", [Line, Message]),
    {Line + 1, Failed + 1};
write({paused, Limit}, {Line, Failed}) ->
    complain("line ~w: out of ~w", [Line, Limit]),
    {Line + 1, Failed + 1}.

complain(Format, Args) ->
    io:put_chars(standard_error, ["moonlet-cluster: ", io_lib:format(Format, Args), $\n]).

%% After all has been written.
stop(Code) -> init:stop(Code).
