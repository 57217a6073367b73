/* SPDX-License-Identifier: MIT */
/* States, results, sources, calls, tables by path, private data. */
#include "api_test.h"

#include <stdio.h>
#include <unistd.h>

START_TEST(old_states_stay)
{
    moonlet_state *s = world("x = 1 t = {1, 2, 3}");
    moonlet_result r = moonlet_do(s, "x = x + 1 t[4] = 4 return x, #t");
    assert_ok(r);
    ck_assert_uint_eq(r.count, 2);
    assert_number(r.values[0], 2);
    assert_number(r.values[1], 4);
    ck_assert_double_eq(number_in(s, "x + #t"), 4);
    ck_assert_double_eq(number_in(r.state, "x + #t"), 6);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

START_TEST(many_results)
{
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_do(s, "return 1, 'two', nil, true, {}, 6, 7, 8");
    assert_ok(r);
    ck_assert_uint_eq(r.count, 8);
    assert_bytes(r.values[1], "two");
    ck_assert_int_eq(moonlet_type_of(r.values[2]), MOONLET_NIL);
    ck_assert(moonlet_is_true(r.values[3]));
    ck_assert_int_eq(moonlet_type_of(r.values[4]), MOONLET_TABLE);
    ck_assert_int_eq(moonlet_type_of(moonlet_result_value(&r, 99)), MOONLET_NIL);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

START_TEST(holds_are_counted)
{
    moonlet_state *s = world("x = 5"), *fork = moonlet_retain(s);
    ck_assert_ptr_eq(s, fork);
    moonlet_release(s);
    ck_assert_double_eq(number_in(fork, "x"), 5);
    moonlet_release(fork);
    moonlet_release(NULL);
}
END_TEST

START_TEST(next_goes_on_or_stays)
{
    moonlet_state *s = world("x = 1");
    moonlet_result r = moonlet_do(s, "x = 2 error('no')");
    ck_assert_double_eq(number_in(r.state, "x"), 2); /* at the point of failure */
    s = moonlet_next(s, &r);
    ck_assert_double_eq(number_in(s, "x"), 1);
    moonlet_release(s);
}
END_TEST

START_TEST(chunks_run_in_any_state)
{
    char *message = NULL;
    ck_assert_ptr_null(moonlet_compile("x = = 1", 7, "=c", &message));
    ck_assert_str_eq(message, "c:1: unexpected symbol near '='");
    free(message);
    const char *source = "n = (n or 0) + ... return n";
    moonlet_chunk *c = moonlet_compile(source, strlen(source), "=c", NULL);
    moonlet_state *a = moonlet_init(), *b = world("n = 10");
    moonlet_value five = moonlet_number(5);
    moonlet_result r = moonlet_call_chunk(a, c, &five, 1),
                   q = moonlet_call_chunk(b, c, &five, 1);
    assert_number(r.values[0], 5);
    assert_number(q.values[0], 15);
    moonlet_chunk_release(moonlet_chunk_retain(c));
    moonlet_chunk_release(c);
    moonlet_release(r.state);
    moonlet_release(q.state);
    moonlet_release(a);
    moonlet_release(b);
}
END_TEST

static moonlet_chunk *compiled(const char *bytes, size_t length)
{
    char *message = NULL;
    moonlet_chunk *c = moonlet_compile(bytes, length, "=c", &message);
    ck_assert_msg(c != NULL, "%s", message);
    return c;
}

/* The chunk as bytes and back. */
static moonlet_chunk *dumped(moonlet_chunk *c, bool strip)
{
    size_t length = 0;
    char *bytes = moonlet_chunk_dump(c, strip, &length);
    moonlet_chunk *copy = compiled(bytes, length);
    free(bytes);
    moonlet_chunk_release(c);
    return copy;
}

START_TEST(chunks_can_be_bytes)
{
    const char *source = "local n = ...\nn.x = n.x + y return n.x";
    moonlet_state *s = world("y = 2");
    moonlet_chunk *c = dumped(compiled(source, strlen(source)), false);
    moonlet_result r = moonlet_do(s, "return {x = 40}");
    moonlet_value table = r.values[0];
    s = moonlet_next(s, &r);
    r = moonlet_call_chunk(s, c, &table, 1);
    assert_number(r.values[0], 42);
    moonlet_release(r.state);
    assert_error(moonlet_call_chunk(s, c, NULL, 0), MOONLET_ERROR_RUNTIME,
                 "c:2: attempt to index local 'n' (a nil value)");
    c = dumped(c, true);
    assert_error(moonlet_call_chunk(s, c, NULL, 0), MOONLET_ERROR_RUNTIME,
                 "?:0: attempt to index a nil value");
    moonlet_chunk_release(c);
    moonlet_release(s);
}
END_TEST

START_TEST(functions_are_chunks)
{
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_do(s, "local n = 5 return function() n = n + 1 end");
    ck_assert_ptr_null(moonlet_function_chunk(r.state, moonlet_nil()));
    moonlet_chunk *c = dumped(moonlet_function_chunk(r.state, r.values[0]), false);
    moonlet_release(r.state);
    r = moonlet_load_chunk(s, c);
    moonlet_value f = r.values[0];
    s = moonlet_next(s, &r);
    for (int i = 0; i < 2; i++) {
        r = moonlet_call(s, f, NULL, 0);
        assert_error(r, MOONLET_ERROR_RUNTIME,
                     "[string \"local n = 5 return function() n = n + 1 end\"]:1: "
                     "attempt to perform arithmetic on upvalue 'n' (a table value)");
    }
    moonlet_chunk_release(c);
    moonlet_release(s);
}
END_TEST

START_TEST(bad_bytes_are_no_chunk)
{
    char *message = NULL;
    size_t length = 0;
    moonlet_chunk *c = compiled("return 1", 8);
    char *bytes = moonlet_chunk_dump(c, false, &length);
    ck_assert_ptr_null(moonlet_compile(bytes, length - 1, "=c", &message));
    ck_assert_str_eq(message, "c: truncated precompiled chunk");
    free(message);
    bytes[length - 1] ^= 1;
    ck_assert_ptr_null(moonlet_compile(bytes, length, NULL, &message));
    ck_assert_str_eq(message, "binary string: corrupted precompiled chunk");
    free(message);
    free(bytes);
    moonlet_chunk_release(c);
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_load(s, "\33Lua");
    ck_assert_str_eq(r.error->chunk, "binary string");
    assert_error(r, MOONLET_ERROR_SYNTAX, "binary string: truncated precompiled chunk");
    moonlet_release(s);
}
END_TEST

START_TEST(functions_are_values)
{
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_load(s, "local a, b = ... return a * b");
    moonlet_value args[2] = {moonlet_number(6), moonlet_text("7")}, f = r.values[0];
    ck_assert_int_eq(moonlet_type_of(f), MOONLET_FUNCTION);
    s = moonlet_next(s, &r);
    r = moonlet_call(s, f, args, 2);
    assert_number(r.values[0], 42);
    moonlet_release(r.state);
    assert_error(moonlet_call(s, moonlet_nil(), NULL, 0), MOONLET_ERROR_RUNTIME,
                 "attempt to call a nil value");
    assert_error(moonlet_load(s, "for"), MOONLET_ERROR_SYNTAX,
                 "[string \"for\"]:1: <name> expected near <eof>");
    moonlet_release(s);
}
END_TEST

START_TEST(paths)
{
    moonlet_state *s =
        world("a = {b = {c = 7}} function a.f(x) return x + 1 end "
              "function a.b:m(x) return self.c + x end "
              "p = setmetatable({}, {__index = function(t, k) n = k return a end,"
              "__newindex = function(t, k, v) rawset(t, k, v * 2) end})");
    moonlet_value ten = moonlet_number(10);
    moonlet_result r = moonlet_get(s, "a.b.c");
    assert_number(r.values[0], 7);
    moonlet_release(r.state);
    r = moonlet_call_function(s, "a.f", &ten, 1);
    assert_number(r.values[0], 11);
    moonlet_release(r.state);
    r = moonlet_call_method(s, "a.b.m", &ten, 1);
    assert_number(r.values[0], 17);
    moonlet_release(r.state);
    r = moonlet_get(s, "p.any.b.c"); /* a metamethod runs: the world is another */
    assert_number(r.values[0], 7);
    assert_bytes(moonlet_global(r.state, "n"), "any");
    moonlet_release(r.state);
    r = moonlet_set(s, "p.x", ten);
    ck_assert_double_eq(number_in(r.state, "rawget(p, 'x')"), 20);
    moonlet_release(r.state);
    r = moonlet_set(s, "p.any.b.c", ten);
    ck_assert_double_eq(number_in(r.state, "a.b.c"), 10);
    moonlet_release(r.state);
    r = moonlet_set(s, "y", ten);
    ck_assert_double_eq(number_in(r.state, "y"), 10);
    moonlet_release(r.state);
    assert_error(moonlet_get(s, "a.x.y"), MOONLET_ERROR_RUNTIME,
                 "attempt to index 'a.x' (a nil value)");
    assert_error(moonlet_set(s, "a.x.y", ten), MOONLET_ERROR_RUNTIME,
                 "attempt to index 'a.x' (a nil value)");
    ck_assert_double_eq(number_in(s, "a.b.c"), 7);
    moonlet_release(s);
}
END_TEST

START_TEST(paths_with_subscripts)
{
    moonlet_state *s = world(
        "enemies = {{x = 1}, {x = 2}, {x = 3, ['a.b'] = {[1.5] = 'half', ['1'] = 'text'}}} "
        "enemies[3].move = function(self, by) return (self.x or 0) + by end _G[7] = 'seven'");
    static const struct {
        const char *path, *text;
    } good[] = {
        {"enemies[3].x", "3"},
        {"enemies.3.x", "3"},
        {"enemies[0x3]['x']", "3"},
        {"enemies[3][\"a.b\"][1.5]", "half"},
        {"enemies[3]['a.b']['1']", "text"},
        {"enemies[3]['a.b'].1", "nil"},
        {"enemies[4]", "nil"},
        {"[7]", "seven"},
        {"7", "seven"},
        {"['enemies'][2].x", "2"},
    };
    static const char *const bad[] = {"a[", "a[]", "a[x]", "a['x", "a['x'", "a['x']b", "a[1]b",
                                      ".",  "a.",  ".a",   "a..b", "a.[1]", "a[nan]"};
    char text[64];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        moonlet_result r = moonlet_get(s, good[i].path);
        assert_ok(r);
        ck_assert_str_eq(moonlet_to_text(r.values[0], text, sizeof text), good[i].text);
        moonlet_release(r.state);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char message[64];
        snprintf(message, sizeof message, "malformed path '%s'", bad[i]);
        moonlet_value one = moonlet_number(1);
        assert_error(moonlet_get(s, bad[i]), MOONLET_ERROR_HOST, message);
        assert_error(moonlet_set(s, bad[i], one), MOONLET_ERROR_HOST, message);
        assert_error(moonlet_call_function(s, bad[i], &one, 1), MOONLET_ERROR_HOST, message);
        assert_error(moonlet_call_method(s, bad[i], &one, 1), MOONLET_ERROR_HOST, message);
    }
    moonlet_value ten = moonlet_number(10);
    moonlet_result r = moonlet_call_method(s, "enemies[3].move", &ten, 1);
    assert_number(r.values[0], 13);
    moonlet_release(r.state);
    r = moonlet_set(s, "enemies[4]", ten);
    s = moonlet_next(s, &r);
    r = moonlet_set(s, "enemies.5", ten);
    s = moonlet_next(s, &r);
    ck_assert_double_eq(number_in(s, "#enemies * 100 + enemies[4] + enemies[5]"), 520);
    assert_error(moonlet_get(s, "enemies[9].x"), MOONLET_ERROR_RUNTIME,
                 "attempt to index 'enemies[9]' (a nil value)");
    assert_error(moonlet_set(s, "", ten), MOONLET_ERROR_HOST, "no keys to set");
    const moonlet_entry none[] = {{0}};
    assert_error(moonlet_load_module(s, "a[", none), MOONLET_ERROR_HOST, "malformed path 'a['");
    const char *deny[] = {"enemies[", "enemies[3]['a.b']", NULL};
    s = moonlet_next(s, &(moonlet_result){.state = moonlet_sandbox(s, deny, NULL)});
    ck_assert_double_eq(number_in(s, "not enemies[3]['a.b'] and enemies[3].x"), 3);
    moonlet_release(s);
}
END_TEST

START_TEST(a_call_of_what_is_not_there_names_it)
{
    moonlet_state *s =
        world("a = {b = {c = 5, t = {}}} "
              "callable = setmetatable({}, {__call = function(_, x) return x end})");
    moonlet_value one = moonlet_number(1);
    static const struct {
        const char *path, *message;
    } functions[] = {
        {"nothing", "attempt to call global 'nothing' (a nil value)"},
        {"a.b.d", "attempt to call field 'a.b.d' (a nil value)"},
        {"a.b.c", "attempt to call field 'a.b.c' (a number value)"},
        {"a.b.t", "attempt to call field 'a.b.t' (a table value)"},
        {"a.b['x y'][1]", "attempt to index 'a.b.x y' (a nil value)"},
        {"a.b[2]", "attempt to call field 'a.b[2]' (a nil value)"},
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        assert_error(moonlet_call_function(s, functions[i].path, &one, 1),
                     MOONLET_ERROR_RUNTIME, functions[i].message);
    assert_error(moonlet_call_method(s, "a.b.m", &one, 1), MOONLET_ERROR_RUNTIME,
                 "attempt to call method 'a.b.m' (a nil value)");
    assert_error(moonlet_call_method(s, "a.none.m", NULL, 0), MOONLET_ERROR_RUNTIME,
                 "attempt to index 'a.none' (a nil value)");
    assert_error(moonlet_call_method(s, "none.m", NULL, 0), MOONLET_ERROR_RUNTIME,
                 "attempt to index 'none' (a nil value)");
    moonlet_term *results;
    assert_error(moonlet_call_function_terms(s, "a.d", NULL, &results), MOONLET_ERROR_RUNTIME,
                 "attempt to call field 'a.d' (a nil value)");
    moonlet_timeline *t = moonlet_timeline_begin(s, 2);
    moonlet_result r = moonlet_timeline_call(t, "a.frame", NULL, 0);
    ck_assert_int_eq(r.status, MOONLET_FAILED);
    ck_assert_str_eq(r.error->message, "attempt to call field 'a.frame' (a nil value)");
    moonlet_timeline_end(t);
    r = moonlet_call_function(s, "callable", &one, 1);
    assert_number(r.values[0], 1);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

START_TEST(keys_and_new_tables)
{
    moonlet_state *s = moonlet_init();
    moonlet_value pairs[4] = {moonlet_number(1), moonlet_text("one"), moonlet_boolean(true),
                              moonlet_number(2)};
    moonlet_result r = moonlet_new_table(s, pairs, 2);
    assert_ok(r);
    moonlet_value t = r.values[0];
    s = moonlet_next(s, &r);
    r = moonlet_set(s, "t", t);
    s = moonlet_next(s, &r);
    r = moonlet_get_keys(s, t, &pairs[2], 1);
    assert_number(r.values[0], 2);
    moonlet_release(r.state);
    moonlet_value keys[2] = {moonlet_text("t"), moonlet_number(1)};
    r = moonlet_get_keys(s, moonlet_globals(s), keys, 2);
    assert_bytes(r.values[0], "one");
    moonlet_release(r.state);
    r = moonlet_set_keys(s, moonlet_globals(s), keys, 2, moonlet_text("uno"));
    s = moonlet_next(s, &r);
    ck_assert_double_eq(number_in(s, "t[1] == 'uno' and t[true] or 0"), 2);
    pairs[0] = moonlet_nil();
    assert_error(moonlet_new_table(s, pairs, 1), MOONLET_ERROR_HOST, "a key is nil or NaN");
    moonlet_release(s);
}
END_TEST

/* What tostring shows; of the same value in all states, and of another one after a fork. */
START_TEST(identities)
{
    moonlet_state *s = after(moonlet_init(), "t = {} u = t f = function() end n = 1");
    moonlet_value t = moonlet_global(s, "t");
    uint64_t id = moonlet_identity(t);
    ck_assert_uint_eq(id, moonlet_identity(moonlet_global(s, "u")));
    ck_assert_uint_ne(id, moonlet_identity(moonlet_global(s, "f")));
    ck_assert_uint_ne(moonlet_identity(moonlet_global(s, "print")), 0);
    ck_assert_uint_eq(moonlet_identity(moonlet_global(s, "n")), 0);
    ck_assert_uint_eq(moonlet_identity(moonlet_text("t")), 0);
    moonlet_result r =
        moonlet_do(s, "t[1] = 1 v = {} return tonumber(tostring(t):match('0x%x+'))");
    assert_number(moonlet_result_value(&r, 0), (double)id);
    ck_assert_uint_eq(id, moonlet_identity(moonlet_global(r.state, "t")));
    moonlet_result other = moonlet_do(s, "t[1] = 2 v = {}");
    ck_assert_uint_eq(moonlet_identity(moonlet_global(r.state, "v")),
                      moonlet_identity(moonlet_global(other.state, "v")));
    moonlet_release(other.state);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

START_TEST(private_data)
{
    static int something;
    moonlet_state *s = moonlet_init();
    moonlet_state *t = moonlet_put_private(s, "key", moonlet_pointer(&something));
    ck_assert_ptr_eq(moonlet_to_pointer(moonlet_get_private(t, "key")), &something);
    ck_assert_int_eq(moonlet_type_of(moonlet_get_private(s, "key")), MOONLET_NIL);
    t = after(t, "x = 1");
    ck_assert_ptr_eq(moonlet_to_pointer(moonlet_get_private(t, "key")), &something);
    moonlet_state *u = moonlet_delete_private(t, "key");
    ck_assert_int_eq(moonlet_type_of(moonlet_get_private(u, "key")), MOONLET_NIL);
    moonlet_release(u);
    moonlet_release(t);
    moonlet_release(s);
}
END_TEST

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

START_TEST(files)
{
    char directory[] = "/tmp/moonlet-test-XXXXXX", path[64], search[128];
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/f.lua", directory);
    write_file(path, "#!/usr/bin/env moonlet\nreturn 1 + 2");
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_dofile(s, path);
    assert_ok(r);
    assert_number(r.values[0], 3);
    moonlet_release(r.state);
    snprintf(search, sizeof search, "/nowhere:%s", directory);
    r = moonlet_path_loadfile(s, search, "f.lua");
    assert_ok(r);
    assert_bytes(r.values[1], path);
    moonlet_release(r.state);
    setenv("LUA_LOAD_PATH", search, 1);
    char *found = moonlet_find_file(NULL, "f.lua");
    ck_assert_str_eq(found, path);
    free(found);
    write_file(path, "x = 1\nx = )");
    r = moonlet_loadfile(s, path);
    ck_assert_int_eq(r.error->kind, MOONLET_ERROR_SYNTAX);
    ck_assert_str_eq(r.error->file, path);
    ck_assert_int_eq(r.error->line, 2);
    moonlet_release(r.state);
    unlink(path);
    rmdir(directory);
    r = moonlet_dofile(s, path);
    ck_assert_int_eq(r.status, MOONLET_FAILED);
    ck_assert_int_eq(r.error->kind, MOONLET_ERROR_HOST);
    ck_assert_ptr_nonnull(strstr(r.error->message, "No such file"));
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

START_TEST(conversions)
{
    moonlet_value v[5] = {moonlet_text("12"), moonlet_number(1.5), moonlet_text("text"),
                          moonlet_nil(), moonlet_number(3)};
    double d = 0;
    int64_t i = 77;
    const char *text;
    size_t length;
    bool b;
    moonlet_value any;
    ck_assert_uint_eq(moonlet_convert(v, 5, "nnsbv|i", &d, &d, &text, &length, &b, &any, &i),
                      0);
    ck_assert_double_eq(d, 1.5);
    ck_assert_uint_eq(length, 4);
    ck_assert(!b);
    assert_number(any, 3);
    ck_assert_int_eq(i, 77);
    ck_assert_uint_eq(moonlet_convert(v, 5, "ii", &i, &i), 2);
    ck_assert_int_eq(i, 12);
    ck_assert_uint_eq(moonlet_convert(v, 1, "nn", &d, &d), 2);
    char out[16];
    ck_assert_str_eq(moonlet_to_text(v[1], out, sizeof out), "1.5");
    ck_assert_str_eq(moonlet_to_text(v[2], out, 3), "te");
    ck_assert(moonlet_equal(v[0], moonlet_text("12")));
    ck_assert(!moonlet_equal(v[0], moonlet_number(12)));
}
END_TEST

static const char order[] = "local t = {} for i = 1, 50 do t['k' .. i] = i end\n"
                            "local list = {} for k, v in pairs(t) do\n"
                            "assert(t['k' .. v] == v) list[#list + 1] = v end\n"
                            "return #list, table.concat(list, ' ')";

/* Each in a process of its own. */
START_TEST(a_seed_is_set_before_all_else)
{
    static const uint64_t seeds[] = {0x6d6f6f6e6c6574, 0, 1, UINT64_MAX};
    ck_assert(moonlet_seed(1) && moonlet_seed(seeds[_i]));
    moonlet_state *s = world("x = {a = 1, b = 2}");
    ck_assert(!moonlet_seed(seeds[_i] + 1));
    moonlet_result r = moonlet_do(s, order), again = moonlet_do(s, order);
    assert_ok(r);
    assert_number(r.values[0], 50);
    ck_assert(moonlet_equal(r.values[1], again.values[1]));
    moonlet_release(r.state);
    moonlet_release(again.state);
    moonlet_release(s);
}
END_TEST

/* A coroutine that waits again as it has waited is shared by states. Each goes on from where it
 * was, also when it has waited elsewhere meanwhile, or was paused while it ran. */
START_TEST(coroutines_that_wait_again_are_shared)
{
    enum { STATES = 30 };
    moonlet_state *kept[STATES], *s = moonlet_init();
    s = after(s,
              "t = {n = 0}\n"
              "co = coroutine.wrap(function(t) while true do\n"
              "  t.n = t.n + 1\n"
              "  if t.n % 7 == 0 then coroutine.yield('seven') else coroutine.yield(t.n) end\n"
              "end end)\n"
              "function step(k) local r for i = 1, k do r = co(t) end return r end");
    for (int i = 0; i < STATES; i++) {
        kept[i] = moonlet_retain(s);
        s = after(s, i % 3 ? "assert(step(1) == (t.n % 7 == 0 and 'seven' or t.n))"
                           : "local a = t.n assert(step(5) and t.n == a + 5)");
        if (i % 10 == 0) moonlet_collect();
    }
    for (int i = 0; i < STATES; i++) {
        moonlet_limits limits = {.steps = 12};
        moonlet_state *limited = moonlet_limit(kept[i], &limits);
        moonlet_result r = moonlet_do(
            limited, "local a = t.n for i = 1, 20 do step(1) end assert(t.n == a + 20)");
        while (r.status == MOONLET_PAUSED) {
            moonlet_state *paused = r.state;
            moonlet_collect();
            r = moonlet_resume(paused);
            moonlet_release(paused);
        }
        ck_assert_int_eq(r.status, MOONLET_OK);
        moonlet_release(r.state);
        moonlet_release(limited);
        moonlet_release(kept[i]);
    }
    moonlet_release(s);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("states");
    tcase_add_loop_test(t, a_seed_is_set_before_all_else, 0, 4);
    tcase_add_test(t, coroutines_that_wait_again_are_shared);
    tcase_add_test(t, old_states_stay);
    tcase_add_test(t, many_results);
    tcase_add_test(t, holds_are_counted);
    tcase_add_test(t, next_goes_on_or_stays);
    tcase_add_test(t, chunks_run_in_any_state);
    tcase_add_test(t, chunks_can_be_bytes);
    tcase_add_test(t, functions_are_chunks);
    tcase_add_test(t, bad_bytes_are_no_chunk);
    tcase_add_test(t, functions_are_values);
    tcase_add_test(t, paths);
    tcase_add_test(t, paths_with_subscripts);
    tcase_add_test(t, a_call_of_what_is_not_there_names_it);
    tcase_add_test(t, keys_and_new_tables);
    tcase_add_test(t, identities);
    tcase_add_test(t, private_data);
    tcase_add_test(t, files);
    tcase_add_test(t, conversions);
    return run_suite(t);
}
