/* SPDX-License-Identifier: MIT */
/*
 * Histories in odd hands: labels and file names of any kind, visits within visits, entries that
 * were removed, files that are damaged or made by somebody else, and readers in other processes
 * while a writer appends and prunes.
 */
#include "history_test.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static bool count(void *data, const moonlet_history_entry *e)
{
    (void)e;
    ++*(int *)data;
    return true;
}

static void assert_message(char *message, const char *text)
{
    ck_assert_ptr_nonnull(message);
    ck_assert_str_eq(message, text);
    free(message);
}

/* Labels -------------------------------------------------------------------------------- */

static bool same_label(void *data, const moonlet_history_entry *e)
{
    const char *const **at = data;
    ck_assert_str_eq(e->label, **at);
    ++*at;
    return true;
}

START_TEST(labels_are_any_text)
{
    char *longest = malloc(1000001);
    memset(longest, 'x', 1000000);
    longest[1000000] = 0;
    const char *const labels[] = {"'; drop table entry; --",
                                  "\"quoted\" 'twice'",
                                  "\xff\xfe no text",
                                  "\xe2\x98\xbe \xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",
                                  "%_*?[]",
                                  "two\nlines\t",
                                  " ",
                                  longest,
                                  "0",
                                  "null"};
    enum { COUNT = sizeof labels / sizeof *labels };
    moonlet_history *h = opened(NULL);
    moonlet_state *s = stepped(moonlet_init());
    int64_t ids[COUNT];
    for (int i = 0; i < COUNT; i++) ids[i] = appended(h, s, i ? ids[i - 1] : 0, labels[i]);
    ck_assert(moonlet_history_close(h, NULL));
    h = opened(NULL);
    for (int i = 0; i < COUNT; i++)
        ck_assert_int_eq(moonlet_history_find(h, labels[i], NULL), ids[i]);
    const char *const *at = labels;
    ck_assert(moonlet_history_each(h, same_label, &at, NULL));
    ck_assert_ptr_eq(at, labels + COUNT);
    moonlet_history_close(h, NULL);
    moonlet_release(s);
    free(longest);
}
END_TEST

START_TEST(an_empty_label_is_none)
{
    moonlet_history *h = opened(NULL);
    moonlet_state *s = stepped(moonlet_init());
    int64_t first = appended(h, s, 0, "");
    appended(h, s, first, NULL);
    ck_assert_int_eq(moonlet_history_find(h, "", NULL), 0);
    ck_assert_int_eq(moonlet_history_find(h, NULL, NULL), 0);
    int children = 0;
    ck_assert(moonlet_history_prune(h, 1, NULL));
    ck_assert(moonlet_history_children(h, 0, count, &children, NULL));
    ck_assert_int_eq(children, 1);
    moonlet_history_close(h, NULL);
    moonlet_release(s);
}
END_TEST

/* Files --------------------------------------------------------------------------------- */

/* Names that mean something to SQLite are files all the same. */
START_TEST(names_are_of_files)
{
    char dir[] = "/tmp/history-dir-XXXXXX", *message = NULL;
    const char *const names[] = {":memory:", "file:x?mode=memory", "a b'c\"d.history",
                                 "\xff\xfe"};
    ck_assert_ptr_nonnull(mkdtemp(dir));
    ck_assert_int_eq(chdir(dir), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        moonlet_history *h = moonlet_history_open(names[i], NULL, &message);
        ck_assert_msg(h != NULL, "%s", message);
        moonlet_state *s = stepped(moonlet_init());
        int64_t id = appended(h, s, 0, NULL);
        ck_assert(moonlet_history_close(h, NULL));
        h = moonlet_history_open(names[i], &(moonlet_history_options){.read_only = true}, NULL);
        assert_entry(h, id, 1);
        moonlet_history_close(h, NULL);
        moonlet_release(s);
        static const char *const suffixes[] = {"", "-wal", "-shm"}; /* readers remove none */
        for (int k = 0; k < 3; k++) {
            char file[64];
            snprintf(file, sizeof file, "./%s%s", names[i], suffixes[k]);
            ck_assert(unlink(file) == 0 || k);
        }
    }
    ck_assert_int_eq(rmdir(dir), 0);
    ck_assert_ptr_null(moonlet_history_open("", NULL, &message));
    assert_message(message, "history: the name of the file is empty");
    ck_assert_ptr_null(moonlet_history_open(NULL, NULL, &message));
    assert_message(message, "history: the name of the file is empty");
    ck_assert_ptr_null(moonlet_history_open("/tmp", NULL, &message));
    ck_assert_ptr_nonnull(message);
    free(message);
}
END_TEST

static void run_sql(const char *text)
{
    sqlite3 *db;
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    char *error = NULL;
    ck_assert_msg(sqlite3_exec(db, text, NULL, NULL, &error) == SQLITE_OK, "%s", error);
    sqlite3_close(db);
}

/* What is no history, or is more than one, is refused and stays as it is. */
static void assert_refused(bool read_only, const char *why)
{
    char *message = NULL;
    struct stat before = {0}, after = {0};
    stat(path, &before);
    ck_assert_ptr_null(moonlet_history_open(
        path, &(moonlet_history_options){.read_only = read_only}, &message));
    assert_message(message, why);
    stat(path, &after);
    ck_assert_int_eq(before.st_size, after.st_size);
}

START_TEST(files_of_others)
{
    run_sql("create table mine(x)");
    assert_refused(false, "history: the file is no history");
    assert_refused(true, "history: the file is no history");
    unlink(path);
    run_sql("pragma user_version = 7");
    assert_refused(false, "history: the file is no history");
    unlink(path);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    assert_refused(true, "history: the file is no history");
    moonlet_history_close(opened(NULL), NULL); /* but an empty file may become one */
    run_sql("pragma user_version = 99");
    assert_refused(false, "history: the file is of another version");
    unlink(path);
    moonlet_history_close(opened(NULL), NULL);
    run_sql(
        "alter table entry rename to old;"
        "create view entry as with recursive n(x) as (select 1 union all select x + 1 from n)"
        " select x as id, 0 as parent, '' as label, 0 as time, 0 as base, 0 as depth,"
        " 0 as removed, x'00' as image from n");
    assert_refused(true, "history: the file is no history");
    unlink(path);
    moonlet_history_close(opened(NULL), NULL);
    run_sql("create trigger t after insert on entry begin delete from entry; end");
    assert_refused(false, "history: the file is no history");
}
END_TEST

/* Bases and depths that cannot be, and images that are none: an error, and never for long. */
START_TEST(rows_that_somebody_has_changed)
{
    static const char *const changes[] = {
        "update entry set base = id",
        "update entry set base = 1000 - id",
        "update entry set base = -1",
        "update entry set depth = -1",
        "update entry set base = 'x', depth = 'y', parent = 'z'",
        "update entry set image = substr(image, 1, 20)",
        "update entry set image = ''",
        "update entry set image = 'text'",
        "update entry set image = (select image from entry where id = 1)",
        "update entry set label = x'00ff00', time = 'soon'",
        "delete from entry where id = 1",
        "update entry set id = -id",
    };
    moonlet_state *s = moonlet_init();
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        moonlet_history *h = opened(NULL);
        int64_t last = 0;
        for (int k = 0; k < 5; k++) last = appended(h, s = stepped(s), last, NULL);
        ck_assert(moonlet_history_close(h, NULL));
        run_sql(changes[i]);
        h = opened(NULL);
        for (int64_t id = -5; id <= 6; id++) {
            char *message = NULL;
            moonlet_state *t = moonlet_history_read(h, id, &message);
            ck_assert_msg(t || message, "%s: %d", changes[i], (int)id);
            free(message);
            moonlet_release(t);
        }
        int n = 0;
        moonlet_history_each(h, count, &n, NULL);
        moonlet_history_append(h, s, last, NULL, NULL);
        moonlet_history_prune(h, 1, NULL);
        moonlet_history_close(h, NULL);
        end();
    }
    moonlet_release(s);
}
END_TEST

/* Any byte of the file may be any other: what is read is right, or an error. */
START_TEST(a_damaged_file)
{
    enum { DAMAGES = 300 };
    unsigned seed = 3;
    moonlet_history *h = opened(&(moonlet_history_options){.chain = 4});
    moonlet_state *s = moonlet_init();
    int64_t last = 0;
    for (int k = 0; k < 12; k++) last = appended(h, s = stepped(s), last, k == 3 ? "x" : NULL);
    ck_assert(moonlet_history_close(h, NULL));
    FILE *f = fopen(path, "rb");
    fseek(f, 0, SEEK_END);
    size_t length = (size_t)ftell(f);
    char *bytes = malloc(length);
    rewind(f);
    ck_assert_uint_eq(fread(bytes, 1, length, f), length);
    fclose(f);
    for (int i = 0; i < DAMAGES; i++) {
        f = fopen(path, "wb");
        fwrite(bytes, 1, length, f);
        for (int k = 0; k < 1 + i % 20; k++) {
            fseek(f, (long)((size_t)rand_r(&seed) % length), SEEK_SET);
            fputc(rand_r(&seed) & 255, f);
        }
        fclose(f);
        h = moonlet_history_open(path, NULL, NULL);
        for (int64_t id = 1; h && id <= last; id++) {
            moonlet_state *t = moonlet_history_read(h, id, NULL);
            if (t) ck_assert_double_ge(number_of(t, "n"), 1);
            moonlet_release(t);
        }
        int n = 0;
        if (h) moonlet_history_each(h, count, &n, NULL);
        if (h) moonlet_history_append(h, s, last, "y", NULL);
        if (h) moonlet_history_remove(h, 2, NULL);
        if (h) moonlet_history_prune(h, 2, NULL);
        moonlet_history_close(h, NULL);
        end();
    }
    free(bytes);
    moonlet_release(s);
}
END_TEST

/* As on a disk that cannot be written: nothing can be made beside the file. */
START_TEST(where_nothing_can_be_written)
{
    char dir[] = "/tmp/history-fixed-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/a?b%%c#d", dir);
    moonlet_history *h = opened(NULL);
    moonlet_state *s = stepped(moonlet_init());
    int64_t id = appended(h, s, 0, "first");
    ck_assert(moonlet_history_close(h, NULL));
    ck_assert_int_eq(chmod(path, 0444) | chmod(dir, 0555), 0);
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && setuid(65534) != 0) _exit(0); /* no such user: nothing to see */
        h = moonlet_history_open(path, &(moonlet_history_options){.read_only = true}, NULL);
        if (!h) _exit(1);
        if (moonlet_history_find(h, "first", NULL) != id) _exit(2);
        moonlet_state *t = moonlet_history_read(h, id, NULL);
        if (!t || number_of(t, "n") != 1) _exit(3);
        if (moonlet_history_append(h, t, id, NULL, NULL)) _exit(4);
        moonlet_history_close(h, NULL);
        if (moonlet_history_open(path, NULL, NULL)) _exit(5); /* to write */
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(chmod(dir, 0755), 0);
    end();
    ck_assert_int_eq(rmdir(dir), 0);
    moonlet_release(s);
}
END_TEST

/* Visits, and what was removed ------------------------------------------------------------ */

typedef struct Tree {
    moonlet_history *h;
    int count;
} Tree;

static bool visit_below(void *data, const moonlet_history_entry *e)
{
    Tree *t = data;
    t->count++;
    ck_assert_int_le(t->count, 1000);
    assert_entry(t->h, e->id, (double)e->id);
    return moonlet_history_children(t->h, e->id, visit_below, t, NULL);
}

START_TEST(visits_within_visits)
{
    moonlet_history *h = opened(NULL);
    moonlet_state *s = moonlet_init();
    for (int64_t i = 1; i <= 15; i++)
        appended(h, s = stepped(s), i / 2, NULL); /* a binary tree */
    Tree t = {h, 0};
    ck_assert(moonlet_history_children(h, 0, visit_below, &t, NULL));
    ck_assert_int_eq(t.count, 15);
    moonlet_history_close(h, NULL);
    moonlet_release(s);
}
END_TEST

START_TEST(what_was_removed_is_no_parent)
{
    moonlet_history *h = opened(NULL);
    moonlet_state *s = moonlet_init();
    int64_t ids[4] = {0};
    char *message = NULL;
    for (int i = 1; i < 4; i++) ids[i] = appended(h, s = stepped(s), ids[i - 1], NULL);
    ck_assert(moonlet_history_remove(h, ids[1], NULL)); /* still a base, and kept */
    ck_assert_int_eq(moonlet_history_append(h, s, ids[1], NULL, &message), 0);
    assert_message(message, "history: there is no entry 1");
    ck_assert(!moonlet_history_remove(h, ids[1], &message));
    assert_message(message, "history: there is no entry 1");
    assert_entry(h, ids[3], 3);
    moonlet_history_close(h, NULL);
    moonlet_release(s);
}
END_TEST

/* Entries with labels are passed once each, and not for each entry that is removed. */
START_TEST(pruning_takes_all_but_the_newest_and_the_labelled)
{
    enum { COUNT = 400 };
    moonlet_history *h = opened(&(moonlet_history_options){.chain = 3});
    moonlet_state *s = moonlet_init();
    int64_t last = 0;
    for (int i = 1; i <= COUNT; i++)
        last = appended(h, s = stepped(s), last, i % 5 == 0 ? "five" : NULL);
    ck_assert(moonlet_history_prune(h, UINT64_MAX, NULL));
    int n = 0;
    ck_assert(moonlet_history_each(h, count, &n, NULL));
    ck_assert_int_eq(n, COUNT);
    ck_assert(moonlet_history_prune(h, 7, NULL));
    n = 0;
    ck_assert(moonlet_history_each(h, count, &n, NULL));
    ck_assert_int_eq(n, 7 + (COUNT - 7) / 5);
    for (int i = 5; i <= COUNT; i += 5) assert_entry(h, i, i);
    ck_assert(moonlet_history_prune(h, 0, NULL));
    n = 0;
    ck_assert(moonlet_history_each(h, count, &n, NULL));
    ck_assert_int_eq(n, COUNT / 5);
    moonlet_history_close(h, NULL);
    moonlet_release(s);
}
END_TEST

/* Seconds of processor time that it takes to forget as many branches of one entry, and to find
 * the label of the oldest as often. */
static double time_to_forget(int branches)
{
    moonlet_history *h = opened(NULL);
    moonlet_state *s = stepped(moonlet_init());
    int64_t root = appended(h, s, 0, "root");
    s = stepped(s);
    for (int i = 0; i < branches; i++) appended(h, s, root, NULL);
    clock_t began = clock();
    for (int i = 0; i < branches; i++)
        ck_assert_int_eq(moonlet_history_find(h, "root", NULL), root);
    ck_assert(moonlet_history_prune(h, 1, NULL));
    double seconds = (double)(clock() - began) / CLOCKS_PER_SEC;
    int n = 0;
    ck_assert(moonlet_history_each(h, count, &n, NULL));
    ck_assert_int_eq(n, 2);
    moonlet_history_close(h, NULL);
    moonlet_release(s);
    end();
    return seconds;
}

/* Neither looks at all entries for each: eight times as many take not much more than that. */
START_TEST(forgetting_costs_what_is_forgotten)
{
    double few = time_to_forget(500), many = time_to_forget(4000);
    ck_assert_msg(many < 24 * (few + 0.002), "%g s, and %g s for eight times as many", few,
                  many);
}
END_TEST

/* Readers beside a writer ---------------------------------------------------------------- */

typedef struct Pick {
    int64_t ids[64];
    int count;
} Pick;

static bool pick(void *data, const moonlet_history_entry *e)
{
    Pick *p = data;
    p->ids[p->count++ % 64] = e->id;
    return true;
}

/* Reads what is there, until the writer has gone; an entry may have gone meanwhile. */
static void read_beside(int alive)
{
    moonlet_history *h =
        moonlet_history_open(path, &(moonlet_history_options){.read_only = true}, NULL);
    if (!h) _exit(1);
    unsigned seed = (unsigned)getpid();
    int good = 0;
    char byte;
    while (read(alive, &byte, 1) < 0 || good < 10) {
        Pick p = {.count = 0};
        if (!moonlet_history_each(h, pick, &p, NULL)) _exit(2);
        if (!p.count) continue;
        int64_t id = p.ids[(unsigned)rand_r(&seed) % (unsigned)(p.count < 64 ? p.count : 64)];
        char *message = NULL, gone[64];
        moonlet_state *s = moonlet_history_read(h, id, &message);
        snprintf(gone, sizeof gone, "history: there is no entry %lld", (long long)id);
        if (!s && strcmp(message, gone) != 0) _exit(3);
        double n = 0;
        if (s && (!moonlet_to_number(moonlet_global(s, "n"), &n) || n != (double)id)) _exit(4);
        good += s != NULL;
        free(message);
        moonlet_release(s);
    }
    moonlet_history_close(h, NULL);
    _exit(0);
}

START_TEST(readers_beside_a_writer_that_prunes)
{
    enum { READERS = 3, COUNT = 600 };
    pid_t readers[READERS];
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    moonlet_history *h = opened(&(moonlet_history_options){.chain = 6, .batch = 5});
    moonlet_history_close(h, NULL);
    for (int i = 0; i < READERS; i++)
        if ((readers[i] = fork()) == 0) {
            close(ends[1]);
            read_beside(ends[0]);
        }
    h = opened(&(moonlet_history_options){.chain = 6, .batch = 5});
    moonlet_state *s = moonlet_init();
    int64_t last = 0;
    for (int i = 1; i <= COUNT; i++) {
        last = appended(h, s = stepped(s), last, NULL);
        ck_assert_int_eq(last, i);
        if (i % 20 == 0) ck_assert(moonlet_history_prune(h, 12, NULL));
    }
    ck_assert(moonlet_history_close(h, NULL));
    close(ends[1]);
    for (int i = 0; i < READERS; i++) {
        int status;
        ck_assert_int_eq(waitpid(readers[i], &status, 0), readers[i]);
        ck_assert_msg(WIFEXITED(status) && !WEXITSTATUS(status), "%x", (unsigned)status);
    }
    moonlet_release(s);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("odd hands");
    tcase_add_test(t, labels_are_any_text);
    tcase_add_test(t, an_empty_label_is_none);
    tcase_add_test(t, names_are_of_files);
    tcase_add_test(t, files_of_others);
    tcase_add_test(t, rows_that_somebody_has_changed);
    tcase_add_test(t, a_damaged_file);
    tcase_add_test(t, where_nothing_can_be_written);
    tcase_add_test(t, visits_within_visits);
    tcase_add_test(t, what_was_removed_is_no_parent);
    tcase_add_test(t, pruning_takes_all_but_the_newest_and_the_labelled);
    tcase_add_test(t, forgetting_costs_what_is_forgotten);
    tcase_add_test(t, readers_beside_a_writer_that_prunes);
    return history_test_run(t);
}
