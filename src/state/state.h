/* SPDX-License-Identifier: MIT */
/*
 * State: a Lua world as an immutable value, and Run: a thread's work on one.
 *
 *   State [heap map | next id | random | world | paused]       64 bytes, never changes
 *   Run   the same, unpacked and mutable, with an epoch of its own
 *
 * run_begin unpacks a State, run_end packs what came out into a new State and
 * retires the epoch: from then on nothing the run made is written again. A fork is
 * the same State pointer given to two runs; a snapshot in mid-run packs a State and
 * goes on under a fresh epoch.
 *
 * heap_* finds an object's contents as this run sees them (design, section 3):
 *   1. contents are in the object unless its type byte says OBJ_REMAPPED;
 *   2. a remapped object's contents are those of the heap map's entry, if there is
 *      one, else those frozen in the object;
 *   3. what carries this run's epoch is written in place; the first write to
 *      anything older puts a copy of its contents' header in the heap map;
 *   4. but what is not older than R->since was made when all snapshots taken since then
 *      were the run's own affair: it is written in place after it has been put aside
 *      for them (undo.h).
 * A direct-mapped cache stands in front of the heap map. Its entries are tagged with the
 * run's `view`, which changes when the run goes on from another state and not at a
 * snapshot: so it is never cleared, and stays warm from one snapshot to the next. What
 * was found may be written if the epoch in front of it is the run's.
 */
#ifndef MOONLET_STATE_H
#define MOONLET_STATE_H

#include "state/random.h"
#include "state/stack.h"
#include "state/undo.h"

/* What a state's traces need to know and have found (state/trace.h, eval/collect.h). */
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
    uint8_t probes; /* traces that found nothing weak */
    bool weak;      /* there may be weak tables */
    bool watched;   /* the program has asked for figures */
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
    /* heap.spare says how much of this there is: a StateMoreKind. */
    struct StateMore {
        CoBody running; /* that coroutine's body, which the heap has not; or no segment */
        Undo *undo;     /* what the heap has not either: state_heap adds it */
        UndoList *alone;
        Hamt *whole; /* the heap and that, once somebody has looked into it, else NULL */
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

enum {
    STACK_MAX_DEFAULT = 1000000, /* slots */
    STEP_VALUES = 16             /* to move so many takes a step */
};

/* Why control left the evaluator. */
typedef enum RunStatus { RUN_OK, RUN_ERROR, RUN_PAUSED } RunStatus;

struct Node;
struct Run;

/* Flags of others that make a run stop when they are not 0: a chain, seen at polls. */
typedef struct RunStop {
    const volatile int *flag; /* NULL: none */
    const struct RunStop *outer;
} RunStop;

typedef enum LibraryStatus { LIBRARY_OK, LIBRARY_NOT_OPEN, LIBRARY_NO_FUNCTION } LibraryStatus;

/* What the host is told of and asked; functions may be NULL. */
typedef struct RunHooks {
    /* An error that nothing catches, while the stack is as it was: frame and node. */
    void (*uncaught)(struct Run *R, Value *fp, const struct Node *n);
    /* At each poll, and from long natives (node NULL): false stops the run. */
    bool (*poll)(struct Run *R, Value *fp, const struct Node *n);
    /* A run on another thread works for this one, which waits: the host prepares it, for
     * its functions and under its limits but that of steps. */
    void (*adopt)(struct Run *child, const struct Run *R);
    /* A function of a shared library as a value; true if name is "*". */
    LibraryStatus (*library)(struct Run *R, const char *file, const char *name, Value *function,
                             const char **error);
    bool one_thread; /* what the hooks call must not be called from others */
} RunHooks;

/* A run's snapshots that nobody else knows and that have not been looked into. */
typedef struct OwnSnapshots {
    MemWeakList list;
    Undo *undo;            /* of the last one; NULL: there are none */
    UndoList *alone;       /* also its */
    uint64_t last, before; /* the epochs of the last one and of the one before it */
    uint64_t collections;  /* bdwgc's, when last looked which of them are left */
    size_t expected;       /* so many are kept on purpose */
} OwnSnapshots;

typedef struct Run {
    /* hot: what nodes read */
    uint64_t epoch;
    int64_t fuel; /* of the current portion; below zero means: go to poll */
    Value *limit; /* no frame may end above this: segment's end less STACK_SLACK */
    uint64_t next_id;
    const World *world;
    Coroutine *co; /* the one that runs */
    Segment *segment;
    const Value *results; /* several results on their way: results[0..count) */
    uint32_t result_count;
    uint32_t open; /* values in the open list just made (see eval/node.h) */
    Value error;   /* the error value on its way */
    Value value;   /* what a worker function worked out */
    const struct Node *ret;
    Value *native; /* frame of the native that runs now */
    Hamt heap;
    Random *random;
    uint64_t counted, counted_from; /* see run_counted */
    uint64_t began_counted;
    CacheEntry *cache;
    uint64_t view;         /* above CACHE_VIEW_SHIFT */
    uint32_t cache_mask;   /* number of entries less 1 */
    uint32_t cache_misses; /* since there were so many */
    uint64_t since;        /* what is older is frozen */
    OwnSnapshots own;
    uint64_t packed; /* the epoch of the state that is just what the view shows, or 0 */

    /* budget */
    uint64_t steps_left; /* beyond the current portion; UINT64_MAX: no limit */
    uint64_t steps_used; /* before the current portion */
    int64_t portion;
    int64_t portion_max; /* steps between polls */
    uint64_t deadline;   /* ns on the monotonic clock; 0: none */
    size_t string_max;
    size_t stack_max; /* slots, all segments of one coroutine */
    volatile int *interrupt;
    const RunStop *stops; /* NULL: nobody else's */

    /* a native's request to call (native.h) */
    Value *call_frame;
    int call_count;
    int depth;           /* evaluators on the C stack of this thread */
    Coroutine *boundary; /* the one in which a C function waits for eval_call */
    Segment *main_segment;
    Segment *catch_segment; /* who takes an error: see eval.c */
    Value *catch_frame;
    uint32_t pcalls;                    /* protected calls on the running coroutine's stack */
    bool error_handled;                 /* its xpcall handler has run */
    bool fatal;                         /* the error is caught by nobody but the host */
    bool stack_limited, string_limited; /* reaching the limit is no error but a stop */
    bool bytes_limited;                 /* mem_bound is its limit */
    bool stack_of_bytes;                /* from which the limit of the stack comes */
    int stop;                           /* why the run stops here: EvalStop */
    Coroutine *resume_co;               /* what switch.c is about to resume */
    bool resume_wrapped, resume_fresh;
    const Value *pinned; /* what the host has handed in: not to be lost in this run */
    size_t pinned_count;
    uint64_t collections; /* bdwgc's, when last looked at */
    size_t stack_limit;   /* what stack_max is but while a handler runs */

    RunStatus status;
    Value *fp; /* trampolined builds: the registers between nodes */
    Value acc;
    double d;
    Value handler;    /* called as xpcall's, for what nothing else catches; or nil */
    Segment *spare;   /* of this epoch, for the next overflow */
    Segment *scratch; /* those without frames, linked by prev */
    Segment *vacated; /* one more, in which results may still lie */
    bool scratch_used;
    void *host;            /* the host's, passed to its functions */
    const RunHooks *hooks; /* NULL: none */
    HookState hook;        /* of the running coroutine: eval/hook.h */
    bool hooking;          /* it is to be looked at: limit is low */
    int hook_stage;
    bool hook_left;   /* an error is leaving the hook's function */
    struct Run *next; /* in the pool of its thread */
} Run;

/* Objects -------------------------------------------------------------------- */

static inline uint64_t run_new_id(Run *R) { return R->next_id++; }

Table *run_new_table(Run *R);
Coroutine *run_new_coroutine(Run *R, Value function);
Native *run_new_native(Run *R, NativeFn *fn, const char *name, int upvalues);
Userdata *run_new_userdata(Run *R, const void *tag, size_t size);

/* upvalues to be filled in. */
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
/* Has the run's epoch made them? */
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
/* A closure does not change, but debug.setupvalue may have put another in its place:
 * the one to run (eval/upvalue.h). */
const Closure *heap_closure_slow(Run *R, const Closure *c);
void heap_set_closure(Run *R, Closure *c, const Closure *now);
/* Whether that was ever called, in any state. */
bool heap_closures_set(void);
static inline const Closure *heap_closure(Run *R, const Closure *c)
{
    return object_is_remapped(c) ? heap_closure_slow(R, c) : c;
}

/* Contents to write: valid until the epoch ends (snapshot, end of run). */
static inline TableBody *heap_table_mut(Run *R, Table *t)
{
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

/* Raw table access as this run sees it. */
static inline Value run_get(Run *R, const Table *t, Value key)
{
    return table_get(heap_table(R, t), key);
}
static inline void run_set(Run *R, Table *t, Value key, Value v)
{
    table_set(heap_table_mut(R, t), key, v, R->epoch);
}
/* The name becomes a constant: it is one that stands in a program. */
void run_set_field(Run *R, Table *t, const char *name, Value v);
Value run_get_field(Run *R, const Table *t, const char *name);

/* A chunk has run: what it has defined is there to stay. */
void run_settle_globals(Run *R);

/* Metatable of any value, NULL for none. O(1). */
Table *run_metatable(Run *R, Value v);
void run_set_type_metatable(Run *R, LuaType type, Table *meta);

/* The host's private data, made when it is not there. */
Table *run_hidden_table(Run *R);

/* The world's collection, to be written at once: the world is copied. */
Collection *run_edit_collection(Run *R);

/* Bytes that this state and its forebears have allocated: depends on what they did only. */
static inline uint64_t run_counted(const Run *R)
{
    int64_t since = (int64_t)(mem_counted - R->counted_from);
    return R->counted + (since > 0 ? (uint64_t)since : 0);
}

/* Bytes that a new string may have. */
static inline size_t run_string_room(const Run *R)
{
    size_t room = mem_room();
    return room < R->string_max ? room : R->string_max;
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

/* A run's thread-local workspace comes from and goes back to a per-thread pool.
 * state NULL: an empty world (no globals but an empty table). */
Run *run_begin(const State *state);
/* Packs the run's world as a new State (allocates ~80 bytes). The run goes on under
 * a fresh epoch. Called in mid-run the caller must first have put the running
 * coroutine's registers in its body (eval does). O(1). */
State *run_snapshot(Run *R);
/* The same while the evaluator runs: body is what the running coroutine's is to be in the
 * state. It goes on as it is, in its segment, whose frames body has copies of. */
State *run_snapshot_running(Run *R, const CoBody *body);
/* The same (body NULL: as run_snapshot) for a state that only this run knows, as a value of
 * its world: what the run writes next costs less. */
State *run_snapshot_own(Run *R, const CoBody *body);
/* What the run has made is frozen, and all its own snapshots may be seen by others, and
 * looked into: begin a run, and others of this header. */
void run_close(Run *R);
/* Its heap map. O(1), but the first time for a run's own snapshot O(what the run has written
 * over since). */
Hamt state_heap(const State *s);
/* The same state, of which to begin many runs. */
const State *state_settled(const State *s);
/* Makes the run go on from another state: whatever it had changed is gone. O(1). */
void run_load(Run *R, const State *s);
/* The same for a run's own state that is to be gone on from, all later ones of its own being
 * given up. O(what the run has written over since); what it writes then costs no more than
 * before. */
void run_back(Run *R, const State *s);
/* Calls fn for each object that was made before both states and whose contents differ or
 * may differ. O(changes): what the states share is skipped. */
typedef void HeapDiffFn(void *context, void *object);
void state_diff(const State *a, const State *b, HeapDiffFn *fn, void *context);
/* The run is left for a while, between two snapshots of which s is the first: what it has
 * allocated does not count for the one around it. It goes on in this thread or another. */
void run_rest(Run *R);
void run_wake(Run *R, const State *s);
/* Forgets the run; what it has allocated does not count for the one around it. */
void run_end(Run *R);
/* The same for a run that was there to look at a state, for the one around it. */
void run_end_view(Run *R);

static inline bool run_flag(const volatile int *flag)
{
    return flag && __atomic_load_n(flag, __ATOMIC_RELAXED);
}
/* Whether others want the run to stop. */
static inline bool stop_wanted(const RunStop *s)
{
    for (; s; s = s->outer)
        if (run_flag(s->flag)) return true;
    return false;
}
static inline bool run_stopped(const Run *R) { return stop_wanted(R->stops); }

/* Stack ----------------------------------------------------------------------- */

Segment *segment_new(Run *R, uint32_t size);
/* The results that lay in R->vacated have been taken: it may be used again. */
static inline void run_reclaim(Run *R)
{
    Segment *s = R->vacated;
    if (!s) return;
    s->prev = R->scratch;
    R->scratch = s;
    R->vacated = NULL;
}

#endif
