/* SPDX-License-Identifier: MIT */
/*
 * What the files of the string library share: lib_string.c (the library and the simple
 * functions), lib_match.c (find, match, gmatch), lib_gsub.c and lib_format.c.
 */
#ifndef MOONLET_LIB_STRING_H
#define MOONLET_LIB_STRING_H

#include "lib/lib.h"
#include "native/long_work.h"
#include "text/pattern.h"

int lib_string_find(Machine *M, Value *a, int n);
int lib_string_match(Machine *M, Value *a, int n);
int lib_string_gmatch(Machine *M, Value *a, int n);
int lib_string_gsub(Machine *M, Value *a, int n);
int lib_string_format(Machine *M, Value *a, int n);

/* Charges for bytes searched. */
static inline void lib_string_charge(Machine *M, size_t n)
{
    M->fuel -= (int64_t)(n / MEM_WORK_STEP);
}
/* Whether a string of so many bytes may be made, which is charged where it is made; false:
 * return NATIVE_PAUSE. */
static inline bool lib_string_afford(Machine *M, size_t n)
{
    return n < MEM_WORK_MIN || native_afford(M, n / MEM_WORK_STEP);
}

/* Whether someone wants the run to stop with an error (Ctrl-C), which is then to be made. */
bool lib_string_interrupted(Machine *M);

/* A string of these bytes. One of one byte, or of none, is not made anew. Answers V_NIL when
 * there is no memory. */
Value lib_string_of(const char *bytes, size_t length);

/* A position counted from 1, or from -1 at the end; 0 for what is before the start. */
static inline uint64_t lib_string_position(int64_t position, size_t length)
{
    if (position >= 0) return (uint64_t)position;
    uint64_t back = 0 - (uint64_t)position;
    return back > length ? 0 : length - back + 1;
}

/*
 * A search with as much work as it takes, charged to the run by portions. When the run has to
 * stop, its progress is saved in the native's frame.
 */
typedef struct MatchWork {
    Matcher m; /* must be first */
    Machine *M;
    uint64_t fuel;
    uint64_t before; /* units spent before the last pause, but for those in vain */
    uint64_t paid;   /* steps for all units so far, and for those in vain */
    bool interrupted;
} MatchWork;

enum {
    MATCH_PORTION = 1 << 14, /* units of work */
    MATCH_STEP = 4           /* units for a step */
};

PatternRefuel match_refuel;
static inline void match_begin(Machine *M, MatchWork *w, const String *source,
                               const String *pattern, bool anchors)
{
    pattern_init(&w->m, source->data, source->length, pattern->data, pattern->length, anchors,
                 &w->fuel);
    if (w->m.lead) lib_string_charge(M, (size_t)(w->m.lead_end - w->m.lead));
    w->m.refuel = match_refuel;
    w->M = M;
    w->interrupted = false;
}
/* Pays for what it has come to. */
static inline void match_pay(MatchWork *w)
{
    uint64_t steps = (w->before + pattern_spent(&w->m) + w->m.debt) / MATCH_STEP;
    if (steps <= w->paid) return;
    w->M->fuel -= (int64_t)(steps - w->paid);
    w->paid = steps;
}
/* Pays for that, and for a step more if the match has ended so. */
static inline PatternStatus match_charge(Machine *M, MatchWork *w, PatternStatus status)
{
    if (status == PATTERN_OUT_OF_FUEL) return status; /* it is charged already */
    match_pay(w);
    M->fuel--;
    return status;
}
/* pattern_find; PATTERN_OUT_OF_FUEL: the run has to stop. */
static inline PatternStatus match_find(Machine *M, MatchWork *w, size_t at)
{
    w->fuel = MATCH_PORTION;
    w->before = w->paid = 0;
    w->m.machine = NULL;
    w->m.debt = 0;
    return match_charge(M, w, pattern_find(&w->m, at));
}
/* The progress of a search that was stopped, as a value; goes on with such a search. */
Value match_save(const MatchWork *w);
PatternStatus match_resume(Machine *M, MatchWork *w, Value saved);
/* Puts the values of the match at a[0..); gives their number, or NATIVE_ERROR. */
int match_captures(MatchWork *w, Value *a, bool whole);
Value match_capture(const PatternPiece *piece);
/* What the native answers when the matcher could not; it has not stopped. */
int match_failed(const MatchWork *w);
/* Whether it has stopped, and the native is to suspend itself. */
static inline bool match_stopped(const MatchWork *w)
{
    return w->m.status == PATTERN_OUT_OF_FUEL && !w->interrupted;
}

#endif
