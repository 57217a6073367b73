%% SPDX-License-Identifier: MIT
%%
%% Luerl's functions for those who write libraries in Erlang: errors, and arguments as what is
%% wanted of them.
-module(luerl_lib).

-export([lua_error/2, badarg_error/3, format_error/1]).
-export([boolean_value/1, first_value/1]).
-export([number_to_list/1, arg_to_list/1, args_to_lists/1, args_to_lists/2, arg_to_number/1,
         arg_to_number/2, args_to_numbers/1, args_to_numbers/2, arg_to_integer/1,
         args_to_integers/1, args_to_integers/2, arg_to_string/1, args_to_strings/1,
         args_to_strings/2, conv_list/2, conv_list/3]).
-export([reason/1, error_value/1, text/1]).

%% Errors -------------------------------------------------------------------------------------

-spec lua_error(_, _) -> no_return().
lua_error(Why, St) -> error({lua_error, Why, St}).

-spec badarg_error(_, _, _) -> no_return().
badarg_error(What, Args, St) -> lua_error({badarg, What, Args}, St).

%% What an error of Moonlet is in Luerl's terms, by what it is about.
reason(#{kind := limit, limit := Limit}) -> {limit, Limit};
reason(#{cause := {Kind, Name, Values}, value := Text}) -> reason(Kind, Name, Values, Text);
reason(#{value := Value}) -> {error_call, Value}.

reason(operator, <<"sort">>, _, _) -> {illegal_comp, sort};
reason(operator, Op, Operands, _) -> {badarg, binary_to_atom(Op), Operands};
reason(index, _, [Value, Key], _) -> {illegal_index, Value, Key};
reason(call, _, [Func | _], _) -> {undefined_function, Func};
reason(method, _, [Object, Name], _) -> {undefined_method, Object, Name};
reason(loop, _, Bounds, _) -> {badarg, loop, Bounds};
reason(native, Name, Args, Text) ->
    case re:run(Text, "^(?:.*:\\d+: )?(module '|invalid value \\(|malformed pattern|missing '\\['|invalid capture|"
                "invalid pattern capture|unfinished capture|pattern too complex)(.*)", [dotall, {capture, all_but_first, binary}]) of
        nomatch -> {badarg, binary_to_atom(Name), with_defaults(Name, Args)};
        {match, [<<"module '">>, _]} -> {no_module, hd(Args), lists:last(Args)};
        {match, [<<"invalid value (">>, _]} -> {illegal_value, binary_to_atom(Name), hd(Args)};
        {match, [<<"malformed pattern">>, <<" (missing ']')">>]} -> invalid_char_set;
        {match, [<<"malformed pattern">>, _]} -> invalid_pattern;
        {match, [<<"missing '['">>, _]} -> invalid_pattern;
        {match, _} -> invalid_capture
    end.

%% Luerl tells what arguments have come to when it finds that they are bad.
with_defaults(<<"rep">>, [S, N]) -> [S, N, <<>>];
with_defaults(<<"find">>, [S, P]) -> [S, P, 1, nil];
with_defaults(<<"find">>, [S, P, I]) -> [S, P, I, nil];
with_defaults(<<"match">>, [S, P]) -> [S, P, 1];
with_defaults(<<"next">>, [T]) -> [T, nil];
with_defaults(<<"concat">>, [{tref, _} | Args]) -> Args;
with_defaults(_, Args) -> Args.

%% And back: the value that a program sees which catches it.
error_value({error_call, Value}) -> Value;
error_value({assert_error, Value}) -> Value;
error_value(Why) when is_binary(Why); is_number(Why); is_atom(Why) -> Why;
error_value({tref, _} = Table) -> Table;
error_value(Why) -> text(Why).

text(Why) -> unicode:characters_to_binary(format_error(Why)).

format_error(Text) when is_binary(Text) -> Text;
format_error({error_call, Value}) when is_binary(Value) -> Value;
format_error({assert_error, Value}) when is_binary(Value) -> Value;
format_error({badarg, Where, Args}) -> io_lib:format("badarg in ~w: ~w", [Where, shown(Args)]);
format_error({illegal_index, Where, I}) ->
    io_lib:format("invalid index in ~w: ~w", [shown(Where), shown(I)]);
format_error({illegal_value, Where, Value}) ->
    io_lib:format("invalid value in ~w: ~w", [Where, shown(Value)]);
format_error({illegal_value, Value}) -> io_lib:format("invalid value: ~w", [shown(Value)]);
format_error({illegal_comp, Where}) -> io_lib:format("illegal comparison in ~w", [Where]);
format_error({invalid_order, Where}) ->
    io_lib:format("invalid order function in ~w", [Where]);
format_error({undefined_function, Name}) -> io_lib:format("undefined function ~w", [shown(Name)]);
format_error({undefined_method, Object, Name}) ->
    io_lib:format("undefined method in ~w: ~w", [shown(Object), shown(Name)]);
format_error({limit, Limit}) -> io_lib:format("limit reached: ~w", [Limit]);
format_error(invalid_pattern) -> "malformed pattern";
format_error(invalid_capture) -> "malformed pattern";
format_error({invalid_char_class, C}) -> io_lib:format("malformed pattern (class ~c)", [C]);
format_error(invalid_char_set) -> "malformed pattern (missing ']')";
format_error({illegal_op, Op}) -> io_lib:format("illegal op: ~w", [Op]);
format_error({no_module, Mod, _}) -> format_error({no_module, Mod});
format_error({no_module, Mod}) -> io_lib:format("module '~s' not found", [Mod]);
format_error(Why) -> io_lib:format("~tp", [shown(Why)]).

%% References by their number, as Luerl has them.
shown(<<"a value of Moonlet's, 0x", Number:16/binary, _/binary>>) -> binary_to_integer(Number, 16);
shown([Item | Items]) -> [shown(Item) | shown(Items)];
shown(Term) when is_tuple(Term) -> list_to_tuple(shown(tuple_to_list(Term)));
shown(Term) -> Term.

%% Arguments ------------------------------------------------------------------------------------

boolean_value([V | _]) -> (V =/= nil) and (V =/= false);
boolean_value([]) -> false.

first_value([V | _]) -> V;
first_value([]) -> nil.

number_to_list(N) ->
    case (I = round(N)) == N of
        true -> integer_to_list(I);
        false -> io_lib:write(N)
    end.

arg_to_list(N) when is_number(N) -> number_to_list(N);
arg_to_list(B) when is_binary(B) -> binary_to_list(B);
arg_to_list(_) -> error.

arg_to_number(N) when is_number(N) -> N;
arg_to_number(B) when is_binary(B) ->
    case moonlet_nif:call(moonlet_nif:new(), 1, [tonumber, B], decoded) of
        {ok, [N], _} when is_number(N) -> N;
        _ -> error
    end;
arg_to_number(_) -> error.

arg_to_number(A, Base) ->
    case {arg_to_string(A), arg_to_integer(Base)} of
        {Text, B} when is_binary(Text), is_integer(B), B >= 2, B =< 36 ->
            case moonlet_nif:call(moonlet_nif:new(), 1, [tonumber, Text, B], decoded) of
                {ok, [N], _} when is_number(N) -> N;
                _ -> error
            end;
        _ ->
            error
    end.

arg_to_integer(A) ->
    case arg_to_number(A) of
        N when is_integer(N) -> N;
        N when is_float(N), round(N) == N -> round(N);
        _ -> error
    end.

arg_to_string(N) when is_number(N) -> list_to_binary(number_to_list(N));
arg_to_string(B) when is_binary(B) -> B;
arg_to_string(_) -> error.

%% With two arguments, what has been converted before comes first; in conv_list/3 in reverse.
args_to_lists(As) -> all(fun arg_to_list/1, As).
args_to_lists(As, Done) -> after_those(Done, args_to_lists(As)).
args_to_numbers(As) -> all(fun arg_to_number/1, As).
args_to_numbers(A, B) -> args_to_numbers([A, B]).
args_to_integers(As) -> all(fun arg_to_integer/1, As).
args_to_integers(A, B) -> args_to_integers([A, B]).
args_to_strings(As) -> all(fun arg_to_string/1, As).
args_to_strings(As, Done) -> after_those(Done, args_to_strings(As)).

after_those(_, error) -> error;
after_those(Done, Converted) -> Done ++ Converted.

all(Fun, As) ->
    Converted = [Fun(A) || A <- As],
    case lists:member(error, Converted) of
        true -> error;
        false -> Converted
    end.

conv_list(As, Tos) ->
    Converted = converted(As, Tos),
    case lists:member(error, Converted) of
        true -> error;
        false -> Converted
    end.

conv_list(_, _, error) -> error;
conv_list(As, Tos, Done) -> after_those(lists:reverse(Done), conv_list(As, Tos)).

converted([A | As], [To | Tos]) -> [converted_as(To, A) | converted(As, Tos)];
converted(_, _) -> [].

converted_as(erl_list, A) -> arg_to_list(A);
converted_as(erl_string, A) -> arg_to_list(A);
converted_as(lua_any, A) -> A;
converted_as(lua_integer, A) -> arg_to_integer(A);
converted_as(lua_number, A) -> arg_to_number(A);
converted_as(lua_string, A) -> arg_to_string(A);
converted_as(lua_bool, A) -> (A =/= nil) and (A =/= false).
