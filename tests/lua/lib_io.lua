-- io: formats, modes, buffering, pipes, default files, closed files; at the end what ordinary scripts need.

local name = os.tmpname()
local function write(text)
  local f = assert(io.open(name, "wb"))
  assert(f:write(text))
  f:close()
end
local function err(f, ...) -- helper
  local ok, e = pcall(f, ...)
  print(ok and "no error" or (e:gsub("'io%.", "'"):gsub("^[^ ]*:%d+: ", "")))
end
local function show(...) -- helper
  local parts = table.pack(...)
  for i = 1, parts.n do parts[i] = type(parts[i]) == "string" and ("%q"):format(parts[i]):gsub("\\\n", "\\n") or tostring(parts[i]) end
  print(table.concat(parts, " "))
end

-- types
print(io.type(io.stdin), io.type(io.stdout), io.type(io.stderr), io.type(io), io.type(nil))
-- expect: file	file	file	nil	nil
err(io.type) -- expect: bad argument #1 to 'type' (value expected)
local f = assert(io.open(name, "w"))
print(type(f), io.type(f), tostring(f):match("^file %(0x%x+%)$") ~= nil, getmetatable(f).__index == getmetatable(f))
-- expect: userdata	file	true	true
print(f:close(), io.type(f), tostring(f)) -- expect: true	closed file	file (closed)
local methods = {}
for k in pairs(getmetatable(f)) do methods[#methods + 1] = k end
table.sort(methods)
print(table.concat(methods, " "))
-- expect: __gc __index __tostring close flush lines read seek setvbuf write

-- modes
for _, mode in ipairs({ "r", "w", "a", "r+", "w+", "a+", "rb", "wb", "ab", "r+b", "w+b", "a+b" }) do
  local g = io.open(name, mode)
  if not g then print("cannot open with", mode) end
  g:close()
end
for _, mode in ipairs({ "", "x", "rw", "r++", "rb+", "+r", "br", "r ", "b", "rbb" }) do err(io.open, name, mode) end
-- expect: bad argument #2 to 'open' (invalid mode)
-- expect: bad argument #2 to 'open' (invalid mode)
-- expect: bad argument #2 to 'open' (invalid mode)
-- expect: bad argument #2 to 'open' (invalid mode)
-- expect: bad argument #2 to 'open' (invalid mode)
-- expect: bad argument #2 to 'open' (invalid mode)
-- expect: bad argument #2 to 'open' (invalid mode)
-- expect: bad argument #2 to 'open' (invalid mode)
-- expect: bad argument #2 to 'open' (invalid mode)
-- expect: bad argument #2 to 'open' (invalid mode)
write("12345")
f = io.open(name, "r")
show(f:write("x")) -- expect: nil "Bad file descriptor" 9
f:close()
f = io.open(name, "w")
show(f:read("*a")) -- expect: nil "Bad file descriptor" 9
show(f:read("*l")) -- expect: nil "Bad file descriptor" 9
show(f:read(1)) -- expect: nil "Bad file descriptor" 9
show(pcall(f.lines(f))) -- expect: false "Bad file descriptor"
f:close()
show(io.open(name, "r+"):seek("end")) -- expect: 0

-- reading numbers as scanf does
local function numbers(text, count)
  write(text)
  local g, out = io.open(name), {}
  for i = 1, count do
    local n = g:read("*n")
    out[i] = n == nil and "nil" or n ~= n and "nan" or ("%.14g"):format(n)
  end
  print(table.concat(out, " ") .. " | " .. tostring(g:read("*a")):gsub("\n", "<NL>"))
  -- expect: 1 2 3 | 
  -- expect: -1500 0.5 5 |  
  -- expect: 16 10.5 16 | 
  -- expect: 12 nil | abc
  -- expect: nil | abc
  -- expect: nil | 
  -- expect: nil |  5
  -- expect: 1 | 
  -- expect: 1 | 
  -- expect: nil | 
  -- expect: nil | 
  -- expect: inf -inf nan inf | 
  -- expect: 1 nil | ,2
  -- expect: nil | 
  -- expect: 1e+20 inf | 
  g:close()
end
numbers("1 2\n3", 3)
numbers("  -1.5e3\t+.5 5. ", 3)
numbers("0x10 0xA.8 0x1p4", 3)
numbers("12abc", 2)
numbers("abc", 1)
numbers("-", 1)
numbers("- 5", 1)
numbers("1e", 1)
numbers("1e+", 1)
numbers("0x", 1)
numbers(".", 1)
numbers("inf -inf nan infinity", 4)
numbers("1,2", 2)
numbers("", 1)
numbers("99999999999999999999 1e400", 2)

-- lines, counts, everything
write("one\ntwo\n\nfour\n")
f = io.open(name)
show(f:read("*l", "*L", "*l", 2, "*a", "*a", "*l"))
-- expect: "one" "two\n" "" "fo" "ur\n" "" nil
show(f:read("*a"), f:read(0), f:read("*l"), f:read("*L"), f:read("*n"))
-- expect: "" nil nil nil nil
f:seek("set")
show(f:read(0), f:read(0, 3, 0), f:read(1000), f:read(0)) -- expect: "" "" "\ntwo\n\nfour\n" nil
f:seek("set")
show(f:read("*l", "*n", "*l")) -- expect: "one" nil
f:seek("set")
show(f:read()) -- expect: "one"
show(f:read("*lines", "*all")) -- expect: "two" "\nfour\n"
show(f:read(0)) -- expect: nil
show(f:read("*a", "*a")) -- expect: "" ""
f:seek("set")
show(f:read(2.9), f:read("2x"  and 1)) -- expect: "on" "e"

-- counts that no machine has room for are refused before anything is read
f:seek("set")
for _, n in ipairs { 2 ^ 40, 2 ^ 53, 2 ^ 63, 1e300, 1 / 0, -1 / 0, 0 / 0, -2 ^ 31, -43 } do
  local ok, e = pcall(f.read, f, n, "no format")
  if ok or e ~= "not enough memory" or f:seek() ~= 0 then print(n, ok, e) end
end
show(pcall(f.read, f, -1)) -- expect: false "memory allocation error: block too big"
show(pcall(f.read, f, -42)) -- expect: false "memory allocation error: block too big"
show(pcall(f.read, f, 3, -2.5)) -- expect: false "memory allocation error: block too big"
show(f:seek()) -- expect: 3
show(pcall(f:lines(-1))) -- expect: false "memory allocation error: block too big"
show(pcall(io.lines(name, 2 ^ 53))) -- expect: false "not enough memory"
show(#f:read(1e10)) -- expect: 11
f:close()
write("no newline")
for l in io.lines(name, "*L") do show(l) end -- expect: "no newline"
f = io.open(name) -- wrong arguments behind one that cannot be written
show(f:write("x", 1)) -- expect: nil "Bad file descriptor" 9
err(f.write, f, "x", {}) -- expect: bad argument #3 to '?' (string expected, got table)
f:close()
write("\n\n")
for l in io.lines(name) do show(l) end
-- expect: ""
-- expect: ""
for l in io.lines(name, "*L") do show(l) end
-- expect: "\n"
-- expect: "\n"
write("a\0b\0\n\0c")
f = io.open(name)
show(#f:read(3), #f:read("*a")) -- expect: 3 4
f:close()

-- bad formats
f = io.open(name)
err(function() f:read("n") end) err(function() f:read("*x") end) err(function() f:read("") end)
-- expect: bad argument #1 to 'read' (invalid option)
-- expect: bad argument #1 to 'read' (invalid format)
-- expect: bad argument #1 to 'read' (invalid option)
err(function() f:read({}) end) err(function() f:read(nil) end) err(function() f:read("*l", "*") end)
-- expect: bad argument #1 to 'read' (invalid option)
-- expect: bad argument #1 to 'read' (invalid option)
-- expect: bad argument #2 to 'read' (invalid format)
err(io.lines, name, "x") -- expect: no error
err(io.lines(name, "x")) -- expect: bad argument #2 to '?' (invalid option)
err(io.lines(name, "*l", "*x")) -- expect: bad argument #3 to '?' (invalid format)
f:close()

-- lines: closing at the end, many formats, errors
local step = io.lines(name)
while step() do end
err(step) -- expect: file is already closed
f = io.open(name)
step = f:lines()
while step() do end
print(io.type(f), step()) -- expect: file
f:close()
err(step) -- expect: file is already closed
err(f.lines, f) -- expect: attempt to use a closed file
f = io.open(name)
err(f.lines, f, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18)
-- expect: bad argument #17 to '?' (too many options)
print(pcall(f.lines, f, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17) and "17 formats")
-- expect: 17 formats
f:close()
write("1 2\n3 4\nrest")
for a, b, c in io.lines(name, "*n", "*n", "*l") do show(a, b, c) end
-- expect: 1 2 ""
-- expect: 3 4 ""
for a, b in io.lines(name, 1, 1) do if a == "r" then show(a, b) break end end -- expect: "r" "e"
err(io.lines, "/nonexistent")
-- expect: cannot open file '/nonexistent' (No such file or directory)
err(io.lines, {}) -- expect: bad argument #1 to 'lines' (string expected, got table)
show(pcall(io.lines("/"))) -- expect: false "Is a directory"

-- writing
f = io.open(name, "w")
show(f:write() == f, f:write("a", 1, 2.5, "b"):write(1e100, -0.0, 0x10) == f)
-- expect: true true
err(function() f:write("x", nil) end) err(function() f:write({}) end) err(function() f:write(true) end)
-- expect: bad argument #2 to 'write' (string expected, got nil)
-- expect: bad argument #1 to 'write' (string expected, got table)
-- expect: bad argument #1 to 'write' (string expected, got boolean)
f:close()
show(io.open(name):read("*a")) -- expect: "a12.5b1e+100-016x"
err(function() f:write("x") end) -- expect: attempt to use a closed file

-- seek
f = io.open(name, "w+")
f:write("0123456789")
show(f:seek(), f:seek("set"), f:seek("set", 3), f:read(1), f:seek("cur"), f:seek("cur", -2), f:read(1), f:seek("end", -1), f:read(1))
-- expect: 10 0 3 "3" 4 2 "2" 9 "9"
show(f:seek("set", -1)) -- expect: nil "Invalid argument" 22
show(f:seek("end", 10), f:read(1), f:write("x") == f, f:seek("end")) -- expect: 20 nil true 21
err(function() f:seek("nowhere") end) err(function() f:seek("set", 1.5) end) err(function() f:seek("set", {}) end)
-- expect: bad argument #1 to 'seek' (invalid option 'nowhere')
-- expect: bad argument #2 to 'seek' (not an integer in proper range)
-- expect: bad argument #2 to 'seek' (number expected, got table)
err(function() f:seek("set", 1e300) end) err(function() f:seek(5) end)
-- expect: bad argument #2 to 'seek' (not an integer in proper range)
-- expect: bad argument #1 to 'seek' (invalid option '5')
show(f:seek("set", "2"), f:seek(nil, nil)) -- expect: 2 2
f:close()

-- buffering
f = io.open(name, "w")
show(f:setvbuf("full"), f:setvbuf("full", 100), f:setvbuf("line"), f:setvbuf("no"))
-- expect: true true true true
f:write("seen at once")
show(io.open(name):read("*a"), f:flush()) -- expect: "seen at once" true
err(function() f:setvbuf() end) err(function() f:setvbuf("some") end) err(function() f:setvbuf("full", {}) end)
-- expect: bad argument #1 to 'setvbuf' (string expected, got no value)
-- expect: bad argument #1 to 'setvbuf' (invalid option 'some')
-- expect: bad argument #2 to 'setvbuf' (number expected, got table)
f:close()

-- closed and standard files
err(f.read, f) err(f.close, f) err(f.flush, f) err(f.seek, f) err(f.setvbuf, f, "no") err(io.close, f) err(io.input, f) err(io.output, f)
-- expect: attempt to use a closed file
-- expect: attempt to use a closed file
-- expect: attempt to use a closed file
-- expect: attempt to use a closed file
-- expect: attempt to use a closed file
-- expect: attempt to use a closed file
-- expect: attempt to use a closed file
-- expect: attempt to use a closed file
show(io.stdin:close()) show(io.close(io.stdout)) show(io.type(io.stdout)) show(io.stderr:close())
-- expect: nil "cannot close standard file"
-- expect: nil "cannot close standard file"
-- expect: "file"
-- expect: nil "cannot close standard file"
err(f.read) err(f.read, 5) err(f.close, io) err(io.close, {}) err(f.write, "x") err(getmetatable(f).__tostring, 1) err(getmetatable(f).__gc)
-- expect: bad argument #1 to '?' (FILE* expected, got no value)
-- expect: bad argument #1 to '?' (FILE* expected, got number)
-- expect: bad argument #1 to 'close' (FILE* expected, got table)
-- expect: bad argument #1 to 'close' (FILE* expected, got table)
-- expect: bad argument #1 to '?' (FILE* expected, got string)
-- expect: bad argument #1 to '?' (FILE* expected, got number)
-- expect: bad argument #1 to '?' (FILE* expected, got no value)

-- default files
write("first\n17 rest\n")
print(io.input(name) ~= io.stdin, io.read(), io.read("*n"), io.read("*l"), io.read())
-- expect: true	first	17	 rest	nil
io.input():close()
err(io.read) err(io.lines)
-- expect: standard input file is closed
-- expect: attempt to use a closed file
show(pcall(io.input, "/nonexistent"))
-- expect: false "cannot open file '/nonexistent' (No such file or directory)"
io.input(io.stdin)
write("by io.lines\n")
io.input(name)
for l in io.lines() do show(l) end -- expect: "by io.lines"
print(io.type(io.input()), io.read()) -- expect: file	nil
for l in io.lines(nil) do show(l) end
io.input():close()
io.input(io.stdin)
local out = io.output()
io.output(name)
print(io.output() ~= io.stdout, io.write("to the default ", 5) == io.output(), io.flush(), io.close())
-- expect: true	true	true	true
err(io.write, "x") err(io.flush) err(io.close)
-- expect: standard output file is closed
-- expect: standard output file is closed
-- expect: attempt to use a closed file
show(pcall(io.output, "/nonexistent/x"))
-- expect: false "cannot open file '/nonexistent/x' (No such file or directory)"
err(io.output, {}) -- expect: bad argument #1 to 'output' (FILE* expected, got table)
io.output(out)
show(io.open(name):read("*a")) -- expect: "to the default 5"

-- temporary files and pipes
f = io.tmpfile()
f:write("temporary")
f:seek("set")
show(io.type(f), f:read("*a"), f:close()) -- expect: "file" "temporary" true
f = io.popen("echo hello; echo more; exit 3")
show(io.type(f), f:read("*a"), f:close()) -- expect: "file" "hello\nmore\n" nil "exit" 3
show(io.popen("true"):close()) -- expect: true "exit" 0
show(io.popen("kill -9 $$"):close()) -- expect: nil "signal" 9
f = io.popen("cat > " .. name, "w")
show(f:write("through a pipe") == f, f:close()) -- expect: true true "exit" 0
show(io.open(name):read("*a")) -- expect: "through a pipe"
for l in io.popen("echo a; echo b"):lines() do show(l) end
-- expect: "a"
-- expect: "b"
show(io.popen("true", "x")) -- expect: nil "true: Invalid argument" 22
err(io.popen) -- expect: bad argument #1 to 'popen' (string expected, got no value)
show(io.open("/nonexistent/file", "w"))
-- expect: nil "/nonexistent/file: No such file or directory" 2
show(io.open("/", "w")) -- expect: nil "/: Is a directory" 21
show(io.open("/"):read("*l")) -- expect: nil "Is a directory" 21
show(io.open("/"):read(1)) -- expect: nil "Is a directory" 21
show(io.open("/"):read("*a")) -- expect: nil "Is a directory" 21
show(io.open("/"):read("*n")) -- expect: nil "Is a directory" 21

-- open to write only
f = io.open(name, "w")
show(f:read("*n")) show(f:lines("*n")() == nil) show(f:read("*n", 1)) -- expect: nil
-- expect: true
-- expect: nil
show(f:read("*l")) show(f:read(0)) -- expect: nil "Bad file descriptor" 9
-- expect: nil "Bad file descriptor" 9
f:close()
os.remove(name)

-- C sees options up to their first zero
f = io.tmpfile()
show(f:seek("end\0x"), f:setvbuf("no\0x")) -- expect: 0 true
err(f.seek, f, "e\0nd") -- expect: bad argument #2 to '?' (invalid option 'e')
f:close()
-- What ordinary scripts need.
do
-- files: write, read back in every way
local name = os.tmpname()
local f = assert(io.open(name, "w"))
print(io.type(f), io.type(io.stdout), io.type(5), io.type({})) -- expect: file	file	nil	nil
print(f:write("line one\n", 2, " ", 3.5, "\n", "\n", "last without newline") == f)
-- expect: true
print(f:close(), io.type(f)) -- expect: true	closed file
f = io.open(name)
print(f:read()) -- expect: line one
print(f:read("*n", "*n")) -- expect: 2	3.5
print(f:read("*l"), f:read("*l"), f:read("*l"), f:read("*l"))
-- expect: 		last without newline	nil
print(f:seek("set", 5), f:read(3), f:seek(), f:seek("cur", -3), f:read("*l"))
-- expect: 5	one	8	5	one
print(f:seek("end"), f:read(0), f:read("*a") == "", f:read(1)) -- expect: 36	nil	true	nil
print(f:seek("set"), #f:read("*a"), f:read("*a") == "", f:read("*l")) -- expect: 0	36	true	nil
f:close()
local n = 0
for line in io.lines(name) do n = n + #line end
print(n) -- expect: 33
local lines = {}
for a, b in io.lines(name, 1, "*l") do lines[#lines + 1] = a .. "|" .. tostring(b) end
print((table.concat(lines, " "):gsub("\n", "<NL>")))
-- expect: l|ine one 2| 3.5 <NL>|last without newline
f = io.open(name, "a")
f:write("\nappended")
f:close()
f = io.open(name, "r+")
f:write("LINE")
f:seek("end", -8)
print((f:read("*a"):gsub("\n", "<NL>"))) -- expect: appended
f:seek("set", 0)
print((f:read("*l"))) -- expect: LINE one
n = 0
for _ in f:lines() do n = n + 1 end
print(n) -- expect: 4
f:close()
print((select(2, pcall(f.read, f)):gsub("^.-:%d+: ", "")), tostring(f))
-- expect: attempt to use a closed file	file (closed)
print((select(2, pcall(function() f:write("x") end)):gsub("^[^:]*:%d+: ", "")))
-- expect: attempt to use a closed file

-- binary data, long lines, numbers
f = io.open(name, "wb")
local all = {}
for i = 0, 255 do all[#all + 1] = string.char(i) end
all = table.concat(all)
f:write(all, ("x"):rep(10000), "\n", "12 0x1F -3.5e2 word")
f:close()
f = io.open(name, "rb")
print(f:read(256) == all, #f:read("*l"), f:read("*n"), f:read("*n"), f:read("*n"), f:read("*n"))
-- expect: true	10000	12	31	-350	nil
f:close()

-- standard input and output through names
local out = io.output()
print(out == io.stdout, io.type(io.stdin), io.input() == io.stdin) -- expect: true	file	true
io.output(name)
io.write("to ", "file\n")
io.close()
io.output(out)
io.input(name)
print((io.read("*a"):gsub("\n", "<NL>"))) -- expect: to file<NL>
io.close(io.input())
io.input(io.stdin)
io.write("")
print(io.write() == io.stdout, io.stdout:write() == io.stdout) -- expect: true	true

-- errors
print(io.open("/nonexistent/file"))
-- expect: nil	/nonexistent/file: No such file or directory	2
print(io.open("/nonexistent/file", "w"))
-- expect: nil	/nonexistent/file: No such file or directory	2
print(pcall(io.open, name, "bad mode"))
-- expect: false	bad argument #2 to 'io.open' (invalid mode)
print(pcall(io.lines, "/nonexistent/file"))
-- expect: false	cannot open file '/nonexistent/file' (No such file or directory)
print((select(2, pcall(function() f:read() end)):gsub("^[^:]*:%d+: ", "")))
-- expect: attempt to use a closed file

-- setvbuf, flush
f = io.open(name, "w")
print(f:setvbuf("full", 1024), f:setvbuf("no"), f:flush(), f:close())
-- expect: true	true	true	true
os.remove(name)
end
