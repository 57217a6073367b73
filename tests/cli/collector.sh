# SPDX-License-Identifier: MIT
# The threads that help the collector: they come with a large heap, where there are
# processors, unless the environment says otherwise; and processes are forked beside them.
. "$LIB"

cat >large.lua <<'LUA'
local function threads()
  local list = io.popen("ls /proc/$PPID/task 2>/dev/null | wc -l")
  local n = list:read("*n")
  list:close()
  return n
end
local before = threads()
local t = {}
for i = 1, 300000 do t[i] = { i } end
print("more threads", threads() - before)

local state = require "state"
for _, how in ipairs { "threads", "processes" } do
  local sum = 0
  for _, n in ipairs(state.map(function(n)
    local more = {}
    for i = 1, 20000 do more[i] = { t[i][1] + n } end
    return more[20000][1] + t[300000][1]
  end, { 1, 2, 3, 4, 5, 6 }, { [how] = 2 })) do sum = sum + n end
  print(how, sum)
end
for i = 1, 300000 do assert(t[i][1] == i) end
LUA

answers="threads	1920021
processes	1920021"
expect "no helpers where one thread is to mark" 0 "more threads	0
$answers" "" env GC_MARKERS=1 "$MOONLET" large.lua
"$MOONLET" --pause=5 large.lua | tail -n 2 | diff - <(echo "$answers") &&
    echo "ok - short pauses" || echo "not ok - short pauses"
"$MOONLET" --stats large.lua >out 2>stats
tail -n 2 out | diff - <(echo "$answers") && echo "ok - forks" || echo "not ok - forks"

# Where there is one processor, or nothing is collected, none are to come.
expected=
grep -q '^collections [1-9]' stats && [ -d /proc/self/task ] && [ -z "$GC_MARKERS" ] &&
    [ "$(nproc)" -gt 1 ] && expected=1
[ "$(sed -n '1s/more threads	//p' out)" -gt 0 ] && come=1 || come=
[ "$come" = "$expected" ] && echo "ok - helpers" || echo "not ok - helpers"
