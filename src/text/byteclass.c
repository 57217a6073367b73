/* SPDX-License-Identifier: MIT */
/*
 * The classes of bytes in patterns, and sets of bytes.
 *
 * Main invariant: classes are those of the C locale, whatever locale the process has.
 */
#include "text/byteclass.h"

#include <string.h>

#include "memory/mem.h"

/* What a byte of ASCII can be; the other half of the bytes is nothing. */
#define C CLASS_CNTRL
#define Z (C | CLASS_ZERO)
#define S CLASS_SPACE
#define B (C | S)
#define G CLASS_GRAPH
#define P (G | CLASS_PUNCT)
#define D (G | CLASS_ALNUM | CLASS_DIGIT | CLASS_HEXAL)
#define U (G | CLASS_ALNUM | CLASS_ALPHA | CLASS_UPPER)
#define L (G | CLASS_ALNUM | CLASS_ALPHA | CLASS_LOWER)
#define X (U | CLASS_HEXAL)
#define H (L | CLASS_HEXAL)
const uint16_t byteclass_table[256] = {
    Z, C, C, C, C, C, C, C, C, B, B, B, B, B, C, C, /* 00 */
    C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, /* 10 */
    S, P, P, P, P, P, P, P, P, P, P, P, P, P, P, P, /* 20 */
    D, D, D, D, D, D, D, D, D, D, P, P, P, P, P, P, /* 30 */
    P, X, X, X, X, X, X, U, U, U, U, U, U, U, U, U, /* 40 */
    U, U, U, U, U, U, U, U, U, U, U, P, P, P, P, P, /* 50 */
    P, H, H, H, H, H, H, L, L, L, L, L, L, L, L, L, /* 60 */
    L, L, L, L, L, L, L, L, L, L, L, P, P, P, P, C, /* 70 */
};

/* %z is deprecated since patterns may contain zeros. */
#define LETTER(lower, upper, class) [lower] = class, [upper] = class
const uint16_t byteclass_letters[256] = {
    LETTER('a', 'A', CLASS_ALPHA), LETTER('c', 'C', CLASS_CNTRL), LETTER('d', 'D', CLASS_DIGIT),
    LETTER('g', 'G', CLASS_GRAPH), LETTER('l', 'L', CLASS_LOWER), LETTER('p', 'P', CLASS_PUNCT),
    LETTER('s', 'S', CLASS_SPACE), LETTER('u', 'U', CLASS_UPPER), LETTER('w', 'W', CLASS_ALNUM),
    LETTER('x', 'X', CLASS_HEXAL), LETTER('z', 'Z', CLASS_ZERO),
};

/* Sets ----------------------------------------------------------------------------- */

bool byteclass_set_has(unsigned char byte, const char *p, const char *end)
{
    bool positive = true;
    end--; /* the ']' */
    p++;
    if (*p == '^') {
        positive = false;
        p++;
    }
    for (; p < end; p++) {
        if (*p == '%') {
            p++;
            if (byteclass_has(byte, (unsigned char)*p)) return positive;
        } else if (p[1] == '-' && p + 2 < end) {
            p += 2;
            if ((unsigned char)p[-2] <= byte && byte <= (unsigned char)*p) return positive;
        } else if ((unsigned char)*p == byte) {
            return positive;
        }
    }
    return !positive;
}

/* The classes as sets, in the order of their bits; bytes from 128 on are in none. */
static const uint64_t class_words[][2] = {
    {UINT64_C(0x0000000000000000), UINT64_C(0x07fffffe07fffffe)}, /* alpha */
    {UINT64_C(0x00000000ffffffff), UINT64_C(0x8000000000000000)}, /* cntrl */
    {UINT64_C(0x03ff000000000000), UINT64_C(0x0000000000000000)}, /* digit */
    {UINT64_C(0xfffffffe00000000), UINT64_C(0x7fffffffffffffff)}, /* graph */
    {UINT64_C(0x0000000000000000), UINT64_C(0x07fffffe00000000)}, /* lower */
    {UINT64_C(0xfc00fffe00000000), UINT64_C(0x78000001f8000001)}, /* punct */
    {UINT64_C(0x0000000100003e00), UINT64_C(0x0000000000000000)}, /* space */
    {UINT64_C(0x0000000000000000), UINT64_C(0x0000000007fffffe)}, /* upper */
    {UINT64_C(0x03ff000000000000), UINT64_C(0x07fffffe07fffffe)}, /* alnum */
    {UINT64_C(0x03ff000000000000), UINT64_C(0x0000007e0000007e)}, /* hexal */
    {UINT64_C(0x0000000000000001), UINT64_C(0x0000000000000000)}, /* zero */
};

static void add_byte(ByteSet *set, unsigned char byte)
{
    set->words[byte / 64] |= UINT64_C(1) << byte % 64;
}

static void add_letter(ByteSet *set, unsigned char letter)
{
    unsigned class = byteclass_of_letter(letter);
    if (!class) {
        add_byte(set, letter);
        return;
    }
    const uint64_t *words = class_words[__builtin_ctz(class)];
    uint64_t others = byteclass_is(letter, CLASS_LOWER) ? 0 : UINT64_MAX;
    for (int i = 0; i < 4; i++) set->words[i] |= (i < 2 ? words[i] : 0) ^ others;
}

void byteclass_set_build(ByteSet *set, const char *p, const char *end)
{
    uint64_t others = 0;
    *set = (ByteSet){{0, 0, 0, 0}};
    end--; /* the ']' */
    p++;
    if (*p == '^') {
        others = UINT64_MAX;
        p++;
    }
    for (; p < end; p++) {
        if (*p == '%') {
            add_letter(set, (unsigned char)*++p);
        } else if (p[1] == '-' && p + 2 < end) {
            p += 2;
            for (int c = (unsigned char)p[-2]; c <= (unsigned char)*p; c++)
                add_byte(set, (unsigned char)c);
        } else {
            add_byte(set, (unsigned char)*p);
        }
    }
    for (int i = 0; i < 4; i++) set->words[i] ^= others;
}

enum { SETS = 16, SET_TEXT = 16 }; /* sets remembered, bytes of the text of each */

/* A set by its text: the first bytes and the last ones, which overlap. Length 0: none. */
typedef struct KnownSet {
    uint64_t first, last, length;
    ByteSet set;
} KnownSet;

static uint64_t bytes_at(const char *p, size_t n)
{
    uint64_t word = 0;
    uint32_t half;
    if (n < sizeof word)
        memcpy(&half, p, sizeof half), word = half;
    else
        memcpy(&word, p, sizeof word);
    return word;
}

const ByteSet *byteclass_set_of(const char *p, const char *end)
{
    static MEM_THREAD KnownSet known[SETS];
    static MEM_THREAD ByteSet other;
    size_t length = (size_t)(end - p);
    if (length < sizeof(uint32_t) || length > SET_TEXT) {
        byteclass_set_build(&other, p, end);
        return &other;
    }
    size_t n = length < sizeof(uint64_t) ? sizeof(uint32_t) : sizeof(uint64_t);
    uint64_t first = bytes_at(p, n), last = bytes_at(end - n, n);
    uint64_t mixed = (first ^ last * 31 ^ length) * UINT64_C(0x9e3779b97f4a7c15);
    KnownSet *k = &known[mixed >> 32 & (SETS - 1)];
    if (k->first != first || k->last != last || k->length != length) {
        *k = (KnownSet){first, last, length, {{0, 0, 0, 0}}};
        byteclass_set_build(&k->set, p, end);
    }
    return &k->set;
}
