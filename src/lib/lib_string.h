/* SPDX-License-Identifier: MIT */
/*
 * What the files of the string library share: lib_string.c (the library and the simple
 * functions), lib_match.c (find, match, gmatch), lib_gsub.c and lib_format.c.
 */
#ifndef MOONLET_LIB_STRING_H
#define MOONLET_LIB_STRING_H

#include "lib/lib.h"
#include "lib/pattern.h"

int lib_string_find(Run *R, Value *a, int n);
int lib_string_match(Run *R, Value *a, int n);
int lib_string_gmatch(Run *R, Value *a, int n);
int lib_string_gsub(Run *R, Value *a, int n);
int lib_string_format(Run *R, Value *a, int n);

/* Charges for bytes copied or searched: a step is worth 64 of them. */
static inline void lib_string_charge(Run *R, size_t n)
{
    if (n >= 64) native_charge(R, n / 64);
}

/* Whether someone wants the run to stop with an error (Ctrl-C), which is then to be made. */
bool lib_string_interrupted(Run *R);

/* A string of these bytes: of one byte, or of none, it is not made anew. V_NIL when
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
 * A search with as much work as it takes, charged to the run by portions. When the run
 * is out of steps, the native has to be run again later; but some portions it may have
 * on credit, so that the usual match comes to its end however small the budgets are.
 */
typedef struct MatchWork {
    Matcher m; /* must be first */
    Run *R;
    uint64_t fuel;
    uint32_t portions; /* used up by this search */
    bool interrupted;
} MatchWork;

enum {
    MATCH_PORTION = 1 << 16, /* units of work */
    MATCH_STEP = 4,          /* units for a step */
    MATCH_CREDIT = 256       /* portions */
};

PatternRefuel match_refuel;
static inline void match_begin(Run *R, MatchWork *w, const String *source,
                               const String *pattern, bool anchors)
{
    pattern_init(&w->m, source->data, source->length, pattern->data, pattern->length, anchors,
                 &w->fuel);
    w->m.refuel = match_refuel;
    w->R = R;
    w->interrupted = false;
}
/* pattern_find */
static inline PatternStatus match_find(Run *R, MatchWork *w, size_t at)
{
    w->fuel = MATCH_PORTION;
    w->portions = 0;
    PatternStatus status = pattern_find(&w->m, at);
    R->fuel -= 1 + (int64_t)(MATCH_PORTION - w->fuel) / MATCH_STEP;
    return status;
}
/* Puts the values of the match at a[0..); gives their number, or NATIVE_ERROR. */
int match_captures(MatchWork *w, Value *a, bool whole);
Value match_capture(const PatternPiece *piece);
/* What the native answers when the matcher could not: an error, or to be run again. */
int match_failed(const MatchWork *w);

#endif
