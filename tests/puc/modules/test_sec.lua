-- LuaSec, on the loopback interface.
local function p(...) local o = {} for i = 1, select("#", ...)
    do o[i] = tostring((select(i, ...))):gsub("0x%x+", "A") end print(table.concat(o, "\t")) end
local ssl, socket = require "ssl", require "socket"
local d = os.tmpname() os.remove(d) os.execute("mkdir " .. d .. " && cd " .. d ..
    " && openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 3650 " ..
    "-subj '/CN=localhost/O=Test' -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' 2>/dev/null")
p(ssl._VERSION, type(ssl.config)) p(pcall(ssl.newcontext)) p(ssl.newcontext { mode = "client", protocol = "nope" })
    p(ssl.newcontext { mode = "server", protocol = "any", key = "/none" })
local ctx = assert(ssl.newcontext { mode = "server", protocol = "any", key = d .. "/key.pem",
    certificate = d .. "/cert.pem", verify = "none", options = "all" })
local cc = assert(ssl.newcontext { mode = "client", protocol = "tlsv1_2", verify = "none",
    cafile = d .. "/cert.pem" })
p(pcall(ssl.wrap, {}, ctx)) p(pcall(ssl.newcontext, { mode = "client", protocol = "any",
    password = function() error "pw" end, key = d .. "/key.pem" }))
local srv = assert(socket.bind("127.0.0.1", 0)) local _, port = srv:getsockname()
local c = assert(socket.connect("127.0.0.1", port)) local s = srv:accept() c:settimeout(0) s:settimeout(0)
local sc, ss = assert(ssl.wrap(c, cc)), assert(ssl.wrap(s, ctx)) sc:settimeout(0) ss:settimeout(0) local cd, sd
for i = 1, 1000 do if not cd then
    local ok, e = sc:dohandshake() cd = ok if e and e ~= "wantread" and e ~= "wantwrite" then
    p("c", e) break end end if not sd then
    local ok, e = ss:dohandshake() sd = ok if e and e ~= "wantread" and e ~= "wantwrite" then
    p("s", e) break end end if cd and sd then break end end
p(cd, sd) sc:settimeout(2) ss:settimeout(2) p(sc:send "question\n") p(ss:receive())
    p(ss:send(("x"):rep(10000) .. "\n")) local l = sc:receive() p(#l) p(sc:send "abcdef")
    p(ss:receive(3), ss:receive(3)) p(sc:send "tail")
local i = sc:info() p(i.protocol, i.cipher ~= nil, i.bits, sc:info "protocol") local cert = sc:getpeercertificate()
    p(cert:serial() ~= nil, cert:subject()[1].name, cert:subject()[1].value, #cert:digest "sha256",
    cert:validat(os.time()), #cert:pem() > 100) for k, v in pairs(cert:extensions()) do p(k, v.name) end
    p(sc:getpeerverification()) p(sc:getfinished() == ss:getpeerfinished())
    p(sc:want(), sc:dirty(), (sc:getstats())) p(tostring(sc), tostring(cert), tostring(ctx))
local x509 = require "ssl.x509" p(pcall(x509.load, "bad")) local c2 = x509.load(cert:pem())
    p(c2:digest() == cert:digest(), pcall(c2.issued, c2, c2)) p(pcall(c2.digest, {}))
sc:close() ss:settimeout(0.5) p(ss:receive "*a") ss:close() p(pcall(sc.send, sc, "x")) srv:close()
p(pcall(function() local h = require "ssl.https" return h.request("https://127.0.0.1:1/") end))
for i = 1, 30 do ssl.newcontext { mode = "client", protocol = "any" } end collectgarbage() os.execute("rm -r " .. d)
