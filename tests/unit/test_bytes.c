/* SPDX-License-Identifier: MIT */
/* Bytes that are written and read: numbers of all sizes, and what a walk is told of. */
#include "image/bytes.h"

#include <check.h>
#include <stdlib.h>

START_TEST(numbers_are_read_as_written)
{
    ByteSink out = {0};
    for (unsigned bit = 0; bit < 64; bit++)
        for (int64_t near = -1; near <= 1; near++) {
            uint64_t n = ((uint64_t)1 << bit) + (uint64_t)near;
            sink_number(&out, n);
            sink_signed(&out, (int64_t)n);
        }
    ByteSource in = {out.bytes, out.bytes + out.length, false};
    for (unsigned bit = 0; bit < 64; bit++)
        for (int64_t near = -1; near <= 1; near++) {
            uint64_t n = ((uint64_t)1 << bit) + (uint64_t)near;
            ck_assert_uint_eq(source_number(&in), n);
            ck_assert_int_eq(source_signed(&in), (int64_t)n);
        }
    ck_assert(!in.failed && !source_left(&in) && !out.failed);
    sink_free(&out);
}
END_TEST

/* Contents that are written only to be compared are taken back. A walk that has been told of
 * them is told no more than was ever there. */
START_TEST(what_is_taken_back_is_no_step)
{
    enum { CONTENTS = 100000, MOST = 64 * CONTENTS };
    static const uint8_t contents[MOST];
    Walk walk = walk_begin();
    ByteSink out = {.walk = &walk};
    for (size_t n = CONTENTS; n <= MOST; n *= 4) { /* more than there is room for */
        sink_bytes(&out, contents, n);
        sink_bytes(&out, contents, CONTENTS);
        out.length = 0;
    }
    ck_assert(!out.failed);
    ck_assert_uint_le(walk.bytes, MOST + CONTENTS);
    ck_assert_uint_le(walk.nodes, MOST + CONTENTS);
    sink_free(&out);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bytes");
    TCase *t = tcase_create("bytes");
    tcase_add_test(t, numbers_are_read_as_written);
    tcase_add_test(t, what_is_taken_back_is_no_step);
    suite_add_tcase(s, t);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
