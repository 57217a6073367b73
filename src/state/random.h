/* SPDX-License-Identifier: MIT */
/*
 * Random numbers: those of the C library that lua5.2 stands on, as part of the state.
 *
 *   words  [ x[n-31] ... x[n-1] ]  in a ring;  next number  x[n] = x[n-31] + x[n-3]
 *
 * This is glibc's rand(), so that a program which never seeds, or with a constant, makes
 * the numbers that it makes under lua5.2. A state that has drawn none has no block.
 *
 * Who may write: the run whose epoch the block carries; others copy it first (136 bytes).
 */
#ifndef MOONLET_RANDOM_H
#define MOONLET_RANDOM_H

#include <stdint.h>

enum { RANDOM_WORDS = 31, RANDOM_MAX = 0x7fffffff };

typedef struct Random {
    uint64_t epoch;
    uint32_t oldest; /* of the words: where x[n-31] is */
    uint32_t words[RANDOM_WORDS];
} Random;

/* The numbers as srand(seed) leaves them. Allocates; some 400 additions. */
Random *random_new(uint32_t seed, uint64_t epoch);
/* 0 .. RANDOM_MAX. *r is replaced by a copy if it is of another epoch, or NULL, which
 * stands for random_new(1). */
uint32_t random_next(Random **r, uint64_t epoch);

#endif
