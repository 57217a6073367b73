/* SPDX-License-Identifier: MIT */
/*
 * Values that wait for their keys while a trace runs; see ephemerons.h.
 *
 * Main invariant: each pair is in the chain of its key's hash.
 */
#include "trace/ephemerons.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "memory/inject.h"
#include "memory/mem.h"

enum { FIRST = 64 };

static uint32_t place_of(const Ephemerons *e, const void *key)
{
    uint64_t hash = (uint64_t)(uintptr_t)key * 0x9E3779B97F4A7C15u;
    return (uint32_t)(hash >> 32) & (e->capacity - 1);
}

static void hang(Ephemerons *e, uint32_t i)
{
    uint32_t *head = &e->heads[place_of(e, e->pairs[i].key)];
    e->pairs[i].next = *head;
    *head = i + 1;
}

static bool grow(Ephemerons *e)
{
    uint32_t capacity = e->capacity ? 2 * e->capacity : FIRST;
    if (!capacity || mem_short || inject_failure()) return false;
    EphemeronPair *pairs = realloc(e->pairs, capacity * sizeof *pairs);
    if (!pairs) return false;
    e->pairs = pairs;
    uint32_t *heads = calloc(capacity, sizeof *heads);
    if (!heads) return false;
    free(e->heads);
    e->heads = heads;
    e->capacity = capacity;
    for (uint32_t i = 0; i < e->count; i++) hang(e, i);
    return true;
}

void ephemerons_add(Ephemerons *e, const void *key, Value value)
{
    assert(key && "a key is an object");
    if (e->failed) return;
    if (e->count == e->capacity && !grow(e)) {
        e->failed = true;
        return;
    }
    e->pairs[e->count] = (EphemeronPair){key, value, 0};
    hang(e, e->count++);
}

const EphemeronPair *ephemerons_next(const Ephemerons *e, const void *key,
                                     const EphemeronPair *after)
{
    uint32_t at = after ? after->next : e->count ? e->heads[place_of(e, key)] : 0;
    while (at && e->pairs[at - 1].key != key) at = e->pairs[at - 1].next;
    return at ? &e->pairs[at - 1] : NULL;
}

void ephemerons_free(Ephemerons *e)
{
    free(e->pairs);
    free(e->heads);
    *e = (Ephemerons){0};
}
