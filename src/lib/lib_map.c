/* SPDX-License-Identifier: MIT */
/*
 * state.map(f, list [, options]): f(x) for each x of list, each in a fork of this world,
 * on several threads or processes. Answers a list of the (first) results, in order, and a
 * table of the error values of the items that failed, by index, or nil if none did; a
 * failed item's result is false. options: threads, processes, steps (for each item).
 *
 * The items work for the run that waits for them: what they use counts as its own, and
 * when they reach one of its limits, it stops, to do the whole map again when it goes on.
 * No item may use more than the run has left, so a map takes at most that for each
 * thread. Ctrl-C ends all items, and is an error of state.map.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "eval/eval.h"
#include "eval/import.h"
#include "lib/lib.h"
#include "lib/pool.h"

typedef enum ItemStatus {
    ITEM_WAITING, /* never begun */
    ITEM_OK,
    ITEM_FAILED,
    ITEM_STEPS,   /* out of steps of its own */
    ITEM_STOPPED, /* by a limit of the run, or from outside */
    ITEM_LOST     /* with its process */
} ItemStatus;

typedef struct Outcome {
    ItemStatus status;
    EvalStop stop;
    State *state; /* the item's world when it ended */
    Value value;  /* its first result, or its error */
    uint64_t steps, bytes;
    char *packed; /* of an item done by a process: value, or why there is none; malloc */
    size_t packed_length;
} Outcome;

typedef struct Map {
    Run *R; /* waits */
    const State *base;
    Value function;
    const Value *inputs;
    Outcome *outcomes;
    size_t count;
    unsigned threads, processes;
    uint64_t steps, left; /* for each item; that the run has */
    size_t room;          /* bytes that it has */
    _Atomic uint64_t spent, allocated;
    volatile int over; /* all that the run has is spent */
    RunStop stop, outer;
} Map;

/* Items ---------------------------------------------------------------------------- */

static void inherit(Run *child, const Map *m)
{
    const Run *R = m->R;
    child->string_max = R->string_max;
    child->stack_max = child->stack_limit = R->stack_limit;
    child->string_limited = R->string_limited;
    child->stack_limited = R->stack_limited;
    child->portion_max = R->portion_max;
    child->stops = &m->stop;
    if (R->hooks && R->hooks->adopt) R->hooks->adopt(child, R);
    eval_set_budget(child, m->steps < m->left ? m->steps : m->left);
}

/* On this thread, until the item is done. */
static void bound(Run *child, const Map *m)
{
    int64_t most = INT64_MAX - (int64_t)mem_counted;
    int64_t room = m->room < (size_t)most ? (int64_t)m->room : most;
    mem_bound = (MemBound){(int64_t)mem_counted + room, eval_poll_soon, child};
}

static void spend(Map *m, const Outcome *out)
{
    bool steps = atomic_fetch_add(&m->spent, out->steps) + out->steps > m->left;
    bool bytes = atomic_fetch_add(&m->allocated, out->bytes) + out->bytes > m->room;
    if (steps || bytes) __atomic_store_n(&m->over, 1, __ATOMIC_RELAXED);
}

static ItemStatus status_of(const Map *m, const Run *child, RunStatus status)
{
    if (status == RUN_OK) return ITEM_OK;
    if (status == RUN_ERROR && !child->fatal) return ITEM_FAILED;
    return child->stop == STOP_STEPS && m->steps < m->left ? ITEM_STEPS : ITEM_STOPPED;
}

static void run_item(void *context, size_t i)
{
    Map *m = context;
    Outcome *out = &m->outcomes[i];
    Run *R = run_begin(m->base);
    MemBound outer = mem_bound;
    inherit(R, m);
    bound(R, m);
    RunStatus status = eval_call(R, m->function, &m->inputs[i], 1);
    out->status = status_of(m, R, status);
    out->stop = (EvalStop)R->stop;
    if (status == RUN_OK) out->value = lib_result(R, 0);
    if (status == RUN_ERROR) out->value = R->error;
    out->steps = eval_steps_used(R);
    out->bytes = run_counted(R) - m->base->counted;
    out->state = run_snapshot(R);
    run_end(R);
    mem_bound = outer;
    spend(m, out);
}

static bool has_value(const Outcome *out)
{
    return out->status == ITEM_OK || out->status == ITEM_FAILED;
}

static void pack_item(void *context, size_t i, Pack *p)
{
    Map *m = context;
    Outcome *out = &m->outcomes[i];
    Pack values = {0};
    Run *R = run_begin(out->state);
    if (has_value(out)) pack_values(&values, R, &out->value, 1, m->base->next_id);
    run_end(R);
    const char *error = values.error;
    pack_number(p, *error ? ITEM_LOST : out->status);
    pack_number(p, out->stop);
    pack_number(p, out->steps);
    pack_number(p, out->bytes);
    if (*error)
        pack_bytes(p, error, strlen(error));
    else
        pack_bytes(p, values.bytes, values.length);
    pack_free(&values);
    out->state = NULL; /* nobody asks for it in this process */
    out->value = V_NIL;
}

/* What came through the pipe is kept until its turn: ids are given in order. */
static void keep_packed(Outcome *out, const char *bytes, size_t length)
{
    out->packed = malloc(length + 1);
    if (!out->packed) mem_fail("not enough memory");
    memcpy(out->packed, bytes, length);
    out->packed_length = length;
}

static void unpack_item(void *context, size_t i, const char *bytes, size_t length,
                        const char *why)
{
    Map *m = context;
    Outcome *out = &m->outcomes[i];
    if (!bytes) {
        out->status = ITEM_LOST;
        keep_packed(out, why, strlen(why));
        return;
    }
    Unpack u = {bytes, bytes + length, false};
    out->status = (ItemStatus)unpack_number(&u);
    out->stop = (EvalStop)unpack_number(&u);
    out->steps = unpack_number(&u);
    out->bytes = unpack_number(&u);
    keep_packed(out, u.at, (size_t)(u.end - u.at));
    spend(m, out);
}

static void run_items(Map *m)
{
    Run *R = m->R;
    m->outer = (RunStop){R->interrupt, R->stops};
    m->stop = (RunStop){&m->over, &m->outer};
    Pool pool = {.count = m->count,
                 .workers = m->threads,
                 .stop = &m->stop,
                 .context = m,
                 .item = run_item,
                 .pack = pack_item,
                 .unpack = unpack_item};
    bool alone = R->stops || (R->hooks && R->hooks->one_thread);
    if (m->processes && !R->stops) {
        pool.workers = m->processes;
        pool_fork(&pool);
    } else {
        if (alone) pool.workers = 1; /* a map within a map has its thread */
        pool_run(&pool);
    }
}

/* Results -------------------------------------------------------------------------- */

static Value packed_value(Run *R, const Map *m, const Outcome *out, Value *error)
{
    size_t count = 0;
    Unpack u = {out->packed, out->packed + out->packed_length, false};
    Value *values = unpack_values(&u, R, &count, m->base->next_id);
    if (values && count == 1) return values[0];
    *error = new_c_string("damaged answer of a process");
    return V_NIL;
}

static Value imported_value(Run *R, const Map *m, const Outcome *out, Value *error)
{
    Import im;
    Run *from = run_begin(out->state);
    import_begin(&im, R, from, m->base->next_id);
    Value v = import_value(&im, out->value);
    run_end_view(from);
    if (!im.refused) return v;
    char text[64 + IMPORT_PATH_MAX];
    snprintf(text, sizeof text, "cannot bring %s out of a fork (%s)", im.refused, im.path);
    *error = new_c_string(text);
    return V_NIL;
}

/* One item's outcome, brought into this run: what it answers, and the error or nil. */
static Value bring(Run *R, const Map *m, const Outcome *out, Value *error)
{
    *error = V_NIL;
    switch (out->status) {
    case ITEM_OK:
    case ITEM_FAILED: {
        Value v =
            out->packed ? packed_value(R, m, out, error) : imported_value(R, m, out, error);
        if (*error != V_NIL) return V_FALSE;
        if (out->status == ITEM_OK) return v == V_NIL ? V_FALSE : v;
        *error = v == V_NIL ? new_c_string("nil") : v;
        return V_FALSE;
    }
    case ITEM_STEPS: *error = new_c_string("out of steps"); return V_FALSE;
    case ITEM_LOST: *error = new_string(out->packed, out->packed_length); return V_FALSE;
    default: *error = new_c_string("cannot start a process"); return V_FALSE;
    }
}

static int bring_all(Run *R, const Map *m)
{
    Value *a = R->native;
    Table *results = run_new_table(R), *errors = NULL;
    for (size_t i = 0; i < m->count; i++) {
        Value error, v = bring(R, m, &m->outcomes[i], &error);
        table_set_int(&results->body, (int64_t)i + 1, v, R->epoch);
        if (error == V_NIL) continue;
        if (!errors) errors = run_new_table(R);
        table_set_int(&errors->body, (int64_t)i + 1, error, R->epoch);
    }
    a[0] = value_object(results);
    a[1] = errors ? value_object(errors) : V_NIL;
    return 2;
}

/* The whole ------------------------------------------------------------------------ */

/* Why the run itself has to stop; STOP_NONE: it has not. */
static EvalStop reached(const Map *m)
{
    if (run_stopped(m->R)) return STOP_OUTSIDE;
    if (m->over) return STOP_STEPS;
    for (size_t i = 0; i < m->count; i++)
        if (m->outcomes[i].status == ITEM_STOPPED) return m->outcomes[i].stop;
    return STOP_NONE;
}

static void charge(const Map *m)
{
    mem_count(m->allocated);
    native_charge(m->R, m->spent);
}

static int finish(Map *m)
{
    Run *R = m->R;
    if (run_flag(R->interrupt)) {
        *R->interrupt = 0;
        return native_error(R, "interrupted!");
    }
    EvalStop stop = reached(m);
    charge(m);
    if (stop == STOP_NONE) return bring_all(R, m);
    if (R->hooks && R->hooks->poll) R->hooks->poll(R, NULL, NULL); /* to know the limit */
    R->stop = stop;
    return NATIVE_PAUSE;
}

static bool option(Run *R, Table *options, const char *name, double *out)
{
    Value v = run_get_field(R, options, name);
    if (v == V_NIL) return true;
    if (value_to_number(v, out) && *out >= 0) return true;
    native_arg_error(R, 2, "invalid option '%s'", name);
    return false;
}

static unsigned worker_count(double n) { return n < 256 ? (unsigned)n : 256; }

static bool options(Run *R, Value *a, int n, Map *m)
{
    double threads = 0, processes = 0, steps = 0;
    if (arg_absent(a, n, 2)) return true;
    Table *t = arg_table(R, a, n, 2);
    if (!t || !option(R, t, "threads", &threads) || !option(R, t, "processes", &processes) ||
        !option(R, t, "steps", &steps))
        return false;
    m->threads = worker_count(threads);
    m->processes = worker_count(processes);
    if (steps >= 1) m->steps = steps < 1e18 ? (uint64_t)steps : UINT64_MAX;
    return true;
}

int state_map(Run *R, Value *a, int n)
{
    Table *list = n > 1 ? arg_table(R, a, n, 1) : NULL;
    if (!arg_any(R, a, n, 0)) return NATIVE_ERROR;
    if (!list) return n > 1 ? NATIVE_ERROR : native_type_error(R, a, n, 1, "table");
    Map m = {.R = R,
             .function = a[0],
             .steps = UINT64_MAX,
             .left = eval_steps_left(R),
             .room = mem_room()};
    if (!options(R, a, n, &m)) return NATIVE_ERROR;
    m.count = (size_t)table_length(heap_table(R, list));
    Value *inputs = mem_alloc((m.count + 1) * sizeof *inputs);
    for (size_t i = 0; i < m.count; i++)
        inputs[i] = table_get_int(heap_table(R, list), (int64_t)i + 1);
    m.inputs = inputs;
    m.outcomes = mem_alloc((m.count + 1) * sizeof *m.outcomes);
    m.base = state_settled(eval_snapshot(R));
    run_items(&m);
    int answer = finish(&m);
    for (size_t i = 0; i < m.count; i++) free(m.outcomes[i].packed);
    return answer;
}
