/* SPDX-License-Identifier: MIT */
/*
 * A run's own snapshots: taking, looking into, going back to and dropping them.
 *
 * Main invariant: the last snapshot's log is the only open one. Before anybody looks into a
 * snapshot, run_close has made an end of that.
 */
#include "state/own.h"

#include "state/check_state.h"
#include "state/heap.h"

#include <assert.h>

static void no_last(OwnSnapshots *o)
{
    if (o->undo) o->undo->open = NULL;
    o->undo = NULL;
    o->alone = NULL;
    o->before = o->last = EPOCH_NONE;
}

static void make_last(Run *R, const State *s)
{
    assert(s->heap.more == STATE_OWN && "it is the run's own snapshot");
    assert(s->epoch > R->own.last && "snapshots are in order");
    OwnSnapshots *o = &R->own;
    if (o->undo) o->undo->open = NULL;
    o->undo = s->more->undo;
    o->undo->open = R;
    o->alone = s->more->alone;
    o->before = o->last;
    o->last = s->epoch;
}

/* What the collector has left of the run's snapshots and of their logs, both in order. */
typedef struct Left {
    State **states;
    Undo **logs;
    int64_t state_count, log_count;
} Left;

static bool find_left(OwnSnapshots *o, Left *l)
{
    o->collections = mem_collections();
    l->states = mem_try_alloc((o->states.count + (size_t)1) * sizeof *l->states);
    l->logs = mem_try_alloc((o->logs.count + (size_t)1) * sizeof *l->logs);
    if (!l->states || !l->logs) return false;
    l->state_count = mem_weak_list_get(&o->states, (void **)l->states);
    l->log_count = mem_weak_list_get(&o->logs, (void **)l->logs);
    return l->state_count >= 0 && l->log_count >= 0;
}

/* A stale pointer to it must keep nothing. */
static void forget_left(Left *l)
{
    memset(l->states, 0, (size_t)l->state_count * sizeof *l->states);
    memset(l->logs, 0, (size_t)l->log_count * sizeof *l->logs);
}

/* Logs without a snapshot that are left all the same: a word that only looks like a pointer
 * keeps them, or one in a frame of C that is no more. Each would keep all later ones, and what
 * they hold. */
static void cut_dead_logs(const Left *l)
{
    int64_t s = 0;
    for (int64_t i = 0; i < l->log_count; i++) {
        if (s < l->state_count && l->logs[i] == l->states[s]->more->undo) {
            s++;
        } else {
            l->logs[i]->next = NULL;
            l->logs[i]->list = (UndoList){NULL};
        }
    }
    assert(s == l->state_count && "each snapshot has its log");
}

/* How many logs there are up to that of the n-th snapshot. */
static uint32_t logs_until(const Left *l, int64_t n)
{
    int64_t count = n ? l->log_count : 0;
    while (count && l->logs[count - 1] != l->states[n - 1]->more->undo) count--;
    return (uint32_t)count;
}

/* Snapshots that have been dropped, as far as the collector has noticed, need no logs, nor do
 * those after last, if that is not NULL. */
static bool let_go(Run *R, const State *last)
{
    OwnSnapshots *o = &R->own;
    Left left;
    if (!find_left(o, &left)) return false;
    int64_t n = left.state_count;
    while (last && n > 0 && left.states[n - 1] != last) n--;
    no_last(o);
    for (int64_t i = 0; i < n; i++) {
        State *s = left.states[i];
        Undo *next = i + 1 < n ? left.states[i + 1]->more->undo : NULL;
        undo_merge(s->more->undo, next, s->epoch);
        make_last(R, s);
    }
    cut_dead_logs(&left);
    o->states.count = (uint32_t)n;
    if (n < left.state_count) o->logs.count = logs_until(&left, n);
    forget_left(&left);
    return true;
}

static const StateBase nothing;

/* Whoever still points to it does so by mistake. */
static void empty(State *s)
{
    memset(state_slots(s), 0, s->more->top * sizeof(Value));
    memset(s->more, 0, sizeof *s->more);
    s->heap = (Hamt){.more = STATE_NO_MORE};
    s->base = &nothing;
}

void run_own_value(State *s)
{
    if (s->heap.more == STATE_OWN) s->more->value = true;
}

void own_drop_unseen(Run *R, const Marks *seen)
{
    Left left;
    if (!R->own.undo || !find_left(&R->own, &left)) return;
    int64_t n = left.state_count;
    while (n > 0 && left.states[n - 1]->more->value && !marks_has(seen, left.states[n - 1]))
        n--;
    if (n == left.state_count) return;
    if (!n)
        run_close(R);
    else if (!let_go(R, left.states[n - 1]))
        return;
    for (int64_t i = n; i < left.state_count; i++) empty(left.states[i]);
    forget_left(&left);
}

void run_drop_lost(Run *R)
{
    if (R->own.undo) let_go(R, NULL);
}

enum { OWN_MAX = 512 };

/* What an old snapshot's logs hold on to is more than it needs: also the old contents of what
 * was written since, and snapshots in these, which have logs in turn. When that goes on,
 * collection after collection, it is cut here. */
static bool too_many(const OwnSnapshots *o)
{
    return o->states.count > OWN_MAX && o->states.count - OWN_MAX > o->expected;
}

void own_begin(Run *R, State *s)
{
    assert(s->heap.more == STATE_OWN && "the state has room for its logs");
    if (R->own.undo && R->own.collections != mem_collections()) {
        let_go(R, NULL);
        if (too_many(&R->own)) run_close(R);
    }
    Undo *last = R->own.undo;
    if (last) undo_check(R->own.alone, last, R->own.last);
    s->more->undo = mem_new(sizeof *s->more->undo);
    s->more->alone = mem_new(sizeof *s->more->alone);
    if (last) last->next = s->more->undo;
    make_last(R, s);
    if (!mem_weak_list_add(&R->own.states, s) ||
        !mem_weak_list_add(&R->own.logs, s->more->undo))
        run_close(R); /* unknown, it is like others */
}

void own_save_slow(Run *R, void *object, uint64_t *box)
{
    OwnSnapshots *o = &R->own;
    assert(o->undo && o->undo->open == R && "the run puts aside for its last own snapshot");
    if (undo_full(own_list_for(o, *box)) && o->collections != mem_collections())
        let_go(R, NULL);
    if (*box <= o->last) undo_add(own_list_for(o, *box), object, box);
}

void run_close(Run *R)
{
    R->since = R->epoch;
    if (!R->own.undo) return;
    no_last(&R->own);
    mem_weak_list_clear(&R->own.states);
    mem_weak_list_clear(&R->own.logs);
}

/* Each thing that has been put aside for a snapshot, among others. */
static void each_saved(const struct StateMore *more, UndoFn *fn, void *context)
{
    undo_each(more->alone, fn, context);
    for (const Undo *u = more->undo; u; u = u->next) undo_each(&u->list, fn, context);
}

typedef struct Filter {
    UndoFn *fn;
    void *context;
    uint64_t epoch;
} Filter;

static void if_it_was_then(void *context, const UndoEntry *e)
{
    const Filter *f = context;
    if (*e->box <= f->epoch) f->fn(f->context, e);
}

void own_each(const State *s, UndoFn *fn, void *context)
{
    Filter f = {fn, context, s->epoch};
    if (s->heap.more == STATE_OWN) each_saved(s->more, if_it_was_then, &f);
}

static Run *open_for(const State *s)
{
    const Undo *last = s->heap.more == STATE_OWN ? s->more->undo : NULL;
    while (last && last->next) last = last->next;
    return last ? last->open : NULL;
}

bool own_undo(Run *R, const State *s, UndoFn *undo)
{
    if (open_for(s) != R) return false;
    each_saved(s->more, undo, (void *)s);
    *s->more->alone = (UndoList){NULL};
    *s->more->undo = (Undo){NULL, R, {NULL}};
    return let_go(R, s);
}

enum { PUT_LOOK = 1000 }; /* some 100 us */

typedef struct Putting {
    Hamt heap;
    uint64_t epoch; /* of the state */
    uint64_t token;
    bool (*go_on)(void *context); /* NULL: to the end */
    void *context;
    uint32_t until_look;
    bool given_up;
} Putting;

static void put_back(void *context, const UndoEntry *e)
{
    Putting *p = context;
    if (*e->box > p->epoch || p->given_up) return;
    heap_put(&p->heap, e->object, e->box, p->token);
    if (!p->go_on || --p->until_look) return;
    p->until_look = PUT_LOOK;
    p->given_up = !p->go_on(p->context);
}

/* Whoever is first: what two threads make out is the same. Answers NULL if it is not to go on.
 */
static Hamt *make_whole(State *s, bool (*go_on)(void *context), void *go_on_context)
{
    assert(s->heap.more == STATE_OWN && "others are whole as they are");
    struct StateMore *more = s->more;
    Run *open = open_for(s);
    if (open) run_close(open);
    Putting p = {.heap = s->heap,
                 .epoch = s->epoch,
                 .token = epoch_new(),
                 .go_on = go_on,
                 .context = go_on_context,
                 .until_look = PUT_LOOK};
    p.heap.more = 0;
    each_saved(more, put_back, &p);
    if (p.given_up) return NULL;
    Hamt *whole = mem_alloc(sizeof *whole), *there = NULL;
    *whole = p.heap;
    bool first = __atomic_compare_exchange_n(&more->whole, &there, whole, false,
                                             __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    return first ? whole : there;
}

void own_forget(State *s)
{
    if (s->heap.more != STATE_OWN || !s->more->whole) return;
    assert(!open_for(s) && "whoever has made it whole has closed its logs");
    s->more->undo = mem_new(sizeof *s->more->undo);
    s->more->alone = mem_new(sizeof *s->more->alone);
}

static Hamt *made_whole(const State *s)
{
    return __atomic_load_n(&s->more->whole, __ATOMIC_ACQUIRE);
}

Hamt state_heap(const State *s)
{
    Hamt heap = s->heap;
    heap.more = 0;
    if (s->heap.more != STATE_OWN) return heap;
    Hamt *whole = made_whole(s);
    return whole ? *whole : *make_whole((State *)s, NULL, NULL);
}

bool state_look_first(const State *s, bool (*go_on)(void *context), void *context)
{
    if (s->heap.more != STATE_OWN || made_whole(s)) return true;
    return make_whole((State *)s, go_on, context) != NULL;
}
