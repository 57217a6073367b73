/* SPDX-License-Identifier: MIT */
/*
 * Items that the run pays for that waits for them; see paid_items.h.
 *
 * Main invariant: what all items have spent is known to each of them before it begins, so no
 * item may use more than the run has left.
 */
#include "map/paid_items.h"

#include <assert.h>

#include "lib/lib.h"

enum {
    /* What a map that waits takes of the C stack and of memory: as much as so many calls. */
    WAITING = 8,
    /* What an item takes, once, beside what it counts itself, which its own limit is for: its
     * run, the state that it leaves. */
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

/* One call: of an item, or of whom progress is told. */
typedef struct Call {
    Turn turn;
    PaidItems *p;
    size_t item; /* p->items.count: it is none */
    Value function;
    const Value *args;
    size_t arg_count;
    const EvalLimits *own;
    const StopChain *stops;
    const Begun *begun; /* NULL: it begins now */

    Machine *M;
    uint64_t since; /* when it began, but for the time for which it has waited */
    Usage rest; /* what it may use at most: what the run had left, but for what has been used */
    uint64_t steps; /* that it has been given */
    int64_t began;  /* mem_used() */
    SharedClock clock;
} Call;

static uint64_t least(uint64_t x, uint64_t y) { return x < y ? x : y; }

static uint64_t least_of(uint64_t limit, uint64_t most)
{
    return limit ? least(limit, most) : most;
}

static bool has_turn(const Call *c) { return c->p->turns.bills && c->item < c->p->items.count; }

static uint64_t sum(uint64_t x, uint64_t y) { return x < UINT64_MAX - y ? x + y : UINT64_MAX; }
static uint64_t difference(uint64_t x, uint64_t y) { return x > y ? x - y : 0; }

/* Finds what it may use at most, and answers whether its turn has come. */
static bool find_rest(Call *c)
{
    const PaidItems *p = c->p;
    bool come = false;
    c->rest = (Usage){turns_rest(p->left.steps, p->steps), turns_rest(p->left.bytes, p->bytes)};
    if (has_turn(c)) come = turns_come(&c->p->turns, c->item, &c->rest);
    if (c->begun) {
        c->rest.steps = sum(c->rest.steps, c->begun->paid.steps);
        c->rest.bytes = sum(c->rest.bytes, c->begun->paid.bytes);
    }
    return come;
}

/* Turns ---------------------------------------------------------------------------- */

/* Waits until there is a turn, or the item may begin without. Answers false if it is to stop.
 */
static bool wait_for(Call *c, bool to_begin)
{
    PaidItems *p = c->p;
    Usage rest;
    uint64_t ns = 0, deadline = p->M->limits.deadline;
    while (to_begin ? !turns_may_begin(&p->turns, c->item)
                    : !turns_come(&p->turns, c->item, &rest)) {
        if (turns_over(&p->turns, &rest)) __atomic_store_n(&p->over, 1, __ATOMIC_RELAXED);
        if (stop_wanted(c->stops) || (deadline && eval_now() > deadline)) return false;
        turns_sleep(&ns);
    }
    return true;
}

static int64_t bytes_most(const Call *c)
{
    uint64_t bytes = least_of(c->own->bytes, c->rest.bytes);
    return c->began + (int64_t)least(bytes, MEM_UNBOUNDED / 2);
}

/* An item's own time does not pass while it waits. */
static void shift_deadline(const Call *c, uint64_t ns)
{
    uint64_t *own = &c->M->limits.deadline, run = c->p->M->limits.deadline;
    if (*own == run) return;
    *own = run ? least(*own + ns, run) : *own + ns;
}

/* The item may use what items before it have left, and its own limits allow. */
static bool take_turn(Turn *turn)
{
    Call *c = (Call *)turn;
    uint64_t from = eval_now();
    if (!wait_for(c, false)) return false;
    uint64_t waited = eval_now() - from;
    shift_deadline(c, waited);
    c->since += waited;
    (void)find_rest(c);
    uint64_t steps = least_of(c->own->steps, c->rest.steps);
    if (steps == UINT64_MAX)
        c->M->steps_left = steps;
    else if (steps > c->steps)
        c->M->steps_left += steps - c->steps;
    if (c->M->limits.bytes_limited) mem_bound.bytes_max = bytes_most(c);
    return true;
}

/* It has a share until its turn. */
static void limit_to_share(Call *c)
{
    const Turns *t = &c->p->turns;
    if (find_rest(c)) return;
    c->turn.take = take_turn;
    c->M->turn = &c->turn;
    c->steps = least(c->steps, t->share.steps);
    if (t->bytes_share == UINT64_MAX) return;
    mem_bound.turn_due = c->began + (int64_t)least(t->bytes_share, MEM_UNBOUNDED / 2);
    mem_bound.take_turn = eval_take_turn;
    mem_bound_tune();
}

/* Limits --------------------------------------------------------------------------- */

/* What is left is a limit as well, on this thread until the item is done. */
static void limit(Call *c)
{
    const PaidItems *p = c->p;
    EvalLimits all = *c->own;
    (void)find_rest(c);
    c->began = mem_used();
    c->since = eval_now();
    mem_bound = mem_bound_new(bytes_most(c), eval_count_reached, c->M);
    if (c->own->bytes >= c->rest.bytes) all.bytes = 0;
    eval_limit(c->M, &all);
    c->steps = least_of(c->own->steps, c->rest.steps);
    if (has_turn(c)) limit_to_share(c);
    eval_set_budget(c->M, c->steps);
    if (!p->ns || !turns_clock(&p->turns)) return;
    eval_clock_begin(&c->clock, turns_clock(&p->turns), p->ns);
    c->M->clock = &c->clock;
}

static Usage own_usage(const EvalLimits *own)
{
    return (Usage){least_of(own->steps, UINT64_MAX), least_of(own->bytes, UINT64_MAX)};
}

/* Whether what has stopped an item is a limit of its own, and not the run's. */
static bool own_limit(const Call *c, EvalStop stop)
{
    const Limits *item = &c->M->limits, *run = &c->p->M->limits;
    switch (stop) {
    case STOP_STEPS:
    case STOP_BYTES: return turns_own(stop, own_usage(c->own), c->rest);
    case STOP_TIME:
        return item->deadline != run->deadline && eval_now() > item->deadline &&
               !(run->deadline && eval_now() > run->deadline);
    case STOP_STACK: return item->stack != run->stack;
    case STOP_STRING: return item->string != run->string;
    case STOP_HELD: return item->held != run->held;
    default: return false;
    }
}

/* Calls ---------------------------------------------------------------------------- */

static void set_outcome(const Call *c, RunStatus status, Outcome *out)
{
    Machine *child = c->M;
    out->stop = eval_stop_reason(child);
    if (status == RUN_OK) {
        out->status = OUTCOME_OK;
        outcome_set_value(out, lib_result(child, 0));
    } else if (status == RUN_ERROR && !child->fatal) {
        out->status = OUTCOME_FAILED;
        outcome_set_value(out, child->error);
    } else {
        out->status = own_limit(c, out->stop) ? OUTCOME_LIMIT : OUTCOME_STOPPED;
    }
}

/* An item polls only when it has done some steps, and it may be the beginning of many more. */
static bool may_begin(Machine *M)
{
    M->stop = machine_stopped(M) ? STOP_OUTSIDE : eval_reached(M);
    return M->stop == STOP_NONE;
}

static RunStatus run(Call *c)
{
    if (c->begun && c->begun->paused) return eval_resume_paused(c->M);
    return eval_call(c->M, c->function, c->args, c->arg_count);
}

/* Whether what a limit of the run has stopped can go on: not out of a process, nor where a C
 * function waits. */
static bool can_go_on(const Call *c, RunStatus status, const Outcome *out)
{
    const Items *m = &c->p->items;
    bool apart = m->processes && !m->alone && c->item < m->count;
    return status == RUN_PAUSED && out->status == OUTCOME_STOPPED && !apart;
}

/* What an item that begins, or goes on, takes beside. */
static uint64_t beside(const Begun *begun) { return begun && begun->paused ? 0 : ITEM_BYTES; }

/* What it has used, and from where it can go on. Then it pays itself what it owes. */
static void take_usage(Call *c, RunStatus status, Outcome *out)
{
    Machine *M = c->M;
    int64_t used = mem_used() - c->began;
    bool goes_on = can_go_on(c, status, out);
    out->ns = eval_now() - c->since;
    out->bytes = beside(c->begun) + (used > 0 ? (uint64_t)used : 0);
    out->steps = goes_on ? eval_steps_used(M) : eval_steps_done(M);
    if (goes_on) out->paused = machine_snapshot(M);
}

/* f(args...) in a fork of the world, or what is left of it. */
static void call(Call *c, Outcome *out)
{
    PaidItems *p = c->p;
    if (has_turn(c)) (void)wait_for(c, true);
    const State *paused = c->begun ? c->begun->paused : NULL;
    Machine *M = c->M = machine_begin(paused ? paused : p->items.base);
    MemBound outer = mem_bound;
    M->stops = c->stops;
    M->went_back = paused && c->begun->went_back;
    inherit(M, p);
    limit(c);
    bool begins = may_begin(M);
    RunStatus status = begins ? run(c) : RUN_PAUSED;
    set_outcome(c, status, out);
    if (begins) take_usage(c, status, out);
    out->went_back = M->went_back;
    if (M->clock) (void)eval_clock_tell(M->clock);
    if (items_need_own(&p->items, M->run.world, out)) out->state = machine_snapshot(M);
    machine_end(M);
    mem_bound = outer;
}

static void run_item(void *work, size_t i, Outcome *out)
{
    PaidItems *p = work;
    call(&(Call){.p = p,
                 .item = i,
                 .function = p->function,
                 .args = &p->inputs[i],
                 .arg_count = 1,
                 .own = i ? &p->limits : &p->first_limits,
                 .begun = i ? NULL : &p->begun,
                 .stops = &p->stop},
         out);
    if (p->items.alone) p->kept = out->paused;
}

/* What the run pays for item i. For what it had paid already, that is nothing. */
static Ended ended_of(const PaidItems *p, size_t i, const Outcome *out)
{
    Usage used = {out->steps, out->bytes};
    if (i == 0) {
        used.steps = difference(used.steps, p->begun.paid.steps);
        used.bytes = difference(used.bytes, p->begun.paid.bytes);
    }
    return (Ended){used, out->status, out->stop};
}

static bool spend(PaidItems *p, const Ended *e)
{
    bool steps = atomic_fetch_add(&p->steps, e->used.steps) + e->used.steps > p->left.steps;
    bool bytes = atomic_fetch_add(&p->bytes, e->used.bytes) + e->used.bytes > p->left.bytes;
    return steps || bytes || e->status == OUTCOME_STOPPED;
}

/* No measure of what is held sees results before they are brought, and what bringing them takes
 * is counted then. When that is does not depend on what has been done ahead of the turn. */
static uint64_t bytes_waiting(const PaidItems *p)
{
    enum { SHARES = 4 }; /* of what the run has left, for items whose results wait */
    uint64_t share = p->left.bytes == UINT64_MAX ? UINT64_MAX : p->left.bytes / SHARES;
    return least_of(p->M->limits.held, share);
}

static bool is_enough(const PaidItems *p, uint64_t bytes) { return bytes > bytes_waiting(p); }

static bool has_enough(PaidItems *p)
{
    return is_enough(p, p->turns.bills ? turns_bytes(&p->turns) : p->bytes);
}

static void end_item(void *work, size_t i, const Outcome *out)
{
    PaidItems *p = work;
    Ended ended = ended_of(p, i, out);
    bool over = spend(p, &ended);
    if (p->turns.bills) {
        Usage used;
        turns_done(&p->turns, i, &ended);
        over = turns_over(&p->turns, &used) != STOP_NONE;
    }
    if (over) __atomic_store_n(&p->over, 1, __ATOMIC_RELAXED);
    if (has_enough(p)) __atomic_store_n(&p->enough, 1, __ATOMIC_RELAXED);
}

static void tell_of(PaidItems *p, size_t done)
{
    Value args[2] = {value_number((double)done), value_number((double)p->all)};
    size_t count = p->items.count;
    p->told = (Outcome){0};
    call(&(Call){.p = p,
                 .item = count,
                 .function = p->progress,
                 .args = args,
                 .arg_count = 2,
                 .own = &(EvalLimits){0},
                 .begun = count ? NULL : &p->begun,
                 .stops = &p->outer},
         &p->told);
    bool stops = p->told.status == OUTCOME_OK && p->told.values[0] == V_FALSE;
    if (stops || p->told.status == OUTCOME_FAILED)
        __atomic_store_n(&p->cancelled, 1, __ATOMIC_RELAXED);
}

/* How often that happens depends on the clock. So the run does not pay for it, nor does it stop
 * because of that. */
static void tell(void *work, size_t done)
{
    PaidItems *p = work;
    uint64_t now = eval_now();
    bool soon = p->told_ns && now - p->told_ns < POOL_TELL_MS * (uint64_t)1000000;
    if (p->cancelled || soon || p->before + done == p->all) return;
    p->told_ns = now;
    tell_of(p, p->before + done);
    if (p->told.status == OUTCOME_STOPPED) p->told = (Outcome){0};
}

void paid_items_tell(PaidItems *p)
{
    assert(!p->items.count && "all items have been done");
    tell_of(p, p->all);
    Ended ended = ended_of(p, 0, &p->told);
    p->telling = ended.used;
}

/* A map within a map has its thread, and those of the outer one that have nothing to do. One
 * that is recorded has its thread only; there progress does not go by the clock, either. */
void paid_items_run(PaidItems *p)
{
    Machine *M = p->M;
    Items *m = &p->items;
    bool tells = p->progress != V_NIL;
    m->stop = &p->begin;
    m->within = M->stops != NULL;
    m->results_max = m->error_max = least_of(p->limits.bytes, p->left.bytes);
    m->face = p;
    m->run = run_item;
    m->ended = end_item;
    m->progress = tells && !M->outside ? tell : NULL;
    items_run(m);
}

/* Beginning and ending -------------------------------------------------------------- */

void paid_items_init(PaidItems *p, Machine *M, Value function)
{
    *p = (PaidItems){.M = M, .function = function, .progress = V_NIL};
    p->outer = (StopChain){M->interrupt, M->stops};
    p->cancel = (StopChain){&p->cancelled, &p->outer};
    p->stop = (StopChain){&p->over, &p->cancel};
    p->begin = (StopChain){&p->enough, &p->stop};
}

bool paid_items_may_begin(Machine *M) { return eval_has_room(M, WAITING + 1); }

/* No trace reaches what a map has aside: of maps that wait for each other that may be no more
 * than a run may hold. */
int paid_items_take_aside(PaidItems *p, bool paid)
{
    Machine *M = p->M;
    size_t bytes = bytes_aside(p);
    if (M->turn) (void)eval_take_turn(M); /* it is to know what it has left */
    if (mem_short) return native_memory_error(M);
    if (bytes > mem_room())
        M->stop = STOP_BYTES;
    else if (M->limits.held && M->aside + bytes > M->limits.held)
        M->stop = STOP_HELD;
    else {
        mem_count_beside(bytes);
        if (!paid) mem_work(bytes);
        p->left.steps = eval_steps_left(M);
        p->left.bytes = M->limits.bytes_limited ? mem_room() : UINT64_MAX;
        return 0;
    }
    return NATIVE_PAUSE;
}

/* What a call may use yet by its own limits. */
static EvalLimits limits_left(EvalLimits l, const Begun *b)
{
    if (l.steps) l.steps = l.steps > b->used.steps ? l.steps - b->used.steps : 1;
    if (l.bytes) l.bytes = l.bytes > b->used.bytes ? l.bytes - b->used.bytes : 1;
    if (l.ns) l.ns = l.ns > b->ns ? l.ns - b->ns : 1;
    return l;
}

/* What is not paid of it. */
static Usage usage_left(const EvalLimits *own, Usage paid)
{
    Usage most = own_usage(own);
    if (most.steps != UINT64_MAX) most.steps = difference(most.steps, paid.steps);
    if (most.bytes != UINT64_MAX) most.bytes = difference(most.bytes, paid.bytes);
    return most;
}

/* The world without the program that waits: a run that begins beside one needs a new stack. */
static const State *base_state(Machine *M)
{
    State *base = mem_new(sizeof *base);
    *base = *state_whole(eval_snapshot(M));
    state_set_paused(base, NULL);
    return base;
}

/* Threads or processes that may work at once. */
static unsigned workers(const PaidItems *p)
{
    const Items *m = &p->items;
    unsigned n = m->here ? 1 : m->processes ? m->processes : m->threads;
    if (!n) n = pool_processors();
    return n < m->count ? n : (unsigned)m->count;
}

static bool is_limited(const PaidItems *p)
{
    const Limits *run = &p->M->limits;
    return p->left.steps != UINT64_MAX || p->left.bytes != UINT64_MAX || run->held ||
           run->deadline;
}

/* A thread, or a process, costs memory and time that nobody counts. Who has limits gets as many
 * as may be of use, and no more. */
static void limit_workers(Items *m)
{
    enum { WORKERS_MIN = 16, WORKERS_A_PROCESSOR = 4 };
    unsigned most = WORKERS_A_PROCESSOR * pool_processors();
    if (most < WORKERS_MIN) most = WORKERS_MIN;
    if (m->threads > most) m->threads = most;
    if (m->processes > most) m->processes = most;
}

static void begin_clock(PaidItems *p)
{
    const Limits *run = &p->M->limits;
    const SharedClock *outer = p->M->clock;
    p->began_ns = eval_now();
    if (!run->deadline) return;
    p->ns = run->deadline > p->began_ns ? run->deadline - p->began_ns : 1;
    if (outer)
        p->ns = least(p->ns, outer->most > *outer->spent ? outer->most - *outer->spent : 1);
}

bool paid_items_begin(PaidItems *p)
{
    Machine *M = p->M;
    p->items.here = M->outside || (M->hooks && M->hooks->one_thread);
    if (is_limited(p)) limit_workers(&p->items);
    if (!items_begin(&p->items)) return false;
    unsigned n = is_limited(p) ? workers(p) : 1;
    p->first_limits = limits_left(p->limits, &p->begun);
    if (!turns_begin(&p->turns, p->left, own_usage(&p->limits),
                     usage_left(&p->first_limits, p->begun.paid), bytes_waiting(p) / 2,
                     p->items.count, n)) {
        items_end(&p->items);
        mem_refuse();
        return false;
    }
    begin_clock(p);
    p->steps = p->bytes = 0;
    p->over = p->enough = 0;
    p->telling = (Usage){0};
    p->told = (Outcome){0};
    if (!p->items.base) p->items.base = base_state(M);
    return true;
}

void paid_items_end(PaidItems *p)
{
    turns_end(&p->turns);
    items_end(&p->items);
}

/* Whether nothing is to be done for an item any more. */
static bool is_over(const PaidItems *p, const Outcome *out)
{
    bool waits = out->status == OUTCOME_WAITING || out->status == OUTCOME_STOPPED;
    return !waits ||
           (p->cancelled && (out->status == OUTCOME_WAITING || out->stop == STOP_OUTSIDE));
}

/* Where a call goes on that has been stopped, and for which the run now pays so much. */
static Begun go_on_from(const Begun *before, const Outcome *out, State *paused, Usage paid)
{
    Begun b = *before;
    b.paid.steps = sum(b.paid.steps, paid.steps);
    b.paid.bytes = sum(b.paid.bytes, paid.bytes);
    if (!paused) return b;
    b.paused = paused;
    b.went_back = out->went_back;
    b.used.steps = sum(b.used.steps, out->steps);
    b.used.bytes = sum(b.used.bytes, difference(out->bytes, beside(before)));
    b.ns = sum(b.ns, out->ns);
    b.paid.steps = difference(b.paid.steps, out->steps);
    b.paid.bytes = difference(b.paid.bytes, out->bytes);
    return b;
}

/* Adds to *used what is to be paid for the items that are over, and for the first that is not;
 * answers why the run is to stop because of one of them, as if they had been done in their
 * order; STOP_NONE: it need not. */
static EvalStop add_up(PaidItems *p, Usage *used)
{
    const Items *m = &p->items;
    EvalStop stop = STOP_NONE;
    Begun begun = p->begun;
    for (p->done = 0; p->done < m->count && stop == STOP_NONE; p->done++) {
        const Outcome *out = &m->outcomes[p->done];
        if (out->status == OUTCOME_WAITING && p->enough && !p->over) break;
        Ended e = ended_of(p, p->done, out);
        Usage rest = {turns_rest(p->left.steps, used->steps),
                      turns_rest(p->left.bytes, used->bytes)};
        Usage own = p->done ? p->turns.own : p->turns.own_first;
        used->steps += e.used.steps;
        used->bytes += e.used.bytes;
        if (!is_over(p, out)) {
            State *paused = m->alone ? p->kept : out->paused;
            p->begun = go_on_from(&begun, out, paused, e.used);
            return out->status == OUTCOME_WAITING ? STOP_OUTSIDE : e.stop;
        }
        begun = (Begun){.paid = {difference(begun.paid.steps, out->steps),
                                 difference(begun.paid.bytes, out->bytes)}};
        stop = turns_stop(&e, own, rest);
        if (p->cancelled && stop == STOP_OUTSIDE) stop = STOP_NONE;
        if (is_enough(p, used->bytes)) {
            p->done++;
            break;
        }
    }
    p->begun = begun;
    return stop;
}

/* Takes over why processes have stopped that have not answered any more, and what they have
 * used. What is paid for more than one item is passed on to those that come later. */
static EvalStop look_at_turns(PaidItems *p, Usage *used)
{
    Usage ended;
    EvalStop over = turns_over(&p->turns, &ended);
    if (over == STOP_NONE) return STOP_OUTSIDE;
    p->begun.paid.steps += difference(ended.steps, used->steps);
    p->begun.paid.bytes += difference(ended.bytes, used->bytes);
    *used = ended;
    return over;
}

/* Why the run itself has to stop; STOP_NONE: it has not. *used is what it is to pay for. */
static EvalStop reached(PaidItems *p, Usage *used)
{
    EvalStop stop = add_up(p, used);
    if (stop == STOP_OUTSIDE && p->turns.bills) stop = look_at_turns(p, used);
    if (stop != STOP_NONE) return stop;
    if (p->told.status == OUTCOME_STOPPED) {
        *used = p->telling;
        p->begun = go_on_from(&p->begun, &p->told, p->told.paused, *used);
        return p->told.stop;
    }
    used->steps += p->telling.steps;
    used->bytes += p->telling.bytes;
    if (used->steps > p->left.steps) return STOP_STEPS;
    if (used->bytes > p->left.bytes) return STOP_BYTES;
    return STOP_NONE;
}

/* What was done ahead of the turn may be more than the run had left. It pays for the rest when
 * it goes on. */
static void pay(PaidItems *p, Usage used)
{
    uint64_t steps = least(used.steps, p->left.steps);
    p->begun.owed = used.steps - steps;
    p->M->fuel -= (int64_t)steps;
    mem_count_beside(used.bytes);
}

/* Threads have used more time than has passed. */
static void charge_time(const PaidItems *p)
{
    const _Atomic uint64_t *spent = turns_clock(&p->turns);
    uint64_t passed = eval_now() - p->began_ns, *deadline = &p->M->limits.deadline;
    if (!p->ns || !spent || *spent <= passed) return;
    uint64_t more = least(*spent - passed, *deadline - 1);
    *deadline -= more;
    if (p->M->clock) atomic_fetch_add(p->M->clock->spent, more);
}

int paid_items_charge(PaidItems *p)
{
    Machine *M = p->M;
    if (stop_flag(M->interrupt)) {
        *M->interrupt = 0;
        return native_error(M, "interrupted!");
    }
    Usage used = {0};
    EvalStop stop = reached(p, &used);
    charge_time(p);
    pay(p, used); /* it has been, whatever has been reached since */
    if (stop == STOP_NONE) return 0;
    M->stop = stop;
    return NATIVE_PAUSE;
}
