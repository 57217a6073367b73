/* SPDX-License-Identifier: MIT */
/*
 * A replay that is looked at: what the two ways to search a recording share.
 *
 *   debug.c         line by line: exact, and several times slower than the program
 *   debug_quick.c   at broken nodes only (stack/breaks.h), then line by line around what
 *                   was found
 */
#ifndef MOONLET_API_DEBUG_SEEK_H
#define MOONLET_API_DEBUG_SEEK_H

#include "api/debug/debug.h"
#include "stack/breaks.h"
#include "stack/hook.h"

/* After all in a step, and before all in one; neither is time_begin but of step 0. */
static inline DebugTime time_end_of(uint64_t step) { return (DebugTime){step, UINT32_MAX - 1}; }
static inline DebugTime time_before_step(uint64_t step)
{
    return step ? time_end_of(step - 1) : time_begin;
}

/* What visitors and tests allocate is not the program's. */
typedef struct Counting {
    int64_t *meter, beside;
    uint64_t counted;
    MemBound outer;
} Counting;
Counting seek_stop_counting(void);
void seek_go_on_counting(const Counting *c);

typedef struct Seek {
    Watch watch;
    RecordingReplay replay;
    DebugVisit *visit;
    void *context;
    DebugTime after, before; /* what is looked at lies between */
    DebugTime at, found;
    uint64_t skipped; /* the step of the point: its lines are those of the point before */
    bool has, first;  /* found; it is to be the first and not the last */
    bool from_first;  /* the very first line counts as one after `after` */
    bool wants_failure, wants_state;
    State *failure, *thrown; /* where an error was raised */
    Value error;             /* of the failure */
    const Node *throws;      /* where an error is raised now, and its frame */
    Value *thrown_at;
    moonlet_recording *rec;
    const Config *config;
    Counting counting; /* while the visitor is asked */

    /* debug_quick.c */
    Breaks breaks;
    const DebugFilter *filter;
    uint32_t ordinal;       /* of wanted lines in the step at.step, from 1 */
    uint32_t found_ordinal; /* of what was found; 0: it was no line, but a store */
    uint64_t before_it;     /* the step of what was looked at before */
    bool began_other;       /* it was another where the replay began */
    uint64_t first_step;    /* of the first thing that was looked at then; 0: nothing was */
    bool suspects;          /* something has changed since then */
    bool ended;             /* a store has ended the replay, before which it was ... */
    bool ended_other;       /* ... another */
} Seek;

/* The node before which the replay begins, whose line has been met before that, or NULL where
 * there is none. */
const Node *seek_begun_at(const Seek *s);
/* Whether it begins where the recording does, before a line that is to be met first. */
static inline bool seek_begins_anew(const Seek *s)
{
    return s->rec->from_line && !s->replay.replay.from;
}
/* The event of an error that is about to be thrown. */
DebugEvent seek_raised(Seek *s, Machine *M, const Node *n, Value *fp);
/* Its frame and line, again when the stack has been moved. */
void seek_find_function(const Seek *s, DebugEvent *e);
/* Runs from the point before a step, and gives the state where it has ended, if wanted. */
moonlet_state *seek_lines(moonlet_recording *rec, Seek *s, uint64_t from, bool wanted);
/* Leaves points on the way to a step, when there are none near. */
void seek_approach(moonlet_recording *rec, uint64_t step);

#endif
