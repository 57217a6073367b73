/* SPDX-License-Identifier: MIT */
/* Terms: making, printing, encoding, decoding, running with them. */
#include "api_test.h"

static char *printed_as(const moonlet_term *t, bool *readable)
{
    char *text = NULL;
    size_t length;
    FILE *f = open_memstream(&text, &length);
    *readable = moonlet_term_print(t, f);
    fclose(f);
    return text;
}

static char *printed(const moonlet_term *t)
{
    bool readable;
    return printed_as(t, &readable);
}

static void assert_printed(const moonlet_term *t, const char *expected)
{
    char *text = printed(t);
    ck_assert_str_eq(text, expected);
    free(text);
}

/* What an expression decodes to. */
static moonlet_term *decoded(const char *source, unsigned options, char **message)
{
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_do(s, source);
    assert_ok(r);
    moonlet_term *t = moonlet_decode(r.state, moonlet_result_value(&r, 0), options, message);
    moonlet_release(r.state);
    moonlet_release(s);
    return t;
}

START_TEST(printing)
{
    moonlet_term *t =
        moonlet_term_list(2, moonlet_term_number(1), moonlet_term_text("a\n\"b\""));
    moonlet_term_field(t, "x", moonlet_term_boolean(true));
    moonlet_term_field(t, "not a name", moonlet_term_list(0));
    moonlet_term_pair(t, moonlet_term_number(2.5), moonlet_term_nil());
    assert_printed(t, "{1, \"a\\n\\\"b\\\"\", x = true, [\"not a name\"] = {}, [2.5] = nil}");
    ck_assert_double_eq(moonlet_term_to_number(moonlet_term_index(t, 1), 0), 1);
    ck_assert(moonlet_term_is_true(moonlet_term_find(t, "x")));
    ck_assert_ptr_null(moonlet_term_find(t, "y"));
    ck_assert_uint_eq(moonlet_term_count(t), 5);
    ck_assert_str_eq(moonlet_term_to_text(moonlet_term_key(t, 2), NULL), "x");
    moonlet_term_free(t);
}
END_TEST

START_TEST(round_trips)
{
    static const char *const sources[] = {"{}",
                                          "{1, 2, 3}",
                                          "{x = {y = {z = \"deep\"}}}",
                                          "{{1}, {2}, {3, {4}}}",
                                          "{[true] = false, [1.5] = \"half\"}",
                                          "{\"a\", \"b\", n = 2}"};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        char source[128];
        snprintf(source, sizeof source, "return %s", sources[i]);
        moonlet_term *t = decoded(source, 0, NULL), *again;
        moonlet_state *s = moonlet_init();
        moonlet_result r = moonlet_encode(s, t);
        assert_ok(r);
        again = moonlet_decode(r.state, r.values[0], 0, NULL);
        char *a = printed(t), *b = printed(again);
        ck_assert_str_eq(a, b);
        free(a);
        free(b);
        moonlet_term_free(t);
        moonlet_term_free(again);
        moonlet_release(r.state);
        moonlet_release(s);
    }
}
END_TEST

START_TEST(what_is_printed)
{
    const struct {
        moonlet_term *term;
        const char *text;
    } good[] = {
        {moonlet_term_number(1.0 / 3), "0.3333333333333333"},
        {moonlet_term_number(0.1), "0.1"},
        {moonlet_term_number(9007199254740991), "9007199254740991"},
        {moonlet_term_number(-0.0), "-0"},
        {moonlet_term_number(1 / 0.0), "1/0"},
        {moonlet_term_number(-1 / 0.0), "-1/0"},
        {moonlet_term_string("\0\r\377\"\\", 5), "\"\\000\\013\377\\\"\\\\\""},
        {moonlet_term_field(moonlet_term_list(0), "end", moonlet_term_number(1)),
         "{[\"end\"] = 1}"},
        {moonlet_term_field(moonlet_term_list(0), "goto_", moonlet_term_number(1)),
         "{goto_ = 1}"},
        {moonlet_term_pair(moonlet_term_list(0), moonlet_term_string("a\0b", 3), NULL),
         "{[\"a\\000b\"] = nil}"},
        {moonlet_term_pair(moonlet_term_list(1, moonlet_term_text("a")), moonlet_term_number(1),
                           moonlet_term_text("b")),
         "{[1] = \"a\", [1] = \"b\"}"},
        {moonlet_term_pair(moonlet_term_list(0), moonlet_term_list(1, moonlet_term_list(0)),
                           moonlet_term_number(2.5)),
         "{[{{}}] = 2.5}"},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        bool readable;
        char *text = printed_as(good[i].term, &readable);
        ck_assert_str_eq(text, good[i].text);
        ck_assert(readable);
        free(text);
        moonlet_term_free(good[i].term);
    }
}
END_TEST

static int nothing(moonlet_context *c, const moonlet_value *args, size_t count)
{
    return moonlet_return(c, args, count);
}

/* Lua refuses the text, and who wrote it knows. */
START_TEST(what_is_no_list_keeps_nothing)
{
    moonlet_term *all[] = {moonlet_term_nil(),         moonlet_term_boolean(true),
                           moonlet_term_number(5),     moonlet_term_text("text"),
                           moonlet_term_pointer(&all), NULL};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        moonlet_term_type type = moonlet_term_type_of(all[i]);
        ck_assert_ptr_eq(moonlet_term_add(all[i], moonlet_term_text("more")), all[i]);
        ck_assert_ptr_eq(moonlet_term_field(all[i], "x", moonlet_term_list(0)), all[i]);
        ck_assert_ptr_eq(moonlet_term_pair(all[i], moonlet_term_text("k"), NULL), all[i]);
        ck_assert_int_eq(moonlet_term_type_of(all[i]), type);
        ck_assert_uint_eq(moonlet_term_count(all[i]), 0);
        moonlet_term_free(all[i]);
    }
}
END_TEST

START_TEST(what_cannot_be_read_back)
{
    moonlet_state *s = world("function f() end t = {} t.t = t");
    moonlet_term *cycle =
        moonlet_decode(s, moonlet_global(s, "t"), MOONLET_DECODE_REFERENCES, NULL);
    moonlet_term *deep = moonlet_term_list(0);
    for (int i = 0; i < 1000; i++) deep = moonlet_term_list(1, deep);
    moonlet_term *bad[] = {
        moonlet_term_function(nothing, NULL),
        moonlet_term_pointer(&s),
        moonlet_term_value(s, moonlet_global(s, "f")),
        moonlet_term_pair(moonlet_term_list(0), moonlet_term_nil(), moonlet_term_number(1)),
        moonlet_term_pair(moonlet_term_list(0), moonlet_term_number(0.0 / 0.0), NULL),
        cycle,
        deep,
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        moonlet_term *in = moonlet_term_list(2, moonlet_term_number(1), bad[i]);
        bool readable;
        char *text = printed_as(in, &readable), *source = malloc(strlen(text) + 8);
        ck_assert(!readable);
        sprintf(source, "return %s", text);
        moonlet_result r = moonlet_do(s, source);
        ck_assert_msg(r.status == MOONLET_FAILED, "%s", text);
        moonlet_release(r.state);
        free(source);
        free(text);
        moonlet_term_free(in);
    }
    moonlet_release(s);
}
END_TEST

/* Random terms ---------------------------------------------------------------------- */

static uint64_t random_bits(void)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * 0x2545f4914f6cdd1du >> 16;
}

static double random_number(void)
{
    static const double special[] = {0,
                                     -0.0,
                                     1 / 0.0,
                                     -1 / 0.0,
                                     0.1,
                                     1e15,
                                     1e100,
                                     1e-10,
                                     5e-324,
                                     1.0 / 3,
                                     123456789012345678.0};
    double d;
    uint64_t bits = random_bits() << 16 ^ random_bits();
    switch (random_bits() % 4) {
    case 0: return (double)(int)(bits % 7) - 2;
    case 1: return special[bits % (sizeof special / sizeof *special)];
    case 2: return (double)(int64_t)bits / 1000;
    default: memcpy(&d, &bits, sizeof d); return d == d ? d : 1;
    }
}

static moonlet_term *random_string(void)
{
    static const char *const words[] = {"", "x", "end", "nil", "_G1", "goto", "1", "a b", "é"};
    char bytes[6];
    size_t length = random_bits() % sizeof bytes;
    if (random_bits() % 2) return moonlet_term_text(words[random_bits() % 9]);
    for (size_t i = 0; i < length; i++) bytes[i] = (char)random_bits();
    return moonlet_term_string(bytes, length);
}

static moonlet_term *random_term(int depth)
{
    switch (random_bits() % (depth > 4 ? 4 : 7)) {
    case 0: return moonlet_term_nil();
    case 1: return moonlet_term_boolean(random_bits() % 2);
    case 2: return moonlet_term_number(random_number());
    case 3: return random_string();
    default: break;
    }
    moonlet_term *list = moonlet_term_list(0);
    for (uint64_t n = random_bits() % 5; n > 0; n--) {
        switch (random_bits() % 5) {
        case 0: moonlet_term_add(list, random_term(depth + 1)); break;
        case 1: moonlet_term_pair(list, random_string(), random_term(depth + 1)); break;
        case 2:
            moonlet_term_pair(list, moonlet_term_boolean(random_bits() % 2),
                              random_term(depth + 1));
            break;
        default:
            moonlet_term_pair(list, moonlet_term_number(random_number()),
                              random_term(depth + 1));
        }
    }
    return list;
}

/* Equal without identities, for tables whose keys are no tables. */
static const char same[] =
    "function same(a, b) if type(a) ~= 'table' or type(b) ~= 'table' then "
    "return a == b and (a ~= 0 or 1 / a == 1 / b) end "
    "for k, v in pairs(a) do if not same(v, b[k]) then return false end end "
    "for k in pairs(b) do if a[k] == nil then return false end end return true end";

START_TEST(random_terms_read_back)
{
    moonlet_state *s = world(same);
    for (int i = 0; i < 3000; i++) {
        moonlet_term *t = random_term(0);
        bool readable;
        char *text = printed_as(t, &readable), *source = malloc(strlen(text) + 32);
        ck_assert(readable);
        sprintf(source, "read = %s", text);
        moonlet_result r = moonlet_do(s, source);
        ck_assert_msg(r.status == MOONLET_OK, "%s", text);
        moonlet_result q = moonlet_set_term(r.state, "given", t);
        assert_ok(q);
        moonlet_result equal = moonlet_do(q.state, "return same(read, given)");
        assert_ok(equal);
        ck_assert_msg(moonlet_is_true(equal.values[0]), "%s", text);
        moonlet_release(r.state);
        moonlet_release(q.state);
        moonlet_release(equal.state);
        free(source);
        free(text);
        moonlet_term_free(t);
    }
    moonlet_release(s);
}
END_TEST

/* Of a NaN, its sign. */
START_TEST(nan_reads_back)
{
    for (int negative = 0; negative < 2; negative++) {
        moonlet_term *t =
            moonlet_term_number(__builtin_copysign(__builtin_nan(""), negative ? -1 : 1));
        bool readable;
        char source[32], *text = printed_as(t, &readable);
        ck_assert(readable);
        snprintf(source, sizeof source, "return %s", text);
        moonlet_state *s = moonlet_init();
        moonlet_result r = moonlet_do(s, source);
        assert_ok(r);
        double d;
        ck_assert(moonlet_to_number(r.values[0], &d) && d != d);
        ck_assert_int_eq(__builtin_signbit(d) != 0, negative);
        moonlet_release(r.state);
        moonlet_release(s);
        free(text);
        moonlet_term_free(t);
    }
}
END_TEST

START_TEST(positions_and_pairs_are_the_same)
{
    moonlet_term *a = moonlet_term_list(2, moonlet_term_text("p"), moonlet_term_text("q"));
    moonlet_term *b = moonlet_term_list(0);
    moonlet_term_pair(b, moonlet_term_number(1), moonlet_term_text("p"));
    moonlet_term_pair(b, moonlet_term_number(2), moonlet_term_text("q"));
    moonlet_state *s = moonlet_init();
    moonlet_term *list = moonlet_term_list(2, a, b);
    moonlet_result r = moonlet_encode_list(s, list);
    moonlet_term *x = moonlet_decode(r.state, r.values[0], 0, NULL);
    moonlet_term *y = moonlet_decode(r.state, r.values[1], 0, NULL);
    assert_printed(x, "{\"p\", \"q\"}");
    assert_printed(y, "{\"p\", \"q\"}");
    moonlet_term_free(x);
    moonlet_term_free(y);
    moonlet_term_free(list);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

START_TEST(a_cycle_is_named)
{
    char *message = NULL;
    moonlet_term *t =
        decoded("local t = {a = {b = {{}}}} t.a.b[1].self = t.a return t", 0, &message);
    ck_assert_ptr_null(t);
    ck_assert_str_eq(message, "cyclic table: value.a.b[1].self is value.a");
    free(message);
    ck_assert_ptr_null(decoded("local t = {} t[{t}] = 1 return t", 0, NULL));
}
END_TEST

START_TEST(a_cycle_by_references)
{
    moonlet_term *t = decoded("local t = {x = 1} t.self = t t.twice = {t} return t",
                              MOONLET_DECODE_REFERENCES, NULL);
    ck_assert_ptr_eq(moonlet_term_target(moonlet_term_find(t, "self")), t);
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_set_term(s, "t", t);
    assert_ok(r);
    ck_assert_double_eq(number_in(r.state, "t.self == t and t.twice[1] == t and t.x or 0"), 1);
    moonlet_release(r.state);
    moonlet_release(s);
    moonlet_term_free(t);
}
END_TEST

START_TEST(deep_and_wide)
{
    moonlet_term *t =
        decoded("local t = {} local u = t for i = 1, 200000 do u[1] = {} u = u[1] end return t",
                0, NULL);
    ck_assert_ptr_nonnull(t);
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_set_term(s, "t", t);
    assert_ok(r);
    s = moonlet_next(s, &r);
    s = after(s, "n = 0 while t do t = t[1] n = n + 1 end");
    ck_assert_double_eq(number_in(s, "n"), 200001);
    moonlet_release(s);
    moonlet_term_free(t);
}
END_TEST

START_TEST(shared_tables_are_decoded_twice)
{
    moonlet_term *t = decoded("local u = {5} return {u, u}", 0, NULL);
    assert_printed(t, "{{5}, {5}}");
    moonlet_term_free(t);
}
END_TEST

START_TEST(functions_keep_their_state)
{
    moonlet_state *s = world("local n = 41 function f() n = n + 1 return n end");
    moonlet_term *f;
    moonlet_result r = moonlet_get_term(s, "f", &f);
    assert_ok(r);
    moonlet_release(r.state);
    moonlet_release(s);
    moonlet_collect();
    const moonlet_state *in;
    moonlet_value v = moonlet_term_to_value(f, &in);
    r = moonlet_call(in, v, NULL, 0);
    assert_number(r.values[0], 42);
    moonlet_release(r.state);
    moonlet_term_free(f);
}
END_TEST

START_TEST(calls_with_terms)
{
    moonlet_state *s = world(
        "function f(t, n) total = 0 for i, x in ipairs(t) do total = total + x * n end"
        " return total, {sum = total} end o = {k = 3} function o:m(x) return self.k + x end");
    moonlet_term *args = moonlet_term_list(
        2, moonlet_term_list(2, moonlet_term_number(1), moonlet_term_number(2)),
        moonlet_term_number(10));
    moonlet_term *results;
    moonlet_result r = moonlet_call_function_terms(s, "f", args, &results);
    assert_ok(r);
    assert_printed(results, "{30, {sum = 30}}");
    moonlet_term_free(results);
    moonlet_term_free(args);
    s = moonlet_next(s, &r);
    ck_assert_double_eq(number_in(s, "total"), 30);
    args = moonlet_term_list(1, moonlet_term_number(4));
    r = moonlet_call_method_terms(s, "o.m", args, &results);
    assert_printed(results, "{7}");
    moonlet_term_free(results);
    moonlet_term_free(args);
    s = moonlet_next(s, &r);
    r = moonlet_do_terms(s, "local t = {} t.t = t return t", &results);
    ck_assert_ptr_null(results);
    assert_error(r, MOONLET_ERROR_HOST, "cyclic table: value.t is value");
    r = moonlet_call_function_terms(s, "nothing", NULL, &results);
    assert_error(r, MOONLET_ERROR_RUNTIME, "attempt to call global 'nothing' (a nil value)");
    moonlet_release(s);
}
END_TEST

START_TEST(eval)
{
    moonlet_term *t = moonlet_eval(NULL, "return 1, {2}, 'three'", NULL);
    assert_printed(t, "{1, {2}, \"three\"}");
    moonlet_term_free(t);
    char *message = NULL;
    ck_assert_ptr_null(moonlet_eval(NULL, "error('oh', 0)", &message));
    ck_assert_ptr_nonnull(strstr(message, "oh\nstack traceback:"));
    free(message);
    ck_assert_ptr_null(moonlet_evalfile(NULL, "/nowhere.lua", &message));
    free(message);
}
END_TEST

START_TEST(states_as_data)
{
    moonlet_state *s = world("x = 5 t = {1, {2}} t.self = t u = t[2] "
                             "local n = 10 function inc() n = n + 1 return n end function "
                             "get() return n + #string.rep('a', 3) end");
    moonlet_term *t = moonlet_externalize(s, NULL);
    ck_assert_uint_eq(moonlet_term_count(t), 5);
    moonlet_release(s);
    moonlet_collect();
    moonlet_result r = moonlet_internalize(t);
    assert_ok(r);
    moonlet_term_free(t);
    ck_assert_double_eq(number_in(r.state, "t.self == t and t[2] == u and x + u[1]"), 7);
    ck_assert_double_eq(number_in(r.state, "inc() + get()"), 25); /* they share n */
    moonlet_release(r.state);
    s = world(
        "co = coroutine.wrap(function() for i = 1, 9 do coroutine.yield(i) end end) co()");
    t = moonlet_externalize(s, NULL);
    moonlet_release(s);
    r = moonlet_internalize(t);
    assert_ok(r);
    moonlet_term_free(t);
    ck_assert_double_eq(number_in(r.state, "co()"), 2);
    moonlet_release(r.state);
    s = world(
        "co = coroutine.wrap(function() require('state').fork(coroutine.yield) end) co()");
    t = moonlet_externalize(s, NULL);
    assert_error(moonlet_internalize(t), MOONLET_ERROR_HOST,
                 "a coroutine within state.fork or state.try cannot be copied: "
                 "value.<upvalue 1>");
    moonlet_term_free(t);
    moonlet_release(s);
}
END_TEST

START_TEST(bad_terms)
{
    moonlet_state *s = moonlet_init();
    moonlet_term *t =
        moonlet_term_pair(moonlet_term_list(0), moonlet_term_nil(), moonlet_term_nil());
    assert_error(moonlet_encode(s, t), MOONLET_ERROR_HOST, "a key is nil");
    moonlet_term_free(t);
    moonlet_release(s);
    moonlet_term_free(NULL);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("terms");
    tcase_add_test(t, printing);
    tcase_add_test(t, what_is_printed);
    tcase_add_test(t, what_is_no_list_keeps_nothing);
    tcase_add_test(t, what_cannot_be_read_back);
    tcase_add_test(t, random_terms_read_back);
    tcase_add_test(t, nan_reads_back);
    tcase_add_test(t, round_trips);
    tcase_add_test(t, positions_and_pairs_are_the_same);
    tcase_add_test(t, a_cycle_is_named);
    tcase_add_test(t, a_cycle_by_references);
    tcase_add_test(t, deep_and_wide);
    tcase_add_test(t, shared_tables_are_decoded_twice);
    tcase_add_test(t, functions_keep_their_state);
    tcase_add_test(t, calls_with_terms);
    tcase_add_test(t, eval);
    tcase_add_test(t, states_as_data);
    tcase_add_test(t, bad_terms);
    return run_suite(t);
}
