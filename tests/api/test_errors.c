/* SPDX-License-Identifier: MIT */
/* Errors as values: kinds, places, stacks, printing; the state at the point of failure. */
#include "api_test.h"

static const char source[] = "local function inner(x, y)\n"
                             "    local t\n"
                             "    seen = x\n"
                             "    return t.field + y\n"
                             "end\n"
                             "function outer(...) return (inner(...)) end\n"
                             "return (outer(1, 'two'))\n";

static moonlet_result failed(moonlet_state *s, const char *text)
{
    moonlet_result r = moonlet_do(s, text);
    ck_assert_int_eq(r.status, MOONLET_FAILED);
    return r;
}

START_TEST(a_runtime_error)
{
    moonlet_state *s = moonlet_init();
    moonlet_chunk *c = moonlet_compile(source, strlen(source), "=test", NULL);
    moonlet_result r = moonlet_call_chunk(s, c, NULL, 0);
    const moonlet_error *e = r.error;
    ck_assert_int_eq(r.status, MOONLET_FAILED);
    ck_assert_int_eq(e->kind, MOONLET_ERROR_RUNTIME);
    ck_assert_str_eq(e->message, "test:4: attempt to index local 't' (a nil value)");
    assert_bytes(e->value, e->message);
    ck_assert_str_eq(e->chunk, "test");
    ck_assert_int_eq(e->line, 4);
    ck_assert_uint_eq(e->count, 3);
    ck_assert_str_eq(e->frames[0].name, "inner");
    ck_assert_str_eq(e->frames[0].kind, "upvalue");
    ck_assert_int_eq(e->frames[0].line, 4);
    ck_assert_int_eq(e->frames[0].line_defined, 1);
    ck_assert_uint_eq(e->frames[0].count, 2);
    assert_bytes(e->frames[0].arguments[1], "two");
    ck_assert_str_eq(e->frames[1].name, "outer");
    ck_assert_uint_eq(e->frames[1].count, 2);
    assert_number(e->frames[1].arguments[0], 1);
    ck_assert_str_eq(e->frames[2].kind, "main chunk");
    ck_assert_ptr_nonnull(
        strstr(e->traceback, "stack traceback:\n\ttest:4: in function 'inner'"));
    /* what it had done before is in its state, and in no other */
    assert_number(moonlet_global(r.state, "seen"), 1);
    ck_assert_int_eq(moonlet_type_of(moonlet_global(s, "seen")), MOONLET_NIL);
    moonlet_release(r.state);
    moonlet_chunk_release(c);
    moonlet_release(s);
}
END_TEST

START_TEST(any_value_is_an_error)
{
    moonlet_state *s = moonlet_init();
    moonlet_result r = failed(s, "error({code = 7})");
    ck_assert_str_eq(r.error->message, "(error object is a table value)");
    moonlet_value key = moonlet_text("code");
    moonlet_result q = moonlet_get_keys(r.state, r.error->value, &key, 1);
    assert_number(q.values[0], 7);
    moonlet_release(q.state);
    moonlet_release(r.state);
    r = failed(s, "error()");
    ck_assert_int_eq(moonlet_type_of(r.error->value), MOONLET_NIL);
    moonlet_release(r.state);
    r = failed(s, "coroutine.wrap(function() local x = 1 + {} end)()");
    ck_assert_ptr_nonnull(
        strstr(r.error->message, "attempt to perform arithmetic on a table value"));
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

static void assert_format(const char *text, const char *expected)
{
    moonlet_state *s = moonlet_init();
    moonlet_result r = failed(s, text);
    char *printed = moonlet_error_format(r.error);
    char *stack = strstr(printed, "stack traceback:");
    if (stack) *stack = 0;
    ck_assert_str_eq(printed, expected);
    free(printed);
    moonlet_release(r.state);
    moonlet_release(s);
}

START_TEST(carets)
{
    assert_format("local t\nlocal x = 1 + t.y\n",
                  "[string \"local t...\"]:2: attempt to index local 't' (a nil value)\n"
                  "     2 | local x = 1 + t.y\n"
                  "       |               ^\n");
    assert_format("x = 1\nx = = 2", "[string \"x = 1...\"]:2: unexpected symbol near '='\n"
                                    "     2 | x = = 2\n"
                                    "       |     ^\n");
    assert_format("x = (1", "[string \"x = (1\"]:1: ')' expected near <eof>\n"
                            "     1 | x = (1\n"
                            "       |       ^\n");
    assert_format("\n\terror('my words', 0)", "my words\n"
                                              "     2 | \terror('my words', 0)\n"
                                              "       | \t^\n");
}
END_TEST

START_TEST(syntax_errors)
{
    moonlet_state *s = moonlet_init();
    moonlet_result r = failed(s, "local x = 5\nlocal = 6");
    ck_assert_int_eq(r.error->kind, MOONLET_ERROR_SYNTAX);
    ck_assert_int_eq(r.error->line, 2);
    ck_assert_str_eq(r.error->source, "local = 6");
    ck_assert_uint_eq(r.error->count, 0);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

START_TEST(memory_errors)
{
    moonlet_state *s = moonlet_init();
    moonlet_result r = failed(s, "x = 1 local y = ('xx'):rep(2 ^ 31 - 1)");
    ck_assert_int_eq(r.status, MOONLET_FAILED);
    ck_assert_ptr_nonnull(r.error->message);
    assert_number(moonlet_global(r.state, "x"), 1);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

START_TEST(deep_stacks_are_cut)
{
    moonlet_state *s = moonlet_init();
    moonlet_result r = failed(s, "local function f(n) return 1 + f(n + 1) end f(1)");
    ck_assert_ptr_nonnull(strstr(r.error->message, "stack overflow"));
    ck_assert_uint_gt(r.error->count, 100);
    ck_assert_uint_lt(r.error->count, 1000);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

START_TEST(a_failed_state_goes_on)
{
    moonlet_state *s = moonlet_init();
    moonlet_result r =
        failed(s, "co = coroutine.wrap(function() coroutine.yield(1) error('x') end)"
                  " n = co() co()");
    assert_number(moonlet_global(r.state, "n"), 1);
    ck_assert_double_eq(number_in(r.state, "n + 1"), 2);
    moonlet_result q = failed(r.state, "co()");
    ck_assert_ptr_nonnull(strstr(q.error->message, "cannot resume dead coroutine"));
    moonlet_release(q.state);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("errors");
    tcase_add_test(t, a_runtime_error);
    tcase_add_test(t, any_value_is_an_error);
    tcase_add_test(t, carets);
    tcase_add_test(t, syntax_errors);
    tcase_add_test(t, memory_errors);
    tcase_add_test(t, deep_stacks_are_cut);
    tcase_add_test(t, a_failed_state_goes_on);
    return run_suite(t);
}
