-- Every name the manual lists is there.

local names = {}
for name, value in pairs(_G) do
  if type(value) == "function" then names[name] = true end
end
local missing = {}
for name in ("assert collectgarbage dofile error getmetatable ipairs load loadfile next pairs pcall print " ..
  "rawequal rawget rawlen rawset require select setmetatable tonumber tostring type xpcall"):gmatch("%a+") do
  if not names[name] then missing[#missing + 1] = name end
end
print(#missing, table.concat(missing, " ")) -- expect: 0	
local function has(lib, list) -- helper
  local lacking = {}
  for name in list:gmatch("%w+") do if not _G[lib][name] then lacking[#lacking + 1] = name end end
  print(lib, #lacking, table.concat(lacking, " "))
end
has("string", "byte char find format gmatch gsub len lower match rep reverse sub upper")
-- expect: string	0	
has("table", "concat insert pack remove sort unpack") -- expect: table	0	
has("math", "abs acos asin atan atan2 ceil cos cosh deg exp floor fmod frexp huge ldexp log max min modf pi pow rad random randomseed sin sinh sqrt tan tanh")
-- expect: math	0	
has("bit32", "arshift band bnot bor btest bxor extract lrotate lshift replace rrotate rshift")
-- expect: bit32	0	
has("coroutine", "create resume running status wrap yield") -- expect: coroutine	0	
has("io", "close flush input lines open output popen read stderr stdin stdout tmpfile type write")
-- expect: io	0	
has("os", "clock date difftime execute exit getenv remove rename setlocale time tmpname")
-- expect: os	0	
has("package", "config cpath loaded path preload searchers searchpath") -- expect: package	0	
has("debug", "traceback") -- expect: debug	0	
