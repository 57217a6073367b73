-- moonlet-only: coroutines that are resumed often after a snapshot get segments of their own again,
-- at whatever depth they yield, and the snapshot stays as it was
local state = require "state"
local function deep(n, v)
  if n == 0 then return (coroutine.yield(v)) end
  local a, b, c = n, n + 1, n + 2
  local got = deep(n - 1, v)
  assert(a == n and b == n + 1 and c == n + 2)
  return got
end
local function made(depth)
  return coroutine.wrap(function(x)
    local sum = 0
    for i = 1, 1e6 do
      local pad1, pad2, pad3 = i, i * 2, i * 3
      sum = sum + deep((i + depth) % (depth + 1), sum + x)
      assert(pad1 == i and pad2 == i * 2 and pad3 == i * 3)
    end
  end)
end
local all = {}
for depth = 0, 12 do all[depth] = made(depth) end
local function turns(n)
  local sum = 0
  for i = 1, n do
    for depth = 0, 12 do sum = (sum * 31 + all[depth](i)) % 1000003 end
  end
  return sum
end
turns(3)
local s, before = state.snapshot()
local now = turns(50)
if not before then state.restore(s, now) end
print(now == before)  -- expect: true
for round = 1, 4 do
  state.snapshot()
  print(turns(15 + round))
  -- expect: 109742
  -- expect: 520881
  -- expect: 302166
  -- expect: 253678
end
