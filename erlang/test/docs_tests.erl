%% SPDX-License-Identifier: MIT
%%
%% The examples of the documentation: each block of Erlang is evaluated.
-module(docs_tests).
-include_lib("eunit/include/eunit.hrl").

examples_test_() -> [blocks("ERLANG.md", 5), blocks("CLUSTER.md", 1)].

blocks(Name, Least) ->
    {ok, Text} = file:read_file(filename:join(os:getenv("DOCS"), Name)),
    {match, Blocks} = re:run(Text, "```erlang\n(.*?)```",
                             [global, dotall, {capture, all_but_first, list}]),
    ?assert(length(Blocks) >= Least),
    [{Block, fun() -> evaluate(Block) end} || [Block] <- Blocks].

evaluate(Block) ->
    {ok, Tokens, _} = erl_scan:string(Block),
    {ok, Expressions} = erl_parse:parse_exprs(Tokens),
    erl_eval:exprs(Expressions, []).
