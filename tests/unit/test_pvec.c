/* SPDX-License-Identifier: MIT */
/* Vectors: against a model with older versions kept, at size, and what is shared. */
#include "model.h"
#include "pvec.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>

enum { WORDS = 700, VERSIONS = 10, STEPS = 6000, COLLECT_EVERY = 500 };

typedef struct Version {
    Pvec vec;
    uint32_t size;
    Word words[WORDS];
} Version;

typedef struct Model {
    Random random;
    uint64_t token;
    uint32_t size_max; /* for this run: small vectors need tests as well */
    Version now;
    Version old[VERSIONS];
} Model;

static void verify(const Version *v)
{
    must(v->vec.size == v->size);
    for (uint32_t i = 0; i < v->size; i++) must(pvec_get(&v->vec, i) == v->words[i]);
}

static void verify_chunks(const Version *v)
{
    for (uint32_t i = 0, n; i < v->size; i += n) {
        const Word *words = pvec_piece(&v->vec, i, &n);
        must(n > 0 && i + n <= v->size);
        for (uint32_t k = 0; k < n; k++) must(words[k] == v->words[i + k]);
    }
}

typedef struct Differences {
    const Version *a, *b;
    uint32_t next, count;
} Differences;

static Word word_of(const Version *v, uint32_t i) { return i < v->size ? v->words[i] : 0; }

static void note_difference(void *context, uint32_t i, Word a, Word b)
{
    Differences *d = context;
    must(i >= d->next);
    must(a == word_of(d->a, i) && b == word_of(d->b, i) && a != b);
    d->next = i + 1;
    d->count++;
}

static void verify_diff(const Version *a, const Version *b)
{
    Differences d = {a, b, 0, 0};
    pvec_diff(&a->vec, &b->vec, note_difference, &d);
    uint32_t expected = 0;
    for (uint32_t i = 0; i < WORDS; i++) expected += word_of(a, i) != word_of(b, i);
    must(d.count == expected);
}

static void resize(Model *m, uint32_t keep, uint32_t size)
{
    if (keep > m->now.size) keep = m->now.size;
    if (size > m->size_max) size = m->size_max;
    if (keep > size) keep = size;
    pvec_resize(&m->now.vec, keep, size, m->token);
    for (uint32_t i = keep; i < size; i++) m->now.words[i] = 0;
    m->now.size = size;
}

/* Any words, as tables have holes anywhere. */
static Word any_word(Model *m)
{
    return random_below(&m->random, 4) ? random_word(&m->random) | 1 : 0;
}

static void set(Model *m, uint32_t n)
{
    for (; n && m->now.size; n--) {
        uint32_t i = random_below(&m->random, m->now.size);
        Word w = any_word(m);
        pvec_set(&m->now.vec, i, w, m->token);
        m->now.words[i] = w;
    }
}

static void change(Model *m)
{
    uint32_t size = m->now.size;
    uint32_t n = 1 + random_below(&m->random, random_below(&m->random, 4) ? 5 : 100);
    switch (random_below(&m->random, 8)) {
    case 0:
    case 1: resize(m, size, size + n); break;
    case 2: resize(m, size > n ? size - n : 0, size > n ? size - n : 0); break;
    case 3: resize(m, size > n ? size - n : 0, size + n); break;
    case 4:
        if (random_below(&m->random, 6) == 0)
            resize(m, random_below(&m->random, WORDS), random_below(&m->random, WORDS));
        break;
    default: set(m, n);
    }
}

static void step(Model *m)
{
    uint32_t which = random_below(&m->random, VERSIONS);
    switch (random_below(&m->random, 8)) {
    case 0: /* snapshot */
        m->old[which] = m->now;
        m->token = epoch_new();
        break;
    case 1: /* on from an older version */
        if (random_below(&m->random, 4)) break;
        m->now = m->old[which];
        m->token = epoch_new();
        break;
    default: change(m);
    }
    pvec_check(&m->now.vec, m->token);
    verify(&m->now);
    for (int i = 0; i < VERSIONS; i++) verify(&m->old[i]);
    if (random_below(&m->random, 8)) return;
    verify_chunks(&m->now);
    verify_diff(&m->now, &m->old[which]);
    verify_diff(&m->old[which], &m->now);
}

START_TEST(behaves_as_the_model)
{
    static const uint32_t limits[] = {WORDS, 100, 40, WORDS};
    Model *m = mem_try_alloc_root(sizeof *m);
    m->random.state = (uint64_t)_i + 1;
    m->size_max = limits[_i % 4];
    m->token = epoch_new();
    for (int i = 0; i < STEPS; i++) {
        step(m);
        if (i % COLLECT_EVERY == 0) mem_collect();
    }
    mem_free_root(m);
}
END_TEST

static Pvec vec_of(uint32_t n, uint64_t token)
{
    Pvec v = {NULL, 0, 0};
    pvec_resize(&v, 0, n, token);
    for (uint32_t i = 0; i < n; i++) pvec_set(&v, i, i + 1, token);
    return v;
}

/* A large array comes with whatever was there before. */
START_TEST(a_large_vector_is_new_whatever_was_in_its_memory)
{
    enum { LARGE_SIZE = 100000, TURNS = 40 };
    for (int turn = 0; turn < TURNS; turn++) {
        char *before = mem_try_alloc_array(LARGE_SIZE * sizeof(Word) + sizeof(PvecFlat));
        must(before);
        memset(before, 0xa5, LARGE_SIZE * sizeof(Word));
        mem_free(before, LARGE_SIZE * sizeof(Word) + sizeof(PvecFlat));
        Pvec v = {NULL, 0, 0};
        pvec_begin(&v, LARGE_SIZE, epoch_new());
        const PvecFlat *flat = v.root;
        must(!v.shape && !flat->dense);
        for (uint32_t i = 0; i < LARGE_SIZE; i++) must(!pvec_get(&v, i));
    }
}
END_TEST

START_TEST(holds_a_million_words)
{
    enum { MANY = 1000000 };
    Pvec all = vec_of(MANY, epoch_new()), v = all;
    ck_assert_uint_eq(all.shape, 0);
    uint64_t token = epoch_new();
    for (uint32_t i = 0; i < MANY; i += 1000) pvec_set(&v, i, 7, token);
    pvec_check(&v, token);
    for (uint32_t i = 0; i < MANY; i++) {
        must(pvec_get(&all, i) == i + 1);
        must(pvec_get(&v, i) == (i % 1000 ? i + 1 : 7));
    }
    token = epoch_new();
    pvec_resize(&v, 10, 10, token);
    pvec_check(&v, token);
    for (uint32_t i = 1; i < 10; i++) must(pvec_get(&v, i) == i + 1);
    ck_assert_uint_eq(all.size, MANY);
    must(pvec_get(&all, MANY - 1) == MANY);
}
END_TEST

START_TEST(persistent_growth_from_nothing)
{
    Pvec v = {NULL, 0, 0};
    for (uint32_t i = 0; i < 20000; i++) {
        if (i == v.size) pvec_resize(&v, i, i ? 2 * i : 1, epoch_new());
        must(pvec_get(&v, i) == 0 && pvec_get(&v, v.size - 1) == 0);
        pvec_set(&v, i, i + 1, epoch_new());
        must(pvec_get(&v, i / 2) == i / 2 + 1);
    }
    pvec_check(&v, EPOCH_NONE);
    for (uint32_t i = 0; i < 20000; i++) must(pvec_get(&v, i) == i + 1);
    while (v.size) pvec_resize(&v, v.size - 1, v.size - 1, epoch_new());
    pvec_check(&v, EPOCH_NONE);
}
END_TEST

START_TEST(growth_of_what_is_frozen_copies_little)
{
    enum { MANY = 100000 };
    Pvec v = vec_of(MANY, epoch_new());
    uint64_t before = mem_bytes_total(), token = epoch_new();
    pvec_resize(&v, MANY, 2 * MANY, token);
    pvec_set(&v, MANY, 5, token);
    ck_assert_uint_lt(mem_bytes_total() - before, 10000);
    pvec_check(&v, token);
    for (uint32_t i = 0; i < 2 * MANY; i++)
        must(pvec_get(&v, i) == (i < MANY ? i + 1 : i == MANY ? 5 : 0));
}
END_TEST

START_TEST(what_was_cut_off_does_not_come_back)
{
    enum { MANY = 1000, KEPT = 701 };
    Pvec all = vec_of(MANY, epoch_new());
    for (int owned = 0; owned < 2; owned++) {
        Pvec v = all;
        uint64_t token = epoch_new();
        for (uint32_t i = 0; owned && i < MANY; i += 400) pvec_set(&v, i, i + 1, token);
        pvec_resize(&v, KEPT, KEPT, epoch_new());
        pvec_resize(&v, KEPT, 2 * MANY, epoch_new());
        for (uint32_t i = 0; i < 2 * MANY; i++) must(pvec_get(&v, i) == (i < KEPT ? i + 1 : 0));
    }
}
END_TEST

/* What one epoch has written most of is copied at once by the seven that follow, and then it is
 * seen again whether that is so; what is large never is. */
START_TEST(what_is_written_densely_is_copied_at_once)
{
    for (uint32_t n = 1000; n <= 100000; n *= 100) {
        Pvec v = vec_of(n, epoch_new());
        uint64_t token = epoch_new();
        pvec_set(&v, 5, 0, token);
        ck_assert_uint_ne(v.shape, 0);
        for (uint32_t i = 0; i < n; i++) pvec_set(&v, i, i + 2, token);
        ck_assert_uint_eq(v.shape, 0);
        for (uint32_t epochs = 0; epochs < 10; epochs++) {
            Pvec old = v;
            pvec_set(&v, epochs, 7, token = epoch_new());
            pvec_check(&v, token);
            ck_assert_uint_eq(v.shape == 0, n == 1000 && epochs < 7);
            for (uint32_t i = 0; i < n; i += 13) {
                must(pvec_get(&old, i) == (i < epochs ? 7 : i + 2));
                must(pvec_get(&v, i) == (i <= epochs ? 7 : i + 2));
            }
        }
    }
}
END_TEST

START_TEST(one_write_copies_little)
{
    Pvec v = vec_of(100000, epoch_new());
    uint64_t before = mem_bytes_total();
    enum { FORKS = 1000 };
    for (uint32_t i = 0; i < FORKS; i++) {
        Pvec fork = v;
        pvec_set(&fork, i * 97, 0, epoch_new());
    }
    ck_assert_uint_lt((mem_bytes_total() - before) / FORKS, 2000);
}
END_TEST

START_TEST(an_owner_of_half_gets_an_array)
{
    Pvec v = vec_of(1000, epoch_new());
    uint64_t token = epoch_new();
    pvec_set(&v, 500, 1, token);
    ck_assert_uint_ne(v.shape, 0);
    for (uint32_t i = 0; i < 1000; i++) pvec_set(&v, i, i, token);
    ck_assert_uint_eq(v.shape, 0);
    for (uint32_t i = 0; i < 1000; i++) must(pvec_get(&v, i) == i);
}
END_TEST

START_TEST(the_owner_writes_in_place)
{
    uint64_t token = epoch_new();
    Pvec v = vec_of(1000, token);
    const void *root = v.root;
    for (uint32_t i = 0; i < 1000; i++) *pvec_slot(&v, i, token) = 5;
    ck_assert_ptr_eq(v.root, root);
    ck_assert_uint_eq(pvec_get(&v, 999), 5);
}
END_TEST

START_TEST(words_taken_off_are_cleared)
{
    uint64_t token = epoch_new();
    Pvec v = vec_of(100, token);
    pvec_resize(&v, 60, 60, token);
    const PvecFlat *flat = v.root;
    ck_assert_uint_eq(flat->capacity, 100);
    for (uint32_t i = 60; i < 100; i++) must(flat->words[i] == 0);
}
END_TEST

static void count_difference(void *context, uint32_t i, Word a, Word b)
{
    (void)i, (void)a, (void)b;
    ++*(uint32_t *)context;
}

START_TEST(differences_of_equals_are_none)
{
    Pvec empty = {NULL, 0, 0}, v = vec_of(1000, epoch_new()), w = v;
    uint32_t n = 0;
    pvec_diff(&empty, &empty, count_difference, &n);
    pvec_diff(&v, &w, count_difference, &n);
    ck_assert_uint_eq(n, 0);
    pvec_set(&w, 10, 99, epoch_new());
    pvec_diff(&v, &w, count_difference, &n);
    ck_assert_uint_eq(n, 1);
    pvec_diff(&empty, &w, count_difference, &n);
    ck_assert_uint_eq(n, 1001);
}
END_TEST

#ifndef NDEBUG
START_TEST(check_finds_a_stale_word)
{
    uint64_t token = epoch_new();
    Pvec v = vec_of(10, token);
    v.size--;
    pvec_check(&v, token);
}
END_TEST
#endif

int main(void)
{
    Suite *suite = suite_create("pvec");
    TCase *tc = tcase_create("pvec");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, mem_init, NULL);
    tcase_add_loop_test(tc, behaves_as_the_model, 0, 8);
    tcase_add_test(tc, a_large_vector_is_new_whatever_was_in_its_memory);
    tcase_add_test(tc, holds_a_million_words);
    tcase_add_test(tc, persistent_growth_from_nothing);
    tcase_add_test(tc, growth_of_what_is_frozen_copies_little);
    tcase_add_test(tc, what_was_cut_off_does_not_come_back);
    tcase_add_test(tc, what_is_written_densely_is_copied_at_once);
    tcase_add_test(tc, one_write_copies_little);
    tcase_add_test(tc, an_owner_of_half_gets_an_array);
    tcase_add_test(tc, the_owner_writes_in_place);
    tcase_add_test(tc, words_taken_off_are_cleared);
    tcase_add_test(tc, differences_of_equals_are_none);
#ifndef NDEBUG
    tcase_add_test_raise_signal(tc, check_finds_a_stale_word, SIGABRT);
#endif
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
