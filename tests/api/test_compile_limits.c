/* SPDX-License-Identifier: MIT */
/*
 * Compiling obeys limits: a source that is large, or a dump of one, costs steps before it is
 * looked at, is given up when time is out, and what a dump takes is counted while it is made.
 */
#include "api_test.h"

static const char *const sources[] = {
    "s = 'return ' .. ('1+'):rep(1e6) .. '1'",
    "s = ('a = 1 '):rep(200000)",
    "s = 'x = {' .. ('{1, 2, 3, 4},'):rep(100000) .. '}'",
    "s = ('function f() return a end '):rep(40000)",
    "s = string.dump(load(('a = 1 '):rep(200000)))",
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
    uint64_t before = moonlet_bytes_allocated();
    moonlet_result r = moonlet_do(s, "f = load(s)");
    uint64_t whole = moonlet_bytes_allocated() - before;
    assert_ok(r);
    moonlet_release(r.state);
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
    tcase_add_test(t, dumps_are_counted_while_made);
    return run_suite(t);
}
