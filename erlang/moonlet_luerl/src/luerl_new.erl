%% SPDX-License-Identifier: MIT
%%
%% The name that Luerl 1.0 had for the interface that is `luerl` since.
-module(luerl_new).

-export(['$handle_undefined_function'/2]).

'$handle_undefined_function'(Function, Args) -> apply(luerl, Function, Args).
