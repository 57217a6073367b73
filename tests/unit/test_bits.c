/* SPDX-License-Identifier: MIT */
/* Numbers as integers, and bit32's operations. */
#include "text/bits.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

START_TEST(integers_are_truncated)
{
    ck_assert_int_eq(bits_integer(3.99), 3);
    ck_assert_int_eq(bits_integer(-3.99), -3);
    ck_assert_int_eq(bits_integer(-0x1p63), INT64_MIN);
    ck_assert_int_eq(bits_integer(0x1p62), (int64_t)1 << 62);
}
END_TEST

START_TEST(what_does_not_fit_is_the_least_integer)
{
    ck_assert_int_eq(bits_integer(0x1p63), INT64_MIN);
    ck_assert_int_eq(bits_integer(-1e300), INT64_MIN);
    ck_assert_int_eq(bits_integer(NAN), INT64_MIN);
    ck_assert_int_eq(bits_integer(INFINITY), INT64_MIN);
}
END_TEST

START_TEST(int_is_the_low_half)
{
    ck_assert_int_eq(bits_int(-1), -1);
    ck_assert_int_eq(bits_int(0x1p31), INT32_MIN);
    ck_assert_int_eq(bits_int(0x1p31 - 1), INT32_MAX);
    ck_assert_int_eq(bits_int(0x1p32 + 5), 5);
    ck_assert_int_eq(bits_int(1e300), 0);
}
END_TEST

START_TEST(unsigned_is_rounded_half_to_even)
{
    ck_assert_uint_eq(bits_unsigned(2.5), 2);
    ck_assert_uint_eq(bits_unsigned(3.5), 4);
    ck_assert_uint_eq(bits_unsigned(-0.5), 0);
    ck_assert_uint_eq(bits_unsigned(-1), UINT32_MAX);
    ck_assert_uint_eq(bits_unsigned(0x1p32 + 7), 7);
    ck_assert_uint_eq(bits_unsigned(-0x1p50 - 1), UINT32_MAX);
    ck_assert_uint_eq(bits_unsigned(NAN), 0);
    ck_assert_uint_eq(bits_unsigned(INFINITY), 0);
}
END_TEST

START_TEST(shifts)
{
    ck_assert_uint_eq(bits_shift_left(1, 31), 0x80000000u);
    ck_assert_uint_eq(bits_shift_left(1, 32), 0);
    ck_assert_uint_eq(bits_shift_left(0x80000000u, -31), 1);
    ck_assert_uint_eq(bits_shift_left(0x80000000u, -32), 0);
    ck_assert_uint_eq(bits_shift_right(0xf0, 4), 0xf);
    ck_assert_uint_eq(bits_shift_right(0xf, -4), 0xf0);
    ck_assert_uint_eq(bits_shift_right(1, INT32_MIN), 0);
}
END_TEST

START_TEST(arithmetic_shift_copies_the_sign)
{
    ck_assert_uint_eq(bits_shift_arithmetic(0x80000000u, 4), 0xf8000000u);
    ck_assert_uint_eq(bits_shift_arithmetic(0x80000000u, 31), UINT32_MAX);
    ck_assert_uint_eq(bits_shift_arithmetic(0x80000000u, 100), UINT32_MAX);
    ck_assert_uint_eq(bits_shift_arithmetic(0x70000000u, 4), 0x07000000u);
    ck_assert_uint_eq(bits_shift_arithmetic(0xc0000000u, -1), 0x80000000u);
    ck_assert_uint_eq(bits_shift_arithmetic(0x80000001u, 0), 0x80000001u);
}
END_TEST

START_TEST(rotation)
{
    ck_assert_uint_eq(bits_rotate_left(0x80000001u, 1), 3);
    ck_assert_uint_eq(bits_rotate_left(0x80000001u, -1), 0xc0000000u);
    ck_assert_uint_eq(bits_rotate_left(0x12345678u, 32), 0x12345678u);
    ck_assert_uint_eq(bits_rotate_left(0x12345678u, -36), bits_rotate_left(0x12345678u, 28));
}
END_TEST

START_TEST(fields)
{
    ck_assert_uint_eq(bits_extract(0x12345678u, 4, 8), 0x67);
    ck_assert_uint_eq(bits_extract(0x12345678u, 0, 32), 0x12345678u);
    ck_assert_uint_eq(bits_replace(0x12345678u, 0xfab, 4, 8), 0x12345ab8u);
    ck_assert_uint_eq(bits_replace(1, 0xffffffffu, 0, 32), 0xffffffffu);
}
END_TEST

START_TEST(fields_that_do_not_exist)
{
    ck_assert_int_eq(bits_check_field(0, 32), BITS_OK);
    ck_assert_int_eq(bits_check_field(31, 1), BITS_OK);
    ck_assert_ptr_null(bits_fault_text(BITS_OK));
    ck_assert_str_eq(bits_fault_text(bits_check_field(-1, 0)), "field cannot be negative");
    ck_assert_str_eq(bits_fault_text(bits_check_field(1, 0)), "width must be positive");
    ck_assert_str_eq(bits_fault_text(bits_check_field(31, 2)),
                     "trying to access non-existent bits");
    ck_assert_int_eq(bits_check_field(INT32_MAX, INT32_MAX), BITS_BAD_RANGE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bits");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, integers_are_truncated);
    tcase_add_test(tests, what_does_not_fit_is_the_least_integer);
    tcase_add_test(tests, int_is_the_low_half);
    tcase_add_test(tests, unsigned_is_rounded_half_to_even);
    tcase_add_test(tests, shifts);
    tcase_add_test(tests, arithmetic_shift_copies_the_sign);
    tcase_add_test(tests, rotation);
    tcase_add_test(tests, fields);
    tcase_add_test(tests, fields_that_do_not_exist);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
