/* SPDX-License-Identifier: MIT */
/* Classes and sets of bytes: as <ctype.h> has them in the C locale, and the two ways to
 * ask about a set agree. */
#include "text/byteclass.h"

#include <check.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

START_TEST(classes_are_those_of_the_c_locale)
{
    static const struct {
        char letter;
        int (*is)(int c);
    } classes[] = {{'a', isalpha}, {'c', iscntrl}, {'d', isdigit}, {'g', isgraph},
                   {'l', islower}, {'p', ispunct}, {'s', isspace}, {'u', isupper},
                   {'w', isalnum}, {'x', isxdigit}};
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        unsigned char letter = (unsigned char)classes[i].letter;
        for (int c = 0; c < 256; c++) {
            bool inside = classes[i].is(c) != 0;
            ck_assert_int_eq(byteclass_has((unsigned char)c, letter), inside);
            ck_assert_int_eq(byteclass_has((unsigned char)c, (unsigned char)toupper(letter)),
                             !inside);
        }
    }
}
END_TEST

START_TEST(other_letters_are_themselves)
{
    for (int letter = 0; letter < 256; letter++) {
        if (strchr("acdglpsuwxz", tolower(letter)) && letter) continue;
        ck_assert_uint_eq(byteclass_of_letter((unsigned char)letter), 0);
        ck_assert(byteclass_has((unsigned char)letter, (unsigned char)letter));
        ck_assert(!byteclass_has((unsigned char)(letter + 1), (unsigned char)letter));
    }
    ck_assert(byteclass_has(0, 'z') && !byteclass_has('0', 'z'));
    ck_assert(!byteclass_has(0, 'Z') && byteclass_has('0', 'Z'));
}
END_TEST

static void check_set(const char *set, size_t length)
{
    ByteSet built;
    byteclass_set_build(&built, set, set + length);
    int same = 0;
    for (int c = 0; c < 256; c++) {
        bool has = byteclass_set_has((unsigned char)c, set, set + length);
        same += byteclass_in(&built, (unsigned char)c) == has;
    }
    ck_assert_msg(same == 256, "the two disagree about %.*s", (int)length, set);
    for (int again = 0; again < 2; again++)
        ck_assert_msg(!memcmp(byteclass_set_of(set, set + length), &built, sizeof built),
                      "what is remembered disagrees about %.*s", (int)length, set);
}

START_TEST(chosen_sets)
{
    static const char *const sets[] = {
        "[a]",     "[^a]",     "[abc]",      "[a-z]",     "[^a-z]", "[%a]",   "[%A]",
        "[^%a]",   "[^%A_]",   "[%w_.-]",    "[]]",       "[^]]",   "[]-a]",  "[a-]",
        "[-a]",    "[a%-z]",   "[%]]",       "[z-a]",     "[%a-z]", "[a-%%]", "[\x80-\xff]",
        "[^\x80]", "[%s%d%x]", "[%p%c%g%G]", "[%l%u%L%U]"};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) check_set(sets[i], strlen(sets[i]));
    check_set("[\0-\x1f]", 5);
    check_set("[^%z]", 5);
    check_set("[\0]", 3);
}
END_TEST

START_TEST(random_sets)
{
    static const char members[] = "abz%%-^]._AZ09\x80\xff\n";
    unsigned seed = 1;
    for (int i = 0; i < 20000; i++) {
        char set[16] = "[";
        size_t n = 1, length = 1 + (seed >> 8) % 10;
        for (; n <= length; n++) {
            seed = seed * 1103515245 + 12345;
            set[n] = members[(seed >> 16) % (sizeof members - 1)];
        }
        if (set[n - 1] == '%') set[n - 1] = 'x'; /* it must have something behind it */
        set[n++] = ']';
        check_set(set, n);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("byteclass");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, classes_are_those_of_the_c_locale);
    tcase_add_test(tests, other_letters_are_themselves);
    tcase_add_test(tests, chosen_sets);
    tcase_add_test(tests, random_sets);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
