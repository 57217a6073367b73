/* SPDX-License-Identifier: MIT */
/*
 * What tests of histories share: a file for each test, a small program that is stepped, and the
 * invariant by which an entry is known to be whole: the state of entry n has been stepped n
 * times.
 */
#ifndef HISTORY_TEST_H
#define HISTORY_TEST_H

#include <moonlet_history.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[64];

static void begin(void)
{
    strcpy(path, "/tmp/history-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert_int_eq(unlink(path), 0);
}

static void end(void)
{
    char other[80];
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    for (int i = 0; i < 4; i++) {
        snprintf(other, sizeof other, "%s%s", path, suffixes[i]);
        unlink(other);
    }
}

__attribute__((unused)) static moonlet_history *opened(const moonlet_history_options *options)
{
    char *message = NULL;
    moonlet_history *h = moonlet_history_open(path, options, &message);
    ck_assert_msg(h != NULL, "%s", message);
    return h;
}

__attribute__((unused)) static moonlet_state *stepped(moonlet_state *s)
{
    moonlet_result r =
        moonlet_do(s, "n = (n or 0) + 1 t = t or {} t[n] = {n} "
                      "co = co or coroutine.wrap(function() "
                      "local i = 0 while true do i = i + 1 coroutine.yield(i) end end) "
                      "at = co()");
    ck_assert_int_eq(r.status, MOONLET_OK);
    return moonlet_next(s, &r);
}

static double number_of(const moonlet_state *s, const char *name)
{
    double d = -1;
    ck_assert(moonlet_to_number(moonlet_global(s, name), &d));
    return d;
}

/* Its state has been stepped so often. */
__attribute__((unused)) static void assert_entry(moonlet_history *h, int64_t id, double n)
{
    char *message = NULL;
    moonlet_state *s = moonlet_history_read(h, id, &message);
    ck_assert_msg(s != NULL, "%lld: %s", (long long)id, message);
    ck_assert_double_eq(number_of(s, "n"), n);
    ck_assert_double_eq(number_of(s, "at"), n);
    moonlet_result r = moonlet_do(s, "return co()");
    ck_assert_int_eq(r.status, MOONLET_OK);
    double next;
    ck_assert(moonlet_to_number(r.values[0], &next));
    ck_assert_double_eq(next, n + 1);
    moonlet_release(r.state);
    moonlet_release(s);
}

__attribute__((unused)) static int64_t appended(moonlet_history *h, const moonlet_state *s,
                                                int64_t parent, const char *label)
{
    char *message = NULL;
    int64_t id = moonlet_history_append(h, s, parent, label, &message);
    ck_assert_msg(id > 0, "%s", message);
    return id;
}

/* Each test has its own process, and 300 seconds. */
static int history_test_run(TCase *t)
{
    Suite *suite = suite_create("history");
    tcase_set_timeout(t, 300);
    tcase_add_checked_fixture(t, begin, end);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
