/* SPDX-License-Identifier: MIT */
/* Limits of a run hold for what C functions of lua.h call back, whatever they catch. */
#include "../api/api_test.h"

#include <lauxlib.h>
#include <lua.h>
#include <moonlet_puc.h>

#include <signal.h>
#include <unistd.h>

/* C functions ---------------------------------------------------------------------------- */

static int after_call; /* how often C went on after what it had called */

static int call(lua_State *L)
{
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    after_call++;
    return lua_gettop(L);
}

static int pcall(lua_State *L)
{
    int status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
    after_call++;
    lua_pushinteger(L, status);
    lua_insert(L, 1);
    return lua_gettop(L);
}

static int on_error(lua_State *L)
{
    after_call++;
    return lua_gettop(L);
}

static int xpcall(lua_State *L)
{
    lua_pushcfunction(L, on_error);
    lua_insert(L, 1);
    lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 1);
    after_call++;
    return lua_gettop(L) - 1;
}

static int resume(lua_State *L)
{
    lua_State *co = lua_newthread(L);
    lua_insert(L, 1);
    lua_xmove(L, co, lua_gettop(L) - 1);
    int status = lua_resume(co, L, lua_gettop(co) - 1);
    after_call++;
    lua_pushinteger(L, status);
    return 1;
}

static int call_again(lua_State *L)
{
    after_call++;
    return lua_gettop(L);
}

static int pcallk(lua_State *L)
{
    lua_pcallk(L, lua_gettop(L) - 1, LUA_MULTRET, 0, 0, call_again);
    return call_again(L);
}

static const char *endless(lua_State *L, void *data, size_t *size)
{
    (void)data;
    lua_getglobal(L, "loop");
    lua_call(L, 0, 0);
    *size = 0;
    return NULL;
}

static int load(lua_State *L)
{
    lua_load(L, endless, NULL, "=endless", NULL);
    after_call++;
    return 1;
}

static int loop_of_meta(lua_State *L)
{
    lua_newtable(L);
    lua_newtable(L);
    lua_getglobal(L, "loop");
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_getfield(L, -1, "x");
    after_call++;
    return 1;
}

static void hook(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    lua_sethook(L, NULL, 0, 0);
    lua_getglobal(L, "loop");
    lua_pcall(L, 0, 0, 0);
    after_call++;
}

static int set_hook(lua_State *L)
{
    lua_sethook(L, hook, LUA_MASKCOUNT, 10);
    return 0;
}

static int nothing(lua_State *L)
{
    (void)L;
    return 0;
}

static int grow(lua_State *L)
{
    for (int i = 1; i < 100000; i++) {
        lua_pushinteger(L, i);
        if (i % 100 == 0) luaL_checkstack(L, 200, "much");
    }
    after_call++;
    return 0;
}

static int recurse(lua_State *L)
{
    lua_pushcfunction(L, recurse);
    lua_pcall(L, 0, 1, 0);
    return 1;
}

/* Worlds --------------------------------------------------------------------------------- */

static moonlet_state *with_functions(void)
{
    static const luaL_Reg all[] = {
        {"call", call},       {"pcallc", pcall}, {"xpcallc", xpcall},    {"resume", resume},
        {"pcallk", pcallk},   {"loadc", load},   {"meta", loop_of_meta}, {"sethook", set_hook},
        {"nothing", nothing}, {"grow", grow},    {"recurse", recurse}};
    moonlet_state *s = world("function loop() while true do end end");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        moonlet_result r = moonlet_puc_new_function(s, all[i].func);
        moonlet_value f = moonlet_result_value(&r, 0);
        s = moonlet_next(s, &r);
        r = moonlet_set(s, all[i].name, f);
        s = moonlet_next(s, &r);
    }
    after_call = 0;
    return s;
}

/* What loops within C functions, which may not go on after it. */
static const char *const loops[] = {
    "call(loop)",
    "pcallc(loop)",
    "xpcallc(loop)",
    "resume(loop)",
    "pcallk(loop)",
    "loadc()",
    "meta()",
    "pcallc(pcallc, pcallc, loop)",
    "call(pcall, loop)",
    "pcall(call, loop)",
    "xpcall(pcallc, print, loop)",
    "call(coroutine.wrap(function() pcallc(loop) end))",
    "coroutine.wrap(function() pcallk(loop) end)()",
    "call(string.find, ('a'):rep(3000), ('a-'):rep(30) .. 'b')",
    "table.sort({3, 2, 1}, function() pcallc(loop) end)",
    "sethook() for i = 1, 1000 do nothing() end",
    "setmetatable({}, {__gc = function() pcallc(loop) end}) collectgarbage()",
    "pcallc(setmetatable({}, {__call = loop}))",
};
enum { LOOPS = sizeof loops / sizeof *loops };

/* It stops, as an error of the limit; the world it leaves behind goes on. */
static void stops(const moonlet_state *s, const char *source, moonlet_limit_kind kind)
{
    moonlet_result r = moonlet_do(s, source);
    ck_assert_msg(r.status != MOONLET_OK, "%s ends", source);
    ck_assert_msg(r.limit == kind, "%s: limit %d", source, (int)r.limit);
    if (r.status == MOONLET_FAILED) ck_assert_int_eq(r.error->kind, MOONLET_ERROR_LIMIT);
    ck_assert_msg(!after_call, "%s: C has gone on", source);
    moonlet_state *now = moonlet_limit(r.state, NULL);
    moonlet_release(r.state);
    r = moonlet_do(now, "return select(2, pcallc(string.rep, 'x', 3))");
    assert_ok(r);
    assert_bytes(moonlet_result_value(&r, 0), "xxx");
    after_call = 0;
    moonlet_release(now);
    moonlet_release(r.state);
}

static moonlet_state *limited(moonlet_limits limits)
{
    moonlet_state *all = with_functions(), *s = moonlet_limit(all, &limits);
    moonlet_release(all);
    return s;
}

START_TEST(steps)
{
    moonlet_state *s = limited((moonlet_limits){.steps = 100000});
    stops(s, loops[_i], MOONLET_LIMIT_STEPS);
    moonlet_release(s);
}
END_TEST

START_TEST(time_)
{
    moonlet_state *s = limited((moonlet_limits){.nanoseconds = 20000000});
    stops(s, loops[_i], MOONLET_LIMIT_TIME);
    moonlet_release(s);
}
END_TEST

static volatile int interrupted;
static void interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

START_TEST(interrupts)
{
    moonlet_state *s = limited((moonlet_limits){.interrupt = &interrupted});
    interrupted = 0;
    signal(SIGALRM, interrupt);
    ualarm(20000, 0);
    stops(s, loops[_i], MOONLET_LIMIT_INTERRUPT);
    moonlet_release(s);
}
END_TEST

START_TEST(bytes)
{
    moonlet_state *s = limited((moonlet_limits){.bytes = 4 << 20});
    stops(s, "pcallc(function() local t = {} for i = 1, 1e9 do t[i] = {} end end)",
          MOONLET_LIMIT_BYTES);
    stops(s, "pcallc(function() local t = {} for i = 1, 1e9 do t = {} end end)",
          MOONLET_LIMIT_BYTES);
    moonlet_release(s);
}
END_TEST

START_TEST(held)
{
    moonlet_state *s = limited((moonlet_limits){.held = 4 << 20});
    stops(s, "pcallc(function() local t = {} for i = 1, 1e9 do t[i] = {} end end)",
          MOONLET_LIMIT_HELD);
    moonlet_release(s);
}
END_TEST

START_TEST(stack)
{
    moonlet_state *s = limited((moonlet_limits){.stack = 10000});
    stops(s, "grow()", MOONLET_LIMIT_STACK);
    stops(s, "pcallc(function() local function f() return 1 + f() end return f() end)",
          MOONLET_LIMIT_STACK);
    moonlet_release(s);
}
END_TEST

/* A C function is a step, so a loop of calls of one that does nothing stops, and always at the
 * same turn. */
START_TEST(a_c_function_is_a_step)
{
    moonlet_state *s = with_functions();
    moonlet_result few = moonlet_do(s, "for i = 1, 1000 do nothing() end");
    moonlet_result many = moonlet_do(s, "for i = 1, 2000 do nothing() end");
    assert_ok(few);
    assert_ok(many);
    ck_assert_uint_eq(many.steps - few.steps, 2000); /* a turn and a call, each */
    moonlet_release(few.state);
    moonlet_release(many.state);
    moonlet_limits l = {.steps = 5000};
    moonlet_state *tight = moonlet_limit(s, &l);
    moonlet_result r = moonlet_do(tight, "i = 0 while true do nothing() i = i + 1 end");
    ck_assert_int_eq(r.status, MOONLET_PAUSED);
    double turns = number_of(moonlet_global(r.state, "i"));
    ck_assert(turns > 2000 && turns < 2600);
    moonlet_result again = moonlet_resume(r.state);
    ck_assert_int_eq(again.status, MOONLET_PAUSED);
    ck_assert(number_of(moonlet_global(again.state, "i")) > turns + 2000);
    moonlet_release(again.state);
    moonlet_release(r.state);
    moonlet_release(tight);
    moonlet_release(s);
}
END_TEST

/* Evaluators on the C stack are few; that is an error which programs may catch. */
START_TEST(depth)
{
    moonlet_state *s = with_functions();
    moonlet_result r = moonlet_do(s, "return recurse()");
    assert_ok(r);
    assert_bytes(moonlet_result_value(&r, 0), "C stack overflow");
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

/* Where no C function waits, a run pauses, and goes on, as if there were none. */
START_TEST(pauses_between)
{
    moonlet_state *s = limited((moonlet_limits){.steps = 1000});
    moonlet_result r = moonlet_do(s, "local n = 0 for i = 1, 5000 do nothing() "
                                     "n = n + select(2, pcallc(math.max, 1, 1)) end return n");
    int pauses = 0;
    for (; r.status == MOONLET_PAUSED; pauses++) {
        moonlet_result next = moonlet_resume(r.state);
        moonlet_release(r.state);
        r = next;
    }
    assert_ok(r);
    ck_assert_int_gt(pauses, 10);
    assert_number(moonlet_result_value(&r, 0), 5000);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("limits");
    tcase_add_loop_test(t, steps, 0, LOOPS);
    tcase_add_loop_test(t, time_, 0, LOOPS);
    tcase_add_loop_test(t, interrupts, 0, LOOPS);
    tcase_add_test(t, bytes);
    tcase_add_test(t, held);
    tcase_add_test(t, stack);
    tcase_add_test(t, a_c_function_is_a_step);
    tcase_add_test(t, depth);
    tcase_add_test(t, pauses_between);
    return run_suite(t);
}
