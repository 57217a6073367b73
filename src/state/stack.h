/* SPDX-License-Identifier: MIT */
/*
 * The Lua stack: control as data.
 *
 * A coroutine (the main program is one) owns a chain of segments; a frame is a
 * window of slots in one of them.
 *
 *   segment  [epoch|prev|ret|prev_frame|size|below] slots...
 *   frame        ... | ret node | callee | slot 0 | slot 1 | ...
 *                                         ^ fp: arguments, then locals, temporaries
 *
 * Words in slots are Values, node pointers, or small integers, never addresses of
 * slots, so a frame can be copied anywhere. The node below the callee is where the frame
 * returns to, and its kind says how to find the frame below:
 *
 *   after a call in Lua code   caller's fp = fp - ret->a
 *   glue (metamethods, natives that call)   [owner distance|payload|glue|callee] fp
 *   vararg                     [shift|vararg glue|callee] fp; fp - shift is the frame
 *                              as the caller made it, extra arguments and all
 *   underflow                  the frame is the lowest of its segment; what it returns
 *                              to is segment->ret, in the segment below
 *   base, halt                 the lowest frame of a coroutine, of a run
 *
 * Invariants (segment_check; coroutine_check in stack/check_stack.h):
 *  1. a segment is written only by the run whose epoch it carries.
 *  2. so when a snapshot has frozen a segment, or a fork resumes it, control goes on in a
 *     copy of just the frame that it returns into (copy on underflow).
 *  3. every frame that runs has STACK_SLACK slots above what its function asked for, or above
 *     its arguments if it is a native's. So no check is needed when Lua code calls a native, or
 *     when a native calls. frame_push makes frames anywhere else.
 *  4. a slot is a Value, unless the node at which its frame is, or the kind of its glue, says
 *     that it is something else or nobody's (stack/frame.h, trace_stack.h). Whoever reads slots
 *     from outside goes by that.
 *
 * A coroutine that has lain frozen goes on in a scratch segment. A run needs one for each
 * coroutine that runs or has resumed another. When control leaves it and its frames are few,
 * they are copied out to a compact segment, which has no more room than they need. So a
 * coroutine that is resumed once between two snapshots costs the words that it has on its stack
 * and no more, and if all words are what they were before, nothing. Scratch segments without
 * frames belong to no state. One that is resumed often between two snapshots gets a segment of
 * its own again.
 *  5. a compact segment is the top one of its stack, and never runs. A segment in which its
 *     frames can run can always be had.
 *  6. `below` says how deep a segment lies. It counts the slots below prev, and those of prev
 *     below the header of the frame at prev_frame.
 *  7. a frame's header is its own. It lies above the slots of the frame that it returns into.
 */
#ifndef MOONLET_STACK_H
#define MOONLET_STACK_H

#include "value/function.h"

struct Node;

typedef struct Segment {
    uint64_t epoch;
    struct Segment *prev;
    const struct Node *ret; /* what the lowest frame returns to, if there is a prev */
    uint32_t prev_frame;    /* index in prev->slots of that frame's fp */
    uint32_t size;
    uint32_t below; /* slots in use in all segments below: the depth limit */
    uint8_t kind;   /* SegmentKind */
    bool roomy;     /* compact: its frames may need more than a scratch segment has */
    uint8_t folds;  /* compact: into it, but for the first, FOLDS_MAX at most */
    uint8_t varied; /* compact: how often lately it has not been as the one before */
    Value slots[];
} Segment;

#ifdef MOONLET_STRESS
/* Words behind each segment that nobody may write: control/stress.h. */
#define SEGMENT_GUARD_WORD ((Value)0x0001dead0001dead)
enum { SEGMENT_GUARD = 64 };
#else
enum { SEGMENT_GUARD = 0 };
#endif

typedef enum SegmentKind { SEGMENT_OWN, SEGMENT_SCRATCH, SEGMENT_COMPACT } SegmentKind;

enum {
    STACK_SLACK = 48,
    SEGMENT_FIRST = 123, /* slots of a coroutine that runs in the epoch that made it: 1 KB */
    SCRATCH_SLOTS = 500, /* with the header a page of the collector */
    COMPACT_MAX = 128,   /* slots that are copied when control leaves them */
    FOLDS_MAX = 16,      /* then the coroutine is worth a segment of its own */
    VARIED_MAX = 2,      /* then it is not compared ... */
    VARIED_AGAIN = 10,   /* ... until then */
    SEGMENT_SURE_MAX = 2400, /* slots of a segment that can always be had */
    FRAME_HEADER = 4,        /* words below fp of a glue frame, the largest header */
    NATIVE_SLOTS = 40        /* what a native may use above its arguments */
};

typedef enum CoStatus {
    CO_FRESH,     /* created: function and no arguments on the stack */
    CO_SUSPENDED, /* in yield */
    CO_PAUSED,    /* out of budget, or snapshot in mid-run: goes on at `node` */
    CO_RUNNING,
    CO_NORMAL, /* has resumed another */
    CO_DEAD
} CoStatus;

/* What debug.sethook has set; immutable. */
typedef struct Hook {
    Value function;
    uint32_t mask, count; /* stack/hook.h */
} Hook;

typedef struct HookState {
    const Hook *hook;        /* NULL: none */
    const struct Node *last; /* the node control was at before this one */
    uint32_t left;           /* nodes until the next count */
    bool busy;               /* the hook's function runs */
} HookState;

/* What an error on its way is about (operate/cause.h): no part of a state, which nothing of the
 * program depends on. */
typedef struct Cause {
    uint8_t kind; /* CauseKind */
    uint32_t count;
    const char *name;
    Value about[];
} Cause;

typedef struct CoBody {
    Segment *segment;
    const struct Node *node; /* CO_PAUSED: the node to go on with */
    uint32_t fp;             /* index in segment->slots of the top frame's fp */
    uint32_t top;            /* end of its live slots */
    uint32_t open;           /* values of an open list at top (see node/node.h) */
    uint8_t status;          /* CoStatus */
    uint8_t wrapped;         /* resumed through coroutine.wrap: errors propagate */
    uint8_t failed;          /* dead by error */
    uint8_t error_room;      /* a handler of errors runs, with room of its own */
    uint32_t depth;          /* of resumers below */
    uint32_t pcalls;         /* protected calls on the stack */
    union {
        uint32_t debt;     /* CO_PAUSED: steps of limits/budget.c */
        uint32_t captures; /* CO_SUSPENDED: Machine.captures at that time */
    };
    uint32_t paid; /* CO_PAUSED: likewise */
    struct Coroutine *resumer;
    const HookState *hook;           /* NULL: none; of the running one Machine.hook is newer */
    struct NativeProgress *progress; /* CO_PAUSED: of a native; NULL: none */
    const Cause *cause;              /* CO_PAUSED: of an error on its way; NULL: none */
    const struct CoBox *was; /* as which it has waited: see heap_coroutine_settle; or NULL */
} CoBody;

typedef struct Coroutine {
    Object h;
    uint64_t epoch;
    CoBody body;
} Coroutine;

/* Whether its `resumer` waits for it; that of others may be one of long ago. */
static inline bool coroutine_has_resumer(const CoBody *b)
{
    return b->status >= CO_PAUSED && b->status != CO_DEAD;
}

#endif
