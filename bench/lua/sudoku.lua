-- Sudoku by backtracking over rows, columns and boxes of flags.
local N = tonumber(arg and arg[1]) or 12

local puzzles = {
  "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79",
  "..............3.85..1.2.......5.7.....4...1...9.......5......73..2.1........4...9",
  "8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4..",
}
local function solve(text, most)
  local rows, columns, boxes, cells, empty = {}, {}, {}, {}, {}
  for i = 1, 9 do rows[i], columns[i], boxes[i] = {}, {}, {} end
  for i = 1, 81 do
    local x, c = (i - 1) % 9 + 1, text:sub(i, i)
    local y = (i - x) / 9 + 1
    local b = (y - 1 - (y - 1) % 3) + (x - 1 - (x - 1) % 3) / 3 + 1
    if c == "." then
      empty[#empty + 1] = { x = x, y = y, b = b, at = i }
    else
      local v = tonumber(c)
      cells[i], rows[y][v], columns[x][v], boxes[b][v] = v, true, true, true
    end
  end
  local tried = 0
  local function place(k)
    local e = empty[k]
    if not e or tried > most then return true end
    local row, column, box = rows[e.y], columns[e.x], boxes[e.b]
    for v = 1, 9 do
      if not row[v] and not column[v] and not box[v] then
        tried = tried + 1
        row[v], column[v], box[v] = true, true, true
        cells[e.at] = v
        if place(k + 1) then return true end
        row[v], column[v], box[v] = false, false, false
      end
    end
    return false
  end
  place(1)
  return tried
end
local check = 0
for _ = 1, N do
  for _, p in ipairs(puzzles) do check = check + solve(p, 30000) end
end
print(check)
