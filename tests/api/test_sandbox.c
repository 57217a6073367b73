/* SPDX-License-Identifier: MIT */
/* Programs that mean harm: they get no more than they were given, and change nothing. */
#include "api_test.h"

/* Whatever reaches for memory: in a loop, in one step, by each function that makes much. */
static const char *const bombs[] = {
    "local t = {} while true do t[#t + 1] = {} end",
    "local t = {} for i = 1, math.huge do t[i] = i end",
    "local t = {} for i = 1, math.huge do t['k' .. i] = i end",
    "local s = 'x' while true do s = s .. s end",
    "local s, t = ('x'):rep(900000), {} for i = 1, math.huge do t[i] = s .. i end",
    "local t = {} for i = 1, math.huge do t[i] = ('x'):rep(900000 + i) end",
    "local t = {} for i = 1, math.huge do t[i] = ('x'):rep(60) .. i end",
    "while true do coroutine.create(print) end",
    "local function f() return coroutine.wrap(f)() end f()",
    "local function f(n) return 1 + f(n + 1) end f(1)",
    "local function f(...) return f(1, ...) end f()",
    "local function f(...) return 1 + f(1, ...) end f()",
    "local t = {table.unpack({}, 1, 900000)} while true do end",
    "while true do local t = {table.unpack({}, 1, 50000)} end",
    "local t = {} for i = 1, 200 do t[i] = ('x'):rep(4000) end while true do table.concat(t) "
    "end",
    "local s = ('x'):rep(10000) while true do s:gsub('x', ('y'):rep(50)) end",
    "local s = ('x'):rep(10000) while true do string.format('%s%s%s', s, s, s) end",
    "local s = ('x'):rep(250000) while true do local t = {s:byte(1, -1)} end",
    "local s = ('x'):rep(500000) while true do s = s:reverse():upper():sub(2) .. 'x' end",
    "while true do debug.traceback(('x'):rep(100000)) end",
    "local t = {} while true do t = setmetatable({}, {__index = t}) end",
    "while true do collectgarbage() end",
    "setmetatable({}, {__gc = function() local t = {} while true do t[#t + 1] = {} end end}) "
    "while true do collectgarbage() end",
    "local t = setmetatable({}, {__tostring = function() return ('x'):rep(2e6) end}) "
    "tostring(t) while true do end",
    "string.rep('', 2 ^ 31 - 1, 'x') while true do end",
    "math.max(table.unpack({}, 1, 250000)) while true do end",
    "while true do (load or error)('return ' .. ('{1},'):rep(50000) .. '1') end",
    "(load or error)(function() return 'x = 1 ' end) while true do end",
    "for i = 1, math.huge do _G['v' .. i] = i end",
    "while true do os.date(('%c'):rep(10000)) end",
};
enum { BOMBS = sizeof bombs / sizeof *bombs, BYTES = 1000000 };

static moonlet_state *limited(const moonlet_state *s)
{
    const moonlet_limits limits = {.steps = 2000000, .bytes = BYTES};
    return moonlet_limit(s, &limits);
}

/* Runs it in the state in all the ways in which it might notice or hide. */
static void assert_stopped(const moonlet_state *s, const char *bomb)
{
    static const char *const ways[] = {
        "%s noticed = true",
        "pcall(function() %s end) noticed = true",
        "xpcall(function() %s end, function() noticed = true end) noticed = true",
        "coroutine.resume(coroutine.create(function() %s end)) noticed = true",
        "setmetatable({}, {__index = function() %s end}).x() noticed = true",
        "table.sort({1, 2}, function() %s end) noticed = true",
        "('x'):gsub('x', function() %s end) noticed = true",
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        char source[1024];
        snprintf(source, sizeof source, ways[i], bomb);
        uint64_t before = moonlet_bytes_allocated();
        moonlet_result r = moonlet_do(s, source);
        uint64_t used = moonlet_bytes_allocated() - before;
        ck_assert_msg(r.status == MOONLET_PAUSED, "%s: %d %s", source, r.status,
                      r.error ? r.error->message : "");
        ck_assert_msg(r.limit == MOONLET_LIMIT_BYTES || r.limit == MOONLET_LIMIT_STEPS, "%s",
                      source);
        /* a table that grows has allocated three times what it takes */
        ck_assert_msg(used < 6 * BYTES, "%s: %llu bytes", source, (unsigned long long)used);
        ck_assert_msg(moonlet_type_of(moonlet_global(r.state, "noticed")) == MOONLET_NIL, "%s",
                      source);
        moonlet_release(r.state);
    }
}

START_TEST(bombs_are_stopped)
{
    moonlet_state *s = world("data = {1, {2}, 'three'} function f() return data end"),
                  *l = limited(s);
    uint64_t digest = moonlet_digest(s);
    assert_stopped(l, bombs[_i]);
    ck_assert_uint_eq(moonlet_digest(s), digest);
    moonlet_release(l);
    moonlet_release(s);
}
END_TEST

/* All functions and userdata that a program in the state can get hold of. */
static const char walk[] =
    "local found, seen = {}, {}\n"
    "local function walk(v)\n"
    "  local t = type(v)\n"
    "  if seen[v] or t ~= 'table' and t ~= 'function' and t ~= 'userdata' then return end\n"
    "  seen[v] = true\n"
    "  if t ~= 'table' then found[#found + 1] = v end\n"
    "  walk(debug.getmetatable(v))\n"
    "  if t == 'table' then for k, x in next, v do walk(k) walk(x) end end\n"
    "  for i = 1, t == 'function' and 255 or 0 do\n"
    "    local name, x = debug.getupvalue(v, i)\n"
    "    if not name then break end\n"
    "    walk(x)\n"
    "  end\n"
    "end\n"
    "walk(_G) walk(debug.getregistry())\n"
    "for _, v in next, {'', 1, true, print, coroutine.create(print)} do\n"
    "  walk(debug.getmetatable(v))\n"
    "end\n"
    "return unpack(found)";

static bool holds(const moonlet_result *r, moonlet_value v)
{
    for (size_t i = 0; i < r->count; i++)
        if (moonlet_equal(r->values[i], v)) return true;
    return false;
}

/* Not by the registry, nor by what other functions have captured. */
START_TEST(nothing_leads_out_of_a_sandbox)
{
    static const char *const denied[] = {
        "io.open",
        "io.popen",
        "io.lines",
        "io.output",
        "io.stdout",
        "io.stdin",
        "io.stderr",
        "os.execute",
        "os.exit",
        "os.getenv",
        "os.remove",
        "os.rename",
        "os.tmpname",
        "load",
        "loadfile",
        "loadstring",
        "require",
        "package.loadlib",
        "dofile",
        "package.searchpath",
        "package.preload.state",
    };
    moonlet_state *s = moonlet_init(), *box = moonlet_sandbox(s, NULL, NULL);
    moonlet_result in = moonlet_do(box, walk), out = moonlet_do(s, walk);
    assert_ok(in);
    assert_ok(out);
    for (size_t i = 0; i < sizeof denied / sizeof *denied; i++) {
        moonlet_result r = moonlet_get(s, denied[i]);
        assert_ok(r);
        ck_assert_msg(holds(&out, r.values[0]), "%s is not found at all", denied[i]);
        ck_assert_msg(!holds(&in, r.values[0]), "%s", denied[i]);
        moonlet_release(r.state);
    }
    moonlet_release(out.state);
    moonlet_release(in.state);
    moonlet_release(box);
    moonlet_release(s);
}
END_TEST

START_TEST(a_sandbox_changes_no_other_state)
{
    moonlet_state *s = moonlet_init(), *box = moonlet_sandbox(s, NULL, NULL);
    uint64_t digest = moonlet_digest(s);
    moonlet_result r = moonlet_do(
        box, "getmetatable('').__index.rep = nil string.rep = nil print = nil math.pi = 3 "
             "for k in pairs(debug.getregistry()) do debug.getregistry()[k] = nil end "
             "debug.setmetatable(1, {__add = error}) debug.setmetatable(print, {}) "
             "setmetatable(_G, {__index = error}) for k in pairs(_G) do _G[k] = nil end");
    ck_assert_uint_eq(moonlet_digest(s), digest);
    ck_assert_double_eq(number_in(s, "#('x'):rep(3) + math.floor(math.pi) + 1"), 7);
    moonlet_release(r.state);
    moonlet_release(box);
    moonlet_release(s);
}
END_TEST

/* What is stopped goes on with more, from each fork, to the same end. */
START_TEST(a_stopped_one_goes_on)
{
    moonlet_state *s = moonlet_init(), *l = limited(s);
    moonlet_result r = moonlet_do(l, "local t = {} for i = 1, 100000 do t[i] = {i} end "
                                     "local s = table.concat({('x'):rep(2e6), 'y'}) "
                                     "return #t + select('#', table.unpack(t)) + #s");
    ck_assert_int_eq(r.status, MOONLET_PAUSED);
    ck_assert_int_eq(r.limit, MOONLET_LIMIT_BYTES);
    moonlet_state *more = moonlet_limit(r.state, NULL);
    for (int i = 0; i < 2; i++) {
        moonlet_result q = moonlet_resume(more);
        assert_ok(q);
        assert_number(q.values[0], 100000 + 100000 + 2000001);
        moonlet_release(q.state);
    }
    moonlet_release(more);
    moonlet_release(r.state);
    moonlet_release(l);
    moonlet_release(s);
}
END_TEST

/* The library state gives no way around either. */
START_TEST(limits_hold_in_forks)
{
    static const char *const sources[] = {
        "state.fork(function() while true do end end)",
        "while true do state.try(function() while true do end end) end",
        "while true do state.fork(function() local t = {} for i = 1, 100 do t[i] = {} end "
        "return t end) end",
        "local s, n = state.snapshot() local t = {} for i = 1, 1000 do t[i] = {} end "
        "state.restore(s, t)",
        "local s = state.snapshot() while true do state.diff(s) state.digest() end",
        "state.map(function() while true do end end, {1, 2, 3, 4})",
        "while true do state.map(function() return ('x'):rep(100000) end, {1, 2, 3}) end",
        "state.map(function() local t = {} while true do t[#t + 1] = {} end end, {1, 2})",
    };
    moonlet_state *s = world("state = require 'state'"), *l = limited(s);
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        moonlet_result r = moonlet_do(l, sources[i]);
        ck_assert_msg(r.status == MOONLET_PAUSED, "%s: %d %s", sources[i], r.status,
                      r.error ? r.error->message : "");
        moonlet_release(r.state);
    }
    moonlet_release(l);
    moonlet_release(s);
}
END_TEST

START_TEST(looking_runs_nothing)
{
    moonlet_state *s = world("t = setmetatable({10, 20, x = 30}, {__index = error, __len = "
                             "error, __pairs = error})");
    moonlet_value t = moonlet_global(s, "t"), key = moonlet_nil(), v;
    double d, sum = 0;
    int count = 0;
    for (; moonlet_table_next(s, t, &key, &v); count++)
        if (moonlet_to_number(v, &d)) sum += d;
    ck_assert_int_eq(count, 3);
    ck_assert_double_eq(sum, 60);
    ck_assert_uint_eq(moonlet_raw_length(s, t), 2);
    ck_assert_uint_eq(moonlet_raw_length(s, moonlet_text("four")), 4);
    assert_number(moonlet_raw_get(s, t, moonlet_text("x")), 30);
    ck_assert_int_eq(moonlet_type_of(moonlet_raw_get(s, t, moonlet_text("y"))), MOONLET_NIL);
    ck_assert_int_eq(moonlet_type_of(moonlet_metatable(s, t)), MOONLET_TABLE);
    ck_assert_int_eq(moonlet_type_of(moonlet_metatable(s, moonlet_number(1))), MOONLET_NIL);
    moonlet_value none = moonlet_number(5);
    ck_assert(!moonlet_table_next(s, none, &key, &v));
    moonlet_state *other = moonlet_init();
    ck_assert_uint_ne(moonlet_digest(s), moonlet_digest(other));
    moonlet_release(other);
    moonlet_release(s);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("sandbox");
    tcase_add_loop_test(t, bombs_are_stopped, 0, BOMBS);
    tcase_add_test(t, nothing_leads_out_of_a_sandbox);
    tcase_add_test(t, a_sandbox_changes_no_other_state);
    tcase_add_test(t, a_stopped_one_goes_on);
    tcase_add_test(t, limits_hold_in_forks);
    tcase_add_test(t, looking_runs_nothing);
    return run_suite(t);
}
