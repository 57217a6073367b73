/* SPDX-License-Identifier: MIT */
/*
 * Compiling obeys limits: a source that is large, or a dump of one, costs steps before it is
 * looked at, is given up when time is out, and what a dump takes is counted while it is made.
 */
#include "api_test.h"

#include "code/read.h"

static const char *const sources[] = {
    "s = 'return ' .. ('1+'):rep(1e6) .. '1'",
    "s = ('a = 1 '):rep(200000)",
    "s = 'x = {' .. ('{1, 2, 3, 4},'):rep(100000) .. '}'",
    "s = ('function f() return a end '):rep(40000)",
    "s = string.dump(load(('a = 1 '):rep(200000)))",
    "s = 'return {' .. ('1,'):rep(200000) .. '}'",
};
enum { SOURCES = sizeof sources / sizeof *sources };

static moonlet_result under(const moonlet_state *s, moonlet_limits limits, const char *source)
{
    moonlet_state *limited = moonlet_limit(s, &limits);
    moonlet_result r = moonlet_do(limited, source);
    moonlet_release(limited);
    return r;
}

/* The bytes are what was compiled until then: much less than all of it. */
START_TEST(time_ends_compiling)
{
    moonlet_state *s = world(sources[_i]);
    code_forget_dumps();
    uint64_t before = moonlet_bytes_allocated();
    moonlet_result r = moonlet_do(s, "f = load(s)");
    uint64_t whole = moonlet_bytes_allocated() - before;
    assert_ok(r);
    moonlet_release(r.state);
    code_forget_dumps();
    before = moonlet_bytes_allocated();
    r = under(s, (moonlet_limits){.nanoseconds = 1000000}, "pcall(load, s) while true do end");
    ck_assert_int_eq(r.status, MOONLET_PAUSED);
    ck_assert_uint_lt(moonlet_bytes_allocated() - before, whole / 2);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

START_TEST(steps_are_paid_first)
{
    moonlet_state *s = world(sources[_i]);
    uint64_t before = moonlet_bytes_allocated();
    moonlet_result r = under(s, (moonlet_limits){.steps = 10000}, "f = load(s)");
    ck_assert_int_eq(r.status, MOONLET_PAUSED);
    ck_assert_uint_le(r.steps, 10000);
    ck_assert_uint_lt(moonlet_bytes_allocated() - before, 100000);
    while (r.status == MOONLET_PAUSED) {
        moonlet_state *paused = r.state;
        r = moonlet_resume(paused);
        moonlet_release(paused);
    }
    assert_ok(r);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

static moonlet_result go_on(moonlet_result r)
{
    moonlet_state *paused = r.state;
    r = moonlet_resume(paused);
    moonlet_release(paused);
    return r;
}

/* A source that takes much longer than a slice is compiled once, in as many steps: it does not
 * begin again with each slice. What is allocated tells. */
static void check_goes_on(const char *setup, const char *source, moonlet_limits limits)
{
    moonlet_state *s = world(setup);
    code_forget_dumps();
    uint64_t before = moonlet_bytes_allocated(), steps = 0, slices = 0;
    double count = 0, counted = 0;
    moonlet_result r = moonlet_do(s, source);
    uint64_t whole = moonlet_bytes_allocated() - before;
    assert_ok(r);
    uint64_t whole_steps = r.steps;
    ck_assert(moonlet_to_number(moonlet_result_value(&r, 0), &count));
    moonlet_release(r.state);
    code_forget_dumps();
    before = moonlet_bytes_allocated();
    for (r = under(s, limits, source); r.status == MOONLET_PAUSED; r = go_on(r), slices++)
        steps += r.steps;
    assert_ok(r);
    ck_assert_uint_gt(slices, 2);
    ck_assert_uint_eq(steps + r.steps, whole_steps);
    ck_assert(moonlet_to_number(moonlet_result_value(&r, 0), &counted) && counted == count);
    uint64_t bytes = moonlet_bytes_allocated() - before;
    ck_assert_msg(bytes < 2 * whole + 20000 * slices, "%d bytes, in %d slices %d", (int)whole,
                  (int)slices, (int)bytes);
    moonlet_release(r.state);
    moonlet_release(s);
}

static const char *const loads = "f = load(s) return collectgarbage('count')";

START_TEST(loading_goes_on)
{
    check_goes_on(sources[_i], loads, (moonlet_limits){.nanoseconds = 2000000});
}
END_TEST

/* Also where one array of the compiler's is larger than all that a slice may allocate. */
START_TEST(loading_goes_on_with_few_bytes)
{
    check_goes_on(sources[_i], loads, (moonlet_limits){.bytes = 300000});
    check_goes_on(sources[_i], loads, (moonlet_limits){.bytes = 1000000});
}
END_TEST

/* A short source, too, and a dump of a function in others, for which their tree is made again.
 */
static const char *const short_ones[][2] = {
    {"s = ('a = 1 '):rep(5000)", "f = load(s) return collectgarbage('count')"},
    {"f = load('if x then ' .. ('x = y.z '):rep(900) .. ' end return function() end')()",
     "s = string.dump(f, true) return #s"},
};
enum { SHORT_ONES = sizeof short_ones / sizeof *short_ones };

START_TEST(short_ones_go_on_with_few_bytes)
{
    moonlet_state *s = world(short_ones[_i][0]);
    moonlet_result r = under(s, (moonlet_limits){.bytes = 100000}, short_ones[_i][1]);
    for (int i = 0; r.status == MOONLET_PAUSED && i < 100; i++) r = go_on(r);
    assert_ok(r);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

/* So is a dump made once. */
static const char *const dumped[] = {
    "f = load(('a = 1 '):rep(200000))",
    "f = load(('function f() return a end '):rep(40000))",
    "local s = {} for i = 1, 50 do s[i] = '\"' .. i .. ('x'):rep(20000) .. '\" .. x,' end "
    "f = load('return {' .. table.concat(s) .. ('x,'):rep(3000) .. '}')",
};
enum { DUMPED = sizeof dumped / sizeof *dumped };

START_TEST(dumping_goes_on)
{
    const char *source = "d = string.dump(f, true) return #d";
    check_goes_on(dumped[_i], source, (moonlet_limits){.bytes = 100000});
    if (_i < 2) check_goes_on(dumped[_i], source, (moonlet_limits){.nanoseconds = 1000000});
}
END_TEST

/* A dump that is known costs the steps, and counts the bytes, of one that has to be read; and
 * so does one that is written again. */
START_TEST(what_is_known_counts_the_same)
{
    static const char *const costs =
        "local before = collectgarbage('count') local d = string.dump(f, true) f = load(d) "
        "local between = collectgarbage('count') d = string.dump(f) f = load(d) "
        "return between - before, collectgarbage('count') - between";
    moonlet_state *s = world("f = load(('a = b + 1 '):rep(200))");
    moonlet_result fresh = moonlet_do(s, costs), known = moonlet_do(s, costs);
    assert_ok(fresh);
    assert_ok(known);
    ck_assert_uint_eq(fresh.steps, known.steps);
    for (int i = 0; i < 2; i++) {
        double a = 0, b = 0;
        ck_assert(moonlet_to_number(moonlet_result_value(&fresh, i), &a));
        ck_assert(moonlet_to_number(moonlet_result_value(&known, i), &b));
        ck_assert_msg(a == b && a > 10, "%g KB, %g where it is known", a, b);
    }
    moonlet_release(fresh.state);
    moonlet_release(known.state);
    moonlet_release(s);
}
END_TEST

static const char *const readers[] = {
    "return type(loadfile(name))",
    "dofile(name) return 'function'",
    "package.path = name return require('x') and 'function'",
};
enum { READERS = sizeof readers / sizeof *readers };

/* A file is read once: it may be gone when a paused program goes on. */
START_TEST(files_are_read_once)
{
    moonlet_state *s = world("name = os.tmpname() local f = io.open(name, 'w') "
                             "f:write(('a = 1 '):rep(20000)) f:close()");
    moonlet_result r = under(s, (moonlet_limits){.bytes = 2000000}, readers[_i]);
    ck_assert_int_eq(r.status, MOONLET_PAUSED);
    moonlet_result removed = moonlet_do(s, "os.remove(name)");
    assert_ok(removed);
    moonlet_release(removed.state);
    while (r.status == MOONLET_PAUSED) r = go_on(r);
    assert_ok(r);
    assert_bytes(moonlet_result_value(&r, 0), "function");
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

/* Each of many that go on from the same state has a function, and those that never go on leave
 * nothing that waits. */
START_TEST(loading_goes_on_from_one_state)
{
    moonlet_state *s = world(sources[0]);
    for (int i = 0; i < 100; i++) {
        moonlet_result r = under(s, (moonlet_limits){.nanoseconds = 1000000},
                                 "f = load(s) return f() == 1e6 + 1");
        ck_assert_int_eq(r.status, MOONLET_PAUSED);
        moonlet_state *paused = r.state;
        for (int k = 0; k < 2 && i == 50; k++) {
            for (r = moonlet_resume(paused); r.status == MOONLET_PAUSED;) r = go_on(r);
            assert_ok(r);
            ck_assert(moonlet_is_true(moonlet_result_value(&r, 0)));
            moonlet_release(r.state);
        }
        moonlet_release(paused);
    }
    moonlet_release(s);
}
END_TEST

START_TEST(dumps_are_counted_while_made)
{
    moonlet_state *s = world("f = load(('a = 1 '):rep(200000))");
    uint64_t before = moonlet_bytes_allocated();
    moonlet_result r = moonlet_do(s, "return #string.dump(f)");
    uint64_t whole = moonlet_bytes_allocated() - before;
    assert_ok(r);
    moonlet_release(r.state);
    before = moonlet_bytes_allocated();
    r = under(s, (moonlet_limits){.bytes = 100000}, "return #string.dump(f)");
    ck_assert_int_ne(r.status, MOONLET_OK);
    ck_assert_uint_lt(moonlet_bytes_allocated() - before, 300000);
    ck_assert_uint_gt(whole, 3000000);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("compile_limits");
    tcase_add_loop_test(t, time_ends_compiling, 0, SOURCES);
    tcase_add_loop_test(t, steps_are_paid_first, 0, SOURCES);
    tcase_add_loop_test(t, loading_goes_on, 0, SOURCES);
    tcase_add_loop_test(t, short_ones_go_on_with_few_bytes, 0, SHORT_ONES);
    tcase_add_loop_test(t, loading_goes_on_with_few_bytes, 0, SOURCES);
    tcase_add_loop_test(t, dumping_goes_on, 0, DUMPED);
    tcase_add_test(t, what_is_known_counts_the_same);
    tcase_add_loop_test(t, files_are_read_once, 0, READERS);
    tcase_add_test(t, loading_goes_on_from_one_state);
    tcase_add_test(t, dumps_are_counted_while_made);
    return run_suite(t);
}
