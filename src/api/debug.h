/* SPDX-License-Identifier: MIT */
/*
 * Going about in a recording line by line, forwards and backwards.
 *
 *   time    (step, event): the event-th line that is come to after so many steps
 *   seek    a replay from a point (record/record.h), whose lines a watch (stack/hook.h) looks
 * at
 *
 * Going back is going on from an earlier point and stopping sooner. Lines are looked at in
 * replays only, so a program that is recorded pays nothing for breakpoints; a search pays for
 * each line that it passes, in some places more than in others: where there are few points, a
 * first replay at full speed leaves some.
 *
 * Invariants:
 *  1. times grow as the program runs, and are the same in all replays.
 *  2. a seek's visitor changes nothing, and keeps nothing of the run.
 */
#ifndef MOONLET_API_DEBUG_H
#define MOONLET_API_DEBUG_H

#include "api/record.h"

typedef struct DebugTime {
    uint64_t step;
    uint32_t event;
} DebugTime;

static inline bool time_before(DebugTime a, DebugTime b)
{
    return a.step != b.step ? a.step < b.step : a.event < b.event;
}
extern const DebugTime time_never; /* after all others */

typedef struct DebugEvent {
    DebugTime at;
    Machine *M;
    const Node *n;
    Value *fp;
    int line;
    bool enters; /* a function has been called */
} DebugEvent;

/* Where a frame is, for comparison with that of another event. */
typedef struct DebugFrame {
    uint64_t coroutine; /* its id */
    size_t depth;       /* in slots */
} DebugFrame;
DebugFrame debug_frame(const DebugEvent *e);
/* Whether the event is within a call that the frame has made, or a coroutine that it has
 * resumed.
 */
bool debug_is_within(const DebugEvent *e, DebugFrame f);

/* Whether it is what was looked for. */
typedef bool DebugVisit(void *context, const DebugEvent *e);

/* The first such event after a time; false: there is none. */
bool debug_next(moonlet_recording *rec, DebugTime after, DebugVisit *visit, void *context,
                DebugTime *found);
/* The last one before a time. */
bool debug_last(moonlet_recording *rec, DebugTime before, DebugVisit *visit, void *context,
                DebugTime *found);

/* The first line after a time before which the state passes a test, which is costly. */
typedef bool DebugTest(void *context, const moonlet_state *s);
bool debug_first(moonlet_recording *rec, DebugTime after, DebugTest *test, void *context,
                 DebugTime *found);

/* The state at a time, with the program paused before that line: to be looked at, not to be
 * gone on with. visit, which may be NULL, is shown the event. NULL: there is no such time. */
moonlet_state *debug_state(moonlet_recording *rec, DebugTime at, DebugVisit *visit,
                           void *context);
/* The state in which the program has failed, where it was; NULL: it has not. */
moonlet_state *debug_failure(moonlet_recording *rec);

#endif
