/* SPDX-License-Identifier: MIT */
/*
 * Maps under limits of the run that waits for them: all items together take no more than twice
 * what one after the other would, and what comes of them is the same for any number of threads.
 */
#include "api_test.h"

#include <stdio.h>

enum { BYTES = 4000000, STEPS = 400000 };

/* %s: threads or processes. */
static const char *const programs[] = {
    /* whoever comes first would take all */
    "local r = state.map(function(x) local t = {} for i = 1, 1e9 do t[i] = {} end end, "
    "list(8), "
    "{%s}) return #r",
    "local r = state.map(function(x) return #('x'):rep(3e6) end, list(8), {%s}) return #r",
    "local r = state.map(function(x) local s = 'x' while true do s = s .. s end end, list(8), "
    "{%s}) return #r",
    "local r = state.map(function(x) local t = {} for i = 1, 1e4 do t[i] = 'abc' .. i end "
    "return #table.concat(t, ('y'):rep(100)) end, list(40), {%s}) return #r",
    "local r = state.map(function(x) while true do end end, list(8), {%s}) return #r",
    "local r = state.map(function(x) return (('x'):rep(200):find(('.-'):rep(9) .. 'b')) end, "
    "list(8), {%s}) return #r",
    "local r = state.map(function(x) return load(('x = 1 '):rep(2e4)) ~= nil end, list(30), "
    "{%s}) return #r",
    /* the first is large, the others go ahead of it, but not too far */
    "local r = state.map(function(x) local t = {} for i = 1, x == 1 and 2e4 or 500 do t[i] = "
    "{} "
    "end return #t end, list(200), {%s}) return #r",
    "local r = state.map(function(x) for i = 1, x == 1 and 1e9 or 1e4 do end return x end, "
    "list(200), {%s}) return #r",
    /* all fit, though not into a share each */
    "local r = state.map(function(x) return #('x'):rep(x == 3 and 1e6 or 1e5) end, list(8), "
    "{%s}) return table.concat(r, ' ')",
    "local r = state.map(function(x) local n = 0 for i = 1, x %% 2 * 5e4 do n = n + i end "
    "return n end, list(9), {%s}) return table.concat(r, ' ')",
    "local r = state.map(function(x) local t = {} for i = 1, x * 900 do t[i] = {i} end return "
    "t[x][1] end, list(6), {%s}) return table.concat(r, ' ')",
    /* the items' own limits stop them, each at its place */
    "local r, e = state.map(function(x) local n = 0 for i = 1, x * 3e4 do n = i end return n "
    "end, list(8), {steps = 7e4, %s}) return tostring(r[2]) .. e[3] .. e[8]",
    "local r, e = state.map(function(x) return #('x'):rep(x * 2e5) end, list(8), {bytes = 5e5, "
    "%s}) return tostring(r[2]) .. e[3] .. e[8]",
    "local r, e = state.map(function(x) return #('x'):rep(x * 2e5) end, list(8), {bytes = 1e6, "
    "%s}) return tostring(r[2]) .. tostring(e[3]) .. tostring(e[8])",
    /* what an item saves is not there for the others */
    "for i = 1, 3e3 do _G['x' .. i] = {} end local s = state.snapshot() local r, e = "
    "state.map(function(x) for i = 1, x * 20 do end return #state.save(nil, s) > 0 end, "
    "list(8), {steps = 600, %s}) return tostring(r[1]) .. tostring(r[8])",
    "for i = 1, 3e3 do _G['x' .. i] = {} end local s = state.snapshot() local b = "
    "state.save(nil, s) local r, e = state.map(function(x) return #state.save(nil, s) > 0 end, "
    "list(8), {steps = 600, %s}) return tostring(r[1]) .. tostring(r[8])",
    /* results are brought, too */
    "local r = state.map(function(x) local t = {} for i = 1, 500 do t[i] = {} end return t "
    "end, "
    "list(200), {%s}) return #r",
    /* errors that are caught are none of limits */
    "local r = state.map(function(x) return pcall(string.rep, 'x', 5e6) end, list(8), {%s}) "
    "return tostring(r[1])",
    /* within each other */
    "local r = state.map(function(x) local r = state.map(function(y) local t = {} for i = 1, "
    "500 do t[i] = {} end return #t * x end, list(4), {%s}) return r[4] end, list(10)) return "
    "table.concat(r, ' ')",
    "local r = state.map(function(x) state.map(function(y) local t = {} for i = 1, 1e9 do t[i] "
    "= {} end end, list(4), {%s}) end, list(4)) return #r",
};
enum { PROGRAMS = sizeof programs / sizeof *programs };

static const char *const workers[] = {"threads = 1", "threads = 2", "threads = 8",
                                      "processes = 2"};

/* What has become of a run, in words. */
static const char *outcome(char *out, size_t size, const moonlet_limits *limits, int program,
                           const char *how)
{
    static const char list[] =
        "local state = require 'state' local function list(n) local t = {} "
        "for i = 1, n do t[i] = i end return t end ";
    char source[1000], text[200] = "";
    size_t at = (size_t)snprintf(source, sizeof source, "%s", list);
    snprintf(source + at, sizeof source - at, programs[program], how);
    moonlet_state *s = moonlet_init(), *limited = moonlet_limit(s, limits);
    uint64_t before = moonlet_bytes_allocated();
    moonlet_result r = moonlet_do(limited, source);
    uint64_t bytes = moonlet_bytes_allocated() - before;
    ck_assert_msg(!limits->bytes || bytes < 2 * limits->bytes + limits->bytes / 4,
                  "%llu bytes: %s", (unsigned long long)bytes, source);
    ck_assert_msg(!limits->steps || r.steps <= limits->steps, "more steps: %s", source);
    if (r.count) moonlet_to_text(r.values[0], text, sizeof text);
    snprintf(out, size, "status %d, limit %d: %s", r.status, r.limit,
             r.error ? r.error->message : text);
    moonlet_release(r.state);
    moonlet_release(limited);
    moonlet_release(s);
    return out;
}

START_TEST(any_number_of_threads_shares_what_is_left)
{
    const moonlet_limits limits[] = {
        {.steps = STEPS}, {.bytes = BYTES, .steps = STEPS}, {.held = BYTES, .steps = STEPS}};
    for (size_t l = 0; l < sizeof limits / sizeof *limits; l++) {
        char alone[300], found[300];
        outcome(alone, sizeof alone, &limits[l], _i, workers[0]);
        for (size_t w = 1; w < sizeof workers / sizeof *workers; w++)
            ck_assert_str_eq(outcome(found, sizeof found, &limits[l], _i, workers[w]), alone);
    }
}
END_TEST

/* Also where a run stops: what it has been charged for then is part of what comes next. */
START_TEST(whoever_stops_is_charged_the_same)
{
    static const char source[] =
        "local state = require 'state'\n"
        "state.map(function(x) for i = 1, x * 100 do end end, {1, 2, 3, 4, 5, 6, 7, 8, 9}, "
        "{threads = %d})";
    const moonlet_limits limits = {.steps = 2000};
    moonlet_state *limited = moonlet_limit(moonlet_init(), &limits);
    uint64_t steps = 0;
    for (int threads = 1; threads < 9; threads++) {
        char text[sizeof source + 20];
        snprintf(text, sizeof text, source, threads);
        moonlet_result r = moonlet_do(limited, text);
        ck_assert_int_eq(r.limit, MOONLET_LIMIT_STEPS);
        if (steps) ck_assert_uint_eq(r.steps, steps);
        steps = r.steps;
        moonlet_release(r.state);
    }
    moonlet_release(limited);
}
END_TEST

/* An item that stops never pays what it owes; so the program does. */
START_TEST(what_items_owe_is_paid)
{
    static const char source[] =
        "local state, list = require 'state', {} for i = 1, 100 do list[i] = i end\n"
        "local a, b = ('x'):rep(1e6), ('x'):rep(1e6)\n"
        "state.map(function(x) while a == b do end end, list, {steps = 100, threads = %d})";
    const moonlet_limits limits = {.steps = STEPS};
    moonlet_state *limited = moonlet_limit(moonlet_init(), &limits);
    for (int threads = 1; threads < 5; threads++) {
        char text[sizeof source + 20];
        snprintf(text, sizeof text, source, threads);
        moonlet_result r = moonlet_do(limited, text);
        ck_assert_int_eq(r.status, MOONLET_PAUSED);
        ck_assert_int_eq(r.limit, MOONLET_LIMIT_STEPS);
        moonlet_release(r.state);
    }
    moonlet_release(limited);
}
END_TEST

/* What is done is brought, and measured, before too much of it waits for that. */
START_TEST(results_count_as_held)
{
    static const char source[] =
        "local state, list = require 'state', {} for i = 1, 3000 do list[i] = i end\n"
        "state.map(function(x) return ('x'):rep(1e6) .. x end, list, {%s})";
    enum { HELD = 10000000, ITEM_STEPS = 16000 };
    const moonlet_limits limits = {.held = HELD};
    moonlet_state *limited = moonlet_limit(moonlet_init(), &limits);
    uint64_t steps = 0;
    for (size_t w = 0; w < sizeof workers / sizeof *workers; w++) {
        char text[sizeof source + 20];
        snprintf(text, sizeof text, source, workers[w]);
        moonlet_result r = moonlet_do(limited, text);
        ck_assert_int_eq(r.limit, MOONLET_LIMIT_HELD);
        ck_assert_uint_lt(r.steps, 3 * HELD / 1000000 * ITEM_STEPS);
        if (strstr(workers[w], "threads")) {
            if (steps) ck_assert_uint_eq(r.steps, steps);
            steps = r.steps;
        }
        moonlet_release(r.state);
    }
    moonlet_release(limited);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("map_limits");
    tcase_add_loop_test(t, any_number_of_threads_shares_what_is_left, 0, PROGRAMS);
    tcase_add_test(t, whoever_stops_is_charged_the_same);
    tcase_add_test(t, what_items_owe_is_paid);
    tcase_add_test(t, results_count_as_held);
    return run_suite(t);
}
