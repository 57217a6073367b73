/* SPDX-License-Identifier: MIT */
/* Read-only tables from outside: in forks, imports, timelines, host functions, modules. */
#include "api_test.h"

#include <stdio.h>

static const char readonly[] = "attempt to modify a readonly table";

static moonlet_state *frozen(moonlet_state *s, const char *name, bool deep)
{
    moonlet_state *f = moonlet_freeze(s, moonlet_global(s, name), deep);
    moonlet_release(s);
    return f;
}

static void assert_readonly(const moonlet_state *s, const char *source)
{
    moonlet_result r = moonlet_do(s, source);
    ck_assert_msg(r.status == MOONLET_FAILED, "%s", source);
    ck_assert_msg(strstr(r.error->message, readonly) != NULL, "%s", r.error->message);
    moonlet_release(r.state);
}

START_TEST(states_keep_what_they_had)
{
    moonlet_state *s = world("t = {1, {2}, x = {3}} function f() t.n = (t.n or 0) + 1 return "
                             "t.n end"),
                  *before = moonlet_retain(s);
    uint64_t digest = moonlet_digest(s);
    s = frozen(s, "t", true);
    ck_assert(moonlet_is_frozen(s, moonlet_global(s, "t")));
    ck_assert(!moonlet_is_frozen(before, moonlet_global(before, "t")));
    ck_assert(!moonlet_is_frozen(s, moonlet_number(1)));
    ck_assert_uint_eq(moonlet_digest(s), digest);
    for (int i = 0; i < 3; i++) { /* again and again, also after other writes */
        assert_readonly(s, "t.x = nil");
        assert_readonly(s, "t[2][1] = 5");
        assert_readonly(s, "f()");
        ck_assert_double_eq(number_in(before, "f()"), 1);
        s = after(s, "u = {t, u} setmetatable(u, {__index = t})");
    }
    ck_assert_double_eq(number_in(s, "t[1] + t[2][1] + t.x[1] + u.x[1]"), 9);
    moonlet_state *again = moonlet_freeze(s, moonlet_nil(), true);
    moonlet_release(again);
    moonlet_release(before);
    moonlet_release(s);
}
END_TEST

START_TEST(the_host_cannot_write_either)
{
    static const moonlet_entry entries[] = {{.name = NULL}};
    moonlet_state *s = frozen(world("t = {x = 1}"), "t", false);
    assert_error(moonlet_set(s, "t.x", moonlet_number(2)), MOONLET_ERROR_RUNTIME, readonly);
    assert_error(moonlet_set(s, "t.y", moonlet_number(2)), MOONLET_ERROR_RUNTIME, readonly);
    assert_error(moonlet_load_module(s, "t", entries), MOONLET_ERROR_HOST, readonly);
    moonlet_term *one = moonlet_term_number(1);
    assert_error(moonlet_set_term(s, "t.x", one), MOONLET_ERROR_RUNTIME, readonly);
    moonlet_term_free(one);
    ck_assert_double_eq(number_in(s, "t.x"), 1);
    moonlet_release(s);
}
END_TEST

static int freeze_and_write(moonlet_context *c, const moonlet_value *args, size_t count)
{
    (void)count;
    moonlet_value key = moonlet_text("host"), v = moonlet_number(1);
    bool first = moonlet_context_set(c, args[0], key, v);
    moonlet_context_freeze(c, args[0], true);
    bool second = moonlet_context_set(c, args[0], key, moonlet_nil());
    return moonlet_return_one(c, moonlet_boolean(first && !second));
}

START_TEST(host_functions_freeze)
{
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_new_function(s, "freeze", freeze_and_write, NULL);
    moonlet_value f = r.values[0];
    s = moonlet_next(s, &r);
    r = moonlet_set(s, "freeze", f);
    s = moonlet_next(s, &r);
    s = after(s, "t = {{}} assert(freeze(t)) assert(t.host == 1)");
    assert_readonly(s, "t.host = 2");
    assert_readonly(s, "t[1].x = 2");
    moonlet_release(s);
}
END_TEST

START_TEST(imports_stay_read_only)
{
    moonlet_state *from = frozen(world("t = {1, 2, {3}, k = {4}} t.self = t"), "t", false);
    moonlet_state *plain = frozen(world("t = {1, 2}"), "t", true), *to = moonlet_init();
    const moonlet_state *both[] = {from, plain};
    for (int i = 0; i < 2; i++) {
        moonlet_value v = moonlet_global(both[i], "t");
        moonlet_result r = moonlet_import(to, both[i], &v, 1, NULL);
        assert_ok(r);
        ck_assert(moonlet_is_frozen(r.state, r.values[0]));
        moonlet_value t = r.values[0];
        moonlet_state *at = r.state;
        r = moonlet_set(at, "t", t);
        assert_ok(r);
        assert_readonly(r.state, "t[1] = 2");
        assert_readonly(r.state, "table.insert(t, 1)");
        if (i == 0)
            ck_assert_double_eq(number_in(r.state, "(function() t[3].x = 1 return "
                                                   "t[3].x end)()"),
                                1);
        moonlet_release(r.state);
        moonlet_release(at);
    }
    moonlet_release(to);
    moonlet_release(plain);
    moonlet_release(from);
}
END_TEST

/* A timeline writes in place, and goes back in place. */
START_TEST(timelines_go_back_to_before)
{
    moonlet_state *s =
        world("local state = require 'state' t = {n = 0} function step() t.n = t.n + 1 return "
              "t.n end function freeze() state.freeze(t) end function try() return pcall(step) "
              "end function collect() for i = 1, 1000 do u = {u} end collectgarbage() end");
    moonlet_timeline *line = moonlet_timeline_begin(s, 100);
    for (int round = 0; round < 5; round++) {
        uint64_t frame = moonlet_timeline_frame(line);
        moonlet_result r = moonlet_timeline_call(line, "step", NULL, 0);
        assert_ok(r);
        assert_number(r.values[0], 1);
        assert_ok(moonlet_timeline_call(line, "freeze", NULL, 0));
        assert_ok(moonlet_timeline_call(line, "collect", NULL, 0));
        r = moonlet_timeline_call(line, "try", NULL, 0);
        assert_ok(r);
        ck_assert(!moonlet_is_true(r.values[0]));
        if (round == 3) {
            moonlet_state *now = moonlet_timeline_state(line);
            assert_readonly(now, "t.n = 5");
            moonlet_release(now);
        }
        ck_assert(moonlet_timeline_back(line, frame + 1));
        r = moonlet_timeline_call(line, "step", NULL, 0);
        assert_ok(r);
        assert_number(r.values[0], 2);
        ck_assert(moonlet_timeline_back(line, frame));
    }
    moonlet_timeline_end(line);
    moonlet_release(s);
}
END_TEST

/* Paused and resumed at every step, it is the same. */
START_TEST(pauses_change_nothing)
{
    moonlet_state *s = world("state = require 'state'");
    const moonlet_limits one = {.steps = 1};
    moonlet_state *l = moonlet_limit(s, &one);
    moonlet_result r = moonlet_do(l, "local t = {1, 2, 3} for i = 1, 3 do t[i] = t[i] * 2 end "
                                     "state.freeze(t) local n = 0 for i = 1, 5 do if not "
                                     "pcall(function() t[1] = i end) then n = n + 1 end end "
                                     "return n + t[1]");
    for (int i = 0; i < 1000 && r.status == MOONLET_PAUSED; i++) {
        moonlet_state *at = r.state;
        r = moonlet_resume(at);
        moonlet_release(at);
    }
    assert_ok(r);
    assert_number(r.values[0], 7);
    moonlet_release(r.state);
    moonlet_release(l);
    moonlet_release(s);
}
END_TEST

/* Programs one after the other in one world: none can change what the next finds. */
START_TEST(libraries_stay_as_they_are)
{
    static const char *const tricks[] = {
        "string.rep = nil",
        "table.insert(table, 1)",
        "rawset(math, 'pi', 3)",
        "setmetatable(os, {__index = _G})",
        "debug.setmetatable(string, {})",
        "getmetatable('').__index = nil",
        "getmetatable('').__add = print",
        "for k in pairs(string) do string[k] = nil end",
        "debug.getregistry()._LOADED.string.rep = 1",
        "table.sort(debug)",
        "local _ENV = string rep = 1",
    };
    moonlet_state *plain = moonlet_init(), *s = moonlet_freeze_libraries(plain);
    for (size_t i = 0; i < sizeof tricks / sizeof *tricks; i++) assert_readonly(s, tricks[i]);
    ck_assert_double_eq(number_in(s, "#('x'):rep(3) + math.floor(math.pi)"), 6);
    s = after(s, "x = 1 package.loaded.own = {1} require('state').freeze({})");
    ck_assert_double_eq(number_in(plain, "(function() string.rep = nil return 1 end)()"), 1);
    moonlet_release(s);
    moonlet_release(plain);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("freeze");
    tcase_add_test(t, states_keep_what_they_had);
    tcase_add_test(t, the_host_cannot_write_either);
    tcase_add_test(t, host_functions_freeze);
    tcase_add_test(t, imports_stay_read_only);
    tcase_add_test(t, timelines_go_back_to_before);
    tcase_add_test(t, pauses_change_nothing);
    tcase_add_test(t, libraries_stay_as_they_are);
    return run_suite(t);
}
