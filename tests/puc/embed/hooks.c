/* SPDX-License-Identifier: MIT */
/*
 * Hooks of C that yield: at counts and lines, through metamethods, protected calls and
 * continuations; what is then seen of the coroutine; where they may not. Readers that yield.
 */
#include <stdio.h>
#include <string.h>

#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"

static int after;
static void yields(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    lua_yield(L, 0);
    after++;
}
static void errs(lua_State *L, lua_Debug *ar)
{
    lua_getinfo(L, "l", ar);
    luaL_error(L, "hook at %d", ar->currentline);
}
static void once(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    printf("once\n");
    lua_sethook(L, NULL, 0, 0);
}

/* thread, name [, mask [, count]] */
static int hook(lua_State *L)
{
    static const char *const names[] = {"none", "yields", "errs", "once", NULL};
    static const lua_Hook hooks[] = {NULL, yields, errs, once};
    int which = luaL_checkoption(L, 2, NULL, names);
    lua_sethook(lua_tothread(L, 1), hooks[which], luaL_optint(L, 3, 0), luaL_optint(L, 4, 0));
    return 0;
}

static int count_after(lua_State *L)
{
    lua_pushinteger(L, after);
    return 1;
}

static int all(lua_State *L)
{
    int ctx = 0, status = lua_getctx(L, &ctx);
    printf("continued %d %d\n", status, ctx);
    return lua_gettop(L);
}
static int calls(lua_State *L)
{
    lua_callk(L, lua_gettop(L) - 1, LUA_MULTRET, 8, all);
    return all(L);
}
static int calls_across(lua_State *L)
{
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

/* A chunk in two parts; the reader yields, or leaves a value, between them. */
static const char *read_part(lua_State *L, void *data, size_t *size)
{
    int *part = data;
    static const char *const parts[] = {"return ", "1 + 1", NULL};
    if (*part == 1) lua_yield(L, 0);
    const char *s = parts[(*part)++];
    *size = s ? strlen(s) : 0;
    return s;
}
static int load_yielding(lua_State *L)
{
    int part = 0;
    lua_pushinteger(L, lua_load(L, read_part, &part, "=parts", NULL));
    lua_insert(L, -2);
    return 2;
}

static const char *const scripts[] = {
    /* to the end, however often it yields */
    "function finish(co) local n = 0 while true do local r = {coroutine.resume(co, 'ignored')} "
    "if coroutine.status(co) == 'dead' then return n, table.unpack(r) end n = n + 1 end end "
    "local co = coroutine.create(function() local n = 0 for i = 1, 3000 do n = n + i end "
    "return n "
    "end) hook(co, 'yields', 8, 1000) local n, ok, sum = finish(co) print(n > 5, ok, sum) "
    "print(count_after() == n)",
    "local co = coroutine.create(function(a)\nlocal x = a\nx = x + 1\nreturn x end) "
    "hook(co, 'yields', 4) print(coroutine.resume(co, 5)) print(coroutine.resume(co)) "
    "print(coroutine.status(co), debug.getinfo(co, 0, 'S').what, "
    "debug.traceback(co):match 'C' or 'no C') hook(co, 'none') print(coroutine.resume(co))",
    "local co = coroutine.create(function() local t = setmetatable({}, {__index = function(t, "
    "k) "
    "for i = 1, 1500 do end return k end}) return pcall(function() return t.abc .. t.def end) "
    "end) "
    "hook(co, 'yields', 8, 500) print(select(2, finish(co)))",
    "local co = coroutine.create(function() return calls(function() for i = 1, 500 do end "
    "return "
    "'called' end) end) hook(co, 'yields', 8, 700) print(finish(co))",
    "local co = coroutine.wrap(function() local inner = coroutine.create(function() for i = 1, "
    "900 do "
    "end return 'inner' end) hook(inner, 'yields', 8, 500) return coroutine.yield('outer') or "
    "select(2, finish(inner)) end) print(co()) print(co())",
    /* where they may not */
    "local co = coroutine.create(function() return calls_across(function()\nfor i = 1, 900 do "
    "end "
    "end) end) hook(co, 'yields', 8, 500) print(coroutine.resume(co))",
    "hook(coroutine.running(), 'yields', 8, 500) print(pcall(function()\nfor i = 1, 900 do end "
    "end)) "
    "hook(coroutine.running(), 'none')",
    "print(coroutine.resume(coroutine.create(function() debug.sethook(function() "
    "coroutine.yield(1) "
    "end, 'l')\nlocal x = 1\nreturn x end)))",
    "local co = coroutine.create(function() return load_yielding() end) "
    "print(coroutine.resume(co))",
    /* errors, and a hook that goes away */
    "local co = coroutine.create(function() return pcall(function()\nlocal x = 1\nreturn x "
    "end) end) "
    "hook(co, 'errs', 4) print(coroutine.resume(co)) print(coroutine.resume(co))",
    "local co = coroutine.create(function()\nlocal x\nreturn 'end' end) hook(co, 'once', 4) "
    "print(coroutine.resume(co))",
    NULL};

int main(void)
{
    static const luaL_Reg functions[] = {{"hook", hook},
                                         {"count_after", count_after},
                                         {"calls", calls},
                                         {"calls_across", calls_across},
                                         {"load_yielding", load_yielding},
                                         {NULL, NULL}};
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
    lua_close(L);
    return 0;
}
