/* SPDX-License-Identifier: MIT */
/*
 * fuzz FIRST COUNT: random calls of Lua's C interface, as many programs as COUNT says, from the
 * seed FIRST on. What is on the stack is printed after each call, so that two libraries can be
 * compared. All calls are legal: no more is asked of an index than the manual allows.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"

enum { STEPS = 120, STACK = 24, SORTS = 21 /* of steps */ };

static uint64_t seed;

static unsigned pick(unsigned n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

static unsigned depth; /* of C functions within each other */

/* What is shown -------------------------------------------------------------------------- */

static void show_table(lua_State *L, int idx)
{
    int pairs = 0;
    double sum = 0;
    for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1), pairs++)
        if (lua_type(L, -1) == LUA_TNUMBER) sum += lua_tonumber(L, -1);
    printf("{%d %.14g%s}", pairs, sum, lua_getmetatable(L, idx) ? (lua_pop(L, 1), " m") : "");
}

static void show(lua_State *L, int idx)
{
    switch (lua_type(L, idx)) {
    case LUA_TNIL: printf("nil"); break;
    case LUA_TBOOLEAN: printf(lua_toboolean(L, idx) ? "true" : "false"); break;
    case LUA_TNUMBER: printf("%.14g", lua_tonumber(L, idx)); break;
    case LUA_TSTRING: printf("'%.40s'%zu", lua_tostring(L, idx), lua_rawlen(L, idx)); break;
    case LUA_TTABLE: show_table(L, idx); break;
    case LUA_TUSERDATA: printf("u%zu", lua_rawlen(L, idx)); break;
    default: printf("%.2s", luaL_typename(L, idx));
    }
}

static void show_stack(lua_State *L, const char *op)
{
    printf("%*s%s:", (int)(2 * depth), "", op);
    luaL_checkstack(L, 4, NULL);
    for (int i = 1, n = lua_gettop(L); i <= n; i++) {
        printf(" ");
        show(L, i);
    }
    printf("\n");
}

/* What is done --------------------------------------------------------------------------- */

static const char *const names[] = {"a", "b", "count", "x", "name", "__index", "3"};
static const char *name(void) { return names[pick(7)]; }
static int any(lua_State *L) { return 1 + (int)pick((unsigned)lua_gettop(L)); }
static int signed_index(lua_State *L)
{
    int i = any(L);
    return pick(2) ? i : i - lua_gettop(L) - 1;
}

/* An index of this type; 0: there is none. */
static int of_type(lua_State *L, int type)
{
    int n = lua_gettop(L), from = n ? (int)pick((unsigned)n) : 0;
    for (int i = 0; i < n; i++) {
        int k = (from + i) % n + 1;
        if (lua_type(L, k) == type) return k;
    }
    return 0;
}

static int program(lua_State *L);

static int sums(lua_State *L)
{
    double sum = 0;
    for (int i = 1; i <= lua_gettop(L); i++) sum += lua_tonumber(L, i);
    lua_pushnumber(L, sum);
    lua_pushvalue(L, lua_upvalueindex(1));
    return 2;
}
static int throws(lua_State *L)
{
    lua_settop(L, 1);
    return lua_error(L);
}
static int yields(lua_State *L) { return lua_yield(L, lua_gettop(L)); }
static int goes_on(lua_State *L)
{
    int ctx = -1, status = lua_getctx(L, &ctx);
    lua_pushfstring(L, "on %d %d", status, ctx);
    return lua_gettop(L);
}
static int yields_on(lua_State *L)
{
    lua_pushliteral(L, "kept");
    lua_insert(L, 1);
    return lua_yieldk(L, lua_gettop(L) - 1, 9, goes_on);
}
static int calls_on(lua_State *L)
{
    lua_pushcfunction(L, pick(2) ? yields : yields_on);
    lua_insert(L, 1);
    int status = lua_pcallk(L, lua_gettop(L) - 1, LUA_MULTRET, 0, 4, goes_on);
    lua_pushfstring(L, "at once %d", status);
    return lua_gettop(L);
}

static const char *const chunks[] = {
    "return ...",
    "local a, b = ... return b, a",
    "error('failed', 0)",
    "local t = {...} t.n = #t return t",
    "return (...) .. 'z'",
    "return coroutine.running()",
    "return pcall(error, (...))",
    "local t = setmetatable({}, {__index = function(t, k) return k end}) return t, t.field",
    "return function(...) return select('#', ...) end",
    "coroutine.yield(...) return 'resumed', ...",
    "return setmetatable({}, {__add = function() return 'sum' end, __lt = function() return "
    "true end,"
    " __concat = function(a, b) return type(a) .. type(b) end, __len = function() return 5 end,"
    " __eq = function() return true end, __call = function(self, ...) return 'called', ... "
    "end})",
    "local s = 0 for i = 1, 10 do s = s + i end return s, tostring(s)",
    "return setmetatable({...}, {__tostring = function(t) return 'text of ' .. #t end})",
    "return setmetatable({}, {__tostring = error, __len = function() return 'no number' end})",
    "local n = 0 return function() n = n + 1 return n end, function(...) n = (...) end",
    "local a = coroutine.yield(1) local b = coroutine.yield(a) error(b)",
    "return pcall(function(...) return coroutine.yield('within', ...) end, ...)",
    "return setmetatable({}, {__index = function(t, k) return coroutine.yield(k) end}).wanted",
    "for i = 1, 3 do coroutine.yield(i) end return coroutine.isyieldable",
};
enum { CHUNKS = sizeof chunks / sizeof *chunks };

static const char *push(lua_State *L)
{
    switch (pick(15)) {
    case 0: lua_pushnil(L); return "nil";
    case 1: lua_pushboolean(L, (int)pick(2)); return "boolean";
    case 2: lua_pushnumber(L, pick(100) / 4.0 - 5); return "number";
    case 3: lua_pushinteger(L, (int)pick(20) - 5); return "integer";
    case 4: lua_pushstring(L, name()); return "string";
    case 5: lua_pushlstring(L, "a\0bcdefghijklmnop", pick(17)); return "lstring";
    case 6: lua_pushfstring(L, "<%s %d %f>", name(), (int)pick(9), 0.5); return "fstring";
    case 7: lua_createtable(L, (int)pick(4), (int)pick(4)); return "table";
    case 8: lua_newuserdata(L, pick(40)); return "userdata";
    case 9:
        lua_pushinteger(L, 7);
        lua_pushcclosure(L, sums, 1);
        return "closure";
    case 10: lua_pushcfunction(L, pick(2) ? throws : yields); return "C function";
    case 11:
        lua_pushcfunction(L, pick(2) ? yields_on : calls_on);
        return "C function that goes on";
    case 12: lua_newthread(L); return "thread";
    case 13:
        lua_pushinteger(L, 1);
        lua_pushliteral(L, "upvalue");
        lua_pushcclosure(L, depth < 4 ? program : sums, 2);
        return "program";
    default: luaL_loadstring(L, chunks[pick(CHUNKS)]); return "chunk";
    }
}

static const char *move(lua_State *L)
{
    switch (pick(8)) {
    case 0: lua_pushvalue(L, signed_index(L)); return "pushvalue";
    case 1: lua_insert(L, signed_index(L)); return "insert";
    case 2: lua_remove(L, signed_index(L)); return "remove";
    case 3: lua_replace(L, signed_index(L)); return "replace";
    case 4: lua_copy(L, signed_index(L), signed_index(L)); return "copy";
    case 5: lua_settop(L, (int)pick((unsigned)lua_gettop(L) + 3)); return "settop";
    case 6: lua_pop(L, 1); return "pop";
    default: luaL_checkstack(L, (int)pick(100), "no"); return "checkstack";
    }
}

static int is_nil_at(lua_State *L, int t, int i)
{
    lua_rawgeti(L, t, i);
    int is_nil = lua_isnil(L, -1);
    lua_pop(L, 1);
    return is_nil;
}

/* A table with holes has several borders, each of which may be its length: the first one. -1:
 * its length is none. */
static int border(lua_State *L, int t)
{
    int n = (int)lua_rawlen(L, t), first = 0;
    if (!lua_istable(L, t)) return n;
    while (!is_nil_at(L, t, first + 1)) first++;
    int good = n == first || (n > first && !is_nil_at(L, t, n) && is_nil_at(L, t, n + 1));
    return good ? first : -1;
}

static const char *table(lua_State *L)
{
    int t = of_type(L, LUA_TTABLE), n = lua_gettop(L);
    if (!t) return "no table";
    switch (pick(14)) {
    case 0: lua_getfield(L, t, name()); return "getfield";
    case 1: lua_rawgeti(L, t, (int)pick(6)); return "rawgeti";
    case 2: lua_gettable(L, t); return "gettable";
    case 3: lua_rawget(L, t); return "rawget";
    case 4:
        if (t != n) lua_setfield(L, t, name());
        return "setfield";
    case 5:
        if (t != n) lua_rawseti(L, t, (int)pick(6));
        return "rawseti";
    case 6:
        if (t < n - 1) lua_settable(L, t);
        return "settable";
    case 7:
        if (t < n - 1 && !lua_isnil(L, -2)) lua_rawset(L, t);
        return "rawset";
    case 8:
        lua_len(L, t);
        if (luaL_getmetafield(L, t, "__len")) return "__len";
        lua_pop(L, 1);
        lua_pushinteger(L, border(L, t));
        return "len";
    case 9: lua_pushinteger(L, border(L, t)); return "rawlen";
    case 10:
        if (t != n && lua_istable(L, -1)) lua_setmetatable(L, t);
        return "setmetatable";
    case 11: lua_getmetatable(L, t); return "getmetatable";
    case 12:
        if (border(L, t) < 0) return "ref of a table with holes";
        lua_pushvalue(L, any(L));
        lua_pushinteger(L, luaL_ref(L, t));
        return "ref";
    default: lua_pushboolean(L, luaL_getsubtable(L, t, name())); return "getsubtable";
    }
}

static const char *operate(lua_State *L)
{
    int a = signed_index(L), b = signed_index(L);
    switch (pick(8)) {
    case 0: lua_pushboolean(L, lua_compare(L, a, b, (int)pick(3))); return "compare";
    case 1: lua_pushboolean(L, lua_rawequal(L, a, b)); return "rawequal";
    case 2:
        if (lua_gettop(L) > 1) lua_arith(L, (int)pick(6));
        return "arith";
    case 3: lua_arith(L, LUA_OPUNM); return "minus";
    case 4: lua_concat(L, (int)pick((unsigned)lua_gettop(L) + 1)); return "concat";
    case 5: lua_pushnumber(L, lua_tonumber(L, a)); return "tonumber";
    case 6:
        if (lua_type(L, a) <= LUA_TSTRING && lua_type(L, a) != LUA_TLIGHTUSERDATA)
            luaL_tolstring(L, a, NULL);
        return "tolstring";
    default:
        lua_pushboolean(L, lua_isnumber(L, a) * 4 + lua_isstring(L, a) * 2 +
                               lua_iscfunction(L, a));
        return "is";
    }
}

static const char *call(lua_State *L)
{
    int n = (int)pick(4), results = (int)pick(5) - 1;
    if (lua_gettop(L) < n + 1) return "no call";
    if (pick(8) == 0) {
        lua_call(L, n, results);
        return "call";
    }
    int status = lua_pcall(L, n, results, 0);
    lua_pushinteger(L, status);
    return "pcall";
}

static const char *resume(lua_State *L)
{
    int i = of_type(L, LUA_TTHREAD), n = lua_gettop(L) < 3 ? 0 : (int)pick(3);
    lua_State *co = i ? lua_tothread(L, i) : NULL;
    if (!co || co == L || lua_status(co) > LUA_YIELD) return "no thread";
    lua_Debug ar;
    if (lua_status(co) == LUA_OK && lua_getstack(co, 0, &ar)) return "normal";
    lua_settop(co, 0);
    if (lua_status(co) == LUA_OK) luaL_loadstring(co, chunks[pick(CHUNKS)]);
    for (int k = 0; k < n; k++) lua_pushvalue(L, -n);
    lua_xmove(L, co, n);
    int status = lua_resume(co, L, n);
    lua_pushinteger(L, status);
    if (status > LUA_YIELD) {
        lua_xmove(co, L, 1);
    } else {
        lua_pushinteger(L, lua_gettop(co));
        if (lua_gettop(co)) lua_xmove(co, L, 1);
    }
    return "resume";
}

static const char *other(lua_State *L)
{
    switch (pick(6)) {
    case 0: lua_setglobal(L, "g"); return "setglobal";
    case 1: lua_getglobal(L, "g"); return "getglobal";
    case 2: lua_gc(L, LUA_GCSTEP, 10); return "gc";
    case 3: {
        luaL_Buffer b;
        luaL_buffinit(L, &b);
        for (unsigned i = pick(2000); i > 0; i--) luaL_addstring(&b, "123456789");
        luaL_pushresult(&b);
        return "buffer";
    }
    case 4:
        if (lua_isstring(L, -1)) luaL_gsub(L, lua_tostring(L, -1), "a", "bb");
        return "gsub";
    default: {
        int u = of_type(L, LUA_TUSERDATA);
        if (u && u != lua_gettop(L) && lua_istable(L, -1)) lua_setuservalue(L, u);
        return "setuservalue";
    }
    }
}

#include "fuzz_more.h"

static void step(lua_State *L)
{
    const char *op;
    if (lua_gettop(L) > STACK) lua_settop(L, 3);
    unsigned what = pick(SORTS);
    if (lua_gettop(L) == 0 || what < 5)
        op = push(L);
    else if (what < 8)
        op = move(L);
    else if (what < 11)
        op = table(L);
    else if (what < 13)
        op = operate(L);
    else if (what < 14)
        op = call(L);
    else if (what < 16)
        op = what < 15 ? resume(L) : other(L);
    else
        op = more(L);
    show_stack(L, op);
}

/* A C function that does some steps and returns what is on its stack. */
static int program(lua_State *L)
{
    unsigned outer = depth++;
    for (int i = (int)pick(20); i > 0; i--) {
        step(L);
        depth = outer + 1;
    }
    depth = outer;
    return (int)pick((unsigned)lua_gettop(L) + 1);
}

static int one_step(lua_State *L)
{
    step(L);
    return lua_gettop(L);
}

int main(int argc, char **argv)
{
    uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    unsigned count = argc > 2 ? (unsigned)atoi(argv[2]) : 1;
    for (uint64_t s = first; s < first + count; s++) {
        lua_State *L = luaL_newstate();
        luaL_openlibs(L);
        seed = s * 2654435761u + 1;
        printf("program %llu\n", (unsigned long long)s);
        for (int i = 0; i < STEPS; i++) {
            depth = 0;
            int n = lua_gettop(L);
            luaL_checkstack(L, 40, NULL);
            lua_pushcfunction(L, one_step);
            lua_insert(L, 1);
            int status = lua_pcall(L, n, LUA_MULTRET, 0);
            if (status == LUA_OK) continue;
            printf("error %d:", status);
            show(L, lua_gettop(L));
            printf("\n");
            lua_settop(L, 1);
        }
        lua_sethook(L, NULL, 0, 0);
        lua_close(L);
    }
    return 0;
}
