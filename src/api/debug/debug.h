/* SPDX-License-Identifier: MIT */
/*
 * Going about in a recording line by line, forwards and backwards.
 *
 *   time    (step, event): the event-th line that is come to after so many steps, or error
 *           that is raised and caught
 *   seek    a replay from a point (record/record.h), at whose lines a watch (stack/hook.h)
 *           looks
 *
 * Going back is going on from an earlier point and stopping sooner. Lines are looked at in
 * replays only, so a program that is recorded pays nothing for breakpoints; a search pays for
 * each line that it passes, in some places more than in others: where there are few points, a
 * first replay at full speed leaves some.
 *
 * Invariants:
 *  1. times grow as the program runs. All replays have the same times.
 *  2. a seek's visitor changes nothing, and keeps nothing of the run.
 */
#ifndef MOONLET_API_DEBUG_H
#define MOONLET_API_DEBUG_H

#include "api/image/record.h"

typedef struct DebugTime {
    uint64_t step;
    uint32_t event;
} DebugTime;

static inline bool time_before(DebugTime a, DebugTime b)
{
    return a.step != b.step ? a.step < b.step : a.event < b.event;
}
extern const DebugTime time_never; /* after all others */
extern const DebugTime time_begin; /* before all others, for debug_next */

typedef struct DebugEvent {
    DebugTime at;
    Machine *M;
    const Node *n;
    Value *fp;        /* debug_ask may move it */
    Segment *segment; /* in which fp is */
    int line;
    bool enters;     /* a function has been called */
    bool assigns;    /* it is no line: debug.setlocal is about to write a variable */
    bool raises;     /* it is no line: an error is raised, which the program catches */
    Value error;     /* that one */
    uint64_t replay; /* another number in each replay: objects are elsewhere */
    struct Seek *seek;
    const moonlet_state *begin; /* at the beginning of a replay: its state; else NULL */
} DebugEvent;

/* The time of a state: in which replay it is (0: none), and after how many steps. */
typedef struct DebugMoment {
    uint64_t replay, step;
} DebugMoment;

/* Where a frame is, for comparison with that of another event. */
typedef struct DebugFrame {
    uint64_t coroutine; /* its id */
    size_t depth;       /* in slots */
} DebugFrame;
DebugFrame debug_frame(const DebugEvent *e);
/* Whether two functions are of the same source: replays compile it again. */
bool debug_same_function(const AstFunction *a, const AstFunction *b);
/* Whether the event is within a call that the frame has made, or a coroutine that it has
 * resumed.
 */
bool debug_is_within(const DebugEvent *e, DebugFrame f);

/* A visitor answers whether the event is what was looked for. What it allocates does not count
 * as the program's. It is shown errors that are caught only if rec->raises. The node and frame
 * of such an error are those of the innermost Lua function; they are NULL where there is none.
 */
typedef bool DebugVisit(void *context, DebugEvent *e);

/* The first such event after a time. Answers false if there is none. */
bool debug_next(moonlet_recording *rec, DebugTime after, DebugVisit *visit, void *context,
                DebugTime *found);
/* The last one before a time. */
bool debug_last(moonlet_recording *rec, DebugTime before, DebugVisit *visit, void *context,
                DebugTime *found);

/*
 * debug_next, debug_last and debug_pass for those who know that only some lines and stores can
 * be what they look for. The replay runs at full speed between these. If filter is NULL, any
 * line can be.
 *
 * A visitor is asked about events of these lines before their numbers are known: their times
 * are UINT32_MAX in their step. Where something has changed, it is asked about all events
 * around that. It may be asked about one event several times; if it has effects, it must see to
 * it that they come once.
 */
typedef struct DebugFilter {
    unsigned (*wants)(void *context, const Proto *p,
                      uint32_t i); /* BREAK_... (stack/breaks.h) */
    /* Whether something that is watched has another value than it had where the search began.
     * Asked before each store; the event of a native's store has no node. NULL: nothing is
     * watched. */
    bool (*changed)(void *context, DebugEvent *e);
    /* What `changed` answers, about a state: the one where the replay begins, or ends. */
    bool (*changed_in)(void *context, const moonlet_state *s, DebugMoment at);
    /* What a second search looks for, where only local variables are watched. Only events in a
     * variable's own frame see it, and they may be far from the store; so this one wants all
     * lines of the variables' functions. */
    const struct DebugFilter *lines;
    /* Whether a store is to what is watched (Breaks.touches in stack/breaks.h). If it is NULL,
     * every store may be. */
    bool (*touches)(void *context, Machine *M, uint64_t replay, const void *object, Value key);
    /* The breaks_key of all keys of what is watched; 0: it is not known. */
    uint64_t (*keys)(const void *context);
    /* Where nothing but what is found from the globals is watched, and no line is wanted:
     * whether none of it can have been written to between two points. */
    bool (*untouched)(void *context, const State *before, const State *after);
} DebugFilter;
bool debug_quick_next(moonlet_recording *rec, DebugTime after, const DebugFilter *filter,
                      DebugVisit *visit, void *context, DebugTime *found);
bool debug_quick_last(moonlet_recording *rec, DebugTime before, const DebugFilter *filter,
                      DebugVisit *visit, void *context, DebugTime *found);
void debug_quick_pass(moonlet_recording *rec, DebugTime after, DebugTime last,
                      const DebugFilter *filter, DebugVisit *visit, void *context);

/* Shows the visitor all events after a time up to another, that too. */
void debug_pass(moonlet_recording *rec, DebugTime after, DebugTime last, DebugVisit *visit,
                void *context);

/* A question of visitors about the state of the event, in which the program is paused there. It
 * answers what the test says, or -1 if there is no state, because a C function waits. O(1), and
 * what the test costs. */
typedef bool DebugTest(void *context, const moonlet_state *s);
int debug_ask(DebugEvent *e, DebugTest *test, void *context);
/* The object of an id, if the program can reach it. O(objects). */
void *debug_find_object(DebugEvent *e, uint64_t id);

/* Whether who is looking has been told to stop looking. */
static inline bool debug_is_interrupted(const moonlet_recording *rec)
{
    return rec->interrupt && __atomic_load_n(rec->interrupt, __ATOMIC_RELAXED);
}

/* The last one after a time and before another, which is near. */
bool debug_last_after(moonlet_recording *rec, DebugTime after, DebugTime before,
                      DebugVisit *visit, void *context, DebugTime *found);

/* The state at a time, with the program paused before that line: to be looked at, not to be
 * gone on with. visit, which may be NULL, is shown the event. Answers NULL if there is no such
 * time. */
moonlet_state *debug_state(moonlet_recording *rec, DebugTime at, DebugVisit *visit,
                           void *context);
/* The state in which the program has failed, where it was, and with what. Answers NULL if it
 * has not failed. */
moonlet_state *debug_failure(moonlet_recording *rec, Value *error);

/* The node with a line that the program has met last in all that is recorded, or NULL. */
const Node *debug_last_node(moonlet_recording *rec);

#endif
