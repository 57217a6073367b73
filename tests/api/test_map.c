/* SPDX-License-Identifier: MIT */
/* moonlet_map on threads and processes; threads of the host; maps in programs with limits. */
#include "api_test.h"

#include <pthread.h>
#include <stdio.h>

enum { N = 60 };

static moonlet_value inputs[N];

static void set_inputs(void)
{
    for (int i = 0; i < N; i++) inputs[i] = moonlet_number(i + 1);
}

static moonlet_items map(const moonlet_state *s, const char *function, size_t n,
                         const moonlet_map_options *options)
{
    set_inputs();
    return moonlet_map(s, moonlet_global(s, function), inputs, n, options);
}

/* Uneven: the last items take a thousand times longer than the first. */
static const char program[] =
    "base = {} for i = 1, 100 do base[i] = {v = i} end\n"
    "function work(x)\n"
    "  local sum = 0 for i = 1, x < 50 and 10 or 10000 do sum = sum + i % x end\n"
    "  base[x].v = -1 n = (n or 0) + 1\n"
    "  return {x = x, sum = sum, ref = base[x], n = n}, tostring(x)\n"
    "end\n"
    "function bad(x) if x % 3 == 0 then error('bad ' .. x) end\n"
    "  if x % 3 == 1 then while true do end end return x end\n"
    "function plain(x) return x, -x end\n";

static void check_work(const moonlet_state *s, const moonlet_items *all)
{
    ck_assert_uint_eq(all->count, N);
    ck_assert_uint_eq(all->failed, 0);
    for (int i = 0; i < N; i++) {
        const moonlet_item *item = &all->items[i];
        ck_assert_int_eq(item->status, MOONLET_OK);
        ck_assert_uint_eq(item->count, 2);
        moonlet_value keys[2] = {moonlet_text("x"), moonlet_nil()};
        moonlet_result r = moonlet_get_keys(all->state, item->values[0], keys, 1);
        assert_number(r.values[0], i + 1);
        moonlet_release(r.state);
        keys[0] = moonlet_text("ref"), keys[1] = moonlet_text("v");
        r = moonlet_get_keys(all->state, item->values[0], keys, 2);
        assert_number(r.values[0], i + 1); /* as the receiver has it */
        moonlet_release(r.state);
    }
    ck_assert_double_eq(number_in(s, "n or 0"), 0);
}

START_TEST(values_in_one_state)
{
    moonlet_state *s = world(program);
    double sums[N];
    for (int workers = 0; workers < 8; workers++) {
        moonlet_map_options options = {.threads = (unsigned)workers};
        if (workers > 4) options.processes = (unsigned)workers - 4;
        moonlet_items all = map(s, "work", N, &options);
        check_work(s, &all);
        for (int i = 0; i < N; i++) {
            moonlet_value key = moonlet_text("sum");
            moonlet_result r = moonlet_get_keys(all.state, all.items[i].values[0], &key, 1);
            if (workers == 0) sums[i] = number_of(r.values[0]);
            assert_number(r.values[0], sums[i]);
            moonlet_release(r.state);
        }
        moonlet_items_release(&all);
        ck_assert_ptr_null(all.items);
    }
    moonlet_release(s);
}
END_TEST

START_TEST(into_another_state)
{
    moonlet_state *s = world(program), *later = after(moonlet_retain(s), "base[1].v = 77");
    moonlet_map_options options = {.into = later};
    moonlet_items all = map(s, "work", 1, &options);
    moonlet_value keys[2] = {moonlet_text("ref"), moonlet_text("v")};
    moonlet_result r = moonlet_get_keys(all.state, all.items[0].values[0], keys, 2);
    assert_number(r.values[0], 77);
    moonlet_release(r.state);
    moonlet_items_release(&all);
    moonlet_release(later);
    moonlet_release(s);
}
END_TEST

START_TEST(terms_and_states)
{
    moonlet_state *s = world(program);
    for (unsigned processes = 0; processes < 3; processes += 2) {
        moonlet_map_options options = {.processes = processes, .give = MOONLET_GIVE_TERMS};
        moonlet_items all = map(s, "plain", N, &options);
        for (int i = 0; i < N; i++) {
            const moonlet_item *item = &all.items[i];
            ck_assert_ptr_null(item->state);
            ck_assert_uint_eq(moonlet_term_count(item->terms), 2);
            ck_assert_double_eq(moonlet_term_to_number(moonlet_term_item(item->terms, 1), 0),
                                -(i + 1));
        }
        moonlet_items_release(&all);
    }
    moonlet_map_options options = {.give = MOONLET_GIVE_STATES | MOONLET_GIVE_TERMS};
    moonlet_items all = map(s, "work", 3, &options);
    moonlet_state *kept = all.items[2].state;
    all.items[2].state = NULL; /* taken out */
    moonlet_items_release(&all);
    ck_assert_double_eq(number_in(kept, "n * 100 + base[3].v"), 99);
    moonlet_release(kept);
    moonlet_release(s);
}
END_TEST

START_TEST(items_fail_alone)
{
    moonlet_state *s = world(program);
    moonlet_limits limits = {.steps = 1000};
    for (unsigned processes = 0; processes < 3; processes += 2) {
        moonlet_map_options options = {.processes = processes, .limits = &limits};
        moonlet_items all = map(s, "bad", N, &options);
        ck_assert_uint_eq(all.failed, N / 3 * 2);
        for (int x = 1; x <= N; x++) {
            const moonlet_item *item = &all.items[x - 1];
            char text[80];
            snprintf(text, sizeof text, "bad %d", x);
            if (x % 3 == 0) {
                ck_assert_int_eq(item->status, MOONLET_FAILED);
                ck_assert_ptr_nonnull(strstr(item->error->message, text));
                ck_assert_int_eq(item->error->line, 7);
                ck_assert_int_eq(item->error->kind, MOONLET_ERROR_RUNTIME);
                ck_assert_int_eq(moonlet_type_of(item->error->value), MOONLET_STRING);
            } else if (x % 3 == 1) {
                ck_assert_int_eq(item->status, MOONLET_PAUSED);
                ck_assert_int_eq(item->limit, MOONLET_LIMIT_STEPS);
                ck_assert_uint_eq(item->steps, 1000);
            } else {
                assert_number(item->values[0], x);
            }
        }
        moonlet_items_release(&all);
    }
    moonlet_release(s);
}
END_TEST

/* A paused item's state goes on. */
START_TEST(paused_items_go_on)
{
    moonlet_state *s = world("function long(x) local n = 0 for i = 1, 300 do n = n + x end "
                             "return n end");
    moonlet_limits limits = {.steps = 200};
    moonlet_map_options options = {.give = MOONLET_GIVE_STATES, .limits = &limits};
    moonlet_items all = map(s, "long", 5, &options);
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(all.items[i].status, MOONLET_PAUSED);
        moonlet_result r = moonlet_resume(all.items[i].state);
        assert_ok(r);
        assert_number(r.values[0], 300 * (i + 1));
        moonlet_release(r.state);
    }
    moonlet_items_release(&all);
    moonlet_release(s);
}
END_TEST

START_TEST(limits_of_bytes_and_time)
{
    moonlet_state *s = world("function eat(x) local t = {} for i = 1, 1e9 do t[i] = {} end end "
                             "function spin(x) while x == 2 do end return x end");
    moonlet_limits bytes = {.bytes = 100000}, time = {.nanoseconds = 20000000};
    moonlet_map_options options = {.limits = &bytes, .threads = 2};
    moonlet_items all = map(s, "eat", 4, &options);
    for (int i = 0; i < 4; i++) ck_assert_int_eq(all.items[i].limit, MOONLET_LIMIT_BYTES);
    ck_assert_str_eq(moonlet_limit_text(all.items[0].limit), "out of memory");
    moonlet_items_release(&all);
    options.limits = &time;
    all = map(s, "spin", 4, &options);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(all.items[i].limit, i == 1 ? MOONLET_LIMIT_TIME : MOONLET_LIMIT_NONE);
    moonlet_items_release(&all);
    moonlet_release(s);
}
END_TEST

START_TEST(a_lost_process_costs_its_item)
{
    moonlet_state *s = world("function die(x) if x == 3 then os.exit(7) end\n"
                             "if x == 5 then os.execute('kill -9 $PPID') end\n"
                             "if x == 7 then return print ~= nil and function() end end\n"
                             "if x == 8 then return string.rep('x', 300000) end\n"
                             "return x end");
    for (unsigned processes = 1; processes < 4; processes++) {
        moonlet_map_options options = {.processes = processes};
        moonlet_items all = map(s, "die", 10, &options);
        ck_assert_uint_eq(all.failed, 3);
        ck_assert_str_eq(all.items[2].error->message, "the process ended with status 7");
        ck_assert_str_eq(all.items[4].error->message, "the process was killed by signal 9");
        ck_assert_str_eq(all.items[6].error->message,
                         "a function cannot leave its process (threads can share it): value");
        size_t length;
        ck_assert_ptr_nonnull(moonlet_to_bytes(all.items[7].values[0], &length));
        ck_assert_uint_eq(length, 300000);
        assert_number(all.items[9].values[0], 10);
        moonlet_items_release(&all);
    }
    moonlet_release(s);
}
END_TEST

/* Cancelling ------------------------------------------------------------------------- */

static volatile int cancel;
static size_t told, told_of;

static void progress(void *data, size_t done, size_t count)
{
    ck_assert_ptr_eq(data, &told);
    ck_assert_uint_ge(done, told);
    told = done;
    told_of = count;
    if (done >= 6) __atomic_store_n(&cancel, 1, __ATOMIC_RELAXED);
}

START_TEST(progress_and_cancel)
{
    moonlet_state *s = world("function f(x) if x > 6 then while true do end end return x end");
    for (unsigned workers = 1; workers < 5; workers++) {
        moonlet_map_options options = {
            .threads = workers, .progress = progress, .data = &told, .cancel = &cancel};
        if (workers > 2) options.processes = workers - 2;
        cancel = 0;
        told = 0;
        moonlet_items all = map(s, "f", N, &options);
        ck_assert_uint_eq(told_of, N);
        ck_assert_uint_eq(all.failed, N - 6);
        for (int i = 0; i < N; i++) {
            const moonlet_item *item = &all.items[i];
            ck_assert_int_eq(item->status, i < 6 ? MOONLET_OK : MOONLET_PAUSED);
            if (i >= 6) ck_assert_int_eq(item->limit, MOONLET_LIMIT_INTERRUPT);
        }
        moonlet_items_release(&all);
    }
    moonlet_release(s);
}
END_TEST

START_TEST(nothing_to_do)
{
    moonlet_state *s = world(program);
    moonlet_map_options options = {.processes = 2};
    moonlet_items all = map(s, "work", 0, &options);
    ck_assert_uint_eq(all.count, 0);
    moonlet_items_release(&all);
    all = map(s, "work", 0, NULL);
    ck_assert_ptr_nonnull(all.state);
    moonlet_items_release(&all);
    moonlet_release(s);
}
END_TEST

/* state.map under a host ------------------------------------------------------------- */

static int fail_or_not(moonlet_context *c, const moonlet_value *args, size_t count)
{
    double x = 0;
    moonlet_convert(args, count, "n", &x);
    if (x == 2) return moonlet_fail(c, "no %d", (int)x);
    return moonlet_return_one(c, moonlet_boolean(moonlet_context_state(c) != NULL));
}

static const char map_script[] =
    "local state = require 'state'\n"
    "function ask(n) r, e = state.map(host.f, {1, 2, 3}) return r[1], e[2] end\n"
    "function spin(n) local function f() while true do end end\n"
    "  return state.map(f, {1, 2, 3, 4, 5, 6}) end\n"
    "function many(n) local function f(x) for i = 1, 100 do end return x end\n"
    "  local list = {} for i = 1, n do list[i] = i end\n"
    "  return #state.map(f, list, {threads = n % 4 + 1}) end\n"
    "function eat() return state.map(function() local t = {}\n"
    "  for i = 1, 1e9 do t[i] = {} end end, {1, 2}) end\n";

static moonlet_state *map_world(void)
{
    const moonlet_entry entries[] = {{"f", fail_or_not, NULL, NULL, false}, {0}};
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_load_module(s, "host", entries);
    return after(moonlet_next(s, &r), map_script);
}

static moonlet_result call(const moonlet_state *s, const char *name, double x,
                           const moonlet_limits *limits)
{
    moonlet_value argument = moonlet_number(x);
    moonlet_state *limited = moonlet_limit(s, limits);
    moonlet_result r = moonlet_call_function(limited, name, &argument, 1);
    moonlet_release(limited);
    return r;
}

/* It once crashed: the items had no HostRun. */
START_TEST(host_functions_in_items)
{
    moonlet_state *s = map_world();
    moonlet_result r = call(s, "ask", 0, NULL);
    assert_ok(r);
    ck_assert(moonlet_is_true(r.values[0]));
    assert_bytes(r.values[1], "no 2");
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

/* It once ran for ever: the limits were the caller's only. */
START_TEST(limits_hold_in_items)
{
    moonlet_state *s = map_world();
    volatile int stop = 0;
    moonlet_limits steps = {.steps = 10000}, time = {.nanoseconds = 10000000},
                   bytes = {.bytes = 1000000}, interrupt = {.interrupt = &stop};
    moonlet_result r = call(s, "spin", 0, &steps);
    ck_assert_int_eq(r.status, MOONLET_PAUSED);
    ck_assert_int_eq(r.limit, MOONLET_LIMIT_STEPS);
    moonlet_release(r.state);
    r = call(s, "spin", 0, &time);
    ck_assert_int_eq(r.limit, MOONLET_LIMIT_TIME);
    moonlet_release(r.state);
    r = call(s, "eat", 0, &bytes);
    ck_assert_int_eq(r.limit, MOONLET_LIMIT_BYTES);
    moonlet_release(r.state);
    stop = 1;
    r = call(s, "spin", 0, &interrupt);
    ck_assert_int_eq(r.limit, MOONLET_LIMIT_INTERRUPT);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

/* Other items make so much garbage that collections come before the results are given. */
START_TEST(results_are_there_after_collections)
{
    moonlet_state *s =
        world("function three(x)\n"
              "  for i = 1, 200 do local t = {} for k = 1, 200 do t[k] = {} end end\n"
              "  return x, 'text ' .. x, {x}\n"
              "end");
    for (unsigned threads = 0; threads < 3; threads++) {
        moonlet_map_options options = {.threads = threads};
        if (threads == 2) options.give = MOONLET_GIVE_STATES;
        moonlet_items all = map(s, "three", N, &options);
        ck_assert_uint_eq(all.failed, 0);
        for (int i = 0; i < N; i++) {
            char text[20], found[20];
            snprintf(text, sizeof text, "text %d", i + 1);
            ck_assert_uint_eq(all.items[i].count, 3);
            assert_number(all.items[i].values[0], i + 1);
            ck_assert_str_eq(moonlet_to_text(all.items[i].values[1], found, sizeof found),
                             text);
        }
        moonlet_items_release(&all);
    }
    moonlet_release(s);
}
END_TEST

/* What the items use is the program's; too much for the limit, but not for a larger one. */
START_TEST(items_are_charged)
{
    moonlet_state *s = map_world();
    moonlet_limits steps = {.steps = 5000};
    moonlet_result r = call(s, "many", 40, &steps);
    assert_ok(r);
    ck_assert_uint_ge(r.steps, 4000);
    moonlet_release(r.state);
    for (int threads = 0; threads < 4; threads++) {
        r = call(s, "many", 80 + threads, &steps);
        ck_assert_int_eq(r.status, MOONLET_PAUSED);
        ck_assert_int_eq(r.limit, MOONLET_LIMIT_STEPS);
        moonlet_limits more = {.steps = 20000};
        moonlet_state *again = moonlet_limit(r.state, &more);
        moonlet_release(r.state);
        r = moonlet_resume(again);
        assert_ok(r);
        assert_number(r.values[0], 80 + threads);
        moonlet_release(again);
        moonlet_release(r.state);
    }
    moonlet_release(s);
}
END_TEST

/* A map that has to wait for steps leaves no more than what it has begun, and what is done. */
START_TEST(maps_that_wait_leave_little)
{
    static const char source[] =
        "local state = require 'state'\n"
        "local function f(n) local t = {} for i = 1, n do t[i] = {i} end return #t end\n"
        "local r = state.map(f, {10, 300, 10, 10}, {steps = 1e5, threads = 1})\n"
        "return r[1] + r[2] + r[3] + r[4]";
    enum { IMAGE_MAX = 50000 };
    moonlet_limits limits = {.steps = 20};
    moonlet_state *limited = moonlet_limit(moonlet_init(), &limits);
    moonlet_result r = moonlet_do(limited, source);
    int pauses = 0;
    for (; r.status == MOONLET_PAUSED; pauses++) {
        size_t length;
        moonlet_image *image = moonlet_image_save(r.state, NULL, NULL, NULL);
        moonlet_image_bytes(image, &length);
        ck_assert_uint_lt(length, IMAGE_MAX);
        moonlet_image_release(image);
        moonlet_state *paused = r.state;
        r = moonlet_resume(paused);
        moonlet_release(paused);
    }
    assert_ok(r);
    assert_number(r.values[0], 330);
    ck_assert_int_gt(pauses, 10);
    moonlet_release(r.state);
    moonlet_release(limited);
}
END_TEST

/* Threads of the host ----------------------------------------------------------------- */

typedef struct Relay {
    moonlet_state *s;
    bool attach;
    int turn;
} Relay;

/* Takes the state over, moves it on, hands it back. */
static void *relay(void *context)
{
    Relay *r = context;
    if (r->attach) moonlet_thread_attach();
    for (int i = 0; i < 50; i++) r->s = after(r->s, "x = (x or 0) + 1 t = {t, x}");
    if (r->attach) {
        moonlet_thread_detach();
        moonlet_thread_detach();
        moonlet_thread_attach();
        r->s = after(r->s, "x = x + 1");
        moonlet_thread_detach();
    }
    return NULL;
}

START_TEST(states_go_from_thread_to_thread)
{
    Relay r = {.s = moonlet_init()};
    for (r.turn = 0; r.turn < 20; r.turn++) {
        pthread_t thread;
        r.attach = r.turn % 2;
        ck_assert_int_eq(pthread_create(&thread, NULL, relay, &r), 0);
        pthread_join(thread, NULL);
        moonlet_collect();
    }
    ck_assert_double_eq(number_in(r.s, "x"), 20 * 50 + 10);
    ck_assert_double_eq(number_in(r.s, "t[1][1][2]"), 20 * 50 + 7);
    moonlet_release(r.s);
}
END_TEST

/* A value that nothing but a variable of an attached thread holds. */
static void *hold(void *context)
{
    (void)context;
    moonlet_thread_attach();
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_do(s, "return ('x'):rep(100000)");
    volatile moonlet_value kept = r.values[0];
    moonlet_release(r.state);
    moonlet_release(s);
    for (int i = 0; i < 3; i++) moonlet_collect();
    moonlet_value v = kept;
    size_t length;
    const char *bytes = moonlet_to_bytes(v, &length);
    ck_assert_uint_eq(length, 100000);
    for (size_t i = 0; i < length; i++) ck_assert(bytes[i] == 'x');
    moonlet_thread_detach();
    return NULL;
}

START_TEST(attached_threads_hold_values)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, hold, NULL);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    hold(NULL); /* the main thread too can be detached */
    moonlet_state *s = world("x = 1");
    ck_assert_double_eq(number_in(s, "x"), 1);
    moonlet_release(s);
}
END_TEST

/* Workspaces of ended threads are used again. */
START_TEST(threads_leave_nothing_behind)
{
    if (getenv("GC_DONT_GC")) return;
    moonlet_state *s = world(program);
    moonlet_map_options options = {.threads = 4, .give = MOONLET_GIVE_TERMS};
    uint64_t held = 0;
    for (int i = 0; i < 300; i++) {
        moonlet_items all = map(s, "plain", 8, &options);
        moonlet_items_release(&all);
        if (i == 20) {
            moonlet_collect();
            held = moonlet_bytes_held();
        }
    }
    moonlet_collect();
    ck_assert_uint_le(moonlet_bytes_held(), held + (1 << 20));
    moonlet_release(s);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("map");
    tcase_add_test(t, values_in_one_state);
    tcase_add_test(t, into_another_state);
    tcase_add_test(t, terms_and_states);
    tcase_add_test(t, items_fail_alone);
    tcase_add_test(t, paused_items_go_on);
    tcase_add_test(t, limits_of_bytes_and_time);
    tcase_add_test(t, a_lost_process_costs_its_item);
    tcase_add_test(t, progress_and_cancel);
    tcase_add_test(t, nothing_to_do);
    tcase_add_test(t, host_functions_in_items);
    tcase_add_test(t, limits_hold_in_items);
    tcase_add_test(t, results_are_there_after_collections);
    tcase_add_test(t, items_are_charged);
    tcase_add_test(t, maps_that_wait_leave_little);
    tcase_add_test(t, states_go_from_thread_to_thread);
    tcase_add_test(t, attached_threads_hold_values);
    tcase_add_test(t, threads_leave_nothing_behind);
    return run_suite(t);
}
