/* SPDX-License-Identifier: MIT */
/*
 * Trace: what a run can still see, precisely; what follows from that for weak tables,
 * finalizers and the heap map. It frees nothing: memory is bdwgc's.
 *
 *   roots     world, the running coroutine and those that wait for it, what the host
 *             has handed in, the queue of finalizers
 *   marks     a set beside the objects (marks.h)
 *   gray      objects marked whose contents have not been looked at
 *   waiting   those for which gray has no room
 *   weak      tables met whose metatable's __mode says so, by kind
 *
 * The stacks of coroutines are made of nodes, which this layer does not know: they are
 * walked by the function that the evaluator hands in.
 *
 * Invariants:
 *  1. an object with contents is in marks when the run can reach it other than through
 *     weak references (manual 2.5.2; a weak-keyed table is an ephemeron table).
 *  2. nothing shared is written: weak tables are cleared through heap_table_mut, so that
 *     older states keep what they saw.
 *  3. what a trace does depends on the state's own history only, never on addresses or
 *     on bdwgc. So each replay does what the first run did.
 *
 * Strings, numbers, booleans, light userdata and C functions without upvalues are values. They
 * are never removed from a weak table.
 *
 * Cost: O(what the run can see), some 50 to 100 ns for an object. It allocates only what it
 * clears, and scratch memory (scratch.h), which can be had when there is no other memory. What
 * gray has no room for waits in a set. Where there is no room for the lists of weak tables,
 * they are looked for among all that is marked. Where there is no scratch memory, it does
 * nothing.
 */
#ifndef MOONLET_TRACE_H
#define MOONLET_TRACE_H

#include "state/marks.h"
#include "state/state.h"
#include "trace/ephemerons.h"
#include "trace/texts.h"

typedef struct Trace Trace;

/* Marks what a coroutine's stack holds; body is NULL for the running one, whose
 * registers the evaluator knows. */
typedef void TraceStackFn(Trace *T, const CoBody *body, void *context);

/* Calls trace_value for each value that somebody has whom the run does not know. */
typedef void TraceHeldFn(Trace *T, const void *context);

/* Marks what a coroutine that is alive has beside its stack. */
typedef void TraceBesideFn(Trace *T, const Coroutine *c, const void *context);

/* Where a trace begins beside the world, and how it walks stacks. */
typedef struct TraceRoots {
    TraceStackFn *stack;
    void *context;            /* for that */
    const Coroutine *waiting; /* one that a C function waits for, or NULL */
    const Value *values;      /* count of them: of the host */
    size_t count;
    const Pins *pins;      /* and more of them */
    TraceHeldFn *held;     /* NULL, or gives still more, */
    TraceBesideFn *beside; /* NULL, or that of each coroutine, */
    const void *holder;    /* from this */
    /* NULL, or the tag of userdata that are snapshots: trace_run then gives up those of the
     * run's own that only the program had, and it has no more (own_drop_unseen). */
    const void *snapshot_tag;
} TraceRoots;

/* What a table is weak by: bits. */
enum { WEAK_KEYS = 1, WEAK_VALUES = 2, WEAK_KINDS = 4 };

enum { TRACE_FIRST = 512 };

struct Trace {
    Run *R;
    Marks marks, waiting;
    Marks snapshots; /* that userdata with roots->snapshot_tag have; if it is not NULL */
    Texts texts;     /* unless `every` */
    void *first[TRACE_FIRST];
    PointerList gray;
    PointerList weak[WEAK_KINDS];
    Ephemerons ephemerons;
    uintptr_t waiting_from; /* where the next one that waits is looked for */
    const TraceRoots *roots;
    const String *mode; /* "__mode" */
    uint64_t bytes;     /* of what is marked, estimated from sizes alone */
    uint64_t slots;     /* of tables and stacks that were looked at */
    bool every;         /* what needs no mark to be found alive gets one too (measure.h) */
    bool strong; /* weak references are as others, and finalizers have what they may need */
};

/* Marks a value (or a cell) that a slot holds. The stack function calls it. */
void trace_value(Trace *T, Value v);

/*
 * The whole of it: marks; clears weak references; queues the dead that have finalizers
 * (manual 2.5.1), in the order in which they are to be called; drops heap map entries
 * of the dead; takes down the figures in R->world->collection. Answers how many slots of tables
 * and stacks it has looked at.
 */
uint64_t trace_run(Run *R, const TraceRoots *roots);
/* Drops heap map entries of objects that cannot be reached even weakly or by finalizers. No
 * program notices. It must not, because how many entries there are depends on who has looked
 * into the run's own snapshots (undo.h), which is no part of the state's history. */
void trace_purge(Run *R, const TraceRoots *roots);

/* Queues all objects that have finalizers, as at the end of a program. Answers true if there
 * was memory for some of them only: then there are more. */
bool trace_finalize_all(Run *R);

/* The table or userdata is given a finalizer, unless it has been given one before. */
void trace_add_finalizer(Run *R, Value object);
/* The object's finalizer is to be called next. */
void trace_queue_finalizer(Run *R, Value object);
/* The same for a copy of an object that has been given one, as its contents say already. */
void trace_note_finalizer(Run *R, Value object);
/* The finalizer of a userdata is not to be called any more. */
void trace_remove_finalizer(Run *R, Value object);
/* Takes the next object off the queue. Answers nil if there is none. */
Value trace_next_finalizer(Run *R);

#endif
