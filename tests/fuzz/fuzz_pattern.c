/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a pattern on any bytes. Input: the pattern's length, the pattern, the
 * subject. All of its matches are found as gsub does, with the pattern as replacement.
 */
#include "text/pattern.h"

#include "memory/mem.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) abort();
}

/* A block of just this size, so that reading behind it is noticed. */
static char *copy(const uint8_t *bytes, size_t n)
{
    char *p = malloc(n + !n);
    require(p != NULL);
    if (n) memcpy(p, bytes, n);
    return p;
}

/* Every capture lies within the subject. */
static void check_match(Matcher *m, size_t at, size_t length)
{
    require(m->from >= at && m->from <= m->to && m->to <= length);
    for (int i = 0; i < pattern_capture_count(m, true); i++) {
        PatternPiece piece;
        if (!pattern_capture(m, i, &piece)) {
            require(m->error != NULL);
        } else if (piece.is_position) {
            require(piece.position >= 1 && piece.position <= length + 1);
        } else {
            require(piece.bytes >= m->source && piece.length <= length);
            require(piece.bytes + piece.length <= m->source_end);
        }
    }
}

/* All matches of the subject, each twice: here it starts, or so says the search. */
static void find_all(const char *s, size_t s_length, const char *p, size_t p_length)
{
    Matcher m;
    Buffer out;
    uint64_t fuel = 5000;
    size_t at = 0;
    PatternStatus status;
    buffer_init(&out, 2 * BUFFER_ROOM); /* hardly ever allocates: nothing is freed here */
    pattern_init(&m, s, s_length, p, p_length, true, &fuel);
    while ((status = pattern_find(&m, at)) == PATTERN_MATCH) {
        check_match(&m, at, s_length);
        size_t to = m.to;
        buffer_clear(&out);
        if (!pattern_expand(&m, p, p_length, &out)) require(m.error != NULL);
        status = pattern_match_at(&m, m.from);
        if (status != PATTERN_MATCH) break;
        require(m.to == to);
        at = to > at ? to : at + 1;
        if (at > s_length) break;
    }
    if (status == PATTERN_ERROR) require(m.error != NULL);
    if (status == PATTERN_OUT_OF_FUEL) require(fuel == 0);
    buffer_check(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    mem_init();
    size_t p_length = data[0];
    data++;
    size--;
    if (p_length > size) p_length = size;
    char *p = copy(data, p_length);
    char *s = copy(data + p_length, size - p_length);
    find_all(s, size - p_length, p, p_length);
    free(p);
    free(s);
    return 0;
}
