/* SPDX-License-Identifier: MIT */
/*
 * state.map(f, list [, options]): f(x) for each x of list, each in a fork of this world,
 * on several threads or processes. Answers a list of the (first) results, in order, and a
 * table of the error values of the items that failed, by index, or nil if none did; a
 * failed item's result is false. options:
 *
 *   threads, processes      how many, of which
 *   steps bytes held        what each item may use
 *     seconds stack string
 *   progress                a function, called now and then with how many items are done,
 *                           of how many; in a fork of its own, so that what the map gives
 *                           does not depend on when. That it answers false ends the map:
 *                           items not done are "cancelled". Its error is the map's.
 *
 * The items work for the run that waits for them: what they use counts as its own, and
 * when they reach one of its limits, it stops, to do the whole map again when it goes on.
 * No item may use more than the run has left, so a map takes at most that for each
 * thread. Ctrl-C ends all items, and is an error of state.map.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "control/eval.h"
#include "lib/lib.h"
#include "lib/pool.h"
#include "stack/import.h"

enum {
    /* What a map that waits takes of the C stack and of memory: as much as so many calls. */
    WAITING = 8
};

typedef enum ItemStatus {
    ITEM_WAITING, /* never begun */
    ITEM_OK,
    ITEM_FAILED,
    ITEM_LIMIT,   /* its own */
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

/* 0: none. */
typedef struct ItemLimits {
    uint64_t steps, bytes, held, ns;
    size_t stack, string;
} ItemLimits;

typedef struct Map {
    Machine *M; /* waits */
    const State *base;
    Value function;
    const Value *inputs;
    Outcome *outcomes;
    size_t count;
    unsigned threads, processes;
    ItemLimits limits; /* of each item */
    uint64_t left;     /* steps that the run has */
    size_t room;       /* bytes that it has */
    _Atomic uint64_t spent, allocated;
    volatile int over; /* all that the run has is spent */
    StopChain stop, outer;
    Value progress; /* a function, or nil */
    Outcome told;   /* of its last call */
    volatile int cancelled;
    StopChain cancel;
} Map;

/* Items ---------------------------------------------------------------------------- */

static void inherit(Machine *child, const Machine *M)
{
    limits_inherit(child, M);
    child->nested = M->nested + M->depth + WAITING;
    child->outside = M->outside;
    if (M->hooks && M->hooks->adopt) M->hooks->adopt(child, M);
}

/* What the run has left is a limit as well, on this thread until the item is done. */
static void limit(Machine *child, const Map *m, const ItemLimits *own)
{
    const Machine *M = m->M;
    int64_t most = MEM_UNBOUNDED - mem_used();
    int64_t room = m->room < (size_t)most ? (int64_t)m->room : most;
    mem_bound = mem_bound_new(mem_used() + room, eval_count_reached, child);
    if (own->stack && (!M->limits.stack_limited || own->stack < M->limits.stack))
        eval_limit_stack(child, own->stack);
    if (own->string) eval_limit_string(child, own->string);
    if (own->held && (!M->limits.held || own->held < M->limits.held))
        eval_limit_held(child, own->held);
    if (own->bytes && own->bytes < m->room) eval_limit_bytes(child, own->bytes);
    if (own->ns) eval_limit_time(child, own->ns);
    eval_set_budget(child, own->steps && own->steps < m->left ? own->steps : m->left);
}

/* Whether what has stopped an item is a limit of its own, and not the run's. */
static bool own_limit(const Map *m, const ItemLimits *own, const Machine *child, EvalStop stop)
{
    const Machine *M = m->M;
    switch (stop) {
    case STOP_STEPS: return own->steps && own->steps < m->left;
    case STOP_BYTES: return own->bytes && own->bytes < m->room;
    case STOP_TIME: return child->limits.deadline != M->limits.deadline;
    case STOP_STACK: return child->limits.stack != M->limits.stack;
    case STOP_STRING: return child->limits.string != M->limits.string;
    case STOP_HELD: return child->limits.held != M->limits.held;
    default: return false;
    }
}

static void spend(Map *m, const Outcome *out)
{
    bool steps = atomic_fetch_add(&m->spent, out->steps) + out->steps > m->left;
    bool bytes = atomic_fetch_add(&m->allocated, out->bytes) + out->bytes > m->room;
    if (steps || bytes) __atomic_store_n(&m->over, 1, __ATOMIC_RELAXED);
}

static ItemStatus status_of(const Map *m, const ItemLimits *own, Machine *child,
                            RunStatus status)
{
    if (status == RUN_OK) return ITEM_OK;
    if (status == RUN_ERROR && !child->fatal) return ITEM_FAILED;
    return own_limit(m, own, child, eval_stop_reason(child)) ? ITEM_LIMIT : ITEM_STOPPED;
}

/* f(args...) in a fork of the world. */
static void call(Map *m, Outcome *out, Value f, const Value *args, size_t n,
                 const ItemLimits *own, const StopChain *stops)
{
    Machine *M = machine_begin(m->base);
    MemBound outer = mem_bound;
    int64_t used = mem_used();
    M->stops = stops;
    inherit(M, m->M);
    limit(M, m, own);
    RunStatus status = eval_call(M, f, args, n);
    out->status = status_of(m, own, M, status);
    out->stop = eval_stop_reason(M);
    if (status == RUN_OK) out->value = lib_result(M, 0);
    if (status == RUN_ERROR) out->value = M->error;
    out->steps = eval_steps_used(M);
    out->bytes = mem_used() > used ? (uint64_t)(mem_used() - used) : 0;
    out->state = machine_snapshot(M);
    machine_end(M);
    mem_bound = outer;
    spend(m, out);
}

static void run_item(void *context, size_t i)
{
    Map *m = context;
    call(m, &m->outcomes[i], m->function, &m->inputs[i], 1, &m->limits, &m->stop);
}

static void tell(void *context, size_t done)
{
    Map *m = context;
    Value args[2] = {value_number((double)done), value_number((double)m->count)};
    if (m->cancelled) return;
    call(m, &m->told, m->progress, args, 2, &(ItemLimits){0}, &m->outer);
    if (m->told.status != ITEM_OK || m->told.value == V_FALSE)
        __atomic_store_n(&m->cancelled, 1, __ATOMIC_RELAXED);
}

static bool has_value(const Outcome *out)
{
    return out->status == ITEM_OK || out->status == ITEM_FAILED;
}

static void pack_item(void *context, size_t i, Pack *p)
{
    Map *m = context;
    Outcome *out = &m->outcomes[i];
    Pack values = {.max = m->limits.bytes && m->limits.bytes < m->room ? m->limits.bytes
                                                                       : m->room};
    Machine *M = machine_begin(out->state);
    if (has_value(out)) pack_values(&values, M, &out->value, 1, m->base->next_id);
    machine_end(M);
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
    if (!out->packed) {
        out->status = ITEM_LOST; /* reason says why */
        return;
    }
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
    Machine *M = m->M;
    m->outer = (StopChain){M->interrupt, M->stops};
    m->cancel = (StopChain){&m->cancelled, &m->outer};
    m->stop = (StopChain){&m->over, &m->cancel};
    Pool pool = {.count = m->count,
                 .workers = m->threads,
                 .here = M->stops || M->outside || (M->hooks && M->hooks->one_thread),
                 .stop = &m->stop,
                 .context = m,
                 .item = run_item,
                 .pack = pack_item,
                 .unpack = unpack_item,
                 .progress = m->progress != V_NIL && !M->outside ? tell : NULL};
    if (m->processes && !M->stops && !M->outside) {
        pool.workers = m->processes;
        pool_fork(&pool);
    } else {
        pool_run(&pool); /* a map within a map has its thread */
    }
    if (M->outside && m->progress != V_NIL) tell(m, m->count); /* but not by the clock */
}

/* Results -------------------------------------------------------------------------- */

static Value packed_value(Machine *M, const Map *m, const Outcome *out, Value *error)
{
    size_t count = 0;
    Unpack u = {out->packed, out->packed + out->packed_length, false};
    Value *values = unpack_values(&u, M, &count, m->base->next_id);
    if (values && count == 1) return values[0];
    *error = new_c_string("damaged answer of a process");
    return V_NIL;
}

/* Nil, and *error set, if it cannot be brought. */
static Value imported_value(Machine *M, const Map *m, const Outcome *out, Value *error)
{
    Import im;
    Machine *from = machine_begin(out->state);
    import_begin(&im, M, from, m->base->next_id);
    Value v = import_value(&im, out->value);
    machine_end_view(from);
    if (!im.refused) return v;
    char text[64 + IMPORT_PATH_MAX];
    snprintf(text, sizeof text, "cannot bring %s out of a fork (%s)", im.refused, im.path);
    *error = new_c_string(text);
    return V_NIL;
}

/* Why an item that has neither result nor error has none. */
static Value reason(const Map *m, const Outcome *out)
{
    if (out->status == ITEM_LOST && !out->packed) return new_c_string("not enough memory");
    if (out->status == ITEM_LOST) return new_string(out->packed, out->packed_length);
    if (out->status == ITEM_LIMIT) return new_c_string(eval_stop_text(out->stop));
    return new_c_string(m->cancelled ? "cancelled" : "cannot start a process");
}

/* One item's outcome, brought into this run: what it answers, and the error or nil. */
static Value bring(Machine *M, const Map *m, const Outcome *out, Value *error)
{
    *error = V_NIL;
    if (!has_value(out)) {
        *error = reason(m, out);
        return V_FALSE;
    }
    Value v = out->packed ? packed_value(M, m, out, error) : imported_value(M, m, out, error);
    if (*error != V_NIL) return V_FALSE;
    if (out->status == ITEM_OK) return v == V_NIL ? V_FALSE : v;
    *error = v == V_NIL ? new_c_string("nil") : v;
    return V_FALSE;
}

static int bring_all(Machine *M, const Map *m)
{
    Value *a = M->native;
    Table *results = run_new_table(&M->run), *errors = NULL;
    for (size_t i = 0; i < m->count; i++) {
        Value error, v = bring(M, m, &m->outcomes[i], &error);
        table_set_int(&results->body, (int64_t)i + 1, v, M->run.epoch);
        if (error == V_NIL) continue;
        if (!errors) errors = run_new_table(&M->run);
        table_set_int(&errors->body, (int64_t)i + 1, error, M->run.epoch);
    }
    a[0] = value_object(results);
    a[1] = errors ? value_object(errors) : V_NIL;
    return 2;
}

/* The whole ------------------------------------------------------------------------ */

/* Why the run itself has to stop; STOP_NONE: it has not. */
static EvalStop reached(const Map *m)
{
    if (machine_stopped(m->M)) return STOP_OUTSIDE;
    if (m->spent > m->left) return STOP_STEPS;
    if (m->allocated > m->room) return STOP_BYTES;
    if (m->told.status == ITEM_STOPPED) return m->told.stop;
    for (size_t i = 0; i < m->count; i++) {
        const Outcome *out = &m->outcomes[i];
        bool cancelled = out->stop == STOP_OUTSIDE && m->cancelled;
        if (out->status == ITEM_STOPPED && !cancelled) return out->stop;
    }
    return STOP_NONE;
}

static void charge(const Map *m)
{
    mem_count_beside(m->allocated);
    native_charge(m->M, m->spent);
}

static int finish(Map *m)
{
    Machine *M = m->M;
    if (stop_flag(M->interrupt)) {
        *M->interrupt = 0;
        return native_error(M, "interrupted!");
    }
    EvalStop stop = reached(m);
    charge(m);
    if (stop != STOP_NONE) {
        M->stop = stop;
        return NATIVE_PAUSE;
    }
    if (m->told.status != ITEM_FAILED) return bring_all(M, m);
    Value error = V_NIL, v = imported_value(M, m, &m->told, &error);
    return native_throw(M, error == V_NIL ? v : error);
}

/* Options -------------------------------------------------------------------------- */

static bool invalid(Machine *M, const char *name)
{
    native_arg_error(M, 2, "invalid option '%s'", name);
    return false;
}

/* A number from `least` up, or 0, as where there is none. */
static bool option(Machine *M, Table *options, const char *name, double least, double *out)
{
    Value v = run_get_field(&M->run, options, name);
    *out = 0;
    if (v == V_NIL) return true;
    return (value_to_number(v, out) && (*out >= least || *out == 0)) || invalid(M, name);
}

static bool worker_option(Machine *M, Table *options, const char *name, unsigned *out)
{
    double n;
    if (!option(M, options, name, 0, &n)) return false;
    *out = n < 256 ? (unsigned)n : 256;
    return true;
}

static bool limit_option(Machine *M, Table *options, const char *name, uint64_t *out)
{
    double n;
    if (!option(M, options, name, 1, &n)) return false;
    *out = n < 1e18 ? (uint64_t)n : (uint64_t)1e18;
    return true;
}

static bool limit_options(Machine *M, Table *t, ItemLimits *out)
{
    uint64_t stack, string;
    double seconds;
    if (!limit_option(M, t, "steps", &out->steps) ||
        !limit_option(M, t, "bytes", &out->bytes) || !limit_option(M, t, "held", &out->held) ||
        !limit_option(M, t, "stack", &stack) || !limit_option(M, t, "string", &string) ||
        !option(M, t, "seconds", 1e-9, &seconds))
        return false;
    out->stack = (size_t)stack;
    out->string = (size_t)string;
    out->ns = seconds < 1e9 ? (uint64_t)(seconds * 1e9) : (uint64_t)1e18;
    return true;
}

static bool is_option(const char *name)
{
    static const char *const names[] = {"threads", "processes", "steps",  "bytes",   "held",
                                        "seconds", "stack",     "string", "progress"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0) return true;
    return false;
}

/* A misspelt limit is none: better an error. */
static bool known_options(Machine *M, Table *t)
{
    Value key = V_NIL, v;
    while (table_next(heap_table(&M->run, t), &key, &v)) {
        const char *name = value_is_string(key) ? lib_c_text(value_string(key)) : "?";
        if (!is_option(name)) return invalid(M, name);
    }
    return true;
}

static bool options(Machine *M, Value *a, int n, Map *m)
{
    if (arg_absent(a, n, 2)) return true;
    Table *t = arg_table(M, a, n, 2);
    if (!t || !known_options(M, t) || !worker_option(M, t, "threads", &m->threads) ||
        !worker_option(M, t, "processes", &m->processes) || !limit_options(M, t, &m->limits))
        return false;
    m->progress = run_get_field(&M->run, t, "progress");
    bool callable = m->progress == V_NIL || value_is_function(m->progress) ||
                    meta_of(M, m->progress, META_CALL) != V_NIL;
    return callable || invalid(M, "progress");
}

/* The whole ------------------------------------------------------------------------ */

/* Without the program that waits: a run that begins beside one needs a new stack. */
static const State *base_state(Machine *M)
{
    State *base = mem_new(sizeof *base);
    *base = *state_settled(eval_snapshot(M));
    base->paused = NULL;
    return base;
}

int state_map(Machine *M, Value *a, int n)
{
    Table *list = n > 1 ? arg_table(M, a, n, 1) : NULL;
    if (!arg_any(M, a, n, 0)) return NATIVE_ERROR;
    if (!list) return n > 1 ? NATIVE_ERROR : native_type_error(M, a, n, 1, "table");
    Map m = {.M = M, .function = a[0], .left = eval_steps_left(M), .room = mem_room()};
    if (!options(M, a, n, &m)) return NATIVE_ERROR;
    if (!eval_has_room(M, WAITING + 1)) return native_error(M, "C stack overflow");
    m.count = (size_t)table_length(heap_table(&M->run, list));
    Value *inputs = mem_try_alloc((m.count + 1) * sizeof *inputs);
    m.outcomes = mem_try_alloc((m.count + 1) * sizeof *m.outcomes);
    if (!inputs || !m.outcomes) {
        mem_refuse();
        return native_memory_error(M);
    }
    for (size_t i = 0; i < m.count; i++)
        inputs[i] = table_get_int(heap_table(&M->run, list), (int64_t)i + 1);
    m.inputs = inputs;
    m.base = base_state(M);
    run_items(&m);
    int answer = finish(&m);
    for (size_t i = 0; i < m.count; i++) free(m.outcomes[i].packed);
    return answer;
}
