/* SPDX-License-Identifier: MIT */
/*
 * Debug hooks (manual 6.10, sethook): a function called when a function is called or
 * returns, at each new line, or after every so many nodes.
 *
 * A hook costs nothing where there is none. Where there is one (M->hooking):
 *
 *   calls     M->limit is so low that each goes to call_any, which knows of hooks
 *   nodes     functions run in their twin's nodes: the same ones in the same order, but
 *             that exec looks for what is due before it does what the kind does
 *   returns   frames return to nodes of the twin, or to glue of the same kind, that look
 *             whether the return of a native is to be told
 *
 * sethook turns the frames of the coroutine's stack over to the twins; those in frozen
 * segments as control returns into them. Once the hook is gone, the twin's nodes lead
 * back to the plain ones.
 *
 * Pauses. A node is executed again after a poll or a stop, and so is the call of a native:
 * but they poll and stop only in what the kind does, that is after all events, and are gone
 * on with there (hook_run; node_native_again, node_return_again). So no event is told twice,
 * and none is lost: nothing has to be remembered for it.
 *
 * The hook's function runs in a frame above the one it looks at, without hooks:
 *
 *   [count|d|acc|stage|distance|node|glue_hook|function] "line" 12
 *
 * (an open list and a native's arguments, count of them, lie below; results on their way
 * are put aside, and acc points to them)
 * then control goes on where it was. Each coroutine has a hook of its own (CoBody.hook),
 * so that snapshots hold it, with how far it has counted.
 *
 * A watch looks at lines from outside of the program, in a replay (record/record.h): functions
 * run in their twins for it, too, and the events of hooks come as they would without it.
 */
#ifndef MOONLET_HOOK_H
#define MOONLET_HOOK_H

#include "stack/frame.h"

enum { HOOK_CALL = 1, HOOK_RETURN = 2, HOOK_LINE = 4, HOOK_COUNT = 8, HOOK_HEADER = 8 };

/* What is due before a node, in this order; the first also before a native. */
typedef enum Stage {
    STAGE_CALL,
    STAGE_COUNT,
    STAGE_LINE,
    STAGE_RETURN,
    STAGE_RUN, /* nothing more: the node itself */

    /* When a frame has returned to a node: a native's return; the line of a result's
     * place, if it is another one; the return of a function whose value it is. */
    STAGE_NATIVE_RETURN,
    STAGE_RESULT_LINE,
    STAGE_TAIL_RETURN,
    STAGE_GO_ON,

    STAGE_NATIVE_CALL,
    STAGE_BOXED = 16 /* added: the node's operand is in acc, not in d */
} Stage;
static inline bool hook_stage_is_after(int stage)
{
    return stage >= STAGE_NATIVE_RETURN && stage < STAGE_GO_ON;
}

/* What the nodes of twins do: before a node of a function; when a frame has returned to one,
 * with one value and with another number. Once per process, before anything runs. */
void hook_init(Exec *step, Exec *ret, Exec *ret_many);

/* Told of each line, by the rule of line hooks but for the whole run, where no C function
 * waits. It changes nothing, and may end the run there: true. */
typedef struct Watch {
    const Node *last;
    bool enters; /* the line is the first one of its function's call */
    bool (*line)(Machine *M, const Node *n, Value **fp); /* the frame may be moved */
    /* Of an error that nothing catches, while the stack is as it was. */
    void (*uncaught)(Machine *M, const Node *n, Value *fp);
    void *context;
} Watch;
/* For a run that is not in the evaluator. */
void hook_watch(Machine *M, Watch *w);
/* The events that the running coroutine's hook is told of; 0: there is none, or it is off. */
static inline uint32_t hook_mask(const Machine *M)
{
    const Hook *h = M->hook.hook;
    return h && h->function != V_NIL && !M->hook.busy ? h->mask : 0;
}

/* Stands for none while hooks are off, so that the state of things is kept where that of a
 * hook would be. */
extern const Hook hook_none;

/* function nil: no hook. O(depth of the stack). */
void hook_set(Machine *M, Coroutine *co, Value function, uint32_t mask, uint32_t count);

/* The running coroutine's hook is the one of b from now on. */
void hook_load_slow(Machine *M, const CoBody *b);
static inline void hook_load(Machine *M, const CoBody *b)
{
    if (UNLIKELY((uintptr_t)b->hook | (uintptr_t)M->hook.hook)) hook_load_slow(M, b);
}
/* Puts the running coroutine's hook into b, its body. */
void hook_save_slow(Machine *M, CoBody *b);
static inline void hook_save(Machine *M, CoBody *b)
{
    if (UNLIKELY(M->hook.hook)) hook_save_slow(M, b);
}
/* No hook is called in this coroutine until hook_leave; true: so it was already. */
bool hook_off(Machine *M);
/* Hooks are called again: the hook's function has been left, or what ran without. */
void hook_leave(Machine *M);

/* For the trace: the values kept below the hook's frame at base, for the frame fp. */
Value *hook_kept(Value *base, Value *fp, uint32_t *count);

/* What such a frame was pushed for: by that, and by what the frame below it is of, its words
 * are read (image/). */
typedef enum HookMoment {
    HOOK_AT_NODE,      /* of a Lua function, which is executed then, with d or acc */
    HOOK_AT_CALL,      /* of a native: the kept values are its arguments */
    HOOK_AFTER_NATIVE, /* that returns: its results are kept, in a block of their own */
    HOOK_AFTER_CALL,   /* the same of what has returned to a node of a Lua function */
    HOOK_NEVER
} HookMoment;
HookMoment hook_moment(unsigned stage);

/* Where a frame goes on that returns to this node, while hooks are on; fp: the frame
 * that it returns into. */
const Node *hook_return(const Node *ret, const Value *fp);
/* The same for a frame at base that has lain frozen, with what its header says of a node. */
const Node *hook_returning(const Node *ret, Value *base, const Value *fp);
/* The frames of the running segment, the top one at fp, have lain frozen, perhaps since
 * before the hook was set. */
void hook_unfolded(Machine *M, Value *fp);

/* Looks again whether the running coroutine's hook is to be called. */
void hook_refresh(Machine *M);
/* Is it glue of an operation, which goes on at the node base[-3]? */
bool hook_is_operation(const Node *glue);
/* The twin of glue, or the node itself if it has none. */
const Node *hook_glue_twin(const Node *glue);
/* The node of the function's twin for this one, which may be of the twin. */
const Node *hook_twin_node(const Proto *p, const Node *n);

#endif
