/* SPDX-License-Identifier: MIT */
/* Tokens of source texts: what they are, where they are, and what is wrong with them. */
#include "syntax/lexer.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "memory/mem.h"
#include "tree/text.h"

static String *name_of_chunk(void) { return string_from_c("=t"); }

static void add_token(Text *t, const Token *token)
{
    if (token->kind == TK_NUMBER) {
        text_format(t, "%.14g", token->u.number);
    } else if (token->kind == TK_NAME) {
        text_add(t, token->u.string->data, token->u.string->length);
    } else if (token->kind == TK_STRING) {
        text_format(t, "\"%.*s\"", text_int(token->u.string->length), token->u.string->data);
    } else {
        token_describe(t, token->kind);
    }
}

/* All tokens with blanks between, or the error, of an exact copy of the text that ends
 * where its memory ends. */
static const char *lex_bytes(const char *source, size_t length)
{
    char *copy = malloc(length ? length : 1);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, source, length);
    Lexer l;
    Text t = {0};
    lexer_init(&l, copy, length, name_of_chunk());
    for (lexer_next(&l); l.token.kind != TK_EOF; lexer_next(&l)) {
        add_token(&t, &l.token);
        text_add_char(&t, ' ');
    }
    free(copy);
    if (!l.failed) {
        text_add_char(&t, 0);
        return t.bytes;
    }
    Text error = {0};
    text_add(&error, l.error->data, l.error->length);
    text_add_char(&error, 0);
    return error.bytes;
}

static const char *lex(const char *source) { return lex_bytes(source, strlen(source)); }

static void check_lex(const char *source, const char *tokens)
{
    ck_assert_str_eq(lex(source), tokens);
}

START_TEST(nothing_is_no_token)
{
    check_lex("", "");
    check_lex(" \t\v\f\r\n", "");
    check_lex("--", "");
    check_lex("-- x\n--[ y\n--[==x", "");
    check_lex("--[[x\n]]--[==[ ]] ]=] ]==]", "");
}
END_TEST

START_TEST(reserved_words)
{
#define WORD(name, spelling) check_lex(spelling, "'" spelling "' ");
#define NO_WORD(name, spelling)
    TOKENS(WORD, WORD, NO_WORD)
#undef WORD
#undef NO_WORD
    check_lex("And END _end ends goto1", "And END _end ends goto1 ");
}
END_TEST

START_TEST(longest_symbol_first)
{
    check_lex("....", "'...' '.' ");
    check_lex("a..b.c", "a '..' b '.' c ");
    check_lex(":::", "'::' ':' ");
    check_lex("===", "'==' '=' ");
    check_lex("<=>=~==<>", "'<=' '>=' '~=' '=' '<' '>' ");
    check_lex("~ - --", "'~' '-' ");
    check_lex("[=[]=][a]", "\"\" '[' a ']' ");
}
END_TEST

START_TEST(any_byte_is_a_token)
{
    check_lex("\x01\x7f\x80\xff @", "char(1) char(127) char(128) char(255) '@' ");
    ck_assert_str_eq(lex_bytes("a\0b", 3), "a char(0) b ");
}
END_TEST

START_TEST(numbers)
{
    check_lex("3 3.0 3.1416 314.16e-2 0.31416E1 .5 5.", "3 3 3.1416 3.1416 3.1416 0.5 5 ");
    check_lex("0xff 0x0.1E 0xA23p-4 0X1.921FB54442D18P+1",
              "255 0.1171875 162.1875 3.1415926535898 ");
    check_lex("999999999999999 9007199254740993", "1e+15 9.007199254741e+15 ");
    check_lex("1e308 1e309 0", "1e+308 inf 0 ");
    check_lex("3-2", "3 '-' 2 ");
    check_lex("3x", "3 x ");
}
END_TEST

START_TEST(malformed_numbers)
{
    check_lex("3..2", "t:1: malformed number near '3..2'");
    check_lex("\n0x", "t:2: malformed number near '0x'");
    check_lex("1e", "t:1: malformed number near '1e'");
    check_lex("1e+", "t:1: malformed number near '1e+'");
    check_lex("0xep1p1", "t:1: malformed number near '0xep1p1'");
    check_lex(".0x1", "t:1: malformed number near '.0x1'");
    check_lex("1.2.3", "t:1: malformed number near '1.2.3'");
}
END_TEST

START_TEST(strings_with_escapes)
{
    check_lex("'a\"b' \"a'b\" ''", "\"a\"b\" \"a'b\" \"\" ");
    check_lex("'\\a\\b\\f\\n\\r\\t\\v\\\\\\'\\\"'", "\"\a\b\f\n\r\t\v\\'\"\" ");
    check_lex("'\\65\\066\\0677\\x44\\x4a\\x4A'", "\"ABC7DJJ\" ");
    check_lex("'a\\z \n\t b\\z'", "\"ab\" ");
    check_lex("'a\\\nb\\\r\nc\\\n\rd\\\re'", "\"a\nb\nc\nd\ne\" ");
}
END_TEST

START_TEST(strings_are_8_bit_clean)
{
    Lexer l;
    lexer_init(&l, "'a\0b\\0\xff\\255'", 12, name_of_chunk());
    lexer_next(&l);
    ck_assert_int_eq(l.token.kind, TK_STRING);
    ck_assert_uint_eq(l.token.u.string->length, 6);
    ck_assert_mem_eq(l.token.u.string->data, "a\0b\0\xff\xff", 6);
}
END_TEST

START_TEST(long_strings)
{
    check_lex("[[a]]", "\"a\" ");
    check_lex("[[\na\n]]", "\"a\n\" ");
    check_lex("[[\r\n\r\na\rb\n\rc]]", "\"\na\nb\nc\" ");
    check_lex("[==[a]]b]=]c]==]", "\"a]]b]=]c\" ");
    check_lex("[=[]]=]", "\"]\" ");
    check_lex("[[\\n]]", "\"\\n\" ");
}
END_TEST

START_TEST(bad_strings)
{
    check_lex("'abc", "t:1: unfinished string near <eof>");
    check_lex("'abc\n'", "t:1: unfinished string near ''abc'");
    check_lex("'a\\65\n'", "t:1: unfinished string near ''aA'");
    check_lex("'abc\\", "t:1: unfinished string near <eof>");
    check_lex("\n'\\q'", "t:2: invalid escape sequence near '\\q'");
    check_lex("'\\300'", "t:1: decimal escape too large near '\\300'");
    check_lex("'\\xag'", "t:1: hexadecimal digit expected near '\\xag'");
    check_lex("'\\x", "t:1: hexadecimal digit expected near '\\x'");
    check_lex("[=x", "t:1: invalid long string delimiter near '[='");
    check_lex("[[a\n", "t:2: unfinished long string near <eof>");
    check_lex("--[=[a\n]]", "t:2: unfinished long comment near <eof>");
}
END_TEST

START_TEST(the_spelling_ends_at_a_nul)
{
    ck_assert_str_eq(lex_bytes("'a\0b\n", 5), "t:1: unfinished string near ''a'");
}
END_TEST

START_TEST(lines)
{
    static const char source[] = "a\nb\r\nc\n\rd\re --[[\n\n]] f [[\n]] g '\\\n\\z \n' h";
    static const int expected[] = {1, 2, 3, 4, 5, 7, 8, 8, 10, 10};
    Lexer l;
    int last = 1;
    lexer_init(&l, source, sizeof source - 1, name_of_chunk());
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        lexer_next(&l);
        ck_assert_int_ne(l.token.kind, TK_EOF);
        ck_assert_int_eq(l.line, expected[i]);
        ck_assert_int_eq(l.last_line, last);
        last = l.line;
    }
}
END_TEST

START_TEST(peeking_changes_nothing)
{
    Lexer l;
    lexer_init(&l, "a = 'b'", 7, name_of_chunk());
    lexer_next(&l);
    ck_assert_int_eq(lexer_peek(&l), '=');
    ck_assert_int_eq(l.token.kind, TK_NAME);
    ck_assert_uint_eq(l.token.u.string->length, 1);
    lexer_next(&l);
    ck_assert_int_eq(l.token.kind, '=');
    ck_assert_int_eq(lexer_peek(&l), TK_STRING);
    lexer_next(&l);
    ck_assert_int_eq(l.token.kind, TK_STRING);
    ck_assert_int_eq(lexer_peek(&l), TK_EOF);
    lexer_next(&l);
    ck_assert_int_eq(l.token.kind, TK_EOF);
}
END_TEST

START_TEST(equal_names_are_one_object)
{
    Lexer l;
    lexer_init(&l, "abc x abc 'abc'", 15, name_of_chunk());
    lexer_next(&l);
    const String *abc = l.token.u.string;
    lexer_next(&l);
    ck_assert_ptr_ne(l.token.u.string, abc);
    lexer_next(&l);
    ck_assert_ptr_eq(l.token.u.string, abc);
    lexer_next(&l);
    ck_assert_ptr_eq(l.token.u.string, abc);
    ck_assert_ptr_eq(string_intern("abc", 3), abc);
}
END_TEST

/* More names than the lexer remembers, each twice in a row and again later. */
START_TEST(many_names)
{
    Text source = {0};
    for (int i = 0; i < 6000; i++) text_format(&source, "n%d ", i / 2 % 1500);
    Lexer l;
    lexer_init(&l, source.bytes, source.length, name_of_chunk());
    for (int i = 0; i < 6000; i++) {
        char name[16];
        int length = snprintf(name, sizeof name, "n%d", i / 2 % 1500);
        lexer_next(&l);
        ck_assert_int_eq(l.token.kind, TK_NAME);
        ck_assert_ptr_eq(l.token.u.string, string_intern(name, (size_t)length));
    }
}
END_TEST

START_TEST(only_the_first_error_counts)
{
    Lexer l;
    lexer_init(&l, "a\n'\\q' b", 8, name_of_chunk());
    lexer_next(&l);
    lexer_next(&l);
    ck_assert(l.failed);
    ck_assert(!l.incomplete);
    ck_assert_int_eq(l.error_line, 2);
    const String *first = l.error;
    lexer_fail(&l, TK_EOF, "%s", "another");
    ck_assert_ptr_eq(l.error, first);
    lexer_next(&l);
    ck_assert_int_eq(l.token.kind, TK_EOF);
    ck_assert_int_eq(lexer_peek(&l), TK_EOF);
}
END_TEST

static void check_id(const char *name, const char *expected)
{
    char id[CHUNK_ID_MAX];
    chunk_id(string_from_c(name), id);
    ck_assert_str_eq(id, expected);
}

START_TEST(chunk_ids)
{
    check_id("=stdin", "stdin");
    check_id("=", "");
    check_id("@", "");
    check_id("@dir/file.lua", "dir/file.lua");
    check_id("", "[string \"\"]");
    check_id("x = 1", "[string \"x = 1\"]");
    check_id("x = 1\ny = 2", "[string \"x = 1...\"]");
    check_id("\nx", "[string \"...\"]");
    check_id("=123456789 123456789 123456789 123456789 123456789 123456789 123",
             "123456789 123456789 123456789 123456789 123456789 123456789");
    check_id("@123456789 123456789 123456789 123456789 123456789 123456789",
             "123456789 123456789 123456789 123456789 123456789 123456789");
    check_id("@123456789 123456789 123456789 123456789 123456789 123456789 ",
             "...56789 123456789 123456789 123456789 123456789 123456789 ");
    check_id("123456789 123456789 123456789 123456789 1234",
             "[string \"123456789 123456789 123456789 123456789 1234\"]");
    check_id("123456789 123456789 123456789 123456789 12345",
             "[string \"123456789 123456789 123456789 123456789 12345...\"]");
    check_id("123456789 123456789 123456789 123456789 1234\n123456789 123456789",
             "[string \"123456789 123456789 123456789 123456789 1234...\"]");
}
END_TEST

/* A name ends at its first zero, wherever that is. */
START_TEST(chunk_ids_with_zeros)
{
    for (int at = 0; at < 200; at++) {
        for (const char *first = "=@x"; *first; first++) {
            char name[200], whole[CHUNK_ID_MAX], cut[CHUNK_ID_MAX];
            memset(name, 'y', sizeof name);
            name[0] = *first;
            name[at] = 0;
            chunk_id(string_new(name, sizeof name), whole);
            chunk_id(string_from_c(name), cut);
            ck_assert_str_eq(whole, cut);
        }
    }
}
END_TEST

int main(void)
{
    mem_init();
    Suite *suite = suite_create("lexer");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, nothing_is_no_token);
    tcase_add_test(tests, reserved_words);
    tcase_add_test(tests, longest_symbol_first);
    tcase_add_test(tests, any_byte_is_a_token);
    tcase_add_test(tests, numbers);
    tcase_add_test(tests, malformed_numbers);
    tcase_add_test(tests, strings_with_escapes);
    tcase_add_test(tests, strings_are_8_bit_clean);
    tcase_add_test(tests, long_strings);
    tcase_add_test(tests, bad_strings);
    tcase_add_test(tests, the_spelling_ends_at_a_nul);
    tcase_add_test(tests, lines);
    tcase_add_test(tests, peeking_changes_nothing);
    tcase_add_test(tests, equal_names_are_one_object);
    tcase_add_test(tests, many_names);
    tcase_add_test(tests, only_the_first_error_counts);
    tcase_add_test(tests, chunk_ids);
    tcase_add_test(tests, chunk_ids_with_zeros);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
