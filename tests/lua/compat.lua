-- What Lua 5.2 keeps of 5.1: loadstring, unpack, math.log10, table.maxn.

print(loadstring("return 1 + 1")()) -- expect: 2
print(loadstring("x =", "=src")) -- expect: nil	src:1: unexpected symbol near <eof>
print(unpack({ 1, 2, 3 })) -- expect: 1	2	3
print(unpack({ 1, 2, 3 }, 2), unpack({ 1, 2, 3 }, 2, 3)) -- expect: 2	2	3
print(math.log10(1000), math.log10(0.01)) -- expect: 3	-2
print(table.maxn({ 1, 2, [10] = 3, x = 4 }), table.maxn({})) -- expect: 10	0
