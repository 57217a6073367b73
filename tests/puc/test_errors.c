/* SPDX-License-Identifier: MIT */
/*
 * Functions that, as the manual says, never raise an error ('-' in effects.c) do so without
 * memory, too: each request for memory fails in turn in each row's call. Those that may raise
 * one raise that of memory then, or go well; and the world is good afterwards.
 */
#include "../api/api_test.h"

#include <moonlet_puc.h>

#include "memory/mem.h"

int effects_main(void);
#define main effects_main
#include "effects.c"
#undef main

enum { TRIES = 60, ROWS_COUNT = 0 ROWS(ONE) };
static uint64_t failing;
static MemFailMode mode;
static const char *tried;
static char tried_x;

#define TRY(name, o, p, x, set_up, call)  \
    if (row++ == wanted) {                \
        tried = #name;                    \
        tried_x = x;                      \
        set_up;                           \
        mem_fail_requests(failing, mode); \
        call;                             \
        mem_fail_requests(0, mode);       \
    }
static int one_row(lua_State *L)
{
    int row = 0;
    lua_settop(L, 0);
    keep(L);
    ROWS(TRY)
    return 0;
}

/* Whether the request was made. */
static bool try_row(const moonlet_state *s)
{
    lua_State *L = moonlet_puc_open(s);
    luaL_loadstring(L, "local variable = {} one_row() return variable");
    int status = lua_pcall(L, 0, 0, 0);
    bool made = mem_fail_count() >= failing;
    mem_fail_requests(0, mode);
    ck_assert_msg(!status || (tried_x != '-' && status == LUA_ERRMEM),
                  "%s [%c], request %llu, mode %d: %d %s", tried, tried_x,
                  (unsigned long long)failing, (int)mode, status, lua_tostring(L, -1));
    lua_settop(L, 0);
    ck_assert_int_eq(luaL_dostring(L, "return #('x'):rep(1000)"), 0);
    ck_assert_int_eq((int)lua_tointeger(L, -1), 1000);
    lua_close(L);
    return made;
}

START_TEST(row_without_memory)
{
    wanted = _i;
    mem_init();
    if (!mem_fail_requests(0, MEM_FAIL_ONCE)) return; /* not in this kind */
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    lua_register(L, "one_row", one_row);
    moonlet_state *s = moonlet_puc_state(L);
    for (mode = MEM_FAIL_ONCE; mode <= MEM_FAIL_UNTIL_REPORTED; mode++)
        for (failing = 1; failing < TRIES && try_row(s); failing++) continue;
    moonlet_release(s);
    lua_close(L);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("errors");
    tcase_add_loop_test(t, row_without_memory, 0, ROWS_COUNT);
    return run_suite(t);
}
