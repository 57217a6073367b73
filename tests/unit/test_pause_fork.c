/* SPDX-License-Identifier: MIT */
/*
 * Moonlet against itself: random programs (tests/diff/generate.lua, run by Moonlet) must
 * print the same
 *
 *   1. undisturbed
 *   2. in portions of a few steps, paused and gone on with under a new epoch
 *   3. packed as a state at every pause, which two runs finish before a third goes on
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "eval/eval.h"
#include "lib/lib.h"

enum { PROGRAMS = 100, FIRST_SEED = 1, FORKS = 5 };

/* Answers what the program printed, and its error. */
static const char wrapper[] =
    "local source, out = ..., {}\n"
    "function print(...) local t = table.pack(...)\n"
    "  for i = 1, t.n do t[i] = tostring(t[i]) end out[#out + 1] = table.concat(t, '\\t') end\n"
    "local ok, e = pcall(load(source, '=program'))\n"
    "out[#out + 1] = type(e) == 'string' and e or type(e)\n"
    "return table.concat(out, '\\n')\n";

static State *world;
static char *generator;
static size_t generator_length;

static void read_generator(void)
{
    static const char *const places[] = {"tests/diff/generate.lua", "../diff/generate.lua"};
    FILE *f = NULL;
    for (int i = 0; !f && i < 2; i++) f = fopen(places[i], "r");
    if (!f) return;
    generator = malloc(1 << 20);
    generator_length = fread(generator, 1, 1 << 20, f);
    fclose(f);
}

static void make_world(void)
{
    eval_init();
    Run *R = run_begin(NULL);
    lib_open_all(R);
    State **root = mem_alloc_root(sizeof *root);
    world = *root = run_snapshot(R);
    run_end(R);
}

static RunStatus start(Run *R, const char *source, size_t length, Value argument,
                       uint64_t steps)
{
    String *error;
    eval_set_budget(R, steps);
    Closure *f = native_load(R, source, length, string_from_c("=start"), NULL, &error);
    ck_assert(f != NULL);
    return eval_call(R, value_object(f), &argument, 1);
}

static RunStatus start_program(Run *R, String *program, uint64_t steps)
{
    return start(R, wrapper, sizeof wrapper - 1, string_value(program), steps);
}

static String *result(Run *R, RunStatus status)
{
    if (status == RUN_ERROR) {
        const String *s = value_string(value_to_text(R, R->error));
        ck_abort_msg("error: %.*s", (int)s->length, s->data);
    }
    ck_assert_int_eq(status, RUN_OK);
    ck_assert(R->result_count == 1 && value_is_string(R->results[0]));
    return value_string(R->results[0]);
}

static String *generate(int seed)
{
    Run *R = run_begin(world);
    String *text =
        result(R, start(R, generator, generator_length, value_number(seed), UINT64_MAX));
    run_end(R);
    return text;
}

static void must_equal(const String *got, const String *expected, int seed, const char *how)
{
    if (string_equal(got, expected)) return;
    size_t i = 0;
    while (i < got->length && i < expected->length && got->data[i] == expected->data[i]) i++;
    size_t from = i > 60 ? i - 60 : 0;
    ck_abort_msg("seed %d, %s: '%.*s' instead of '%.*s'", seed, how,
                 (int)(got->length - from < 150 ? got->length - from : 150), got->data + from,
                 (int)(expected->length - from < 150 ? expected->length - from : 150),
                 expected->data + from);
}

static String *finish(const State *s)
{
    Run *R = run_begin(s);
    eval_set_budget(R, UINT64_MAX);
    String *text = result(R, eval_resume_paused(R));
    run_end(R);
    return text;
}

/* At every forks-th pause, two runs finish what the state holds. */
static String *in_portions(String *program, uint64_t steps, unsigned forks, int seed,
                           const String *expected)
{
    Run *R = run_begin(world);
    RunStatus status = start_program(R, program, steps);
    for (unsigned pauses = 1; status == RUN_PAUSED; pauses++) {
        const State *s = run_snapshot(R);
        run_end(R);
        for (int i = 0; forks && pauses % forks == 0 && i < 2; i++)
            must_equal(finish(s), expected, seed, "fork");
        R = run_begin(s);
        eval_set_budget(R, steps);
        status = eval_resume_paused(R);
    }
    String *text = result(R, status);
    run_end(R);
    return text;
}

START_TEST(paused_and_forked)
{
    if (!generator) return; /* not run from the source tree */
    int seed = FIRST_SEED + _i;
    String *program = generate(seed);
    Run *R = run_begin(world);
    String *expected = result(R, start_program(R, program, UINT64_MAX));
    uint64_t steps = eval_steps_used(R);
    run_end(R);
    must_equal(in_portions(program, 1 + seed % 5, 0, seed, expected), expected, seed, "paused");
    uint64_t portion = steps / 50 + 1; /* pauses, of which every FORKS-th is forked */
    must_equal(in_portions(program, portion, FORKS, seed, expected), expected, seed,
               "continued");
}
END_TEST

int main(void)
{
    read_generator();
    make_world();
    Suite *s = suite_create("pause_fork");
    TCase *t = tcase_create("random programs");
    tcase_add_loop_test(t, paused_and_forked, 0, PROGRAMS);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
