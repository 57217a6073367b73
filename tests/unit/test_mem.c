/* SPDX-License-Identifier: MIT */
/* Memory: zeroed blocks, what collection keeps and takes, threads, edit tokens. */
#define _GNU_SOURCE
#include "memory/mem.h"
#include "memory/reserve.h"
#include "model.h"

#include <check.h>
#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const size_t sizes[] = {1,   16,   24,   32,   48,     272,   400,
                               528, 1024, 1025, 5000, 100000, 300000};
enum { SIZES = sizeof sizes / sizeof *sizes };

static bool all_are(const void *block, size_t size, unsigned char byte)
{
    const unsigned char *p = block;
    for (size_t i = 0; i < size; i++)
        if (p[i] != byte) return false;
    return true;
}

START_TEST(blocks_are_zero)
{
    for (int i = 0; i < SIZES; i++) {
        for (int k = 0; k < 100; k++) {
            void *p = mem_try_new(sizes[i]), *q = mem_try_alloc(sizes[i]);
            void *r = mem_try_alloc_array(sizes[i]);
            must(p && q && r && p != q && p != r && q != r);
            must(all_are(p, sizes[i], 0) && all_are(q, sizes[i], 0));
            must(sizes[i] > MEM_SURE_MAX || all_are(r, sizes[i], 0));
            memset(p, 0xff, sizes[i]);
            memset(q, 0xff, sizes[i]);
            memset(r, 0xff, sizes[i]);
            mem_free(p, sizes[i]);
        }
    }
}
END_TEST

START_TEST(freed_blocks_come_back)
{
    void *p = mem_new(48);
    memset(p, 1, 48);
    mem_free(p, 48);
    void *q = mem_new(48);
    if (collects()) ck_assert_ptr_eq(p, q);
    ck_assert(all_are(q, 48, 0));
    memset(q, 1, 48);
    mem_free(q, 48);
    p = mem_try_alloc(40);
    if (collects()) ck_assert_ptr_eq(p, q);
    ck_assert(all_are(p, 40, 0));
}
END_TEST

START_TEST(blocks_of_no_size_are_blocks)
{
    void *p = mem_try_alloc(0), *q = mem_try_alloc(0);
    ck_assert_ptr_nonnull(p);
    ck_assert_ptr_ne(p, q);
    ck_assert(mem_is_block(p) && mem_is_block(q));
}
END_TEST

START_TEST(atomic_blocks_survive_while_held)
{
    enum { HELD = 3000 };
    unsigned char **held = mem_try_alloc(HELD * sizeof *held);
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < HELD; i++) {
            size_t size = sizes[i % SIZES];
            if (size > 1024) size = 64;
            held[i] = mem_new_atomic(size);
            memset(held[i], i & 255, size);
            if (i % 1000 == 0) mem_collect();
        }
        mem_collect();
        for (int i = 0; i < HELD; i++) {
            size_t size = sizes[i % SIZES];
            must(all_are(held[i], size > 1024 ? 64 : size, (unsigned char)i));
        }
    }
}
END_TEST

typedef struct Cell {
    struct Cell *next;
    uint64_t number;
} Cell;

START_TEST(scanned_blocks_keep_what_they_point_to)
{
    Cell **chain = mem_try_alloc_root(sizeof *chain);
    for (uint64_t i = 0; i < 100000; i++) {
        Cell *cell = mem_new(sizeof *cell);
        *cell = (Cell){*chain, i};
        *chain = cell;
    }
    mem_collect();
    uint64_t expected = 100000;
    for (const Cell *cell = *chain; cell; cell = cell->next) must(cell->number == --expected);
    ck_assert_uint_eq(expected, 0);
    mem_free_root(chain);
}
END_TEST

START_TEST(garbage_is_collected)
{
    for (int i = 0; i < 300000; i++) {
        mem_new(1000);
        mem_new_atomic(1000);
    }
    ck_assert_uint_ge(mem_bytes_total(), 500000000u);
    if (collects()) ck_assert_uint_lt(mem_bytes_heap(), 100000000u);
}
END_TEST

/* Arrays that grow, from each size to twice that: they take whole pages, of which they fill
 * half. */
START_TEST(pages_that_are_half_full_do_not_make_the_heap_large)
{
    for (int i = 0; i < 20000; i++) {
        void *smaller = mem_alloc(2064);
        mem_alloc(4112);
        mem_free(smaller, 2064);
    }
    ck_assert_uint_ge(mem_bytes_total(), 80000000u);
    if (collects()) ck_assert_uint_lt(mem_bytes_heap(), 8000000u);
}
END_TEST

START_TEST(what_cannot_be_had_is_null)
{
    ck_assert_ptr_null(mem_try_alloc((size_t)1 << 60));
    ck_assert_ptr_null(mem_try_alloc_atomic((size_t)1 << 60));
    ck_assert_ptr_nonnull(mem_try_alloc((size_t)1 << 20));
    ck_assert_ptr_nonnull(mem_try_alloc_atomic((size_t)1 << 20));
}
END_TEST

static void __attribute__((noinline)) make_weak(uintptr_t *slots, void **kept, int n)
{
    for (int i = 0; i < n; i++) {
        void *object = mem_new(64);
        mem_weak_set(&slots[i], object);
        if (i % 10 == 0) kept[i] = object;
    }
}

START_TEST(weak_pointers_are_cleared)
{
    enum { WEAK = 1000 };
    uintptr_t *slots = mem_try_alloc(WEAK * sizeof *slots);
    void **kept = mem_try_alloc(WEAK * sizeof *kept);
    make_weak(slots, kept, WEAK);
    mem_collect();
    int gone = 0;
    for (int i = 0; i < WEAK; i++) {
        if (kept[i]) must(mem_weak_get(&slots[i]) == kept[i]);
        gone += mem_weak_get(&slots[i]) == NULL;
    }
    if (collects()) ck_assert_int_gt(gone, WEAK / 2);
    mem_weak_clear(&slots[0]);
    ck_assert_ptr_null(mem_weak_get(&slots[0]));
    ck_assert_ptr_nonnull(kept[0]);
}
END_TEST

static void __attribute__((noinline)) make_list(MemWeakList *l, void **kept, int n)
{
    for (int i = 0; i < n; i++) {
        void *object = mem_new(64);
        ck_assert(mem_weak_list_add(l, object));
        if (i % 10 == 0) kept[i / 10] = object;
    }
}

/* What is kept stays in its order; the list is used again after it was cleared. */
START_TEST(weak_lists_lose_what_is_garbage)
{
    enum { WEAK = 1000 };
    static MemWeakList list;
    void **kept = mem_try_alloc(WEAK / 10 * sizeof *kept),
         **left = mem_try_alloc(WEAK * sizeof *left);
    for (int round = 0; round < 3; round++) {
        make_list(&list, kept, WEAK);
        mem_collect();
        int64_t n = mem_weak_list_get(&list, left);
        if (collects()) ck_assert_int_lt(n, WEAK / 2);
        ck_assert_int_eq(n, list.count);
        int found = 0;
        for (int64_t i = 0; i < n; i++)
            if (found < WEAK / 10 && left[i] == kept[found]) found++;
        ck_assert_int_eq(found, WEAK / 10);
        mem_weak_list_clear(&list);
        ck_assert_int_eq(mem_weak_list_get(&list, left), 0);
    }
}
END_TEST

/* Allocates both kinds, checks them, and collects now and then. */
static void *work(void *seed)
{
    enum { LIVE = 200 };
    Random random = {(uintptr_t)seed};
    unsigned char **live = mem_try_alloc_root(LIVE * sizeof *live);
    size_t *live_sizes = calloc(LIVE, sizeof *live_sizes);
    for (int i = 0; i < 60000; i++) {
        uint32_t at = random_below(&random, LIVE);
        if (live[at]) must(all_are(live[at], live_sizes[at], (unsigned char)at));
        live_sizes[at] = 1 + random_below(&random, 600);
        bool atomic = random_below(&random, 2);
        live[at] = atomic ? mem_new_atomic(live_sizes[at]) : mem_new(live_sizes[at]);
        must(atomic || all_are(live[at], live_sizes[at], 0));
        memset(live[at], (int)at, live_sizes[at]);
        if (i % 5000 == 0) mem_collect();
    }
    mem_free_root(live);
    free(live_sizes);
    return seed;
}

START_TEST(threads_do_not_disturb_each_other)
{
    pthread_t threads[4];
    for (uintptr_t i = 0; i < 4; i++) pthread_create(&threads[i], NULL, work, (void *)(i + 1));
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
}
END_TEST

/* Blocks of pages are used again, by the thread that had them: never while somebody has one. */
static void *work_on_pages(void *seed)
{
    enum { LIVE = 60, SIZE_MAX_HERE = 36 << 10 };
    Random random = {(uintptr_t)seed};
    unsigned char **live = mem_try_alloc_root(LIVE * sizeof *live);
    size_t *live_sizes = calloc(LIVE, sizeof *live_sizes);
    for (int i = 0; i < 20000; i++) {
        uint32_t at = random_below(&random, LIVE);
        if (live[at]) must(all_are(live[at], live_sizes[at], (unsigned char)at));
        live_sizes[at] = 1000 + random_below(&random, i % 16 ? 4000 : SIZE_MAX_HERE);
        live[at] = mem_try_alloc_atomic(live_sizes[at]);
        must(live[at] != NULL);
        memset(live[at], (int)at, live_sizes[at]);
        if (i % 7 == 0 && live_sizes[at] > MEM_SMALL_MAX) { /* else it is in no free list */
            mem_free(live[at], live_sizes[at]);
            live[at] = NULL;
        }
        if (i % 3000 == 0) mem_collect();
    }
    mem_free_root(live);
    free(live_sizes);
    return seed;
}

START_TEST(pages_are_used_again_by_nobody_else)
{
    pthread_t threads[4];
    for (int round = 0; round < 2; round++) {
        for (uintptr_t i = 0; i < 4; i++)
            pthread_create(&threads[i], NULL, work_on_pages, (void *)(i + 1));
        work_on_pages((void *)9);
        for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    }
}
END_TEST

static void use_pages(int count, size_t size)
{
    for (int i = 0; i < count; i++) memset(mem_alloc_atomic(size), 1, size);
}

START_TEST(pages_that_nobody_needs_are_free_for_all)
{
    if (!collects()) return;
    enum { LARGE_PAGES = 10000, PAGE_BYTES = 4000 };
    use_pages(LARGE_PAGES, PAGE_BYTES);
    for (int i = 0; i < 3; i++) mem_collect();
    uint64_t heap = mem_bytes_heap(), total = mem_bytes_total();
    use_pages(LARGE_PAGES, PAGE_BYTES);
    ck_assert_uint_ge(mem_bytes_total() - total, LARGE_PAGES * PAGE_BYTES);
    for (int i = 0; i < LARGE_PAGES; i++) mem_alloc(64);
    ck_assert_uint_le(mem_bytes_heap(), 2 * heap);
}
END_TEST

static void *attach_twice(void *context)
{
    mem_thread_attach();
    mem_thread_attach();
    void *p = mem_new(32);
    mem_thread_detach();
    mem_thread_detach();
    return p ? context : NULL;
}

enum { GARBAGE = 1000000 };

/* Another thread, which is there until it is let go. */
static void *stay(void *barrier)
{
    mem_thread_attach();
    pthread_barrier_wait(barrier);
    pthread_barrier_wait(barrier);
    mem_thread_detach();
    return NULL;
}

static uint64_t collections_of_garbage(void)
{
    mem_collect();
    uint64_t before = mem_collections();
    for (size_t i = 0; i < GARBAGE; i++) mem_alloc(64);
    return mem_collections() - before;
}

/* All threads stop for each collection: with several there are fewer. */
START_TEST(several_threads_collect_less_often)
{
    if (!collects()) return;
    pthread_t other;
    pthread_barrier_t barrier;
    uint64_t alone = collections_of_garbage();
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&other, NULL, stay, &barrier);
    pthread_barrier_wait(&barrier);
    uint64_t together = collections_of_garbage();
    pthread_barrier_wait(&barrier);
    pthread_join(other, NULL);
    ck_assert_uint_lt(together * 2, alone);
}
END_TEST

START_TEST(threads_come_and_go)
{
    for (int i = 0; i < 50; i++) {
        pthread_t thread;
        void *result;
        pthread_create(&thread, NULL, attach_twice, &result);
        pthread_join(thread, &result);
        ck_assert_ptr_eq(result, &result);
    }
    mem_collect();
}
END_TEST

enum { TOKENS = 100000 };

static void *take_tokens(void *tokens)
{
    for (int i = 0; i < TOKENS; i++) ((uint64_t *)tokens)[i] = epoch_new();
    return NULL;
}

static int compare_tokens(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

START_TEST(tokens_are_unique)
{
    uint64_t *tokens = calloc(2 * TOKENS, sizeof *tokens);
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, take_tokens, tokens + i * TOKENS);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    qsort(tokens, 2 * TOKENS, sizeof *tokens, compare_tokens);
    must(tokens[0] != EPOCH_NONE);
    for (int i = 1; i < 2 * TOKENS; i++) must(tokens[i] != tokens[i - 1]);
    free(tokens);
}
END_TEST

START_TEST(tokens_do_not_run_out_with_their_block)
{
    uint64_t last = epoch_new();
    for (int i = 0; i < 3 << 20; i++) {
        uint64_t token = epoch_new();
        must(token > last && token >> 63);
        last = token;
    }
}
END_TEST

/* Threads of this process, 0: unknown. */
static int count_threads(void)
{
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    if (!tasks) return 0;
    for (struct dirent *d; (d = readdir(tasks));) count += d->d_name[0] != '.';
    closedir(tasks);
    return count;
}

/* Whether the process began with one thread: emulators of other machines have their own. */
static bool begins_alone;

/* Whether the collector has helpers in a large heap here. */
static bool helpers_expected(void)
{
    cpu_set_t processors;
    if (sched_getaffinity(0, sizeof processors, &processors) != 0) return false;
    return collects() && !getenv("GC_MARKERS") && begins_alone && CPU_COUNT(&processors) > 1;
}

enum { LINKS = 400000 };

typedef struct Link {
    struct Link *next;
    size_t number;
} Link;

/* 25 MB in blocks of 64 bytes. */
static Link *chain(void)
{
    Link *first = NULL;
    for (size_t i = 0; i < LINKS; i++) {
        Link *link = mem_new(64);
        *link = (Link){first, i};
        first = link;
    }
    return first;
}

static bool is_whole(const Link *link)
{
    size_t i = LINKS;
    for (; link; link = link->next)
        if (link->number != --i) return false;
    return i == 0;
}

START_TEST(helpers_come_with_a_large_heap)
{
    bool expected = helpers_expected();
    must(!expected || count_threads() == 1);
    Link **kept = mem_try_alloc_root(sizeof *kept);
    *kept = chain();
    mem_collect();
    must(is_whole(*kept));
    must(!expected || count_threads() > 1);
    mem_free_root(kept);
}
END_TEST

/* Filling the reserve takes as long as all else that a start does. */
START_TEST(small_programs_have_no_reserve)
{
    for (size_t i = 0; i < SIZES; i++)
        if (sizes[i] < 1 << 16) must(mem_alloc(sizes[i]));
    must(mem_fail_requests(0, MEM_FAIL_ONCE) || reserve_total() == 0);
    Link **kept = mem_try_alloc_root(sizeof *kept);
    *kept = chain();
    must(reserve_total() > 0);
    must(is_whole(*kept));
    mem_free_root(kept);
}
END_TEST

/* Forks with a large heap; the child must keep it whole, and end with that many threads, or
 * more than one if that is 0. */
static void fork_with(const Link *kept, bool refuse, int threads)
{
    pid_t pid = fork();
    if (pid == 0) {
        if (refuse) mem_refuse_helpers();
        bool good = is_whole(kept);
        for (int i = 0; i < 3; i++) {
            Link *more = chain();
            mem_collect();
            good &= is_whole(kept) && is_whole(more);
        }
        if (helpers_expected())
            good &= threads ? count_threads() == threads : count_threads() > 1;
        _exit(good ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    int status = -1;
    must(waitpid(pid, &status, 0) == pid);
    must(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
}

START_TEST(forked_processes_have_helpers_of_their_own)
{
    if (!begins_alone) return; /* qemu-user cannot fork among threads */
    Link **kept = mem_try_alloc_root(sizeof *kept);
    *kept = chain();
    mem_collect();
    fork_with(*kept, false, 0);
    fork_with(*kept, true, 1);
    must(is_whole(*kept));
    mem_free_root(kept);
}
END_TEST

int main(void)
{
    begins_alone = count_threads() == 1;
    Suite *suite = suite_create("mem");
    TCase *tc = tcase_create("mem");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, mem_init, NULL);
    tcase_add_test(tc, small_programs_have_no_reserve);
    tcase_add_test(tc, blocks_are_zero);
    tcase_add_test(tc, freed_blocks_come_back);
    tcase_add_test(tc, blocks_of_no_size_are_blocks);
    tcase_add_test(tc, atomic_blocks_survive_while_held);
    tcase_add_test(tc, scanned_blocks_keep_what_they_point_to);
    tcase_add_test(tc, garbage_is_collected);
    tcase_add_test(tc, pages_that_are_half_full_do_not_make_the_heap_large);
    tcase_add_test(tc, what_cannot_be_had_is_null);
    tcase_add_test(tc, weak_pointers_are_cleared);
    tcase_add_test(tc, weak_lists_lose_what_is_garbage);
    tcase_add_test(tc, threads_do_not_disturb_each_other);
    tcase_add_test(tc, several_threads_collect_less_often);
    tcase_add_test(tc, pages_are_used_again_by_nobody_else);
    tcase_add_test(tc, pages_that_nobody_needs_are_free_for_all);
    tcase_add_test(tc, threads_come_and_go);
    tcase_add_test(tc, helpers_come_with_a_large_heap);
    tcase_add_test(tc, forked_processes_have_helpers_of_their_own);
    tcase_add_test(tc, tokens_are_unique);
    tcase_add_test(tc, tokens_do_not_run_out_with_their_block);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
