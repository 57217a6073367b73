-- Texts are copied in pieces: whatever their lengths, and wherever they begin, all bytes come along.
local bytes = {}
for i = 0, 255 do bytes[#bytes + 1] = string.char(i) end
local block = table.concat(bytes):rep(40)
for _, length in ipairs { 1, 2047, 2048, 2049, 4096, 4097, 6145, 10240 } do
  local s = block:sub(1, length)
  for before = 0, 33 do
    local prefix = ("<"):rep(before)
    local around = prefix .. s .. ">"
    assert(#around == before + length + 1 and around:sub(before + 1, -2) == s)
    assert((s .. prefix):sub(1, length) == s and (prefix .. s):sub(before + 1) == s)
    assert(table.concat { prefix, s, prefix } == prefix .. s .. prefix)
    assert(s:sub(before + 1) == block:sub(before + 1, length))
    assert(length < 100 or ("%s%s"):format(prefix, s) == prefix .. s)
    assert(s:gsub("\1", prefix, 1) == "\0" .. (length > 1 and prefix or "") .. s:sub(3))
  end
end
print "copied" -- expect: copied
