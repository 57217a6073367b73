/* SPDX-License-Identifier: MIT */
/*
 * State: a Lua world as an immutable value, and Run: a thread's work on one.
 *
 *   State [heap map | next id | random | world | paused]       64 bytes, never changes
 *   Run   what a state has, unpacked and mutable, with an epoch of its own
 *
 * What executes programs, its stack, its limits and its host are no part of this: they are
 * in the Machine around the run (stack/machine.h), of which this layer knows nothing.
 *
 * run_begin unpacks a State; run_snapshot packs what the world has become into a new State
 * and retires the epoch: from then on nothing that the run had made is written again. The
 * run goes on under a fresh epoch, or ends. A fork is the same State pointer given to two
 * runs.
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
 * Invariants (state_check, run_check):
 *  1. what the world, `paused` and the heap map refer to was made before the state: its id is
 *     less than next_id.
 *  2. an object that has an entry in the heap map is OBJ_REMAPPED, and its contents there are
 *     of no epoch after the state's.
 *  3. the body of the paused coroutine is in the heap map, or it is more->running.
 *  4. a run's epoch is after the epochs of its own snapshots. Of their logs only the last is
 *     open.
 *
 * A direct-mapped cache stands in front of the heap map. Its entries are tagged with the
 * run's `view`. The view changes when the run goes on from another state, and not at a
 * snapshot. So the cache is never cleared, and stays warm from one snapshot to the next.
 * Contents that were found in it may be written if the epoch in front of them is the run's.
 */
#ifndef MOONLET_STATE_H
#define MOONLET_STATE_H

#include "state/random.h"
#include "state/stack.h"
#include "state/undo.h"
#include "table/table.h"

/* What a state's traces need to know and have found (trace/trace.h, control/collect.h). */
typedef struct Collection {
    Table *finalizers; /* NULL: none yet */
    Table *queue;      /* of objects to be finalized, or NULL */
    uint64_t counted;  /* at the last trace, as what follows */
    uint64_t bytes;
    uint64_t credit;  /* what collectgarbage("step") has paid since */
    uint32_t objects; /* live then */
    uint32_t entries; /* of the heap map then */
    int32_t pause;    /* percent above 200 */
    int32_t stepmul;
    int32_t majorinc;
    uint64_t held;         /* when that was last measured, which a limit makes necessary */
    uint64_t held_counted; /* then */
    uint8_t probes;        /* traces that found nothing weak */
    bool weak;             /* there may be weak tables */
    bool watched;          /* the program has asked for figures */
    bool stopped;
    bool finalizing; /* a poll's finalizers are running */
} Collection;

/* What hardly ever changes between states: shared by pointer, replaced whole. */
typedef struct World {
    Table *globals;
    Table *registry;
    Table *type_meta[TYPE_COUNT]; /* of all values of a type but tables, userdata */
    Coroutine *main;
    Table *hidden; /* the host's private data, or NULL */
    Collection collection;
} World;

typedef struct State {
    Hamt heap;
    uint64_t next_id;
    Random *random;   /* NULL: none drawn yet */
    uint64_t counted; /* see run_counted */
    uint64_t epoch;   /* the one that ended here: of no other state */
    const World *world;
    Coroutine *paused; /* the coroutine that was running when this was packed */
    /* heap.more says how much of this there is: a StateMoreKind. */
    struct StateMore {
        CoBody running; /* that coroutine's body, which the heap has not; or no segment */
        Undo *undo;     /* what the heap has not either: state_heap adds it */
        UndoList *alone;
        Hamt *whole; /* the heap and that, once somebody has looked into it, else NULL */
        bool value;  /* only userdata of the run know it, and its other snapshots */
    } more[];
} State;

typedef enum StateMoreKind { STATE_NO_MORE, STATE_RUNNING, STATE_OWN } StateMoreKind;

static inline size_t state_size(StateMoreKind more)
{
    static const size_t sizes[] = {sizeof(State), sizeof(State) + sizeof(CoBody),
                                   sizeof(State) + sizeof(struct StateMore)};
    return sizes[more];
}

/* key: the object's address, and above its 48 bits the view; body: the address of contents
 * that are preceded by their epoch. */
typedef struct CacheEntry {
    uint64_t key;
    void *body;
} CacheEntry;
enum { CACHE_VIEW_SHIFT = 48 };

/* What a look-up through metatables gave when the run was of this age: see methods.h. */
typedef struct Method {
    const Table *meta;
    const String *key;
    Value value;
    uint64_t age;
} Method;
enum { METHODS = 64 };
extern const Method methods_none[METHODS];

/* A run's snapshots that nobody else knows and that have not been looked into. */
typedef struct OwnSnapshots {
    MemWeakList states, logs; /* in order; each state's Undo is among the logs */
    Undo *undo;               /* of the last one; NULL: there are none */
    UndoList *alone;          /* also its */
    uint64_t last, before;    /* the epochs of the last one and of the one before it */
    uint64_t collections;     /* bdwgc's, when last looked which of them are left */
    size_t expected;          /* so many are kept on purpose */
} OwnSnapshots;

typedef struct Run {
    /* hot: what nodes read */
    uint64_t epoch;
    uint64_t next_id;
    const World *world;
    Coroutine *co; /* the one that runs, or NULL */
    CacheEntry *cache;
    uint64_t view;         /* above CACHE_VIEW_SHIFT */
    uint32_t cache_mask;   /* number of entries less 1 */
    uint32_t cache_misses; /* since there were so many */
    const Method *methods; /* METHODS of them */
    uint64_t methods_age;  /* entries of another one are stale */
    Hamt heap;
    uint64_t since;  /* what is older is frozen */
    uint64_t packed; /* the epoch of the state that is just what the view shows, or 0 */
    uint64_t *lost;  /* the box that writes to read-only tables come to; NULL: none did */
    Random *random;
    uint64_t counted, counted_from; /* see run_counted */
    uint64_t began_counted;         /* mem_counted then */
    int64_t began_beside;
    OwnSnapshots own;
    uint32_t methods_looks; /* without places for what they gave */
} Run;

/* All that is known of methods is forgotten, and lets go of what it has. */
void methods_forget(Run *R);

/* Values that a run has beside its state. */
typedef struct Pins {
    const Value *values;
    size_t count;
    const struct Pins *next;
} Pins;

/* Objects -------------------------------------------------------------------- */

static inline uint64_t run_new_id(Run *R) { return R->next_id++; }

Table *run_new_table(Run *R);
/* A coroutine without a hook. For programs, machine_new_coroutine (stack/machine.h) makes them.
 */
Coroutine *run_new_coroutine(Run *R, Value function);
/* Makes a coroutine that is not at work a fresh one again, with this function. */
void run_restart_coroutine(Run *R, Coroutine *c, Value function);
Native *run_new_native(Run *R, NativeFn *fn, const char *name, int upvalues);
Userdata *run_new_userdata(Run *R, const void *tag, size_t size);

/* The caller fills in the upvalues. */
static inline Closure *run_new_closure(uint32_t upvalues)
{
    size_t size = sizeof(Closure) + upvalues * sizeof(Value);
    mem_count(size);
    return mem_new(size);
}
static inline Cell *run_new_cell(Run *R, Value v)
{
    Cell *c = mem_new(sizeof(Cell));
    mem_count(sizeof(Cell));
    object_init(&c->h, OBJ_CELL, run_new_id(R));
    c->epoch = R->epoch;
    c->value = v;
    return c;
}

/* The heap ------------------------------------------------------------------- */

const void *heap_read_slow(Run *R, const void *object, const void *frozen);
TableBody *heap_table_slow(Run *R, Table *t);
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
static inline CoBody *heap_coroutine_mut(Run *R, Coroutine *c)
{
    return HEAP_OWNS(R, c) ? &c->body : heap_coroutine_slow(R, c);
}
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

/* The contents of any object, to be read: a body, a cell's value, or what stands for a
 * closure, or nil. Answers NULL if nothing ever stood for the closure, and for what has no
 * contents. */
const void *run_contents(Run *R, const void *object);

/* Calls fn for each object whose contents may not be what they were in s, a state of the run's
 * own that is still kept, with what they were. Perhaps more than once: the first is right. Not
 * for objects that have been made since. O(what was written since). */
void run_changes(Run *R, const State *s, UndoFn *fn, void *context);
/* Calls fn for each object whose contents the run will see otherwise when it has gone back to
 * s, with what it sees now. Objects that have been made since are among them. */
void run_losses(Run *R, const State *s, UndoFn *fn, void *context);
/* Contents that may be written over, copied. */
uint64_t *heap_copy_box(const UndoEntry *e);

/* Raw table access as this run sees it. */
static inline Value run_get(Run *R, const Table *t, Value key)
{
    return table_get(heap_table(R, t), key);
}
static inline void run_set(Run *R, Table *t, Value key, Value v)
{
    table_set(heap_table_mut(R, t), key, v, R->epoch);
}
/* The name becomes a constant, like a name that stands in a program. */
void run_set_field(Run *R, Table *t, const char *name, Value v);
Value run_get_field(Run *R, const Table *t, const char *name);

/* To be called when a chunk has run. What it has defined is there to stay. */
void run_merge_globals(Run *R);

/* Metatable of any value, NULL for none. O(1). */
Table *run_metatable(Run *R, Value v);
void run_set_type_metatable(Run *R, LuaType type, Table *meta);

/* The host's private data, made when it is not there. */
Table *run_hidden_table(Run *R);

/* The world's collection, to be written at once: the world is copied. */
Collection *run_edit_collection(Run *R);

/* Bytes that this state and its forebears have allocated. Depends only on what they did. */
static inline uint64_t run_counted(const Run *R)
{
    int64_t since = (int64_t)(mem_counted - R->counted_from);
    return R->counted + (since > 0 ? (uint64_t)since : 0);
}

/* Drops the heap map's entries of objects for which keep says no. */
void heap_retain(Run *R, bool (*keep)(void *context, const void *object), void *context);

/* The blocks of the heap map, and the contents of the objects in it for which live says
 * yes (a table's nodes are not among them). */
void heap_blocks(const Run *R, bool (*live)(void *context, const void *object), void *context,
                 MemBlockFn *fn, void *fn_context);

/* The node to which the lowest frame of every coroutine returns: the evaluator's. Once,
 * before the first run. */
void state_init(const struct Node *base);

/* States and runs ------------------------------------------------------------- */

/* Prepares a place for runs, once. R is memory that is all zero and that the collector sees.
 * The run gets its cache, which it keeps from one run_begin to the next. After it has taken own
 * snapshots, the place must remain one of a run, because the collector knows it (MemWeakList).
 */
void run_prepare(Run *R);
/* Begins in the state. If s is NULL, it begins in an empty world, whose globals are an empty
 * table. */
void run_begin(Run *R, const State *s);
/* Packs the run's world as a new State (allocates ~80 bytes). The run goes on under
 * a fresh epoch. paused: the coroutine that the state is in the middle of, or NULL; its
 * registers are in its body. O(1). */
State *run_snapshot(Run *R, Coroutine *paused);
/* Packs as run_snapshot does, while `paused` runs and goes on in its segment. In the state, its
 * body is `body`, which has copies of the frames. */
State *run_snapshot_running(Run *R, Coroutine *paused, const CoBody *body);
/* Packs as run_snapshot_running does, or with body NULL as run_snapshot, for a state that only
 * this run knows, as a value of its world. What the run writes next costs less. */
State *run_snapshot_own(Run *R, Coroutine *paused, const CoBody *body);
/* Freezes what the run has made. Then others may see all its own snapshots, and look into them.
 * run_begin does this, and other functions of this header do. */
void run_close(Run *R);
/* Lets go, at once, of what is kept for own snapshots that the collector has found lost. */
void run_drop_lost(Run *R);
/* Says that s, which has just been taken, is a value of the program. Nobody but userdata of the
 * run will know it. */
void run_own_value(State *s);
/* The state's heap map. O(1), but O(what the run has written over since) when it is the first
 * look into a run's own snapshot. */
Hamt state_heap(const State *s);
/* A state equal to s, in a form in which many runs begin fast. */
const State *state_whole(const State *s);
/* Makes the run go on from another state: whatever it had changed is gone. O(1). */
void run_load(Run *R, const State *s);
/* Goes on from a state as run_load does, from one of the run's own snapshots. All its later own
 * snapshots are given up. O(what the run has written over since). What it writes then costs no
 * more than before. */
void run_back(Run *R, const State *s);
/* Calls fn for each object that was made before both states and whose contents differ or
 * may differ. O(changes): what the states share is skipped. */
typedef void HeapDiffFn(void *context, void *object);
void state_diff(const State *a, const State *b, HeapDiffFn *fn, void *context);
/* Does what state_diff does for the states that two runs have loaded. It also calls fn for the
 * bodies of running coroutines, and for objects that only one of the states may have. */
void run_diff(const Run *a, const Run *b, HeapDiffFn *fn, void *context);
/* The run is left for a while, between two snapshots of which s is the first: what it has
 * allocated does not count for the one around it. It goes on in this thread or another. */
void run_rest(Run *R);
void run_wake(Run *R, const State *s);
/* Ends the run. What it has allocated does not count for the run around it. */
void run_end(Run *R);

/* Stacks ---------------------------------------------------------------------- */

/* Answers NULL if there is no memory, which happens to large segments only. */
MEM_TRY Segment *segment_try_new(Run *R, uint32_t size);
/* A segment of at most SEGMENT_SURE_MAX slots. */
Segment *segment_new(Run *R, uint32_t size);

#endif
