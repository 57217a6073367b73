/* SPDX-License-Identifier: MIT */
/*
 * C functions of one coroutine that use the handle of another, which waits for them: what they
 * push to it, take from it and call by it, as callbacks of libraries do that know one handle
 * only.
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

static lua_State *waiting; /* the one that callbacks use */

/* What a callback does: n, function -> what the function has answered, called by the other. */
static int callback(lua_State *L)
{
    int n = luaL_checkint(L, 1), before = lua_gettop(waiting);
    for (int i = 0; i < n; i++) lua_pushfstring(waiting, "left %d", i);
    lua_pushvalue(L, 2);
    lua_xmove(L, waiting, 1);
    lua_pushinteger(waiting, n);
    int status = lua_pcall(waiting, 1, 1, 0);
    lua_pushinteger(L, status);
    lua_xmove(waiting, L, 1);
    printf("callback %d: %d more\n", n, lua_gettop(waiting) - before);
    return 2;
}

/* The same, and takes n of the other's values before, and changes the first. */
static int taker(lua_State *L)
{
    show(waiting, "seen");
    lua_pop(waiting, luaL_checkint(L, 1));
    if (lua_gettop(waiting)) {
        lua_pushliteral(waiting, "changed");
        lua_replace(waiting, 1);
    }
    return 0;
}

/* function, values ... -> all that is on the stack when a coroutine has run the function. */
static int drive(lua_State *L)
{
    lua_State *co = lua_newthread(L), *outer = waiting;
    int anchor = luaL_ref(L, LUA_REGISTRYINDEX);
    waiting = L;
    lua_pushvalue(L, 1);
    lua_remove(L, 1);
    lua_xmove(L, co, 1);
    for (;;) {
        int status = lua_resume(co, L, 0);
        printf("resumed %d\n", status);
        if (status == LUA_YIELD) {
            lua_settop(co, 0);
            continue;
        }
        if (status != LUA_OK) printf("%s\n", lua_tostring(co, -1));
        break;
    }
    waiting = outer;
    luaL_unref(L, LUA_REGISTRYINDEX, anchor);
    show(L, "drive");
    return lua_gettop(L);
}

/* function, values ... : the same by Lua's own coroutines, while the caller waits. */
static int wait(lua_State *L)
{
    lua_State *outer = waiting;
    waiting = L;
    lua_pushvalue(L, 1);
    lua_call(L, 0, 1);
    waiting = outer;
    show(L, "wait");
    return 1;
}

static const char script[] =
    "local function double(n) collectgarbage() return n * 2 end\n"
    "local function bad(n) error('bad ' .. n, 0) end\n"
    "print(drive(function() print(callback(0, double)) print(callback(1, double)) end, 'a', "
    "'b'))\n"
    "print(drive(function() print(callback(2, bad)) print(callback(3, double)) end, 'a'))\n"
    "print(drive(function() for i = 1, 5 do print(callback(1, double)) coroutine.yield(i) end "
    "end))\n"
    "print(drive(function() taker(1) taker(0) end, 'x', 'y', 'z'))\n"
    "print(drive(function() taker(3) taker(0) callback(4, double) end, 'x', 'y', 'z'))\n"
    "print(drive(function() error 'out' end, 'x'))\n"
    "print(drive(function() print(drive(function() print(callback(2, double)) end, 'in')) "
    "print(callback(1, double)) end, 'out'))\n"
    "local function deep(n) if n == 0 then return coroutine.wrap(function(...)\n"
    "  print(callback(...)) print(callback(...)) return 'end' end)(3, double) end\n"
    "  local a, b, c = n, n + 1, n + 2 local r = deep(n - 1) assert(a + 1 == b and b + 1 == "
    "c)\n"
    "  return r end\n"
    "print(wait(function() return deep(10) end))\n"
    "print(wait(function() return deep(200) end))\n"
    "print(drive(function() print(wait(function() return deep(3) end)) end, 'around'))\n"
    "local co = coroutine.wrap(function() print(wait(function() return deep(5) end))\n"
    "  print(drive(function() print(callback(2, double)) end, 'c')) end)\n"
    "co()\n"
    "print(drive(function() for i = 1, 300 do callback(i % 15, double)\n"
    "  for j = 1, i % 15 do taken() end end end, 'many'))\n";

/* Takes one of the other's values. */
static int taken(lua_State *L)
{
    (void)L;
    lua_pop(waiting, 1);
    return 0;
}

int main(void)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    waiting = L;
    lua_register(L, "callback", callback);
    lua_register(L, "taker", taker);
    lua_register(L, "taken", taken);
    lua_register(L, "drive", drive);
    lua_register(L, "wait", wait);
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 0; i < 2; i++) {
        if (luaL_dostring(L, script)) printf("failed: %s\n", lua_tostring(L, -1));
        show(L, "main");
    }
    lua_close(L);
    return 0;
}
