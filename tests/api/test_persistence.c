/* SPDX-License-Identifier: MIT */
/*
 * Nothing is ever seen to change in an old state.
 *
 * Random programs run from random members of a pool of states, some until a limit pauses
 * them; some are resumed, also several times; snapshots are taken in mid-run by a native.
 * After each run, every state of the pool must be, word by word, what it was.
 *
 * PERSISTENCE_RUNS in the environment multiplies the number of runs.
 */
#include "random_program.h"
#include "state_dump.h"

#include <check.h>
#include <pthread.h>

enum { POOL = 24, CAPTURED = 4 };

typedef struct Member {
    moonlet_state *state;
    Dump dump;
    bool stopped; /* taken in mid-run */
} Member;

typedef struct Pool {
    Member members[POOL];
    unsigned count;
    Program program;
} Pool;

static unsigned repeat(unsigned runs)
{
    const char *factor = getenv("PERSISTENCE_RUNS");
    return factor ? runs * (unsigned)atoi(factor) : runs;
}

/* Chunks are kept for good: dumps recognise their nodes by address. */
static const moonlet_chunk *compile(const char *text)
{
    char *message = NULL;
    moonlet_chunk *c = moonlet_compile(text, strlen(text), "=random", &message);
    ck_assert_msg(c != NULL, "%s in\n%s", message, text);
    dump_chunk(c);
    return c;
}

/* Snapshots in mid-run ---------------------------------------------------------------- */

static const State *captured[CAPTURED];
static Dump captured_dumps[CAPTURED];
static unsigned captured_count;

static int snap(Machine *M, Value *a, int n)
{
    if (captured_count == CAPTURED || M->boundary) return 0;
    captured[captured_count] = eval_snapshot(M);
    captured_dumps[captured_count] = dump_state(captured[captured_count], DUMP_EXACT);
    captured_count++;
    return native_results(M, M->native, (size_t)n);
}

static moonlet_state *first_state(bool with_snap)
{
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_call_chunk(s, compile(program_world), NULL, 0);
    ck_assert_msg(r.status == MOONLET_OK, "%s", r.error ? r.error->message : "");
    s = moonlet_next(s, &r);
    if (!with_snap) return s;
    Machine *M = machine_begin(s->state);
    Native *f = run_new_native(&M->run, snap, "snap", 0);
    run_set_field(&M->run, M->run.world->globals, "snap", value_object(f));
    moonlet_release(s);
    s = handle_new(machine_snapshot(M), NULL);
    machine_end(M);
    return s;
}

/* The pool ----------------------------------------------------------------------------- */

static void add_member(Pool *pool, moonlet_state *s, Dump d, bool stopped)
{
    unsigned i =
        pool->count < POOL ? pool->count++ : 1 + program_random(&pool->program, POOL - 1);
    Member *m = &pool->members[i];
    dump_free(&m->dump);
    moonlet_release(m->state);
    *m = (Member){s, d, stopped};
}

static void check_pool(Pool *pool, unsigned run)
{
    for (unsigned i = 0; i < pool->count; i++) {
        Dump now = dump_state(pool->members[i].state->state, DUMP_EXACT);
        ck_assert_msg(dump_equal(&now, &pool->members[i].dump),
                      "state %u changed in run %u by\n%s", i, run, pool->program.text);
        dump_free(&now);
    }
}

static void take_captured(Pool *pool, unsigned run)
{
    for (unsigned i = 0; i < captured_count; i++) {
        Dump now = dump_state(captured[i], DUMP_EXACT);
        ck_assert_msg(dump_equal(&now, &captured_dumps[i]),
                      "snapshot %u changed in run %u by\n%s", i, run, pool->program.text);
        dump_free(&now);
        add_member(pool, handle_new(captured[i], NULL), captured_dumps[i], true);
        captured[i] = NULL;
        captured_dumps[i] = (Dump){0};
    }
    captured_count = 0;
}

/* The same state with a random limit, or none. */
static moonlet_state *limited(Pool *pool, const moonlet_state *s)
{
    moonlet_limits limits = {.steps = 1 + program_random(&pool->program, 400)};
    return moonlet_limit(s, program_random(&pool->program, 3) ? &limits : NULL);
}

static moonlet_result run_state(Pool *pool, const moonlet_state *s)
{
    moonlet_state *from = limited(pool, s);
    moonlet_result r;
    if (moonlet_is_paused(s)) {
        r = moonlet_resume(from);
    } else {
        program_make(&pool->program);
        r = moonlet_call_chunk(from, compile(pool->program.text), NULL, 0);
    }
    moonlet_release(from);
    return r;
}

static void run_member(Pool *pool, unsigned run)
{
    Member *m = &pool->members[program_random(&pool->program, pool->count)];
    if (m->stopped) return;
    moonlet_result r = run_state(pool, m->state);
    if (run % 64 == 0) moonlet_collect();
    check_pool(pool, run);
    take_captured(pool, run);
    add_member(pool, r.state, dump_state(r.state->state, DUMP_EXACT), false);
}

static void end_pool(Pool *pool)
{
    for (unsigned i = 0; i < pool->count; i++) {
        dump_free(&pool->members[i].dump);
        moonlet_release(pool->members[i].state);
    }
}

START_TEST(old_states_never_change)
{
    static Pool pool;
    pool = (Pool){.program = {.seed = (uint64_t)_i}};
    moonlet_state *s = first_state(true);
    add_member(&pool, s, dump_state(s->state, DUMP_EXACT), false);
    for (unsigned i = 0; i < repeat(120); i++) run_member(&pool, i);
    end_pool(&pool);
}
END_TEST

/* Runs again ---------------------------------------------------------------------------- */

static moonlet_result run_in_portions(const moonlet_state *s, const moonlet_chunk *c,
                                      uint64_t steps)
{
    moonlet_limits limits = {.steps = steps};
    moonlet_state *from = moonlet_limit(s, &limits);
    moonlet_result r = moonlet_call_chunk(from, c, NULL, 0);
    while (r.status == MOONLET_PAUSED) {
        moonlet_state *paused = r.state;
        r = moonlet_resume(paused);
        moonlet_release(paused);
    }
    moonlet_release(from);
    return r;
}

static void assert_same(const moonlet_result *a, const moonlet_result *b, DumpMode mode,
                        const char *text)
{
    ck_assert_int_eq(a->status, b->status);
    Dump x = dump_state(a->state->state, mode), y = dump_state(b->state->state, mode);
    ck_assert_msg(dump_equal(&x, &y), "two runs differ:\n%s", text);
    dump_free(&x);
    dump_free(&y);
}

/* What a program does depends on the state only, not on where it was paused. */
START_TEST(a_run_again_makes_the_same_world)
{
    static Program p;
    p.seed = 1000 + (uint64_t)_i;
    moonlet_state *s = first_state(false);
    for (unsigned i = 0; i < repeat(60); i++) {
        program_make(&p);
        const moonlet_chunk *c = compile(p.text);
        moonlet_result once = moonlet_call_chunk(s, c, NULL, 0);
        moonlet_result again = moonlet_call_chunk(s, c, NULL, 0);
        moonlet_result parts = run_in_portions(s, c, 1 + program_random(&p, 50));
        assert_same(&once, &again, DUMP_REPLAY, p.text);
        assert_same(&once, &parts, DUMP_VISIBLE, p.text);
        moonlet_release(s);
        s = moonlet_limit(i % 2 ? once.state : parts.state, NULL);
        moonlet_release(once.state);
        moonlet_release(again.state);
        moonlet_release(parts.state);
    }
    moonlet_release(s);
}
END_TEST

/* Threads ------------------------------------------------------------------------------- */

enum { THREADS = 4, SHARED_RUNS = 25 };

typedef struct Worker {
    const moonlet_state *state;
    const moonlet_chunk **chunks;
    Dump *dumps; /* one per chunk */
} Worker;

static void *work(void *context)
{
    Worker *w = context;
    for (int i = 0; i < SHARED_RUNS; i++) {
        moonlet_result r = moonlet_call_chunk(w->state, w->chunks[i], NULL, 0);
        w->dumps[i] = dump_state(r.state->state, DUMP_REPLAY);
        moonlet_release(r.state);
    }
    return NULL;
}

static void grow_world(moonlet_state **s, Program *p, int runs)
{
    for (int i = 0; i < runs; i++) {
        program_make(p);
        moonlet_result r = moonlet_call_chunk(*s, compile(p->text), NULL, 0);
        moonlet_release(*s);
        *s = r.state;
    }
}

START_TEST(threads_share_a_state)
{
    static Program p;
    static Dump dumps[THREADS][SHARED_RUNS];
    const moonlet_chunk *chunks[SHARED_RUNS];
    Worker workers[THREADS];
    pthread_t threads[THREADS];
    p.seed = 5000 + (uint64_t)_i;
    moonlet_state *s = first_state(false);
    grow_world(&s, &p, 20);
    Dump before = dump_state(s->state, DUMP_EXACT);
    for (int i = 0; i < SHARED_RUNS; i++) {
        program_make(&p);
        chunks[i] = compile(p.text);
    }
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (Worker){s, chunks, dumps[i]};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS * SHARED_RUNS; i++) {
        Dump *d = &dumps[i / SHARED_RUNS][i % SHARED_RUNS];
        ck_assert(dump_equal(d, &dumps[0][i % SHARED_RUNS]));
        if (i >= SHARED_RUNS) dump_free(d);
    }
    for (int i = 0; i < SHARED_RUNS; i++) dump_free(&dumps[0][i]);
    Dump after = dump_state(s->state, DUMP_EXACT);
    ck_assert(dump_equal(&before, &after));
    dump_free(&before);
    dump_free(&after);
    moonlet_release(s);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("persistence");
    TCase *t = tcase_create("persistence");
    tcase_set_timeout(t, 300);
    tcase_add_loop_test(t, old_states_never_change, 0, 24);
    tcase_add_loop_test(t, a_run_again_makes_the_same_world, 0, 12);
    tcase_add_loop_test(t, threads_share_a_state, 0, 4);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
