-- lua-md5 and des56.
local md5, core, des = require "md5", require "md5.core", require "des56"
local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
for n = 0, 130 do print(n, md5.sumhexa(("a"):rep(n))) end
print(hex(md5.sum("abc")), hex(core.sum("")))
print(hex(md5.exor("abc", "xyz"))) print(pcall(md5.exor, "a", "bb"))
print(pcall(md5.sum)) print(pcall(md5.sum, {}))
print(md5.sumhexa(12345))
local c = md5.crypt("the text to hide", "key", "initial seed")
print(hex(c), md5.decrypt(c, "key")) print(pcall(md5.decrypt, "", "key")) print(pcall(md5.decrypt, "abc", "k"))
print(hex(md5.crypt("", "key", "s"))) print(pcall(md5.crypt, "x", "k", ("s"):rep(300)))
for n = 0, 40 do local c = md5.crypt(("t"):rep(n), "kk", "ss")
    print(hex(c), md5.decrypt(c, "kk") == ("t"):rep(n)) end
for n = 0, 40 do local c = des.crypt(("t"):rep(n), "&3g4&gs*&3")
    print(hex(c), des.decrypt(c, "&3g4&gs*&3") == ("t"):rep(n)) end
print(pcall(des.crypt, "x", "short")) print(pcall(des.decrypt, "xxxxxxxx1", "longlong"))
print(pcall(des.crypt)) print(pcall(des.decrypt, {}, {}))
for i = 1, 2000 do md5.sum(("x"):rep(i)) end
print(md5.sumhexa(("y"):rep(1e6)))
