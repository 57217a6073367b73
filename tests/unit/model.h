/* SPDX-License-Identifier: MIT */
/*
 * What tests against a model need: random numbers, the same in every run, an
 * assertion for inner loops (Check's own writes to a file each time), and whether there
 * is a collector.
 */
#ifndef MOONLET_TEST_MODEL_H
#define MOONLET_TEST_MODEL_H

#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define must(condition) ((condition) ? (void)0 : ck_abort_msg("%s", #condition))

/* Does this build, in this run, give memory back? */
static inline bool collects(void)
{
#ifdef MOONLET_MALLOC
    return false;
#else
    return !getenv("GC_DONT_GC");
#endif
}

typedef struct Random {
    uint64_t state; /* not 0 */
} Random;

static inline uint64_t random_word(Random *r)
{
    r->state ^= r->state << 13;
    r->state ^= r->state >> 7;
    r->state ^= r->state << 17;
    return r->state * 0x2545f4914f6cdd1du;
}

/* 0..n-1 */
static inline uint32_t random_below(Random *r, uint32_t n)
{
    return (uint32_t)((random_word(r) >> 32) * n >> 32);
}

#endif
