/* SPDX-License-Identifier: MIT */
#include "state/own.h"

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

/* Snapshots that have been dropped, as far as the collector has noticed, need no logs. */
static void let_go(Run *R)
{
    OwnSnapshots *o = &R->own;
    o->collections = mem_collections();
    State **left = mem_alloc((o->list.count + (size_t)1) * sizeof *left);
    int64_t n = mem_weak_list_get(&o->list, (void **)left);
    if (n < 0) return;
    no_last(o);
    for (int64_t i = 0; i < n; i++) {
        Undo *next = i + 1 < n ? left[i + 1]->more->undo : NULL;
        undo_merge(left[i]->more->undo, next, left[i]->epoch);
        make_last(R, left[i]);
    }
}

static inline void notice_collection(Run *R)
{
    if (R->own.collections != mem_collections()) let_go(R);
}

void own_begin(Run *R, State *s)
{
    if (R->own.undo) notice_collection(R);
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
    if (undo_full(list_for(o, *box))) notice_collection(R);
    if (*box <= o->last) undo_add(list_for(o, *box), object, box);
}

void run_close(Run *R)
{
    R->since = R->epoch;
    if (!R->own.undo) return;
    no_last(&R->own);
    mem_weak_list_clear(&R->own.list);
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
    const Undo *last = more->undo;
    while (last->next) last = last->next;
    if (last->open) run_close(last->open);
    Putting p = {s->heap, s->epoch, epoch_new()};
    p.heap.spare = 0;
    uint64_t counted = mem_counted; /* when it happens is no part of the state */
    undo_each(more->alone, put_back, &p);
    for (const Undo *u = more->undo; u; u = u->next) undo_each(&u->list, put_back, &p);
    Hamt *whole = mem_alloc(sizeof *whole), *there = NULL;
    *whole = p.heap;
    mem_counted = counted;
    bool first = __atomic_compare_exchange_n(&more->whole, &there, whole, false,
                                             __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    return first ? whole : there;
}

Hamt state_heap(const State *s)
{
    Hamt heap = s->heap;
    heap.spare = 0;
    if (!s->heap.spare || !s->more->undo) return heap;
    Hamt *whole = __atomic_load_n(&s->more->whole, __ATOMIC_ACQUIRE);
    return whole ? *whole : *make_whole((State *)s);
}
