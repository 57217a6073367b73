/* SPDX-License-Identifier: MIT */
#include "lib/byteclass.h"

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

unsigned byteclass_of_letter(unsigned char letter)
{
    if (!byteclass_is(letter, CLASS_ALPHA)) return 0;
    switch (letter | 0x20) {
    case 'a': return CLASS_ALPHA;
    case 'c': return CLASS_CNTRL;
    case 'd': return CLASS_DIGIT;
    case 'g': return CLASS_GRAPH;
    case 'l': return CLASS_LOWER;
    case 'p': return CLASS_PUNCT;
    case 's': return CLASS_SPACE;
    case 'u': return CLASS_UPPER;
    case 'w': return CLASS_ALNUM;
    case 'x': return CLASS_HEXAL;
    case 'z': return CLASS_ZERO; /* deprecated since patterns may contain zeros */
    default: return 0;
    }
}

bool byteclass_has(unsigned char byte, unsigned char letter)
{
    unsigned class = byteclass_of_letter(letter);
    if (!class) return byte == letter;
    return byteclass_is(byte, class) == byteclass_is(letter, CLASS_LOWER);
}

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
