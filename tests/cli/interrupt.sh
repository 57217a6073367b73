# SPDX-License-Identifier: MIT
# One Ctrl-C ends each wait for the world outside, and is an error of the program.
. "$LIB"

mkfifo fifo named
exec 3<>fifo # a standard input that never has anything

# stopped NAME TRACEBACK SCRIPT: SIGINT ends it, with the message and a traceback.
stopped()
{
    expect "Ctrl-C in $1" 124 "" "*interrupted!"$'\n'"stack traceback:"$'\n'"*$2*" \
        timeout --foreground -s INT -k 4 0.4 "$MOONLET" -e "$3" <&3
}

stopped "io.read" "in function 'read'" 'io.read()'
stopped "io.read of a number" "in function 'read'" 'io.read("*n")'
stopped "io.read of all" "in function 'read'" 'io.read("*a")'
stopped "io.read of some bytes" "in function 'read'" 'io.read(10)'
stopped "io.read of nothing" "in function 'read'" 'io.read(0)'
stopped "a method" "in function 'read'" 'io.stdin:read("*l", "*l")'
stopped "io.lines" "for iterator" 'for l in io.lines() do end'
stopped "a coroutine" "in main chunk" 'coroutine.wrap(function() io.read() end)()'
stopped "dofile" "in function 'dofile'" 'dofile()'
stopped "opening a named pipe" "in function 'open'" 'io.open("named")'
stopped "a pipe's lines" "for iterator" 'for l in io.popen("sleep 9; echo x"):lines() do end'
stopped "reading a pipe" "in function 'read'" 'io.popen("sleep 9; echo x"):read("*a")'
stopped "writing a pipe" "in function 'write'" 'io.popen("sleep 9; cat", "w"):write(("x"):rep(1e6))'
stopped "filling a pipe" "in function 'write'" \
    'local p = io.popen("sleep 9; cat", "w") while true do p:write("some text") end'
stopped "flushing a pipe" "in function" \
    'local p = io.popen("sleep 9; cat", "w") p:setvbuf("full", 1000) p:write(("x"):rep(65000))
     while true do p:write("x") p:flush() end'
stopped "closing a pipe" "in function 'close'" 'io.popen("sleep 9; echo x"):close()'
stopped "os.execute" "in function 'execute'" 'os.execute("sleep 9")'
stopped "a shell's commands" "in function 'execute'" 'os.execute("sleep 9; sleep 9")'

# a standard output that nobody reads
expect "Ctrl-C in io.write to who does not read" 0 "yes" "" \
    bash -c '"$0" -e "while true do io.write(\"some text\") end" 2>messages >&3 & sleep 0.4
             kill -INT $!; wait $!; [ $? = 1 ] && grep -q "interrupted!" messages && echo yes' "$MOONLET"
expect "Ctrl-C in print to who does not read" 0 "yes" "" \
    bash -c '"$0" -e "while true do print(\"some text\") end" 2>messages >&3 & sleep 0.4
             kill -INT $!; wait $!; [ $? = 1 ] && grep -q "interrupted!" messages && echo yes' "$MOONLET"

# it is an error like others, and what has been read by then is not lost
expect "a caught Ctrl-C" 124 "false"$'\t'"interrupted!"$'\n'"ab cd" "" bash -c '
    { printf "ab "; sleep 0.8; echo cd; } |
    timeout --foreground -s INT 0.4 "$0" -e "print(pcall(io.read)) print(io.read())"' "$MOONLET"

# what commands answer is as ever
same "os.execute" -e 'print(os.execute()) print(os.execute("exit 3")) print(os.execute("true"))
    print(os.execute("kill -9 $$")) print(os.execute("kill -INT $$")) print(os.execute("nowhere 2>/dev/null"))'
same "io.popen" -e '
    for _, mode in ipairs {"r", "w", "re", "rw", "x", ""} do
        local p, why, code = io.popen("exit 7", mode) print(mode, p and io.type(p), why, code)
        if p then print(p:close()) print(pcall(p.read, p)) end
    end
    local p = io.popen("cat; exit 2", "w") p:write("text\n") print(p:close())
    p = io.popen("echo a; echo b") print(p:read("*l", "*a", "*l")) print(p:close())
    p = io.popen("kill -TERM $$") print(p:close())
    local q = io.popen("cat", "w") p = io.popen("echo x") print(p:read()) q:close()'
