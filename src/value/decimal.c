/* SPDX-License-Identifier: MIT */
/*
 * Doubles to decimal digits, in 128 bits.
 *
 * Main invariant: what is answered is exact, and rounded as printf rounds. Where 128 bits do
 * not suffice, nothing is answered.
 */
#include "value/decimal.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

__extension__ typedef unsigned __int128 Wide;

enum { MANTISSA_BITS = 53, WIDE_BITS = 128, TEN_MAX = 19 };

static const uint64_t powers[TEN_MAX + 1] = {
    1u,
    10u,
    100u,
    1000u,
    10000u,
    100000u,
    1000000u,
    10000000u,
    100000000u,
    1000000000u,
    10000000000u,
    100000000000u,
    1000000000000u,
    10000000000000u,
    100000000000000u,
    1000000000000000u,
    10000000000000000u,
    100000000000000000u,
    1000000000000000000u,
    10000000000000000000u,
};

/* d * 10^k ------------------------------------------------------------------------- */

/* m * 2^e, m an integer below 2^53. */
typedef struct Binary {
    uint64_t m;
    int e;
} Binary;

static Binary binary_of(double d)
{
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    int exponent = (int)(bits >> (MANTISSA_BITS - 1)) & 0x7ff;
    uint64_t m = bits & ((UINT64_C(1) << (MANTISSA_BITS - 1)) - 1);
    if (exponent) m |= UINT64_C(1) << (MANTISSA_BITS - 1);
    return (Binary){m, (exponent ? exponent : 1) - 1075};
}

/* Whether to round q up: the rest against a half, and q's last bit. */
static bool rounds_up(Wide rest, Wide half, uint64_t q)
{
    return rest > half || (rest == half && (q & 1));
}

/* x / 2^shift, rounded; false if it is no 63 bits. */
static bool shift_down(Wide x, int shift, uint64_t *q)
{
    if (shift >= WIDE_BITS) return *q = 0, true; /* x < 2^127 is less than half */
    Wide whole = x >> shift;
    if (whole >> 63) return false;
    *q = (uint64_t)whole;
    if (shift) *q += rounds_up(x - (whole << shift), (Wide)1 << (shift - 1), *q);
    return true;
}

static Wide ten_to(int k)
{
    return k <= TEN_MAX ? powers[k] : (Wide)powers[TEN_MAX] * powers[k - TEN_MAX];
}

static bool divide(Wide x, Wide by, uint64_t *q)
{
    Wide whole = x / by;
    if (whole >> 63) return false;
    *q = (uint64_t)whole;
    *q += rounds_up(2 * (x - whole * by), by, *q);
    return true;
}

/* d * 10^k, rounded; false if it is no 63 bits, or cannot be found here. */
static bool scale(Binary d, int k, uint64_t *q)
{
    if (k < -DECIMAL_POWER_MAX || k > DECIMAL_POWER_MAX) return false;
    if (k >= 0) {
        Wide x = d.m * ten_to(k);
        if (d.e <= 0) return shift_down(x, -d.e, q);
        if (d.e >= 63 || x >> (63 - d.e)) return false;
        return *q = (uint64_t)(x << d.e), true;
    }
    if (d.e < -MANTISSA_BITS || d.e > WIDE_BITS - 1 - MANTISSA_BITS) return false;
    return d.e < 0 ? divide(d.m, ten_to(-k) << -d.e, q)
                   : divide((Wide)d.m << d.e, ten_to(-k), q);
}

/* Digits --------------------------------------------------------------------------- */

/* Writes exactly n digits of q, with zeros in front. */
static char *put_digits(char *out, uint64_t q, int n)
{
    for (int i = n; i-- > 0; q /= 10) out[i] = (char)('0' + q % 10);
    return out + n;
}

static int count_digits(uint64_t q)
{
    int n = 1;
    while (n <= TEN_MAX && q >= powers[n]) n++;
    return n;
}

/* q / 10^places, with all the places. */
static size_t put_fixed(char *out, uint64_t q, int places)
{
    char *p = out;
    int n = count_digits(q);
    uint64_t whole = places <= TEN_MAX ? q / powers[places] : 0;
    p = put_digits(p, whole, n > places ? n - places : 1);
    if (places) {
        *p++ = '.';
        int zeros = places > TEN_MAX ? places - TEN_MAX : 0;
        memset(p, '0', (size_t)zeros);
        places -= zeros;
        p = put_digits(p + zeros, q - whole * powers[places], places);
    }
    return (size_t)(p - out);
}

size_t decimal_fixed(double d, int precision, char out[DECIMAL_TEXT_MAX])
{
    uint64_t q;
    return scale(binary_of(d), precision, &q) ? put_fixed(out, q, precision) : 0;
}

/* q has n digits, the first worth 10^exponent. */
static size_t put_exponent(char *out, uint64_t q, int n, int exponent)
{
    char *p = put_digits(out + 1, q, n);
    out[0] = out[1];
    out[1] = '.';
    if (n == 1) p = out + 1;
    *p++ = 'e';
    *p++ = exponent < 0 ? '-' : '+';
    exponent = exponent < 0 ? -exponent : exponent;
    return (size_t)(put_digits(p, (uint64_t)exponent, 2) - out);
}

/* The exponent of d's first digit when it is rounded to n digits, q; false as scale. */
static bool round_to_digits(Binary d, int n, int exponent, int *found, uint64_t *q)
{
    for (int tries = 0; tries < 3; tries++) {
        if (!scale(d, n - 1 - exponent, q)) return false;
        if (*q >= powers[n])
            exponent++;
        else if (*q < powers[n - 1])
            exponent--;
        else
            return *found = exponent, true;
    }
    return false;
}

size_t decimal_general(double d, int precision, char out[DECIMAL_TEXT_MAX])
{
    uint64_t q;
    int exponent, n = precision ? precision : 1;
    if (d == 0) return out[0] = '0', 1;
    if (n > DECIMAL_DIGITS_MAX) return 0;
    Binary b = binary_of(d);
    /* log10 of 2^(e + 52), a little too low */
    int guess = ((b.e + MANTISSA_BITS - 1) * 1233 - 1) >> 12;
    if (!round_to_digits(b, n, guess, &exponent, &q)) return 0;
    while (n > 1 && q % 10 == 0) {
        q /= 10;
        n--;
    }
    int wanted = precision ? precision : 1;
    if (exponent < -4 || exponent >= wanted) return put_exponent(out, q, n, exponent);
    if (n > exponent) return put_fixed(out, q, n - 1 - exponent);
    return (size_t)(put_digits(out, q * powers[exponent + 1 - n], exponent + 1) - out);
}
