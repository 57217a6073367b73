/* SPDX-License-Identifier: MIT */
/*
 * What lexer.c and literal.c share: classes of characters, lines, and the literals.
 */
#ifndef MOONLET_LEXER_INTERNAL_H
#define MOONLET_LEXER_INTERNAL_H

#include "syntax/lexer.h"

enum { CH_ALPHA = 1, CH_DIGIT = 2, CH_HEX = 4, CH_SPACE = 8, CH_NAME = CH_ALPHA | CH_DIGIT };

extern const uint8_t lexer_classes[256];

static inline bool lexer_is(char c, int class) { return lexer_classes[(uint8_t)c] & class; }
static inline bool lexer_is_newline(char c) { return c == '\n' || c == '\r'; }

/* Is the next character of the source c? */
static inline bool lexer_sees(const Lexer *l, char c) { return l->at < l->end && *l->at == c; }

/* Goes behind a line break at `at`: \n, \r, \r\n or \n\r. */
void lexer_newline(Lexer *l);

/* Each reads one literal from its first character on, and returns its kind of token,
 * or TK_EOF after an error. */
int literal_number(Lexer *l, Token *t, const char *start);
int literal_string(Lexer *l, Token *t);
/* [[...]] or [==[...]]; a plain '[' is itself. */
int literal_bracket(Lexer *l, Token *t);

/* The number of '=' of a long bracket at `at`, which is left on its second bracket character.
 * Answers -1 for a single bracket character, and -2 if the second one is missing. */
int literal_level(Lexer *l);
/* The body of a long bracket of this level, from its second '[' on. With keep, a string's
 * contents are in text; without, it is a comment. Answers false after an error. */
bool literal_long(Lexer *l, const char *start, int level, bool keep);

#endif
