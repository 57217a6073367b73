-- luaposix.
local posix = require "posix"
local function show(...)
    local out = {}
    for i = 1, select("#", ...) do out[i] = tostring((select(i, ...))):gsub("0x%x+", "ADDRESS") end
    print(table.concat(out, "\t"))
end
local root = os.tmpname()
os.remove(root)

-- processes and ids
show(posix.getpid("pid") == posix.getpid().pid, posix.getpid("ppid") > 0)
show(type(posix.uname()), posix.uname "%s", type(posix.times "elapsed"))
show(posix.getenv "LC_ALL", posix.setenv("PUC_TEST", "set"), posix.getenv "PUC_TEST", os.getenv "PUC_TEST")
show(posix.setenv("PUC_TEST"), posix.getenv "PUC_TEST")
show(posix.getuid and posix.getuid() == posix.geteuid())

-- pipes and forks
local r, w = posix.pipe()
show(type(r), type(w), posix.write(w, "through a pipe"), posix.read(r, 100))
local pid = posix.fork()
if pid == 0 then
    posix.close(r)
    posix.write(w, "child " .. (1 + 1))
    posix._exit(7)
end
show(posix.wait(pid) == pid, select(2, posix.wait(pid)))
show(posix.read(r, 100))
posix.close(w)
show(posix.read(r, 10), posix.close(r))
show(posix.close(r))
pid = posix.fork()
if pid == 0 then posix.exec("/bin/sh", "-c", "exit 3") end
show(select(2, posix.wait(pid)))
pid = posix.fork()
if pid == 0 then while true do posix.sleep(1) end end
show(posix.kill(pid, posix.SIGTERM))
show(select(2, posix.wait(pid)))
show(posix.kill(pid, 0))

-- signals: a handler in Lua, which runs from a hook
local seen = 0
posix.signal(posix.SIGUSR1, function(n) seen = seen + (n == posix.SIGUSR1 and 1 or 100) end)
posix.raise(posix.SIGUSR1)
for _ = 1, 1000 do end
show(seen)
posix.kill(posix.getpid "pid", posix.SIGUSR1)
for _ = 1, 1000 do end
show(seen)

-- files
show(posix.mkdir(root), (select(3, posix.mkdir(root))))
show(posix.stat(root, "type"), posix.access(root, "rwx"), (posix.access(root .. "/none")))
local fd = posix.open(root .. "/file", posix.O_CREAT + posix.O_RDWR, "rw-r--r--")
show(type(fd), posix.write(fd, "0123456789"), posix.lseek(fd, 3, posix.SEEK_SET), posix.read(fd, 4))
show(posix.ftruncate and true, posix.close(fd))
local st = posix.stat(root .. "/file")
show(st.size, st.type, st.mode, st.nlink)
show(posix.chmod(root .. "/file", "u=r,g=,o="), posix.stat(root .. "/file", "mode"))
show(posix.link(root .. "/file", root .. "/hard"), posix.link("file", root .. "/soft", true))
show(posix.readlink(root .. "/soft"), (posix.readlink(root .. "/file")))
show(posix.umask(), posix.basename "/a/b.c", posix.dirname "/a/b.c")
show(posix.fnmatch("*.lua", "x.lua"), posix.fnmatch("*.lua", "x.c"))
local names = posix.dir(root)
table.sort(names)
show(table.concat(names, " "))
names = {}
for f in posix.files(root) do names[#names + 1] = f end
table.sort(names)
show(table.concat(names, " "))
names = posix.glob(root .. "/*")
show(#names)

-- io's files
local f = assert(io.open(root .. "/file", "r"))
show(posix.fileno(f) > 2, posix.fileno(io.stdin), f:read(5))
f:close()
show(pcall(posix.fileno, f))
show(pcall(function() return posix.fileno {} end))

-- fdopen: a file that luaposix has made, with io's methods
fd = posix.open(root .. "/made", posix.O_CREAT + posix.O_RDWR, "rw-r--r--")
local made = posix.fdopen(fd, "w")
show(io.type(made), tostring(made):match "^file %(")
show(made:write("written ", 42, "\n") == made, made:flush() ~= nil, made:seek "cur")
show(made:close())
show(io.type(made), pcall(made.write, made, "x"))
for line in io.lines(root .. "/made") do show(line) end
fd = posix.open(root .. "/made", posix.O_RDONLY)
made = posix.fdopen(fd, "r")
show(made:read(8), made:read "*n", made:read "*a")
made = nil
collectgarbage()

-- the rest
for _, name in ipairs { "file", "hard", "soft", "made" } do posix.unlink(root .. "/" .. name) end
show(posix.rmdir(root), (select(2, posix.rmdir(root)) or ""):gsub("^.*: ", ""))
show(posix.errno and type(posix.errno()), posix.ctermid and type(posix.ctermid()))
show(posix.strftime and posix.strftime("%Y", posix.gmtime(0)))
-- The address sanitizer's crypt is there only for programs that are linked with it.
show(posix.crypt and not os.getenv "ASAN_OPTIONS" and type(posix.crypt("x", "ab")), posix.getpasswd and posix.getpasswd("root", "dir"))
show(posix.nanosleep and posix.nanosleep(0, 1000), pcall(function() posix.sleep "x" end))
show(posix.rpoll and true, posix.isatty and posix.isatty(0))
