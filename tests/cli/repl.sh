# SPDX-License-Identifier: MIT
# The interactive mode at a terminal: lines taken back, branches, values with contents,
# completion, the history. In a pipe it is lua's.
. "$LIB"

printf 'x = 1\n:undo\n:help\n1 + 1\nx\n=x\n' >.stdin
for program in "$MOONLET" lua5.2; do
    XDG_STATE_HOME=$WORK/state "$program" -i <.stdin 2>&1 | sed 1d >".${program##*/}"
done
expect "a pipe has no commands and no expressions" 0 "" "" diff .lua5.2 ".${MOONLET##*/}"
expect "a pipe leaves no history" 1 "" "" test -e state

command -v script >/dev/null || exit 0
export XDG_STATE_HOME=$WORK/state

# Waits until there is more than was seen, and it ends in a prompt; or ten seconds.
prompted()
{
    local tries=${PROMPT_TRIES:-300} size
    while [ $((tries -= 1)) != 0 ]; do
        size=$(stat -c %s .shown 2>/dev/null || echo 0)
        if [ "$size" -gt "$seen" ] && [ "$(tail -c 2 .shown)" = "> " ]; then break; fi
        sleep 0.03
    done
    seen=$(stat -c %s .shown)
}

# transcript argument...: what a terminal shows when the lines of .typed are typed, each after
# the prompt that comes when the one before is done: in .got, from the first prompt to the last.
transcript()
{
    local line seen=0
    rm -f .shown
    {
        while IFS= read -r line; do
            prompted
            printf '%s\n' "$line"
        done <.typed
        prompted
        cp .shown .got
        printf '\004'
    } | TERM=dumb timeout 100 script -qefc "${BEFORE-}$MOONLET $*" .shown >/dev/null
    sed -i -e 's/\r//g' -e '1,/:help says/d' .got
    sed -i -e '$s/> $//' .got
}

# session NAME argument...: standard input is what the terminal is to show in a session; its
# lines that begin with a prompt are typed.
session()
{
    local name=$1
    cat >.wanted
    sed -n 's/^>>\{0,1\} //p' .wanted >.typed
    shift
    transcript "$@"
    if cmp -s .wanted .got; then
        echo "ok - $name"
    else
        echo "not ok - $name"
        diff .wanted .got | sed 's/^/    /'
    fi
}

session "lines are taken back and done again" <<'END'
> x = 1
> x = 2
> :undo
at 1: x = 1
> x
1
> :redo
at 2: x = 2
> x
2
> :redo
there is nothing to redo
at 2: x = 2
> :undo 5
there is nothing before
at 0: (the beginning)
> x
nil
END
session "what only looks is no state" <<'END'
> x = 1
> x
1
> =x, nil
1	nil
> 
> for i = 1, 3 do local t = {i} end
> :undo
at 0: (the beginning)
END
session "all of a world is taken back" <<'END'
> t = {1}
> do local n = 0 function f() n = n + 1 return n end end
> c = coroutine.wrap(function() for i = 1, 9 do coroutine.yield(i) end end)
> f(), c(), math.random() == 0
1	1	false
> r = math.random()
> f(), c()
2	2
> t[2] = f() + c()
> t = nil c = nil f = nil
> :undo 4
at 4: f(), c(), math.random() == 0
> f(), c(), #t
2	2	1
> s = math.random()
> :go 5
at 5: r = math.random()
> u = r
> :history all
    0  (the beginning)
    1  t = {1}
    2  do local n = 0 function f() n = n + 1 return n end end
    3  c = coroutine.wrap(function() for i = 1, 9 do coroutine.yiel...
    4  f(), c(), math.random() == 0
    5  r = math.random()
    6  f(), c()
    7  t[2] = f() + c()
    8  t = nil c = nil f = nil
    9  f(), c(), #t  (after 4)
   10  s = math.random()
*  11  u = r  <main>  (after 5)
> :go 10
at 10: s = math.random()
> :undo 2
at 4: f(), c(), math.random() == 0
> s = math.random()
> :go 5
at 5: r = math.random()
> r0 = r
> :branch b
on branch b
> string.format("%.6f", r) == string.format("%.6f", r0)
true
END
session "random numbers are drawn again" <<'END'
> a = math.random()
> state = require "state"
> file = io.open("number", "w") file:write(a) file:close()
> :undo 3
at 0: (the beginning)
> a = math.random()
> tostring(a) == io.open("number"):read("*a")
true
END
session "a failed line has done what it has done, and is taken back" <<'END'
> x = 1
> x = 2 error("no", 0)
no
stack traceback:
	[C]: in function 'error'
	stdin:1: in main chunk
	[C]: in ?
> x
2
> x = = 3
stdin:1: unexpected symbol near '='
> :history
    0  (the beginning)
    1  x = 1
*   2  x = 2 error("no", 0)  (failed)  <main>
> :undo
at 1: x = 1
> x
1
END
session "branches go on side by side" <<'END'
> x = 1
> :branch b
on branch b
> x = 2
> :go main
at 1: x = 1
> x
1
> y = 3
> :branch
*   3  y = 3  <main>
    2  x = 2  <b>
> :go b
at 2: x = 2
> x, y
2	nil
> :history
    0  (the beginning)
    1  x = 1
*   2  x = 2  <b>
1 more elsewhere: :history all
> :go 1
at 1: x = 1
> z = x
> :history all
    0  (the beginning)
    1  x = 1
    2  x = 2
    3  y = 3  <main>  (after 1)
*   4  z = x  <b>  (after 1)
> :history 1
   ...
*   4  z = x  <b>
2 more elsewhere: :history all
END
session "names and numbers that are wrong" <<'END'
> :go nobody
there is no frame or branch 'nobody': see :history all
> :branch main
there is such a branch, or it is no name for one: 'main'
> :branch 7
there is such a branch, or it is no name for one: '7'
> :undo x
it takes a number above 0, not 'x'
> :redo -1
it takes a number above 0, not '-1'
> :foo
there is no command :foo, or there are several that begin so: see :help
> :h
there is no command :h, or there are several that begin so: see :help
> : x
stdin:1: unexpected symbol near ':'
> ::label::
> :go 99999999999999999999999999
there is no frame or branch '99999999999999999999999999': see :history all
> :save
it takes the name of a file
> :doc
it takes a name: :doc string.rep
> :doc nothing.at.all
nothing is known of 'nothing.at.all'
> :diff 0 99
there is no such frame: see :history
> :more
all of it has been shown
END
session "differences" <<'END'
> t = {a = 1, f = function() return 1 end}
> t.a = 2 y = "s\0"
> :diff
+ _G.y: "s\0"
! _G.t.a: 1 -> 2
> :diff 0
+ _G.t: table
+ _G.y: "s\0"
> :diff 2 1
- _G.y: "s\0"
! _G.t.a: 2 -> 1
> :diff 1 1
no difference
> t.f = function() return 2 end
> :diff
! _G.t.f: other code
> :branch b
on branch b
> debug.setmetatable(0, {__index = math})
0
> :diff main b
+ metatable of number: table
> ({["\27[m"] = 1})
{["\27[m"] = 1}
> t["\27[m"] = 1
> :diff
+ _G.t["\027[m"]: 1
END
"$MOONLET" --save=old.img -e 'y = "old"'
session "a state in a file" <<'END'
> x = 2
> c = coroutine.wrap(function() coroutine.yield(1) coroutine.yield(2) end)
> c()
1
> :save no/w.img
cannot write no/w.img: No such file or directory
> :load no.img
cannot load no.img: cannot open no.img: No such file or directory
> x = 7
> :load old.img
at 5: :load old.img
> x, y, c
nil	"old"	nil
> y = "new"
> :undo
at 5: :load old.img
> y
"old"
> :undo
at 4: x = 7
> x, c()
7	2
END
lines() { typed "$1" "$2" "> " "$3"'print("al".."l")\n' "all" '\004' "^D" ""; }
lines "saving says how much" "*:save w.img*saved * bytes*" 'x = 2\nfunction f() return x end\n:save w.img\n'
expect "what is saved is an image" 0 "2" "" "$MOONLET" --load=w.img -e 'print(f())'
"$MOONLET" --save=paused.img --steps=1000 -e 'while true do end' 2>/dev/null
session "a paused program is not loaded" <<'END'
> :load paused.img
a program is paused in paused.img: it goes on with moonlet --load=paused.img
> :load w.img
at 1: :load w.img
> f()
2
END
session "a session beside a paused program" --load=paused.img -i <<'END'
> x = 1
> x = 2
> :undo
at 1: x = 1
> x
1
END
session "a session that is saved" -i --save=end.img <<'END'
> x = 1
> x = 2
> :undo
at 1: x = 1
END
expect "it is saved where it has gone" 0 "1" "" "$MOONLET" --load=end.img -e 'print(x)'

session "as many states as one wants" --undo=3 <<'END'
> x = 1
> x = 2
> x = 3
> x = 4
> :undo 9
there is nothing before
at 2: x = 2
> :history all
*   2  x = 2  <main>
    3  x = 3
    4  x = 4
END
session "what a branch names stays" --undo=1 <<'END'
> x = 1
> :branch b
on branch b
> x = 2
> x = 3
> :go main
at 1: x = 1
> x
1
END

# A state that has been undone keeps memory until there is need of it.
# Small blocks only: a large one may fail while there is still some memory for others.
if gives_back; then
    # To fill the memory takes seconds, and on a busy machine many more than other lines may.
    PROMPT_TRIES=3000 BEFORE='ulimit -v 400000; ' session "states go when there is no memory" <<'END'
> x = 1
> t = nil while true do t = {t} end
not enough memory
> :undo
at 1: x = 1
> t = nil while true do t = {t} end
not enough memory
for want of memory 1 states are no longer kept
> :undo
at 1: x = 1
> t = {} for i = 1, 1e5 do t[i] = {i} end
> #t
100000
> :undo 9
there is nothing before
at 0: (the beginning)
END
fi

# Values.
session "tables" <<'END'
> {1, "two", {3}, a = true, ["b c"] = nil, [2.5] = {}, [{}] = 0/0 == 0}
{1, "two", {3}, [2.5] = {}, a = true, [a table] = false}
> {[1] = "a", [2] = "b", v = 1, w = 2, x = 3, y = 4, z = 5}
{"a", "b", v = 1, w = 2, x = 3, y = 4, z = 5}
> t = {1, nil, 3, n = 3} for i = 9, 5, -1 do t[i] = i end
> t
{1, [3] = 3, [5] = 5, [6] = 6, [7] = 7, [8] = 8, [9] = 9, n = 3}
> t[2] = 2 t[4] = 4 t[1000] = true
> t
{1, 2, 3, 4, 5, 6, 7, 8, 9, [1000] = true, n = 3}
> {}
{}
> {{1,2,3,4,5,6,7,8,9,10,11,12,13}, nil, 3}
{{... 13 entries}, [3] = 3}
> {a = {b = {c = {d = {e = {f = {g = 1}, h = {}}}}}}}
{a = {b = {c = {d = {e = {f = {...}, h = {}}}}}}}
> s = string.rep("x", 30)
> {s, {s, s, x = {s, s}}, s, s, name = s}
{
  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
  {
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    x = {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"},
  },
  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
  name = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
}
END
session "cycles" <<'END'
> t = {n = {m = {}}} t.n.m[1] = t.n t.n.m._ = t
> t
{n = {m = {<the table at n>, _ = <the table itself>}}}
> {{t}}
{{{n = {m = {<the table at [1][1].n>, _ = <the table at [1][1]>}}}}}
END

session "strings are quoted, and no terminal obeys them" <<'END'
> "a\n\27[31m\"\\\0001\r\195\169\255\194\155\226\128\174"
"a\n\27[31m\"\\\0001\ré\255\194\155\226\128\174"
> {["\27]0;x\7"] = "\8"}
{["\27]0;x\a"] = "\b"}
> setmetatable({}, {__tostring = function() return "\27[31mred" end})
\27[31mred
> load("", "=\27[31m")
chunk (...) \27[31m
> {string.rep("\195\169", 100)}
{"éééééééééééééééééééééééééééééé"... (140 bytes more)}
END
session "functions and coroutines have their place" <<'END'
> function f(a, b, ...) end
> f, print, ("x").rep
function (a, b, ...) stdin:1	function print [C]	function string.rep [C]
> c = coroutine.create(function() coroutine.yield() end)
> c
coroutine not begun
> coroutine.resume(c)
true
> c, coroutine.running()
coroutine suspended at stdin:1	coroutine running	true
> coroutine.resume(c)
true
> c
coroutine dead
> setmetatable({1}, {__index = f, __add = f})
{1} <metatable: __add, __index>
> debug.setmetatable(true, {__tostring = function() return 1 end})
true
> {io.stdout} ~= nil, io.type(io.stdout)
true	"file"
END
session "looking changes nothing" <<'END'
> n = 0
> t = setmetatable({}, {__tostring = function() n = n + 1 return "t" .. n end})
> t, {t, t}
t1	{t1, t2}
> n
0
> setmetatable({}, {__tostring = error})
table whose __tostring fails
> setmetatable({}, {__tostring = function() return {} end})
table whose __tostring fails
END
session "long tables come in parts" <<'END'
> t = {} for i = 1, 85 do t[i] = i end t.x = 1
> t
{
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
  22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
  ... 46 more, see :more
}
> :more
{
  41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59,
  60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78,
  79, 80,
  ... 6 more, see :more
}
> t[81] = "changed"
> :more
{
  81, 82, 83, 84, 85,
  x = 1,
}
> :more
all of it has been shown
END
session "a print of one's own shows" <<'END'
> print0 = print
> print = function(...) n = (n or 0) + 1 print0("<", ...) end
> 1, nil
<	1	nil
> n
<	1
> print = nil
> 5
error calling 'print' (attempt to call a nil value)
> print = print0
> n
2
END
session "chunks of several lines" <<'END'
> function f(x)
>>   return x,
>>     2
>> end
> f(
>>   {
>>   1 }
>> )
{1}	2
> {
>> }
{}
> x = 
>> 3
> 1 +
>> x
4
> return x, -- a comment
>> x
3	3
END

printf -- '-- no part of it\n\n-- Adds one\033[m.\n  -- To a number.\nfunction inc(x) return x + 1 end\nfunction plain() end\n' >f.lua
session "what :doc tells" <<'END'
> dofile("f.lua")
> :doc inc
-- Adds one\27[m.
-- To a number.
function (x) f.lua:5
> :doc plain
function () f.lua:6
> :doc string.rep
string.rep(s, n [, sep])
  n times s, with sep between.
> :doc s.rep
nothing is known of 's.rep'
> s = "x"
> :doc s:rep
string.rep(s, n [, sep])
  n times s, with sep between.
> :doc io.stdout:write
file:write(...)
  Writes strings and numbers; gives the file.
> :doc s string.len nothing
"x"
string.len(s)
  The number of bytes.
nothing is known of 'nothing'
> os.remove("f.lua")
true
> :doc inc
function (x) f.lua:5
END
lines ":time runs a line" "*:time x = 1 for i = 1, 1000 do end*s, 100[0-9] steps, * KB allocated*> x*1*" \
    ':time x = 1 for i = 1, 1000 do end\nx\n'
lines ":time of what fails" "*stdin:1: no*s, * steps*" ':time error("no")\n'
lines ":help names all" "*:undo*:redo*:history*:branch*:go*:diff*:save*:load*:time*:doc*:more*:quit*" ':help\n'
lines ":quit ends" "*:quit*" ':quit\n'

# Every function of the libraries has a line in the table.
functions=$("$MOONLET" -e 'require "state"
    for name, library in pairs(package.loaded) do
        for k, f in pairs(library) do
            if type(f) == "function" then print((name == "_G" and "" or name .. ".") .. k) end
        end
    end
    for k in pairs(getmetatable(io.stdout)) do
        if k:sub(1, 2) ~= "__" then print("io.stdout:" .. k) end
    end' | grep -v '^_G[.]' | sort -u)
{
    echo 'state = require "state"'
    echo "$functions" | xargs -n 5 echo :doc
} >.typed
transcript
expect "no function is unknown" 1 "" "" grep -e "nothing is known" -e '\[C\]' .got
expect "each has lines of its own" 0 "$(wc -w <<<"$functions")" "" grep -c '^  [^ ]' .got

# Keys. libedit shows them in its own ways: what is looked at is what is answered.
keys() { typed "$1" "$2" "> " "$3" "$4" '\004' "^D" ""; }
keys "Tab completes globals" '*"abab"*' 'stri\t.re\tp("ab", 2)\n' '"abab"'
keys "Tab completes fields" '*3.14*' 'math.p\ti\n' '3.14'
keys "Tab completes methods" '*"X"*' '("x"):upper()\ns = "x"\ns:up\t()\n' '"X"'
keys "Tab completes by __index" '*42*' 't = setmetatable({}, {__index = {answer = 6 * 7}})\nt.ans\t\n' '42'
keys "Tab runs nothing" '*nil*on*' 't = setmetatable({}, {__index = function() x = 1 end})\nt.a\t\n=x, "o" .. "n"\n' '"on"'
keys "Tab completes commands" '*(the beginning)*' ':hist\t\n' 'beginning'
typed "Tab shows what there may be" '*rep      reverse*' "> " 'string.re\t' 'reverse' '\003' "^C" '\004' \
    "^D" ""
keys "Tab at the beginning is a tab" '*"xy"*' '\t"x" .. "y"\n' '"xy"'
typed "Ctrl-C drops what is typed" '*7*' "> " 'while true do\n' ">> " '\003' "^C" '7\n' "7" '\004' "^D" ""
typed "Ctrl-C stops a line, which is taken back" '*interrupted!*n > 0*true*at 1: n = 0*' \
    "> " 'n = 0\nwhile true do n = n + 1 end\n' "do n" '\003' "main chunk" 'n > 0\n' "true" ':undo\n' \
    "at 1" '\004' "^D" ""

# The history.
rm -rf state
keys "a session" "*" 'kept = 5\n' '>'
expect "is in the history" 0 "kept = 5" "" cat state/moonlet/history
expect "which is its owner's alone" 0 "600 700" "" bash -c 'echo $(stat -c %a state/moonlet/history state/moonlet)'
keys "a later one has it" "*6*" '\020\nkept + 1\n' '6'
head -c 3000000 /dev/urandom >state/moonlet/history
printf '\nlast = 8\n\033[31m\n' >>state/moonlet/history
keys "a file of anything does no harm" "*9*" '\020\nlast + 1\n' '9'
rm -f state/moonlet/history
mkdir state/moonlet/history
keys "nor does one that is none" "*9*" '3 * 3\n' '9'
rmdir state/moonlet/history
for i in $(seq 100000); do echo "x$i = 'a line of some length, of which there are very many'"; done >state/moonlet/history
keys "one that is long is cut" "*9*" '3 * 3\n' '9'
expect "to its last lines" 0 "1001" "" bash -c 'wc -l <state/moonlet/history'
XDG_STATE_HOME=relative HOME=$WORK/home keys "without XDG_STATE_HOME" "*9*" '3 * 3\n' '9'
expect "it is in the home directory" 0 "3 * 3" "" cat home/.local/state/moonlet/history

# Colours.
TERMINAL=xterm keys "a terminal has colours" $'*\e[[]36m9\e[[]0m*' '3 * 3\n' '9'
NO_COLOR=1 TERMINAL=xterm keys "unless one wants none" "*9*" '3 * 3\n' '9'
expect "then there are none" 1 "" "" grep -F '[36m' .shown
