/* SPDX-License-Identifier: MIT */
/*
 * The lexer but for its literals, which are in literal.c.
 *
 * Main invariant: source <= at <= end, and after the first error at == end.
 */
#include "syntax/lexer_internal.h"
#include "tree/tree.h"

#include <assert.h>
#include <limits.h>
#include <stdarg.h>

#include "memory/mem.h"
#include "tree/text.h"

enum { LINES_MAX = INT_MAX - 2 };

#define A CH_ALPHA
#define D (CH_DIGIT | CH_HEX)
#define H (CH_ALPHA | CH_HEX)
#define S CH_SPACE
const uint8_t lexer_classes[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, S, S, S, S, S, 0, 0, /* control: \t \n \v \f \r */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* control */
    S, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* space and signs */
    D, D, D, D, D, D, D, D, D, D, 0, 0, 0, 0, 0, 0, /* 0 - 9 */
    0, H, H, H, H, H, H, A, A, A, A, A, A, A, A, A, /* A - O */
    A, A, A, A, A, A, A, A, A, A, A, 0, 0, 0, 0, A, /* P - Z, _ */
    0, H, H, H, H, H, H, A, A, A, A, A, A, A, A, A, /* a - o */
    A, A, A, A, A, A, A, A, A, A, A, 0, 0, 0, 0, 0, /* p - z */
};
#undef A
#undef D
#undef H
#undef S

typedef struct Spelling {
    const char *text;
    size_t length;
} Spelling;

static const Spelling spellings[] = {
#define TOKEN_SPELLING(name, spelling) {spelling, sizeof spelling - 1},
    TOKENS(TOKEN_SPELLING, TOKEN_SPELLING, TOKEN_SPELLING)
#undef TOKEN_SPELLING
};

/* Errors ----------------------------------------------------------------------------- */

void token_describe(Text *t, int kind)
{
    assert((kind <= TK_FIRST ||
            (size_t)(kind - TK_FIRST - 1) < sizeof spellings / sizeof *spellings) &&
           "each kind of token has a spelling");
    if (kind <= TK_FIRST) {
        bool prints = kind >= ' ' && kind <= '~';
        text_format(t, prints ? "'%c'" : "char(%d)", kind);
    } else {
        const char *quote = kind < TK_EOF ? "'" : "";
        text_format(t, "%s%s%s", quote, spellings[kind - TK_FIRST - 1].text, quote);
    }
}

/* The spelling counts up to its first NUL, as in PUC Lua. */
static void add_near(Text *t, const Lexer *l, int near)
{
    if (near != TK_NAME && near != TK_NUMBER && near != TK_STRING) {
        token_describe(t, near);
        return;
    }
    const char *nul = l->text_length ? memchr(l->text, 0, l->text_length) : NULL;
    text_add_char(t, '\'');
    text_add(t, l->text, nul ? (size_t)(nul - l->text) : l->text_length);
    text_add_char(t, '\'');
}

static AstPlace place_here(const Lexer *l)
{
    assert(l->line_start <= l->at && l->at <= l->end && "what is read is on the line");
    ptrdiff_t column = l->at - l->line_start + 1;
    return (AstPlace){l->line, column < INT_MAX ? (int)column : 0};
}

void lexer_fail(Lexer *l, int near, const char *format, ...)
{
    if (l->failed) return;
    assert(l->chunk_name && "an error says in which chunk");
    char id[CHUNK_ID_MAX];
    Text t = {0};
    va_list args;
    chunk_id(l->chunk_name, id);
    text_format(&t, "%s:%d: ", id, l->line);
    va_start(args, format);
    text_format_args(&t, format, args);
    va_end(args);
    if (near) {
        text_add_c(&t, " near ");
        add_near(&t, l, near);
    }
    l->failed = true;
    l->error = string_new(t.bytes, t.length);
    l->error_line = l->line;
    l->error_at = near == TK_EOF      ? place_here(l)
                  : l->scanned.column ? l->scanned
                                      : l->token.place;
    l->incomplete = near == TK_EOF;
    l->final = near != TK_EOF && l->at < l->end;
    l->at = l->end;
    l->token.kind = l->ahead.kind = TK_EOF;
}

void lexer_give_up(Lexer *l, const char *why)
{
    if (l->failed) return;
    lexer_fail(l, 0, "%s", why);
    l->final = false;
}

/* Names ------------------------------------------------------------------------------ */

static int word_kind(const char *name, size_t length)
{
    for (int i = 0; i <= TK_WHILE - TK_AND; i++) {
        const Spelling *s = &spellings[i];
        if (s->length == length && !memcmp(s->text, name, length)) return TK_AND + i;
    }
    return TK_NAME;
}

bool lexer_reserves(const char *name, size_t length)
{
    return word_kind(name, length) != TK_NAME;
}

static void load_name(Lexer *l, LexName *n, const char *name, size_t length)
{
    assert(length > 0 && "a name has letters");
    n->kind = word_kind(name, length);
    n->string = length <= LEX_SHORT ? string_intern(name, length) : string_new(name, length);
    tree_hold(l->tree, n->string);
}

static int scan_name(Lexer *l, Token *t)
{
    assert(lexer_is(*l->at, CH_ALPHA) && "a name begins with a letter");
    const char *p = l->at;
    uint32_t hash = 0;
    do {
        hash = hash * 33 + (uint8_t)*p++;
    } while (p < l->end && lexer_is(*p, CH_NAME));
    size_t length = (size_t)(p - l->at);
    LexName *n = &l->names[(hash * 0x9e3779b1u >> 16) % LEX_NAMES];
    if (!n->string || n->string->length != length || memcmp(n->string->data, l->at, length)) {
        load_name(l, n, l->at, length);
    }
    l->text = l->at;
    l->text_length = length;
    l->at = p;
    t->u.string = n->string;
    return n->kind;
}

/* Tokens ----------------------------------------------------------------------------- */

void lexer_newline(Lexer *l)
{
    assert(l->at < l->end && lexer_is_newline(*l->at) && "a line ends here");
    char first = *l->at++;
    if (l->at < l->end && lexer_is_newline(*l->at) && *l->at != first) l->at++;
    l->line_start = l->at;
    if (++l->line >= LINES_MAX) lexer_fail(l, l->token.kind, "chunk has too many lines");
}

/* Skips a comment from behind its "--" on. */
static void skip_comment(Lexer *l)
{
    if (lexer_sees(l, '[')) {
        int level = literal_level(l);
        if (level >= 0) {
            literal_long(l, l->at, level, false);
            return;
        }
    }
    while (l->at < l->end && !lexer_is_newline(*l->at)) l->at++;
}

static int scan_sign(Lexer *l) { return (uint8_t)*l->at++; }

/* The first character alone, or with `second` the token `pair`. */
static int scan_pair(Lexer *l, char second, int pair)
{
    int first = scan_sign(l);
    if (!lexer_sees(l, second)) return first;
    l->at++;
    return pair;
}

static int scan_dots(Lexer *l, Token *t)
{
    const char *start = l->at;
    int kind = scan_pair(l, '.', TK_CONCAT);
    if (kind == TK_CONCAT && lexer_sees(l, '.')) {
        l->at++;
        kind = TK_DOTS;
    } else if (kind == '.' && l->at < l->end && lexer_is(*l->at, CH_DIGIT)) {
        return literal_number(l, t, start);
    }
    l->text = start;
    l->text_length = (size_t)(l->at - start);
    return kind;
}

static int scan_symbol(Lexer *l, Token *t)
{
    switch (*l->at) {
    case '[': return literal_bracket(l, t);
    case '=': return scan_pair(l, '=', TK_EQ);
    case '<': return scan_pair(l, '=', TK_LE);
    case '>': return scan_pair(l, '=', TK_GE);
    case '~': return scan_pair(l, '=', TK_NE);
    case ':': return scan_pair(l, ':', TK_DBCOLON);
    case '.': return scan_dots(l, t);
    case '"':
    case '\'': return literal_string(l, t);
    default: return scan_sign(l);
    }
}

static void skip_blanks(Lexer *l)
{
    while (l->at < l->end) {
        char c = *l->at;
        if (lexer_is_newline(c)) {
            lexer_newline(l);
        } else if (lexer_is(c, CH_SPACE)) {
            l->at++;
        } else if (c == '-' && l->end - l->at > 1 && l->at[1] == '-') {
            l->at += 2;
            skip_comment(l);
        } else {
            return;
        }
    }
}

static int scan_token(Lexer *l, Token *t)
{
    if (l->at == l->end) return TK_EOF;
    if (lexer_is(*l->at, CH_ALPHA)) return scan_name(l, t);
    if (lexer_is(*l->at, CH_DIGIT)) return literal_number(l, t, l->at);
    return scan_symbol(l, t);
}

static int scan(Lexer *l, Token *t)
{
    l->text_length = 0;
    skip_blanks(l);
    t->place = l->scanned = place_here(l);
    int kind = scan_token(l, t);
    l->scanned.column = 0;
    return kind;
}

void lexer_init(Lexer *l, const char *source, size_t length, String *chunk_name)
{
    memset(l, 0, sizeof *l);
    l->at = l->line_start = source;
    l->end = source + length;
    l->line = l->last_line = 1;
    l->chunk_name = chunk_name;
    l->token.kind = l->ahead.kind = TK_EOF;
}

void lexer_next(Lexer *l)
{
    assert(l->at <= l->end && "nothing is read behind the source");
    assert(l->last_line <= l->line && "lines come one after the other");
    l->last_line = l->line;
    l->last_place = l->token.place;
    if (!compile_has_room()) lexer_give_up(l, "not enough memory");
    if (compile_is_due()) lexer_give_up(l, "out of time");
    if (l->ahead.kind != TK_EOF) {
        l->token = l->ahead;
        l->ahead.kind = TK_EOF;
    } else {
        l->token.kind = scan(l, &l->token);
    }
}

int lexer_peek(Lexer *l)
{
    assert(l->ahead.kind == TK_EOF && "one token is looked at ahead, no more");
    l->ahead.kind = scan(l, &l->ahead);
    return l->ahead.kind;
}
