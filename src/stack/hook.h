/* SPDX-License-Identifier: MIT */
/*
 * Debug hooks (manual 6.10, sethook): a function called when a function is called or
 * returns, at each new line, or after every so many nodes.
 *
 * A hook costs nothing where there is none. Where there is one (M->hooking):
 *
 *   calls     M->limit is so low that each goes to call_any, which knows of hooks
 *   nodes     functions run in a twin of their nodes. The twin has nodes of the same kinds in
 *             the same order, but their exec looks for events before it does what the kind does
 *   returns   frames return to nodes of the twin, or to twins of glue. These look whether the
 *             hook is to be told that a native returns
 *
 * sethook turns the frames of the coroutine's stack over to the twins; those in frozen
 * segments as control returns into them. Once the hook is gone, the twin's nodes lead
 * back to the plain ones.
 *
 * Pauses. A node is executed again after a poll or a stop, and so is the call of a native. But
 * they poll and stop only after all their events, in what the kind does, and they go on there
 * (hook_run, node_native_again, node_return_again). So no event is told twice and none is lost,
 * although nothing is remembered of it.
 *
 * The hook's function runs in a frame above the one it looks at, without hooks:
 *
 *   [count|d|acc|stage|distance|node|glue_hook|function] "line" 12
 *
 * `count` values of an open list, or of a native's arguments, lie below it. Results on their
 * way are put aside in a block, to which acc points. When the function has returned, control
 * goes on where it was. Each coroutine has a hook of its own (CoBody.hook). So snapshots have
 * it, and how far it has counted.
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

    /* The stages when a frame has returned to a node: a native's return; the line of a result's
       place, if it is another one; the return of a function whose value it is. */
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

/* Says what the nodes of twins do: `step` before a node of a function, `ret` when a frame has
 * returned to one with one value, ret_many when it has with another number of values. Once per
 * process, before anything runs. */
void hook_init(Exec *step, Exec *ret, Exec *ret_many);

/* Whether coroutines that are made under a hook with this function get it as well, and not only
 * its mask: as in PUC Lua those of C do, and those of debug.sethook do not. NULL: none does. */
extern bool (*hook_is_inherited)(Value function);

/* Who watches a run is told of each line, as line hooks are, but for the whole run, and only
 * while no C function waits. `line` changes nothing. It answers true to end the run there. */
typedef struct Watch {
    const Node *last;
    bool enters; /* the line is the first one of its function's call */
    bool again;  /* the run goes on with a node at whose line it is to be told first */
    bool (*line)(Machine *M, const Node *n, Value **fp); /* the frame may be moved */
    /* Told of an error that nothing catches, while the stack is as it was. */
    void (*uncaught)(Machine *M, const Node *n, Value *fp);
    /* Told of an error that something will catch, before it does. Gives the frame, perhaps
     * moved. */
    Value *(*raised)(Machine *M, const Node *n, Value *fp, bool *ends);
    void *context;
} Watch;
/* Sets who watches a run that is not in the evaluator. */
void hook_watch(Machine *M, Watch *w);
/* The events that the running coroutine's hook is told of. They are 0 if there is no hook, or
 * if it is off. */
static inline uint32_t hook_mask(const Machine *M)
{
    const Hook *h = M->hook.hook;
    return h && h->function != V_NIL && !M->hook.busy ? h->mask : 0;
}

/* Stands for "no hook" while hooks are off, so that there is a HookState to say so. */
extern const Hook hook_none;

/* Sets co's hook. If function is nil, co has none from now on. O(depth of the stack). */
void hook_set(Machine *M, Coroutine *co, Value function, uint32_t mask, uint32_t count);

/* Makes b's hook that of the running coroutine. */
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
/* Switches hooks off in this coroutine until hook_leave. Answers true if they were off. */
bool hook_off(Machine *M);
/* Switches hooks on again, when the hook's function has been left, or what ran without hooks.
 */
void hook_leave(Machine *M);

/* The values kept below the hook's frame at base, for the frame fp. The trace asks. */
Value *hook_kept(Value *base, Value *fp, uint32_t *count);

/* What a hook's frame was pushed for. By this, and by the function of the frame below it, its
 * words are read (image/). */
typedef enum HookMoment {
    HOOK_AT_NODE,      /* of a Lua function, which is executed then, with d or acc */
    HOOK_AT_CALL,      /* of a native: the kept values are its arguments */
    HOOK_AFTER_NATIVE, /* that returns: its results are kept, in a block of their own */
    HOOK_AFTER_CALL,   /* that has returned to a node of a Lua function: results, likewise */
    HOOK_NEVER
} HookMoment;
HookMoment hook_moment(unsigned stage);

/* The values that are about to be returned, to what the hook's function calls at the event
 * `return`; else none. Good until the next call. O(frames above the hook's). */
typedef struct Returned {
    const Value *values;
    uint32_t count;
} Returned;
Returned hook_returned(Machine *M);

/* The node to which a frame returns while hooks are on, in place of ret. It returns into the
 * frame at fp. */
const Node *hook_return(const Node *ret, const Value *fp);
/* The node of hook_return, for a frame at base that has lain frozen. It also changes the
 * payload. */
const Node *hook_returning(const Node *ret, Value *base, const Value *fp);
/* To be called when the frames of the running segment, of which the top one is at fp, have lain
 * frozen, perhaps since before the hook was set. */
void hook_unfolded(Machine *M, Value *fp);

/* Frozen parts of the coroutine's stack have become the run's. */
void hook_owned(Machine *M, const Coroutine *co);
/* Looks again whether the running coroutine's hook is to be called. */
void hook_refresh(Machine *M);
/* Is it glue of an operation, which goes on at its payload? */
bool hook_is_operation(const Node *glue);
/* Is it that, or other glue that goes on at its payload in what its owner's node does? */
bool hook_goes_on(const Node *glue);
/* The twin of glue, or the node itself if it has none. */
const Node *hook_glue_twin(const Node *glue);
/* The node of the function's twin for n, which may itself be of the twin. */
const Node *hook_twin_node(const Proto *p, const Node *n);

#endif
