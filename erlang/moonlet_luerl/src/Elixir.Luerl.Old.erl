% SPDX-License-Identifier: MIT
%
% As `luerl_old`, with the state first, as Luerl has it for Elixir.
-module('Elixir.Luerl.Old').

-export(['$handle_undefined_function'/2]).

'$handle_undefined_function'(Function, []) -> luerl_old:Function();
'$handle_undefined_function'(Function, [St | Args]) -> apply(luerl_old, Function, Args ++ [St]).
