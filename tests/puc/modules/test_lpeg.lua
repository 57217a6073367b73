-- LPeg and its re, as Debian compiles them for lua5.2.
local lpeg, re = require "lpeg", require "re"
local P, R, S, V = lpeg.P, lpeg.R, lpeg.S, lpeg.V
local C, Cc, Ct, Cf, Cg, Cmt, Cs, Cp, Cb, Carg =
    lpeg.C, lpeg.Cc, lpeg.Ct, lpeg.Cf, lpeg.Cg, lpeg.Cmt, lpeg.Cs, lpeg.Cp, lpeg.Cb, lpeg.Carg

local function show(...)
    local out = {}
    for i = 1, select("#", ...) do
        local v = select(i, ...)
        if type(v) == "table" then
            local keys, text = {}, {}
            for k in pairs(v) do keys[#keys + 1] = k end
            table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
            for _, k in ipairs(keys) do text[#text + 1] = tostring(k) .. "=" .. tostring(v[k]) end
            out[i] = "{" .. table.concat(text, ",") .. "}"
        elseif lpeg.type(v) then
            out[i] = "pattern"
        else
            out[i] = tostring(v)
        end
    end
    print(table.concat(out, " "))
end

show(type(lpeg.version()), lpeg.type(P "a"), lpeg.type("a"))

-- matching
show((P "ab" * P(1)):match "abc", P("x"):match "y", P(-1):match "", P(3):match "ab")
show((R "az" ^ 1):match "hello5", (S "+-" ^ -1 * R "09" ^ 1):match "-12", (P(1) - "x"):match "x")
show((#P "a"):match "abc", (-P "a"):match "abc", ((P(1) - P "b") ^ 0):match "aaab")
show(P("b"):match("abc", 2), P("c"):match("abc", -1), P(true):match "", P(false):match "")
show((P { "S", S = P "(" * V "S" ^ 0 * ")" }):match "(()())x")

-- captures
show(C(R "az" ^ 1):match "abc1", Ct(C(1) ^ 0):match "xyz", (Cp() * "a" * Cp()):match "a")
show(Cc(1, nil, "x"):match "", Cs((P "a" / "b" + 1) ^ 0):match "banana")
show(Cf(C(R "09") * ("," * C(R "09")) ^ 0, function(a, b) return a + b end):match "1,2,3")
show(Ct(Cg(C(R "az" ^ 1), "word") * " " * Cg(R "09" ^ 1 / tonumber, "n")):match "abc 42")
show((C(R "az" ^ 1) / { abc = "table" }):match "abc", (C(1) / "%1-%0"):match "q", (C(1) * C(1) / 2):match "mn")
show((Carg(1) * Carg(2)):match("", 1, "first", "second"))
show((Cg(C(1), "x") * P(1) * Cb "x"):match "ab")
show((C(R "09" ^ 1) / function(s) return #s, s + 1, nil end):match "41")
local long = P "[" * Cg(P "=" ^ 0, "open") * "[" *
    C((1 - Cmt("]" * C(P "=" ^ 0) * "]" * Cb "open", function(_, _, a, b) return a == b end)) ^ 0)
show(long:match "[==[text]=]more]==]")
show(Cmt(C(R "az" ^ 1), function(s, i, c) return i, c:upper(), #s end):match "hello")
show(Cmt(1, function() return false end):match "x", Cmt(P(1) ^ 0, function(_, i) return true, i end):match "abcd")

-- errors, through C functions on both sides
show(pcall(P, { "A", A = V "A" + 1 }))
show(pcall(function() return P { 1, 2 } end))
show(pcall(function() return lpeg.V "nothing" end))
show(pcall(function() return P { V "undefined" } end))
show(pcall(function() return (P "") ^ 0 end))
show(pcall(function() return R "abc" end))
show(pcall(function() return P "a" * {} end))
show(select(2, pcall(function() return (C(1) / function() error "thrown" end):match "x" end)))
show(select(2, pcall(function() return (C(1) / function() error { 1, 2 } end):match "x" end)))
show(select(2, pcall(function() return Cmt(1, function() error("in Cmt", 0) end):match "x" end)))
show(pcall(function() return (C(1) / 7):match "x" end))
show(pcall(function() return Cb "none":match "x" end))
show(pcall(lpeg.setmaxstack, 10), pcall(function()
    return (P { P "(" * V(1) * ")" + "" }):match(("("):rep(50))
end))
lpeg.setmaxstack(400)

-- operators, metatables
show(P "a" + "b", "a" * P "b", -P "c", #P "d", P "e" ^ 2, P "f" - "g", P "a" / "x")
local meta = getmetatable(P "a")
show(type(meta), type(meta.__mul), type(meta.__index))
show(lpeg.locale().alpha:match "x", lpeg.locale({}).digit:match "5")

-- an arithmetic grammar
local space = S " \t" ^ 0
local number = C(P "-" ^ -1 * R "09" ^ 1 * (P "." * R "09" ^ 1) ^ -1) * space / tonumber
local function eval(a, op, b)
    if op == "+" then return a + b elseif op == "-" then return a - b
    elseif op == "*" then return a * b else return a / b end
end
local expr = P { space * V "sum" * -1,
    sum = Cf(V "product" * Cg(C(S "+-") * space * V "product") ^ 0, eval),
    product = Cf(V "atom" * Cg(C(S "*/") * space * V "atom") ^ 0, eval),
    atom = number + "(" * space * V "sum" * ")" * space }
show(expr:match "1 + 2 * (3 - 4) / 8", expr:match "2*3*4 - 1", expr:match "1 +")

-- CSV, balanced text, substitution
local field = '"' * Cs(((P(1) - '"') + P '""' / '"') ^ 0) * '"' + C((1 - S ',\n"') ^ 0)
show(Ct(field * ("," * field) ^ 0):match 'a,"b ""q"" c",,d')
show(lpeg.match(P { (1 - P "%{") ^ 0 * ("%{" * V(1) * "}") ^ 0 }, "abc"))
show(Cs((P "<" / "&lt;" + P "&" / "&amp;" + 1) ^ 0):match "a<b&c")
local words = {}
for w in ("the quick brown fox"):gmatch "%a+" do words[#words + 1] = w end
local any = P(false)
for _, w in ipairs(words) do any = any + C(w) end
show(Ct((any + 1) ^ 0):match "a fox is quick, the end")

-- re
show(re.match("hello world", "{[a-z]+} ' ' {.*}"), re.find("hello", "'l'+"), re.gsub("abc", "[ab]", "-"))
show(re.compile "{| {:a: %w+ :} ' '* {:b: %d+ :} |}":match "foo  42")
show(re.match("1,2,3", "{| {%d} (',' {%d})* |}"), re.match("aXb", "{~ ('X' -> '-' / .)* ~}"))
show(re.match("((a)b)", "S <- '(' ([^()] / S)* ')'"))
show(re.compile("{.} => f", { f = function(s, i, c) return i, c .. "!" end }):match "abc")
show(select(2, pcall(re.compile, "'a")))

-- many of them, and the collector
local total = 0
for i = 1, 2000 do
    local p = P(tostring(i)) * C(R "az" ^ 0)
    total = total + #p:match(i .. "abc")
    if i % 500 == 0 then collectgarbage() end
end
show(total)

-- in coroutines
local co = coroutine.wrap(function()
    local p = Ct((C(R "az" ^ 1) * S " " ^ 0) ^ 0)
    for _, text in ipairs { "a b", "c d e" } do coroutine.yield(p:match(text)) end
    return "end"
end)
show(co()) show(co()) show(co())
show(pcall(coroutine.wrap(function()
    return (C(1) / function() coroutine.yield() end):match "x"
end)))
