/* SPDX-License-Identifier: MIT */
/*
 * Garbage as Lua programs know it: when a run traces, and the calls of finalizers.
 *
 * A trace (state/trace.h) is made when collectgarbage asks for it; and at a poll, or at the end
 * of the host's call, when what was allocated since the last trace exceeds what was live then
 * (setpause), if the state has weak tables or finalizers, or has asked for figures; else ever
 * more rarely, to find tables that became weak unnoticed. All of this is counted in the state,
 * so it happens at the same step of every replay. When the heap map has outgrown the live
 * objects by half it is swept, of which the program notices nothing.
 *
 * While a C function waits on the C stack for eval_call, no trace is made: what it holds
 * is not known.
 *
 * Finalizers run in a native's frame, each in a protected call. At a poll that frame is
 * put above the polled one, and returns to it through glue:
 *
 *   [open | distance | node | glue_poll | runner] fp
 *
 * Invariant: Collection.finalizing is set exactly while such a frame is on a stack (or
 * was lost with a coroutine that nobody resumes).
 */
#ifndef MOONLET_COLLECT_H
#define MOONLET_COLLECT_H

#include "eval/native.h"

/* Something is to be done at a poll. */
bool collect_due(Run *R);
/* Does it, at a node: gives the frame of a function to be called without arguments, or
 * NULL. O(what the run can see), amortised O(1) for a byte allocated. */
Value *collect_poll(Run *R, const struct Node *n, Value *fp);
/* After a call from the host that went well, before its state is packed: makes the trace
 * that is due, so that not each of the state's forks has to. What the call answers counts as
 * seen. Cost as of a poll's. */
void collect_end(Run *R);
/* Clears the dead part of the running segment, once for each collection of bdwgc's. */
void collect_tidy(Run *R, const struct Node *n, Value *fp);

/* A native: calls the finalizers that are due. */
int collect_finalizers(Run *R, Value *a, int n);
/* From a native: traces, then calls the finalizers due; what it must answer: 0. */
int collect_full(Run *R, Value *a);
/* Pays for part of that; the native's answer: whether a cycle is finished. */
int collect_step(Run *R, Value *a, int32_t kilobytes);

/* The program's end: calls all finalizers; their errors are ignored. Between calls. */
void collect_close(Run *R);
/* The same from a native, which goes on in cont: what it must answer. */
int collect_close_call(Run *R, Value *a, int at, NativeCont *cont);

/* An object has got a metatable: its finalizer counts from now on (manual 2.5.1). */
void collect_metatable_slow(Run *R, Value object, const Table *meta);
static inline void collect_metatable(Run *R, Value object, const Table *meta)
{
    enum { BOTH = 1 << META_GC | 1 << META_MODE };
    if (!meta) return;
    uint32_t absent = __atomic_load_n(&heap_table(R, meta)->absent_flags, __ATOMIC_RELAXED);
    if ((absent & BOTH) != BOTH) collect_metatable_slow(R, object, meta);
}

/* What collectgarbage("count") tells, in bytes: up with what is allocated, down to what
 * is live with a trace. */
uint64_t collect_bytes(const Run *R);

#endif
