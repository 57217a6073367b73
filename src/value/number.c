/* SPDX-License-Identifier: MIT */
/*
 * Numbers as text; see number.h.
 *
 * Reading: the text is checked against the grammar here, and its digits are collected
 * without the point, which becomes part of the exponent:
 *
 *   " -12.50e3 "  ->  digits "1250", exponent 3 - 2  ->  -1250e1
 *
 * Up to 15 digits with a small exponent are converted exactly by one multiplication or
 * division; the others go to strtod, which thus never sees a point and does not
 * depend on the locale. Digits beyond those that can matter become one sticky 1.
 *
 * Main invariant: a text is a number in every locale or in none, and gives the double that is
 * nearest to it.
 */
#include "value/number.h"

#include "value/decimal.h"
#include "value/libm.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define INLINE inline __attribute__((always_inline))

enum {
    DIGITS_MAX = 780,      /* 767 decide on any double; more only as "not 0" */
    DIGITS_EXACT = 15,     /* any integer of so many digits is a double */
    HEX_EXACT = 13,        /* the same for hexadecimal digits */
    POWER_EXACT = 22,      /* 10^22 is the last power of ten that is a double */
    EXPONENT_MAX = 1000000 /* beyond any double, even with DIGITS_MAX digits */
};

typedef struct Digits {
    char text[DIGITS_MAX + 32];
    int base;
    int count;        /* digits collected, leading zeros not counted */
    int64_t exponent; /* in digits */
    int64_t written;  /* what follows e, or p: in decimal digits, in bits */
    bool any, sticky; /* saw a digit at all; dropped one that was not 0 */
} Digits;

static bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* Value of a digit or letter, 36 for anything else. */
static int digit_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'z' ? c - 'a' + 10 : 36;
}

enum { BYTE_WORK = 8 }; /* reading a byte of a numeral takes as long as copying so many */

/* Pays for the bytes that were read. */
static inline void pay(const char *from, const char *to)
{
    mem_work((size_t)(to - from) * BYTE_WORK);
}

/* A number is read in pieces, after which one looks whether it is still wanted; one that is not
 * long in a single piece. Who gives up reads no more, and then that is no number. */
enum { PIECE = MEM_LONG / BYTE_WORK };

static INLINE const char *piece_end(const char *s, const char *end, bool is_long)
{
    return is_long && end - s > PIECE ? s + PIECE : end;
}

static INLINE bool has_more(const char *s, const char *stop, const char *end, bool is_long)
{
    return is_long && s == stop && stop != end && !mem_gives_up();
}

static INLINE const char *skip_blanks(const char *s, const char *end, bool is_long)
{
    const char *first = s, *stop;
    do {
        stop = piece_end(s, end, is_long);
        while (s < stop && is_blank(*s)) s++;
    } while (has_more(s, stop, end, is_long));
    pay(first, s);
    return s;
}

static INLINE const char *read_piece(const char *s, const char *end, int scale, Digits *d)
{
    for (; s < end && digit_value(*s) < d->base; s++) {
        d->any = true;
        d->exponent += scale;
        if (*s == '0' && !d->count) continue;
        if (d->count < DIGITS_MAX) {
            d->text[d->count++] = *s;
        } else {
            d->exponent++;
            d->sticky |= *s != '0';
        }
    }
    return s;
}

/* Digits from s on; `scale` is what each adds to the exponent if it is kept. */
static INLINE const char *read_digits(const char *s, const char *end, int scale, Digits *d,
                                      bool is_long)
{
    const char *first = s, *stop;
    do {
        stop = piece_end(s, end, is_long);
        s = read_piece(s, stop, scale, d);
    } while (has_more(s, stop, end, is_long));
    pay(first, s);
    return s;
}

/* The exponent after its letter; NULL when there is no digit. */
static const char *read_exponent(const char *s, const char *end, int64_t *exponent)
{
    const char *first = s;
    bool negative = s < end && *s == '-';
    if (s < end && (*s == '-' || *s == '+')) s++;
    if (s == end || digit_value(*s) > 9) return NULL;
    int64_t e = 0;
    for (; s < end && digit_value(*s) <= 9; s++)
        if (e < INT64_MAX / 16) e = e * 10 + digit_value(*s);
    pay(first, s);
    *exponent = negative ? -e : e;
    return s;
}

/* The exponent of the last digit in powers of the numeral's exponent letter. */
static int total_exponent(const Digits *d)
{
    int64_t e = (d->base == 16 ? d->exponent * 4 : d->exponent) + d->written;
    if (e > EXPONENT_MAX) return EXPONENT_MAX;
    return e < -EXPONENT_MAX ? -EXPONENT_MAX : (int)e;
}

static double convert_slow(Digits *d)
{
    char text[DIGITS_MAX + 32];
    if (d->sticky) {
        d->text[d->count++] = '1';
        d->exponent--;
    }
    snprintf(text, sizeof text, "%s%.*s%c%d", d->base == 16 ? "0x" : "", d->count, d->text,
             d->base == 16 ? 'p' : 'e', total_exponent(d));
    return strtod(text, NULL);
}

static double convert(Digits *d)
{
    static const double powers[POWER_EXACT + 1] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (!d->count) return 0;
    if (d->count > (d->base == 16 ? HEX_EXACT : DIGITS_EXACT)) return convert_slow(d);
    int64_t whole = 0;
    for (int i = 0; i < d->count; i++) whole = whole * d->base + digit_value(d->text[i]);
    int e = total_exponent(d);
    if (e == 0) return (double)whole;
    if (d->base == 16) return ldexp((double)whole, e);
    if (e > POWER_EXACT || e < -POWER_EXACT) return convert_slow(d);
    return e > 0 ? (double)whole * powers[e] : (double)whole / powers[-e];
}

/* A numeral without sign; NULL if there is none. */
static INLINE const char *read_numeral(const char *s, const char *end, double *out,
                                       bool is_long)
{
    Digits d;
    bool hex = end - s > 2 && s[0] == '0' && (s[1] | 0x20) == 'x';
    d.base = hex ? 16 : 10;
    d.count = 0;
    d.exponent = d.written = 0;
    d.any = d.sticky = false;
    s = read_digits(hex ? s + 2 : s, end, 0, &d, is_long);
    if (s < end && *s == '.') s = read_digits(s + 1, end, -1, &d, is_long);
    if (!d.any) return NULL;
    if (s < end && (*s | 0x20) == (hex ? 'p' : 'e')) {
        s = read_exponent(s + 1, end, &d.written);
        if (!s) return NULL;
    }
    *out = convert(&d);
    return s;
}

static INLINE bool parse(const char *text, size_t length, double *out, bool is_long)
{
    const char *s = text, *end = text + length;
    s = skip_blanks(s, end, is_long);
    bool negative = s < end && *s == '-';
    if (s < end && (*s == '-' || *s == '+')) s++;
    double d;
    s = read_numeral(s, end, &d, is_long);
    if (!s) return false;
    s = skip_blanks(s, end, is_long);
    if (s != end) return false;
    *out = negative ? -d : d;
    return true;
}

static __attribute__((noinline)) bool parse_long(const char *text, size_t length, double *out)
{
    return parse(text, length, out, true);
}

bool number_parse(const char *text, size_t length, double *out)
{
    return length > PIECE ? parse_long(text, length, out) : parse(text, length, out, false);
}

bool number_parse_base(const char *text, size_t length, int base, double *out)
{
    const char *s = text, *end = text + length;
    s = skip_blanks(s, end, true);
    bool negative = s < end && *s == '-';
    if (s < end && (*s == '-' || *s == '+')) s++;
    const char *digits = s, *stop;
    double d = 0;
    do {
        stop = piece_end(s, end, true);
        for (; s < stop && digit_value(*s) < base; s++) d = d * base + digit_value(*s);
    } while (has_more(s, stop, end, true));
    pay(digits, s);
    if (s == digits) return false;
    s = skip_blanks(s, end, true);
    if (s != end) return false;
    *out = negative ? -d : d;
    return true;
}

static size_t format_integer(int64_t i, char out[NUMBER_TEXT_MAX])
{
    char digits[24];
    size_t n = 0, length = 0;
    uint64_t u = (uint64_t)(i < 0 ? -i : i);
    do {
        digits[n++] = (char)('0' + u % 10);
        u /= 10;
    } while (u);
    if (i < 0) out[length++] = '-';
    while (n) out[length++] = digits[--n];
    out[length] = 0;
    return length;
}

/* A point is a point in every locale. */
static size_t normalise_point(char *out, size_t length)
{
    size_t i = 0, n = 0;
    while (i < length && strchr("+-0123456789", out[i])) i++;
    if (i == length || out[i] == '.' || out[i] == 'e') return length;
    while (i + n < length && !strchr("e0123456789", out[i + n])) n++;
    out[i] = '.';
    memmove(out + i + 1, out + i + n, length - i - n + 1);
    return length - n + 1;
}

size_t number_format(double d, char out[NUMBER_TEXT_MAX])
{
    char digits[DECIMAL_TEXT_MAX];
    if (d > -1e14 && d < 1e14 && d == (double)(int64_t)d && (d != 0 || !signbit(d)))
        return format_integer((int64_t)d, out);
    if (!isfinite(d)) {
        const char *text = isnan(d) ? "-nan" : "-inf";
        text += !signbit(d);
        memcpy(out, text, strlen(text) + 1);
        return strlen(text);
    }
    size_t sign = signbit(d) != 0, length = decimal_general(fabs(d), 14, digits);
    if (!length)
        return normalise_point(out, (size_t)snprintf(out, NUMBER_TEXT_MAX, "%.14g", d));
    out[0] = '-';
    memcpy(out + sign, digits, length);
    out[sign + length] = 0;
    return sign + length;
}

size_t number_format_exact(double d, char out[NUMBER_TEXT_MAX])
{
    size_t length = number_format(d, out);
    double back;
    for (int digits = 15; digits <= 17; digits++) {
        if (number_parse(out, length, &back) && back == d) break;
        length = (size_t)snprintf(out, NUMBER_TEXT_MAX, "%.*g", digits, d);
        length = normalise_point(out, length);
    }
    return length;
}

String *number_to_string(double d)
{
    char text[NUMBER_TEXT_MAX];
    return string_new(text, number_format(d, text));
}

bool value_to_number_slow(Value v, double *out)
{
    if (value_is_number(v)) {
        *out = value_to_double(v);
        return true;
    }
    if (!value_is_string(v)) return false;
    const String *s = value_string(v);
    return number_parse(s->data, s->length, out);
}

double number_mod(double a, double b) { return a - floor(a / b) * b; }
double number_pow(double a, double b) { return libm()->pow(a, b); }
