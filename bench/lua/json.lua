-- A JSON encoder and decoder at work on a generated document.
local N = tonumber(arg and arg[1]) or 170

local escapes = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r" }
local unescapes = { ['"'] = '"', ["\\"] = "\\", ["/"] = "/", n = "\n", t = "\t", r = "\r", b = "\b", f = "\f" }

local function quote(s)
  return '"' .. s:gsub('[%c"\\]', function(c) return escapes[c] or ("\\u%04x"):format(c:byte()) end) .. '"'
end

local function encode(v, out)
  local kind = type(v)
  if kind == "table" then
    if #v > 0 then
      out[#out + 1] = "["
      for i = 1, #v do
        if i > 1 then out[#out + 1] = "," end
        encode(v[i], out)
      end
      out[#out + 1] = "]"
    else
      local keys = {}
      for k in pairs(v) do keys[#keys + 1] = k end
      table.sort(keys)
      out[#out + 1] = "{"
      for i, k in ipairs(keys) do
        if i > 1 then out[#out + 1] = "," end
        out[#out + 1] = quote(k)
        out[#out + 1] = ":"
        encode(v[k], out)
      end
      out[#out + 1] = "}"
    end
  elseif kind == "string" then
    out[#out + 1] = quote(v)
  else
    out[#out + 1] = tostring(v)
  end
end

local decode_value
local function skip(s, i) return s:find("%S", i) or #s + 1 end

local function decode_string(s, i)
  local j = i + 1
  local parts
  while true do
    local k = s:find('["\\]', j)
    if not k then error("unfinished string") end
    if s:byte(k) == 34 then
      local piece = s:sub(j, k - 1)
      if not parts then return piece, k + 1 end
      parts[#parts + 1] = piece
      return table.concat(parts), k + 1
    end
    parts = parts or {}
    parts[#parts + 1] = s:sub(j, k - 1)
    local c = s:sub(k + 1, k + 1)
    if c == "u" then
      parts[#parts + 1] = string.char(tonumber(s:sub(k + 2, k + 5), 16) % 256)
      j = k + 6
    else
      parts[#parts + 1] = unescapes[c]
      j = k + 2
    end
  end
end

local function decode_list(s, i)
  local list, n = {}, 0
  i = skip(s, i + 1)
  if s:sub(i, i) == "]" then return list, i + 1 end
  while true do
    n = n + 1
    list[n], i = decode_value(s, i)
    i = skip(s, i)
    local c = s:sub(i, i)
    if c == "]" then return list, i + 1 end
    if c ~= "," then error("expected , or ] at " .. i) end
    i = skip(s, i + 1)
  end
end

local function decode_object(s, i)
  local object = {}
  i = skip(s, i + 1)
  if s:sub(i, i) == "}" then return object, i + 1 end
  while true do
    local key
    key, i = decode_string(s, i)
    i = skip(s, i)
    if s:sub(i, i) ~= ":" then error("expected : at " .. i) end
    object[key], i = decode_value(s, skip(s, i + 1))
    i = skip(s, i)
    local c = s:sub(i, i)
    if c == "}" then return object, i + 1 end
    if c ~= "," then error("expected , or } at " .. i) end
    i = skip(s, i + 1)
  end
end

function decode_value(s, i)
  local c = s:sub(i, i)
  if c == "{" then return decode_object(s, i) end
  if c == "[" then return decode_list(s, i) end
  if c == '"' then return decode_string(s, i) end
  local word = s:match("^%a+", i)
  if word == "true" then return true, i + 4 end
  if word == "false" then return false, i + 5 end
  if word == "null" then return nil, i + 4 end
  local number = s:match("^-?[%d.]+[eE]?[+-]?%d*", i)
  return tonumber(number), i + #number
end

local document = { users = {}, title = "A \"quoted\" title\nwith lines", version = 1.5 }
for i = 1, 200 do
  document.users[i] = {
    id = i, name = "User " .. i, email = "user" .. i .. "@example.org", active = i % 3 == 0,
    scores = { i, i * 2, i + 0.25, -i }, address = { street = "Street\t" .. i, zip = tostring(10000 + i) },
  }
end

local length, check = 0, 0
for _ = 1, N do
  local out = {}
  encode(document, out)
  local text = table.concat(out)
  local copy = decode_value(text, 1)
  length = length + #text
  check = check + copy.users[200].scores[2] + #copy.title
  document = copy
end
print(length, check)
