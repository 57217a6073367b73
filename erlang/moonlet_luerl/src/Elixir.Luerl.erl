%% SPDX-License-Identifier: MIT
%%
%% Luerl's interface for Elixir: as `luerl`, with the state first.
-module('Elixir.Luerl').

-export([init/0, gc/1, load/2, load/3, loadfile/2, loadfile/3, path_loadfile/2,
         path_loadfile/3, path_loadfile/4, load_module/3, load_module_dec/3, do/2, do/3,
         do_dec/2, do_dec/3, dofile/2, dofile/3, dofile_dec/2, dofile_dec/3, eval/2,
         evalfile/2, call/3, call_chunk/2, call_chunk/3, call_function/3,
         call_function_enc/3, call_function_dec/3, call_method/4, call_method_enc/4,
         call_method_dec/4, get_table_key/3, get_table_keys/2, get_table_keys_dec/2,
         set_table_key/4, set_table_keys/3, set_table_keys_dec/3, encode/2, encode_list/2,
         decode/2, decode_list/2, put_private/3, get_private/2, delete_private/2,
         set_trace_func/2, clear_trace_func/1, set_trace_data/2, get_trace_data/1,
         get_stacktrace/1, externalize/1, internalize/1]).

init() -> luerl:init().
gc(St) -> luerl:gc(St).
load(St, A) -> luerl:load(A, St).
load(St, A, B) -> luerl:load(A, B, St).
loadfile(St, A) -> luerl:loadfile(A, St).
loadfile(St, A, B) -> luerl:loadfile(A, B, St).
path_loadfile(St, A) -> luerl:path_loadfile(A, St).
path_loadfile(St, A, B) -> luerl:path_loadfile(A, B, St).
path_loadfile(St, A, B, C) -> luerl:path_loadfile(A, B, C, St).
load_module(St, A, B) -> luerl:load_module(A, B, St).
load_module_dec(St, A, B) -> luerl:load_module_dec(A, B, St).
do(St, A) -> luerl:do(A, St).
do(St, A, B) -> luerl:do(A, B, St).
do_dec(St, A) -> luerl:do_dec(A, St).
do_dec(St, A, B) -> luerl:do_dec(A, B, St).
dofile(St, A) -> luerl:dofile(A, St).
dofile(St, A, B) -> luerl:dofile(A, B, St).
dofile_dec(St, A) -> luerl:dofile_dec(A, St).
dofile_dec(St, A, B) -> luerl:dofile_dec(A, B, St).
eval(St, A) -> luerl:eval(A, St).
evalfile(St, A) -> luerl:evalfile(A, St).
call(St, A, B) -> luerl:call(A, B, St).
call_chunk(St, A) -> luerl:call_chunk(A, St).
call_chunk(St, A, B) -> luerl:call_chunk(A, B, St).
call_function(St, A, B) -> luerl:call_function(A, B, St).
call_function_enc(St, A, B) -> luerl:call_function_enc(A, B, St).
call_function_dec(St, A, B) -> luerl:call_function_dec(A, B, St).
call_method(St, A, B, C) -> luerl:call_method(A, B, C, St).
call_method_enc(St, A, B, C) -> luerl:call_method_enc(A, B, C, St).
call_method_dec(St, A, B, C) -> luerl:call_method_dec(A, B, C, St).
get_table_key(St, A, B) -> luerl:get_table_key(A, B, St).
get_table_keys(St, A) -> luerl:get_table_keys(A, St).
get_table_keys_dec(St, A) -> luerl:get_table_keys_dec(A, St).
set_table_key(St, A, B, C) -> luerl:set_table_key(A, B, C, St).
set_table_keys(St, A, B) -> luerl:set_table_keys(A, B, St).
set_table_keys_dec(St, A, B) -> luerl:set_table_keys_dec(A, B, St).
encode(St, A) -> luerl:encode(A, St).
encode_list(St, A) -> luerl:encode_list(A, St).
decode(St, A) -> luerl:decode(A, St).
decode_list(St, A) -> luerl:decode_list(A, St).
put_private(St, A, B) -> luerl:put_private(A, B, St).
get_private(St, A) -> luerl:get_private(A, St).
delete_private(St, A) -> luerl:delete_private(A, St).
set_trace_func(St, A) -> luerl:set_trace_func(A, St).
clear_trace_func(St) -> luerl:clear_trace_func(St).
set_trace_data(St, A) -> luerl:set_trace_data(A, St).
get_trace_data(St) -> luerl:get_trace_data(St).
get_stacktrace(St) -> luerl:get_stacktrace(St).
externalize(St) -> luerl:externalize(St).
internalize(St) -> luerl:internalize(St).
