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

/* The time after all events of a step, and the one before them. Only that before step 0 is
 * time_begin. */
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
    uint64_t skipped; /* the point's step: only replays from the point before look at it */
    bool has;         /* an event has been found */
    bool first;       /* the first one is wanted, and ends the replay; else the last one is */
    bool from_first;  /* the very first line counts as one after `after` */
    bool wants_failure, wants_state;
    State *failure;     /* the state in which the program fails, if it is wanted */
    State *thrown;      /* the state in which the found error is raised */
    Value error;        /* the error with which the program fails */
    const Node *throws; /* the node that raises the error of this event, and its frame */
    Value *thrown_at;
    moonlet_recording *rec;
    const Config *config;
    Counting counting; /* while the visitor is asked */

    /* debug_quick.c */
    Breaks breaks;
    const DebugFilter *filter;
    uint32_t ordinal;       /* how many wanted lines of the step at.step there were so far */
    uint32_t found_ordinal; /* the number of the found line among these; 0: a store was found */
    uint64_t before_it;     /* the step of the last node that was looked at without a find */
    bool began_other;       /* what is watched had another value where the replay began */
    uint64_t first_step; /* the step of the first node that was looked at then; 0: none was */
    bool suspects;       /* what is watched has changed since before_it: go line by line */
    bool ended;          /* a store behind the searched steps has ended the replay */
    bool ended_other;    /* what is watched had another value there */
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

#endif
