%% SPDX-License-Identifier: MIT
%%
%% What Luerl's programs find otherwise than those of lua5.2, written in Lua: output that goes where
%% Erlang's goes, errors without a position, and functions of Lua 5.3 that a number which is a double
%% can have.
-module(luerl_prelude).

-export([load/1, put_chars/3, failed/3, refused/3]).

load(St) ->
    lists:foldl(fun run/2, St, [{output(), [function(put_chars)]}, {errors(), [function(failed)]},
                                {numbers(), [function(refused)]}, {utf8(), [function(refused)]}]).

function(Name) -> {erl_mfa, ?MODULE, Name, []}.

%% Not by luerl:load, as the trace does not tell of functions of this name.
run({Source, Args}, St) ->
    {ok, Load, St1} = luerl:load("return load(..., '=erlang')", St),
    {ok, [Chunk], St2} = luerl:call_function(Load, [Source], St1),
    {ok, [], St3} = luerl:call_function(Chunk, Args, St2),
    St3.

%% As in Luerl, print and io.write write to the group leader of the process that runs Lua.
output() ->
    <<"local put = ... "
      "local write, output, stdout, pcall = io.write, io.output, io.stdout, pcall "
      "local pack, concat, type, error = table.pack, table.concat, type, error "
      "function print(...) "
      "  local t = pack(...) "
      "  for i = 1, t.n do t[i] = tostring(t[i]) end "
      "  put(concat(t, '\\t', 1, t.n) .. '\\n') "
      "end "
      "function io.write(...) "
      "  local t, plain = pack(...), output() == stdout "
      "  for i = 1, t.n do "
      "    plain = plain and (type(t[i]) == 'string' or type(t[i]) == 'number') "
      "  end "
      "  if plain then put(concat(t)) return stdout end "
      "  local ok, a, b, c = pcall(write, ...) "
      "  if not ok then error((a:gsub(\"'%?'\", \"'write'\")), 2) end "
      "  return a, b, c "
      "end">>.

put_chars(_, [Text], St) ->
    io:put_chars(characters(Text)),
    {[], St}.

characters(Text) ->
    case unicode:characters_to_list(Text) of
        Chars when is_list(Chars) -> Chars;
        {_, Chars, <<_, Rest/binary>>} -> [Chars, $? | characters(Rest)]
    end.

%% A message is what was given, and nothing before it.
errors() ->
    <<"local failed = ... "
      "local raise = error "
      "function error(message) return raise(message, 0) end "
      "function assert(ok, ...) "
      "  if ok then return ok, ... end "
      "  return failed(...) "
      "end">>.

failed(_, [], St) -> failed([], [<<"assertion failed">>], St);
failed(_, [Message | _], St) -> luerl_lib:lua_error({assert_error, Message}, St).

%% Bad arguments of a function below: its name, and all of them.
refused(_, [Name | Args], St) -> luerl_lib:badarg_error(binary_to_atom(Name), Args, St).

numbers() ->
    <<"local refused = ... "
      "local type, tonumber, floor, select = type, tonumber, math.floor, select "
      "function math.type(...) "
      "  local x = ... "
      "  if select('#', ...) == 0 then return refused('type') end "
      "  if type(x) ~= 'number' then return nil end "
      "  return x == floor(x) and x > -2 ^ 53 and x < 2 ^ 53 and 'integer' or 'float' "
      "end "
      "function math.tointeger(...) "
      "  if select('#', ...) == 0 then return refused('tointeger') end "
      "  local n = tonumber((...)) "
      "  return n and n == floor(n) and n - n == 0 and n or nil "
      "end">>.

utf8() ->
    <<"local refused = ... "
      "local char, byte, concat, select, floor = string.char, string.byte, table.concat, select, math.floor "
      "local error, tonumber, tostring, type = error, tonumber, tostring, type "
      "local function encoded(c) "
      "  if c < 0x80 then return char(c) end "
      "  local rest, first = '', 0x20 "
      "  repeat "
      "    rest, c, first = char(0x80 + c % 0x40) .. rest, floor(c / 0x40), first / 2 "
      "  until c < first * 2 "
      "  return char(0x100 - first * 4 + c) .. rest "
      "end "
      "local least = {[2] = 0x80, [3] = 0x800, [4] = 0x10000} "
      "local function decoded(s, i) "
      "  local c = byte(s, i) "
      "  if not c or c < 0x80 then return c, i + 1 end "
      "  local n = c >= 0xf8 and 0 or c >= 0xf0 and 4 or c >= 0xe0 and 3 or c >= 0xc0 and 2 or 0 "
      "  if n == 0 then return nil end "
      "  c = c % 2 ^ (7 - n) "
      "  for k = i + 1, i + n - 1 do "
      "    local b = byte(s, k) "
      "    if not b or b < 0x80 or b >= 0xc0 then return nil end "
      "    c = c * 0x40 + b % 0x40 "
      "  end "
      "  if c < least[n] or c > 0x10ffff or c >= 0xd800 and c < 0xe000 then return nil end "
      "  return c, i + n "
      "end "
      "local function position(i, length) "
      "  if i >= 0 then return i end "
      "  return -i > length and 0 or length + i + 1 "
      "end "
      "local function goes_on(s, i) "
      "  local b = byte(s, i) "
      "  return b and b >= 0x80 and b < 0xc0 "
      "end "
      "utf8 = {charpattern = '[\\0-\\x7F\\xC2-\\xF4][\\x80-\\xBF]*'} "
      "function utf8.char(...) "
      "  local t = {...} "
      "  for i = 1, select('#', ...) do "
      "    local c = tonumber(t[i]) "
      "    if not c or c < 0 or c > 0x10ffff or c ~= floor(c) then return refused('char', ...) end "
      "    t[i] = encoded(c) "
      "  end "
      "  return concat(t) "
      "end "
      "local function good(s, i, j) "
      "  return (type(s) == 'string' or type(s) == 'number') and (i == nil or tonumber(i)) and (j == nil or tonumber(j)) "
      "end "
      "function utf8.codepoint(...) "
      "  local s, i, j = ... "
      "  if not good(s, i, j) then return refused('codepoint', ...) end "
      "  s = tostring(s) "
      "  i = position(i or 1, #s) "
      "  j = position(j or i, #s) "
      "  if i < 1 or j > #s then error(\"bad argument #2 to 'codepoint' (out of range)\") end "
      "  local t, n, c = {}, 0 "
      "  while i <= j do "
      "    c, i = decoded(s, i) "
      "    if not c then error('invalid UTF-8 code') end "
      "    n = n + 1 t[n] = c "
      "  end "
      "  return table.unpack(t, 1, n) "
      "end "
      "function utf8.len(...) "
      "  local s, i, j = ... "
      "  if not good(s, i, j) then return refused('len', ...) end "
      "  s = tostring(s) "
      "  i, j = position(i or 1, #s), position(j or -1, #s) "
      "  if i < 1 or i > #s + 1 then error(\"bad argument #2 to 'len' (initial position out of string)\") end "
      "  local n = 0 "
      "  while i <= j do "
      "    local c, after = decoded(s, i) "
      "    if not c then return nil, i end "
      "    n, i = n + 1, after "
      "  end "
      "  return n "
      "end "
      "local function following(s, i) "
      "  repeat i = i + 1 until not goes_on(s, i) "
      "  if i > #s then return nil end "
      "  local c = decoded(s, i) "
      "  if not c then error('invalid UTF-8 code') end "
      "  return i, c "
      "end "
      "function utf8.codes(...) "
      "  local s = ... "
      "  if not good(s) then return refused('codes', ...) end "
      "  return following, tostring(s), 0 "
      "end "
      "function utf8.offset(...) "
      "  local s, n, i = ... "
      "  if not good(s, n, i) or not n then return refused('offset', ...) end "
      "  s = tostring(s) "
      "  i = position(i or n > 0 and 1 or #s + 1, #s) "
      "  if i < 1 or i > #s + 1 then error(\"bad argument #3 to 'offset' (position out of range)\") end "
      "  if n == 0 then "
      "    while i > 1 and goes_on(s, i) do i = i - 1 end "
      "    return i "
      "  end "
      "  if goes_on(s, i) then error('initial position is a continuation byte') end "
      "  while n < 0 and i > 1 do "
      "    repeat i = i - 1 until i == 1 or not goes_on(s, i) "
      "    n = n + 1 "
      "  end "
      "  while n > 1 and i <= #s do "
      "    repeat i = i + 1 until not goes_on(s, i) "
      "    n = n - 1 "
      "  end "
      "  return (n == 0 or n == 1) and i or nil "
      "end">>.
