/* SPDX-License-Identifier: MIT */
/* Tables of thousands of integers, in the array, in bundles and in the map, against a model. */
#include "memory/mem.h"
#include "model.h"
#include "table/nodes.h"
#include "table/table.h"

#include <check.h>
#include <stdlib.h>

static Value text(const char *s) { return string_value(string_from_c(s)); }

enum { WIDE = 6000, WIDE_FIRST = -1000, WIDE_VERSIONS = 4 };

typedef struct WideVersion {
    TableBody body;
    Value values[WIDE];
    Value name;
} WideVersion;

typedef struct Wide {
    Random random;
    uint64_t token;
    bool met_bundles;
    int differences;
    WideVersion now, old[WIDE_VERSIONS];
} Wide;

static void wide_set(Wide *w, int k, Value v)
{
    TableBody *t = &w->now.body;
    Value key = value_number(WIDE_FIRST + k);
    if (v != V_NIL && random_below(&w->random, 4) == 0) {
        Value *slot = table_slot(t, key, w->token);
        must((slot != NULL) == (w->now.values[k] != V_NIL));
        if (slot)
            *slot = v;
        else
            table_set(t, key, v, w->token);
    } else if (random_below(&w->random, 2)) {
        table_set_int(t, WIDE_FIRST + k, v, w->token);
    } else {
        table_set(t, key, v, w->token);
    }
    w->now.values[k] = v;
}

/* Runs in steps of 1, 2 or many, up or down, to fill or to clear. */
static void wide_run(Wide *w)
{
    static const int steps[] = {1, 1, 2, 16, 37};
    int step = steps[random_below(&w->random, 5)], k = (int)random_below(&w->random, WIDE);
    int n = (int)random_below(&w->random, random_below(&w->random, 3) ? 60 : 1500);
    bool clear = random_below(&w->random, 5) < 2;
    if (random_below(&w->random, 2)) step = -step;
    for (; n && k >= 0 && k < WIDE; k += step, n--)
        wide_set(w, k, clear ? V_NIL : value_number(random_below(&w->random, 1000)));
}

static void wide_verify(const WideVersion *v)
{
    int expected = 0, met = 0;
    Value key = V_NIL, value;
    for (int k = 0; k < WIDE; k++) {
        must(table_get(&v->body, value_number(WIDE_FIRST + k)) == v->values[k]);
        must(table_get_int(&v->body, WIDE_FIRST + k) == v->values[k]);
        expected += v->values[k] != V_NIL;
    }
    must(table_get(&v->body, text("name")) == v->name);
    while (table_next(&v->body, &key, &value)) {
        met++;
        if (value_is_string(key)) continue;
        must(v->values[(int)value_to_double(key) - WIDE_FIRST] == value);
    }
    must(met == expected + (v->name != V_NIL));
}

/* What has been told of a key, added up, is what differs; of the name only whether it is there.
 */
typedef struct WideTold {
    double by[WIDE], name;
} WideTold;

static double weight(Value v)
{
    if (v == V_TRUE) return 1;
    return v == V_NIL ? -7 : value_to_double(v);
}

static void tell(void *context, Value key, Value old, Value now)
{
    WideTold *told = context;
    double *by = &told->name;
    if (!value_is_string(key)) by = &told->by[(int)value_to_double(key) - WIDE_FIRST];
    *by += weight(now) - weight(old);
}

static bool wide_verify_difference(const WideVersion *a, const WideVersion *b)
{
    WideTold *told = calloc(1, sizeof *told);
    bool good = table_diff_moved(&a->body, &b->body, tell, told);
    for (int k = 0; good && k < WIDE; k++)
        must(told->by[k] == weight(b->values[k]) - weight(a->values[k]));
    must(!good || told->name == weight(b->name) - weight(a->name));
    free(told);
    return good;
}

/* All others are met when those that were met are cleared. */
static void wide_clear(Wide *w)
{
    Value key = V_NIL, value;
    int expected = w->now.name != V_NIL, met = 0;
    for (int k = 0; k < WIDE; k++) expected += w->now.values[k] != V_NIL;
    for (; table_next(&w->now.body, &key, &value); met++)
        if (!value_is_string(key) && random_below(&w->random, 4))
            wide_set(w, (int)value_to_double(key) - WIDE_FIRST, V_NIL);
    must(met == expected);
}

static void wide_step(Wide *w)
{
    uint32_t which = random_below(&w->random, WIDE_VERSIONS);
    switch (random_below(&w->random, 24)) {
    case 0:
    case 1:
        w->old[which] = w->now;
        w->token = epoch_new();
        break;
    case 2:
        w->now = w->old[which];
        w->token = epoch_new();
        break;
    case 3:
        w->now.name = random_below(&w->random, 2) ? V_TRUE : V_NIL;
        table_set(&w->now.body, text("name"), w->now.name, w->token);
        break;
    case 4:
        if (random_below(&w->random, 6) == 0) wide_clear(w);
        break;
    default: wide_run(w);
    }
    table_check(&w->now.body);
    w->met_bundles |= table_flags(&w->now.body) & TABLE_BUNDLED;
}

START_TEST(wide_tables_behave_as_the_model)
{
    Wide *w = mem_try_alloc_root(sizeof *w);
    w->random.state = (uint64_t)_i + 1;
    w->token = epoch_new();
    for (int i = 1; i <= 1000; i++) {
        wide_step(w);
        if (i % 20) continue;
        wide_verify(&w->now);
        wide_verify(&w->old[i / 20 % WIDE_VERSIONS]);
        w->differences += wide_verify_difference(&w->old[i / 20 % WIDE_VERSIONS], &w->now);
    }
    ck_assert(w->differences > 0);
    ck_assert(w->met_bundles);
    mem_free_root(w);
}
END_TEST

/* Told of indices: how many, and their sum. */
typedef struct Indices {
    int count;
    double sum, values;
} Indices;

static void tell_index(void *context, Value key, Value old, Value now)
{
    Indices *told = context;
    must((old == V_NIL) != (now == V_NIL));
    told->count++;
    told->sum += value_to_double(key);
    told->values += value_to_double(old == V_NIL ? now : old);
}

static void compare_lists(const TableBody *shorter, const TableBody *longer, int a, int b)
{
    double sum = 0;
    for (int i = a + 1; i <= b; i++) sum += i;
    for (int back = 0; back < 2; back++) {
        Indices told = {0};
        must(table_diff_moved(back ? longer : shorter, back ? shorter : longer, tell_index,
                              &told));
        must(told.count == b - a && told.sum == sum && told.values == 2 * sum);
    }
}

START_TEST(lists_that_grow_differ_in_what_they_have_gained)
{
    static const int lengths[] = {0, 1, 2, 5, 16, 17, 40, 300, 1024, 1025, 5000};
    enum { LENGTHS = sizeof lengths / sizeof *lengths };
    for (int x = 0; x < LENGTHS; x++) {
        TableBody list = {0};
        uint64_t token = epoch_new();
        for (int i = 1; i <= lengths[x]; i++)
            table_set_int(&list, i, value_number(2 * i), token);
        for (int y = x + 1; y < LENGTHS; y++) {
            TableBody longer = list;
            token = epoch_new();
            for (int i = lengths[x] + 1; i <= lengths[y]; i++)
                table_set_int(&longer, i, value_number(2 * i), token);
            compare_lists(&list, &longer, lengths[x], lengths[y]);
        }
    }
}
END_TEST

static Nodes nodes_of(Pvec *v, uint32_t count, uint64_t token)
{
    pvec_resize(v, 0, nodes_words(count), token);
    Nodes n = {v, 0, count, token, ((PvecFlat *)v->root)->words};
    nodes_begin(&n);
    return n;
}

static double random_number(Random *r)
{
    static const double odd[] = {0.5, -1.5, 1e300, -1e300, 1e15, 4503599627370496.0, 1e17};
    uint32_t which = random_below(r, 12);
    if (which < sizeof odd / sizeof *odd) return odd[which];
    return (double)random_below(r, 40) * (which & 1 ? 1 : -1000) + (double)random_below(r, 2);
}

/* The way that most numbers go, where it goes, beside the one that all keys go. */
START_TEST(nodes_are_the_same_by_both_ways)
{
    Random r = {.state = (uint64_t)_i + 1};
    uint32_t count = (uint32_t)2 << _i, quick = 0;
    Pvec a = {0}, b = {0};
    Nodes x = nodes_of(&a, count, epoch_new()), y = nodes_of(&b, count, epoch_new());
    for (int step = 0; step < 4000; step++) {
        double d = random_number(&r);
        d = d == 0 ? 0 : d;
        bool live = random_below(&r, 2), done = true;
        uint64_t identity = node_identity(value_number(d));
        if (nodes_set_integer(y.words + 1, count, d, live))
            quick++;
        else
            done = nodes_set(&y, identity, live);
        must(nodes_set(&x, identity, live) == done);
        for (uint32_t i = 0; i < nodes_words(count); i++) must(x.words[i] == y.words[i]);
        if (done) continue;
        x = nodes_of(&a, count, epoch_new());
        y = nodes_of(&b, count, epoch_new());
    }
    nodes_check(&y);
    must(quick > 400);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("table_wide");
    TCase *tc = tcase_create("table_wide");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, mem_init, NULL);
    tcase_add_test(tc, lists_that_grow_differ_in_what_they_have_gained);
    tcase_add_loop_test(tc, nodes_are_the_same_by_both_ways, 0, 8);
    tcase_add_loop_test(tc, wide_tables_behave_as_the_model, 0, 4);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
