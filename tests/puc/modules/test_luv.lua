-- luv: libuv, whose callbacks come from its loop.
local uv = require "luv"
local function show(...)
    local out = {}
    for i = 1, select("#", ...) do out[i] = tostring((select(i, ...))):gsub("0x%x+", "ADDRESS") end
    print(table.concat(out, "\t"))
end

-- timers
local ticks = 0
local timer = uv.new_timer()
timer:start(1, 1, function()
    ticks = ticks + 1
    if ticks == 5 then timer:stop() timer:close(function() show("timer closed") end) end
end)
show(uv.run(), ticks, timer:is_closing())
show(pcall(function() timer:start(1, 1) end))
show(pcall(function() uv.timer_start({}, 1, 1, print) end))
local order = {}
for i = 3, 1, -1 do
    local t = uv.new_timer()
    t:start(i * 15, 0, function() order[#order + 1] = i t:close() end)
end
uv.run()
show(table.concat(order, " "))

-- idle, prepare, check, async
local log = {}
local idle, check = uv.new_idle(), uv.new_check()
idle:start(function() log[#log + 1] = "idle" idle:close() end)
check:start(function() log[#log + 1] = "check" check:close() end)
uv.run()
show(table.concat(log, " "))
local async
async = uv.new_async(function(a, b) show("async", a, b) async:close() end)
async:send("x", 42)
uv.run()

-- errors in callbacks do not end the loop
local bad = uv.new_timer()
bad:start(0, 0, function() bad:close() end)
uv.run()

-- TCP, echo
local server = uv.new_tcp()
show(server:bind("127.0.0.1", 0))
server:listen(16, function(e)
    assert(not e, e)
    local peer = uv.new_tcp()
    server:accept(peer)
    peer:read_start(function(err, chunk)
        assert(not err, err)
        if chunk then peer:write(chunk:upper()) else peer:shutdown(function() peer:close() end) end
    end)
end)
local address = server:getsockname()
show(address.ip, address.port > 0, address.family)
local client, got = uv.new_tcp(), {}
client:connect("127.0.0.1", address.port, function(e)
    assert(not e, e)
    client:read_start(function(err, chunk)
        assert(not err, err)
        if chunk then got[#got + 1] = chunk end
        if #table.concat(got) == 11 then client:close() server:close() end
    end)
    client:write { "hello ", "world" }
end)
uv.run()
show(table.concat(got))
local refused = uv.new_tcp()
refused:connect("127.0.0.1", 1, function(e) show(e) refused:close() end)
uv.run()

-- pipes and processes
local out, status = uv.new_pipe(false), nil
local words = {}
local process, pid = uv.spawn("/bin/sh", { args = { "-c", "echo out; exit 3" }, stdio = { nil, out, nil } },
    function(code, signal) status = code .. " " .. signal end)
show(type(pid), (tostring(process):gsub(":.*", "")))
out:read_start(function(_, chunk) if chunk then words[#words + 1] = chunk else out:close() end end)
uv.run()
process:close()
uv.run()
show(status, (table.concat(words):gsub("\n", "")))
show((pcall(uv.spawn, "/nonexistent", {}, function() end)))

-- files, at once and later
local name = os.tmpname()
local fd = assert(uv.fs_open(name, "w", 420))
show(uv.fs_write(fd, "written by luv\n", 0), uv.fs_close(fd))
show(uv.fs_stat(name).size, uv.fs_stat(name).type)
show(uv.fs_stat "/nonexistent")
uv.fs_open(name, "r", 0, function(e, f)
    assert(not e, e)
    uv.fs_read(f, 100, 0, function(err, data)
        show(err, #data)
        uv.fs_close(f, function() show("closed") end)
    end)
end)
uv.run()
show(uv.fs_unlink(name), (uv.fs_unlink(name)))

-- coroutines on top of callbacks
local function sleep(ms)
    local co, t = coroutine.running(), uv.new_timer()
    t:start(ms, 0, function() t:close() assert(coroutine.resume(co, ms)) end)
    return coroutine.yield()
end
local done = {}
for i = 1, 3 do
    coroutine.wrap(function()
        for k = 1, 2 do
            local ms = sleep(i * 20 + k)
            done[#done + 1] = i .. ":" .. ms
        end
    end)()
end
uv.run()
show(#done, done[1], done[#done])

-- work in threads, with Lua states of their own
local work = uv.new_work(function(n, s)
    local sum = 0
    for i = 1, n do sum = sum + i end
    return sum, s .. "!"
end, function(sum, s) show("worked", sum, s) end)
work:queue(1000, "text")
uv.run()

-- what there is, and the end
show(type(uv.hrtime()), type(uv.now()), type(uv.version_string()), uv.cwd() ~= nil)
show(type(uv.os_getpid and uv.os_getpid()), #uv.cpu_info() > 0, uv.loop_alive())
local left = uv.new_timer()
left:start(1000, 0, function() end)
show(uv.loop_alive(), left:is_active(), left:has_ref())
uv.walk(function(h) if not h:is_closing() then h:close() end end)
show(uv.run(), uv.loop_alive())
