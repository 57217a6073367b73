/* SPDX-License-Identifier: MIT */
/*
 * Values in weak-keyed tables that wait for their keys, during a trace: a list of them for each
 * key that is not marked yet. So a trace looks at each entry once, however its keys and values
 * are linked; without, a chain of n of them would take n passes.
 *
 *   heads[hash of key] --> pair --> pair --> 0      chained by place, plus 1
 *
 * Memory is malloc's, and may be refused: then `failed` is set, and who traces looks again and
 * again.
 */
#ifndef MOONLET_EPHEMERONS_H
#define MOONLET_EPHEMERONS_H

#include "value/value.h"

typedef struct EphemeronPair {
    const void *key;
    Value value;
    uint32_t next; /* with the same hash: its place, plus 1; 0: none */
} EphemeronPair;

typedef struct Ephemerons {
    EphemeronPair *pairs;
    uint32_t *heads;
    uint32_t count, capacity; /* a power of 2, of both */
    uint32_t tables;          /* weak tables that have been looked at */
    bool failed;
} Ephemerons;

/* The value waits for the key. Amortised O(1). */
void ephemerons_add(Ephemerons *e, const void *key, Value value);
/* The pair with the key behind `after`, or with NULL the first one; NULL: there is none. O(1),
 * but for keys that share a hash. */
const EphemeronPair *ephemerons_next(const Ephemerons *e, const void *key,
                                     const EphemeronPair *after);
void ephemerons_free(Ephemerons *e);

#endif
