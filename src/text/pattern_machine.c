/* SPDX-License-Identifier: MIT */
/*
 * The matcher that can stop anywhere: what pattern.c's recursion keeps on the C stack is a
 * stack of choices here, one for each level of the recursion.
 *
 *   place    where it is, in the subject and in the pattern, or that this way has failed
 *   choices  TRY_MOST     item, the place tried last, the first one that may be tried
 *            TRY_FEWEST   item, the place tried last
 *            TRY_WITHOUT  the item is left out
 *            UNDO_OPEN    a capture that began is none
 *            UNDO_CLOSE   capture number `first` is open again
 *
 * When a way fails, the last choice says where to go on. There are as many choices as levels of
 * the recursion, and the same units are spent.
 *
 * Its progress can be saved as words, which images hold: so what is loaded may be anything. Its
 * invariants, by which no memory is touched but the two strings:
 *  1. start <= s <= the subject's length, p <= the pattern's; captures lie in the subject.
 *  2. of a choice: start <= first <= s, s as above, its item begins within the pattern.
 *  3. there is an UNDO_OPEN for each capture, and UNDO_CLOSE is of one that can be.
 * Whether an item is one that can be repeated is looked at when a choice is gone back to.
 */
#include "text/pattern_internal.h"

#include "memory/mem.h"

typedef enum ChoiceKind { TRY_MOST, TRY_FEWEST, TRY_WITHOUT, UNDO_OPEN, UNDO_CLOSE } ChoiceKind;

typedef struct Choice {
    size_t item, s, first;
    uint8_t kind;
} Choice;

typedef struct PatternMachine {
    size_t start, s, p;
    int count;
    bool running, failing;
    Choice choices[PATTERN_DEPTH_MAX];
} PatternMachine;

static PatternMachine *machine_new(Matcher *m)
{
    PatternMachine *M = m->machine = mem_alloc_atomic(sizeof *m->machine);
    M->start = M->s = M->p = 0;
    M->count = 0;
    M->running = M->failing = false;
    m->level = 0;
    return M;
}

/* Saving -------------------------------------------------------------------------------- */

/* Words of 8 bytes, the lowest first: these, two for each capture, four for each choice. */
enum { SAVED_BITS, SAVED_START, SAVED_S, SAVED_P, SAVED_LEVEL, SAVED_COUNT, SAVED_WORDS };

size_t pattern_saved_size(const Matcher *m)
{
    if (!m->machine) return 0;
    return 8 * (SAVED_WORDS + 2 * (size_t)m->level + 4 * (size_t)m->machine->count);
}

static char *put(char *to, uint64_t word)
{
    for (int i = 0; i < 8; i++) *to++ = (char)(word >> 8 * i);
    return to;
}

void pattern_save(const Matcher *m, char *to)
{
    const PatternMachine *M = m->machine;
    const uint64_t words[SAVED_WORDS] = {M->running | (uint64_t)M->failing << 1,
                                         M->start,
                                         M->s,
                                         M->p,
                                         (uint64_t)m->level,
                                         (uint64_t)M->count};
    for (int i = 0; i < SAVED_WORDS; i++) to = put(to, words[i]);
    for (const PatternCapture *c = m->captures; c < m->captures + m->level; c++)
        to = put(put(to, (uint64_t)(c->start - m->source)), (uint64_t)c->length);
    for (const Choice *c = M->choices; c < M->choices + M->count; c++)
        to = put(put(put(put(to, c->kind), c->item), c->s), c->first);
}

static uint64_t word_at(const char **at)
{
    uint64_t word = 0;
    for (int i = 0; i < 8; i++) word |= (uint64_t)(unsigned char)*(*at)++ << 8 * i;
    return word;
}

static bool load_capture(Matcher *m, PatternCapture *c, const char **at)
{
    size_t length = (size_t)(m->source_end - m->source), start = word_at(at);
    uint64_t captured = word_at(at);
    bool open = captured == (uint64_t)CAPTURE_OPEN || captured == (uint64_t)CAPTURE_POSITION;
    if (start > length || (!open && captured > length - start)) return false;
    *c = (PatternCapture){m->source + start, (ptrdiff_t)captured};
    return true;
}

static bool load_choice(const Matcher *m, Choice *c, const char **at)
{
    size_t length = (size_t)(m->source_end - m->source), least = m->machine->start;
    uint64_t kind = word_at(at);
    *c = (Choice){.item = word_at(at), .kind = (uint8_t)kind};
    c->s = word_at(at);
    c->first = word_at(at);
    if (kind > UNDO_CLOSE || c->item >= (size_t)(m->pattern_end - m->pattern) || c->s > length)
        return false;
    if (kind == UNDO_CLOSE) return c->first < PATTERN_CAPTURES_MAX;
    return least <= c->first && c->first <= c->s;
}

static bool load_parts(Matcher *m, const char *at)
{
    int opened = 0;
    PatternMachine *M = m->machine;
    for (int i = 0; i < m->level; i++)
        if (!load_capture(m, &m->captures[i], &at)) return false;
    for (int i = 0; i < M->count; i++) {
        if (!load_choice(m, &M->choices[i], &at)) return false;
        opened += M->choices[i].kind == UNDO_OPEN;
    }
    return opened == m->level;
}

bool pattern_load(Matcher *m, const char *bytes, size_t size)
{
    uint64_t words[SAVED_WORDS];
    if (size < sizeof words) return false;
    for (int i = 0; i < SAVED_WORDS; i++) words[i] = word_at(&bytes);
    uint64_t level = words[SAVED_LEVEL], count = words[SAVED_COUNT];
    if (words[SAVED_BITS] > 3 || level > PATTERN_CAPTURES_MAX || count >= PATTERN_DEPTH_MAX ||
        size != 8 * (SAVED_WORDS + 2 * level + 4 * count))
        return false;
    PatternMachine *M = machine_new(m);
    M->running = words[SAVED_BITS] & 1;
    M->failing = words[SAVED_BITS] >> 1;
    M->start = words[SAVED_START];
    M->s = words[SAVED_S];
    M->p = words[SAVED_P];
    M->count = (int)count;
    m->level = (int)level;
    if (M->start > M->s && M->running) return false;
    if (M->start > (size_t)(m->source_end - m->source) ||
        M->s > (size_t)(m->source_end - m->source) ||
        M->p > (size_t)(m->pattern_end - m->pattern))
        return false;
    return load_parts(m, bytes);
}

/* Ways ---------------------------------------------------------------------------------- */

static void go(const Matcher *m, const char *s, const char *p)
{
    PatternMachine *M = m->machine;
    M->failing = !s;
    if (!s) return;
    M->s = (size_t)(s - m->source);
    M->p = (size_t)(p - m->pattern);
}

static Choice *push(Matcher *m, ChoiceKind kind, const char *item, const char *s)
{
    PatternMachine *M = m->machine;
    if (M->count == PATTERN_DEPTH_MAX - 1) {
        fail(m, "pattern too complex");
        return NULL;
    }
    Choice *c = &M->choices[M->count++];
    c->kind = (uint8_t)kind;
    c->item = (size_t)(item - m->pattern);
    c->s = c->first = (size_t)(s - m->source);
    return c;
}

static void pop(PatternMachine *M)
{
    M->count--;
    M->failing = true;
}

/* Whether what is needed behind a repetition is at s. */
static bool may_be_at(const Matcher *m, const char *s, int need)
{
    return need < 0 || (s != m->source_end && (unsigned char)*s == need);
}

/* The end of a choice's item, at what repeats it: one of these. NULL with an error: what was
 * loaded has no such item there. */
static const char *repeated_end(Matcher *m, const Choice *c, const char *repeats)
{
    const char *end = item_end(m, m->pattern + c->item);
    if (end && end < m->pattern_end && *end && strchr(repeats, *end)) return end;
    return fail(m, "malformed pattern (no such item)");
}

/* Tries the rest of the pattern at c->s, or at the next place below where it can be. */
static void try_most(Matcher *m, Choice *c)
{
    const char *end = repeated_end(m, c, "*+");
    if (!end++) return;
    int need = pattern_required_byte(m, end);
    while (!may_be_at(m, m->source + c->s, need)) {
        if (c->s == c->first) {
            pop(m->machine);
            return;
        }
        c->s--;
    }
    go(m, m->source + c->s, end);
}

/* The same upwards, as long as the item matches. */
static void try_fewest(Matcher *m, Choice *c)
{
    const char *p = m->pattern + c->item, *end = repeated_end(m, c, "-");
    if (!end) return;
    int need = pattern_required_byte(m, end + 1);
    while (!may_be_at(m, m->source + c->s, need)) {
        if (!matches_item(m, m->source + c->s, p, end)) {
            pop(m->machine);
            return;
        }
        spend(m, item_units(p, end));
        c->s++;
    }
    go(m, m->source + c->s, end + 1);
}

/* This way has failed: to the last choice. */
static void go_back(Matcher *m)
{
    PatternMachine *M = m->machine;
    Choice *c = &M->choices[M->count - 1];
    const char *p = m->pattern + c->item, *end;
    switch ((ChoiceKind)c->kind) {
    case TRY_MOST:
        if (c->s == c->first) {
            pop(M);
            return;
        }
        c->s--;
        try_most(m, c);
        return;
    case TRY_FEWEST:
        if (!(end = repeated_end(m, c, "-"))) return;
        if (!matches_item(m, m->source + c->s, p, end)) {
            pop(M);
            return;
        }
        spend(m, item_units(p, end));
        c->s++;
        try_fewest(m, c);
        return;
    case TRY_WITHOUT:
        M->count--;
        if ((end = repeated_end(m, c, "?"))) go(m, m->source + c->s, end + 1);
        return;
    case UNDO_OPEN: m->level--; break;
    case UNDO_CLOSE: m->captures[c->first].length = CAPTURE_OPEN; break;
    }
    pop(M);
}

/* Items --------------------------------------------------------------------------------- */

static void open_capture(Matcher *m, const char *s, const char *p)
{
    bool position = peek(m, p + 1) == ')';
    if (m->level == PATTERN_CAPTURES_MAX) {
        fail(m, "too many captures");
        return;
    }
    PatternCapture *capture = &m->captures[m->level];
    if (!push(m, UNDO_OPEN, p, s)) return;
    m->level++;
    capture->start = s;
    capture->length = position ? CAPTURE_POSITION : CAPTURE_OPEN;
    go(m, s, p + (position ? 2 : 1));
}

static void close_capture(Matcher *m, const char *s, const char *p)
{
    int i = m->level - 1;
    while (i >= 0 && m->captures[i].length != CAPTURE_OPEN) i--;
    if (i < 0 || s < m->captures[i].start) { /* which only a loaded machine has */
        fail(m, "invalid pattern capture");
        return;
    }
    Choice *c = push(m, UNDO_CLOSE, p, s);
    if (!c) return;
    c->first = (size_t)i;
    m->captures[i].length = s - m->captures[i].start;
    go(m, s, p + 1);
}

static void repeat_most(Matcher *m, const char *s, const char *p, const char *end)
{
    const char *last = pattern_skip_item(m, s, p, end, true);
    Choice *c = push(m, TRY_MOST, p, s);
    if (!c) return;
    c->s = (size_t)(last - m->source);
    try_most(m, c);
}

/* A one-byte item and its repetition. */
static void match_item(Matcher *m, const char *s, const char *p)
{
    const char *end = item_end(m, p);
    if (!end) return;
    spend_scan(m, (size_t)(end - p));
    unsigned char repeat = peek(m, end);
    if (!matches_item(m, s, p, end)) {
        bool optional = repeat == '*' || repeat == '?' || repeat == '-';
        go(m, optional ? s : NULL, end + 1);
        return;
    }
    Choice *c;
    switch (repeat) {
    case '?':
        if (push(m, TRY_WITHOUT, p, s)) go(m, s + 1, end + 1);
        return;
    case '+': repeat_most(m, s + 1, p, end); return;
    case '*': repeat_most(m, s, p, end); return;
    case '-':
        c = push(m, TRY_FEWEST, p, s);
        if (c) try_fewest(m, c);
        return;
    default: go(m, s + 1, end);
    }
}

static void match_escape(Matcher *m, const char *s, const char *p)
{
    unsigned char kind = peek(m, p + 1);
    if (kind == 'b') {
        go(m, pattern_balanced(m, s, p + 2), p + 4);
    } else if (kind == 'f') {
        const char *end = pattern_frontier(m, s, p + 2);
        go(m, end ? s : NULL, end);
    } else if (byteclass_is(kind, CLASS_DIGIT)) {
        go(m, pattern_back_reference(m, s, kind), p + 2);
    } else {
        match_item(m, s, p);
    }
}

static void match_any_item(Matcher *m, const char *s, const char *p)
{
    switch (*p) {
    case '(': open_capture(m, s, p); return;
    case ')': close_capture(m, s, p); return;
    case '%': match_escape(m, s, p); return;
    case '$':
        if (p + 1 == m->pattern_end) {
            go(m, s == m->source_end ? s : NULL, m->pattern_end);
            return;
        }
    }
    match_item(m, s, p);
}

/* Searching ------------------------------------------------------------------------------ */

static void begin_attempt(Matcher *m, const char *s)
{
    PatternMachine *M = m->machine;
    M->start = (size_t)(s - m->source);
    M->running = true;
    M->count = 0;
    m->level = 0;
    go(m, s, m->pattern);
}

/* False: at the end, m->status says of what. */
static bool step(Matcher *m)
{
    PatternMachine *M = m->machine;
    if (!M->running) {
        const char *s = m->source + M->start;
        if (!m->anchored) s = pattern_next_start(m, s);
        if (!s || (!m->anchored && !spend(m, 1))) return false;
        begin_attempt(m, s);
    } else if (!M->failing) {
        if (m->pattern + M->p == m->pattern_end) {
            m->status = PATTERN_MATCH;
            m->from = M->start;
            m->to = M->s;
            return false;
        }
        spend(m, 1);
        match_any_item(m, m->source + M->s, m->pattern + M->p);
    } else if (M->count) {
        go_back(m);
    } else {
        if (m->anchored || m->source + M->start == m->source_end) return false;
        M->running = false;
        M->start++;
    }
    return m->status != PATTERN_ERROR;
}

PatternStatus pattern_go_on(Matcher *m)
{
    if (!m->machine) machine_new(m)->start = m->start;
    m->fuel = m->given = *m->budget;
    m->debt = 0;
    m->status = PATTERN_NO_MATCH;
    m->error = NULL;
    while (step(m)) {
        if (m->fuel || (m->refuel && m->refuel(m))) continue;
        m->status = PATTERN_OUT_OF_FUEL;
        break;
    }
    *m->budget = m->fuel;
    return m->status;
}
