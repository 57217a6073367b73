/* SPDX-License-Identifier: MIT */
/*
 * Literals: numbers, quoted strings with escapes, long brackets.
 *
 * Main invariant: what is read ends before the text's end; a literal that is malformed fails
 * the lexer and is none.
 */
#include "syntax/lexer_internal.h"
#include "tree/tree.h"

#include "value/number.h"
#include <assert.h>

static void set_text(Lexer *l, const char *start, const char *end)
{
    l->text = start;
    l->text_length = (size_t)(end - start);
}

/* Numbers ---------------------------------------------------------------------------- */

/* What most numbers are: a few decimal digits. */
static bool small_integer(const char *text, size_t length, double *out)
{
    if (length > 15) return false;
    uint64_t n = 0;
    for (size_t i = 0; i < length; i++) {
        if (!lexer_is(text[i], CH_DIGIT)) return false;
        n = n * 10 + (uint64_t)(text[i] - '0');
    }
    *out = (double)n;
    return true;
}

/* All that looks like part of a number, right or wrong. */
static const char *number_end(const char *at, const char *end)
{
    char mark = 'e';
    if (*at++ == '0' && at < end && (*at | ' ') == 'x') {
        mark = 'p';
        at++;
    }
    for (;;) {
        if (at < end && (*at | ' ') == mark) {
            at++;
            if (at < end && (*at == '+' || *at == '-')) at++;
        }
        if (at == end || !(lexer_is(*at, CH_HEX) || *at == '.')) return at;
        at++;
    }
}

int literal_number(Lexer *l, Token *t, const char *start)
{
    assert(start <= l->at && l->at < l->end && "a number begins in the source");
    l->at = number_end(l->at, l->end);
    set_text(l, start, l->at);
    if (!small_integer(start, l->text_length, &t->u.number) &&
        !number_parse(start, l->text_length, &t->u.number)) {
        lexer_fail(l, TK_NUMBER, "malformed number");
        return TK_EOF;
    }
    return TK_NUMBER;
}

/* Strings ---------------------------------------------------------------------------- */

/* Data have the same strings again and again. */
static String *short_string(Lexer *l, const char *bytes, size_t length)
{
    size_t hash = length;
    if (length) {
        hash += (uint8_t)bytes[0] * 5u + (uint8_t)bytes[length / 2] * 3u;
        hash += (uint8_t)bytes[length - 1];
    }
    String **known = &l->literals[hash % LEX_LITERALS], *s = *known;
    if (s && s->length == length && !memcmp(s->data, bytes, length)) return s;
    *known = s = string_intern(bytes, length);
    tree_hold(l->tree, s);
    return s;
}

static String *any_string(Lexer *l, const char *bytes, size_t length)
{
    if (length <= LEX_SHORT) return short_string(l, bytes, length);
    String *s = string_new(bytes, length);
    tree_hold(l->tree, s);
    return s;
}

static int make_string(Lexer *l, Token *t, const char *bytes, size_t length)
{
    t->u.string = any_string(l, bytes, length);
    if (t->u.string) return TK_STRING;
    lexer_give_up(l, "lexical element too long");
    return TK_EOF;
}

/* Text in scratch between delimiters of this size. */
static int make_from_scratch(Lexer *l, Token *t, size_t delimiter)
{
    set_text(l, l->scratch.bytes, l->scratch.bytes + l->scratch.length);
    return make_string(l, t, l->text + delimiter, l->text_length - 2 * delimiter);
}

/* Names the escape that begins at start, up to and with what is at `at`. */
static bool escape_error(Lexer *l, const char *start, const char *message)
{
    set_text(l, start, l->at < l->end ? l->at + 1 : l->at);
    lexer_fail(l, TK_STRING, "%s", message);
    return false;
}

static int hex_digit(char c) { return lexer_is(c, CH_DIGIT) ? c - '0' : (c | ' ') - 'a' + 10; }

static bool escape_hex(Lexer *l, const char *start)
{
    int code = 0;
    for (int i = 0; i < 2; i++) {
        l->at++;
        if (l->at == l->end || !lexer_is(*l->at, CH_HEX)) {
            return escape_error(l, start, "hexadecimal digit expected");
        }
        code = code * 16 + hex_digit(*l->at);
    }
    l->at++;
    text_add_char(&l->scratch, (char)code);
    return true;
}

static bool escape_decimal(Lexer *l, const char *start)
{
    int code = 0;
    for (int i = 0; i < 3 && l->at < l->end && lexer_is(*l->at, CH_DIGIT); i++) {
        code = code * 10 + (*l->at++ - '0');
    }
    if (code > 255) {
        l->at--; /* the last digit is part of the error, what follows is not */
        return escape_error(l, start, "decimal escape too large");
    }
    text_add_char(&l->scratch, (char)code);
    return true;
}

static bool escape_skip(Lexer *l)
{
    l->at++;
    while (l->at < l->end && lexer_is(*l->at, CH_SPACE)) {
        if (lexer_is_newline(*l->at)) {
            lexer_newline(l);
        } else {
            l->at++;
        }
    }
    return !l->failed;
}

static bool escape_newline(Lexer *l)
{
    lexer_newline(l);
    text_add_char(&l->scratch, '\n');
    return !l->failed;
}

/* Reads an escape from the backslash on. Answers false after an error. */
static bool escape(Lexer *l)
{
    assert(lexer_sees(l, '\\') && "an escape begins with a backslash");
    static const char names[] = "abfnrtv\\\"'", codes[] = "\a\b\f\n\r\t\v\\\"'";
    const char *start = l->at++;
    if (l->at == l->end) return true; /* an error of the string */
    char c = *l->at;
    const char *simple = c ? strchr(names, c) : NULL;
    if (simple) {
        text_add_char(&l->scratch, codes[simple - names]);
        l->at++;
        return true;
    }
    if (c == 'x') return escape_hex(l, start);
    if (c == 'z') return escape_skip(l);
    if (lexer_is_newline(c)) return escape_newline(l);
    if (lexer_is(c, CH_DIGIT)) return escape_decimal(l, start);
    return escape_error(l, start, "invalid escape sequence");
}

static const char *plain_end(const char *at, const char *end, char quote)
{
    while (at < end && *at != quote && *at != '\\' && !lexer_is_newline(*at)) at++;
    return at;
}

/* A string with escapes, or one that does not end: the rest from `at` on. */
static int string_rest(Lexer *l, Token *t, const char *start)
{
    assert(start < l->at && "the quote has been read");
    char quote = *start;
    l->scratch.length = 0;
    text_add(&l->scratch, start, (size_t)(l->at - start));
    while (l->at < l->end && !lexer_is_newline(*l->at)) {
        if (*l->at == quote) {
            l->at++;
            text_add_char(&l->scratch, quote);
            return make_from_scratch(l, t, 1);
        }
        if (*l->at == '\\' && !escape(l)) return TK_EOF;
        const char *plain = l->at;
        l->at = plain_end(plain, l->end, quote);
        text_add(&l->scratch, plain, (size_t)(l->at - plain));
    }
    set_text(l, l->scratch.bytes, l->scratch.bytes + l->scratch.length);
    lexer_fail(l, l->at < l->end ? TK_STRING : TK_EOF, "unfinished string");
    return TK_EOF;
}

int literal_string(Lexer *l, Token *t)
{
    assert((lexer_sees(l, '"') || lexer_sees(l, '\'')) && "a string begins with a quote");
    const char *start = l->at;
    l->at = plain_end(start + 1, l->end, *start);
    if (!lexer_sees(l, *start)) return string_rest(l, t, start);
    l->at++;
    set_text(l, start, l->at);
    return make_string(l, t, start + 1, l->text_length - 2);
}

/* Long brackets ---------------------------------------------------------------------- */

int literal_level(Lexer *l)
{
    assert((lexer_sees(l, '[') || lexer_sees(l, ']')) && "a bracket is here");
    char bracket = *l->at++;
    const char *first = l->at;
    while (lexer_sees(l, '=')) l->at++;
    int count = (int)(l->at - first);
    if (lexer_sees(l, bracket)) return count;
    return count ? -2 : -1;
}

static void keep_run(Lexer *l, const char *run, bool keep)
{
    if (keep) text_add(&l->scratch, run, (size_t)(l->at - run));
}

bool literal_long(Lexer *l, const char *start, int level, bool keep)
{
    assert(level >= 0 && lexer_sees(l, '[') && "the second bracket is here");
    l->scratch.length = 0;
    l->at++;
    keep_run(l, start, keep);
    if (l->at < l->end && lexer_is_newline(*l->at)) lexer_newline(l);
    const char *run = l->at;
    while (l->at < l->end) {
        char c = *l->at;
        if (c == ']') {
            if (literal_level(l) != level) continue;
            l->at++;
            keep_run(l, run, keep);
            return true;
        }
        if (lexer_is_newline(c)) {
            keep_run(l, run, keep);
            if (keep) text_add_char(&l->scratch, '\n');
            lexer_newline(l);
            run = l->at;
        } else {
            l->at++;
        }
    }
    lexer_fail(l, TK_EOF, keep ? "unfinished long string" : "unfinished long comment");
    return false;
}

int literal_bracket(Lexer *l, Token *t)
{
    const char *start = l->at;
    int level = literal_level(l);
    if (level >= 0) {
        if (!literal_long(l, start, level, true)) return TK_EOF;
        return make_from_scratch(l, t, (size_t)level + 2);
    }
    set_text(l, start, l->at);
    if (level == -1) return '[';
    lexer_fail(l, TK_STRING, "invalid long string delimiter");
    return TK_EOF;
}
