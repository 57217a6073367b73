/* SPDX-License-Identifier: MIT */
/* The shape of trees, as ast_print shows it, and ast_print itself. */
#include "chunk/chunk.h"

#include <check.h>
#include <stdlib.h>

#include "memory/mem.h"
#include "tree/text.h"

static void add_to_text(void *context, const char *bytes, size_t n)
{
    text_add(context, bytes, n);
}

static Text print(const char *source, size_t length)
{
    ParseResult r = parse_chunk(source, length, string_from_c("=t"), false);
    if (r.error) ck_abort_msg("%.*s", (int)r.error->length, r.error->data);
    Text t = {0};
    ast_print(r.main, add_to_text, &t);
    return t;
}

static void check_chunk(const char *source, const char *expected)
{
    Text t = print(source, strlen(source));
    text_add_char(&t, 0);
    ck_assert_str_eq(t.bytes, expected);
}

/* One statement in the first line of a chunk; a, b and c are local. */
static void check_stat(const char *source, const char *expected)
{
    static const char before[] = "(main:0 () ... (up _ENV)\n  (local:1 (a b c))\n  ";
    Text code = {0}, t;
    text_format(&code, "local a, b, c %s", source);
    t = print(code.bytes, code.length);
    text_add_char(&t, 0);
    ck_assert_uint_gt(t.length, sizeof before);
    ck_assert_mem_eq(t.bytes, before, sizeof before - 1);
    t.bytes[t.length - 3] = 0; /* the main function's end */
    ck_assert_str_eq(t.bytes + sizeof before - 1, expected);
}

/* An expression of locals. */
static void check_expr(const char *source, const char *expected)
{
    Text stat = {0}, tree = {0};
    text_format(&stat, "return %s", source);
    text_format(&tree, "(return:1 %s)", expected);
    check_stat(stat.bytes, tree.bytes);
}

START_TEST(constants)
{
    check_expr("nil, true, false, ...", "nil true false ...");
    check_expr("1, 0x10, 1e3, .5, 1e300", "1 16 1000 0.5 1e+300");
    check_expr("'', \"a\\\"\\\\\\0\\n\xff\"", "\"\" \"a\\\"\\\\\\000\\010\\255\"");
}
END_TEST

START_TEST(priorities)
{
    check_expr("a or b and c", "(or a (and b c))");
    check_expr("a and b or c", "(or (and a b) c)");
    check_expr("a < b and b <= c", "(and (< a b) (<= b c))");
    check_expr("a == b ~= c", "(~= (== a b) c)");
    check_expr("a > b >= c", "(>= (> a b) c)");
    check_expr("a .. b .. c", "(.. a (.. b c))");
    check_expr("a .. b == c .. a", "(== (.. a b) (.. c a))");
    check_expr("a + b .. c", "(.. (+ a b) c)");
    check_expr("a - b - c", "(- (- a b) c)");
    check_expr("a + b * c", "(+ a (* b c))");
    check_expr("a / b % c", "(% (/ a b) c)");
    check_expr("a ^ b ^ c", "(^ a (^ b c))");
    check_expr("-a ^ -b", "(- (^ a (- b)))");
    check_expr("-a * b", "(* (- a) b)");
    check_expr("not a == b", "(== (not a) b)");
    check_expr("not not #a", "(not (not (# a)))");
    check_expr("-1", "(- 1)");
    check_expr("#a.b + 1", "(+ (# (index a \"b\")) 1)");
    check_expr("2 ^ #a .. b", "(.. (^ 2 (# a)) b)");
}
END_TEST

START_TEST(parentheses_stay_only_around_several_values)
{
    check_expr("(a), ((a)), (a + b) * c", "a a (* (+ a b) c)");
    check_expr("(...), (a()), ((a:b()))", "(paren ...) (paren (call a)) (paren (method a b))");
    check_expr("(a()) + ((...))", "(+ (call a) ...)");
    check_expr("(a()).b, (a())(), -(a())",
               "(index (call a) \"b\") (call (call a)) (- (call a))");
    check_expr("{(a())}, {[(a())] = (a())}",
               "(table (paren (call a))) (table (= (call a) (call a)))");
    check_expr("a((a()))", "(call a (paren (call a)))");
}
END_TEST

START_TEST(suffixes)
{
    check_expr("a.b.c[a][1]", "(index (index (index (index a \"b\") \"c\") a) 1)");
    check_expr("a.b:c(1).d", "(index (method (index a \"b\") c 1) \"d\")");
    check_expr("a()(b)(b, c)", "(call (call (call a) b) b c)");
    check_expr("a{} 'x' [[y]]", "(call (call (call a (table)) \"x\") \"y\")");
    check_expr("a:b{c}:d'x'", "(method (method a b (table c)) d \"x\")");
    check_expr("print, d.e", "(global print) (index (global d) \"e\")");
    check_expr("('x'):y()", "(method \"x\" y)");
}
END_TEST

START_TEST(tables)
{
    check_expr("{}", "(table)");
    check_expr("{1, 2; 3,}", "(table 1 2 3)");
    check_expr("{a = 1, [b] = 2, c; [1 + 1] = 3}",
               "(table (= \"a\" 1) (= b 2) c (= (+ 1 1) 3))");
    check_expr("{a, b.c, {a == b}, ...}", "(table a (index b \"c\") (table (== a b)) ...)");
}
END_TEST

START_TEST(simple_statements)
{
    check_stat("a()", "(do:1 (call a))");
    check_stat("a.b:c''", "(do:1 (method (index a \"b\") c \"\"))");
    check_chunk("local a, b = 1", "(main:0 () ... (up _ENV)\n"
                                  "  (local:1 (a b) 1))\n");
    check_chunk("local a a, b.c, d = 1, ...",
                "(main:0 () ... (up _ENV)\n"
                "  (local:1 ((a assigned)))\n"
                "  (assign:1 (a (index (global b) \"c\") (global d)) 1 ...))\n");
    check_stat("return", "(return:1)");
    check_stat("return a, b;", "(return:1 a b)");
    check_stat(";;; do ; end", "(do:1-1)");
    check_stat("do ::x:: end goto l ::l::",
               "(do:1-1\n    (label:1 x))\n  (goto:1 l)\n  (label:1 l)");
}
END_TEST

START_TEST(control_structures)
{
    check_stat("while a do b() break end",
               "(while:1-1 a\n    (do:1 (call b))\n    (goto:1 break))");
    check_stat("repeat local d until d", "(repeat:1-1\n    (local:1 (d))\n   until d)");
    check_stat("if a then elseif b then a() else c() end", "(if:1-1\n"
                                                           "    (then:1 a)\n"
                                                           "    (then:1 b\n"
                                                           "      (do:1 (call a)))\n"
                                                           "    (else:1\n"
                                                           "      (do:1 (call c))))");
    check_stat("for i = 1, a do end", "(for:1-1 i 1 a)");
    check_stat("for i = 1, a, b do i() end", "(for:1-1 i 1 a b\n    (do:1 (call i)))");
    check_stat("for k, v in a, b do k = v end",
               "(for-in:1-1 ((k assigned) v) a b\n    (assign:1 (k) v))");
}
END_TEST

START_TEST(functions)
{
    check_chunk("local function f(n, ...)\n"
                "  return f\n"
                "end\n"
                "function a.b:c() return function() return f, self end end",
                "(main:0 () ... (up _ENV)\n"
                "  (local-function:1 ((f captured)) (function:1-3 (n) ... (up f)\n"
                "    (return:2 (up f))))\n"
                "  (assign:4 ((index (index (global a) \"b\") \"c\"))"
                " (function:4-4 ((self captured)) (up f)\n"
                "    (return:4 (function:4-4 () (up-up f) (up self)\n"
                "      (return:4 (up f) (up self)))))))\n");
}
END_TEST

START_TEST(lines_of_errors)
{
    /* arithmetic: the operator; comparison: the end of its right side */
    check_expr("a\n+\nb", "(+:2 a b)");
    check_expr("a\n<\nb", "(<:3 a b)");
    check_expr("-\na", "(- a)");
    check_expr("a\n..\nb\n..\nc", "(..:4 a (..:4 b c))");
    /* call: where the called expression begins; method: so too */
    check_expr("\na\n(\n)", "(call:2 a)");
    check_expr("a\n.b\n(\n)", "(call (index:2 a \"b\"))");
    check_expr("\na\n:\nb\n()", "(method:2 a b)");
    /* index: the last token before its value is used */
    check_expr("a\n.\nb", "(index:3 a \"b\")");
    check_expr("a\n[\nb\n]", "(index:4 a b)");
    check_expr("a.b\n+ a\n.c", "(+:2 (index:2 a \"b\") (index:3 a \"c\"))");
    check_expr("a(\nb.c\n)", "(call a (index:3 b \"c\"))");
    check_expr("a(b.c\n,\n1)", "(call a (index:2 b \"c\") 1)");
    check_expr("{b.c\n}", "(table (index:2 b \"c\"))");
    check_expr("{b\n=\n1}", "(table (=:3 \"b\" 1))");
    check_expr("(\na.b\n)", "(index:3 a \"b\")");
    check_stat("a.b\n=\n1", "(assign:1 ((index:3 a \"b\")) 1)");
    check_stat("if a.b\nthen end", "(if:1-2\n    (then:1 (index:2 a \"b\")))");
}
END_TEST

/* Trees too deep on the left for recursion. */
START_TEST(long_chains)
{
    static const char *const units[] = {"+a", ".b", "()", " and a"};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        Text code = {0};
        text_add_c(&code, "x = a");
        for (int n = 0; n < 200000; n++) text_add_c(&code, units[i]);
        ck_assert_uint_gt(print(code.bytes, code.length).length, code.length);
    }
}
END_TEST

int main(void)
{
    mem_init();
    Suite *suite = suite_create("ast_print");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, constants);
    tcase_add_test(tests, priorities);
    tcase_add_test(tests, parentheses_stay_only_around_several_values);
    tcase_add_test(tests, suffixes);
    tcase_add_test(tests, tables);
    tcase_add_test(tests, simple_statements);
    tcase_add_test(tests, control_structures);
    tcase_add_test(tests, functions);
    tcase_add_test(tests, lines_of_errors);
    tcase_add_test(tests, long_chains);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
