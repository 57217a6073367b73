/* SPDX-License-Identifier: MIT */
/*
 * Checks of states, runs, segments and undo logs in debug builds.
 *
 * Main invariant: a check changes nothing, and costs O(1) on average.
 */
#include "state/check_state.h"

#ifndef NDEBUG

#include <assert.h>

#include "state/heap.h"
#include "state/marks.h"

enum { SEGMENTS = 20, ENTRIES = 64 };

/* States --------------------------------------------------------------------------- */

/* The state's own object of a type, or none if it may be absent. */
static bool is_object(const void *o, ObjectType type, uint64_t next_id, bool needed)
{
    if (!o) return !needed;
    return object_type(o) == type && object_id(o) < next_id;
}

static void check_world(const World *w, uint64_t next_id)
{
    const Collection *c = &w->collection;
    assert(is_object(w->globals, OBJ_TABLE, next_id, true) && "the globals are a table");
    assert(is_object(w->registry, OBJ_TABLE, next_id, true) && "the registry is a table");
    assert(is_object(w->main, OBJ_COROUTINE, next_id, true) && "there is a main coroutine");
    assert(is_object(w->hidden, OBJ_TABLE, next_id, false) && "the host's data are a table");
    assert(is_object(c->finalizers, OBJ_TABLE, next_id, false) && "a table has finalizers");
    assert(is_object(c->queue, OBJ_TABLE, next_id, false) && "a table is the queue");
    for (int t = 0; t < TYPE_COUNT; t++)
        assert(is_object(w->type_meta[t], OBJ_TABLE, next_id, false) &&
               "metatables are tables that the state has");
}

static void check_more(const State *s)
{
    const struct StateMore *more = s->more;
    switch ((StateMoreKind)s->heap.more) {
    case STATE_NO_MORE: return;
    case STATE_RUNNING: assert(more->running && "there is a body"); break;
    case STATE_OWN:
        assert(more->undo && more->alone && "an own snapshot has logs");
        if (!more->running) return;
        break;
    default: assert(!"heap.more says how much there is of a state");
    }
    assert(s->base->paused && "the body is that of a coroutine in mid-run");
    assert(more->fp >= 2 && more->fp <= more->top && "the top frame has its slots");
    assert(!more->running->body.segment && "frames are apart from the rest");
    segment_check(more->running->prev);
    segment_check(__atomic_load_n(&more->frames, __ATOMIC_ACQUIRE));
}

static void check_record(const State *s)
{
    assert(s->epoch != EPOCH_NONE && "an epoch ended here");
    assert(s->base->world && "a state has a world");
    check_world(s->base->world, s->next_id);
    assert(is_object(s->base->paused, OBJ_COROUTINE, s->next_id, false) &&
           "what is paused is a coroutine that the state has");
    check_more(s);
}

static void check_heap(const State *s)
{
    Hamt heap = s->heap;
    heap.more = 0;
    heap_check(&heap, s->next_id, s->epoch);
}

void state_check(const State *s)
{
    static MEM_THREAD uint64_t paid;
    check_record(s);
    if (s->heap.more == STATE_OWN) return; /* the map may be newer than the state */
    paid += ENTRIES;
    if (paid < s->heap.count) return;
    paid -= s->heap.count;
    check_heap(s);
}

void state_check_whole(const State *s)
{
    check_record(s);
    check_heap(s);
}

/* Runs ----------------------------------------------------------------------------- */

static void check_own(const Run *R)
{
    const OwnSnapshots *o = &R->own;
    assert(!o->undo == !o->alone && "the last own snapshot has both of its logs");
    if (!o->undo) return;
    assert(o->undo->open == R && !o->undo->next && "the run writes to the last of its logs");
    assert(o->before < o->last && o->last < R->epoch &&
           "snapshots are older than what follows");
    assert(o->states.count > 0 && o->logs.count >= o->states.count &&
           "own snapshots are in the lists, and their logs");
}

void run_check(const Run *R)
{
    assert(R->epoch != EPOCH_NONE && R->since <= R->epoch && "what is frozen is older");
    assert((R->cache_mask & (R->cache_mask + 1)) == 0 && "the cache's size is a power of 2");
    assert(R->view & ~(uint64_t)0 << CACHE_VIEW_SHIFT && "view 0 is of empty entries");
    assert(!R->heap.more && "only a state's heap map says how much more there is");
    assert(R->world && "a run has a world");
    assert(is_object(R->co, OBJ_COROUTINE, R->next_id, false) && "what runs is a coroutine");
    check_own(R);
}

/* Segments ------------------------------------------------------------------------- */

static void check_below(const Segment *s)
{
    const Segment *prev = s->prev;
    if (!prev) {
        assert(s->below == 0 && "nothing is below the lowest segment");
        return;
    }
    assert(s->ret && "the lowest frame returns to a node in the segment below");
    assert(prev->kind != SEGMENT_COMPACT && "a compact segment is the top one");
    assert(s->prev_frame >= FRAME_HEADER && s->prev_frame <= prev->size &&
           "the frame below is in the segment below");
    assert(s->below == prev->below + s->prev_frame - FRAME_HEADER &&
           "a segment knows how deep it lies");
}

static void check_guard(const Segment *s)
{
#ifdef MOONLET_STRESS
    for (unsigned i = 0; i < SEGMENT_GUARD; i++)
        assert(s->slots[s->size + i] == SEGMENT_GUARD_WORD && "nobody writes beyond a segment");
#endif
}

void segment_check(const Segment *s)
{
    for (int i = 0; s && i < SEGMENTS; s = s->prev, i++) {
        assert(s->epoch != EPOCH_NONE && "a segment is of an epoch");
        assert(s->kind <= SEGMENT_COMPACT && "a segment is of one of the kinds");
        assert(s->size >= FRAME_HEADER && "a segment has room for a frame");
        assert((s->kind != SEGMENT_SCRATCH || s->size == SCRATCH_SLOTS) &&
               "scratch segments are of one size");
        assert((!s->roomy || s->kind == SEGMENT_COMPACT) && "only compact ones have no room");
        check_guard(s);
        check_below(s);
    }
}

/* Logs ----------------------------------------------------------------------------- */

static void check_blocks(const UndoList *l)
{
    for (const UndoBlock *b = l->block; b; b = b->older) {
        assert(b->count > 0 && b->count <= b->size && "entries fit the block");
        assert((b == l->block || b->count == b->size) && "only the newest block has room");
    }
}

typedef struct Checked {
    Marks met;
    uint64_t epoch;
} Checked;

static void check_entry(void *context, const UndoEntry *e)
{
    Checked *c = context;
    ObjectType type = object_type(e->object);
    assert((type == OBJ_TABLE || type == OBJ_COROUTINE || type == OBJ_CELL ||
            type == OBJ_CLOSURE) &&
           "what is put aside is written in place");
    if (*e->box > c->epoch) return;
    bool first = marks_add(&c->met, e->object);
    assert((first || c->met.failed) && "a snapshot has one entry for an object");
    (void)type, (void)first;
}

static void check_alone(void *context, const UndoEntry *e)
{
    assert(*e->box <= *(const uint64_t *)context && "what one needs alone is not younger");
}

void undo_check(const UndoList *alone, const Undo *u, uint64_t epoch)
{
    Checked c = {.epoch = epoch};
    check_blocks(alone);
    undo_each(alone, check_alone, &epoch);
    undo_each(alone, check_entry, &c);
    for (; u; u = u->next) {
        assert((!u->open || !u->next) && "only the last log is written to");
        check_blocks(&u->list);
        undo_each(&u->list, check_entry, &c);
    }
    marks_free(&c.met);
}

#endif
