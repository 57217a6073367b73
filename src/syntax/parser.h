/* SPDX-License-Identifier: MIT */
/*
 * Parser: source text to a bound syntax tree (ast.h), Lua 5.2 manual chapter 3.
 *
 * Hand-written recursive descent with precedence climbing; one function per symbol
 * of the grammar. Errors carry PUC Lua's texts, "chunk:line: ... near 'token'".
 */
#ifndef MOONLET_PARSER_H
#define MOONLET_PARSER_H

#include "mem.h"
#include "syntax/ast.h"

/* Gives a piece of source at a time, as lua_Reader does. NULL, or a *size of 0, ends it. The
 * parser does not keep the pieces. */
typedef const char *SourceReader(void *context, size_t *size);

typedef struct ParseResult {
    AstFunction *main; /* NULL on error */
    String *error;     /* message with position */
    int error_line;    /* 0: of a dump */
    AstPlace error_at; /* the token meant */
    bool incomplete;   /* the error is that the text ends too early ("near <eof>") */
    bool near;         /* it names the token at which the text is no Lua any more */
} ParseResult;

/* The parser, and the reader of dumps, asks `due` from time to time whether it is to give up
 * because there is no time left. Then it fails, with any message. If due is NULL, it is never
 * asked. */
enum { COMPILE_LOOK_EVERY = 2000 }; /* tokens, or nodes */
typedef struct CompileLook {
    bool (*due)(void *context);
    void *context;
    int left;   /* tokens or nodes until the next look */
    bool waits; /* due answers false when the run has stopped and goes on */
} CompileLook;
extern MEM_THREAD CompileLook compile_look;
bool compile_look_now(void);
/* Whether the run may allocate more; if it can wait, it does. */
bool compile_wait_for_room(void);
static inline bool compile_has_room(void)
{
    return __builtin_expect(mem_room_due() > 0, 1) || compile_wait_for_room();
}
/* Before so many bytes are counted and taken: where the run may have less now, but can wait, it
 * pays for them in as many slices as that needs. */
void compile_save_up(size_t bytes);
static inline bool compile_is_due(void)
{
    return __builtin_expect(--compile_look.left < 0, 0) && compile_look_now();
}

/* chunk_name as load takes it ("=name", "@file", or the source itself). Allocates collected
 * memory only; O(length). */
ParseResult parse_source(const char *source, size_t length, String *chunk_name);

/* "=x" -> x, "@file" -> file (cut with ... on the left), else [string "first line..."]:
 * luaO_chunkid, LUA_IDSIZE 60. */
enum { CHUNK_ID_MAX = 60 };
void chunk_id(const String *chunk_name, char out[CHUNK_ID_MAX]);

#endif
