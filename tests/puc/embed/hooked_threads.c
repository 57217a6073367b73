/* SPDX-License-Identifier: MIT */
/* Coroutines have the hook of the one that makes them: those that C makes, and those of Lua. */
#include <stdio.h>

#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"

static int lines;
static void on_line(lua_State *L, lua_Debug *ar)
{
    lua_getinfo(L, "l", ar);
    lines += ar->currentline;
}

static int begin(lua_State *L) { return lua_sethook(L, on_line, LUA_MASKLINE, 0), 0; }

static int make(lua_State *L)
{
    lua_State *co = lua_newthread(L);
    luaL_loadstring(co, "local a = coroutine.yield(1)\nreturn a");
    lua_resume(co, L, 0);
    lua_settop(co, 0);
    lua_pushinteger(co, 2);
    lua_resume(co, L, 1);
    lua_pushboolean(L, lua_gethook(co) == on_line && lua_gethookmask(co) == LUA_MASKLINE);
    return 1;
}

static void run(lua_State *L, const char *text)
{
    if (luaL_dostring(L, text)) printf("error: %s\n", lua_tostring(L, -1));
    printf("%d\n", lines);
    lines = 0;
    lua_settop(L, 0);
}

int main(void)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    lua_register(L, "begin", begin);
    lua_register(L, "make", make);
    run(L, "print(make())");
    run(L, "begin() print(make())");
    run(L, "local f = coroutine.wrap(function()\nlocal x = 1\nreturn x end) print(f())");
    lua_State *co = lua_newthread(L);
    luaL_loadstring(co, "return 1");
    printf("%d %d\n", lua_resume(co, L, 0), lines);
    lua_close(L);
    return 0;
}
