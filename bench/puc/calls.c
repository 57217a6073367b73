/* SPDX-License-Identifier: MIT */
/* A C module whose functions do what is timed: calls between Lua and C. */
#include "lauxlib.h"
#include "lua.h"

static int nothing(lua_State *L)
{
    (void)L;
    return 0;
}

static int add(lua_State *L)
{
    lua_pushnumber(L, luaL_checknumber(L, 1) + luaL_checknumber(L, 2));
    return 1;
}

/* f, n: calls f so often. */
static int calls(lua_State *L)
{
    for (int n = luaL_checkint(L, 2); n > 0; n--) {
        lua_pushvalue(L, 1);
        lua_call(L, 0, 0);
    }
    return 0;
}

static int pcalls(lua_State *L)
{
    for (int n = luaL_checkint(L, 2); n > 0; n--) {
        lua_pushvalue(L, 1);
        lua_pushinteger(L, n);
        if (lua_pcall(L, 1, 1, 0)) return lua_error(L);
        lua_pop(L, 1);
    }
    return 0;
}

/* table, n: reads and writes fields so often. */
static int fields(lua_State *L)
{
    for (int n = luaL_checkint(L, 2); n > 0; n--) {
        lua_getfield(L, 1, "count");
        lua_pushnumber(L, lua_tonumber(L, -1) + 1);
        lua_setfield(L, 1, "count");
        lua_pop(L, 1);
    }
    return 0;
}

static int userdata(lua_State *L)
{
    luaL_checkudata(L, 1, "puc.bench");
    return 0;
}

static int new_userdata(lua_State *L)
{
    lua_newuserdata(L, 16);
    luaL_newmetatable(L, "puc.bench");
    lua_setmetatable(L, -2);
    return 1;
}

int luaopen_calls(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"nothing", nothing}, {"add", add},           {"calls", calls},      {"pcalls", pcalls},
        {"fields", fields},   {"userdata", userdata}, {"new", new_userdata}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
