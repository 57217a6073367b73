%% SPDX-License-Identifier: MIT
%%
%% What Luerl's compiler says of a program that has been parsed, as luerl_parse gives it.
-module(luerl_comp_lint).

-export([format_error/1]).

format_error(illegal_varargs) -> "cannot use '...' outside a vararg function".
