-- Line hooks: which lines statements of each kind are seen at, in which order.

local function trace(text)
  local lines = {}
  local f = assert(load(text, "=text"))
  debug.sethook(function(event, line)
    if debug.getinfo(2, "S").short_src == "text" then lines[#lines + 1] = line end
  end, "l")
  f()
  debug.sethook()
  print(table.concat(lines, " "))
end

-- if
trace [[
if math.sin(1)
then
  a = 1
else
  a = 2
end]] -- expect: 1 2 3 6
trace [[

if nil then
  a = 1
else
  a = 2
end]] -- expect: 2 5 6
trace [[
if a == 5 then
  a = 1
elseif
  a == 2
then a = 7
elseif a then
  a = 3
else
  a = 4
end
a = nil]] -- expect: 1 4 5 11
trace [[
if not (a and
  b) or
  c
then
  a = 1
end
if a == 1 and
  (b or
   not c) then
  a = nil end]] -- expect: 1 5 7 8 9 10
trace [[
if 1/0 then
  a = 1
end
if false then a = 2 end
if nil and
  a then a = 3 end
if true and
  a then
  a = 4
end]] -- expect: 1 2 4 5 8 9 10

-- while, repeat
trace [[
a = 1
while a <= 3 do
  a = a + 1
end
]] -- expect: 1 2 3 2 3 2 3 2 4
trace [[
while math.sin(1) do
  if math.sin(1)
  then break
  end
end
a = 1]] -- expect: 1 2 3 6
trace [[
local n = 0
while true do
  n = n + 1
  if n > 2 then break end
end]] -- expect: 1 3 4 3 4 3 4 5
trace [[
a = 1
repeat
  a = a + 1
until a == 3
]] -- expect: 1 3 4 3 4
trace [[
local n = 0
repeat
  local m = n
  n = n + 1
  local f = function() return m end
until m > 0 or
  n > 5
n = nil]] -- expect: 1 3 4 5 6 7 3 4 5 6 8
trace [[
repeat
  local x
until true
a = 1
repeat a = a + 1 until a > 2 or false]] -- expect: 2 4 5 5
trace [[
if a then
  repeat
    local done = true
    a = a + 1
  until a < 0 or done
else
  a = 5
end]] -- expect: 1 3 4 5 8

-- for
trace [[
for i = 1, 3 do
  a = i
end
]] -- expect: 1 2 1 2 1 2 1 3
trace [[for i = 1, 4 do a = 1 end]] -- expect: 1 1 1 1 1
trace [[
for i, v in pairs {'a', 'b'} do
  a = i .. v
end
]] -- expect: 1 2 1 2 1 3
trace [[
for
  i
  =
  1,
  2
do
  a = i
end
for _ in
  ipairs {1}
do a = 2
end
for i = 3, 1 do a = i end]] -- expect: 4 5 6 1 7 1 7 1 10 11 10 11 10 13
trace [[
for i = 1, 2 do
  for j = 1, 2 do
    if i == j then goto on end
    a = j
    ::on::
  end
end]] -- expect: 1 2 3 2 3 4 2 1 2 3 4 2 3 2 1 7

-- goto
trace [[
local n = 0
::top::
n = n + 1
if n < 3 then goto top end
do
  goto done
end
n = 9
::done::
n = n + 1
do
  local x
  local f = function() return x end
  if n < 6 then
    n = n + 1
    goto top
  end
end]] -- expect: 1 3 4 3 4 3 4 5 10 12 13 14 15 3 4 5 10 12 13 14 18

-- functions, calls, return
trace [[
local function f(x)
  return x
end
f(1)
function g()
  f(
    2,
    f(3)
  )
  return f(4)
end
local t = {
  h = function()
    g()
  end
}
t.h(
)
t
.
h
(
)
g, f = nil]] -- expect: 3 4 2 11 5 12 15 17 14 6 7 8 2 6 2 10 2 15 21 19 14 6 7 8 2 6 2 10 2 15 24
trace [[do
  return
end]] -- expect: 2
trace [[
local function f(...)
  local a, b = ...,
    select('#',
           ...)
  return
    a,
    b
end
f(f(1,
    2), f())]] -- expect: 8 9 10 9 2 3 6 7 10 2 3 6 7 9 2 3 6 7 10
trace [[
local s = "x"
s:rep(2)
s
:rep(
  3
):upper()]] -- expect: 1 2 4 6 3 6 3 6

-- blocks that functions have captured variables of
trace [[
local f
for i = 1, 2 do
  local x
  f = function() return x, i end
end
do
  local y
  do local z f = function() return y, z end
  end
end
local n = 0
while n < 2 do
  n = n + 1
  do local z f = function() return z end
  end
end
if n then
  local z f = function() return z end
else
  n = 5
end
n = n
f = 1]] -- expect: 1 2 3 4 2 3 4 2 7 8 11 12 13 14 12 13 14 12 17 18 23

-- expressions over several lines
trace [[
local a = 1 +
  math.sin(2) +
  3
local b = a ..
  "x" ..
  a
local t = {
  a,
  b;
  c = "x",
  [a] =
  b,
  "long\
string", f
}
t.x,
t.y,
a
= 1, t
.c, 4
a = a < 3
  and b
  or t
    .x
a = -
  a
  ^ 2, #t
    .c
t[a],
a = 2
b = t and #
  t == #"x\
"]] -- expect: 2 1 2 4 5 6 5 7 8 9 10 12 14 15 19 20 21 24 27 25 28 27 28 30 31 33 32 33
trace [[
local a, b, c
a = 1
local t = {}
local d =
  nil
t.x = function()
  return a
end
t.y
 =
 t
a = a
return
  not a,
  a == nil,
  t.x]] -- expect: 1 2 3 5 8 11 14 15 16
trace "" -- expect: 1
trace "\n\n\n" -- expect: 1
trace "local x\n\nlocal y\n" -- expect: 1 3

-- loops whose body is a function's only line; the hook is called for each round
local function count(f, ...)
  local n = 0
  debug.sethook(function() n = n + 1 end, "l")
  f(...)
  debug.sethook()
  return n
end
print(count(function() for i = 1, 100 do local x = i end end)) -- expect: 103
print(count(function() local i = 0 while i < 100 do i = i + 1 end end)) -- expect: 103
print(count(function() local i = 0 repeat i = i + 1 until i == 100 end)) -- expect: 102
print(count(function() for k in pairs {1, 2, 3} do local x = k end end)) -- expect: 6

-- recursion: each activation is seen
trace [[
local function f(n)
  if n > 0 then
    f(n - 1)
  end
  return n
end
f(2)]] -- expect: 6 7 2 3 2 3 2 5 5 5

-- active lines
local function active(text)
  local lines = {}
  for l in pairs(debug.getinfo(load(text), "L").activelines) do lines[#lines + 1] = l end
  table.sort(lines)
  print(table.concat(lines, " "))
end
active [[
local a = 1

if a then
  a = 2
else
  -- nothing

end
for i = 1, 2 do

end
local function f()
  return 1
end]] -- expect: 1 3 4 9 14
active "" -- expect: 1

-- a table that the expression goes on with has no line at its end
trace [[
a = ({
  x = 1
})
.x or 2]] -- expect: 1 2 4
trace [[
local function f(t) return t end
a = ({
  "p",
  b = 2
})
  [f(1)]
  or 3]] -- expect: 1 2 3 4 5 6 1 7
trace [[
a = #{
  x = 1
}
a = 1]] -- expect: 1 2 1 3 4
