/* SPDX-License-Identifier: MIT */
/*
 * Machines: where they come from, and what becomes of their own when states are made.
 *
 * Main invariant: a machine is in use by one thread, or in just one pool, and then it holds
 * nothing of any state.
 */
#include "stack/machine.h"

#include "stack/check_stack.h"

#include <pthread.h>

/* The pool ------------------------------------------------------------------------- */

/* This thread's machines, and those that ended threads have left. */
static MEM_THREAD Machine *pool;
static Machine *left_over;
static pthread_mutex_t left_over_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t end_once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_end;

static void thread_ended(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&left_over_lock);
    while (pool) {
        Machine *M = pool;
        pool = M->next;
        M->next = left_over;
        left_over = M;
    }
    pthread_mutex_unlock(&left_over_lock);
}

static void lock_left_over(void) { pthread_mutex_lock(&left_over_lock); }
static void unlock_left_over(void) { pthread_mutex_unlock(&left_over_lock); }

static void make_key(void)
{
    pthread_key_create(&thread_end, thread_ended);
    pthread_atfork(lock_left_over, unlock_left_over, unlock_left_over);
}

static Machine *take_left_over(void)
{
    pthread_once(&end_once, make_key);
    pthread_setspecific(thread_end, &pool);
    pthread_mutex_lock(&left_over_lock);
    Machine *M = left_over;
    if (M) left_over = M->next;
    pthread_mutex_unlock(&left_over_lock);
    return M;
}

static Machine *machine_alloc(void)
{
    Machine *M = pool;
    if (M) {
        pool = M->next;
        return M;
    }
    M = take_left_over();
    if (M) return M;
    M = mem_alloc_root(sizeof *M);
    run_prepare(&M->run);
    return M;
}

/* Beginning and ending ------------------------------------------------------------- */

static void set_no_limits(Machine *M)
{
    M->limits = limits_none();
    M->stack_max = M->limits.stack;
    M->interrupt = NULL;
    M->stops = NULL;
    M->clock = NULL;
    M->turn = NULL;
}

static void set_defaults(Machine *M)
{
    M->depth = 0;
    M->fuel = M->portion = 0;
    M->steps_left = UINT64_MAX;
    M->debt = M->paid = 0;
    M->steps_used = M->aside = 0;
    set_no_limits(M);
    M->error_room = M->fatal = M->alone = M->held_asked = false;
    M->stop = 0;
    M->hooks = NULL;
    M->outside = NULL;
    M->hook = (HookState){0};
    M->hooking = false;
    M->watch = NULL;
    M->progress = NULL;
    M->boundary = M->lent = NULL;
    M->went_back = false;
    M->next_segment = M->left = M->holding = M->ended = NULL;
    M->nested = 0;
    M->error = M->handler = M->value = V_NIL;
    M->make_handler = NULL;
    M->place = (AstPlace){0};
    M->cause = NULL;
    M->error_paid = M->error_handled = false;
    M->open = M->result_count = 0;
    M->host = NULL;
    M->pins = NULL;
    M->puc = NULL;
    M->shares = M->goes_on = false;
    M->opaque = 0;
    M->ticket = 0;
    M->pinned = NULL;
    M->pinned_count = 0;
}

Machine *machine_begin(const State *state)
{
    Machine *M = machine_alloc();
    set_defaults(M);
    if (state && state->base->paused) M->main_segment = NULL;
    if (state) state_check(state);
    run_begin(&M->run, state);
    machine_check(M);
    return M;
}

/* What lies in them is of no state any more, but the collector would see it. */
static void clear_scratch(Machine *M)
{
    for (Segment *s = M->scratch; s; s = s->prev) memset(s->slots, 0, s->size * sizeof(Value));
    M->scratch_used = false;
}

static void tidy(Machine *M)
{
    if (M->status == RUN_PAUSED) M->main_segment = NULL;
    M->status = RUN_OK;
    M->next_segment = M->left = M->holding = M->ended = NULL;
    machine_reclaim(M);
    if (M->scratch_used) clear_scratch(M);
    M->error = M->handler = M->value = V_NIL;
    M->make_handler = NULL;
    M->place = (AstPlace){0};
    M->cause = NULL;
    M->error_paid = false;
    M->progress = NULL;
}

void machine_rest(Machine *M)
{
    tidy(M);
    run_rest(&M->run);
}

void machine_wake(Machine *M, const State *s)
{
    set_defaults(M);
    run_wake(&M->run, s);
}

void machine_end(Machine *M)
{
    tidy(M);
    run_end(&M->run);
    M->next = pool;
    pool = M;
}

void machine_end_look(Machine *M)
{
    uint64_t counted = mem_counted;
    int64_t beside = mem_beside;
    machine_end(M);
    mem_counted = counted;
    mem_beside = beside;
}

/* States --------------------------------------------------------------------------- */

static Coroutine *in_mid_run(const Machine *M)
{
    return M->status == RUN_PAUSED || M->depth ? M->run.co : NULL;
}

/* The state has the main coroutine's frames, unless it was given copies of them. */
static State *packed(Machine *M, State *s, const CoBody *body)
{
    if (M->next_segment) M->next_segment->epoch = M->run.epoch;
    if (body ? M->segment != M->main_segment : s->base->paused != NULL) M->main_segment = NULL;
    if (body) M->segment->epoch = M->run.epoch;
    state_check(s);
    machine_check(M);
    return s;
}

State *machine_snapshot(Machine *M)
{
    return packed(M, run_snapshot(&M->run, in_mid_run(M)), NULL);
}

State *machine_snapshot_running(Machine *M, const CoBody *body)
{
    return packed(M, run_snapshot_running(&M->run, in_mid_run(M), body), body);
}

State *machine_snapshot_own(Machine *M, const CoBody *body)
{
    return packed(M, run_snapshot_own(&M->run, in_mid_run(M), body), body);
}

static void loaded(Machine *M, const State *s)
{
    M->next_segment = M->left = M->holding = M->ended = NULL;
    if (s->base->paused) M->main_segment = NULL;
    machine_check(M);
}

void machine_load(Machine *M, const State *s)
{
    state_check(s);
    run_load(&M->run, s);
    loaded(M, s);
}

void machine_back(Machine *M, const State *s)
{
    state_check(s);
    run_back(&M->run, s);
    loaded(M, s);
}

/* Coroutines ----------------------------------------------------------------------- */

bool (*hook_is_inherited)(Value function);

static HookState *inherited_hook(const Hook *h)
{
    bool function = hook_is_inherited && hook_is_inherited(h->function);
    Hook *copy = mem_new(sizeof *copy);
    HookState *s = mem_new(sizeof *s);
    *copy = (Hook){function ? h->function : V_NIL, h->mask, h->count};
    if (function) s->left = h->count;
    s->hook = copy;
    return s;
}

Coroutine *machine_new_coroutine(Machine *M, Value function)
{
    Coroutine *c = run_new_coroutine(&M->run, function);
    if (M->hook.hook && M->hook.hook->mask) c->body.hook = inherited_hook(M->hook.hook);
    return c;
}
