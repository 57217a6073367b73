/* SPDX-License-Identifier: MIT */
/* What the trace's files share: marking, and the kinds of weak tables. See trace.h. */
#ifndef MOONLET_TRACE_INTERNAL_H
#define MOONLET_TRACE_INTERNAL_H

#include "trace/trace.h"

/* Marks what the run can see; T has nothing but `every`, `strong`. */
void trace_mark(Trace *T, Run *R, const TraceRoots *roots);
void trace_free(Trace *T);
/* There was no memory to mark all: what is not marked may be alive. */
bool trace_failed(const Trace *T);
/* Is it marked? The first argument is a Trace. */
bool trace_has(void *T, const void *object);

/* Is v an object that the run can no longer see? */
bool trace_is_dead(const Trace *T, Value v);

/* Calls fn for each index of the array part that is not nil. */
typedef void TraceItemFn(void *context, uint32_t index, Value v);
void trace_array(const TableBody *t, TraceItemFn *fn, void *context);

/* Calls fn for the weak tables of a kind that were marked, in the order in which they were met,
 * from this one on; or for all, in any order, where there was no memory for a list. */
typedef void TraceTableFn(void *context, Table *t);
void trace_each_weak(const Trace *T, int kind, size_t from, TraceTableFn *fn, void *context);

/* Takes entries with dead keys, dead values out of these tables. */
void weak_clear_keys(const Trace *T, int kind);
void weak_clear_values(const Trace *T, int kind, size_t from);

/* Queues the unmarked objects that have finalizers; true if there were any. Those for which
 * there was no memory stay as they are: *later says that there are such. */
bool finalize_separate(Run *R, const Trace *T, bool *later);

#endif
