/* SPDX-License-Identifier: MIT */
/*
 * Runs and the states that they begin from and end in.
 *
 * Main invariant: a state that has been given away never changes.
 */
#include "state/state.h"

#include <assert.h>

#include "state/heap.h"
#include "state/own.h"

void run_prepare(Run *R) { heap_init_cache(R); }

static void begin_counting(Run *R)
{
    R->began_counted = mem_counted;
    R->began_beside = mem_beside;
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

/* What was running ------------------------------------------------------------------- */

/* What the last snapshot had, or what is the same. */
static const Running *running_of(Run *R, const CoBody *body)
{
    const Segment *from = body->segment;
    Running now = {*body,       from->prev,
                   from->ret,   from->prev_frame,
                   from->below, from->kind != SEGMENT_SCRATCH};
    now.body.segment = NULL;
    now.body.fp = now.body.top = 0;
    if (R->running && memcmp(R->running, &now, sizeof now) == 0) return R->running;
    Running *own = mem_new(sizeof *own);
    *own = now;
    return R->running = own;
}

static size_t segment_bytes(uint32_t slots) { return sizeof(Segment) + slots * sizeof(Value); }

static void keep_running(Run *R, State *s, const CoBody *body)
{
    s->more->running = running_of(R, body);
    s->more->fp = body->fp;
    s->more->top = body->top;
    memcpy(state_slots(s), body->segment->slots, body->top * sizeof(Value));
    mem_count_beside(segment_bytes(body->top)); /* now, whoever looks and when */
}

/* Whoever is first: all see the same one from then on. */
const Segment *state_frames(const State *state)
{
    State *s = (State *)state;
    struct StateMore *more = s->more;
    Segment *there = __atomic_load_n(&more->frames, __ATOMIC_ACQUIRE);
    if (there) return there;
    const Running *r = more->running;
    Segment *made = segment_bare(more->top);
    made->epoch = s->epoch;
    made->kind = SEGMENT_COMPACT;
    made->prev = r->prev;
    made->ret = r->ret;
    made->prev_frame = r->prev_frame;
    made->below = r->below;
    made->roomy = r->roomy;
    memcpy(made->slots, state_slots(s), more->top * sizeof(Value));
    bool first = __atomic_compare_exchange_n(&more->frames, &there, made, false,
                                             __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    return first ? made : there;
}

static void load_running(Run *R, const State *s)
{
    CoBody *b = heap_coroutine_mut(R, R->co);
    *b = s->more->running->body;
    b->segment = (Segment *)state_frames(s);
    b->fp = s->more->fp;
    b->top = s->more->top;
}

/* Runs -------------------------------------------------------------------------------- */

/* The run's world becomes that of s, with this heap map. */
static void load(Run *R, const State *s, Hamt heap)
{
    assert(s->base->world && s->next_id && "a state has a world");
    if (R->packed != s->epoch) heap_new_view(R);
    R->packed = s->epoch;
    R->heap = heap;
    R->next_id = s->next_id;
    R->random = s->base->random;
    R->base = s->base;
    R->counted = s->counted;
    R->counted_from = mem_counted;
    R->world = s->base->world;
    R->co = s->base->paused;
    R->running = NULL;
    if (state_is_running(s)) load_running(R, s);
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
    heap.more = 0;
    R->epoch = epoch_after(R->epoch);
    R->packed = 0;
    load(R, s, heap);
}

void run_begin(Run *R, const State *s)
{
    begin_counting(R);
    if (s) {
        run_load(R, s);
    } else {
        new_epoch(R, EPOCH_NONE);
        heap_new_view(R);
        R->packed = 0;
        R->heap = (Hamt){0};
        R->next_id = 1;
        R->random = NULL;
        R->base = NULL;
        R->running = NULL;
        R->counted = 0;
        R->counted_from = mem_counted;
        new_world(R);
        R->co = NULL;
    }
}

/* This base, or what is the same. */
static const StateBase *base_of(const StateBase *same, const StateBase *base)
{
    if (same && same->world == base->world && same->random == base->random &&
        same->paused == base->paused)
        return same;
    StateBase *own = mem_new(sizeof *own);
    *own = *base;
    return own;
}

void state_set_paused(State *s, Coroutine *paused)
{
    assert((!paused || object_id(paused) < s->next_id) && "what is paused is in the state");
    s->base = base_of(s->base, &(StateBase){s->base->world, s->base->random, paused});
}

static State *snapshot(Run *R, Coroutine *paused, size_t size)
{
    assert(R->world && "a run has a world");
    assert((!paused || object_id(paused) < R->next_id) && "what is paused is in the world");
    State *s = mem_new(size);
    s->heap = R->heap;
    s->next_id = R->next_id;
    s->counted = run_counted(R);
    s->base = R->base = base_of(R->base, &(StateBase){R->world, R->random, paused});
    s->epoch = R->packed = R->epoch;
    R->epoch = epoch_after(R->epoch); /* the thread may be another by now */
    return s;
}

static State *snapshot_more(Run *R, Coroutine *paused, const CoBody *body, StateMoreKind more)
{
    assert((!body || body->segment) && "a body has a stack");
    size_t slots = body ? body->top * sizeof(Value) : 0;
    State *s = snapshot(R, paused, state_size(more) + slots);
    s->heap.more = more;
    if (body) keep_running(R, s, body);
    return s;
}

State *run_snapshot(Run *R, Coroutine *paused)
{
    State *s = snapshot(R, paused, sizeof *s);
    run_close(R);
    return s;
}

State *run_snapshot_running(Run *R, Coroutine *paused, const CoBody *body)
{
    State *s = snapshot_more(R, paused, body, STATE_RUNNING);
    run_close(R);
    return s;
}

State *run_snapshot_own(Run *R, Coroutine *paused, const CoBody *body)
{
    State *s = snapshot_more(R, paused, body, STATE_OWN);
    own_begin(R, s);
    return s;
}

const State *state_whole(const State *s)
{
    if (!s->heap.more) return s;
    Run R = {0};
    run_prepare(&R);
    run_begin(&R, s);
    State *whole = run_snapshot(&R, s->base->paused);
    run_end(&R);
    return whole;
}

void run_rest(Run *R)
{
    assert((!R->own.undo || R->own.undo->open == R) && "logs are open until they are closed");
    mem_counted = R->began_counted; /* a run within another is not the other's */
    mem_beside = R->began_beside;
    R->co = NULL;
    R->lost = NULL;
}

void run_wake(Run *R, const State *s)
{
    begin_counting(R);
    R->counted = s->counted;
    R->counted_from = mem_counted;
}

void run_end(Run *R)
{
    run_close(R);
    R->own.expected = 0;
    methods_forget(R);
    run_rest(R);
    R->heap = (Hamt){0};
    R->world = NULL;
    R->base = NULL;
    R->running = NULL;
}
