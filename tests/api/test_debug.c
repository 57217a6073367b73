/* SPDX-License-Identifier: MIT */
/*
 * Going about in recordings by lines: forwards and backwards the same lines are met, at the
 * same times, whichever states were kept; to look takes no steps; and the worlds are those of
 * the moments.
 */
#include "api/debug/debug_change.h"
#include "api/debug/debug_path.h"
#include "api/tour/tour.h"
#include "api_test.h"
#include "stack/breaks.h"
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
    "for i = 1, 9 do n = i end\nwhile n > 3 do n = n - 1 if n == 5 then m = n end end\n"
    "local function f(n) while n > 0 do n = n - 1 end return n end\nf(3) f(4)\n"
    "local function g(n) if n > 0 then return g(n - 1) end return f(2) end\nx = g(3)\n"
    "local function h(n) return n > 0 and h(n - 1) or\n  n end\nx = h(3) +\n  h(2)\n"
    "repeat local z = h(1) until z == 0 for k, v in pairs{1, 2} do x = k end\n"
    "x = load('n = 1\\nx = 2\\nreturn x')()",
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

/* The same lines at full speed ---------------------------------------------------------- */

static bool is_line(void *line, DebugEvent *e) { return e->line == *(int *)line; }

static unsigned wants_line(void *line, const Proto *p, uint32_t i)
{
    return proto_line(p, i) == *(int *)line ? BREAK_LINE : 0;
}

static const DebugFilter of_line = {.wants = wants_line};

static bool is_same(DebugTime a, DebugTime b) { return a.step == b.step && a.event == b.event; }

static void same_both_ways(moonlet_recording *rec, int line)
{
    DebugTime slow = time_begin, quick = time_begin, found;
    for (;;) {
        bool has = debug_next(rec, slow, is_line, &line, &slow);
        ck_assert_int_eq(has, debug_quick_next(rec, quick, &of_line, is_line, &line, &found));
        if (!has) break;
        ck_assert_msg(is_same(slow, found), "after %d.%d, line %d: %d.%d and %d.%d",
                      (int)quick.step, (int)quick.event, line, (int)slow.step, (int)slow.event,
                      (int)found.step, (int)found.event);
        quick = found;
    }
    slow = quick = time_never;
    for (;;) {
        bool has = debug_last(rec, slow, is_line, &line, &slow);
        ck_assert_int_eq(has, debug_quick_last(rec, quick, &of_line, is_line, &line, &found));
        if (!has) break;
        ck_assert(is_same(slow, found));
        quick = found;
    }
}

typedef struct Both {
    int line;
    uint64_t *count;
} Both;

static bool counts(void *both, DebugEvent *e)
{
    Both *b = both;
    if (e->line == b->line) ++*b->count;
    return false;
}

static void same_counts(moonlet_recording *rec, int line)
{
    uint64_t slow = 0, quick = 0;
    DebugTime half = {moonlet_recording_steps(rec) / 2, 0};
    Both b = {line, &slow};
    debug_pass(rec, time_begin, half, counts, &b);
    b.count = &quick;
    debug_quick_pass(rec, time_begin, half, &of_line, counts, &b);
    ck_assert_uint_eq(slow, quick);
}

START_TEST(the_same_at_full_speed)
{
    static const uint64_t spacings[] = {0, 1, 13};
    for (size_t i = 0; i < 3; i++) {
        moonlet_recording *rec = recorded(programs[_i], spacings[i]);
        for (int line = 1; line < 14; line++) {
            same_both_ways(rec, line);
            same_counts(rec, line);
        }
        moonlet_recording_release(rec);
    }
}
END_TEST

/* Changes ------------------------------------------------------------------------------ */

/* Back from change to change, both ways to search. */
static int same_changes(moonlet_recording *rec, const char *path)
{
    DebugTime at, slow, quick;
    int changes = 0;
    DebugChange *c = mem_alloc_root(sizeof *c);
    c->path = mem_alloc(sizeof *c->path);
    ck_assert(path_parse(c->path, path));
    Met m;
    ck_assert(debug_last(rec, time_never, any, &m, &at));
    moonlet_release(debug_state(rec, at, debug_change_note, c));
    for (;; changes++) {
        bool has = debug_last(rec, at, debug_change_was_other, c, &slow);
        const DebugFilter f = debug_change_filter(c->path);
        bool has_quick = debug_quick_last(rec, at, &f, debug_change_was_other, c, &quick);
        ck_assert_msg(has == has_quick, "%s: before %d.%d: %d.%d", path, (int)at.step,
                      (int)at.event, (int)slow.step, (int)slow.event);
        if (!has) break;
        ck_assert_msg(is_same(slow, quick), "%s before %d.%d: %d.%d and %d.%d", path,
                      (int)at.step, (int)at.event, (int)slow.step, (int)slow.event,
                      (int)quick.step, (int)quick.event);
        at = slow;
        moonlet_release(debug_state(rec, at, debug_change_note, c));
        if (c->path->base == PATH_LOCAL && !c->now.known) break; /* before it is declared */
    }
    mem_free_root(c);
    return changes;
}

static const char changing[] =
    "local up, n = 0, 0\nt = {x = 1, y = {1, 2, 3}}\n"
    "local function f(v)\n  up = up + v\n  t.x = v\n  return v\nend\n"
    "for i = 1, 30 do\n  n = n + f(i % 3)\n  if i % 4 == 0 then g = i end\n"
    "  t.y[2] = i % 5\n  if i % 6 == 0 then rawset(t, 'x', 100) rawset(t, 'x', 0) end\n"
    "  if i % 7 == 0 then table.insert(t.y, 2, i) table.remove(t.y, 2) table.sort(t.y) end\n"
    "  if i == 20 then t = {x = 5, y = {7, 8, 9}} end\nend\n"
    "debug.setupvalue(f, 1, 99)\nlocal co = coroutine.wrap(function()\n  for i = 1, 5 do\n"
    "    up = i coroutine.yield()\n  end\nend)\nfor i = 1, 3 do co() end\nlocal e = n";

/* All that writes to local variables. */
static const char changing_locals[] =
    "local function two(x) return x, x * 2 end\nlocal a, b = 0, 0\nlocal c, d, e\n"
    "local s = ''\nlocal meta = setmetatable({}, {__add = function(x, y)\n  return 7 end,\n"
    "  __index = function(t, k)\n  return k end})\nlocal m, w, flag = 0, 0, false\n"
    "local function deep(n, x) if n == 0 then return x end local y = deep(n - 1, x) return y "
    "end\n"
    "for i = 1, 12 do\n  a, b = two(i % 4)\n  if i % 3 == 0 then c, d = nil end\n"
    "  if i % 3 == 1 then c, d, e = two(i) end\n  s = s .. i % 2\n  b = deep(3, b)\n"
    "  if i % 5 == 0 then m = meta + 1 end\n  if i % 5 == 1 then m = meta.key end\n"
    "  if i == 6 then debug.setlocal(1, 11, 'set') end\n  flag = flag\n"
    "  w = i % 4 > 1 and 1 or i\nend\n"
    "local v1, v2 = ...\nlocal t = {}\nlocal g = function() end\n"
    "for i = 1, 4 do\n  local x = i * 2\n  for k, v in ipairs{4, 5, 6} do\n    x = x + v\n"
    "    if i == 4 and k == 3 then\n      error('here') end\n  end\nend";

/* Fields of what local variables hold, written by others, too; functions that replays load
 * again; and worlds that are gone back to. */
static const char changing_fields[] =
    "local t = {x = 1, y = {1, 2}}\nlocal object = setmetatable({v = 0}, {__index = {}})\n"
    "local passed = setmetatable({}, {__newindex = function(_, k, v) t[k] = v end})\n"
    "local make = load('local o, k, v = ...  o[k] = v\\nreturn function(n)\\nlocal s = 0\\n' "
    "..\n"
    "  'for i = 1, n do\\ns = s + i\\nend\\no.v = s\\nreturn s end')\n"
    "local function deep(n, v) if n == 0 then object.v = v else deep(n - 1, v) end return n "
    "end\n"
    "for i = 1, 25 do\n  t[i % 5] = i t[i % 3 .. ''] = i t[i % 4 * -1] = i\n  if i % 4 == 0 "
    "then t.x = i end\n"
    "  if i % 6 == 0 then passed.x = -i end\n  if i % 9 == 0 then deep(i, i) end\n"
    "  if i == 11 then t.y = {3, 4} end\n  t.y[1] = i % 2\n  t[-1] = i % 4\n"
    "  if i == 13 then rawset(t, 'x', 0) end\n  local f = make(object, 'z', i)\n"
    "  if i % 7 == 0 then deep(f(i), 1) end\nend\n"
    "local snapshot = require 'state'.snapshot\nlocal s, again = snapshot()\nt.x = 'new'\n"
    "if not again then\n  t.x = 'other'\n  for i = 1, 9 do local z = i end\n"
    "  require 'state'.restore(s, true)\nend\nlocal co = coroutine.wrap(function()\n"
    "  local own = {v = 1}\n  for i = 1, 5 do\n    own.v = i t.x = i coroutine.yield()\n  end\n"
    "end)\nfor i = 1, 3 do co() end\nlocal e = t";

START_TEST(changes_of_fields_at_full_speed)
{
    static const char *const paths[] = {"t.x",   "t.y",    "t.y[1]",   "t[2]",     "t[0]",
                                        "t[-1]", "t['1']", "object.v", "object.z", "passed.x"};
    static const uint64_t spacings[] = {0, 1, 7, 1000};
    for (size_t k = 0; k < 4; k++) {
        moonlet_recording *rec = recorded(changing_fields, spacings[k]);
        int n = same_changes(rec, paths[_i]);
        ck_assert_int_ge(n, _i < 9);
        moonlet_recording_release(rec);
    }
}
END_TEST

START_TEST(changes_of_locals_at_full_speed)
{
    static const char *const paths[] = {"a",    "b",  "c",  "d", "e", "s", "meta", "m", "w",
                                        "flag", "v1", "v2", "t", "g", "i", "x",    "k", "v"};
    static const uint64_t spacings[] = {1, 1, 7};
    for (size_t k = 0; k < 3; k++) {
        moonlet_recording *rec = recorded(changing_locals, spacings[k]);
        for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
            ck_assert_int_ge(same_changes(rec, paths[i]), 0);
        moonlet_recording_release(rec);
    }
}
END_TEST

START_TEST(changes_at_full_speed)
{
    static const char *const paths[] = {"t", "t.x", "t.y[2]", "t.y", "g", "up", "n", "print"};
    static const uint64_t spacings[] = {1, 1, 7};
    for (size_t k = 0; k < 3; k++) {
        moonlet_recording *rec = recorded(changing, spacings[k]);
        int n = same_changes(rec, paths[_i]);
        ck_assert(_i < 7 ? n >= 1 : n == 0);
        moonlet_recording_release(rec);
    }
}
END_TEST

/* Where a break stops forwards, and the lines at which the path has another value. */
START_TEST(changes_forwards)
{
    static const char *const paths[] = {"t", "t.x", "t.y[2]", "t.y", "g", "n", "print"};
    static const uint64_t spacings[] = {0, 1, 7};
    static DebugTime stops[EVENTS];
    for (size_t k = 0; k < 3; k++) {
        moonlet_recording *rec = recorded(changing, spacings[k]);
        size_t n = 0, i = 0;
        bool relevant;
        Tour *breaks = tour_begin(rec), *lines = tour_begin(rec);
        tour_go_first(breaks);
        tour_go_first(lines);
        TourBreak *b = tour_break(breaks);
        b->path = mem_alloc(sizeof *b->path);
        DebugPath *p = mem_alloc_root(sizeof *p);
        ck_assert(path_parse(b->path, paths[_i]) && path_parse(p, paths[_i]));
        while (n < EVENTS && tour_move(breaks, TOUR_ON, false)) stops[n++] = breaks->now;
        DebugSeen before = path_see_in(p, lines->state, (DebugMoment){0, 0}, &relevant);
        while (tour_move(lines, TOUR_INTO, false)) {
            DebugSeen now = path_see_in(p, lines->state, (DebugMoment){0, 0}, &relevant);
            if (seen_same(before, now)) continue;
            ck_assert_msg(i < n && is_same(stops[i], lines->now), "%s: stop %d of %d",
                          paths[_i], (int)i, (int)n);
            before = now;
            i++;
        }
        ck_assert_uint_eq(i, n);
        mem_free_root(p);
        tour_end(lines);
        tour_end(breaks);
        moonlet_recording_release(rec);
    }
}
END_TEST

/* Expressions that only look ----------------------------------------------------------- */

typedef struct Pure {
    const DebugPure *pure;
    const char *text;
    Value v;
    int told;
} Pure;

static bool says_the_same(void *context, const moonlet_state *s)
{
    const Pure *p = context;
    DebugPlaces places = debug_places(s, NULL);
    moonlet_result r = debug_evaluate(s, places.at, p->text);
    ck_assert_int_eq(r.status, MOONLET_OK);
    Value v = value_in(moonlet_result_value(&r, 0));
    bool same = value_equal(v, p->v);
    ck_assert_msg(same, "%s: of type %d and %d", p->text, value_type(v), value_type(p->v));
    moonlet_release(r.state);
    debug_places_free(&places);
    return same;
}

static bool compare(void *context, DebugEvent *e)
{
    Pure *p = context;
    if (debug_pure_value(p->pure, e, &p->v))
        p->told++;
    else
        return false;
    ck_assert_int_eq(debug_ask(e, says_the_same, p), 1);
    return false;
}

START_TEST(expressions_that_only_look)
{
    static const char *const texts[] = {"i",
                                        "up + 1",
                                        "n == 3 or nil",
                                        "t.x < 2 and t.y[2] ~= 3",
                                        "not g",
                                        "-n % 7",
                                        "#t.y",
                                        "v and v * 2",
                                        "t == t",
                                        "'a' < 'b'",
                                        "print ~= nil",
                                        "nothing",
                                        "t.x ^ 2 / 4 >= 1",
                                        "f",
                                        "'up' == up",
                                        "(n)",
                                        "#'text'",
                                        "t.y.z"};
    DebugTime found;
    moonlet_recording *rec = recorded(changing, 0);
    Pure p = {debug_pure(texts[_i]), texts[_i], V_NIL, 0};
    ck_assert_ptr_nonnull(p.pure);
    debug_next(rec, time_begin, compare, &p, &found);
    ck_assert_int_gt(p.told, 0);
    ck_assert_ptr_null(debug_pure("x = 1"));
    ck_assert_ptr_null(debug_pure("1, 2"));
    moonlet_recording_release(rec);
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
    Value error;
    moonlet_state *s = debug_failure(rec, &error);
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
    ck_assert_ptr_null(debug_failure(rec, &error));
    moonlet_recording_release(rec);
}
END_TEST

/* Errors that are caught ---------------------------------------------------------------- */

static const char *const raising[] = {
    "local function f(n)\n  if n % 3 == 0 then error(n) end\n  return n .. (n % 5 == 0 and {} "
    "or "
    "'')\nend\nfor i = 1, 30 do pcall(f, i) xpcall(f, function(e) return e end, i) end",
    "local co = coroutine.wrap(function()\n  pcall(error, 1) coroutine.yield()\n  error(2)\n"
    "end)\nco()\nprint(pcall(co))\ncoroutine.resume(coroutine.create(error), 3)\n"
    "local function deep(n) if n == 0 then error{} end return (deep(n - 1)) end\n"
    "pcall(deep, 500) pcall(pcall, error) pcall(string.rep) pcall(nil)\n"
    "xpcall(error, function(e) error(e) end, 5)\n"
    "require 'state'.try(error, 7) pcall(error, 8) error(9)",
};

typedef struct Raised {
    DebugTime at;
    Value error;
    int line;
} Raised;

static bool is_raised(void *context, DebugEvent *e)
{
    if (!e->raises) return false;
    *(Raised *)context = (Raised){e->at, e->error, e->line};
    return true;
}

static unsigned wants_nothing(void *context, const Proto *p, uint32_t i) { return 0; }

/* All of them; line by line or at full speed, forwards or back. */
static size_t raised(moonlet_recording *rec, Raised *all, bool quick, bool back)
{
    static const DebugFilter nothing = {.wants = wants_nothing};
    DebugTime at = back ? time_never : time_begin;
    size_t n = 0;
    for (; n < EVENTS; n++) {
        const DebugFilter *f = quick ? &nothing : NULL;
        bool has = back ? debug_quick_last(rec, at, f, is_raised, &all[n], &at)
                        : debug_quick_next(rec, at, f, is_raised, &all[n], &at);
        if (!has) return n;
        all[n].at = at; /* which was not known there */
    }
    return n;
}

START_TEST(errors_that_are_caught)
{
    static const uint64_t spacings[] = {0, 1, 13};
    static const size_t counts[] = {28, 230}; /* a handler that fails is called again */
    static Raised first[EVENTS], other[EVENTS];
    for (size_t i = 0; i < 3; i++) {
        moonlet_recording *rec = recorded(raising[_i], spacings[i]);
        rec->raises = true;
        size_t n = raised(rec, i ? other : first, false, false);
        ck_assert_uint_eq(n, counts[_i]);
        for (int way = i ? 0 : 1; way < 4; way++) {
            ck_assert_uint_eq(raised(rec, other, way & 1, way & 2), n);
            for (size_t k = 0; k < n; k++) {
                const Raised *a = &first[k], *b = &other[way & 2 ? n - 1 - k : k];
                ck_assert_msg(is_same(a->at, b->at), "way %d, %d: %d.%d and %d.%d", way, (int)k,
                              (int)a->at.step, (int)a->at.event, (int)b->at.step,
                              (int)b->at.event);
                ck_assert_int_eq(a->line, b->line);
            }
        }
        moonlet_recording_release(rec);
    }
}
END_TEST

/* The state is that of the moment, frames and all, and the run goes on as if nobody had looked.
 */
START_TEST(worlds_of_caught_errors)
{
    moonlet_recording *rec =
        recorded("n = 0\nlocal function f(a)\n  n = n + 1\n  error(a)\nend\n"
                 "for i = 1, 20 do pcall(f, i) end",
                 0);
    Raised all[20];
    rec->raises = true;
    ck_assert_uint_eq(raised(rec, all, true, false), 20);
    for (int i = 19; i >= 0; i--) {
        moonlet_state *s = debug_state(rec, all[i].at, NULL, NULL);
        assert_number(moonlet_number(number_in(s, "n")), i + 1);
        DebugPlaces p = debug_places(s, NULL);
        ck_assert_uint_eq(p.count, 4);
        ck_assert_int_eq(p.at[1].line, 4);
        moonlet_result r = debug_evaluate(s, &p.at[1], "a * 2");
        assert_number(moonlet_result_value(&r, 0), 2 * (i + 1));
        moonlet_release(r.state);
        debug_places_free(&p);
        moonlet_release(s);
    }
    moonlet_recording_release(rec);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("debug");
    tcase_add_loop_test(t, lines_both_ways, 0, PROGRAMS);
    tcase_add_loop_test(t, the_same_at_full_speed, 0, PROGRAMS);
    tcase_add_test(t, changes_of_locals_at_full_speed);
    tcase_add_loop_test(t, changes_at_full_speed, 0, 8);
    tcase_add_loop_test(t, changes_of_fields_at_full_speed, 0, 10);
    tcase_add_loop_test(t, changes_forwards, 0, 7);
    tcase_add_loop_test(t, expressions_that_only_look, 0, 18);
    tcase_add_loop_test(t, looking_takes_no_steps, 0, PROGRAMS);
    tcase_add_loop_test(t, worlds_of_lines, 0, PROGRAMS);
    tcase_add_test(t, the_first_line_that_passes);
    tcase_add_test(t, where_it_has_failed);
    tcase_add_loop_test(t, errors_that_are_caught, 0, 2);
    tcase_add_test(t, worlds_of_caught_errors);
    return run_suite(t);
}
