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

#include "control/eval.h"
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
    Machine *M = machine_begin(NULL);
    lib_open_all(M);
    State **root = mem_try_alloc_root(sizeof *root);
    world = *root = machine_snapshot(M);
    machine_end(M);
}

static RunStatus start(Machine *M, const char *source, size_t length, Value argument,
                       uint64_t steps)
{
    String *error;
    eval_set_budget(M, steps);
    Closure *f = native_load(M, source, length, string_from_c("=start"), NULL, &error);
    ck_assert(f != NULL);
    return eval_call(M, value_object(f), &argument, 1);
}

static RunStatus start_program(Machine *M, String *program, uint64_t steps)
{
    return start(M, wrapper, sizeof wrapper - 1, string_value(program), steps);
}

static String *result(Machine *M, RunStatus status)
{
    if (status == RUN_ERROR) {
        const String *s = value_string(value_to_text(M, M->error));
        ck_abort_msg("error: %.*s", (int)s->length, s->data);
    }
    ck_assert_int_eq(status, RUN_OK);
    ck_assert(M->result_count == 1 && value_is_string(M->results[0]));
    return value_string(M->results[0]);
}

static String *generate(int seed)
{
    Machine *M = machine_begin(world);
    String *text =
        result(M, start(M, generator, generator_length, value_number(seed), UINT64_MAX));
    machine_end(M);
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
    Machine *M = machine_begin(s);
    eval_set_budget(M, UINT64_MAX);
    String *text = result(M, eval_resume_paused(M));
    machine_end(M);
    return text;
}

/* At every forks-th pause, two runs finish what the state holds. */
static String *in_portions(String *program, uint64_t steps, unsigned forks, int seed,
                           const String *expected)
{
    Machine *M = machine_begin(world);
    RunStatus status = start_program(M, program, steps);
    for (unsigned pauses = 1; status == RUN_PAUSED; pauses++) {
        const State *s = machine_snapshot(M);
        machine_end(M);
        for (int i = 0; forks && pauses % forks == 0 && i < 2; i++)
            must_equal(finish(s), expected, seed, "fork");
        M = machine_begin(s);
        eval_set_budget(M, steps);
        status = eval_resume_paused(M);
    }
    String *text = result(M, status);
    machine_end(M);
    return text;
}

START_TEST(paused_and_forked)
{
    if (!generator) return; /* not run from the source tree */
    int seed = FIRST_SEED + _i;
    String *program = generate(seed);
    Machine *M = machine_begin(world);
    String *expected = result(M, start_program(M, program, UINT64_MAX));
    uint64_t steps = eval_steps_used(M);
    machine_end(M);
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
