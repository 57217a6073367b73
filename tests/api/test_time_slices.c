/* SPDX-License-Identifier: MIT */
/*
 * Slices of time that are shorter than one call of a native takes which begins again in each:
 * it stops in the first one, and it comes to its end.
 */
#include "api_test.h"

#include <stdio.h>

enum { SLICE_NS = 1000000, SLICES_MAX = 5000 };

static const char *const programs[] = {
    "return state.digest()",
    "return #state.diff(before)",
    "return #state.save()",
    "return #state.save(before)",
    "return #state.save(nil, before)",
    "return state.load(whole) ~= nil",
    "return #state.collapse({whole, delta})",
    "return state.freeze(t, true) == t",
    "return #load(text)()",
    "return #string.dump(long, true)",
};
enum { PROGRAMS = sizeof programs / sizeof *programs };

static moonlet_state *large_world(void)
{
    return world("state = require 'state' t = {} for i = 1, 60000 do t[i] = {x = i, {i}} end "
                 "before = state.snapshot() for i = 1, 60000 do t[i].x = -i end "
                 "whole = state.save(before) delta = state.save(nil, before) "
                 "text = 'return {' .. ('1, '):rep(300000) .. '}' "
                 "long = load(('x = 1 '):rep(100000))");
}

START_TEST(whatever_begins_again_ends)
{
    moonlet_limits limits = {.nanoseconds = SLICE_NS};
    moonlet_state *s = large_world(), *limited = moonlet_limit(s, &limits);
    moonlet_result whole = moonlet_do(s, programs[_i]), r = moonlet_do(limited, programs[_i]);
    assert_ok(whole);
    ck_assert_int_eq(r.status, MOONLET_PAUSED);
    ck_assert_int_eq(r.limit, MOONLET_LIMIT_TIME);
    for (int slices = 0; r.status == MOONLET_PAUSED; slices++) {
        ck_assert_msg(slices < SLICES_MAX, "does not end: %s", programs[_i]);
        moonlet_state *paused = r.state;
        r = moonlet_resume(paused);
        moonlet_release(paused);
    }
    assert_ok(r);
    ck_assert_msg(moonlet_equal(r.values[0], whole.values[0]), "%s", programs[_i]);
    moonlet_release(whole.state);
    moonlet_release(r.state);
    moonlet_release(limited);
    moonlet_release(s);
}
END_TEST

/* What takes less than a slice of the others, in slices that are shorter still. */
static const char *const short_programs[] = {
    "return load(text) ~= nil",      "return select(2, load(text .. ' = '))",
    "return load(dump) ~= nil",      "return load(dump:sub(1, -2)) == nil",
    "return string.dump(f) == dump",
};
enum { SHORT_PROGRAMS = sizeof short_programs / sizeof *short_programs };

START_TEST(whatever_is_compiled_ends)
{
    moonlet_limits limits = {.nanoseconds = 20000};
    moonlet_state *s = world("text = ('x = function() return y end '):rep(1150) "
                             "f = load(text:sub(1, 8960)) dump = string.dump(f)"),
                  *limited = moonlet_limit(s, &limits);
    moonlet_result whole = moonlet_do(s, short_programs[_i]);
    assert_ok(whole);
    moonlet_result r = moonlet_do(limited, short_programs[_i]);
    for (int slices = 0; r.status == MOONLET_PAUSED; slices++) {
        ck_assert_msg(slices < SLICES_MAX, "does not end: %s", short_programs[_i]);
        moonlet_state *paused = r.state;
        r = moonlet_resume(paused);
        moonlet_release(paused);
    }
    assert_ok(r);
    ck_assert_msg(moonlet_equal(r.values[0], whole.values[0]), "%s", short_programs[_i]);
    moonlet_release(whole.state);
    moonlet_release(r.state);
    moonlet_release(limited);
    moonlet_release(s);
}
END_TEST

/* What does not fit into what a run may allocate is not written first. */
START_TEST(images_stop_at_limits_of_bytes)
{
    enum { BYTES = 300000 };
    moonlet_limits limits = {.bytes = BYTES};
    moonlet_state *s = large_world(), *limited = moonlet_limit(s, &limits);
    moonlet_result r = moonlet_do(limited, "return #state.save()");
    ck_assert_int_ne(r.status, MOONLET_OK);
    ck_assert_int_eq(r.status == MOONLET_PAUSED ? r.limit : r.error->kind,
                     r.status == MOONLET_PAUSED ? MOONLET_LIMIT_BYTES : MOONLET_ERROR_MEMORY);
    moonlet_release(r.state);
    moonlet_release(limited);
    moonlet_release(s);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("time_slices");
    tcase_add_loop_test(t, whatever_begins_again_ends, 0, PROGRAMS);
    tcase_add_loop_test(t, whatever_is_compiled_ends, 0, SHORT_PROGRAMS);
    tcase_add_test(t, images_stop_at_limits_of_bytes);
    return run_suite(t);
}
