/* SPDX-License-Identifier: MIT */
/*
 * The limit on memory that is alive: whatever holds it stops the program, no garbage does,
 * and what is held then is not much more than was allowed.
 */
#include "api_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { LIMIT = 4 << 20 };

static moonlet_result run(const char *source, moonlet_limits limits)
{
    moonlet_state *s = moonlet_init(), *l = moonlet_limit(s, &limits);
    moonlet_result r = moonlet_do(l, source);
    moonlet_release(s);
    moonlet_release(l);
    return r;
}

/* What holds ------------------------------------------------------------------------------ */

/* Each for ever, with nothing but its kind of memory; what must be caught is caught. */
static const char *const holders[] = {
    "t = {} for i = 1, 1e9 do t[i] = i end",
    "t = {} for i = 1, 1e9 do t['k' .. i] = true end",
    "t = {} for i = 1, 1e9 do t = {t} end",
    "t = {} for i = 1, 1e9 do local a, b = i t[i] = function() a = b return a end end",
    "t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1000) .. i end",
    "s = 'x' for i = 1, 1e9 do s = s .. s end",
    "s = 'x' for i = 1, 1e9 do s = s:rep(3) end",
    "t = {} for i = 1, 1e9 do t[i] = coroutine.create(print) end",
    "t = {} for i = 1, 1e9 do t[i] = coroutine.wrap(function(...) coroutine.yield(...) end)\n"
    "  t[i](1, 2, 3) end",
    "local function f(...) return 1 + f(1, ...) end f()",
    "local function f(n) local t = {n} return 1 + f(n + 1) end f(1)",
    "local function f() return coroutine.wrap(function() local t = {{}, {}} f() end)() end f()",
    "t = {} for i = 1, 1e9 do t[i] = load('return ' .. i) end",
    "w = setmetatable({}, {__mode = 'v'}) t = {}\n"
    "for i = 1, 1e9 do w[i] = {} t[i] = w[i] end",
    "local state = require'state' t = {} for i = 1, 1e9 do big = {}\n"
    "  for k = 1, 100 do big[k] = {} end t[i] = state.snapshot() end",
    "local state = require'state' local function f() big = {} for k = 1, 100 do big[k] = {} "
    "end\n"
    "  return state.fork(f) + 1 end f()",
    "local state = require'state' local function f() big = {} for k = 1, 100 do big[k] = {} "
    "end\n"
    "  return select(2, state.try(f)) + 1 end f()",
    "while true do local ok, e = pcall(function() t = {} for i = 1, 1e9 do t[i] = {} end end)\n"
    "  t2 = e end",
    "collectgarbage'stop' t = {} for i = 1, 1e9 do t[i] = {} end",
    "setmetatable({}, {__gc = function() t = {} for i = 1, 1e9 do t[i] = {} end end})\n"
    "while true do x = {} end",
    "debug.sethook(function() t = {t, {}} end, 'l') while true do\n x = 1\n y = 2 end",
    "co = coroutine.wrap(function() t = {} for i = 1, 1e9 do t[i] = {} end end) co()",
};

static void assert_stopped(const moonlet_result *r)
{
    ck_assert_msg(r->status == MOONLET_PAUSED, "status %d: %s", r->status,
                  r->error ? r->error->message : "");
    ck_assert_int_eq(r->limit, MOONLET_LIMIT_HELD);
}

START_TEST(whatever_holds_too_much_stops)
{
    moonlet_result r = run(holders[_i], (moonlet_limits){.held = LIMIT, .stack = 10000000});
    assert_stopped(&r);
    moonlet_memory_use use = moonlet_memory(r.state, NULL);
    ck_assert_uint_lt(use.bytes, 3 * (uint64_t)LIMIT);
    ck_assert_uint_lt(use.bytes, LIMIT + LIMIT / 4 + LIMIT);
    /* it cannot get on step by step */
    uint64_t steps = 0;
    for (int i = 0; i < 50; i++) {
        moonlet_state *from = r.state;
        r = moonlet_resume(from);
        moonlet_release(from);
        assert_stopped(&r);
        steps += r.steps;
    }
    ck_assert_uint_lt(steps, 50 * 100000); /* copies of frames are charged, too */
    moonlet_memory_use later = moonlet_memory(r.state, NULL);
    ck_assert_uint_lt(later.bytes, use.bytes + LIMIT / 2);
    moonlet_release(r.state);
}
END_TEST

START_TEST(it_goes_on_when_more_is_allowed)
{
    const char *source = "t = {} for i = 1, 60000 do t[i] = {i} end return #t";
    moonlet_result r = run(source, (moonlet_limits){.held = LIMIT});
    assert_stopped(&r);
    for (uint64_t held = LIMIT; r.status == MOONLET_PAUSED; held += LIMIT) {
        assert_stopped(&r);
        moonlet_state *l = moonlet_limit(r.state, &(moonlet_limits){.held = held});
        moonlet_release(r.state);
        r = moonlet_resume(l);
        moonlet_release(l);
        ck_assert_uint_lt(held, 10 * (uint64_t)LIMIT);
    }
    assert_ok(r);
    assert_number(r.values[0], 60000);
    moonlet_release(r.state);
}
END_TEST

/* Before it is taken ----------------------------------------------------------------------- */

/* Each makes one thing that is larger than all that may be alive, or always one more. */
#define A_FILE \
    "f = io.tmpfile() s = ('x'):rep(1e6) for i = 1, 100 do f:write(s) end f:seek('set') "
static const char *const large[] = {
    "s = ('x'):rep(1e6) while true do s = s:rep(2) end",
    "s = ('x'):rep(1e6) while true do s = s .. s end",
    "s = ('x'):rep(1e6) while true do s = ('%s%s'):format(s, s) end",
    "s = ('x'):rep(1e6) while true do s = table.concat{s, s} end",
    "s = ('x'):rep(1e6) while true do s = s:gsub('x', 'xx') end",
    "s = ('x'):rep(1e6) s = s:gsub('x', ('y'):rep(1000))",
    "s = ('x'):rep(1e6) s = s:gsub('x', {x = ('y'):rep(1000)})",
    "local t = {} for i = 1, 1e5 do t[i] = 'x' end t = table.concat(t, ('y'):rep(1000))",
    A_FILE "s = f:read('*a')",
    A_FILE "s = f:read('*l')",
    A_FILE "s = f:read(9e7)",
    "load(function() return ('x = 1 '):rep(1e5) end)",
    "load(('x = 1 '):rep(1e6))",
    "t = {} for i = 1, 1e9 do t[i] = i end",
};
enum { LARGE = sizeof large / sizeof *large, MUCH = 32 << 20 };

/* What is alive, and the parts of a text, and the text. Each test is a process of its own; when
 * the collector gives back how much is not the same in each.
 * Where nothing is given back, as under sanitizers, only the stop itself is looked at. */
#ifdef MOONLET_MALLOC
static uint64_t peak_bytes(void) { return 0; }
#else
static uint64_t peak_bytes(void)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (uint64_t)use.ru_maxrss * 1024;
}
#endif

START_TEST(no_more_than_three_times_as_much_is_taken)
{
    uint64_t before = peak_bytes();
    moonlet_result r = run(large[_i], (moonlet_limits){.held = MUCH});
    assert_stopped(&r);
    uint64_t taken = peak_bytes() - before;
    ck_assert_msg(taken < 3 * (uint64_t)MUCH + (4 << 20), "%llu bytes: %s",
                  (unsigned long long)taken, large[_i]);
    moonlet_release(r.state);
}
END_TEST

/* Where a large thing would not fit beside what was alive once, but fits beside what is. */
static const char *const fitting[] = {
    "for i = 1, 30 do s = nil s = ('x'):rep(2e7) end return #s",
    "s = ('x'):rep(5e6) for i = 1, 30 do u = nil u = s .. s end return #u * 2",
    "s = ('x'):rep(1e7) for i = 1, 30 do u = nil u = table.concat{s, s} end return #u",
    "s = ('x'):rep(1e7) for i = 1, 30 do u = nil u = ('%s%s'):format(s, s) end return #u",
    "s = ('x'):rep(1e6) for i = 1, 30 do u = nil u = s:gsub('x', ('y'):rep(20)) end return #u",
    "s = ('x'):rep(1e3) for i = 1, 30 do u = nil\n"
    "  u = s:gsub('x', function() return ('y'):rep(1e4) end) end return #u * 2",
    "f = io.tmpfile() s = ('x'):rep(1e6) for i = 1, 20 do f:write(s) end\n"
    "for i = 1, 30 do u = nil f:seek('set') u = f:read('*a') end return #u",
    "s = ('--x\\n'):rep(5e6) for i = 1, 10 do load(s) end return #s",
    "n = os.tmpname() f = io.open(n, 'w') s = ('--x\\n'):rep(1e6) for i = 1, 5 do f:write(s) "
    "end\n"
    "s = nil f:close() for i = 1, 10 do assert(loadfile(n)) end os.remove(n) return 2e7",
};

START_TEST(garbage_leaves_room)
{
    moonlet_result r = run(fitting[_i], (moonlet_limits){.held = MUCH});
    ck_assert_msg(r.status == MOONLET_OK, "status %d, limit %d: %s", r.status, r.limit,
                  r.error ? r.error->message : "");
    assert_number(r.values[0], 2e7);
    moonlet_release(r.state);
}
END_TEST

/* Slices ----------------------------------------------------------------------------------- */

/* Goes on as long as steps are all that is lacking, `slices` times at most. */
static moonlet_result run_sliced(const char *source, uint64_t steps, int slices)
{
    moonlet_result r = run(source, (moonlet_limits){.held = LIMIT, .steps = steps});
    while (r.status == MOONLET_PAUSED && r.limit == MOONLET_LIMIT_STEPS && slices-- > 0) {
        moonlet_state *paused = r.state;
        r = moonlet_resume(paused);
        moonlet_release(paused);
    }
    return r;
}

/* What is not counted alike in each slice (stacks, states) is alive in the next as well. */
static const char *const sliced[] = {
    "t = {} for i = 1, 1e9 do t[i] = coroutine.wrap(coroutine.yield) t[i]() end",
    "t = {} for i = 1, 1e9 do t[i] = coroutine.wrap(function() coroutine.yield({}) end) t[i]() "
    "end",
    "t = {} for i = 1, 1e9 do t[i] = {} end",
    "local state = require'state' t = {} for i = 1, 1e9 do t[i] = i t[-i] = state.snapshot() "
    "end",
};

START_TEST(slices_hold_no_more)
{
    for (uint64_t steps = 1003; steps < 100000; steps *= 7) {
        moonlet_result r = run_sliced(sliced[_i], steps, 1000000);
        assert_stopped(&r);
        ck_assert_uint_lt(moonlet_memory(r.state, NULL).bytes, LIMIT + LIMIT / 2);
        moonlet_release(r.state);
    }
}
END_TEST

/* Each pause finds a large table, which is garbage soon after. */
START_TEST(slices_leave_garbage)
{
    moonlet_result r =
        run_sliced("while true do t = {} for i = 1, 2e4 do t[i] = {} end end", 15000, 400);
    ck_assert_int_eq(r.limit, MOONLET_LIMIT_STEPS);
    moonlet_release(r.state);
#ifndef MOONLET_MALLOC /* which gives nothing back */
    ck_assert_uint_lt(moonlet_bytes_held(), 12 * (uint64_t)LIMIT);
#endif
}
END_TEST

/* A file whose code does not fit is no file with an error: the program is not told. */
START_TEST(what_is_loaded_is_held)
{
    char name[] = "/tmp/moonlet-held-XXXXXX", source[100];
    int fd = mkstemp(name);
    ck_assert_int_ge(fd, 0);
    for (int i = 0; i < 300000; i++) ck_assert_int_eq(write(fd, "x = 1 ", 6), 6);
    close(fd);
    static const char *const loads[] = {"loadfile('%s')", "pcall(dofile, '%s')",
                                        "load(io.open('%s'):read('*a'))",
                                        "package.path = '%s' pcall(require, 'x')"};
    for (size_t i = 0; i < sizeof loads / sizeof *loads; i++) {
        snprintf(source, sizeof source, loads[i], name);
        moonlet_result r = run(source, (moonlet_limits){.held = LIMIT});
        assert_stopped(&r);
        moonlet_release(r.state);
    }
    remove(name);
}
END_TEST

/* What does not ---------------------------------------------------------------------------- */

/* Some hundred times the limit, in garbage. */
static const char *const litter[] = {
    "for i = 1, 2e6 do t = {i, {}} end",
    "for i = 1, 3000 do s = ('x'):rep(100000 + i) end",
    "for i = 1, 300 do t = {} for k = 1, 20000 do t[k] = k end end",
    "for i = 1, 300 do t = {} for k = 1, 3000 do t['k' .. k] = k end end",
    "for i = 1, 200000 do co = coroutine.wrap(function() coroutine.yield() end) co() end",
    "local function f(n) if n > 0 then return 1 + f(n - 1) end return 0 end\n"
    "for i = 1, 300 do f(5000) end",
    "w = setmetatable({}, {__mode = 'k'}) for i = 1, 3e5 do w[{}] = {{}} end",
    "for i = 1, 1e5 do setmetatable({}, {__gc = function(o) x = o end}) end",
    "local state = require'state' for i = 1, 20000 do s = nil s = state.snapshot()\n"
    "  t = {{}, {}, i} end",
    "local state = require'state' for i = 1, 20000 do\n"
    "  state.try(function() t = {{}, {}, i} if i % 3 == 0 then error{} end end)\n"
    "  state.fork(function() t = {{}, {}, i} return i end) end",
};

START_TEST(garbage_does_not_count)
{
    moonlet_result r = run(litter[_i], (moonlet_limits){.held = LIMIT});
    assert_ok(r);
    moonlet_release(r.state);
}
END_TEST

/* One call after another, none of which allocates much. */
START_TEST(it_is_the_state_that_holds)
{
    moonlet_state *s = world("t, n = {}, 0 function more() n = n + 1 t[n] = {{}, {}} end\n"
                             "function other() x = {{}, {}} end");
    moonlet_state *l = moonlet_limit(s, &(moonlet_limits){.held = LIMIT});
    moonlet_release(s);
    s = l;
    for (int i = 0; i < 100000; i++) {
        moonlet_result r = moonlet_call_function(s, "other", NULL, 0);
        s = moonlet_next(s, &r);
        ck_assert_int_eq(r.status, MOONLET_OK);
    }
    int calls = 0;
    for (moonlet_result r = {.status = MOONLET_OK}; r.status == MOONLET_OK; calls++) {
        r = moonlet_call_function(s, "more", NULL, 0);
        if (r.status != MOONLET_OK) assert_stopped(&r);
        s = moonlet_next(s, &r);
    }
    ck_assert_int_gt(calls, 5000);
    ck_assert_int_lt(calls, 30000);
    moonlet_memory_use use = moonlet_memory(s, NULL);
    ck_assert_uint_gt(use.bytes, LIMIT / 2);
    ck_assert_uint_lt(use.bytes, LIMIT + LIMIT / 2);
    moonlet_release(s);
}
END_TEST

/* The same steps each time. */
START_TEST(it_stops_at_the_same_step)
{
    for (size_t i = 0; i < sizeof holders / sizeof *holders; i += 3) {
        uint64_t steps = 0;
        for (int k = 0; k < 3; k++) {
            moonlet_result r = run(holders[i], (moonlet_limits){.held = LIMIT / 4});
            ck_assert_int_eq(r.status, MOONLET_PAUSED);
            if (k) ck_assert_uint_eq(r.steps, steps);
            steps = r.steps;
            moonlet_release(r.state);
        }
    }
}
END_TEST

static int nest(moonlet_context *c, const moonlet_value *args, size_t count)
{
    const moonlet_value *values;
    size_t results;
    moonlet_status status = moonlet_context_call(c, args[0], NULL, 0, &values, &results);
    return status == MOONLET_OK ? moonlet_return(c, values, results)
                                : moonlet_throw(c, values[0]);
}

/* Each reads a line, another one, and 100 bytes of a pipe. */
static const char *const reads[] = {
    "p:read(), p:read(), p:read('*a')",
    "p:read('*l', '*l', '*a')",
    "p:read('*L'):sub(1, -2), (' '..p:read('*L')):sub(2, -2), p:read(1000)",
    "p:read(300000), p:read(1, 300000, 1, 1000)",
};
enum { READS = sizeof reads / sizeof *reads, READS_APART = 170000 };

/* What the limit does not let a program have of a file is there when it goes on. */
START_TEST(reads_that_stop_lose_nothing)
{
    char source[400];
    snprintf(source, sizeof source,
             "local p = io.popen(\"printf '%%300000s\\n%%300000s\\n%%100s' a b c\")\n"
             "local t = {%s}\nlocal n = 0 for i = 1, 5 do n = n + #(t[i] or '') end\n"
             "return n, t[1]:sub(-1)",
             reads[_i]);
    uint64_t expected = _i < 3 ? 600100 : 600102;
    for (uint64_t limit = 50000; limit < 1500000; limit += READS_APART) {
        for (int held = 0; held < 2; held++) {
            moonlet_limits limits = {.held = held ? limit : 0, .bytes = held ? 0 : limit};
            moonlet_result r = run(source, limits);
            if (r.status == MOONLET_PAUSED) {
                moonlet_state *free = moonlet_limit(r.state, NULL);
                moonlet_release(r.state);
                r = moonlet_resume(free);
                moonlet_release(free);
            }
            assert_ok(r);
            assert_number(r.values[0], (double)expected);
            moonlet_release(r.state);
        }
    }
}
END_TEST

START_TEST(within_a_c_function_it_is_an_error)
{
    static const moonlet_entry entries[] = {{"nest", nest, NULL, NULL, false}, {NULL}};
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_load_module(s, "host", entries);
    s = moonlet_next(s, &r);
    moonlet_state *l = moonlet_limit(s, &(moonlet_limits){.held = LIMIT});
    r = moonlet_do(l,
                   "pcall(host.nest, function() t = {} for i = 1, 1e9 do t[i] = {} end end)");
    ck_assert_int_eq(r.status, MOONLET_FAILED);
    ck_assert_int_eq(r.error->kind, MOONLET_ERROR_LIMIT);
    ck_assert_int_eq(r.limit, MOONLET_LIMIT_HELD);
    moonlet_memory_use use = moonlet_memory(r.state, NULL);
    ck_assert_uint_lt(use.bytes, 4 * (uint64_t)LIMIT);
    moonlet_release(r.state);
    r = moonlet_do(l, "for i = 1, 20 do host.nest(function()\n"
                      "  for i = 1, 20000 do t = {} end end) end");
    assert_ok(r);
    moonlet_release(r.state);
    moonlet_release(l);
    moonlet_release(s);
}
END_TEST

START_TEST(items_of_maps_have_it)
{
    moonlet_state *s = world("results, errors = require'state'.map(function(n) local t = {}\n"
                             "  for i = 1, n do t[i] = {} end return #t end, {10, 1e9, 20}, "
                             "{held = 1e6, threads = 2})\n"
                             "assert(results[1] == 10 and results[3] == 20)\n"
                             "assert(errors[2] == 'too much memory held', errors[2])");
    moonlet_release(s);
    moonlet_result r = run("require'state'.map(function(n) local t = {}\n"
                           "  for i = 1, n do t[i] = {} end return #t end, {10, 1e9, 20})",
                           (moonlet_limits){.held = LIMIT});
    assert_stopped(&r);
    moonlet_release(r.state);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("held");
    tcase_add_loop_test(t, whatever_holds_too_much_stops, 0, sizeof holders / sizeof *holders);
    tcase_add_loop_test(t, no_more_than_three_times_as_much_is_taken, 0, LARGE);
    tcase_add_test(t, what_is_loaded_is_held);
    tcase_add_loop_test(t, slices_hold_no_more, 0, sizeof sliced / sizeof *sliced);
    tcase_add_test(t, slices_leave_garbage);
    tcase_add_loop_test(t, garbage_leaves_room, 0, sizeof fitting / sizeof *fitting);
    tcase_add_test(t, it_goes_on_when_more_is_allowed);
    tcase_add_loop_test(t, garbage_does_not_count, 0, sizeof litter / sizeof *litter);
    tcase_add_test(t, it_is_the_state_that_holds);
    tcase_add_test(t, it_stops_at_the_same_step);
    tcase_add_loop_test(t, reads_that_stop_lose_nothing, 0, READS);
    tcase_add_test(t, within_a_c_function_it_is_an_error);
    tcase_add_test(t, items_of_maps_have_it);
    return run_suite(t);
}
