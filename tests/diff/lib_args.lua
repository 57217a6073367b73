-- Every library function with missing, wrong and edge arguments: prints what each call
-- gives, or its error. To be run by two Luas, whose outputs must be the same:
--
--   diff <(lua5.2 lib_args.lua 2>&1) <(moonlet lib_args.lua 2>&1)
--
-- in an empty directory with standard input from /dev/null. Addresses are left out, and
-- "_G." in the names of functions, which depends on lua5.2's hash seed.
--
-- Not called at all, as they are not deterministic, end or change the program, or print:
local excluded = {
  ["os.clock"] = "the processor's time", ["os.tmpname"] = "makes a file with a random name",
  ["os.exit"] = "ends the program", ["os.execute"] = "runs commands",
  ["os.setlocale"] = "changes what follows; see lib_os.lua",
  ["io.popen"] = "runs commands", ["io.output"] = "redirects the output",
  ["io.input"] = "redirects the input", ["io.tmpfile"] = "takes no arguments",
  ["io.read"] = "of negative lengths fails for lack of memory in lua5.2; see lib_io.lua",
  ["collectgarbage"] = "depends on the collector; see lib_base.lua",
  ["math.random"] = "random; see lib_math.lua", ["module"] = "changes the environment",
  ["print"] = "prints addresses; see lib_base.lua", ["dofile"] = "reads standard input",
  ["xpcall"] = "prints with print as its handler; see pcall.lua",
  ["next"] = "lua5.2 knows which keys never were in a table",
  ["package.loadlib"] = "has messages of the dynamic linker",
  ["package.seeall"] = "changes metatables", ["coroutine.wrap"] = "makes functions",
}
-- Called only with values for which this is false (they need time or memory).
local unless = {
  ["string.rep"] = function(_, n) return type(n) == "number" and n > 1e4 end,
  ["string.dump"] = function(f) return type(f) == "function" and debug.getinfo(f, "S").what == "Lua" end,
  ["os.date"] = function(_, t) return t == nil end,
  ["os.time"] = function(t) return t == nil end,
  ["table.concat"] = function(_, _, i, j)
    return tonumber(j) and tonumber(j) - (tonumber(i) or 1) > 1e5
  end,
}

-- Makers, as calls may change tables. The functions are the same each time: lua5.2 makes
-- one function of two evaluations of a function without upvalues.
local function nothing() end
local function pass(...) return ... end
local values = {
  function() return nil end, function() return true end, function() return 0 / 0 end,
  function() return 1 / 0 end, function() return -1 / 0 end, function() return -0.0 end,
  function() return 0 end, function() return 1 end, function() return -1 end,
  function() return 2 end, function() return 3.7 end, function() return -2.5 end,
  function() return 2 ^ 31 end, function() return 2 ^ 32 + 1 end, function() return -2 ^ 31 end,
  function() return 2 ^ 53 end, function() return 1e308 end, function() return 1e-310 end,
  function() return "" end, function() return "10" end, function() return "0x10" end,
  function() return "abc" end, function() return " 5 " end, function() return "a\0b" end,
  function() return {} end, function() return { 1, 2, 3 } end,
  function() return { "b", "a", x = 1, [2.5] = 2 } end,
  function() return setmetatable({}, { __len = function() return 2 end }) end,
  function() return nothing end, function() return pass end,
  function() return type end, function() return coroutine.create(type) end,
  function() return io.stdin end,
}
local few = { 1, 3, 6, 7, 8, 9, 11, 13, 15, 19, 20, 22, 26, 29 }
local fewer = { 1, 3, 7, 8, 10, 15, 20, 22, 26 }

local out = {}
local function say(...) out[#out + 1] = table.concat({ ... }) end

local function quoted(s)
  s = s:gsub("0x%x%x%x%x+", "ADDRESS"):gsub("'_G%.", "'")
  s = s:gsub("'table%.unpack'", "'unpack'"):gsub("'loadstring'", "'load'")
  return (s:gsub("[%c\\\"\128-\255]", function(c) return ("\\%03d"):format(c:byte()) end))
end

local function shown(v, deep)
  if type(v) == "string" then return '"' .. quoted(v) .. '"' end
  if type(v) == "number" then
    if v ~= v then return "nan" end
    return v == 0 and 1 / v < 0 and "-0" or ("%.17g"):format(v)
  end
  if type(v) ~= "table" or not deep then
    return (v == nil or type(v) == "boolean") and tostring(v) or type(v)
  end
  local parts = {}
  for k, e in next, v do parts[#parts + 1] = shown(k) .. "=" .. shown(e) end
  table.sort(parts)
  return "{" .. table.concat(parts, ",") .. "}"
end

local function call(name, f, indices)
  local args, texts = { n = #indices }, {}
  for i, k in ipairs(indices) do
    args[i] = values[k]()
    texts[i] = shown(args[i], true)
  end
  if unless[name] and unless[name](table.unpack(args, 1, args.n)) then return end
  local r = table.pack(pcall(f, table.unpack(args, 1, args.n)))
  local results = {}
  for i = 1, r.n do results[i] = shown(r[i], r[i] ~= _G and r[i] ~= package.loaded) end
  say(name, "(", table.concat(texts, ", "), ") = ", table.concat(results, " "))
  for i = 1, args.n do
    local text = shown(args[i], true)
    if text ~= texts[i] then say("  argument ", i, " is now ", text) end
  end
end

local function call_all(name, f)
  call(name, f, {})
  for i = 1, #values do call(name, f, { i }) end
  for i = 1, #values do
    for _, k in ipairs(few) do call(name, f, { i, k }) end
  end
  for _, i in ipairs(few) do
    for k = 1, #values do call(name, f, { i, k }) end
  end
  for _, i in ipairs(few) do
    for _, j in ipairs(fewer) do
      for _, k in ipairs(few) do call(name, f, { i, j, k }) end
    end
  end
  for _, i in ipairs(fewer) do
    for _, j in ipairs(fewer) do
      call(name, f, { 26, 22, i, j })
      call(name, f, { 22, 22, i, j })
      call(name, f, { 8, i, j, 8 })
    end
  end
end

local function functions(prefix, library)
  local names = {}
  for k, v in pairs(library) do
    if type(v) == "function" and not excluded[prefix .. k] then names[#names + 1] = k end
  end
  table.sort(names)
  return names
end

local libraries = { "", "coroutine.", "table.", "math.", "bit32.", "string.", "os.", "io.", "package." }
local only = arg and arg[1]
for _, prefix in ipairs(libraries) do
  local library = prefix == "" and _G or _G[prefix:sub(1, -2)]
  for _, k in ipairs(functions(prefix, library)) do
    if k ~= "eprint" and (not only or only == prefix .. k) then
      call_all(prefix .. k, library[k])
      io.stdout:write(table.concat(out, "\n"), "\n")
      out = {}
    end
  end
end
