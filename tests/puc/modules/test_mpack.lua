-- libmpack.
local mpack = require "mpack"
local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
local function show(v, d)
  d = d or 0
  if type(v) == "table" then
    local ks = {} for k in pairs(v) do ks[#ks+1] = k end
    table.sort(ks, function(a,b) return type(a)..tostring(a) < type(b)..tostring(b) end)
    local o = {} for _, k in ipairs(ks) do o[#o+1] = show(k) .. "=" .. show(v[k]) end
    return "{" .. table.concat(o, ",") .. "}"
  end
  if v == mpack.NIL then return "NIL" end
  return type(v) == "string" and ("%q"):format(v) or (type(v)=="userdata" or type(v)=="function") and type(v) or
      tostring(v)
end
local function s(...) local o={} for i=1,select("#",...) do o[i]=show((select(i,...))) end
    print(table.concat(o,"\t")) end
for _, v in ipairs { 0, 1, 127, 128, 255, 256, 65535, 65536, 2^32-1, 2^32, 2^53, -1, -32, -33, -128, -129, -32768,
    -32769, -2^31, -2^31-1, -2^53, 1.5, -0.25, 1e300, 1/3, true, false, "", "abc", ("x"):rep(31), ("x"):rep(32),
    ("y"):rep(300), ("z"):rep(70000) } do
  local ok, p = pcall(mpack.pack, v)
  if not ok then s(v, p) else s(#p, #p < 40 and hex(p), mpack.unpack(p) == v) end
end
s(hex("\192"), mpack.unpack(mpack.pack(mpack.NIL)) == mpack.NIL)
for _, t in ipairs { {}, {1,2,3}, {1,{2,{3,{}}}}, {a=1}, {a={b={c={1,2,"x"}}}}, {1,2,nil,4}, {[1.5]=2},
    {[true]="t"} } do
  s(mpack.unpack(mpack.pack(t)))
end
local big = {} for i = 1, 2000 do big[i] = { i, tostring(i), i % 2 == 0 } end
local p = mpack.pack(big)
s(#p, #mpack.unpack(p), mpack.unpack(p)[1999])
s(pcall(mpack.pack, print)) s(pcall(mpack.pack)) s(pcall(mpack.unpack)) s(pcall(mpack.unpack, "\xc1"))
    s(pcall(mpack.unpack, "\x92\x01"))
s(pcall(mpack.unpack, "\x01\x02")) s(pcall(mpack.unpack, {}))
local loop = {} loop[1] = loop
s(pcall(mpack.pack, loop))
-- streaming
local u = mpack.Unpacker()
local data = mpack.pack({1,2,{a="b"}}) .. mpack.pack("second") .. mpack.pack(3)
local pos = 1
while pos <= #data do local v v, pos = u(data, pos) s(v, pos) end
local u2 = mpack.Unpacker()
for i = 1, #data do local v, n = u2(data:sub(i,i), 1) if v ~= nil then s(i, v, n) end end
-- ext
local mt = {}
local pk = mpack.Packer { ext = { [mt] = function(o) return 5, "data:" .. o.x end } }
local o = setmetatable({x = "q"}, mt)
local e = pk(o)
s(hex(e))
local up = mpack.Unpacker { ext = { [5] = function(code, str) return { code, str } end } }
s(up(e))
s(pcall(pk, setmetatable({}, mt)))
local pk2 = mpack.Packer { ext = { [mt] = function() error({}) end } }
s(pcall(pk2, o))
local pk3 = mpack.Packer { ext = { [mt] = function() error("oops", 0) end } }
s(pcall(pk3, {1, o}))
s(pcall(pk3, {1, 2}))
s(pcall(coroutine.wrap(function()
    local p = mpack.Packer{ext={[mt]=function() coroutine.yield(1) return 1,"x" end}} return p(o) end)))
local dict = mpack.Packer{ is_bin = function(v) return v == "bin" end }
s(pcall(function() return hex(dict{"bin","str"}) end))
-- session
local sess = mpack.Session{ unpack = mpack.Unpacker() }
local req = sess:request({"cbdata"})
s(hex(req))
local full = req .. mpack.pack("method") .. mpack.pack({1,2})
local notif = sess:notify() .. mpack.pack("note") .. mpack.pack({})
s(hex(notif))
local srv = mpack.Session{ unpack = mpack.Unpacker() }
local all = full .. notif
local at = 1
while at <= #all do
  local t, id, m, a
  t, id, m, a, at = srv:receive(all, at)
  s(t, id, m, a, at)
end
local rep = srv:reply(0) .. "\192" .. mpack.pack("result")
s(hex(rep))
s(sess:receive(rep, 1))
s(pcall(sess.receive, sess, "\x01", 1)) s(pcall(sess.receive, {}, ""))
s(pcall(srv.reply, srv)) s(tostring(u):match "^[^:]*:?")
    s(mpack.NIL == mpack.NIL, tostring(mpack.NIL):gsub("0x%x+","A"))
for i = 1, 300 do mpack.Unpacker() mpack.Packer() mpack.Session() end
collectgarbage()
s("end")
