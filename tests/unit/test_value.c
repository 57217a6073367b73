/* SPDX-License-Identifier: MIT */
/* Values: the encoding, types, equality, hash and order. */
#include "memory/mem.h"
#include "table/table.h"
#include "value/number.h"

#include "model.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

static Value text(const char *s) { return string_value(string_from_c(s)); }

static Value object(ObjectType type, uint64_t id)
{
    Table *t = mem_new(sizeof *t);
    object_init(&t->h, type, id);
    return value_object(t);
}

static Value light(void *pointer)
{
    Light *l = mem_new(sizeof *l);
    object_init(&l->h, OBJ_LIGHT, 0);
    l->pointer = pointer;
    return value_object(l);
}

static const double doubles[] = {0.0,     -0.0,      1,      -1,          0.1,      1e300,
                                 -1e300,  5e-324,    0x1p52, 0x1p53,      INFINITY, -INFINITY,
                                 1 / 3.0, -0x1p1023, 1e-300, 4294967296.0};
enum { DOUBLES = sizeof doubles / sizeof *doubles };

START_TEST(doubles_survive_boxing)
{
    for (int i = 0; i < DOUBLES; i++) {
        Value v = value_number(doubles[i]);
        double d = value_to_double(v);
        ck_assert(memcmp(&d, &doubles[i], sizeof d) == 0);
        ck_assert(value_is_number(v) && !value_is_object(v) && !value_is_false(v));
        ck_assert_int_eq(value_type(v), TYPE_NUMBER);
    }
}
END_TEST

START_TEST(nans_stay_numbers)
{
    Random random = {1};
    ck_assert(isnan(value_to_double(value_number((double)NAN))));
    ck_assert(isnan(value_to_double(value_number(-(double)NAN))));
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = random_word(&random) | 0x7ff0000000000001u;
        double d;
        memcpy(&d, &bits, sizeof d);
        Value v = value_number_checked(d);
        must(value_is_number(v) && isnan(value_to_double(v)));
    }
}
END_TEST

START_TEST(types_have_their_names)
{
    ck_assert_str_eq(value_type_name(V_NIL), "nil");
    ck_assert_str_eq(value_type_name(V_TRUE), "boolean");
    ck_assert_str_eq(value_type_name(value_number(1)), "number");
    ck_assert_str_eq(value_type_name(text("x")), "string");
    ck_assert_str_eq(value_type_name(object(OBJ_TABLE, 1)), "table");
    ck_assert_str_eq(value_type_name(object(OBJ_CLOSURE, 1)), "function");
    ck_assert_str_eq(value_type_name(object(OBJ_NATIVE, 1)), "function");
    ck_assert_str_eq(value_type_name(object(OBJ_COROUTINE, 1)), "thread");
    ck_assert_str_eq(value_type_name(object(OBJ_USERDATA, 1)), "userdata");
    ck_assert_str_eq(value_type_name(light(NULL)), "userdata");
    ck_assert_int_eq(value_type(light(NULL)), TYPE_LIGHT);
}
END_TEST

START_TEST(only_nil_and_false_are_false)
{
    ck_assert(value_is_false(V_NIL) && value_is_false(V_FALSE));
    ck_assert(!value_is_false(V_TRUE) && !value_is_false(value_number(0)));
    ck_assert(!value_is_false(text("")));
    ck_assert(value_is_boolean(V_FALSE) && value_is_boolean(V_TRUE) &&
              !value_is_boolean(V_NIL));
}
END_TEST

START_TEST(a_mark_does_not_change_the_type)
{
    Value t = object(OBJ_TABLE, 0x123456789abcu);
    object_mark_remapped(value_pointer(t));
    ck_assert(object_is_remapped(value_pointer(t)) && value_is_table(t));
    ck_assert_uint_eq(object_id(value_pointer(t)), 0x123456789abcu);
}
END_TEST

START_TEST(equality)
{
    ck_assert(value_equal(value_number(0), value_number(-0.0)));
    ck_assert(!value_equal(value_number((double)NAN), value_number((double)NAN)));
    ck_assert(value_equal(text("abc"), text("abc")));
    ck_assert(!value_equal(text("abc"), text("abd")));
    ck_assert(!value_equal(text("1"), value_number(1)));
    ck_assert(!value_equal(V_FALSE, V_NIL));
    ck_assert(!value_equal(object(OBJ_TABLE, 1), object(OBJ_TABLE, 1)));
    int x;
    ck_assert(value_equal(light(&x), light(&x)));
    ck_assert(!value_equal(light(&x), light(NULL)));
    ck_assert(!value_equal(light(&x), object(OBJ_TABLE, 1)));
}
END_TEST

START_TEST(equal_values_hash_alike)
{
    int x;
    ck_assert_uint_eq(value_hash(value_number(0)), value_hash(value_number(-0.0)));
    ck_assert_uint_eq(value_hash(text("hello")), value_hash(text("hello")));
    ck_assert_uint_eq(value_hash(light(&x)), value_hash(light(&x)));
    ck_assert_uint_eq(value_hash(object(OBJ_TABLE, 9)), value_hash(object(OBJ_TABLE, 9)));
    ck_assert_uint_ne(value_hash(text("hello")), value_hash(text("hellp")));
}
END_TEST

static int compare_hashes(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Of n hashes, how many differ in their low bits, where the map looks first. */
static uint32_t distinct_low(uint32_t *hashes, uint32_t n, uint32_t mask)
{
    uint32_t distinct = 1;
    for (uint32_t i = 0; i < n; i++) hashes[i] &= mask;
    qsort(hashes, n, sizeof *hashes, compare_hashes);
    for (uint32_t i = 1; i < n; i++) distinct += hashes[i] != hashes[i - 1];
    return distinct;
}

START_TEST(hashes_of_regular_keys_spread)
{
    enum { N = 1 << 16 };
    static const double strides[] = {1, 2, 8, 1024, 65536, 1e6, -1, 4294967296.0, 3};
    uint32_t *hashes = malloc(N * sizeof *hashes);
    for (size_t s = 0; s < sizeof strides / sizeof *strides; s++) {
        for (int i = 0; i < N; i++) hashes[i] = value_hash(value_number((i + 1) * strides[s]));
        /* a random function would reach 1 - 1/e of the places */
        ck_assert_uint_gt(distinct_low(hashes, N, N - 1), (uint32_t)(0.55 * N));
    }
    free(hashes);
}
END_TEST

/* Where a map looks first for 32 numbers of one fraction in a row is the same, down to their
 * node, in which each has a place; rows are apart. */
START_TEST(hashes_of_fractions_keep_neighbours_together)
{
    enum { ROWS = 1 << 15, ROW = 32, LEVELS = 15, ABOVE = (1 << LEVELS) - 1 };
    static const double fractions[] = {0.5, 0.25, 0x1.8p-20};
    uint32_t *hashes = malloc(ROWS * sizeof *hashes);
    for (size_t f = 0; f < sizeof fractions / sizeof *fractions; f++) {
        for (int i = 0; i < ROWS; i++) {
            uint32_t met = 0;
            hashes[i] = value_hash(value_number(i * ROW + fractions[f]));
            for (int k = 0; k < ROW; k++) {
                uint32_t hash = value_hash(value_number(i * ROW + k + fractions[f]));
                ck_assert_uint_eq(hash & ABOVE, hashes[i] & ABOVE);
                met |= 1u << (hash >> LEVELS & (ROW - 1));
            }
            ck_assert_uint_eq(met, UINT32_MAX);
        }
        ck_assert_uint_gt(distinct_low(hashes, ROWS, ABOVE), (uint32_t)(0.55 * ROWS));
    }
    free(hashes);
}
END_TEST

/* A map of few such keys has a place for each at its root. */
START_TEST(hashes_of_integers_in_a_row_differ_in_their_low_bits)
{
    const double first[] = {0, 1, 1000, 1015, -7, -5000, 65536.0 * 300, 1e9, 0x1p52};
    for (size_t k = 0; k < sizeof first / sizeof *first; k++) {
        uint32_t met = 0, wraps = 0;
        for (int i = 0; i < 32; i++) {
            double key = first[k] + i;
            wraps += i && floor(key / 1024) * 1024 == key; /* what is far away has changed */
            met |= 1u << (value_hash(value_number(key == 0 ? 0 : key)) & 31);
        }
        ck_assert_msg(wraps || met == UINT32_MAX, "two of 32 from %.0f have a place", first[k]);
    }
}
END_TEST

/* Where a map looks first for 32 objects made in a row is the same, down to their node. */
START_TEST(hashes_of_objects_keep_neighbours_together)
{
    enum { N = 1 << 16, NODE = 32, ABOVE = (1 << 20) - 1 };
    uint32_t *hashes = malloc(N * sizeof *hashes);
    for (int i = 0; i < N; i++) {
        hashes[i] = value_hash(object(OBJ_TABLE, (uint64_t)i * 3));
        uint32_t a = value_hash(object(OBJ_TABLE, (uint64_t)i));
        uint32_t b = value_hash(object(OBJ_TABLE, (uint64_t)(i - i % NODE)));
        ck_assert_uint_eq(a & ABOVE, b & ABOVE);
    }
    ck_assert_uint_eq(distinct_low(hashes, N, UINT32_MAX), N);
    free(hashes);
}
END_TEST

static int sign(int i) { return (i > 0) - (i < 0); }

START_TEST(the_order_is_total)
{
    int x[2];
    Value values[] = {V_FALSE,
                      V_TRUE,
                      value_number(0),
                      value_number(1),
                      value_number(-1),
                      value_number(0.5),
                      text(""),
                      text("a"),
                      text("ab"),
                      text("b"),
                      text("\xff"),
                      object(OBJ_TABLE, 1),
                      object(OBJ_TABLE, 2),
                      object(OBJ_CLOSURE, 1),
                      object(OBJ_CLOSURE, 2),
                      light(x),
                      light(x + 1)};
    enum { N = sizeof values / sizeof *values };
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            int ij = sign(value_order(values[i], values[j]));
            must((ij == 0) == (i == j));
            must(ij == -sign(value_order(values[j], values[i])));
            for (int k = 0; k < N; k++)
                if (ij < 0 && value_order(values[j], values[k]) < 0)
                    must(value_order(values[i], values[k]) < 0);
        }
    }
    ck_assert_int_eq(value_order(text("same"), text("same")), 0);
    ck_assert_int_eq(value_order(light(x), light(x)), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("value");
    TCase *tc = tcase_create("value");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, mem_init, NULL);
    tcase_add_test(tc, doubles_survive_boxing);
    tcase_add_test(tc, nans_stay_numbers);
    tcase_add_test(tc, types_have_their_names);
    tcase_add_test(tc, only_nil_and_false_are_false);
    tcase_add_test(tc, a_mark_does_not_change_the_type);
    tcase_add_test(tc, equality);
    tcase_add_test(tc, equal_values_hash_alike);
    tcase_add_test(tc, hashes_of_regular_keys_spread);
    tcase_add_test(tc, hashes_of_integers_in_a_row_differ_in_their_low_bits);
    tcase_add_test(tc, hashes_of_fractions_keep_neighbours_together);
    tcase_add_test(tc, hashes_of_objects_keep_neighbours_together);
    tcase_add_test(tc, the_order_is_total);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
