%% SPDX-License-Identifier: MIT
%%
%% Records that programs which use Luerl may know.

-record(luerl, {ref,                %% Moonlet's state
                private = #{},
                error = none,       %% that has ended the last run
                trace_func = none,
                trace_data}).

-record(tref, {i}).
-record(usdref, {i}).
-record(funref, {i, env = []}).
-record(erl_func, {code}).
-record(erl_mfa, {m, f, a}).
