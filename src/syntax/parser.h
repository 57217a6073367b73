/* SPDX-License-Identifier: MIT */
/*
 * Parser: source text to a bound syntax tree (ast.h), Lua 5.2 manual chapter 3.
 *
 * Hand-written recursive descent with precedence climbing; one function per symbol
 * of the grammar. Errors carry PUC Lua's texts, "chunk:line: ... near 'token'".
 */
#ifndef MOONLET_PARSER_H
#define MOONLET_PARSER_H

#include "tree/ast.h"
#include "tree/compile.h"

typedef struct ParseResult {
    AstFunction *main; /* NULL on error */
    String *error;     /* message with position */
    int error_line;    /* 0: of a dump */
    AstPlace error_at; /* the token meant */
    bool incomplete;   /* the error is that the text ends too early ("near <eof>") */
    bool final;        /* whatever could follow the text would not mend it */
} ParseResult;

/* chunk_name as load takes it ("=name", "@file", or the source itself). Allocates collected
 * memory only; O(length). */
ParseResult parse_source(const char *source, size_t length, String *chunk_name);

#endif
