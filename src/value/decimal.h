/* SPDX-License-Identifier: MIT */
/*
 * Doubles as decimal digits, exactly: what C's printf gives for %.Pf and %.Pg, for the
 * numbers that programs print, without its price.
 *
 *   d = m * 2^e     q = d * 10^k, rounded to an integer, half to even
 *
 * 128 bits hold m * 10^k for 0 <= k <= 22, and whole numbers below 2^128, so that q is
 * found by one multiplication and a shift, or one division. Numbers too large, too small
 * or wanted too precisely for that are refused: printf must do them.
 *
 * The functions take a finite d >= 0 and write no sign, no NUL; they answer the length, 0
 * for a refusal. The point is a point in every locale. O(1), nothing is allocated.
 */
#ifndef MOONLET_DECIMAL_H
#define MOONLET_DECIMAL_H

#include <stddef.h>

enum { DECIMAL_TEXT_MAX = 48, DECIMAL_POWER_MAX = 22, DECIMAL_DIGITS_MAX = 17 };

/* %.Pf for 0 <= P; refused when d * 10^P >= 2^63 or P > DECIMAL_POWER_MAX. */
size_t decimal_fixed(double d, int precision, char out[DECIMAL_TEXT_MAX]);
/* %.Pg; refused when P > DECIMAL_DIGITS_MAX, and far from 1. */
size_t decimal_general(double d, int precision, char out[DECIMAL_TEXT_MAX]);

#endif
