/* SPDX-License-Identifier: MIT */
/* Read-only tables and Lua's C interface: each function that writes to a table is refused, with
 * the error that all get, and the table is as it was. */
#include "../api/api_test.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

static int nothing(lua_State *L) { return 0; }

/* Each has the table as its only argument. */
#define WAY(name_, ...)              \
    static int name_(lua_State *L)   \
    {                                \
        lua_pushliteral(L, "value"); \
        __VA_ARGS__;                 \
        return 0;                    \
    }
WAY(by_rawset, lua_pushvalue(L, -1), lua_rawset(L, 1))
WAY(by_rawseti, lua_rawseti(L, 1, 1))
WAY(by_rawseti_new, lua_rawseti(L, 1, 7))
WAY(by_rawsetp, lua_rawsetp(L, 1, L))
WAY(by_settable, lua_pushvalue(L, -1), lua_settable(L, 1))
WAY(by_setfield, lua_setfield(L, 1, "a"))
WAY(by_ref, luaL_ref(L, 1))
WAY(by_unref, luaL_unref(L, 1, 1))
WAY(by_getsubtable, luaL_getsubtable(L, 1, "new"))
WAY(by_setmetatable, lua_newtable(L), lua_setmetatable(L, 1))
WAY(by_no_metatable, lua_pushnil(L), lua_setmetatable(L, 1))
static const luaL_Reg functions[] = {{"f", nothing}, {NULL, NULL}};
WAY(by_setfuncs, lua_settop(L, 1), luaL_setfuncs(L, functions, 0))
WAY(by_user_value, lua_newuserdata(L, 1), lua_pushvalue(L, 1), lua_setuservalue(L, -2),
    lua_getuservalue(L, -1), lua_pushnil(L), lua_setfield(L, -2, "a"))
WAY(by_environment, luaL_loadstring(L, "a = 2"), lua_pushvalue(L, 1), lua_setupvalue(L, -2, 1),
    lua_call(L, 0, 0))

static const lua_CFunction ways[] = {
    by_rawset,       by_rawseti,  by_rawseti_new, by_rawsetp,     by_settable,
    by_setfield,     by_ref,      by_unref,       by_getsubtable, by_setmetatable,
    by_no_metatable, by_setfuncs, by_user_value,  by_environment,
};

static const char made[] =
    "t = require 'state'.freeze(setmetatable({3, 1, [0] = 1, a = 1}, {x = 1}), true)\n"
    "function same() local n = 0 for k, v in next, t do n = n + 1 end\n"
    "  return n == 4 and t[0] == 1 and t[1] == 3 and t[2] == 1 and t.a == 1\n"
    "    and getmetatable(t).x == 1 end";

START_TEST(no_function_of_c_writes)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    ck_assert_int_eq(luaL_dostring(L, made), 0);
    lua_pushcfunction(L, ways[_i]);
    lua_getglobal(L, "t");
    ck_assert_int_eq(lua_pcall(L, 1, 0, 0), LUA_ERRRUN);
    const char *said = lua_tostring(L, -1);
    ck_assert_msg(strstr(said, "attempt to modify a readonly table") != NULL, "%s", said);
    ck_assert_int_eq(luaL_dostring(L, "assert(same())"), 0);
    lua_close(L);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("frozen");
    tcase_add_loop_test(t, no_function_of_c_writes, 0, sizeof ways / sizeof *ways);
    return run_suite(t);
}
