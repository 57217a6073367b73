# SPDX-License-Identifier: MIT
# Worlds in files: --save, --load, --delta, --show, --diff.
. "$LIB"

m() { "$MOONLET" "$@"; }

cat >count.lua <<'LUA'
local co = coroutine.wrap(function() for i = 1, 1e9 do coroutine.yield(i) end end)
local n = 0
for i = 1, 3000 do n = n + co() end
print("done", n)
total = n
LUA
expect "the end is saved" 0 "done	4501500" "" m --save=end.img count.lua
expect "and is a world to begin in" 0 "4501500" "" m --load=end.img -e 'print(total)'
echo 'print(total, ...) print(arg[0], arg[1])' >more.lua
expect "of a script, with arguments" 0 "4501500	a
more.lua	a" "" m --load=end.img more.lua a
expect "of standard input" 0 "4501500" "" bash -c 'echo "print(total)" | "$0" --load=end.img' "$MOONLET"
expect "of the interactive mode" 0 yes "" bash -c \
    'echo "=total" | "$0" --load=end.img -i | grep -q 4501500 && echo yes' "$MOONLET"

expect "a limit pauses" 3 "" "*: paused (out of steps): go on with --load=part.img" \
    m --save=part.img --steps=1000 count.lua
expect "again and again" 0 "done	4501500" "" bash -c 'code=3 n=0
    while [ $code = 3 ]; do "$0" --load=part.img --save=part.img --steps=1500 2>messages; code=$?; n=$((n + 1)); done
    [ $code = 0 ] && [ $n -gt 3 ]' "$MOONLET"
m --save=part.img --steps=1000 count.lua 2>/dev/null
cp part.img kept.img

# A program does not notice that it was saved and loaded on its way, and its image does not show it.
cat >ids.lua <<'LUA'
for k in pairs(arg) do arg[k] = nil end -- the options are in it
local keys = {}
for i = 1, 5000 do local t = {} if i % 500 == 0 then keys[t] = i end end
local order = {}
for _, v in pairs(keys) do order[#order + 1] = v end
print({}, collectgarbage "count", table.concat(order, " "))
LUA
expect "ids, the figures of memory and orders are as in one run" 0 "" "" bash -c '
    "$0" --save=ids.img --steps=9000 ids.lua >once
    "$0" --save=ids.img --steps=1000 ids.lua >often 2>/dev/null; code=$?
    while [ $code = 3 ]; do "$0" --load=ids.img --save=ids.img --steps=1500 >often 2>/dev/null; code=$?; done
    [ -s once ] && cmp once often' "$MOONLET"
expect "an image is that of one run, and so is a chain made one" 0 "" "" bash -c '
    "$0" --save=ids.img --steps=3000 ids.lua 2>/dev/null; mv ids.img want.img
    "$0" --save=ids.img --steps=1000 ids.lua 2>/dev/null
    "$0" --load=ids.img --save=ids1.img --steps=2000 2>/dev/null
    "$0" --load=ids.img --save=ids2.img --delta --steps=1200 2>/dev/null
    "$0" --load=ids.img --load=ids2.img --save=ids3.img --delta --steps=800 2>/dev/null
    "$0" --load=ids.img --load=ids2.img --load=ids3.img --collapse=ids4.img
    cmp want.img ids1.img && cmp want.img ids4.img' "$MOONLET"
expect "what goes on with a delta is the chain" 3 "" \
    "*: go on with --load=ids.img --load=ids2.img --load=ids5.img" \
    m --load=ids.img --load=ids2.img --save=ids5.img --delta --steps=10

# A large table with a shift of its root, whose keys are in bundles, is empty before it is loaded.
cat >queue.lua <<'LUA'
local q, first = {a = 1}, 1
for i = 1, 20000 do q[i] = i if i > 2000 then q[first] = nil first = first + 1 end end
print(q[first], q[20000], q.a)
LUA
expect "a queue at many of its steps" 0 "18001	20000	1" "" bash -c '
    for i in 3000 7000 9000 12000 15000; do "$0" --save=queue.img --steps=$i queue.lua 2>/dev/null
        "$0" --load=queue.img || exit; done | sort -u' "$MOONLET"
expect "many integers" 0 "" "" bash -c '
    for i in 1000 3000 4777 5554; do "$0" --save=many.img --steps=$i "$1" >/dev/null 2>&1
        "$0" --load=many.img >/dev/null || exit; done' "$MOONLET" "${LIB%/cli/lib.sh}/lua/integer_keys.lua"

# So also in what makes a message of an error.
echo 'error(setmetatable({}, {__tostring = function() for i = 1, 3000 do n = i end return "at " .. n end}))' >says.lua
expect "paused in __tostring of an error" 3 "" "*: paused (out of steps)*" m --save=says.img --steps=1000 says.lua
expect "and gone on with" 1 "" "*: at 3000" m --load=says.img
expect "a script beside a paused program" 0 "beside" "" m --load=part.img --save=beside.img -e 'print "beside" x = 1'
expect "which then goes on" 0 "done	4501500" "" m --load=beside.img
expect "a second pause beside it is none" 1 "" "*:1: limit reached beside a paused program" \
    m --load=part.img --save=beside.img --steps=100 -e 'while true do end'
said "where it is paused" "*paused program *count.lua:*in the state*tables*coroutines*_G*" "$MOONLET" --show=part.img

echo 'for i = 1, math.huge do n = i end' >ever.lua
expect "Ctrl-C pauses" 124 "" "*: paused (interrupted): go on with --load=int.img" \
    timeout --foreground -s INT -k 9 1 "$MOONLET" --save=int.img ever.lua
expect "in what goes on" 3 "" "*: paused (out of steps)*" m --load=int.img --save=int.img --steps=10
expect "a time limit" 3 "" "*: paused (out of time)*" m --save=time.img --seconds=0.2 ever.lua
expect "without --save it is an error" 124 "" "*interrupted!*" \
    timeout --foreground -s INT -k 9 1 "$MOONLET" --load=end.img ever.lua

# Coroutines that have died, each in a frame of another sort, come along with their stacks.
cat >dead.lua <<'LUA'
dead = {}
local function die(f, ...)
  dead[#dead + 1] = coroutine.create(f)
  assert(not coroutine.resume(dead[#dead], ...))
end
local bad = setmetatable({}, {__add = 3, __index = function(t, k) return t.x.y + 1 end, __call = 3})
die(function() return bad + 1 end)
die(function() local x = bad return x("a", "b") + 1 end)
die(function() return bad.x end)
die(function() return pcall() end)
die(function() error "e" end)
die(function() for i in 3 do end end)
die(function() local function f() return 1 + f() end return f() end)
die(function() table.sort({3, 2, 1}, function(a, b) return a.x < b.x end) end)
die(function() local function f(...) return 1 + f(1, ...) end return f() end)
LUA
m --save=dead.img dead.lua
expect "what has died" 0 "9	9" "" m --load=dead.img -e 'local n = 0 collectgarbage()
    for i, co in ipairs(dead) do n = n + select(2, debug.traceback(co):gsub("stack traceback", "")) end print(#dead, n)'

# deltas
m --save=base.img -e 'list = {} for i = 1, 1000 do list[i] = {x = i} end gone = "text"'
m --load=base.img --save=d1.img --delta -e 'list[5].x = 0 gone = nil new = {}'
m --load=base.img --load=d1.img --save=d2.img --delta -e 'list[6].x = -1'
expect "a chain" 0 "0	-1	nil	nil	1000" "" \
    m --load=base.img --load=d1.img --load=d2.img -e 'print(list[5].x, list[6].x, gone, new.x, #list)'
expect "a delta is small" 0 yes "" bash -c '[ $(stat -c %s d2.img) -lt 200 ] && echo yes'
m --load=base.img --load=d1.img --load=d2.img --save=whole.img -e ''
expect "a chain as one" 0 "0	-1" "" m --load=whole.img -e 'print(list[5].x, list[6].x)'
expect "a delta without its base" 1 "" "*: cannot load d1.img: the image is a delta, and needs its base" m --load=d1.img
expect "to another base" 1 "" "*: cannot load d2.img: the image is a delta to another base" m --load=base.img --load=d2.img
expect "no delta" 1 "" "*: cannot load base.img: it is no delta to the file before" m --load=base.img --load=base.img
"$MOONLET" --load=base.img --load=d1.img --load=d2.img --collapse=one.img
"$MOONLET" --load=base.img --load=d1.img --load=d2.img --delta --collapse=both.img
expect "a chain that nobody runs as one" 0 "0	-1" "" m --load=one.img -e 'print(list[5].x, list[6].x)'
expect "and as one delta" 0 "0	-1" "" m --load=base.img --load=both.img -e 'print(list[5].x, list[6].x)'
expect "it differs in what the chain does" 0 yes "" bash -c '[ $(stat -c %s both.img) -lt 300 ] && echo yes'
expect "one of one is the same" 0 "" "" bash -c '"$0" --load=base.img --collapse=again.img && cmp base.img again.img' "$MOONLET"
expect "of no files" 1 "" "*'--collapse' needs '--load'*" m --collapse=x.img
expect "of no chain" 1 "" "*: cannot load base.img: it is no delta to the file before" m --load=base.img --load=base.img --collapse=x.img
expect "to no file" 1 "" "*: cannot write none/x: No such file or directory" m --load=base.img --collapse=none/x
expect "and a script" 1 "" "*'--collapse' takes one file: 'x.lua' is too many*" m --load=base.img --collapse=x.img x.lua
said "what is in a delta" "*a delta*base *2 changed, 1 new*_G (changed)*_G.list\\[5\\] (changed)*" \
    "$MOONLET" --load=base.img --show=d1.img

expect "what differs" 1 '- _G.gone: "text"
+ _G.new: table
! _G.list[5].x: 5 -> 0' "" bash -c '"$0" --load=base.img --diff base.img d1.img' "$MOONLET"
m --save=f1.img -e 'function f() return 1 end t = {[print] = 1} k = {} t[k] = {2} co = coroutine.create(f)'
m --save=f2.img -e 'function f() return 2 end t = {[print] = 1} k = {} t[k] = {3} co = coroutine.create(f)'
said "in code, below keys" "! _G.f: other code
! _G.t\\[table\\]\\[1\\]: 2 -> 3" "$MOONLET" --diff f1.img f2.img
expect "nothing differs" 0 "" "" m --diff f1.img f1.img
expect "a file that is not there" 2 "" "*: cannot load no.img: cannot open no.img: *" m --diff f1.img no.img

# what is no image
echo text >text
head -c 100 base.img >short
cp base.img other && printf '\377' | dd of=other bs=1 seek=8 conv=notrunc 2>/dev/null
cp base.img damaged && printf '\377' | dd of=damaged bs=1 seek=500 conv=notrunc 2>/dev/null
expect "no image" 1 "" "*: cannot load text: this is no image of a state" m --load=text
expect "one cut short" 1 "" "*: cannot load short: the image is cut short*" m --load=short
expect "another version" 1 "" "*: cannot load other: the image has another format than this version reads" m --load=other
expect "a damaged one" 1 "" "*: cannot load damaged: the image is damaged" m --show=damaged
expect "none" 1 "" "*: cannot load none: cannot open none: *" m --load=none

# files that cannot be written; what was there stays
expect "no directory" 1 "" "*: cannot write none/x: No such file or directory" m --save=none/x -e 'print "not run"'
mkdir dir
expect "a directory" 1 "" "*: cannot write dir: Is a directory" m --save=dir -e ''
expect "an error saves nothing" 1 "" "*: oops*" m --load=end.img --save=end.img -e 'total = 1 error("oops", 0)'
expect "and keeps what was there" 0 "4501500" "" m --load=end.img -e 'print(total)'
"$MOONLET" --save=full.image -e 'x = 1'
expect "--show to a full disk" 1 "" "*: cannot write standard output: No space left on device" \
    bash -c '"$0" --show=full.image >/dev/full' "$MOONLET"
"$MOONLET" --save=other.image -e 'x = 2'
expect "--diff to a full disk" 2 "" "*: cannot write standard output: No space left on device" \
    bash -c '"$0" --diff full.image other.image >/dev/full' "$MOONLET"
expect "a full disk" 1 "" "*: cannot write /dev/full: No space left on device" m --save=/dev/full -e ''
expect "a file that grows too large" 0 "4501500" "" bash -c 'trap "" XFSZ; ulimit -f 1
    "$0" --load=end.img --save=end.img -e "x = (\"x\"):rep(1e5) total = 2" 2>/dev/null; "$0" --load=end.img -e "print(total)"' "$MOONLET"
expect "no other file is left" 0 "" "" bash -c 'ls | grep "[.]img[.]"; true'
ln -s end.img link
m --load=end.img --save=link -e 'total = 3'
expect "a link stays one" 0 "3" "" bash -c '[ -L link ] && "$0" --load=end.img -e "print(total)"' "$MOONLET"
chmod 640 end.img && m --load=end.img --save=end.img -e ''
expect "the mode stays" 0 "640" "" stat -c %a end.img
expect "to a pipe" 0 "1b4d6f6f" "" bash -c '"$0" --save=/dev/stdout -e "" | head -c 4 | od -An -tx1 | tr -d " "' "$MOONLET"

# "-" and pipes
expect "to standard output, and from standard input" 0 "5" "" bash -c \
    '"$0" --save=- -e "x = 5" | "$0" --load=- -e "print(x)"' "$MOONLET"
expect "a chain that ends in standard input" 0 "7" "" bash -c \
    '"$0" --load=end.img --delta --save=- -e "x = 7" | "$0" --load=end.img --load=- -e "print(x)"' "$MOONLET"
expect "collapsed, and looked at" 0 "yes" "" bash -c \
    '"$0" --load=- --collapse=- <end.img | "$0" --show=- | grep -q "^id" && echo yes' "$MOONLET"
expect "compared" 0 "" "" bash -c '"$0" --diff - end.img <end.img' "$MOONLET"
expect "a pipe, which can be read once" 0 "3" "" bash -c 'cat end.img | "$0" --load=/dev/stdin -e "print(total)"' "$MOONLET"
expect "none of these" 1 "" "*: cannot load -: cannot open /dev/stdin: *" bash -c '"$0" --load=- <&-' "$MOONLET"
expect "standard output is full" 1 "" "*: cannot write -: No space left on device" \
    bash -c '"$0" --save=- -e "" >/dev/full' "$MOONLET"

# The order of pairs, by which a traversal goes on, depends on the seed.
cat >order.lua <<'LUA'
local t, n = {}, 0
for i = 1, 300 do t["k" .. i] = i end
for k, v in pairs(t) do n = (n * 31 + v) % 1000003 end
print(n)
LUA
order=$(m --seed=1 order.lua)
m --seed=1 --steps=450 --save=order.img order.lua 2>/dev/null
expect "goes on with the seed of the image" 0 "$order" "" m --load=order.img
expect "also from a pipe" 0 "$order" "" bash -c 'cat order.img | "$0" --load=-' "$MOONLET"
expect "with no other one" 1 "" "*: cannot load order.img: *by the seed 1, and not by 2" m --seed=2 --load=order.img
expect "shown, compared and collapsed by it" 0 "" "" bash -c '"$0" --load=order.img --collapse=same.img &&
    "$0" --diff order.img same.img && "$0" --show=order.img | grep -q "paused program"' "$MOONLET"
expect "compared with one of another" 2 "" "*: cannot load order.img: * by the seed 1, and not by *" m --diff end.img order.img

# options
expect "--delta alone" 1 "" "*: '--delta' goes with '--load' and '--save' only*" m --delta --save=x.img -e ''
expect "--diff of one" 1 "" "*: '--diff' takes two files*" m --diff a
expect "--map" 1 "" "*: '--save' does not go with '--map'*" m --save=x.img --map count.lua
expect "a paused program and its stats" 0 yes "" bash -c '"$0" --load=kept.img --stats 2>&1 | grep -q "^steps" && echo yes' "$MOONLET"
