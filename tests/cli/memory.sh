#!/bin/bash
# SPDX-License-Identifier: MIT
# Programs that use up all memory there is: the error is theirs to catch, and the run goes on.
. "$LIB"
gives_back || exit 0

# check NAME CODE TEXT: the code is 0; else the text says what has come.
check()
{
    if [ "$2" = 0 ]; then
        echo "ok - $1"
    else
        echo "not ok - $1"
        printf '    %q\n' "$3"
    fi
}

within() { (ulimit -v "$1" && shift && GC_MARKERS=1 timeout 120 "$MOONLET" "$@"); }

# How a program may come to want more: each in a call that fails, after which all is well.
ways=(
    'local t = {} for i = 1, 1e9 do t[i] = i end'
    'local t = {} for i = 1, 1e9 do t[i] = {} end'
    'local s = "x" while true do s = s .. s end'
    'return #("x"):rep(2 ^ 30)'
    'local t = {} while true do t[#t + 1] = setmetatable({}, {__gc = type}) end'
    'local t, m = {}, {__gc = type} while true do t[#t + 1] = setmetatable({}, m) end'
    'local w, t = setmetatable({}, {__mode = "k"}), {} while true do local k = {} t[#t + 1] = k w[k] = {} end'
    'local w, t = setmetatable({}, {__mode = "v"}), {} while true do local k = {} t[#t + 1] = k w[#w + 1] = k end'
    'local t = {} while true do t[#t + 1] = setmetatable({{}}, {__mode = "v"}) end'
    'local s, t = require "state", {} while true do t[#t + 1] = s.snapshot() x = (x or 0) + 1 end'
    'local s, t = require "state", {} while true do t[#t + 1] = {s.snapshot()} end'
    'local s, t = require "state", {} local function f() local u = {} for i = 1, 1000 do u[i] = {} end return u end while true do t[#t + 1] = s.fork(f) end'
    'local t = {} while true do t[#t + 1] = load("return function() return {" .. #t .. "} end") end'
    'local t = {} while true do t[#t + 1] = coroutine.create(function() coroutine.yield(t) end) end'
)
# way LIMIT WAY
way()
{
    got=$(within "$1" -e "
        print(pcall(function() $2 end))
        local t = {}
        for k = 1, 10000 do t[k] = {k} end
        print(#t, t[10000][1])" 2>&1)
    [ "$got" = $'false\tnot enough memory\n10000\t10000' ]
    check "caught, and the run goes on, with $1 KB: $2" $? "$got"
}
for w in "${ways[@]}"; do way 50000 "$w"; done
# The larger the heap, the more it takes to look through it.
way 300000 "${ways[4]}"
way 300000 "${ways[9]}"
way 300000 "${ways[11]}"

# Straight-line code, which makes no step where it might be stopped: it fills tables, concatenates,
# makes functions; the last one makes each of many tables larger, by as much as goes in a reserve.
for code in 't[#t + 1] = x .. #t ' 't[#t + 0.5] = 1 t[#t + 1] = 1 ' \
            't[#t + 1] = function() return x end ' 'tables[N][1025] = 1 '; do
    got=$(within 100000 -e '
tables, t, x = {}, {}, ("x"):rep(900)
local code, n = ("'"$code"'"):rep(5000), 0
code = code:gsub("N", function() n = n + 1 return n end)
for i = 1, n do local u = {} for k = 1, 1024 do u[k] = k end tables[i] = u end
local f, hoard = assert(load(code)), {}
pcall(function() while true do hoard[#hoard + 1] = ("y"):rep(900) end end)
for i = 1, #hoard / 10 do hoard[i] = nil end
local ok, e = pcall(f)
hoard, t = nil, {}
for i = 1, 10000 do t[i] = {} end
print(ok or e == "not enough memory", #t)' 2>&1)
    [ "$got" = $'true\t10000' ]
    check "straight-line code is stopped: $code" $? "$got"
done

got=$(within 50000 -e 'print(pcall(function() local t = {} for i = 1, 1e9 do t[i] = {} end end))
print(2 ^ 0.5, math.sin(1))' 2>&1)
[ "$got" = $'false\tnot enough memory\n1.4142135623731\t0.8414709848079' ]
check "the C library's functions can still be opened" $? "$got"

got=$(within 100000 -e 'local t = {} for i = 1, 1e9 do t[i] = {} end' 2>&1)
[[ $? = 1 && $got == *"moonlet: not enough memory"* ]]
check "uncaught, it ends the program as any error" $? "$got"

# What is dropped is found again, also when hardly anything was allocated since.
got=$(within 200000 -e '
local t = {} for i = 1, 2e6 do t[i] = {} end
t = nil
for i = 1, 20 do t = {} for k = 1, 1e5 do t[k] = {k} end end
print(#t)' 2>&1)
[ "$got" = 100000 ]
check "what has been dropped can be used again" $? "$got"

# The collector's own limit is as good.
got=$(GC_MAXIMUM_HEAP_SIZE=50000000 timeout 120 "$MOONLET" -e '
print(pcall(function() local t = {} for i = 1, 1e9 do t[i] = {} end end))' 2>&1)
[ "$got" = $'false\tnot enough memory' ]
check "a bound of the heap is an error, too" $? "$got"

got=$(within 100000 -e '
local state = require "state" local list = {} for i = 1, 6 do list[i] = i end
local results, errors = state.map(function(i)
  local t = {} for k = 1, i % 2 == 0 and 10 or 1e9 do t[k] = {} end return #t end, list,
  {threads = 2})
local bad = 0
for i = 1, 6, 2 do bad = bad + (errors[i] == "not enough memory" and 1 or 0) end
print(results[1], bad)' 2>&1)
[ "$got" = $'false\t3' ]
check "in the items of a map it is the error of the item" $? "$got"
