/* SPDX-License-Identifier: MIT */
/*
 * Everything that threads may do at once, for a long time, with the right answers.
 *
 * Some worlds and some chunks are made first, and what each chunk makes of each world is
 * worked out on one thread. Then threads do these runs again, in forks, maps, processes,
 * and in imported copies of the worlds, and hand on states to each other, while others
 * compile, intern and collect. Every answer must be, word by word, the one known.
 *
 *     test_stress            a second or so, for the tests
 *     test_stress 1200 8     so many seconds, on so many threads
 */
#include "api_test.h"
#include "random_program.h"
#include "state_dump.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

enum { WORLDS = 6, CHUNKS = 24, HANDED = 16, THREADS_MAX = 64, MAP_N = 12 };

static moonlet_state *worlds[WORLDS];
static const moonlet_chunk *chunks[CHUNKS];
static uint64_t known[WORLDS][CHUNKS];  /* of the world after the chunk, with ids */
static uint64_t copied[WORLDS][CHUNKS]; /* of a copy of the world after it, without */
static double mapped[WORLDS];           /* the sum of a map's results */

static moonlet_state *handed[HANDED]; /* from thread to thread */
static pthread_mutex_t hand = PTHREAD_MUTEX_INITIALIZER;

static atomic_bool over;
static atomic_ulong done, limit;

static uint64_t hash_of(const moonlet_state *s, DumpMode mode)
{
    Dump d = dump_state(s->state, mode);
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < d.count; i++) h = (h ^ d.words[i]) * 1099511628211u;
    dump_free(&d);
    return h;
}

static void wrong(const char *what, unsigned w, unsigned c)
{
    fprintf(stderr, "wrong answer: %s, world %u, chunk %u\n", what, w, c);
    abort();
}

/* Preparing -------------------------------------------------------------------------- */

static const moonlet_chunk *compile(const char *text)
{
    moonlet_chunk *c = moonlet_compile(text, strlen(text), "=stress", NULL);
    if (!c) abort();
    dump_chunk(c);
    return c;
}

static moonlet_state *run(const moonlet_state *s, const moonlet_chunk *c)
{
    return moonlet_call_chunk(s, c, NULL, 0).state;
}

static moonlet_state *run_on(moonlet_state *s, const moonlet_chunk *c)
{
    moonlet_state *next = run(s, c);
    moonlet_release(s);
    return next;
}

static const char extra[] =
    "function sum(x) local t = {} for i = 1, 50 do t[i] = {i * x, tostring(i)} end\n"
    "  local s = 0 for i = 1, 50 do s = s + t[i][1] + #t[i][2] end\n"
    "  s1 = trim(s1) .. 'map' map['m' .. x] = t go(cos[x % 9 + 1], x)\n"
    "  return s + n1, {t[1], t[1]} end\n"
    "function own() local t = {} for k, v in pairs(_G) do t[k] = v end return t end\n"
    "function put(t) for k, v in pairs(t) do _G[k] = v end math.randomseed(1) end\n"
    "function inside(x) local state = require 'state'\n"
    "  local r, e = state.map(sum, {1, 2, 3, 4, 5}, {threads = x})\n"
    "  return e == nil and r[1] + r[2] + r[3] + r[4] + r[5]\n"
    "    + state.fork(function() n1 = -1 return 0 end) end\n";

/* A new state with the globals of another. */
static moonlet_state *copy_world(const moonlet_state *from)
{
    moonlet_state *to = moonlet_init();
    moonlet_result own = moonlet_call_function(from, "own", NULL, 0);
    moonlet_result r = moonlet_import(to, own.state, own.values, 1, NULL);
    if (r.status != MOONLET_OK) wrong(r.error->message, 0, 0);
    moonlet_value t = r.values[0];
    moonlet_value put = moonlet_global(from, "put");
    moonlet_result f = moonlet_import(r.state, from, &put, 1, NULL);
    moonlet_release(r.state);
    moonlet_release(own.state);
    r = moonlet_call(f.state, f.values[0], &t, 1);
    moonlet_release(f.state);
    moonlet_release(to);
    return r.state;
}

static double map_sum(unsigned w, const moonlet_map_options *options)
{
    moonlet_value inputs[MAP_N];
    for (int i = 0; i < MAP_N; i++) inputs[i] = moonlet_number(i + 1);
    moonlet_value f = moonlet_global(worlds[w], "sum");
    moonlet_items all = moonlet_map(worlds[w], f, inputs, MAP_N, options);
    double sum = 0;
    for (int i = 0; i < MAP_N; i++) {
        const moonlet_item *item = &all.items[i];
        double d = 0;
        if (item->status != MOONLET_OK) wrong(item->error->message, w, 0);
        if (item->terms)
            d = moonlet_term_to_number(moonlet_term_item(item->terms, 0), 0);
        else
            moonlet_to_number(item->values[0], &d);
        sum += d * (i + 1);
    }
    moonlet_items_release(&all);
    return sum;
}

static void prepare(void)
{
    static Program p;
    p.seed = 11;
    const moonlet_chunk *first = compile(program_world), *more = compile(extra);
    for (unsigned c = 0; c < CHUNKS; c++) {
        program_make(&p);
        chunks[c] = compile(p.text);
    }
    for (unsigned w = 0; w < WORLDS; w++) {
        moonlet_state *s = run_on(run_on(moonlet_init(), first), more);
        for (unsigned k = 0; k < 4 * w; k++) s = run_on(s, chunks[(5 * w + k) % CHUNKS]);
        worlds[w] = s;
        moonlet_map_options one = {.threads = 1};
        mapped[w] = map_sum(w, &one);
        moonlet_state *copy = copy_world(s);
        for (unsigned c = 0; c < CHUNKS; c++) {
            moonlet_state *after_chunk = run(s, chunks[c]), *in_copy = run(copy, chunks[c]);
            known[w][c] = hash_of(after_chunk, DUMP_REPLAY);
            copied[w][c] = hash_of(in_copy, DUMP_ALIKE);
            moonlet_release(after_chunk);
            moonlet_release(in_copy);
        }
        moonlet_release(copy);
    }
    for (unsigned i = 0; i < HANDED; i++) handed[i] = moonlet_retain(worlds[i % WORLDS]);
}

/* What threads do ---------------------------------------------------------------------- */

static void fork_and_run(Program *p)
{
    unsigned w = program_random(p, WORLDS), c = program_random(p, CHUNKS);
    moonlet_state *fork = moonlet_retain(worlds[w]), *s = run(fork, chunks[c]);
    moonlet_release(fork);
    if (hash_of(s, DUMP_REPLAY) != known[w][c]) wrong("fork", w, c);
    moonlet_release(s);
}

static void map_threads(Program *p)
{
    unsigned w = program_random(p, WORLDS);
    moonlet_map_options options = {.threads = 1 + program_random(p, 3),
                                   .give = program_random(p, 3)};
    if (map_sum(w, &options) != mapped[w]) wrong("map", w, 0);
}

static void map_processes(Program *p)
{
    unsigned w = program_random(p, WORLDS);
    moonlet_map_options options = {.processes = 1 + program_random(p, 2)};
    if (map_sum(w, &options) != mapped[w]) wrong("map in processes", w, 0);
}

static void map_inside(Program *p)
{
    unsigned w = program_random(p, WORLDS);
    moonlet_value threads = moonlet_number(1 + program_random(p, 3));
    moonlet_result a = moonlet_call_function(worlds[w], "inside", &threads, 1);
    threads = moonlet_number(1);
    moonlet_result b = moonlet_call_function(worlds[w], "inside", &threads, 1);
    if (a.status != MOONLET_OK || b.status != MOONLET_OK) wrong("state.map", w, 0);
    if (!moonlet_equal(a.values[0], b.values[0])) wrong("state.map", w, 1);
    moonlet_release(a.state);
    moonlet_release(b.state);
}

static void import_and_run(Program *p)
{
    unsigned w = program_random(p, WORLDS), c = program_random(p, CHUNKS);
    moonlet_state *s = run_on(copy_world(worlds[w]), chunks[c]);
    if (hash_of(s, DUMP_ALIKE) != copied[w][c]) wrong("import", w, c);
    moonlet_release(s);
}

/* Takes what another thread has made, runs it on twice, and puts it back. */
static void hand_on(Program *p)
{
    unsigned at = program_random(p, HANDED), c = program_random(p, CHUNKS);
    pthread_mutex_lock(&hand);
    moonlet_state *s = moonlet_retain(handed[at]);
    pthread_mutex_unlock(&hand);
    moonlet_state *a = run(s, chunks[c]), *b = run(s, chunks[c]);
    if (hash_of(a, DUMP_REPLAY) != hash_of(b, DUMP_REPLAY)) wrong("handed on", at, c);
    moonlet_release(s);
    moonlet_release(b);
    if (program_random(p, 40) == 0) { /* or it would grow for ever */
        moonlet_release(a);
        a = moonlet_retain(worlds[at % WORLDS]);
    }
    pthread_mutex_lock(&hand);
    s = handed[at];
    handed[at] = a;
    pthread_mutex_unlock(&hand);
    moonlet_release(s);
}

/* Names that others have interned, and new ones. */
static void compile_and_run(Program *p)
{
    char text[256];
    unsigned n = program_random(p, 1000);
    snprintf(text, sizeof text,
             "local name%u = %u field%u = {key%u = name%u} n1 = name%u "
             "return field%u.key%u + n1",
             n, n, n, n, n, n, n, n);
    moonlet_chunk *c = moonlet_compile(text, strlen(text), "=names", NULL);
    moonlet_result r = moonlet_call_chunk(worlds[n % WORLDS], c, NULL, 0);
    double d = -1;
    if (r.status != MOONLET_OK || !moonlet_to_number(r.values[0], &d) || d != 2 * n)
        wrong("compiled", n, 0);
    moonlet_release(r.state);
    moonlet_chunk_release(c);
}

static void limited_and_resumed(Program *p)
{
    unsigned w = program_random(p, WORLDS), c = program_random(p, CHUNKS);
    moonlet_limits limits = {.steps = 1 + program_random(p, 200)};
    moonlet_state *s = moonlet_limit(worlds[w], &limits);
    moonlet_result r = moonlet_call_chunk(s, chunks[c], NULL, 0);
    moonlet_release(s);
    for (int i = 0; r.status == MOONLET_PAUSED && i < 20; i++) {
        s = r.state;
        r = moonlet_resume(s);
        moonlet_release(s);
    }
    moonlet_release(r.state);
}

static void one_thing(Program *p)
{
    switch (program_random(p, 32)) {
    case 0: map_threads(p); break;
    case 1: map_inside(p); break;
    case 2:
        if (program_random(p, 16) == 0) moonlet_collect();
        break;
    case 3:
#ifndef __SANITIZE_THREAD__ /* which cannot follow fork(2) with threads */
        if (program_random(p, 8) == 0) map_processes(p);
#else
        (void)map_processes;
#endif
        break;
    case 4:
    case 5:
    case 6:
    case 7:
    case 8: import_and_run(p); break;
    case 9:
    case 10:
    case 11:
    case 12:
    case 13: hand_on(p); break;
    case 14:
    case 15:
    case 16: compile_and_run(p); break;
    case 17:
    case 18:
    case 19: limited_and_resumed(p); break;
    default: fork_and_run(p); break;
    }
}

static void *work(void *context)
{
    Program *p = context;
    while (!atomic_load(&over) && atomic_fetch_add(&done, 1) < atomic_load(&limit))
        one_thing(p);
    return NULL;
}

static void stress(unsigned threads, double seconds)
{
    static Program programs[THREADS_MAX];
    pthread_t ids[THREADS_MAX];
    prepare();
    for (unsigned i = 0; i < threads; i++) {
        programs[i].seed = 1000 + i;
        if (pthread_create(&ids[i], NULL, work, &programs[i]) != 0) abort();
    }
    if (seconds > 0) {
        struct timespec end;
        clock_gettime(CLOCK_MONOTONIC, &end);
        end.tv_sec += (time_t)seconds;
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) != 0)
            continue; /* the collector's signals */
        atomic_store(&over, true);
    }
    for (unsigned i = 0; i < threads; i++) pthread_join(ids[i], NULL);
}

START_TEST(a_little)
{
    atomic_store(&limit, 300);
    stress(4, 0);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc > 1) {
        unsigned threads = argc > 2 ? (unsigned)atoi(argv[2]) : 4;
        atomic_store(&limit, ~0ul);
        stress(threads < THREADS_MAX ? threads : THREADS_MAX, atof(argv[1]));
        printf("%lu things done, no wrong answer; %llu MB held, %llu collections\n",
               atomic_load(&done), (unsigned long long)moonlet_bytes_held() >> 20,
               (unsigned long long)moonlet_collector_pauses().count);
        return 0;
    }
    TCase *t = tcase_create("stress");
    tcase_add_test(t, a_little);
    return run_suite(t);
}
