%% SPDX-License-Identifier: MIT
%%
%% What is wrong with a source, in the terms of Luerl's parser; and what its scanner and its other
%% modules say, of which each has a module with its name here.
-module(luerl_parse).

-export([format_error/1, reason/1]).

format_error(Message) when is_binary(Message) -> Message;
format_error(Message) ->
    case io_lib:deep_char_list(Message) of
        true -> Message;
        _ -> io_lib:write(Message)
    end.

%% {Line, Module, Reason} of an error of Moonlet, whose text ends with the token that is near.
reason(#{message := Message} = Error) ->
    Line = case Error of #{line := L} when is_integer(L) -> L; _ -> none end,
    case re:run(without_place(Error), "^(.*) near (?:'(.*)'|(<eof>))$", [dotall, {capture, all_but_first, binary}]) of
        {match, [What, _, <<"<eof>">>]} -> reason(Line, What, eof, Message);
        {match, [What, Token]} -> reason(Line, What, Token, Message);
        nomatch -> {Line, luerl_lib, Message}
    end.

without_place(#{message := Message, chunk := Chunk, line := Line}) when is_binary(Chunk), is_integer(Line) ->
    Place = <<Chunk/binary, ":", (integer_to_binary(Line))/binary, ": ">>,
    case Message of
        <<Place:(byte_size(Place))/binary, Text/binary>> -> Text;
        _ -> Message
    end;
without_place(#{message := Message}) -> Message.

reason(Line, <<"malformed number">>, _, _) -> {Line, luerl_scan, {user, "malformed number"}};
reason(Line, <<"unfinished long comment">>, _, _) -> {Line, luerl_scan, {user, "unfinished long comment"}};
reason(Line, <<"unfinished long string">>, _, _) -> {Line, luerl_parse, ["syntax error before: ", "'['"]};
reason(Line, <<"unfinished string">>, eof, Message) -> {Line, luerl_scan, {illegal, unicode:characters_to_list(Message)}};
reason(Line, <<"unfinished string">>, _, _) -> {Line + 1, luerl_scan, {user, "illegal string"}};
reason(Line, <<"cannot use '...' outside a vararg function">>, _, _) -> {Line, luerl_comp_lint, illegal_varargs};
reason(Line, <<"',' expected">>, <<"do">>, _) -> {Line, luerl_parse, "illegal for"};
reason(Line, <<"syntax error">>, Token, _) ->
    case Token =:= eof orelse re:run(Token, "^[a-zA-Z_;]", [{capture, none}]) =:= match of
        true -> {Line, luerl_parse, "illegal call"}; %% that is where the next statement begins
        false -> before(Line, Token)
    end;
reason(Line, What, Token, Message) ->
    case re:run(What, "^(too many|<break>|<goto|chunk has|no visible|label |control structure|function or|function at|main function|"
                "escape|invalid escape|decimal escape|hexadecimal)", [{capture, all_but_first, binary}]) of
        {match, [Kind]} when Kind =:= <<"invalid escape">>; Kind =:= <<"hexadecimal">>; Kind =:= <<"decimal escape">>; Kind =:= <<"escape">> ->
            {Line, luerl_scan, {user, "illegal string"}};
        {match, _} -> {Line, luerl_lib, Message};
        nomatch -> before(Line, Token)
    end.

before(Line, eof) -> {Line, luerl_parse, ["syntax error before: ", []]};
before(Line, Token) ->
    case kind(Token) of
        illegal -> {Line, luerl_scan, {illegal, unicode:characters_to_list(Token)}};
        word -> {Line, luerl_parse, ["syntax error before: ", io_lib:write_atom(binary_to_atom(Token))]};
        Value -> {Line, luerl_parse, ["syntax error before: ", io_lib:format("~tp", [Value])]}
    end.

%% A reserved word or a symbol; or what the token stands for.
kind(<<Quote, Rest/binary>>) when Quote =:= $'; Quote =:= $" -> binary:part(Rest, 0, max(0, byte_size(Rest) - 1));
kind(Token) ->
    Reserved = [<<"and">>, <<"break">>, <<"do">>, <<"else">>, <<"elseif">>, <<"end">>, <<"false">>, <<"for">>, <<"function">>,
                <<"goto">>, <<"if">>, <<"in">>, <<"local">>, <<"nil">>, <<"not">>, <<"or">>, <<"repeat">>, <<"return">>, <<"then">>,
                <<"true">>, <<"until">>, <<"while">>],
    Symbols = [<<"+">>, <<"-">>, <<"*">>, <<"/">>, <<"%">>, <<"^">>, <<"#">>, <<"==">>, <<"~=">>, <<"<=">>, <<">=">>, <<"<">>,
               <<">">>, <<"=">>, <<"(">>, <<")">>, <<"{">>, <<"}">>, <<"[">>, <<"]">>, <<"::">>, <<";">>, <<":">>, <<",">>, <<".">>,
               <<"..">>, <<"...">>],
    case {lists:member(Token, Reserved ++ Symbols), luerl_lib:arg_to_number(Token)} of
        {true, _} -> word;
        {_, Number} when is_number(Number) -> Number;
        _ -> name(Token)
    end.

name(<<C, _/binary>> = Name) when C >= $a, C =< $z; C >= $A, C =< $Z; C =:= $_ -> Name;
name(_) -> illegal.
