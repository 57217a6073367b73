/* SPDX-License-Identifier: MIT */
/*
 * Every function of the manual's sections 4.8 and 5.1, told apart by what it prints: the same
 * program is made with PUC Lua 5.2's library and with Moonlet's, and must print the same.
 */
#include <stdlib.h>
#include <string.h>

#define LUA_COMPAT_MODULE
#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"

/* Values are shown without addresses, which differ. */
static void show(lua_State *L, int idx)
{
    switch (lua_type(L, idx)) {
    case LUA_TNONE: printf("none"); break;
    case LUA_TNIL: printf("nil"); break;
    case LUA_TBOOLEAN: printf(lua_toboolean(L, idx) ? "true" : "false"); break;
    case LUA_TNUMBER: printf("%.14g", lua_tonumber(L, idx)); break;
    case LUA_TSTRING: {
        size_t n;
        const char *s = lua_tolstring(L, idx, &n);
        printf("'%s'%s", s, strlen(s) == n ? "" : "...");
        break;
    }
    default: printf("%s", luaL_typename(L, idx));
    }
}

static void show_stack(lua_State *L, const char *what)
{
    printf("  %s:", what);
    for (int i = 1; i <= lua_gettop(L); i++) {
        printf(" ");
        show(L, i);
    }
    printf("\n");
}

static void run(lua_State *L, const char *code)
{
    if (luaL_dostring(L, code)) {
        show_stack(L, "failed");
        exit(1);
    }
}

/* Leaves the function that the code returns at the top. */
static void push_lua(lua_State *L, const char *code)
{
    if (luaL_loadstring(L, code) || lua_pcall(L, 0, 1, 0)) lua_error(L);
}

#define TEST(name) static int test_##name(lua_State *L)

/* The stack ------------------------------------------------------------------------------ */

TEST(stack)
{
    for (int i = 1; i <= 5; i++) lua_pushinteger(L, i);
    show_stack(L, "five");
    lua_insert(L, 2);
    show_stack(L, "insert 2");
    lua_remove(L, -2);
    show_stack(L, "remove -2");
    lua_pushvalue(L, 1);
    lua_pushvalue(L, -2);
    show_stack(L, "pushvalue");
    lua_replace(L, 2);
    lua_copy(L, 1, -1);
    show_stack(L, "replace, copy");
    lua_settop(L, 2);
    lua_settop(L, 4);
    show_stack(L, "settop");
    lua_settop(L, -2);
    lua_pop(L, 1);
    printf("  %d %d %d %d\n", lua_gettop(L), lua_absindex(L, -1), lua_absindex(L, 1),
           lua_absindex(L, LUA_REGISTRYINDEX) == LUA_REGISTRYINDEX);
    printf("  %d %d\n", lua_checkstack(L, 100), lua_checkstack(L, 2000000));
    luaL_checkstack(L, 10, "no");
    for (int i = 0; i < 100; i++) lua_pushinteger(L, i);
    printf("  %d %d\n", lua_gettop(L), (int)lua_tointeger(L, -1));
    luaL_checkstack(L, 2000000, "too many of them");
    return 0;
}

TEST(many)
{
    luaL_checkstack(L, 5000, NULL);
    for (int i = 0; i < 5000; i++) lua_pushinteger(L, i);
    lua_getglobal(L, "select");
    lua_insert(L, 1);
    lua_pushliteral(L, "#");
    lua_insert(L, 2);
    lua_call(L, 5001, LUA_MULTRET);
    show_stack(L, "count");
    push_lua(L, "return function() local t = {} for i = 1, 3000 do t[i] = i end return "
                "table.unpack(t) end");
    lua_call(L, 0, LUA_MULTRET);
    printf("  %d\n", lua_gettop(L));
    return 3000;
}

TEST(types)
{
    lua_pushnil(L);
    lua_pushboolean(L, 7);
    lua_pushlightuserdata(L, L);
    lua_pushnumber(L, 1.5);
    lua_pushliteral(L, "10");
    lua_newtable(L);
    lua_pushcfunction(L, test_types);
    lua_newuserdata(L, 3);
    lua_pushthread(L);
    lua_pushliteral(L, " 0x10 ");
    for (int i = 1; i <= 11; i++) {
        printf("  %d %s: %d%d%d%d%d %d%d%d%d%d%d%d%d %g %td %u %d %zu\n", i,
               luaL_typename(L, i), lua_isnumber(L, i), lua_isstring(L, i),
               lua_iscfunction(L, i), lua_isuserdata(L, i), lua_toboolean(L, i),
               lua_isnil(L, i), lua_isboolean(L, i), lua_istable(L, i), lua_isfunction(L, i),
               lua_islightuserdata(L, i), lua_isthread(L, i), lua_isnone(L, i),
               lua_isnoneornil(L, i), lua_tonumber(L, i), lua_tointeger(L, i),
               lua_tounsigned(L, i), lua_type(L, i), lua_rawlen(L, i));
    }
    printf("  %d %d %d %d\n", lua_touserdata(L, 3) == L, lua_tothread(L, 9) == L,
           lua_tocfunction(L, 7) == test_types, lua_touserdata(L, 1) == NULL);
    printf("  %d %d %d %d\n", lua_topointer(L, 6) != NULL, lua_topointer(L, 4) == NULL,
           lua_topointer(L, 9) == (void *)L, lua_topointer(L, 3) == (void *)L);
    printf("  %s %s\n", lua_typename(L, LUA_TNONE), lua_typename(L, LUA_TTHREAD));
    int is;
    lua_tonumberx(L, 5, &is);
    printf("  %d", is);
    lua_tointegerx(L, 6, &is);
    printf(" %d", is);
    lua_tounsignedx(L, 4, &is);
    printf(" %d\n", is);
    printf("  %s %s %d\n", lua_tostring(L, 4), lua_tostring(L, 5), lua_tostring(L, 1) == NULL);
    show_stack(L, "converted");
    return 0;
}

TEST(numbers)
{
    lua_pushinteger(L, -5);
    lua_pushunsigned(L, 4000000000u);
    lua_pushnumber(L, 1e300);
    lua_pushnumber(L, -1.9);
    lua_pushnumber(L, 4294967297.0);
    for (int i = 1; i <= 5; i++)
        printf("  %td %u\n", i == 3 ? 0 : lua_tointeger(L, i),
               i == 3 ? 0 : lua_tounsigned(L, i));
    return 5;
}

TEST(strings)
{
    char big[3000];
    memset(big, 'x', sizeof big);
    const char *s = lua_pushlstring(L, "a\0b", 3);
    printf("  %zu %d\n", lua_rawlen(L, -1), s[3]);
    printf("  %s %d\n", lua_pushstring(L, "hello"), lua_pushstring(L, NULL) == NULL);
    printf("  %s\n", lua_pushfstring(L, "%s %d %f %c %% %s|", "str", -3, 2.5, 'c', NULL));
    s = lua_pushlstring(L, big, sizeof big);
    printf("  %zu %d\n", strlen(s), s == lua_tostring(L, -1));
    lua_pushliteral(L, "y");
    lua_pushvalue(L, -2);
    lua_concat(L, 2);
    printf("  %zu %zu\n", strlen(lua_tostring(L, -1)), strlen(s));
    for (int i = 0; i < 200; i++) { /* each length, so each place of the zero */
        s = lua_pushlstring(L, big, (size_t)i);
        if (strlen(s) != (size_t)i) printf("  no zero at %d\n", i);
        lua_pop(L, 1);
    }
    lua_pushliteral(L, "%z");
    return luaL_error(L, "%s", lua_pushfstring(L, "%z", 1));
}

TEST(appended)
{
    run(L, "s = ('x'):rep(300) t = {} for i = 1, 20 do s = s .. 'abc' t[i] = s end");
    const char *kept[20];
    lua_getglobal(L, "t");
    for (int i = 0; i < 20; i++) {
        lua_rawgeti(L, -1, i + 1);
        kept[i] = lua_tostring(L, -1);
        lua_pop(L, 1);
    }
    run(L, "for i = 1, 20 do s = s .. 'more' t[i + 20] = t[i] .. 'other' end");
    for (int i = 0; i < 20; i++)
        if (strlen(kept[i]) != 303u + 3 * (unsigned)i) printf("  %d is lost\n", i);
    return 0;
}

TEST(concat)
{
    lua_concat(L, 0);
    lua_pushliteral(L, "a");
    lua_concat(L, 1);
    lua_pushinteger(L, 1);
    lua_pushnumber(L, 2.5);
    lua_pushliteral(L, "z");
    lua_concat(L, 4);
    show_stack(L, "joined");
    push_lua(L, "return setmetatable({}, {__concat = function(a, b) return type(a) .. '+' .. "
                "type(b) end})");
    lua_pushliteral(L, "b");
    lua_pushliteral(L, "c");
    lua_concat(L, 3);
    push_lua(L, "return setmetatable({}, {__concat = function(a, b) return type(a) .. '+' .. "
                "type(b) end})");
    lua_concat(L, 2);
    show_stack(L, "by metamethod");
    lua_newtable(L);
    lua_pushliteral(L, "x");
    lua_concat(L, 2);
    return 0;
}

TEST(arith)
{
    for (int op = LUA_OPADD; op <= LUA_OPUNM; op++) {
        lua_pushnumber(L, 7);
        if (op != LUA_OPUNM) lua_pushliteral(L, "2");
        lua_arith(L, op);
    }
    show_stack(L, "7 op 2");
    push_lua(L, "return setmetatable({}, {__add = function() return 'added' end, "
                "__unm = function() return 'negated' end})");
    lua_pushvalue(L, -1);
    lua_arith(L, LUA_OPUNM);
    lua_insert(L, -2);
    lua_pushinteger(L, 1);
    lua_insert(L, -2);
    lua_arith(L, LUA_OPADD);
    show_stack(L, "by metamethod");
    lua_pushliteral(L, "x");
    lua_pushinteger(L, 1);
    lua_arith(L, LUA_OPADD);
    return 0;
}

TEST(compare)
{
    lua_pushinteger(L, 1);
    lua_pushinteger(L, 2);
    lua_pushliteral(L, "a");
    lua_pushliteral(L, "a");
    printf("  %d%d%d%d %d%d%d %d%d\n", lua_compare(L, 1, 2, LUA_OPEQ),
           lua_compare(L, 1, 2, LUA_OPLT), lua_compare(L, 2, 1, LUA_OPLE),
           lua_compare(L, 1, 1, LUA_OPLE), lua_compare(L, 3, 4, LUA_OPEQ),
           lua_rawequal(L, 3, 4), lua_compare(L, 3, 4, LUA_OPLT),
           lua_compare(L, 1, 9, LUA_OPEQ), lua_rawequal(L, 9, 10));
    push_lua(
        L, "mt = {__eq = function() return 1 end, __lt = function(a, b) return a.n < b.n end} "
           "return setmetatable({n = 1}, mt)");
    push_lua(L, "return setmetatable({n = 2}, mt)");
    printf("  %d%d%d%d%d\n", lua_compare(L, 5, 6, LUA_OPEQ), lua_rawequal(L, 5, 6),
           lua_compare(L, 5, 6, LUA_OPLT), lua_compare(L, 6, 5, LUA_OPLE),
           lua_compare(L, 5, 6, LUA_OPLE));
    lua_compare(L, 1, 3, LUA_OPLT);
    return 0;
}

/* Tables --------------------------------------------------------------------------------- */

TEST(tables)
{
    lua_createtable(L, 4, 4);
    for (int i = 1; i <= 4; i++) {
        lua_pushinteger(L, i * i);
        lua_rawseti(L, 1, i);
    }
    lua_pushliteral(L, "v");
    lua_setfield(L, 1, "k");
    lua_pushliteral(L, "key");
    lua_pushliteral(L, "value");
    lua_settable(L, 1);
    lua_pushboolean(L, 1);
    lua_pushinteger(L, 9);
    lua_rawset(L, 1);
    lua_pushliteral(L, "by pointer");
    lua_rawsetp(L, 1, L);
    lua_getfield(L, 1, "k");
    lua_pushliteral(L, "key");
    lua_gettable(L, 1);
    lua_pushboolean(L, 1);
    lua_rawget(L, 1);
    lua_rawgeti(L, 1, 3);
    lua_rawgetp(L, 1, L);
    lua_getfield(L, 1, "none");
    show_stack(L, "fields");
    printf("  %zu %d\n", lua_rawlen(L, 1), luaL_len(L, 1));
    lua_len(L, 1);
    lua_settop(L, 1);
    int count = 0;
    double sum = 0;
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1), count++)
        if (lua_isnumber(L, -1)) sum += lua_tonumber(L, -1);
    printf("  %d pairs, %g, top %d\n", count, sum, lua_gettop(L));
    lua_newtable(L);
    lua_pushliteral(L, "no such key");
    lua_next(L, -2);
    return 0;
}

TEST(globals)
{
    lua_pushinteger(L, 42);
    lua_setglobal(L, "answer");
    lua_getglobal(L, "answer");
    lua_pushglobaltable(L);
    lua_getfield(L, -1, "answer");
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    printf("  %d\n", lua_rawequal(L, -1, -3));
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
    printf("  %d\n", lua_isthread(L, -1));
    run(L, "assert(answer == 42)");
    lua_getglobal(L, "undefined");
    return lua_gettop(L);
}

TEST(index_metamethods)
{
    push_lua(L, "return setmetatable({}, {__index = function(t, k) return k .. '!' end, "
                "__newindex = function(t, k, v) rawset(t, k, v * 2) end, __len = function() "
                "return 77 end})");
    lua_getfield(L, 1, "x");
    lua_pushinteger(L, 5);
    lua_setfield(L, 1, "y");
    lua_getfield(L, 1, "y");
    lua_len(L, 1);
    lua_pushinteger(L, luaL_len(L, 1));
    lua_pushinteger(L, (int)lua_rawlen(L, 1));
    return lua_gettop(L) - 1;
}

TEST(index_nil)
{
    lua_pushnil(L);
    lua_getfield(L, 1, "x");
    return 0;
}
TEST(index_number)
{
    lua_pushinteger(L, 1);
    lua_pushnil(L);
    lua_setfield(L, 1, "x");
    return 0;
}
TEST(key_nil)
{
    lua_newtable(L);
    lua_pushnil(L);
    lua_pushnil(L);
    lua_settable(L, 1);
    return 0;
}
TEST(len_error)
{
    lua_pushnil(L);
    lua_len(L, 1);
    return 0;
}
TEST(len_no_number)
{
    push_lua(L, "return setmetatable({}, {__len = function() return 'x' end})");
    return luaL_len(L, 1);
}

TEST(metatables)
{
    printf("  %d\n", lua_getmetatable(L, 1));
    lua_newtable(L);
    printf("  %d %d\n", lua_getmetatable(L, 1), luaL_newmetatable(L, "test.type"));
    printf("  %d\n", luaL_newmetatable(L, "test.type"));
    printf("  %d\n", lua_rawequal(L, -1, -2));
    lua_pushliteral(L, "text");
    lua_setfield(L, -2, "field");
    lua_pop(L, 1);
    lua_setmetatable(L, 1);
    printf("  %d\n", luaL_getmetafield(L, 1, "field"));
    show(L, -1);
    printf(" %d\n", luaL_getmetafield(L, 1, "other"));
    void *p = lua_newuserdata(L, 16);
    luaL_setmetatable(L, "test.type");
    printf("  %d %d %d\n", luaL_testudata(L, -1, "test.type") == p,
           luaL_testudata(L, -1, "FILE*") == NULL, luaL_checkudata(L, -1, "test.type") == p);
    lua_pushnil(L);
    lua_setmetatable(L, 1);
    printf("  %d\n", lua_getmetatable(L, 1));
    luaL_getmetatable(L, "test.type");
    lua_pushliteral(L, "of all strings");
    printf("  %d\n", lua_getmetatable(L, -1));
    lua_settop(L, 1);
    luaL_checkudata(L, 1, "test.type");
    return 0;
}

TEST(userdata)
{
    char *p = lua_newuserdata(L, 100);
    memset(p, 'u', 100);
    lua_getuservalue(L, 1);
    lua_newtable(L);
    lua_pushinteger(L, 3);
    lua_setfield(L, -2, "n");
    lua_setuservalue(L, 1);
    lua_getuservalue(L, 1);
    lua_getfield(L, -1, "n");
    for (int i = 0; i < 100; i++) lua_newuserdata(L, 1000), lua_pop(L, 1);
    lua_gc(L, LUA_GCCOLLECT, 0);
    printf("  %d %c %zu %d\n", p == lua_touserdata(L, 1), p[99], lua_rawlen(L, 1),
           lua_newuserdata(L, 0) != NULL);
    show_stack(L, "user value");
    return 0;
}

/* Functions ------------------------------------------------------------------------------ */

static int counter(lua_State *L)
{
    lua_pushinteger(L, lua_tointeger(L, lua_upvalueindex(1)) + 1);
    lua_pushvalue(L, -1);
    lua_replace(L, lua_upvalueindex(1));
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_pushinteger(L, lua_type(L, lua_upvalueindex(3)));
    return 3;
}

TEST(closures)
{
    lua_pushinteger(L, 10);
    lua_pushliteral(L, "second");
    lua_pushcclosure(L, counter, 2);
    for (int i = 0; i < 3; i++) {
        lua_pushvalue(L, 1);
        lua_call(L, 0, 3);
    }
    show_stack(L, "counted");
    printf("  %s", lua_getupvalue(L, 1, 1));
    show(L, -1);
    printf(" %d\n", lua_getupvalue(L, 1, 3) == NULL);
    lua_pushinteger(L, 100);
    printf("  '%s'\n", lua_setupvalue(L, 1, 1));
    lua_pushvalue(L, 1);
    lua_call(L, 0, 1);
    show(L, -1);
    printf("\n");
    lua_pushcfunction(L, counter);
    lua_pushcfunction(L, counter);
    printf("  %d %d\n", lua_rawequal(L, -1, -2), lua_tocfunction(L, 1) == counter);
    return 0;
}

static int fails(lua_State *L)
{
    lua_pushvalue(L, 1);
    return lua_error(L);
}
static int fails_deep(lua_State *L)
{
    lua_pushcfunction(L, fails);
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 0);
    printf("not reached\n");
    return 0;
}
static int handler(lua_State *L)
{
    lua_pushfstring(L, "handled: %s", lua_tostring(L, 1));
    return 1;
}
static int bad_handler(lua_State *L) { return luaL_error(L, "again"); }

TEST(pcall)
{
    lua_pushliteral(L, "below");
    lua_pushcfunction(L, fails_deep);
    lua_pushliteral(L, "thrown");
    printf("  %d\n", lua_pcall(L, 1, 5, 0));
    show_stack(L, "after");
    lua_pushcfunction(L, handler);
    lua_pushcfunction(L, fails_deep);
    lua_pushliteral(L, "thrown");
    printf("  %d\n", lua_pcall(L, 1, 0, 3));
    show_stack(L, "handled");
    lua_pushcfunction(L, bad_handler);
    lua_pushcfunction(L, fails);
    lua_pushnil(L);
    printf("  %d\n", lua_pcall(L, 1, 0, -3) == LUA_ERRERR);
    lua_settop(L, 0);
    lua_pushcfunction(L, fails);
    lua_newtable(L);
    printf("  %d %s\n", lua_pcall(L, 1, 0, 0), luaL_typename(L, -1));
    lua_settop(L, 0);
    push_lua(L, "return function(...) return ..., 'more' end");
    lua_pushinteger(L, 1);
    lua_pushinteger(L, 2);
    printf("  %d\n", lua_pcall(L, 2, LUA_MULTRET, 0));
    show_stack(L, "results");
    lua_pushnil(L);
    printf("  %d ", lua_pcall(L, 0, 0, 0));
    show(L, -1);
    printf("\n");
    push_lua(L, "return function() local x = nil; x.y = 1 end");
    printf("  %d ", lua_pcall(L, 0, 0, 0));
    show(L, -1);
    printf("\n");
    return 0;
}

static int recurse(lua_State *L)
{
    lua_pushcfunction(L, recurse);
    lua_call(L, 0, 0);
    return 0;
}

TEST(overflow)
{
    lua_pushcfunction(L, recurse);
    int status = lua_pcall(L, 0, 0, 0);
    printf("  %d %d\n", status, strstr(lua_tostring(L, -1), "overflow") != NULL);
    push_lua(L, "local function f() return 1 + f() end return f");
    status = lua_pcall(L, 0, 0, 0);
    printf("  %d %d\n", status, strstr(lua_tostring(L, -1), "stack overflow") != NULL);
    return 0;
}

static int with_position(lua_State *L) { return luaL_error(L, "number %d", 7); }
static int arg_error(lua_State *L)
{
    int narg = lua_isnumber(L, 1) ? (int)lua_tointeger(L, 1) : 2; /* modules give -1, too */
    return luaL_argerror(L, narg, "is bad");
}
static int checks(lua_State *L)
{
    static const char *const options[] = {"one", "two", NULL};
    switch (luaL_checkint(L, 1)) {
    case 1: lua_pushnumber(L, luaL_checknumber(L, 2)); break;
    case 2: lua_pushinteger(L, luaL_checkinteger(L, 2)); break;
    case 3: lua_pushunsigned(L, luaL_checkunsigned(L, 2)); break;
    case 4: lua_pushstring(L, luaL_checkstring(L, 2)); break;
    case 5: luaL_checktype(L, 2, LUA_TTABLE); return 1;
    case 6: luaL_checkany(L, 2); return 1;
    case 7: lua_pushinteger(L, luaL_checkoption(L, 2, NULL, options)); break;
    case 8: lua_pushinteger(L, luaL_checkoption(L, 2, "two", options)); break;
    case 9: lua_pushnumber(L, luaL_optnumber(L, 2, 0.5)); break;
    case 10: lua_pushinteger(L, luaL_optinteger(L, 2, -1)); break;
    case 11: lua_pushunsigned(L, luaL_optunsigned(L, 2, 9)); break;
    case 12: lua_pushstring(L, luaL_optstring(L, 2, "default")); break;
    case 13: luaL_checkudata(L, 2, "FILE*"); return 1;
    case 14: luaL_argcheck(L, lua_gettop(L) == 1, 2, "not wanted"); return 0;
    default: lua_pushnil(L);
    }
    return 1;
}

TEST(arguments)
{
    lua_pushcfunction(L, checks);
    lua_setglobal(L, "checks");
    lua_pushcfunction(L, with_position);
    lua_setglobal(L, "position");
    lua_pushcfunction(L, arg_error);
    lua_setglobal(L, "argument");
    run(L,
        "for i = 1, 14 do for _, v in ipairs {'1', 'x', 'one', {}, -3, 2.7, true, "
        "io.stdout} do\n"
        "  local r = {pcall(function() return checks(i, v) end)}\n"
        "  if type(r[2]) ~= 'string' and type(r[2]) ~= 'number' then r[2] = type(r[2]) end\n"
        "  print(' ', i, type(v), r[1], r[2]) end\n"
        "  print(' ', i, 'none', pcall(function() return checks(i) end)) end\n"
        "print(pcall(function() position() end))\nprint(pcall(function() argument() end))\n"
        "print(pcall(function() argument(-1) end)) print(pcall(function() argument(0) end))\n"
        "local o = {m = argument, checks = checks} print(pcall(function() o:m() end))\n"
        "print(pcall(function() o:checks(1) end)) print(pcall(function() o.checks(5, 1) "
        "end))\n");
    fflush(stdout);
    return 0;
}

TEST(where)
{
    lua_pushcfunction(L, with_position);
    luaL_where(L, 0);
    luaL_where(L, 1);
    luaL_where(L, 50);
    return lua_gettop(L) - 1;
}

/* Chunks --------------------------------------------------------------------------------- */

typedef struct Pieces {
    const char *const *at;
} Pieces;

static const char *read_piece(lua_State *L, void *data, size_t *size)
{
    Pieces *p = data;
    const char *s = *p->at;
    if (!s) return NULL;
    p->at++;
    if (*s == '!') luaL_error(L, "the reader fails");
    *size = strlen(s);
    return s;
}

static int load_pieces(lua_State *L, const char *const *pieces, const char *mode)
{
    Pieces p = {pieces};
    int status = lua_load(L, read_piece, &p, "=pieces", mode);
    printf("  load %d ", status);
    show(L, -1);
    printf("\n");
    return status;
}

static int append(lua_State *L, const void *p, size_t sz, void *ud)
{
    (void)L;
    luaL_addlstring(ud, p, sz);
    return 0;
}
static int refuse(lua_State *L, const void *p, size_t sz, void *ud)
{
    return L && p && sz && ud ? 5 : 6;
}

TEST(load)
{
    static const char *const good[] = {"ret", "urn ", "1 + ", "...", NULL};
    static const char *const bad[] = {"return", " return +", NULL};
    static const char *const fails_too[] = {"return 1", "!", NULL};
    static const char *const nothing[] = {NULL};
    if (load_pieces(L, good, NULL) == LUA_OK) {
        lua_pushinteger(L, 5);
        lua_call(L, 1, 1);
        show_stack(L, "called");
    }
    load_pieces(L, bad, "t");
    load_pieces(L, fails_too, NULL);
    load_pieces(L, nothing, NULL);
    load_pieces(L, good, "b");
    printf("  %d", luaL_loadstring(L, "x ="));
    show(L, -1);
    printf("\n  %d", luaL_loadbuffer(L, "return 'a\0b'", 12, "@name.lua"));
    lua_call(L, 0, 1);
    printf(" %zu\n", lua_rawlen(L, -1));
    printf("  %d", luaL_loadbufferx(L, "return 1", 8, "=x", "b"));
    show(L, -1);
    printf("\n  %d", luaL_loadfile(L, "/nonexistent/file.lua"));
    show(L, -1);
    printf("\n  %d %d\n", luaL_dostring(L, "return 1, 2"), lua_gettop(L));
    printf("  %d ", luaL_dostring(L, "error('x', 0)"));
    show(L, -1);
    printf("\n");
    lua_settop(L, 0);
    push_lua(L, "return function(a) return a * 2 end");
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    lua_pushvalue(L, 1);
    printf("  %d\n", lua_dump(L, append, &b));
    lua_pop(L, 1);
    luaL_pushresult(&b);
    size_t n;
    const char *s = lua_tolstring(L, -1, &n);
    printf("  %d\n", luaL_loadbufferx(L, s, n, "=dumped", "b"));
    lua_pushinteger(L, 21);
    lua_call(L, 1, 1);
    show(L, -1);
    lua_pushvalue(L, 1);
    printf(" %d", lua_dump(L, refuse, &b));
    lua_pushcfunction(L, handler);
    printf(" %d\n", lua_dump(L, append, &b) != 0);
    return 0;
}

/* Coroutines ----------------------------------------------------------------------------- */

static int yields(lua_State *L)
{
    lua_pushliteral(L, "first");
    lua_pushliteral(L, "second");
    return lua_yield(L, 2);
}
static int continued(lua_State *L)
{
    int ctx = 0, status = lua_getctx(L, &ctx);
    printf("  continued %d %d", status, ctx);
    for (int i = 1; i <= lua_gettop(L); i++) {
        printf(" ");
        show(L, i);
    }
    printf("\n");
    if (ctx < 3) {
        lua_pushinteger(L, ctx);
        return lua_yieldk(L, 1, ctx + 1, continued);
    }
    lua_pushliteral(L, "done");
    return 1;
}
static int yields_on(lua_State *L)
{
    lua_pushliteral(L, "kept");
    lua_pushinteger(L, 0);
    return lua_yieldk(L, 1, 1, continued);
}
static int calls_on(lua_State *L)
{
    int ctx;
    printf("  begin %d %d\n", lua_getctx(L, &ctx), lua_gettop(L));
    lua_callk(L, lua_gettop(L) - 1, LUA_MULTRET, 5, continued);
    return continued(L);
}
static int pcalls_on(lua_State *L)
{
    lua_pushliteral(L, "kept");
    lua_insert(L, 1);
    int status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 7, continued);
    printf("  at once %d\n", status);
    return continued(L);
}
static int calls(lua_State *L)
{
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

static void resume(lua_State *L, lua_State *co, int n)
{
    int status = lua_resume(co, L, n);
    printf("  resume %d %d", status, lua_status(co));
    if (status > LUA_YIELD) { /* what else is there is what failed */
        printf(" ");
        show(co, -1);
        printf("\n");
    } else {
        show_stack(co, "");
    }
}

TEST(threads)
{
    lua_State *co = lua_newthread(L);
    printf("  %d %d %d\n", lua_status(co), lua_gettop(co), lua_tothread(L, 1) == co);
    push_lua(L, "return function(...) local a = coroutine.yield(...) local b, c = "
                "coroutine.yield(a, 'x') "
                "return b, c, 'end' end");
    lua_xmove(L, co, 1);
    lua_pushinteger(co, 1);
    lua_pushinteger(co, 2);
    resume(L, co, 2);
    lua_settop(co, 0);
    lua_pushliteral(co, "again");
    resume(L, co, 1);
    lua_settop(co, 0);
    resume(L, co, 0);
    lua_settop(co, 0);
    lua_pushcfunction(co, yields); /* the thread may be used again */
    resume(L, co, 0);
    lua_settop(co, 0);
    lua_pushinteger(co, 99);
    resume(L, co, 1);
    lua_settop(co, 0);
    lua_pushcfunction(co, fails);
    lua_pushliteral(co, "wrong");
    resume(L, co, 1);
    resume(L, co, 0);
    printf("  %d %d\n", lua_pushthread(co), lua_pushthread(L));
    return 0;
}

TEST(continuations)
{
    lua_pushcfunction(L, yields);
    lua_setglobal(L, "yields");
    lua_pushcfunction(L, yields_on);
    lua_setglobal(L, "yields_on");
    lua_pushcfunction(L, calls_on);
    lua_setglobal(L, "calls_on");
    lua_pushcfunction(L, pcalls_on);
    lua_setglobal(L, "pcalls_on");
    lua_pushcfunction(L, calls);
    lua_setglobal(L, "calls");
    run(L,
        "local function drive(name, f, ...)\n"
        "  local co, args = coroutine.create(f), {...}\n"
        "  for i = 1, 8 do\n"
        "    print(' ', name, i, coroutine.resume(co, table.unpack(args))) io.stdout:flush()\n"
        "    args = {'r' .. i, i} if coroutine.status(co) == 'dead' then break end end end\n"
        "local yield = coroutine.yield\n"
        "drive('yields', yields) drive('yields_on', yields_on, 'arg')\n"
        "drive('in Lua', function() return 'got', yields() end)\n"
        "drive('calls_on', calls_on, function(...) return 'r', yield('y', ...) end, 1, 2)\n"
        "drive('calls_on without', calls_on, function(...) return ... end, 1, 2)\n"
        "drive('calls_on twice', calls_on, calls_on, function() return yield(1), yield(2) "
        "end)\n"
        "drive('pcalls_on', pcalls_on, function(...) return 'r', yield('y', ...) end, 1, 2)\n"
        "drive('pcalls_on fails', pcalls_on, function() error('x', 0) end)\n"
        "drive('pcalls_on fails later', pcalls_on, function() yield(1) error('later', 0) end)\n"
        "drive('calls', calls, function() yield(1) end)\n"
        "drive('calls in pcalls_on', pcalls_on, calls, function() yield(1) end)\n"
        "drive('pcall', function() return pcall(calls_on, function() yield(3) error('e', 0) "
        "end) end)\n"
        "drive('wrapped', coroutine.wrap(function() return calls_on(yields_on) end))\n");
    return 0;
}
TEST(yield_outside) { return lua_yield(L, 0); }

/* References, buffers, texts ------------------------------------------------------------- */

TEST(refs)
{
    lua_newtable(L);
    int refs[5];
    for (int i = 0; i < 4; i++) {
        lua_pushinteger(L, i * 10);
        refs[i] = luaL_ref(L, 1);
    }
    lua_pushnil(L);
    refs[4] = luaL_ref(L, 1);
    printf("  %d %d\n", refs[4] == LUA_REFNIL, lua_gettop(L));
    luaL_unref(L, 1, refs[1]);
    luaL_unref(L, 1, refs[4]);
    luaL_unref(L, 1, LUA_NOREF);
    lua_pushliteral(L, "new");
    printf("  %d\n", luaL_ref(L, 1) == refs[1]);
    lua_rawgeti(L, 1, refs[1]);
    lua_rawgeti(L, 1, refs[3]);
    show_stack(L, "referenced");
    return 0;
}

TEST(buffers)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    luaL_addchar(&b, 'a');
    luaL_addstring(&b, "bc");
    luaL_addlstring(&b, "d\0e", 3);
    lua_pushinteger(L, 42);
    luaL_addvalue(&b);
    luaL_pushresult(&b);
    printf("  %zu %d\n", lua_rawlen(L, -1), lua_gettop(L));
    luaL_buffinit(L, &b);
    for (int i = 0; i < 3000; i++) {
        luaL_addstring(&b, "0123456789");
        if (i % 1000 == 0) {
            lua_pushliteral(L, "value");
            luaL_addvalue(&b);
        }
    }
    luaL_pushresult(&b);
    printf("  %zu %d\n", lua_rawlen(L, -1), lua_gettop(L));
    char *p = luaL_buffinitsize(L, &b, 20000);
    memset(p, 'z', 20000);
    luaL_pushresultsize(&b, 15000);
    printf("  %zu %d\n", lua_rawlen(L, -1), lua_gettop(L));
    luaL_buffinit(L, &b);
    p = luaL_prepbuffer(&b);
    strcpy(p, "prepared");
    luaL_addsize(&b, 8);
    luaL_pushresult(&b);
    printf("  %s\n", lua_tostring(L, -1));
    printf("  %s\n", luaL_gsub(L, "a.b.c", ".", "::"));
    return 0;
}

TEST(tolstring)
{
    lua_pushnil(L);
    lua_pushboolean(L, 0);
    lua_pushnumber(L, 3);
    lua_pushliteral(L, "s");
    push_lua(L, "return setmetatable({}, {__tostring = function() return 'by itself' end})");
    for (int i = 1; i <= 5; i++) {
        size_t n;
        const char *s = luaL_tolstring(L, i, &n);
        printf("  %s %zu\n", s, n);
        lua_pop(L, 1);
    }
    lua_newtable(L);
    printf("  %d\n", strncmp(luaL_tolstring(L, -1, NULL), "table: 0x", 9));
    printf("  %d\n", luaL_callmeta(L, 5, "__tostring"));
    show(L, -1);
    printf(" %d\n", luaL_callmeta(L, 3, "__tostring"));
    return 0;
}

static int library_function(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    return 1;
}
static int open_library(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"f", library_function}, {"g", library_function}, {NULL, NULL}};
    show_stack(L, "opened");
    luaL_newlibtable(L, functions);
    lua_pushliteral(L, "shared");
    luaL_setfuncs(L, functions, 1);
    return 1;
}

TEST(libraries)
{
    luaL_requiref(L, "mylib", open_library, 1);
    show_stack(L, "required");
    run(L, "assert(mylib == package.loaded.mylib and require 'mylib' == mylib) print(' ', "
           "mylib.f(), mylib.g())");
    fflush(stdout);
    luaL_requiref(L, "hidden", open_library, 0);
    lua_getglobal(L, "hidden");
    show(L, -1);
    printf(" %d\n", luaL_getsubtable(L, 1, "sub"));
    printf("  %d\n", luaL_getsubtable(L, 1, "sub"));
    static const luaL_Reg old[] = {{"h", handler}, {NULL, NULL}};
    luaL_openlib(L, "old.style", old, 0);
    run(L, "assert(old.style.h(1) == 'handled: 1')");
    luaL_pushmodule(L, "old.style", 1);
    printf("  %d\n", lua_rawequal(L, -1, -2));
    luaL_checkversion(L);
    printf("  %g %g\n", *lua_version(L), *lua_version(NULL));
    luaL_checkversion_(L, 501);
    return 0;
}

TEST(results)
{
    luaL_fileresult(L, 1, "name");
    FILE *f = fopen("/nonexistent", "r");
    if (!f) luaL_fileresult(L, 0, "/nonexistent");
    luaL_execresult(L, 0);
    luaL_execresult(L, 256 * 3);
    luaL_execresult(L, 9);
    return lua_gettop(L);
}

/* Debugging ------------------------------------------------------------------------------ */

static int inspects(lua_State *L)
{
    lua_Debug ar;
    for (int level = 0; lua_getstack(L, level, &ar); level++) {
        memset(ar.short_src, 0, sizeof ar.short_src);
        lua_getinfo(L, "nSlutf", &ar);
        printf("  %d %s '%s' %s %s %s %d %d-%d %d %d %d %d %s\n", level,
               ar.name ? ar.name : "-", ar.namewhat, ar.what,
               ar.source[0] == '=' ? ar.source : "source", ar.short_src, ar.currentline,
               ar.linedefined, ar.lastlinedefined, ar.nups, ar.nparams, ar.isvararg,
               ar.istailcall, luaL_typename(L, -1));
        lua_pop(L, 1);
        if (level > 5) break;
    }
    lua_getstack(L, 1, &ar);
    for (int i = 1;; i++) {
        const char *name = lua_getlocal(L, &ar, i);
        if (!name || name[0] == '(') break;
        printf("  local %s ", name);
        show(L, -1);
        printf("\n");
        lua_pop(L, 1);
    }
    lua_pushliteral(L, "changed");
    printf("  %s\n", lua_setlocal(L, &ar, 1));
    luaL_traceback(L, L, "trace", 0);
    printf("  %s\n", lua_tostring(L, -1));
    return 0;
}

TEST(debug)
{
    lua_pushcfunction(L, inspects);
    lua_setglobal(L, "inspects");
    luaL_loadbuffer(
        L,
        "local function f(a, b, ...)\n local c = 3\n inspects(1, 2)\n return a\nend\n"
        "return (f('x', 'y')), (select('#', f()))",
        94, "=chunk");
    lua_pcall(L, 0, 2, 0);
    show_stack(L, "returned");
    lua_settop(L, 0);
    push_lua(L, "local u, v = 1, 2 local function g(p, q) return u, v end u = 5 return g");
    lua_Debug ar;
    lua_pushvalue(L, 1);
    int good = lua_getinfo(L, ">Su", &ar);
    printf("  %d %s %d %d %d\n", good, ar.what, ar.nups, ar.nparams, lua_gettop(L));
    for (int i = 1; i <= 3; i++) {
        const char *name = lua_getupvalue(L, 1, i);
        printf("  %s\n", name ? name : "none");
        lua_settop(L, 1);
    }
    printf("  %s %s\n", lua_getlocal(L, NULL, 1), lua_getlocal(L, NULL, 2));
    lua_pushliteral(L, "set");
    printf("  %s\n", lua_setupvalue(L, 1, 1));
    lua_pushvalue(L, 1);
    lua_call(L, 0, 2);
    show_stack(L, "upvalues");
    printf("  %d %d\n", lua_upvalueid(L, 1, 1) != NULL,
           lua_upvalueid(L, 1, 1) != lua_upvalueid(L, 1, 2));
    lua_upvaluejoin(L, 1, 1, 1, 2);
    printf("  %d\n", lua_upvalueid(L, 1, 1) == lua_upvalueid(L, 1, 2));
    lua_pushvalue(L, 1);
    printf("  %d", lua_getinfo(L, ">L", &ar));
    printf(" %s\n", luaL_typename(L, -1));
    lua_pushvalue(L, 1);
    printf("  %d\n", lua_getinfo(L, ">x", &ar));
    return 0;
}

static void hook(lua_State *L, lua_Debug *ar)
{
    lua_getinfo(L, "nSl", ar);
    printf("  event %d line %d %s %s\n", ar->event, ar->currentline, ar->what,
           ar->name ? ar->name : "-");
}
static void hook_fails(lua_State *L, lua_Debug *ar)
{
    luaL_error(L, "hook at %d", ar->currentline);
}

TEST(hooks)
{
    luaL_loadbuffer(L, "local function f(x)\n return x\nend\nlocal y = f(1)\nreturn y\n", 57,
                    "=hooked");
    printf("  %d %d\n", lua_gethook(L) == NULL, lua_gethookmask(L));
    lua_pushvalue(L, 1);
    lua_sethook(L, hook, LUA_MASKLINE, 0);
    printf("  %d %d %d\n", lua_gethook(L) == hook, lua_gethookmask(L), lua_gethookcount(L));
    lua_call(L, 0, 0);
    lua_sethook(L, hook_fails, LUA_MASKLINE, 0);
    lua_pushvalue(L, 1);
    printf("  %d ", lua_pcall(L, 0, 0, 0));
    lua_sethook(L, NULL, 0, 0);
    show(L, -1);
    printf(" %d\n", lua_gethook(L) == NULL);
    lua_sethook(L, hook_fails, LUA_MASKCOUNT, 1000);
    push_lua(L, "return function() while true do end end");
    printf("  %d\n", lua_pcall(L, 0, 0, 0));
    lua_sethook(L, NULL, 0, 0);
    return 0;
}

/* The collector -------------------------------------------------------------------------- */

static int collected;
static int on_gc(lua_State *L)
{
    collected += luaL_checkudata(L, 1, "test.gc") != NULL;
    return 0;
}

TEST(gc)
{
    printf("  %d\n", lua_gc(L, LUA_GCISRUNNING, 0));
    lua_gc(L, LUA_GCSTOP, 0);
    printf("  %d\n", lua_gc(L, LUA_GCISRUNNING, 0));
    lua_gc(L, LUA_GCRESTART, 0);
    printf("  %d %d %d\n", lua_gc(L, LUA_GCCOUNT, 0) > 0, lua_gc(L, LUA_GCCOUNTB, 0) < 1024,
           lua_gc(L, LUA_GCISRUNNING, 0));
    int pause = lua_gc(L, LUA_GCSETPAUSE, 150), mul = lua_gc(L, LUA_GCSETSTEPMUL, 300);
    printf("  %d %d %d %d\n", pause, mul, lua_gc(L, LUA_GCSETPAUSE, pause),
           lua_gc(L, LUA_GCSETSTEPMUL, mul));
    luaL_newmetatable(L, "test.gc");
    lua_pushcfunction(L, on_gc);
    lua_setfield(L, -2, "__gc");
    for (int i = 0; i < 10; i++) {
        lua_newuserdata(L, 8);
        luaL_setmetatable(L, "test.gc");
        if (i != 5) lua_pop(L, 1);
    }
    lua_gc(L, LUA_GCCOLLECT, 0);
    printf("  %d\n", collected);
    lua_newtable(L);
    push_lua(L, "return {__mode = 'v'}");
    lua_setmetatable(L, -2);
    lua_newtable(L);
    lua_setfield(L, -2, "dead");
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "alive");
    lua_gc(L, LUA_GCCOLLECT, 0);
    lua_getfield(L, -2, "dead");
    lua_getfield(L, -3, "alive");
    printf("  %d %d\n", lua_isnil(L, -2), lua_istable(L, -1));
    lua_settop(L, 0);
    return 0;
}

/* States --------------------------------------------------------------------------------- */

static int panics(lua_State *L)
{
    printf("  panic: %s\n", lua_tostring(L, -1));
    fflush(stdout);
    exit(0);
}

typedef struct Test {
    const char *name;
    lua_CFunction run;
} Test;
#define T(name) {#name, test_##name},
static const Test tests[] = {
    T(stack) T(many) T(types) T(numbers) T(strings) T(appended) T(concat) T(arith) T(compare)
        T(tables) T(globals) T(index_metamethods) T(index_nil) T(index_number) T(key_nil)
            T(len_error) T(len_no_number) T(metatables) T(userdata) T(closures) T(pcall)
                T(overflow) T(arguments) T(where) T(load) T(threads) T(continuations)
                    T(yield_outside) T(refs) T(buffers) T(tolstring) T(libraries) T(results)
                        T(debug) T(hooks) T(gc)};

/* What a program may do while nothing runs. */
static void outside(lua_State *L)
{
    lua_Debug ar;
    printf("outside %d\n", lua_getstack(L, 0, &ar));
    luaL_where(L, 1);
    luaL_traceback(L, L, "message", 0);
    show_stack(L, "where, traceback");
    lua_settop(L, 0);
    luaL_loadstring(L, "local a, b = ... return print, a, b");
    printf("  %s", lua_getupvalue(L, 1, 1));
    lua_newtable(L);
    lua_pushcfunction(L, handler);
    lua_setfield(L, -2, "print");
    printf(" %s %d\n", lua_setupvalue(L, 1, 1), lua_gettop(L));
    lua_pushvalue(L, 1);
    lua_pushliteral(L, "x");
    lua_call(L, 1, LUA_MULTRET);
    show_stack(L, "with another environment");
    lua_settop(L, 0);
    lua_sethook(L, hook, LUA_MASKLINE, 0);
    printf("  %d %d\n", lua_gethook(L) == hook, luaL_dostring(L, "local x = 1\nreturn x"));
    lua_sethook(L, NULL, 0, 0);
    printf("  %d %d\n", lua_gethook(L) == NULL, luaL_dostring(L, "local x = 1\nreturn x"));
    lua_settop(L, 0);
    lua_State *co = lua_newthread(L);
    luaL_loadstring(co, "local a = coroutine.yield(...) return a, 'end'");
    lua_pushinteger(co, 1);
    resume(L, co, 1);
    lua_settop(co, 0);
    lua_pushliteral(co, "again");
    resume(L, co, 1);
    lua_settop(co, 0);
    luaL_loadstring(co, "return 'called in the thread', ...");
    lua_pushinteger(co, 5);
    printf("  %d ", lua_pcall(co, 1, LUA_MULTRET, 0));
    show_stack(co, "its stack");
    luaL_loadstring(co, "error('in the thread', 0)");
    printf("  %d ", lua_pcall(co, 0, 0, 0));
    show_stack(co, "its stack");
    lua_settop(L, 0);
    lua_pushcfunction(L, handler);
    luaL_loadstring(L, "local x = nil + 1");
    printf("  %d ", lua_pcall(L, 0, 0, 1));
    show_stack(L, "handled");
    lua_settop(L, 0);
}

int main(int argc, char **argv)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    printf("version %g top %d\n", *lua_version(L), lua_gettop(L));
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        if (argc > 1 && strcmp(argv[1], tests[i].name) != 0) continue;
        printf("%s\n", tests[i].name);
        fflush(stdout);
        lua_pushcfunction(L, tests[i].run);
        int status = lua_pcall(L, 0, LUA_MULTRET, 0);
        printf("  status %d, %d values", status, lua_gettop(L));
        for (int k = 1; k <= lua_gettop(L) && k < 12; k++) {
            printf(" ");
            show(L, k);
        }
        printf("\n");
        lua_settop(L, 0);
    }
    outside(L);
    void *ud;
    lua_Alloc alloc = lua_getallocf(L, &ud);
    void *block = alloc(ud, NULL, 0, 100);
    block = alloc(ud, block, 100, 200);
    printf("%d %d\n", block != NULL, alloc(ud, block, 200, 0) == NULL);
    lua_setallocf(L, alloc, ud);
    lua_close(L);
    printf("collected %d\n", collected);
    L = lua_newstate(alloc, ud);
    lua_atpanic(L, panics);
    lua_pushcfunction(L, handler);
    lua_pushliteral(L, "x");
    lua_call(L, 1, 1);
    show_stack(L, "in a new state");
    lua_getfield(L, 1, "x");
    lua_pushnil(L);
    lua_call(L, 0, 0);
    printf("not reached\n");
    return 1;
}
