/* SPDX-License-Identifier: MIT */
/*
 * The heap: the contents of objects, as a run sees them; the heap map, and the cache in front
 * of it.
 *
 * heap_* finds an object's contents as this run sees them (design, section 3):
 *   1. contents are in the object unless its type byte says OBJ_REMAPPED;
 *   2. the contents of a remapped object are in its entry of the heap map. If it has no
 *      entry, the contents frozen in the object hold;
 *   3. contents with this run's epoch are written in place. The first write to older contents
 *      puts a copy of their header in the heap map;
 *   4. there is one exception. Contents that are not older than R->since are written in place
 *      too, after they have been put aside (undo.h): all snapshots since then are the run's
 *      own.
 *
 * A direct-mapped cache stands in front of the heap map. Its entries are tagged with the
 * run's `view`. The view changes when the run goes on from another state, and not at a
 * snapshot. So the cache is never cleared, and stays warm from one snapshot to the next.
 * Contents that were found in it may be written if the epoch in front of them is the run's.
 */
#ifndef MOONLET_HEAP_H
#define MOONLET_HEAP_H

#include "state/run.h"

const void *heap_read_slow(Run *R, const void *object, const void *frozen);
TableBody *heap_table_slow(Run *R, Table *t);
TableBody *heap_field_slow(Run *R, Table *t, const TableBody *old);
CoBody *heap_coroutine_slow(Run *R, Coroutine *c);
UserdataBody *heap_userdata_slow(Run *R, Userdata *u);
Value *heap_cell_slow(Run *R, Cell *c);

#ifdef MOONLET_MUTABLE /* contents are always in the object: mutable.h */
#define HEAP_OWNS(R, o) ((void)(R), true)
#define HEAP_PLAIN(o) true
#else
#define HEAP_OWNS(R, o) ((o)->epoch == (R)->epoch)
#define HEAP_PLAIN(o) (!object_is_remapped(o))
#endif

/* The contents of a remapped object if they are in the cache, else NULL. */
static inline void *heap_cached(const Run *R, const void *object)
{
    const CacheEntry *e = &R->cache[((const Object *)object)->id_low & R->cache_mask];
    return __builtin_expect(e->key == ((uintptr_t)object | R->view), 1) ? e->body : NULL;
}
static inline const void *heap_read(Run *R, const void *object, const void *frozen)
{
    const void *body = heap_cached(R, object);
    return body ? body : heap_read_slow(R, object, frozen);
}
/* Contents of the table that v is, if they are in the object or in the cache; else NULL. */
static inline TableBody *heap_table_at_hand(const Run *R, Value v)
{
    if (__builtin_expect(!value_is_object(v), 0)) return NULL;
    Table *t = value_pointer(v);
    uint8_t type = object_raw_type(t);
    if (__builtin_expect(type == OBJ_TABLE, 1)) return &t->body;
    return type == (OBJ_TABLE | OBJ_REMAPPED) ? heap_cached(R, t) : NULL;
}
/* Whether the run's epoch has made these contents. */
static inline bool heap_body_owned(const Run *R, const void *body)
{
#ifdef MOONLET_MUTABLE
    return true;
#else
    return ((const uint64_t *)body)[-1] == R->epoch;
#endif
}

/* Contents to read. */
static inline const TableBody *heap_table(Run *R, const Table *t)
{
    return HEAP_PLAIN(t) ? &t->body : heap_read(R, t, &t->body);
}
static inline const CoBody *heap_coroutine(Run *R, const Coroutine *c)
{
    return HEAP_PLAIN(c) ? &c->body : heap_read(R, c, &c->body);
}
static inline const UserdataBody *heap_userdata(Run *R, const Userdata *u)
{
    return HEAP_PLAIN(u) ? &u->body : heap_read(R, u, &u->body);
}
static inline Value heap_cell(Run *R, const Cell *c)
{
    return HEAP_PLAIN(c) ? c->value : *(const Value *)heap_read(R, c, &c->value);
}
/* The closure to run for c. A closure does not change, but debug.setupvalue may have put a
 * stand-in in its place (stack/upvalue.h). */
const Closure *heap_closure_slow(Run *R, const Closure *c);
void heap_set_closure(Run *R, Closure *c, const Closure *now);
/* Whether heap_set_closure was ever called, in any state. */
bool heap_closures_set(void);
static inline const Closure *heap_closure(Run *R, const Closure *c)
{
    return object_is_remapped(c) ? heap_closure_slow(R, c) : c;
}

/* Contents to write: valid until the epoch ends (snapshot, end of run). */
static inline TableBody *heap_table_mut(Run *R, Table *t)
{
    if (__builtin_expect(table_is_passed(t), 0)) R->methods_age++;
    return HEAP_OWNS(R, t) ? &t->body : heap_table_slow(R, t);
}
/* The same for who has found the contents, and will write to a field with a name: what that is
 * written to is copied, too. */
static inline TableBody *heap_field_mut(Run *R, Table *t, const TableBody *found)
{
    if (__builtin_expect(table_is_passed(t), 0)) R->methods_age++;
    return heap_body_owned(R, found) ? (TableBody *)found : heap_field_slow(R, t, found);
}
static inline CoBody *heap_coroutine_mut(Run *R, Coroutine *c)
{
    return HEAP_OWNS(R, c) ? &c->body : heap_coroutine_slow(R, c);
}
/* What a coroutine contains, which this run has begun to write, may again be as it was when it
 * waited (own->was). If so, that is found from now on, the states to come share it, and own is
 * gone. Gives what is found. */
const CoBody *heap_coroutine_settle(Run *R, Coroutine *c, CoBody *own);
static inline UserdataBody *heap_userdata_mut(Run *R, Userdata *u)
{
    return HEAP_OWNS(R, u) ? &u->body : heap_userdata_slow(R, u);
}
static inline Value *heap_cell_mut(Run *R, Cell *c)
{
    return HEAP_OWNS(R, c) ? &c->value : heap_cell_slow(R, c);
}

/*
 * Read-only tables. The contents of a frozen table belong to no epoch (EPOCH_NONE), so every
 * way to write to them ends in heap_table_slow, which gives contents that nobody sees. So no
 * write gets through, even if a caller forgets to ask. A caller that asks, with heap_is_lost,
 * can raise an error. The contents are frozen and not the table, so in a state from before the
 * table is as it was.
 */
void heap_freeze(Run *R, Table *t);
static inline bool heap_is_frozen(Run *R, const Table *t)
{
    return table_is_frozen(heap_table(R, t));
}
static inline bool heap_is_lost(const Run *R, const TableBody *b)
{
    return (const uint64_t *)b - 1 == R->lost;
}
/* Contents of a frozen table, to be written in a way that programs do not notice. The caller
 * freezes the table again. */
TableBody *heap_thaw(Run *R, Table *t);
/* Contents that may be written over, copied. */
uint64_t *heap_copy_box(const UndoEntry *e);

/* Another map from objects to words, made as the heap map is. heap_noted answers NULL where the
 * object has none. O(log32 n). */
void heap_note(Hamt *map, const void *object, Word note, uint64_t token);
const Word *heap_noted(const Hamt *map, const void *object);

/* The map as a whole ------------------------------------------------------------ */

/* Drops the heap map's entries of objects for which keep says no. */
void heap_retain(Run *R, bool (*keep)(void *context, const void *object), void *context);

/* The blocks of the heap map, and the contents of the objects in it for which live says
 * yes (a table's nodes are not among them). */
void heap_blocks(const Run *R, bool (*live)(void *context, const void *object), void *context,
                 MemBlockFn *fn, void *fn_context);

/* For who makes runs and states --------------------------------------------------- */

/* Gives a new run its cache. */
void heap_init_cache(Run *R);
/* Makes all entries of the cache invalid for the run. */
void heap_new_view(Run *R);

/* Puts an entry into the map: the object's contents are in box. */
void heap_put(Hamt *heap, void *object, uint64_t *box, uint64_t token);
#ifndef NDEBUG
/* The map of a state with this next id and epoch is sound: see check_state.h. O(n). */
void heap_check(const Hamt *heap, uint64_t next_id, uint64_t epoch);
#endif
/* An UndoFn, whose context is a State. It writes the old contents of the entry's object back
 * to where they were written over: in a box of that state, or in the object. */
void heap_put_back(void *state, const UndoEntry *e);

#endif
