/* SPDX-License-Identifier: MIT */
/* Buffer: growing, finishing, and its failures. */
#include "text/buffer.h"

#include "memory/mem.h"

#include <check.h>
#include <stdlib.h>

static void assert_string(const String *s, const char *bytes, size_t length)
{
    ck_assert_ptr_nonnull(s);
    ck_assert_uint_eq(s->length, length);
    if (length) ck_assert_mem_eq(s->data, bytes, length);
}

START_TEST(an_empty_buffer_is_the_empty_string)
{
    Buffer b;
    buffer_init(&b, STRING_MAX);
    buffer_check(&b);
    assert_string(buffer_finish(&b), "", 0);
}
END_TEST

START_TEST(small_pieces)
{
    Buffer b;
    buffer_init(&b, STRING_MAX);
    buffer_append_text(&b, "ab");
    buffer_append_char(&b, '\0');
    buffer_append_repeated(&b, 'x', 3);
    buffer_append(&b, "yz", 2);
    buffer_append(&b, "", 0);
    buffer_check(&b);
    ck_assert_ptr_null(b.string);
    assert_string(buffer_finish(&b), "ab\0xxxyz", 8);
}
END_TEST

START_TEST(integers)
{
    Buffer b;
    buffer_init(&b, STRING_MAX);
    buffer_append_integer(&b, 0);
    buffer_append_integer(&b, INT64_MIN);
    buffer_append_integer(&b, INT64_MAX);
    const char expected[] = "0-92233720368547758089223372036854775807";
    assert_string(buffer_finish(&b), expected, sizeof expected - 1);
}
END_TEST

/* All lengths around the places where it grows, against bytes known in advance. */
START_TEST(growing_keeps_the_contents)
{
    enum { N = 20000 };
    char *model = malloc(N);
    ck_assert_ptr_nonnull(model);
    Buffer b;
    buffer_init(&b, STRING_MAX);
    for (size_t i = 0; i < N; i++) {
        model[i] = (char)(i * 7 + i / 256);
        if (!buffer_append_char(&b, model[i])) ck_abort_msg("cannot append");
        buffer_check(&b);
    }
    assert_string(buffer_finish(&b), model, N);
    free(model);
}
END_TEST

START_TEST(a_reserved_size_is_not_copied)
{
    Buffer b;
    buffer_init(&b, STRING_MAX);
    ck_assert(buffer_reserve(&b, 10000));
    const char *data = b.data;
    buffer_append_repeated(&b, 'a', 10000);
    ck_assert_ptr_eq(b.data, data);
    String *s = buffer_finish(&b);
    ck_assert_ptr_eq(s->data, data);
    ck_assert_uint_eq(s->length, 10000);
}
END_TEST

START_TEST(finishing_starts_anew)
{
    Buffer b;
    buffer_init(&b, STRING_MAX);
    buffer_append_repeated(&b, 'a', 5000);
    String *first = buffer_finish(&b);
    buffer_check(&b);
    buffer_append_repeated(&b, 'b', 5000);
    String *second = buffer_finish(&b);
    ck_assert_ptr_ne(first, second);
    ck_assert_int_eq(first->data[4999], 'a');
    ck_assert_int_eq(second->data[0], 'b');
}
END_TEST

/* Pieces of all sizes, against bytes known in advance, also behind a string. */
START_TEST(parts_become_one)
{
    enum { N = 12 << 20 };
    char *model = malloc(N);
    ck_assert_ptr_nonnull(model);
    for (size_t i = 0; i < N; i++) model[i] = (char)(i * 7 + i / 256);
    for (int behind = 0; behind < 2; behind++) {
        const String *before = behind ? string_new("before", 6) : NULL;
        Buffer b;
        buffer_init_joined(&b, STRING_MAX);
        for (size_t at = 0, n = 1; at < N; at += n, n = n % 70001 * 3 + 1) {
            if (n > N - at) n = N - at;
            ck_assert(buffer_append(&b, model + at, n));
            buffer_check(&b);
            ck_assert_uint_eq(buffer_length(&b), at + n);
        }
        ck_assert_int_gt(b.part_count, 2);
        const String *s = buffer_join(&b, before, true);
        assert_string(string_new(s->data + 6 * (size_t)behind, N), model, N);
        ck_assert_uint_eq(s->length, N + 6 * (size_t)behind);
        if (behind) ck_assert_mem_eq(s->data, "before", 6);
    }
    free(model);
}
END_TEST

START_TEST(what_is_cut_off_is_forgotten)
{
    enum { N = 5 << 20, LIMIT = N - 12345 };
    char *model = malloc(N);
    ck_assert_ptr_nonnull(model);
    for (size_t i = 0; i < N; i++) model[i] = (char)(i * 7 + i / 256);
    Buffer b;
    buffer_init_joined(&b, LIMIT);
    size_t at = 0;
    for (size_t i = 0; i < 1000; i++) {
        size_t n = i * 7919 % 99991, kept = i % 7 ? at : i % 21 ? at - at / 9 : at / 3;
        if (buffer_append(&b, model + at, n) && kept == at) {
            at += n;
        } else {
            buffer_cut(&b, kept);
            at = kept;
        }
        buffer_check(&b);
        ck_assert_uint_eq(buffer_length(&b), at);
    }
    assert_string(buffer_join(&b, NULL, true), model, at);
    free(model);
}
END_TEST

START_TEST(parts_have_the_limit)
{
    enum { LIMIT = 5000001 };
    Buffer b;
    buffer_init_parts(&b, LIMIT);
    int i = 0;
    while (i < LIMIT && buffer_append_char(&b, 'a')) i++; /* each assertion is a write */
    ck_assert_int_eq(i, LIMIT);
    buffer_check(&b);
    ck_assert(!buffer_append_char(&b, 'b'));
    ck_assert_int_eq(b.error, BUFFER_TOO_LARGE);
    ck_assert_uint_eq(buffer_length(&b), LIMIT);
}
END_TEST

START_TEST(the_result_can_be_used_as_any_string)
{
    Buffer b;
    buffer_init(&b, STRING_MAX);
    for (int i = 0; i < 3000; i++) buffer_append_text(&b, "abc");
    String *s = buffer_finish(&b);
    String *longer = string_concat(s, "!", 1);
    ck_assert_uint_eq(s->length, 9000);
    ck_assert_uint_eq(longer->length, 9001);
    ck_assert_int_eq(longer->data[9000], '!');
    ck_assert_int_eq(longer->data[8999], 'c');
    ck_assert(string_equal(s, string_new(s->data, s->length)));
    ck_assert_uint_eq(string_hash(s), string_hash(string_new(s->data, s->length)));
}
END_TEST

START_TEST(the_limit_is_reported)
{
    Buffer b;
    buffer_init(&b, 1000);
    ck_assert(buffer_append_repeated(&b, 'a', 1000));
    ck_assert(!buffer_append_char(&b, 'b'));
    ck_assert_int_eq(b.error, BUFFER_TOO_LARGE);
    ck_assert_uint_eq(b.length, 1000);
    buffer_check(&b);
    buffer_clear(&b);
    ck_assert(!buffer_append_char(&b, 'b'));
    ck_assert_ptr_null(buffer_finish(&b));
}
END_TEST

START_TEST(a_limit_below_the_inline_room)
{
    Buffer b;
    buffer_init(&b, 3);
    ck_assert(buffer_append_text(&b, "abc"));
    ck_assert(!buffer_append_text(&b, "d"));
    ck_assert_ptr_null(buffer_finish(&b));
    buffer_init(&b, 0);
    ck_assert(buffer_append(&b, "", 0));
    assert_string(buffer_finish(&b), "", 0);
}
END_TEST

START_TEST(sizes_do_not_overflow)
{
    Buffer b;
    buffer_init(&b, SIZE_MAX);
    buffer_append_char(&b, 'a');
    ck_assert(!buffer_reserve(&b, SIZE_MAX));
    ck_assert_int_eq(b.error, BUFFER_TOO_LARGE);
}
END_TEST

int main(void)
{
    mem_init();
    Suite *suite = suite_create("buffer");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, an_empty_buffer_is_the_empty_string);
    tcase_add_test(tests, small_pieces);
    tcase_add_test(tests, integers);
    tcase_add_test(tests, growing_keeps_the_contents);
    tcase_add_test(tests, a_reserved_size_is_not_copied);
    tcase_add_test(tests, finishing_starts_anew);
    tcase_add_test(tests, parts_become_one);
    tcase_add_test(tests, what_is_cut_off_is_forgotten);
    tcase_add_test(tests, parts_have_the_limit);
    tcase_add_test(tests, the_result_can_be_used_as_any_string);
    tcase_add_test(tests, the_limit_is_reported);
    tcase_add_test(tests, a_limit_below_the_inline_room);
    tcase_add_test(tests, sizes_do_not_overflow);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
