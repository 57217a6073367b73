/* SPDX-License-Identifier: MIT */
/*
 * bench_parallel [workers]: what more threads, or processes, gain; and who locks.
 *
 * The same items are done by one thread, by several threads, by twice as many and by several
 * processes, for items that only compute, for items that allocate, and for a small game; and
 * beside them, a loop in C that uses nothing but registers, in threads. What that gains is all
 * the machine has to give: processors may share a core, and others may be using them. The runs
 * of one kind take turns, and the best of several counts.
 *
 * Then what an item takes beside its own work, with 1 to 16 threads: how often a lock is taken
 * and for how long it is held, collections, and for how long these stop all threads. From that,
 * how fast as many processors would be.
 *
 * Then the locks: pthread_mutex_lock, _trylock and _unlock are counted here, the collector's
 * and the C library's that go through them as well. Forks and evaluations take none; what
 * fetches memory takes one for each free list.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* RTLD_NEXT */
#endif
#include <moonlet.h>

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "clock.h"

enum { ROUNDS = 5, ITEMS = 64 };

static unsigned workers = 2;

static double least(double a, double b) { return a < b ? a : b; }

static void die(const char *why)
{
    fprintf(stderr, "bench_parallel: %s\n", why);
    exit(EXIT_FAILURE);
}

/* Locks ---------------------------------------------------------------------------------- */

static atomic_ulong locks;
static atomic_bool timing;          /* what it takes is not to be in what is compared */
static atomic_ulong holds, held_ns; /* of at most HOLD_MAX: then nobody took the processor */
enum { HOLD_MAX = 20000 };
static _Thread_local uint64_t held_since; /* 0: this thread holds no lock */

static uint64_t clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* What passes between two looks at the clock. */
static double clock_cost(void)
{
    enum { N = 1000000 };
    uint64_t sum = 0;
    for (int i = 0; i < N; i++) {
        uint64_t t = clock_ns();
        t = clock_ns() - t;
        if (t < HOLD_MAX) sum += t;
    }
    return (double)sum / N / 1e9;
}

/* so that shared libraries find them here */
#define EXPORTED __attribute__((visibility("default")))

typedef int LockFn(pthread_mutex_t *m);

static LockFn *real(const char *name, _Atomic(LockFn *) *known)
{
    LockFn *fn = atomic_load(known);
    if (fn) return fn;
    *(void **)&fn = dlsym(RTLD_NEXT, name);
    atomic_store(known, fn);
    return fn;
}

/* Of locks within locks the last one counts: there are hardly any. */
static int taken(int failed)
{
    if (failed) return failed;
    atomic_fetch_add_explicit(&locks, 1, memory_order_relaxed);
    if (atomic_load_explicit(&timing, memory_order_relaxed)) held_since = clock_ns();
    return 0;
}

EXPORTED int pthread_mutex_lock(pthread_mutex_t *m)
{
    static _Atomic(LockFn *) fn;
    return taken(real("pthread_mutex_lock", &fn)(m));
}

EXPORTED int pthread_mutex_trylock(pthread_mutex_t *m)
{
    static _Atomic(LockFn *) fn;
    return taken(real("pthread_mutex_trylock", &fn)(m));
}

EXPORTED int pthread_mutex_unlock(pthread_mutex_t *m)
{
    static _Atomic(LockFn *) fn;
    uint64_t ns = held_since ? clock_ns() - held_since : HOLD_MAX + 1;
    if (ns <= HOLD_MAX) {
        atomic_fetch_add_explicit(&holds, 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&held_ns, ns, memory_order_relaxed);
    }
    held_since = 0;
    return real("pthread_mutex_unlock", &fn)(m);
}

/* Time ----------------------------------------------------------------------------------- */

/* The best of several runs: on the wall, and of the processors, children's too. */
typedef struct Spent {
    double wall, busy;
} Spent;

static Spent now(void) { return (Spent){clock_seconds(), clock_busy_all()}; }

/* What has been spent since, `share` of it, if that is less. */
static void keep_least(Spent *best, Spent since, double share)
{
    Spent t = now();
    best->wall = least(best->wall, (t.wall - since.wall) * share);
    best->busy = least(best->busy, (t.busy - since.busy) * share);
}

enum { ALONE, THREADS, MORE, PROCESSES, WAYS };

static void print(const char *name, const Spent *t)
{
    printf("  %-27s %8.1f ms", name, t[ALONE].wall * 1e3);
    for (int i = THREADS; i < WAYS; i++)
        printf("   %5.2f %4.2f", t[ALONE].wall / t[i].wall, t[i].busy / t[ALONE].busy);
    putchar('\n');
    fflush(stdout);
}

/* The control: C that needs no memory. ------------------------------------------------------
 */

static void *compute(void *context)
{
    volatile double *out = context;
    double x = 1;
    for (int i = 0; i < 40000000; i++) x = x * 1.0000001 + 0.5;
    *out = x;
    return NULL;
}

/* So many at once, on threads or processes. */
static void compute_with(unsigned count, bool processes)
{
    pthread_t threads[64];
    double out[64];
    for (unsigned i = 0; i < count; i++) {
        if (processes) {
            if (fork() == 0) {
                compute(&out[i]);
                _exit(0);
            }
        } else if (pthread_create(&threads[i], NULL, compute, &out[i]) != 0) {
            die("no thread");
        }
    }
    for (unsigned i = 0; i < count; i++) {
        if (processes)
            wait(NULL);
        else
            pthread_join(threads[i], NULL);
    }
}

/* Maps ------------------------------------------------------------------------------------ */

static const char program[] =
    "function compute(x) local s = 0 for i = 1, 200000 do s = s + i % x end return s end\n"
    "function allocate(x) local t\n"
    "  for i = 1, 20000 do t = {i, name = i, next = i % 100 ~= 0 and t or nil} end\n"
    "  return t.name end\n"
    "function text(x) local s = 0\n"
    "  for i = 1, 5000 do s = s + #(tostring(i) .. 'abc'):rep(3):upper() end return s end\n"
    "function closures(x) local s = 0\n"
    "  for i = 1, 20000 do local f = function(y) s = s + y + i % x return s end f(i) end\n"
    "  return s end\n"
    "function coroutines(x) local s = 0\n"
    "  for i = 1, 4000 do\n"
    "    local co = coroutine.wrap(function(a) a = a + coroutine.yield(a) return a end)\n"
    "    s = s + co(i) + co(x)\n"
    "  end\n"
    "  return s end\n"
    "local function behave(me)\n"
    "  while true do\n"
    "    for _ = 1, me.way do me.x = me.x + 1 coroutine.yield() end\n"
    "    me.log[#me.log + 1] = me.name .. ' at ' .. me.x\n"
    "    if #me.log > 3 then me.log = {} end\n"
    "    coroutine.yield()\n"
    "  end\n"
    "end\n"
    "function game(x) local all, near = {}, 0\n"
    "  for i = 1, 100 do\n"
    "    local e = {x = i * x % 97, way = i % 7 + 1, name = 'e' .. i, log = {}}\n"
    "    e.step = coroutine.wrap(behave)\n"
    "    all[i] = e\n"
    "  end\n"
    "  for frame = 1, 60 do\n"
    "    local places = {}\n"
    "    for _, e in ipairs(all) do\n"
    "      e.step(e)\n"
    "      local there = places[e.x] or {} there[#there + 1] = e places[e.x] = there\n"
    "      near = near + #there\n"
    "    end\n"
    "  end\n"
    "  return near end\n"
    "function nothing() end\n"
    "function ten() a = 1 b = 2 c = 3 d = 4 e = 5 f = 6 g = 7 h = 8 i = 9 j = 10 return a "
    "end\n";

static moonlet_state *world;

static void map_with(const char *name, const moonlet_map_options *options, Spent *best)
{
    moonlet_value inputs[ITEMS], f = moonlet_global(world, name);
    for (int i = 0; i < ITEMS; i++) inputs[i] = moonlet_number(i + 3);
    Spent start = now();
    moonlet_items all = moonlet_map(world, f, inputs, ITEMS, options);
    keep_least(best, start, 1);
    if (all.failed) die("an item failed");
    moonlet_items_release(&all);
}

static void compare(const char *name, const char *function)
{
    moonlet_map_options options[WAYS] = {
        {.threads = 1}, {.threads = workers}, {.threads = 2 * workers}, {.processes = workers}};
    Spent best[WAYS] = {{1e9, 1e9}, {1e9, 1e9}, {1e9, 1e9}, {1e9, 1e9}};
    for (int i = 0; i < ROUNDS * WAYS; i++) {
        options[i % WAYS].give = MOONLET_GIVE_TERMS;
        map_with(function, &options[i % WAYS], &best[i % WAYS]);
    }
    print(name, best);
}

static void control(void)
{
    Spent best[WAYS] = {{1e9, 1e9}, {1e9, 1e9}, {1e9, 1e9}, {1e9, 1e9}};
    for (int i = 0; i < ROUNDS * WAYS; i++) {
        unsigned count = i % WAYS == ALONE ? 1 : i % WAYS == MORE ? 2 * workers : workers;
        Spent start = now();
        compute_with(count, i % WAYS == PROCESSES);
        keep_least(&best[i % WAYS], start, 1.0 / count);
    }
    print("control: C in registers", best);
}

/* What an item takes ---------------------------------------------------------------------- */

/* For an item: seconds, and counts of locks and collections. */
typedef struct Parts {
    double busy, locks, held, collections, stopped;
} Parts;

static Parts parts_now(void)
{
    moonlet_pauses p = moonlet_collector_pauses();
    return (Parts){.busy = clock_busy(),
                   .locks = (double)atomic_load(&locks),
                   .collections = (double)p.count,
                   .stopped = (double)p.busy / 1e9};
}

static double per_item(double then, double now) { return (now - then) / (ROUNDS * ITEMS); }

/* How long a lock is held: collections, which are made with the lock held, are too long to be
 * among the holds. */
static double hold(void)
{
    double n = (double)atomic_exchange(&holds, 0), ns = (double)atomic_exchange(&held_ns, 0);
    double each = n > 0 ? ns / n / 1e9 - clock_cost() : 0;
    return each > 0 ? each : 0;
}

static Parts parts_of(const char *function, unsigned threads)
{
    moonlet_map_options o = {.threads = threads, .give = MOONLET_GIVE_TERMS};
    Spent unused = {1e9, 1e9};
    hold();
    Parts a = parts_now();
    atomic_store(&timing, true);
    for (int i = 0; i < ROUNDS; i++) map_with(function, &o, &unused);
    atomic_store(&timing, false);
    Parts b = parts_now(), p = {.busy = per_item(a.busy, b.busy),
                                .locks = per_item(a.locks, b.locks),
                                .collections = per_item(a.collections, b.collections),
                                .stopped = per_item(a.stopped, b.stopped)};
    p.held = p.locks * hold();
    return p;
}

/* How many times as fast as one processor so many would be, from what was measured with as many
 * threads. What an item does while no thread is stopped is spread over them, but done no faster
 * than the lock allows; while one collects, all others wait. What it takes to fetch the lock,
 * and memory, from another processor's cache is in this only as far as there are processors
 * here. */
static double model(const Parts *one, const Parts *p, unsigned processors)
{
    double spread = (p->busy - p->stopped) / processors;
    return one->busy / ((spread > p->held ? spread : p->held) + p->stopped);
}

static void take_apart(const char *name, const char *function)
{
    Parts one = {0};
    for (unsigned n = 1; n <= 16; n *= 2) {
        Parts p = parts_of(function, n);
        if (n == 1) one = p;
        printf("  %-27s %2u %8.0f %8.1f %8.1f %8.3f %8.1f   %6.2f\n", n == 1 ? name : "", n,
               p.busy * 1e6, p.locks, p.held * 1e6, p.collections, p.stopped * 1e6,
               model(&one, &p, n));
        fflush(stdout);
    }
}

/* Locks of a fork ------------------------------------------------------------------------- */

static void count_locks(const char *name, const char *function, bool by_name)
{
    enum { N = 100000 };
    moonlet_value f = moonlet_global(world, function);
    uint64_t bytes = moonlet_bytes_allocated();
    unsigned long before = atomic_load(&locks);
    for (int i = 0; i < N; i++) {
        moonlet_state *fork = moonlet_retain(world);
        moonlet_result r = by_name ? moonlet_call_function(fork, function, NULL, 0)
                                   : moonlet_call(fork, f, NULL, 0);
        moonlet_release(fork);
        moonlet_release(r.state);
    }
    double taken = (double)(atomic_load(&locks) - before);
    bytes = moonlet_bytes_allocated() - bytes;
    printf("  %-42s %7.4f locks each", name, taken / N);
    printf(taken > 0 ? ", one for %.0f bytes allocated\n" : "\n", (double)bytes / taken);
}

int main(int argc, char **argv)
{
    if (argc > 1) workers = (unsigned)atoi(argv[1]);
    if (workers < 1 || workers > 32) workers = 2;
    moonlet_result r = moonlet_do(moonlet_init(), program);
    if (r.status != MOONLET_OK) die(r.error->message);
    world = r.state;
    printf("how many times as fast as one thread, and for how much of its processor time\n"
           "  %-27s %11s %7u threads %2u threads %u processes\n",
           "", "one thread", workers, 2 * workers, workers);
    control();
    compare("map: items that compute", "compute");
    compare("map: items that make texts", "text");
    compare("map: items that make tables", "allocate");
    compare("map: items of closures", "closures");
    compare("map: items of coroutines", "coroutines");
    compare("map: a game each", "game");
    printf(
        "what an item takes, us, with so many threads; and how many times as fast as one so\n"
        "many processors would be\n  %-27s %2s %8s %8s %8s %8s %8s   %6s\n",
        "", "n", "busy", "locks", "held", "collect", "stopped", "model");
    take_apart("items that compute", "compute");
    take_apart("items that make texts", "text");
    take_apart("items that make tables", "allocate");
    take_apart("items of closures", "closures");
    take_apart("items of coroutines", "coroutines");
    take_apart("a game each", "game");
    printf("locks taken by 100000 of\n");
    count_locks("fork, call nothing, drop", "nothing", false);
    count_locks("fork, write ten globals, drop", "ten", false);
    count_locks("the same, called by name", "ten", true);
    moonlet_release(world);
    return 0;
}
