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
head -c 3000000 /dev/zero | tr '\0' x >long
expect "a line longer than a batch" 0 "3000000	120" "" "$MOONLET" --map bytes.lua <long

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
expect "what is no number of threads" 1 "" "*unrecognized option '--threads=x'*" map '1\n' --threads=x double.lua
expect "--stats too" 0 "2	1" "steps*" map '1\n' --stats double.lua
echo 'return function(l) while true do end end' >spin.lua
expect "Ctrl-C ends it" 124 "" "*: interrupted!" \
    timeout --foreground -s INT -k 5 1 "$MOONLET" --map spin.lua <numbers
echo 'return function(l) local t = os.clock() while os.clock() < t + 0.4 do end return l end' >slow.lua
if command -v script >/dev/null; then
    printf '1\n2\n' >two
    script -qec "'$MOONLET' --map slow.lua <two >answers" typescript >/dev/null </dev/null
    grep -q 'lines \[#* *\] [0-9]* %' typescript && echo "ok - progress on a terminal" ||
        echo "not ok - progress on a terminal"
    expect "the answers beside it" 0 "1
2" "" cat answers
fi
