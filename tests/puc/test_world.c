/* SPDX-License-Identifier: MIT */
/* The world of a lua_State as a value: taken, gone back to, forked, run by moonlet.h. */
#include "../api/api_test.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <moonlet_puc.h>
#include <pthread.h>

#include "image/format.h"
#include "image/image.h"

static lua_State *opened(const char *source)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    ck_assert_msg(!luaL_dostring(L, source), "%s", lua_tostring(L, -1));
    lua_settop(L, 0);
    return L;
}

static void does(lua_State *L, const char *source)
{
    int top = lua_gettop(L);
    ck_assert_msg(!luaL_dostring(L, source), "%s", lua_tostring(L, -1));
    lua_settop(L, top);
}

static double number(lua_State *L, const char *expression)
{
    lua_pushfstring(L, "return %s", expression);
    ck_assert_msg(!luaL_dostring(L, lua_tostring(L, -1)), "%s", lua_tostring(L, -1));
    double d = lua_tonumber(L, -1);
    lua_pop(L, 2);
    return d;
}

static void restored(lua_State *L, const moonlet_state *s)
{
    const char *why = moonlet_puc_restore(L, s);
    ck_assert_msg(!why, "%s", why);
}

/* Going back ----------------------------------------------------------------------------- */

START_TEST(goes_back)
{
    lua_State *L = opened("hp = 10 t = {1, 2} co = coroutine.wrap(function() "
                          "for i = 1, 9 do coroutine.yield(i) end end) co()");
    moonlet_state *s = moonlet_puc_state(L);
    for (int i = 0; i < 3; i++) {
        does(L, "hp = hp - 1 t[#t + 1] = {} t[1] = co()");
        ck_assert_double_eq(number(L, "hp"), 9);
        ck_assert_double_eq(number(L, "#t"), 3);
        ck_assert_double_eq(number(L, "t[1]"), 2);
        restored(L, s);
        ck_assert_double_eq(number(L, "hp + #t + t[1]"), 13);
    }
    moonlet_release(s);
    lua_close(L);
}
END_TEST

/* The stack is part of the state; so is that of a thread, and what the registry holds. */
START_TEST(stacks_go_back)
{
    lua_State *L = opened("");
    lua_pushliteral(L, "below");
    lua_newtable(L);
    lua_State *co = lua_newthread(L);
    luaL_loadstring(co, "local a, b = ... local c = coroutine.yield(a + b) return c, a");
    lua_pushinteger(co, 1);
    lua_pushinteger(co, 2);
    lua_pushliteral(L, "referenced");
    int ref = luaL_ref(L, LUA_REGISTRYINDEX);
    moonlet_state *fresh = moonlet_puc_state(L);

    ck_assert_int_eq(lua_resume(co, L, 2), LUA_YIELD);
    ck_assert_int_eq((int)lua_tointeger(co, -1), 3);
    moonlet_state *yielded = moonlet_puc_state(L);
    luaL_unref(L, LUA_REGISTRYINDEX, ref);
    lua_pop(co, 1);
    lua_pushliteral(co, "given");
    ck_assert_int_eq(lua_resume(co, L, 1), LUA_OK);
    lua_settop(L, 1);
    lua_pushliteral(L, "other");

    restored(L, yielded);
    ck_assert_int_eq(lua_gettop(L), 3);
    ck_assert_ptr_eq(lua_tothread(L, 3), co);
    ck_assert_int_eq(lua_status(co), LUA_YIELD);
    ck_assert_int_eq(lua_gettop(co), 1);
    ck_assert_int_eq((int)lua_tointeger(co, -1), 3);
    lua_rawgeti(L, LUA_REGISTRYINDEX, ref);
    ck_assert_str_eq(lua_tostring(L, -1), "referenced");

    restored(L, fresh);
    ck_assert_str_eq(lua_tostring(L, 1), "below");
    ck_assert_int_eq(lua_type(L, 2), LUA_TTABLE);
    ck_assert_int_eq(lua_gettop(L), 3);
    ck_assert_int_eq(lua_status(co), LUA_OK);
    ck_assert_int_eq(lua_gettop(co), 3);
    ck_assert_int_eq(lua_resume(co, L, 2), LUA_YIELD);
    ck_assert_int_eq((int)lua_tointeger(co, -1), 3);
    moonlet_release(fresh);
    moonlet_release(yielded);
    lua_close(L);
}
END_TEST

/* A state without stacks empties them. */
START_TEST(other_states_have_no_stacks)
{
    lua_State *L = opened("x = 1");
    for (int i = 0; i < 200; i++) lua_pushinteger(L, i);
    moonlet_state *s = world("y = 2");
    restored(L, s);
    ck_assert_int_eq(lua_gettop(L), 0);
    ck_assert_double_eq(number(L, "x == nil and y"), 2);
    ck_assert_int_eq(lua_pushthread(L), 1);
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
    ck_assert_ptr_eq(lua_tothread(L, -1), L);
    moonlet_release(s);
    lua_close(L);
}
END_TEST

/* States that came by calls of moonlet.h have the stacks of that from which they came. */
START_TEST(runs_by_moonlet)
{
    lua_State *L = opened("function add(n) total = (total or 0) + n return total end");
    lua_pushliteral(L, "on the stack");
    moonlet_state *s = moonlet_puc_state(L);
    moonlet_value five = moonlet_number(5);
    moonlet_result r = moonlet_call_function(s, "add", &five, 1);
    assert_ok(r);
    r.state = moonlet_next(s, &r);
    ck_assert_double_eq(number(L, "total == nil and 1"), 1);
    restored(L, r.state);
    ck_assert_double_eq(number(L, "total"), 5);
    ck_assert_str_eq(lua_tostring(L, 1), "on the stack");
    moonlet_release(r.state);
    lua_close(L);
}
END_TEST

START_TEST(values_of_both)
{
    lua_State *L = opened("t = {x = {7}}");
    lua_getglobal(L, "t");
    moonlet_value t = moonlet_puc_value(L, -1), none = moonlet_puc_value(L, 9);
    ck_assert_int_eq(moonlet_type_of(none), MOONLET_NIL);
    moonlet_state *s = moonlet_puc_state(L);
    moonlet_value x = moonlet_raw_get(s, t, moonlet_text("x"));
    moonlet_puc_push(L, x);
    lua_rawgeti(L, -1, 1);
    ck_assert_int_eq((int)lua_tointeger(L, -1), 7);
    moonlet_release(s);
    lua_close(L);
}
END_TEST

/* What an image keeps of it -------------------------------------------------------------- */

START_TEST(saved)
{
    lua_State *L = opened("hp = 10 co = coroutine.create(function(a) a = a + coroutine.yield() "
                          "return a end) coroutine.resume(co, 40)");
    lua_pushinteger(L, 42);
    moonlet_state *s = moonlet_puc_state(L);
    char *message = NULL;
    moonlet_image *i = moonlet_image_save(s, NULL, NULL, &message);
    ck_assert_msg(i != NULL, "%s", message);
    size_t length;
    const char *bytes = moonlet_image_bytes(i, &length);
    moonlet_image *j = moonlet_image_load(bytes, length, NULL, NULL, &message);
    ck_assert_msg(j != NULL, "%s", message);
    moonlet_state *back = moonlet_image_state(j);
    lua_State *other = moonlet_puc_open(back);
    ck_assert_int_eq(lua_gettop(other), 1);
    ck_assert_int_eq((int)lua_tointeger(other, 1), 42);
    ck_assert_double_eq(number(other, "hp + select(2, coroutine.resume(co, 2))"), 52);
    lua_close(other);
    moonlet_image_release(i);
    moonlet_image_release(j);
    moonlet_release(back);
    moonlet_release(s);
    lua_close(L);
}
END_TEST

static int of_c(lua_State *L)
{
    lua_pushinteger(L, 1);
    return 1;
}

static void not_saved(lua_State *L, const char *expected)
{
    char *message = NULL;
    moonlet_state *s = moonlet_puc_state(L);
    ck_assert_ptr_null(moonlet_image_save(s, NULL, NULL, &message));
    ck_assert_str_eq(message, expected);
    free(message);
    moonlet_release(s);
}

static lua_State *loaded_from(const moonlet_state *s, const moonlet_image_host *host)
{
    char *message = NULL;
    moonlet_image *i = moonlet_image_save(s, NULL, NULL, &message);
    ck_assert_msg(i != NULL, "%s", message);
    size_t length;
    const char *bytes = moonlet_image_bytes(i, &length);
    moonlet_image *j = moonlet_image_load(bytes, length, NULL, host, &message);
    ck_assert_msg(j != NULL, "%s", message);
    moonlet_state *back = moonlet_image_state(j);
    lua_State *L = moonlet_puc_open(back);
    moonlet_release(back);
    moonlet_image_release(i);
    moonlet_image_release(j);
    return L;
}

static int counts(lua_State *L)
{
    lua_Integer n = lua_tointeger(L, lua_upvalueindex(1)) + 1;
    lua_pushinteger(L, n);
    lua_pushvalue(L, -1);
    lua_replace(L, lua_upvalueindex(1));
    return 1;
}

/* Functions that have names go with what they have captured, and are the same as those that are
 * pushed later. */
START_TEST(functions_saved)
{
    lua_State *L = opened("");
    moonlet_puc_name_function("counts", counts);
    moonlet_puc_name_function("of_c", of_c);
    for (int i = 0; i < 2; i++) {
        lua_pushinteger(L, 10 * i);
        lua_pushcclosure(L, counts, 1);
        lua_setglobal(L, i ? "b" : "a");
    }
    lua_register(L, "f", of_c);
    lua_register(L, "g", of_c);
    does(L, "a() a2 = a");
    moonlet_state *s = moonlet_puc_state(L);
    lua_State *other = loaded_from(s, NULL);
    ck_assert_double_eq(number(other, "a() + a2() + b()"), 2 + 3 + 11);
    ck_assert_double_eq(number(other, "f == g and f() or 0"), 1);
    lua_pushcfunction(other, of_c);
    lua_getglobal(other, "f");
    ck_assert(lua_rawequal(other, -1, -2));
    ck_assert_ptr_eq(lua_tocfunction(other, -1), of_c);
    ck_assert_double_eq(number(L, "a()"), 2);
    /* deltas: to what was saved, of what has come since */
    moonlet_image *base = moonlet_image_save(s, NULL, NULL, NULL);
    lua_register(L, "h", of_c);
    lua_pushinteger(L, 100);
    lua_pushcclosure(L, counts, 1);
    lua_setglobal(L, "c");
    moonlet_state *later = moonlet_puc_state(L);
    char *message = NULL;
    moonlet_image *delta = moonlet_image_save(later, base, NULL, &message);
    ck_assert_msg(delta != NULL, "%s", message);
    size_t length;
    const char *bytes = moonlet_image_bytes(base, &length);
    moonlet_image *first = moonlet_image_load(bytes, length, NULL, NULL, &message);
    ck_assert_msg(first != NULL, "%s", message);
    bytes = moonlet_image_bytes(delta, &length);
    moonlet_image *second = moonlet_image_load(bytes, length, first, NULL, &message);
    ck_assert_msg(second != NULL, "%s", message);
    moonlet_state *back = moonlet_image_state(second);
    lua_State *again = moonlet_puc_open(back);
    ck_assert_double_eq(number(again, "h == f and c() + a()"), 101 + 3);
    lua_close(again);
    moonlet_release(back);
    moonlet_image_release(first);
    moonlet_image_release(second);
    moonlet_image_release(delta);
    moonlet_image_release(base);
    moonlet_release(later);
    moonlet_release(s);
    lua_close(other);
    lua_close(L);
}
END_TEST

/* Whatever bytes say of C functions, they are those that have names, with cells. */
START_TEST(hostile_bytes)
{
    enum { MUTATIONS = 3000 };
    lua_State *L =
        opened("for k in pairs(_G) do if k ~= '_G' and k ~= 'pcall' then _G[k] = nil end end "
               "debug = nil");
    moonlet_puc_name_function("counts", counts);
    moonlet_puc_name_function("of_c", of_c);
    lua_pushinteger(L, 5);
    lua_pushcclosure(L, counts, 1);
    lua_setglobal(L, "a");
    lua_register(L, "f", of_c);
    moonlet_state *s = moonlet_puc_state(L);
    moonlet_image *i = moonlet_image_save(s, NULL, NULL, NULL);
    size_t length;
    const char *bytes = moonlet_image_bytes(i, &length);
    uint8_t *copy = malloc(length);
    uint64_t random = 88172645463325252u;
    unsigned loaded = 0;
    for (int n = 0; n < MUTATIONS; n++) {
        memcpy(copy, bytes, length);
        for (int k = 0; k <= n % 3; k++) {
            random ^= random << 13, random ^= random >> 7, random ^= random << 17;
            copy[IMAGE_HEADER + random % (length - IMAGE_HEADER)] = (uint8_t)(random >> 40);
        }
        image_hash(copy, length, copy + IMAGE_AT_HASH);
        moonlet_image *j = moonlet_image_load((char *)copy, length, NULL, NULL, NULL);
        if (!j) continue;
        loaded++;
        moonlet_limits limits = {.steps = 10000, .bytes = 1 << 20};
        moonlet_state *back = moonlet_image_state(j), *limited = moonlet_limit(back, &limits);
        moonlet_result r = moonlet_do(limited, "pcall(a) pcall(a) pcall(f) return a, f");
        moonlet_release(r.state);
        moonlet_release(limited);
        moonlet_release(back);
        moonlet_image_release(j);
    }
    ck_assert_uint_gt(loaded, 0);
    ck_assert_uint_lt(loaded, MUTATIONS);
    free(copy);
    moonlet_image_release(i);
    moonlet_release(s);
    lua_close(L);
}
END_TEST

/* A light userdata that is NULL, as cjson.null. */
START_TEST(null_saved)
{
    lua_State *L = opened("");
    lua_pushlightuserdata(L, NULL);
    lua_setglobal(L, "null");
    does(L, "t = {[null] = 7}");
    moonlet_state *s = moonlet_puc_state(L);
    lua_State *other = loaded_from(s, NULL);
    ck_assert_double_eq(number(other, "t[null]"), 7);
    moonlet_release(s);
    lua_close(other);
    lua_close(L);
}
END_TEST

static int of_c_too(lua_State *L)
{
    lua_pushinteger(L, 2);
    return 1;
}

/* What is C's, can be reached and has no name is refused, with the path. */
START_TEST(refused)
{
    lua_State *L = opened("t = {{}}");
    lua_register(L, "gone", of_c);
    does(L, "gone() gone = nil");
    moonlet_state *s = moonlet_puc_state(L);
    moonlet_image *i = moonlet_image_save(s, NULL, NULL, NULL);
    ck_assert_ptr_nonnull(i);
    moonlet_image_release(i);
    moonlet_release(s);

    lua_pushcfunction(L, of_c_too);
    lua_setglobal(L, "f");
    not_saved(L, "cannot save a C function that has no name (_G.f)");
    does(L, "f = nil");
    lua_newuserdata(L, 10);
    lua_setglobal(L, "u");
    not_saved(L, "cannot save a userdata of an unknown type (_G.u)");
    does(L, "u = nil");
    lua_pushlightuserdata(L, &L);
    lua_setglobal(L, "l");
    not_saved(L, "cannot save a light userdata (_G.l)");
    lua_close(L);
}
END_TEST

/* Forks ---------------------------------------------------------------------------------- */

static void *work(void *state)
{
    lua_State *L = moonlet_puc_open(state);
    double sum = 0;
    for (int i = 0; i < 50; i++) {
        does(L, "n = n + 1 local t = {} for i = 1, 1000 do t[i] = {i} end list[n] = t");
        sum = number(L, "n + #list + list[n][1000][1]");
    }
    double *answer = malloc(sizeof *answer);
    *answer = sum + lua_gettop(L);
    lua_close(L);
    return answer;
}

START_TEST(forks_in_threads)
{
    lua_State *L = opened("n = 0 list = {}");
    lua_pushliteral(L, "x");
    moonlet_state *s = moonlet_puc_state(L);
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, work, s);
    for (int i = 0; i < 3; i++) {
        void *answer;
        pthread_join(threads[i], &answer);
        ck_assert_double_eq(*(double *)answer, 50 + 50 + 1000 + 1);
        free(answer);
    }
    ck_assert_double_eq(number(L, "n + #list"), 0);
    moonlet_release(s);
    lua_close(L);
}
END_TEST

/* Full userdata are given back once, by whom nobody else can have them. */
static int closed[4];
static int close_resource(lua_State *L)
{
    closed[*(int *)lua_touserdata(L, 1)]++;
    return 0;
}
static int new_resource(lua_State *L)
{
    int n = (int)luaL_checkinteger(L, 1);
    *(int *)lua_newuserdata(L, sizeof n) = n;
    if (luaL_newmetatable(L, "resource")) {
        lua_pushcfunction(L, close_resource);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    return 1;
}

START_TEST(closing_a_fork)
{
    memset(closed, 0, sizeof closed);
    lua_State *L = opened("");
    lua_register(L, "resource", new_resource);
    does(L, "a = resource(1)");
    moonlet_state *s = moonlet_puc_state(L);
    lua_State *fork = moonlet_puc_open(s);
    moonlet_release(s);
    does(fork, "b = resource(2)");
    does(L, "c = resource(3)");
    lua_close(fork);
    ck_assert_int_eq(closed[1], 0); /* L has it */
    ck_assert_int_eq(closed[2], 1);
    ck_assert_int_eq(closed[3], 0);
    lua_close(L);
    ck_assert_int_eq(closed[2], 1);
    ck_assert_int_eq(closed[3], 1);
}
END_TEST

/* Misuse --------------------------------------------------------------------------------- */

static moonlet_state *kept;
static int restore_inside(lua_State *L)
{
    const char *why = moonlet_puc_restore(L, kept);
    return why ? luaL_error(L, "%s", why) : 0;
}

START_TEST(not_while_functions_run)
{
    lua_State *L = opened("x = 1");
    kept = moonlet_puc_state(L);
    does(L, "x = 2");
    lua_register(L, "restore", restore_inside);
    luaL_loadstring(L, "coroutine.wrap(restore)()");
    ck_assert_int_eq(lua_pcall(L, 0, 0, 0), LUA_ERRRUN);
    ck_assert_ptr_nonnull(strstr(lua_tostring(L, -1), "functions are running"));
    ck_assert_double_eq(number(L, "x"), 2);
    lua_pop(L, 1);
    moonlet_release(kept);
    lua_close(L);
}
END_TEST

static const char *reading(lua_State *L, void *data, size_t *size)
{
    (void)data;
    *size = 0;
    ck_assert_str_eq(moonlet_puc_restore(L, kept), "functions are running");
    return NULL;
}

START_TEST(not_while_a_chunk_is_read)
{
    lua_State *L = opened("");
    kept = moonlet_puc_state(L);
    ck_assert_int_eq(lua_load(L, reading, NULL, "=read", NULL), LUA_OK);
    moonlet_release(kept);
    lua_close(L);
}
END_TEST

static moonlet_state *inside;
static int take_inside(lua_State *L)
{
    int count = lua_gettop(L);
    for (int i = 0; i < 40; i++) lua_pushinteger(L, i);
    inside = moonlet_puc_state(L);
    ck_assert_int_eq(lua_gettop(L), count + 40);
    for (int i = 0; i < 40; i++) ck_assert_int_eq((int)lua_tointeger(L, count + 1 + i), i);
    lua_settop(L, count);
    lua_pushliteral(L, "went on");
    return 1;
}

/* In mid-run a state is for looking; what C held on its stack is not there to go on. */
START_TEST(taken_in_a_c_function)
{
    lua_State *L = opened("x = 1");
    lua_register(L, "take", take_inside);
    does(L, "local up = {7} y = take(up) x = up[1]");
    ck_assert_double_eq(number(L, "y == 'went on' and x"), 7);
    ck_assert(moonlet_is_paused(inside));
    assert_number(moonlet_global(inside, "x"), 1);
    ck_assert_double_eq(number_in(inside, "x + 1"), 2);
    ck_assert_str_eq(moonlet_puc_restore(L, inside), "the state holds a paused program");
    ck_assert_ptr_null(moonlet_puc_open(inside));
    assert_error(moonlet_resume(inside), MOONLET_ERROR_RUNTIME,
                 "the C function that called is gone");
    ck_assert_double_eq(number(L, "x"), 7);
    moonlet_release(inside);
    lua_close(L);
}
END_TEST

/* It has the stacks of all handles, as they are below the functions that run. */
START_TEST(stacks_are_taken_in_a_c_function)
{
    lua_State *L = opened("");
    lua_register(L, "take", take_inside);
    lua_pushliteral(L, "below");
    lua_State *co = lua_newthread(L), *waits = lua_newthread(L);
    lua_pushliteral(co, "of a thread");
    lua_pushinteger(waits, 3);
    luaL_loadstring(waits, "return 'end', coroutine.yield(...)");
    lua_pushinteger(waits, 4);
    ck_assert_int_eq(lua_resume(waits, L, 1), LUA_YIELD);
    luaL_loadstring(L, "local ok = pcall(take) done = (done or 0) + 1 return ok, ...");
    lua_pushinteger(L, 5);
    ck_assert_int_eq(lua_pcall(L, 1, 2, 0), LUA_OK);
    ck_assert_int_eq(lua_gettop(L), 5);
    lua_settop(L, 0);
    lua_settop(co, 0);
    lua_settop(waits, 0);
    ck_assert_int_eq(lua_resume(waits, L, 0), LUA_OK);
    moonlet_result r = moonlet_resume(inside);
    assert_ok(r);
    moonlet_state *s = moonlet_next(NULL, &r);
    restored(L, s);
    ck_assert_double_eq(number(L, "done"), 1);
    ck_assert_int_eq(lua_gettop(L), 3);
    ck_assert_str_eq(lua_tostring(L, 1), "below");
    ck_assert_ptr_eq(lua_tothread(L, 2), co);
    ck_assert_str_eq(lua_tostring(co, 1), "of a thread");
    ck_assert_int_eq(lua_gettop(waits), 1);
    ck_assert_int_eq((int)lua_tointeger(waits, 1), 4);
    lua_settop(waits, 0);
    ck_assert_int_eq(lua_resume(waits, L, 0), LUA_OK);
    ck_assert_int_eq(lua_gettop(waits), 2);
    ck_assert_int_eq((int)lua_tointeger(waits, 1), 3);
    ck_assert_str_eq(lua_tostring(waits, 2), "end");
    moonlet_release(s);
    moonlet_release(inside);
    lua_close(L);
}
END_TEST

static int wait_for_take(lua_State *L)
{
    lua_State *co = lua_newthread(L);
    lua_pushliteral(L, "shown while it waits");
    lua_pushcfunction(co, take_inside);
    ck_assert_int_eq(lua_resume(co, L, 0), LUA_OK);
    ck_assert_str_eq(lua_tostring(co, -1), "went on");
    ck_assert_str_eq(lua_tostring(L, -1), "shown while it waits");
    return 0;
}

/* What a C function has that waits for a coroutine is not on its handle's own stack. */
START_TEST(stacks_are_taken_while_others_wait)
{
    lua_State *L = opened("");
    lua_register(L, "wait", wait_for_take);
    lua_pushliteral(L, "below");
    luaL_loadstring(L, "pcall(wait) done = (done or 0) + 1");
    ck_assert_int_eq(lua_pcall(L, 0, 0, 0), LUA_OK);
    ck_assert_int_eq(lua_gettop(L), 1);
    moonlet_result r = moonlet_resume(inside);
    assert_ok(r);
    moonlet_state *s = moonlet_next(NULL, &r);
    restored(L, s);
    ck_assert_double_eq(number(L, "done"), 1);
    ck_assert_int_eq(lua_gettop(L), 1);
    ck_assert_str_eq(lua_tostring(L, 1), "below");
    moonlet_release(s);
    moonlet_release(inside);
    lua_close(L);
}
END_TEST

/* A state that the program resumes itself goes on from a yield any number of times. */
START_TEST(resumed_by_the_program)
{
    lua_State *L = opened("");
    lua_pushliteral(L, "below");
    luaL_loadstring(L, "local a = ... local b = coroutine.yield(a) x = a + b return x");
    lua_pushinteger(L, 5);
    ck_assert_int_eq(lua_resume(L, NULL, 1), LUA_YIELD);
    moonlet_state *s = moonlet_puc_state(L);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(lua_gettop(L), 1);
        lua_pushinteger(L, i);
        ck_assert_int_eq(lua_resume(L, NULL, 1), LUA_OK);
        ck_assert_int_eq(lua_gettop(L), 2);
        ck_assert_int_eq((int)lua_tointeger(L, 2), 5 + i);
        ck_assert_double_eq(number(L, "x"), 5 + i);
        ck_assert_str_eq(lua_tostring(L, 1), "below");
        restored(L, s);
        ck_assert_int_eq(lua_status(L), LUA_YIELD);
        ck_assert_double_eq(number(L, "x or 0"), 0);
        lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
        ck_assert_ptr_eq(lua_tothread(L, -1), L);
        lua_pop(L, 1);
    }
    lua_State *fork = moonlet_puc_open(s);
    ck_assert_int_eq(lua_status(fork), LUA_YIELD);
    lua_pushinteger(fork, 9);
    ck_assert_int_eq(lua_resume(fork, NULL, 1), LUA_OK);
    ck_assert_int_eq((int)lua_tointeger(fork, 2), 14);
    lua_close(fork);
    moonlet_release(s);
    lua_close(L);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("world");
    tcase_add_test(t, goes_back);
    tcase_add_test(t, stacks_go_back);
    tcase_add_test(t, other_states_have_no_stacks);
    tcase_add_test(t, runs_by_moonlet);
    tcase_add_test(t, values_of_both);
    tcase_add_test(t, saved);
    tcase_add_test(t, functions_saved);
    tcase_add_test(t, hostile_bytes);
    tcase_add_test(t, null_saved);
    tcase_add_test(t, refused);
    tcase_add_test(t, forks_in_threads);
    tcase_add_test(t, closing_a_fork);
    tcase_add_test(t, not_while_functions_run);
    tcase_add_test(t, not_while_a_chunk_is_read);
    tcase_add_test(t, taken_in_a_c_function);
    tcase_add_test(t, stacks_are_taken_in_a_c_function);
    tcase_add_test(t, stacks_are_taken_while_others_wait);
    tcase_add_test(t, resumed_by_the_program);
    return run_suite(t);
}
