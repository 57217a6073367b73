/* SPDX-License-Identifier: MIT */
/*
 * What states cost: beginning, forking, snapshot, calls; in small and in large worlds.
 *
 * Times are of the processor, the least of several rounds; bytes are what was allocated.
 * A line is marked when it is over what was promised.
 */
#include <moonlet.h>

#include "control/eval.h"

#include <stdio.h>
#include <time.h>

enum { N = 100000, ROUNDS = 9 };

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

/* The world under test. */
static moonlet_state *world;
static moonlet_value function;
static moonlet_state *kept[N];

/* What is measured: n times. */
typedef void Work(int n);

static void report(const char *name, double ns, double bytes, double ns_max, double bytes_max)
{
    bool slow = ns_max > 0 && ns > ns_max, fat = bytes_max > 0 && bytes > bytes_max;
    printf("  %-44s %8.1f ns %8.1f bytes", name, ns, bytes);
    if (slow) printf("  over %.0f ns", ns_max);
    if (fat) printf("  over %.0f bytes", bytes_max);
    putchar('\n');
}

/* Limits of 0 are no limits. */
static void measure(const char *name, Work *work, double ns_max, double bytes_max)
{
    double ns = 1e18, bytes = 1e18;
    work(N / 10);
    for (int i = 0; i < ROUNDS; i++) {
        moonlet_collect();
        uint64_t bytes_before = moonlet_bytes_allocated();
        double start = now_ns();
        work(N);
        double t = (now_ns() - start) / N;
        double b = (double)(moonlet_bytes_allocated() - bytes_before) / N;
        if (t < ns) ns = t;
        if (b < bytes) bytes = b;
    }
    report(name, ns, bytes, ns_max, bytes_max);
}

/* The works -------------------------------------------------------------------------- */

static void drop(int n)
{
    for (int i = 0; i < n; i++) moonlet_release(kept[i]);
}

static void begin_states(int n)
{
    for (int i = 0; i < n; i++) kept[i] = moonlet_init();
    drop(n);
}

static void retain(int n)
{
    for (int i = 0; i < n; i++) kept[i] = moonlet_retain(world);
    drop(n);
}

/* A run that does nothing, as host code sees it. */
static void fork_idle(int n)
{
    for (int i = 0; i < n; i++) kept[i] = moonlet_call(world, function, NULL, 0).state;
    drop(n);
}

/* Only the run itself: inside Moonlet's C. */
static void fork_bare(int n)
{
    Machine *M = machine_begin(NULL);
    State *s = machine_snapshot(M);
    machine_end(M);
    for (int i = 0; i < n; i++) machine_end(machine_begin(s));
}

/* Snapshots of one run, of which each is kept until the end. */
static State *kept_states[N];
static void snapshot(int n)
{
    Machine *M = machine_begin(NULL);
    for (int i = 0; i < n; i++) kept_states[i] = machine_snapshot(M);
    machine_end(M);
    for (int i = 0; i < n; i++) kept_states[i] = NULL;
}

static void call_and_drop(int n)
{
    for (int i = 0; i < n; i++) moonlet_release(moonlet_call(world, function, NULL, 0).state);
}

/* A native that takes snapshots in mid-run, with coroutines below it. */
static int snapshots_within(Machine *M, Value *a, int n)
{
    for (int i = 0; i < N; i++) eval_snapshot(M);
    return native_results(M, M->native, 0);
}

static void snapshot_in_run(int n)
{
    Machine *M = machine_begin(NULL);
    Native *f = run_new_native(&M->run, snapshots_within, "snapshots", 0);
    eval_call(M, value_object(f), NULL, 0);
    machine_end(M);
}

/* The worlds ------------------------------------------------------------------------- */

static const char source[] =
    "local size = ...\n"
    "big = {} for i = 1, size do big[i] = {i, name = i} end\n"
    "function nothing() end\n"
    "function ten() a = 1 b = 2 c = 3 d = 4 e = 5 f = 6 g = 7 h = 8 i = 9 j = 10 return a end\n"
    "function one() big[1].name = 5 end\n"
    "function work() local t = {} for i = 1, 100 do t[i] = i end a = t return #t end\n"
    "local co = coroutine.wrap(function() while true do coroutine.yield(1) end end)\n"
    "function resume() co() end\n";

static void make_world(double size)
{
    moonlet_chunk *c = moonlet_compile(source, sizeof source - 1, "=bench", NULL);
    moonlet_value argument = moonlet_number(size);
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_call_chunk(s, c, &argument, 1);
    moonlet_chunk_release(c);
    world = moonlet_next(s, &r);
}

/* The results as terms, the new state kept as the next one. */
static void call_decode_and_go_on(int n)
{
    moonlet_state *s = moonlet_retain(world);
    for (int i = 0; i < n; i++) {
        moonlet_term *results;
        moonlet_result r = moonlet_call_function_terms(s, "ten", NULL, &results);
        moonlet_term_free(results);
        s = moonlet_next(s, &r);
    }
    moonlet_release(s);
}

static void measure_limited(void)
{
    moonlet_limits limits = {.steps = 1000000, .bytes = 1 << 24, .nanoseconds = 1000000000};
    moonlet_state *unlimited = world;
    function = moonlet_global(world, "work");
    measure("call, 100 steps", call_and_drop, 0, 0);
    world = moonlet_limit(unlimited, &limits);
    measure("call, 100 steps, with limits", call_and_drop, 0, 0);
    moonlet_release(world);
    world = unlimited;
}

static void measure_world(double size)
{
    make_world(size);
    printf("a world of %.0f tables\n", size);
    measure("fork: another hold on the state", retain, 200, 256);
    function = moonlet_global(world, "nothing");
    measure("fork: call a function, keep the state", fork_idle, 200, 256);
    function = moonlet_global(world, "one");
    measure("call, write one field, drop the state", call_and_drop, 0, 0);
    function = moonlet_global(world, "ten");
    measure("call, write ten globals, drop the state", call_and_drop, 1000, 600);
    measure("the same by name, results as terms, go on", call_decode_and_go_on, 1000, 600);
    measure_limited();
    function = moonlet_global(world, "resume");
    measure("call, resume a coroutine, drop the state", call_and_drop, 0, 0);
    moonlet_release(world);
}

int main(void)
{
    moonlet_release(moonlet_init());
    printf("no world\n");
    measure("begin: moonlet_init", begin_states, 2000, 1024);
    measure("fork: begin and end a run", fork_bare, 200, 256);
    measure("snapshot: between calls", snapshot, 100, 0);
    measure("snapshot: in mid-run", snapshot_in_run, 50, 128);
    measure_world(10);
    measure_world(100000);
    return 0;
}
