/* SPDX-License-Identifier: MIT */
/* Doubles as decimal digits: the same as printf, or refused; never refused where it
 * matters. */
#include "value/decimal.h"

#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char text[DECIMAL_TEXT_MAX + 1];

static const char *fixed(double d, int precision)
{
    text[decimal_fixed(d, precision, text)] = '\0';
    return text;
}

static const char *general(double d, int precision)
{
    text[decimal_general(d, precision, text)] = '\0';
    return text;
}

START_TEST(fixed_point)
{
    ck_assert_str_eq(fixed(0, 0), "0");
    ck_assert_str_eq(fixed(0, 3), "0.000");
    ck_assert_str_eq(fixed(1.5, 1), "1.5");
    ck_assert_str_eq(fixed(1234.5678, 2), "1234.57");
    ck_assert_str_eq(fixed(1e-300, 5), "0.00000");
    ck_assert_str_eq(fixed(5e-324, 22), "0.0000000000000000000000");
    ck_assert_str_eq(fixed(0.1, 18), "0.100000000000000006");
    ck_assert_str_eq(fixed(9007199254740992.0, 0), "9007199254740992");
}
END_TEST

START_TEST(halves_go_to_even)
{
    ck_assert_str_eq(fixed(0.5, 0), "0");
    ck_assert_str_eq(fixed(1.5, 0), "2");
    ck_assert_str_eq(fixed(2.5, 0), "2");
    ck_assert_str_eq(fixed(0.125, 2), "0.12");
    ck_assert_str_eq(fixed(0.375, 2), "0.38");
    ck_assert_str_eq(fixed(1.005, 2), "1.00"); /* a little less */
    ck_assert_str_eq(general(2.5, 1), "2");
    ck_assert_str_eq(general(1e22 + 4194304, 16), "1e+22");
}
END_TEST

START_TEST(shortest_of_both)
{
    ck_assert_str_eq(general(0, 14), "0");
    ck_assert_str_eq(general(100, 14), "100");
    ck_assert_str_eq(general(0.1, 14), "0.1");
    ck_assert_str_eq(general(0.1, 17), "0.10000000000000001");
    ck_assert_str_eq(general(3.14159265358979, 6), "3.14159");
    ck_assert_str_eq(general(0.0001, 6), "0.0001");
    ck_assert_str_eq(general(0.00001, 6), "1e-05");
    ck_assert_str_eq(general(123456, 6), "123456");
    ck_assert_str_eq(general(1234567, 6), "1.23457e+06");
    ck_assert_str_eq(general(999999.5, 6), "1e+06");
    ck_assert_str_eq(general(99.99, 0), "1e+02");
    ck_assert_str_eq(general(1e14, 14), "1e+14");
    ck_assert_str_eq(general(1e30, 14), "1e+30");
}
END_TEST

START_TEST(refusals)
{
    ck_assert_uint_eq(decimal_fixed(1e20, 0, text), 0);
    ck_assert_uint_eq(decimal_fixed(1, 23, text), 0);
    ck_assert_uint_eq(decimal_fixed(0.1, 22, text), 0);
    ck_assert_uint_eq(decimal_fixed(10, 18, text), 0);
    ck_assert_uint_eq(decimal_general(1e300, 14, text), 0);
    ck_assert_uint_eq(decimal_general(1e-300, 14, text), 0);
    ck_assert_uint_eq(decimal_general(5e-324, 14, text), 0);
    ck_assert_uint_eq(decimal_general(1.5, 18, text), 0);
}
END_TEST

/* Numbers of all sizes, more of those that programs print, and next to powers of 10. */
static double random_number(uint64_t (*next)(void))
{
    uint64_t r = next();
    double d;
    switch (next() % 5) {
    case 0:
        r &= INT64_MAX;
        memcpy(&d, &r, sizeof d);
        return isfinite(d) ? d : 0;
    case 1: return (double)(r % 1000000) / 100;
    case 2: return (double)(r >> next() % 64);
    case 3: return (double)(r % 100000) / (double)(1u << next() % 20);
    default:
        d = pow(10, (int)(next() % 60) - 30);
        return r & 1 ? d : nextafter(d, r & 2 ? 0 : 1);
    }
}

static uint64_t random_word(void)
{
    static uint64_t x = UINT64_C(88172645463325252);
    x ^= x << 13;
    x ^= x >> 7;
    return x ^= x << 17;
}

START_TEST(as_printf)
{
    char expected[512];
    for (int i = 0; i < 300000; i++) {
        double d = random_number(random_word);
        int precision = (int)(random_word() % 23);
        snprintf(expected, sizeof expected, "%.*f", precision, d);
        if (*fixed(d, precision)) ck_assert_str_eq(text, expected);
        precision %= 18;
        snprintf(expected, sizeof expected, "%.*g", precision, d);
        if (*general(d, precision)) ck_assert_str_eq(text, expected);
    }
}
END_TEST

START_TEST(the_usual_is_not_refused)
{
    for (int i = 0; i < 100000; i++) {
        double d = (double)(random_word() >> 12) / pow(10, (double)(random_word() % 20));
        ck_assert_uint_gt(d < 1e12 ? decimal_fixed(d, 6, text) : 1, 0);
        ck_assert_uint_gt(d == 0 || d > 1e-8 ? decimal_general(d, 14, text) : 1, 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("decimal");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, fixed_point);
    tcase_add_test(tests, halves_go_to_even);
    tcase_add_test(tests, shortest_of_both);
    tcase_add_test(tests, refusals);
    tcase_add_test(tests, as_printf);
    tcase_add_test(tests, the_usual_is_not_refused);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
