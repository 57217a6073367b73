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

-define(LINES, 20000).    %% so many are in hand at a time
-define(BYTES, 1 bsl 26). %% or lines of so many bytes, and one more
-define(BLOCK, 1 bsl 16).

main(Args) ->
    try run(options(Args, #{})) of
        Failed -> stop(min(1, Failed))
    catch
        throw:{stop, Message} -> complain("~ts", [Message]), halt(1)
    end.

options(["--nodes", Names | Rest], O) ->
    options(Rest, O#{nodes => [node_named(N) || N <- string:split(Names, ",", all)]});
options(["--workers", N | Rest], O) -> options(Rest, O#{workers => number(N, 0)});
options(["--lease", Ms | Rest], O) -> options(Rest, O#{lease => number(Ms, 1)});
options([[$- | _] = Option | _], _) -> throw({stop, ["no such option, or without its value: ", Option]});
options([Script | Args], O) -> {Script, Args, O};
options(_, _) -> throw({stop, "usage: moonlet-cluster [--nodes a@host,b@host] [--workers n] "
                              "[--lease ms] script.lua [args] < inputs > outputs"}).

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

run({Script, Args, Options}) ->
    Unreachable = [N || N <- maps:get(nodes, Options, []), net_kernel:connect_node(N) =/= true],
    Unreachable =:= [] orelse throw({stop, io_lib:format("cannot reach ~w", [Unreachable])}),
    ok = io:setopts(standard_io, [binary, {encoding, latin1}]),
    lines(prepared(Script, Args), Options, input(), 1, 0).

%% What its function gives is made a line of text where it is called.
prepared(Script, Args) ->
    Source = case file:read_file(Script) of
                 {ok, Bytes} -> Bytes;
                 {error, Why} -> throw({stop, ["cannot read ", Script, ": ", file:format_error(Why)]})
             end,
    Prepare = "local source, name = ... "
              "arg = {[0] = name, select(3, ...)} "
              "local chunk, why = load((source:gsub('^#[^\\n]*', '')), '@' .. name) "
              "if not chunk then error(why, 0) end "
              "local f, text, join, pack = chunk(select(3, ...)), tostring, table.concat, table.pack "
              "local meta = debug.getmetatable(f) "
              "if type(f) ~= 'function' and not (type(meta) == 'table' and rawget(meta, '__call')) then "
              "  error(name .. ': the script gives no function', 0) "
              "end "
              "function moonlet_cluster_line(line) "
              "local t = pack(f(line)) for i = 1, t.n do t[i] = text(t[i]) end "
              "return join(t, '\\t', 1, t.n) end",
    {ok, [Load], S} = moonlet:load(moonlet:new(), Prepare),
    Texts = [unicode:characters_to_binary(T) || T <- [Script | Args]],
    case moonlet:call(S, Load, [Source | Texts]) of
        {ok, [], Prepared} -> Prepared;
        {error, #{message := Message}, _} -> throw({stop, Message})
    end.

lines(State, Options, In, First, Failed) ->
    case read(In) of
        {[], _} ->
            is_written() orelse unwritable(),
            Failed;
        {Lines, Rest} ->
            Items = moonlet_cluster:map(State, "moonlet_cluster_line", Lines, Options),
            {_, Bad} = lists:foldl(fun write/2, {First, Failed}, Items),
            lines(State, Options, Rest, First + length(Lines), Bad)
    end.

%% Lines that have been read; pieces of the next, the last first; and the file, or eof. (Erlang's
%% own reading of lines gives nothing where one has many megabytes, and waits for ever for a directory.)
input() ->
    case file:open("/dev/stdin", [read, raw, binary]) of
        {ok, File} -> {[], [], File};
        {error, Why} -> unreadable(Why)
    end.

-spec unreadable(_) -> no_return().
unreadable(Why) -> throw({stop, ["standard input: ", file:format_error(Why)]}).

read({Lines, Part, File}) ->
    case File =:= eof orelse length(Lines) >= ?LINES orelse iolist_size(Lines) >= ?BYTES of
        true ->
            {Now, Later} = lists:split(min(?LINES, length(Lines)), Lines),
            {Now, {Later, Part, File}};
        false ->
            read(more(Lines, Part, File))
    end.

more(Lines, Part, File) ->
    case file:read(File, ?BLOCK) of
        {ok, Bytes} -> with_block(binary:split(Bytes, <<"\n">>, [global]), Lines, Part, File);
        eof when Part =:= []; Part =:= [<<>>] -> {Lines, [], eof};
        eof -> {Lines ++ [whole(Part)], [], eof};
        {error, Why} -> unreadable(Why)
    end.

with_block([Piece], Lines, Part, File) -> {Lines, [Piece | Part], File};
with_block([End | More], Lines, Part, File) ->
    {Whole, [Next]} = lists:split(length(More) - 1, More),
    {Lines ++ [whole([End | Part]) | Whole], [Next], File}.

whole(Pieces) -> iolist_to_binary(lists:reverse(Pieces)).

write({ok, [Text]}, {Line, Failed}) ->
    case file:write(standard_io, [Text, $\n]) of
        ok -> {Line + 1, Failed};
        {error, _} -> unwritable()
    end;
write({error, #{message := Message}}, {Line, Failed}) ->
    complain("line ~w: ~ts", [Line, Message]),
    {Line + 1, Failed + 1};
write({paused, Limit}, {Line, Failed}) ->
    complain("line ~w: out of ~w", [Line, Limit]),
    {Line + 1, Failed + 1}.

-spec unwritable() -> no_return().
unwritable() -> throw({stop, "standard output cannot be written to"}).

%% Erlang writes later than it says. Whether all has been written, when that is known: what cannot be
%% has ended the port.
is_written() ->
    case whereis(user) of
        undefined ->
            false;
        User ->
            Ports = [P || {links, Links} <- [process_info(User, links)], P <- Links, is_port(P)],
            Ports =/= [] andalso lists:all(fun is_drained/1, Ports)
    end.

is_drained(Port) ->
    case erlang:port_info(Port, queue_size) of
        undefined -> false;
        {queue_size, 0} -> true;
        {queue_size, _} -> timer:sleep(1), is_drained(Port)
    end.

complain(Format, Args) ->
    io:put_chars(standard_error, ["moonlet-cluster: ", io_lib:format(Format, Args), $\n]).

%% After all has been written.
stop(Code) -> init:stop(Code).
