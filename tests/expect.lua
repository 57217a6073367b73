-- SPDX-License-Identifier: MIT
--
-- TZ=UTC LC_ALL=C lua5.2 ../expect.lua file.lua (in tests/lua): writes the `-- expect:`
-- comments of a test anew from what lua5.2 prints, each beside the `print` that it comes
-- from. The author then reads them and sees whether that is what the manual says.
--
-- A function whose first line ends in `-- helper` prints for its caller. Text that would
-- make a line too long, and all outputs of a line with several, go on lines of their own.
-- That moves the lines below, so this repeats until nothing changes.

-- In the test's own run: print also writes to the file RECORD where it was called from.
if RECORD then
  local record, real = assert(io.open(RECORD, "w")), print
  RECORD = nil
  function print(...)
    local frames, parts = {}, table.pack(...)
    for level = 2, math.huge do
      local info = debug.getinfo(level, "Sl")
      if not info then break end
      if info.currentline > 0 then frames[#frames + 1] = info.currentline .. ":" .. info.linedefined end
    end
    for i = 1, parts.n do parts[i] = tostring(parts[i]) end
    record:write(table.concat(frames, " "), "|", table.concat(parts, "\t"), "\n")
    real(...)
  end
  return
end

local LINE_MAX = 96
local name = assert(arg[1], "usage: lua5.2 ../expect.lua file.lua")

local source, helper = {}, {}
for line in io.lines(name) do
  if not line:match("^%s*%-%- expect:") then
    source[#source + 1] = line:gsub("%s*%-%- expect:.*$", "")
  end
end
for i, line in ipairs(source) do helper[i] = line:match("%-%- helper$") ~= nil end

local function write(text)
  local file = assert(io.open(name, "w"))
  file:write(table.concat(text, "\n"), "\n")
  file:close()
end

-- Runs the text; gives what was printed for each line of `source`. origin[i] is the
-- number in `source` of the text's line i.
local function outputs(text, origin)
  write(text)
  local record, result = os.tmpname(), {}
  local prelude = ("RECORD = %q dofile('../expect.lua')"):format(record)
  os.execute(("lua5.2 -e '%s' %s >/dev/null 2>&1"):format(prelude:gsub("'", [['"'"']]), name))
  for line in io.lines(record) do
    local frames, output = line:match("^([%d: ]*)|(.*)$")
    if not frames then error("an output of several lines: " .. line) end
    for at, defined in frames:gmatch("(%d+):(%d+)") do
      at, defined = origin[tonumber(at)], origin[tonumber(defined)]
      if not helper[defined] then
        result[at] = result[at] or {}
        table.insert(result[at], output)
        break
      end
    end
  end
  os.remove(record)
  return result
end

local function with_expectations(result)
  local text, origin = {}, {}
  local function put(line, i)
    text[#text + 1] = line
    origin[#text] = i
  end
  for i, line in ipairs(source) do
    local out = result[i] or {}
    local first = 1
    if #out == 1 and #line + #out[1] + 12 <= LINE_MAX then
      line = line .. " -- expect:" .. (out[1] == "" and "" or " " .. out[1])
      first = 2
    end
    put(line, i)
    for k = first, #out do
      put(line:match("^%s*") .. "-- expect: " .. out[k], i)
    end
  end
  return text, origin
end

local text, origin = with_expectations({})
for _ = 1, 10 do
  local before = table.concat(text, "\n")
  text, origin = with_expectations(outputs(text, origin))
  if table.concat(text, "\n") == before then break end
end
write(text)
