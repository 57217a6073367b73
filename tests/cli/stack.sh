# SPDX-License-Identifier: MIT
# Control does not live on the C stack: loops, calls and recursion in 128 KB of it.
. "$LIB"

# runs Lua code in a small C stack
small() { bash -c 'ulimit -s "$1"; "$2" -e "$3"' - "${STACK_KB:-128}" "$MOONLET" "$1"; }

expect "a long loop" 0 "10000000" "" small 'local n = 0 for i = 1, 1e7 do n = n + 1 end print(n)'
expect "a long while loop" 0 "3000000" "" small 'local n = 0 while n < 3e6 do n = n + 1 end print(n)'
expect "many calls" 0 "3000000" "" small \
    'local n = 0 local function f() n = n + 1 end for i = 1, 3e6 do f() end print(n)'
expect "many tail calls" 0 "done" "" small \
    'local function f(n) if n == 0 then return "done" end return f(n - 1) end print(f(3e6))'
expect "deep recursion" 0 "5000050000" "" small \
    'local function f(n) if n == 0 then return 0 end return n + f(n - 1) end print(f(100000))'
expect "endless recursion" 0 "false" "" small 'local function f() return 1 + f() end print((pcall(f)))'
expect "deep metamethods" 0 "5000" "" small \
    'local mt = {} mt.__index = function(t, n) if n == 0 then return 0 end return t[n - 1] + 1 end
     print(setmetatable({}, mt)[5000])'
expect "deep pcall" 0 "true" "" small \
    'local function f(n) if n == 0 then return true end return select(2, pcall(f, n - 1)) end print(f(20000))'
expect "deep coroutines" 0 "1000" "" small \
    'local function f(n) if n == 0 then return 0 end return coroutine.wrap(f)(n - 1) + 1 end print(f(1000))'
expect "deep gsub" 0 "5000" "" small \
    'local function f(n) if n == 0 then return 0 end
       local r ("x"):gsub("x", function() r = f(n - 1) + 1 end) return r end print(f(5000))'
expect "many iterator calls" 0 "1000000" "" small \
    'local n = 0 for i in coroutine.wrap(function() for i = 1, 1e6 do coroutine.yield(i) end end) do n = n + 1 end
     print(n)'

# Nor do chains and nesting of what is compiled, dumped, read, run and saved take more of it.
cat >chains.lua <<'LUA'
local state = require "state"
local function both(f, source)
  local again = f and assert(load(string.dump(f)))
  kept = f
  return f and pcall(f) == pcall(again) and #state.save() > 0 and true
end
local links = {"+a", "-1", "==a", "~=b.b", " and a", " or a", " and a or b", "..a", "^a"}
for _, link in ipairs(links) do
  local deep = link:find("^[.^]")
  local f = load("local a, b = 1, {} return a" .. link:rep(deep and 150 or 20000))
  io.write(both(f) and "ok " or link)
end
for _, link in ipairs{".t", "[1]", "()", "{}", ":m()"} do
  local f = load("local t = setmetatable({}, {__call = function(t) return t end}) " ..
    "t.t = t t[1] = t t.m = t return #t" .. link:rep(2000))
  io.write(both(f) and "ok " or link)
end
for _, n in ipairs{{150, "return", "(", ")"}, {150, "return", "{", "}"}, {150, "return", "-", ""},
    {150, "return", "not", ""}, {60, "return", "function() return", "end"}, {60, "return", "f(", ")"},
    {30, "return", "(a and {b == (", ")})"}, {150, "", "do", "end"}, {150, "", "if x then", "end"},
    {150, "", "while x do", "end"}, {150, "", "repeat", "until 1"}} do
  local count, first, from, to = unpack(n)
  io.write(both(load("local a, b, f = 1, 2, type " .. first .. (" " .. from):rep(count) ..
    (first == "" and "" or " 1") .. (" " .. to):rep(count))) and "ok " or from)
end
LUA
expect "chains and nesting" 0 "$(printf 'ok %.0s' {1..25})" "" small 'dofile "chains.lua"'
