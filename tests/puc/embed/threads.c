/* SPDX-License-Identifier: MIT */
/*
 * Coroutines as a program in C uses them that knows the manual: calls on the stack of another
 * one, values below the function that is resumed, coroutines made by C and resumed by Lua, a
 * state that the program resumes itself.
 */
#include <stdio.h>
#include <string.h>

#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"

static void show(lua_State *L, const char *name)
{
    printf("%s %d:", name, lua_gettop(L));
    for (int i = 1; i <= lua_gettop(L); i++)
        if (lua_isstring(L, i))
            printf(" %s", lua_tostring(L, i));
        else
            printf(" <%s>", luaL_typename(L, i));
    printf("\n");
}

/* Functions for the scripts -------------------------------------------------------------- */

static int create(lua_State *L)
{
    lua_State *co = lua_newthread(L);
    lua_insert(L, 1);
    lua_xmove(L, co, lua_gettop(L) - 1);
    return 1;
}

static int resume(lua_State *L)
{
    lua_State *co = lua_tothread(L, 1);
    int n = lua_gettop(L) - 1;
    lua_xmove(L, co, n);
    int status = lua_resume(co, L, n);
    lua_pushinteger(L, status);
    n = status > LUA_YIELD ? 1 : lua_gettop(co);
    lua_xmove(co, L, n);
    return n + 1;
}

static int status(lua_State *L)
{
    lua_Debug ar;
    lua_State *co = lua_tothread(L, 1);
    const char *level = lua_getstack(co, 0, &ar) ? "functions" : "none";
    lua_pushfstring(L, "%d %s %d", lua_status(co), level, co == L ? -1 : lua_gettop(co));
    return 1;
}

static int with_traceback(lua_State *L)
{
    luaL_traceback(L, L, luaL_tolstring(L, 1, NULL), 1);
    return 1;
}

/* thread, function, argument ...: a protected call on the thread's stack */
static int on(lua_State *L)
{
    lua_State *co = lua_tothread(L, 1);
    int n = lua_gettop(L) - 2, below = lua_gettop(co);
    lua_pushcfunction(co, with_traceback);
    lua_xmove(L, co, n + 1);
    int result = lua_pcall(co, n, LUA_MULTRET, below + 1);
    n = lua_gettop(co) - below - 1;
    lua_pushinteger(L, result);
    lua_xmove(co, L, n);
    lua_settop(co, below);
    return n + 1;
}

static int call_on(lua_State *L)
{
    lua_State *co = lua_tothread(L, 1);
    int n = lua_gettop(L) - 2;
    lua_xmove(L, co, n + 1);
    lua_call(co, n, 1);
    lua_xmove(co, L, 1);
    return 1;
}

static int counted;
static void time_out(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    if (++counted % 5 == 0) luaL_error(L, "it takes too long");
}
static void tell(lua_State *L, lua_Debug *ar)
{
    lua_getinfo(L, "Sl", ar);
    printf("event %d in %s, line %d\n", ar->event, ar->what, ar->currentline);
}

/* thread [, mask [, count]] */
static int hook(lua_State *L)
{
    int mask = luaL_optint(L, 2, 0), count = luaL_optint(L, 3, 0);
    lua_sethook(lua_tothread(L, 1), count ? time_out : mask ? tell : NULL, mask, count);
    return 0;
}

static const char *const scripts[] = {
    "local co = create(function(...) print('in', ...) print('in', coroutine.yield('y')) return "
    "'end' "
    "end) print(coroutine.status(co)) print(coroutine.resume(co, 1, 2)) "
    "print(coroutine.resume(co, 'v')) print(coroutine.status(co), coroutine.resume(co))",
    "local f = coroutine.wrap(function() local co = create(print) print(status(co)) "
    "print(resume(co, 1, 2)) print(status(co)) end) f()",
    "local co co = create(function() print(status(co), resume(co)) "
    "print(resume(create(function() "
    "print(status(co), resume(co, 'argument')) end))) end) print(resume(co))",
    "local co = coroutine.create(function(...) error('E' .. coroutine.yield(...), 0) end) "
    "print(resume(co, 1, 2)) print(status(co)) print(resume(co, 'q')) print(resume(co))",
    "local co = create() print(on(co, function(...) print(coroutine.running() == co, ...) "
    "print(debug.traceback('here')) return 1, 2 end, 'x', 'y')) print(status(co)) "
    "print(on(co, function() local x = nil x() end)) print(on(co, error, 'message')) "
    "print(on(co, coroutine.yield, 1)) print(status(co)) "
    "print(on(co, function() return coroutine.wrap(function() coroutine.yield('inner') end)() "
    "end))",
    "local co = create() print(pcall(call_on, co, function(a) return a end, 'r')) "
    "print(pcall(call_on, co, function() error('out') end))",
    "local co = create() hook(co, 8, 1000) print(on(co, function() while true do end end)) "
    "hook(co) "
    "print(on(co, function() for i = 1, 100000 do end return 'well' end))",
    "local co = create() hook(co, 7)\nprint(on(co, function()\n local x = 1\n return x\nend)) "
    "hook(co)",
    NULL};

/* Without any function that runs --------------------------------------------------------- */

static int yields(lua_State *L) { return lua_yield(L, lua_gettop(L)); }

static void below(lua_State *L)
{
    lua_State *co = lua_newthread(L);
    lua_pushliteral(co, "below");
    lua_pushliteral(co, "too");
    luaL_loadstring(co, "local a, b = ... local c = coroutine.yield(a, b) return c, 'end'");
    lua_pushinteger(co, 1);
    lua_pushinteger(co, 2);
    printf("%d ", lua_resume(co, L, 2));
    show(co, "yielded");
    lua_settop(co, 0);
    lua_pushinteger(co, 3);
    printf("%d ", lua_resume(co, L, 1));
    show(co, "returned");
    lua_pushcfunction(co, yields);
    lua_pushliteral(co, "again");
    printf("%d ", lua_resume(co, L, 1));
    show(co, "yielded");
    printf("%d ", lua_checkstack(co, 200));
    for (int i = 0; i < 100; i++) lua_pushinteger(co, i);
    printf("%d ", lua_resume(co, L, 100));
    lua_settop(co, 6);
    show(co, "returned");
}

static void of_program(lua_State *L)
{
    lua_State *co = lua_newthread(L);
    lua_pushcfunction(co, with_traceback);
    luaL_loadstring(co, "local t = coroutine.running() return t, ...");
    lua_pushinteger(co, 5);
    printf("%d ", lua_pcall(co, 1, 2, 1));
    printf("%d ", lua_tothread(co, -2) == co);
    show(co, "called");
    luaL_loadstring(co, "return nil .. 'x'");
    printf("%d ", lua_pcall(co, 0, 0, 1));
    show(co, "failed");
    lua_settop(co, 0);
    luaL_loadstring(co, "return coroutine.yield(1)");
    printf("%d ", lua_resume(co, NULL, 0));
    lua_pushinteger(co, 6);
    printf("%d ", lua_resume(co, NULL, 1));
    show(co, "resumed");
}

/* The program resumes the state itself, so that scripts may yield to it. */
static void resumed(lua_State *L)
{
    lua_settop(L, 0);
    lua_pushliteral(L, "below");
    luaL_loadstring(L, "local a = ... local b = coroutine.yield(a + 1) x = b return 'done', b");
    lua_pushinteger(L, 5);
    printf("%d ", lua_resume(L, NULL, 1));
    show(L, "yielded");
    lua_settop(L, 0);
    lua_pushinteger(L, 7);
    printf("%d ", lua_resume(L, NULL, 1));
    show(L, "returned");
    lua_getglobal(L, "x");
    printf("%d ", luaL_dostring(L, "local ok, e = pcall(coroutine.yield) return ok"));
    printf("%d ", lua_pushthread(L));
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
    printf("%d ", lua_tothread(L, -1) == L);
    show(L, "as before");
    luaL_loadstring(L, "error('E', 0)");
    printf("%d ", lua_resume(L, NULL, 0));
    printf("%s\n", lua_tostring(L, -1));
}

int main(void)
{
    static const luaL_Reg functions[] = {
        {"create", create},   {"resume", resume}, {"status", status}, {"on", on},
        {"call_on", call_on}, {"hook", hook},     {NULL, NULL}};
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    lua_pushglobaltable(L);
    luaL_setfuncs(L, functions, 0);
    for (int i = 0; scripts[i]; i++) {
        printf("script %d\n", i);
        fflush(stdout);
        if (luaL_loadbuffer(L, scripts[i], strlen(scripts[i]), "=script") ||
            lua_pcall(L, 0, 0, 0))
            printf("failed: %s\n", lua_tostring(L, -1));
        lua_settop(L, 0);
    }
    below(L);
    of_program(L);
    fflush(stdout);
    resumed(L);
    lua_close(L);
    return 0;
}
