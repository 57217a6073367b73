-- Makes a program that shows a difference smaller as long as it shows one.
--
--   lua5.2 minimise.lua FILE COMMAND     "COMMAND FILE" succeeds: no difference
--
-- Works on lines: a line with the more indented ones below it and its "end" is a
-- statement. Takes away runs of lines, statements, what is around their bodies, and at
-- last what stands in parentheses and braces. FILE is overwritten with the result.

local file, command = ...

local function write(lines)
  local f = assert(io.open(file, "w"))
  f:write(table.concat(lines, "\n"), "\n")
  f:close()
end

local tries = 0
local function differs(lines)
  tries = tries + 1
  if tries > 3000 then return false end
  if not load(table.concat(lines, "\n")) then return false end
  write(lines)
  return not os.execute(command .. " " .. file .. " >/dev/null 2>&1")
end

-- The lines without those from first to last, but with the ones in keep.
local function without(lines, first, last, keep_first, keep_last)
  local t = {}
  for i, text in ipairs(lines) do
    if i < first or i > last or keep_first and i >= keep_first and i <= keep_last then
      t[#t + 1] = text
    end
  end
  return t
end

-- Halves, quarters, ... down to single lines.
local function remove_runs(lines)
  local size = math.ceil(#lines / 2)
  while size >= 1 do
    local i = 1
    while i <= #lines do
      local less = without(lines, i, i + size - 1)
      if #less < #lines and differs(less) then lines = less else i = i + size end
    end
    size = size > 1 and math.ceil(size / 2) or 0
  end
  return lines
end

local function indentation(text) return #text:match "^ *" end

-- The last line of the statement that begins at line i.
local function statement_end(lines, i)
  local depth, j = indentation(lines[i]), i + 1
  while lines[j] and indentation(lines[j]) > depth do j = j + 1 end
  if j > i + 1 and lines[j] and indentation(lines[j]) == depth then return j end
  return i
end

local function remove_statements(lines)
  local i = 1
  while i <= #lines do
    local j = statement_end(lines, i)
    local less = without(lines, i, j)
    local body = without(lines, i, j, i + 1, j - 1)
    if differs(less) then lines = less
    elseif j > i and differs(body) then lines = body
    else i = i + 1 end
  end
  return lines
end

local function remove_brackets(lines)
  for i = 1, #lines do
    local from = 1
    while true do
      local text = lines[i]
      local start = text:find("[({]", from)
      if not start then break end
      local inner = text:match("^%b()", start) or text:match("^%b{}", start)
      local found = false
      for _, other in ipairs(inner and #inner > 2 and { "", "()", "{}", "nil", "(nil)", "1", inner:sub(2, -2) } or {}) do
        if #other < #inner then
          lines[i] = text:sub(1, start - 1) .. other .. text:sub(start + #inner)
          if differs(lines) then found = true break end
        end
      end
      if not found then lines[i] = text from = start + 1 end
    end
  end
  return lines
end

local lines = {}
for text in io.lines(file) do lines[#lines + 1] = text end
if differs(lines) then
  local before
  repeat
    before = #table.concat(lines, "\n")
    lines = remove_brackets(remove_statements(remove_runs(lines)))
  until #table.concat(lines, "\n") == before
end
write(lines)
