/* SPDX-License-Identifier: MIT */
/*
 * Numbers as text and back, by the rules of Lua 5.2 (manual 3.1, 3.4.2): decimal
 * and hexadecimal floats, blanks around, no "inf" or "nan"; "%.14g" to print.
 */
#ifndef MOONLET_NUMBER_H
#define MOONLET_NUMBER_H

#include "value/string.h"

enum { NUMBER_TEXT_MAX = 32 };

/* Reads the number that the whole text spells. Answers false if it spells none. Allocates
 * nothing. */
bool number_parse(const char *text, size_t length, double *out);
/* Writes "%.14g" and a NUL; gives the length. Fast for integers. */
size_t number_format(double d, char out[NUMBER_TEXT_MAX]);
/* The shortest of "%.14g" to "%.17g" that reads back as the same finite number. */
size_t number_format_exact(double d, char out[NUMBER_TEXT_MAX]);
String *number_to_string(double d);
/* Reads an integer in base 2..36 as tonumber(s, base) does. Answers false if the text is
 * none. */
bool number_parse_base(const char *text, size_t length, int base, double *out);

/* Arithmetic conversion (manual 3.4.2): numbers, and strings that spell one. */
bool value_to_number_slow(Value v, double *out);
static inline bool value_to_number(Value v, double *out)
{
    if (value_is_number(v)) {
        *out = value_to_double(v);
        return true;
    }
    return value_to_number_slow(v, out);
}

/* a - floor(a/b)*b and C's pow, as the operators define them (manual 3.4.1). */
double number_mod(double a, double b);
double number_pow(double a, double b);

#endif
