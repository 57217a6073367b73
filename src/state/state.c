/* SPDX-License-Identifier: MIT */
/* Runs and the states that they begin from and end in. */
#include "state/state.h"

#include "state/heap.h"
#include "state/own.h"

#include <pthread.h>
#include <stdlib.h>

/* This thread's runs, and those that ended threads have left. */
static MEM_THREAD Run *pool;
static Run *left_over;
static pthread_mutex_t left_over_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t end_once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_end;

static void thread_ended(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&left_over_lock);
    while (pool) {
        Run *R = pool;
        pool = R->next;
        R->next = left_over;
        left_over = R;
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

static Run *take_left_over(void)
{
    pthread_once(&end_once, make_key);
    pthread_setspecific(thread_end, &pool);
    pthread_mutex_lock(&left_over_lock);
    Run *R = left_over;
    if (R) left_over = R->next;
    pthread_mutex_unlock(&left_over_lock);
    return R;
}

static Run *run_alloc(void)
{
    Run *R = pool;
    if (R) {
        pool = R->next;
        return R;
    }
    R = take_left_over();
    if (R) return R;
    R = mem_alloc_root(sizeof *R);
    heap_init_cache(R);
    return R;
}

enum { STRING_MAX_DEFAULT = 0x7fffffff, PORTION = 100000 };

static void run_defaults(Run *R)
{
    R->depth = 0;
    R->fuel = R->portion = 0;
    R->steps_left = UINT64_MAX;
    R->steps_used = 0;
    R->string_max = STRING_MAX_DEFAULT;
    R->stack_max = R->stack_limit = STACK_MAX_DEFAULT;
    R->portion_max = PORTION;
    R->stack_limited = R->string_limited = R->fatal = false;
    R->bytes_limited = R->stack_of_bytes = false;
    R->deadline = 0;
    R->stop = 0;
    R->hooks = NULL;
    R->hook = (HookState){0};
    R->hooking = false;
    R->interrupt = NULL;
    R->stops = NULL;
    R->boundary = NULL;
    R->spare = NULL;
    R->error = R->handler = R->value = V_NIL;
    R->error_handled = false;
    R->open = R->result_count = 0;
    R->host = NULL;
    R->pinned = NULL;
    R->pinned_count = 0;
    R->began_counted = mem_counted;
}

static void new_world(Run *R)
{
    World *w = mem_alloc(sizeof *w);
    w->globals = run_new_table(R);
    w->registry = run_new_table(R);
    w->main = run_new_coroutine(R, V_NIL);
    w->main->body.status = CO_RUNNING;
    R->world = w;
}

static void new_epoch(Run *R, uint64_t after)
{
    R->epoch = epoch_after(after);
    run_close(R);
}

/* The run's world becomes that of s, with this heap map. */
static void load(Run *R, const State *s, Hamt heap)
{
    if (R->packed != s->epoch) heap_new_view(R);
    R->packed = s->epoch;
    R->heap = heap;
    R->next_id = s->next_id;
    R->random = s->random;
    R->counted = s->counted;
    R->counted_from = mem_counted;
    R->world = s->world;
    R->co = s->paused;
    R->spare = NULL;
    if (s->paused) R->main_segment = NULL;
    if (s->heap.spare && s->more->running.segment)
        *heap_coroutine_mut(R, R->co) = s->more->running;
}

void run_load(Run *R, const State *s)
{
    Hamt heap = state_heap(s);
    new_epoch(R, s->epoch);
    load(R, s, heap);
}

void run_back(Run *R, const State *s)
{
    if (!own_undo(R, s, heap_put_back)) {
        run_load(R, s);
        return;
    }
    Hamt heap = s->heap;
    heap.spare = 0;
    R->epoch = epoch_after(R->epoch);
    R->packed = 0;
    load(R, s, heap);
}

Run *run_begin(const State *state)
{
    Run *R = run_alloc();
    run_defaults(R);
    if (state) {
        run_load(R, state);
    } else {
        new_epoch(R, EPOCH_NONE);
        heap_new_view(R);
        R->packed = 0;
        R->heap = (Hamt){0};
        R->next_id = 1;
        R->random = NULL;
        R->counted = 0;
        R->counted_from = mem_counted;
        new_world(R);
        R->co = NULL;
    }
    return R;
}

static State *snapshot(Run *R, size_t size)
{
    State *s = mem_new(size);
    s->heap = R->heap;
    s->next_id = R->next_id;
    s->random = R->random;
    s->counted = run_counted(R);
    s->world = R->world;
    s->paused = R->status == RUN_PAUSED || R->depth ? R->co : NULL;
    s->epoch = R->packed = R->epoch;
    R->epoch = epoch_after(R->epoch); /* the thread may be another by now */
    if (R->spare) R->spare->epoch = R->epoch;
    return s;
}

static State *snapshot_more(Run *R, const CoBody *body, StateMoreKind more)
{
    State *s = snapshot(R, state_size(more));
    s->heap.spare = more;
    if (body ? R->segment != R->main_segment : s->paused != NULL) R->main_segment = NULL;
    if (!body) return s;
    s->more->running = *body;
    R->segment->epoch = R->epoch;
    return s;
}

State *run_snapshot(Run *R)
{
    State *s = snapshot(R, sizeof *s);
    run_close(R);
    if (s->paused) R->main_segment = NULL;
    return s;
}

State *run_snapshot_running(Run *R, const CoBody *body)
{
    State *s = snapshot_more(R, body, STATE_RUNNING);
    run_close(R);
    return s;
}

State *run_snapshot_own(Run *R, const CoBody *body)
{
    State *s = snapshot_more(R, body, STATE_OWN);
    own_begin(R, s);
    return s;
}

const State *state_settled(const State *s)
{
    if (!s->heap.spare) return s;
    Run *R = run_begin(s);
    State *settled = run_snapshot(R);
    settled->paused = s->paused;
    run_end(R);
    return settled;
}

/* What lies in them is of no state any more, but the collector would see it. */
static void clear_scratch(Run *R)
{
    for (Segment *s = R->scratch; s; s = s->prev) memset(s->slots, 0, s->size * sizeof(Value));
    R->scratch_used = false;
}

void run_rest(Run *R)
{
    if (R->status == RUN_PAUSED) R->main_segment = NULL;
    R->status = RUN_OK;
    mem_counted = R->began_counted; /* a run within another is not the other's */
    R->co = NULL;
    R->spare = NULL;
    run_reclaim(R);
    if (R->scratch_used) clear_scratch(R);
    R->error = R->handler = R->value = V_NIL;
}

void run_wake(Run *R, const State *s)
{
    run_defaults(R);
    R->counted = s->counted;
    R->counted_from = mem_counted;
}

void run_end(Run *R)
{
    run_close(R);
    R->own.expected = 0;
    run_rest(R);
    R->heap = (Hamt){0};
    R->world = NULL;
    R->next = pool;
    pool = R;
}

void run_end_view(Run *R)
{
    uint64_t counted = mem_counted;
    run_end(R);
    mem_counted = counted;
}
