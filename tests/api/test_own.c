/* SPDX-License-Identifier: MIT */
/*
 * When a run's own snapshots are looked into makes no difference.
 *
 * Random programs take snapshots, as state.snapshot does, at random points. Each runs twice:
 * once each snapshot is looked into at once, once all when the run has ended, in random
 * order, and some are dropped. What goes on from a snapshot ends as the program did.
 *
 * PERSISTENCE_RUNS in the environment multiplies the number of runs.
 */
#include "random_program.h"
#include "state_dump.h"

#include <check.h>

enum { TAKEN = 48, STRIDE = 53 /* a prime: meets all */ };

typedef enum Looking { LOOK_AT_ONCE, LOOK_LATER, LOOK_NEVER } Looking;

static Program program;

/* The snapshots of a run. */
static struct {
    Looking looking;
    unsigned count;
    const State *states[TAKEN];
    Dump dumps[TAKEN], exact[TAKEN]; /* when looked into */
} taken;

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

static int snap(Machine *M, Value *a, int n)
{
    State *s = eval_snapshot_own(M);
    if (taken.looking == LOOK_NEVER || taken.count == TAKEN) return 0;
    unsigned i = taken.count++;
    taken.states[i] = s;
    if (taken.looking == LOOK_AT_ONCE) {
        taken.dumps[i] = dump_state(s, DUMP_VISIBLE);
        taken.exact[i] = dump_state(s, DUMP_EXACT);
    }
    if (taken.looking == LOOK_LATER && i % 16 == 15) {
        taken.states[i - i % 7] = NULL;
        mem_collect();
    }
    return 0;
}

static moonlet_state *first_state(void)
{
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_call_chunk(s, compile(program_world), NULL, 0);
    ck_assert_msg(r.status == MOONLET_OK, "%s", r.error ? r.error->message : "");
    Machine *M = machine_begin(r.state->state);
    run_set_field(&M->run, M->run.world->globals, "snap",
                  value_object(run_new_native(&M->run, snap, "snap", 0)));
    moonlet_release(s);
    moonlet_release(r.state);
    s = handle_new(machine_snapshot(M), NULL);
    machine_end(M);
    return s;
}

/* A random program, with calls of snap between its lines. */
static const moonlet_chunk *make_program(void)
{
    static Program lines;
    program_make(&program);
    lines = program;
    program.length = 0;
    for (char *line = lines.text, *end; *line; line = end) {
        end = strchr(line, '\n') + 1;
        if (program_random(&lines, 2)) program_add(&program, "snap()\n");
        char next = *end;
        *end = 0;
        program_add(&program, line);
        *end = next;
    }
    program.seed = lines.seed;
    return compile(program.text);
}

/* portion: pauses after so many steps, each time; or 0. */
static moonlet_result run(const moonlet_state *s, const moonlet_chunk *c, Looking looking,
                          uint64_t portion)
{
    taken.looking = looking;
    taken.count = 0;
    for (unsigned i = 0; i < TAKEN; i++) dump_free(&taken.exact[i]);
    moonlet_limits limits = {.steps = portion};
    moonlet_state *from = moonlet_limit(s, portion ? &limits : NULL);
    moonlet_result r = moonlet_call_chunk(from, c, NULL, 0);
    moonlet_release(from);
    while (r.status == MOONLET_PAUSED) {
        moonlet_state *paused = r.state;
        r = moonlet_resume(paused);
        moonlet_release(paused);
    }
    taken.looking = LOOK_NEVER;
    return r;
}

static void assert_same(Dump *a, const Dump *b, const char *what, unsigned i)
{
    ck_assert_msg(dump_equal(a, b), "%s %u differs in\n%s", what, i, program.text);
    dump_free(a);
}

/* What has been looked into stays as it was, word by word. */
static void check_exact(void)
{
    for (unsigned i = 0; i < taken.count; i++) {
        if (!taken.exact[i].count) continue;
        Dump d = dump_state(taken.states[i], DUMP_EXACT);
        assert_same(&d, &taken.exact[i], "snapshot looked into before", i);
    }
}

/* In any order each is as it was when looked into at once. */
static void check_taken(const Dump *dumps)
{
    unsigned first = taken.count ? program_random(&program, taken.count) : 0;
    for (unsigned k = 0; k < taken.count; k++) {
        unsigned i = (first + k * STRIDE) % taken.count;
        if (!taken.states[i]) continue;
        Dump d = dump_state(taken.states[i], DUMP_VISIBLE);
        assert_same(&d, &dumps[i], "snapshot", i);
        taken.exact[i] = dump_state(taken.states[i], DUMP_EXACT);
    }
    check_exact();
}

static void go_on_from_one(const moonlet_result *r)
{
    unsigned i = taken.count ? program_random(&program, taken.count) : 0;
    if (!taken.count || !taken.states[i]) return;
    moonlet_state *s = handle_new(taken.states[i], NULL);
    moonlet_result end = moonlet_resume(s);
    ck_assert_int_eq(end.status, r->status);
    Dump want = dump_state(r->state->state, DUMP_VISIBLE),
         got = dump_state(end.state->state, DUMP_VISIBLE);
    assert_same(&got, &want, "what goes on from snapshot", i);
    dump_free(&want);
    moonlet_release(end.state);
    moonlet_release(s);
}

static moonlet_state *run_twice(moonlet_state *s)
{
    static Dump dumps[TAKEN];
    const moonlet_chunk *c = make_program();
    moonlet_result a = run(s, c, LOOK_AT_ONCE, 0);
    unsigned count = taken.count;
    check_exact();
    memcpy(dumps, taken.dumps, sizeof dumps);
    moonlet_result b = run(
        s, c, LOOK_LATER, program_random(&program, 3) ? 0 : 20 + program_random(&program, 200));
    ck_assert_uint_eq(taken.count, count);
    ck_assert_int_eq(a.status, b.status);
    check_taken(dumps);
    go_on_from_one(&b);
    check_exact();
    Dump x = dump_state(a.state->state, DUMP_VISIBLE),
         y = dump_state(b.state->state, DUMP_VISIBLE);
    assert_same(&x, &y, "end of run", 0);
    dump_free(&y);
    for (unsigned i = 0; i < count; i++) dump_free(&dumps[i]);
    moonlet_release(s);
    s = moonlet_limit(b.state, NULL);
    moonlet_release(a.state);
    moonlet_release(b.state);
    return s;
}

START_TEST(it_does_not_matter_when_one_looks)
{
    program = (Program){.seed = 9000 + (uint64_t)_i};
    moonlet_state *s = first_state();
    for (unsigned i = 0; i < repeat(40); i++) s = run_twice(s);
    moonlet_release(s);
}
END_TEST

/* A word that looks like a pointer to the log of a snapshot that was dropped. */
static Undo *stale;

static int hold(Machine *M, Value *a, int n)
{
    (void)a, (void)n;
    stale = M->run.own.undo;
    return 0;
}

static MemWeakList seen;

static int see(Machine *M, Value *a, int n)
{
    (void)M, (void)n;
    ck_assert(mem_weak_list_add(&seen, value_pointer(a[0])));
    return 0;
}

/* What calls have left on the C stack is gone. */
static NOINLINE void clear_stack(void)
{
    volatile char room[1 << 16];
    for (size_t i = 0; i < sizeof room; i++) room[i] = 0;
}

/* Has the collector's own variables, which are roots, point to other blocks. */
static void disturb(const moonlet_state *s)
{
    moonlet_result r = moonlet_do(s, "local t = {} for i = 1, 20000 do t[i] = {i} end");
    moonlet_release(r.state);
    moonlet_collect();
}

START_TEST(a_stale_log_keeps_nothing)
{
    moonlet_pauses before = moonlet_collector_pauses();
    moonlet_collect();
    if (moonlet_collector_pauses().count == before.count) return; /* never collects */
    static const char source[] = "snap() hold()\n"
                                 "for i = 1, 2000 do t = {i} see(t) snap() snap() end\n"
                                 "collectgarbage() snap() collectgarbage()";
    moonlet_state *s = first_state();
    Machine *M = machine_begin(s->state);
    run_set_field(&M->run, M->run.world->globals, "hold",
                  value_object(run_new_native(&M->run, hold, "hold", 0)));
    run_set_field(&M->run, M->run.world->globals, "see",
                  value_object(run_new_native(&M->run, see, "see", 0)));
    moonlet_release(s);
    s = handle_new(machine_snapshot(M), NULL);
    machine_end(M);
    taken.looking = LOOK_NEVER;
    moonlet_result r = moonlet_do(s, source);
    ck_assert_int_eq(r.status, MOONLET_OK);
    ck_assert_ptr_nonnull(stale);
    void **left = mem_alloc(seen.count * sizeof *left);
    size_t count = seen.count;
    /* Held by that log, all would be there. A word on the stack may keep the last ones. */
    for (int i = 0; i < 5 && count >= 1000; i++) {
        clear_stack();
        disturb(s);
        moonlet_collect();
        count = mem_weak_list_get(&seen, left);
    }
    ck_assert_int_lt(count, 1000);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

/* Goes on *left times. */
static bool counted_down(void *left) { return (*(int *)left)-- > 0; }

START_TEST(a_first_look_that_is_given_up_begins_anew)
{
    moonlet_state *s = first_state();
    const moonlet_chunk *c = compile("t = {} for i = 1, 5000 do t[i] = {i} end snap()\n"
                                     "for i = 1, 5000 do t[i][1] = -i end snap()\n");
    moonlet_result a = run(s, c, LOOK_AT_ONCE, 0);
    Dump want = taken.dumps[0];
    moonlet_result b = run(s, c, LOOK_LATER, 0);
    int left = 2;
    ck_assert(!state_look_first(taken.states[0], counted_down, &left));
    ck_assert_int_eq(left, -1); /* it was asked three times, and no more */
    left = 100;
    ck_assert(state_look_first(taken.states[0], counted_down, &left));
    ck_assert_int_gt(left, 90);
    int before = left;
    ck_assert(state_look_first(taken.states[0], counted_down, &left)); /* it is no first one */
    ck_assert_int_eq(left, before);
    Dump got = dump_state(taken.states[0], DUMP_VISIBLE);
    assert_same(&got, &want, "snapshot", 0);
    dump_free(&want);
    dump_free(&taken.dumps[1]);
    moonlet_release(a.state);
    moonlet_release(b.state);
    moonlet_release(s);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("own snapshots");
    TCase *t = tcase_create("own snapshots");
    tcase_set_timeout(t, 300);
    tcase_add_loop_test(t, it_does_not_matter_when_one_looks, 0, 12);
    tcase_add_test(t, a_stale_log_keeps_nothing);
    tcase_add_test(t, a_first_look_that_is_given_up_begins_anew);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
