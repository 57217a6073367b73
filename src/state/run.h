/* SPDX-License-Identifier: MIT */
/*
 * What states and runs are made of, and the world that both have.
 *
 *   State [heap map | next id | counted | epoch | base]        48 bytes, never changes
 *   base  [world | random | paused]                            shared by states in a row
 *   Run   what a state has, unpacked and mutable, with an epoch of its own
 *
 * state.h says what becomes of them, and what holds of them; heap.h finds contents in them.
 */
#ifndef MOONLET_RUN_H
#define MOONLET_RUN_H

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
    uint64_t purged;  /* counted when dead entries were last taken out of it */
    int32_t pause;    /* percent above 200 */
    int32_t stepmul;
    int32_t majorinc;
    uint64_t held;         /* when that was last measured, which a limit makes necessary */
    uint64_t held_counted; /* then */
    uint64_t held_beside;  /* allocated since, in runs before this one, and not counted */
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

/* What is mostly the same in a state and in the one that it came of, which then share it. */
typedef struct StateBase {
    const World *world;
    Random *random;    /* NULL: none drawn yet */
    Coroutine *paused; /* the coroutine that was running when the state was packed, or NULL */
} StateBase;

/* What was running when a state was packed, but for its frames. Snapshots in a row mostly have
 * the same. */
typedef struct Running {
    CoBody body; /* without segment, fp and top */
    Segment *prev;
    const struct Node *ret;
    uint32_t prev_frame, below;
    uint64_t roomy; /* no padding: they are compared as bytes */
} Running;

typedef struct State {
    Hamt heap;
    uint64_t next_id;
    uint64_t counted; /* see run_counted */
    uint64_t epoch;   /* the one that ended here: of no other state */
    const StateBase *base;
    /* heap.more says how much of this there is: a StateMoreKind. Behind it are the slots of
     * what was running, up to top. */
    struct StateMore {
        const Running *running; /* the paused coroutine's, which the heap has not; or NULL */
        Segment *frames;        /* with the slots, once somebody has looked, else NULL */
        uint32_t fp, top;       /* in these */
        Undo *undo;             /* what the heap has not either: state_heap adds it */
        UndoList *alone;
        Hamt *whole; /* the heap and that, once somebody has looked into it, else NULL */
        bool value;  /* only userdata of the run know it, and its other snapshots */
    } more[];
} State;

typedef enum StateMoreKind { STATE_NO_MORE, STATE_RUNNING, STATE_OWN } StateMoreKind;

/* Bytes, but for the slots. */
static inline size_t state_size(StateMoreKind more)
{
    static const size_t sizes[] = {sizeof(State),
                                   sizeof(State) + offsetof(struct StateMore, undo),
                                   sizeof(State) + sizeof(struct StateMore)};
    return sizes[more];
}
static inline Value *state_slots(State *s)
{
    return (Value *)((char *)s + state_size(s->heap.more));
}
/* Whether it has a body of the paused coroutine that the heap map has not. */
static inline bool state_is_running(const State *s) { return s->heap.more && s->more->running; }

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
enum { METHODS = 256, METHOD_KEYS = 1024 };
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
    const StateBase *base;          /* of the state last loaded or packed, or NULL */
    const Running *running;         /* of the snapshot last taken in mid-run, or NULL */
    uint64_t counted, counted_from; /* see run_counted */
    uint64_t began_counted;         /* mem_counted then */
    int64_t began_beside;
    OwnSnapshots own;
    uint32_t methods_looks; /* without places for what they gave */
    uint64_t methods_keys_age;
    uint64_t methods_keys[METHOD_KEYS / 64]; /* of that age: what entries were asked for */
} Run;

#endif
