/* SPDX-License-Identifier: MIT */
/* Strings: bytes, hash, order, appending in place, interning. */
#include "value/string.h"

#include "collide.h"
#include "memory/mem.h"
#include "model.h"

#include <check.h>
#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static bool has(const String *s, const char *bytes, size_t length)
{
    return s->length == length && memcmp(s->data, bytes, length) == 0;
}

START_TEST(strings_are_bytes)
{
    ck_assert(has(string_new("a\0b", 3), "a\0b", 3));
    ck_assert(has(string_new(NULL, 0), "", 0));
    ck_assert(has(string_from_c("hello"), "hello", 5));
    char *data;
    String *s = string_reserve(100000, &data);
    memset(data, 'x', 100000);
    ck_assert_uint_eq(s->length, 100000);
    ck_assert_int_eq(s->data[99999], 'x');
    ck_assert(value_is_string(string_value(s)) && value_string(string_value(s)) == s);
}
END_TEST

START_TEST(what_cannot_be_had_is_null)
{
    char *data;
    ck_assert_ptr_null(string_reserve(STRING_MAX + 1, &data));
    ck_assert_ptr_null(string_reserve(SIZE_MAX, &data));
    ck_assert_ptr_null(string_concat(string_from_c("a"), "b", STRING_MAX));
    ck_assert_ptr_null(string_concat(string_from_c("a"), "b", SIZE_MAX));
}
END_TEST

START_TEST(hashes_are_of_the_bytes)
{
    String *a = string_from_c("key"), *b = string_from_c("key");
    ck_assert_uint_eq(a->h.id_low, 0);
    ck_assert_uint_eq(string_hash(a), string_hash(b));
    ck_assert_uint_eq(a->h.id_low, string_hash(a));
    ck_assert_uint_ne(string_hash(string_from_c("")), 0);
    ck_assert_uint_ne(string_hash(string_new("\0", 1)), string_hash(string_new("\0\0", 2)));
}
END_TEST

START_TEST(hashes_depend_on_the_seed)
{
    uint32_t before = string_hash(string_from_c("key"));
    ck_assert(string_seed(1));
    uint32_t now = string_hash(string_from_c("key"));
    ck_assert_uint_ne(now, before);
    string_init();
    ck_assert(!string_seed(2));
    ck_assert_uint_eq(string_hash(string_from_c("key")), now);
}
END_TEST

START_TEST(equality)
{
    String *a = string_from_c("same"), *b = string_from_c("same"), *c = string_from_c("sane");
    ck_assert(string_equal(a, a) && string_equal(a, b) && !string_equal(a, c));
    string_hash(a), string_hash(b), string_hash(c);
    ck_assert(string_equal(a, b) && !string_equal(a, c));
    ck_assert(!string_equal(a, string_from_c("sam")));
    ck_assert(!string_equal(string_new("\0a", 2), string_new("\0b", 2)));
}
END_TEST

typedef struct Pair {
    const char *a;
    size_t a_length;
    const char *b;
    size_t b_length;
    int order;
} Pair;

static const Pair pairs[] = {
    {"", 0, "", 0, 0},        {"", 0, "a", 1, -1},        {"a", 1, "b", 1, -1},
    {"a", 1, "ab", 2, -1},    {"b", 1, "ab", 2, 1},       {"a\0b", 3, "a\0c", 3, -1},
    {"a\0", 2, "a", 1, 1},    {"a\0b", 3, "a\0b", 3, 0},  {"Z", 1, "a", 1, -1},
    {"\xff", 1, "a", 1, 1},   {"a\0\0", 3, "a\0", 2, 1},  {"\0", 1, "", 0, 1},
    {"abc", 3, "abd", 3, -1}, {"ab\0d", 4, "abc", 3, -1},
};

/* In the C locale strcoll's order is that of the bytes, but it is another path. */
static void check_order(void)
{
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const Pair *p = &pairs[i];
        String *a = string_new(p->a, p->a_length), *b = string_new(p->b, p->b_length);
        ck_assert_int_eq(string_compare(a, b), p->order);
        ck_assert_int_eq(string_compare(b, a), -p->order);
        ck_assert_int_eq(string_compare(a, a), 0);
    }
}

START_TEST(order_of_bytes) { check_order(); }
END_TEST

START_TEST(order_of_the_locale)
{
    string_use_locale(true);
    check_order();
    string_use_locale(false);
}
END_TEST

START_TEST(concatenation)
{
    String *ab = string_concat(string_from_c("a"), "b", 1);
    ck_assert(has(ab, "ab", 2));
    ck_assert(has(string_concat(string_from_c(""), "", 0), "", 0));
    ck_assert(has(string_concat(ab, "", 0), "ab", 2));
    char big[1000];
    memset(big, 'x', sizeof big);
    String *s = string_concat(ab, big, sizeof big);
    ck_assert_uint_eq(s->length, 1002);
    ck_assert(memcmp(s->data, "abxx", 4) == 0 && s->data[1001] == 'x');
    ck_assert_uint_eq(string_hash(s), string_hash(string_new(s->data, s->length)));
}
END_TEST

START_TEST(appending_twice_to_one_string)
{
    char big[1000];
    memset(big, 'x', sizeof big);
    String *s = string_concat(string_new(big, sizeof big), "s", 1);
    String *a = string_concat(s, "a", 1), *b = string_concat(s, "b", 1);
    String *c = string_concat(a, "c", 1), *d = string_concat(s, "dd", 2);
    ck_assert_int_eq(a->data[1001], 'a');
    ck_assert_int_eq(b->data[1001], 'b');
    ck_assert(memcmp(c->data + 1000, "sac", 3) == 0);
    ck_assert(memcmp(d->data + 1000, "sdd", 3) == 0);
    ck_assert_uint_eq(s->length, 1001);
    ck_assert(!string_equal(a, b));
}
END_TEST

START_TEST(all_prefixes_stay_what_they_were)
{
    enum { N = 3000 };
    const String **all = mem_try_alloc(N * sizeof *all);
    const String *s = string_from_c("");
    for (int i = 0; i < N; i++) {
        char byte = (char)('a' + i % 26);
        all[i] = s = string_concat(s, &byte, 1);
        if (i % 500 == 0) mem_collect();
    }
    for (int i = 0; i < N; i++) {
        must(all[i]->length == (size_t)i + 1);
        for (int k = 0; k <= i; k++) must(all[i]->data[k] == 'a' + k % 26);
    }
}
END_TEST

START_TEST(appending_in_a_loop_is_linear)
{
    uint64_t before = mem_bytes_total();
    const String *s = string_from_c("");
    for (int i = 0; i < 300000; i++) s = string_concat(s, "xyz", 3);
    ck_assert_uint_eq(s->length, 900000);
    /* headers of 32 bytes, and buffers that double */
    ck_assert_uint_lt(mem_bytes_total() - before, 30000000u);
}
END_TEST

static String *prepend(const char *bytes, size_t length, const String *s)
{
    return string_surround(bytes, length, s, "", 0);
}

START_TEST(growing_at_both_ends)
{
    char big[1000];
    memset(big, 'x', sizeof big);
    const String *s = string_new(big, sizeof big);
    for (int i = 0; i < 100; i++) s = string_surround("<<", 2, s, ">", 1);
    ck_assert_uint_eq(s->length, 1300);
    for (int i = 0; i < 200; i++) ck_assert_int_eq(s->data[i], '<');
    for (int i = 200; i < 1200; i++) ck_assert_int_eq(s->data[i], 'x');
    for (int i = 1200; i < 1300; i++) ck_assert_int_eq(s->data[i], '>');
    const String *a = prepend("a", 1, s), *b = prepend("b", 1, s);
    const String *ac = string_concat(a, "c", 1), *sd = string_concat(s, "d", 1);
    const String *e = prepend("e", 1, sd);
    ck_assert(memcmp(a->data, "a<<", 3) == 0 && memcmp(b->data, "b<<", 3) == 0);
    ck_assert(memcmp(ac->data, "a<<", 3) == 0 && ac->data[1301] == 'c');
    ck_assert(memcmp(sd->data, "<<", 2) == 0 && sd->data[1300] == 'd');
    ck_assert(memcmp(e->data, "e<<", 3) == 0 && e->data[1301] == 'd');
    ck_assert(has(string_surround("a", 1, string_from_c(""), "b", 1), "ab", 2));
    ck_assert_ptr_null(string_surround("a", STRING_MAX, string_from_c("a"), "", 0));
    ck_assert_ptr_null(string_surround("a", SIZE_MAX, string_from_c("a"), "b", SIZE_MAX));
}
END_TEST

START_TEST(all_suffixes_stay_what_they_were)
{
    enum { N = 3000 };
    const String **all = mem_try_alloc(N * sizeof *all);
    const String *s = string_from_c("");
    for (int i = 0; i < N; i++) {
        char byte = (char)('a' + i % 26);
        all[i] = s = prepend(&byte, 1, s);
        if (i % 500 == 0) mem_collect();
        if (i % 7 == 0) must(string_terminated(s)[i + 1] == 0);
    }
    for (int i = 0; i < N; i++) {
        must(all[i]->length == (size_t)i + 1);
        for (int k = 0; k <= i; k++) must(all[i]->data[i - k] == 'a' + k % 26);
    }
}
END_TEST

START_TEST(prepending_in_a_loop_is_linear)
{
    uint64_t before = mem_bytes_total();
    const String *s = string_from_c("");
    for (int i = 0; i < 300000; i++) s = prepend("xyz", 3, s);
    ck_assert_uint_eq(s->length, 900000);
    ck_assert_uint_lt(mem_bytes_total() - before, 30000000u);
}
END_TEST

typedef struct Appender {
    const String *start;
    char byte;
    bool right;
} Appender;

static void *append_many(void *context)
{
    Appender *a = context;
    a->right = true;
    for (int round = 0; round < 200; round++) {
        const String *s = a->start;
        for (int i = 0; i < 100; i++) s = string_surround(&a->byte, 1, s, &a->byte, 1);
        a->right &= s->length == a->start->length + 200;
        a->right &= memcmp(s->data + 100, a->start->data, a->start->length) == 0;
        for (size_t i = 0; i < 100; i++)
            a->right &= s->data[i] == a->byte && s->data[s->length - 1 - i] == a->byte;
        a->right &= string_terminated(a->start)[a->start->length] == 0;
    }
    return NULL;
}

START_TEST(threads_append_to_one_string)
{
    for (int round = 0; round < 20; round++) {
        char big[500];
        memset(big, 'x', sizeof big);
        const String *start = string_concat(string_new(big, sizeof big), "0", 1);
        for (int i = 0; i < 200; i++) start = string_concat(start, "1", 1);
        Appender appenders[4];
        pthread_t threads[4];
        for (int i = 0; i < 4; i++) {
            appenders[i] = (Appender){start, (char)('a' + i), false};
            pthread_create(&threads[i], NULL, append_many, &appenders[i]);
        }
        for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
        for (int i = 0; i < 4; i++) ck_assert(appenders[i].right);
    }
}
END_TEST

START_TEST(interned_strings_are_one)
{
    String *a = string_intern("name", 4), *b = string_intern("name", 4);
    ck_assert_ptr_eq(a, b);
    ck_assert_ptr_ne(a, string_intern("nam\0", 4));
    ck_assert(has(a, "name", 4));
    ck_assert_uint_eq(a->h.flags & STRING_INTERNED, STRING_INTERNED);
    ck_assert_uint_eq(string_hash(a), string_hash(string_from_c("name")));
    ck_assert_ptr_eq(string_intern("", 0), string_intern("x", 0));
}
END_TEST

START_TEST(many_interned_strings)
{
    enum { N = 20000 };
    String **held = mem_try_alloc(N * sizeof *held);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < N; i++) {
            char text[16];
            size_t length = (size_t)snprintf(text, sizeof text, "name%d", i);
            String *s = string_intern(text, length);
            must(has(s, text, length) && (round == 0 || s == held[i]));
            held[i] = s;
        }
        mem_collect();
    }
}
END_TEST

START_TEST(interned_strings_are_collected)
{
    for (int i = 0; i < 2000000; i++) {
        char text[64];
        size_t length = (size_t)snprintf(text, sizeof text, "%060d", i);
        string_intern(text, length);
    }
    ck_assert_uint_lt(mem_bytes_heap(), 150000000u);
}
END_TEST

enum { COLLIDING = 100000 };

START_TEST(many_interned_strings_of_one_hash)
{
    String **held = mem_try_alloc(COLLIDING * sizeof *held);
    char bytes[8];
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < COLLIDING; i++) {
            collide_bytes(i, bytes);
            String *s = string_intern(bytes, sizeof bytes);
            must(has(s, bytes, sizeof bytes) && (round == 0 || s == held[i]));
            must(string_hash(s) == 7 && string_hash_bytes(bytes, sizeof bytes) == 7);
            held[i] = s;
        }
        must(string_interned_check() >= COLLIDING);
        mem_collect();
    }
}
END_TEST

/* In the way of others of their hash, too. */
START_TEST(interned_strings_that_are_gone_leave_the_table)
{
    char bytes[8];
    size_t most = 0;
    for (uint32_t i = 0; i < 10 * COLLIDING; i++) {
        collide_bytes(i, bytes);
        string_intern(bytes, sizeof bytes);
        if (i % (COLLIDING / 4)) continue;
        mem_collect();
        size_t entries = string_interned_check();
        if (entries > most) most = entries;
    }
    ck_assert_uint_lt(most, 2 * COLLIDING);
}
END_TEST

/* Constants are kept by the table alone: here nothing shows the collector a pointer. */
START_TEST(constants_are_never_collected)
{
    enum { N = 1000 };
    uintptr_t *hidden = mem_try_alloc_atomic(N * sizeof *hidden);
    for (int i = 0; i < N; i++) {
        char text[16];
        size_t length = (size_t)snprintf(text, sizeof text, "constant%d", i);
        String *before = i % 2 ? string_intern(text, length) : NULL;
        String *s = string_constant(text, length);
        must((!before || before == s) && s == string_constant(text, length));
        hidden[i] = ~(uintptr_t)s;
    }
    mem_collect();
    for (int i = 0; i < 100000; i++) string_new("other", 5);
    for (int i = 0; i < N; i++) {
        char text[16];
        size_t length = (size_t)snprintf(text, sizeof text, "constant%d", i);
        String *s = string_intern(text, length);
        must(hidden[i] == ~(uintptr_t)s && has(s, text, length));
    }
}
END_TEST

static void *intern_many(void *result)
{
    String **strings = result;
    for (int i = 0; i < 3000; i++) {
        char text[16];
        strings[i] = string_intern(text, (size_t)snprintf(text, sizeof text, "t%d", i));
        if (i % 1000 == 0) mem_collect();
    }
    return NULL;
}

START_TEST(threads_intern_the_same)
{
    String **a = mem_try_alloc_root(3000 * sizeof *a),
           **b = mem_try_alloc_root(3000 * sizeof *b);
    pthread_t threads[2];
    pthread_create(&threads[0], NULL, intern_many, a);
    pthread_create(&threads[1], NULL, intern_many, b);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < 3000; i++) must(a[i] && a[i] == b[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("string");
    TCase *tc = tcase_create("string");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, mem_init, NULL);
    tcase_add_test(tc, strings_are_bytes);
    tcase_add_test(tc, what_cannot_be_had_is_null);
    tcase_add_test(tc, hashes_are_of_the_bytes);
    tcase_add_test(tc, hashes_depend_on_the_seed);
    tcase_add_test(tc, equality);
    tcase_add_test(tc, order_of_bytes);
    tcase_add_test(tc, order_of_the_locale);
    tcase_add_test(tc, concatenation);
    tcase_add_test(tc, appending_twice_to_one_string);
    tcase_add_test(tc, all_prefixes_stay_what_they_were);
    tcase_add_test(tc, appending_in_a_loop_is_linear);
    tcase_add_test(tc, growing_at_both_ends);
    tcase_add_test(tc, all_suffixes_stay_what_they_were);
    tcase_add_test(tc, prepending_in_a_loop_is_linear);
    tcase_add_test(tc, threads_append_to_one_string);
    tcase_add_test(tc, interned_strings_are_one);
    tcase_add_test(tc, many_interned_strings);
    tcase_add_test(tc, many_interned_strings_of_one_hash);
    if (collects()) tcase_add_test(tc, interned_strings_are_collected);
    if (collects()) tcase_add_test(tc, interned_strings_that_are_gone_leave_the_table);
    tcase_add_test(tc, constants_are_never_collected);
    tcase_add_test(tc, threads_intern_the_same);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
