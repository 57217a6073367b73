%% SPDX-License-Identifier: MIT
%%
%% Records that programs which use Luerl may know.

-record(luerl, {ref,                %% Moonlet's state
                private = #{},
                error = none,       %% that has ended the last run
                raised = none,      %% {What Lua sees of it, the reason}: by an Erlang function
                trace_func = none,
                trace_data,
                numbers = raw}).    %% or floats: how integers come

-record(tref, {i}).
-record(usdref, {i}).
-record(funref, {i, env = []}).
-record(erl_func, {code}).
-record(erl_mfa, {m, f, a}).
-record(userdata, {d, meta = nil}). %% as luerl_heap:get_userdata gives it

-define(IS_TRUE(X), (((X) =/= nil) and ((X) =/= false))).
-define(IS_FLOAT_INT(N), (round(N) == N)).
-define(IS_FLOAT_INT(N, I), ((I = round(N)) == N)).
