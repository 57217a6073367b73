/* SPDX-License-Identifier: MIT */
/*
 * Garbage as Lua programs know it: when a run traces, and the calls of finalizers.
 *
 * A trace (trace/trace.h) is made when collectgarbage asks for it. It is also made when more
 * has been allocated since the last trace than was live then (setpause), at the next step or at
 * the end of the host's call, if the state has weak tables or finalizers, or has asked for
 * figures. Other states are traced ever more rarely, to find tables that became weak unnoticed.
 * All of this is counted in the state, by mem_counted. So it happens at one step in every
 * replay, however often the program is paused. When the heap map has outgrown the live objects
 * by half it is swept, at any poll, end or pause. No program notices that.
 *
 * While a C function waits on the C stack for eval_call, no trace is made: what it holds
 * is not known. One that waits for eval_call_above holds what is in its frame.
 *
 * Finalizers run in a native's frame, each in a protected call. At a poll that frame is
 * put above the polled one, and returns to it through glue:
 *
 *   [hooks were off | open | distance | node | glue_poll | runner] fp
 *
 * As in PUC Lua, hooks are not told of them. So hooks cannot tell at which poll they ran.
 *
 * Invariant: Collection.finalizing is set exactly while finalizers are called. So they are
 * called in order, one after the other. As in PUC Lua they cannot yield, because the program
 * that they interrupt might then never be resumed.
 */
#ifndef MOONLET_COLLECT_H
#define MOONLET_COLLECT_H

#include "native/native.h"
#include "stack/frame.h"

/* Whether something is to be done at a poll. */
bool collect_due(Machine *M);
/* Makes a poll come when a trace is due or finalizers are to be called. To be called when a run
 * begins, when it goes on from another state, and after each change of what decides this. */
void collect_arm(Machine *M);
/* Does what is due, at node n. Answers the frame of a function that is to be called without
 * arguments, or NULL. O(what the run can see), amortised O(1) for a byte allocated. */
Value *collect_poll(Machine *M, const struct Node *n, Value *fp);
/* Whether hooks are to be on after an error has left such a frame, at base, returning to ret.
 */
bool collect_hooks_were_on(const struct Node *ret, const Value *base);
/* Whether with that frame it leaves whoever calls finalizers, or was about to; and what is to
 * be done when it has come down to a frame: they may be called again, unless that was done for
 * a finalizer. `to` is NULL when it has left the coroutine. O(depth of the stack). */
bool collect_is_caller(const struct Node *ret, const Value *base);
void collect_left(Machine *M, const FrameCursor *to);
/* Makes the trace that is due, after a call from the host and before its state is packed, so
 * that not each of the state's forks has to. What the call answers, the values, counts as seen.
 * It costs what a poll's trace does. */
void collect_end(Machine *M, const Value *values, size_t count);
/* To be called when the program has paused. Does only what a program cannot notice. */
void collect_pause(Machine *M);
/* Takes dead entries out of the heap map, at a poll: what they have is garbage then. */
void collect_purge(Machine *M, const struct Node *n, Value *fp);
/* Clears the dead part of the running segment, once for each collection of bdwgc's. */
void collect_tidy(Machine *M, const struct Node *n, Value *fp);

/* To be called when there is no memory. Lets go of what is reachable only from this state's
 * weak tables, finalizers and dead slots, and collects. Answers whether finalizers are due that
 * may let go of more. O(what the state can see, and all of the heap). */
bool collect_short(Machine *M, const struct Node *n, Value *fp);

/* Natives that call the finalizers that are due, or all. */
extern const NativeDef natives_finalizers[];
/* To be called by a native. Traces, and then calls the finalizers that are due. The native must
 * answer what this answers; the result is 0. */
int collect_full(Machine *M, Value *a);
/* Pays for part of a trace, and else does what collect_full does. The result is whether a cycle
 * is finished. */
int collect_step(Machine *M, Value *a, int32_t kilobytes);

/* Whether the frame is that of a finalizer, or of what a finalizer has called. O(depth). */
bool collect_in_finalizer(Machine *M, Value *fp);

/* Calls all finalizers, at the program's end and between calls. Their errors are ignored. */
void collect_close(Machine *M);
/* Does what collect_close does, for a native, which goes on in cont. The native must answer
 * what this answers. */
int collect_close_call(Machine *M, Value *a, int at, NativeCont *cont);

/* To be called when an object has got a metatable, whose finalizer counts from now on (manual
 * 2.5.1). */
void collect_metatable_slow(Machine *M, Value object, const Table *meta);
static inline void collect_metatable(Machine *M, Value object, const Table *meta)
{
    enum { BOTH = 1 << META_GC | 1 << META_MODE };
    if (!meta) return;
    uint32_t absent = __atomic_load_n(&heap_table(&M->run, meta)->flags, __ATOMIC_RELAXED);
    if ((absent & BOTH) != BOTH) collect_metatable_slow(M, object, meta);
}

/* What collectgarbage("count") tells, from a native, in bytes: up with what is allocated,
 * down to what is live with a trace, which the first call makes. */
uint64_t collect_count(Machine *M, Value *a);
/* Traces, from a native of whose arguments no object is needed any more. Finalizers wait,
 * unless they must not be found now. It is for what is short outside. */
void collect_now(Machine *M);
/* A native says with this that from now on there is to be no trace that the program could
 * notice; or that there may be one again. */
void collect_stop(Machine *M, bool stopped);

#endif
