/* SPDX-License-Identifier: MIT */
/* Texts put together in C, in each way that lauxlib.h has, short and long. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"

static unsigned sum(const char *s, size_t n)
{
    unsigned h = 5381;
    for (size_t i = 0; i < n; i++) h = h * 33 + (unsigned char)s[i];
    return h;
}

static void show(lua_State *L, const char *what)
{
    size_t n;
    const char *s = lua_tolstring(L, -1, &n);
    if (n < 60 && strlen(s) == n)
        printf("%s: '%s'", what, s);
    else
        printf("%s: %zu bytes, %u, zero at the end %d", what, n, sum(s, n), s[n] == 0);
    printf(", top %d\n", lua_gettop(L));
    lua_pop(L, 1);
}

static int hex(lua_State *L)
{
    size_t n;
    const char *s = luaL_checklstring(L, 1, &n);
    luaL_Buffer b;
    char *to = luaL_buffinitsize(L, &b, 2 * n + 1);
    for (size_t i = 0; i < n; i++) sprintf(to + 2 * i, "%02x", (unsigned char)s[i]);
    luaL_pushresultsize(&b, 2 * n);
    return 1;
}

static int repeat(lua_State *L)
{
    int n = luaL_checkint(L, 2);
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (int i = 0; i < n; i++) {
        lua_pushvalue(L, 1);
        luaL_addvalue(&b);
        if (i % 3 == 0) luaL_addchar(&b, '|');
        if (i % 7 == 0) luaL_addstring(&b, "seven");
    }
    luaL_pushresult(&b);
    return 1;
}

/* Each piece is what a Lua function gives, which is called while the buffer is in use. */
static int pieces(lua_State *L)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (int i = 1;; i++) {
        lua_pushvalue(L, 1);
        lua_pushinteger(L, i);
        lua_call(L, 1, 1);
        if (!lua_toboolean(L, -1)) break;
        luaL_tolstring(L, -1, NULL);
        lua_remove(L, -2);
        luaL_addvalue(&b);
    }
    lua_pop(L, 1);
    luaL_pushresult(&b);
    lua_pushinteger(L, (lua_Integer)lua_rawlen(L, -1));
    return 2;
}

static int prepared(lua_State *L)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (size_t n = 1; n < 100000; n = n * 3 + 1) {
        char *p = luaL_prepbuffsize(&b, n);
        memset(p, 'a' + (int)(n % 26), n);
        luaL_addsize(&b, n - n / 2);
        memset(luaL_prepbuffer(&b), '.', LUAL_BUFFERSIZE);
        luaL_addsize(&b, 1);
    }
    luaL_pushresult(&b);
    return 1;
}

static int two(lua_State *L)
{
    luaL_Buffer a, b;
    luaL_buffinit(L, &a);
    luaL_addlstring(&a, "a\0b", 3);
    luaL_pushresult(&a);
    luaL_buffinitsize(L, &b, 10000);
    luaL_addstring(&b, "second");
    luaL_pushresult(&b);
    lua_concat(L, 2);
    return 1;
}

static void formats(lua_State *L)
{
    show((lua_pushfstring(L, "%s %d %f %c %% %s", "s", -5, 1.5, 'c', "end"), L), "format");
    show((lua_pushfstring(L, "%s", NULL), L), "null");
    show((lua_pushfstring(L, "no arguments"), L), "none");
    show((luaL_gsub(L, "a.b.c", ".", "::"), L), "gsub");
    show((luaL_gsub(L, "aaa", "aa", ""), L), "gsub");
    show((luaL_gsub(L, "", "x", "y"), L), "gsub");
    show((lua_pushlstring(L, "", 0), L), "empty");
    show((lua_pushlstring(L, "a\0b\0", 4), L), "zeros");
    printf("%d\n", lua_pushstring(L, NULL) == NULL && lua_isnil(L, -1));
    lua_pop(L, 1);
    for (int i = 0; i < 5; i++) lua_pushinteger(L, i);
    show((lua_concat(L, 5), L), "concat");
    show((lua_concat(L, 0), L), "concat of none");
    lua_pushnumber(L, 0.1);
    lua_concat(L, 1);
    printf("%s\n", luaL_typename(L, -1));
    lua_pop(L, 1);
}

static const luaL_Reg functions[] = {{"hex", hex},       {"repeat_", repeat},
                                     {"pieces", pieces}, {"prepared", prepared},
                                     {"two", two},       {NULL, NULL}};

static const char script[] =
    "local function sum(s) local h = 0 for i = 1, #s do h = (h * 33 + s:byte(i)) % 2^32 end "
    "return #s, h end\n"
    "print(hex('abc\\0\\255'), hex(''), #hex(('x'):rep(5000)))\n"
    "print(repeat_('ab', 5), repeat_('', 2), repeat_(12, 3), sum(repeat_('long text ', "
    "3000)))\n"
    "print(pieces(function(i) return i < 5 and i end))\n"
    "print(pieces(function() end))\n"
    "print(sum(pieces(function(i) return i < 3000 and ('x'):rep(i % 17) end)))\n"
    "print(pieces(function(i) return ({1.5, 'b', true})[i] end))\n"
    "print(pcall(pieces, function(i) if i > 500 then error('stopped') end return ('y'):rep(i) "
    "end))\n"
    "print(sum(prepared()), two())\n"
    "print(coroutine.wrap(function() return sum(repeat_('co', 4000)) end)())\n"
    "print(pcall(repeat_, {}, 1), pcall(hex), pcall(hex, {}))\n";

int main(void)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    lua_pushglobaltable(L);
    luaL_setfuncs(L, functions, 0);
    lua_settop(L, 0);
    formats(L);
    if (luaL_loadbuffer(L, script, sizeof script - 1, "=script") || lua_pcall(L, 0, 0, 0))
        printf("failed: %s\n", lua_tostring(L, -1));
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (int i = 0; i < 20000; i++) luaL_addchar(&b, "0123456789"[i % 10]);
    luaL_pushresult(&b);
    show(L, "characters");
    lua_close(L);
    return 0;
}
