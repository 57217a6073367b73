/* SPDX-License-Identifier: MIT */
/* The set of marks against a naive one, and without memory: then it lives on scratch blocks. */
#include <check.h>
#include <stdlib.h>

#include "memory/mem.h"
#include "memory/scratch.h"
#include "state/marks.h"

/* Addresses in some clusters, far from each other, as heaps have them. */
enum { CLUSTERS = 5, PLACES = 4000, ROUNDS = 200000 };
static const uintptr_t clusters[CLUSTERS] = {0x100000, 0x7f0000000000, 0x7ffffff00000,
                                             0x555500000000, 0x7f0000080000};

static const void *place(unsigned i)
{
    return (const void *)(clusters[i % CLUSTERS] + (uintptr_t)(i / CLUSTERS) * 16 * 37);
}

static int by_address(const void *a, const void *b)
{
    uintptr_t x = (uintptr_t)place(*(const unsigned *)a),
              y = (uintptr_t)place(*(const unsigned *)b);
    return (x > y) - (x < y);
}

static void check_all(const Marks *m, const bool *in, const unsigned *order)
{
    const void *o = NULL;
    size_t count = 0;
    for (unsigned i = 0; i < PLACES; i++) {
        ck_assert_int_eq(marks_has(m, place(order[i])), in[order[i]]);
        if (!in[order[i]]) continue;
        o = marks_next(m, (uintptr_t)o + 16);
        ck_assert_ptr_eq(o, place(order[i]));
        count++;
    }
    ck_assert_ptr_null(marks_next(m, (uintptr_t)o + 16));
    ck_assert_uint_eq(count, m->count);
}

static void compare(Marks *m)
{
    static bool in[PLACES];
    static unsigned order[PLACES];
    unsigned seed = 1;
    for (unsigned i = 0; i < PLACES; i++) order[i] = i, in[i] = false;
    qsort(order, PLACES, sizeof *order, by_address);
    for (int i = 0; i < ROUNDS; i++) {
        unsigned p = (seed = seed * 1103515245 + 12345) / 7 % PLACES;
        bool removes = i % 3 == 2 && in[p];
        if (removes)
            marks_remove(m, place(p));
        else
            ck_assert_int_eq(marks_add(m, place(p)), !in[p]);
        in[p] = !removes;
        if (i % 20000 == 0) check_all(m, in, order);
    }
    check_all(m, in, order);
    marks_free(m);
    ck_assert_ptr_null(marks_next(m, 0));
}

START_TEST(as_a_naive_set)
{
    Marks m = {0};
    compare(&m);
    ck_assert(!m.failed);
}
END_TEST

START_TEST(without_memory)
{
    mem_init();
    if (!mem_fail_requests(0, MEM_FAIL_ONCE)) return; /* not in this kind */
    scratch_want(64 << 20);
    ck_assert(scratch_fill());
    Marks sure = {.sure = true}, other = {0};
    mem_fail_requests(1, MEM_FAIL_FROM);
    for (int i = 0; i < 3; i++) { /* what was freed is zeroed, and can be had again */
        compare(&sure);
        scratch_leave();
    }
    ck_assert(!marks_add(&other, place(0)));
    ck_assert(other.failed);
    ck_assert(!marks_has(&other, place(0)));
    mem_fail_requests(0, MEM_FAIL_ONCE);
    marks_free(&other);
}
END_TEST

START_TEST(lists_begin_in_lent_memory)
{
    void *few[4];
    PointerList l = {.items = few, .capacity = 4, .lent = true};
    for (uintptr_t i = 1; i <= 1000; i++) ck_assert(pointer_list_add(&l, (void *)i));
    for (uintptr_t i = 1; i <= 1000; i++) ck_assert_ptr_eq(l.items[i - 1], (void *)i);
    pointer_list_free(&l);
    if (!mem_fail_requests(1, MEM_FAIL_FROM)) return;
    l = (PointerList){.items = few, .capacity = 4, .lent = true};
    for (uintptr_t i = 1; i <= 1000; i++)
        ck_assert_int_eq(pointer_list_add(&l, (void *)i), i <= 4);
    ck_assert(l.failed && l.count == 4);
    mem_fail_requests(0, MEM_FAIL_ONCE);
    pointer_list_free(&l);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("marks");
    TCase *t = tcase_create("marks");
    tcase_add_test(t, as_a_naive_set);
    tcase_add_test(t, without_memory);
    tcase_add_test(t, lists_begin_in_lent_memory);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
