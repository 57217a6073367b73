/* SPDX-License-Identifier: MIT */
/*
 * Pattern matching as string.find, match, gmatch and gsub do it (manual 6.4.1), on
 * bytes: no interpreter, no allocation (but pattern_expand's into its Buffer).
 *
 *   pattern_init                   the subject, the pattern
 *   pattern_find, pattern_match_at one match: [from, to) of the subject, captures
 *   pattern_capture, pattern_expand   what it captured; a replacement string filled in
 *
 * The matcher backtracks by recursion, at most PATTERN_DEPTH_MAX levels as in PUC Lua,
 * where the same patterns are "too complex". Time is the user's risk in PUC Lua; here
 * each step of matching is paid from the caller's fuel (one unit for an item tried,
 * one for 16 bytes scanned), so that a runaway pattern stops. The attempt at m->start is then
 * made once more by a slower matcher, the machine, which has its stack in memory: it stops
 * and goes on anywhere, also in another matcher for the same strings.
 *
 * Invariants of a Matcher between calls:
 *  1. from <= to <= the subject's length after PATTERN_MATCH.
 *  2. captures[0, level) are set, level <= PATTERN_CAPTURES_MAX; the others are not.
 *  3. error is set exactly when the last answer was PATTERN_ERROR or a function that
 *     answers bool said false.
 *
 * Only the bytes given to pattern_init are read; they may contain zeros.
 */
#ifndef MOONLET_PATTERN_H
#define MOONLET_PATTERN_H

#include "text/buffer.h"

enum { PATTERN_CAPTURES_MAX = 32, PATTERN_DEPTH_MAX = 200 };

typedef enum PatternStatus {
    PATTERN_NO_MATCH,
    PATTERN_MATCH,
    PATTERN_ERROR,      /* Matcher.error says which */
    PATTERN_OUT_OF_FUEL /* *fuel is 0 */
} PatternStatus;

typedef struct PatternCapture {
    const char *start;
    ptrdiff_t length; /* or CAPTURE_OPEN, CAPTURE_POSITION */
} PatternCapture;

enum { CAPTURE_OPEN = -1, CAPTURE_POSITION = -2 };

struct Matcher;
/* Puts more into m->fuel, if the match may go on. It is called when that is used up. */
typedef bool PatternRefuel(struct Matcher *m);

typedef struct Matcher {
    const char *source, *source_end;
    const char *pattern, *pattern_end; /* without the anchor */
    bool anchored;
    const char *lead, *lead_end; /* an item for the byte each match starts with, or NULL */
    PatternStatus status;
    int level;     /* captures begun */
    int depth;     /* levels of recursion left */
    uint64_t fuel; /* what is left of *budget during a call */
    uint64_t *budget;
    PatternRefuel *refuel;          /* NULL, or set after pattern_init */
    size_t start;                   /* where the last attempt began */
    uint64_t given, began;          /* fuel that it has had; units spent before that attempt */
    struct PatternMachine *machine; /* NULL: it has not been needed */
    uint64_t debt;                  /* units that the machine has spent beyond its fuel */
    size_t from, to;                /* the match */
    const char *error;              /* static text */
    PatternCapture captures[PATTERN_CAPTURES_MAX];
} Matcher;

/* Prepares for matching. With `anchors`, a leading '^' binds the match to the place where the
 * search starts (all but gmatch, for which it is a plain character). If fuel is NULL, there is
 * no limit. O(length of the pattern's first item). */
void pattern_init(Matcher *m, const char *source, size_t source_length, const char *pattern,
                  size_t pattern_length, bool anchors, uint64_t *fuel);

/* Matches at just this offset, at most the subject's length. */
PatternStatus pattern_match_at(Matcher *m, size_t at);
/* The first match that starts at this offset or later (just there if anchored). */
PatternStatus pattern_find(Matcher *m, size_t at);

/* Units spent since the call began, but for those of m->debt. Those of the attempt at m->start
 * have been in vain when the machine begins it again, and are spent once more. */
static inline uint64_t pattern_spent(const Matcher *m) { return m->given - m->fuel; }

/* Goes on from m->start, after PATTERN_OUT_OF_FUEL, or where the machine is; the same
 * answers. It does a step at least, and may spend more than its fuel: m->debt. */
PatternStatus pattern_go_on(Matcher *m);
/* The progress of the machine as bytes, which are the same on every computer, and back. There
 * are none, NULL and 0, if it has not been needed. The bytes may be anything: the last
 * function answers false if they are no progress of a search for these strings. */
size_t pattern_saved_size(const Matcher *m);
void pattern_save(const Matcher *m, char *bytes);
bool pattern_load(Matcher *m, const char *bytes, size_t size);

/* Whether string.find treats the pattern as plain text, because it has no magic characters. */
bool pattern_is_plain(const char *pattern, size_t length);
/* The offset of the first occurrence of text in source[at..), or -1. O(length). */
ptrdiff_t pattern_find_plain(const char *source, size_t source_length, size_t at,
                             const char *text, size_t length);

/* How many values the match gives: its captures or, if it has none and `whole` is
 * true, the whole match. */
static inline int pattern_capture_count(const Matcher *m, bool whole)
{
    return m->level == 0 && whole ? 1 : m->level;
}

/* A captured value: bytes of the subject, or a position in it. */
typedef struct PatternPiece {
    bool is_position;
    const char *bytes;
    size_t length;
    size_t position; /* from 1 */
} PatternPiece;

/* The i-th value of the match, from 0; the whole match as number 0 if the pattern has no
 * captures. Otherwise, and for a capture left open, it sets an error and answers false. */
bool pattern_capture(Matcher *m, int i, PatternPiece *out);

/* Appends the replacement string of gsub, with %0..%9 and %% filled in. Answers false with an
 * error in m. A failure of the buffer is left in the buffer. */
bool pattern_expand(Matcher *m, const char *replacement, size_t length, Buffer *out);

#endif
