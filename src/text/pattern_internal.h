/* SPDX-License-Identifier: MIT */
/*
 * What the two matchers share: pattern.c, which recurses, and pattern_machine.c, which can
 * stop anywhere. Pieces of patterns at p are those of pattern.h.
 */
#ifndef MOONLET_PATTERN_INTERNAL_H
#define MOONLET_PATTERN_INTERNAL_H

#include "text/byteclass.h"
#include "text/pattern.h"

/* Failing ----------------------------------------------------------------------------- */

static inline const char *fail(Matcher *m, const char *text)
{
    m->status = PATTERN_ERROR;
    m->error = text;
    return NULL;
}

bool pattern_spend_last(Matcher *m, uint64_t units);
/* Pays for work. Answers false when there is not enough left. */
static inline bool spend(Matcher *m, uint64_t units)
{
    if (m->fuel < units) return pattern_spend_last(m, units);
    m->fuel -= units;
    return true;
}
/* Pays for that many bytes looked at in a tight loop. */
static inline bool spend_scan(Matcher *m, size_t bytes) { return spend(m, bytes / 16); }

/* Items ------------------------------------------------------------------------------- */

/* The pattern's byte at p; at its end a zero, which has no meaning anywhere. */
static inline unsigned char peek(const Matcher *m, const char *p)
{
    return p < m->pattern_end ? (unsigned char)*p : 0;
}

/* The end of the set that starts at p, behind its ']'; NULL with an error. */
const char *pattern_set_end(Matcher *m, const char *p);

/* The end of the one-byte item at p, before its repetition; NULL with an error. */
static inline const char *item_end(Matcher *m, const char *p)
{
    if (*p == '[') return p == m->lead ? m->lead_end : pattern_set_end(m, p);
    if (*p != '%') return p + 1;
    if (p + 1 == m->pattern_end) return fail(m, "malformed pattern (ends with '%')");
    return p + 2;
}

enum { SET_LOOKED_AT = 6 }; /* bytes of a set that are looked at as fast as it is found */

/* Whether the subject's byte at s matches the item [p, end). */
static inline bool matches_item(const Matcher *m, const char *s, const char *p, const char *end)
{
    if (s == m->source_end) return false;
    unsigned char byte = (unsigned char)*s;
    switch (*p) {
    case '.': return true;
    case '%': return byteclass_has(byte, (unsigned char)p[1]);
    case '[':
        return end - p > SET_LOOKED_AT ? byteclass_in(byteclass_set_of(p, end), byte)
                                       : byteclass_set_has(byte, p, end);
    default: return (unsigned char)*p == byte;
    }
}

/* What it costs to compare a byte with the item: a set takes time for its members. */
static inline uint64_t item_units(const char *p, const char *end)
{
    return 1 + (uint64_t)(end - p) / 16;
}

/* The first place from s on where the answer to "does the byte match the item [p, end)?" is
 * not `yes` any more; NULL without fuel. */
const char *pattern_skip_item(Matcher *m, const char *s, const char *p, const char *end,
                              bool yes);
/* The byte that whatever matches pattern [p, ..) starts with; -1 if there are several, or
 * none is needed. */
int pattern_required_byte(const Matcher *m, const char *p);

/* Items of other kinds. These answer where the subject goes on; for a frontier, with p at its
 * set, where the pattern does. They answer NULL if there is no match, or an error. */
const char *pattern_back_reference(Matcher *m, const char *s, unsigned char digit);
const char *pattern_balanced(Matcher *m, const char *s, const char *p);
const char *pattern_frontier(Matcher *m, const char *s, const char *p);

/* The next place from s on where a match can start; NULL if there is none. */
const char *pattern_next_start(Matcher *m, const char *s);

#endif
