/* SPDX-License-Identifier: MIT */
/* Numbers, comparisons, tables and modules by way of C, panics, and several states at a time.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"

static const char *const operations[] = {"+", "-", "*", "/", "%", "^", "neg", NULL};

static void run(lua_State *L, const char *code)
{
    if (luaL_dostring(L, code)) printf("failed: %s\n", lua_tostring(L, -1));
}

static int calculate(lua_State *L)
{
    int op = luaL_checkoption(L, 1, NULL, operations);
    lua_settop(L, 3);
    if (op == LUA_OPUNM) lua_settop(L, 2);
    lua_arith(L, op);
    lua_pushinteger(L, lua_gettop(L));
    return 2;
}

static int compare(lua_State *L)
{
    lua_settop(L, 2);
    for (int op = LUA_OPEQ; op <= LUA_OPLE; op++) lua_pushboolean(L, lua_compare(L, 1, 2, op));
    lua_pushboolean(L, lua_rawequal(L, 1, 2));
    lua_pushinteger(L, lua_compare(L, 1, 9, LUA_OPEQ));
    return 5;
}

static int lengths(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)lua_rawlen(L, 1));
    lua_len(L, 1);
    lua_pushinteger(L, luaL_len(L, 1));
    return 3;
}

static int walk(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    double sum = 0;
    int n = 0;
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        if (lua_type(L, -1) == LUA_TNUMBER) sum += lua_tonumber(L, -1);
        lua_pushvalue(L, -2);
        lua_pushnil(L);
        lua_rawset(L, 1);
        n++;
    }
    lua_pushnumber(L, sum);
    lua_pushinteger(L, n);
    return 2;
}

static int numbers(lua_State *L)
{
    int is;
    lua_settop(L, 1);
    lua_pushnumber(L, lua_tonumberx(L, 1, &is));
    lua_pushboolean(L, is);
    lua_pushinteger(L, lua_tointegerx(L, 1, &is));
    lua_pushboolean(L, is);
    lua_pushunsigned(L, lua_tounsignedx(L, 1, &is));
    lua_pushboolean(L, is);
    return 6;
}

static int options(lua_State *L)
{
    lua_pushnumber(L, luaL_optnumber(L, 1, 1.5));
    lua_pushinteger(L, luaL_optinteger(L, 2, 2));
    lua_pushunsigned(L, luaL_optunsigned(L, 3, 3));
    lua_pushstring(L, luaL_optstring(L, 4, "four"));
    return 4;
}

static int self_test(lua_State *L)
{
    luaL_checkudata(L, 1, "none of these");
    return 0;
}

static int module(lua_State *L)
{
    printf("  module %s, %d\n", lua_tostring(L, 1), lua_gettop(L));
    lua_newtable(L);
    lua_pushvalue(L, 1);
    lua_setfield(L, -2, "name");
    return 1;
}

static int subtable(lua_State *L)
{
    lua_settop(L, 1);
    lua_pushboolean(L, luaL_getsubtable(L, 1, "sub"));
    lua_insert(L, -2);
    return 2;
}

static const luaL_Reg functions[] = {
    {"calculate", calculate}, {"compare", compare},   {"lengths", lengths},
    {"walk", walk},           {"numbers", numbers},   {"options", options},
    {"self", self_test},      {"subtable", subtable}, {NULL, NULL}};

static const char script[] =
    "for _, op in ipairs {'+', '-', '*', '/', '%', '^', 'neg'} do print(op, calculate(op, 7, "
    "'2'), calculate(op, -7.5, 2)) end\n"
    "local mt = {} for _, e in ipairs {'add', 'unm', 'mod', 'pow'} do mt['__' .. e] = "
    "function(a, b) return e end end\n"
    "mt.__len = function() return 'seven' end mt.__lt = function(a, b) return 1 end mt.__eq = "
    "function() return true end\n"
    "local o, p = setmetatable({}, mt), setmetatable({1}, mt)\n"
    "print(calculate('+', o, 1), calculate('neg', o), calculate('%', 1, o), calculate('^', o, "
    "o), pcall(calculate, '-', o, 1))\n"
    "print(pcall(calculate, '+', nil, 1)) print(pcall(calculate, '/', 'x', 1)) "
    "print(pcall(calculate, '?'))\n"
    "print(compare(1, 2)) print(compare(2, 2)) print(compare('a', 'b')) print(compare(o, p)) "
    "print(pcall(compare, 1, 'x'))\n"
    "print(pcall(compare, {}, {})) print(pcall(compare, nil, nil))\n"
    "print(lengths({1, 2})) print(lengths('abc')) print(pcall(lengths, o)) "
    "print(pcall(lengths, 5))\n"
    "print(walk({1, 2, x = 3, y = 'z', [1.5] = 4})) print(walk({})) print(pcall(walk, 1))\n"
    "for _, v in ipairs {'10', ' 0x1p4 ', '1e1000', '', 'x', '0x', 3.99, -3.99, 2^31, -2^31, "
    "2^32 + 5, 2^53, true, {}, '1 2', '1e', '-0x10'} do\n"
    "  print(v == true and v or type(v) == 'table' and 't' or v, numbers(v)) end\n"
    "print(numbers()) print(options()) print(options(5, '6', 7.9, 8)) print(pcall(options, "
    "{})) print(pcall(options, 1, 'x')) print(pcall(options, 1, 2, 3, {}))\n"
    "local obj = {m = self} print(pcall(function() obj:m() end)) print(pcall(function() "
    "obj.m(1) end)) print(pcall(self)) print(pcall(self, io.stdout))\n"
    "local t = {} print(subtable(t) == t.sub, select(2, subtable(t)), t.sub ~= nil)\n"
    "print(require 'given'.name, require 'given' == require 'given', pcall(require, 'not "
    "there') )\n";

static jmp_buf out;
static int panic(lua_State *L)
{
    printf("  panic: %s\n", lua_tostring(L, -1));
    longjmp(out, 1);
}

static int raise(lua_State *L) { return luaL_error(L, "raised %d", 5); }

int main(void)
{
    lua_State *L = luaL_newstate(), *other = luaL_newstate();
    luaL_openlibs(L);
    lua_pushglobaltable(L);
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, "_PRELOAD");
    lua_pushcfunction(L, module);
    lua_setfield(L, -2, "given");
    lua_settop(L, 0);
    run(L, "package.path = '' package.cpath = '' package.searchers[4] = nil");
    if (luaL_loadbuffer(L, script, sizeof script - 1, "=script") || lua_pcall(L, 0, 0, 0))
        printf("failed: %s\n", lua_tostring(L, -1));
    lua_settop(L, 0);
    luaL_requiref(L, "opened", module, 0);
    luaL_requiref(L, "opened", module, 1);
    printf("%d %d\n", lua_rawequal(L, -1, -2),
           (lua_getglobal(L, "opened"), lua_istable(L, -1)));
    printf("%d %d\n", lua_atpanic(L, panic) != NULL, lua_atpanic(L, panic) == panic);
    if (!setjmp(out)) {
        lua_pushcfunction(L, raise);
        lua_call(L, 0, 0);
    }
    if (!setjmp(out)) {
        lua_settop(L, 0);
        lua_pushliteral(L, "below");
        lua_pushliteral(L, "alone");
        lua_error(L);
    }
    printf("%d %s\n", lua_gettop(L), lua_tostring(L, 1));
    luaL_checkversion(L);
    if (!setjmp(out)) {
        lua_pushnil(L);
        lua_pushnil(L);
        lua_arith(L, LUA_OPADD);
    }
    lua_pushinteger(other, 7);
    lua_pushinteger(L, 8);
    printf("%d %d %g\n", (int)lua_tointeger(other, -1), (int)lua_tointeger(L, -1),
           *lua_version(NULL));
    printf("%d\n", lua_version(L) == lua_version(NULL));
    lua_getglobal(other, "print");
    printf("%s\n", luaL_typename(other, -1));
    lua_close(other);
    lua_close(L);
    return 0;
}
