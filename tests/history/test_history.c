/* SPDX-License-Identifier: MIT */
/*
 * Histories on disk: entries, branches, pruning; and that nothing that was synced is ever lost,
 * when the writer is killed at any moment, the disk is full, or the file is not a history.
 */
#include "history_test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

enum { KILLS = 200 };

static bool count(void *data, const moonlet_history_entry *e)
{
    (void)e;
    ++*(int *)data;
    return true;
}

static int entries(moonlet_history *h)
{
    int n = 0;
    ck_assert(moonlet_history_each(h, count, &n, NULL));
    return n;
}

START_TEST(entries_come_back)
{
    moonlet_history *h = opened(&(moonlet_history_options){.chain = 4});
    moonlet_state *s = moonlet_init();
    int64_t ids[30], last = 0;
    for (int i = 0; i < 30; i++) {
        s = stepped(s);
        ids[i] = last = appended(h, s, last, i == 7 ? "seven" : NULL);
    }
    ck_assert_int_eq(entries(h), 30);
    for (int i = 29; i >= 0; i -= 4) assert_entry(h, ids[i], i + 1);
    ck_assert(moonlet_history_close(h, NULL));
    h = opened(NULL);
    for (int i = 0; i < 30; i += 3) assert_entry(h, ids[i], i + 1);
    ck_assert_int_eq(moonlet_history_find(h, "seven", NULL), ids[7]);
    ck_assert_int_eq(moonlet_history_find(h, "eight", NULL), 0);
    ck_assert_int_eq(moonlet_history_last(h, NULL), ids[29]);
    moonlet_history_close(h, NULL);
    moonlet_release(s);
}
END_TEST

START_TEST(branches)
{
    moonlet_history *h = opened(NULL);
    moonlet_state *s = stepped(moonlet_init()), *t = NULL;
    int64_t root = appended(h, s, 0, NULL), a = 0, b = 0;
    for (int i = 0; i < 6; i++) {
        s = stepped(s);
        a = appended(h, s, a ? a : root, NULL);
    }
    char *message = NULL;
    t = moonlet_history_read(h, root, &message);
    for (int i = 0; i < 3; i++) {
        t = stepped(t);
        b = appended(h, t, b ? b : root, NULL);
    }
    int children = 0;
    ck_assert(moonlet_history_children(h, root, count, &children, NULL));
    ck_assert_int_eq(children, 2);
    assert_entry(h, a, 7);
    assert_entry(h, b, 4);
    ck_assert_int_eq(moonlet_history_append(h, s, 999, NULL, &message), 0);
    ck_assert_str_eq(message, "history: there is no entry 999");
    free(message);
    moonlet_release(s);
    moonlet_release(t);
    moonlet_history_close(h, NULL);
}
END_TEST

static bool check_parent(void *data, const moonlet_history_entry *e)
{
    int64_t *last = data;
    ck_assert_int_eq(e->parent, *last);
    *last = e->id;
    return true;
}

START_TEST(removed_entries_are_gone_and_others_stay)
{
    moonlet_history *h = opened(&(moonlet_history_options){.chain = 5});
    moonlet_state *s = moonlet_init();
    int64_t ids[40], last = 0;
    for (int i = 0; i < 40; i++) {
        s = stepped(s);
        ids[i] = last = appended(h, s, last, i == 3 ? "kept" : NULL);
    }
    char *message = NULL;
    ck_assert(moonlet_history_remove(h, ids[38], &message));
    ck_assert(moonlet_history_prune(h, 10, &message));
    ck_assert_int_eq(entries(h), 11);
    for (int i = 30; i < 40; i++)
        if (i != 38) assert_entry(h, ids[i], i + 1);
    assert_entry(h, ids[3], 4);
    ck_assert_ptr_null(moonlet_history_read(h, ids[5], &message));
    free(message);
    ck_assert_ptr_null(moonlet_history_read(h, ids[38], &message));
    free(message);
    int64_t before = 0;
    ck_assert(moonlet_history_each(h, check_parent, &before, NULL));
    moonlet_history_close(h, NULL);
    moonlet_release(s);
}
END_TEST

START_TEST(not_a_history)
{
    char *message = NULL;
    FILE *f = fopen(path, "w");
    for (int i = 0; i < 1000; i++) fputs("this is no database at all\n", f);
    fclose(f);
    ck_assert_ptr_null(moonlet_history_open(path, NULL, &message));
    ck_assert_ptr_nonnull(message);
    free(message);
    ck_assert_ptr_null(moonlet_history_open("/nowhere/at/all", NULL, &message));
    ck_assert_ptr_nonnull(message);
    free(message);
}
END_TEST

/* A process that appends and tells what it has synced, until it is killed. */
static pid_t writer(int to, moonlet_state *from, int64_t last)
{
    pid_t child = fork();
    if (child) return child;
    moonlet_history *h =
        moonlet_history_open(path, &(moonlet_history_options){.chain = 8}, NULL);
    moonlet_state *s = from ? moonlet_retain(from) : moonlet_init();
    if (!h) _exit(1);
    for (int i = 1;; i++) {
        s = stepped(s);
        last = moonlet_history_append(h, s, last, NULL, NULL);
        if (!last) _exit(2);
        if (i % 3) continue;
        int64_t synced = last;
        if (!moonlet_history_sync(h, NULL)) _exit(3);
        if (write(to, &synced, sizeof synced) != sizeof synced) _exit(4);
    }
}

/* Kills it at some moment; gives the last entry that it said was on the disk. */
static int64_t kill_writer(pid_t child, int from, unsigned *seed)
{
    int status;
    int64_t synced, last = 0;
    struct timespec wait = {0, (long)(rand_r(seed) % 90000) * 1000};
    nanosleep(&wait, NULL);
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
    while (read(from, &synced, sizeof synced) == sizeof synced) last = synced;
    return last;
}

START_TEST(a_killed_writer_loses_nothing_synced)
{
    unsigned seed = 1;
    int64_t promised = 0;
    for (int i = 0; i < KILLS; i++) {
        int ends[2];
        char *message = NULL;
        moonlet_state *from = NULL;
        int64_t last = 0;
        if (i) {
            moonlet_history *h = opened(NULL);
            last = moonlet_history_last(h, &message);
            ck_assert_int_ge(last, promised);
            if (last) from = moonlet_history_read(h, last, &message);
            ck_assert_int_eq(from != NULL, last != 0);
            if (last) assert_entry(h, last, (double)last);
            if (promised) assert_entry(h, promised, (double)promised);
            if (i % 20 == 0 && last) {
                int64_t any = 1 + rand_r(&seed) % (int)last;
                assert_entry(h, any, (double)any);
            }
            moonlet_history_close(h, NULL);
        }
        ck_assert_int_eq(pipe(ends), 0);
        fcntl(ends[0], F_SETFL, O_NONBLOCK);
        pid_t child = writer(ends[1], from, last);
        int64_t synced = kill_writer(child, ends[0], &seed);
        if (synced > promised) promised = synced;
        close(ends[0]);
        close(ends[1]);
        moonlet_release(from);
    }
    ck_assert_int_gt(promised, 0);
}
END_TEST

/* The file may not grow: as a full disk. */
START_TEST(a_full_disk_loses_nothing_synced)
{
    moonlet_history *h = opened(&(moonlet_history_options){.chain = 8, .batch = 2});
    moonlet_state *s = moonlet_init();
    char *message = NULL;
    int64_t last = 0, n = 0;
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {200000, RLIM_INFINITY};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    for (;; n++) {
        s = stepped(s);
        int64_t id = moonlet_history_append(h, s, last, NULL, &message);
        if (!id) break;
        last = id;
        ck_assert_int_lt(n, 100000);
    }
    ck_assert_ptr_nonnull(message);
    free(message);
    moonlet_history_close(h, &message);
    limit.rlim_cur = RLIM_INFINITY;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    h = opened(NULL);
    int64_t there = moonlet_history_last(h, NULL);
    ck_assert_int_ge(there, last - 2);
    for (int64_t id = 1; id <= there; id += 7) assert_entry(h, id, (double)id);
    moonlet_history_close(h, NULL);
    moonlet_release(s);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("history");
    tcase_add_test(t, entries_come_back);
    tcase_add_test(t, branches);
    tcase_add_test(t, removed_entries_are_gone_and_others_stay);
    tcase_add_test(t, not_a_history);
    tcase_add_test(t, a_killed_writer_loses_nothing_synced);
    tcase_add_test(t, a_full_disk_loses_nothing_synced);
    return history_test_run(t);
}
