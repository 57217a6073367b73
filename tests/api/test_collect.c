/* SPDX-License-Identifier: MIT */
/*
 * Collection goes its way however a run goes on or ends: paused in slices of any size, one
 * call after another, ended by errors, in coroutines and forks. The program that can tell by
 * its finalizers, weak tables and figures when it was traced tells the same in all of them.
 */
#include "api_test.h"

#include <stdio.h>

/* Slices and at once -------------------------------------------------------------------- */

static const char prelude[] =
    "state = require 'state'\n"
    "log, steps = {}, 0\n"
    "function note(...) log[#log + 1] = table.concat({steps, ...}, ' ') end\n"
    "function garbage(n)\n"
    "  for i = 1, n do\n"
    "    steps = steps + 1\n"
    "    local t = {i, {i}, name = 'n' .. i}\n"
    "    for k = 1, i % 40 do t[k] = k; t['k' .. k] = {} end\n"
    "    for k = i % 40, 1, -1 do t[k] = nil end\n"
    "    t.f = function() return t, i end\n"
    "    last = t\n"
    "    if steps % 701 == 0 then\n"
    "      setmetatable({}, {__gc = function() note('gc', i, collectgarbage'count') end})\n"
    "    end\n"
    "  end\n"
    "end\n"
    "weak = setmetatable({}, {__mode = 'v'})\n"
    "function watch(n)\n"
    "  for i = 1, n do\n"
    "    if weak.began and not weak[1] then note('weak', collectgarbage'count') end\n"
    "    weak.began, weak[1] = true, weak[1] or {}\n"
    "    garbage(20)\n"
    "  end\n"
    "end\n";

typedef struct Program {
    const char *name, *source;
} Program;

static const Program programs[] = {
    {"plain", "watch(400)"},
    {"count first asked late", "garbage(9000) note(collectgarbage'count') watch(100)"},
    {"coroutines",
     "local c = {}\n"
     "for i = 1, 8 do c[i] = coroutine.wrap(function() for k = 1, 60 do\n"
     "  watch(1) coroutine.yield(k) note('count', collectgarbage'count') end end) end\n"
     "for k = 1, 60 do for i = 1, 8 do c[i]() end end\n"},
    {"deep",
     "local function f(n) local a, b, c = {}, {}, n if n == 0 then watch(200) return 0 end\n"
     "  return 1 + f(n - 1) end note(f(3000)) note(collectgarbage'count')"},
    {"errors", "for i = 1, 200 do pcall(function() watch(1) error({}) end)\n"
               "  note(collectgarbage'count') end"},
    {"snapshots",
     "for i = 1, 60 do state.try(function() watch(2) if i % 3 == 0 then error'x' end end)\n"
     "  note('fork', state.fork(function() watch(3) return #log end))\n"
     "  note(collectgarbage'count') end"},
    {"hooks", "local n = 0 debug.sethook(function() n = n + 1 local t = {n} end, '', 1000)\n"
              "watch(200) debug.sethook() note(collectgarbage'count')"},
    {"natives",
     "for i = 1, 40 do local t = {}\n"
     "  for k = 1, 900 do t[k] = ('x'):rep(k % 90) .. k end\n"
     "  table.sort(t, function(a, b) steps = steps + 1 return a < b end) table.concat(t)\n"
     "  local s = table.concat(t):gsub('x+', function(x) return {} and x .. 1 end)\n"
     "  note(#s, collectgarbage'count') watch(5) end"},
    {"collectgarbage", "for i = 1, 50 do watch(4) collectgarbage('step', 10)\n"
                       "  if i % 10 == 0 then collectgarbage() end\n"
                       "  if i % 7 == 0 then collectgarbage'stop' end\n"
                       "  if i % 7 == 3 then collectgarbage'restart' end\n"
                       "  if i == 30 then collectgarbage('setpause', 100) end\n"
                       "  note(collectgarbage'count') end"},
};
enum { PROGRAMS = sizeof programs / sizeof *programs };

/* What the program has noted, after a run in slices that grow and shrink; 0: at once. */
static char *noted(const Program *p, uint64_t slice)
{
    moonlet_state *s = world(prelude);
    uint64_t seed = slice;
    moonlet_limits limits = {.steps = slice};
    moonlet_state *l = moonlet_limit(s, &limits);
    moonlet_result r = moonlet_do(l, p->source);
    moonlet_release(l);
    while (r.status == MOONLET_PAUSED) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        limits.steps = 1 + (seed >> 33) % (2 * slice);
        l = moonlet_limit(r.state, &limits);
        moonlet_release(r.state);
        r = moonlet_resume(l);
        moonlet_release(l);
    }
    ck_assert_msg(r.status == MOONLET_OK, "%s", r.error ? r.error->traceback : "");
    moonlet_state *free_ = moonlet_limit(r.state, NULL);
    moonlet_release(r.state);
    r = moonlet_do(free_, "return table.concat(log, '\\n')");
    moonlet_release(free_);
    size_t length;
    const char *bytes = moonlet_to_bytes(moonlet_result_value(&r, 0), &length);
    char *text = strndup(bytes, length);
    moonlet_release(r.state);
    moonlet_release(s);
    return text;
}

/* Where they begin to differ, for people. */
static void assert_same(const Program *p, uint64_t slice, const char *a, const char *b)
{
    size_t i = 0, line = 0;
    for (; a[i] && a[i] == b[i]; i++)
        if (a[i] == '\n') line = i + 1;
    ck_assert_msg(a[i] == b[i], "%s in slices of %llu:\n%.80s\n  and at once\n%.80s", p->name,
                  (unsigned long long)slice, b + line, a + line);
}

START_TEST(a_program_does_not_notice_pauses)
{
    static const uint64_t slices[] = {23, 211, 1009, 20011};
    const Program *p = &programs[_i];
    char *whole = noted(p, 0);
    ck_assert_ptr_nonnull(strstr(whole, "gc"));
    ck_assert_ptr_nonnull(strstr(whole, "weak"));
    for (size_t i = 0; i < sizeof slices / sizeof *slices; i++) {
        char *sliced = noted(p, slices[i]);
        assert_same(p, slices[i], whole, sliced);
        free(sliced);
    }
    free(whole);
}
END_TEST

/* However long ------------------------------------------------------------------------------
 */

static const char ring[] = "ring, i, gcs = {}, 0, 0\n"
                           "for k = 1, 100 do ring[k] = {} end\n"
                           "local mt = {}\n"
                           "function mt.__gc() gcs = gcs + 1 setmetatable({}, mt) end\n"
                           "setmetatable({}, mt)\n"
                           "function turn()\n"
                           "  i = i + 1\n"
                           "  local o = ring[i % 100 + 1]\n"
                           "  o.x, o[1] = i, o\n"
                           "  ring[i * 7 % 100 + 1] = {}\n"
                           "end\n";

/* The few objects that are left are few in memory. */
static void assert_small(const moonlet_state *s)
{
    moonlet_memory_use use = moonlet_memory(s, NULL);
    ck_assert_uint_lt(use.objects, 1000);
    ck_assert_uint_lt(use.entries, 3000);
    ck_assert_uint_lt(use.bytes, 1 << 20);
}

static moonlet_state *ring_in_slices(const char *source, uint64_t slice, uint64_t steps)
{
    moonlet_limits limits = {.steps = slice};
    moonlet_state *s = world(ring), *l = moonlet_limit(s, &limits);
    moonlet_result r = moonlet_do(l, source);
    moonlet_release(s);
    moonlet_release(l);
    for (uint64_t n = 0; n < steps; n += slice) {
        ck_assert_int_eq(r.status, MOONLET_PAUSED);
        moonlet_state *from = r.state;
        r = moonlet_resume(from);
        moonlet_release(from);
    }
    l = moonlet_limit(r.state, NULL);
    moonlet_release(r.state);
    return l;
}

START_TEST(a_program_may_be_resumed_for_ever)
{
    for (uint64_t slice = 1; slice <= 100; slice *= 10) {
        moonlet_state *s = ring_in_slices("while true do turn() end", slice, slice * 20000);
        assert_small(s);
        if (slice >= 10) ck_assert_double_gt(number_in(s, "gcs"), 0);
        moonlet_release(s);
    }
    moonlet_state *s =
        ring_in_slices("collectgarbage'stop' while true do turn() end", 10, 500000);
    assert_small(s);
    ck_assert_double_eq(number_in(s, "gcs"), 0);
    moonlet_release(s);
}
END_TEST

START_TEST(a_host_may_call_for_ever)
{
    moonlet_state *s = world(ring);
    s = after(s, "function fail() for k = 1, 10 do turn() end error({{}}) end\n"
                 "function fine() for k = 1, 10 do turn() end return {} end\n");
    moonlet_state *l = moonlet_limit(s, &(moonlet_limits){.steps = 1000});
    moonlet_release(s);
    s = l;
    for (int i = 0; i < 30000; i++) {
        moonlet_result r = moonlet_call_function(s, i < 15000 ? "fail" : "fine", NULL, 0);
        ck_assert_int_eq(r.status, i < 15000 ? MOONLET_FAILED : MOONLET_OK);
        moonlet_release(s);
        s = r.state;
        if (i == 14999) assert_small(s);
    }
    assert_small(s);
    ck_assert_double_gt(number_in(s, "gcs"), 0);
    moonlet_release(s);
}
END_TEST

START_TEST(a_timeline_may_go_on_for_ever)
{
    moonlet_state *s = world(ring);
    moonlet_timeline *t = moonlet_timeline_begin(s, 10);
    for (int i = 0; i < 200000; i++) {
        ck_assert_int_eq(moonlet_timeline_call(t, "turn", NULL, 0).status, MOONLET_OK);
        if (i % 1000 == 7) ck_assert(moonlet_timeline_back(t, moonlet_timeline_oldest(t) + 1));
        if (i % 50 == 7) moonlet_release(moonlet_timeline_state(t));
    }
    moonlet_release(s);
    s = moonlet_timeline_state(t);
    assert_small(s);
    ck_assert_double_gt(number_in(s, "gcs"), 0);
    moonlet_release(s);
    moonlet_timeline_end(t);
}
END_TEST

/* The values of an error, those of its stack included, are seen by the host. */
START_TEST(an_error_keeps_its_values)
{
    moonlet_state *s = world("function fail(t) for i = 1, #t do t[i].x = i end error(t) end\n"
                             "function get(t) return t[2999].x end\n"
                             "function new() local t = {} for i = 1, 3000 do t[i] = {} end\n"
                             "  return t end\n");
    moonlet_result r = moonlet_call_function(s, "new", NULL, 0);
    moonlet_value t = moonlet_result_value(&r, 0);
    moonlet_release(s);
    s = r.state;
    r = moonlet_call_function(s, "fail", &t, 1);
    ck_assert_int_eq(r.status, MOONLET_FAILED);
    moonlet_result v = moonlet_call_function(r.state, "get", &r.error->value, 1);
    assert_ok(v);
    assert_number(v.values[0], 2999);
    moonlet_release(v.state);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

/* Figures and finalizers ----------------------------------------------------------------- */

START_TEST(the_first_figure_is_right)
{
    moonlet_state *s = world("for i = 1, 400000 do last = {i} end");
    ck_assert_double_lt(number_in(s, "collectgarbage'count'"), 300);
    moonlet_release(s);
    s = world("for i = 1, 30000 do last = {i, {}} kept = {last, kept} end");
    double kilobytes = number_in(s, "collectgarbage'count'");
    ck_assert_double_gt(kilobytes, 4000);
    ck_assert_double_lt(kilobytes, 20000);
    moonlet_release(s);
}
END_TEST

static int nest(moonlet_context *c, const moonlet_value *args, size_t count)
{
    const moonlet_value *values;
    size_t results;
    moonlet_status status =
        moonlet_context_call(c, args[0], args + 1, count - 1, &values, &results);
    return status == MOONLET_OK ? moonlet_return(c, values, results)
                                : moonlet_throw(c, values[0]);
}

START_TEST(finalizers_go_on_after_one_was_cut_off)
{
    static const moonlet_entry entries[] = {{"nest", nest, NULL, NULL, false}, {NULL}};
    moonlet_state *s = world(ring);
    moonlet_result r = moonlet_load_module(s, "host", entries);
    s = moonlet_next(s, &r);
    s = after(s, "setmetatable({}, {__gc = function()\n"
                 "  host.nest(function() while true do end end) end})");
    moonlet_limits limits = {.steps = 100000};
    moonlet_state *l = moonlet_limit(s, &limits);
    r = moonlet_do(l, "collectgarbage()");
    ck_assert_int_eq(r.status, MOONLET_FAILED);
    moonlet_release(l);
    moonlet_release(s);
    s = after(moonlet_limit(r.state, NULL), "local n = gcs for i = 1, 60000 do turn() end\n"
                                            "assert(gcs > n)");
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

/* Who calls them might never be resumed. */
START_TEST(finalizers_do_not_yield)
{
    moonlet_state *s = world("local said\n"
                             "local co = coroutine.wrap(function()\n"
                             "  setmetatable({}, {__gc = function()\n"
                             "    said = {pcall(coroutine.yield, 1)} end})\n"
                             "  for i = 1, 60000 do last = {i} end return 2 end)\n"
                             "value = co()\n"
                             "text = said[2]\n");
    ck_assert_double_eq(number_in(s, "value"), 2);
    moonlet_value text = moonlet_global(s, "text");
    assert_bytes(text, "attempt to yield across a C-call boundary");
    moonlet_release(s);
}
END_TEST

static void hold_one(void *user, moonlet_hold *hold, void *to)
{
    hold(to, *(moonlet_value *)user);
}

/* A table that only the host has, which has told the state so: what is written to it stays, and
 * its finalizer waits. Items of state.map do not ask. */
START_TEST(what_a_host_holds_is_kept)
{
    moonlet_value t = moonlet_nil();
    moonlet_state *plain =
        world("function make() return setmetatable({n = 0}, {__gc = function() "
              "gone = true end}) end function inc(t) t.n = t.n + 1 end");
    moonlet_state *s = moonlet_set_held(plain, hold_one, &t);
    moonlet_release(plain);
    moonlet_result r = moonlet_do(s, "return make()");
    t = moonlet_result_value(&r, 0);
    moonlet_state *first = r.state;
    moonlet_result next = moonlet_call(first, moonlet_global(first, "inc"), &t, 1);
    ck_assert_int_eq(next.status, MOONLET_OK);
    moonlet_state *now =
        after(next.state, "require 'state'.map(function() collectgarbage() end, {1, 2}) "
                          "collectgarbage() for i = 1, 1e5 do last = {i} end");
    ck_assert_double_eq(number_of(moonlet_raw_field(now, t, "n")), 1);
    now = after(now, "assert(not gone)");
    t = moonlet_nil();
    now = after(now, "collectgarbage() assert(gone)");
    moonlet_release(now);
    moonlet_release(first);
    moonlet_release(s);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("collect");
    tcase_add_loop_test(t, a_program_does_not_notice_pauses, 0, PROGRAMS);
    tcase_add_test(t, a_program_may_be_resumed_for_ever);
    tcase_add_test(t, a_host_may_call_for_ever);
    tcase_add_test(t, a_timeline_may_go_on_for_ever);
    tcase_add_test(t, an_error_keeps_its_values);
    tcase_add_test(t, the_first_figure_is_right);
    tcase_add_test(t, finalizers_go_on_after_one_was_cut_off);
    tcase_add_test(t, finalizers_do_not_yield);
    tcase_add_test(t, what_a_host_holds_is_kept);
    return run_suite(t);
}
