%% SPDX-License-Identifier: MIT
%%
%% Programs whose answers are to be those of Luerl itself: asked in another node, in which
%% `luerl` is Debian's, and here.
-module(luerl_peer).

-export([programs/0, ask/0, answer/1, peer/1, walks/0, errors/1]).

-define(WALKS, 400).

walks() -> luerl_walk:walks(luerl, ?WALKS).

errors(Module) -> [luerl_errors:answer(Module, S) || S <- luerl_errors:sources()].

%% {New | Old interface, source}: what decoding its results gives.
programs() ->
    [{I, S} || S <- sources(), I <- [new, old]].

sources() ->
    ["return 1, 2.5, -3, 'x', nil, true, false",
     "return {}, {1, 2, 3}, {{1}, {2}}",
     "return {x = 1, y = {z = 2}, 'a', 'b'}",
     "return {[-1] = 'm', [0] = 'z', [10] = 't', [1.5] = 'h', b = 1, a = 2, [true] = 3}",
     "local t = {} for i = 1, 20 do t[i] = i * i end t[15] = nil return t",
     "return #'abc', ('x'):rep(3), ('abc'):upper(), 'a' .. 1",
     "return select('#', nil, nil), select(2, 'a', 'b', 'c')",
     "local a, b = pcall(error, 'e') return a, b",
     "return type(print), type({}), type('x'), type(nil), type(1)",
     "return tostring(nil), tostring(true), tostring('s'), tostring(12)",
     "return math.max(1, 5, 3), math.min(2, 0), math.huge == math.huge",
     "return string.format('%d %s %5.2f %x', 42, 'str', 3.14159, 255)",
     "return ('hello world'):find('wor'), ('hello'):sub(2, -2), ('a,b'):gsub(',', ';')",
     "return ('key = value'):match('^(%w+)%s*=%s*(%w+)$')",
     "local t = {3, 1, 2} table.sort(t) return t, table.concat(t, '-'), unpack(t)",
     "local t = {1, 2} table.insert(t, 3) table.insert(t, 1, 0) return t, table.remove(t)",
     "local m = setmetatable({}, {__index = function(_, k) return k .. '!' end}) return m.x, m[1]",
     "local mt = {__add = function(a, b) return a.v + b.v end} "
     "return setmetatable({v = 1}, mt) + setmetatable({v = 2}, mt)",
     "local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end "
     "return fib(15)",
     "local s = 0 for k, v in pairs({1, 2, x = 3}) do s = s + v end return s",
     "local i = 0 repeat i = i + 1 until i == 5 while i < 9 do i = i + 1 end return i",
     "local function f(...) local a, b = ... return select('#', ...), a, b end return f(1, nil, 3)",
     "x = 1 local function g() x = x + 1 return x end g() return g(), x",
     "return rawequal('a', 'a'), rawlen({1, 2}), rawget({a = 5}, 'a'), next({})",
     "return 1 == 1, 'a' < 'b', not nil, 1 and 2, nil or 'd', 7 % 3, 2 > 1",
     "return bit32.band(12, 10), bit32.bor(12, 10), bit32.bxor(12, 10), bit32.lshift(1, 4)",
     "return math.type(3), math.type(2.5), math.tointeger(3.0), math.tointeger(2.5)",
     "return utf8.char(72, 228, 8364), utf8.len('\\195\\164b'), utf8.codepoint('\\195\\164')",
     "return 'ä'", "return '" ++ [228] ++ "'",
     "return pcall(function() error('inner') end)", "return pcall(error, {1})",
     "error('message')", "error('message', 2)", "assert(false, 'message')", "assert(nil)",
     "error('message', 0)",
     "error({code = 1})",
     "return undefined()"].

answer({new, Source}) -> tidy(new(element_of(luerl_new, luerl), Source));
answer({old, Source}) -> tidy(old(element_of(luerl, luerl_old), Source)).

%% Modules of the two interfaces: Luerl's own if this is its node.
element_of(Theirs, Ours) ->
    case get(theirs) of
        true -> Theirs;
        _ -> Ours
    end.

new(Mod, Source) ->
    case Mod:do_dec(list_to_binary(Source), Mod:init()) of
        {ok, Values, _} -> {ok, Values};
        {lua_error, Why, St} -> {lua_error, decoded(Mod, Why, St)}
    end.

old(Mod, Source) ->
    try
        {Values, St} = Mod:do(Source, Mod:init()),
        {Mod:decode_list(Values, St)}
    catch
        error:{lua_error, Why, At} -> {lua_error, decoded(Mod, Why, At)}
    end.

decoded(Mod, {error_call, Value}, St) -> {error_call, Mod:decode(Value, St)};
decoded(_, Why, _) -> Why.

%% Doubles do not tell whether they are integers.
tidy(F) when is_float(F), trunc(F) == F -> trunc(F);
tidy(F) when is_function(F) -> function;
tidy(L) when is_list(L) -> [tidy(X) || X <- L];
tidy(T) when is_tuple(T) -> list_to_tuple(tidy(tuple_to_list(T)));
tidy(X) -> X.

%% {Answers to the programs, answers to luerl_calls, what Luerl exports, walks, errors, uses}, from a node without
%% ERL_LIBS; they come through a file.
ask() ->
    File = "luerl_peer.out",
    Erl = os:find_executable("erl"),
    Dir = filename:dirname(code:which(?MODULE)),
    Port = open_port({spawn_executable, Erl},
                     [{args, ["-noshell", "-pa", Dir, "-eval",
                              "luerl_peer:peer(\"" ++ File ++ "\")."]},
                      {env, [{"ERL_LIBS", false}]}, exit_status, stderr_to_stdout, binary]),
    ok = wait(Port, []),
    {ok, Bytes} = file:read_file(File),
    binary_to_term(Bytes).

wait(Port, Output) ->
    receive
        {Port, {exit_status, 0}} -> ok;
        {Port, {exit_status, Status}} -> {failed, Status, lists:reverse(Output)};
        {Port, {data, Data}} -> wait(Port, [Data | Output])
    end.

peer(File) ->
    put(theirs, true),
    Answers = {[answer(P) || P <- programs()], luerl_calls:answers(theirs), luerl_calls:exports(),
               luerl_walk:walks(luerl_new, ?WALKS), errors(luerl_new), luerl_uses:answers(luerl_new)},
    ok = file:write_file(File, term_to_binary(Answers)),
    halt(0).
