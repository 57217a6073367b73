-- The least a Lua does.

print("hello") -- expect: hello
print(1 + 1, 10 / 4) -- expect: 2	2.5
print(#"abc", "a" .. "b" .. 1) -- expect: 3	ab1

local t = {}
for i = 1, 3 do t[i] = i * i end
print(t[1], t[2], t[3], t[4]) -- expect: 1	4	9	nil
