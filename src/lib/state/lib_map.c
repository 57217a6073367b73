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
 *
 * Main invariant: an item's outcome depends on its input and the world alone, not on which
 * worker did it, nor when.
 */
#include <stdatomic.h>
#include <stdio.h>

#include "lib/lib.h"
#include "map/items.h"

enum {
    /* What a map that waits takes of the C stack and of memory: as much as so many calls. */
    WAITING = 8,
    /* What an item takes beside what it counts itself: its run, the state that it leaves. */
    ITEM_BYTES = 4096
};

typedef struct Work {
    Items items;
    Machine *M; /* waits */
    Value function;
    const Value *inputs;
    EvalLimits limits; /* of each item */
    uint64_t left;     /* steps that the run has */
    size_t room;       /* bytes that it has */
    _Atomic uint64_t spent, allocated;
    volatile int over; /* all that the run has is spent */
    StopChain stop, outer;
    Value progress; /* a function, or nil */
    Outcome told;   /* of its last call */
    volatile int cancelled;
    StopChain cancel;
} Work;

/* Items ---------------------------------------------------------------------------- */

static void inherit(Machine *child, const Machine *M)
{
    limits_inherit(child, M);
    child->nested = M->nested + M->depth + WAITING;
    child->outside = M->outside;
    if (M->hooks && M->hooks->adopt) M->hooks->adopt(child, M);
}

/* What an item may use at most: what the run has left, but for what items have spent. */
typedef struct Rest {
    uint64_t steps;
    size_t bytes;
} Rest;

static Rest rest_of(const Work *w)
{
    uint64_t spent = w->spent, allocated = w->allocated;
    return (Rest){w->left > spent ? w->left - spent : 0,
                  w->room > allocated ? w->room - allocated : 0};
}

/* The rest is a limit as well, on this thread until the item is done. */
static void limit(Machine *child, Rest rest, const EvalLimits *own)
{
    EvalLimits all = *own;
    int64_t most = MEM_UNBOUNDED - mem_used();
    int64_t room = rest.bytes < (size_t)most ? (int64_t)rest.bytes : most;
    mem_bound = mem_bound_new(mem_used() + room, eval_count_reached, child);
    if (own->bytes >= rest.bytes) all.bytes = 0;
    eval_limit(child, &all);
    if (!own->steps || own->steps >= rest.steps) eval_set_budget(child, rest.steps);
}

/* Whether what has stopped an item is a limit of its own, and not the run's. */
static bool own_limit(const Work *w, Rest rest, const EvalLimits *own, const Machine *child,
                      EvalStop stop)
{
    const Machine *M = w->M;
    switch (stop) {
    case STOP_STEPS: return own->steps && own->steps < rest.steps;
    case STOP_BYTES: return own->bytes && own->bytes < rest.bytes;
    case STOP_TIME: return child->limits.deadline != M->limits.deadline;
    case STOP_STACK: return child->limits.stack != M->limits.stack;
    case STOP_STRING: return child->limits.string != M->limits.string;
    case STOP_HELD: return child->limits.held != M->limits.held;
    default: return false;
    }
}

static void spend(void *work, const Outcome *out)
{
    Work *w = work;
    bool steps = atomic_fetch_add(&w->spent, out->steps) + out->steps > w->left;
    bool bytes = atomic_fetch_add(&w->allocated, out->bytes) + out->bytes > w->room;
    if (steps || bytes || out->status == OUTCOME_STOPPED)
        __atomic_store_n(&w->over, 1, __ATOMIC_RELAXED);
}

static void set_outcome(const Work *w, Rest rest, const EvalLimits *own, Machine *child,
                        RunStatus status, Outcome *out)
{
    out->stop = eval_stop_reason(child);
    if (status == RUN_OK) {
        out->status = OUTCOME_OK;
        outcome_set_value(out, lib_result(child, 0));
    } else if (status == RUN_ERROR && !child->fatal) {
        out->status = OUTCOME_FAILED;
        outcome_set_value(out, child->error);
    } else {
        out->status =
            own_limit(w, rest, own, child, out->stop) ? OUTCOME_LIMIT : OUTCOME_STOPPED;
    }
}

/* An item polls only when it has done some steps, and it may be the beginning of many more. */
static bool may_begin(Machine *M)
{
    M->stop = machine_stopped(M) ? STOP_OUTSIDE : eval_reached(M);
    return M->stop == STOP_NONE;
}

/* f(args...) in a fork of the world. */
static void call(Work *w, Outcome *out, Value f, const Value *args, size_t n,
                 const EvalLimits *own, const StopChain *stops)
{
    Machine *M = machine_begin(w->items.base);
    MemBound outer = mem_bound;
    int64_t used = mem_used();
    M->stops = stops;
    inherit(M, w->M);
    Rest rest = rest_of(w);
    limit(M, rest, own);
    RunStatus status = may_begin(M) ? eval_call(M, f, args, n) : RUN_PAUSED;
    out->steps = eval_steps_used(M);
    out->bytes = ITEM_BYTES + (mem_used() > used ? (uint64_t)(mem_used() - used) : 0);
    set_outcome(w, rest, own, M, status, out);
    ItemsWorld world = items_world_of(&w->items, out->values, out->count);
    if (world == ITEMS_WORLD_OWN || w->items.processes)
        out->state = machine_snapshot(M);
    else if (world == ITEMS_WORLD_BASE)
        out->state = w->items.base;
    machine_end(M);
    mem_bound = outer;
    spend(w, out);
}

static void run_item(void *work, size_t i, Outcome *out)
{
    Work *w = work;
    call(w, out, w->function, &w->inputs[i], 1, &w->limits, &w->stop);
}

static void tell(void *work, size_t done)
{
    Work *w = work;
    Value args[2] = {value_number((double)done), value_number((double)w->items.count)};
    if (w->cancelled) return;
    w->told = (Outcome){0};
    call(w, &w->told, w->progress, args, 2, &(EvalLimits){0}, &w->outer);
    if (w->told.status != OUTCOME_OK || w->told.values[0] == V_FALSE)
        __atomic_store_n(&w->cancelled, 1, __ATOMIC_RELAXED);
}

/* A map within a map has its thread, and those of the outer one that have nothing to do. One
 * that is recorded has its thread only; there progress does not go by the clock, either. */
static void run_items(Work *w)
{
    Machine *M = w->M;
    Items *m = &w->items;
    bool tells = w->progress != V_NIL;
    w->outer = (StopChain){M->interrupt, M->stops};
    w->cancel = (StopChain){&w->cancelled, &w->outer};
    w->stop = (StopChain){&w->over, &w->cancel};
    m->stop = &w->stop;
    m->here = M->outside || (M->hooks && M->hooks->one_thread);
    m->within = M->stops != NULL;
    m->results_max = m->error_max =
        w->limits.bytes && w->limits.bytes < w->room ? w->limits.bytes : w->room;
    m->face = w;
    m->run = run_item;
    m->arrived = spend;
    m->progress = tells && !M->outside ? tell : NULL;
    items_run(m);
    if (M->outside && tells) tell(w, m->count);
}

/* Results -------------------------------------------------------------------------- */

/* Why an item that has neither result nor error has none. */
static Value reason(const Outcome *out)
{
    if (out->why) return new_c_string(out->why);
    return new_c_string(out->status == OUTCOME_LIMIT ? eval_stop_text(out->stop) : "cancelled");
}

static Value refusal_text(const ItemRefusal *why)
{
    char text[sizeof *why + 64];
    if (!*why->path) return new_c_string(why->what);
    snprintf(text, sizeof text, "cannot bring %s out of a fork (%s)", why->what, why->path);
    return new_c_string(text);
}

/* Its result or error; nil, and *refusal set, if it cannot be brought. */
static Value brought(Machine *M, const Work *w, const Outcome *out, Value *refusal)
{
    Value v = V_NIL;
    ItemRefusal why;
    if (out->count != 1)
        *refusal = new_c_string(ITEM_DAMAGED);
    else if (!items_bring(&w->items, out, M, &v, &why))
        *refusal = refusal_text(&why);
    return *refusal == V_NIL ? v : V_NIL;
}

/* One item's outcome, brought into this run: what it answers, and the error or nil. */
static Value bring(Machine *M, const Work *w, const Outcome *out, Value *error)
{
    *error = V_NIL;
    if (out->why || (out->status != OUTCOME_OK && out->status != OUTCOME_FAILED)) {
        *error = reason(out);
        return V_FALSE;
    }
    Value v = brought(M, w, out, error);
    if (*error != V_NIL) return V_FALSE;
    if (out->status == OUTCOME_OK) return v == V_NIL ? V_FALSE : v;
    *error = v == V_NIL ? new_c_string("nil") : v;
    return V_FALSE;
}

static int bring_all(Machine *M, const Work *w)
{
    Value *a = M->native;
    Table *results = run_new_table(&M->run), *errors = NULL;
    for (size_t i = 0; i < w->items.count; i++) {
        Value error, v = bring(M, w, &w->items.outcomes[i], &error);
        table_set_int(&results->body, (int64_t)i + 1, v, M->run.epoch);
        if (error == V_NIL) continue;
        if (!errors) errors = run_new_table(&M->run);
        table_set_int(&errors->body, (int64_t)i + 1, error, M->run.epoch);
    }
    a[0] = value_object(results);
    a[1] = errors ? value_object(errors) : V_NIL;
    return 2;
}

/* Ending --------------------------------------------------------------------------- */

/* Why the run itself has to stop; STOP_NONE: it has not. */
static EvalStop reached(const Work *w)
{
    if (machine_stopped(w->M)) return STOP_OUTSIDE;
    if (w->spent > w->left) return STOP_STEPS;
    if (w->allocated > w->room) return STOP_BYTES;
    if (w->told.status == OUTCOME_STOPPED) return w->told.stop;
    EvalStop stop = STOP_NONE;
    for (size_t i = 0; i < w->items.count; i++) {
        const Outcome *out = &w->items.outcomes[i];
        if (out->status != OUTCOME_STOPPED) continue;
        if (out->stop != STOP_OUTSIDE) return out->stop;
        if (!w->cancelled) stop = STOP_OUTSIDE; /* another item is why */
    }
    return stop;
}

static int finish(Work *w)
{
    Machine *M = w->M;
    if (stop_flag(M->interrupt)) {
        *M->interrupt = 0;
        return native_error(M, "interrupted!");
    }
    EvalStop stop = reached(w);
    mem_count_beside(w->allocated);
    M->fuel -= (int64_t)w->spent; /* it has been, whatever has been reached since */
    if (stop != STOP_NONE) {
        M->stop = stop;
        return NATIVE_PAUSE;
    }
    if (w->told.status != OUTCOME_FAILED) return bring_all(M, w);
    Value refusal = V_NIL, v = brought(M, w, &w->told, &refusal);
    return native_throw(M, refusal == V_NIL ? v : refusal);
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

static bool limit_options(Machine *M, Table *t, EvalLimits *out)
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

static bool options(Machine *M, Value *a, int n, Work *w)
{
    if (arg_absent(a, n, 2)) return true;
    Table *t = arg_table(M, a, n, 2);
    if (!t || !known_options(M, t) || !worker_option(M, t, "threads", &w->items.threads) ||
        !worker_option(M, t, "processes", &w->items.processes) ||
        !limit_options(M, t, &w->limits))
        return false;
    w->progress = run_get_field(&M->run, t, "progress");
    bool callable = w->progress == V_NIL || value_is_function(w->progress) ||
                    meta_of(M, w->progress, META_CALL) != V_NIL;
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

int lib_map(Machine *M, Value *a, int n)
{
    Table *list = n > 1 ? arg_table(M, a, n, 1) : NULL;
    if (!arg_any(M, a, n, 0)) return NATIVE_ERROR;
    if (!list) return n > 1 ? NATIVE_ERROR : native_type_error(M, a, n, 1, "table");
    Work w = {.M = M, .function = a[0], .left = eval_steps_left(M), .room = mem_room()};
    if (!options(M, a, n, &w)) return NATIVE_ERROR;
    if (M->stops || M->outside) w.items.processes = 0;
    if (!eval_has_room(M, WAITING + 1)) return native_error(M, "C stack overflow");
    size_t count = w.items.count = (size_t)table_length(heap_table(&M->run, list));
    Value *inputs = mem_try_alloc((count + 1) * sizeof *inputs);
    if (!inputs) mem_refuse();
    if (!inputs || !items_begin(&w.items)) return native_memory_error(M);
    for (size_t i = 0; i < count; i++)
        inputs[i] = table_get_int(heap_table(&M->run, list), (int64_t)i + 1);
    w.inputs = inputs;
    w.items.base = base_state(M);
    run_items(&w);
    int answer = finish(&w);
    items_end(&w.items);
    return answer;
}
