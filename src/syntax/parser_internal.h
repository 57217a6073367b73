/* SPDX-License-Identifier: MIT */
/*
 * What the parser's parts share: parser.c (chunks, tokens), stat.c (blocks, statements) and
 * expr.c.
 *
 * Each function reads one symbol of the grammar (manual chapter 9), from its first token
 * to the token behind it, and gives its tree. After an error the text is at its end
 * (lexer.h), the functions return quickly, and what they give is well-formed but means
 * nothing.
 *
 * Invariants:
 *  1. no function calls itself but through parse_expr or a statement, and those count
 *     `level`, up to LEVELS_MAX: the C stack is bounded.
 *  2. held is 0 between the statements of a function.
 *  3. constants, variables and indices have no line above 0 until their value is used;
 *     parse_use sets it.
 */
#ifndef MOONLET_PARSE_H
#define MOONLET_PARSE_H

#include "syntax/scope.h"
#include "tree/tree.h"

typedef struct Parser {
    Lexer lex;
    Scopes scopes;
    int level;      /* of nesting */
    int held;       /* values that wait while the rest of an expression is computed */
    AstStat **tail; /* where the next statement of the block goes */
    TreeNames names;
} Parser;

typedef struct ExprList {
    AstExpr *first, *last; /* NULL if empty */
    int count;
} ExprList;

/* expr.c */
AstExpr *parse_expr(Parser *p);
/* Parses one expression at least. All but the last are held, until the caller releases them. */
ExprList parse_expr_list(Parser *p);
/* A variable, call or expression in parentheses: this last one as EXPR_PAREN, whatever
 * it is around. */
AstExpr *parse_suffixed(Parser *p);
AstExpr *parse_name(Parser *p);
/* .name behind an object */
AstExpr *parse_field(Parser *p, AstExpr *object);
AstExpr *parse_function_expr(Parser *p, bool is_method, int line);

/* stat.c */
/* Parses from the '(' of the parameters to the end. */
AstFunction *parse_body(Parser *p, bool is_method, int line);
/* The statements of a block, which the caller has opened. */
AstBlock *parse_statements(Parser *p);

/* Tokens. Whether it is this one, and if so, reads on. */
bool parse_accept(Parser *p, int kind);
/* Reads this token, or it is an error. */
void parse_expect(Parser *p, int kind);
/* Reads the counterpart of a token at this line, or it is an error. */
void parse_match(Parser *p, int what, int who, int line);
/* Reads a name. If there is none, that is an error, and it answers any name. */
String *parse_expect_name(Parser *p);
/* "message near token" */
void parse_error(Parser *p, const char *message);

/* Counts extra + level against the limit. */
void parse_check_level(Parser *p, int extra);
static inline void parse_enter(Parser *p)
{
    p->level++;
    parse_check_level(p, 0);
}
static inline void parse_leave(Parser *p) { p->level--; }

/* n values are put aside until the expression around them is complete; together with the
 * active variables at most REGISTERS_MAX are. PUC Lua has no registers for more; here it
 * bounds the frame of a function. */
void parse_hold(Parser *p, int n);
static inline void parse_release(Parser *p, int n) { p->held -= n; }

/* Gives an index whose place is lost nodes of its own for those that it shares; their place is
 * `at`. */
void parse_own_parts(const Parser *p, AstExpr *index, AstPlace at);
/* ast_set_line, of an expression of any kind. */
static inline void parse_set_line(const Parser *p, AstExpr *e, int line)
{
    AstPlace at = ast_place(e);
    ast_set_line(e, line);
    if (e->kind == EXPR_INDEX && at.column && !e->place_column) parse_own_parts(p, e, at);
}

static inline int parse_token(const Parser *p) { return p->lex.token.kind; }

/* The value of e is needed here, where PUC Lua would make an instruction for it: an
 * error in it is reported at the line of the last token read. e may be NULL. */
static inline void parse_use(const Parser *p, AstExpr *e)
{
    if (!e || e->line > 0) return;
    bool waits = e->kind <= EXPR_STRING || e->kind == EXPR_LOCAL || e->kind == EXPR_UPVALUE ||
                 e->kind == EXPR_INDEX;
    if (waits) parse_set_line(p, e, p->lex.last_line);
}

#endif
