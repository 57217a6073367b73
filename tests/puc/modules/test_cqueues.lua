-- cqueues: coroutines that wait, sockets, threads with a lua_State each, which begin with all signals blocked.
local cqueues = require "cqueues"
local socket, condition, notify, signal, thread, promise, errno = require "cqueues.socket",
    require "cqueues.condition", require "cqueues.notify", require "cqueues.signal", require "cqueues.thread",
    require "cqueues.promise", require "cqueues.errno"
local function p(...) local o = {} for i = 1, select("#", ...)
    do o[i] = tostring((select(i, ...))):gsub("0x%x+", "A") end print(table.concat(o, "\t")) end
local cq = cqueues.new()
p(cqueues.type(cq), cqueues.type(1), cq:empty(), cq:count())
local log = {}
for i = 1, 3 do cq:wrap(function() for k = 1, 3 do log[#log + 1] = i .. ":" .. k cqueues.sleep(0.001 * i * k) end
    end) end
p(cq:count(), cq:loop()) table.sort(log) p(table.concat(log, " "), cq:empty())
cq:wrap(function() error "in a thread" end) p(cq:loop())
cq:wrap(function() error({}) end) p((select(2, cq:loop())))
cq:wrap(function() local x = nil; return x.y end) local a, b, c, d = cq:loop() p(a, b, c, type(d))
for e in cq:errors() do p("left", e) end
-- conditions
local cond, got, timed = condition.new(), {}
cq:wrap(function() got[#got + 1] = "wait" local r = cond:wait() got[#got + 1] = tostring(r) end)
cq:wrap(function() repeat cqueues.sleep(0.01) until timed got[#got + 1] = "signal" cond:signal() end)
cq:wrap(function() timed = not cond:wait(0.001) got[#got + 1] = "timed " .. tostring(not timed) end)
p(cq:loop()) p(table.concat(got, " "))
-- socket pair
local x, y = socket.pair()
p(cqueues.type(x), socket.type(x))
cq:wrap(function() x:write("line one\nline two\n", ("z"):rep(100), "\n") x:flush() x:shutdown "w" end)
cq:wrap(function() for l in y:lines() do p("got", #l, l:sub(1, 20)) end p("eof", y:read "*l", y:eof()) end)
p(cq:loop()) x:close() y:close()
-- modes and errors
local x, y = socket.pair()
cq:wrap(function() x:setmode("bn",
    "bn") x:write "0123456789" x:flush() cqueues.sleep(0.01) x:write "tail\n" x:close() end)
cq:wrap(function() p(y:read(3)) p(y:xread(-100, "b")) p(y:xread("*a", "b")) p(y:read(1)) end)
p(cq:loop())
-- a server
local srv = socket.listen("127.0.0.1", 0)
local _, host, port = srv:localname()
p(host, type(port))
cq:wrap(function() for i = 1, 3 do
    local s = srv:accept() cq:wrap(function() for l in s:lines "*L" do s:write("echo ", l) s:flush() end s:close()
    end) end srv:close() end)
for i = 1, 3 do cq:wrap(function() cqueues.sleep(i * 0.02)
    local s = socket.connect("127.0.0.1", port) s:write("hi " .. i .. "\n") s:flush() p(s:read "*l") s:shutdown "w"
    p(s:read "*l") s:close() end) end
p(cq:loop())
-- connecting to nobody
cq:wrap(function() local s = socket.connect("127.0.0.1", 1) local ok, e = s:connect(1)
    p(ok, e, errno.strerror(e or 0)) end) p(cq:loop())
p(pcall(socket.connect, {})) p(pcall(cqueues.new, 1)) p(pcall(cq.wrap, cq)) p(pcall(cq.step, {}))
-- promises
local pr cq:wrap(function() pr = promise.new(function() cqueues.sleep(0.01) return "promised", 2 end) end)
cq:wrap(function() local main = promise.new(function() return "inner" end) p(main:get()) end)
p(cq:loop()) p(pr:status())
cq:wrap(function() local bad = promise.new(function() error("bad", 0) end) p(pcall(bad.get, bad))
    p(bad:status()) end) p(cq:loop())
-- threads: another lua_State on another pthread
local th, con = thread.start(function(con, a, b)
    local cqueues = require "cqueues" con:write("from the thread ", a, " ", b, "\n") con:flush()
    for l in con:lines() do con:write(l:upper(), "\n") con:flush() if l == "end" then break end end con:close()
    end, "A", "B")
cq:wrap(function() p(con:read "*l") con:write "shout\n" con:flush() p(con:read "*l") con:write "end\n" con:flush()
    p(con:read "*l") p(con:read "*l") end)
p(cq:loop()) p(th:join())
local th2 = thread.start(function(con) error "in it" end) p(th2:join(5))
-- nested queues
local inner = cqueues.new() inner:wrap(function() cqueues.sleep(0.005) p "inner ran" end)
cq:wrap(function() while not inner:empty() do cqueues.poll(inner) p(inner:step(0)) end end) p(cq:loop())
-- poll
cq:wrap(function() local a, b = socket.pair() b:write "x" b:flush() local r = { cqueues.poll(a, 0.5) }
    p(#r, r[1] == a) p((cqueues.poll(0.001))) end) p(cq:loop())
-- signals
signal.block(signal.SIGUSR1) local sl = signal.listen(signal.SIGUSR1)
cq:wrap(function() p(sl:wait(2)) end) cq:wrap(function() cqueues.sleep(0.01) signal.raise(signal.SIGUSR1) end)
    p(cq:loop())
p(signal.strsignal(signal.SIGINT), signal.SIGTERM)
-- notify
local dir = os.tmpname() os.remove(dir) os.execute("mkdir " .. dir)
local nfy = notify.opendir(dir) nfy:add "f"
cq:wrap(function() local f = io.open(dir .. "/f", "w") f:write "x" f:close() end)
cq:wrap(function() local n = 0 for flags, name in nfy:changes(0.2) do n = n + 1 if name == "f" then break end end
    p("changes", n > 0) end) p(cq:loop())
os.execute("rm -r " .. dir)
-- running, coroutines of one's own in a queue
cq:wrap(function() p(cqueues.running() == cq)
    local co = coroutine.wrap(function() for i = 1, 2 do cqueues.sleep(0.001) coroutine.yield(i) end end)
    p(co(), co()) end) p(cq:loop()) p(cqueues.running())
cq:wrap(function() local co = cqueues.running() error(setmetatable({}, { __tostring = function() return "an object"
    end })) end) p((select(2, cq:loop())))
p(errno.strerror(errno.ENOENT), errno[errno.ENOENT], errno.EAGAIN == errno.EWOULDBLOCK)
for i = 1, 50 do local q = cqueues.new() q:wrap(function() cqueues.sleep(0) end) if i % 2 == 0 then q:loop() end
    end collectgarbage()
-- auxlib
local auxlib = require "cqueues.auxlib"
local w = auxlib.wrap(function() for i = 1, 2 do coroutine.yield(i) end error("e", 0) end) p(w(), w()) p(pcall(w))
cq:wrap(function() p(pcall(function() cqueues.sleep(0.001) error("after a yield", 0) end)) end) p(cq:loop())
local t = setmetatable({}, { __index = function(t, k) cqueues.sleep(0.001) return k .. "!"
    end, __add = function(a, b) cqueues.sleep(0.001) return "sum" end })
cq:wrap(function() p(t.key, t + 1) for k in (function() cqueues.sleep(0.001) return nil end) do end end)
    p(cq:loop())
cq:close() p(pcall(cq.step, cq))
