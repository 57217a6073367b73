/* SPDX-License-Identifier: MIT */
/* The C part of a rock for the test of luarocks. */
#include <lauxlib.h>
#include <lua.h>

static int join(lua_State *L)
{
    lua_pushfstring(L, "%s, %s", luaL_checkstring(L, 1), luaL_checkstring(L, 2));
    return 1;
}

int luaopen_greeting_core(lua_State *L);
int luaopen_greeting_core(lua_State *L)
{
    static const luaL_Reg functions[] = {{"join", join}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
