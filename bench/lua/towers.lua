-- Towers of Hanoi with disks that are linked objects; fields become nil again.
local N = tonumber(arg and arg[1]) or 140

local Towers = {}
Towers.__index = Towers
function Towers:push(disk, pile)
  local top = self.piles[pile]
  if top and disk.size >= top.size then error("cannot put a big disk on a smaller one") end
  disk.next = top
  self.piles[pile] = disk
end
function Towers:pop(pile)
  local top = self.piles[pile]
  if not top then error("nothing there") end
  self.piles[pile] = top.next
  top.next = nil
  return top
end
function Towers:move_top(from, to)
  self:push(self:pop(from), to)
  self.moved = self.moved + 1
end
function Towers:move(disks, from, to)
  if disks == 1 then return self:move_top(from, to) end
  local other = 6 - from - to
  self:move(disks - 1, from, other)
  self:move_top(from, to)
  self:move(disks - 1, other, to)
end

local check = 0
for _ = 1, N do
  local t = setmetatable({ piles = {}, moved = 0 }, Towers)
  for i = 13, 1, -1 do t:push({ size = i }, 1) end
  t:move(13, 1, 2)
  check = check + t.moved
end
print(check)
