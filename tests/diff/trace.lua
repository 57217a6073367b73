-- Runs a program under a hook that prints each event.
--
--   trace.lua MASK FILE     MASK as for debug.sethook: "l", "cr", ...
--                           and e: some events raise an error
--
-- Functions of the program's prelude, the lines before the first that begins with "try(",
-- and what they call are left out: what they do depends on the order of pairs. So is what is
-- nested deep: how often error handlers fail depends on lua5.2's C stack.

local mask, file = ...
local events_max, shown_max, error_every, depth_max = 50000, 1500, 29, 100
local getinfo, sethook, format = debug.getinfo, debug.sethook, string.format
local write, tostring, stdout, pcall, error = io.write, tostring, io.stdout, pcall, error
local throws = mask:find "e"

local prelude, number = 0, 0
for line in io.lines(file) do
  number = number + 1
  if line:find "^try%(" then
    prelude = number
    break
  end
end

local function in_prelude(i, level)
  while i and i.what == "C" do
    level = level + 1
    i = getinfo(level, "S")
  end
  return i and i.what == "Lua" and i.linedefined < prelude
end

local events, shown = 0, 0
local function hook(event, line)
  events = events + 1
  if events == events_max or shown == shown_max then sethook() end
  local i = getinfo(2, "Slnt")
  if in_prelude(i, 3) or getinfo(depth_max, "l") then return end
  shown = shown + 1
  write(format("[%s %s | %s %s %s %d %d %s]\n", event, tostring(line), tostring(i.name),
    i.namewhat, i.what, i.linedefined, i.currentline, tostring(i.istailcall)))
  if throws and shown % error_every == 0 then error(event .. shown, shown % 3) end
end

local f, message = loadfile(file)
if not f then error(message, 0) end
local function traced(f, ...)
  sethook(hook, mask)
  return f(...)
end
local create = coroutine.create
function coroutine.create(f)
  local co = create(f)
  if events < events_max and shown < shown_max then sethook(co, hook, mask) end
  return co
end
stdout:setvbuf "full"
local ok, message = pcall(traced, f)
sethook()
stdout:flush()
if not ok then error(message, 0) end
