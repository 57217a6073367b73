/* SPDX-License-Identifier: MIT */
/*
 * Hostile programs: each would run for seconds or take gigabytes, in some way that is not a
 * plain loop. Under limits on steps and bytes each ends soon (or the time of this test is out)
 * and allocates no more than twice the bytes.
 */
#include "api_test.h"

static const char *const programs[] = {
    "local e = {} for i = 1, 1e9 do e = {e} local ok, x = pcall(error, setmetatable({e}, "
    "{__tostring = function() return tostring(e) end})) tostring(x) end",
    "local function f() return pcall(error, setmetatable({}, {__tostring = function(s) return "
    "tostring(s) end})) end while true do tostring(select(2, f())) end",
    "local function f(...) return f(1, ...) end f()",
    "local function f(...) local t = {...} return f(1, ...) end f()",
    "local function f(...) return select('#', ...) + f(..., ...) end f(1, 2)",
    "local function f(n) return coroutine.wrap(function() return 1 + f(n + 1) end)() end f(1)",
    "local function f(n) local c = coroutine.create(f) return coroutine.resume(c, n + 1) end "
    "f(1)",
    "local d = ('9'):rep(4e6) while true do tonumber(d, 10) end",
    "local d = ('z'):rep(4e6) while true do tonumber(d, 36) end",
    "local d = (' '):rep(4e6) .. '1' while true do local x = tonumber(d) end",
    "local d = '0x' .. ('f'):rep(4e6) while true do local x = tonumber(d) end",
    "local d = '0.' .. ('3'):rep(4e6) .. 'e5' while true do local x = d * 1 end",
    "local a, b = ('x'):rep(4e6), ('x'):rep(4e6) local t = {} while true do t[a] = 1 t[b] = 2 "
    "local x = a <= b end",
    "local a = ('a'):rep(2e5) while true do a:find('.-b') end",
    "local a = ('a'):rep(2e4) while true do a:gsub('a-b', '') end",
    "local a = ('('):rep(1e6) while true do a:find('%b()') end",
    "local a = ('a'):rep(1e6) while true do a:find('%f[b]') end",
    "local a = ('a '):rep(1e5) for k in a:gmatch('(a*)(a*)(a*)(a*)(a*)b') do end",
    "local a = ('a'):rep(100) while true do a:find(('a?'):rep(100) .. ('a'):rep(100)) end",
    "local t = setmetatable({}, {__len = function() return 1e9 end}) table.sort(t, function() "
    "return false end)",
    "local t = setmetatable({}, {__len = function() return 2^53 end}) table.concat(t)",
    "local t = setmetatable({}, {__len = function() return 1e9 end, __index = function(t, i) "
    "return 'x' end}) table.concat(t)",
    "local t = setmetatable({}, {__len = function() return 1e9 end}) while true do "
    "table.remove(t, 1) end",
    "local t = setmetatable({}, {__len = function() return 1e9 end, __newindex = function() "
    "end}) table.insert(t, 1, 1)",
    "local t = setmetatable({}, {__len = function() return 1e9 end}) table.unpack(t)",
    "local s = 'return ' .. ('-'):rep(1e5) .. '1' while true do load(s) end",
    "local s = 'return ' .. ('not '):rep(1e5) .. '1' while true do load(s) end",
    "local s = 'return ' .. ('('):rep(1e5) while true do load(s) end",
    "local s = 'return ' .. ('2^'):rep(1e5) .. '1' while true do load(s) end",
    "local s = 'return ' .. ('a..'):rep(2e4) .. 'a' while true do load(s) end",
    "local s = 'return ' .. ('a and '):rep(2e4) .. 'a' while true do load(s) end",
    "local s = 'return ' .. ('{'):rep(1e5) while true do load(s) end",
    "local s = 'local a' .. (',a'):rep(190) .. ' ' s = 'do ' .. s .. ' end ' s = s:rep(2000) "
    "while true do load(s) end",
    "local s = '--[' .. ('='):rep(1e6) .. '[' .. ('x'):rep(2e6) while true do load(s) end",
    "local s = '--' .. ('x'):rep(5e6) while true do load(s) end",
    "local s = ('\\n'):rep(5e6) while true do load(s) end",
    "local s = 'return \"' .. ('\\\\z '):rep(1e6) .. '\"' while true do load(s) end",
    "local s = ('goto a '):rep(1e5) .. '::a::' while true do load(s) end",
    "local s = ('::a%d:: '):rep(1e5) local n = 0 s = s:gsub('%%d', function() n = n + 1 return "
    "n end) while true do load(s) end",
    "local s = ('x=function() end '):rep(5e4) while true do load(s) end",
    "local s = 'return ' .. ('function() return '):rep(150) .. '1' .. (' end'):rep(150) while "
    "true do load(s) end",
    "local s = ('x.y.z:w(1) '):rep(1e5) while true do load(s) end",
    "local f = load(('x = 1 '):rep(2e4)) while true do string.dump(f) end",
    "local d = string.dump(load(('x = 1 '):rep(2e4))) while true do load(d) end",
    "local function f(n) if n == 0 then while true do debug.traceback() end end return 1 + f(n "
    "- 1) end f(5000)",
    "local function f(n) if n == 0 then while true do debug.getlocal(4000, 1) end end return 1 "
    "+ f(n - 1) end f(5000)",
    "local function f(n) if n == 0 then while true do debug.getinfo(4000) end end return 1 + "
    "f(n - 1) end f(5000)",
    "local function f(n) if n == 0 then while true do debug.setlocal(4000, 1, n) end end "
    "return 1 + f(n - 1) end f(5000)",
    "while true do string.format('%99999s', 'x') end",
    "local f = ('%99s'):rep(1e4) while true do string.format(f, table.unpack({}, 1, 200)) end",
    "local f = ('x'):rep(5e6) while true do string.format(f) end",
    "local s = ('\\n'):rep(2e6) while true do string.format('%q', s) end",
    "local s = ('x'):rep(2e6) while true do string.format('%.99s%s', s, 1) end",
    "local s = ('x'):rep(1e6) while true do table.concat({1, 2, 3, 4}, s) end",
    "local s = ('x'):rep(1e6) table.concat({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, s)",
    "local s = ('x'):rep(1e6) while true do s:rep(5, s) end",
    "local s = '' while true do s:rep(2^31 - 1) ('').rep('', 2^31 - 1) end",
    "local t = {} for i = 1, 2e5 do t[i] = i end while true do select('#', table.unpack(t)) "
    "end",
    "local t = {} for i = 1, 2e5 do t[i] = i end while true do select(1e5, table.unpack(t)) "
    "end",
    "local t = {} for i = 1, 2e5 do t[i] = i end while true do select(-1, table.unpack(t)) end",
    "table.unpack({}, 1, 1e8)",
    "while true do pcall(table.unpack, {}, 1, 9e5) end",
    "while true do pcall(table.unpack, {}, -2^53, 2^53) end",
    "local f = ('%Y%c'):rep(1e4) while true do os.date(f) end",
    "local f = ('x'):rep(1e6) while true do os.date(f) end",
    "while true do bit32.bxor(bit32.band(1, 2, 3, 4, 5, 6, 7), bit32.lshift(1, 1e9)) end",
    "local t = {} for i = 1, 1e5 do t['x' .. i] = i end for k in pairs(t) do t[k] = nil end "
    "while true do next(t) end",
    "local t = {} for i = 1, 1e5 do t[i] = i end for i = 1, 1e5 do t[i] = nil end while true "
    "do next(t) end",
    "local t = {} for i = 1, 1e5 do t[i] = i end for i = 1, 1e5 do t[i] = nil end while true "
    "do for k in pairs(t) do end end",
    "local t = {} for i = 1, 1e5 do t[-i] = i end for i = 1, 1e5 do t[-i] = nil end while true "
    "do next(t) end",
    "local t = {} for i = 1, 1e4 do t = setmetatable({}, {__index = t}) end while true do "
    "local x = t.x end",
    "local t = {} for i = 1, 90 do t = setmetatable({}, {__index = t}) end while true do local "
    "x = t.x end",
    "local t = {} setmetatable(t, {__index = t}) while true do pcall(function() return t.x "
    "end) end",
    "local t = {} for i = 1, 90 do t = setmetatable({}, {__newindex = t}) end while true do "
    "t.x = nil end",
    "local t = setmetatable({}, {__tostring = function(s) return tostring(s) end}) while true "
    "do pcall(tostring, t) end",
    "local s = ('x'):rep(1e5) local t = setmetatable({}, {__index = function(t, k) return k .. "
    "k end}) while true do s:gsub('.', t) end",
    "local s = ('x'):rep(1e5) while true do s:gsub('', 'abc') end",
    "local s = ('x'):rep(1e5) local r = ('%0'):rep(1e4) while true do s:gsub('.*', r) end",
    "local s = ('x'):rep(1e6) while true do pcall(s.byte, s, 1, -1) end",
    "local s = ('x'):rep(2e5) while true do s:byte(1, -1) end",
    "local t = {} for i = 1, 2e5 do t[i] = 1 end while true do table.insert(t, 1, 1) "
    "table.remove(t, 1) end",
    "local t = {} for i = 1, 2e5 do t[i] = 1 end while true do table.remove(t, 1e5) end",
    "local t = {} for i = 1, 1e5 do t[i] = i % 7 end while true do table.sort(t) end",
    "local t = {} for i = 1, 1e5 do t[i] = tostring(i):rep(50) end while true do table.sort(t) "
    "end",
    "local t = {} for i = 1, 1e5 do t[i] = i end while true do table.sort(t, function(a, b) "
    "return true end) end",
    "local t = {} for i = 1, 3e5 do t[i * 2] = 1 end while true do local x = #t end",
    "local t = {} for i = 1, 3e5 do t[i] = 1 end while true do t[#t + 1] = 1 t[#t] = nil end",
    "local c = coroutine.create(function() while true do coroutine.yield(1, 2, 3) end end) "
    "while true do coroutine.resume(c) end",
    "local t = {} while true do t[#t + 1] = coroutine.create(print) end",
    "while true do setmetatable({}, {__gc = function() while true do end end}) end",
    "local function g() setmetatable({}, {__gc = g}) end g() while true do local x = {} end",
    "while true do collectgarbage() end",
    "local cs = {} local function deep(n) if n == 0 then coroutine.yield() else deep(n - 1) "
    "end "
    "return 1 end for i = 1, 50 do cs[i] = coroutine.create(deep) coroutine.resume(cs[i], 500) "
    "end while true do collectgarbage() end",
    "local t = {} for i = 1, 2e4 do t[i] = i t[-i] = i end while true do collectgarbage() end",
    "local map, t = require 'state'.map, {} for i = 1, 2e4 do t[i] = i end local function f() "
    "return #map(f, t) end while true do pcall(f) end",
    "local t = {} for i = 1, 5e4 do t[i] = {} end while true do collectgarbage() end",
    "debug.sethook(function() while true do end end, '', 1) while true do end",
    "debug.sethook(function() debug.traceback() end, 'crl', 1) local function f() return f() "
    "end f()",
    "local s = ('x'):rep(4e6) while true do local t = {} t[s .. 1] = 1 end",
    "local x = 'x' while true do x = x .. x end",
    "local x = {} for i = 1, 250 do x[i] = ('y'):rep(1e4) end while true do table.concat(x) "
    "end",
    "local s = ('a,'):rep(1e5) while true do for w in s:gmatch('[^,]*') do end end",
    "local s = ('x'):rep(1e6) while true do s:upper() s:lower() s:reverse() s:sub(2) end",
    "local m = {} m.__concat = function(a, b) return setmetatable({}, m) end local t = "
    "setmetatable({}, m) while true do local x = t .. 1 .. 2 .. 3 .. t end",
    "local m = {__eq = function() return false end} local a, b = setmetatable({}, m), "
    "setmetatable({}, m) while a ~= b do end",
    "local t = {} t.__index = function(_, k) return t[k .. 'x'] end setmetatable(t, t) return "
    "t.x",
    "local t = {} while true do t[t] = t t = {t} end",
    "while true do xpcall(error, function(e) error(e) end, ('x'):rep(1e5)) end",
    "local function f() xpcall(f, f) f() end f()",
    "local function f() return xpcall(f, f) end return f()",
    "local function f() return pcall(f) end return f()",
    "local function f() return pcall(f) end while true do f() end",
    "local function f() return xpcall(f, print) end while true do f() end",
    "local function f(n) if n == 0 then return 1 end return n, pcall(f, n - 1) end f(3e4)",
    "while true do pcall(require, ('x'):rep(9e5)) end",
    "package.path = ('?;'):rep(1e3) pcall(require, ('x'):rep(1e4))",
    "package.path = ('?;'):rep(1e6) pcall(require, 'x')",
    "package.searchpath(('a.'):rep(1e5), ('?'):rep(100))",
    "package.searchpath('x', ('?;'):rep(1e6))",
    "package.searchpath(('a'):rep(3000), 'x', 'a', ('y'):rep(1e5))",
    "local f = io.tmpfile() f:write(('1'):rep(1e6)) while true do f:seek'set' f:read'*n' end",
    "local f = io.tmpfile() f:write((' '):rep(1e6)) while true do f:seek'set' f:read'*n' end",
    "local f = io.tmpfile() f:write((' '):rep(1e6)) while true do f:seek'set' f:read(1, '*n') "
    "end",
    "local s = ('x'):rep(1e6) while true do pcall(error, s, 1) end",
    "local s = ('x'):rep(1e6) while true do pcall(load, 'x = = ' .. s) end",
    "local s = 'x = \"' .. ('x'):rep(1e6) while true do load(s) end",
    "local s = ('x'):rep(1e6) while true do load('x', s)() end",
    "local s = ('x'):rep(1e6) while true do pcall(load('error(\"e\", 1)', '=' .. s)) end",
    "while true do math.randomseed(1) for i = 1, 1000 do math.random(0) end end",
    "local a = {} for i = 1, 1e4 do a[i] = 'x' .. i end while true do load('local ' .. "
    "table.concat(a, ',', 1, 199) .. '=' .. table.concat(a, ',', 1, 5000)) end",
    "local s = 'return {' .. ('1,'):rep(1e5) .. '}' local f = load(s) while true do f() end",
    "local s = ('a = a .. 1 '):rep(3e4) a = '' local f = load(s) while true do f() end",
    "local s = ('x = 1 '):rep(1e5) local f = load('while true do ' .. s .. ' end') f()",
    "local s = ('x = y.z '):rep(1e5) y = setmetatable({}, {__index = {z = 1}}) local f = "
    "load('while true do ' .. s .. ' end') f()",
    "local s = ('x = #t '):rep(5e4) t = {} for i = 1, 1e5 do t[i] = i end for i = 2, 1e5, 3 do "
    "t[i] = nil end local f = load('while true do ' .. s .. ' end') f()",
    "local s = ('local _ = t == u '):rep(150) t, u = ('x'):rep(3e6), ('x'):rep(3e6) local f = "
    "load('while true do ' .. s .. ' end') f()",
    "local s = ('x = {} '):rep(5e4) local f = load('while true do ' .. s .. ' end') f()",
    "local s = ('x = function() end '):rep(3e4) local f = load('while true do ' .. s .. ' "
    "end') f()",
    "local s = ('t[#t + 1] = 1 '):rep(5e4) t = {} local f = load('while true do ' .. s .. ' "
    "end') f()",
    "local s = ('t[t] = ... '):rep(5e4) t = {} local f = load('while true do ' .. s .. ' end') "
    "f()",
    "local f = load('return {' .. ('x..1,'):rep(3e4) .. '}') x = ('x'):rep(900) f()",
    "local f = load(('t[#t + 1] = x .. 1 '):rep(1e4)) t = {} x = ('x'):rep(2000) f()",
    "local s = ('if t == u then end '):rep(3e4) t, u = ('x'):rep(3e6), ('x'):rep(2999999) .. "
    "'y' local f = load(s) u = ('x'):rep(3e6) collectgarbage() f()",
    "local s = 'local x = ' .. ('t == u and '):rep(1400) .. '1 ' s = s:rep(10) t, u = "
    "('x'):rep(3e6), ('x'):rep(3e6) local f = load(s) f()",
    "local s = ('x'):rep(3e6) local a, b, t = s .. 'a', s .. 'b', {} for i = 1, 1e4 do t[i] = "
    "i "
    "% 2 == 0 and a or b end table.sort(t)",
    "return ('x'):rep(1e5):gsub('x', function() return ('y'):rep(1e5) end)",
    "return ('x'):rep(1e5):gsub('x', function() return ('y'):rep(1e6) end)",
    "local n = 0 return load((('::a%d::'):rep(2e5):gsub('%%d', function() n = n + 1 return n "
    "end)))",
    "local s = ('n'):rep(1e6) local f = load('local t = {} t.' .. s .. '()') while true do "
    "pcall(f) end",
    "local s = ('n'):rep(1e6) local f = load('local t = {' .. s .. ' = debug.traceback} while "
    "true do t.' .. s .. '() end') f()",
    "local s = ('n'):rep(1e6) load('local function ' .. s .. '(n) if n == 0 then while true do "
    "debug.traceback() end end return 1 + ' .. s .. '(n - 1) end ' .. s .. '(30)')()",
    "local s = ('n'):rep(1e6) _G[s] = {f = string.rep} string.rep = nil while true do "
    "pcall(_G[s].f) end",
    "local s = ('x'):rep(1e6) while true do pcall(collectgarbage, s) end",
    "collectgarbage(('x'):rep(9e6))",
    "os.date('%E' .. ('x'):rep(8e6))",
    "local s = require 'state' while true do s.save() end",
    "local s = require 'state' local b = s.save() while true do s.load(b) end",
    "local s = require 'state' for i = 1, 3e3 do _G['x' .. i] = {} end local b = s.save() "
    "while "
    "true do s.load(b) end",
    "local s = require 'state' t = {} for i = 1, 1e4 do t[i] = {} end local b = s.snapshot() "
    "while true do s.save(nil, b) end",
    "local s = require 'state' t = {} for i = 1, 1e4 do t[i] = {} end local b = s.snapshot() "
    "local d = s.save(nil, b) while true do s.load(d, b) end",
    "local s = require 'state' local a = s.snapshot() x = {} local b = s.snapshot() local l = "
    "{s.save(a), s.save(b, a)} while true do s.collapse(l) end",
    "local s = require 'state' local n = 0 while true do n = n + 1 F = load('return ' .. n) "
    "s.load(s.save()) end",
    "local s = require 'state' while true do s.fork(function() local r = {} for i = 1, 1000 do "
    "r[i] = function() return r end end return r end) end",
    "local s, l = require 'state', {} for i = 1, 1000 do l[i] = i end s.map(function() local t "
    "= {} for i = 1, 1e4 do t[i] = {} end return t end, l)",
    "local s, l = require 'state', {} for i = 1, 1000 do l[i] = i end while true do "
    "s.map(type, l, {threads = 1000}) end",
    "local s = require 'state' while true do s.map(type, {1, 2}) end",
    "local s = require 'state' while true do s.map(type, {1, 2}, {processes = 2}) end",
    "local s = ('n'):rep(2e6) local t = {[s] = string.rep} load('local t = ... t.' .. s .. "
    "'()')(t)",
};
enum { PROGRAMS = sizeof programs / sizeof *programs, STEPS = 200000, BYTES = 10000000 };

START_TEST(hostile_programs_end)
{
    const moonlet_limits limits = {.steps = STEPS, .bytes = BYTES};
    moonlet_state *s = moonlet_init(), *limited = moonlet_limit(s, &limits);
    uint64_t before = moonlet_bytes_allocated();
    moonlet_result r = moonlet_do(limited, programs[_i]);
    uint64_t bytes = moonlet_bytes_allocated() - before;
    ck_assert_uint_le(r.steps, STEPS);
    ck_assert_msg(bytes <= 2 * BYTES, "%llu bytes: %s", (unsigned long long)bytes,
                  programs[_i]);
    moonlet_release(r.state);
    moonlet_release(limited);
    moonlet_release(s);
}
END_TEST

/* The source itself is under the limits: it may be a stranger's. */
START_TEST(sources_are_limited)
{
    static const char piece[] = "x = 1 ";
    enum { PIECES = 1000000, PIECE = sizeof piece - 1 };
    char *source = malloc(PIECES * PIECE + 1);
    for (size_t i = 0; i < PIECES; i++) memcpy(source + i * PIECE, piece, PIECE + 1);
    const moonlet_limits limits[] = {{.bytes = BYTES}, {.nanoseconds = 1000000}};
    for (int i = 0; i < 2; i++) {
        moonlet_state *s = moonlet_init(), *limited = moonlet_limit(s, &limits[i]);
        uint64_t before = moonlet_bytes_allocated();
        moonlet_result r = moonlet_do(limited, source);
        ck_assert_int_eq(r.status, MOONLET_FAILED);
        ck_assert_int_eq(r.error->kind, MOONLET_ERROR_LIMIT);
        ck_assert_int_eq(r.limit, i ? MOONLET_LIMIT_TIME : MOONLET_LIMIT_BYTES);
        ck_assert_uint_lt(moonlet_bytes_allocated() - before, i ? 100000000 : 2 * BYTES);
        moonlet_release(r.state);
        moonlet_release(limited);
        moonlet_release(s);
    }
    free(source);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("hostile");
    tcase_add_loop_test(t, hostile_programs_end, 0, PROGRAMS);
    tcase_add_test(t, sources_are_limited);
    return run_suite(t);
}
