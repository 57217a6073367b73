-- Deep recursion, tail calls, and what bounds them.

-- proper tail calls: any depth
local function loop(n) if n > 0 then return loop(n - 1) end return "done" end
print(loop(1000000)) -- expect: done
local even, odd
function even(n) if n == 0 then return true end return odd(n - 1) end
function odd(n) if n == 0 then return false end return even(n - 1) end
print(even(100001)) -- expect: false
local obj = {}
function obj:count(n, acc) if n == 0 then return acc end return self:count(n - 1, acc + 1) end
print(obj:count(200000, 0)) -- expect: 200000
local function varg(n, ...) if n == 0 then return select("#", ...), ... end return varg(n - 1, ...) end
print(varg(100000, "a", nil, "b")) -- expect: 3	a	nil	b
local callable = setmetatable({}, { __call = function(self, n) if n == 0 then return "called" end return self(n - 1) end })
print(callable(100000)) -- expect: called
local function grow(n, ...) if n == 0 then return select("#", ...) end return grow(n - 1, n, ...) end
print(grow(100)) -- expect: 100
local function through_select(n) if n == 0 then return "end" end return select(1, through_select(n - 1)) end
print(through_select(100)) -- expect: end

-- a tail call to a library function
local function upper(s) return string.upper(s) end
print(upper("tail"), pcall(function() return error("tail error", 0) end))
-- expect: TAIL	false	tail error

-- (f()) and f() .. "" are no tail calls, but deep recursion is fine
local function sum(n) if n == 0 then return 0 end return n + sum(n - 1) end
print(sum(10000), sum(100000)) -- expect: 50005000	5000050000
local function paren(n) if n == 0 then return 1, 2 end return (paren(n - 1)) end
print(paren(10000)) -- expect: 1

-- runaway recursion is an ordinary error
local function runaway() return 1 + runaway() end
local ok, e = pcall(runaway)
print(ok, e:match("stack overflow") or e) -- expect: false	stack overflow
local depth = 0
local function measure() depth = depth + 1 measure() end
ok, e = pcall(measure)
print(ok, e:match("stack overflow") or e, depth > 10000) -- expect: false	stack overflow	true
local function endless(t) return t.x .. "" end
local t = setmetatable({}, {})
getmetatable(t).__index = function(self, k) return self[k] .. "" end
ok, e = pcall(endless, t)
print(ok, type(e)) -- expect: false	string
print((pcall(function() local function f() pcall(f) error("x") end f() end))) -- expect: false

-- and the state is fine afterwards
print(pcall(sum, 1000)) -- expect: true	500500
for i = 1, 3 do print(i, (pcall(runaway))) end
-- expect: 1	false
-- expect: 2	false
-- expect: 3	false

-- recursion through metamethods, sort, gsub and tostring
local node = setmetatable({}, { __index = function(_, n) if n == 0 then return "leaf" end return "x" end })
print(node[0], node[5]) -- expect: leaf	x
local function depth_gsub(n) if n == 0 then return "0" end
  return (("x"):gsub("x", function() return depth_gsub(n - 1) .. n end)) end
print(depth_gsub(20)) -- expect: 01234567891011121314151617181920
local function nested_sort(n)
  if n == 0 then return 0 end
  local list, total = { 3, 1, 2 }, 0
  table.sort(list, function(a, b) if n > 1 then total = nested_sort(n - 1) end return a < b end)
  return total + list[1]
end
print(nested_sort(4)) -- expect: 4
local function tostring_nest(n)
  return setmetatable({}, { __tostring = function() if n == 0 then return "." end
    return "(" .. tostring(tostring_nest(n - 1)) .. ")" end })
end
print(tostring(tostring_nest(20))) -- expect: ((((((((((((((((((((.))))))))))))))))))))

-- deep data
local list
for i = 1, 100000 do list = { next = list, i = i } end
local n, last = 0, nil
while list do n = n + 1 last = list.i list = list.next end
print(n, last) -- expect: 100000	1

-- coroutines inside coroutines
local function nest(level)
  if level == 0 then return "innermost" end
  return coroutine.wrap(nest)(level - 1)
end
print(nest(100)) -- expect: innermost

-- Ackermann, Hanoi, N queens
local function ack(m, k)
  if m == 0 then return k + 1 end
  if k == 0 then return ack(m - 1, 1) end
  return ack(m - 1, ack(m, k - 1))
end
print(ack(2, 30)) -- expect: 63
local moves = 0
local function hanoi(k, a, b, c)
  if k == 0 then return end
  hanoi(k - 1, a, c, b)
  moves = moves + 1
  hanoi(k - 1, c, b, a)
end
hanoi(12, "A", "B", "C")
print(moves) -- expect: 4095
local function queens(k)
  local count, col, d1, d2 = 0, {}, {}, {}
  local function place(row)
    if row > k then count = count + 1 return end
    for c = 1, k do
      if not (col[c] or d1[row + c] or d2[row - c]) then
        col[c], d1[row + c], d2[row - c] = true, true, true
        place(row + 1)
        col[c], d1[row + c], d2[row - c] = nil, nil, nil
      end
    end
  end
  place(1)
  return count
end
print(queens(6)) -- expect: 4
