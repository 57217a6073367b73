/* SPDX-License-Identifier: MIT */
/*
 * Going about in recordings by lines: forwards and backwards the same lines are met, at the
 * same times, whichever states were kept; to look takes no steps; and the worlds are those of
 * the moments.
 */
#include "api/debug.h"
#include "api_test.h"
#include "stack/hook.h"

enum { EVENTS = 3000 };

typedef struct Met {
    DebugTime at;
    int line;
} Met;

static bool any(void *context, DebugEvent *e)
{
    Met *m = context;
    *m = (Met){e->at, e->line};
    return true;
}

static moonlet_recording *recorded(const char *source, uint64_t spacing)
{
    moonlet_state *s = moonlet_init();
    moonlet_result f = moonlet_load(s, source), r;
    assert_ok(f);
    moonlet_record_options o = {.spacing = spacing};
    moonlet_recording *rec = moonlet_record(f.state, f.values[0], NULL, 0, &o, &r);
    ck_assert_ptr_nonnull(rec);
    moonlet_release(r.state);
    moonlet_release(f.state);
    moonlet_release(s);
    return rec;
}

static bool none(void *context, DebugEvent *e)
{
    ++*(uint64_t *)context;
    return false;
}

static size_t forwards(moonlet_recording *rec, Met *met)
{
    DebugTime at = {0, 0}, found;
    size_t n = 0;
    while (n < EVENTS && debug_next(rec, at, any, &met[n], &found)) {
        ck_assert(time_before(at, found));
        at = found;
        n++;
    }
    return n;
}

/* From the n-th back. */
static void backwards(moonlet_recording *rec, const Met *met, size_t n)
{
    DebugTime at = met[n - 1].at, found;
    for (size_t i = n - 1; i-- > 0;) {
        Met m;
        ck_assert(debug_last(rec, at, any, &m, &found));
        ck_assert_uint_eq(found.step, met[i].at.step);
        ck_assert_uint_eq(found.event, met[i].at.event);
        at = found;
    }
    uint64_t unused = 0;
    ck_assert(!debug_last(rec, at, none, &unused, &found));
}

static const char *const programs[] = {
    "local t = {}\nfor i = 1, 60 do\n  t[i] = i * 2\n  if i % 7 == 0 then\n    t[i] = nil\n"
    "  end\nend\nlocal function f(n)\n  if n == 0 then return 0 end\n  return f(n - 1)\nend\n"
    "f(30)\nprint(#t)",
    "local co = coroutine.wrap(function(a)\n  for i = 1, 20 do\n    a = a + "
    "coroutine.yield(a)\n"
    "  end\n  return a\nend)\nlocal x = 0\nfor i = 1, 20 do x = co(i)\n end\n"
    "local m = setmetatable({}, {__add = function(a, b)\n  return 7\nend,\n"
    "  __index = function(t, k)\n  return k end})\nx = m + 1\nx = m.y\n"
    "table.sort({3, 1, 2}, function(a, b)\n  return a < b\nend)\n"
    "print(pcall(function()\n  error{}\nend))\nerror('end')",
    "local n = 0\ndebug.sethook(function(e, line)\n  n = n + 1\nend, 'lcr')\n"
    "for i = 1, 10 do\n  local s = tostring(i)\nend\ndebug.sethook()\nprint(n)",
    "t = setmetatable({}, {__gc = function()\n  done = true\nend})\nt = nil\ncollectgarbage()\n"
    "local s = ('x'):rep(40):gsub('x', function(c)\n  return 'y'\nend)\nlocal v = {...}\n"
    "local function va(...)\n  return select('#', ...), ...\nend\nlocal a, b = va(1, 2, 3)\n",
};
enum { PROGRAMS = sizeof programs / sizeof *programs };

START_TEST(lines_both_ways)
{
    static const uint64_t spacings[] = {0, 1, 13};
    static Met first[EVENTS], other[EVENTS];
    size_t n = 0;
    for (size_t i = 0; i < 3; i++) {
        moonlet_recording *rec = recorded(programs[_i], spacings[i]);
        size_t met = forwards(rec, i ? other : first);
        if (!i) n = met;
        ck_assert_uint_gt(met, 10);
        ck_assert_uint_eq(met, n);
        ck_assert_mem_eq(first, i ? other : first, n * sizeof *first);
        backwards(rec, first, n);
        moonlet_recording_release(rec);
    }
}
END_TEST

static bool go_on(Machine *M, const Node *n, Value **fp)
{
    ++*(uint64_t *)M->watch->context;
    return false;
}

static void ignore(Machine *M, const Node *n, Value *fp) { (void)M, (void)n, (void)fp; }

/* A replay that is looked at comes to its end after as many steps, in the same world. */
START_TEST(looking_takes_no_steps)
{
    moonlet_recording *rec = recorded(programs[_i], 0);
    RecordingReplay p;
    uint64_t steps = moonlet_recording_steps(rec), lines = 0;
    Watch w = {.line = go_on, .uncaught = ignore, .context = &lines};
    recording_begin(rec, &p, 0);
    hook_watch(p.S.M, &w);
    replay_run(&p.replay, steps + 1000, 0);
    ck_assert_uint_eq(replay_step(&p.replay), steps);
    ck_assert_uint_gt(lines, 10);
    moonlet_state *x = moonlet_recording_state(rec, steps);
    Machine *M = p.S.M;
    hook_watch(M, NULL);
    M->status = RUN_OK;
    State *y = machine_snapshot(M);
    moonlet_state *h = handle_new(y, NULL);
    ck_assert_uint_eq(moonlet_digest(x), moonlet_digest(h));
    ck_assert_uint_eq(x->state->next_id, y->next_id);
    moonlet_release(h);
    moonlet_release(x);
    recording_end(rec, &p, false);
    moonlet_recording_release(rec);
}
END_TEST

/* The worlds of a line's time, and of the next line's, are at the same steps, or later ones. */
START_TEST(worlds_of_lines)
{
    static Met met[EVENTS];
    moonlet_recording *a = recorded(programs[_i], 0), *b = recorded(programs[_i], 5);
    size_t n = forwards(a, met);
    for (size_t i = 0; i < n; i += 1 + n / 50) {
        moonlet_state *x = debug_state(a, met[i].at, NULL, NULL),
                      *y = debug_state(b, met[i].at, NULL, NULL);
        ck_assert(x && y);
        ck_assert_uint_eq(moonlet_digest(x), moonlet_digest(y));
        ck_assert_uint_eq(x->state->next_id, y->state->next_id);
        moonlet_release(x);
        moonlet_release(y);
    }
    moonlet_recording_release(a);
    moonlet_recording_release(b);
}
END_TEST

static bool tested(void *context, const moonlet_state *s)
{
    moonlet_result r = moonlet_do(s, "return x == 500");
    bool yes = r.status == MOONLET_OK && moonlet_is_true(moonlet_result_value(&r, 0));
    moonlet_release(r.state);
    return yes;
}

static bool passes(void *context, DebugEvent *e) { return debug_ask(e, tested, context) == 1; }

START_TEST(the_first_line_that_passes)
{
    moonlet_recording *rec = recorded("for i = 1, 1000 do\n  x = i\n  y = i\nend", 0);
    DebugTime found;
    Met m;
    ck_assert(debug_next(rec, time_begin, passes, NULL, &found));
    moonlet_state *s = debug_state(rec, found, any, &m);
    ck_assert_int_eq(m.line, 3);
    assert_number(moonlet_number(number_in(s, "x")), 500);
    assert_number(moonlet_number(number_in(s, "y")), 499);
    moonlet_release(s);
    moonlet_recording_release(rec);
}
END_TEST

START_TEST(where_it_has_failed)
{
    moonlet_recording *rec =
        recorded("x = 1\nlocal function f()\n  x = 2\n  error('no')\nend\nf()", 0);
    moonlet_state *s = debug_failure(rec);
    ck_assert_ptr_nonnull(s);
    moonlet_result r = moonlet_stacktrace(s);
    ck_assert_uint_ge(r.error->count, 3);
    ck_assert_int_eq(r.error->frames[1].line, 4);
    ck_assert_int_eq(r.error->frames[2].line, 6);
    assert_number(moonlet_number(number_in(s, "x")), 2);
    moonlet_release(r.state);
    moonlet_release(s);
    moonlet_recording_release(rec);
    rec = recorded("return 1", 0);
    ck_assert_ptr_null(debug_failure(rec));
    moonlet_recording_release(rec);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("debug");
    tcase_add_loop_test(t, lines_both_ways, 0, PROGRAMS);
    tcase_add_loop_test(t, looking_takes_no_steps, 0, PROGRAMS);
    tcase_add_loop_test(t, worlds_of_lines, 0, PROGRAMS);
    tcase_add_test(t, the_first_line_that_passes);
    tcase_add_test(t, where_it_has_failed);
    return run_suite(t);
}
