/* SPDX-License-Identifier: MIT */
/* Lua patterns: a table of matches, the errors, classes, searching, captures, fuel. */
#include "text/pattern.h"

#include "memory/mem.h"

#include <check.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

static char text[4096];

/* "from-to" of the match (from 1, as string.find) and the captures behind it, comma
 * separated: "2-4,bc,@3" (a position); "nil"; or the error. */
static const char *describe(Matcher *m, PatternStatus status)
{
    if (status == PATTERN_NO_MATCH) return "nil";
    if (status == PATTERN_OUT_OF_FUEL) return "out of fuel";
    if (status == PATTERN_ERROR) return m->error;
    char *p = text + sprintf(text, "%zu-%zu", m->from + 1, m->to);
    for (int i = 0; i < pattern_capture_count(m, false); i++) {
        PatternPiece piece;
        if (!pattern_capture(m, i, &piece)) return m->error;
        if (piece.is_position) {
            p += sprintf(p, ",@%zu", piece.position);
        } else {
            p += sprintf(p, ",%.*s", (int)piece.length, piece.bytes);
        }
    }
    return text;
}

/* By the machine alone, which is put aside after each portion of fuel. */
static void find_by_machine(Matcher *m, uint64_t portion, const char *s, size_t s_length,
                            const char *p, size_t p_length)
{
    static char saved[16384];
    uint64_t fuel = 0;
    pattern_init(m, s, s_length, p, p_length, true, &fuel);
    m->status = PATTERN_OUT_OF_FUEL;
    while (m->status == PATTERN_OUT_OF_FUEL) {
        size_t size = pattern_saved_size(m);
        ck_assert_uint_le(size, sizeof saved);
        if (size) pattern_save(m, saved);
        pattern_init(m, s, s_length, p, p_length, true, &fuel);
        if (size) ck_assert(pattern_load(m, saved, size));
        fuel = portion;
        pattern_go_on(m);
    }
}

static const char *find_n(const char *s, size_t s_length, const char *p, size_t p_length)
{
    Matcher m;
    char machine[sizeof text];
    find_by_machine(&m, 1 + s_length % 7, s, s_length, p, p_length);
    strcpy(machine, describe(&m, m.status));
    pattern_init(&m, s, s_length, p, p_length, true, NULL);
    const char *found = describe(&m, pattern_find(&m, 0));
    ck_assert_str_eq(machine, found);
    return found;
}

static const char *find(const char *s, const char *p)
{
    return find_n(s, strlen(s), p, strlen(p));
}

typedef struct Example {
    const char *source, *pattern, *result;
} Example;

static const Example matches[] = {
    {"", "", "1-0"},
    {"abc", "", "1-0"},
    {"abc", "b", "2-2"},
    {"abc", "d", "nil"},
    {"abc", "^b", "nil"},
    {"abc", "^a", "1-1"},
    {"abc", "c$", "3-3"},
    {"abc", "b$", "nil"},
    {"a$c", "$c", "2-3"},
    {"a^c", "a^", "1-2"},
    {"abc", "$", "4-3"},
    {"abc", "...", "1-3"},
    {"abc", "....", "nil"},
    /* repetitions */
    {"aaab", "a*", "1-3"},
    {"aaab", "a-", "1-0"},
    {"aaab", "a-b", "1-4"},
    {"aaab", "a+b", "1-4"},
    {"b", "a+b", "nil"},
    {"b", "a?b", "1-1"},
    {"aab", "a?b", "2-3"},
    {"aaa", "a?aaa", "1-3"},
    {"aXbXc", ".*X", "1-4"},
    {"aXbXc", ".-X", "1-2"},
    {"*", "*", "1-1"},
    {"+-?", "+-?", "3-3"},
    {"a.b", "a%.b", "1-3"},
    {"axb", "a%.b", "nil"},
    {"x]y", "]", "2-2"},
    /* sets */
    {"hello world", "[aeiou]+", "2-2"},
    {"hello", "[^h]+", "2-5"},
    {"a-z", "[a-]+", "1-2"},
    {"m", "[a-z]", "1-1"},
    {"-", "[%a-z]", "1-1"},
    {"]", "[]]", "1-1"},
    {"a]", "[^]]+", "1-1"},
    {"%", "[%%]", "1-1"},
    {"^", "[a^]", "1-1"},
    {"5", "[%d]", "1-1"},
    {"ab12", "[%d%l]+", "1-4"},
    {"x=1", "[%w_]+", "1-1"},
    {"[", "[[]", "1-1"},
    {"b", "[+--]", "nil"},
    {",", "[+--]", "1-1"},
    {"z", "[z-a]", "nil"},
    /* captures */
    {"key = value", "(%w+)%s*=%s*(%w+)", "1-11,key,value"},
    {"abc", "()b()", "2-2,@2,@3"},
    {"abc", "((a)(b))", "1-2,ab,a,b"},
    {"abcabc", "(abc)%1", "1-6,abc"},
    {"abcabd", "(abc)%1", "nil"},
    {"\"x'y\"", "([\"'])(.-)%1", "1-5,\",x'y"},
    {"aa", "()a%1", "nil"},
    {"", "()", "1-0,@1"},
    /* %b and %f */
    {"f(a(b)c)d", "%b()", "2-8"},
    {"f(a(b c", "%b()", "nil"},
    {"xx", "%bxx", "1-2"},
    {"THE (quick) fox", "%f[%a]%a+", "1-3"},
    {"THE (quick) fox", "%f[%a]%a+%f[%A]", "1-3"},
    {"  ab", "%f[%w]", "3-2"},
    {"ab", "%f[%z]", "3-2"},
    {"ab", "b%f[^%w]", "2-2"},
    /* where malformed parts are never reached */
    {"abc", "x[", "nil"},
    {"abc", "x%", "nil"},
};

START_TEST(examples)
{
    const Example *e = &matches[_i];
    const char *result = find(e->source, e->pattern);
    ck_assert_msg(strcmp(result, e->result) == 0, "find('%s', '%s') is %s, not %s", e->source,
                  e->pattern, result, e->result);
}
END_TEST

static const Example errors[] = {
    {"a", "%", "malformed pattern (ends with '%')"},
    {"a", "a%", "malformed pattern (ends with '%')"},
    {"a", "[a", "malformed pattern (missing ']')"},
    {"a", "[]", "malformed pattern (missing ']')"},
    {"a", "[^]", "malformed pattern (missing ']')"},
    {"a", "[", "malformed pattern (missing ']')"},
    {"a", "[^", "malformed pattern (missing ']')"},
    {"a", "[%]", "malformed pattern (missing ']')"},
    {"a", "[%", "malformed pattern (missing ']')"},
    {"a", "[a-%", "malformed pattern (missing ']')"},
    {"a", "%f", "missing '[' after '%f' in pattern"},
    {"a", "%fa", "missing '[' after '%f' in pattern"},
    {"a", "%f[a", "malformed pattern (missing ']')"},
    {"a", "%b", "malformed pattern (missing arguments to '%b')"},
    {"a", "%bx", "malformed pattern (missing arguments to '%b')"},
    {"a", "%0", "invalid capture index %0"},
    {"a", "%1", "invalid capture index %1"},
    {"a", "(a%1)", "invalid capture index %1"},
    {"a", "(a)%2", "invalid capture index %2"},
    {"a", ")", "invalid pattern capture"},
    {"a", "a)", "invalid pattern capture"},
    {"a", "()a)", "invalid pattern capture"},
    {"a", "(a", "unfinished capture"},
    {"a", "(", "unfinished capture"},
    {"a", "a(()", "unfinished capture"},
};

START_TEST(malformed_patterns)
{
    const Example *e = &errors[_i];
    ck_assert_str_eq(find(e->source, e->pattern), e->result);
}
END_TEST

static const char *repeated(const char *piece, int n, char *out)
{
    *out = '\0';
    for (int i = 0; i < n; i++) strcat(out, piece);
    return out;
}

START_TEST(limits)
{
    char p[4096], s[4096];
    ck_assert_str_ne(find("a", repeated("()", 32, p)), "too many captures");
    ck_assert_str_eq(find("a", repeated("()", 33, p)), "too many captures");
    repeated("a", 300, s);
    ck_assert_str_eq(find(s, repeated("a?", 199, p)), "1-199");
    ck_assert_str_eq(find(s, repeated("a?", 200, p)), "pattern too complex");
    ck_assert_str_eq(find(s, repeated("b?", 300, p)), "1-0");
    ck_assert_str_eq(find(s, repeated("a", 300, p)), "1-300");
}
END_TEST

START_TEST(classes_are_those_of_c)
{
    static const struct {
        char letter;
        int (*is)(int);
    } classes[] = {{'a', isalpha}, {'c', iscntrl}, {'d', isdigit}, {'g', isgraph},
                   {'l', islower}, {'p', ispunct}, {'s', isspace}, {'u', isupper},
                   {'w', isalnum}, {'x', isxdigit}};
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        for (int c = 0; c < 256; c++) {
            char byte = (char)c, p[3] = {'%', classes[i].letter, '\0'};
            bool inside = classes[i].is(c) != 0;
            ck_assert_int_eq(strcmp(find_n(&byte, 1, p, 2), "nil") != 0, inside);
            p[1] = (char)toupper(p[1]);
            ck_assert_int_eq(strcmp(find_n(&byte, 1, p, 2), "nil") == 0, inside);
        }
    }
}
END_TEST

START_TEST(letters_without_a_class_are_themselves)
{
    ck_assert_str_eq(find("abq", "%q"), "3-3");
    ck_assert_str_eq(find("abQ", "%Q"), "3-3");
    ck_assert_str_eq(find("qqqq", "%q+"), "1-4");
    ck_assert_str_eq(find("a--b", "%-+"), "2-3");
}
END_TEST

START_TEST(zeros_are_bytes_like_others)
{
    ck_assert_str_eq(find_n("a\0b\0c", 5, "\0c", 2), "4-5");
    ck_assert_str_eq(find_n("a\0b", 3, "%z", 2), "2-2");
    ck_assert_str_eq(find_n("a\0b", 3, "[\0]", 3), "2-2");
    ck_assert_str_eq(find_n("a\0b", 3, "a%Z", 3), "nil");
    ck_assert_str_eq(find_n("ab", 2, "b\0", 2), "nil");
    ck_assert_str_eq(find_n("x\0\0y", 4, "\0+", 2), "2-3");
    ck_assert_str_eq(find_n("", 0, "%b\0\0", 4), "nil");
}
END_TEST

START_TEST(searching_from_an_offset)
{
    Matcher m;
    pattern_init(&m, "aXbX", 4, "X", 1, true, NULL);
    ck_assert_str_eq(describe(&m, pattern_find(&m, 0)), "2-2");
    ck_assert_str_eq(describe(&m, pattern_find(&m, 2)), "4-4");
    ck_assert_str_eq(describe(&m, pattern_find(&m, 4)), "nil");
    ck_assert_str_eq(describe(&m, pattern_match_at(&m, 1)), "2-2");
    ck_assert_str_eq(describe(&m, pattern_match_at(&m, 2)), "nil");
    pattern_init(&m, "aXbX", 4, "^X", 2, true, NULL);
    ck_assert_str_eq(describe(&m, pattern_find(&m, 0)), "nil");
    ck_assert_str_eq(describe(&m, pattern_find(&m, 1)), "2-2");
    pattern_init(&m, "a^b", 3, "^b", 2, false, NULL);
    ck_assert_str_eq(describe(&m, pattern_find(&m, 0)), "2-3");
}
END_TEST

START_TEST(plain_search)
{
    ck_assert(pattern_is_plain("abc", 3));
    ck_assert(pattern_is_plain("a\0)]", 4));
    const char *magic = "^$*+?.([%-";
    for (const char *p = magic; *p; p++) ck_assert(!pattern_is_plain(p, 1));
    ck_assert_int_eq(pattern_find_plain("a.b.c", 5, 0, ".", 1), 1);
    ck_assert_int_eq(pattern_find_plain("a.b.c", 5, 2, ".", 1), 3);
    ck_assert_int_eq(pattern_find_plain("a.b.c", 5, 4, ".", 1), -1);
    ck_assert_int_eq(pattern_find_plain("abc", 3, 3, "", 0), 3);
    ck_assert_int_eq(pattern_find_plain("a\0b", 3, 0, "\0b", 2), 1);
}
END_TEST

/* Where few places begin like the text, where many do, and where that changes. */
START_TEST(plain_search_finds_what_a_loop_finds)
{
    enum { MAX = 900 };
    char source[MAX], wanted[6];
    for (int round = 0; round < 3000; round++) {
        size_t n = (size_t)rand() % MAX, length = 1 + (size_t)rand() % sizeof wanted;
        size_t turn = n ? (size_t)rand() % n : 0;
        for (size_t i = 0; i < n; i++) source[i] = "ab.a"[rand() % (i < turn ? 2 : 4)];
        for (size_t i = 0; i < length; i++) wanted[i] = "abaa."[rand() % 5];
        size_t at = n ? (size_t)rand() % n : 0;
        ptrdiff_t found = -1;
        for (size_t i = at; found < 0 && i + length <= n; i++)
            if (!memcmp(source + i, wanted, length)) found = (ptrdiff_t)i;
        ck_assert_int_eq(pattern_find_plain(source, n, at, wanted, length), found);
    }
}
END_TEST

START_TEST(the_whole_match_as_capture)
{
    Matcher m;
    PatternPiece piece;
    pattern_init(&m, "abc", 3, "b.", 2, true, NULL);
    ck_assert_int_eq(pattern_find(&m, 0), PATTERN_MATCH);
    ck_assert_int_eq(pattern_capture_count(&m, true), 1);
    ck_assert_int_eq(pattern_capture_count(&m, false), 0);
    ck_assert(pattern_capture(&m, 0, &piece));
    ck_assert_mem_eq(piece.bytes, "bc", 2);
    ck_assert_uint_eq(piece.length, 2);
    ck_assert(!pattern_capture(&m, 1, &piece));
    ck_assert_str_eq(m.error, "invalid capture index");
}
END_TEST

/* gsub of the first match: the replacement, or the error. */
static const char *expand(const char *s, const char *p, const char *replacement)
{
    Matcher m;
    Buffer out;
    buffer_init(&out, STRING_MAX);
    pattern_init(&m, s, strlen(s), p, strlen(p), true, NULL);
    ck_assert_int_eq(pattern_find(&m, 0), PATTERN_MATCH);
    if (!pattern_expand(&m, replacement, strlen(replacement), &out)) return m.error;
    memcpy(text, out.data, out.length);
    text[out.length] = '\0';
    return text;
}

START_TEST(replacements)
{
    ck_assert_str_eq(expand("abc", "(b)(c)", "<%2%1%0%%>"), "<cbbc%>");
    ck_assert_str_eq(expand("abc", "b", "%1%1"), "bb");
    ck_assert_str_eq(expand("abc", "b()", "%1"), "3");
    ck_assert_str_eq(expand("abc", "b", ""), "");
    ck_assert_str_eq(expand("abc", "b", "%2"), "invalid capture index");
    ck_assert_str_eq(expand("abc", "(b", "%1"), "unfinished capture");
    ck_assert_str_eq(expand("abc", "(b", "%0"), "b");
    ck_assert_str_eq(expand("abc", "b", "x%"), "invalid use of '%' in replacement string");
    ck_assert_str_eq(expand("abc", "b", "%a"), "invalid use of '%' in replacement string");
}
END_TEST

/* find_n compares the two matchers. */
START_TEST(both_matchers_agree)
{
    static const char *const items[] = {"a",   "b",    ".",  "[ab]", "[^a]",  "%a", "(",
                                        ")",   "()",   "%1", "%bab", "%f[a]", "$",  "^",
                                        "[a-", "%",    "a*", ".-",   "b+",    "a?", ".*",
                                        "%w-", "[b]*", "(a", "b)",   "(.-)",  "%2", "a"};
    char s[32], p[64];
    for (int round = 0; round < 20000; round++) {
        size_t length = (size_t)rand() % 14, parts = 1 + (size_t)rand() % 6;
        for (size_t i = 0; i < length; i++) s[i] = "aab"[rand() % 3];
        *p = 0;
        while (parts--) strcat(p, items[(size_t)rand() % (sizeof items / sizeof *items)]);
        find_n(s, length, p, strlen(p));
    }
}
END_TEST

START_TEST(the_machine_spends_as_much)
{
    char s[64];
    Matcher m;
    uint64_t fuel = 1 << 30, spent = 0;
    repeated("a", 40, s);
    pattern_init(&m, s, 40, "a*a*a*a*(.-)%1%1b", 17, true, &fuel);
    ck_assert_int_eq(pattern_find(&m, 0), PATTERN_NO_MATCH);
    uint64_t most = (1 << 30) - fuel;
    do {
        fuel = 1000;
        if (!spent) pattern_init(&m, s, 40, "a*a*a*a*(.-)%1%1b", 17, true, &fuel);
        pattern_go_on(&m);
        ck_assert_uint_lt(m.debt, 40);
        spent += 1000 - fuel + m.debt;
    } while (m.status == PATTERN_OUT_OF_FUEL);
    ck_assert_int_eq(m.status, PATTERN_NO_MATCH);
    ck_assert_uint_gt(spent, most - most / 50);
    ck_assert_uint_lt(spent, most + most / 50);
}
END_TEST

START_TEST(runaway_patterns_run_out_of_fuel)
{
    char s[64];
    Matcher m;
    uint64_t fuel = 100000;
    repeated("a", 40, s);
    pattern_init(&m, s, 40, "a*a*a*a*a*a*a*a*a*a*a*b", 23, true, &fuel);
    ck_assert_int_eq(pattern_find(&m, 0), PATTERN_OUT_OF_FUEL);
    ck_assert_uint_eq(fuel, 0);
    ck_assert_int_eq(pattern_find(&m, 0), PATTERN_OUT_OF_FUEL);
    fuel = 1000;
    pattern_init(&m, s, 40, "a*$", 3, true, &fuel);
    ck_assert_int_eq(pattern_find(&m, 0), PATTERN_MATCH);
    ck_assert_uint_lt(fuel, 1000);
    ck_assert_uint_gt(fuel, 900);
}
END_TEST

/* Progress that is not what any search made: bytes of images. Whatever it says, no byte but the
 * two strings' is read (asan sees it), and captures lie in the subject. */
static void go_on_forged(const char *s, const char *p, const char *bytes, size_t size)
{
    Matcher m;
    uint64_t fuel = 2000;
    pattern_init(&m, s, strlen(s), p, strlen(p), true, &fuel);
    if (!pattern_load(&m, bytes, size)) return;
    if (pattern_go_on(&m) != PATTERN_MATCH) return;
    ck_assert(m.from <= m.to && m.to <= strlen(s));
    for (int i = 0; i < pattern_capture_count(&m, true); i++) {
        PatternPiece piece;
        if (!pattern_capture(&m, i, &piece) || piece.is_position) continue;
        ck_assert(piece.bytes >= s && piece.length <= strlen(s));
        ck_assert(piece.bytes + piece.length <= s + strlen(s));
    }
}

START_TEST(forged_progress_is_refused_or_harmless)
{
    static const char *const patterns[] = {"(a-)((b?)c*)%1$", "[a-c]-(b+)d", "(()a?[^c]+)%b()x",
                                           "%f[%a](.-)(.-)%2z"};
    char saved[4096], forged[4096];
    srand(7);
    for (int round = 0; round < 40000; round++) {
        Matcher m;
        char *s = strdup("abbcabbc(ab)cabbbcaab"), *p = strdup(patterns[round % 4]);
        uint64_t fuel = 1 + (uint64_t)rand() % 60;
        pattern_init(&m, s, strlen(s), p, strlen(p), true, &fuel);
        pattern_go_on(&m);
        size_t size = pattern_saved_size(&m);
        ck_assert_uint_le(size, sizeof saved);
        pattern_save(&m, saved);
        memcpy(forged, saved, size);
        for (int n = 1 + rand() % 3; n > 0; n--) {
            size_t at = (size_t)rand() % (size / 8) * 8;
            forged[at] = (char)(rand() % 4 ? rand() % 24 : rand());
            if (rand() % 8 == 0) memset(forged + at, rand() % 2 ? 0 : 255, 8);
        }
        go_on_forged(s, p, forged, size);
        go_on_forged(s, p, forged, (size_t)rand() % (size + 1));
        free(s);
        free(p);
    }
}
END_TEST

int main(void)
{
    mem_init();
    Suite *suite = suite_create("pattern");
    TCase *tests = tcase_create("all");
    tcase_add_loop_test(tests, examples, 0, sizeof matches / sizeof *matches);
    tcase_add_loop_test(tests, malformed_patterns, 0, sizeof errors / sizeof *errors);
    tcase_add_test(tests, limits);
    tcase_add_test(tests, classes_are_those_of_c);
    tcase_add_test(tests, letters_without_a_class_are_themselves);
    tcase_add_test(tests, zeros_are_bytes_like_others);
    tcase_add_test(tests, searching_from_an_offset);
    tcase_add_test(tests, plain_search);
    tcase_add_test(tests, plain_search_finds_what_a_loop_finds);
    tcase_add_test(tests, the_whole_match_as_capture);
    tcase_add_test(tests, replacements);
    tcase_add_test(tests, both_matchers_agree);
    tcase_add_test(tests, the_machine_spends_as_much);
    tcase_add_test(tests, forged_progress_is_refused_or_harmless);
    tcase_add_test(tests, runaway_patterns_run_out_of_fuel);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
