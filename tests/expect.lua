-- SPDX-License-Identifier: MIT
--
-- lua5.2 ../expect.lua file.lua (in tests/lua): writes the `-- expect:` comments of a test
-- anew from what lua5.2 prints, each beside the `print` that it comes from. The author
-- then reads them and sees whether that is what the manual says. Run it with TZ=UTC LC_ALL=C.
--
-- A function whose first line ends in `-- helper` prints for its caller. Text that would
-- make a line too long, and all after the first of several outputs of one line, goes on
-- lines of its own, which moves the lines below; so this repeats until nothing changes.

local LINE_MAX = 96
local name = assert(arg[1], "usage: lua5.2 ../expect.lua file.lua")

local source, helper = {}, {}
for line in io.lines(name) do
  if not line:match("^%s*%-%- expect:") then
    source[#source + 1] = line:gsub("%s*%-%- expect:.*$", "")
  end
end
for i, line in ipairs(source) do helper[i] = line:match("%-%- helper$") ~= nil end

-- Runs the text; gives what was printed for each line of `source`. origin[i] is the
-- number in `source` of the text's line i.
local function outputs(text, origin)
  local result = {}
  local chunk = assert(load(table.concat(text, "\n") .. "\n", "@" .. name))
  local standard, loaded, path = {}, {}, package.path
  for k, v in pairs(_G) do standard[k] = v end
  for k in pairs(package.loaded) do loaded[k] = true end
  arg = { [0] = name }
  function print(...)
    local level, line = 2, nil
    repeat
      local info = debug.getinfo(level, "Sl")
      line = origin[info.currentline]
      local inside = helper[origin[info.linedefined]]
      level = level + 1
    until line and not inside
    local parts = table.pack(...)
    for i = 1, parts.n do parts[i] = tostring(parts[i]) end
    result[line] = result[line] or {}
    table.insert(result[line], table.concat(parts, "\t"))
  end
  chunk()
  for k in pairs(_G) do _G[k] = standard[k] end
  for k in pairs(package.loaded) do
    if not loaded[k] then package.loaded[k] = nil end
  end
  package.path = path
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
    if out[1] and #line + #out[1] + 12 <= LINE_MAX and #out == 1 then
      line = line .. " -- expect: " .. out[1]
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

local file = assert(io.open(name, "w"))
file:write(table.concat(text, "\n"), "\n")
file:close()
