/* SPDX-License-Identifier: MIT */
/*
 * Sets of texts for traces: open addressing, at most half full. See texts.h.
 *
 * Main invariant: a text that was not added is never said to be there; one that was may be said
 * to be new when memory or time is short.
 */
#include "trace/texts.h"

#include <stdlib.h>

enum { PLACES_FIRST = 64, SEARCH_MAX = 256 };

/* Where it is, or a free place, or NULL where somebody has chosen texts for which that takes
 * long. */
static uint64_t *find(const Texts *x, uint64_t text)
{
    size_t at = (size_t)(text * 0x9e3779b97f4a7c15u >> 32);
    for (size_t i = at; i < at + SEARCH_MAX; i++) {
        uint64_t *place = &x->places[i & x->mask];
        if (!*place || *place == text) return place;
    }
    return NULL;
}

static bool grow(Texts *x)
{
    size_t size = x->places ? (x->mask + 1) * 2 : PLACES_FIRST;
    Texts larger = {calloc(size, sizeof(uint64_t)), x->count, size - 1};
    if (!larger.places) return false;
    for (size_t i = 0; x->places && i <= x->mask; i++) {
        uint64_t *place = x->places[i] ? find(&larger, x->places[i]) : NULL;
        if (place) *place = x->places[i];
    }
    free(x->places);
    *x = larger;
    return true;
}

bool texts_add(Texts *x, const String *s)
{
    uint64_t text = (uint64_t)s->length << 32 | string_hash(s); /* a hash is never 0 */
    if ((!x->places || x->count > x->mask / 2) && !grow(x)) return true;
    uint64_t *place = find(x, text);
    if (!place) return true;
    if (*place) return false;
    *place = text;
    x->count++;
    return true;
}

void texts_free(Texts *x)
{
    free(x->places);
    *x = (Texts){0};
}
