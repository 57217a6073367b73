-- SPDX-License-Identifier: MIT
-- A client of the Debug Adapter Protocol for tests: dap.sh has the conversations.
--
--   dap.lua IN OUT   IN is a named pipe that the adapter reads, OUT one that it writes
--
-- What a conversation finds is printed, and compared by the shell.

local M = {}

-- JSON ------------------------------------------------------------------------------------

local escapes = {['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t"}

local function encode(v)
  if type(v) == "string" then
    return '"' .. v:gsub('[%c"\\]', function(c)
      return escapes[c] or ("\\u%04x"):format(c:byte())
    end) .. '"'
  elseif type(v) ~= "table" then
    return type(v) == "number" and ("%.17g"):format(v) or tostring(v)
  end
  local out = {}
  if #v > 0 or v.list then
    for i, x in ipairs(v) do out[i] = encode(x) end
    return "[" .. table.concat(out, ",") .. "]"
  end
  for k, x in pairs(v) do out[#out + 1] = encode(k) .. ":" .. encode(x) end
  return "{" .. table.concat(out, ",") .. "}"
end

local decode

local function decode_string(s, at)
  local out = {}
  while true do
    local from, to, plain, mark = s:find('^([^"\\]*)(["\\])', at)
    out[#out + 1] = plain
    at = to + 1
    if mark == '"' then return table.concat(out), at end
    local c = s:sub(at, at)
    if c == "u" then
      local n = tonumber(s:sub(at + 1, at + 4), 16)
      out[#out + 1] = n < 128 and string.char(n) or "?"
      at = at + 5
    else
      out[#out + 1] = ({n = "\n", r = "\r", t = "\t", b = "\b", f = "\f"})[c] or c
      at = at + 1
    end
  end
end

local function decode_list(s, at)
  local out = {}
  at = s:match("^%s*()", at)
  if s:sub(at, at) == "]" then return out, at + 1 end
  while true do
    out[#out + 1], at = decode(s, at)
    at = s:match("^%s*()", at)
    local c = s:sub(at, at)
    at = at + 1
    if c == "]" then return out, at end
  end
end

local function decode_object(s, at)
  local out, key = {}
  at = s:match("^%s*()", at)
  if s:sub(at, at) == "}" then return out, at + 1 end
  while true do
    key, at = decode(s, at)
    at = s:match("^%s*:()", at)
    out[key], at = decode(s, at)
    at = s:match("^%s*()", at)
    local c = s:sub(at, at)
    at = at + 1
    if c == "}" then return out, at end
  end
end

function decode(s, at)
  at = s:match("^%s*()", at)
  local c = s:sub(at, at)
  if c == '"' then return decode_string(s, at + 1) end
  if c == "[" then return decode_list(s, at + 1) end
  if c == "{" then return decode_object(s, at + 1) end
  local word = s:match("^[%w.+-]+", at)
  local values = {["true"] = true, ["false"] = false}
  if word == "null" then return nil, at + 4 end
  if values[word] ~= nil then return values[word], at + #word end
  return tonumber(word), at + #word
end

-- Messages --------------------------------------------------------------------------------

local to, from, seq, waiting = nil, nil, 0, {}
M.output = {}

function M.open(i, o)
  to = assert(io.open(i, "w"))
  from = assert(io.open(o, "r"))
end

function M.close() to:close() end

-- Bytes as they are.
function M.raw(bytes)
  to:write(bytes)
  to:flush()
end

-- The next message; nil: there are no more.
local function receive()
  local length
  while true do
    local line = from:read("*l")
    if not line then return nil end
    line = line:gsub("\r$", "")
    if line == "" then break end
    length = tonumber(line:match("^Content%-Length: (%d+)$")) or length
  end
  local m = decode(from:read(length), 1)
  if m.type == "event" and m.event == "output" then
    local category = m.body.category
    M.output[category] = (M.output[category] or "") .. m.body.output
  end
  return m
end

-- The next message that passes; those before are kept.
function M.await(passes)
  for i, m in ipairs(waiting) do
    if passes(m) then return table.remove(waiting, i) end
  end
  while true do
    local m = receive()
    if not m or passes(m) then return m end
    waiting[#waiting + 1] = m
  end
end

function M.event(name)
  local m = M.await(function(m) return m.type == "event" and m.event == name end)
  return m and m.body
end

-- The number of a request that is not waited for.
function M.send(command, arguments)
  seq = seq + 1
  local text = encode {seq = seq, type = "request", command = command, arguments = arguments}
  M.raw("Content-Length: " .. #text .. "\r\n\r\n" .. text)
  return seq
end

-- The body of the answer to a number; or nil and what is wrong.
function M.answer(n)
  local m = M.await(function(m) return m.type == "response" and m.request_seq == n end)
  if not m then return nil, "no answer" end
  if not m.success then return nil, m.message end
  return m.body or {}
end

function M.request(command, arguments) return M.answer(M.send(command, arguments)) end

-- Sessions --------------------------------------------------------------------------------

-- lines: a list of breakpoints, {line = 3, ...} each.
function M.launch(arguments, lines, more)
  M.request("initialize", {adapterID = "moonlet"})
  M.event("initialized")
  local body, why = M.request("launch", arguments)
  if not body then return nil, why end
  if lines then M.breaks(arguments.program, lines) end
  if more then more() end
  M.request("configurationDone")
  return body
end

function M.breaks(file, lines)
  lines.list = true
  local body = M.request("setBreakpoints", {source = {path = file}, breakpoints = lines})
  return body.breakpoints
end

-- "reason line" of the next stop, or "terminated".
function M.stop()
  local m = M.await(function(m)
    return m.type == "event" and (m.event == "stopped" or m.event == "terminated")
  end)
  if not m then return "nothing" end
  if m.event == "terminated" then return "terminated" end
  M.thread, M.stopped = m.body.threadId, m.body
  local frame = M.frames()[1]
  M.frame = frame and frame.id
  return m.body.reason .. (frame and " " .. frame.line or "")
end

function M.go(command, arguments)
  local body, why = M.request(command, arguments or {threadId = M.thread})
  if not body then return why end
  return M.stop()
end

function M.frames(thread)
  return M.request("stackTrace", {threadId = thread or M.thread}).stackFrames
end

function M.variables(reference, more)
  local arguments = {variablesReference = reference}
  for k, v in pairs(more or {}) do arguments[k] = v end
  return M.request("variables", arguments).variables
end

-- The variables of a scope of the innermost frame, and its reference.
function M.scope(name, frame)
  for _, s in ipairs(M.request("scopes", {frameId = frame or M.frame}).scopes) do
    if s.name == name then return M.variables(s.variablesReference), s.variablesReference end
  end
end

-- "a = 1, b = 2"
function M.shown(variables)
  local out = {}
  for i, v in ipairs(variables) do out[i] = v.name .. " = " .. v.value end
  return table.concat(out, ", ")
end

function M.evaluate(text, context, frame)
  local body, why = M.request("evaluate", {
    expression = text, context = context or "watch", frameId = frame or M.frame,
  })
  return body and body.result or why, body
end

return M
