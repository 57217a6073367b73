/* SPDX-License-Identifier: MIT */
/*
 * Items that the run pays for that waits for them; see paid_items.h.
 *
 * Main invariant: what all items have spent is known to each of them before it begins, so no
 * item may use more than the run has left.
 */
#include "map/paid_items.h"

#include "lib/lib.h"

enum {
    /* What a map that waits takes of the C stack and of memory: as much as so many calls. */
    WAITING = 8,
    /* What an item takes beside what it counts itself: its run, the state that it leaves. */
    ITEM_BYTES = 4096
};

/* Items ---------------------------------------------------------------------------- */

/* Bytes of the inputs and outcomes of a map. */
static size_t bytes_aside(const PaidItems *p)
{
    return (p->items.count + 1) * (sizeof(Value) + sizeof(Outcome));
}

static void inherit(Machine *child, const PaidItems *p)
{
    const Machine *M = p->M;
    limits_inherit(child, M);
    child->aside = M->aside + bytes_aside(p);
    child->nested = M->nested + M->depth + WAITING;
    child->outside = M->outside;
    if (M->hooks && M->hooks->adopt) M->hooks->adopt(child, M);
}

/* What an item may use at most: what M had left, but for what items have spent. */
typedef struct Rest {
    uint64_t steps;
    size_t bytes;
} Rest;

static Rest rest_of(const PaidItems *p)
{
    uint64_t spent = p->spent, allocated = p->allocated;
    return (Rest){p->left > spent ? p->left - spent : 0,
                  p->room > allocated ? p->room - allocated : 0};
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
static bool own_limit(const PaidItems *p, Rest rest, const EvalLimits *own,
                      const Machine *child, EvalStop stop)
{
    const Machine *M = p->M;
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
    PaidItems *p = work;
    bool steps = atomic_fetch_add(&p->spent, out->steps) + out->steps > p->left;
    bool bytes = atomic_fetch_add(&p->allocated, out->bytes) + out->bytes > p->room;
    if (steps || bytes || out->status == OUTCOME_STOPPED)
        __atomic_store_n(&p->over, 1, __ATOMIC_RELAXED);
}

static void set_outcome(const PaidItems *p, Rest rest, const EvalLimits *own, Machine *child,
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
            own_limit(p, rest, own, child, out->stop) ? OUTCOME_LIMIT : OUTCOME_STOPPED;
    }
}

/* An item polls only when it has done some steps, and it may be the beginning of many more. */
static bool may_begin(Machine *M)
{
    M->stop = machine_stopped(M) ? STOP_OUTSIDE : eval_reached(M);
    return M->stop == STOP_NONE;
}

/* f(args...) in a fork of the world. */
static void call(PaidItems *p, Outcome *out, Value f, const Value *args, size_t n,
                 const EvalLimits *own, const StopChain *stops)
{
    Machine *M = machine_begin(p->items.base);
    MemBound outer = mem_bound;
    int64_t used = mem_used();
    M->stops = stops;
    inherit(M, p);
    Rest rest = rest_of(p);
    limit(M, rest, own);
    RunStatus status = may_begin(M) ? eval_call(M, f, args, n) : RUN_PAUSED;
    out->steps = eval_steps_used(M);
    out->bytes = ITEM_BYTES + (mem_used() > used ? (uint64_t)(mem_used() - used) : 0);
    set_outcome(p, rest, own, M, status, out);
    if (items_need_own(&p->items, M->run.world, out)) out->state = machine_snapshot(M);
    machine_end(M);
    mem_bound = outer;
    spend(p, out);
}

static void run_item(void *work, size_t i, Outcome *out)
{
    PaidItems *p = work;
    call(p, out, p->function, &p->inputs[i], 1, &p->limits, &p->stop);
}

static void tell(void *work, size_t done)
{
    PaidItems *p = work;
    Value args[2] = {value_number((double)done), value_number((double)p->items.count)};
    if (p->cancelled) return;
    p->told = (Outcome){0};
    call(p, &p->told, p->progress, args, 2, &(EvalLimits){0}, &p->outer);
    if (p->told.status != OUTCOME_OK || p->told.values[0] == V_FALSE)
        __atomic_store_n(&p->cancelled, 1, __ATOMIC_RELAXED);
}

/* A map within a map has its thread, and those of the outer one that have nothing to do. One
 * that is recorded has its thread only; there progress does not go by the clock, either. */
void paid_items_run(PaidItems *p)
{
    Machine *M = p->M;
    Items *m = &p->items;
    bool tells = p->progress != V_NIL;
    p->outer = (StopChain){M->interrupt, M->stops};
    p->cancel = (StopChain){&p->cancelled, &p->outer};
    p->stop = (StopChain){&p->over, &p->cancel};
    m->stop = &p->stop;
    m->here = M->outside || (M->hooks && M->hooks->one_thread);
    m->within = M->stops != NULL;
    m->results_max = m->error_max =
        p->limits.bytes && p->limits.bytes < p->room ? p->limits.bytes : p->room;
    m->face = p;
    m->run = run_item;
    m->arrived = spend;
    m->progress = tells && !M->outside ? tell : NULL;
    items_run(m);
    if (M->outside && tells) tell(p, m->count);
}

/* Beginning and ending -------------------------------------------------------------- */

void paid_items_init(PaidItems *p, Machine *M, Value function)
{
    *p = (PaidItems){.M = M, .function = function, .progress = V_NIL};
}

bool paid_items_may_begin(Machine *M) { return eval_has_room(M, WAITING + 1); }

/* No trace reaches what a map has aside: of maps that wait for each other that may be no more
 * than a run may hold. */
int paid_items_take_aside(PaidItems *p)
{
    Machine *M = p->M;
    size_t bytes = bytes_aside(p);
    if (mem_short) return native_memory_error(M);
    if (!native_afford(M, bytes / MEM_WORK_STEP)) return NATIVE_PAUSE;
    if (bytes > mem_room())
        M->stop = STOP_BYTES;
    else if (M->limits.held && M->aside + bytes > M->limits.held)
        M->stop = STOP_HELD;
    else {
        mem_count_beside(bytes);
        mem_work(bytes);
        p->left = eval_steps_left(M);
        p->room = mem_room();
        return 0;
    }
    return NATIVE_PAUSE;
}

/* The world without the program that waits: a run that begins beside one needs a new stack. */
static const State *base_state(Machine *M)
{
    State *base = mem_new(sizeof *base);
    *base = *state_whole(eval_snapshot(M));
    state_set_paused(base, NULL);
    return base;
}

bool paid_items_begin(PaidItems *p)
{
    if (!items_begin(&p->items)) return false;
    p->items.base = base_state(p->M);
    return true;
}

/* Why the run itself has to stop; STOP_NONE: it has not. */
static EvalStop reached(const PaidItems *p)
{
    if (machine_stopped(p->M)) return STOP_OUTSIDE;
    if (p->spent > p->left) return STOP_STEPS;
    if (p->allocated > p->room) return STOP_BYTES;
    if (p->told.status == OUTCOME_STOPPED) return p->told.stop;
    EvalStop stop = STOP_NONE;
    for (size_t i = 0; i < p->items.count; i++) {
        const Outcome *out = &p->items.outcomes[i];
        if (out->status != OUTCOME_STOPPED) continue;
        if (out->stop != STOP_OUTSIDE) return out->stop;
        if (!p->cancelled) stop = STOP_OUTSIDE; /* another item is why */
    }
    return stop;
}

int paid_items_charge(PaidItems *p)
{
    Machine *M = p->M;
    if (stop_flag(M->interrupt)) {
        *M->interrupt = 0;
        return native_error(M, "interrupted!");
    }
    EvalStop stop = reached(p);
    mem_count_beside(p->allocated);
    /* It has been, whatever has been reached since. Where steps were too few, items that were
     * in work at once have used more together than one after another: all that was left is
     * used. */
    M->fuel -= (int64_t)(stop == STOP_STEPS ? eval_steps_left(M) : p->spent);
    if (stop == STOP_NONE) return 0;
    M->stop = stop;
    return NATIVE_PAUSE;
}
