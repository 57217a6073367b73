-- Random patterns, subjects, replacements and formats: prints what each call gives. To be
-- run by two Luas, whose outputs must be the same:
--
--   diff <(lua5.2 string_random.lua SEED COUNT) <(moonlet string_random.lua SEED COUNT)
local seed, count = tonumber(arg[1]) or 1, tonumber(arg[2]) or 10000

local function random(n) -- 1..n
  seed = seed * 16807 % 2147483647 -- exact in a double
  return seed % n + 1
end
local function pick(t) return t[random(#t)] end
local function words(s)
  local t = {}
  for w in s:gmatch("%S+") do t[#t + 1] = w end
  return t
end

-- Patterns: items with repetitions, in captures or not, some of them malformed ---------
local items = words [==[a a b b c . %a %d %s %w %l %u %p %x %c %g %A %D %S %W %L %U %P %X %z %Z %% %. %-
  %] %( %y - ] 1 [ab] [^ab] [a-c] [%a_] [^%s] [%]] []] [^]] [a-] [-a] [%a-z] [a%-c] [c-a] [^%w%s] [a^] [.]
  [%d.] [%w-] [%%] ]==]
for _, item in ipairs { " ", "\0", "\200", "%\0", "[\0-\31]", "[^\0]", "[ \n]" } do items[#items + 1] = item end
local rare = words [==[%b() %bab %baa %f[%w] %f[%W] %f[^a] %f[%z] %1 %2 %0 %9 () $ ^ %b %b( %f %fa [ [a [^ []
  % ( ) [% [a- %f[ * + ? -]==]
local repeats = { "", "", "", "*", "+", "-", "?" }
local letters = { "a", "b", "c", "A", "1", "0", " ", "_", "-", ".", "%", "]", "[", "^", "$", "(", ")", "\0", "\n",
  "\200", "z", "," }
local common = { "a", "b", "c", "1", " " }

local function make_pattern()
  local p, open = {}, 0
  if random(6) == 1 then p[1] = "^" end
  for _ = 1, random(5) do
    local r = random(14)
    if r == 1 then p[#p + 1] = pick(rare)
    elseif r == 2 then p[#p + 1] = random(4) == 1 and pick(letters) or ""
    elseif r <= 4 then p[#p + 1], open = "(", open + 1
    elseif r <= 6 and open > 0 then p[#p + 1], open = ")", open - 1
    end
    p[#p + 1] = pick(items) .. pick(repeats)
  end
  if random(20) > 1 then p[#p + 1] = (")"):rep(open) end
  if random(6) == 1 then p[#p + 1] = "$" end
  return table.concat(p)
end

local function make_subject()
  local s = {}
  for i = 1, random(20) - 1 do s[i] = pick(random(3) == 1 and letters or common) end
  return table.concat(s)
end

-- Replacements -------------------------------------------------------------------------
local parts = { "x", "%0", "%1", "%2", "%%", "<", "%3", "%9", "-%0-", "%a", "%", "\0" }
local values = { "v", 12, 0.5, false, "", true }
local keys = { "a", "b", "c", "ab", "1", "", 1, 2, 3, "abc", " " }
local indexes = { function(_, k) return k .. "!" end, function() end, { a = "A" }, function(_, k) error(k) end,
  function() return {} end }
local functions = { function(a) return a end, function(...) return select("#", ...) end,
  function(_, b) return b end, function() end, function() return false end, function() return true end,
  function(a) return "<" .. a .. ">" end, function(a) if a == "b" then error("e") end end,
  function(a) return a, a end, string.upper, string.rep,
  function(...) error((select("#", ...))) end }

local function make_string()
  local s = {}
  for i = 1, random(4) - 1 do s[i] = pick(parts) end
  return table.concat(s)
end
local function make_table()
  local t = {}
  for _ = 1, random(5) do t[pick(keys)] = pick(values) end
  return random(3) == 1 and setmetatable(t, { __index = pick(indexes) }) or t
end

-- Formats ------------------------------------------------------------------------------
local flags = { "", "", "", "-", "+", " ", "#", "0", "-0", "+0", "# " }
local widths = { "", "", "1", "5", "12", "30" }
local precisions = { "", "", ".", ".0", ".1", ".3", ".14", ".17", ".20" }
local conversions = words "d i u o x X c e E f g G a s q g f"

local function make_number()
  local r = random(6)
  if r == 1 then return random(1000) - 500 end
  if r == 2 then return random(100000) / 100 end
  if r == 3 then return pick { 0, -0, 1 / 0, -1 / 0, 2 ^ 53, 2 ^ 63, 2 ^ 31, -2 ^ 63, 1e15, 1e-5, 0.5, 1e300 } end
  local x = (random(32768) * 32768 + random(32768)) / 2 ^ random(40) * 10 ^ (random(40) - 20)
  return random(2) == 1 and -x or x
end
local function make_format() return "%" .. pick(flags) .. pick(widths) .. pick(precisions) .. pick(conversions) end

-- Printing -----------------------------------------------------------------------------
local function show(...)
  local out = {}
  for i = 1, select("#", ...) do
    local v = select(i, ...)
    out[i] = type(v) == "string" and ("%q"):format(v) or tostring(v)
  end
  io.write(table.concat(out, " "), "\n")
end
local function all(s, p)
  local out = {}
  for a, b, c in s:gmatch(p) do
    out[#out + 1] = tostring(a) .. "/" .. tostring(b) .. "/" .. tostring(c)
    if #out > 30 then break end
  end
  return table.concat(out, ";")
end

for case = 1, count do
  local s, p = make_subject(), make_pattern()
  show(case, s, p)
  local init, max = pick { nil, nil, 1, 2, -1, -3, 0, 5, 30, -30 }, pick { nil, nil, nil, 1, 2, 0, -1 }
  show(pcall(string.find, s, p, init))
  show(pcall(string.find, s, p, init, true))
  show(pcall(string.match, s, p, init))
  show(pcall(all, s, p))
  local r = make_string()
  show(r, pcall(string.gsub, s, p, r, max))
  show(pcall(string.gsub, s, p, make_table(), max))
  show(pcall(string.gsub, s, p, pick(functions), max))
  local format, number = make_format(), make_number()
  show(format, number, pcall(string.format, format, number))
end
