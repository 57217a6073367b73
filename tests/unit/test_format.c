/* SPDX-License-Identifier: MIT */
/* string.format: every conversion, the errors of formats, and ranges. */
#include "text/format.h"

#include "memory/mem.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

static char text[2048];
static size_t text_length;

static void keep(const char *bytes, size_t n)
{
    ck_assert(n < sizeof text);
    if (n) memcpy(text, bytes, n);
    text[n] = '\0';
    text_length = n;
}

/* Formats with every conversion applied to the same argument, a string or a number.
 * `text` is the result or the error. */
static void format_all(const char *format, size_t length, const char *string, size_t n,
                       double number)
{
    Format f;
    Buffer out;
    FormatKind kind;
    buffer_init(&out, STRING_MAX);
    format_init(&f, format, length);
    while ((kind = format_next(&f)) == FORMAT_LITERAL || kind == FORMAT_CONVERSION) {
        const char *error = NULL;
        if (kind == FORMAT_LITERAL) {
            buffer_append(&out, f.literal, f.literal_length);
            continue;
        }
        switch (format_wants(&f.spec)) {
        case FORMAT_STRING: format_string(&out, &f.spec, string, n); break;
        case FORMAT_QUOTED: format_quoted(&out, string, n, 0, n); break;
        case FORMAT_NUMBER: error = format_number(&out, &f.spec, number); break;
        }
        if (error) {
            keep(error, strlen(error));
            return;
        }
    }
    if (kind == FORMAT_ERROR) {
        keep(f.error, f.error_length);
    } else {
        keep(out.data, out.length);
    }
}

static const char *number(const char *format, double n)
{
    format_all(format, strlen(format), "", 0, n);
    return text;
}

static const char *string(const char *format, const char *s)
{
    format_all(format, strlen(format), s, strlen(s), 0);
    return text;
}

START_TEST(literal_text)
{
    ck_assert_str_eq(number("", 0), "");
    ck_assert_str_eq(number("abc", 0), "abc");
    ck_assert_str_eq(number("%%", 0), "%");
    ck_assert_str_eq(number("a%%b%%%%c%d", 7), "a%b%%c7");
    format_all("a\0b", 3, "", 0, 0);
    ck_assert_uint_eq(text_length, 3);
}
END_TEST

START_TEST(integers)
{
    ck_assert_str_eq(number("%d|%i|%5d|%-5d|%05d|%+d|% d", 42),
                     "42|42|   42|42   |00042|+42| 42");
    ck_assert_str_eq(number("%.3d|%8.3d|%.0d", -7), "-007|    -007|-7");
    ck_assert_str_eq(number("[%.0d]", 0), "[]");
    ck_assert_str_eq(number("%d", 3.99), "3");
    ck_assert_str_eq(number("%d", -3.99), "-3");
    ck_assert_str_eq(number("%d", -0x1p63), "-9223372036854775808");
    ck_assert_str_eq(number("%x|%X|%#x|%#X|%o|%#o", 255), "ff|FF|0xff|0XFF|377|0377");
    ck_assert_str_eq(number("%u", 0x1p63), "9223372036854775808");
    ck_assert_str_eq(number("%x", 0x1.fffffffffffffp63), "fffffffffffff800");
    ck_assert_str_eq(number("%u|%o", -0.9), "0|0");
}
END_TEST

START_TEST(ranges)
{
    ck_assert_str_eq(number("%d", 0x1p63), "not a number in proper range");
    ck_assert_str_eq(number("%i", -1e300), "not a number in proper range");
    ck_assert_str_eq(number("%d", NAN), "not a number in proper range");
    ck_assert_str_eq(number("%d", -INFINITY), "not a number in proper range");
    ck_assert_str_eq(number("%u", -1), "not a non-negative number in proper range");
    ck_assert_str_eq(number("%o", 0x1p64), "not a non-negative number in proper range");
    ck_assert_str_eq(number("%x", NAN), "not a non-negative number in proper range");
    ck_assert_str_eq(number("%X", INFINITY), "not a non-negative number in proper range");
}
END_TEST

START_TEST(floats)
{
    ck_assert_str_eq(number("%f|%.2f|%8.3f|%-8.1f|%+.1f|%08.2f", 1.5),
                     "1.500000|1.50|   1.500|1.5     |+1.5|00001.50");
    ck_assert_str_eq(number("%e|%E|%.0e|%#.0e", 12345),
                     "1.234500e+04|1.234500E+04|1e+04|1.e+04");
    ck_assert_str_eq(number("%g|%G|%.3g|%#g", 1e20), "1e+20|1E+20|1e+20|1.00000e+20");
    ck_assert_str_eq(number("%.14g", 0.1), "0.1");
    ck_assert_str_eq(number("%a|%A|%.1a", 1), "0x1p+0|0X1P+0|0x1.0p+0");
    ck_assert_str_eq(number("%f|%5.1f|%g", INFINITY), "inf|  inf|inf");
    ck_assert_uint_eq(strlen(number("%99.99f", -1.7976931348623157e308)), 1 + 309 + 1 + 99);
    ck_assert_str_eq(number("%.3f", -0.0), "-0.000");
}
END_TEST

START_TEST(characters)
{
    ck_assert_str_eq(number("%c|%3c|%-3c|", 65 + 256), "A|  A|A  |");
    number("%c", 0);
    ck_assert_uint_eq(text_length, 1);
    ck_assert_int_eq(text[0], 0);
    number("%3c", 1e300);
    ck_assert_uint_eq(text_length, 3);
}
END_TEST

START_TEST(strings)
{
    ck_assert_str_eq(string("%s|%5s|%-5s|%.2s|%5.1s|%.0s|%.s|", "abc"),
                     "abc|  abc|abc  |ab|    a|||");
    ck_assert_str_eq(string("%s", ""), "");
    format_all("%s|%4s|%.3s", 11, "a\0b", 3, 0);
    ck_assert_str_eq(text, "a|   a|a");
}
END_TEST

START_TEST(long_strings_stay_whole)
{
    static char bytes[300];
    memset(bytes, 'x', sizeof bytes);
    bytes[50] = '\0';
    format_all("%s", 2, bytes, 99, 0);
    ck_assert_uint_eq(text_length, 50);
    format_all("%s", 2, bytes, 100, 0);
    ck_assert_uint_eq(text_length, 100);
    format_all("%-99s", 5, bytes, sizeof bytes, 0);
    ck_assert_uint_eq(text_length, sizeof bytes);
    format_all("%.99s", 5, bytes, sizeof bytes, 0);
    ck_assert_uint_eq(text_length, 50);
    format_all("%60.s", 5, bytes, sizeof bytes, 0);
    ck_assert_uint_eq(text_length, 60);
}
END_TEST

START_TEST(quoting)
{
    ck_assert_str_eq(string("%q", "a\"b\\c\nd"), "\"a\\\"b\\\\c\\\nd\"");
    ck_assert_str_eq(string("%q", "\r\t\1772\x80"), "\"\\13\\9\\1272\x80\"");
    ck_assert_str_eq(string("%5q", "\r1\n1"), "\"\\0131\\\n1\"");
    format_all("%q", 2, "\0\0001\0", 4, 0);
    ck_assert_str_eq(text, "\"\\0\\0001\\0\"");
}
END_TEST

START_TEST(flags_without_a_meaning)
{
    ck_assert_str_eq(string("%05s|%#s|%+s|%-05s|", "x"), "    x|x|x|x    |");
    ck_assert_str_eq(number("%05c|%.3c|%#d|%+x|% u|%+o", 65), "    A|A|65|41|65|101");
    ck_assert_str_eq(number("%-+ #0x|", 8), "0x8|");
    ck_assert_str_eq(number("%-----d|", 1), "1|");
}
END_TEST

START_TEST(bad_formats)
{
    ck_assert_str_eq(number("%------d", 1), "invalid format (repeated flags)");
    ck_assert_str_eq(number("%123d", 1), "invalid format (width or precision too long)");
    ck_assert_str_eq(number("%.123d", 1), "invalid format (width or precision too long)");
    ck_assert_str_eq(number("%1.1234", 1), "invalid format (width or precision too long)");
    ck_assert_str_eq(number("%y", 1), "invalid option '%y' to 'format'");
    ck_assert_str_eq(number("%F", 1), "invalid option '%F' to 'format'");
    ck_assert_str_eq(number("%5.2ld", 1), "invalid option '%l' to 'format'");
    ck_assert_str_eq(number("x%-", 1), "invalid option '%");
    ck_assert_uint_eq(text_length, strlen("invalid option '%y' to 'format'"));
    ck_assert_mem_eq(text, "invalid option '%\0' to 'format'", text_length);
}
END_TEST

int main(void)
{
    mem_init();
    Suite *suite = suite_create("format");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, literal_text);
    tcase_add_test(tests, integers);
    tcase_add_test(tests, ranges);
    tcase_add_test(tests, floats);
    tcase_add_test(tests, characters);
    tcase_add_test(tests, strings);
    tcase_add_test(tests, long_strings_stay_whole);
    tcase_add_test(tests, quoting);
    tcase_add_test(tests, flags_without_a_meaning);
    tcase_add_test(tests, bad_formats);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
