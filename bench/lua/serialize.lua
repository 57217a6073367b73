-- Tables written as source text, with keys in order, and read back by load.
local N = tonumber(arg and arg[1]) or 420

local load = loadstring or load
local function serialize(v, out, indent)
  local kind = type(v)
  if kind == "table" then
    out[#out + 1] = "{\n"
    local keys = {}
    for k in pairs(v) do keys[#keys + 1] = k end
    table.sort(keys, function(a, b)
      if type(a) ~= type(b) then return type(a) == "number" end
      return a < b
    end)
    for _, k in ipairs(keys) do
      out[#out + 1] = indent .. "  "
      if type(k) == "string" and k:match("^[%a_][%w_]*$") then
        out[#out + 1] = k .. " = "
      else
        out[#out + 1] = "[" .. (type(k) == "number" and ("%d"):format(k) or ("%q"):format(k)) .. "] = "
      end
      serialize(v[k], out, indent .. "  ")
      out[#out + 1] = ",\n"
    end
    out[#out + 1] = indent .. "}"
  elseif kind == "string" then
    out[#out + 1] = ("%q"):format(v)
  elseif kind == "number" then
    out[#out + 1] = ("%.14g"):format(v)
  else
    out[#out + 1] = tostring(v)
  end
  return out
end

local data = {}
for i = 1, 40 do
  data[i] = { id = i, name = "entry " .. i, tags = { "a", "b" .. i, "c" }, on = i % 2 == 0, ["odd key"] = { x = i / 4, y = -i } }
end
local check = 0
for _ = 1, N do
  local s = table.concat(serialize(data, {}, ""))
  data = load("return " .. s)()
  check = check + #s
end
print(check, data[7].name, data[8].on)
