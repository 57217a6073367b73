/* SPDX-License-Identifier: MIT */
/*
 * The sort machine against the same quicksort written as plain recursion (which has
 * been compared with lua5.2 call by call), with good, broken and meddling orders.
 */
#include "lib/table/sort.h"

#include "memory/mem.h"
#include "value/string.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

enum { LOG_MAX = 200000, N_MAX = 300 };

/* As ck_assert, but fast where it is not violated. */
static void require(bool condition, const char *what)
{
    if (!condition) ck_abort_msg("%s", what);
}

/* What happened, in order. */
typedef struct Log {
    size_t count;
    int entries[LOG_MAX];
} Log;

static Log expected, actual;

static void log_add(Log *log, int entry)
{
    require(log->count < LOG_MAX, "log overflow");
    log->entries[log->count++] = entry;
}

static uint32_t random_state;
static uint32_t random_below(uint32_t n)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % n;
}

typedef enum Order { GOOD, REVERSE, NEVER, ALWAYS, NOT_STRICT, HASHED, MEDDLING, ORDERS } Order;

/* a < b by the order, logged; t is the array, which a meddling order changes. */
static bool order_less(Order order, int a, int b, int *t, int n, Log *log)
{
    log_add(log, a);
    log_add(log, b);
    switch (order) {
    case REVERSE: return a > b;
    case NEVER: return false;
    case ALWAYS: return true;
    case NOT_STRICT: return a <= b;
    case HASHED: return ((unsigned)a * 31 + (unsigned)b * 17) % 7 < 3;
    case MEDDLING: t[1 + (unsigned)(a * 7 + b) % (unsigned)n] = a; return a < b;
    default: return a < b;
    }
}

/* The model ---------------------------------------------------------------------------- */

typedef struct Model {
    Order order;
    int *t, n;
} Model;

static bool model_less(Model *m, int a, int b)
{
    return order_less(m->order, a, b, m->t, m->n, &expected);
}

static void model_put(Model *m, int i, int a, int j, int b)
{
    m->t[i] = a;
    m->t[j] = b;
}

/* Puts the first, the middle and the last of t[l..u] in order. */
static void model_order_three(Model *m, int l, int u)
{
    int *t = m->t, a = t[l], b = t[u], i = (l + u) / 2;
    if (model_less(m, b, a)) model_put(m, l, b, u, a);
    if (u - l == 1) return;
    int x = t[i];
    a = t[l];
    if (model_less(m, x, a)) {
        model_put(m, i, a, l, x);
    } else {
        b = t[u];
        if (model_less(m, b, x)) model_put(m, i, b, u, x);
    }
}

/* Where the pivot ends; 0 for an invalid order. */
static int model_partition(Model *m, int l, int u)
{
    int *t = m->t, middle = (l + u) / 2, pivot = t[middle], i = l, j = u - 1;
    model_put(m, middle, t[j], j, pivot);
    for (;;) {
        int a, b;
        while (a = t[++i], model_less(m, a, pivot)) {
            if (i >= u) return 0;
        }
        while (b = t[--j], model_less(m, pivot, b)) {
            if (j <= l) return 0;
        }
        if (j < i) break;
        model_put(m, i, b, j, a);
    }
    model_put(m, u - 1, t[i], i, t[u - 1]);
    return i;
}

static bool model_sort(Model *m, int l, int u)
{
    while (l < u) {
        model_order_three(m, l, u);
        if (u - l <= 2) return true;
        int i = model_partition(m, l, u);
        if (i == 0) return false;
        bool below = i - l < u - i;
        if (!model_sort(m, below ? l : i + 1, below ? i - 1 : u)) return false;
        if (below) {
            l = i + 1;
        } else {
            u = i - 1;
        }
    }
    return true;
}

/* The machine --------------------------------------------------------------------------- */

/* Saves and restores the state at every comparison, as a yield does. */
static SortState through_storage(const SortState *s)
{
    SortState copy;
    memset(&copy, 0xa5, sizeof copy);
    memcpy(&copy, s, sort_state_size(s));
    return copy;
}

static void assert_in_range(SortStep step, int n)
{
    bool moves = step.kind != SORT_COMPARE && step.kind < SORT_DONE;
    require(step.a <= (uint32_t)n && step.b <= (uint32_t)n, "index above n");
    require(!moves || (step.a && step.b), "index below 1");
}

static bool machine_sort(Order order, int *t, int n)
{
    SortState s;
    int r[3] = {0, 0, 0};
    bool answer = false;
    sort_begin(&s, (size_t)n);
    for (;;) {
        SortStep step = sort_next(&s, answer);
        assert_in_range(step, n);
        if (step.kind >= SORT_DONE) return step.kind == SORT_DONE;
        if (step.kind != SORT_EXCHANGE) {
            if (step.a) r[0] = t[step.a];
            if (step.b) r[1] = t[step.b];
        }
        if (step.kind == SORT_COMPARE) {
            answer = order_less(order, r[step.left], r[step.right], t, n, &actual);
            s = through_storage(&s);
            continue;
        }
        if (step.kind == SORT_PIVOT) r[2] = r[0];
        t[step.a] = r[1];
        t[step.b] = r[0];
    }
}

typedef enum Shape { RANDOM, FEW, SORTED, REVERSED, EQUAL, SAWTOOTH, SHAPES } Shape;

static void fill(int *t, int n, Shape shape)
{
    for (int i = 1; i <= n; i++) {
        switch (shape) {
        case RANDOM: t[i] = (int)random_below(100000); break;
        case FEW: t[i] = (int)random_below(4); break;
        case SORTED: t[i] = i; break;
        case REVERSED: t[i] = n - i; break;
        case EQUAL: t[i] = 5; break;
        default: t[i] = i % 7; break;
        }
    }
}

static void compare_with_model(int n, Shape shape, Order order)
{
    int a[N_MAX + 1] = {0}, b[N_MAX + 1];
    fill(a, n, shape);
    memcpy(b, a, sizeof a);
    expected.count = actual.count = 0;
    Model model = {order, a, n};
    bool valid = model_sort(&model, 1, n);
    ck_assert_int_eq(machine_sort(order, b, n), valid);
    ck_assert_uint_eq(actual.count, expected.count);
    ck_assert_mem_eq(actual.entries, expected.entries, expected.count * sizeof(int));
    ck_assert_mem_eq(a, b, sizeof a);
    if (order != GOOD) return;
    for (int i = 1; i < n; i++) require(b[i] <= b[i + 1], "not sorted");
}

START_TEST(steps_are_those_of_the_model)
{
    random_state = (uint32_t)_i + 1;
    for (int n = 0; n < 40; n++) {
        for (int shape = 0; shape < SHAPES; shape++)
            compare_with_model(n, (Shape)shape, (Order)_i);
    }
    for (int round = 0; round < 60; round++) {
        int n = (int)random_below(N_MAX + 1);
        compare_with_model(n, (Shape)random_below(SHAPES), (Order)_i);
    }
}
END_TEST

START_TEST(a_finished_sort_stays_finished)
{
    SortState s;
    sort_begin(&s, 1);
    ck_assert_int_eq(sort_next(&s, false).kind, SORT_DONE);
    ck_assert_int_eq(sort_next(&s, true).kind, SORT_DONE);
}
END_TEST

/* Arrays of values ------------------------------------------------------------------------ */

START_TEST(numbers)
{
    enum { N = 5000 };
    static Value values[N];
    SortRun run;
    double sum = 0, sorted_sum = 0;
    for (int i = 0; i < N; i++) {
        double d = (double)random_below(1000000) - 500000;
        values[i] = value_number(d);
        sum += d;
    }
    sort_run_begin(&run, N);
    ck_assert_int_eq(sort_numbers(&run, values, NULL), SORT_DONE);
    for (int i = 0; i < N; i++) {
        sorted_sum += value_to_double(values[i]);
        if (i == 0) continue;
        require(value_to_double(values[i - 1]) <= value_to_double(values[i]), "not sorted");
    }
    ck_assert_double_eq(sum, sorted_sum);
}
END_TEST

START_TEST(strings)
{
    enum { N = 500 };
    static Value values[N];
    SortRun run;
    char text[16];
    for (int i = 0; i < N; i++) {
        int n = snprintf(text, sizeof text, "%u", (unsigned)random_below(2000));
        values[i] = string_value(string_new(text, (size_t)n));
    }
    sort_run_begin(&run, N);
    ck_assert_int_eq(sort_strings(&run, values, NULL), SORT_DONE);
    for (int i = 1; i < N; i++) {
        ck_assert_int_le(string_compare(value_string(values[i - 1]), value_string(values[i])),
                         0);
    }
}
END_TEST

START_TEST(fuel_runs_out)
{
    Value values[100];
    SortRun run;
    uint64_t fuel = 50;
    for (int i = 0; i < 100; i++) values[i] = value_number(100 - i);
    sort_run_begin(&run, 100);
    int portions = 1;
    for (; sort_numbers(&run, values, &fuel) == SORT_COMPARE; fuel = 50) {
        ck_assert_uint_eq(fuel, 0);
        portions++;
    }
    ck_assert_int_ge(portions, 5);
    ck_assert_int_le(portions, 40);
    for (int i = 0; i < 100; i++) ck_assert_double_eq(value_to_double(values[i]), i + 1);
}
END_TEST

/* Long strings are compared for some work, and not for so many comparisons. */
START_TEST(work_ends_a_portion)
{
    enum { N = 200, LENGTH = 1 << 16 };
    static char text[LENGTH];
    Value values[N];
    SortRun run;
    uint64_t fuel = 1 << 20;
    int64_t meter = 0, most = 0;
    int portions = 0;
    memset(text, 'x', sizeof text);
    for (int i = 0; i < N; i++) {
        snprintf(text + LENGTH - 4, 4, "%03d", i * 7919 % N);
        values[i] = string_value(string_new(text, LENGTH - 1));
    }
    sort_run_begin(&run, N);
    mem_meter = &meter;
    for (SortKind kind = SORT_COMPARE; kind == SORT_COMPARE; portions++) {
        int64_t before = meter;
        kind = sort_strings(&run, values, &fuel);
        if (before - meter > most) most = before - meter;
    }
    mem_meter = NULL;
    ck_assert_int_lt(most, (1 << 14) + 4 * LENGTH / MEM_WORK_STEP);
    ck_assert_int_gt(portions, 50);
    for (int i = 1; i < N; i++)
        ck_assert_int_lt(string_compare(value_string(values[i - 1]), value_string(values[i])),
                         0);
}
END_TEST

/* Whatever a sound state is answered, what is looked at lies in the array; and each state of a
 * sort is sound. */
static void assert_stays_within(SortState *s, uint32_t n, int steps)
{
    for (; steps > 0 && s->phase != SORT_PHASES - 1; steps--) {
        bool sound = sort_is_sound(s, n);
        SortStep step = sort_next(s, rand() % 2);
        bool moves = step.kind != SORT_COMPARE && step.kind < SORT_DONE;
        if (sound && step.a <= n && step.b <= n && (!moves || (step.a && step.b)) &&
            s->depth <= SORT_DEPTH_MAX)
            continue;
        ck_abort_msg("phase %d, step %u %u", s->phase, step.a, step.b);
    }
}

START_TEST(any_sound_state_stays_within_the_array)
{
    unsigned sound = 0;
    srand(3);
    for (int round = 0; round < 200000; round++) {
        uint32_t n = 1 + (uint32_t)rand() % 20, most = n + 2;
        SortState s = {.phase = (uint8_t)(rand() % (SORT_PHASES + 1)),
                       .depth =
                           (uint8_t)(rand() % 2 ? rand() % 4 : SORT_DEPTH_MAX - rand() % 2),
                       .low = (uint32_t)rand() % most,
                       .high = (uint32_t)rand() % most,
                       .i = (uint32_t)rand() % most,
                       .j = (uint32_t)rand() % most};
        for (int k = 0; k < s.depth; k++)
            s.later[k] = (SortRange){1 + (uint32_t)rand() % n, (uint32_t)rand() % (n + 1)};
        if (!sort_is_sound(&s, n)) continue;
        sound++;
        assert_stays_within(&s, n, 300);
    }
    ck_assert_uint_gt(sound, 1000);
    for (uint32_t n = 1; n < 60; n++) {
        SortState s;
        sort_begin(&s, n);
        assert_stays_within(&s, n, 100000);
    }
}
END_TEST

int main(void)
{
    mem_init();
    Suite *suite = suite_create("sort");
    TCase *tests = tcase_create("all");
    tcase_add_loop_test(tests, steps_are_those_of_the_model, 0, ORDERS);
    tcase_add_test(tests, a_finished_sort_stays_finished);
    tcase_add_test(tests, numbers);
    tcase_add_test(tests, strings);
    tcase_add_test(tests, fuel_runs_out);
    tcase_add_test(tests, work_ends_a_portion);
    tcase_add_test(tests, any_sound_state_stays_within_the_array);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
