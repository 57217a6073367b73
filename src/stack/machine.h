/* SPDX-License-Identifier: MIT */
/*
 * Machine: what executes programs in a world.
 *
 *   Machine  [ Run | registers | budget | requests to call | errors | stack | host ]
 *             world              what it may use            segments at hand
 *
 * The run is what a state is made from and becomes again (state/state.h); all the rest is
 * the evaluator's own, and nothing of it is part of a state. When a program pauses, what is
 * to be kept has been put in the body of its coroutine first (control/switch.h).
 *
 * Nodes have a pointer to the machine in a register of the processor (node/node.h). As the run
 * comes first, that is a pointer to the run, too. A thread keeps its machines in a pool:
 * machine_begin takes one, machine_end gives it back, with its cache and its segments.
 *
 * Invariants:
 *  1. the running coroutine's frames are in M->segment, and its registers are here. Its body in
 *     the heap is out of date.
 *  2. M->next_segment has no frames and belongs to no state. It can be used if it has the run's
 * epoch.
 *  3. segments in M->scratch belong to no state. What is in them is junk.
 */
#ifndef MOONLET_MACHINE_H
#define MOONLET_MACHINE_H

#include "node/node.h"
#include "stack/limits.h"
#include "state/state.h"

enum {
    STEP_VALUES = 16, /* to move so many takes a step */
    STEP_LEVELS = 8   /* to pass so many frames takes a step */
};

/* Why control left the evaluator. */
typedef enum RunStatus {
    RUN_OK,
    RUN_ERROR,
    RUN_PAUSED,
    RUN_YIELDED /* what a C function has called yields, and it goes on in a continuation */
} RunStatus;

/* Who has raised an error. */
typedef enum RaisedBy { RAISED_BY_PROGRAM, RAISED_BY_MEMORY, RAISED_BY_HOST } RaisedBy;

typedef enum LibraryStatus { LIBRARY_OK, LIBRARY_NOT_OPEN, LIBRARY_NO_FUNCTION } LibraryStatus;

typedef void MachineGiveFn(void *to, Value v);

/* What the host is told of and asked; functions may be NULL. */
typedef struct MachineHooks {
    /* An error that nothing catches, while the stack is as it was: frame and node. */
    void (*uncaught)(Machine *M, Value *fp, const Node *n);
    /* Asked at each poll, and by long natives, for which node is NULL, whether the run may go
     * on. */
    bool (*poll)(Machine *M, Value *fp, const Node *n);
    /* A machine on another thread works for this one, which waits: the host prepares it for
     * its functions. */
    void (*adopt)(Machine *child, const Machine *M);
    /* A function of a shared library as a value; true if name is "*". */
    LibraryStatus (*library)(Machine *M, const char *file, const char *name, Value *function,
                             const char **error);
    /* An ImageHost (image/image.h), or NULL. */
    const void *(*images)(Machine *M);
    /* Calls give for each value that the host has in memory of its own. */
    void (*held)(const Machine *M, MachineGiveFn *give, void *to);
    bool one_thread; /* what the hooks call must not be called from other threads */
} MachineHooks;

/* How far a native has come that has to begin again, because time or memory was out. But for
 * what was made it is no part of a state, so that nothing but time may depend on it. */
typedef struct NativeProgress {
    struct Compile *compile; /* native/load.c; NULL: none, or somebody has gone on with it */
    uint64_t made;           /* bytes that it has counted */
    uint64_t vain;           /* ns that its walks have taken in vain */
    bool cut; /* a short compilation was given up: it is to be done so that it can go on */
} NativeProgress;

struct Machine {
    Run run;

    /* hot: what nodes read */
    int64_t fuel; /* of the current portion; below zero means: go to poll */
    Value *limit; /* where a frame may end without further looking (frame_enter_segment) */
    bool urgent;  /* there is no memory, or no more is allowed: nodes that allocate poll */
    bool alone;   /* debuggers are to see no host's C function below the outermost function */
    bool hooking; /* the running coroutine's hook is to be looked at: limit is low */
    uint32_t result_count;
    const Value *results; /* several results on their way: results[0..count) */
    Segment *segment;
    Value *native;              /* frame of the native that runs now */
    Value error;                /* the error value on its way */
    Value value;                /* what a worker function worked out */
    const Node *ret, *lost_ret; /* lost_ret: stack/frame.c */
    uint32_t open;              /* values in the open list just made (see node/node.h) */

    /* budget: limits/budget.c */
    uint32_t debt;       /* steps of work that was done and is still to be paid */
    uint32_t paid;       /* steps that have been paid for work which is to be begun again */
    uint64_t steps_left; /* beyond the current portion; UINT64_MAX: no limit */
    uint64_t steps_used; /* before the current portion */
    int64_t portion;
    int64_t held_from;    /* mem_used() when what is alive was last measured */
    bool held_asked;      /* ... for a string that had no room, and none has been made since */
    uint64_t collections; /* how many bdwgc had done when that was last looked at */
    bool finalizes_soon;  /* the next poll calls finalizers: there is no memory */
    Limits limits;
    size_t stack_max; /* how deep the stack may be now: limits.stack, but for error_room */
    volatile int *interrupt;
    const StopChain *stops; /* who else may stop the run; NULL: nobody */
    SharedClock *clock;     /* that of the map of which this is an item, or NULL */
    Turn *turn; /* comes when the run needs it; NULL: it has come, or is not needed */
    int stop;   /* why the run stops here: EvalStop */
    NativeProgress *progress; /* NULL: none */
    RunStatus status;

    /* a native's request to call (native.h), a switch of coroutines (switch.c) */
    Value *call_frame;
    int call_count;
    int depth;       /* evaluators of this run on the C stack */
    int nested;      /* evaluators of other runs, which wait for this one */
    uint64_t aside;  /* bytes that these have for their maps, beside their states */
    uint64_t ticket; /* the number of the call that a C function waits for (eval.h); 0: none */
    bool goes_on;    /* that function goes on in a continuation if the call yields */
    int opaque; /* so many of `depth` were called by C functions whose values no trace sees */
    Coroutine *boundary; /* the one in which a C function waits for eval_call */
    bool went_back; /* by state.restore: its world need not have come of that which it began in
                     */

    /* errors on their way: control/eval.c */
    bool error_handled; /* the xpcall handler of the error has run */
    bool fatal;         /* the error is caught by nobody but the host */
    Coroutine *lent;    /* the main one while another program is paused in the world, or NULL */
    bool error_room;    /* a handler runs on the running coroutine's stack */
    uint32_t pcalls;    /* protected calls on the running coroutine's stack */
    RaisedBy raised;    /* who has raised the error; set with it by error_raise */
    AstPlace place;     /* where the source has what the error is about; line 0: not known */
    bool error_paid;    /* the error's way up was paid for before the run stopped */
    const Cause *cause; /* what it is about; NULL: not known, or there is none (cause.h) */
    Segment *catch_segment; /* the frame that catches the error, and its segment */
    Value *catch_frame;
    Value handler; /* called as xpcall's for errors that nothing catches; nil: none */
    /* Makes the handler when the first such error comes; NULL: there is one, or none. So a
     * program that goes on in another process has the ids that it would have had. */
    Value (*make_handler)(struct Machine *);

    uint32_t captures; /* how often functions were given other upvalues: stack/upvalue.c */

    /* segments at hand: stack/frame.c */
    Segment *main_segment;
    Segment *next_segment; /* one of this epoch, for the next overflow */
    Segment *left;         /* the last one that a return left: its results may lie in it */
    Segment *holding;      /* the one they lie in: M->results alone keeps nothing alive */
    Segment *scratch;      /* scratch segments without frames, linked by prev */
    Segment *vacated;      /* a scratch segment more, in which results may still lie */
    Segment *ended; /* the first segment of the coroutine that has ended last: likewise */
    bool scratch_used;

    /* debug hooks: stack/hook.h */
    bool hook_left;       /* an error is leaving the hook's function */
    bool finalizers_left; /* an error is leaving whoever calls finalizers */
    bool hook_yields;     /* the hook's function may yield now: it has nothing more to do */
    int hook_stage;
    HookState hook;        /* the running coroutine's */
    struct Watch *watch;   /* who is told of each line, in a replay; NULL: nobody */
    struct Breaks *breaks; /* stack/breaks.h; NULL: none */

    /* the host */
    const Value *pinned; /* values that the host has handed in: this run must not lose them */
    size_t pinned_count;
    const Pins *pins; /* values that C has on the main handle of Lua's C interface: likewise */
    struct Puc *puc;  /* that interface's handles on this run (src/puc); NULL: none yet */
    bool shares;      /* other states may have what the run made before this epoch */
    void *host;       /* the host's own pointer, passed to its functions */
    const MachineHooks *hooks; /* NULL: none */
    struct Outside *outside; /* what records or replays the run (outside/outside.h), or NULL */
    Machine *next;           /* the next one in the pool of its thread */

    /* trampolined builds: the registers between nodes, and what is to go on */
    Exec *hand;
    Value *fp;
    Value acc;
    double d;
};

_Static_assert(offsetof(Machine, run) == 0, "a pointer to the run is one to the machine");

/* Beginning and ending -------------------------------------------------------- */

/* Begins a run in the state. If state is NULL, the run begins in an empty world, whose globals
 * are an empty table. Amortised O(1). */
Machine *machine_begin(const State *state);
/* Ends the run. What it has allocated does not count for the run around it. */
void machine_end(Machine *M);
/* Ends a run that only looked at a state. What that has allocated counts for nobody. */
void machine_end_look(Machine *M);
/* Lets the run rest between two snapshots, of which s is the first. What it has allocated does
 * not count for the run around it. It may go on in another thread. */
void machine_rest(Machine *M);
void machine_wake(Machine *M, const State *s);

/* Gives M the limits of another machine, which waits for it. */
static inline void limits_inherit(Machine *M, const Machine *from)
{
    M->limits = from->limits;
    M->stack_max = M->limits.stack;
}

/* States ---------------------------------------------------------------------- */

/* Takes a snapshot as run_snapshot does. A caller in mid-run must first have put the running
 * coroutine's registers in its body (control/eval.c does). O(1). */
State *machine_snapshot(Machine *M);
/* Takes a snapshot while the evaluator runs: run_snapshot_running. */
State *machine_snapshot_running(Machine *M, const CoBody *body);
/* Takes a snapshot as machine_snapshot_running does, or with body NULL as machine_snapshot, for
 * a state that only this run knows, as a value of its world. What the run writes next costs
 * less. */
State *machine_snapshot_own(Machine *M, const CoBody *body);
/* Goes on from another state. Whatever the run has changed is gone. O(1). */
void machine_load(Machine *M, const State *s);
/* Does what run_back does. */
void machine_back(Machine *M, const State *s);

/* Small things ---------------------------------------------------------------- */

/* The coroutine has the mask and count of its maker's hook, but not its function, as in PUC
 * Lua. */
Coroutine *machine_new_coroutine(Machine *M, Value function);

/* Whether others want the run to stop. */
static inline bool machine_stopped(const Machine *M) { return stop_wanted(M->stops); }

/* Ends the portion of steps here, so that the next step polls. */
static inline void machine_poll_soon(Machine *M)
{
    if (M->fuel <= 0) return;
    M->portion -= M->fuel;
    if (M->steps_left != UINT64_MAX) M->steps_left += (uint64_t)M->fuel;
    M->fuel = 0;
}

/* A clock of steps: what is spent between two looks at it is their difference, whatever becomes
 * of portions in between, as fuel alone does not tell. */
static inline int64_t machine_spent(const Machine *M)
{
    return (int64_t)M->steps_used + M->portion - M->fuel;
}
/* What was charged since the clock was at `spent` is taken back. */
static inline void machine_set_spent(Machine *M, int64_t spent)
{
    M->fuel += machine_spent(M) - spent;
}

/* How many bytes a new string may have. What is alive may be measured first, if there is a
 * limit on that: whoever is refused is asked again then (held_makes_room). */
static inline size_t machine_string_room(const Machine *M)
{
    size_t room = mem_room_due();
    return room < M->limits.string ? room : M->limits.string;
}

/* The results that lay in M->vacated have been taken: it may be used again. */
static inline void machine_reclaim(Machine *M)
{
    Segment *s = M->vacated;
    if (!s) return;
    s->prev = M->scratch;
    M->scratch = s;
    M->vacated = NULL;
}

/* Whether another program is paused in the world, so that this one cannot pause. A run that has
 * gone back to another world is in one where that is not so. */
static inline bool machine_is_beside(const Machine *M)
{
    return M->lent && M->run.world->main == M->lent;
}

#endif
