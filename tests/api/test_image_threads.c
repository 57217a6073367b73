/* SPDX-License-Identifier: MIT */
/*
 * Images from several threads: a state is saved, whole and as a delta to one base, and loaded,
 * while other threads run it. All images are the same bytes. `make tsan` looks for races.
 */
#include "api_test.h"

#include <pthread.h>

enum { THREADS = 6, ROUNDS = 12 };

static const char world_source[] =
    "points, kinds = {}, {}\n"
    "for i = 1, 300 do points[i] = {x = i, y = i / 3, name = 'p' .. i % 40, [i * 2^33] = {}} "
    "end\n"
    "local count = 0\n"
    "function step(n) for i = 1, n do count = count + 1 points[i].x = count end return count "
    "end\n"
    "co = coroutine.wrap(function(a) while true do a = coroutine.yield(step(a)) end end)\n"
    "co(10)\n"
    "kinds.first = require 'state'.snapshot() or 0\n";

static const char program[] = "local sum = co(100)\n"
                              "for k, p in pairs(points) do p.y = k sum = sum + p.x end\n"
                              "for i = 1, 100 do points[i] = nil kinds[i] = {i} end\n"
                              "return sum\n";

typedef struct Shared {
    moonlet_state *state;
    moonlet_image *base, *whole, *delta;
    moonlet_chunk *program;
    double sum;
    unsigned wrong[THREADS];
    unsigned next;
} Shared;

static bool same_bytes(const moonlet_image *a, const moonlet_image *b)
{
    size_t m, n;
    const char *x = moonlet_image_bytes(a, &m), *y = moonlet_image_bytes(b, &n);
    return m == n && memcmp(x, y, n) == 0;
}

static double run(const moonlet_state *s, const moonlet_chunk *c)
{
    double sum = -1;
    moonlet_result r = moonlet_call_chunk(s, c, NULL, 0);
    if (r.status == MOONLET_OK) moonlet_to_number(r.values[0], &sum);
    moonlet_release(r.state);
    return sum;
}

/* Saves the state, and loads that: what comes back does what the state does. */
static unsigned wrong_of_images(const Shared *s, bool as_delta)
{
    size_t length;
    const moonlet_image *base = as_delta ? s->base : NULL;
    moonlet_image *i = moonlet_image_save(s->state, base, NULL, NULL);
    if (!i || !same_bytes(i, as_delta ? s->delta : s->whole)) return 1;
    const char *bytes = moonlet_image_bytes(i, &length);
    moonlet_image *j = moonlet_image_load(bytes, length, base, NULL, NULL);
    if (!j) return 1;
    moonlet_state *t = moonlet_image_state(j);
    unsigned wrong = run(t, s->program) != s->sum;
    moonlet_release(t);
    moonlet_image_release(j);
    moonlet_image_release(i);
    return wrong;
}

static void *work(void *context)
{
    Shared *s = context;
    unsigned id = __atomic_fetch_add(&s->next, 1, __ATOMIC_RELAXED), wrong = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (id % 3 == 2)
            wrong += run(s->state, s->program) != s->sum;
        else
            wrong += wrong_of_images(s, id % 3);
    }
    s->wrong[id] = wrong;
    return NULL;
}

START_TEST(a_state_is_saved_while_others_run_it)
{
    pthread_t threads[THREADS];
    moonlet_result first = moonlet_do(moonlet_init(), world_source);
    assert_ok(first);
    moonlet_result then = moonlet_do(first.state, "step(20) points[250] = nil added = {{}}");
    assert_ok(then);
    Shared s = {.state = then.state,
                .base = moonlet_image_save(first.state, NULL, NULL, NULL),
                .whole = moonlet_image_save(then.state, NULL, NULL, NULL),
                .program = moonlet_compile(program, strlen(program), "=program", NULL)};
    ck_assert(s.base && s.whole && s.program);
    s.delta = moonlet_image_save(then.state, s.base, NULL, NULL);
    ck_assert(s.delta && moonlet_image_is_delta(s.delta));
    s.sum = run(s.state, s.program);
    ck_assert(s.sum > 0);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, work, &s), 0);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++) ck_assert_uint_eq(s.wrong[i], 0);
    moonlet_image_release(s.base);
    moonlet_image_release(s.whole);
    moonlet_image_release(s.delta);
    moonlet_release(then.state);
    moonlet_release(first.state);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("image threads");
    tcase_add_test(t, a_state_is_saved_while_others_run_it);
    return run_suite(t);
}
