-- goto, labels and break.

-- continue
local out = {}
for i = 1, 10 do
  if i % 2 == 0 then goto continue end
  out[#out + 1] = i
  ::continue::
end
print(table.concat(out, " ")) -- expect: 1 3 5 7 9

-- backwards
local i = 1
::top::
if i <= 3 then print(i) i = i + 1 goto top end
-- expect: 1
-- expect: 2
-- expect: 3

-- out of nested loops
for a = 1, 3 do
  for b = 1, 3 do
    if a * b == 4 then print(a, b) goto done end -- expect: 2	2
  end
end
::done::

-- forward over code, to the end of a block even past local declarations
do
  goto skip
  print("skipped")
  ::skip::
  print("after") -- expect: after
end
do
  goto theend
  local x = 1
  ::theend::
end
do
  local n = 0
  repeat
    n = n + 1
    if n < 3 then goto cont end
    do break end
    ::cont::
  until false
  print(n) -- expect: 3
end

-- same label name in different blocks; nested functions have their own
do ::l1:: end
do ::l1:: end
do
  local function f()
    goto l1
    do return "not reached" end
    ::l1::
    return "reached"
  end
  print(f()) -- expect: reached
end

-- while with goto, state machine
local function machine(s)
  local pos, depth = 1, 0
  ::start::
  do
    local ch = s:sub(pos, pos)
    pos = pos + 1
    if ch == "(" then goto open
    elseif ch == ")" then goto close
    elseif ch == "" then goto finish
    else goto start end
  end
  ::open:: depth = depth + 1 goto start
  ::close:: depth = depth - 1 if depth < 0 then return false end goto start
  ::finish::
  return depth == 0
end
print(machine("(a(b)c)"), machine("(()"), machine("())("), machine(""))
-- expect: true	false	false	true

-- jumping back makes fresh locals for closures
do
  local fs, n = {}, 0
  ::again::
  local v = n
  fs[#fs + 1] = function() v = v + 1 return v end
  n = n + 1
  if n < 3 then goto again end
  print(fs[1](), fs[1](), fs[2](), fs[3]()) -- expect: 1	2	2	3
end

-- break
local k = 0
while true do k = k + 1 if k == 5 then break end end
print(k) -- expect: 5
for j = 1, 10 do if j == 3 then k = j break end end
print(k) -- expect: 3
for j = 1, 2 do
  for m = 1, 10 do if m == 2 then break end k = k + 1 end
end
print(k) -- expect: 5
while true do
  if k then break end
end
repeat local z = 1 if z then break end until false
for _ in pairs({ 1, 2, 3 }) do break end

-- goto continue in repeat: the condition does not see skipped locals
do
  local n, hits = 0, 0
  repeat
    n = n + 1
    if n % 2 == 1 then goto continue end
    hits = hits + 1
    ::continue::
  until n >= 6
  print(n, hits) -- expect: 6	3
end

-- labels at the end of functions, doubled semicolons
do
  local function f(x)
    if x then goto out end
    x = "set";
    ::out::;;
    return x
  end
  print(f(1), f()) -- expect: 1	set
end

-- errors
local function err(s) -- helper
  print(select(2, load(s, "=src")))
end
err("goto nowhere") -- expect: src:1: no visible label 'nowhere' for <goto> at line 1
err("::a:: ::a::") -- expect: src:1: label 'a' already defined on line 1
err("do goto l1 end; local a; ::l1:: print(a)")
-- expect: src:1: <goto l1> at line 1 jumps into the scope of local 'a'
err("goto l1; local aa ::l1:: ::l2:: print(3)")
-- expect: src:1: <goto l1> at line 1 jumps into the scope of local 'aa'
err("goto l1; do ::l1:: end") -- expect: src:1: no visible label 'l1' for <goto> at line 1
err("do ::l1:: end goto l1") -- expect: src:1: no visible label 'l1' for <goto> at line 1
err("break") -- expect: src:1: <break> at line 1 not inside a loop
err("if x then break end") -- expect: src:1: <break> at line 1 not inside a loop
err("function f() break end") -- expect: src:1: <break> at line 1 not inside a loop
err("while true do function f() break end end")
-- expect: src:1: <break> at line 1 not inside a loop
err("repeat if x then goto cont end; local xuxu = 10; ::cont:: until xuxu < x")
-- expect: src:1: <goto cont> at line 1 jumps into the scope of local 'xuxu'
err("goto = 1") -- expect: src:1: <name> expected near '='
err("::1::") -- expect: src:1: <name> expected near '1'
err("::a") -- expect: src:1: '::' expected near <eof>
err("goto") -- expect: src:1: <name> expected near <eof>
err("::a:: do goto b end") -- expect: src:1: no visible label 'b' for <goto> at line 1
