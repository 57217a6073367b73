/* SPDX-License-Identifier: MIT */
/* Objects by number: each that was added is found, whatever ids came before and after. */
#include <check.h>
#include <stdlib.h>

#include "image/objects.h"
#include "memory/mem.h"
#include "table/table.h"

enum { OBJECTS = 3000, ROUNDS = 60 };

static Object *object_with(uint64_t id)
{
    Object *o = mem_new(sizeof(Table));
    o->type = OBJ_TABLE;
    o->id_high = (uint16_t)(id >> 32);
    o->id_low = (uint32_t)id;
    return o;
}

/* Most ids are neighbours, as those of what was made together; some are far, some are twice. */
static uint64_t next_id(uint64_t last)
{
    switch (rand() % 400) {
    case 0: return last + (uint64_t)rand() % 400;
    case 1: return last > 50 ? last - (uint64_t)rand() % 50 : last;
    case 2: return last;
    default: return last + 1;
    }
}

START_TEST(what_was_added_is_found)
{
    srand((unsigned)_i);
    Objects x = {0};
    Object **all = mem_try_alloc_root(OBJECTS * sizeof *all);
    uint64_t id = (uint64_t)rand() % 10000;
    for (uint32_t i = 0; i < OBJECTS; i++) {
        id = next_id(id);
        all[i] = object_with(id);
        ck_assert_uint_eq(objects_number(&x, all[i]), OBJECT_NONE);
        if (rand() % 2)
            objects_add(&x, all[i]);
        else
            ck_assert_uint_eq(objects_meet(&x, all[i]), OBJECT_NONE);
        uint32_t any = (uint32_t)rand() % (i + 1);
        ck_assert_uint_eq(objects_number(&x, all[any]), any);
        ck_assert_uint_eq(objects_meet(&x, all[any]), any);
    }
    for (uint32_t i = 0; i < OBJECTS; i++) ck_assert_uint_eq(objects_number(&x, all[i]), i);
    ck_assert(!x.failed);
    objects_free(&x);
    mem_free_root(all);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("objects");
    TCase *t = tcase_create("objects");
    tcase_add_loop_test(t, what_was_added_is_found, 0, ROUNDS);
    suite_add_tcase(s, t);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
