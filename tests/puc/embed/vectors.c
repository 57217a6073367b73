/* SPDX-License-Identifier: MIT */
/* A type of C's: userdata with methods, operators, inheritance, user values and a finalizer. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"

#define VECTOR "embed.vector"
#define NAMED "embed.named"

typedef struct Vector {
    int n;
    double at[1];
} Vector;

static int alive;

static Vector *check(lua_State *L, int arg) { return luaL_checkudata(L, arg, VECTOR); }

static Vector *push(lua_State *L, int n)
{
    Vector *v = lua_newuserdata(L, sizeof *v + (size_t)n * sizeof(double));
    memset(v, 0, sizeof *v + (size_t)n * sizeof(double));
    v->n = n;
    alive++;
    luaL_setmetatable(L, VECTOR);
    return v;
}

static int vector_new(lua_State *L)
{
    int n = lua_gettop(L);
    luaL_argcheck(L, n > 0, 1, "at least one number");
    Vector *v = push(L, n);
    for (int i = 0; i < n; i++) v->at[i] = luaL_checknumber(L, i + 1);
    lua_pushinteger(L, lua_tointeger(L, lua_upvalueindex(2)) + 1);
    lua_replace(L, lua_upvalueindex(2));
    lua_pushvalue(L, -1);
    lua_rawseti(L, lua_upvalueindex(1), (int)lua_tointeger(L, lua_upvalueindex(2)));
    return 1;
}

static int vector_index(lua_State *L)
{
    Vector *v = check(L, 1);
    if (lua_type(L, 2) == LUA_TNUMBER) {
        int i = (int)lua_tointeger(L, 2);
        if (i < 1 || i > v->n) return luaL_argerror(L, 2, "out of range");
        lua_pushnumber(L, v->at[i - 1]);
        return 1;
    }
    lua_getuservalue(L, 1);
    if (!lua_isnil(L, -1)) {
        lua_pushvalue(L, 2);
        lua_rawget(L, -2);
        if (!lua_isnil(L, -1)) return 1;
    }
    luaL_getmetafield(L, 1, "methods");
    lua_pushvalue(L, 2);
    lua_gettable(L, -2);
    return 1;
}

static int vector_newindex(lua_State *L)
{
    Vector *v = check(L, 1);
    if (lua_isnumber(L, 2)) {
        int i = luaL_checkint(L, 2);
        luaL_argcheck(L, i >= 1 && i <= v->n, 2, "out of range");
        v->at[i - 1] = luaL_checknumber(L, 3);
        return 0;
    }
    lua_getuservalue(L, 1);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_setuservalue(L, 1);
    }
    lua_insert(L, 2);
    lua_rawset(L, 2);
    return 0;
}

static int vector_add(lua_State *L)
{
    Vector *a = luaL_testudata(L, 1, VECTOR), *b = luaL_testudata(L, 2, VECTOR);
    if (!a || !b) return luaL_error(L, "vector and %s", luaL_typename(L, a ? 2 : 1));
    if (a->n != b->n) return luaL_error(L, "%d and %d items", a->n, b->n);
    Vector *sum = push(L, a->n);
    for (int i = 0; i < a->n; i++) sum->at[i] = a->at[i] + b->at[i];
    return 1;
}

static int vector_eq(lua_State *L)
{
    Vector *a = check(L, 1), *b = check(L, 2);
    lua_pushboolean(L, a->n == b->n && !memcmp(a->at, b->at, (size_t)a->n * sizeof(double)));
    return 1;
}

static double length_of(const Vector *v)
{
    double sum = 0;
    for (int i = 0; i < v->n; i++) sum += v->at[i] * v->at[i];
    return sqrt(sum);
}

static int vector_length(lua_State *L)
{
    lua_pushnumber(L, length_of(check(L, 1)));
    return 1;
}

static int vector_lt(lua_State *L)
{
    lua_pushboolean(L, length_of(check(L, 1)) < length_of(check(L, 2)));
    return 1;
}

static int vector_len(lua_State *L)
{
    lua_pushinteger(L, check(L, 1)->n);
    return 1;
}

static int vector_tostring(lua_State *L)
{
    Vector *v = check(L, 1);
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    luaL_addchar(&b, '<');
    for (int i = 0; i < v->n; i++) {
        if (i) luaL_addlstring(&b, ", ", 2);
        lua_pushnumber(L, v->at[i]);
        luaL_addvalue(&b);
    }
    luaL_addchar(&b, '>');
    luaL_pushresult(&b);
    return 1;
}

static int vector_call(lua_State *L)
{
    Vector *v = check(L, 1);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    for (int i = 0; i < v->n; i++) {
        lua_pushvalue(L, 2);
        lua_pushnumber(L, v->at[i]);
        lua_call(L, 1, 1);
        v->at[i] = luaL_checknumber(L, -1);
        lua_pop(L, 1);
    }
    lua_settop(L, 1);
    return 1;
}

static int step(lua_State *L)
{
    Vector *v = check(L, 1);
    int i = luaL_checkint(L, 2) + 1;
    if (i > v->n) return 0;
    lua_pushinteger(L, i);
    lua_pushnumber(L, v->at[i - 1]);
    return 2;
}

static int vector_pairs(lua_State *L)
{
    check(L, 1);
    lua_pushcfunction(L, step);
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 0);
    return 3;
}

static int vector_gc(lua_State *L)
{
    check(L, 1);
    alive--;
    return 0;
}

static int vector_made(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(2));
    return 1;
}

static int vector_is(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_pushboolean(L, luaL_testudata(L, 1, VECTOR) != NULL);
    lua_pushboolean(L, luaL_testudata(L, 1, NAMED) != NULL);
    return 2;
}

static const luaL_Reg meta[] = {{"__index", vector_index},
                                {"__newindex", vector_newindex},
                                {"__add", vector_add},
                                {"__eq", vector_eq},
                                {"__lt", vector_lt},
                                {"__len", vector_len},
                                {"__call", vector_call},
                                {"__pairs", vector_pairs},
                                {"__gc", vector_gc},
                                {"__tostring", vector_tostring},
                                {NULL, NULL}};
static const luaL_Reg methods[] = {
    {"length", vector_length}, {"size", vector_len}, {NULL, NULL}};
static const luaL_Reg functions[] = {{"new", vector_new},
                                     {"made", vector_made},
                                     {"is", vector_is},
                                     {"later", NULL},
                                     {NULL, NULL}};

static int open(lua_State *L)
{
    printf("opened as %s\n", luaL_checkstring(L, 1));
    printf("new %d, new again %d\n", luaL_newmetatable(L, VECTOR),
           luaL_newmetatable(L, VECTOR));
    lua_pop(L, 1);
    luaL_setfuncs(L, meta, 0);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "methods");
    luaL_newlibtable(L, functions);
    lua_newtable(L);
    lua_pushinteger(L, 0);
    luaL_setfuncs(L, functions, 2);
    printf("top %d\n", lua_gettop(L));
    return 1;
}

static const char script[] =
    "local v, w = vector.new(3, 4), vector.new(1, 2)\n"
    "print(v[1], v[2], #v, v:length(), v:size(), tostring(v), v == w, v == vector.new(3, 4))\n"
    "print(v + w, pcall(function() return v + 1 end))\n"
    "print(pcall(function() return 1 + v end))\n"
    "print(pcall(function() return v + vector.new(1) end))\n"
    "print(v < w, w < v, v > w, pcall(function() return v <= w end))\n"
    "v.name = 'v' v[1] = 30 print(v.name, w.name, v[1], v.nothing)\n"
    "print(pcall(function() return v[9] end)) print(pcall(function() v[0] = 1 end))\n"
    "print(pcall(function() v[1] = {} end))\n"
    "print(tostring(v(math.sqrt)), pcall(v), pcall(v, error))\n"
    "for i, x in pairs(w) do io.write(i, '=', x, ' ') end print()\n"
    "print(pcall(vector.new), pcall(vector.new, 1, 'x'), pcall(v.length, 5), pcall(v.length))\n"
    "print(pcall(function() v.length() end)) print(pcall(function() io.stdout.length() end))\n"
    "print(pcall(function() local s = io.stdout v.length(s) end))\n"
    "print(vector.made(), vector.later, vector.is(v), vector.is(io.stdout), vector.is(1))\n"
    "print(pcall(vector.is), getmetatable('').__name, select('#', pcall(vector.is)))\n"
    "local t = setmetatable({}, {__index = v}) print(t.name, t[2], pcall(function() return "
    "t.length(t) end))\n"
    "print(rawequal(v, v), rawlen(v), pcall(rawget, v, 1))\n"
    "v, w, t = nil\n";

int main(void)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    luaL_requiref(L, "vector", open, 1);
    printf("%s %d\n", luaL_typename(L, -1), lua_gettop(L));
    lua_pop(L, 1);
    if (luaL_loadbuffer(L, script, sizeof script - 1, "=script") || lua_pcall(L, 0, 0, 0))
        printf("failed: %s\n", lua_tostring(L, -1));
    lua_getglobal(L, "vector");
    lua_getfield(L, -1, "new");
    lua_pushnumber(L, 0.1);
    lua_call(L, 1, 1);
    printf("%s", luaL_tolstring(L, -1, NULL));
    lua_pop(L, 1);
    printf(" %d %d\n", lua_getmetatable(L, -1), lua_rawequal(L, -1, -1));
    lua_close(L);
    printf("alive %d\n", alive);
    return 0;
}
