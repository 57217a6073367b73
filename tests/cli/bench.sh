# SPDX-License-Identifier: MIT
# The benchmark programs, at a small size, print what they print under lua5.2.
. "$LIB"
cd "$(dirname "$LIB")/../../bench/lua" || exit 1

while read -r name size; do same "$name" "$name.lua" "$size"; done <<'END'
binary_trees 6
closure 2000
coroutine_ring 10
deltablue 1
fannkuch 6
fib 15
havlak 2
heap_sort 1000
iterate 1
json 1
loop_float 10000
loop_int 20
lua_parser 1
lzw 1
mandelbrot 30
map_int 1
map_string 1
matmul 20
method_call 3000
nbody 500
objects 1000
queens 6
richards 1
sieve 1
sort 500
spectral_norm 20
string_build 1
string_ops 1
table_fill 1
vararg 2000
END
