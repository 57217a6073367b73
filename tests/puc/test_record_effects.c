/* SPDX-License-Identifier: MIT */
/* The rows of effects.c, each a call of lua.h with what it leaves, and those that raise errors,
 * recorded: a replay does the same. */
#include "record_test.h"

int effects_main(void);
#define main effects_main
#include "effects.c"
#undef main

static int times;

static int all_rows(lua_State *L)
{
    times++;
    return rows(L);
}

static int raise(lua_State *L)
{
    times++;
    wanted = (int)lua_tointeger(L, 1);
    return raises(L);
}

START_TEST(rows_recorded)
{
    hush();
    moonlet_state *s = with_function(moonlet_init(), "all_rows", all_rows);
    moonlet_recording *rec = record_source(
        s, "local variable = {} all_rows() for i = 1, 50 do n = i end left = variable", 100);
    int done = times;
    replays(rec, "rows");
    ck_assert_int_eq(times, done);
    moonlet_recording_release(rec);
}
END_TEST

START_TEST(errors_recorded)
{
    hush();
    char source[200];
    snprintf(source, sizeof source,
             "errors = {} for i = 0, %d do errors[i] = {pcall(raise, i)} "
             "debug.setmetatable(_G, nil) end",
             RAISES - 1);
    moonlet_state *s = with_function(moonlet_init(), "raise", raise);
    moonlet_recording *rec = record_source(s, source, 100);
    int done = times;
    replays(rec, "errors");
    ck_assert_int_eq(times, done);
    moonlet_recording_release(rec);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("record_effects");
    tcase_add_test(t, rows_recorded);
    tcase_add_test(t, errors_recorded);
    return run_suite(t);
}
