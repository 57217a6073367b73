/* SPDX-License-Identifier: MIT */
#include "state/own.h"

#include "state/heap.h"

static void no_last(OwnSnapshots *o)
{
    if (o->undo) o->undo->open = NULL;
    o->undo = NULL;
    o->alone = NULL;
    o->before = o->last = EPOCH_NONE;
}

static void make_last(Run *R, const State *s)
{
    OwnSnapshots *o = &R->own;
    if (o->undo) o->undo->open = NULL;
    o->undo = s->more->undo;
    o->undo->open = R;
    o->alone = s->more->alone;
    o->before = o->last;
    o->last = s->epoch;
}

/* Snapshots that have been dropped, as far as the collector has noticed, need no logs, nor do
 * those after last, if that is not NULL. */
static bool let_go(Run *R, const State *last)
{
    OwnSnapshots *o = &R->own;
    o->collections = mem_collections();
    State **left = mem_alloc((o->list.count + (size_t)1) * sizeof *left);
    int64_t found = mem_weak_list_get(&o->list, (void **)left), n = found;
    if (n < 0) return false;
    while (last && n > 0 && left[n - 1] != last) n--;
    o->list.count = (uint32_t)n;
    no_last(o);
    for (int64_t i = 0; i < n; i++) {
        Undo *next = i + 1 < n ? left[i + 1]->more->undo : NULL;
        undo_merge(left[i]->more->undo, next, left[i]->epoch);
        make_last(R, left[i]);
    }
    memset(left, 0, (size_t)found * sizeof *left); /* a stale pointer to it must keep nothing */
    return true;
}

enum { OWN_MAX = 512 };

/* What an old snapshot's logs hold on to is more than it needs: also the old contents of what
 * was written since, and snapshots in these, which have logs in turn. When that goes on,
 * collection after collection, it is cut here. */
static bool too_many(const OwnSnapshots *o)
{
    return o->list.count > OWN_MAX && o->list.count - OWN_MAX > o->expected;
}

void own_begin(Run *R, State *s)
{
    if (R->own.undo && R->own.collections != mem_collections()) {
        let_go(R, NULL);
        if (too_many(&R->own)) run_close(R);
    }
    Undo *last = R->own.undo;
    s->more->undo = mem_new(sizeof *s->more->undo);
    s->more->alone = mem_new(sizeof *s->more->alone);
    if (last) last->next = s->more->undo;
    make_last(R, s);
    mem_weak_list_add(&R->own.list, s);
}

/* Where to put what was last written in this epoch: after o->before it is for the last
 * snapshot alone. */
static UndoList *list_for(OwnSnapshots *o, uint64_t epoch)
{
    return epoch > o->before ? o->alone : &o->undo->list;
}

void own_save(Run *R, void *object, uint64_t *box)
{
    OwnSnapshots *o = &R->own;
    if (undo_full(list_for(o, *box)) && o->collections != mem_collections()) let_go(R, NULL);
    if (*box <= o->last) undo_add(list_for(o, *box), object, box);
}

void run_close(Run *R)
{
    R->since = R->epoch;
    if (!R->own.undo) return;
    no_last(&R->own);
    mem_weak_list_clear(&R->own.list);
}

/* Each thing that has been put aside for a snapshot, among others. */
static void each_saved(const struct StateMore *more, UndoFn *fn, void *context)
{
    undo_each(more->alone, fn, context);
    for (const Undo *u = more->undo; u; u = u->next) undo_each(&u->list, fn, context);
}

static Run *open_for(const State *s)
{
    const Undo *last = s->heap.spare == STATE_OWN ? s->more->undo : NULL;
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

typedef struct Putting {
    Hamt heap;
    uint64_t epoch; /* of the state */
    uint64_t token;
} Putting;

static void put_back(void *context, const UndoEntry *e)
{
    Putting *p = context;
    if (*e->box <= p->epoch) heap_put(&p->heap, e->object, e->box, p->token);
}

/* Whoever is first: what two threads make out is the same. */
static Hamt *make_whole(State *s)
{
    struct StateMore *more = s->more;
    Run *open = open_for(s);
    if (open) run_close(open);
    Putting p = {s->heap, s->epoch, epoch_new()};
    p.heap.spare = 0;
    each_saved(more, put_back, &p);
    Hamt *whole = mem_alloc(sizeof *whole), *there = NULL;
    *whole = p.heap;
    bool first = __atomic_compare_exchange_n(&more->whole, &there, whole, false,
                                             __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    return first ? whole : there;
}

Hamt state_heap(const State *s)
{
    Hamt heap = s->heap;
    heap.spare = 0;
    if (s->heap.spare != STATE_OWN) return heap;
    Hamt *whole = __atomic_load_n(&s->more->whole, __ATOMIC_ACQUIRE);
    return whole ? *whole : *make_whole((State *)s);
}
