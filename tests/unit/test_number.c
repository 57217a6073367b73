/* SPDX-License-Identifier: MIT */
/* Numbers as text: against PUC Lua's rules on top of the C library, and exact cases. */
#include "value/number.h"

#include "memory/mem.h"
#include "model.h"

#include <check.h>
#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* luaO_str2d of PUC Lua 5.2, with strtod's hexadecimal numbers. */
static bool parse_as_puc(const char *s, size_t length, double *out)
{
    char *end;
    if (strpbrk(s, "nN")) return false;
    *out = strtod(s, &end);
    if (end == s) return false;
    while (isspace((unsigned char)*end)) end++;
    return end == s + length;
}

static void check_parse(const char *s, size_t length)
{
    double ours = 0, theirs = 0;
    bool ok = number_parse(s, length, &ours);
    bool expected = parse_as_puc(s, length, &theirs);
    if (ok != expected || (ok && memcmp(&ours, &theirs, sizeof ours) != 0))
        ck_abort_msg("'%s': %d %.17g, expected %d %.17g", s, ok, ours, expected, theirs);
}

static const char *const texts[] = {
    "0",
    "-0",
    "1",
    "  12  ",
    "\t\n\v\f\r7 ",
    "+5",
    "-5",
    "--5",
    "- 5",
    "+-5",
    "",
    " ",
    ".",
    ".5",
    "5.",
    "-.5",
    "5..",
    "5.5.5",
    "1e5",
    "1E5",
    "1e+5",
    "1e-5",
    "1e",
    "1e+",
    "1e5.5",
    "e5",
    ".e5",
    "5.e5",
    ".5e5",
    "1e400",
    "-1e400",
    "1e-400",
    "1e99999999",
    "1e-9999999",
    "0e999999999999999999999",
    "0x",
    "0X10",
    "0x10",
    "-0x10",
    "+0xA",
    "0xg",
    "0x.8",
    "0x8.",
    "0x.",
    "0x1.8p3",
    "0x1p",
    "0x1p+",
    "0x1p-3",
    "0xp3",
    "0x1P4",
    "0x1e5",
    "1p5",
    "0x1.8p-1074",
    "0x1p1024",
    "0x1p-1075",
    "0x1.8p-1075",
    "0x0.000001p-1060",
    "inf",
    "nan",
    "infinity",
    "INF",
    "NaN",
    "0xinf",
    "1 2",
    "1a",
    "1_0",
    "1,5",
    "1.5f",
    "1e5 x",
    "0x1.fffffffffffff8p0",
    "0x1.fffffffffffff7fffffffffp0",
    "0x123456789abcdef0123456789abcdef",
    "9007199254740993",
    "9007199254740992.99999",
    "123456789012345678901234567890",
    "2.2250738585072011e-308",
    "2.2250738585072014e-308",
    "4.9e-324",
    "2.4703282292062327e-324",
    "2.4703282292062328e-324",
    "1.7976931348623157e308",
    "1.7976931348623159e308",
    "0.1",
    "1e22",
    "1e23",
    "123456789012345e22",
    "999999999999999e22",
    "8.5e-22",
    "00000000000000000000000000001",
    "0.0000000000000000000000000000001",
    "1e0000000000000000005",
    "100000000000000000000000e-23",
    "0x00000000000000000001",
};

START_TEST(numerals_are_read_as_puc_reads_them)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check_parse(texts[i], strlen(texts[i]));
}
END_TEST

START_TEST(a_nul_is_no_part_of_a_number)
{
    double d;
    ck_assert(!number_parse("1\0", 2, &d));
    ck_assert(!number_parse("\0"
                            "1",
                            2, &d));
    ck_assert(!number_parse("1\0"
                            "2",
                            3, &d));
}
END_TEST

START_TEST(only_the_given_length_is_read)
{
    double d;
    ck_assert(number_parse("123456", 3, &d) && d == 123);
    ck_assert(number_parse("1e5", 1, &d) && d == 1);
    ck_assert(!number_parse("1e5", 2, &d));
    ck_assert(!number_parse("0x5", 2, &d));
}
END_TEST

START_TEST(random_texts)
{
    static const char alphabet[] = "00112589.eE+-xXpPaf  n";
    Random random = {7};
    for (int i = 0; i < 400000; i++) {
        char s[24];
        uint32_t n = random_below(&random, 10);
        for (uint32_t k = 0; k < n; k++)
            s[k] = alphabet[random_below(&random, sizeof alphabet - 1)];
        s[n] = 0;
        check_parse(s, n);
    }
}
END_TEST

static double random_double(Random *random)
{
    uint64_t bits = random_word(random);
    double d;
    memcpy(&d, &bits, sizeof d);
    return isfinite(d) ? d : 1.5;
}

START_TEST(random_doubles_come_back)
{
    Random random = {9};
    for (int i = 0; i < 100000; i++) {
        double d = random_double(&random), back;
        char s[64];
        static const char *const formats[] = {"%.17g", "%a", "%.20e", "%.13e", "%.5f"};
        snprintf(s, sizeof s, formats[i % 4], d);
        check_parse(s, strlen(s));
        if (i % 4 == 3) continue;
        must(number_parse(s, strlen(s), &back) && back == d);
    }
}
END_TEST

START_TEST(long_numerals)
{
    Random random = {11};
    static char s[5000];
    for (int i = 0; i < 2000; i++) {
        uint32_t n = 700 + random_below(&random, 3000), point = random_below(&random, n);
        bool hex = i % 5 == 0;
        uint32_t start = hex ? 2 : 0;
        memcpy(s, "0x", 2);
        for (uint32_t k = start; k < n; k++)
            s[k] = (char)('0' + (random_below(&random, 3) ? 0 : random_below(&random, 10)));
        s[start + point] = '.';
        if (start + point >= n) n = start + point + 1;
        n += (uint32_t)sprintf(s + n, "%c%d", hex ? 'p' : 'e',
                               (int)random_below(&random, 4000) - 2000);
        check_parse(s, n);
    }
    /* half way between two doubles, but for a digit far away */
    memset(s, '0', sizeof s);
    memcpy(s, "9007199254740993.", 17);
    check_parse(s, (s[4000] = 0, 4000));
    s[3999] = '1';
    check_parse(s, 4000);
}
END_TEST

START_TEST(bases)
{
    double d;
    ck_assert(number_parse_base("ff", 2, 16, &d) && d == 255);
    ck_assert(number_parse_base(" -Zz ", 5, 36, &d) && d == -1295);
    ck_assert(number_parse_base("+1010", 5, 2, &d) && d == 10);
    ck_assert(number_parse_base("1"
                                "0000000000000000000",
                                20, 10, &d) &&
              d == 1e19);
    ck_assert(!number_parse_base("12", 2, 2, &d));
    ck_assert(!number_parse_base("", 0, 10, &d));
    ck_assert(!number_parse_base("-", 1, 10, &d));
    ck_assert(!number_parse_base("1 1", 3, 10, &d));
    ck_assert(!number_parse_base("1.0", 3, 10, &d));
    ck_assert(!number_parse_base("1\0", 2, 10, &d));
    ck_assert(!number_parse_base("{", 1, 36, &d));
    ck_assert(number_parse_base("-0", 2, 10, &d) && signbit(d));
}
END_TEST

static void check_format(double d)
{
    char ours[NUMBER_TEXT_MAX], theirs[64];
    size_t n = number_format(d, ours);
    snprintf(theirs, sizeof theirs, "%.14g", d);
    must(n == strlen(ours));
    if (strcmp(ours, theirs) != 0) ck_abort_msg("%s, expected %s", ours, theirs);
}

/* Numbers of all sizes that "%g" writes without exponent, many near rounding limits. */
static double random_fraction(Random *random)
{
    static const double powers[] = {1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1,    10,   100,  1e3, 1e4,
                                    1e5,  1e6,  1e7,  1e8,  1e9, 1e10, 1e11, 1e12, 1e13};
    double power = powers[random_below(random, sizeof powers / sizeof *powers)];
    double digits = (double)(random_word(random) >> 14) / (double)((uint64_t)1 << 50);
    switch (random_below(random, 4)) {
    case 0: return power * digits;
    case 1: return power - power * 1e-14 * digits;
    case 2: return power * (1 + digits * 1e-13);
    default: return floor(digits * 1000) / 8 + power / 64; /* exact ties */
    }
}

START_TEST(formats_as_the_c_library)
{
    static const double some[] = {0.0,
                                  -0.0,
                                  1,
                                  -1,
                                  10,
                                  123,
                                  0.1,
                                  1e14,
                                  -1e14,
                                  1e15,
                                  1e13,
                                  1e100,
                                  1e-5,
                                  1e-4,
                                  99999999999999,
                                  99999999999999.9,
                                  -99999999999999,
                                  100000000000001,
                                  INFINITY,
                                  -INFINITY,
                                  3.14159265358979,
                                  0x1p53,
                                  0x1p63,
                                  -0x1p63,
                                  0x1p64,
                                  5e-324,
                                  1.7976931348623157e308,
                                  0.5,
                                  -0.5};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) check_format(some[i]);
    check_format((double)NAN);
    check_format(-(double)NAN);
    Random random = {3};
    for (int i = 0; i < 100000; i++) {
        check_format(random_double(&random));
        check_format((double)(int64_t)random_word(&random));
        check_format((double)(int32_t)random_word(&random));
        check_format((double)(int32_t)random_word(&random) / 1000);
        check_format(random_fraction(&random));
    }
}
END_TEST

/* Any locale with a comma will do; without one the test is of the C locale again. */
START_TEST(a_point_in_every_locale)
{
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "ps_AF.UTF-8"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (setlocale(LC_NUMERIC, names[i])) break;
    char text[NUMBER_TEXT_MAX];
    double d;
    number_format(1234567.5, text);
    ck_assert_str_eq(text, "1234567.5");
    number_format(1.5e300, text);
    ck_assert_str_eq(text, "1.5e+300");
    ck_assert(number_parse("1.25", 4, &d) && d == 1.25);
    ck_assert(number_parse("1.2345678901234567890e5", 23, &d) && d == 123456.78901234567);
    ck_assert(number_parse("0x1.8", 5, &d) && d == 1.5);
    ck_assert(!number_parse("1,25", 4, &d));
    setlocale(LC_NUMERIC, "C");
}
END_TEST

START_TEST(values_as_numbers)
{
    double d;
    ck_assert(value_to_number(value_number(7), &d) && d == 7);
    ck_assert(value_to_number(string_value(string_from_c(" 0x10 ")), &d) && d == 16);
    ck_assert(!value_to_number(string_value(string_from_c("x")), &d));
    ck_assert(!value_to_number(V_NIL, &d) && !value_to_number(V_TRUE, &d));
    String *s = number_to_string(-12.5);
    ck_assert(s->length == 5 && memcmp(s->data, "-12.5", 5) == 0);
}
END_TEST

START_TEST(modulo_and_power)
{
    ck_assert(number_mod(5, 3) == 2 && number_mod(-5, 3) == 1 && number_mod(5, -3) == -1);
    ck_assert(number_mod(5.5, 2) == 1.5 && isnan(number_mod(1, 0)));
    ck_assert(isnan(number_mod(INFINITY, 2)) && isnan(number_mod(1, INFINITY)));
    ck_assert(number_pow(2, 10) == 1024 && number_pow(4, 0.5) == 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("number");
    TCase *tc = tcase_create("number");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, mem_init, NULL);
    tcase_add_test(tc, numerals_are_read_as_puc_reads_them);
    tcase_add_test(tc, a_nul_is_no_part_of_a_number);
    tcase_add_test(tc, only_the_given_length_is_read);
    tcase_add_test(tc, random_texts);
    tcase_add_test(tc, random_doubles_come_back);
    tcase_add_test(tc, long_numerals);
    tcase_add_test(tc, bases);
    tcase_add_test(tc, formats_as_the_c_library);
    tcase_add_test(tc, a_point_in_every_locale);
    tcase_add_test(tc, values_as_numbers);
    tcase_add_test(tc, modulo_and_power);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
