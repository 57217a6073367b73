/* SPDX-License-Identifier: MIT */
/* Numbers for strings and addresses: in the order of meeting, whatever hashes are like. */
#include "image/numbering.h"

#include "memory/mem.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

enum { MANY = 100000 };

/* A numbering keeps nothing alive. */
static String **kept;

static String *numbered_text(uint32_t i)
{
    char text[32];
    if (!kept) kept = mem_try_alloc(2 * MANY * sizeof *kept);
    int length = snprintf(text, sizeof text, "text %u", i % MANY);
    return kept[i] = string_new(text, (size_t)length);
}

/* All have one hash, as strings can have that someone has chosen. Searches stay short: else
 * this would take minutes. */
START_TEST(strings_that_collide)
{
    Numbering n = {0};
    bool fresh;
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < MANY; i++) {
            String *s = numbered_text((uint32_t)round * MANY + i);
            s->h.id_low = 12345;
            const NumberedPlace *place = numbering_string(&n, s, &fresh);
            if (place->number != i || fresh != !round) ck_abort_msg("string %u", i);
        }
    ck_assert(n.seeded && !n.failed);
    numbering_free(&n);
}
END_TEST

START_TEST(strings_that_do_not)
{
    Numbering n = {0};
    bool fresh;
    for (uint32_t i = 0; i < MANY; i++)
        if (numbering_string(&n, numbered_text(i), &fresh)->number != i || !fresh)
            ck_abort_msg("string %u", i);
    ck_assert(!n.seeded);
    numbering_free(&n);
}
END_TEST

/* Whatever the distance between keys is. */
START_TEST(keys_at_all_distances)
{
    for (int shift = 0; shift < 48; shift++) {
        Numbering n = {0};
        bool fresh;
        for (uintptr_t i = 1; i <= 10000; i++)
            if (numbering_place(&n, (void *)(i << shift), &fresh)->number != i - 1 || !fresh)
                ck_abort_msg("%d %d", shift, (int)i);
        ck_assert_ptr_nonnull(numbering_find(&n, (void *)((uintptr_t)77 << shift)));
        ck_assert_ptr_null(numbering_find(&n, (void *)((uintptr_t)10001 << shift)));
        numbering_free(&n);
    }
}
END_TEST

int main(void)
{
    mem_init();
    TCase *t = tcase_create("numbering");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, strings_that_collide);
    tcase_add_test(t, strings_that_do_not);
    tcase_add_test(t, keys_at_all_distances);
    Suite *s = suite_create("numbering");
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
