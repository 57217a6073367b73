/* SPDX-License-Identifier: MIT */
/* Numbers for addresses and for strings: see numbering.h for the invariants. */
#include "image/numbering.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    PLACES_FIRST = 256,
    SEARCH_MAX = 500 /* places looked at, in a table of a million strings that nobody chose */
};

static NumberedPlace nowhere; /* what a failed numbering answers */

static NumberedPlace *places_new(const Numbering *n, size_t size)
{
    if (!n->collected) return calloc(size, sizeof(NumberedPlace));
    NumberedPlace *places = mem_try_alloc_atomic(size * sizeof *places);
    if (places) memset(places, 0, size * sizeof *places);
    return places;
}

void numbering_free(Numbering *n)
{
    if (!n->collected) free(n->places);
    *n = (Numbering){.collected = n->collected};
}

/* The process's, made when it is needed first. */
static uint64_t hash_seed(void)
{
    static uint64_t seed;
    uint64_t known = __atomic_load_n(&seed, __ATOMIC_RELAXED), made = 0;
    if (known) return known;
    if (getrandom(&made, sizeof made, GRND_NONBLOCK) != sizeof made)
        made = (uint64_t)(uintptr_t)&made ^ (uint64_t)time(NULL) << 32;
    made |= 1;
    return __atomic_compare_exchange_n(&seed, &known, made, false, __ATOMIC_RELAXED,
                                       __ATOMIC_RELAXED)
               ? made
               : known;
}

static size_t address_hash(const void *p)
{
    unsigned __int128 product =
        (unsigned __int128)((uintptr_t)p ^ 0x9e3779b97f4a7c15u) * hash_seed();
    return (size_t)((uint64_t)product ^ (uint64_t)(product >> 64));
}

static size_t string_place_hash(const Numbering *n, const String *s)
{
    if (n->seeded) return XXH3_64bits_withSeed(s->data, s->length, hash_seed());
    return (size_t)((uint64_t)string_hash(s) * 0x9e3779b97f4a7c15u >> 20);
}

typedef size_t HashFn(const Numbering *n, const void *p);
static size_t hash_address(const Numbering *n, const void *p)
{
    return (void)n, address_hash(p);
}
static size_t hash_string(const Numbering *n, const void *p) { return string_place_hash(n, p); }

/* Other places, so many, for all that is in it. */
static bool order_anew(Numbering *n, size_t size, HashFn *hash)
{
    NumberedPlace *places = n->failed ? NULL : places_new(n, size);
    if (!places) {
        n->failed = true;
        return false;
    }
    for (size_t i = 0; n->places && i <= n->mask; i++) {
        const NumberedPlace *old = &n->places[i];
        if (!old->key) continue;
        size_t to = hash(n, old->key) & (size - 1);
        while (places[to].key) to = (to + 1) & (size - 1);
        places[to] = *old;
    }
    if (!n->collected) free(n->places);
    n->places = places;
    n->mask = size - 1;
    return true;
}

static bool grow(Numbering *n, HashFn *hash)
{
    return order_anew(n, n->places ? (n->mask + 1) * 2 : PLACES_FIRST, hash);
}

static bool has_room(const Numbering *n)
{
    return n->places && n->count < (n->mask + 1) / 4 * 3 && n->count < UINT32_MAX;
}

static NumberedPlace *take(Numbering *n, size_t i, const void *p)
{
    n->places[i] = (NumberedPlace){.key = p, .number = n->count++};
    return &n->places[i];
}

NumberedPlace *numbering_place(Numbering *n, const void *p, bool *fresh)
{
    *fresh = false;
    if (!has_room(n) && !grow(n, hash_address)) return &nowhere;
    size_t i = address_hash(p) & n->mask;
    for (; n->places[i].key; i = (i + 1) & n->mask)
        if (n->places[i].key == p) return &n->places[i];
    *fresh = true;
    return take(n, i, p);
}

/* The string's place, or a free one for it, or NULL where the search took too long. */
static NumberedPlace *find_string(const Numbering *n, const String *s)
{
    size_t i = string_place_hash(n, s) & n->mask;
    for (unsigned tried = 0; n->seeded || tried < SEARCH_MAX; tried++, i = (i + 1) & n->mask)
        if (!n->places[i].key || string_equal(n->places[i].key, s)) return &n->places[i];
    return NULL;
}

NumberedPlace *numbering_string(Numbering *n, const String *s, bool *fresh)
{
    *fresh = false;
    if (!has_room(n) && !grow(n, hash_string)) return &nowhere;
    NumberedPlace *place = find_string(n, s);
    if (!place) {
        n->seeded = true;
        if (!order_anew(n, n->mask + 1, hash_string)) return &nowhere;
        place = find_string(n, s);
    }
    *fresh = !place->key;
    return *fresh ? take(n, (size_t)(place - n->places), s) : place;
}

NumberedPlace *numbering_find_string(const Numbering *n, const String *s)
{
    NumberedPlace *place = n->places ? find_string(n, s) : NULL;
    return place && place->key ? place : NULL;
}

NumberedPlace *numbering_find(const Numbering *n, const void *p)
{
    if (!n->places) return NULL;
    for (size_t i = address_hash(p) & n->mask; n->places[i].key; i = (i + 1) & n->mask)
        if (n->places[i].key == p) return &n->places[i];
    return NULL;
}
