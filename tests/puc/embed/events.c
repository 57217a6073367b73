/* SPDX-License-Identifier: MIT */
/* Callbacks kept by references, called under a handler of errors; keys that are addresses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"

enum { EVENTS = 3, HANDLERS = 8 };
static const char *const names[] = {"start", "data", "stop", NULL};
static int handlers[EVENTS][HANDLERS], count[EVENTS];
static char key_of_log, key_of_state;

static void log_line(lua_State *L, const char *text)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &key_of_log);
    int n = (int)lua_rawlen(L, -1);
    lua_pushstring(L, text);
    lua_rawseti(L, -2, n + 1);
    lua_pop(L, 1);
}

static int on(lua_State *L)
{
    int event = luaL_checkoption(L, 1, "data", names);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    if (count[event] == HANDLERS) return luaL_error(L, "too many for %s", names[event]);
    lua_settop(L, 2);
    handlers[event][count[event]++] = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_pushinteger(L, count[event]);
    return 1;
}

static int off(lua_State *L)
{
    int event = luaL_checkoption(L, 1, NULL, names), i = luaL_optint(L, 2, count[event]);
    luaL_argcheck(L, i >= 1 && i <= count[event], 2, "no such handler");
    luaL_unref(L, LUA_REGISTRYINDEX, handlers[event][i - 1]);
    memmove(&handlers[event][i - 1], &handlers[event][i],
            (size_t)(count[event]-- - i) * sizeof(int));
    return 0;
}

static int with_traceback(lua_State *L)
{
    const char *text = lua_tostring(L, 1);
    if (text)
        luaL_traceback(L, L, text, 1);
    else if (!lua_isnoneornil(L, 1) && !luaL_callmeta(L, 1, "__tostring"))
        lua_pushfstring(L, "(a %s)", luaL_typename(L, 1));
    return 1;
}

static int raise(lua_State *L)
{
    lua_settop(L, 1);
    return lua_error(L);
}

static int fire(lua_State *L)
{
    int event = luaL_checkoption(L, 1, NULL, names), top = lua_gettop(L), good = 0;
    for (int i = 0; i < count[event]; i++) {
        lua_pushcfunction(L, with_traceback);
        lua_rawgeti(L, LUA_REGISTRYINDEX, handlers[event][i]);
        for (int a = 2; a <= top; a++) lua_pushvalue(L, a);
        int status = lua_pcall(L, top - 1, LUA_MULTRET, top + 1);
        if (status) {
            const char *text = lua_tostring(L, -1);
            lua_pushfstring(L, "%s %d: %s", names[event], status, text ? text : "nothing");
            log_line(L, lua_tostring(L, -1));
        } else {
            good += lua_gettop(L) - top - 1;
        }
        lua_settop(L, top);
    }
    lua_pushinteger(L, good);
    return 1;
}

static int fail_in_handler(lua_State *L) { return luaL_error(L, "in the handler"); }

static int twice(lua_State *L)
{
    lua_pushcfunction(L, fail_in_handler);
    lua_insert(L, 1);
    int status = lua_pcall(L, lua_gettop(L) - 2, 0, 1);
    lua_pushinteger(L, status);
    lua_pushboolean(L, lua_toboolean(L, -2));
    return 2;
}

static const luaL_Reg functions[] = {{"on", on},       {"off", off},     {"fire", fire},
                                     {"raise", raise}, {"twice", twice}, {NULL, NULL}};

static const char script[] =
    "on('start', function(...) return ... end)\n"
    "on(nil, function(x) error('no ' .. tostring(x)) end)\n"
    "on('data', function(x) local t = x.y.z end)\n"
    "on('data', function(x) raise(setmetatable({}, {__tostring = function() return 'an object' "
    "end})) end)\n"
    "on('data', function(x) raise({}) end)\n"
    "on('data', function(x) raise() end)\n"
    "on('data', function(x) raise(42) end)\n"
    "on('data', function(x) off('data', 1) return 1, 2, 3 end)\n"
    "print(fire('start', 1, 2), fire('start'), fire('stop'))\n"
    "print(fire('data', {}))\n"
    "print(fire('data', {y = {}}))\n"
    "print(pcall(fire, 'none'), pcall(fire), pcall(off, 'data', 20), pcall(on, 'data'))\n"
    "print(pcall(function() for i = 1, 9 do on('stop', print) end end))\n"
    "print(twice(error, 'x'), twice(print))\n"
    "print(xpcall(raise, function(m) return m, 2 end, {1}))\n"
    "print(select('#', xpcall(raise, function(m) return m, 2 end, 1)))\n";

int main(void)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &key_of_log);
    lua_pushlightuserdata(L, &key_of_state);
    lua_pushliteral(L, "value");
    lua_settable(L, LUA_REGISTRYINDEX);
    lua_pushglobaltable(L);
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
    if (luaL_loadbuffer(L, script, sizeof script - 1, "@events.lua") || lua_pcall(L, 0, 0, 0))
        printf("failed: %s\n", lua_tostring(L, -1));
    lua_rawgetp(L, LUA_REGISTRYINDEX, &key_of_log);
    for (int i = 1; i <= (int)lua_rawlen(L, 1); i++) {
        lua_rawgeti(L, 1, i);
        printf("%s\n", lua_tostring(L, -1));
        lua_pop(L, 1);
    }
    lua_rawgetp(L, LUA_REGISTRYINDEX, &key_of_state);
    printf("%s %d\n", lua_tostring(L, -1), lua_gettop(L));
    lua_newtable(L);
    int refs[5];
    for (int i = 0; i < 5; i++) {
        if (i == 3)
            lua_pushnil(L);
        else
            lua_pushinteger(L, i);
        refs[i] = luaL_ref(L, -2);
    }
    printf("%d %d %d %d\n", refs[3] == LUA_REFNIL, refs[0] != refs[1], refs[4] > 0, LUA_NOREF);
    luaL_unref(L, -1, refs[1]);
    luaL_unref(L, -1, refs[2]);
    luaL_unref(L, -1, LUA_NOREF);
    luaL_unref(L, -1, LUA_REFNIL);
    lua_pushliteral(L, "again");
    printf("%d\n", luaL_ref(L, -2) == refs[2]);
    lua_rawgeti(L, -1, refs[2]);
    printf("%s %d\n", lua_tostring(L, -1), lua_gettop(L));
    lua_close(L);
    return 0;
}
