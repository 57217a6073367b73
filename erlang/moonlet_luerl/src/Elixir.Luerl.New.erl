% SPDX-License-Identifier: MIT
%
% As `luerl`, with the state first, as Luerl has it for Elixir.
-module('Elixir.Luerl.New').

-export(['$handle_undefined_function'/2]).

'$handle_undefined_function'(Function, []) -> luerl:Function();
'$handle_undefined_function'(Function, [St | Args]) -> apply(luerl, Function, Args ++ [St]).
