/* SPDX-License-Identifier: MIT */
/*
 * Lexer: source text to tokens, Lua 5.2 manual 3.1, with PUC Lua's error messages.
 *
 *   source   local  s  =  "a\n"  -- text
 *                      ^token    ^at                      one token is read ahead of at
 *
 * Invariants:
 *  1. source <= at <= end; nothing outside is read.
 *  2. Once failed is set, at == end: every token from then on is TK_EOF. So a parser's
 *     loop that stops at the end of the text also stops after an error, and nobody
 *     needs to test for errors between. Only the first error is kept.
 *  3. text is how the last token read was spelled (strings: with escapes replaced and
 *     delimiters kept); empty for all symbols but dots and '['.
 *  4. a name of up to LEX_SHORT bytes is interned: the same name is the same String.
 *
 * A lexer lives on the C stack of its parser. The source is the caller's, and must
 * stay. Each token costs its length; only names not met lately and strings allocate.
 */
#ifndef MOONLET_LEXER_H
#define MOONLET_LEXER_H

#include "tree/ast.h"
#include "tree/compile.h"
#include "tree/text.h"

/* W(name, spelling): reserved words. S: symbols of several characters. C: classes. */
/* clang-format off */
#define TOKENS(W, S, C)                                                                 \
    W(AND, "and") W(BREAK, "break") W(DO, "do") W(ELSE, "else") W(ELSEIF, "elseif")     \
    W(END, "end") W(FALSE, "false") W(FOR, "for") W(FUNCTION, "function")               \
    W(GOTO, "goto") W(IF, "if") W(IN, "in") W(LOCAL, "local") W(NIL, "nil")             \
    W(NOT, "not") W(OR, "or") W(REPEAT, "repeat") W(RETURN, "return") W(THEN, "then")   \
    W(TRUE, "true") W(UNTIL, "until") W(WHILE, "while")                                 \
    S(CONCAT, "..") S(DOTS, "...") S(EQ, "==") S(GE, ">=") S(LE, "<=") S(NE, "~=")      \
    S(DBCOLON, "::")                                                                    \
    C(EOF, "<eof>") C(NUMBER, "<number>") C(NAME, "<name>") C(STRING, "<string>")
/* clang-format on */

/* All other tokens are single characters, and their own code. */
typedef enum TokenKind {
    TK_FIRST = 256,
#define TOKEN_ENUM(name, spelling) TK_##name,
    TOKENS(TOKEN_ENUM, TOKEN_ENUM, TOKEN_ENUM)
#undef TOKEN_ENUM
} TokenKind;

typedef struct Token {
    int kind;
    AstPlace place; /* where it begins */
    union {
        double number;
        String *string; /* of a name or string */
    } u;
} Token;

enum { LEX_SHORT = 40, LEX_NAMES = 256, LEX_LITERALS = 64 };

typedef struct LexName { /* a name met lately, or a reserved word */
    String *string;
    int kind;
} LexName;

typedef struct Lexer {
    Token token; /* the current one */
    const char *at, *end;
    const char *line_start; /* of the line at `at` */
    int line;               /* at `at` */
    int last_line;          /* where the token before the current one ended */
    AstPlace last_place;    /* and where it began */
    AstPlace scanned;       /* where the token begins that is being read; or column 0 */
    Token ahead;            /* the next token if lexer_peek has read it, else TK_EOF */
    const char *text;
    size_t text_length;
    Text scratch; /* a literal that differs from its source */
    String *chunk_name;
    struct Tree
        *tree; /* that is to hold the strings of tokens (tree.h); NULL: the caller does */
    bool failed;
    String *error; /* NULL after a failure: there was no memory for it */
    int error_line;
    AstPlace error_at;
    bool incomplete; /* the error is at the end of the text */
    bool final;      /* whatever could follow the text would not mend it */
    LexName names[LEX_NAMES];
    String *literals[LEX_LITERALS]; /* short strings met lately */
} Lexer;

/* Starts before the first token: call lexer_next. */
void lexer_init(Lexer *l, const char *source, size_t length, String *chunk_name);
void lexer_next(Lexer *l);
/* Kind of the token after the current one. Once per token. */
int lexer_peek(Lexer *l);

/* Records an error unless there is one, and ends the text. The message gets position
 * in front, and behind it what it is near to: a kind of token, or 0 for nothing. Names,
 * numbers and strings are spelled as in text. */
__attribute__((format(printf, 3, 4))) void lexer_fail(Lexer *l, int near, const char *format,
                                                      ...);
/* Ends the text likewise, though it may be good: there is no memory for it, or no time. */
void lexer_give_up(Lexer *l, const char *why);

/* 'and', '+', char(7), <name>: a kind of token as messages name it. */
void token_describe(Text *t, int kind);

static inline bool name_equal(const String *a, const String *b)
{
    return a == b || (a->length > LEX_SHORT && string_equal(a, b));
}

/* Is it a word that cannot be a name? */
bool lexer_reserves(const char *name, size_t length);

#endif
