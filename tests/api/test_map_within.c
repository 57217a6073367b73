/* SPDX-License-Identifier: MIT */
/*
 * Maps within the items of maps: threads that have nothing to do help, and what comes out is
 * the same for any number of threads. And maps that are cancelled: how much is still done, and
 * what they leave. Nothing here is timed but how long is waited for what must happen.
 */
#include "api_test.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

static const char program[] =
    "local state = require 'state'\n"
    "function alone(x) if x == 1 then return 0 end\n"
    "  local r, e = state.map(meet, {1, 2}) assert(not e, e and e[1] or '')\n"
    "  return r[1] + r[2] end\n"
    "function deep(x) if x == 1 then return 0 end\n"
    "  local r = state.map(function(y) if y == 1 then return 0 end return alone(2) end, {1, "
    "2})\n"
    "  return r[2] end\n"
    "local function leaf(x) local t = {} for i = 1, x % 7 * 50 do t[i] = {i * x} end\n"
    "  if x % 5 == 0 then error('leaf ' .. x, 0) end return t end\n"
    "local function inner(x) local list = {} for i = 1, x % 4 do list[i] = x * 10 + i end\n"
    "  local r, e = state.map(leaf, list) local n = 0\n"
    "  for i = 1, #list do n = n + (r[i] and #r[i] or 1000) .. '' end\n"
    "  return n, e end\n"
    "function tree(x) local list = {} for i = 1, 1 + x % 3 do list[i] = x * 3 + i end\n"
    "  local r, e = state.map(inner, list, {threads = x % 3}) made = r\n"
    "  local t = {} for i, n in ipairs(r) do t[i] = n end\n"
    "  return table.concat(t, ' ') .. tostring(e) end\n"
    "function wait(x) meet() while true do end end\n"
    "function grow(x) local t = {} while true do t[#t + 1] = {tick()} end end\n"
    "function inside(x) state.map(grow, {1, 2, 3, 4}) end\n"
    "local long = {\n"
    "  function() return text:find('ay', 1, true) end,\n"
    "  function() return text:find('ab', 1, true) end,\n"
    "  function() return text:match('^a*()b*$') end,\n"
    "  function() return text:match('[^b]*()') end,\n"
    "  function() return text:upper():find('B') end,\n"
    "  function() return text:reverse():find('a') end,\n"
    "  function() return #('x' .. text .. 'y') end,\n"
    "  function() return #(text .. text) end,\n"
    "  function() return #(text .. text .. setmetatable({}, {__concat = function()\n"
    "    return 'z' end})) end,\n"
    "  function() return #table.concat({text, text}, '-') end,\n"
    "  function() return #('%s|%d'):format(text, 7) end,\n"
    "  function() return #('%q'):format(text) end,\n"
    "  function() return tonumber(text, 16) > 1e300 and 16 end,\n"
    "  function() return tonumber('0x' .. text) > 1e300 and 10 end,\n"
    "  function() return #text:sub(2) end,\n"
    "  function() file:seek('set') return #file:read('*a') end,\n"
    "  function() file:seek('set') local a, b = file:read(1, 19000000) return #a + #b end,\n"
    "  function() return #state.diff(before, after) end}\n"
    "local function array() local t = {} for i = 1, 2^20 do t[i] = i end\n"
    "  tick() t[#t + 1] = 0 local n = 0 for i = 1, #t do n = n + t[i] end return n end\n"
    "function at_length(x)\n"
    "  if not long[x] then return array() end\n"
    "  tick() return long[x]() end\n"
    "function prepare()\n"
    "  text = ('a'):rep(15000001) .. ('b'):rep(5000000)\n"
    "  file = io.tmpfile() file:write(text)\n"
    "  local t = {} for i = 1, 20000 do t[i] = {i} end\n"
    "  many = t before = state.snapshot() for i = 1, 20000 do t[i][1] = -i end\n"
    "  after = state.snapshot() end\n";

/* Host functions ------------------------------------------------------------------------ */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t came = PTHREAD_COND_INITIALIZER;
static unsigned there;

enum { WAIT_SECONDS = 60 };

/* Waits until two threads are here at once: 1 if they were. */
static int meet(moonlet_context *c, const moonlet_value *args, size_t count)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_SECONDS;
    pthread_mutex_lock(&lock);
    there++;
    pthread_cond_broadcast(&came);
    int failed = 0;
    while (there < 2 && !failed) failed = pthread_cond_timedwait(&came, &lock, &until);
    pthread_mutex_unlock(&lock);
    (void)args, (void)count;
    return moonlet_return_one(c, moonlet_number(!failed));
}

enum { TICKS_CANCEL = 2000 };
static volatile int cancel;
static unsigned ticks;

static int tick(moonlet_context *c, const moonlet_value *args, size_t count)
{
    (void)args, (void)count;
    if (__atomic_add_fetch(&ticks, 1, __ATOMIC_RELAXED) == TICKS_CANCEL)
        __atomic_store_n(&cancel, 1, __ATOMIC_RELAXED);
    return moonlet_return_one(c, moonlet_number(1));
}

static moonlet_state *with(moonlet_state *s, const char *name, moonlet_function *f)
{
    moonlet_result r = moonlet_new_function(s, name, f, NULL);
    moonlet_value v = moonlet_result_value(&r, 0);
    s = moonlet_next(s, &r);
    r = moonlet_set(s, name, v);
    return moonlet_next(s, &r);
}

static moonlet_state *begin(void)
{
    return after(with(with(moonlet_init(), "meet", meet), "tick", tick), program);
}

static moonlet_items map(const moonlet_state *s, const char *function, size_t n,
                         const moonlet_map_options *options)
{
    moonlet_value inputs[64];
    for (size_t i = 0; i < n; i++) inputs[i] = moonlet_number((double)i + 1);
    return moonlet_map(s, moonlet_global(s, function), inputs, n, options);
}

/* Tests ----------------------------------------------------------------------------------- */

static const char *const meeting[] = {"alone", "deep"};
enum { MEETING = sizeof meeting / sizeof *meeting };

START_TEST(who_has_nothing_to_do_helps)
{
    moonlet_state *s = begin();
    moonlet_map_options options = {.threads = 2};
    there = 0;
    moonlet_items all = map(s, meeting[_i], 2, &options);
    ck_assert_uint_eq(all.failed, 0);
    assert_number(all.items[1].values[0], 2);
    moonlet_items_release(&all);
    moonlet_release(s);
}
END_TEST

static void assert_same(const moonlet_items *a, const moonlet_items *b)
{
    ck_assert_uint_eq(a->failed, b->failed);
    for (size_t i = 0; i < a->count; i++) {
        size_t length = 0, other = 0;
        const char *text = moonlet_to_bytes(a->items[i].values[0], &length);
        const char *same = moonlet_to_bytes(b->items[i].values[0], &other);
        ck_assert_uint_eq(a->items[i].steps, b->items[i].steps);
        ck_assert_uint_eq(moonlet_digest(a->items[i].state), moonlet_digest(b->items[i].state));
        ck_assert_uint_eq(length, other);
        ck_assert_mem_eq(text, same, length);
    }
}

START_TEST(any_number_of_threads)
{
    enum { N = 40 };
    moonlet_state *s = begin();
    moonlet_map_options options = {.threads = 1, .give = MOONLET_GIVE_STATES};
    moonlet_items one = map(s, "tree", N, &options);
    for (unsigned threads = 2; threads <= 16; threads *= 2) {
        options.threads = threads;
        moonlet_items all = map(s, "tree", N, &options);
        assert_same(&one, &all);
        moonlet_items_release(&all);
    }
    options.threads = 0;
    options.processes = 2;
    options.give = 0;
    moonlet_items apart = map(s, "tree", N, &options);
    ck_assert_uint_eq(apart.failed, 0);
    moonlet_items_release(&apart);
    moonlet_items_release(&one);
    moonlet_release(s);
}
END_TEST

/* Threads that are in work at once may together use more steps than there were, which nobody is
 * to see: the map stops with as many as when it has one thread. */
START_TEST(too_few_steps_are_all_used)
{
    enum { STEPS = 1000 }; /* the map itself takes half of them */
    moonlet_limits limits = {.steps = STEPS};
    moonlet_state *s = begin(), *limited = moonlet_limit(s, &limits);
    there = 0;
    moonlet_result r = moonlet_do(limited, "require 'state'.map(wait, {1, 2}, {threads = 2})");
    ck_assert_int_eq(r.status, MOONLET_PAUSED);
    ck_assert_int_eq(r.limit, MOONLET_LIMIT_STEPS);
    ck_assert_uint_eq(there, 2);
    ck_assert_uint_eq(r.steps, STEPS);
    moonlet_release(r.state);
    moonlet_release(limited);
    moonlet_release(s);
}
END_TEST

/* A run looks whether it is to stop after a portion of steps, and each tick is one. */
static const char *const growing[] = {"grow", "inside"};
enum { GROWING = sizeof growing / sizeof *growing, PORTION = 100000, THREADS = 3 };
/* If the items of 24 cancelled maps were kept, these would be ten times as many bytes. */
enum { SPARE = 32 << 20 };

START_TEST(what_is_cancelled_stops_at_its_next_poll)
{
    moonlet_state *s = begin();
    moonlet_map_options options = {.threads = THREADS, .cancel = &cancel};
    uint64_t held = 0;
    for (int i = 0; i < 30; i++) {
        cancel = ticks = 0;
        moonlet_items all = map(s, growing[_i], 8, &options);
        ck_assert_uint_eq(all.failed, 8);
        for (size_t k = 0; k < 8; k++)
            ck_assert_int_eq(all.items[k].limit, MOONLET_LIMIT_INTERRUPT);
        ck_assert_uint_le(ticks, TICKS_CANCEL + THREADS * PORTION);
        moonlet_items_release(&all);
        moonlet_collect();
        if (i < 6 && moonlet_bytes_held() > held) held = moonlet_bytes_held();
    }
#ifndef MOONLET_MALLOC /* which gives nothing back */
    if (!getenv("GC_DONT_GC")) ck_assert_uint_le(moonlet_bytes_held(), 2 * held + SPARE);
#endif
    moonlet_release(s);
}
END_TEST

/* What natives do with a text of 20 MB looks after each megabyte, where it is 300 000 steps of
 * 64 bytes. When it goes on afterwards, all is as if it had not stopped. */
static const double answers[] = {-1,       15000001, 15000002, 15000002,    15000002,
                                 5000001,  20000003, 40000002, 20000002,    40000003,
                                 20000003, 20000003, 16,       10,          20000000,
                                 20000001, 19000001, 20001,    549756338176};
enum { LONG = sizeof answers / sizeof *answers, LONG_STEPS = 200000 };
enum {
    ARRAY_STEPS = LONG_STEPS + (1 << 20)
}; /* of the last one, which makes the array first */

static void assert_answer(moonlet_value v, double expected)
{
    if (expected < 0)
        ck_assert_int_eq(moonlet_type_of(v), MOONLET_NIL);
    else
        assert_number(v, expected);
}

START_TEST(long_work_is_cancelled_in_its_middle)
{
    moonlet_value which = moonlet_number(_i + 1);
    moonlet_state *s = after(begin(), "prepare()");
    moonlet_map_options options = {
        .threads = 1, .cancel = &cancel, .give = MOONLET_GIVE_STATES};
    cancel = ticks = 0;
    moonlet_items whole = moonlet_map(s, moonlet_global(s, "at_length"), &which, 1, &options);
    ck_assert_uint_eq(whole.failed, 0);
    assert_answer(whole.items[0].values[0], answers[_i]);
    ticks = TICKS_CANCEL - 1;
    moonlet_items all = moonlet_map(s, moonlet_global(s, "at_length"), &which, 1, &options);
    ck_assert_int_eq(all.items[0].limit, MOONLET_LIMIT_INTERRUPT);
    ck_assert_uint_lt(all.items[0].steps, _i == LONG - 1 ? ARRAY_STEPS : LONG_STEPS);
    moonlet_result r = moonlet_resume(all.items[0].state);
    ck_assert_int_eq(r.status, MOONLET_OK);
    assert_answer(moonlet_result_value(&r, 0), answers[_i]);
    ck_assert_uint_eq(all.items[0].steps + r.steps, whole.items[0].steps);
    moonlet_release(r.state);
    moonlet_items_release(&all);
    moonlet_items_release(&whole);
    moonlet_release(s);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("map_within");
    tcase_add_loop_test(t, long_work_is_cancelled_in_its_middle, 0, LONG);
    tcase_add_loop_test(t, who_has_nothing_to_do_helps, 0, MEETING);
    tcase_add_test(t, any_number_of_threads);
    tcase_add_test(t, too_few_steps_are_all_used);
    tcase_add_loop_test(t, what_is_cancelled_stops_at_its_next_poll, 0, GROWING);
    return run_suite(t);
}
