/* SPDX-License-Identifier: MIT */
/*
 * Numbers as machine integers, by the conversions of Lua 5.2 on 64-bit machines, and
 * the operations of bit32 (manual 6.7) on them.
 *
 * PUC Lua leaves to the machine what happens to numbers that do not fit; here it is
 * defined, and as the referee has it on x86-64. Nothing allocates; everything is O(1).
 */
#ifndef MOONLET_BITS_H
#define MOONLET_BITS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* A number as the library's integer arguments take it (lua_Integer): truncated;
 * what does not fit, and NaN, is INT64_MIN. */
static inline int64_t bits_integer(double d)
{
    return d >= -0x1p63 && d < 0x1p63 ? (int64_t)d : INT64_MIN;
}

/* The number as its `int` arguments take it: the low 32 bits of that. */
static inline int32_t bits_int(double d)
{
    uint32_t low = (uint32_t)bits_integer(d);
    return low <= INT32_MAX ? (int32_t)low : (int32_t)(low - 0x80000000u) + INT32_MIN;
}

/* The number as its unsigned arguments take it, modulo 2^32: rounded to the nearest, half to
 * even. Adding 1.5 * 2^52 leaves that integer in the low bits of the mantissa;
 * outside +-2^51, where the manual promises nothing, those bits are the answer. */
static inline uint32_t bits_unsigned(double d)
{
    double shifted = d + 0x1.8p52;
    uint64_t word;
    memcpy(&word, &shifted, sizeof word);
    return (uint32_t)word;
}

/* Shifts logically, to the right when places is negative. It has 64 bits, so that -places
 * exists for any int. */
static inline uint32_t bits_shift_left(uint32_t x, int64_t places)
{
    if (places <= -32 || places >= 32) return 0;
    return places < 0 ? x >> -places : x << places;
}
static inline uint32_t bits_shift_right(uint32_t x, int64_t places)
{
    return bits_shift_left(x, -places);
}
/* Copies of the top bit come in from the left (bit32.arshift). */
uint32_t bits_shift_arithmetic(uint32_t x, int64_t places);

static inline uint32_t bits_rotate_left(uint32_t x, int64_t places)
{
    unsigned n = (unsigned)(uint64_t)places & 31;
    return n ? x << n | x >> (32 - n) : x;
}

/* What is wrong with a field of `width` bits from bit `from` on. The first two are
 * argument errors, of the field's and of the width's argument; the third is none. */
typedef enum BitsFault { BITS_OK, BITS_BAD_FROM, BITS_BAD_WIDTH, BITS_BAD_RANGE } BitsFault;

BitsFault bits_check_field(int32_t from, int32_t width);
/* A static text, as "field cannot be negative". It is NULL for BITS_OK. */
const char *bits_fault_text(BitsFault fault);

/* Both only for fields that bits_check_field approves of. */
uint32_t bits_extract(uint32_t x, int32_t from, int32_t width);
uint32_t bits_replace(uint32_t x, uint32_t v, int32_t from, int32_t width);

#endif
