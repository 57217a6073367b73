# SPDX-License-Identifier: MIT
# moonlet --dap: conversations of the Debug Adapter Protocol.
. "$LIB"

"$MOONLET" --dap </dev/null >/dev/null 2>.stderr || { # built without jansson
    expect "it says what it lacks" 1 "" "*jansson*" "$MOONLET" --dap
    exit 0
}

CLIENT=$(dirname "$LIB")/dap_client.lua
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
print("said", ...)
error("at the end")
LUA

# talk NAME EXPECTED: what a conversation on standard input prints
talk()
{
    cat - >talk.lua
    rm -f in out
    mkfifo in out
    # shellcheck disable=SC2016
    expect "$1" 0 "$2" "" bash -c 'timeout 60 "$0" --dap <in >out & timeout 60 lua5.2 -e "
        dap = dofile(\"$1\") dap.open(\"in\", \"out\")
        function program(lines, more) return dap.launch({program = \"$2/prog.lua\"}, lines, more) end" talk.lua
        wait $!' "$MOONLET" "$CLIENT" "$PWD"
}

talk "what it can" "$(printf 'true\ttrue\ttrue\ttrue\ttrue\ttrue\ttrue')" <<'LUA'
local can = dap.request("initialize", {adapterID = "moonlet"})
print(can.supportsStepBack, can.supportsEvaluateForHovers, can.supportsSetVariable,
  can.supportsConditionalBreakpoints, can.supportsLogPoints, can.supportsDataBreakpoints,
  #can.exceptionBreakpointFilters == 2)
LUA

talk "a break, and the way back" "breakpoint 3
n = 1
step 2
breakpoint 3
breakpoint 3
fact 3, fact 5, main chunk 11" <<'LUA'
program {{line = 3}}
print(dap.stop())
print(dap.shown(dap.scope "Locals"))
print(dap.go "stepBack")
print(dap.go "continue")
print(dap.go "continue")
local names = {}
for i, f in ipairs(dap.frames()) do names[i] = f.name .. " " .. f.line end
print(table.concat(names, ", "))
LUA

talk "back across a switch of coroutines" "exception 0
step 25
step 24
step 20
step 19
step 23
step 18
step 17" <<'LUA'
program()
print(dap.stop())
for i = 1, 7 do print((dap.go "stepBack")) end
LUA

talk "coroutines are threads" "running	normal
main chunk 22
suspended
18 b = 2" <<'LUA'
program {{line = 17}, {line = 23}}
dap.stop()
local threads = dap.request("threads").threads
print(threads[1].name:match("%((%w+)%)"), threads[2].name:match("%((%w+)%)"))
local frame = dap.frames(threads[2].id)[2]
print(frame.name .. " " .. frame.line)
dap.go "continue"
threads = dap.request("threads").threads
print(threads[2].name:match("%((%w+)%)"))
frame = dap.frames(threads[2].id)[1]
if frame.line == 0 then frame = dap.frames(threads[2].id)[2] end
print(frame.line .. " " .. dap.shown(dap.scope("Locals", frame.id)):match("b = 2"))
LUA

talk "conditions, hits, and what is said" "breakpoint 12
4
breakpoint 12
5
breakpoint 12
2
f is 1
f is 2
f is 6
f is 24" <<'LUA'
program {{line = 12, condition = "i == 4"}}
print(dap.stop())
print((dap.evaluate "i"))
dap.breaks("prog.lua", {{line = 12, hitCondition = "5"}})
print(dap.go "continue")
print((dap.evaluate "i"))
dap.breaks("prog.lua", {{line = 12, hitCondition = "% 2"}})
dap.go "reverseContinue"
print(dap.go "reverseContinue")
print((dap.evaluate "i"))
dap.go("reverseContinue")
dap.breaks("prog.lua", {{line = 12, logMessage = "f is {f}"}, {line = 12, condition = "i == 5"}})
dap.go "continue"
io.write((dap.output.console:gsub("f is 120\n", "")))
LUA

talk "who has changed it: data" "breakpoint 22
data breakpoint 12
33
data breakpoint 12
9
data breakpoint 10
33
data breakpoint 15" <<'LUA'
program {{line = 22}}
print(dap.stop())
local _, globals = dap.scope "Globals"
local info = dap.request("dataBreakpointInfo", {variablesReference = globals, name = "total"})
dap.breaks("prog.lua", {})
dap.request("setDataBreakpoints", {breakpoints = {{dataId = info.dataId}}})
print(dap.go "reverseContinue")
print((dap.evaluate "total"))
print(dap.go "reverseContinue")
print((dap.evaluate "total"))
print(dap.go "continue")
print((dap.evaluate "total"))
dap.request("setDataBreakpoints", {breakpoints = {list = true}})
dap.breaks("prog.lua", {{line = 16}})
dap.go "continue"
info = dap.request("dataBreakpointInfo", {name = "t.x[2]", frameId = dap.frame})
dap.request("setDataBreakpoints", {breakpoints = {{dataId = info.dataId}}})
print(dap.go "reverseContinue")
LUA

talk "a variable is changed, and so is the future" "breakpoint 12
100
breakpoint 12
106
breakpoint 12
100
breakpoint 12
3
{1, 7, 3}
attempt to perform arithmetic on global 'nothing' (a nil value)" <<'LUA'
program {{line = 12, condition = "i >= 3"}, {line = 16}}
print(dap.stop())
local _, globals = dap.scope "Globals"
print(dap.request("setVariable", {variablesReference = globals, name = "total", value = "99 + 1"}).value)
print(dap.go "continue")
print((dap.evaluate "total"))
for i = 1, 2 do
  print(dap.go "reverseContinue")
  print((dap.evaluate "total"))
end
dap.breaks("prog.lua", {{line = 16}})
dap.go "continue"
dap.request("setExpression", {expression = "t.x[2]", value = "7", frameId = dap.frame})
print((dap.evaluate "t.x"))
print((select(2, dap.request("setExpression", {
  expression = "t.x[2]", value = "nothing + 1", frameId = dap.frame})):match("%a.*$"):gsub("^.-: ", "")))
LUA

talk "looking changes nothing, but for what is meant" "11
1
11
{} 22
[1] = 5" <<'LUA'
program {{line = 12}}
dap.stop()
print((dap.evaluate("(function() total = 10 return total + f end)()")))
print((dap.evaluate("total + f")))
dap.evaluate("!total = 10", "repl")
print((dap.evaluate("total + f")))
dap.breaks("prog.lua", {{line = 22}})
dap.go "continue"
dap.evaluate("!t = {}", "repl")
print(dap.evaluate "t" .. " " .. dap.frames()[1].line)
local _, body = dap.evaluate "{5}"
print(dap.shown(dap.variables(body.variablesReference)))
LUA

talk "what the program writes" "said	a	b
true
exited 1" <<'LUA'
dap.launch({program = "prog.lua", args = {"a", "b"}})
dap.stop()
io.write(dap.output.stdout)
print(dap.output.stderr:find("prog.lua:25: at the end", 1, true) ~= nil)
dap.request("continue", {})
print("exited " .. dap.event("exited").exitCode)
LUA

talk "without errors to stop at it ends" "terminated" <<'LUA'
program(nil, function() dap.request("setExceptionBreakpoints", {filters = {list = true}}) end)
print(dap.stop())
LUA

cat >caught.lua <<'LUA'
local function f(n)
  local twice = n * 2
  if n % 2 == 0 then
    error("even: " .. n, 0)
  end
  return n .. {}
end
for i = 1, 4 do
  pcall(f, i)
end
LUA

talk "errors that are caught, both ways" "exception 6
caught.lua:6: attempt to concatenate a table value
always
twice = 2
exception 4
even: 2
exception 6
exception 4	even: 4
an error is on its way: nothing can be changed here
exception 6
terminated" <<'LUA'
dap.launch({program = "caught.lua"}, nil, function()
  dap.request("setExceptionBreakpoints", {filters = {"all"}})
end)
local function go(command)
  dap.go(command)
  local frame = dap.frames()
  for i = 1, #frame do
    if frame[i].line > 0 then
      dap.frame = frame[i].id
      return dap.stopped.reason .. " " .. frame[i].line
    end
  end
  return dap.stopped.reason
end
print(dap.stop())
local info = dap.request("exceptionInfo", {threadId = dap.thread})
print(info.description)
print(info.breakMode)
print(dap.shown(dap.scope "Locals"):match("twice = %d"))
print(go "continue")
print(dap.stopped.text)
print(go "continue")
print(go "continue", dap.stopped.text)
print((select(2, dap.request("setExpression", {expression = "i", value = "1", frameId = dap.frame}))))
print(go "reverseContinue")
dap.request("setExceptionBreakpoints", {filters = {list = true}})
print(dap.go "continue")
LUA

talk "or only some of them" "exception
3	6" <<'LUA'
dap.launch({program = "caught.lua"}, nil, function()
  dap.request("setExceptionBreakpoints", {filters = {list = true},
    filterOptions = {{filterId = "all", condition = "n == 3"}}})
end)
print((dap.stop():match("%a+")))
print((dap.evaluate "n"), (dap.evaluate "twice"))
LUA

talk "the first line, and the end" "entry 7
step 9
end
step 25
terminated" <<'LUA'
dap.launch({program = "prog.lua", stopOnEntry = true, stopAtEnd = true})
print(dap.stop())
print(dap.go "next")
print((dap.go "continue" == "exception 0" and dap.evaluate "1" == "1") and "end")
print(dap.go "stepBack")
print(dap.go "continue" and dap.go "continue")
LUA

talk "a program that ends the process, and reads a file" "step 2
5
exited 3" <<'LUA'
io.open("exit.lua", "w"):write('n = io.read("*n")\nos.exit(3)\n'):close()
io.open("number", "w"):write("5"):close()
dap.launch({program = "exit.lua", stdin = "number", stopAtEnd = true})
dap.stop()
print(dap.go "stepBack")
print((dap.evaluate "n"))
dap.request("continue")
dap.request("continue")
print("exited " .. dap.event("exited").exitCode)
LUA

talk "one that never ends is paused, and goes on" "pause	true
true	true" <<'LUA'
io.open("ever.lua", "w"):write("n = 0\nwhile true do\n  n = n + 1\nend\n"):close()
dap.launch({program = "ever.lua"})
os.execute("sleep 0.3")
local line = tonumber((dap.go("pause"):match("%d+")))
print(dap.stopped.reason, line > 0)
local first = tonumber((dap.evaluate "n"))
local go = '{"seq":900,"type":"request","command":"continue"}'
local now = first
for tries = 1, 100 do
  dap.raw("Content-Length: " .. #go .. "\r\n\r\n" .. go)
  os.execute("sleep 0.1")
  dap.go "pause"
  now = tonumber((dap.evaluate "n"))
  if now > first then break end
end
print(now > first, dap.go "stepBack" ~= nil)
LUA

talk "threads are told while it runs, so that it can be paused" "1	the program (running)
pause
true" <<'LUA'
io.open("ever.lua", "w"):write("while true do\n  n = 1\nend\n"):close()
dap.launch({program = "ever.lua"})
local threads = dap.request("threads").threads
print(#threads, threads[1].name)
dap.go("pause", {threadId = threads[1].id})
print(dap.stopped.reason)
print(dap.stopped.threadId == threads[1].id)
LUA

# The program is launched with a standard input that nobody writes to yet: what follows waits
# in the queue when the run begins.
talk "what is asked before a run begins holds for it" "1	the program (running)
pause
pause
pause	true
true" <<'LUA'
io.open("ever.lua", "w"):write("n = 0\nwhile true do\n  n = n + 1\nend\n"):close()
os.execute("rm -f input; mkfifo input")
dap.request("initialize", {adapterID = "moonlet"})
dap.request("configurationDone")
dap.send("launch", {program = "ever.lua", stdin = "input", stopOnEntry = true})
local threads = dap.send "threads"
os.execute("sleep 0.2")
io.open("input", "w"):close()
local all = dap.answer(threads).threads
print(#all, all[1].name)
dap.send "pause"
dap.stop()
os.execute("rm -f input; mkfifo input")
dap.send("restart", {arguments = {program = "ever.lua", stdin = "input"}})
dap.send "pause"
os.execute("sleep 0.2")
io.open("input", "w"):close()
print((dap.stop():match("%a+")))
dap.send "pause"
dap.send "continue"
dap.send "pause"
print((dap.stop():match("%a+")))
dap.send "continue"
dap.answer(dap.send "threads")
dap.send "pause"
dap.stop()
print(dap.stopped.reason, tonumber((dap.evaluate "n")) > 0)
dap.send "continue"
print(dap.request "disconnect" ~= nil)
LUA

talk "what waits is cancelled, and what runs stops" "cancelled
true
pause
cancelled
there is no such line" <<'LUA'
io.open("ever.lua", "w"):write("n = 0\nwhile true do\n  n = n + 1\nend\n"):close()
dap.request("initialize", {adapterID = "moonlet"})
dap.request("launch", {program = "ever.lua"})
local run = dap.send "configurationDone"
dap.answer(dap.send "threads")
local waits = dap.send("evaluate", {expression = "n"})
local cancel = dap.send("cancel", {requestId = waits})
print((select(2, dap.answer(waits))))
local stops = dap.send("cancel", {requestId = run})
print(dap.answer(cancel) and dap.answer(stops) and true)
print((dap.stop():match("%a+")))
local again = dap.send "continue"
dap.answer(dap.send "threads")
dap.send("cancel", {requestId = again})
dap.stop()
local search = dap.send("evaluate", {expression = ":when n < 0", context = "repl"})
dap.send("cancel", {requestId = search})
print((select(2, dap.answer(search))))
print(dap.request("cancel", {requestId = -1}) and dap.request("cancel") and
  (select(2, dap.request("evaluate", {expression = ":changed nothing", context = "repl"}))))
LUA

talk "what may stand where one types" "rep reverse
name
twice
name
and arg assert
0	0
14	2" <<'LUA'
io.open("typed.lua", "w"):write(
  "local twice = {name = 'x', [1] = 2}\nt = {deep = twice}\ntwice = twice\n"):close()
dap.launch({program = "typed.lua"}, {{line = 3}})
dap.stop()
local function offered(text, column, line)
  local all, names = dap.request("completions", {text = text, frameId = dap.frame,
    column = column or #text + 1, line = line}).targets, {}
  for i, x in ipairs(all) do names[i] = x.label end
  return table.concat(names, " "), all[1], #all
end
print((offered "twice.name:re"))
print((offered "x = twice."))
print((offered "1 + tw"))
print((offered("t.deep.na + 1", 10)))
print((offered("total =\na", 2, 2)))
print(select(3, offered "nothing.x"), select(3, offered "('x')."))
local _, first = offered "x = '\195\164\240\159\152\128' .. tw"
print(first.start, first.length)
dap.request("completions", {column = -5, text = "x", line = -7})
dap.request("completions", {column = 1e9, text = "\n\n", line = 1e9})
LUA

talk "which sources there are" "0
[string \"return 1\"] true, load false, typed.lua false" <<'LUA'
print(#dap.request("loadedSources").sources)
io.open("typed.lua", "w"):write("f = load('return 1', '=load')\ng = load('return 1')\nfunction h() end\n"):close()
dap.launch({program = "typed.lua", stopAtEnd = true})
dap.stop()
local all = {}
for i, s in ipairs(dap.request("loadedSources").sources) do
  all[i] = s.name .. " " .. tostring(s.sourceReference ~= nil)
end
table.sort(all)
print(table.concat(all, ", "))
LUA

talk "once more, as the file is now" "nothing has been launched yet
breakpoint 2
2
cannot read 'gone.lua': No such file or directory
step 1
breakpoint 2
3
terminated" <<'LUA'
local function write(n)
  io.open("again.lua", "w"):write("n = " .. n .. "\nm = n\nx = io.read('*n')\n"):close()
end
io.open("number", "w"):write("5"):close()
write(2)
print((select(2, dap.request("restart"))))
dap.launch({program = "again.lua", stdin = "number"}, {{line = 2}})
print(dap.stop())
print((dap.evaluate "n"))
write(3)
print((dap.go("restart", {arguments = {program = "gone.lua"}})))
dap.evaluate("!n = 9", "repl")
print((dap.go("reverseContinue")))
print((dap.go("restart", {arguments = {program = "again.lua", stdin = "number"}})))
print((dap.evaluate "n"))
dap.breaks("again.lua", {})
dap.request("setFunctionBreakpoints", {breakpoints = {list = true}})
print(dap.go "continue")
LUA

talk "a local variable is that of its call" "step 3
data breakpoint 4
2
terminated" <<'LUA'
io.open("local.lua", "w"):write([[
local function f(x)
  local y = x
  y = y + 1
  return y
end
for i = 1, 3 do
  f(i)
end
]]):close()
dap.launch({program = "local.lua"}, {{line = 3}})
dap.stop()
print((dap.go "stepBack" and dap.go "next"):gsub("breakpoint", "step") .. "")
local _, locals = dap.scope "Locals"
local id = dap.request("dataBreakpointInfo", {variablesReference = locals, name = "y"}).dataId
dap.breaks("local.lua", {})
dap.request("setDataBreakpoints", {breakpoints = {{dataId = id}}})
print(dap.go "continue")
print((dap.evaluate "y"))
print(dap.go "continue")
LUA

talk "data that change in a line that calls, and in the last one" "data breakpoint 4
5
data breakpoint 5
terminated" <<'LUA'
io.open("data.lua", "w"):write("n = 3\nm = n\nx = tonumber('5')\ny = x\nx = 3 y = math.abs(3) x = math.abs(1)\n"):close()
dap.launch({program = "data.lua"}, {{line = 2}})
dap.stop()
dap.breaks("data.lua", {})
local id = dap.request("dataBreakpointInfo", {name = "x"}).dataId
dap.request("setDataBreakpoints", {breakpoints = {{dataId = id}}})
print(dap.go "continue")
print((dap.evaluate "x"))
id = dap.request("dataBreakpointInfo", {name = "y"}).dataId
dap.request("setDataBreakpoints", {breakpoints = {{dataId = id}}})
print(dap.go "continue")
print(dap.go "continue")
LUA

talk "what is no request is refused in its turn" "true setBreakpoints, false , true threads, false nonsense" <<'LUA'
local all = {}
local function send(text) dap.raw("Content-Length: " .. #text .. "\r\n\r\n" .. text) end
send '{"seq":1,"command":"setBreakpoints","arguments":{"source":{"path":"prog.lua"},"breakpoints":[{"line":3}]}}'
send 'x'
send '{"seq":2,"command":"threads"}'
send '{"seq":3,"command":"nonsense"}'
for i = 1, 4 do
  local m = dap.await(function(m) return m.type == "response" end)
  all[i] = tostring(m.success) .. " " .. m.command
end
print(table.concat(all, ", "))
LUA

talk "text that was loaded" "entry 1
local x = 7 return x	1" <<'LUA'
io.open("load.lua", "w"):write("load('local x = 7 return x')()\n"):close()
dap.launch({program = "load.lua", stopOnEntry = true})
print(dap.stop())
dap.go "stepIn"
local s = dap.frames()[1].source
print(dap.request("source", {sourceReference = s.sourceReference}).content, dap.frames()[1].line)
LUA

talk "lines without code" "3 true
9 false there is no code" <<'LUA'
io.open("gaps.lua", "w"):write("-- one\n\nprint(1)\n"):close()
for _, line in ipairs {1, 9} do
  local b = dap.breaks("gaps.lua", {{line = line}})[1]
  print(tostring(b.line) .. " " .. tostring(b.verified) .. (b.message and " " .. b.message or ""))
end
LUA

talk "what cannot be launched" "'program' is missing: the file to run
cannot read 'nothing.lua': No such file or directory
wrong.lua:1: unexpected symbol near <eof>
cannot go to 'nowhere': No such file or directory
cannot load 'prog.lua': it is no recording
the program has not run yet" <<'LUA'
io.open("wrong.lua", "w"):write("x ="):close()
for _, a in ipairs {{}, {program = "nothing.lua"}, {program = "wrong.lua"},
    {program = "prog.lua", cwd = "nowhere"}, {recording = "prog.lua"}} do
  print((select(2, dap.request("launch", a))))
end
print((select(2, dap.request("continue"))))
LUA

"$MOONLET" --record=run.rec prog.lua >/dev/null 2>&1
talk "a recording" "entry 7
exception 0
-1" <<'LUA'
dap.launch({recording = "run.rec"})
print(dap.stop())
print(dap.go "continue")
print(dap.go "stepBack" and dap.go "stepBack" and dap.go "stepBack" and (dap.evaluate "total"))
LUA

talk "what is no request" "there is no request 'nonsense'
no request: '[' or '{' expected near 'nonsense'
no request: there is no command
1" <<'LUA'
local function answer() return dap.await(function(m) return m.type == "response" end).message end
print((select(2, dap.request("nonsense"))))
dap.raw("Content-Length: 8\r\n\r\nnonsense")
print(answer())
dap.raw("Other: x\r\ncontent-length: 2\r\n\r\n[]")
print(answer())
dap.raw("Content-Length: 12\r\n\r\n" .. ("["):rep(12))
answer()
program {{line = 3}}
dap.stop()
dap.request("variables", {variablesReference = 1e9})
dap.request("scopes", {frameId = -1})
dap.request("evaluate", {expression = {}, frameId = dap.frame})
dap.request("setBreakpoints", {source = {path = "prog.lua"}, breakpoints = {7, "x", {line = -5}, {}}})
dap.request("setBreakpoints", {})
dap.request("dataBreakpointInfo", {})
dap.request("setDataBreakpoints", {breakpoints = {{dataId = "L1:2"}, {dataId = "T9:"}, {}}})
dap.request("stackTrace", {threadId = 77, startFrame = -1})
dap.request("source", {sourceReference = 5})
print((dap.evaluate "n"))
LUA

# broken NAME EXPECTED BYTES: what follows a header that is none cannot be told apart
broken()
{
    # shellcheck disable=SC2016
    expect "$1" 0 "$2" "" bash -c 'printf "$1" | timeout 20 "$0" --dap |
        grep -ao "a header[^\\]*\|a message of[^\\]*\|\"terminated\"" | tr "\n" " "' "$MOONLET" "$3"
}
broken "a header that is none" 'a header that is none "terminated" ' 'GET / HTTP/1.0\r\n\r\n'
broken "no length" 'a header that is none "terminated" ' 'Content-Length: x\r\n\r\n{}'
broken "a length below 0" 'a header that is none "terminated" ' 'Content-Length: -5\r\n\r\n{}'
broken "a length of many digits" 'a header that is none "terminated" ' \
    'Content-Length: 99999999999999999999999\r\n\r\n{}'
broken "too long a message" 'a message of more than 16 MB "terminated" ' 'Content-Length: 99999999999\r\n\r\n{}'
broken "a message that ends early" "" 'Content-Length: 100\r\n\r\n{"seq":1'
expect "a header without end" 0 "1" "" bash -c \
    'head -c 100000 /dev/zero | tr "\\0" x | timeout 20 "$0" --dap | grep -ac "a header that is none"' "$MOONLET"

# shellcheck disable=SC2016
expect "on a port of this machine" 0 "supportsStepBack" "" bash -c '
    "$0" --dap=0 2>port & adapter=$!
    for i in $(seq 100); do [ -s port ] && break; sleep 0.1; done
    exec 5<>"/dev/tcp/127.0.0.1/$(sed "s/.*://" port)"
    request="{\"seq\":1,\"command\":\"initialize\"}"
    printf "Content-Length: %d\r\n\r\n%s" ${#request} "$request" >&5
    head -c 700 <&5 | grep -ao supportsStepBack
    exec 5>&-
    wait $adapter' "$MOONLET"
expect "which is a number" 1 "" "*bad value 'x' for '--dap'*" "$MOONLET" --dap=x
expect "with a script" 1 "" "*'--dap' takes no script*" "$MOONLET" --dap prog.lua

talk "functions" "true
function breakpoint 2
5" <<'LUA'
io.open("prog.lua", "w"):write("function f(n)\n  return n\nend\nlocal x = 4\nf(x + 1)\n"):close()
program(nil, function()
  print(dap.request("setFunctionBreakpoints", {breakpoints = {{name = "f"}}}).breakpoints[1].id > 0)
end)
print(dap.stop())
print((dap.evaluate "n"))
LUA

talk "values" '{1, "two", name = "x"} table
3 7
[1] = 1, [2] = "two", name = "x"
"two" t[2]
(more) 700 500
[true] = {}' <<'LUA'
io.open("prog.lua", "w"):write([[
local t = {1, "two", name = "x"}
local big, odd = {}, {[true] = {}}
for i = 1, 1200 do big["k" .. i] = i end
for i = 1, 300 do odd[i] = i end
print(#odd)
]]):close()
program {{line = 5}}
dap.stop()
local v = {}
for _, x in ipairs((dap.scope "Locals")) do v[x.name] = x end
print(v.t.value .. " " .. v.t.type)
local _, scope = dap.scope "Locals"
print(#dap.scope "Locals" .. " " .. (dap.evaluate "#t + 5"))
print(dap.shown(dap.variables(v.t.variablesReference)))
local item = dap.variables(v.t.variablesReference, {filter = "indexed", start = 1, count = 1})[1]
print(item.value .. " " .. item.evaluateName)
local first = dap.variables(v.big.variablesReference)
local rest = first[#first]
local second = dap.variables(rest.variablesReference)
print(rest.name .. " " .. 1200 - (#first - 1) .. " " .. #second - 1)
print(dap.shown(dap.variables(v.odd.variablesReference, {filter = "named"})))
LUA

talk "data that are none" "$(printf 'false\tthere are no such data\ntrue\tnil\nfalse\tthe condition is no expression')" <<'LUA'
program {{line = 22}}
dap.stop()
local all = dap.request("setDataBreakpoints", {breakpoints = {{dataId = "junk"}, {dataId = "T1:stotal"}}})
for _, b in ipairs(all.breakpoints) do print(b.verified, b.message) end
local b = dap.breaks("prog.lua", {{line = 1, condition = "i =="}})
print(b[1].verified, b[1].message)
LUA
