/* SPDX-License-Identifier: MIT */
/* Hooks of C: a profiler, a tracer, a limit, a debugger that changes variables, and what stack
 * traces show. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"

static int calls, returns, lines, counts, tails;

static void profile(lua_State *L, lua_Debug *ar)
{
    switch (ar->event) {
    case LUA_HOOKCALL: calls++; break;
    case LUA_HOOKTAILCALL: tails++; break;
    case LUA_HOOKRET: returns++; break;
    case LUA_HOOKLINE: lines++; break;
    case LUA_HOOKCOUNT: counts++; break;
    }
}

static void trace(lua_State *L, lua_Debug *ar)
{
    lua_getinfo(L, "nSltu", ar);
    printf("  %d %s:%d %s %s %s %d-%d %d %d %d %d\n", ar->event, ar->short_src, ar->currentline,
           ar->name ? ar->name : "?", ar->namewhat, ar->what, ar->linedefined,
           ar->lastlinedefined, ar->nups, ar->nparams, ar->isvararg, ar->istailcall != 0);
}

static void stop(lua_State *L, lua_Debug *ar)
{
    counts++;
    lua_sethook(L, NULL, 0, 0);
    lua_getinfo(L, "Sl", ar);
    luaL_error(L, "stopped at %s:%d", ar->short_src, ar->currentline);
}

static void change(lua_State *L, lua_Debug *ar)
{
    lua_getinfo(L, "l", ar);
    if (ar->currentline != 3) return;
    const char *name;
    for (int i = 1; (name = lua_getlocal(L, ar, i)); i++) {
        if (*name != '(')
            printf("  %s = %s\n", name, luaL_tolstring(L, -1, NULL)), lua_pop(L, 1);
        lua_pop(L, 1);
        if (strcmp(name, "x")) continue;
        lua_pushliteral(L, "changed");
        lua_setlocal(L, ar, i);
    }
    lua_pushinteger(L, 99);
    printf("  %d\n", lua_setlocal(L, ar, 50) == NULL);
    lua_getinfo(L, "f", ar);
    lua_getinfo(L, ">S", ar);
    printf("  %s %s\n", ar->source, ar->what);
    lua_settop(L, 0);
}

static void yields(lua_State *L, lua_Debug *ar)
{
    counts++;
    lua_yield(L, 0);
}

static int where(lua_State *L)
{
    lua_Debug ar;
    for (int i = 0; i <= 3; i++) {
        if (!lua_getstack(L, i, &ar)) {
            printf("  no level %d\n", i);
            break;
        }
        lua_getinfo(L, "nSl", &ar);
        printf("  %d %s %d %s %s\n", i, ar.short_src, ar.currentline, ar.what,
               ar.name ? ar.name : "?");
    }
    for (int i = 0; i <= 3; i++) {
        luaL_where(L, i);
        printf("  where '%s'\n", lua_tostring(L, -1));
        lua_pop(L, 1);
    }
    luaL_traceback(L, L, lua_tostring(L, 1), luaL_optint(L, 2, 0));
    printf("%s\n", lua_tostring(L, -1));
    lua_getglobal(L, "print");
    lua_getinfo(L, ">u", &ar);
    printf("  %d %d %d\n", ar.nups, ar.nparams, ar.isvararg);
    return 0;
}

static void run(lua_State *L, const char *name, const char *code, lua_Hook f, int mask,
                int count)
{
    printf("%s\n", name);
    if (luaL_loadbuffer(L, code, strlen(code), "=code")) printf("%s\n", lua_tostring(L, -1));
    calls = returns = lines = counts = tails = 0;
    lua_sethook(L, f, mask, count);
    printf("  %d %d %d\n", lua_gethook(L) == f, lua_gethookmask(L), lua_gethookcount(L));
    int status = lua_pcall(L, 0, LUA_MULTRET, 0);
    lua_sethook(L, NULL, 0, 0);
    printf("  status %d, %d calls, %d tail, %d returns, %d lines, %s", status, calls, tails,
           returns, lines, counts ? "counted" : "not counted");
    for (int i = 1; i <= lua_gettop(L); i++)
        printf(" %s", luaL_tolstring(L, i, NULL)), lua_pop(L, 1);
    printf("\n");
    lua_settop(L, 0);
}

static const char program[] = "local function f(a, ...)\n"
                              "  local x = a\n"
                              "  local y = x\n"
                              "  return y, ...\n"
                              "end\n"
                              "local function g(...) return f(...) end\n"
                              "local t = {g(1, 2), f(3), math.max(4, 5)}\n"
                              "for i = 1, 2 do\n"
                              "  t[i] = tostring(t[i])\n"
                              "end\n"
                              "return table.concat(t, ' ')";

int main(void)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    lua_register(L, "where", where);
    run(L, "profile", program, profile, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE, 0);
    run(L, "count", "for i = 1, 1000 do end", profile, LUA_MASKCOUNT, 10);
    run(L, "trace", program, trace, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE, 0);
    run(L, "stop", "local n = 0 while true do n = n + 1 end", stop, LUA_MASKCOUNT, 1000);
    run(L, "stop in pcall", "return pcall(function() while true do end end)", stop,
        LUA_MASKCOUNT, 1000);
    run(L, "change", program, change, LUA_MASKLINE, 0);
    run(L, "where",
        "local function f() where('message', 1) end f() local t = {m = function(self) "
        "where(nil) end} t:m()\n"
        "return pcall(where)",
        NULL, 0, 0);
    run(L, "deep",
        "local function f(n) if n == 0 then where('deep') else f(n - 1) end return 1 end f(40)",
        NULL, 0, 0);
    lua_State *co = lua_newthread(L);
    luaL_loadbuffer(co, "local a = 1\nlocal b = 2\nreturn a + b", 37, "=co");
    lua_sethook(co, yields, LUA_MASKLINE, 0);
    int status, n = 0;
    while ((status = lua_resume(co, L, 0)) == LUA_YIELD && n++ < 10) {
        lua_Debug ar;
        lua_getstack(co, 0, &ar);
        lua_getinfo(co, "l", &ar);
        printf("  at %d, %d\n", ar.currentline, lua_gettop(co));
    }
    printf("  %d %s\n", status, lua_tostring(co, -1));
    lua_close(L);
    return 0;
}
