/* SPDX-License-Identifier: MIT */
/*
 * Threads that have one string: one goes on from it, in the room behind it, while the other
 * wants it with a zero behind it.
 *
 * Main invariant: what was given with a zero behind it has that for ever.
 */
#include "api_test.h"

#include <pthread.h>
#include <sched.h>

#include "value/string.h"

enum { ROUNDS = 100000, LENGTH = 900, DELAYS = 60, SPINS = 1000 };

static const String *shared;
static const char *terminated;
static int given, taken;

/* Mostly the other is there at once. */
static void wait_for(const int *round, int n)
{
    for (int i = 0; __atomic_load_n(round, __ATOMIC_ACQUIRE) != n; i++)
        if (i > SPINS) sched_yield();
}

static void *terminate(void *data)
{
    (void)data;
    moonlet_thread_attach();
    for (int n = 1; n <= ROUNDS; n++) {
        wait_for(&given, n);
        terminated = string_terminated(shared);
        __atomic_store_n(&taken, n, __ATOMIC_RELEASE);
    }
    moonlet_thread_detach();
    return NULL;
}

START_TEST(a_zero_stays_behind_a_string)
{
    char bytes[LENGTH];
    pthread_t thread;
    moonlet_release(moonlet_init());
    memset(bytes, 'a', sizeof bytes);
    ck_assert_int_eq(pthread_create(&thread, NULL, terminate, NULL), 0);
    for (int n = 1; n <= ROUNDS; n++) {
        String *s = string_concat(string_new(bytes, LENGTH), "b", 1);
        shared = string_concat(s, "c", 1); /* with room behind it */
        __atomic_store_n(&given, n, __ATOMIC_RELEASE);
        for (volatile int delay = n % DELAYS; delay > 0;) delay = delay - 1;
        String *longer = string_concat(shared, "xyz", 3);
        wait_for(&taken, n);
        ck_assert_int_eq(terminated[shared->length], 0);
        ck_assert_mem_eq(longer->data + shared->length, "xyz", 3);
    }
    pthread_join(thread, NULL);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("string threads");
    tcase_add_test(t, a_zero_stays_behind_a_string);
    return run_suite(t);
}
