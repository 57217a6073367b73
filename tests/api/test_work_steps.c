/* SPDX-License-Identifier: MIT */
/*
 * Work costs steps: for each row of the table of natives whose work grows, and each conversion
 * and operation, a program whose work grows with n: four times the n, four times the steps.
 * And whatever has little to use stops in time, which is told by steps and bytes.
 */
#include "api_test.h"
#include "lib/natives.h"

typedef struct Work {
    const char *name; /* of a native's row, or what else it is */
    const char *source;
    int n;
} Work;

/* s is a string of n bytes, z another like it, t an array of n numbers. */
static const Work works[] = {
    {"assert", "assert(table.unpack(t))", 8000},
    {"select", "local x = select(2, table.unpack(t))", 8000},
    {"error", "pcall(error, s)", 60000},
    {"eprint", NULL, 0},
    {"print", NULL, 0},
    {"rawequal", "rawequal(s, z)", 300000},
    {"tonumber", "tonumber(d)", 60000},
    {"load", "load(c)", 20000},
    {"bit32.band", "bit32.band(table.unpack(t))", 8000},
    {"bit32.bor", "bit32.bor(table.unpack(t))", 8000},
    {"bit32.btest", "bit32.btest(table.unpack(t))", 8000},
    {"bit32.bxor", "bit32.bxor(table.unpack(t))", 8000},
    {"math.max", "math.max(table.unpack(t))", 8000},
    {"math.min", "math.min(table.unpack(t))", 8000},
    {"string.byte", "local x = s:byte(1, -1)", 20000},
    {"string.char", "string.char(table.unpack(b))", 20000},
    {"string.dump", "string.dump(f)", 40000},
    {"string.find", "s:find('[^x]')", 200000},
    {"string.format", "string.format('%s', s)", 100000},
    {"string.gsub", "s:gsub('x', 'y')", 5000},
    {"string.match", "s:match('x*y')", 400},
    {"string.lower", "s:lower()", 100000},
    {"string.upper", "s:upper()", 100000},
    {"string.rep", "s:rep(2)", 100000},
    {"string.reverse", "s:reverse()", 100000},
    {"string.sub", "s:sub(2)", 100000},
    {"table.concat", "table.concat(t)", 60000},
    {"table.insert", "table.insert(t, 1, 1)", 20000},
    {"table.remove", "table.remove(t, 1)", 20000},
    {"table.maxn", "table.maxn(t)", 20000},
    {"table.pack", "table.pack(table.unpack(t))", 8000},
    {"table.unpack", "local x = table.unpack(t)", 8000},
    {"table.sort", "table.sort(t)", 20000},
    {"operation ==", "local x = s == z", 300000},
    {"operation <", "local x = s < z", 300000},
    {"operation ..", "local x = s .. z", 100000},
    {"conversion +", "local x = d + 1", 60000},
    {"conversion -", "local x = -d", 60000},
    {"string.dump of an inner function", "string.dump(i)", 40000},
    {"debug.getinfo of lines", "debug.getinfo(f, 'L')", 60000},
    {"debug.getinfo of options", "debug.getinfo(1, ('S'):rep(#s))", 100000},
    {"next over holes", "next(h)", 100000},
    {"pairs over holes", "for k in pairs(h) do end", 100000},
    {"io.write", "io.tmpfile():write(s)", 300000},
    {"os.date", "os.date(z)", 100000},
    {"io.open of a mode", "pcall(io.open, 'x', s)", 300000},
    {"os.getenv", "os.getenv(s)", 300000},
    {"os.rename", "os.rename(s, s)", 300000},
    {"os.remove", "os.remove(s)", 300000},
    {"load of a mode", "load('', 'x', s)", 300000},
    {"load of a name", "load('', s)", 300000},
    {"debug.getinfo of a source", "debug.getinfo(e, 'S')", 300000},
    {"an error in a file of a long name", "pcall(e)", 300000},
    {"debug.traceback of a file of a long name", "local x = e(1)", 300000},
    {"a long constructor", "g()", 30000},
    {"a long constructor of pairs", "p(1)", 30000},
    {"a long sum", "a(1)", 30000},
};
enum { WORKS = sizeof works / sizeof *works };

static uint64_t steps_of(const Work *w, int n)
{
    char setup[1024];
    snprintf(
        setup, sizeof setup,
        "s, z = ('x'):rep(%d), ('x'):rep(%d) d = ('1'):rep(%d) t, b = {}, {}\n"
        "for i = 1, %d do t[i], b[i] = i * 7919 %% 65537, 65 end\n"
        "c = ('a = 1 '):rep(%d / 6) f, i = load(c), load('if x then ' .. c .. ' end return "
        "function() end')()\n"
        "h = {} for i = 1, %d do h[i] = i end for i = 1, %d do h[i] = nil end\n"
        "g = load('return {' .. ('{},'):rep(%d / 3) .. '}')\n"
        "p = load('local x = ... return {' .. ('[x]=x,'):rep(%d / 6) .. '}')\n"
        "a = load('local x = ... return x' .. ('+x'):rep(%d / 2))\n"
        "e = load('local x = ... return x and debug.traceback() or x.y', '@' .. s)\n",
        n, n, n, n, n, n, n, n, n, n);
    moonlet_state *s = world(setup);
    moonlet_result r = moonlet_do(s, w->source);
    assert_ok(r);
    uint64_t steps = r.steps;
    moonlet_release(r.state);
    moonlet_release(s);
    return steps;
}

/* A sort is somewhat more than linear; a match from each place to the end is quadratic. */
START_TEST(steps_grow_with_work)
{
    const Work *w = &works[_i];
    if (!w->source) return; /* its output is not for a test */
    uint64_t little = steps_of(w, w->n), much = steps_of(w, 4 * w->n);
    ck_assert_msg(much > 3 * little, "%s: %d steps, then %d", w->name, (int)little, (int)much);
    uint64_t most = strcmp(w->name, "string.match") == 0 ? 17 * little : 6 * little;
    ck_assert_msg(much < most, "%s: %d steps, then %d", w->name, (int)little, (int)much);
}
END_TEST

static bool is_listed(const char *name)
{
    for (int i = 0; i < WORKS; i++)
        if (strcmp(works[i].name, name) == 0) return true;
    return false;
}

/* Those that see files or other things outside, frames of the stack, or the whole state, are
 * tested elsewhere. */
START_TEST(no_native_is_forgotten)
{
    for (const NativeDef *r = natives_next(NULL); r; r = natives_next(r)) {
        if (r->place == PLACE_CONTINUATION || r->work == WORK_FIXED || r->work == WORK_CALLEE)
            continue;
        if (r->outside == OUTSIDE_FILES || r->outside == OUTSIDE_PROCESS ||
            r->outside == OUTSIDE_CLOCK || r->work == WORK_LEVELS || r->work == WORK_STATE)
            continue;
        if (strchr(r->name, ':') || strncmp(r->name, "io.", 3) == 0) continue;
        if (strcmp(r->name, "debug.debug") == 0 || strcmp(r->name, "module") == 0) continue;
        ck_assert_msg(is_listed(r->name), "%s", r->name);
    }
}
END_TEST

/* What is paid depends on values alone: images make one object of equal strings. */
static const char *const same_or_equal[] = {
    "local x = a == b, a ~= b, a < b, a <= b",
    "for i = 1, 3 do if a == b then n = i end end",
    "rawequal(a, b)",
    "local t = {[a] = 1} local x = t[b] t[b] = 2 t[a] = nil t[b] = nil",
    "local t = {[a] = 1, [b] = 2} rawset(t, b, rawget(t, a))",
    "local t = setmetatable({}, {__index = {[a] = 1}}) local x = t[b] t[b] = x",
    "local t = {[a] = 1} for k, v in pairs(t) do t[k] = t[b] end next(t, b)",
    "local t = {a, b, a, b, a} table.sort(t)",
    "local x = a:gsub('.+', {[b] = 'y'})",
    "local x = a .. b, b .. a, a:find(b, 1, true), #a, a:rep(2)",
    "require 'state'.digest()",
    "local x = #require 'state'.save()",
};
enum { SAME_OR_EQUAL = sizeof same_or_equal / sizeof *same_or_equal };

START_TEST(equal_strings_cost_what_one_does)
{
    moonlet_state *s = moonlet_init();
    moonlet_result set = moonlet_do(s, "a, c = ('x'):rep(30000), ('x'):rep(30000) n = 0");
    const char *choices[] = {"b = a", "b = c"};
    uint64_t steps[2];
    for (int i = 0; i < 2; i++) {
        moonlet_result chosen = moonlet_do(set.state, choices[i]);
        moonlet_result r = moonlet_do(chosen.state, same_or_equal[_i]);
        assert_ok(r);
        steps[i] = r.steps;
        moonlet_release(r.state);
        moonlet_release(chosen.state);
    }
    ck_assert_uint_eq(steps[0], steps[1]);
    moonlet_release(set.state);
    moonlet_release(s);
}
END_TEST

/* Each would run for seconds, or take gigabytes. */
static const char *const hostile[] = {
    "local T,s={},('x'):rep(2e6) local function f() local ok,e=pcall(f) T[#T+1]=e error(s) end "
    "pcall(f)",
    "local function f(n) if n==0 then return end return 1,2,3,4,5,6,7,8,9,f(n-1) end f(30000)",
    "local function f() coroutine.wrap(f)() end f()",
    "local function f() local ok,m=pcall(f) error(tostring(m)..'y') end f()",
    "local a=('1'):rep(3e6) for i=1,1e9 do local x=tonumber(a) end",
    "local a=('1'):rep(3e6) for i=1,1e9 do local x=a+1 end",
    "local a=('1'):rep(3e6) for i=1,1e9 do local x=-a end",
    "local a,b=('1'):rep(3e6),('1'):rep(3e6) for i=1,1e9 do local x=a==b end",
    "local a,b=('1'):rep(3e6),('1'):rep(3e6) for i=1,1e9 do local x=a<b end",
    "table.insert(setmetatable({},{__len=function() return 2^31-2 end}),1,1)",
    "table.remove(setmetatable({},{__len=function() return 2^31-2 end}),1)",
    "return (('a'):rep(3000)):find(('a*'):rep(40)..'b')",
    "return load('return '..('1+'):rep(2e6)..'1')",
    "return ('x'):rep(2e9)",
    "while true do load('while true do ' .. ('break '):rep(20000) .. ' end') end",
    "local t, u = {}, {} for i = 1, 5000 do t[i], u[i] = 'do goto a' .. i .. ' end', "
    "'::a' .. i .. '::' end t = table.concat(t) .. table.concat(u) while true do load(t) end",
    "local function f(n) if n==0 then for i=1,1e9 do debug.getinfo(5000,'l') end end "
    "return 1+f(n-1) end f(6000)",
    "local function f(n) if n==0 then for i=1,1e9 do pcall(error,'x',5000) end end "
    "return 1+f(n-1) end f(6000)",
    "local s = {} for i = 1, 9 do s[i] = table.pack(table.unpack({}, 1, 9e5)) end",
    "local s = ('x'):rep(9e5) for i = 1, 1e9 do pcall(print, s:byte(1, -1)) end",
    "local map = require('state').map local function f() return map(f, {1, 2}) end "
    "while true do f() end",
    "local f = load('local a = ... while true do local x = {' .. ('[a]=a,'):rep(30000) .. '} "
    "end') "
    "f(1)",
    "local t = setmetatable({}, {__mode = 'k'}) local k = {} while true do local n = {} t[k] = "
    "n "
    "k = n end",
    "local t = {} for i = 1, 2e5 do t[i] = i end for i = 1, 2e5 do t[i] = nil end "
    "while true do next(t) end",
    "local r = ('x'):rep(2000000) local t = {} for i = 1, 9 do t[i] = 'a' .. r .. 'b' end",
    "local f = load('if x then ' .. ('x = y.z '):rep(9000) .. ' end return function() end')() "
    "while true do string.dump(f, true) end",
};
enum { HOSTILE = sizeof hostile / sizeof *hostile };

/* The malloc back-end also counts, and never gives back, what traces take for a while. */
#ifdef MOONLET_MALLOC
enum { BYTES_IN_ALL = 40000000 };
#else
enum { BYTES_IN_ALL = 20000000 };
#endif

START_TEST(hostile_programs_stop)
{
    moonlet_limits limits = {.steps = 200000, .bytes = 10000000};
    moonlet_state *s = moonlet_init(), *limited = moonlet_limit(s, &limits);
    uint64_t before = moonlet_bytes_allocated();
    moonlet_result r = moonlet_do(limited, hostile[_i]);
    ck_assert_int_eq(r.status, MOONLET_PAUSED);
    ck_assert_uint_le(r.steps, 200000);
    ck_assert_uint_lt(moonlet_bytes_allocated() - before, BYTES_IN_ALL);
    moonlet_release(r.state);
    moonlet_release(limited);
    moonlet_release(s);
}
END_TEST

/* Jumps and labels that are many: four times as many take four times the bytes. Where each
 * looks at all others this does not end before the test is stopped. */
static const char *const jumps[] = {
    "s = 'while true do ' .. ('if x then break end '):rep(N) .. ' end'",
    "s = 'while true do ' .. ('do '):rep(100) .. ('break '):rep(N) .. ('end '):rep(101)",
    "s = ('while x do break end '):rep(N)",
    "s = ('if x then goto a end '):rep(N) .. '::a:: x = 1'",
    "local t, u = {}, {} for i = 1, N do t[i] = 'if x then goto a' .. i .. ' end ' "
    "u[i] = '::a' .. i .. ':: x = 1 ' end s = table.concat(t) .. table.concat(u)",
    "local t, u = {}, {} for i = 1, N do t[i] = 'if x then goto a' .. i .. ' end ' "
    "u[i] = '::a' .. i .. ':: x = 1 ' end s = table.concat(u) .. table.concat(t)",
};
enum { JUMPS = sizeof jumps / sizeof *jumps };

static uint64_t bytes_of_jumps(const char *make, int n)
{
    char setup[512];
    snprintf(setup, sizeof setup, "N = %d %s", n, make);
    moonlet_state *s = world(setup);
    uint64_t before = moonlet_bytes_allocated();
    moonlet_result r = moonlet_do(s, "f = load(s) d = string.dump(f, true) assert(load(d))");
    assert_ok(r);
    uint64_t bytes = moonlet_bytes_allocated() - before;
    moonlet_release(r.state);
    moonlet_release(s);
    return bytes;
}

START_TEST(jumps_are_linear)
{
    uint64_t little = bytes_of_jumps(jumps[_i], 50000);
    ck_assert_uint_lt(bytes_of_jumps(jumps[_i], 200000), 6 * little);
}
END_TEST

/* In slices they come to the same in the same number of steps, however long the last operation
 * of a slice, or of all, is. */
static const char *const long_ones[] = {
    "return tostring((('a'):rep(30)):find(('a*'):rep(3) .. 'b'))",
    "return tostring((('a'):rep(400)):find('a-b'))",
    "return (('x'):rep(2e4) .. 'y'):match('^(.-)y$')",
    "return tostring((('x'):rep(1e5)):find('y', 1, true))",
    "local n = 0 for w in ('abc '):rep(500):gmatch('%a+') do n = n + #w end return n",
    "return #('x'):rep(2e5)",
    "return #('xy'):rep(3e6)",
    "return #('x'):rep(1e6, ('-'):rep(3))",
    "return #('x'):rep(3, ('-'):rep(2e6))",
    "local t = {} for i = 1, 3000 do t[i] = i * 7919 % 3001 end table.sort(t) return t[1500]",
    "local t = {} for i = 1, 500 do t[i] = tostring(i * 7919 % 501) end table.sort(t) "
    "return t[250]",
    "local t = {} for i = 1, 300 do t[i] = i * 7919 % 301 end table.sort(t, function(x, y) "
    "return x > y end) return t[150]",
    "local m = {__lt = function(x, y) return x[1] < y[1] end} local t = {} for i = 1, 99 do "
    "t[i] = setmetatable({i * 37 % 101}, m) end table.sort(t) return t[50][1]",
    "local t = {} for i = 1, 3000 do t[i] = i + 0.5 end return #table.concat(t, ', ')",
    "local t = {} for i = 1, 300 do t[i] = ('x'):rep(300) end return #table.concat(t)",
    "local t = {} for i = 1, 30 do t[i] = i end return #table.concat(t, ('-'):rep(9000))",
    "local s = ('ab'):rep(900) return #s:gsub('a*b', '%0%0')",
    "local s = ('ab'):rep(900) return #s:gsub('b', {b = 'xyz'})",
    "local s = ('ab'):rep(300) return #s:gsub('b', function(c) return c .. c end)",
    "local t = {} for i = 1, 3000 do t[i] = i end table.insert(t, 1, 0) return t[3001]",
    "local t = {} for i = 1, 3000 do t[i] = i end table.remove(t, 1) return #t",
    "local t = {} for i = 1, 3000 do t['k' .. i] = i end return table.maxn(t)",
    "local t = {} for i = 1, 3000 do t[i] = i end return select('#', table.unpack(t))",
    "local t = {} for i = 1, 3000 do t[i] = i end return table.pack(table.unpack(t)).n",
    "local t = {} for i = 1, 3000 do t[i] = i end return (math.max(table.unpack(t)))",
    "local t = {} for i = 1, 3000 do t[i] = 65 end return #string.char(table.unpack(t))",
    "local a = {('x'):rep(3000):byte(1, -1)} return #a",
    "local function f(...) return select('#', ...) end local t = {} for i = 1, 3000 do t[i] = "
    "i "
    "end return f(table.unpack(t))",
    "local a, b = ('1'):rep(1e5), ('1'):rep(1e5) local ok = a == b and a + 0 == b + 0 and 1 "
    "for i = 1, 10 do end return ok",
    "local a, b = ('1'):rep(1e5), ('1'):rep(1e5) return tostring(a == b)",
    "local a, b = ('1'):rep(1e5), ('1'):rep(1e5) return tostring(a < b)",
    "local t, a = {}, ('k'):rep(1e5) t[a] = 1 return t[('k'):rep(1e5)]",
    "return tostring(tonumber(('1'):rep(1e5)))",
    "return tostring(tonumber(('7'):rep(1e5), 8))",
    "return tostring(-('1'):rep(1e5))",
    "local s = ('x'):rep(1e5) return #(s .. s .. s)",
    "local s = ('x'):rep(1e5) return #s:upper():lower():reverse():sub(3)",
    "return #('%s%5.1f'):rep(50):format((function() local t = {} for i = 1, 100 do t[i] = i "
    "end "
    "return table.unpack(t) end)())",
    "return #('%q'):format(('\\n\\0x'):rep(40000))",
    "return #('%s%s'):format(('x'):rep(1e5), ('y'):rep(1e5))",
    "local f = io.tmpfile() f:write(('x'):rep(3e5), '\\n', ('y'):rep(2e5)) f:seek('set') "
    "local a, b, c, d = f:read('*l', 70000, '*a', '*l') return #a .. ' ' .. #b .. ' ' .. #c .. "
    "tostring(d)",
    "local f, n = io.tmpfile(), 0 for i = 1, 40 do f:write(('x'):rep(i * 999), '\\n') end "
    "f:seek('set') for l, k in f:lines('*L', 300) do n = n + #l + (k and #k or 0) end return n",
    "local f = io.tmpfile() f:write((' '):rep(2e5), '12.5 x') f:seek('set') return "
    "f:read(9, '*n', 2)",
    "local f = io.tmpfile() f:write(('x'):rep(3e5)) f:seek('set') io.input(f) "
    "return #io.read('*a')",
    "local name = os.tmpname() local f = io.open(name, 'w') f:write(('x = 1 '):rep(40000)) "
    "f:write('return 7') f:close() local r = dofile(name) os.remove(name) return r",
    "local t = {} for i = 1, 5000 do t[i] = i * 7919 % 5003 end t[2505] = 'x' "
    "return tostring(pcall(table.sort, t)) .. t[7]",
    "local t, m = {}, {__lt = function(a, b) return a[1] < b[1] end} for i = 1, 90 do t[i] = "
    "setmetatable({i * 7919 % 91}, m) end table.sort(t) return t[1][1] .. t[90][1]",
    "return #os.date(('%c %d'):rep(3000), 0)",
    "return #os.date(('x'):rep(30000) .. '%Y', 0)",
    "return #select(2, pcall(os.date, ('%c'):rep(3000) .. '%Q', 0))",
    "return #debug.getinfo(1, ('lS'):rep(20000) .. 'L').source",
    "return #select(2, load('x', 'x', ('y'):rep(30000)))",
    "return load('return ' .. ('1 + '):rep(3000) .. '1')()",
    "local f = load(('x = 1 '):rep(3000)) return #string.dump(f)",
    "local i = 0 return load(function() i = i + 1 return i < 900 and 'x = 1 ' or nil end) and "
    "i",
    "local t = {} for i = 1, 2000 do t[i] = {} end collectgarbage() return #t",
    "local t = setmetatable({}, {__index = function(t, k) return k end}) local n = 0 for i = "
    "1, "
    "300 do n = n + t[i] end return n",
    "local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end return f(2000)",
    "local function f(n) if n == 0 then error('x', 0) end return 1 + f(n - 1) end "
    "return select(2, pcall(f, 2000))",
    "local function f(n) if n == 0 then return #debug.traceback() end return (f(n - 1)) end "
    "return f(2000)",
    "local function f(n) if n == 0 then return 1, 2, 3 end return pcall(f, n - 1) end "
    "return select('#', f(900))",
    "local co = coroutine.wrap(function(...) while true do coroutine.yield(...) end end) "
    "local t = {} for i = 1, 1000 do t[i] = i end return select('#', co(table.unpack(t)))",
};
enum { LONG_ONES = sizeof long_ones / sizeof *long_ones };

static uint64_t steps_in_slices(const moonlet_state *s, const char *source, uint64_t slice,
                                char text[200])
{
    moonlet_limits limits = {.steps = slice};
    moonlet_state *limited = moonlet_limit(s, &limits);
    moonlet_result r = moonlet_do(limited, source);
    uint64_t sum = r.steps;
    moonlet_release(limited);
    for (; r.status == MOONLET_PAUSED; sum += r.steps) {
        ck_assert_uint_le(r.steps, slice);
        moonlet_state *paused = r.state;
        r = moonlet_resume(paused);
        moonlet_release(paused);
    }
    assert_ok(r);
    moonlet_to_text(moonlet_result_value(&r, 0), text, 200);
    moonlet_release(r.state);
    return sum;
}

START_TEST(slices_come_to_the_same)
{
    const char *source = long_ones[_i];
    static const uint64_t slices[] = {1, 7, 100, 3000};
    char expected[200], got[200];
    moonlet_state *s = moonlet_init();
    uint64_t whole = steps_in_slices(s, source, UINT64_MAX / 2, expected);
    moonlet_result r = moonlet_do(s, source);
    assert_ok(r);
    ck_assert_uint_eq(r.steps, whole);
    moonlet_release(r.state);
    for (int i = whole > 50000; i < 4; i++) {
        uint64_t steps = steps_in_slices(s, source, slices[i], got);
        ck_assert_str_eq(got, expected);
        ck_assert_msg(steps == whole, "%d steps, in slices of %d %d: %s", (int)whole,
                      (int)slices[i], (int)steps, source);
    }
    moonlet_release(s);
}
END_TEST

/* One call that is long, in a world where what it works on is there. */
static const char *const calls[] = {
    "s = ('%c'):rep(1e6)",
    "os.date(s)",
    "f = io.open('/dev/zero')",
    "f:read('*a')",
    "f = io.open('/dev/zero')",
    "f:read('*l')",
    "f = io.open('/dev/zero')",
    "f:read(1e9)",
    "f = io.open('/dev/zero')",
    "f:lines('*L')()",
    "io.input('/dev/zero')",
    "io.read('*a')",
    "f = io.popen('yes')",
    "f:read('*a')",
    "",
    "loadfile('/dev/zero')",
    "",
    "dofile('/dev/zero')",
    "package.path = '/dev/zero'",
    "require('x')",
    "s = ('\\n'):rep(9e6)",
    "('%q'):format(s)",
    "s = ('ab'):rep(9e6)",
    "s:gsub('b', '%0%0')",
    "t = {} for i = 1, 1e5 do t[i] = ('x'):rep(i % 1000) end",
    "table.concat(t)",
};
enum { CALLS = sizeof calls / sizeof *calls / 2 };

/* A run that has 1000 steps for it does not take what all of it takes before it stops. */
START_TEST(long_calls_stop_within)
{
    const moonlet_limits limits = {.steps = 1000};
    moonlet_state *s = world(calls[2 * _i]), *limited = moonlet_limit(s, &limits);
    uint64_t before = moonlet_bytes_allocated();
    moonlet_result r = moonlet_do(limited, calls[2 * _i + 1]);
    ck_assert_int_eq(r.status, MOONLET_PAUSED);
    ck_assert_uint_le(r.steps, 1000);
    ck_assert_msg(moonlet_bytes_allocated() - before < 4000000, "%s: %d bytes",
                  calls[2 * _i + 1], (int)(moonlet_bytes_allocated() - before));
    moonlet_release(r.state);
    moonlet_release(limited);
    moonlet_release(s);
}
END_TEST

/* Each ends in an error that nobody catches, right after long work. */
static const char *const failing[] = {
    "local s = ('x'):rep(1e6) error(s:reverse():sub(-5))",
    "local s = ('x'):rep(1e6) local t = {} t[s:upper()] = 1 local u = t.y.z",
    "local s = ('x'):rep(1e6) local t = s < s:reverse() return 1 + t",
    "local s = ('1'):rep(1e6) error({s + 1})",
    "local s = ('x'):rep(1e6) string.rep(s:lower(), 2, s).x.y()",
    "local function f(n) if n == 0 then error('deep') end return 1 + f(n - 1) end f(5000)",
    "local function f(n) if n == 0 then error() end return (pcall(f, n - 1)) and error('x') "
    "end "
    "error(f(50))",
    "local s = ('x'):rep(1e6) coroutine.wrap(function() error(s:reverse():sub(-5)) end)()",
    "local s = ('x'):rep(1e6) setmetatable({}, {__add = function() error(s:upper():sub(-5)) "
    "end}) local t = setmetatable({}, {__index = function() error(s:upper():sub(-5)) end}) "
    "return t.x + 1",
    "local s = ('x'):rep(1e6) table.sort({1, 2, 3}, function() error(s:upper():sub(-5)) end)",
    "debug.sethook(function() end, 'crl', 1) local s = ('x'):rep(1e6) error(s:upper():sub(-5))",
    "local s = ('x'):rep(1e6) xpcall(error, function() s:upper() end) "
    "require('state').fork(function() error(s:upper():sub(-5)) end)",
    "local s = ('x'):rep(1e6) local t = s:upper() == s error(setmetatable({}, {}), t and 2)",
    "local function f(n) local t if n == 0 then t.x = 1 end return coroutine.wrap(f)(n - 1) "
    "end "
    "f(20)",
    "local fork = require('state').fork "
    "local function f(n) local t if n == 0 then t.x = 1 end return fork(f, n - 1) end f(50)",
    "local fork = require('state').fork local function f(n) "
    "if n == 0 then error({}) end return fork(coroutine.wrap(f), n - 1) end f(20)",
};
enum { FAILING = sizeof failing / sizeof *failing };

/* What the host sees of it. */
static void error_text(const moonlet_error *e, char out[2000])
{
    snprintf(out, 2000, "%d %s %d:%d:%d %zu %.1800s", (int)e->kind, e->message, e->line,
             e->column_line, e->column, e->count, e->traceback);
}

static uint64_t fail_in_slices(const moonlet_state *s, const char *source, uint64_t slice,
                               char out[2000])
{
    moonlet_limits limits = {.steps = slice};
    moonlet_state *limited = moonlet_limit(s, &limits);
    moonlet_result r = moonlet_do(limited, source);
    uint64_t sum = r.steps;
    moonlet_release(limited);
    for (; r.status == MOONLET_PAUSED; sum += r.steps) {
        ck_assert_uint_le(r.steps, slice);
        moonlet_state *paused = r.state;
        r = moonlet_resume(paused);
        moonlet_release(paused);
    }
    ck_assert_int_eq(r.status, MOONLET_FAILED);
    error_text(r.error, out);
    moonlet_release(r.state);
    return sum;
}

/* Work is paid whatever way the run ends; and the error is the same, wherever it has waited. */
START_TEST(errors_do_not_cancel_debts)
{
    static const uint64_t slices[] = {1, 7, 100, 3000};
    char expected[2000], got[2000];
    moonlet_state *s = moonlet_init();
    uint64_t whole = fail_in_slices(s, failing[_i], UINT64_MAX / 2, expected);
    moonlet_result r = moonlet_do(s, failing[_i]);
    ck_assert_int_eq(r.status, MOONLET_FAILED);
    error_text(r.error, got);
    ck_assert_str_eq(got, expected);
    ck_assert_uint_eq(r.steps, whole);
    moonlet_release(r.state);
    for (int i = whole > 5000; i < 4; i++) {
        uint64_t steps = fail_in_slices(s, failing[_i], slices[i], got);
        ck_assert_str_eq(got, expected);
        ck_assert_msg(steps == whole, "%d steps, in slices of %d %d: %s", (int)whole,
                      (int)slices[i], (int)steps, failing[_i]);
    }
    moonlet_release(s);
}
END_TEST

/* What lies within each other, and is left at once. */
static const char *const left_at_once[] = {
    "local fork = require('state').fork "
    "local function f(n) if n == 0 then error({}) end return fork(f, n - 1) end pcall(f, "
    "30000)",
    "local fork = require('state').fork "
    "local function f(n) if n == 0 then return {} end return fork(f, n - 1) end f(30000)",
    "local try = require('state').try "
    "local function f(n) if n == 0 then error({}) end return (try(f, n - 1)) end f(30000)",
    "local function f(n) if n == 0 then error({}) end return (pcall(f, n - 1)) end f(30000)",
};
enum { LEFT_AT_ONCE = sizeof left_at_once / sizeof *left_at_once };

START_TEST(leaving_stops_within)
{
    const moonlet_limits limits = {.steps = 3000};
    moonlet_state *s = moonlet_init(), *limited = moonlet_limit(s, &limits);
    uint64_t before = moonlet_bytes_allocated();
    moonlet_result r = moonlet_do(limited, left_at_once[_i]);
    while (r.status == MOONLET_PAUSED) {
        ck_assert_msg(moonlet_bytes_allocated() - before < BYTES_IN_ALL, "%d bytes",
                      (int)(moonlet_bytes_allocated() - before));
        before = moonlet_bytes_allocated();
        moonlet_state *paused = r.state;
        r = moonlet_resume(paused);
        moonlet_release(paused);
    }
    assert_ok(r);
    ck_assert_uint_lt(moonlet_bytes_allocated() - before, BYTES_IN_ALL);
    moonlet_release(r.state);
    moonlet_release(limited);
    moonlet_release(s);
}
END_TEST

/* Calls that the system takes long for, whatever comes of them. */
static const char *const of_the_system[] = {
    "io.open('/dev/null')",
    "io.open('/none/none')",
    "io.open('/', 'w')",
    "io.tmpfile()",
    "io.popen('true')",
    "pcall(io.lines, '/none/none')",
    "loadfile('/none/none')",
    "name = os.tmpname()",
    "os.remove('/none/none')",
    "os.remove(name)",
    "os.rename('/none/none', '/none/x')",
    "os.execute('true')",
    "os.execute()",
    "package.loadlib('/none/none', 'x')",
};
enum { OF_THE_SYSTEM = sizeof of_the_system / sizeof *of_the_system };

START_TEST(calls_of_the_system_have_a_price)
{
    moonlet_state *s = world("name = os.tmpname()");
    moonlet_result r = moonlet_do(s, of_the_system[_i]);
    assert_ok(r);
    ck_assert_msg(r.steps >= 100, "%s takes %d steps", of_the_system[_i], (int)r.steps);
    moonlet_release(after(r.state, "os.remove(name)"));
    moonlet_release(after(s, "os.remove(name)"));
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("work_steps");
    tcase_add_loop_test(t, leaving_stops_within, 0, LEFT_AT_ONCE);
    tcase_add_loop_test(t, steps_grow_with_work, 0, WORKS);
    tcase_add_test(t, no_native_is_forgotten);
    tcase_add_loop_test(t, equal_strings_cost_what_one_does, 0, SAME_OR_EQUAL);
    tcase_add_loop_test(t, hostile_programs_stop, 0, HOSTILE);
    tcase_add_loop_test(t, jumps_are_linear, 0, JUMPS);
    tcase_add_loop_test(t, slices_come_to_the_same, 0, LONG_ONES);
    tcase_add_loop_test(t, long_calls_stop_within, 0, CALLS);
    tcase_add_loop_test(t, errors_do_not_cancel_debts, 0, FAILING);
    tcase_add_loop_test(t, calls_of_the_system_have_a_price, 0, OF_THE_SYSTEM);
    return run_suite(t);
}
