/* SPDX-License-Identifier: MIT */
/* Values as bytes: round trips, what is refused, damaged packs. */
#include "map/pack.h"

#include <check.h>
#include <stdlib.h>

#include "control/eval.h"

static Machine *M;

typedef struct Rng {
    uint64_t state;
} Rng;

/* splitmix64; 0..below-1. */
static uint32_t rng_below(Rng *r, uint32_t below)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ z >> 31) % below);
}

static void setup(void)
{
    eval_init();
    M = machine_begin(NULL);
}

static void teardown(void) { machine_end(M); }

/* Of random values; tables refer to each other, and are keys. */
static Value random_value(Rng *r, Value *tables, unsigned count)
{
    static const char bytes[] = "some bytes\0and more", more[] =
                                                            "long enough to stand in a pack "
                                                            "once, and else by a number alone";
    switch (rng_below(r, 10)) {
    case 9: return new_string(more, sizeof more - 1 - rng_below(r, 2));
    case 0: return V_NIL;
    case 1: return V_TRUE;
    case 2: return V_FALSE;
    case 3: return value_number((double)rng_below(r, 1000) - 500);
    case 4: return value_number((double)rng_below(r, 1u << 31) * 1e10);
    case 5: return value_number(-(double)rng_below(r, 1000) / 7);
    case 6: return new_string(bytes, rng_below(r, sizeof bytes));
    default: return tables[rng_below(r, count)];
    }
}

enum { TABLES = 12 };

static Value random_graph(Rng *r)
{
    Value tables[TABLES];
    for (int i = 0; i < TABLES; i++) tables[i] = value_object(run_new_table(&M->run));
    for (int i = 0; i < TABLES; i++) {
        Table *t = value_pointer(tables[i]);
        for (unsigned n = rng_below(r, 12); n > 0; n--)
            run_set(&M->run, t, value_number(n), random_value(r, tables, TABLES));
        for (unsigned n = rng_below(r, 12); n > 0; n--) {
            Value key = random_value(r, tables, TABLES);
            if (key != V_NIL) run_set(&M->run, t, key, random_value(r, tables, TABLES));
        }
        if (rng_below(r, 4) == 0) t->body.meta = value_pointer(tables[rng_below(r, TABLES)]);
    }
    return tables[0];
}

static Pack packed(Value v)
{
    Pack p = {0};
    pack_values(&p, &M->run, &v, 1, 0);
    ck_assert_str_eq(p.error, "");
    return p;
}

static Value unpacked(const Pack *p)
{
    Unpack u = {p->bytes, p->bytes + p->length, false};
    size_t count = 0;
    Value *v = unpack_values(&u, &M->run, &count, 0);
    ck_assert_ptr_nonnull(v);
    ck_assert_uint_eq(count, 1);
    ck_assert_ptr_eq(u.at, u.end);
    return v[0];
}

/* Pairs of tables that should be each other's copies, in the order in which they are met. */
typedef struct Pairs {
    Value a[TABLES], b[TABLES];
    unsigned count;
} Pairs;

static bool partners(Pairs *p, Value a, Value b, bool add)
{
    if (!value_is_table(a)) return value_equal(a, b);
    for (unsigned i = 0; i < p->count; i++)
        if (p->a[i] == a || p->b[i] == b) return p->a[i] == a && p->b[i] == b;
    if (!add || !value_is_table(b) || p->count == TABLES) return false;
    p->a[p->count] = a;
    p->b[p->count++] = b;
    return true;
}

static Value partner(const Pairs *p, Value a)
{
    if (!value_is_table(a)) return a;
    for (unsigned i = 0; i < p->count; i++)
        if (p->a[i] == a) return p->b[i];
    return V_NIL;
}

/* Tables that are only met as keys have no partner: their entries are counted. */
static void compare_tables(Pairs *p, const TableBody *a, const TableBody *b)
{
    Value key = V_NIL, v;
    size_t count_a = 0, count_b = 0;
    ck_assert_int_eq(a->meta != NULL, b->meta != NULL);
    if (a->meta) ck_assert(partners(p, value_object(a->meta), value_object(b->meta), true));
    while (table_next(a, &key, &v)) {
        count_a++;
        Value other = partner(p, key);
        if (other != V_NIL) ck_assert(partners(p, v, table_get(b, other), true));
    }
    for (key = V_NIL; table_next(b, &key, &v);) count_b++;
    ck_assert_uint_eq(count_a, count_b);
}

START_TEST(round_trips)
{
    Rng r = {7};
    for (int i = 0; i < 300; i++) {
        Pairs pairs = {.count = 0};
        Value graph = random_graph(&r);
        Pack p = packed(graph);
        Value copy = unpacked(&p);
        ck_assert(copy != graph);
        ck_assert(partners(&pairs, graph, copy, true));
        for (unsigned k = 0; k < pairs.count; k++)
            compare_tables(&pairs, &((Table *)value_pointer(pairs.a[k]))->body,
                           &((Table *)value_pointer(pairs.b[k]))->body);
        pack_free(&p);
    }
}
END_TEST

START_TEST(single_values)
{
    const double numbers[] = {0,      -0.0, 1,       -1,         1e300,
                              -1e300, 0.5,  1 << 30, -(1 << 30), 4294967296.0};
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        Pack p = packed(value_number(numbers[i]));
        ck_assert(unpacked(&p) == value_number(numbers[i]));
        pack_free(&p);
    }
    Pack p = packed(value_number(5));
    ck_assert_uint_le(p.length, 3);
    pack_free(&p);
    p = packed(new_string("a\0b", 3));
    ck_assert(value_equal(unpacked(&p), new_string("a\0b", 3)));
    pack_free(&p);
}
END_TEST

START_TEST(what_cannot_be_packed)
{
    Table *t = run_new_table(&M->run), *list = run_new_table(&M->run);
    run_set_field(&M->run, t, "list", value_object(list));
    run_set(&M->run, list, value_number(2), value_object(machine_new_coroutine(M, V_NIL)));
    Value v = value_object(t);
    Pack p = {0};
    pack_values(&p, &M->run, &v, 1, 0);
    ck_assert_str_eq(
        p.error, "a coroutine cannot leave its process (threads can share it): value.list[2]");
    pack_free(&p);
}
END_TEST

/* Objects of before are themselves. */
START_TEST(common_objects)
{
    Table *old = run_new_table(&M->run);
    uint64_t below = M->run.next_id;
    Table *young = run_new_table(&M->run);
    run_set_field(&M->run, young, "old", value_object(old));
    Value v = value_object(young);
    Pack p = {0};
    pack_values(&p, &M->run, &v, 1, below);
    Unpack u = {p.bytes, p.bytes + p.length, false};
    size_t count;
    Value *back = unpack_values(&u, &M->run, &count, below);
    ck_assert_ptr_nonnull(back);
    ck_assert(back[0] != v);
    ck_assert(run_get_field(&M->run, value_pointer(back[0]), "old") == value_object(old));
    u = (Unpack){p.bytes, p.bytes + p.length, false};
    ck_assert_ptr_null(unpack_values(&u, &M->run, &count, 1)); /* not of before that */
    pack_free(&p);
}
END_TEST

/* Cut short, or with bytes changed: refused, or some other values; never a crash. */
START_TEST(damage)
{
    Rng r = {9};
    for (int i = 0; i < 60; i++) {
        Pack p = packed(random_graph(&r));
        size_t count;
        for (size_t length = 0; length < p.length; length += 1 + p.length / 40) {
            Unpack u = {p.bytes, p.bytes + length, false};
            unpack_values(&u, &M->run, &count, 0);
            ck_assert(u.bad);
        }
        for (int k = 0; k < 40; k++) {
            char *byte = &p.bytes[rng_below(&r, (uint32_t)p.length)], before = *byte;
            *byte = (char)rng_below(&r, 256);
            Unpack u = {p.bytes, p.bytes + p.length, false};
            Value *v = unpack_values(&u, &M->run, &count, 0);
            ck_assert((v == NULL) == u.bad);
            *byte = before;
        }
        pack_free(&p);
    }
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("pack");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, round_trips);
    tcase_add_test(t, single_values);
    tcase_add_test(t, what_cannot_be_packed);
    tcase_add_test(t, common_objects);
    tcase_add_test(t, damage);
    Suite *s = suite_create("pack");
    suite_add_tcase(s, t);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
