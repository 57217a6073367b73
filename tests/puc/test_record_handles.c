/* SPDX-License-Identifier: MIT */
/* What C has on its handles in recordings: values on the own stacks of coroutines, and hooks.
 * Replays that go on from states which were kept have them, too. */
#include "record_test.h"

static void replays_of(const char *name, lua_CFunction fn, const char *source)
{
    hush();
    moonlet_state *s = with_function(moonlet_init(), "call", fn);
    moonlet_recording *rec = record_source(s, source, 50);
    replays(rec, name);
    moonlet_recording_release(rec);
}

/* Puts its argument on the own stack of a coroutine in the registry, and gives what lay there
 * first. */
static int keep(lua_State *L)
{
    static const char key[] = "keeps values";
    lua_getfield(L, LUA_REGISTRYINDEX, key);
    if (lua_isnil(L, -1)) {
        lua_newthread(L);
        lua_pushvalue(L, -1);
        lua_setfield(L, LUA_REGISTRYINDEX, key);
    }
    lua_State *co = lua_tothread(L, -1);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    lua_pushvalue(co, 1);
    if (lua_gettop(co) > 5) lua_remove(co, 1);
    lua_xmove(co, L, 1);
    lua_gc(L, LUA_GCCOLLECT, 0);
    return 1;
}

START_TEST(stacks)
{
    replays_of("stacks", keep,
               "local weak = setmetatable({}, {__mode = 'v'})\n"
               "for i = 1, 60 do\n"
               "    weak[i] = {i}\n"
               "    last = call(weak[i])[1]\n"
               "    local n = 0\n"
               "    for _ in pairs(weak) do n = n + 1 end\n"
               "    assert(last == math.max(1, i - 4) and n <= 6 and n >= math.min(i, 4))\n"
               "end");
}
END_TEST

/* A value that only a lost coroutine's stack has is lost, too, whatever the collector of memory
 * knows of it. */
static int lose(lua_State *L)
{
    lua_State *co = lua_newthread(L);
    lua_newtable(co);
    lua_pushvalue(co, -1);
    lua_xmove(co, L, 1);
    lua_rawseti(L, 1, 1);
    lua_settop(L, 1);
    lua_gc(L, LUA_GCCOLLECT, 0);
    lua_rawgeti(L, 1, 1);
    return 1;
}

START_TEST(lost_coroutines)
{
    replays_of("lost coroutines", lose,
               "local weak = setmetatable({}, {__mode = 'v'})\n"
               "for i = 1, 40 do assert(call(weak) == nil) end");
}
END_TEST

static int lines;
static void on_line(lua_State *L, lua_Debug *ar)
{
    lua_getinfo(L, "l", ar);
    lua_pushinteger(L, ++lines);
    lua_setglobal(L, "lines");
}

static int set_hook(lua_State *L)
{
    lua_sethook(L, on_line, LUA_MASKLINE, 0);
    return 0;
}

START_TEST(hooks)
{
    lines = 0;
    replays_of("hooks", set_hook,
               "call()\n"
               "for i = 1, 100 do\n"
               "    last = i\n"
               "end");
}
END_TEST

/* The code of joined functions is kept with the program, and a replay from a state that was
 * kept finds it. */
static int join(lua_State *L)
{
    lua_upvaluejoin(L, 1, 1, 2, 1);
    return 0;
}

START_TEST(joined_functions)
{
    replays_of("joined functions", join,
               "local function adder(n) return function() return n end end\n"
               "local a, b = adder(1), adder(2)\n"
               "for i = 1, 100 do last = i end\n"
               "call(a, b)\n"
               "for i = 1, 100 do last = a() end\n"
               "debug.upvaluejoin(adder(3), 1, adder(4), 1)\n"
               "assert(last == 2)");
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("record_handles");
    tcase_add_test(t, stacks);
    tcase_add_test(t, lost_coroutines);
    tcase_add_test(t, hooks);
    tcase_add_test(t, joined_functions);
    return run_suite(t);
}
