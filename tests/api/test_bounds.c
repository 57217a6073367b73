/* SPDX-License-Identifier: MIT */
/*
 * What the host does with a state's data has the state's limits: terms, copies, digests and
 * messages of processes are bounded in values, bytes, depth and time, whatever the data are,
 * and no depth of tables needs C stack.
 */
#include "api_test.h"

#include <stdio.h>

static moonlet_state *limited(moonlet_state *s, uint64_t steps, uint64_t bytes)
{
    const moonlet_limits limits = {.steps = steps, .bytes = bytes};
    moonlet_state *l = moonlet_limit(s, &limits);
    moonlet_release(s);
    return l;
}

static moonlet_state *decoding(moonlet_state *s, moonlet_decode_options o)
{
    moonlet_state *d = moonlet_set_decoding(s, &o);
    moonlet_release(s);
    return d;
}

/* Values that are small, and large as terms: each is the body of a function. */
static const char *const large[] = {
    "local t = {} for i = 1, 30 do t = {t, t} end return t",
    "local t = {} for i = 1, 30 do t = {[t] = t, x = {t}} end return t",
    "local t = {} for i = 1, 14 do t = {t, t, t, t, t, t, t, t} end return t",
    "local s, t = ('x'):rep(100000), {} for i = 1, 10000 do t[i] = s end return t",
    "local s, t = ('x'):rep(100000), {} for i = 1, 10000 do t[{}] = s end return t",
    "local t = {} for i = 1, 100000 do t[i] = i % 2 == 0 end return t",
    "local t = {} for i = 1, 20000 do t[i] = print end return {t, t}",
    "local u, t = {}, {} for i = 1, 200 do u[i] = i end for i = 1, 5000 do t[i] = u end return "
    "t",
    "local t = {} for i = 1, 20000 do t = {t} end return t",
};
enum { LARGE = sizeof large / sizeof *large, STEPS = 1000000, BYTES = 3000000 };

static char source_of[1024];
static const char *in_function(const char *before, int i, const char *after_)
{
    snprintf(source_of, sizeof source_of, "%sfunction() %s end%s", before, large[i], after_);
    return source_of;
}

static void assert_limited(moonlet_result r, const moonlet_term *t, int i)
{
    ck_assert_ptr_null(t);
    ck_assert_msg(r.status == MOONLET_FAILED, "%s", large[i]);
    ck_assert_int_eq(r.error->kind, MOONLET_ERROR_LIMIT);
    ck_assert_msg(r.limit == MOONLET_LIMIT_BYTES || r.limit == MOONLET_LIMIT_STEPS, "%d",
                  r.limit);
    ck_assert_ptr_nonnull(strstr(r.error->message, "cannot decode more than "));
    ck_assert_double_eq(number_in(r.state, "mark"), 1); /* it can be used on */
    moonlet_release(r.state);
}

static void assert_no_term(const moonlet_term *t, char *message)
{
    ck_assert_ptr_null(t);
    ck_assert_msg(strstr(message, "cannot decode more than ") != NULL, "%s", message);
    free(message);
}

static moonlet_state *large_world(int i)
{
    moonlet_state *s = limited(world("mark = 1"), STEPS, BYTES);
    s = after(s, in_function("f = ", i, " o = {m = f}"));
    return after(s, "v = f()");
}

START_TEST(all_that_give_terms_are_bounded)
{
    moonlet_state *s = large_world(_i);
    moonlet_term *t = NULL;
    moonlet_result r = moonlet_call_function_terms(s, "f", NULL, &t);
    assert_limited(r, t, _i);
    r = moonlet_call_method_terms(s, "o.m", NULL, &t);
    assert_limited(r, t, _i);
    r = moonlet_do_terms(s, large[_i], &t);
    assert_limited(r, t, _i);
    r = moonlet_get_term(s, "v", &t);
    assert_limited(r, t, _i);
    char *message = NULL;
    t = moonlet_eval(s, "return v", &message);
    assert_no_term(t, message);
    moonlet_value v[2] = {moonlet_number(1), moonlet_global(s, "v")};
    t = moonlet_decode(s, v[1], 0, &message);
    assert_no_term(t, message);
    t = moonlet_decode_list(s, v, 2, 0, &message);
    assert_no_term(t, message);
    moonlet_release(s);
}
END_TEST

START_TEST(items_of_a_map_are_bounded)
{
    moonlet_state *s = large_world(_i);
    for (unsigned processes = 0; processes < 2; processes++) {
        moonlet_map_options o = {
            .threads = 2, .processes = processes, .give = MOONLET_GIVE_TERMS};
        moonlet_value one = moonlet_number(1);
        moonlet_items all = moonlet_map(s, moonlet_global(s, "f"), &one, 1, &o);
        ck_assert_uint_eq(all.failed, 1);
        ck_assert_int_eq(all.items[0].status, MOONLET_FAILED);
        ck_assert_ptr_null(all.items[0].terms);
        ck_assert_ptr_nonnull(strstr(all.items[0].error->message, "more than "));
        moonlet_items_release(&all);
    }
    moonlet_release(s);
}
END_TEST

static moonlet_term *count_arguments(void *user, const moonlet_term *args, char **error)
{
    (void)error;
    *(size_t *)user += 1;
    return moonlet_term_list(1, moonlet_term_number((double)moonlet_term_count(args)));
}

/* A program that makes its host decode pays for that, and is told when it is too much. */
START_TEST(arguments_of_host_functions_are_bounded)
{
    size_t calls = 0;
    const moonlet_entry entries[] = {
        {.name = "g", .term_call = count_arguments, .user = &calls}, {.name = NULL}};
    moonlet_state *s = large_world(_i);
    moonlet_result r = moonlet_load_module(s, "host", entries);
    s = moonlet_next(s, &r);
    r = moonlet_do(s, "ok, message = pcall(host.g, v)");
    if (r.status == MOONLET_OK) {
        assert_ok(moonlet_do(r.state, "assert(not ok and message:find('more than', 1, true))"));
    } else {
        ck_assert_int_eq(r.status, MOONLET_PAUSED);
    }
    ck_assert_uint_eq(calls, 0);
    moonlet_release(r.state);
    r = moonlet_do(s, "local t = {} for i = 1, 10 do t[i] = i end return host.g(t, 2)");
    assert_ok(r);
    assert_number(r.values[0], 2);
    moonlet_release(r.state);
    r = moonlet_do(s,
                   "local t = {} for i = 1, 900 do t[i] = i end while true do host.g(t) end");
    ck_assert_int_eq(r.status, MOONLET_PAUSED);
    ck_assert_msg(calls < BYTES / 900, "%zu calls", calls);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

START_TEST(a_state_as_data_is_bounded)
{
    moonlet_state *s = limited(world("T = {} U = {} for i = 1, 20 do T['a' .. i] = "
                                     "('x'):rep(100000) end for i = 1, 10000 do U[i] = "
                                     "T.a1 end"),
                               STEPS, BYTES);
    char *message;
    moonlet_term *t = moonlet_externalize(s, &message);
    assert_no_term(t, message);
    moonlet_release(s);
}
END_TEST

/* Sharing ----------------------------------------------------------------------------- */

START_TEST(sharing_is_kept_where_asked)
{
    moonlet_state *s = decoding(limited(moonlet_init(), STEPS, BYTES),
                                (moonlet_decode_options){.flags = MOONLET_DECODE_REFERENCES});
    moonlet_term *t;
    moonlet_result r = moonlet_do_terms(
        s, "local t = {7} for i = 1, 30 do t = {t, t} end t.self = t return t, t", &t);
    assert_ok(r);
    moonlet_release(r.state);
    ck_assert_ptr_eq(moonlet_term_target(moonlet_term_item(t, 1)), moonlet_term_item(t, 0));
    r = moonlet_encode_list(s, t);
    moonlet_term_free(t);
    assert_ok(r);
    moonlet_value v[2] = {r.values[0], r.values[1]};
    moonlet_state *at = r.state;
    r = moonlet_load(at, "local a, b = ... local n, x = 0, a while x[2] do assert(x[1] == "
                         "x[2]) x, n = x[1], n + 1 end return n, a == b and a.self == a");
    moonlet_state *loaded = r.state;
    r = moonlet_call(loaded, r.values[0], v, 2);
    assert_ok(r);
    assert_number(r.values[0], 30);
    ck_assert(moonlet_is_true(r.values[1]));
    moonlet_release(r.state);
    moonlet_release(loaded);
    moonlet_release(at);
    moonlet_release(s);
}
END_TEST

/* Options ----------------------------------------------------------------------------- */

static void assert_decodes(const char *source, moonlet_decode_options o, const char *error)
{
    moonlet_state *s = decoding(moonlet_init(), o);
    moonlet_term *t;
    moonlet_result r = moonlet_do_terms(s, source, &t);
    if (error)
        ck_assert_msg(r.error && strcmp(r.error->message, error) == 0, "%s: %s", source,
                      r.error ? r.error->message : "no error");
    else
        ck_assert_msg(r.status == MOONLET_OK && t, "%s", source);
    moonlet_term_free(t);
    moonlet_release(r.state);
    moonlet_release(s);
}

START_TEST(options_are_exact)
{
    typedef moonlet_decode_options O;
    assert_decodes("return {1, 2, {x = 3}}", (O){.nodes = 7}, NULL);
    assert_decodes("return {1, 2, {x = 3}}", (O){.nodes = 6},
                   "cannot decode more than 6 values: value[3].x");
    assert_decodes("return {{{}}}", (O){.depth = 3}, NULL);
    assert_decodes("return {{{}}}", (O){.depth = 2},
                   "cannot decode more than 2 tables deep: value[1][1]");
    assert_decodes("return ('x'):rep(1000)", (O){.bytes = 2000}, NULL);
    assert_decodes("return ('x'):rep(1000)", (O){.bytes = 1000},
                   "cannot decode more than 1000 bytes: value");
    assert_decodes("local t = {} t[1] = t return t", (O){.nodes = 10},
                   "cyclic table: value[1] is value");
    assert_decodes("local t = {} t[1] = t return t",
                   (O){.nodes = 10, .flags = MOONLET_DECODE_REFERENCES}, NULL);
}
END_TEST

START_TEST(time_and_interrupts_end_a_walk)
{
    volatile int now = 1;
    moonlet_state *s = world("t = {} for i = 1, 22 do t = {t, t} end");
    const moonlet_limits time = {.nanoseconds = 1}, flag = {.interrupt = &now};
    moonlet_state *timed = moonlet_limit(s, &time), *flagged = moonlet_limit(s, &flag);
    char *message;
    ck_assert_ptr_null(moonlet_decode(timed, moonlet_global(s, "t"), 0, &message));
    ck_assert_ptr_nonnull(strstr(message, "cannot decode value: out of time"));
    free(message);
    ck_assert_ptr_null(moonlet_decode(flagged, moonlet_global(s, "t"), 0, &message));
    ck_assert_ptr_nonnull(strstr(message, "interrupted!"));
    free(message);
    uint64_t digest = 5;
    ck_assert(!moonlet_digest_limited(timed, &digest));
    ck_assert_uint_eq(digest, 5);
    moonlet_release(flagged);
    moonlet_release(timed);
    moonlet_release(s);
}
END_TEST

/* Others ------------------------------------------------------------------------------ */

START_TEST(digests_look_at_each_thing_once)
{
    moonlet_state *few = world("local s = ('x'):rep(1e6) T = {} for i = 1, 10 do T[i] = s end");
    moonlet_state *many =
        world("local s = ('x'):rep(1e6) T = {} for i = 1, 100000 do T[i] = s end");
    moonlet_state *same = world("T = {} for i = 1, 10 do T[i] = ('x'):rep(1e6) end");
    moonlet_state *other = world("T = {} for i = 1, 10 do T[i] = ('x'):rep(1e6) end "
                                 "T[10] = ('x'):rep(1e6 - 1) .. 'y'");
    ck_assert_uint_eq(moonlet_digest(few), moonlet_digest(same));
    ck_assert_uint_ne(moonlet_digest(few), moonlet_digest(many)); /* 100 GB of bytes */
    ck_assert_uint_ne(moonlet_digest(few), moonlet_digest(other));
    moonlet_state *l = limited(moonlet_retain(many), 1000, 0);
    uint64_t digest;
    ck_assert(!moonlet_digest_limited(l, &digest));
    ck_assert(moonlet_digest_limited(many, &digest));
    ck_assert_uint_eq(digest, moonlet_digest(many));
    moonlet_release(l);
    moonlet_release(other);
    moonlet_release(same);
    moonlet_release(many);
    moonlet_release(few);
}
END_TEST

START_TEST(imports_are_bounded)
{
    moonlet_state *from = world("t = {} for i = 1, 10000 do t[i] = {} end"
                                " u = {} for i = 1, 10000 do u['k' .. i] = {u} end"
                                " local function f(n) if n > 0 then return 1 + f(n - 1) end "
                                "coroutine.yield() end co = coroutine.create(f) "
                                "coroutine.resume(co, 20000)");
    static const char *const names[] = {"t", "u", "co"};
    moonlet_state *to = limited(moonlet_init(), STEPS, 100000);
    for (int i = 0; i < 3; i++) {
        moonlet_value v = moonlet_global(from, names[i]);
        moonlet_result r = moonlet_import(to, from, &v, 1, NULL);
        ck_assert_msg(r.status == MOONLET_FAILED, "%s", names[i]);
        ck_assert_int_eq(r.error->kind, MOONLET_ERROR_LIMIT);
        ck_assert_int_eq(r.limit, MOONLET_LIMIT_BYTES);
        ck_assert_ptr_nonnull(strstr(r.error->message, "more than 100000 bytes"));
        moonlet_release(r.state);
        moonlet_state *plain = moonlet_init();
        r = moonlet_import(plain, from, &v, 1, NULL);
        assert_ok(r);
        moonlet_release(r.state);
        moonlet_release(plain);
    }
    moonlet_release(to);
    moonlet_release(from);
}
END_TEST

/* A long string goes through a pipe once. */
START_TEST(messages_of_processes_are_bounded)
{
    moonlet_state *s = world("s = ('x'):rep(1e6) function f(n) local t = {} for i = 1, n do "
                             "t[i] = s .. '' end for i = 1, n do t['k' .. i] = t[1] end "
                             "return t end function g(t) return #t, #t[1000], t.k7 == s end");
    moonlet_map_options o = {.processes = 1};
    moonlet_value n = moonlet_number(2000);
    moonlet_items all = moonlet_map(s, moonlet_global(s, "f"), &n, 1, &o);
    ck_assert_int_eq(all.items[0].status, MOONLET_OK);
    moonlet_result r =
        moonlet_call(all.state, moonlet_global(all.state, "g"), all.items[0].values, 1);
    assert_ok(r);
    assert_number(r.values[0], 2000);
    assert_number(r.values[1], 1000000);
    ck_assert(moonlet_is_true(r.values[2]));
    moonlet_release(r.state);
    moonlet_items_release(&all);
    moonlet_release(s);
}
END_TEST

static void count_bytes(void *context, const char *bytes, size_t length)
{
    (void)bytes;
    *(size_t *)context += length;
}

static const char *const deep_values[] = {"t", "u", "m", "f"};
enum { DEEP = sizeof deep_values / sizeof *deep_values };

static moonlet_state *deep_world(void)
{
    return world("t = {} for i = 1, 1e5 do t = {t} end "
                 "u = {} for i = 1, 5e4 do u = {[u] = 1} end "
                 "m = {} for i = 1, 5e4 do m = setmetatable({}, m) end "
                 "f = print for i = 1, 5e4 do local g = f f = function() return g end end "
                 "function same(x) return x end");
}

START_TEST(depth_needs_no_stack)
{
    moonlet_state *s = deep_world(), *plain = moonlet_init();
    moonlet_value v = moonlet_global(s, deep_values[_i]);
    moonlet_term *t = moonlet_decode(s, v, 0, NULL);
    ck_assert_ptr_nonnull(t);
    size_t length = 0;
    moonlet_term_write(t, count_bytes, &length);
    ck_assert_uint_gt(length, 0);
    moonlet_result r = moonlet_encode(s, t);
    assert_ok(r);
    moonlet_release(r.state);
    moonlet_term_free(t);
    r = moonlet_import(plain, s, &v, 1, NULL);
    assert_ok(r);
    moonlet_release(r.state);
    moonlet_map_options o = {.processes = 1};
    moonlet_items all = moonlet_map(s, moonlet_global(s, "same"), &v, 1, &o);
    ck_assert_int_eq(all.items[0].status, MOONLET_OK);
    moonlet_items_release(&all);
    moonlet_release(plain);
    moonlet_release(s);
}
END_TEST

START_TEST(deep_states_need_no_stack)
{
    moonlet_state *s = deep_world();
    uint64_t digest = moonlet_digest(s);
    ck_assert_uint_eq(digest, moonlet_digest(s));
    ck_assert_uint_gt(moonlet_memory(s, NULL).objects, 250000);
    moonlet_term *t = moonlet_externalize(s, NULL);
    ck_assert_ptr_nonnull(t);
    moonlet_result r = moonlet_internalize(t);
    assert_ok(r);
    moonlet_release(r.state);
    moonlet_term_free(t);
    moonlet_state *frozen = moonlet_freeze(s, moonlet_globals(s), true);
    ck_assert(moonlet_is_frozen(frozen, moonlet_global(frozen, "t")));
    moonlet_release(frozen);
    moonlet_release(s);
}
END_TEST

/* The clock stops them, too: they begin again with the next slice of time. */
START_TEST(library_walks_stop_in_time)
{
    static const char *const sources[] = {"return state.digest()",
                                          "t[1].x = 1 return state.diff(s)",
                                          "state.freeze(t, true) return 1"};
    moonlet_state *s =
        world("state = require 'state' t = {{}} for i = 1, 2e5 do t[i] = {{}} end "
              "s = state.snapshot() t[2e5].x = 1");
    const moonlet_limits short_time = {.nanoseconds = 1000};
    moonlet_state *l = moonlet_limit(s, &short_time);
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        moonlet_result r = moonlet_do(l, sources[i]);
        ck_assert_msg(r.status == MOONLET_PAUSED, "%s", sources[i]);
        ck_assert_int_eq(r.limit, MOONLET_LIMIT_TIME);
        moonlet_state *more = moonlet_limit(r.state, NULL);
        moonlet_result q = moonlet_resume(more);
        assert_ok(q);
        ck_assert_uint_eq(q.count, 1);
        moonlet_release(q.state);
        moonlet_release(more);
        moonlet_release(r.state);
    }
    moonlet_release(l);
    moonlet_release(s);
}
END_TEST

/* Nothing of a program's runs in a message about it, and its size is that of its parts. */
START_TEST(messages_are_bounded)
{
    static const char *const sources[] = {
        "error(setmetatable({}, {__tostring = function() while true do end end}))",
        "error(('x'):rep(1e6))",
        "error((\"'a'\"):rep(3e5))",
        "local s = ('k'):rep(1e6) local t = {} t[s]()",
        "for i = 1, 1e5 do _G['g' .. i] = i end local function f(n) if n == 0 then "
        "table.sort({2, 1}, error) end return 1 + f(n - 1) end f(300)",
        "local function f(n, ...) if n == 0 then error('x') end return 1 + f(n - 1, ...) end "
        "f(300, table.unpack({}, 1, 250))",
        "local s = ('x'):rep(1e6) load('function ' .. s .. '(n) if n == 0 then error(1) end "
        "return 1 + ' .. s .. '(n - 1) end ' .. s .. '(300)')()",
        "local s, g = ('x'):rep(1e6), string.gsub _G[s], string.gsub = {f = g} local function "
        "f(n) if n == 0 then error() end return g('x', 'x', function() f(n - 1) end) end "
        "f(150)",
    };
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        moonlet_state *s = limited(moonlet_init(), 10000000, 40000000);
        uint64_t before = moonlet_bytes_allocated();
        moonlet_result r = moonlet_do(s, sources[i]);
        ck_assert_int_eq(r.status, MOONLET_FAILED);
        char *text = moonlet_error_format(r.error);
        ck_assert_uint_lt(strlen(text), 5000000);
        free(text);
        ck_assert_uint_lt(moonlet_bytes_allocated() - before, 100000000);
        moonlet_release(r.state);
        moonlet_release(s);
    }
}
END_TEST

/* A program names its chunks: no device without end is read for a message. */
START_TEST(chunk_names_open_no_devices)
{
    static const char *const names[] = {"/dev/zero", "/dev/urandom",  "/dev/full", "/dev",
                                        "/",         "/proc/self/mem"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char source[200];
        snprintf(source, sizeof source,
                 "local f = load('local a = 1 \\n error(a.b.c)', '@%s') f()", names[i]);
        moonlet_state *s = moonlet_init();
        moonlet_result r = moonlet_do(s, source);
        ck_assert_int_eq(r.status, MOONLET_FAILED);
        char *text = moonlet_error_format(r.error);
        ck_assert_ptr_nonnull(strstr(text, names[i]));
        ck_assert_uint_lt(strlen(text), 2000);
        free(text);
        moonlet_release(r.state);
        moonlet_release(s);
    }
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("bounds");
    tcase_add_loop_test(t, all_that_give_terms_are_bounded, 0, LARGE);
    tcase_add_loop_test(t, items_of_a_map_are_bounded, 0, LARGE);
    tcase_add_loop_test(t, arguments_of_host_functions_are_bounded, 0, LARGE);
    tcase_add_test(t, a_state_as_data_is_bounded);
    tcase_add_test(t, sharing_is_kept_where_asked);
    tcase_add_test(t, options_are_exact);
    tcase_add_test(t, time_and_interrupts_end_a_walk);
    tcase_add_test(t, digests_look_at_each_thing_once);
    tcase_add_test(t, imports_are_bounded);
    tcase_add_test(t, messages_of_processes_are_bounded);
    tcase_add_loop_test(t, depth_needs_no_stack, 0, DEEP);
    tcase_add_test(t, deep_states_need_no_stack);
    tcase_add_test(t, library_walks_stop_in_time);
    tcase_add_test(t, messages_are_bounded);
    tcase_add_test(t, chunk_names_open_no_devices);
    return run_suite(t);
}
