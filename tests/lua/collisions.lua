-- Keys of one hash, moonlet-only: made here for Moonlet's, as a stranger would.
--
-- Moonlet's hash of a string is the low half of XXH3's, with a seed that everybody knows. For 8
-- bytes XXH3 mixes a word in steps each of which can be undone: numbers of 64 bits, here halves.

local xor, rshift, lshift = bit32.bxor, bit32.rshift, bit32.lshift
local floor, char = math.floor, string.char
local WORD = 2 ^ 32

local function times_32(x, y)
  return (x % 65536 * y + floor(x / 65536) * y % 65536 * 65536) % WORD
end

local function times(ah, al, bh, bl)
  local a0, a1, b0, b1 = al % 65536, floor(al / 65536), bl % 65536, floor(bl / 65536)
  local middle = a0 * b1 + a1 * b0
  local low = a0 * b0 + middle % 65536 * 65536
  local high = a1 * b1 + floor(middle / 65536) + floor(low / WORD)
  return (high + times_32(al, bh) + times_32(ah, bl)) % WORD, low % WORD
end

local function rotate(h, l, by)
  if by >= 32 then h, l, by = l, h, by - 32 end
  if by == 0 then return h, l end
  return lshift(h, by) + rshift(l, 32 - by), lshift(l, by) + rshift(h, 32 - by)
end

local function add_rotated(h, l, by, and_by)
  local ah, al = rotate(h, l, by)
  local bh, bl = rotate(h, l, and_by)
  return xor(h, ah, bh), xor(l, al, bl)
end

local function bytes(word)
  return char(word % 256, rshift(word, 8) % 256, rshift(word, 16) % 256, rshift(word, 24))
end

local function colliding(i)
  local h, l = i, 7
  l = xor(l, lshift(h, 4) + rshift(l, 28), rshift(h, 24))
  h = xor(h, rshift(h, 28))
  h, l = times(h, l, 0x02ab9c72, 0x0d1024ad) -- the inverse of XXH3's factor
  l = xor(l, rshift(h, 3) + 8)
  h, l = times(h, l, 0x02ab9c72, 0x0d1024ad)
  h, l = add_rotated(h, l, 49, 24)
  h, l = add_rotated(h, l, 34, 48)
  h, l = add_rotated(h, l, 4, 32)
  h, l = rotate(h, l, 56)
  return bytes(xor(h, 0x5332ae73)) .. bytes(xor(l, 0x5780702e)) -- with the seed
end

local N = 70000
local keys = {}
for i = 1, N do keys[i] = colliding(i) end

local t = {}
for i = 1, N do t[keys[i]] = i end

-- Keys of one hash are in their own order, others in that of their hashes: so these collide.
local function in_order(t)
  local last, count = "", 0
  for k in pairs(t) do
    if #k ~= 8 or k <= last then return false end
    last, count = k, count + 1
  end
  return count
end
print(in_order(t)) -- expect: 70000

local function all_right(t)
  for i = 1, N do if t[keys[i]] ~= i then return false end end
  return true
end
print(all_right(t), t[colliding(N + 1)]) -- expect: true	nil

-- Versions: what a fork does to them is undone.
local state = require "state"
local digest = state.digest()
print(state.fork(function()
  for i = 1, N, 2 do t[keys[i]] = nil end
  for i = 2, N, 2 do t[keys[i]] = -i end
  return in_order(t), all_right(t), t[keys[1]], t[keys[2]]
end)) -- expect: 35000	false	nil	-2
print(in_order(t), all_right(t), state.digest() == digest) -- expect: 70000	true	true

-- A traversal may remove what it has met, and what it has not.
local met = 0
for k in pairs(t) do
  met = met + 1
  t[k] = nil
  local other = next(t)
  if other then t[other] = nil end
end
print(met, next(t)) -- expect: 35000	nil

-- Constants: of a program, and of what is dumped of it.
local source = {"local t = {}"}
for i = 1, 40000 do source[#source + 1] = ("t[%q] = %d"):format(keys[i], i) end
source[#source + 1] = "return t"
local f = assert(load(table.concat(source, "\n")))
print(in_order(f())) -- expect: 40000
print(in_order(assert(load(string.dump(f)))())) -- expect: 40000

-- What else strangers' strings come to
local copy = {}
for k, v in next, f() do copy[#copy + 1] = k end
table.sort(copy)
print(#copy, copy[1] < copy[2]) -- expect: 40000	true
