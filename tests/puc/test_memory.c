/* SPDX-License-Identifier: MIT */
/*
 * Requests for memory that fail, one by one, in each test of api.c: it ends well or with an
 * error, and what was there before is as it was.
 *
 *     test_memory                                     some requests of each test
 *     OOM_STRIDE=1 CK_TIMEOUT_MULTIPLIER=100 test_memory    all
 */
#include "../api/api_test.h"

#include <moonlet_puc.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memory/mem.h"

/* What api.c shows goes nowhere; and what it takes for granted may lack memory. */
int api_main(int argc, char **argv);
#define main api_main
#define exit(code_)              \
    do {                         \
        lua_error(L);            \
        __builtin_unreachable(); \
    } while (0)
#include "api.c"
#undef exit
#undef main

enum { TESTS = sizeof tests / sizeof *tests, RUNS = 60, BATCH = 200 };

static uint64_t stride_for(uint64_t requests)
{
    const char *stride = getenv("OOM_STRIDE");
    if (stride && atoi(stride) > 0) return (uint64_t)atoi(stride);
    return requests / RUNS + 1;
}

/* Gives how many requests it has made; n is 0: none fails. */
static uint64_t run_failing(const moonlet_state *s, lua_CFunction test, uint64_t n,
                            MemFailMode mode)
{
    lua_State *L = moonlet_puc_open(s);
    lua_pushcfunction(L, test);
    mem_fail_requests(n, mode);
    int status = lua_pcall(L, 0, LUA_MULTRET, 0);
    uint64_t made = mem_fail_count();
    mem_fail_requests(0, MEM_FAIL_ONCE);
    if (status) ck_assert_int_eq(lua_gettop(L), 1);
    lua_settop(L, 0);
    ck_assert_msg(!luaL_dostring(L, "local t = {} for i = 1, 100 do t[i] = {i .. ''} end "
                                    "return select('#', table.unpack(t))"),
                  "after request %llu had failed: %s", (unsigned long long)n,
                  lua_tostring(L, -1));
    ck_assert_int_eq((int)lua_tointeger(L, -1), 100);
    lua_close(L);
    return made;
}

/* With the malloc back-end nothing is given back: so each batch has a process. */
static bool batch(const moonlet_state *s, lua_CFunction test, uint64_t from, uint64_t requests,
                  MemFailMode mode)
{
    uint64_t stride = stride_for(requests);
    fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child) {
        int status;
        waitpid(child, &status, 0);
        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    for (uint64_t i = 0, n = from; i < BATCH && n <= requests; i++, n += stride)
        run_failing(s, test, n, mode);
    _exit(0);
}

START_TEST(each_request_may_fail)
{
    const Test *test = &tests[_i];
    mem_init();
    if (!mem_fail_requests(0, MEM_FAIL_ONCE)) return; /* not in this kind */
    if (!freopen("/dev/null", "w", stdout)) return;
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    moonlet_state *s = moonlet_puc_state(L);
    uint64_t digest = moonlet_digest(s), requests = run_failing(s, test->run, 0, MEM_FAIL_ONCE);
    for (MemFailMode mode = MEM_FAIL_ONCE; mode <= MEM_FAIL_UNTIL_REPORTED; mode++)
        for (uint64_t n = 1; n <= requests; n += BATCH * stride_for(requests))
            ck_assert_msg(batch(s, test->run, n, requests, mode),
                          "%s, mode %d, requests from %llu of %llu", test->name, (int)mode,
                          (unsigned long long)n, (unsigned long long)requests);
    ck_assert(moonlet_digest(s) == digest);
    moonlet_release(s);
    lua_close(L);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("memory");
    tcase_add_loop_test(t, each_request_may_fail, 0, TESTS);
    return run_suite(t);
}
