/* SPDX-License-Identifier: MIT */
/* What the API tests share: running and asserting in one line. */
#ifndef API_TEST_H
#define API_TEST_H

#include <moonlet.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* The state after a source that must run well; s is released. */
static inline moonlet_state *after(moonlet_state *s, const char *source)
{
    moonlet_result r = moonlet_do(s, source);
    ck_assert_msg(r.status == MOONLET_OK, "%s", r.error ? r.error->message : "paused");
    return moonlet_next(s, &r);
}

static inline moonlet_state *world(const char *source) { return after(moonlet_init(), source); }

static inline double number_of(moonlet_value v)
{
    double d = -12345;
    ck_assert(moonlet_to_number(v, &d));
    return d;
}

/* The number that an expression has in a state. */
static inline double number_in(const moonlet_state *s, const char *expression)
{
    char source[512];
    snprintf(source, sizeof source, "return %s", expression);
    moonlet_result r = moonlet_do(s, source);
    ck_assert_msg(r.status == MOONLET_OK, "%s", r.error ? r.error->message : "paused");
    double d = number_of(moonlet_result_value(&r, 0));
    moonlet_release(r.state);
    return d;
}

#define assert_ok(r_) \
    ck_assert_msg((r_).status == MOONLET_OK, "%s", (r_).error ? (r_).error->message : "paused")
#define assert_number(v_, d_) ck_assert_double_eq(number_of(v_), (d_))

static inline void assert_bytes(moonlet_value v, const char *text)
{
    size_t length = 0;
    const char *bytes = moonlet_to_bytes(v, &length);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_uint_eq(length, strlen(text));
    ck_assert_mem_eq(bytes, text, length);
}

/* Releases the result, which must be an error of this kind and message. */
static inline void assert_error(moonlet_result r, moonlet_error_kind kind, const char *message)
{
    ck_assert_int_eq(r.status, MOONLET_FAILED);
    ck_assert_str_eq(r.error->message, message);
    ck_assert_int_eq(r.error->kind, kind);
    moonlet_release(r.state);
}

static inline int run_suite(TCase *t)
{
    Suite *s = suite_create("api");
    tcase_set_timeout(t, 240); /* where many share a processor */
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* The state after a way through an image; s is released. */
static inline moonlet_state *saved_and_loaded(moonlet_state *s)
{
    char *message = NULL;
    size_t length;
    moonlet_image *image = moonlet_image_save(s, NULL, NULL, &message);
    ck_assert_msg(image != NULL, "%s", message);
    const char *bytes = moonlet_image_bytes(image, &length);
    moonlet_image *again = moonlet_image_load(bytes, length, NULL, NULL, &message);
    ck_assert_msg(again != NULL, "%s", message);
    moonlet_state *loaded = moonlet_image_state(again);
    moonlet_image_release(image);
    moonlet_image_release(again);
    moonlet_release(s);
    return loaded;
}

#endif
