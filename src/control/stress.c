/* SPDX-License-Identifier: MIT */
/*
 * The disturbances of the build kind `stress`, and its checks.
 *
 * Main invariant: a program notices nothing of them, so whatever it prints is what it prints
 * without.
 */
#include "control/stress.h"

#ifdef MOONLET_STRESS

#include <stdio.h>
#include <stdlib.h>

#include "control/eval.h"
#include "control/switch.h"
#include "eval/exec.h"
#include "stack/trace_stack.h"

enum {
    PERIOD = 5,
    FRAMES = 20,        /* that are checked at each poll */
    TRACE_MIN = 100,    /* polls between traces */
    TRACE_SHARE = 16,   /* objects and slots that a poll pays to trace */
    TRACE_BYTES = 4096, /* allocated so far, which is the most that tables may have */
    RESULTS = 16        /* returns of more are left alone */
};

static int64_t number_from(const char *name, int64_t otherwise)
{
    const char *text = getenv(name);
    return text ? atoll(text) : otherwise;
}

int64_t stress_portion(int64_t most)
{
    static int64_t period; /* any thread's will do */
    if (!period) period = number_from("MOONLET_STRESS", PERIOD);
    if (period <= 0) period = PERIOD;
    return most < period ? most : period;
}

/* Which disturbance comes next, in this thread. */
static unsigned next_turn(void)
{
    static __thread unsigned turn;
    static __thread bool begun;
    if (!begun) turn = (unsigned)number_from("MOONLET_STRESS_TURN", 0);
    begun = true;
    return turn++;
}

/* Checks ------------------------------------------------------------------------------ */

static _Noreturn void fail(const char *what, Value v)
{
    fprintf(stderr, "stress: %s: %llx\n", what, (unsigned long long)v);
    abort();
}

void stress_values(const Value *v, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!value_is_valid(v[i])) fail("no value", v[i]);
}

static void check_slots(void *context, Value *slots, size_t count)
{
    (void)context;
    stress_values(slots, count);
}

static void check_stack(Machine *M, StackTop top)
{
    const StackVisitor visitor = {.live = check_slots, .frames = FRAMES};
    const Segment *s = M->segment;
    for (unsigned i = 0; i < SEGMENT_GUARD; i++)
        if (s->slots[s->size + i] != SEGMENT_GUARD_WORD)
            fail("written beyond the stack", s->slots[s->size + i]);
    stack_visit(&visitor, top);
}

void stress_stack(Machine *M, const Node *n, Value *fp)
{
    check_stack(M, (StackTop){M->segment, fp, n, 0});
}

/* Traces all there is, with the checks that a trace makes; the more there is the rarer. */
static void trace_all(Machine *M, StackTop *top)
{
    static __thread uint64_t polls;
    if (polls-- > 0) return;
    TraceRoots roots = trace_roots(M, top);
    trace_purge(&M->run, &roots);
    uint64_t traced = M->run.world->collection.objects + frame_depth(M, top->fp);
    polls = TRACE_MIN + traced / TRACE_SHARE + run_counted(&M->run) / TRACE_BYTES;
}

/* Disturbances ------------------------------------------------------------------------ */

/* Whether there are only checks now: a C function waits, or there is no memory to move to. */
static bool is_quiet(const Machine *M) { return M->depth > 1 || M->boundary || mem_short; }

static void save(Machine *M, const Node *n, Value *fp)
{
    CoBody *b = heap_coroutine_mut(&M->run, M->run.co);
    switch_save(M, b, fp, fp + frame_used_at(M, n, fp), CO_PAUSED);
    b->node = n;
}

static void load(Machine *M, const State *s)
{
    machine_snapshot(M);
    machine_load(M, s);
}

/* Packs as for a pause; with `again`, as if another had been at work since. */
static Value *pack(Machine *M, const Node *n, Value *fp, bool own, bool again)
{
    save(M, n, fp);
    State *s = own ? machine_snapshot_own(M, NULL) : machine_snapshot(M);
    if (again) load(M, s);
    return eval_go_on(M);
}

static Value *disturb(Machine *M, const Node *n, Value *fp)
{
    switch (next_turn() % 5) {
    case 0: return frame_displace(M, fp, frame_used_at(M, n, fp));
    case 1: return pack(M, n, fp, false, false);
    case 2: return pack(M, n, fp, true, false);
    case 3: return pack(M, n, fp, false, true);
    default: return pack(M, n, fp, true, true);
    }
}

/* What this takes the program has not allocated, nor has it done the work. */
Value *stress_poll(Machine *M, const Node *n, Value *fp)
{
    StackTop top = {M->segment, fp, n, M->open};
    check_stack(M, top);
    if (is_quiet(M)) return fp;
    int64_t *meter = mem_meter;
    mem_meter = NULL;
    trace_all(M, &top);
    uint64_t counted = mem_count_stop(), before = M->run.counted, from = M->run.counted_from;
    fp = disturb(M, n, fp);
    M->run.counted = before;
    M->run.counted_from = from;
    mem_count_go_on(counted);
    mem_meter = meter;
    return fp;
}

/* Pauses ------------------------------------------------------------------------------ */

enum { PAUSES = 7 }; /* one poll of so many */

bool stress_pauses(Machine *M)
{
    static __thread unsigned polls;
    if (is_quiet(M) || M->stop || ++polls % PAUSES) return false;
    M->stop = STOP_STRESS;
    return true;
}

bool stress_resume(Machine *M, const Node **n, Value **fp)
{
    if (M->status != RUN_PAUSED || M->stop != STOP_STRESS) return false;
    State *s = machine_snapshot(M);
    if (next_turn() % 2) load(M, s);
    const CoBody *b = heap_coroutine(&M->run, M->run.co);
    *n = b->node;
    eval_set_debt(M, b);
    M->stop = STOP_NONE;
    M->status = RUN_OK;
    *fp = eval_go_on(M);
    if (!*fp) fail("no memory to go on", V_NIL);
    return true;
}

/* Returns ----------------------------------------------------------------------------- */

/* The frame that the values of a vararg function, or of one called in tail position, are
 * returned from is another, to which they come next. */
static bool is_left_alone(const Machine *M, const Node *n, const Value *fp)
{
    if (is_quiet(M) || n == &glue_vararg || n == &glue_tail || n == &glue_halt) return true;
    return M->result_count > RESULTS || fp + RESULTS > M->segment->slots + M->segment->size;
}

EXEC(stress_return_many)
{
    static __thread unsigned returns;
    stress_values(M->results, M->result_count);
    if (is_left_alone(M, n, fp) || ++returns % 3) HAND(n->k.many, n, fp, acc, d);
    memmove(fp, M->results, M->result_count * sizeof(Value));
    M->open = M->result_count;
    fp = stress_poll(M, &node_return_again, fp);
    M->results = fp;
    M->result_count = M->open;
    fp = frame_leave(M, M->segment, fp);
    HAND(M->ret->k.many, M->ret, fp, acc, d); /* as node_return_again, but hooks are told */
}

EXEC(stress_return_one)
{
    if (is_quiet(M) || n == &glue_vararg || n == &glue_tail) GO(n, fp, acc, d);
    M->value = acc;
    M->results = &M->value;
    M->result_count = 1;
    HAND(stress_return_many, n, fp, acc, d);
}

#endif
