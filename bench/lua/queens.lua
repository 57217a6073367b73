-- All solutions of the N queens problem: small arrays, recursion, upvalues.
local N = tonumber(arg and arg[1]) or 11

local function solve(n)
  local count, queen = 0, {}
  local function ok(row, col)
    for r = 1, row - 1 do
      local c = queen[r]
      if c == col or c - r == col - row or c + r == col + row then return false end
    end
    return true
  end
  local function place(row)
    if row > n then count = count + 1 return end
    for col = 1, n do
      if ok(row, col) then
        queen[row] = col
        place(row + 1)
      end
    end
  end
  place(1)
  return count
end

print(solve(N), solve(N - 1), solve(N) - solve(N - 2))
