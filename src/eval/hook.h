/* SPDX-License-Identifier: MIT */
/*
 * Debug hooks (manual 6.10, sethook): a function called when a function is called or
 * returns, at each new line, or after every so many nodes.
 *
 * A hook costs nothing where there is none. Where there is one (R->hooking):
 *
 *   calls     R->limit is so low that each goes to call_any, which knows of hooks
 *   nodes     functions run in their twin's nodes: the same ones in the same order, but
 *             that exec looks for what is due before it does what the kind does
 *   returns   frames return to nodes of the twin, or to glue of the same kind, that look
 *             whether the return of a native is to be told
 *
 * sethook turns the frames of the coroutine's stack over to the twins; those in frozen
 * segments as control returns into them. Once the hook is gone, the twin's nodes lead
 * back to the plain ones.
 *
 * The hook's function runs in a frame above the one it looks at, without hooks:
 *
 *   [count|d|acc|stage|distance|node|glue_hook|function] "line" 12
 *
 * (an open list and a native's arguments, count of them, lie below; results on their way
 * are put aside, and acc points to them)
 * then control goes on where it was. Each coroutine has a hook of its own (CoBody.hook),
 * so that snapshots hold it, with how far it has counted.
 */
#ifndef MOONLET_HOOK_H
#define MOONLET_HOOK_H

#include "eval/exec.h"
#include "eval/frame.h"

enum { HOOK_CALL = 1, HOOK_RETURN = 2, HOOK_LINE = 4, HOOK_COUNT = 8 };

/* function nil: no hook. O(depth of the stack). */
void hook_set(Run *R, Coroutine *co, Value function, uint32_t mask, uint32_t count);

/* The running coroutine's hook is the one of b from now on. */
void hook_load_slow(Run *R, const CoBody *b);
static inline void hook_load(Run *R, const CoBody *b)
{
    if (UNLIKELY((uintptr_t)b->hook | (uintptr_t)R->hook.hook)) hook_load_slow(R, b);
}
/* Puts the running coroutine's hook into b, its body. */
void hook_save_slow(Run *R, CoBody *b);
static inline void hook_save(Run *R, CoBody *b)
{
    if (UNLIKELY(R->hook.hook)) hook_save_slow(R, b);
}
/* An error has left the hook's function. */
void hook_leave(Run *R);

/* For the trace: the values kept below the hook's frame at base, for the frame fp. */
Value *hook_kept(Value *base, Value *fp, uint32_t *count);

/* Where a frame goes on that returns to this node, while hooks are on; fp: the frame
 * that it returns into. */
const Node *hook_return(const Node *ret, const Value *fp);

/* For the frame at nf of an error handler, f, called at node n. To PUC Lua's call hooks what
 * the instruction of a tail call calls is called so. */
Value *hook_mark_handler(Run *R, Value *nf, const Node *n, Value f);

/* For call_any: the frame is complete, control is about to go to its first node (n), or
 * to the native with acc arguments. */
EXEC(hook_enter);
EXEC(hook_enter_native);
/* What the nodes of twins do. */
EXEC(hook_step);
/* The same, for a node that takes acc where its kind says d. */
EXEC(hook_step_boxed);

#endif
