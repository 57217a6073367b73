-- os and io, as far as ordinary scripts need them.

-- time and date
print(type(os.time()), type(os.clock()), os.clock() >= 0, os.time() > 1.5e9)
-- expect: number	number	true	true
print(os.time({ year = 2000, month = 1, day = 1, hour = 0 }), os.time({ year = 2024, month = 2, day = 29, hour = 12, min = 30, sec = 15 }))
-- expect: 946684800	1709209815
print(os.time({ year = 2024, month = 14, day = 1 }), os.time({ year = 2024, month = 1, day = -5, hour = 12 }))
-- expect: 1738411200	1703592000
print(os.date("!%Y-%m-%d %H:%M:%S", 0), os.date("!%A %B %d %j %p", 86400 * 45), os.date("!%x %X", 1e9))
-- expect: 1970-01-01 00:00:00	Sunday February 15 046 AM	09/09/01 01:46:40
local d = os.date("*t", 1e9)
print(d.year, d.month, d.day, d.hour, d.min, d.sec, d.wday, d.yday, d.isdst)
-- expect: 2001	9	9	1	46	40	1	252	false
print(os.time(os.date("*t", 123456789)), os.date("!*t", 0).year, os.difftime(10, 5), #os.date() > 10)
-- expect: 123456789	1970	5	true
print(os.date("!%%", 0), pcall(os.date, "%Ez", 0))
-- expect: %	false	bad argument #1 to 'os.date' (invalid conversion specifier '%Ez')
print(pcall(os.time, { year = 2000 })) -- expect: false	field 'day' missing in date table
print(pcall(os.time, { year = "x", month = 1, day = 1 }))
-- expect: false	field 'year' missing in date table

-- environment
print(os.getenv("NO_SUCH_VARIABLE_HERE"), type(os.getenv("PATH"))) -- expect: nil	string

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
print(pcall(function() f:write("x") end))
-- expect: false	os_io.lua:65: attempt to use a closed file

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
print(pcall(function() f:read() end))
-- expect: false	os_io.lua:103: attempt to use a closed file

-- setvbuf, flush
f = io.open(name, "w")
print(f:setvbuf("full", 1024), f:setvbuf("no"), f:flush(), f:close())
-- expect: true	true	true	true

-- rename and remove
local other = name .. ".renamed"
print(os.rename(name, other), io.open(name) == nil, os.remove(other)) -- expect: true	true	true
print((select(2, os.remove(other)):gsub("^.*: ", "")), select("#", os.remove(other)))
-- expect: No such file or directory	3
print((os.rename(name, other))) -- expect: nil
