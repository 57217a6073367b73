/* SPDX-License-Identifier: MIT */
/*
 * The slots of Lua stacks that a trace looks at (state/trace.h).
 *
 *   Lua frame      slots in use at the node it is at (Proto.tops) that have surely been
 *                  written on every way there, and lie below the callee's header
 *   native frame   what it keeps below the place from which it has called
 *
 * Slots are not cleared when a frame is entered, so what has not been written is junk
 * of earlier calls, perhaps of another state: no Value. Which slots have been written
 * at which node is worked out from the nodes, once per function and only when a trace
 * meets it.
 *
 * Invariant: every slot looked at holds a Value or a Cell that this run put there.
 * Cost: O(slots in use); the first time O(nodes * slots / 64) for a function.
 */
#ifndef MOONLET_TRACE_STACK_H
#define MOONLET_TRACE_STACK_H

#include "eval/frame.h"
#include "state/trace.h"

/* Where the running coroutine is: at a node, or (node NULL) in a native's frame. */
typedef struct StackTop {
    Value *fp;
    const Node *node;
    uint32_t open; /* values of an open list at the node */
} StackTop;

/* What is done with the slots that are looked at; with those of Lua functions that are not
 * (NULL: nothing); with the function of a frame (NULL: as with any slot). May write. */
typedef struct StackVisitor {
    void (*live)(void *context, Value *slots, size_t count);
    void (*dead)(void *context, Value *slots, size_t count);
    void (*callee)(void *context, Value *fp);
    void *context;
} StackVisitor;

/* Where a coroutine that does not run is. */
StackTop stack_top(const CoBody *body);
/* From the top frame, in this segment, down. */
void stack_visit(const StackVisitor *v, Segment *segment, StackTop top);

/* A stack for this run to write, slots and all. */
Segment *stack_copy(Run *R, const CoBody *body);
/* Whether a frame on it goes back to a state when it returns (eval/world.h). */
bool stack_holds_world(const CoBody *body);

/* A TraceStackFn; context is a StackTop, which the running coroutine needs. NULL: that has
 * nothing on its stack. */
void trace_stack(Trace *T, const CoBody *body, void *top);

/* The slots surely written when control is at the node: bits, for tests. */
const uint64_t *trace_written(const Proto *p, const Node *at);

#endif
