/* SPDX-License-Identifier: MIT */
/* Coroutines made, resumed and filled by C; C functions that yield and go on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"

static void run(lua_State *L, const char *code)
{
    if (luaL_dostring(L, code)) printf("failed: %s\n", lua_tostring(L, -1));
}

static void show(lua_State *L, const char *what)
{
    printf("%s:", what);
    for (int i = 1; i <= lua_gettop(L); i++) {
        printf(" %s", luaL_tolstring(L, i, NULL));
        lua_pop(L, 1);
    }
    printf("\n");
}

/* Yields its argument's numbers one after the other. */
static int count_k(lua_State *L)
{
    int i = 0, status = lua_getctx(L, &i);
    if (status == LUA_YIELD) {
        if (lua_gettop(L) > 1) printf("  given %s\n", luaL_tolstring(L, -1, NULL));
        lua_settop(L, 1);
    }
    if (i >= luaL_checkint(L, 1)) {
        lua_pushliteral(L, "done");
        return 1;
    }
    lua_pushinteger(L, i + 1);
    return lua_yieldk(L, 1, i + 1, count_k);
}

/* Calls each of its arguments, which may yield, and gives how many have failed. */
static int each_k(lua_State *L)
{
    int i = 1, status = lua_getctx(L, &i);
    if (status == LUA_OK) lua_pushinteger(L, 0), lua_insert(L, 1);
    for (;;) {
        if (status != LUA_OK && status != LUA_YIELD) {
            printf("  %d failed: %s\n", i, lua_tostring(L, -1));
            lua_pushinteger(L, lua_tointeger(L, 1) + 1);
            lua_replace(L, 1);
        }
        if (status != LUA_OK) lua_settop(L, (int)lua_tointeger(L, 2) + 2);
        if (status == LUA_OK && i == 1) {
            lua_pushinteger(L, lua_gettop(L) - 1);
            lua_insert(L, 2);
        } else {
            lua_settop(L, (int)lua_tointeger(L, 2) + 2);
        }
        if (++i > lua_tointeger(L, 2) + 1) break;
        lua_pushvalue(L, i + 1);
        lua_pushinteger(L, i);
        int code = lua_pcallk(L, 1, LUA_MULTRET, 0, i, each_k);
        status = code == LUA_OK ? LUA_YIELD : code;
    }
    lua_pushvalue(L, 1);
    return 1;
}

static int plain_call(lua_State *L)
{
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

static int called_k(lua_State *L)
{
    int context;
    printf("  continued, %d\n", lua_getctx(L, &context));
    return lua_gettop(L) - context;
}

static int call_k(lua_State *L)
{
    lua_pushliteral(L, "kept");
    lua_insert(L, 1);
    lua_callk(L, lua_gettop(L) - 2, LUA_MULTRET, 1, called_k);
    printf("  returned at once\n");
    return lua_gettop(L) - 1;
}

static int plain_yield(lua_State *L) { return lua_yield(L, lua_gettop(L)); }

static void set(lua_State *L, const char *name, lua_CFunction f) { lua_register(L, name, f); }

/* A producer fills a consumer, by moves between their stacks. */
static void pipe(lua_State *L)
{
    lua_State *from = lua_newthread(L), *to = lua_newthread(L);
    run(L, "return function() for i = 1, 4 do coroutine.yield(i, 'item ' .. i) end return "
           "'end' end,"
           "function(a, b) local n = 0 while a do n = n + a print('  got', a, b) a, b = "
           "coroutine.yield() end return n end");
    lua_xmove(L, to, 1);
    lua_xmove(L, from, 1);
    int status;
    while ((status = lua_resume(from, L, 0)) == LUA_YIELD) {
        int n = lua_gettop(from);
        lua_xmove(from, to, n);
        printf("  %d moved, %d %d\n", n, lua_gettop(from), lua_resume(to, from, n));
    }
    show(from, "  produced");
    printf("  %d %d %d\n", status, lua_status(from), lua_status(to));
    printf("  %d\n", lua_resume(to, L, 0));
    show(to, "  consumed");
    lua_settop(L, 0);
}

static void resumes(lua_State *L, const char *code)
{
    lua_State *co = lua_newthread(L);
    if (luaL_loadbuffer(co, code, strlen(code), "=co")) show(co, "bad");
    for (int i = 1; i <= 8; i++) {
        lua_pushinteger(co, i * 10);
        int status = lua_resume(co, L, 1);
        printf("  %d %d", status, lua_status(co));
        if (status > LUA_YIELD) {
            luaL_traceback(L, co, lua_tostring(co, -1), 0);
            printf(": %s\n", lua_tostring(L, -1));
            break;
        }
        show(co, "");
        if (status == LUA_OK) break;
        lua_settop(co, 0);
    }
    lua_settop(co, 0);
    printf("  dead: %d %s\n", lua_resume(co, L, 0), lua_tostring(co, -1));
    lua_settop(L, 0);
}

int main(void)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    set(L, "count", count_k);
    set(L, "each", each_k);
    set(L, "plain", plain_call);
    set(L, "call", call_k);
    set(L, "give", plain_yield);
    pipe(L);
    static const char *const codes[] = {
        "return count(3)",
        "return count('x')",
        "local a = ... print(a, give(1, 2)) return give()",
        "return each(function(n) return give('a' .. n) end, error, function() local x = nil + "
        "1 end, print)",
        "return each(coroutine.yield, function() give(1) error({}) end, function() give(2) "
        "error('late') end)",
        "return plain(function() return 1 end)",
        "return pcall(plain, give, 1)",
        "return pcall(plain, function() give(1) end)",
        "return call(give, 5)",
        "return call(math.max, 3, 9)",
        "return pcall(call, error, 'e')",
        "return pcall(call, function() give(1) error('after') end)",
        "return table.unpack({pcall(function() return give(7) end)})",
        "local t = setmetatable({}, {__index = function(_, k) return give(k) end, __lt = "
        "function() return give('lt') end}) "
        "return t.x, t < t",
        "for i in function(_, i) return give(i) and nil end do end return 'loop'",
        "local function f(n) if n == 0 then local x = nil + 1 end f(n - 1) return end f(30)",
        "local t = setmetatable({}, {__index = function(t, k) error('no ' .. k, 2) end}) "
        "return t.x",
        "local co = coroutine.wrap(function(...) return count(2) end) return co(), co(), co()",
        "return coroutine.running()==nil, coroutine.status((coroutine.running()))",
        "return xpcall(function() give(1) error('x') end, function(m) return m .. '!' end)",
        "local co = coroutine.create(function() error({}) end) return coroutine.resume(co), "
        "coroutine.resume(co)"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        printf("%s\n", codes[i]);
        resumes(L, codes[i]);
    }
    lua_pushcfunction(L, plain_yield);
    printf("%d", lua_pcall(L, 0, 0, 0));
    show(L, "");
    lua_pushcfunction(L, count_k);
    lua_pushinteger(L, 2);
    printf("%d", lua_pcall(L, 1, LUA_MULTRET, 0));
    show(L, "");
    printf("%d %d\n", lua_pushthread(L), lua_status(L));
    lua_close(L);
    return 0;
}
