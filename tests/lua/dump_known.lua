-- moonlet-only: hashes in dumps
-- Dumps that are known: of the same function again, read again, and with one byte changed.
local text = "local function f(x) return x + y end return f(1), 'text'"
local f = load(text, "@known")
local first, second = string.dump(f), string.dump(f)
print(first == second, first == string.dump(load(text, "@known"))) -- expect: true	true
for _ = 1, 3 do assert(load(first, "x", "b", { y = 2 })() == 3) end
print(select(2, pcall(load(first, "=other", "b", {}))))
-- expect: known:1: attempt to perform arithmetic on global 'y' (a nil value)
print(load(first, "x", "t")) -- expect: nil	attempt to load a binary chunk (mode is 't')
print(load(first .. "what follows does not count", "x", "b", { y = 3 })()) -- expect: 4	text
local middle = #first - 10
for _, at in ipairs({ 21, middle, #first }) do
  local byte = string.char((first:byte(at) + 1) % 256)
  local chunk, why = load(first:sub(1, at - 1) .. byte .. first:sub(at + 1), "=changed")
  assert(not chunk and why == "changed: corrupted precompiled chunk", why)
end
print(load(first:sub(1, -2), "=short")) -- expect: nil	short: truncated precompiled chunk -- expect: nil	short: truncated precompiled chunk
local stripped = string.dump(f, true)
for _ = 1, 3 do assert(load(stripped, "x", "b", { y = 2 })() == 3) end
print(#stripped < #first, string.dump(load(stripped)) == stripped) -- expect: true	true
local function inner(z) return z, z end
local bytes = string.dump(inner)
print(bytes == string.dump(inner), load(bytes)(5)) -- expect: true	5	5
print(string.dump(load(bytes)) == bytes) -- expect: true
