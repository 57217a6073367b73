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
 * A search with as much work as it takes, which is charged to the run. It may first
 * spend a portion; one that needs more starts again with twice that, as often as need
 * be, so that whoever waits for an end can interrupt it.
 */
typedef struct MatchWork {
    Matcher m;
    uint64_t fuel;
} MatchWork;

enum { MATCH_PORTION = 1 << 16, MATCH_STEP = 4 /* units of work */ };

static inline void match_begin(MatchWork *w, const String *source, const String *pattern,
                               bool anchors)
{
    pattern_init(&w->m, source->data, source->length, pattern->data, pattern->length, anchors,
                 &w->fuel);
}

PatternStatus match_find_more(Run *R, MatchWork *w, size_t at);
/* pattern_find */
static inline PatternStatus match_find(Run *R, MatchWork *w, size_t at)
{
    w->fuel = MATCH_PORTION;
    PatternStatus status = pattern_find(&w->m, at);
    if (status == PATTERN_OUT_OF_FUEL) return match_find_more(R, w, at);
    R->fuel -= (int64_t)(MATCH_PORTION - w->fuel) / MATCH_STEP;
    return status;
}
/* Puts the values of the match at a[0..); gives their number, or NATIVE_ERROR. */
int match_captures(Run *R, MatchWork *w, Value *a, bool whole);
Value match_capture(const PatternPiece *piece);
/* What the native answers when the matcher could not: an error, or to be run again. */
int match_failed(Run *R, const MatchWork *w);

#endif
