/* SPDX-License-Identifier: MIT */
/*
 * Keys that have one hash, as strangers would make them who know the process's seed: as many
 * strings, and as many numbers, as one likes.
 *
 * Strings: XXH3 takes 8 bytes as a word and mixes it in steps each of which can be undone. So
 * undoing them gives 8 bytes for each hash of 64 bits, and 2^32 of these have the same low
 * half.
 *
 * Numbers: value_hash_word(x) is 0 where bits 64 to 95 of x * K are its bits 32 to 63. For each
 * value n that these can have, x * K lies, modulo 2^96, in a range of 2^32. Such x near 2^63
 * are found by rounding in a lattice.
 */
#ifndef MOONLET_TEST_COLLIDE_H
#define MOONLET_TEST_COLLIDE_H

#include "value/string.h"

#include <math.h>

#define COLLIDE_SEED 0x6d6f6f6e6c6574u /* string.c's */
#define COLLIDE_K 0x9e3779b97f4a7c15u  /* value_hash_word's */

static inline uint64_t collide_rotate(uint64_t x, int by) { return x << by | x >> (64 - by); }

/* The i-th 8 bytes whose hash is 7. */
static inline void collide_bytes(uint32_t i, char out[8])
{
    const uint64_t secret = 0x1cad21f72c81017cu ^ 0xdb979083e96dd4deu;
    uint64_t inverse = 0x9fb21c651e98df25u, seed = COLLIDE_SEED, x = (uint64_t)i << 32 | 7;
    for (int k = 0; k < 6; k++) inverse *= 2 - 0x9fb21c651e98df25u * inverse;
    x ^= x >> 28 ^ x >> 56;
    x *= inverse;
    x ^= (x >> 35) + 8;
    x *= inverse;
    /* Rotations by 49 and 24, added: as a polynomial its 64th power is 1. */
    x ^= collide_rotate(x, 49) ^ collide_rotate(x, 24);
    x ^= collide_rotate(x, 34) ^ collide_rotate(x, 48);
    x ^= collide_rotate(x, 4) ^ collide_rotate(x, 32);
    x = collide_rotate(x, 56);
    seed ^= (uint64_t)__builtin_bswap32((uint32_t)seed) << 32;
    x ^= secret - seed;
    x = collide_rotate(x, 32); /* the first four bytes are the high half */
    memcpy(out, &x, 8);
}

typedef struct CollideLattice {
    __int128 x[2], y[2]; /* two short vectors (x, x * K modulo 2^96) */
} CollideLattice;

static inline CollideLattice collide_lattice(void)
{
    __int128 x0 = 0, y0 = (__int128)1 << 96, x1 = 1, y1 = COLLIDE_K;
    while (y1 >> 32) {
        __int128 q = y0 / y1, x = x0 - q * x1, y = y0 - q * y1;
        x0 = x1, y0 = y1, x1 = x, y1 = y;
    }
    return (CollideLattice){{x0, x1}, {y0, y1}};
}

/* The n-th number whose hash is 0; nil if there is none. Not all are different from 0. */
static inline Value collide_number(const CollideLattice *l, uint32_t n)
{
    __int128 y = ((__int128)n << 64) + ((__int128)n << 32) + ((__int128)1 << 31);
    long double x = 0x1p63L,
                det = (long double)l->x[0] * l->y[1] - (long double)l->x[1] * l->y[0];
    long double a = (x * l->y[1] - (long double)y * l->x[1]) / det;
    long double b = ((long double)y * l->x[0] - x * l->y[0]) / det;
    for (int i = -2; i <= 2; i++) {
        for (int k = -2; k <= 2; k++) {
            __int128 at =
                ((__int128)rintl(a) + i) * l->x[0] + ((__int128)rintl(b) + k) * l->x[1];
            Value v = (Value)at;
            if (at >> 64 || !value_is_number(v) || value_hash(v)) continue;
            if (value_to_double(v) == value_to_double(v)) return v;
        }
    }
    return V_NIL;
}

#endif
