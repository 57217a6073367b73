/* SPDX-License-Identifier: MIT */
/*
 * What the manual says beside each function of its sections 4.8, 4.9 and 5.1, [-o, +p, x]: so
 * many values are popped and pushed, and whether it raises errors ('-': never, 'e': any, 'v':
 * on purpose). A row for each: what is put on the stack first, the call, and its o, p and x.
 * Below lie values that must stay what they are. The same program is made with PUC Lua 5.2's
 * library and with Moonlet's, and must print the same: o, p, and the types of what is pushed.
 * What must raise an error has rows of its own, which print it. run.sh looks whether each
 * function that the library exports has a row; test_errors.c tries those of '-' without memory.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LUA_COMPAT_MODULE
#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"

enum { KEPT = 3 };
static char kept_address;
static int before, faults;
static volatile int zero;

static int nothing(lua_State *L) { return 0; }

static int fails(lua_State *L) { return luaL_error(L, "fails"); }

static int echo(lua_State *L) { return lua_gettop(L); }

static void keep(lua_State *L)
{
    lua_pushlightuserdata(L, &kept_address);
    lua_pushliteral(L, "kept");
    lua_pushnumber(L, 12.5);
}

static int is_kept(lua_State *L)
{
    return lua_touserdata(L, 1) == &kept_address && lua_isstring(L, 2) &&
           !strcmp(lua_tostring(L, 2), "kept") && lua_tonumber(L, 3) == 12.5;
}

static void begin(lua_State *L) { before = lua_gettop(L); }

/* o and p are those of this call, where the manual has several. */
static void end(lua_State *L, const char *name, int o, int p, char x)
{
    int delta = lua_gettop(L) - before, good = delta == p - o && is_kept(L);
    printf("%s [-%d, +%d, %c] %s", name, o, p, x, good ? "" : "FAULT");
    if (!good) printf(" %d, kept %d", delta, is_kept(L));
    for (int i = lua_gettop(L) - p + 1; i <= lua_gettop(L) && i > 0; i++)
        printf(" %s", luaL_typename(L, i));
    printf("\n");
    faults += !good;
    lua_settop(L, KEPT);
}

static void string(lua_State *L) { lua_pushliteral(L, "text"); }
static void number(lua_State *L) { lua_pushinteger(L, 5); }
static void table(lua_State *L)
{
    lua_newtable(L);
    lua_pushliteral(L, "value");
    lua_setfield(L, -2, "key");
    lua_pushinteger(L, 1);
    lua_rawseti(L, -2, 1);
}
/* A table whose metamethods answer by themselves. */
static void object(lua_State *L)
{
    table(L);
    if (luaL_newmetatable(L, "effects.object"))
        luaL_loadstring(L, "local m, echo = ... local function three() return 1, 2, 3 end "
                           "for _, e in ipairs {'add', 'unm', 'len', 'lt', 'le', 'concat', "
                           "'index', 'newindex', "
                           "'call', 'tostring'} do m['__' .. e] = three end "
                           "m.__tostring = function() return 'object' end"),
            lua_pushvalue(L, -2), lua_call(L, 1, 0);
    lua_setmetatable(L, -2);
}
static void block(lua_State *L)
{
    lua_newuserdata(L, 8);
    luaL_newmetatable(L, "effects.block");
    lua_setmetatable(L, -2);
}
static void lua_function(lua_State *L)
{
    luaL_loadstring(L, "local a = ... return a, _ENV, 3");
}
static void function(lua_State *L) { lua_pushcfunction(L, echo); }

static const char *reader(lua_State *L, void *data, size_t *size)
{
    const char **text = data, *s = *text;
    *text = NULL;
    *size = s ? strlen(s) : 0;
    return s;
}
static int writer(lua_State *L, const void *p, size_t n, void *data)
{
    *(size_t *)data += n;
    return 0;
}
static void hook(lua_State *L, lua_Debug *ar) { (void)L, (void)ar; }
static void *allocate(void *data, void *p, size_t old, size_t size)
{
    (void)data, (void)old;
    if (size) return realloc(p, size);
    free(p);
    return NULL;
}

static lua_State *co;
static lua_Debug ar;
static luaL_Buffer buffer;
static const char *text;
static size_t size;
static void *data;
static const char *const list[] = {"text", NULL};
static const luaL_Reg entries[] = {{"f", nothing}, {"g", nothing}, {NULL, NULL}};

static void thread(lua_State *L)
{
    co = lua_newthread(L);
    lua_remove(L, -1);
    lua_pushthread(co);
    lua_xmove(co, L, 1);
}
/* Level 1: a Lua function's variables. */
static void level(lua_State *L, int n) { lua_getstack(L, n, &ar); }

static const char *formatted(lua_State *L, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *s = lua_pushvfstring(L, format, arguments);
    va_end(arguments);
    return s;
}

/* name, o, p, x, what is put there before, the call; lua_pushcclosure of no values is the
 * manual's lua_pushcfunction */
#define NONE (void)0
#define OPENED(f) (lua_pushcfunction(L, f), lua_call(L, 0, 1))
/* clang-format off */
#define ROWS(X) \
 X(lua_absindex, 0, 0, '-', number(L), lua_absindex(L, -1)) \
 X(lua_arith, 2, 1, 'e', (number(L), number(L)), lua_arith(L, LUA_OPADD)) \
 X(lua_arith, 1, 1, 'e', number(L), lua_arith(L, LUA_OPUNM)) \
 X(lua_arith, 2, 1, 'e', (object(L), number(L)), lua_arith(L, LUA_OPADD)) \
 X(lua_arith, 1, 1, 'e', object(L), lua_arith(L, LUA_OPUNM)) \
 X(lua_atpanic, 0, 0, '-', NONE, lua_atpanic(L, lua_atpanic(L, nothing))) \
 X(lua_callk, 3, 2, 'e', (function(L), number(L), string(L)), lua_callk(L, 2, LUA_MULTRET, 0, NULL)) \
 X(lua_callk, 3, 4, 'e', (function(L), number(L), string(L)), lua_callk(L, 2, 4, 0, NULL)) \
 X(lua_callk, 2, 0, 'e', (lua_function(L), string(L)), lua_callk(L, 1, 0, 0, NULL)) \
 X(lua_callk, 2, 3, 'e', (object(L), string(L)), lua_callk(L, 1, LUA_MULTRET, 0, NULL)) \
 X(lua_checkstack, 0, 0, '-', NONE, lua_checkstack(L, 500)) \
 X(lua_checkstack, 0, 0, '-', NONE, lua_checkstack(L, 5000000)) \
 X(lua_close, 0, 0, '-', NONE, lua_close(luaL_newstate())) \
 X(lua_compare, 0, 0, 'e', (number(L), number(L)), lua_compare(L, -1, -2, LUA_OPLE)) \
 X(lua_compare, 0, 0, 'e', (object(L), object(L)), lua_compare(L, -1, -2, LUA_OPLT)) \
 X(lua_compare, 0, 0, 'e', NONE, lua_compare(L, 50, 51, LUA_OPEQ)) \
 X(lua_concat, 3, 1, 'e', (string(L), number(L), string(L)), lua_concat(L, 3)) \
 X(lua_concat, 1, 1, 'e', object(L), lua_concat(L, 1)) \
 X(lua_concat, 0, 1, 'e', NONE, lua_concat(L, 0)) \
 X(lua_concat, 2, 1, 'e', (string(L), object(L)), lua_concat(L, 2)) \
 X(lua_copy, 0, 0, '-', (number(L), string(L)), lua_copy(L, -1, -2)) \
 X(lua_createtable, 0, 1, 'e', NONE, lua_createtable(L, 3, 3)) \
 X(lua_dump, 0, 0, 'e', lua_function(L), lua_dump(L, writer, &size)) \
 X(lua_dump, 0, 0, 'e', function(L), lua_dump(L, writer, &size)) \
 X(lua_gc, 0, 0, 'e', NONE, lua_gc(L, LUA_GCCOLLECT, 0)) \
 X(lua_gc, 0, 0, 'e', NONE, lua_gc(L, LUA_GCCOUNT, 0)) \
 X(lua_getallocf, 0, 0, '-', NONE, lua_getallocf(L, &data)) \
 X(lua_getctx, 0, 0, '-', NONE, lua_getctx(L, NULL)) \
 X(lua_getfield, 0, 1, 'e', table(L), lua_getfield(L, -1, "key")) \
 X(lua_getfield, 0, 1, 'e', object(L), lua_getfield(L, -1, "none")) \
 X(lua_getfield, 0, 1, 'e', NONE, lua_getfield(L, LUA_REGISTRYINDEX, "none")) \
 X(lua_getglobal, 0, 1, 'e', NONE, lua_getglobal(L, "print")) \
 X(lua_gethook, 0, 0, '-', NONE, lua_gethook(L)) \
 X(lua_gethookcount, 0, 0, '-', NONE, lua_gethookcount(L)) \
 X(lua_gethookmask, 0, 0, '-', NONE, lua_gethookmask(L)) \
 X(lua_getinfo, 0, 0, 'e', level(L, 0), lua_getinfo(L, "nSltu", &ar)) \
 X(lua_getinfo, 0, 2, 'e', level(L, 0), lua_getinfo(L, "fL", &ar)) \
 X(lua_getinfo, 1, 0, 'e', lua_function(L), lua_getinfo(L, ">nSltu", &ar)) \
 X(lua_getinfo, 1, 2, 'e', lua_function(L), lua_getinfo(L, ">fL", &ar)) \
 X(lua_getinfo, 1, 1, 'e', function(L), lua_getinfo(L, ">L", &ar)) \
 X(lua_getlocal, 0, 1, '-', level(L, 1), lua_getlocal(L, &ar, 1)) \
 X(lua_getlocal, 0, 0, '-', level(L, 1), lua_getlocal(L, &ar, 90)) \
 X(lua_getlocal, 0, 0, '-', lua_function(L), lua_getlocal(L, NULL, 1)) \
 X(lua_getmetatable, 0, 1, '-', object(L), lua_getmetatable(L, -1)) \
 X(lua_getmetatable, 0, 0, '-', table(L), lua_getmetatable(L, -1)) \
 X(lua_getmetatable, 0, 1, '-', string(L), lua_getmetatable(L, -1)) \
 X(lua_getstack, 0, 0, '-', NONE, lua_getstack(L, 0, &ar)) \
 X(lua_getstack, 0, 0, '-', NONE, lua_getstack(L, 50, &ar)) \
 X(lua_gettable, 1, 1, 'e', (table(L), string(L)), lua_gettable(L, -2)) \
 X(lua_gettable, 1, 1, 'e', (object(L), string(L)), lua_gettable(L, -2)) \
 X(lua_gettop, 0, 0, '-', NONE, lua_gettop(L)) \
 X(lua_getupvalue, 0, 1, '-', lua_function(L), lua_getupvalue(L, -1, 1)) \
 X(lua_getupvalue, 0, 0, '-', lua_function(L), lua_getupvalue(L, -1, 2)) \
 X(lua_getuservalue, 0, 1, '-', block(L), lua_getuservalue(L, -1)) \
 X(lua_insert, 1, 1, '-', (number(L), string(L)), lua_insert(L, -2)) \
 X(lua_iscfunction, 0, 0, '-', function(L), lua_iscfunction(L, -1)) \
 X(lua_isnumber, 0, 0, '-', string(L), lua_isnumber(L, -1)) \
 X(lua_isstring, 0, 0, '-', number(L), lua_isstring(L, -1)) \
 X(lua_isuserdata, 0, 0, '-', block(L), lua_isuserdata(L, -1)) \
 X(lua_len, 0, 1, 'e', table(L), lua_len(L, -1)) \
 X(lua_len, 0, 1, 'e', object(L), lua_len(L, -1)) \
 X(lua_load, 0, 1, '-', text = "return 1", lua_load(L, reader, &text, "=x", NULL)) \
 X(lua_load, 0, 1, '-', text = "return return", lua_load(L, reader, &text, "=x", "t")) \
 X(lua_newstate, 0, 0, '-', NONE, lua_close(lua_newstate(allocate, NULL))) \
 X(lua_newthread, 0, 1, 'e', NONE, lua_newthread(L)) \
 X(lua_newuserdata, 0, 1, 'e', NONE, lua_newuserdata(L, 100)) \
 X(lua_next, 1, 2, 'e', (table(L), lua_pushnil(L)), lua_next(L, -2)) \
 X(lua_next, 1, 0, 'e', (lua_newtable(L), lua_pushnil(L)), lua_next(L, -2)) \
 X(lua_pcallk, 2, 1, '-', (function(L), number(L)), lua_pcallk(L, 1, LUA_MULTRET, 0, 0, NULL)) \
 X(lua_pcallk, 2, 3, '-', (function(L), number(L)), lua_pcallk(L, 1, 3, 0, 0, NULL)) \
 X(lua_pcallk, 2, 1, '-', (lua_pushcfunction(L, fails), number(L)), lua_pcallk(L, 1, 3, 0, 0, NULL)) \
 X(lua_pcallk, 2, 1, '-', (function(L), lua_pushcfunction(L, fails), number(L)), lua_pcallk(L, 1, 3, KEPT + 1, 0, NULL)) \
 X(lua_pushboolean, 0, 1, '-', NONE, lua_pushboolean(L, 1)) \
 X(lua_pushcclosure, 0, 1, '-', NONE, lua_pushcclosure(L, nothing, 0)) \
 X(lua_pushcclosure, 2, 1, 'e', (number(L), string(L)), lua_pushcclosure(L, nothing, 2)) \
 X(lua_pushfstring, 0, 1, 'e', NONE, lua_pushfstring(L, "%d %s %f %p %c %%", 1, "s", 1.5, NULL, 'c')) \
 X(lua_pushinteger, 0, 1, '-', NONE, lua_pushinteger(L, 1)) \
 X(lua_pushlightuserdata, 0, 1, '-', NONE, lua_pushlightuserdata(L, L)) \
 X(lua_pushlstring, 0, 1, 'e', NONE, lua_pushlstring(L, "a\0b", 3)) \
 X(lua_pushnil, 0, 1, '-', NONE, lua_pushnil(L)) \
 X(lua_pushnumber, 0, 1, '-', NONE, lua_pushnumber(L, 1)) \
 X(lua_pushstring, 0, 1, 'e', NONE, lua_pushstring(L, "s")) \
 X(lua_pushstring, 0, 1, 'e', NONE, lua_pushstring(L, NULL)) \
 X(lua_pushthread, 0, 1, '-', NONE, lua_pushthread(L)) \
 X(lua_pushunsigned, 0, 1, '-', NONE, lua_pushunsigned(L, 1)) \
 X(lua_pushvalue, 0, 1, '-', number(L), lua_pushvalue(L, -1)) \
 X(lua_pushvfstring, 0, 1, 'e', NONE, formatted(L, "%d", 1)) \
 X(lua_rawequal, 0, 0, '-', (number(L), number(L)), lua_rawequal(L, -1, -2)) \
 X(lua_rawget, 1, 1, '-', (object(L), string(L)), lua_rawget(L, -2)) \
 X(lua_rawgeti, 0, 1, '-', table(L), lua_rawgeti(L, -1, 1)) \
 X(lua_rawgetp, 0, 1, '-', table(L), lua_rawgetp(L, -1, L)) \
 X(lua_rawlen, 0, 0, '-', object(L), lua_rawlen(L, -1)) \
 X(lua_rawset, 2, 0, 'e', (object(L), string(L), number(L)), lua_rawset(L, -3)) \
 X(lua_rawseti, 1, 0, 'e', (object(L), number(L)), lua_rawseti(L, -2, 2)) \
 X(lua_rawsetp, 1, 0, 'e', (object(L), number(L)), lua_rawsetp(L, -2, L)) \
 X(lua_remove, 1, 0, '-', (number(L), string(L)), lua_remove(L, -2)) \
 X(lua_replace, 1, 0, '-', (number(L), string(L)), lua_replace(L, -2)) \
 X(lua_resume, 0, 0, '-', (thread(L), function(co), number(co)), lua_resume(co, L, 1)) \
 X(lua_setallocf, 0, 0, '-', NONE, lua_setallocf(L, lua_getallocf(L, &data), data)) \
 X(lua_setfield, 1, 0, 'e', (table(L), number(L)), lua_setfield(L, -2, "x")) \
 X(lua_setfield, 1, 0, 'e', (object(L), number(L)), lua_setfield(L, -2, "x")) \
 X(lua_setglobal, 1, 0, 'e', number(L), lua_setglobal(L, "effects")) \
 X(lua_sethook, 0, 0, '-', NONE, (lua_sethook(L, hook, LUA_MASKCOUNT, 1000000), lua_sethook(L, NULL, 0, 0))) \
 X(lua_setlocal, 1, 0, '-', (level(L, 1), string(L)), lua_setlocal(L, &ar, 1)) \
 X(lua_setmetatable, 1, 0, '-', (table(L), table(L)), lua_setmetatable(L, -2)) \
 X(lua_setmetatable, 1, 0, '-', (table(L), lua_pushnil(L)), lua_setmetatable(L, -2)) \
 X(lua_settable, 2, 0, 'e', (table(L), string(L), number(L)), lua_settable(L, -3)) \
 X(lua_settable, 2, 0, 'e', (object(L), string(L), number(L)), lua_settable(L, -3)) \
 X(lua_settop, 0, 2, '-', NONE, lua_settop(L, KEPT + 2)) \
 X(lua_settop, 2, 0, '-', (number(L), number(L)), lua_settop(L, -3)) \
 X(lua_setupvalue, 1, 0, '-', (lua_function(L), table(L)), lua_setupvalue(L, -2, 1)) \
 X(lua_setuservalue, 1, 0, '-', (block(L), table(L)), lua_setuservalue(L, -2)) \
 X(lua_setuservalue, 1, 0, '-', (block(L), lua_pushnil(L)), lua_setuservalue(L, -2)) \
 X(lua_status, 0, 0, '-', NONE, lua_status(L)) \
 X(lua_toboolean, 0, 0, '-', number(L), lua_toboolean(L, -1)) \
 X(lua_tocfunction, 0, 0, '-', function(L), lua_tocfunction(L, -1)) \
 X(lua_tointegerx, 0, 0, '-', string(L), lua_tointegerx(L, -1, NULL)) \
 X(lua_tolstring, 0, 0, 'e', number(L), lua_tolstring(L, -1, &size)) \
 X(lua_tolstring, 0, 0, 'e', table(L), lua_tolstring(L, -1, &size)) \
 X(lua_tonumberx, 0, 0, '-', string(L), lua_tonumberx(L, -1, NULL)) \
 X(lua_topointer, 0, 0, '-', table(L), lua_topointer(L, -1)) \
 X(lua_tothread, 0, 0, '-', thread(L), lua_tothread(L, -1)) \
 X(lua_tounsignedx, 0, 0, '-', number(L), lua_tounsignedx(L, -1, NULL)) \
 X(lua_touserdata, 0, 0, '-', block(L), lua_touserdata(L, -1)) \
 X(lua_type, 0, 0, '-', NONE, lua_type(L, 77)) \
 X(lua_typename, 0, 0, '-', NONE, lua_typename(L, LUA_TNONE)) \
 X(lua_upvalueid, 0, 0, '-', lua_function(L), lua_upvalueid(L, -1, 1)) \
 X(lua_upvaluejoin, 0, 0, '-', (lua_function(L), lua_function(L)), lua_upvaluejoin(L, -1, 1, -2, 1)) \
 X(lua_version, 0, 0, 'v', NONE, lua_version(L)) \
 X(lua_xmove, 2, 0, '-', (thread(L), number(L), string(L)), lua_xmove(L, co, 2)) \
 X(lua_xmove, 0, 2, '-', (thread(L), number(co), string(co)), lua_xmove(co, L, 2)) \
 X(luaL_addlstring, 0, 0, 'e', luaL_buffinit(L, &buffer), luaL_addlstring(&buffer, "abc", 3)) \
 X(luaL_addstring, 0, 0, 'e', luaL_buffinit(L, &buffer), luaL_addstring(&buffer, "abc")) \
 X(luaL_addvalue, 1, 0, 'e', (luaL_buffinit(L, &buffer), string(L)), luaL_addvalue(&buffer)) \
 X(luaL_addvalue, 1, 0, 'e', (luaL_buffinit(L, &buffer), number(L)), luaL_addvalue(&buffer)) \
 X(luaL_buffinit, 0, 0, '-', NONE, luaL_buffinit(L, &buffer)) \
 X(luaL_buffinitsize, 0, 0, 'e', NONE, luaL_buffinitsize(L, &buffer, 10)) \
 X(luaL_callmeta, 0, 1, 'e', object(L), luaL_callmeta(L, -1, "__tostring")) \
 X(luaL_callmeta, 0, 0, 'e', table(L), luaL_callmeta(L, -1, "__tostring")) \
 X(luaL_checkany, 0, 0, 'v', NONE, luaL_checkany(L, 1)) \
 X(luaL_checkinteger, 0, 0, 'v', number(L), luaL_checkinteger(L, -1)) \
 X(luaL_checklstring, 0, 0, 'v', number(L), luaL_checklstring(L, -1, NULL)) \
 X(luaL_checknumber, 0, 0, 'v', number(L), luaL_checknumber(L, -1)) \
 X(luaL_checkoption, 0, 0, 'v', string(L), luaL_checkoption(L, -1, NULL, list)) \
 X(luaL_checkstack, 0, 0, 'v', NONE, luaL_checkstack(L, 10, "no")) \
 X(luaL_checktype, 0, 0, 'v', table(L), luaL_checktype(L, -1, LUA_TTABLE)) \
 X(luaL_checkudata, 0, 0, 'v', block(L), luaL_checkudata(L, -1, "effects.block")) \
 X(luaL_checkunsigned, 0, 0, 'v', number(L), luaL_checkunsigned(L, -1)) \
 X(luaL_checkversion_, 0, 0, '-', NONE, luaL_checkversion(L)) \
 X(luaL_execresult, 0, 3, 'e', NONE, luaL_execresult(L, 0)) \
 X(luaL_fileresult, 0, 1, 'e', NONE, luaL_fileresult(L, 1, "name")) \
 X(luaL_fileresult, 0, 3, 'e', NONE, luaL_fileresult(L, 0, "name")) \
 X(luaL_getmetafield, 0, 1, 'e', object(L), luaL_getmetafield(L, -1, "__len")) \
 X(luaL_getmetafield, 0, 0, 'e', object(L), luaL_getmetafield(L, -1, "none")) \
 X(luaL_getmetafield, 0, 0, 'e', table(L), luaL_getmetafield(L, -1, "__len")) \
 X(luaL_getsubtable, 0, 1, 'e', table(L), luaL_getsubtable(L, -1, "new")) \
 X(luaL_gsub, 0, 1, 'e', NONE, luaL_gsub(L, "abc", "b", "x")) \
 X(luaL_len, 0, 0, 'e', table(L), luaL_len(L, -1)) \
 X(luaL_loadbufferx, 0, 1, '-', NONE, luaL_loadbufferx(L, "return", 6, "=x", NULL)) \
 X(luaL_loadbufferx, 0, 1, '-', NONE, luaL_loadbufferx(L, "x x", 3, "=x", NULL)) \
 X(luaL_loadfilex, 0, 1, 'e', NONE, luaL_loadfilex(L, "none.lua", NULL)) \
 X(luaL_loadstring, 0, 1, '-', NONE, luaL_loadstring(L, "return")) \
 X(luaL_newmetatable, 0, 1, 'e', NONE, luaL_newmetatable(L, "effects.new")) \
 X(luaL_newmetatable, 0, 1, 'e', NONE, luaL_newmetatable(L, "effects.new")) \
 X(luaL_newstate, 0, 0, '-', NONE, lua_close(luaL_newstate())) \
 X(luaL_openlib, 1, 0, 'e', (lua_newtable(L), number(L)), luaL_openlib(L, NULL, entries, 1)) \
 X(luaL_openlib, 0, 1, 'e', NONE, luaL_openlib(L, "effects_lib", entries, 0)) \
 X(luaL_openlibs, 0, 0, 'e', NONE, luaL_openlibs(L)) \
 X(luaL_optinteger, 0, 0, 'v', NONE, luaL_optinteger(L, 50, 1)) \
 X(luaL_optlstring, 0, 0, 'v', NONE, luaL_optlstring(L, 50, "x", &size)) \
 X(luaL_optnumber, 0, 0, 'v', NONE, luaL_optnumber(L, 50, 1)) \
 X(luaL_optunsigned, 0, 0, 'v', NONE, luaL_optunsigned(L, 50, 1)) \
 X(luaL_prepbuffsize, 0, 0, 'e', luaL_buffinit(L, &buffer), luaL_prepbuffsize(&buffer, 10)) \
 X(luaL_pushmodule, 0, 1, 'e', NONE, luaL_pushmodule(L, "effects_module", 1)) \
 X(luaL_pushresult, 0, 1, 'e', luaL_buffinit(L, &buffer), (luaL_addstring(&buffer, "x"), luaL_pushresult(&buffer))) \
 X(luaL_pushresultsize, 0, 1, 'e', luaL_buffinit(L, &buffer), (luaL_prepbuffer(&buffer)[0] = 'x', luaL_pushresultsize(&buffer, 1))) \
 X(luaL_pushresult, 0, 1, 'e', luaL_buffinit(L, &buffer), (luaL_prepbuffsize(&buffer, 100000), luaL_pushresult(&buffer))) \
 X(luaL_ref, 1, 0, 'e', (table(L), number(L)), luaL_ref(L, -2)) \
 X(luaL_ref, 1, 0, 'e', (table(L), lua_pushnil(L)), luaL_ref(L, -2)) \
 X(luaL_requiref, 0, 1, 'e', NONE, luaL_requiref(L, "effects_required", echo, 1)) \
 X(luaL_setfuncs, 2, 0, 'e', (table(L), number(L), number(L)), luaL_setfuncs(L, entries, 2)) \
 X(luaL_setmetatable, 0, 0, '-', table(L), luaL_setmetatable(L, "effects.block")) \
 X(luaL_testudata, 0, 0, 'e', block(L), luaL_testudata(L, -1, "effects.block")) \
 X(luaL_testudata, 0, 0, 'e', block(L), luaL_testudata(L, -1, "effects.object")) \
 X(luaL_tolstring, 0, 1, 'e', object(L), luaL_tolstring(L, -1, &size)) \
 X(luaL_tolstring, 0, 1, 'e', number(L), luaL_tolstring(L, -1, NULL)) \
 X(luaL_traceback, 0, 1, 'e', NONE, luaL_traceback(L, L, "message", 0)) \
 X(luaL_traceback, 0, 1, 'e', thread(L), luaL_traceback(L, co, NULL, 0)) \
 X(luaL_unref, 0, 0, '-', table(L), luaL_unref(L, -1, LUA_NOREF)) \
 X(luaL_where, 0, 1, 'e', NONE, luaL_where(L, 1)) \
 X(luaopen_base, 0, 1, 'e', NONE, OPENED(luaopen_base)) \
 X(luaopen_bit32, 0, 1, 'e', NONE, OPENED(luaopen_bit32)) \
 X(luaopen_coroutine, 0, 1, 'e', NONE, OPENED(luaopen_coroutine)) \
 X(luaopen_debug, 0, 1, 'e', NONE, OPENED(luaopen_debug)) \
 X(luaopen_io, 0, 1, 'e', NONE, OPENED(luaopen_io)) \
 X(luaopen_math, 0, 1, 'e', NONE, OPENED(luaopen_math)) \
 X(luaopen_os, 0, 1, 'e', NONE, OPENED(luaopen_os)) \
 X(luaopen_package, 0, 1, 'e', NONE, OPENED(luaopen_package)) \
 X(luaopen_string, 0, 1, 'e', NONE, OPENED(luaopen_string)) \
 X(luaopen_table, 0, 1, 'e', NONE, OPENED(luaopen_table))
/* clang-format on */

/* What gives nothing is an expression of no type: it cannot be cast or tested. */
#define ROW(name, o, p, x, set_up, call) \
    set_up;                              \
    begin(L);                            \
    call;                                \
    end(L, #name, o, p, x);

/* From a Lua function's frame, whose variables are looked at. */
static int rows(lua_State *L)
{
    lua_settop(L, 0);
    keep(L);
    ROWS(ROW)
    return 0;
}

/* Those that do not return: the error is at the top of who catches it. */
static int yields(lua_State *L)
{
    number(L);
    string(L);
    return lua_yieldk(L, 1, 0, NULL);
}
static int throws(lua_State *L)
{
    number(L);
    string(L);
    return lua_error(L);
}
static int refuses(lua_State *L) { return luaL_argerror(L, 1, "refused"); }

static void leaving(lua_State *L)
{
    static const lua_CFunction functions[] = {throws, refuses, fails};
    static const char *const names[] = {"lua_error", "luaL_argerror", "luaL_error"};
    for (int i = 0; i < 3; i++) {
        lua_settop(L, 0);
        keep(L);
        lua_pushcfunction(L, functions[i]);
        begin(L);
        lua_pcall(L, 0, 0, 0);
        end(L, names[i], 1, 1, 'v');
    }
    thread(L);
    lua_pushcfunction(co, yields);
    printf("lua_yieldk %d", lua_resume(co, L, 0));
    printf(" %d %s\n", lua_gettop(co), lua_tostring(co, -1));
}

/* An object whose metamethods raise an error. */
static void broken(lua_State *L)
{
    lua_newtable(L);
    luaL_loadstring(L,
                    "local function f() error({}) end "
                    "return {__add = f, __unm = f, __len = f, __lt = f, __le = f, __eq = f, "
                    "__concat = f, __index = f, __newindex = f, __call = f, __tostring = f}");
    lua_call(L, 0, 1);
    lua_setmetatable(L, -2);
}
/* An object that is lost, whose finalizer raises an error. */
static void lost(lua_State *L)
{
    lua_newuserdata(L, 1);
    lua_newtable(L);
    lua_pushcfunction(L, fails);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_settop(L, KEPT);
}
/* Globals and modules that refuse. */
static void refused(lua_State *L, const char *index)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    lua_newtable(L);
    lua_pushcfunction(L, fails);
    lua_setfield(L, -2, index);
    lua_setmetatable(L, -2);
}

/* name, what is put there before, a call that raises an error */
/* clang-format off */
#define RAISING(X) \
 X(lua_arith, (table(L), number(L)), lua_arith(L, LUA_OPADD)) \
 X(lua_arith, (string(L), number(L)), lua_arith(L, LUA_OPPOW)) \
 X(lua_arith, (broken(L), number(L)), lua_arith(L, LUA_OPADD)) \
 X(lua_arith, broken(L), lua_arith(L, LUA_OPUNM)) \
 X(lua_callk, (lua_pushnil(L), number(L)), lua_call(L, 1, 0)) \
 X(lua_callk, (table(L), number(L)), lua_call(L, 1, 0)) \
 X(lua_callk, lua_pushcfunction(L, fails), lua_call(L, 0, 0)) \
 X(lua_callk, broken(L), lua_call(L, 0, 0)) \
 X(lua_compare, (table(L), number(L)), lua_compare(L, -1, -2, LUA_OPLT)) \
 X(lua_compare, (table(L), table(L)), lua_compare(L, -1, -2, LUA_OPLE)) \
 X(lua_compare, (string(L), number(L)), lua_compare(L, -1, -2, LUA_OPLT)) \
 X(lua_compare, (broken(L), lua_pushvalue(L, -1)), lua_compare(L, -1, -2, LUA_OPLT)) \
 X(lua_concat, (table(L), string(L)), lua_concat(L, 2)) \
 X(lua_concat, (string(L), string(L), lua_pushnil(L)), lua_concat(L, 3)) \
 X(lua_concat, (string(L), broken(L)), lua_concat(L, 2)) \
 X(lua_error, lua_pushnil(L), lua_error(L)) \
 X(lua_error, table(L), lua_error(L)) \
 X(lua_gc, lost(L), lua_gc(L, LUA_GCCOLLECT, 0)) \
 X(lua_getfield, number(L), lua_getfield(L, -1, "field")) \
 X(lua_getfield, broken(L), lua_getfield(L, -1, "field")) \
 X(lua_getglobal, refused(L, "__index"), lua_getglobal(L, "no_such_global")) \
 X(lua_gettable, (lua_pushnil(L), string(L)), lua_gettable(L, -2)) \
 X(lua_gettable, (lua_pushboolean(L, 1), number(L)), lua_gettable(L, -2)) \
 X(lua_len, number(L), lua_len(L, -1)) \
 X(lua_len, broken(L), lua_len(L, -1)) \
 X(lua_next, (table(L), lua_pushliteral(L, "no such key")), lua_next(L, -2)) \
 X(lua_rawset, (table(L), lua_pushnil(L), number(L)), lua_rawset(L, -3)) \
 X(lua_rawset, (table(L), lua_pushnumber(L, 0.0 / zero), number(L)), lua_rawset(L, -3)) \
 X(lua_setfield, (number(L), number(L)), lua_setfield(L, -2, "field")) \
 X(lua_setfield, (broken(L), number(L)), lua_setfield(L, -2, "field")) \
 X(lua_setglobal, (refused(L, "__newindex"), number(L)), lua_setglobal(L, "no_such_global")) \
 X(lua_settable, (lua_pushnil(L), string(L), number(L)), lua_settable(L, -3)) \
 X(lua_settable, (table(L), lua_pushnil(L), number(L)), lua_settable(L, -3)) \
 X(lua_yieldk, number(L), lua_yield(L, 1)) \
 X(luaL_argerror, NONE, luaL_argerror(L, 1, "wrong")) \
 X(luaL_argerror, NONE, luaL_argcheck(L, zero, 2, "wrong")) \
 X(luaL_callmeta, broken(L), luaL_callmeta(L, -1, "__tostring")) \
 X(luaL_checkany, lua_settop(L, 0), luaL_checkany(L, 1)) \
 X(luaL_checkinteger, table(L), luaL_checkinteger(L, KEPT + 1)) \
 X(luaL_checkinteger, string(L), (void)luaL_checkint(L, KEPT + 1)) \
 X(luaL_checklstring, table(L), luaL_checklstring(L, KEPT + 1, NULL)) \
 X(luaL_checklstring, NONE, luaL_checkstring(L, KEPT + 1)) \
 X(luaL_checknumber, string(L), luaL_checknumber(L, KEPT + 1)) \
 X(luaL_checkoption, lua_pushliteral(L, "other"), luaL_checkoption(L, KEPT + 1, NULL, list)) \
 X(luaL_checkoption, NONE, luaL_checkoption(L, KEPT + 1, "unknown", list)) \
 X(luaL_checkstack, NONE, luaL_checkstack(L, 5000000, "so many")) \
 X(luaL_checkstack, NONE, luaL_checkstack(L, 5000000, NULL)) \
 X(luaL_checktype, number(L), luaL_checktype(L, KEPT + 1, LUA_TTABLE)) \
 X(luaL_checkudata, block(L), luaL_checkudata(L, KEPT + 1, "effects.object")) \
 X(luaL_checkudata, lua_pushlightuserdata(L, L), luaL_checkudata(L, KEPT + 1, "effects.block")) \
 X(luaL_checkunsigned, table(L), luaL_checkunsigned(L, KEPT + 1)) \
 X(luaL_checkversion_, NONE, luaL_checkversion_(L, 501)) \
 X(luaL_error, NONE, luaL_error(L, "%s %d", "text", 5)) \
 X(luaL_getsubtable, broken(L), luaL_getsubtable(L, -1, "field")) \
 X(luaL_len, (table(L), broken(L)), luaL_len(L, -1)) \
 X(luaL_len, lua_pushboolean(L, 1), luaL_len(L, -1)) \
 X(luaL_openlib, (number(L), lua_setglobal(L, "taken")), luaL_openlib(L, "taken", entries, 0)) \
 X(luaL_optinteger, table(L), luaL_optinteger(L, KEPT + 1, 1)) \
 X(luaL_optlstring, table(L), luaL_optlstring(L, KEPT + 1, "x", NULL)) \
 X(luaL_optnumber, table(L), luaL_optnumber(L, KEPT + 1, 1)) \
 X(luaL_optunsigned, table(L), luaL_optunsigned(L, KEPT + 1, 1)) \
 X(luaL_pushmodule, (number(L), lua_setglobal(L, "taken")), luaL_pushmodule(L, "taken.field", 1)) \
 X(luaL_requiref, NONE, luaL_requiref(L, "effects_failing", fails, 1)) \
 X(luaL_tolstring, broken(L), luaL_tolstring(L, -1, NULL)) \
 X(luaL_loadfilex, NONE, (luaL_loadfilex(L, "none.lua", NULL), lua_error(L)))
/* clang-format on */

static int wanted;

/* The row that is wanted, as a C function: what it prints is the error, and where it is on the
 * stack; its name is told before. */
#define RAISE(name, set_up, call)   \
    if (row++ == wanted) {          \
        set_up;                     \
        printf("%s raises", #name); \
        call;                       \
    }
static int raises(lua_State *L)
{
    int row = 0;
    lua_settop(L, 0);
    keep(L);
    RAISING(RAISE)
    return 0;
}
#define ONE(...) +1
enum { RAISES = 0 RAISING(ONE) };

static void raising(lua_State *L)
{
    for (wanted = 0; wanted < RAISES; wanted++) {
        lua_settop(L, 0);
        keep(L);
        lua_pushcfunction(L, raises);
        int status = lua_pcall(L, 0, 0, 0),
            good = status != LUA_OK && lua_gettop(L) == KEPT + 1;
        const char *error = good ? luaL_tolstring(L, -1, NULL) : "";
        printf(" %d %s: %s\n", status, good && is_kept(L) ? "" : "FAULT",
               lua_istable(L, KEPT + 1) ? "a table" : error);
        faults += !good;
        lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
        lua_pushnil(L);
        lua_setmetatable(L, -2);
    }
}

int main(void)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    lua_register(L, "rows", rows);
    if (luaL_dostring(L, "local variable = {} rows() return variable"))
        printf("failed: %s\n", lua_tostring(L, -1));
    leaving(L);
    raising(L);
    printf("%d faults\n", faults);
    lua_close(L);
    return faults != 0;
}
