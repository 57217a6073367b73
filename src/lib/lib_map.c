/* SPDX-License-Identifier: MIT */
/*
 * state.map(f, list [, options]): f(x) for each x of list, each in a fork of this world,
 * on several threads or processes. Answers a list of the (first) results, in order, and a
 * table of the error values of the items that failed, by index, or nil if none did; a
 * failed item's result is false. options:
 *
 *   threads, processes      how many, of which
 *   steps bytes seconds     what each item may use
 *     stack string
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

#include "eval/eval.h"
#include "eval/import.h"
#include "lib/lib.h"
#include "lib/pool.h"

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
typedef struct Limits {
    uint64_t steps, bytes, ns;
    size_t stack, string;
} Limits;

typedef struct Map {
    Run *R; /* waits */
    const State *base;
    Value function;
    const Value *inputs;
    Outcome *outcomes;
    size_t count;
    unsigned threads, processes;
    Limits limits; /* of each item */
    uint64_t left; /* steps that the run has */
    size_t room;   /* bytes that it has */
    _Atomic uint64_t spent, allocated;
    volatile int over; /* all that the run has is spent */
    RunStop stop, outer;
    Value progress; /* a function, or nil */
    Outcome told;   /* of its last call */
    volatile int cancelled;
    RunStop cancel;
} Map;

/* Items ---------------------------------------------------------------------------- */

static void inherit(Run *child, const Run *R)
{
    child->string_max = R->string_max;
    child->stack_max = child->stack_limit = R->stack_limit;
    child->string_limited = R->string_limited;
    child->stack_limited = R->stack_limited;
    child->bytes_limited = R->bytes_limited;
    child->stack_of_bytes = R->stack_of_bytes;
    child->portion_max = R->portion_max;
    child->deadline = R->deadline;
    if (R->hooks && R->hooks->adopt) R->hooks->adopt(child, R);
}

/* What the run has left is a limit as well, on this thread until the item is done. */
static void limit(Run *child, const Map *m, const Limits *own)
{
    const Run *R = m->R;
    int64_t most = INT64_MAX - (int64_t)mem_counted;
    int64_t room = m->room < (size_t)most ? (int64_t)m->room : most;
    mem_bound = (MemBound){(int64_t)mem_counted + room, eval_poll_soon, child};
    if (own->stack && (!R->stack_limited || own->stack < R->stack_limit))
        eval_limit_stack(child, own->stack);
    if (own->string) eval_limit_string(child, own->string);
    if (own->bytes && own->bytes < m->room) eval_limit_bytes(child, own->bytes);
    if (own->ns) eval_limit_time(child, own->ns);
    eval_set_budget(child, own->steps && own->steps < m->left ? own->steps : m->left);
}

/* Whether what has stopped an item is a limit of its own, and not the run's. */
static bool own_limit(const Map *m, const Limits *own, const Run *child, EvalStop stop)
{
    const Run *R = m->R;
    switch (stop) {
    case STOP_STEPS: return own->steps && own->steps < m->left;
    case STOP_BYTES: return own->bytes && own->bytes < m->room;
    case STOP_TIME: return child->deadline != R->deadline;
    case STOP_STACK: return child->stack_limit != R->stack_limit;
    case STOP_STRING: return child->string_max != R->string_max;
    default: return false;
    }
}

static void spend(Map *m, const Outcome *out)
{
    bool steps = atomic_fetch_add(&m->spent, out->steps) + out->steps > m->left;
    bool bytes = atomic_fetch_add(&m->allocated, out->bytes) + out->bytes > m->room;
    if (steps || bytes) __atomic_store_n(&m->over, 1, __ATOMIC_RELAXED);
}

static ItemStatus status_of(const Map *m, const Limits *own, Run *child, RunStatus status)
{
    if (status == RUN_OK) return ITEM_OK;
    if (status == RUN_ERROR && !child->fatal) return ITEM_FAILED;
    return own_limit(m, own, child, eval_stop_reason(child)) ? ITEM_LIMIT : ITEM_STOPPED;
}

/* f(args...) in a fork of the world. */
static void call(Map *m, Outcome *out, Value f, const Value *args, size_t n, const Limits *own,
                 const RunStop *stops)
{
    Run *R = run_begin(m->base);
    MemBound outer = mem_bound;
    uint64_t counted = mem_counted;
    R->stops = stops;
    inherit(R, m->R);
    limit(R, m, own);
    RunStatus status = eval_call(R, f, args, n);
    out->status = status_of(m, own, R, status);
    out->stop = eval_stop_reason(R);
    if (status == RUN_OK) out->value = lib_result(R, 0);
    if (status == RUN_ERROR) out->value = R->error;
    out->steps = eval_steps_used(R);
    out->bytes = mem_counted > counted ? mem_counted - counted : 0;
    out->state = run_snapshot(R);
    run_end(R);
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
    call(m, &m->told, m->progress, args, 2, &(Limits){0}, &m->outer);
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
    m->cancel = (RunStop){&m->cancelled, &m->outer};
    m->stop = (RunStop){&m->over, &m->cancel};
    Pool pool = {.count = m->count,
                 .workers = m->threads,
                 .here = R->stops || (R->hooks && R->hooks->one_thread),
                 .stop = &m->stop,
                 .context = m,
                 .item = run_item,
                 .pack = pack_item,
                 .unpack = unpack_item,
                 .progress = m->progress != V_NIL ? tell : NULL};
    if (m->processes && !R->stops) {
        pool.workers = m->processes;
        pool_fork(&pool);
    } else {
        pool_run(&pool); /* a map within a map has its thread */
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

/* Nil, and *error set, if it cannot be brought. */
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

/* Why an item that has neither result nor error has none. */
static Value reason(const Map *m, const Outcome *out)
{
    if (out->status == ITEM_LOST) return new_string(out->packed, out->packed_length);
    if (out->status == ITEM_LIMIT) return new_c_string(eval_stop_text(out->stop));
    return new_c_string(m->cancelled ? "cancelled" : "cannot start a process");
}

/* One item's outcome, brought into this run: what it answers, and the error or nil. */
static Value bring(Run *R, const Map *m, const Outcome *out, Value *error)
{
    *error = V_NIL;
    if (!has_value(out)) {
        *error = reason(m, out);
        return V_FALSE;
    }
    Value v = out->packed ? packed_value(R, m, out, error) : imported_value(R, m, out, error);
    if (*error != V_NIL) return V_FALSE;
    if (out->status == ITEM_OK) return v == V_NIL ? V_FALSE : v;
    *error = v == V_NIL ? new_c_string("nil") : v;
    return V_FALSE;
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
    if (stop != STOP_NONE) {
        R->stop = stop;
        return NATIVE_PAUSE;
    }
    if (m->told.status != ITEM_FAILED) return bring_all(R, m);
    Value error = V_NIL, v = imported_value(R, m, &m->told, &error);
    return native_throw(R, error == V_NIL ? v : error);
}

/* Options -------------------------------------------------------------------------- */

static bool invalid(Run *R, const char *name)
{
    native_arg_error(R, 2, "invalid option '%s'", name);
    return false;
}

/* A number from `least` up, or 0, as where there is none. */
static bool option(Run *R, Table *options, const char *name, double least, double *out)
{
    Value v = run_get_field(R, options, name);
    *out = 0;
    if (v == V_NIL) return true;
    return (value_to_number(v, out) && (*out >= least || *out == 0)) || invalid(R, name);
}

static bool worker_option(Run *R, Table *options, const char *name, unsigned *out)
{
    double n;
    if (!option(R, options, name, 0, &n)) return false;
    *out = n < 256 ? (unsigned)n : 256;
    return true;
}

static bool limit_option(Run *R, Table *options, const char *name, uint64_t *out)
{
    double n;
    if (!option(R, options, name, 1, &n)) return false;
    *out = n < 1e18 ? (uint64_t)n : (uint64_t)1e18;
    return true;
}

static bool limit_options(Run *R, Table *t, Limits *out)
{
    uint64_t stack, string;
    double seconds;
    if (!limit_option(R, t, "steps", &out->steps) ||
        !limit_option(R, t, "bytes", &out->bytes) || !limit_option(R, t, "stack", &stack) ||
        !limit_option(R, t, "string", &string) || !option(R, t, "seconds", 1e-9, &seconds))
        return false;
    out->stack = (size_t)stack;
    out->string = (size_t)string;
    out->ns = seconds < 1e9 ? (uint64_t)(seconds * 1e9) : (uint64_t)1e18;
    return true;
}

static bool is_option(const char *name)
{
    static const char *const names[] = {"threads", "processes", "steps",  "bytes",
                                        "seconds", "stack",     "string", "progress"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0) return true;
    return false;
}

/* A misspelt limit is none: better an error. */
static bool known_options(Run *R, Table *t)
{
    Value key = V_NIL, v;
    while (table_next(heap_table(R, t), &key, &v)) {
        const char *name = value_is_string(key) ? lib_c_text(value_string(key)) : "?";
        if (!is_option(name)) return invalid(R, name);
    }
    return true;
}

static bool options(Run *R, Value *a, int n, Map *m)
{
    if (arg_absent(a, n, 2)) return true;
    Table *t = arg_table(R, a, n, 2);
    if (!t || !known_options(R, t) || !worker_option(R, t, "threads", &m->threads) ||
        !worker_option(R, t, "processes", &m->processes) || !limit_options(R, t, &m->limits))
        return false;
    m->progress = run_get_field(R, t, "progress");
    bool callable = m->progress == V_NIL || value_is_function(m->progress) ||
                    meta_of(R, m->progress, META_CALL) != V_NIL;
    return callable || invalid(R, "progress");
}

/* The whole ------------------------------------------------------------------------ */

/* Without the program that waits: a run that begins beside one needs a new stack. */
static const State *base_state(Run *R)
{
    State *base = mem_new(sizeof *base);
    *base = *state_settled(eval_snapshot(R));
    base->paused = NULL;
    return base;
}

int state_map(Run *R, Value *a, int n)
{
    Table *list = n > 1 ? arg_table(R, a, n, 1) : NULL;
    if (!arg_any(R, a, n, 0)) return NATIVE_ERROR;
    if (!list) return n > 1 ? NATIVE_ERROR : native_type_error(R, a, n, 1, "table");
    Map m = {.R = R, .function = a[0], .left = eval_steps_left(R), .room = mem_room()};
    if (!options(R, a, n, &m)) return NATIVE_ERROR;
    m.count = (size_t)table_length(heap_table(R, list));
    Value *inputs = mem_alloc((m.count + 1) * sizeof *inputs);
    for (size_t i = 0; i < m.count; i++)
        inputs[i] = table_get_int(heap_table(R, list), (int64_t)i + 1);
    m.inputs = inputs;
    m.outcomes = mem_alloc((m.count + 1) * sizeof *m.outcomes);
    m.base = base_state(R);
    run_items(&m);
    int answer = finish(&m);
    for (size_t i = 0; i < m.count; i++) free(m.outcomes[i].packed);
    return answer;
}
