%% SPDX-License-Identifier: MIT
%%
%% What Luerl's scanner says of a source, as luerl_parse gives it.
-module(luerl_scan).

-export([format_error/1]).

format_error({illegal, Chars}) -> ["illegal characters ", io_lib:write_string(Chars)];
format_error({user, Text}) -> Text.
