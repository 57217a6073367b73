/* SPDX-License-Identifier: MIT */
/*
 * What the readers of binary chunks share: dump_read.c (numbers, strings, functions),
 * dump_read_expr.c, dump_read_stat.c.
 *
 * The lexer is one without a text. Scopes report errors to it, so it keeps whether there was
 * one. After the first error the bytes are at their end, and everything reads as zeros, which
 * end every list. What the functions give then is well-formed but means nothing.
 *
 * Invariants:
 *  1. level counts as the parser's does: the C stack is bounded.
 *  2. held is at most what the parser has at that place: what it accepts is accepted.
 *  3. nothing is allocated by a number that was read, but for strings whose bytes are there.
 */
#ifndef MOONLET_UNDUMP_H
#define MOONLET_UNDUMP_H

#include <limits.h>

#include "chunk/dump.h"
#include "syntax/scope.h"
#include "tree/tree.h"

enum { LINE_MAX_READ = INT_MAX - 2 };

typedef struct Reader {
    const uint8_t *at, *end;
    Lexer lex;
    Scopes scopes;
    bool stripped;
    int level, held, line;
    String **strings;
    int string_count, string_capacity;
    TreeNames names;
    String *chunk_name, *no_name;
} Reader;

static inline void undump_fail(Reader *r)
{
    lexer_fail(&r->lex, 0, "corrupted");
    r->at = r->end;
}

static inline void undump_require(Reader *r, bool holds)
{
    if (!holds) undump_fail(r);
}

static inline bool undump_failed(const Reader *r) { return r->lex.failed; }

static inline int undump_byte(Reader *r)
{
    if (r->at < r->end && !undump_failed(r)) return *r->at++;
    undump_fail(r);
    return 0;
}

static inline void undump_enter(Reader *r) { undump_require(r, ++r->level <= LEVELS_MAX); }
static inline void undump_leave(Reader *r) { r->level--; }

static inline bool undump_sees(const Reader *r, ExprKind kind)
{
    return r->at < r->end && (*r->at & ~DUMP_NEAR) == (int)kind;
}

static inline void undump_hold(Reader *r, int n)
{
    r->held += n;
    undump_require(r, r->held + r->scopes.function->active <= REGISTERS_MAX);
}

static inline void undump_release(Reader *r, int n) { r->held -= n; }

/* A number below limit. Most are a byte. */
uint64_t undump_long_number(Reader *r, uint64_t limit);
static inline uint64_t undump_number(Reader *r, uint64_t limit)
{
    if (r->at < r->end && *r->at < 0x80 && *r->at < limit) return *r->at++;
    return undump_long_number(r, limit);
}
/* An expression or statement comes: stops where the compiler has to. */
static inline void undump_look(Reader *r)
{
    undump_require(r, compile_has_room() && !compile_is_due()); /* else native_load says so */
}
static inline int undump_int(Reader *r, int limit)
{
    return (int)undump_number(r, (uint64_t)limit);
}
/* The sign is the lowest bit. */
static inline int undump_sign(int byte) { return byte >> 1 ^ -(byte & 1); }
static inline int64_t undump_signed(Reader *r)
{
    uint64_t n = undump_number(r, (uint64_t)1 << 33);
    return (int64_t)(n >> 1 ^ -(n & 1));
}
double undump_double(Reader *r);
/* The line of an expression, and where in the source it stands. */
void undump_long_place(Reader *r, AstExpr *e);
static inline void undump_place(Reader *r, AstExpr *e, bool near)
{
    int column = near ? undump_int(r, PLACE_COLUMN_MAX + 1) : 0;
    e->line = r->line;
    e->place_column = (unsigned)column & PLACE_COLUMN_MAX;
    if (!near)
        undump_long_place(r, e);
    else
        undump_require(r, column && r->line > 0 && !r->stripped);
}
/* A line, at least this one; 0 in a stripped chunk. */
static inline int undump_line(Reader *r, int least)
{
    if (r->stripped) return 0;
    int64_t line = r->line + undump_signed(r);
    undump_require(r, line >= least && line <= LINE_MAX_READ);
    if (undump_failed(r)) return least;
    return r->line = (int)line;
}
String *undump_string(Reader *r);
/* Names that a stripped chunk does not have. */
String *undump_name(Reader *r);
String *undump_label(Reader *r);

typedef struct UndumpList {
    AstExpr *first;
    int count;
} UndumpList;

AstExpr *undump_expr(Reader *r);
/* An expression without counting it as a level. */
AstExpr *undump_parts(Reader *r);
UndumpList undump_list(Reader *r);
/* A list of at least one. */
UndumpList undump_some(Reader *r);
/* The active variable of this index. NULL after an error. */
AstLocal *undump_find_active(Reader *r, const FunctionScope *f, int index);
/* Declares variables, and gives their number. */
int undump_locals(Reader *r);
AstBlock *undump_block(Reader *r, bool is_repeat);
AstFunction *undump_function(Reader *r);

#endif
