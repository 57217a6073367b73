-- luaossl, without errors of the library, whose texts it reads when they are freed: needs functions of libm that it does not name as its own.
local function p(...) local o = {} for i = 1, select("#", ...)
    do o[i] = tostring((select(i, ...))):gsub("0x%x+", "A") end print(table.concat(o, "\t")) end
local function hex(s) return s and (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
local digest, hmac, cipher, rand, bn, pkey, x509, name, altname, ext, kdf, chain, store, crl, csr, pkcs12, ctx,
    ossl = require "openssl.digest", require "openssl.hmac", require "openssl.cipher", require "openssl.rand",
    require "openssl.bignum", require "openssl.pkey", require "openssl.x509", require "openssl.x509.name",
    require "openssl.x509.altname", require "openssl.x509.extension", require "openssl.kdf",
    require "openssl.x509.chain", require "openssl.x509.store", require "openssl.x509.crl",
    require "openssl.x509.csr", require "openssl.pkcs12", require "openssl.ssl.context", require "openssl"
p(type(ossl.version()))
for _, a in ipairs { "md5", "sha1", "sha256", "sha512", "nope" } do
    p(a, pcall(function() local d = digest.new(a) d:update("he", "llo") return hex(d:final " world") end)) end
p(hex(hmac.new("key", "sha256"):final "data"))
local c = cipher.new "AES-256-CBC"
    p(hex(c:encrypt(("k"):rep(32), ("i"):rep(16)):final "plain text"))
    local e = cipher.new "AES-256-CBC":encrypt(("k"):rep(32), ("i"):rep(16)):final "plain text"
    p(cipher.new "AES-256-CBC":decrypt(("k"):rep(32), ("i"):rep(16)):final(e))
    
p(pcall(c.encrypt, c, "short", "short")) p(pcall(cipher.new, "nope"))
p(#rand.bytes(10), rand.ready())
local a, b = bn.new "123456789012345678901234567890", bn.new(7)
p(a + b, a - b, a * b, a / b, a % b, -a, a == b, a < b, a <= a, b ^ 3) p(pcall(bn.new, "xyz"))
    p(pcall(function() return a + {} end)) p(5 + b, "10" + b, bn.new(-5) % 3, bn.gcd and bn.gcd(bn.new(12), bn.new(18)))
p(bn.fromBinary("\1\0"), hex(bn.new(258):tobin()))
local key = pkey.new { type = "EC", curve = "prime256v1" } p(key:type(), #key:toPEM "public" > 50)
local rsa = pkey.new { type = "RSA", bits = 1024, exp = 65537 }
    local sig = rsa:sign(digest.new "sha256":update "msg")
    p(#sig, rsa:verify(sig, digest.new "sha256":update "msg"), rsa:verify(sig, digest.new "sha256":update "other"))
p((pcall(rsa.getParameters, rsa, "n")))
local n = name.new() n:add("CN", "test") n:add("O", "org") p(n) for k, v in pairs(n) do
    p(k, v) end for i, v in ipairs(n:all()) do p(i, v.sn, v.blob) end
local alt = altname.new() alt:add("DNS", "x.example") alt:add("IP", "127.0.0.1") p(alt) for k, v in pairs(alt) do
    p(k, v) end
local crt = x509.new() crt:setVersion(3) crt:setSerial(bn.new(42)) crt:setSubject(n) crt:setIssuer(n)
    crt:setLifetime(0, 2 ^ 31) crt:setPublicKey(rsa) crt:setSubjectAlt(alt) crt:setBasicConstraints { CA = true,
    pathLen = 1 } crt:addExtension(ext.new("keyUsage", "digitalSignature,keyCertSign")) crt:sign(rsa)
p(crt:getSerial(), crt:getSubject(), crt:getVersion(), crt:getBasicConstraints "CA", crt:getLifetime())
    p(crt:isIssuedBy(crt), crt:getSubjectAlt()) local e1 = crt:getExtension(1) p(e1 and e1:getName(), e1 and e1:text())
local pem = crt:toPEM() p(x509.new(pem):getSubject(), #pem > 200) 
local st = store.new() st:add(crt) p(st:verify(crt)) local ch = chain.new() ch:add(crt) for i, c in ipairs(ch) do
    p(i, c:getSubject()) end
local r = csr.new() r:setVersion(1) r:setSubject(n) r:setPublicKey(rsa) r:sign(rsa) p(#r:toPEM() > 100)
local l = crl.new() l:setIssuer(n) l:add(bn.new(7), 1000) l:sign(rsa) p(#tostring(l) > 50)
p(pcall(function() local p12 = pkcs12.new { password = "pw", key = rsa, certs = { crt } }
    return #p12:tostring() > 100 end))
p(hex(kdf.derive { type = "PBKDF2", md = "sha256", outlen = 16, pass = "p", salt = "s", iter = 10 }))
    p(pcall(kdf.derive, { type = "nope" }))
p(pcall(ctx.new, "TLS", true)) local sc = ctx.new("TLS", true) 
-- TLS over cqueues
local cqueues, socket = require "cqueues", require "cqueues.socket"
local sk = pkey.new { type = "RSA", bits = 2048, exp = 65537 }
    local cert = x509.new() cert:setVersion(3) cert:setSerial(bn.new(43)) cert:setSubject(n) cert:setIssuer(n)
    cert:setLifetime(0, 2^31) cert:setPublicKey(sk) cert:sign(sk, "sha256")
local cq = cqueues.new() local x, y = socket.pair()
cq:wrap(function() local sc = ctx.new("TLS", true) sc:setCertificate(cert) sc:setPrivateKey(sk)
    p("server", x:starttls(sc)) p(x:read "*l") x:write "secret answer\n" x:flush() x:close() end)
cq:wrap(function() local cc = ctx.new("TLS", false) cc:setVerify(ctx.VERIFY_NONE)
    p("client", y:starttls(cc)) y:write "secret question\n" y:flush() p(y:read "*l") local s = y:checktls()
    p(s and s:getPeerCertificate():getSubject()) p(y:read "*l") end)
p(cq:loop()) for e in cq:errors() do p(e) end
for i = 1, 200 do bn.new(i) digest.new "md5" name.new() end collectgarbage()
