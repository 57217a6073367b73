/* SPDX-License-Identifier: MIT */
/*
 * State: a Lua world as an immutable value, and Run: a thread's work on one. What they are made
 * of is in run.h; contents of objects are found by the functions of heap.h.
 *
 *   State [heap map | next id | counted | epoch | base]        48 bytes, never changes
 *   base  [world | random | paused]                            shared by states in a row
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
 * Invariants (state_check, run_check):
 *  1. what the world, `paused` and the heap map refer to was made before the state: its id is
 *     less than next_id.
 *  2. an object that has an entry in the heap map is OBJ_REMAPPED, and its contents there are
 *     of no epoch after the state's.
 *  3. the body of the paused coroutine is in the heap map, or it is more->running.
 *  4. a run's epoch is after the epochs of its own snapshots. Of their logs only the last is
 *     open.
 */
#ifndef MOONLET_STATE_H
#define MOONLET_STATE_H

#include <assert.h>

#include "state/heap.h"

/* All that is known of methods is forgotten, and lets go of what it has. */
void methods_forget(Run *R);

/* Values that a run has beside its state. */
typedef struct Pins {
    const Value *values;
    size_t count;
    const struct Pins *next;
} Pins;

/* Objects -------------------------------------------------------------------- */

/* Ids have 47 bits: in a closure the next one says something else (value/function.h). So
 * programs that have had half of them are out of memory at the next poll, some weeks after they
 * began. What an image says has gone so far is let in, and no further. */
#define RUN_IDS ((uint64_t)1 << 46)
static inline bool run_ids_are_spent(const Run *R) { return R->next_id >> 46; }

static inline uint64_t run_new_id(Run *R) { return R->next_id++; }

/* Whether neither world came of the other, nor both of a third: one was loaded from an image,
 * or both were. Then they have no object in common. Worlds that are no strangers keep the
 * registry that the first of them had. */
static inline bool world_is_stranger(const World *a, const World *b)
{
    return a->registry != b->registry;
}

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

/* Contents ------------------------------------------------------------------- */

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
/* Raw table access as this run sees it. */
static inline Value run_get(Run *R, const Table *t, Value key)
{
    return table_get(heap_table(R, t), key);
}
/* A nil key is a text for which there was no memory, so an error is on its way. */
static inline void run_set(Run *R, Table *t, Value key, Value v)
{
    if (__builtin_expect(key == V_NIL, 0)) {
        assert(mem_short && "nil is no key");
        return;
    }
    table_set(heap_table_mut(R, t), key, v, R->epoch);
}
/* The constant of a name that a library uses again and again: string_constant takes a lock each
 * time. */
String *run_name(const char *name);
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
/* Packs the run's world as a new State (allocates 48 bytes, and 32 where it shares no base).
 * The run goes on under a fresh epoch. paused: the coroutine that the state is in the middle
 * of, or NULL; its registers are in its body. O(1). */
State *run_snapshot(Run *R, Coroutine *paused);
/* Packs as run_snapshot does, while `paused` runs and goes on in its segment. `body` is what
 * its body would be if it was paused there; the state copies the frames in that segment
 * (allocates 72 bytes and the slots, where what else is running is as in the last such state).
 */
State *run_snapshot_running(Run *R, Coroutine *paused, const CoBody *body);
/* Packs as run_snapshot_running does, or with body NULL as run_snapshot, for a state that only
 * this run knows, as a value of its world. What the run writes next costs less. */
State *run_snapshot_own(Run *R, Coroutine *paused, const CoBody *body);
/* Makes a state that has just been taken, and that nobody else knows, one in the middle of this
 * coroutine, or of none if that is NULL. */
void state_set_paused(State *s, Coroutine *paused);
/* Freezes what the run has made. Then others may see all its own snapshots, and look into them.
 * run_begin does this, and other functions of this header do. */
void run_close(Run *R);
/* Lets go, at once, of what is kept for own snapshots that the collector has found lost. */
void run_drop_lost(Run *R);
/* Says that s, which has just been taken, is a value of the program. Nobody but userdata of the
 * run will know it. */
void run_own_value(State *s);
/* The top segment of what runs in the middle of the state, where state_is_running: compact, and
 * the same one whenever it is asked for. */
const Segment *state_frames(const State *s);
/* The state's heap map. O(1), but O(what the run has written over since) when it is the first
 * look into a run's own snapshot. */
Hamt state_heap(const State *s);
/* Takes that first look, as long as go_on says so, which is asked now and then. Answers false
 * if it does not; then the next one begins anew. */
bool state_look_first(const State *s, bool (*go_on)(void *context), void *context);
/* A state equal to s, in a form in which many runs begin fast. */
const State *state_whole(const State *s);
/* Makes the run go on from another state: whatever it had changed is gone. O(1). */
void run_load(Run *R, const State *s);
/* Goes on from a state as run_load does, from one of the run's own snapshots. All its later own
 * snapshots are given up. O(what the run has written over since). What it writes then costs no
 * more than before. */
void run_back(Run *R, const State *s);
/* Calls fn for each object that was made before both states and whose contents differ or
 * may differ, until it answers false. O(changes): what the states share is skipped. */
typedef bool HeapDiffFn(void *context, void *object);
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

/* One of no epoch, which is not counted. Both answer NULL if there is no memory, which happens
 * to large segments only. */
MEM_TRY Segment *segment_bare(uint32_t size);
MEM_TRY Segment *segment_try_new(Run *R, uint32_t size);
/* A segment of at most SEGMENT_SURE_MAX slots. */
Segment *segment_new(Run *R, uint32_t size);

#endif
