/* SPDX-License-Identifier: MIT */
/*
 * The slots of Lua stacks that a trace looks at (trace/trace.h).
 *
 *   Lua frame      slots in use at the node at which it is (Proto.tops), if they have been
 *                  written on every way to that node, lie below the callee's header, and are
 *                  not about to be written by the node; also the open list of the node
 *   native frame   what it keeps below the place from which it has called (KINDS_GLUE)
 *   not begun      its arguments
 *
 * Slots are not cleared when a frame is entered. So a slot that has not been written holds junk
 * of earlier calls, perhaps of another state, which is no Value. Which slots have been written
 * at which node is worked out from the nodes, once for a function, when a trace first meets it.
 *
 * Invariant: every slot looked at holds a Value or a Cell that this run put there.
 * Cost: O(slots in use); the first time O(nodes * slots / 64) for a function.
 */
#ifndef MOONLET_TRACE_STACK_H
#define MOONLET_TRACE_STACK_H

#include "stack/frame.h"
#include "trace/trace.h"

/* Where a coroutine is: at a node, or (node NULL) in a native's frame. */
typedef struct StackTop {
    Segment *segment;
    Value *fp;
    const Node *node;
    uint32_t open; /* values of an open list at the node */
} StackTop;

/* What is done with slots. All may write to them. `live` gets those that hold values, `dead`
 * (or NULL) those of Lua functions that do not, `callee` the function of a frame (if it is
 * NULL, `live` gets that). */
typedef struct StackVisitor {
    void (*live)(void *context, Value *slots, size_t count);
    void (*dead)(void *context, Value *slots, size_t count);
    void (*left_over)(void *context,
                      Value *slot); /* a cell that nobody reads; or NULL, as dead */
    void (*callee)(void *context, Value *fp);
    void (*unknown)(void *context); /* there is no memory to find out about a frame's slots */
    void *context;
    uint32_t frames; /* so many at most, from the top; 0 for all */
} StackVisitor;

/* Where a coroutine that does not run is. */
StackTop stack_top(const CoBody *body);
/* Visits the frames from the top one down. */
void stack_visit(const StackVisitor *v, StackTop top);

/* A copy of the stack that this run may write to. Answers NULL if there is no memory, which is
 * a shortage. */
MEM_TRY Segment *stack_copy(Run *R, const CoBody *body);
/* Roughly how many slots stack_copy copies. */
size_t stack_slots(const CoBody *body);
/* Whether a frame on it goes back to a state when it returns (control/world.h). */
bool stack_holds_world(const CoBody *body);

/* A TraceStackFn. `top` is the StackTop of the running coroutine, or NULL if that has nothing
 * on its stack. */
void trace_stack(Trace *T, const CoBody *body, void *top);
/* What coroutines have in Lua's C interface; NULL: nothing. `context` is the Machine, which has
 * a Puc. */
extern TraceBesideFn *trace_beside;
/* Where a trace in mid-run begins. What the waiting C function and the host hold is among it.
 * top is NULL if nothing is on the running coroutine's stack. */
TraceRoots trace_roots(const Machine *M, StackTop *top);
/* The same when nothing runs, but for values that the host is to have. */
TraceRoots trace_roots_at_rest(const Machine *M, const Value *values, size_t count);

/* The slots that have surely been written when control is at the node, as bits. Answers NULL
 * if there is no memory. */
const uint64_t *trace_written(const Proto *p, const Node *at);
/* Whether the slot of a frame that is at this node surely holds a Value or a Cell. It answers
 * false if the node is not one of the function's. */
bool trace_holds_value(const Proto *p, const Node *at, size_t slot);
/* Whether nobody reads the slot, before it is written, of a frame that is at this node: it is
 * in use, but not surely written. */
bool trace_is_unwritten(const Proto *p, const Node *at, size_t slot);
/* Whether the slot is that of a variable that lives in a cell. O(variables of the function). */
bool trace_needs_cell(const Proto *p, const Node *at, size_t slot);

#endif
