/* SPDX-License-Identifier: MIT */
/*
 * Quick reading: values of tables, of which nearly all are numbers and strings that have come
 * before. What they are is seen without a look at where the bytes end.
 *
 * Main invariant: what is not known here, or is not as it must be, is left where it is, for
 * load_value to read or refuse. So the two agree on every value, and no byte is read behind
 * QUICK_MAX, which whoever calls has seen to be there.
 */
#ifndef MOONLET_QUICK_H
#define MOONLET_QUICK_H

#include "image/load/loader.h"

enum { QUICK_MAX = 9 }; /* bytes: a tag and a double */
#define QUICK_INLINE inline __attribute__((always_inline))

/* A number of up to three bytes. Gives where it ends, or NULL. */
static QUICK_INLINE const uint8_t *quick_number(const uint8_t *at, uint64_t *n)
{
    uint32_t a = at[0], b = at[1], c = at[2];
    const uint8_t *end = at + 1;
    *n = a & 0x7f;
    if (a >= 0x80) {
        *n |= (b & 0x7f) << 7;
        end = b - 1 < 0x7f ? at + 2 : NULL;
        if (b >= 0x80) {
            *n |= c << 14;
            end = c - 1 < 0x7f ? at + 3 : NULL;
        }
    }
    return end;
}

static inline double quick_double(const uint8_t *at)
{
    double d;
    uint64_t bits;
    memcpy(&bits, at, 8);
    bits = le64toh(bits);
    memcpy(&d, &bits, 8);
    return d;
}

/* A string that has come before. */
static QUICK_INLINE const uint8_t *quick_string(const LoadList *strings, const uint8_t *end,
                                                uint64_t number, Value *v)
{
    if (!end || number >= strings->count) return NULL;
    *v = value_object(strings->items[number]);
    return end;
}

/* Reads a value. Gives where it ends, or NULL: it is something else. */
static QUICK_INLINE const uint8_t *quick_value(const LoadList *strings, const uint8_t *at,
                                               Value *v)
{
    uint64_t n = 0;
    const uint8_t *end;
    uint8_t tag = *at++;
    if (tag >= TAG_NEAR) return quick_string(strings, at, tag - TAG_NEAR, v);
    if (tag >= TAG_SMALL) {
        *v = value_number(tag - TAG_SMALL);
        return at;
    }
    switch (tag) {
    case TAG_STRING_REF: end = quick_number(at, &n); return quick_string(strings, end, n, v);
    case TAG_INTEGER:
        end = quick_number(at, &n);
        *v = value_number((double)n);
        return end;
    case TAG_DOUBLE: *v = value_number_checked(quick_double(at)); return at + 8;
    case TAG_NIL: *v = V_NIL; return at;
    case TAG_FALSE: *v = V_FALSE; return at;
    case TAG_TRUE: *v = V_TRUE; return at;
    default: return NULL;
    }
}

/* A value has been read that lies there. */
static inline void quick_seen(const uint8_t *from, const uint8_t *end)
{
    SOURCE_SEEN(FIELD_BYTE, from, from + 1);
    if (end > from + 1)
        SOURCE_SEEN(*from == TAG_DOUBLE ? FIELD_WORD : FIELD_NUMBER, from + 1, end);
    (void)from, (void)end;
}

/* Reads up to n values, until there is something else. Gives how many. */
static inline size_t quick_values(Loader *L, Value *to, size_t n)
{
    const LoadList strings = L->strings;
    const uint8_t *at = L->in.at, *end;
    size_t i = 0;
    for (; i < n && (size_t)(L->in.end - at) >= QUICK_MAX; i++) {
        if (!(end = quick_value(&strings, at, &to[i]))) break;
        quick_seen(at, end);
        at = end;
    }
    L->in.at = at;
    return i;
}

#endif
