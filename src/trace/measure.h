/* SPDX-License-Identifier: MIT */
/*
 * Measure: what a state takes, in bytes, block by block.
 *
 *   objects that its programs can reach (trace.h), strings among them
 *   what these contain as this state sees it: nodes of maps, arrays, stack segments
 *   the heap map, its contents, the state's own record
 *
 * Blocks count with the size that was asked for, so the figures depend on the state
 * alone. Not counted is what all states share: compiled code and its constants. Nor are
 * states that are held in variables (snapshots): each is a state of its own.
 *
 * Cost: O(what the state can see), some 100 ns for an object, as much again for the state
 * compared with; memory from malloc, 16 to 32 bytes for a block, given back at the end.
 */
#ifndef MOONLET_MEASURE_H
#define MOONLET_MEASURE_H

#include "trace/trace.h"

typedef struct Measure {
    uint64_t bytes;
    uint64_t shared;  /* of these, in blocks that the other state has too */
    uint64_t objects; /* tables, functions, strings, ... */
    uint64_t entries; /* of the heap map, those of dead objects too */
} Measure;

/* other: may be NULL. stack's context is NULL. */
Measure measure_state(const State *s, const State *other, TraceStackFn *stack);

/*
 * What a run in mid-run holds, in bytes. That is all that its program can reach, with the
 * running stack, but without what only weak references reach. To this is added what only its
 * snapshots reach. Snapshots are the userdata with this tag, and those in `first`. `enough` is
 * asked now and then, with the number of objects looked at in snapshots, whether to stop. What
 * is more than `most` may be less than all. The top segment of the run is `running`.
 */
typedef struct MeasureHeld {
    const void *snapshot_tag;
    PointerList first; /* of States; to be freed by the caller */
    TraceRoots roots;
    const Segment *running;
    bool (*enough)(void *context, uint64_t objects);
    void *context;    /* for that */
    uint64_t most;    /* 0: no such bound */
    uint64_t objects; /* gives how many were looked at for the snapshots */
    bool cut;         /* and whether it has stopped, or had no memory to note what it has seen:
                         there may be more than it answers */
} MeasureHeld;
uint64_t measure_held(Run *R, MeasureHeld *held);

#endif
