-- LuaSocket, on the loopback interface only.
local socket = require "socket"
local url, mime, ltn12 = require "socket.url", require "mime", require "ltn12"
local function show(...)
    local out = {}
    for i = 1, select("#", ...) do out[i] = tostring((select(i, ...))):gsub("0x%x+", "ADDRESS") end
    print(table.concat(out, "\t"))
end

show(socket._VERSION, type(socket.gettime()), type(socket.dns.gethostname()))

-- TCP
local server = assert(socket.bind("127.0.0.1", 0))
local ip, port = server:getsockname()
show(ip, tonumber(port) > 0, (tostring(server):gsub(":.*", "")))
server:settimeout(5)
local client = assert(socket.connect(ip, port))
local peer = assert(server:accept())
for _, s in ipairs { client, peer } do s:settimeout(5) end
show((client:getpeername()), (peer:getsockname()))
show(client:send "line one\nline two\r\nrest")
show(peer:receive())
show(peer:receive "*l")
show(peer:receive(2), peer:receive(2))
show(peer:send(("x"):rep(10000)))
show(#client:receive(10000))
show(client:send("abcdef", 2, 4))
show(peer:receive(3))
client:settimeout(0)
show(client:receive())
show(client:receive(5))
show(client:setoption("tcp-nodelay", true), client:getoption "tcp-nodelay", pcall(client.setoption, client, "nonsense", 1))
show((client:getstats()))
peer:close()
client:settimeout(5)
show(client:receive())
show(client:send "x" ~= nil)
client:close()
show(pcall(client.send, client, "x"))
show(pcall(function() return client.nothing end))
show(pcall(function() return socket.connect(ip) end))
show(socket.connect("127.0.0.1", 1))

-- select
local a, b = assert(socket.connect(ip, port)), nil
b = assert(server:accept())
local r, w = socket.select({ a, b }, { a }, 0)
show(#r, #w, w[1] == a, w[a])
b:send "now\n"
r = socket.select({ a, b }, nil, 5)
show(#r, r[1] == a, a:receive())
show(select(3, socket.select({ b }, nil, 0.01)))
show(b:shutdown "send", a:receive())
a:close() b:close()

-- UDP
local u1, u2 = assert(socket.udp()), assert(socket.udp())
show(u1:setsockname("127.0.0.1", 0), u2:setsockname("127.0.0.1", 0))
u1:settimeout(5)
local _, port1 = u1:getsockname()
show(u2:sendto("datagram", "127.0.0.1", port1))
local text, from = u1:receivefrom()
show(text, from)
show(u2:setpeername("127.0.0.1", port1), u2:send "connected", u1:receive())
u1:settimeout(0.01)
show(u1:receive())
u1:close() u2:close()

-- a protocol in coroutines: an echo server and its clients, by select
local function echo()
    local c = assert(server:accept())
    c:settimeout(0)
    while true do
        local line, e = c:receive()
        if line then c:send(line:upper() .. "\n") elseif e == "closed" then break else coroutine.yield() end
    end
    c:close()
    return "served"
end
local one = assert(socket.connect(ip, port))
one:settimeout(0)
local co = coroutine.create(echo)
local got = {}
one:send "hello\nworld\n"
for _ = 1, 200 do
    if coroutine.status(co) ~= "dead" then assert(coroutine.resume(co)) end
    local line = one:receive()
    if line then got[#got + 1] = line end
    if #got == 2 then one:close() break end
    socket.sleep(0.005)
end
for _ = 1, 200 do
    if coroutine.status(co) == "dead" then break end
    local _, result = assert(coroutine.resume(co))
    if result then got[#got + 1] = result end
    socket.sleep(0.005)
end
show(table.concat(got, " "))
show(server:close(), pcall(server.accept, server))

-- protected functions and try
local clean = {}
local f = socket.protect(function(x)
    local try = socket.newtry(function() clean[#clean + 1] = "cleaned" end)
    return try(x, "no x")
end)
show(f(1), f(nil))
show(clean[1])
show(socket.skip(1, "a", "b"))

-- mime, ltn12, url
show((mime.b64 "hello world"), (mime.unb64 "aGVsbG8="), (mime.qp "a=b\n"), (mime.unqp "a=3Db"))
show(mime.eol(0, "a\nb\r\nc"))
local out = {}
show(ltn12.pump.all(ltn12.source.chain(ltn12.source.string(("abc"):rep(1000)), mime.encode "base64"), (ltn12.sink.table(out))), #table.concat(out))
local parts = url.parse "http://user@example.com:80/a/b?q=1#f"
show(parts.host, parts.port, parts.path, parts.query, parts.fragment, parts.user)
show(url.escape "a b&c", url.unescape "a%20b", url.absolute("http://h/a/b", "../c"))

-- forgotten sockets are closed by the collector
for _ = 1, 300 do socket.tcp() end
collectgarbage()
show(type(socket.tcp()))
