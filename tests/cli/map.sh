# SPDX-License-Identifier: MIT
# moonlet --map: lines in, lines out.
. "$LIB"

map() # input, arguments
{
    printf '%b' "$1" | "$MOONLET" --map "${@:2}"
}

cat >double.lua <<'LUA'
local n = 0
return function(line)
  n = n + 1
  return line * 2, n
end
LUA
expect "a line out for a line in, each in a fork" 0 "2	1
4	1
6	1" "" map '1\n2\n3\n' double.lua
expect "the last line may lack its end" 0 "2	1
4	1" "" map '1\n2' double.lua
expect "no input" 0 "" "" map '' double.lua
echo 'return function(l) if l ~= "" then return l, nil, true end end' >values.lua
expect "values as print shows them, nothing for no value" 0 "a	nil	true
b	nil	true" "" map 'a\n\nb\n' values.lua
echo 'local factor = ... return function(l) return l * factor end' >args.lua
expect "arguments of the script" 0 "10
20" "" map '1\n2\n' args.lua 10
echo 'return function(l) return #l, l:byte(2) end' >bytes.lua
expect "any bytes" 0 "3	0" "" map 'a\0000b\n' bytes.lua

cat >bad.lua <<'LUA'
return function(l)
  if l == "2" then error("two") elseif l == "3" then while true do end
  elseif l == "4" then local t = {} for i = 1, 1e9 do t[i] = {} end
  elseif l == "5" then os.exit(9) end
  return l
end
LUA
expect "errors with the number of the line" 1 "1
6" "*: line 2: bad.lua:2: two
*: line 3: out of steps" map '1\n2\n3\n6\n' --steps=1000 bad.lua
expect "a limit of time" 1 "1" "*: line 2: out of time" map '1\n3\n' --seconds=0.05 bad.lua
expect "a limit of bytes" 1 "1" "*: line 2: out of memory" map '1\n4\n' --bytes=1000000 bad.lua
expect "a limit of bytes held" 1 "1" "*: line 2: too much memory held" \
    map '1\n4\n' --held=1000000 bad.lua
cat >limits.lua <<'LUA'
return function(l)
  if l == "2" then local function f() return 1 + f() end pcall(f)
  elseif l == "3" then pcall(string.rep, l, 10000) end
  return l
end
LUA
expect "a limit of the stack" 1 "1
3" "*: line 2: out of stack" map '1\n2\n3\n' --stack=1000 limits.lua
expect "a limit of strings" 1 "1" "*: line 2: string too long" map '1\n3\n' --string=1000 limits.lua
expect "a process that ends" 1 "1
6" "*: line 2: the process ended with status 9" map '1\n5\n6\n' --processes=2 bad.lua

echo 'return function(l) local s = 0 for i = 1, l % 7 == 0 and 30000 or 10 do s = s + i end return l, s end' >uneven.lua
seq 1 20000 >numbers
"$MOONLET" --map --threads=1 uneven.lua <numbers >one
cut -f 1 one | cmp - numbers && echo "ok - in order" || echo "not ok - in order"
for how in --threads=2 --threads=5 --processes=2; do
    "$MOONLET" --map $how uneven.lua <numbers | cmp - one && echo "ok - the same with $how" ||
        echo "not ok - the same with $how"
done
"$MOONLET" --map uneven.lua < <(cat numbers) | cmp - one && echo "ok - from a pipe" ||
    echo "not ok - from a pipe"
{
    head -c 3000000 /dev/zero | tr '\0' x
    printf '\n\n'
    head -c 5000000 /dev/zero
    printf '\nlast'
} >long
for how in --threads=2 --processes=2; do
    expect "lines longer than a batch, $how" 0 "3000000	120
0
5000000	0
4	97" "" "$MOONLET" --map $how bytes.lua <long
    expect "the same from a pipe, $how" 0 "3000000	120
0
5000000	0
4	97" "" "$MOONLET" --map $how bytes.lua < <(cat long)
done
# It once took time that grows with the square of the length.
head -c 50000000 /dev/zero | tr '\0' x >huge
expect "a huge line" 0 "50000000	120" "" "$MOONLET" --map bytes.lua <huge
rm huge

# An answer comes before there is more input.
cat >echo.lua <<'LUA'
return function(l) return "got " .. l end
LUA
mkfifo in out
"$MOONLET" --map echo.lua <in >out &
exec 3>in 4<out
echo one >&3
read -r -t 20 answer <&4
expect "an answer at once" 0 "got one" "" echo "$answer"
exec 3>&- 4<&-
wait

echo 'return 5' >none.lua
expect "the script must return a function" 1 "" "*: --map: the script must return a function" map '1\n' none.lua
expect "no script" 1 "" "*: --map needs a script" map '1\n'
expect "what is no number of threads" 1 "" "*bad value 'x' for '--threads'*" map '1\n' --threads=x double.lua
echo 'error("while it loads", 0)' >load.lua
expect "a script that fails" 1 "" "*: while it loads*" map '1\n' load.lua
echo 'return return' >syntax.lua
expect "a script that is no Lua" 1 "" "*: syntax.lua:1: *" map '1\n' syntax.lua
expect "input that cannot be read" 1 "" "*: Is a directory" "$MOONLET" --map echo.lua </
cat >talk.lua <<'LUA'
return function(l) print("printed", l) io.write("written\n") return l end
LUA
expect "what items print comes before their answers" 0 "1
2
3
printed	1
printed	2
printed	3
written
written
written" "" bash -c "seq 3 | '$MOONLET' --map --processes=2 talk.lua | sort"

# Nobody reads: the end, at once, for all processes.
seq 1000000 >million
for how in --threads=2 --processes=2; do
    "$MOONLET" --map $how echo.lua <million | head -n 1 >first
    expect "a closed pipe, $how" 0 "141 got 1" "" echo "${PIPESTATUS[0]}" "$(cat first)"
    expect "the same where the signal is ignored, $how" 0 "got 1" "*: Broken pipe" bash -c \
        "trap '' PIPE; '$MOONLET' --map $how echo.lua <million | head -n 1"
done
expect "a full device" 1 "" "*: No space left on device" bash -c "'$MOONLET' --map echo.lua <million >/dev/full"

# A worker that is killed costs one line at most, and none twice.
cat >kill.lua <<'LUA'
return function(l) if l % 100 == 0 then os.execute("kill -9 $PPID") end return l end
LUA
seq 1000 | "$MOONLET" --map --processes=3 kill.lua >survived 2>killed
expect "killed workers: the other lines" 0 "990" "" grep -c '[1-9]$\|[1-9]0$' survived
expect "killed workers: the lost ones" 0 "10" "" grep -c 'line [0-9]*00: the process was killed by signal 9$' killed
cat >eat.lua <<'LUA'
return function(l) local t = {} for i = 1, l == "2" and 1e9 or 1 do t[i] = {i} end return l end
LUA
if gives_back; then
    expect "a worker without memory" 1 "1
3" "*: line 2: not enough memory" bash -c \
        "ulimit -v 600000; seq 3 | '$MOONLET' --map --processes=1 eat.lua"
fi
expect "--stats too" 0 "2	1" "steps*" map '1\n' --stats double.lua
echo 'return function(l) while true do end end' >spin.lua
expect "Ctrl-C ends it" 124 "" "*: interrupted!" \
    timeout --foreground -s INT -k 5 1 "$MOONLET" --map spin.lua <numbers
echo 'return function(l) local t = os.clock() while os.clock() < t + 0.4 do end return l end' >slow.lua
# Ctrl-C: waiting for input, in items of state.map; nothing is left behind.
mkfifo never
"$MOONLET" --map spin.lua <never 2>err &
program=$!
exec 3>never
sleep 0.2
kill -INT $program
wait $program
expect "Ctrl-C while it waits for input" 0 "1 $MOONLET: interrupted!" "" echo "$? $(cat err)"
exec 3>&-
cat >within.lua <<'LUA'
local state = require "state"
local options = load("return " .. arg[1])()
local function f(x)
  if x == 1 then io.stdout:write("ready\n") io.stdout:flush() end
  if x == 4 then state.map(f, {5, 6}) end
  while true do end
end
print(pcall(state.map, f, {1, 2, 3, 4}, options))
print(#state.map(math.abs, {1, 2}, options))
LUA
for options in '{}' '{threads = 1}' '{threads = 5}' '{processes = 5}' \
    '{threads = 2, progress = math.abs}' '{processes = 2, progress = math.abs}'; do
    rm -f said
    "$MOONLET" within.lua "$options" >said &
    program=$!
    until grep -qs ready said; do sleep 0.02; done
    kill -INT $program
    wait $program
    expect "Ctrl-C in state.map, $options" 0 "0 ready
false	interrupted!
2" "" echo "$? $(cat said)"
done
"$MOONLET" --map --processes=3 spin.lua <numbers 2>err &
program=$!
until workers=$(pgrep -P $program) && [ "$(echo "$workers" | wc -l)" = 3 ]; do sleep 0.02; done
kill -KILL $program
wait $program 2>/dev/null
for _ in $(seq 500); do
    left=0
    for worker in $workers; do
        grep -qs '^State:.[^ZX]' /proc/$worker/status && left=$((left + 1))
    done
    [ $left = 0 ] && break
    sleep 0.02
done
expect "workers end with the one that waits" 0 "0" "" echo $left

if command -v script >/dev/null; then
    printf '1\n2\n' >two
    script -qec "'$MOONLET' --map slow.lua <two >answers" typescript >/dev/null </dev/null
    grep -q 'lines \[#* *\] [0-9]* %' typescript && echo "ok - progress on a terminal" ||
        echo "not ok - progress on a terminal"
    expect "the answers beside it" 0 "1
2" "" cat answers
fi
