# SPDX-License-Identifier: MIT
# moonlet -d: the debugger, forwards and backwards.
. "$LIB"

cat >prog.lua <<'LUA'
local function fact(n)
  if n <= 1 then
    return 1
  end
  local r = n * fact(n - 1)
  return r
end

total = 0
for i = 1, 5 do
  local f = fact(i)
  total = total + f
end
t = {x = {1, 2, 3}}
t.x[2] = 5
local co = coroutine.wrap(function(a)
  local b = a + 1
  coroutine.yield(b)
  total = -1
  return b
end)
co(1)
co()
error("at the end")
LUA

# debug NAME EXPECTED command...: the last line that is no prompt's and no mark's is as expected
debug()
{
    local name=$1 expected=$2
    shift 2
    # shellcheck disable=SC2016
    expect "$name" 0 "$expected" "" bash -c 'program=$1; shift
        printf "%s\n" "$@" | "$program" -d prog.lua 2>/dev/null | sed "/^(moonlet) /d" | tail -1' - "$MOONLET" "$@"
}
at() { printf '>%5d  %s' "$1" "$(sed -n "$1p" prog.lua)"; }

debug "it begins where it has failed" "$(at 24)"
debug "the frames there" "#1  main chunk at prog.lua:24  <--" bt
debug "back" "$(at 24)" rs
debug "and back into a coroutine" "$(at 19)" rs rs rs
debug "over it" "$(at 22)" rs rn rn
debug "the beginning" "$(at 7)" r
debug "next goes over calls" "$(at 12)" r n n n n
debug "step goes into them" "$(at 2)" r s s s s
debug "finish" "$(at 12)" r s s s s fin
debug "and back to the call" "$(at 11)" r s s s s rfin
debug "a break" "$(at 3)" r "b 3" c
debug "with a condition" "5" r "b 12 if i == 5" c "p i"
debug "backwards" "3" "b prog.lua:12 if i == 3" rc "p i"
debug "of a function" "$(at 2)" r n "b fact" c
debug "of a local function, from within it" "break 2 at prog.lua:1 (function)" r "b 3" c "b fact"
debug "at each so many hits" "5" r "b 12 hits % 5" c "p i"
# shellcheck disable=SC2016
expect "some text instead" 0 "break 1: f is 24
the end: 5" "" bash -c 'printf "%s\n" r "b 12 hits >= 4 if f < 100 log f is {f}" "b 12 if i == 5" c "p \"the end: \" .. i" |
    "$0" -d prog.lua 2>/dev/null | grep -o "break 1: f.*\|the end: 5"' "$MOONLET"
debug "a line without code" "break 1 at prog.lua:5" r "b 4"
debug "a line behind the last" "there is no code at line 99 of prog.lua or behind it" r "b 99"
debug "a condition that is none" "'i ==' is no expression" r "b 12 if i =="
debug "what ends too early" "(debugger):1: unexpected symbol near <eof>" r "p 1 +"
debug "hits go on in another future" "  hit 5 times up to here" r "b 12" c c c "set total = 100" c c "i b"
debug "and are as many as before when it is left" "  hit 3 times up to here" \
    r "b 12" c c c "set total = 100" c c rc rc rc rn n "i b"
debug "hits are counted" "  hit 2 times up to here" r "b 3" c c "info b"
debug "and not more when one has gone back" "  hit 1 times up to here" r "b 3" c c rc "info b"
debug "and no more of it" "$(at 24)" r "b 3" "d 1" c
debug "an empty line repeats" "$(at 11)" r n n ""
debug "locals" "fact = function (n) prog.lua:1 (upvalue)" r "b 3" c "info l"
debug "a frame further up" "2" r "b 3" c c up "p n"
debug "frames have numbers" "$(at 11)" r "b 3" c c "f 2"
debug "values" '{x = {1, 5, 3}}' rs rs "p t"
debug "looking changes nothing" "153" rs rs rs "p (function() total = 0 return total end)()" "p total"
debug "an expression that fails" "(debugger):1: attempt to index global 'nothing' (a nil value)" "p nothing.x"
debug "who wrote a global" "$(at 12)" rs rs rs "watch total"
debug "who wrote a global, from the end" "$(at 19)" "watch total"
debug "who wrote a field" "$(at 15)" rs "watch t.x[2]"
debug "who wrote a local" "$(at 5)" r "b 6" c c "watch r"
debug "who wrote a captured variable" "$(at 9)" r "b 12" c "watch total"
debug "a variable is changed for real" "106" r "b 12 if i == 3" c "set total = 100" "b 12 if i == 4" c "p total"
debug "and back to before that" "$(at 12)" r "b 12 if i == 3" c "set total = 100" n n rn rn rn
debug "where it was another" "3" r "b 12 if i == 3" c "set total = 100" n n rn rn rn "p total"
debug "the first future is still there" "9" r "b 12 if i == 3" c "set total = 100" n n rn rn rn n "p total"
debug "a field is changed" "{x = {1, 7, 3}}" r "b 16" c "set t.x[2] = 7" n "p t"
debug "what cannot be changed" "there is no such table" r n n "set nothing.x = 1"
debug "what was always so" "print has been so from the beginning" rs "watch print"
debug "when something is first true" "33" "when total > 30" "p total"
debug "when it never is" "total > 1000: true before none of the 70 lines that were looked at" "when total > 1000"
cat >caught.lua <<'LUA'
local function f(n)
  local twice = n * 2
  if n == 3 then error("three", 0) end
  return twice
end
for i = 1, 6 do
  n = i
  pcall(f, i)
end
pcall(nil)
LUA
# caught NAME EXPECTED command...: the same of that program
caught()
{
    local name=$1 expected=$2
    shift 2
    # shellcheck disable=SC2016
    expect "$name" 0 "$expected" "" bash -c 'program=$1; shift
        printf "%s\n" "$@" | "$program" -d caught.lua 2>/dev/null | sed "/^(moonlet) /d" | tail -1' - "$MOONLET" "$@"
}
caught "an error that is caught" '>    3    if n == 3 then error("three", 0) end' catch c
caught "its frame" "6" catch c "p twice"
caught "the next one" ">   10  pcall(nil)" catch c c
caught "and back to it" "6" catch c c rc "p twice"
caught "under a condition" ">   10  pcall(nil)" "catch if n ~= 3" c
caught "it is a break" "break 1 at errors that are caught if n ~= 3" "catch if n ~= 3" "i b"
caught "and no more of it" "the end: the program returned" catch "d 1" c
caught "who wrote what is seen there" ">    7    n = i" catch c "watch _G.n"
caught "a variable of another call is another one" "n has been so since its function was entered" catch c "watch n"
caught "nothing is changed there" "an error is on its way: nothing can be changed here" catch c "set n = 1"

cat >lines.lua <<'LUA'
local function g(x) return x end
local a, b, c = 1, 2, 3
local r = g(a) +
  g(b) +
  g(c)
print(r)
local s = a * 2 +
  b * 3
print(s)
for i = 1, 2 do
  b = b + 1
  c = c + b
end
print(b, c)
LUA
# lines NAME EXPECTED command...: the lines that are come to, and what the program says, in a row
lines()
{
    local name=$1 expected=$2
    shift 2
    # shellcheck disable=SC2016
    expect "$name" 0 "$expected" "" bash -c 'program=$1; shift
        printf "%s\n" "$@" | "$program" -d lines.lua 2>/dev/null | sed -n "
            s/^> *\([0-9]*\)  .*/\1/p; t; /^[0-9][^:]*$/p" | tr "\t\n" "  "' - "$MOONLET" "$@"
}
middle="in the middle of an expression" # and more, with a colon
lines "the lines after a change" \
    "6 8 4 10 1 1 6 20 6 62 22 46 7 8 7 9 10 11 12 10 11 12 10 14 " r "b 6" c "set b = 20" n n n n n n n n n n n n n
cat >before.lua <<'LUA'
local function f() end
x = 1
local y = 2
x = y
z = x
LUA
cp lines.lua lines.sav && cp before.lua lines.lua
lines "lines that begin with what they take" "1 1 2 7 7 3 1 4 9 9 5 9 4 4 3 2 2 1 " \
    r s "set x = 7" "p x" n "p x" n "set y = 9" "p y" n "p x" rs rs rs rs rs rs
mv lines.sav lines.lua
lines "and back over them" "6 8 4 10 1 1 6 20 6 62 22 46 7 8 7 8 7 6 6 4 " r "b 6" c "set b = 20" n n n rn rn rn rn rn
# shellcheck disable=SC2016
expect "no change in the middle of an expression" 0 "$middle: nothing can be changed before its line ends
2" "" bash -c 'printf "r\nn\nn\nn\nn\nset b = 5\np b\nq\n" | "$0" -d lines.lua | sed "/^(moonlet)/d" | tail -2' "$MOONLET"

# functions that a replay compiles again, as it begins before they were loaded; fields of what a local
# variable holds, written by others
cat >part.lua <<'LUA'
local M = {}
function M.turn(t, n)
  for i = 1, n do
    local x = i
  end
  t.x = n
end
function M.all()
  local t, a = {x = 0}, 1
  M.turn(t, 3000)
  a = a + 1
  M.turn(t, 20000)
  return t, a
end
return M
LUA
cat >lines.lua <<'LUA'
for i = 1, 10000 do end
local part = require "part"
local t, a = part.all()
LUA
lines "back over calls in what was loaded" "1 13 12 11 10 9 3 " "b part.lua:13" c rn rn rn rn rn q
lines "a variable of it" "1 13 11 9 " "b part.lua:13" c "wa a" "wa a" q
lines "a field of what it holds" "1 13 6 12 6 " "b part.lua:13" c "wa t.x" rfin "wa t.x" q

debug "a break in this file" "break 1 at prog.lua:3" r "b :3"
debug "an expression that is missing" "when takes an expression: when #queue > 100" when
debug "a value that is missing" "set takes a variable and a value: set t.x[3] = 5" r "set total = "
debug "a frame that is no number" "frame takes a number: backtrace has them" "f x"
debug "no such command" "no command 'xyzzy': help lists them" xyzzy

expect "what the program writes comes first" 0 "1
recorded: 2 steps
say.lua:1
>    1  print(1)
(moonlet) q" "" bash -c 'echo "print(1)" >say.lua; echo q | "$0" -d say.lua' "$MOONLET"
"$MOONLET" --record=run.rec prog.lua 2>/dev/null
# shellcheck disable=SC2016
expect "what a terminal would obey is shown" 0 ">    1  local a = 1 --	\\27[2J" "" bash -c \
    'printf "local a = 1 --\t\033[2J\n" >control.lua; printf "r\nq\n" | "$0" -d control.lua | grep -a ">  " | head -1' \
    "$MOONLET"

# shellcheck disable=SC2016
expect "a recording is debugged" 0 "153" "" bash -c \
    'printf "rs\nrs\nrs\np total\nq\n" | "$0" -d run.rec | tail -2 | head -1' "$MOONLET"
printf 'for i = 1, 10 do n = i end\nos.exit(3)\n' >exit.lua
# shellcheck disable=SC2016
expect "a program that ends the process" 0 "10" "" bash -c \
    'printf "e\nrs\np n\nq\n" | "$0" -d exit.lua | tail -2 | head -1' "$MOONLET"
echo 'local n = 0 while true do n = n + 1 end' >ever.lua
# shellcheck disable=SC2016
expect "Ctrl-C ends the recording" 0 "true" "" bash -c \
    'printf "e\nrs\np n > 10\nq\n" >in; timeout --foreground -s INT -k 9 1 "$0" -d ever.lua <in 2>/dev/null | tail -2 | head -1' "$MOONLET"

debug "several steps at once" "$(at 2)" r "s 4"
debug "several over calls, and back" "$(at 11)" r "n 4" "rn 2" n
debug "not beyond a break" "$(at 3)" r "b 3" "n 100"
debug "several breaks" "4" r "b 12" "c 4" "p i"
debug "several frames up" "3" r "b 3" "c 3" "u 2" "p n"
debug "several frames down" "1" r "b 3" "c 3" "u 2" "do 2" "p n"
debug "how often is a number" "this takes how many times: 3" r "s x"
debug "but not 0" "this takes how many times: 3" r "rs 0"

# what a search or another future would do for long, Ctrl-C ends, and nothing else
printf 'for i = 1, 20000 do\n  n = i\nend\n' >long.lua
# shellcheck disable=SC2016
expect "Ctrl-C ends a search" 0 "interrupted 42 " "" bash -c '{ echo "wh (function() for i = 1, 1e6 do end end)()"
    sleep 1; echo "p 6 * 7"; } | timeout --foreground -s INT -k 20 0.7 "$0" -d long.lua 2>/dev/null |
    grep -x "interrupted\|42" | tr "\n" " "' "$MOONLET"
debug "what never ends is asked once" "2" "wh (function() while true do end end)()" "p 1 + 1"
echo 'local x = 1 while x < 3 do x = x + 1 end' >turns.lua
# shellcheck disable=SC2016
expect "Ctrl-C ends another future" 0 "interrupted 42 " "" bash -c '{ printf "r\ns\nset x = -1e15\nc\n"
    sleep 1; echo "p 6 * 7"; } | timeout --foreground -s INT -k 20 0.7 "$0" -d turns.lua 2>/dev/null |
    grep -x "interrupted\|42" | tr "\n" " "' "$MOONLET"

# errors that are no texts, as lua says them
for error in '{}' 'setmetatable({}, {__tostring = function() return "so" end})' 'nil' '7' 'print'; do
    echo "error($error)" >thing.lua
    # shellcheck disable=SC2016
    expect "error($error) is said" 0 "as lua" "" bash -c '
        lua5.2 thing.lua 2>&1 | head -1 | sed "s/^lua5.2: //" >by_lua
        echo q | "$0" -d thing.lua 2>&1 >/dev/null | head -1 | sed "s/^[^ ]*moonlet: //" >by_moonlet
        diff by_lua by_moonlet && echo as lua' "$MOONLET"
done

# at a terminal: with its prompt, and a history
command -v script >/dev/null || exit 0
# shellcheck disable=SC2016
expect "at a terminal" 0 "153" "" bash -c \
    'for line in rs rs rs "p total" q; do sleep 0.3; printf "%s\n" "$line"; done |
        TERM=dumb timeout 30 script -qefc "$0 -d prog.lua" /dev/null | tr -d "\r" | grep -x 153' "$MOONLET"
