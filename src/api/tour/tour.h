/* SPDX-License-Identifier: MIT */
/*
 * A tour of a recording: where one is, and the ways on from there, forwards and backwards.
 *
 *   branch 0   |-----------------now------|   what was recorded
 *   branch 1          |---------|             another future: a variable was changed there
 *
 * A tour is at one of four kinds of moments: before a line, where an error is raised that the
 * program catches, where the program has failed, or at its end. It shows that moment's state.
 * Once that state has been changed (tour_change), going on runs the program for real from
 * there, and records it as a branch of its own. Going back beyond a branch's beginning leads to
 * where it was begun. Then the change and its future are gone.
 *
 * A break is a place and a condition, or something that changes. Going forwards, one stops
 * before the line of the place, or at the line after the change; backwards before the line of
 * the place, or before the line that makes the change. How often a break has been hit is a
 * property of the moment: so many times since the program began, whichever way one came.
 */
#ifndef MOONLET_API_TOUR_H
#define MOONLET_API_TOUR_H

#include "api/debug/debug_path.h"
#include "api/tour/debug_pure.h"

enum { BREAKS_MAX = 1000, BRANCHES_MAX = 1000 };

typedef enum TourWhere { TOUR_LINE, TOUR_ERROR, TOUR_FAILURE, TOUR_END } TourWhere;
/* What has a time: a line, or an error that is caught. */
static inline bool tour_is_within(TourWhere w) { return w <= TOUR_ERROR; }

typedef enum HitRule { HIT_ANY, HIT_EQUAL, HIT_LESS, HIT_LEAST, HIT_MORE, HIT_EVERY } HitRule;

/* How far one pass over a recording has come with a break: the time of full speed has no events
 * (debug_quick.c), but the same hits are met in a step whichever way it is passed. */
typedef struct TourPass {
    uint64_t replay; /* the number of the pass */
    uint64_t step;
    uint64_t met; /* hits in that step */
} TourPass;

/* How often a break was hit. A tour's branches follow each other: before[i] is the number of
 * hits up to where branch i begins, and is known below `known`. */
typedef struct TourCount {
    uint64_t *before; /* in collected memory */
    int known;
    int branch;   /* -1: none */
    DebugTime at; /* in that branch: up to there it has so many hits of its own */
    uint64_t hits;
} TourCount;

typedef struct TourBreak {
    int number;
    char *file; /* malloc's: a chunk's name, or the end of its path; NULL: it has no place */
    int line;
    bool enters;     /* the line is where a function begins: when it is called */
    bool errors;     /* it is where any error is raised that the program catches */
    char *condition; /* malloc's; NULL: none */
    DebugPure *pure; /* the condition's tree, if it only looks; made when it is first needed */
    char *log;       /* malloc's: a text with {expressions} that is said instead of stopping */
    HitRule rule;
    uint64_t rule_number;
    DebugPath *path;  /* in collected memory: it is where this changes; NULL: it has a place */
    TourPass pass;    /* the present one */
    TourPass passed;  /* up to there a search forwards has had the break's effects */
    uint64_t stopped; /* the TourSeek's `found` when it last stopped there */
    TourCount count;
    bool failed; /* the condition could not be evaluated where it was hit last */
} TourBreak;

typedef struct TourBranch {
    moonlet_recording *rec;
    DebugTime from; /* where it was begun in the branch before */
} TourBranch;

/* A root of the collector's. */
typedef struct Tour {
    TourBranch *branches; /* in collected memory, as breaks is */
    int branch;
    moonlet_recording *rec; /* of the branch */
    moonlet_state *state;   /* of now */
    TourWhere where;
    DebugTime now;
    DebugFrame here;     /* the innermost frame */
    const String *chunk; /* the chunk of that frame; NULL where there is none */
    int line;
    Value error;  /* at an error, or failure */
    bool broken;  /* the end is none of the program's: the log does not have what it asks for */
    bool changed; /* the state is not the recording's any more */
    TourBreak **breaks;
    int break_count, breaks_made;
    TourBreak *hit; /* what it has come to; NULL: no break */
    /* What the paths of breaks were behind the branch whose end the tour has come back to;
     * NULL: that it has not. malloc's. */
    DebugSeen *seen_behind;
    const volatile int *interrupt; /* NULL: none; else what ends searches, and branches' runs */
    moonlet_record_options options; /* of branches */
    uint64_t portion;               /* steps that a branch runs at once; 0: all */
    /* What a break with a text says, when it is passed forwards. */
    void (*says)(void *context, const TourBreak *b, const char *text, int line,
                 const String *chunk);
    void *context;
} Tour;

/* A tour that is at the first line, or where the program has failed, or at its end. The
 * recording stays the caller's, and outlives the tour. */
Tour *tour_begin(moonlet_recording *rec);
void tour_end(Tour *t);

typedef enum TourMove { TOUR_INTO, TOUR_OVER, TOUR_OUT, TOUR_ON } TourMove;

/* Moves to the next line (INTO), to the next line but over calls (OVER), to where the function
 * returns (OUT), or to the next break (ON). All but INTO stop at breaks. A move that finds
 * nothing ends at the program's end, or backwards at its first line. Answers false if it did,
 * or if the tour was there already. */
bool tour_move(Tour *t, TourMove how, bool back);
/* Whether the program was stopped where the tour is at its end, and can go on for real: then
 * tour_move does that. */
bool tour_goes_on(const Tour *t);
/* Goes from before the first line to the first break, or else to the end. */
bool tour_run(Tour *t);
void tour_go_first(Tour *t);
void tour_go_end(Tour *t);
bool tour_go(Tour *t, DebugTime to);
/* Goes to the next, or the last, line before which the expression is true in its innermost
 * frame. Sets *asked to the number of lines at which it was asked. Answers false if it has not
 * moved. */
bool tour_go_true(Tour *t, const char *expression, uint64_t most, uint64_t *asked);
/* Goes back to the line that has last given another value to it. Answers false if it has not
 * moved. */
bool tour_go_change(Tour *t, DebugPath *p);

/* The Lua function that an expression gives in the frame, in another one that there is now, or
 * at the program's end; NULL: none. It lives as long as the recording. */
const AstFunction *tour_find_function(Tour *t, const DebugPlace *p, const char *expression);

/* Gives a variable of the frame, or a field, the value of an expression, for real: the moment's
 * state is another one from here on. The result has the new value; failed: nothing has changed.
 * To be released. */
moonlet_result tour_assign(Tour *t, const DebugPlace *p, const char *path,
                           const char *expression);
/* Why nothing can be changed where the tour is, or NULL if something can. */
const char *tour_cannot_change(const Tour *t);
/* Makes s, a changed state, the tour's. Going on from there begins another future. */
void tour_change(Tour *t, moonlet_state *s);

/* A break to be filled in by the caller, or NULL where there are too many. */
TourBreak *tour_break(Tour *t);
/* Removes the break of this number, or all of them for 0. Answers false if there is none. */
bool tour_unbreak(Tour *t, int number);
/* Reads ">= 5", "% 2" or "7" (as "= 7"). Answers false if the text is no such rule. */
bool tour_parse_rule(TourBreak *b, const char *text);
/* How often the break has been hit up to now. */
uint64_t tour_hits(Tour *t, TourBreak *b);

/* Branch i, and those behind it, are others from now on: what was counted in them is forgotten.
 */
void tour_forget_counts(Tour *t, int i);
/* Says when the call was made, and ended, whose variable the path is, if it is a local one of a
 * frame that there is now. O(steps that it is looked for). */
void tour_find_life(Tour *t, DebugPath *p);

/* An array of a tour, or a larger copy of one that is full. The room is doubled
 * whenever it is a power of two. Answers NULL if there is no memory. */
void *tour_room(void *array, int count, size_t size);

/* A search for the next event, or the last one, at which a tour stops. */
typedef struct TourSeek {
    Tour *t;
    DebugVisit *also; /* what else is looked for; NULL: nothing */
    void *context;
    bool back;
    uint64_t found;  /* how many events were found */
    TourBreak *hit;  /* at the event that was found last; rules do not count backwards */
    bool is_way;     /* that event is one of `also`, too */
    DebugSeen *seen; /* for each break what its path was at the start, or at the event before */
    /* Those on the stack at the start, in whose lines `also` can find something; malloc's. */
    const AstFunction **functions;
    size_t function_count;
    DebugFilter filter, lines;
    bool slow; /* what is looked for may be anywhere */
} TourSeek;
void tour_seek_begin(TourSeek *s);
/* If it has found nothing backwards, what was seen is kept for the branch before. */
void tour_seek_end(TourSeek *s, bool found);
/* Whether there is a break at errors. */
bool tour_has_errors(const Tour *t);
/* Where a hit can be, or NULL if it can be anywhere. */
const DebugFilter *tour_filter(TourSeek *s);
/* Whether the event is a hit that is to be stopped at, or one of the way. */
bool tour_is_hit(void *seek, DebugEvent *e);
/* The break that stops the tour where it is now, having come back to what was found last, or
 * NULL. Whether a rule holds is known only there. */
TourBreak *tour_hit_back(const TourSeek *s);
/* The search forwards has ended at that time: what was counted beyond it does not count. */
void tour_counted_to(Tour *t, DebugTime end);

#endif
