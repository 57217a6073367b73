/* SPDX-License-Identifier: MIT */
/* The functions of api.c, which call all that lua.h has, recorded: a replay does the same. */
#include "record_test.h"

int api_main(int argc, char **argv);
#define main api_main
#include "api.c"
#undef main

enum { TESTS = sizeof tests / sizeof *tests };
static int times, wanted;

static int run_test(lua_State *L)
{
    times++;
    return tests[wanted].run(L);
}

static const char source[] =
    "results = table.pack(pcall(run_test))\n"
    "for i = 1, 50 do n = i end\n"
    "inside = table.pack(coroutine.resume(coroutine.create(run_test)))\n"
    "for i = 1, 50 do n = i end";

START_TEST(all_functions)
{
    wanted = _i;
    hush();
    moonlet_state *s = with_function(moonlet_init(), "run_test", run_test);
    moonlet_recording *rec = record_source(s, source, _i % 2 ? 10 : 1000);
    int before = times;
    replays(rec, tests[_i].name);
    ck_assert_int_eq(times, before);
    moonlet_recording_release(rec);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("record_api");
    tcase_add_loop_test(t, all_functions, 0, TESTS);
    return run_suite(t);
}
