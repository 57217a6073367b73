/* SPDX-License-Identifier: MIT */
/*
 * glibc's rand(), in a block of the state.
 *
 * Main invariant: a block is written only under the epoch that it carries.
 */
#include "state/random.h"

#include "memory/mem.h"

static uint32_t step(Random *r)
{
    uint32_t *newest = &r->words[r->oldest];
    *newest += r->words[(r->oldest + RANDOM_WORDS - 3) % RANDOM_WORDS];
    r->oldest = (r->oldest + 1) % RANDOM_WORDS;
    return *newest >> 1;
}

/* The words begin as Lehmer's generator makes them, and are then stirred. */
Random *random_new(uint32_t seed, uint64_t epoch)
{
    enum { STIR = 10 * RANDOM_WORDS };
    Random *r = mem_new_atomic(sizeof *r);
    int64_t x = seed ? (int32_t)seed : 1;
    r->epoch = epoch;
    r->oldest = 3;
    for (int i = 0; i < RANDOM_WORDS; i++) {
        r->words[i] = (uint32_t)x;
        x = 16807 * x % RANDOM_MAX;
        if (x < 0) x += RANDOM_MAX;
    }
    for (int i = 0; i < STIR; i++) step(r);
    return r;
}

uint32_t random_next(Random **r, uint64_t epoch)
{
    if (!*r) {
        *r = random_new(1, epoch);
    } else if ((*r)->epoch != epoch) {
        Random *copy = mem_new_atomic(sizeof *copy);
        *copy = **r;
        copy->epoch = epoch;
        *r = copy;
    }
    return step(*r);
}
