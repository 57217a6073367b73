-- Lrexlib with five libraries of regular expressions.
for _, name in ipairs { "rex_pcre2", "rex_posix", "rex_gnu", "rex_onig", "rex_tre" } do
  local rex = require(name)
  local function show(v) if type(v)=="table" then
      local ks={} for k in pairs(v) do ks[#ks+1]=tostring(k) end table.sort(ks)
      local o={} for i,k in ipairs(ks) do o[i]=k.."="..tostring(v[tonumber(k) or k]) end
      return "{"..table.concat(o," ").."}" end return tostring(v) end
  local pcall0=pcall local function
      p(...) local o={name} for i=1,select("#",...) do o[#o+1]=(show((select(i,...))):gsub("0x%x+","A")) end
      print(table.concat(o,"\t")) end
  p(rex._VERSION)
  p(pcall(rex.match, "hello world", "o (w)"))
  p(rex.find("hello world", "l+(o)( w)")) p(rex.find("hello", "z")) p(rex.find("hello", "l", 4))
      p(rex.find("hello", "l", -1))
  p(rex.find("abc", "", 4)) p(rex.find("abc", "", 5))
  p(pcall(rex.find, "x", "(")) p(pcall(rex.match)) p(pcall(rex.match, "x")) p(pcall(rex.match, "x", "x", 1, {}))
  p(rex.gsub("hello world", "o", "0")) p(rex.gsub("hello world", "(l)(o)?", "<%1>"))
      p(rex.gsub("hello world", "[aeiou]", string.upper, 2))
  p(pcall(rex.gsub,"a b c", "[a-c]", { a = "1", b = true, c = false }))
  p(pcall(rex.gsub, "abc", "b", function() return {} end))
      p(pcall(rex.gsub, "abc", "b", function() error("E",0) end)) p(pcall(rex.gsub,"abc","b",function() error({}) end))
  p(pcall(rex.gsub, "abc", "b", "%9"))
  p(rex.gsub("abcabc", "b", "X", function(f,t,r) return r and r.."!" , t ~= "b" end))
  p(rex.gsub("abcabc", "b", "X", function(i,j) return i<3 end))
  p(rex.gsub("héllo", "l*", "-"))
  for a, b in rex.gmatch("k1=v1;k2=v2", "(k.)=(v.)") do p(a, b) end
  for s, x in rex.split("a,b;;c", "[,;]") do p(s, x) end
  for s, x, y in rex.split("aXYbXYc", "(X)(Y)") do p(s, x, y) end
  if rex.count then p(rex.count("banana", "an")) end
  local r = rex.new("(a+)(b+)?")
  p(tostring(r):match "^%w+") p(r:find "xxaaab") p(r:match "aab") p(r:exec("xaab")) p(r:tfind("xaa")) p(r:exec "zzz")
      p(r:tfind("q"))
  p(pcall(r.find)) p(pcall(r.find, {}, "x")) p(pcall(r.find, r)) p(pcall(rex.new, "[")) p(pcall(rex.new))
      p(pcall(rex.new, {}))
  if rex.flags then local f = rex.flags()
      local ks = {} for k, v in pairs(f) do ks[#ks+1] = k.."="..v end table.sort(ks) p(#ks, ks[1])
      p(type(rex.flags({1}))) end
  p(pcall(rex.new, "abc", "i")) local ok, ci = pcall(rex.new, "ABC", "i") if ok then p(ci:match "xabc") end
  p(pcall(function() return rex.match("x\0y", "y") end))
  if name == "rex_pcre2" then
    p(rex.version() ~= nil) p(rex.match("2024-01-02", "(?<y>\\d+)-(?<m>\\d+)"))
        local r = rex.new("(?<y>\\d+)-(?<m>\\d+)") p(r:exec("1-2")) p(select(3, r:tfind("1-2")))
    p(pcall(r.dfa_exec, r, "11-22")) p(pcall(rex.match, ("a"):rep(100).."b", "(a+)+c"))
    p(r:fullinfo()) p(rex.find("ÀÉ", "É", 1, "u")) p(pcall(rex.find, "\255", "x", 1, rex.flags().UTF))
    p(r.jit_compile and r:jit_compile())
  end
  if name == "rex_gnu" or name == "rex_tre" then p(pcall(function() return rex.new("a.c"):match("xabc") end)) end
  if name == "rex_tre" then
    local r = rex.new "hello" p(pcall(r.aexec, r, "hallo", { max_err = 1 }))
        p(pcall(r.atfind, r, "xhxllo", { max_err = 2, cost_subst = 1 })) p(pcall(r.have_approx, r))
        p(rex.config and type(rex.config()))
  end
  if name == "rex_onig" then p(pcall(rex.new, "a", nil, "UTF8", "PERL")) p(rex.version and rex.version() ~= nil)
      p(pcall(rex.new, "a", 0, "NOPE")) local r=rex.new("(?<n>a)(?<m>b)") p(r:capturecount())
      p(r:exec"ab") if rex.setdefaultsyntax then p(pcall(rex.setdefaultsyntax, "RUBY"))
      p(pcall(rex.setdefaultsyntax,"x")) end end
  if rex.plainfind then p(rex.plainfind("abcabc", "CA", 1, true)) p(rex.plainfind("abc", "z")) end
  -- in coroutines, and yields in callbacks
  p(pcall(coroutine.wrap(function() return rex.gsub("abc", "b", function() return coroutine.yield("y") end) end)))
  local co = coroutine.wrap(function() for w in rex.gmatch("a b c", "[a-c]") do coroutine.yield(w) end end)
      p(co(), co(), co())
  for i = 1, 500 do rex.new("x" .. i) rex.gmatch("abc", "b") end collectgarbage()
  local long = ("word "):rep(20000) p(select(2, rex.gsub(long, "word", "W")), rex.count and rex.count(long, "o"))
  p(#rex.gsub(long, "o", ("x"):rep(20)))
end
