/* SPDX-License-Identifier: MIT */
/*
 * Patterns: items, sets, and the matcher that recurs.
 *
 * Main invariant: nothing is read outside [subject, end) and [pattern, end), and each step is
 * paid.
 */
#define _GNU_SOURCE /* memmem, memrchr */
#include "text/pattern.h"

#include "text/pattern_internal.h"

bool __attribute__((noinline)) pattern_spend_last(Matcher *m, uint64_t units)
{
    if (m->machine) { /* which stops between two of its steps */
        m->debt += units - m->fuel;
        m->fuel = 0;
        return true;
    }
    while (m->fuel < units) {
        if (m->refuel && m->refuel(m)) continue;
        m->fuel = 0;
        m->status = PATTERN_OUT_OF_FUEL;
        return false;
    }
    m->fuel -= units;
    return true;
}

/* Items that match one byte ------------------------------------------------------------ */

/* The end of the set that starts at p, behind its ']'; NULL with an error. The first
 * character after '[' or '[^' does not end it. */
const char *pattern_set_end(Matcher *m, const char *p)
{
    const char *end = m->pattern_end;
    p++;
    if (peek(m, p) == '^') p++;
    do {
        if (p == end) return fail(m, "malformed pattern (missing ']')");
        if (*p++ == '%' && p < end) p++;
    } while (p == end || *p != ']');
    return p + 1;
}

/* The skip functions give the first place from s on where the answer to "does the byte
 * match?" is not `yes` any more: behind a run of matches, or at the next match. */

static const char *skip_class(const char *s, const char *end, unsigned char letter, bool yes)
{
    unsigned class = byteclass_of_letter(letter);
    bool inside = byteclass_is(letter, CLASS_LOWER) == yes;
    while (s < end && byteclass_is((unsigned char)*s, class) == inside) s++;
    return s;
}

static const char *skip_literal(const char *s, const char *end, char literal, bool yes)
{
    if (!yes) {
        const char *found = memchr(s, literal, (size_t)(end - s));
        return found ? found : end;
    }
    while (s < end && *s == literal) s++;
    return s;
}

enum { SET_FEW = 4 };          /* bytes after which the set is paid for */
enum { SKIP_PIECE = 1 << 20 }; /* bytes: so many units, whatever is skipped */

static const char *skip_set(const char *s, const char *p, const char *end, const char *stop,
                            bool yes)
{
    const ByteSet *set = byteclass_set_of(p, end);
    while (s < stop && byteclass_in(set, (unsigned char)*s) == yes) s++;
    return s;
}

static inline const char *skip_piece(const char *s, const char *p, const char *end,
                                     const char *stop, bool yes)
{
    if (*p == '[') return skip_set(s, p, end, stop, yes);
    if (*p == '.') return yes ? stop : s; /* paid for, too: backtracking will look at them */
    if (*p == '%' && byteclass_of_letter((unsigned char)p[1]))
        return skip_class(s, stop, (unsigned char)p[1], yes);
    return skip_literal(s, stop, end[-1], yes);
}

/* Pays for the set as if it were built when it is worth it. */
static inline bool spend_set(Matcher *m, size_t skipped, size_t left, const char *p,
                             const char *end)
{
    bool few = skipped < SET_FEW || left == SET_FEW;
    return few || spend_scan(m, (size_t)(end - p));
}

/* It is paid piece by piece, so that a search which is to stop does. */
static const char *__attribute__((noinline))
skip_pieces(Matcher *m, const char *s, const char *p, const char *end, bool yes)
{
    const char *first = s, *source_end = m->source_end, *piece, *stop;
    do {
        piece = s;
        stop = source_end - s > SKIP_PIECE ? s + SKIP_PIECE : source_end;
        s = skip_piece(s, p, end, stop, yes);
        if (!spend_scan(m, (size_t)(s - piece))) return NULL;
    } while (s == stop && s != source_end);
    size_t skipped = (size_t)(s - first), left = (size_t)(source_end - first);
    return *p != '[' || spend_set(m, skipped, left, p, end) ? s : NULL;
}

/* The same for any item [p, end); NULL without fuel. */
const char *pattern_skip_item(Matcher *m, const char *s, const char *p, const char *end,
                              bool yes)
{
    const char *first = s, *source_end = m->source_end;
    size_t left = (size_t)(source_end - s);
    if (__builtin_expect(left > SKIP_PIECE, 0)) return skip_pieces(m, s, p, end, yes);
    s = skip_piece(s, p, end, source_end, yes);
    size_t skipped = (size_t)(s - first);
    if (*p == '[' && !spend_set(m, skipped, left, p, end)) return NULL;
    return spend_scan(m, skipped) ? s : NULL;
}

static bool is_magic(unsigned char c)
{
    return byteclass_is(c, CLASS_PUNCT) && strchr("^$*+?.([%-", c);
}

/* The byte that whatever matches pattern [p, ..) starts with; -1 if there are several,
 * or none is needed. */
int pattern_required_byte(const Matcher *m, const char *p)
{
    unsigned char c = peek(m, p);
    const char *end = p + 1;
    if (p == m->pattern_end || c == ')') return -1;
    if (c == '%') {
        c = peek(m, p + 1);
        if (!byteclass_is(c, CLASS_PUNCT)) return -1;
        end = p + 2;
    } else if (is_magic(c)) {
        return -1;
    }
    unsigned char repeat = peek(m, end);
    return repeat == '*' || repeat == '?' || repeat == '-' ? -1 : c;
}

/* The matcher ------------------------------------------------------------------------- */

/* Matches pattern [p, end) at s; gives the end of the match or NULL. */
static const char *match(Matcher *m, const char *s, const char *p);

static inline bool stopped(const Matcher *m) { return m->status != PATTERN_NO_MATCH; }

/* Matches the rest of the pattern, behind a repetition. `need` is its required byte: most
 * places are not worth a call. (At the last level the call is the error.) */
static inline const char *match_rest(Matcher *m, const char *s, const char *p, int need)
{
    if (need >= 0 && m->depth > 0 && (s == m->source_end || (unsigned char)*s != need)) {
        return NULL;
    }
    return match(m, s, p);
}

/* The next place down from `last`, not below s, at which match_rest is worth a call, or NULL.
 */
static inline const char *before(const Matcher *m, const char *s, const char *last, int need)
{
    if (need < 0 || m->depth == 0 || (unsigned char)last[-1] == need) return last - 1;
    return memrchr(s, need, (size_t)(last - s));
}

/* Takes as many of the item as there are, then fewer and fewer until the rest matches. */
static const char *match_most(Matcher *m, const char *s, const char *p, const char *end)
{
    const char *last = pattern_skip_item(m, s, p, end, true);
    if (!last || (end + 1 == m->pattern_end && m->depth > 0)) return last;
    int need = pattern_required_byte(m, end + 1);
    for (;;) {
        const char *result = match_rest(m, last, end + 1, need);
        if (result || stopped(m) || last == s) return result;
        last = before(m, s, last, need);
        if (!last) return NULL;
    }
}

/* Takes as few of the item as make the rest match. */
static const char *match_fewest(Matcher *m, const char *s, const char *p, const char *end)
{
    int need = pattern_required_byte(m, end + 1);
    for (;;) {
        const char *result = match_rest(m, s, end + 1, need);
        if (result || stopped(m)) return result;
        if (!matches_item(m, s, p, end) || !spend(m, item_units(p, end))) return NULL;
        s++;
    }
}

static const char *open_capture(Matcher *m, const char *s, const char *p)
{
    bool position = peek(m, p + 1) == ')';
    if (m->level == PATTERN_CAPTURES_MAX) return fail(m, "too many captures");
    PatternCapture *capture = &m->captures[m->level++];
    capture->start = s;
    capture->length = position ? CAPTURE_POSITION : CAPTURE_OPEN;
    const char *result = match(m, s, p + (position ? 2 : 1));
    if (!result) m->level--;
    return result;
}

static const char *close_capture(Matcher *m, const char *s, const char *p)
{
    int i = m->level;
    do {
        if (--i < 0) return fail(m, "invalid pattern capture");
    } while (m->captures[i].length != CAPTURE_OPEN);
    m->captures[i].length = s - m->captures[i].start;
    const char *result = match(m, s, p + 1);
    if (!result) m->captures[i].length = CAPTURE_OPEN;
    return result;
}

static const char *const bad_index[10] = {
    "invalid capture index %0", "invalid capture index %1", "invalid capture index %2",
    "invalid capture index %3", "invalid capture index %4", "invalid capture index %5",
    "invalid capture index %6", "invalid capture index %7", "invalid capture index %8",
    "invalid capture index %9"};

/* %1: the same bytes as the capture. A position is as long as nothing can be. */
const char *pattern_back_reference(Matcher *m, const char *s, unsigned char digit)
{
    int i = digit - '1';
    if (i < 0 || i >= m->level || m->captures[i].length == CAPTURE_OPEN) {
        return fail(m, bad_index[digit - '0']);
    }
    const PatternCapture *capture = &m->captures[i];
    size_t length = (size_t)capture->length;
    if ((size_t)(m->source_end - s) < length) return NULL;
    if (!spend_scan(m, length)) return NULL;
    return memcmp(capture->start, s, length) == 0 ? s + length : NULL;
}

/* %bxy, p at the x: from an x to the y that closes it. */
const char *pattern_balanced(Matcher *m, const char *s, const char *p)
{
    if (m->pattern_end - p < 2) {
        return fail(m, "malformed pattern (missing arguments to '%b')");
    }
    if (s == m->source_end || *s != *p) return NULL;
    const char *first = s;
    size_t open = 1;
    while (++s < m->source_end) {
        if (*s == p[1]) {
            if (--open == 0) break;
        } else if (*s == *p) {
            open++;
        }
    }
    if (!spend_scan(m, (size_t)(s - first)) || s == m->source_end) return NULL;
    return s + 1;
}

/* %f[set], p at the set: gives the end of the item if s is a frontier of the set. The
 * subject's ends count as zeros. */
const char *pattern_frontier(Matcher *m, const char *s, const char *p)
{
    if (peek(m, p) != '[') return fail(m, "missing '[' after '%f' in pattern");
    const char *end = pattern_set_end(m, p);
    if (!end || !spend_scan(m, (size_t)(end - p))) return NULL;
    unsigned char before = s == m->source ? 0 : (unsigned char)s[-1];
    unsigned char after = s == m->source_end ? 0 : (unsigned char)*s;
    return !byteclass_set_has(before, p, end) && byteclass_set_has(after, p, end) ? end : NULL;
}

/* A place to go on from: in the subject, NULL if there is no match; in the pattern,
 * NULL if the match is complete. */
typedef struct Step {
    const char *s, *p;
} Step;

static inline Step step_done(const char *s) { return (Step){s, NULL}; }
static inline Step step_on(const char *s, const char *p) { return (Step){s, p}; }

/* A one-byte item and its repetition. */
static Step match_item(Matcher *m, const char *s, const char *p)
{
    const char *end = item_end(m, p);
    if (!end || !spend_scan(m, (size_t)(end - p))) return step_done(NULL);
    unsigned char repeat = peek(m, end);
    if (!matches_item(m, s, p, end)) {
        bool optional = repeat == '*' || repeat == '?' || repeat == '-';
        return optional ? step_on(s, end + 1) : step_done(NULL);
    }
    switch (repeat) {
    case '?': {
        const char *result = match(m, s + 1, end + 1);
        return result || stopped(m) ? step_done(result) : step_on(s, end + 1);
    }
    case '+': return step_done(match_most(m, s + 1, p, end));
    case '*': return step_done(match_most(m, s, p, end));
    case '-': return step_done(match_fewest(m, s, p, end));
    default: return step_on(s + 1, end);
    }
}

/* An item that starts with '%'. */
static inline Step match_escape(Matcher *m, const char *s, const char *p)
{
    unsigned char kind = peek(m, p + 1);
    if (kind == 'b') {
        s = pattern_balanced(m, s, p + 2);
        return s ? step_on(s, p + 4) : step_done(NULL);
    }
    if (kind == 'f') {
        const char *end = pattern_frontier(m, s, p + 2);
        return end ? step_on(s, end) : step_done(NULL);
    }
    if (byteclass_is(kind, CLASS_DIGIT)) {
        return step_on(pattern_back_reference(m, s, kind), p + 2);
    }
    return match_item(m, s, p);
}

static inline Step match_any_item(Matcher *m, const char *s, const char *p)
{
    switch (*p) {
    case '(': return step_done(open_capture(m, s, p));
    case ')': return step_done(close_capture(m, s, p));
    case '%': return match_escape(m, s, p);
    case '$':
        if (p + 1 == m->pattern_end) return step_done(s == m->source_end ? s : NULL);
        return match_item(m, s, p);
    default: return match_item(m, s, p);
    }
}

static const char *match(Matcher *m, const char *s, const char *p)
{
    if (m->depth == 0) return fail(m, "pattern too complex");
    m->depth--;
    while (s && p && p != m->pattern_end) {
        if (!spend(m, 1)) {
            s = NULL;
            break;
        }
        Step next = match_any_item(m, s, p);
        s = next.s;
        p = next.p;
    }
    m->depth++;
    return s;
}

/* Searching --------------------------------------------------------------------------- */

bool pattern_is_plain(const char *pattern, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (is_magic((unsigned char)pattern[i])) return false;
    }
    return true;
}

/* Places that begin like the text for which memmem does not pay, and bytes for one more: where
 * these are rarer, the search for the first byte is the faster one, ten times. */
enum { FIND_FEW = 16, FIND_RARE = 32 };

ptrdiff_t pattern_find_plain(const char *source, size_t source_length, size_t at,
                             const char *text, size_t length)
{
    if (length == 0) return (ptrdiff_t)at;
    if (length > source_length - at) return -1;
    const char *begin = source + at, *s = begin, *end = source + source_length;
    for (ptrdiff_t vain = 0; vain < FIND_FEW + (s - begin) / FIND_RARE; vain++, s++) {
        if (s > end - length) return -1;
        s = memchr(s, *text, (size_t)(end - s) - length + 1);
        if (!s) return -1;
        if (s[length - 1] == text[length - 1] && memcmp(s, text, length) == 0)
            return s - source;
    }
    s = memmem(s, (size_t)(end - s), text, length);
    return s ? s - source : -1;
}

/* Whether the pattern's item at p is one for a byte. */
static bool is_byte_item(const Matcher *m, const char *p)
{
    unsigned char next = peek(m, p + 1);
    if (p == m->pattern_end) return false;
    if (*p == '%') return next != 'b' && next != 'f' && !byteclass_is(next, CLASS_DIGIT);
    return *p != '(' && *p != ')' && *p != '$';
}

/* Whether the item at p is a complete %bxy, with an x that stands for itself. */
static bool is_balance(const Matcher *m, const char *p)
{
    if (m->pattern_end - p < 4 || *p != '%' || p[1] != 'b') return false;
    return p[2] != '%' && p[2] != '[' && p[2] != '.';
}

/* A byte that has to be there first, be it in captures, lets the search skip to it. */
static void find_lead(Matcher *m)
{
    const char *p = m->pattern;
    m->lead = m->lead_end = NULL;
    for (int i = 0; i < PATTERN_CAPTURES_MAX; i++) {
        if (peek(m, p) != '(') break;
        p += peek(m, p + 1) == ')' ? 2 : 1;
    }
    if (is_balance(m, p)) {
        m->lead = p + 2;
        m->lead_end = p + 3;
    }
    if (!is_byte_item(m, p)) return;
    const char *end = item_end(m, p);
    unsigned char repeat = end ? peek(m, end) : '*'; /* the match will find the error */
    if (repeat == '*' || repeat == '?' || repeat == '-') return;
    m->lead = p;
    m->lead_end = end;
}

void pattern_init(Matcher *m, const char *source, size_t source_length, const char *pattern,
                  size_t pattern_length, bool anchors, uint64_t *fuel)
{
    m->anchored = anchors && pattern_length > 0 && *pattern == '^';
    m->source = source;
    m->source_end = source + source_length;
    m->pattern = pattern + m->anchored;
    m->pattern_end = pattern + pattern_length;
    find_lead(m);
    m->budget = fuel;
    m->refuel = NULL;
    m->machine = NULL;
    m->debt = 0;
    m->fuel = 0;
    m->status = PATTERN_NO_MATCH;
    m->error = NULL;
    m->level = 0;
    m->depth = PATTERN_DEPTH_MAX;
    m->from = m->to = m->start = 0;
    m->given = m->began = 0;
}

static void begin(Matcher *m)
{
    m->fuel = m->given = m->budget ? *m->budget : UINT64_MAX;
    m->began = 0;
    m->status = PATTERN_NO_MATCH;
    m->error = NULL;
}

static PatternStatus end(Matcher *m)
{
    if (m->budget) *m->budget = m->fuel;
    return m->status;
}

/* Tries at s; false if the search is over, m->status says how. */
static bool try_at(Matcher *m, const char *s)
{
    m->level = 0;
    const char *result = match(m, s, m->pattern);
    if (!result) return stopped(m);
    m->status = PATTERN_MATCH;
    m->from = (size_t)(s - m->source);
    m->to = (size_t)(result - m->source);
    return true;
}

PatternStatus pattern_match_at(Matcher *m, size_t at)
{
    begin(m);
    m->start = at;
    try_at(m, m->source + at);
    return end(m);
}

/* The next place from s on where a match can start; NULL if there is none. */
const char *pattern_next_start(Matcher *m, const char *s)
{
    if (!m->lead) return s;
    if (*m->lead != '[' && matches_item(m, s, m->lead, m->lead_end)) return s;
    s = pattern_skip_item(m, s, m->lead, m->lead_end, false);
    return s == m->source_end ? NULL : s;
}

/* Whether the pattern is its first item, once or as often as can be, and no more. */
static inline bool is_lead(const Matcher *m)
{
    const char *end = m->lead_end;
    if (!m->lead || m->lead != m->pattern) return false;
    return end == m->pattern_end || (*end == '+' && end + 1 == m->pattern_end);
}

/* Tries such a pattern where its item matches, as try_at does, and for as much. */
static bool try_lead(Matcher *m, const char *s)
{
    const char *end = m->lead_end, *to = s + 1;
    m->level = 0;
    if (!spend(m, 1) || !spend_scan(m, (size_t)(end - m->lead))) return true;
    if (end != m->pattern_end) to = pattern_skip_item(m, to, m->lead, end, true);
    if (!to) return true;
    m->status = PATTERN_MATCH;
    m->from = (size_t)(s - m->source);
    m->to = (size_t)(to - m->source);
    return true;
}

PatternStatus pattern_find(Matcher *m, size_t at)
{
    const char *s = m->source + at;
    if (m->anchored) return pattern_match_at(m, at);
    bool lead = is_lead(m);
    begin(m);
    m->start = at;
    while ((s = pattern_next_start(m, s))) {
        uint64_t began = pattern_spent(m);
        if (!spend(m, 1)) break;
        m->began = began;
        m->start = (size_t)(s - m->source);
        if (lead ? try_lead(m, s) : try_at(m, s) || s == m->source_end) break;
        s++;
    }
    return end(m);
}

/* What was captured -------------------------------------------------------------------- */

bool pattern_capture(Matcher *m, int i, PatternPiece *out)
{
    if (i >= m->level) {
        if (i > 0) return fail(m, "invalid capture index"), false;
        *out = (PatternPiece){false, m->source + m->from, m->to - m->from, 0};
        return true;
    }
    const PatternCapture *capture = &m->captures[i];
    if (capture->length == CAPTURE_OPEN) return fail(m, "unfinished capture"), false;
    size_t position = (size_t)(capture->start - m->source) + 1;
    bool is_position = capture->length == CAPTURE_POSITION;
    size_t length = is_position ? 0 : (size_t)capture->length;
    *out = (PatternPiece){is_position, capture->start, length, position};
    return true;
}

/* What %c stands for in a replacement. */
static bool expand_escape(Matcher *m, unsigned char c, Buffer *out)
{
    PatternPiece piece;
    if (c == '%') {
        buffer_append_char(out, '%');
    } else if (c == '0') {
        buffer_append(out, m->source + m->from, m->to - m->from);
    } else if (!byteclass_is(c, CLASS_DIGIT)) {
        return fail(m, "invalid use of '%' in replacement string"), false;
    } else {
        if (!pattern_capture(m, c - '1', &piece)) return false;
        if (piece.is_position) {
            buffer_append_integer(out, (int64_t)piece.position);
        } else {
            buffer_append(out, piece.bytes, piece.length);
        }
    }
    return true;
}

bool pattern_expand(Matcher *m, const char *replacement, size_t length, Buffer *out)
{
    const char *p = replacement, *end = replacement + length;
    while (p < end) {
        const char *text = p;
        while (p < end && *p != '%') p++; /* short, mostly: no work for memchr */
        if (p > text) buffer_append(out, text, (size_t)(p - text));
        if (p == end) break;
        unsigned char c = p + 1 < end ? (unsigned char)p[1] : 0;
        if (!expand_escape(m, c, out)) return false;
        p += 2;
    }
    return true;
}
