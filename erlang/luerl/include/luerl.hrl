%% SPDX-License-Identifier: MIT
%%
%% For programs that include it from Luerl.
-include_lib("moonlet_luerl/include/luerl.hrl").
