/* SPDX-License-Identifier: MIT */
/* What the trace's files share: marking, and the kinds of weak tables. See trace.h. */
#ifndef MOONLET_TRACE_INTERNAL_H
#define MOONLET_TRACE_INTERNAL_H

#include "state/trace.h"

/* Marks what the run can see; T has nothing but `every`, `strong`. */
void trace_mark(Trace *T, Run *R, TraceStackFn *stack, void *context);
void trace_free(Trace *T);
/* Is it marked? The first argument is a Trace. */
bool trace_has(void *T, const void *object);

/* Is v an object that the run can no longer see? */
bool trace_is_dead(const Trace *T, Value v);
/* Marks all that the gray objects lead to, ephemerons included. */
void trace_propagate(Trace *T);

/* Calls fn for each index of the array part that is not nil. */
typedef void TraceItemFn(void *context, uint32_t index, Value v);
void trace_array(const Pvec *array, TraceItemFn *fn, void *context);

/* Takes entries with dead keys, dead values out of the tables from the list's index
 * `from` on. */
void weak_clear_keys(Trace *T, const PointerList *tables);
void weak_clear_values(Trace *T, const PointerList *tables, size_t from);

/* Queues the unmarked objects that have finalizers; true if there were any. */
bool finalize_separate(Run *R, const Trace *T);

#endif
