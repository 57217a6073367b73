/* SPDX-License-Identifier: MIT */
/*
 * What the parser finds out: which variables and labels names mean, how variables are
 * used, where things are, what is wrong. The shape of trees is test_ast_print's, and
 * tests/lua/syntax_errors.lua has all messages.
 */
#include "chunk/chunk.h"

#include <check.h>
#include <stdlib.h>

#include "memory/mem.h"
#include "tree/text.h"

static ParseResult try_parse(const char *source, size_t length)
{
    char *copy = malloc(length ? length : 1); /* so that reading beyond it shows */
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, source, length);
    ParseResult r = parse_chunk(copy, length, string_from_c("=t"), false);
    free(copy);
    if (r.main) ast_check(r.main);
    return r;
}

static AstFunction *parse(const char *source)
{
    ParseResult r = try_parse(source, strlen(source));
    if (r.error) ck_abort_msg("%.*s", (int)r.error->length, r.error->data);
    ck_assert_ptr_nonnull(r.main);
    return r.main;
}

static void check_error_bytes(const char *source, size_t length, const char *message)
{
    ParseResult r = try_parse(source, length);
    ck_assert_ptr_null(r.main);
    ck_assert_ptr_nonnull(r.error);
    Text t = {0};
    text_add(&t, r.error->data, r.error->length);
    text_add_char(&t, 0);
    ck_assert_str_eq(t.bytes, message);
}

static void check_error(const char *source, const char *message)
{
    check_error_bytes(source, strlen(source), message);
}

/* The n-th statement of a block, from 0. */
static const AstStat *nth(const AstBlock *b, int n)
{
    const AstStat *s = b->stats;
    while (n--) s = s->next;
    ck_assert_ptr_nonnull(s);
    return s;
}

static bool is_named(const String *s, const char *name)
{
    return s->length == strlen(name) && !memcmp(s->data, name, s->length);
}

static bool contains(const String *s, const char *part)
{
    size_t n = strlen(part);
    for (size_t i = 0; i + n <= s->length; i++) {
        if (!memcmp(s->data + i, part, n)) return true;
    }
    return false;
}

/* Repeats `unit` n times between two texts. */
static Text repeated(const char *before, const char *unit, int n, const char *after)
{
    Text t = {0};
    text_add_c(&t, before);
    for (int i = 0; i < n; i++) text_add_c(&t, unit);
    text_add_c(&t, after);
    return t;
}

START_TEST(main_function)
{
    const AstFunction *f = parse("");
    ck_assert_ptr_null(f->parent);
    ck_assert_int_eq(f->line, 0);
    ck_assert_int_eq(f->end_line, 1);
    ck_assert(f->vararg);
    ck_assert_int_eq(f->params, 0);
    ck_assert_int_eq(f->upvalue_count, 1);
    ck_assert(is_named(f->upvalues[0].name, "_ENV"));
    ck_assert(f->upvalues[0].from_parent);
    ck_assert_ptr_null(f->upvalues[0].local->function);
    ck_assert_ptr_null(f->body->stats);
    ck_assert(is_named(f->chunk_name, "=t"));
}
END_TEST

START_TEST(globals_are_fields_of_env)
{
    const AstFunction *f = parse("x = y.z local _ENV = x; w = 1");
    const AstExpr *x = nth(f->body, 0)->u.assign.targets;
    ck_assert_int_eq(x->kind, EXPR_INDEX);
    ck_assert(x->u.index.global);
    ck_assert_int_eq(x->u.index.object->kind, EXPR_UPVALUE);
    ck_assert_int_eq(x->u.index.object->u.upvalue, 0);
    ck_assert(is_named(x->u.index.key->u.string, "x"));
    const AstExpr *yz = nth(f->body, 0)->u.assign.values;
    ck_assert(!yz->u.index.global);
    ck_assert(yz->u.index.object->u.index.global);
    const AstExpr *w = nth(f->body, 2)->u.assign.targets;
    ck_assert(w->u.index.global);
    ck_assert_int_eq(w->u.index.object->kind, EXPR_LOCAL);
    ck_assert_ptr_eq(w->u.index.object->u.local, f->locals[0]);
    ck_assert(!f->locals[0]->assigned);
    f = parse("_ENV = {}");
    ck_assert(f->upvalues[0].local->assigned);
    f = parse("function f(_ENV) return x end")->functions[0];
    ck_assert_ptr_eq(f->body->stats->u.values->u.index.object->u.local, f->locals[0]);
}
END_TEST

START_TEST(innermost_declaration_counts)
{
    const AstFunction *f = parse("local x = 1 local x = x do local x = x end return x");
    ck_assert_int_eq(f->local_count, 3);
    ck_assert_ptr_eq(nth(f->body, 1)->u.local.values->u.local, f->locals[0]);
    const AstStat *block = nth(f->body, 2);
    ck_assert_ptr_eq(nth(block->u.loop.block, 0)->u.local.values->u.local, f->locals[1]);
    ck_assert_ptr_eq(nth(f->body, 3)->u.values->u.local, f->locals[1]);
    for (int i = 0; i < 3; i++) ck_assert_int_eq(f->locals[i]->index, i);
}
END_TEST

START_TEST(until_sees_the_block)
{
    const AstFunction *f = parse("local x repeat local x until x");
    ck_assert_ptr_eq(nth(f->body, 1)->u.loop.condition->u.local, f->locals[1]);
}
END_TEST

START_TEST(loop_expressions_do_not_see_the_variables)
{
    const AstFunction *f = parse("local i for i = i, i do end for i in i do end");
    const AstStat *num = nth(f->body, 1), *in = nth(f->body, 2);
    ck_assert_ptr_eq(num->u.for_num.start->u.local, f->locals[0]);
    ck_assert_ptr_eq(num->u.for_num.limit->u.local, f->locals[0]);
    ck_assert_ptr_eq(num->u.for_num.var, f->locals[1]);
    ck_assert_ptr_eq(in->u.for_in.values->u.local, f->locals[0]);
    ck_assert_ptr_eq(in->u.for_in.locals[0], f->locals[2]);
}
END_TEST

START_TEST(upvalues)
{
    const AstFunction *f = parse("local a, b\n"
                                 "function f(c)\n"
                                 "  return function() return c, b, print, b end\n"
                                 "end");
    const AstFunction *outer = f->functions[0], *inner = outer->functions[0];
    ck_assert_ptr_eq(outer->parent, f);
    ck_assert_ptr_eq(inner->parent, outer);
    ck_assert_int_eq(outer->upvalue_count, 2); /* b, _ENV, for inner */
    ck_assert_int_eq(inner->upvalue_count, 3); /* c, b, _ENV */
    ck_assert(outer->upvalues[0].from_parent);
    ck_assert_int_eq(outer->upvalues[0].index, 1);
    ck_assert_ptr_eq(outer->upvalues[0].local, f->locals[1]);
    ck_assert(!outer->upvalues[1].from_parent);
    ck_assert_int_eq(outer->upvalues[1].index, 0);
    ck_assert(inner->upvalues[0].from_parent);
    ck_assert_ptr_eq(inner->upvalues[0].local, outer->locals[0]);
    ck_assert(!inner->upvalues[1].from_parent);
    ck_assert_int_eq(inner->upvalues[1].index, 0);
    ck_assert_ptr_eq(inner->upvalues[1].local, f->locals[1]);
    ck_assert_ptr_eq(inner->upvalues[2].local, f->upvalues[0].local);
    const AstExpr *c = inner->body->stats->u.values, *b = c->next;
    ck_assert_int_eq(c->kind, EXPR_UPVALUE);
    ck_assert_int_eq(c->u.upvalue, 0);
    ck_assert_int_eq(b->u.upvalue, 1);
    ck_assert_int_eq(b->next->next->u.upvalue, 1);
}
END_TEST

/* How the variable x is used: a letter for each of captured, assigned, recursive. */
static const char *uses_of_x(const char *source)
{
    static char uses[4];
    const AstFunction *f = parse(source);
    while (!f->local_count || !is_named(f->locals[0]->name, "x")) f = f->functions[0];
    char *u = uses;
    if (f->locals[0]->captured) *u++ = 'c';
    if (f->locals[0]->assigned) *u++ = 'a';
    if (f->locals[0]->recursive) *u++ = 'r';
    *u = 0;
    return uses;
}

START_TEST(how_variables_are_used)
{
    ck_assert_str_eq(uses_of_x("local x"), "");
    ck_assert_str_eq(uses_of_x("local x = 1 x.y = 1 x.z() x[1] = x"), "");
    ck_assert_str_eq(uses_of_x("local x function x.y() end function x:z() end"), "");
    ck_assert_str_eq(uses_of_x("local x x = 1"), "a");
    ck_assert_str_eq(uses_of_x("local x y, x = 1"), "a");
    ck_assert_str_eq(uses_of_x("local x function x() end"), "a");
    ck_assert_str_eq(uses_of_x("local x do local x = 2 end"), "");
    ck_assert_str_eq(uses_of_x("local function x() end"), "r");
    ck_assert_str_eq(uses_of_x("local function x() return x() end"), "cr");
    ck_assert_str_eq(uses_of_x("local x = function() return x end"), "");
    ck_assert_str_eq(uses_of_x("local x function f() return x end"), "c");
    ck_assert_str_eq(uses_of_x("local x function f() x = 1 end"), "ca");
    ck_assert_str_eq(uses_of_x("local x function f() x.y = 1 end"), "c");
    ck_assert_str_eq(uses_of_x("local x function f() function x() end end"), "ca");
    ck_assert_str_eq(uses_of_x("local x function f() local x = 1 x = 2 end"), "");
    ck_assert_str_eq(uses_of_x("local x function f() return function() x = 1 end end"), "ca");
    ck_assert_str_eq(uses_of_x("for x = 1, 2 do end"), "");
    ck_assert_str_eq(uses_of_x("for x = 1, 2 do x = 3 end"), "a");
    ck_assert_str_eq(uses_of_x("for x in y do x = 3 end"), "a");
    ck_assert_str_eq(uses_of_x("for x in y do f(function() return x end) end"), "c");
    ck_assert_str_eq(uses_of_x("function f(x) x = x or 1 end"), "a");
    ck_assert_str_eq(uses_of_x("function f(x) return function() return x end end"), "c");
}
END_TEST

START_TEST(parameters)
{
    const AstFunction *f = parse("function t:m(a, b, ...) local c end")->functions[0];
    ck_assert(f->method);
    ck_assert(f->vararg);
    ck_assert_int_eq(f->params, 3);
    ck_assert_int_eq(f->local_count, 4);
    ck_assert(is_named(f->locals[0]->name, "self"));
    ck_assert(is_named(f->locals[1]->name, "a"));
    ck_assert_ptr_eq(f->locals[1]->function, f);
    f = parse("local function f(...) end")->functions[0];
    ck_assert(f->vararg && !f->method);
    ck_assert_int_eq(f->params, 0);
}
END_TEST

START_TEST(gotos_have_their_label)
{
    const AstFunction *f = parse("goto a do goto a ::b:: end goto b ::a:: ::b:: goto a");
    const AstLabel *a = nth(f->body, 3)->u.label, *b = nth(f->body, 4)->u.label;
    ck_assert_int_eq(nth(f->body, 3)->kind, STAT_LABEL);
    ck_assert_ptr_eq(nth(f->body, 0)->u.label, a);
    ck_assert_ptr_eq(nth(f->body, 1)->u.loop.block->stats->u.label, a);
    ck_assert_ptr_eq(nth(f->body, 2)->u.label, b);
    ck_assert_ptr_eq(nth(f->body, 5)->u.label, a);
}
END_TEST

START_TEST(inner_label_hides_the_outer)
{
    const AstFunction *f = parse("::a:: do ::a:: goto a end goto a");
    const AstBlock *inner = nth(f->body, 1)->u.loop.block;
    ck_assert_ptr_eq(nth(inner, 1)->u.label, nth(inner, 0)->u.label);
    ck_assert_ptr_eq(nth(f->body, 2)->u.label, nth(f->body, 0)->u.label);
}
END_TEST

START_TEST(breaks_leave_the_innermost_loop)
{
    const AstFunction *f = parse("while x do repeat break until y if z then break end end\n"
                                 "for i = 1, 2 do end for i in x do break end");
    const AstStat *outer = nth(f->body, 0);
    const AstStat *inner = nth(outer->u.loop.block, 0);
    ck_assert_ptr_nonnull(outer->break_label);
    ck_assert_ptr_nonnull(inner->break_label);
    ck_assert_ptr_ne(outer->break_label, inner->break_label);
    ck_assert_ptr_eq(inner->u.loop.block->stats->u.label, inner->break_label);
    const AstStat *branch = nth(outer->u.loop.block, 1);
    ck_assert_ptr_eq(branch->u.clauses->block->stats->u.label, outer->break_label);
    ck_assert_ptr_null(nth(f->body, 1)->break_label);
    ck_assert_ptr_nonnull(nth(f->body, 2)->break_label);
}
END_TEST

START_TEST(locals_at_a_label)
{
    const AstFunction *f = parse("local a for i = 1, 2 do local b ::l:: local c ::m:: end");
    const AstBlock *body = nth(f->body, 1)->u.for_num.block;
    ck_assert_int_eq(nth(body, 1)->u.label->locals, 3); /* a, i, b */
    ck_assert_int_eq(nth(body, 3)->u.label->locals, 2); /* at the end: a, i */
}
END_TEST

START_TEST(lines_of_functions_and_loops)
{
    const AstFunction *f = parse("\nlocal function f\n(\n)\nend\nwhile x\ndo\nend\n"
                                 "for i = 1\n, 2\ndo\nend for k in\nx\ndo\nend");
    ck_assert_int_eq(f->functions[0]->line, 3);
    ck_assert_int_eq(f->functions[0]->end_line, 5);
    ck_assert_int_eq(nth(f->body, 0)->line, 2);
    ck_assert_int_eq(nth(f->body, 1)->line, 6);
    ck_assert_int_eq(nth(f->body, 1)->end_line, 8);
    const AstStat *num = nth(f->body, 2), *in = nth(f->body, 3);
    ck_assert_int_eq(num->line, 9);
    ck_assert_int_eq(num->u.for_num.do_line, 11);
    ck_assert_int_eq(num->end_line, 12);
    ck_assert_int_eq(in->line, 12);
    ck_assert_int_eq(in->u.for_in.call_line, 13);
    ck_assert_int_eq(in->end_line, 15);
}
END_TEST

START_TEST(what_does_not_end_is_incomplete)
{
    static const char *const texts[] = {"for", "x =", "f(", "do", "x = [[", "--[[", "'", "x"};
    static const char *const others[] = {"x = )", "'\n'", "end", "goto x", "break"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ck_assert(try_parse(texts[i], strlen(texts[i])).incomplete);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        ck_assert(!try_parse(others[i], strlen(others[i])).incomplete);
    }
}
END_TEST

START_TEST(error_lines)
{
    ck_assert_int_eq(try_parse("x = 1\n\ny = = 2", 15).error_line, 3);
    check_error("if x then\n\n", "t:3: 'end' expected (to close 'if' at line 1) near <eof>");
    check_error("f(\n1", "t:2: ')' expected (to close '(' at line 1) near <eof>");
    check_error("goto x\n\n", "t:3: no visible label 'x' for <goto> at line 1");
    check_error_bytes("x = \0", 5, "t:1: unexpected symbol");
    check_error_bytes("x y\0z", 5, "t:1: syntax error near 'y'");
}
END_TEST

static ParseResult parse_file(const char *source)
{
    return parse_chunk(source, strlen(source), string_from_c("@f"), true);
}

START_TEST(first_line_of_a_file)
{
    ck_assert_ptr_nonnull(parse_file("#!/usr/bin/lua\nreturn").main);
    ck_assert_ptr_nonnull(parse_file("#").main);
    ck_assert_ptr_nonnull(parse_file("\xef\xbb\xbfreturn").main);
    ck_assert_ptr_nonnull(parse_file("\xef\xbb\xbf#\nreturn").main);
    ck_assert_int_eq(parse_file("# x\n\n=").error_line, 3);
    ck_assert_ptr_null(parse_file("\n#").main);
    ck_assert_ptr_null(parse_file("\xef\xbb").main);
    check_error("# x", "t:1: unexpected symbol near '#'");
}
END_TEST

START_TEST(limit_of_locals)
{
    Text ok = repeated("", "local a ", 200, "");
    ck_assert_ptr_nonnull(try_parse(ok.bytes, ok.length).main);
    Text many = repeated("", "local a ", 201, "");
    check_error_bytes(
        many.bytes, many.length,
        "t:1: too many local variables (limit is 200) in main function near <eof>");
    Text loop = repeated("", "local a ", 197, "for i = 1, 2 do end");
    check_error_bytes(loop.bytes, loop.length,
                      "t:1: too many local variables (limit is 200) in main function near '='");
    Text inner = repeated("", "local a ", 200, "function f(b) end");
    ck_assert_ptr_nonnull(try_parse(inner.bytes, inner.length).main);
    Text blocks = repeated("", "do local a end ", 1000, "");
    ParseResult r = try_parse(blocks.bytes, blocks.length);
    ck_assert_int_eq(r.main->local_count, 1000);
}
END_TEST

/* 256 variables in two functions, all used in a third. */
static Text many_upvalues(int n)
{
    Text t = {0};
    for (int i = 0; i < n; i++) {
        if (i == 128) text_add_c(&t, "function f()\n");
        text_format(&t, "local v%d ", i);
    }
    text_add_c(&t, "function g() ");
    for (int i = 0; i < n; i++) text_format(&t, "v%d = 1 ", i);
    text_add_c(&t, "end end");
    return t;
}

START_TEST(limit_of_upvalues)
{
    Text ok = many_upvalues(255), many = many_upvalues(256);
    ck_assert_ptr_nonnull(try_parse(ok.bytes, ok.length).main);
    check_error_bytes(many.bytes, many.length,
                      "t:2: too many upvalues (limit is 255) in function at line 2 near '='");
}
END_TEST

START_TEST(limit_of_levels)
{
    static const struct {
        const char *before, *unit, *after;
    } nests[] = {
        {"x = ", "(", ""},
        {"x = ", "{", ""},
        {"x = ", "a..", "a"},
        {"x = ", "- ", "a"},
        {"", "do ", ""},
        {"", "while x do ", ""},
        {"", "function f() ", ""},
        {"", "a.b, ", "="},
        {"f", "(function() f", ""},
        {"", "::a:: ", ""},
        {"f", "{f", ""},
        {"x = a", "[a", ""},
        {"", "if x then ", ""},
        {"", "repeat ", ""},
        {"for i = 1, 2 do ", "for i in x do ", ""},
    };
    for (size_t i = 0; i < sizeof nests / sizeof *nests; i++) {
        Text t = repeated(nests[i].before, nests[i].unit, 100000, nests[i].after);
        ck_assert_ptr_null(try_parse(t.bytes, t.length).main);
        t = repeated(nests[i].before, nests[i].unit, 50, nests[i].after);
        ParseResult r = try_parse(t.bytes, t.length);
        ck_assert(r.main || !contains(r.error, "levels"));
    }
    Text t = repeated("", "do ", 199, "");
    check_error_bytes(t.bytes, t.length,
                      "t:1: too many C levels (limit is 200) in main function near 'do'");
    t = repeated("x = ", "(", 197, "1");
    check_error_bytes(t.bytes, t.length,
                      "t:1: too many C levels (limit is 200) in main function near '1'");
}
END_TEST

START_TEST(long_chains_are_not_deep)
{
    static const char *const units[] = {"+ a", ".b", "[1]", "()", " and a", ":m''", " == a"};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        Text t = repeated("x = a", units[i], 100000, "");
        ck_assert_ptr_nonnull(try_parse(t.bytes, t.length).main);
    }
    Text t = repeated("if a then", " elseif a then", 100000, " end");
    ck_assert_ptr_nonnull(try_parse(t.bytes, t.length).main);
    t = repeated("x = {", "a,", 100000, "}");
    ck_assert_ptr_nonnull(try_parse(t.bytes, t.length).main);
}
END_TEST

/* Every beginning of a program parses or fails, and reads nothing behind its end. */
START_TEST(beginnings)
{
    static const char source[] =
        "local a <const>, b = 0x1p4, 'x\\x41\\z \\065' --[==[ c ]==] for k, v in pairs{1, a = "
        "2; "
        "[3] = b} do goto l ::l:: end function a.b:c(...) return ..., not -#a^2 .. [=[\n]]]=] "
        "end "
        "repeat local z until (z)() if a then elseif b then break else end while a:b'' do end";
    for (size_t n = 0; n < sizeof source; n++) {
        ParseResult r = try_parse(source, n);
        ck_assert(!r.main != !r.error);
        r = try_parse(source + n, sizeof source - 1 - n);
        ck_assert(!r.main != !r.error);
    }
}
END_TEST

int main(void)
{
    mem_init();
    Suite *suite = suite_create("parser");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, main_function);
    tcase_add_test(tests, globals_are_fields_of_env);
    tcase_add_test(tests, innermost_declaration_counts);
    tcase_add_test(tests, until_sees_the_block);
    tcase_add_test(tests, loop_expressions_do_not_see_the_variables);
    tcase_add_test(tests, upvalues);
    tcase_add_test(tests, how_variables_are_used);
    tcase_add_test(tests, parameters);
    tcase_add_test(tests, gotos_have_their_label);
    tcase_add_test(tests, inner_label_hides_the_outer);
    tcase_add_test(tests, breaks_leave_the_innermost_loop);
    tcase_add_test(tests, locals_at_a_label);
    tcase_add_test(tests, lines_of_functions_and_loops);
    tcase_add_test(tests, what_does_not_end_is_incomplete);
    tcase_add_test(tests, error_lines);
    tcase_add_test(tests, first_line_of_a_file);
    tcase_add_test(tests, limit_of_locals);
    tcase_add_test(tests, limit_of_upvalues);
    tcase_add_test(tests, limit_of_levels);
    tcase_add_test(tests, long_chains_are_not_deep);
    tcase_add_test(tests, beginnings);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
