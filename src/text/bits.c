/* SPDX-License-Identifier: MIT */
/*
 * The operations of bit32, on unsigned numbers of 32 bits.
 *
 * Main invariant: no shift is by the width of the type or more, which C leaves undefined.
 */
#include "text/bits.h"

#include <stddef.h>

uint32_t bits_shift_arithmetic(uint32_t x, int64_t places)
{
    bool negative = x >> 31;
    if (places < 0 || !negative) return bits_shift_right(x, places);
    if (places >= 32) return UINT32_MAX;
    return ~(~x >> places);
}

BitsFault bits_check_field(int32_t from, int32_t width)
{
    if (from < 0) return BITS_BAD_FROM;
    if (width <= 0) return BITS_BAD_WIDTH;
    return (int64_t)from + width > 32 ? BITS_BAD_RANGE : BITS_OK;
}

const char *bits_fault_text(BitsFault fault)
{
    switch (fault) {
    case BITS_OK: break;
    case BITS_BAD_FROM: return "field cannot be negative";
    case BITS_BAD_WIDTH: return "width must be positive";
    case BITS_BAD_RANGE: return "trying to access non-existent bits";
    }
    return NULL;
}

/* The lowest `width` bits, 1 <= width <= 32. */
static uint32_t bits_mask(int32_t width) { return UINT32_MAX >> (32 - width); }

uint32_t bits_extract(uint32_t x, int32_t from, int32_t width)
{
    return x >> from & bits_mask(width);
}

uint32_t bits_replace(uint32_t x, uint32_t v, int32_t from, int32_t width)
{
    uint32_t mask = bits_mask(width);
    return (x & ~(mask << from)) | (v & mask) << from;
}
