-- moonlet-only: what cannot be had is an error, and the program goes on.

local function fails(f, ...)
  local ok, e = pcall(f, ...)
  e = tostring(e)
  return not ok and (e:find("not enough memory") or e:find("string too large") or e:find("overflow")) ~= nil
end

local kilobyte = ("x"):rep(1024)
print(fails(string.rep, kilobyte, 2 ^ 31 - 1)) -- expect: true
print(fails(string.rep, "x", 2 ^ 31 - 1, kilobyte)) -- expect: true
print(fails(string.rep, kilobyte:rep(10000), 2 ^ 31 - 1)) -- expect: true
print(fails(string.rep, "", 2 ^ 31 - 1, kilobyte:rep(10000))) -- expect: true
print(#("x"):rep(1000000)) -- expect: 1000000

-- recursion is bounded by a limit, wherever it goes through
local function endless(n) return 1 + endless(n) end
print(fails(endless, 1)) -- expect: true
local t = setmetatable({}, {})
getmetatable(t).__index = function(self, k) return self[k] + 1 end
print(fails(function() return t.x end)) -- expect: true
getmetatable(t).__tostring = function(self) return tostring(self) .. "." end
print(fails(tostring, t)) -- expect: true
getmetatable(t).__call = function(self) return 1 + self() end
print(fails(t)) -- expect: true
local function sort_forever() table.sort({ 2, 1 }, function() return sort_forever() end) return 1 end
print(fails(sort_forever)) -- expect: true
local function gsub_forever(s) return (s:gsub(".", gsub_forever)) .. "" end
print(fails(gsub_forever, "x")) -- expect: true
local function wrap_forever() return 1 + coroutine.wrap(wrap_forever)() end
print(fails(wrap_forever)) -- expect: true
local function load_forever() return load("local f = ... return 1 + f()")(load_forever) + 1 end
print(fails(load_forever)) -- expect: true
local function pcall_forever() local ok, e = pcall(pcall_forever) error(e, 0) end
print(fails(pcall_forever)) -- expect: true

-- callbacks nest far deeper than PUC's 200 C levels
local function nested(n)
  if n == 0 then return "bottom" end
  return (("x"):gsub("x", function() return nested(n - 1) end))
end
print(nested(2000)) -- expect: bottom
local function deep_pcall(n) if n == 0 then return "bottom" end return select(2, pcall(deep_pcall, n - 1)) end
print(deep_pcall(10000)) -- expect: bottom
local function deep_wrap(n) if n == 0 then return "bottom" end return (coroutine.wrap(deep_wrap)(n - 1)) end
print(deep_wrap(1000)) -- expect: bottom
