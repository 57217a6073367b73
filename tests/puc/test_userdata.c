/* SPDX-License-Identifier: MIT */
/* Userdata of C modules that know Moonlet (moonlet_puc_userdata): each state has its own bytes.
 */
#include "../api/api_test.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <moonlet_puc.h>

/* A stack of numbers in malloc's memory -------------------------------------------------- */

typedef struct Numbers {
    double *items;
    int count, size;
} Numbers;

static int copies, finalized;

static void copy_numbers(void *to, const void *from, size_t size)
{
    const Numbers *f = from;
    Numbers *t = to;
    ck_assert_uint_eq(size, sizeof *t);
    copies++;
    if (!f->size) return;
    t->items = malloc((size_t)f->size * sizeof *t->items);
    memcpy(t->items, f->items, (size_t)f->count * sizeof *t->items);
}

static void finalize_numbers(void *bytes, size_t size)
{
    ck_assert_uint_eq(size, sizeof(Numbers));
    free(((Numbers *)bytes)->items);
    finalized++;
}

static void digest_numbers(const void *bytes, size_t size, moonlet_add_bytes *add, void *to)
{
    const Numbers *n = bytes;
    (void)size;
    add(to, n->items, (size_t)n->count * sizeof *n->items);
}

static bool save_numbers(const void *bytes, moonlet_writer *write, void *context)
{
    const Numbers *n = bytes;
    write(context, (const char *)n->items, (size_t)n->count * sizeof *n->items);
    return true;
}

static bool load_numbers(void *to, const char *bytes, size_t length)
{
    Numbers *n = to;
    n->count = n->size = (int)(length / sizeof *n->items);
    n->items = malloc(length + 1);
    memcpy(n->items, bytes, length);
    return length % sizeof *n->items == 0;
}

static const moonlet_type_info type = {.name = "numbers",
                                       .size = sizeof(Numbers),
                                       .copy = copy_numbers,
                                       .finalize = finalize_numbers,
                                       .digest = digest_numbers,
                                       .save = save_numbers,
                                       .load = load_numbers};
static const moonlet_type_info shared_type = {.name = "shared", .size = sizeof(int)};

static int new_numbers(lua_State *L)
{
    moonlet_puc_userdata(L, &type);
    luaL_setmetatable(L, "numbers");
    return 1;
}

static int push(lua_State *L)
{
    Numbers *n = luaL_checkudata(L, 1, "numbers");
    double d = luaL_checknumber(L, 2);
    if (n->count == n->size) {
        n->size = 2 * n->size + 4;
        n->items = realloc(n->items, (size_t)n->size * sizeof *n->items);
    }
    n->items[n->count++] = d;
    return 0;
}

static int sum(lua_State *L)
{
    const Numbers *n = moonlet_puc_look(L, 1, &type);
    luaL_argcheck(L, n, 1, "numbers expected");
    double d = 0;
    for (int i = 0; i < n->count; i++) d += n->items[i];
    lua_pushnumber(L, d);
    return 1;
}

static int new_shared(lua_State *L)
{
    *(int *)moonlet_puc_userdata(L, &shared_type) = 1;
    return 1;
}

static int next_shared(lua_State *L)
{
    lua_pushinteger(L, ++*(int *)lua_touserdata(L, 1));
    return 1;
}

static int luaopen_numbers(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"new", new_numbers}, {"shared", new_shared}, {"next", next_shared}, {NULL, NULL}};
    static const luaL_Reg methods[] = {{"push", push}, {"sum", sum}, {NULL, NULL}};
    luaL_newmetatable(L, "numbers");
    luaL_setfuncs(L, methods, 0);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    luaL_newlib(L, functions);
    return 1;
}

/* Tests ---------------------------------------------------------------------------------- */

static lua_State *opened(const char *source)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    luaL_requiref(L, "numbers", luaopen_numbers, 1);
    ck_assert_msg(!luaL_dostring(L, source), "%s", lua_tostring(L, -1));
    lua_settop(L, 0);
    copies = finalized = 0;
    return L;
}

static double number(lua_State *L, const char *expression)
{
    lua_pushfstring(L, "return %s", expression);
    ck_assert_msg(!luaL_dostring(L, lua_tostring(L, -1)), "%s", lua_tostring(L, -1));
    double d = lua_tonumber(L, -1);
    lua_settop(L, 0);
    return d;
}

START_TEST(goes_back)
{
    lua_State *L = opened("n = numbers.new() n:push(1) n:push(2) s = numbers.shared()");
    moonlet_state *s = moonlet_puc_state(L);
    ck_assert_double_eq(number(L, "n:sum()"), 3);
    ck_assert_int_eq(copies, 0); /* who only looks has no copy */
    ck_assert_double_eq(number(L, "n:push(4) or n:push(8) or n:sum()"), 15);
    ck_assert_int_eq(copies, 1);
    ck_assert_double_eq(number(L, "numbers.next(s)"), 2);
    ck_assert_ptr_null(moonlet_puc_restore(L, s));
    ck_assert_double_eq(number(L, "n:sum()"), 3);
    ck_assert_double_eq(number(L, "numbers.next(s)"), 3); /* that one all share */
    moonlet_release(s);
    lua_close(L);
}
END_TEST

START_TEST(of_each_fork)
{
    lua_State *L = opened("n = numbers.new() n:push(1)");
    moonlet_state *s = moonlet_puc_state(L);
    lua_State *a = moonlet_puc_open(s), *b = moonlet_puc_open(s);
    ck_assert_double_eq(number(a, "n:push(10) or n:sum()"), 11);
    ck_assert_double_eq(number(b, "n:push(20) or n:sum()"), 21);
    ck_assert_double_eq(number(L, "n:push(30) or n:sum()"), 31);
    moonlet_state *in_a = moonlet_puc_state(a), *in_b = moonlet_puc_state(b);
    ck_assert(moonlet_digest(in_a) != moonlet_digest(in_b));
    moonlet_result r = moonlet_do(in_a, "n:push(100) return n:sum()");
    assert_ok(r);
    assert_number(moonlet_result_value(&r, 0), 111);
    moonlet_release(r.state);
    ck_assert_double_eq(number(a, "n:sum()"), 11);
    moonlet_release(in_a);
    moonlet_release(in_b);
    moonlet_release(s);
    lua_close(a);
    lua_close(b);
    lua_close(L);
}
END_TEST

/* state.snapshot and state.restore of the same run; the address changes when it must. */
START_TEST(own_snapshots)
{
    lua_State *L = opened("n = numbers.new() n:push(1)");
    ck_assert_double_eq(
        number(L,
               "(function() local state = require 'state' "
               "local s, again = state.snapshot() n:push(2) debug.setuservalue(n, {}) "
               "n:push(3) if not again then state.restore(s, true) end return n:sum() end)()"),
        6);
    ck_assert_double_eq(number(L,
                               "(function() local state = require 'state' "
                               "state.fork(function() n:push(50) end) return n:sum() end)()"),
                        6);
    lua_close(L);
}
END_TEST

/* Bytes are shared by the copy until one of both writes. */
START_TEST(imported)
{
    lua_State *L = opened("");
    moonlet_state *other = moonlet_puc_state(L);
    number(L, "(function() n = numbers.new() n:push(1) n:push(2) end)()");
    moonlet_state *s = moonlet_puc_state(L);
    moonlet_value n = moonlet_global(s, "n");
    moonlet_result r = moonlet_import(other, s, &n, 1, other);
    assert_ok(r);
    moonlet_value m = moonlet_result_value(&r, 0);
    lua_State *M = moonlet_puc_open(r.state);
    moonlet_puc_push(M, m);
    lua_setglobal(M, "m");
    ck_assert_double_eq(number(M, "m:push(5) or m:sum()"), 8);
    ck_assert_double_eq(number(L, "n:sum()"), 3);
    ck_assert_int_eq(copies, 1);
    lua_close(M);
    moonlet_release(r.state);
    moonlet_release(other);
    moonlet_release(s);
    lua_close(L);
}
END_TEST

static lua_State *many(void)
{
    lua_State *L = opened("");
    for (int i = 0; i < 100; i++) number(L, "numbers.new():push(1) or 1");
    return L;
}

/* Each of the bytes is given back once, when no state has them. */
START_TEST(finalizers)
{
    lua_State *L = many();
    for (int i = 0; i < 20 && finalized < 90; i++) {
        number(L, "string.rep('x', 10000) and 1");
        moonlet_collect();
    }
    ck_assert_int_ge(finalized, 90);
    ck_assert_int_le(finalized, 100);
    lua_close(L);
}
END_TEST

START_TEST(not_of_that_type)
{
    lua_State *L = opened("n = numbers.new()");
    luaL_loadstring(L, "n.sum(numbers.shared())");
    ck_assert_int_eq(lua_pcall(L, 0, 0, 0), LUA_ERRRUN);
    ck_assert_ptr_nonnull(strstr(lua_tostring(L, -1), "numbers expected"));
    lua_getglobal(L, "n");
    ck_assert_ptr_null(moonlet_puc_look(L, -1, &shared_type));
    ck_assert_ptr_null(moonlet_puc_look(L, 17, &type));
    ck_assert_uint_eq(lua_rawlen(L, -1), sizeof(Numbers));
    moonlet_state *s = moonlet_puc_state(L);
    const void *p = lua_topointer(L, -1);
    lua_touserdata(L, -1);
    ck_assert_ptr_eq(lua_topointer(L, -1), p); /* its identity, whatever becomes of its bytes */
    moonlet_release(s);
    lua_close(L);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("userdata");
    tcase_add_test(t, goes_back);
    tcase_add_test(t, of_each_fork);
    tcase_add_test(t, own_snapshots);
    tcase_add_test(t, imported);
#ifndef MOONLET_MALLOC /* where nothing is collected */
    tcase_add_test(t, finalizers);
#endif
    tcase_add_test(t, not_of_that_type);
    return run_suite(t);
}
