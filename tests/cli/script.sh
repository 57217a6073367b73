# SPDX-License-Identifier: MIT
# Scripts: arguments, arg, first line, exit codes, messages and tracebacks.
. "$LIB"

cat >args.lua <<'LUA'
print(select("#", ...), ...)
print(#arg, arg[0], arg[1], arg[2], arg[3])
print(arg[-1] ~= nil, arg[-2])
LUA
same "arguments" args.lua one "two words" 3
same "no arguments" args.lua
same "arg with options before the script" -e 'x = 1' args.lua one

printf '#!/usr/bin/env lua\nprint("shebang")\nerror("line 3")\n' >shebang.lua
same "a first line beginning with #" shebang.lua
printf '# a comment\nprint("x")' >comment.lua
same "a first line that is a comment" comment.lua
printf '\357\273\277print("bom")' >bom.lua
same "a byte order mark" bom.lua
: >empty.lua
same "an empty script" empty.lua
printf 'return 5, "ignored"' >return.lua
same "a script that returns" return.lua
printf 'print("no newline at the end")' >noeol.lua
same "no newline at the end" noeol.lua
printf 'print("cr lf")\r\nprint(2)\r\n' >crlf.lua
same "lines ending in CR LF" crlf.lua

cat >trace.lua <<'LUA'
local function third() error("deep") end
local function second() third() end
function first() second() end
first()
LUA
same "an error and its traceback" trace.lua
mkdir -p dir/sub
cp trace.lua dir/sub/
same "the path is part of positions" dir/sub/trace.lua
same "and as it was written" ./dir/../dir/sub/trace.lua
echo 'local x = {' >syntax.lua
same "a syntax error" syntax.lua
echo 'error()' >nothing.lua
same "error without a value" nothing.lua
echo 'error(42)' >number.lua
same "error with a number" number.lua
echo 'error({})' >table.lua
same "error with a table" table.lua
echo 'error(setmetatable({}, { __tostring = function() return "object" end }))' >object.lua
same "error with an object" object.lua
echo 'io.stderr:write("to stderr\n") os.exit(3)' >exit.lua
same "os.exit and standard error" exit.lua
echo 'print(1) io.write("no newline") error("then an error")' >order.lua
same "output before an error" order.lua
same "a directory as a script" dir

echo 'print(io.read("*l"), io.read("*n"), io.read("*a"))' >read.lua
printf 'a line\n 12 the rest\n' >.stdin
same "a script that reads standard input" read.lua
echo 'for line in io.lines() do print(#line, line) end' >lines.lua
printf 'one\n\nthree' >.stdin
same "lines of standard input" lines.lua
rm .stdin

echo 'print(package.path ~= nil, pcall(require, "helper"))' >req.lua
echo 'return "helped"' >helper.lua
same "require from the current directory" req.lua

