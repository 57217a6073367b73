/* SPDX-License-Identifier: MIT */
/* os.date's formats and tables, os.time's fields; in a fixed time zone. */
#define _GNU_SOURCE /* setenv */
#include "text/osdate.h"

#include "memory/mem.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static struct tm fields;
static char text[1024];

/* os.date(format, seconds), its text in `text`. */
static OsdateKind date_n(const char *format, size_t length, double seconds)
{
    Buffer out;
    size_t at, next;
    buffer_init(&out, STRING_MAX);
    OsdateKind kind = osdate_begin(format, length, seconds, &fields, &at);
    for (; kind == OSDATE_TEXT && at < length; at = next) {
        next = osdate_append(format, length, at, &fields, &out);
        if (next > at) continue;
        buffer_clear(&out);
        osdate_refuse(format, length, at, &out);
        kind = OSDATE_ERROR;
    }
    ck_assert(out.length < sizeof text);
    memcpy(text, out.data, out.length);
    text[out.length] = '\0';
    return kind;
}

static OsdateKind date(const char *format, double seconds)
{
    return date_n(format, strlen(format), seconds);
}

START_TEST(universal_and_local_time)
{
    ck_assert_int_eq(date("!%Y-%m-%d %H:%M:%S", 86400 * 365.0), OSDATE_TEXT);
    ck_assert_str_eq(text, "1971-01-01 00:00:00");
    date("%H:%M", 0);
    ck_assert_str_eq(text, "03:30");
    date("!%H", 3599.9);
    ck_assert_str_eq(text, "00");
}
END_TEST

START_TEST(text_around_conversions)
{
    date("!a%%b%dc", 0);
    ck_assert_str_eq(text, "a%b01c");
    date("!%Ex|%Od", 0);
    ck_assert_str_eq(text, "01/01/70|01");
    date("", 0);
    ck_assert_str_eq(text, "");
    date("!", 0);
    ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(every_c99_conversion_is_known)
{
    const char *all[] = {"aAbBcCdDeFgGhHIjmMnprRStTuUVwWxXyYzZ%", "cCxXyY", "deHImMSuUVwWy"};
    const char *before[] = {"", "E", "O"};
    char format[8];
    for (int i = 0; i < 3; i++) {
        for (const char *p = all[i]; *p; p++) {
            snprintf(format, sizeof format, "!%%%s%c", before[i], *p);
            ck_assert_msg(date(format, 1e9) == OSDATE_TEXT, "%s", format);
        }
    }
}
END_TEST

START_TEST(unknown_conversions)
{
    ck_assert_int_eq(date("x%Ez abc", 0), OSDATE_ERROR);
    ck_assert_str_eq(text, "invalid conversion specifier '%Ez abc'");
    ck_assert_int_eq(date("%", 0), OSDATE_ERROR);
    ck_assert_str_eq(text, "invalid conversion specifier '%'");
    ck_assert_int_eq(date("%Q", 0), OSDATE_ERROR);
    ck_assert_int_eq(date("%E", 0), OSDATE_ERROR);
    ck_assert_str_eq(text, "invalid conversion specifier '%E'");
}
END_TEST

START_TEST(a_format_is_read_in_parts)
{
    static const char format[] = "!<%d>";
    Buffer out;
    size_t at;
    buffer_init(&out, STRING_MAX);
    ck_assert_int_eq(osdate_begin(format, 5, 0, &fields, &at), OSDATE_TEXT);
    ck_assert_uint_eq(at, 1);
    ck_assert_uint_eq(at = osdate_append(format, 5, at, &fields, &out), 2);
    ck_assert_uint_eq(at = osdate_append(format, 5, at, &fields, &out), 4);
    ck_assert_uint_eq(osdate_append(format, 5, at, &fields, &out), 5);
    ck_assert_uint_eq(out.length, 4);
    ck_assert_mem_eq(out.data, "<01>", 4);
    ck_assert_uint_eq(osdate_append(format, 3, 2, &fields, &out), 2); /* no conversion */
}
END_TEST

START_TEST(a_long_format_is_kept)
{
    static char format[900];
    memset(format, 'x', sizeof format);
    format[0] = '!';
    ck_assert_int_eq(date_n(format, sizeof format, 0), OSDATE_TEXT);
    ck_assert_uint_eq(strlen(text), sizeof format - 1);
}
END_TEST

START_TEST(tables)
{
    static const int64_t expected[] = {40, 46, 1, 9, 9, 2001, 1, 252};
    static const char *const names[] = {"sec",   "min",  "hour", "day",
                                        "month", "year", "wday", "yday"};
    ck_assert_int_eq(date("!*t", 1e9), OSDATE_TABLE);
    for (int i = 0; i < OSDATE_FIELD_COUNT; i++) {
        int64_t value;
        ck_assert_str_eq(osdate_field(&fields, i, &value), names[i]);
        ck_assert_int_eq(value, expected[i]);
    }
    ck_assert_int_eq(fields.tm_isdst, 0);
    ck_assert_int_eq(date("*tx", 0), OSDATE_TEXT);
    ck_assert_str_eq(text, "*tx");
}
END_TEST

START_TEST(times_that_do_not_exist)
{
    ck_assert_int_eq(date("%c", 1e300), OSDATE_NONE);
    ck_assert_int_eq(date("!*t", 1e18), OSDATE_NONE);
    ck_assert_int_eq(date("%Q", NAN), OSDATE_NONE);
}
END_TEST

/* os.time of a table with the first n of these fields. */
static double time_of(const double *values, int n)
{
    struct tm tm = {.tm_isdst = -1};
    double seconds;
    for (int i = 0; i < OSDATE_INPUT_COUNT; i++) {
        bool given = i < n && !isnan(values[i]);
        ck_assert(osdate_set_input(&tm, i, given, given ? values[i] : 0));
    }
    return osdate_seconds(&tm, &seconds) ? seconds : NAN;
}

START_TEST(seconds_of_fields)
{
    double bare[] = {NAN, NAN, NAN, 1, 1, 2000.7};
    double full[] = {40, 46, 1, 9, 9, 2001};
    double over[] = {0, 0, 0, 32, 13, 2000};
    double last_before_1970[] = {59, 29, 3, 1, 1, 1970};
    double offset = 3.5 * 3600;
    ck_assert_double_eq(time_of(bare, 6), 946728000 - offset);
    ck_assert_double_eq(time_of(full, 6), 1e9 - offset);
    ck_assert_double_eq(time_of(over, 6), 980985600 - offset);
    ck_assert(isnan(time_of(last_before_1970, 6)));
}
END_TEST

START_TEST(missing_fields)
{
    static const char *const names[] = {"sec", "min", "hour", "day", "month", "year"};
    struct tm tm = {.tm_isdst = -1};
    for (int i = 0; i < OSDATE_INPUT_COUNT; i++) {
        ck_assert_str_eq(osdate_input_name(i), names[i]);
        ck_assert_int_eq(osdate_set_input(&tm, i, false, 0), i < 3);
    }
    ck_assert_int_eq(tm.tm_hour, 12);
    ck_assert(osdate_set_input(&tm, 4, true, -0x1p31));
    ck_assert_int_eq(tm.tm_mon, INT32_MAX);
}
END_TEST

int main(void)
{
    mem_init();
    setenv("TZ", "XST-3:30", 1);
    tzset();
    Suite *suite = suite_create("osdate");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, universal_and_local_time);
    tcase_add_test(tests, text_around_conversions);
    tcase_add_test(tests, every_c99_conversion_is_known);
    tcase_add_test(tests, unknown_conversions);
    tcase_add_test(tests, a_format_is_read_in_parts);
    tcase_add_test(tests, a_long_format_is_kept);
    tcase_add_test(tests, tables);
    tcase_add_test(tests, times_that_do_not_exist);
    tcase_add_test(tests, seconds_of_fields);
    tcase_add_test(tests, missing_fields);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
