/* SPDX-License-Identifier: MIT */
/*
 * Chunks (manual 3.3.2), and what expr.c and stat.c need of tokens.
 *
 * Main invariant: after an error the text is at its end, so whatever is read then ends soon.
 */
#include "syntax/parser.h"

#include <assert.h>

#include "memory/mem.h"
#include "syntax/parser_internal.h"
#include "tree/tree.h"

/* PUC Lua's levels count from the C stack's depth; this is its depth in load() called
 * by a script. */
enum { LEVEL_START = 2 };

/* Tokens ----------------------------------------------------------------------------- */

void parse_error(Parser *p, const char *message)
{
    lexer_fail(&p->lex, parse_token(p), "%s", message);
}

static void error_expected(Parser *p, int kind)
{
    Text what = {0};
    token_describe(&what, kind);
    lexer_fail(&p->lex, parse_token(p), "%.*s expected", text_int(what.length), what.bytes);
}

bool parse_accept(Parser *p, int kind)
{
    if (parse_token(p) != kind) return false;
    lexer_next(&p->lex);
    return true;
}

void parse_expect(Parser *p, int kind)
{
    if (!parse_accept(p, kind)) error_expected(p, kind);
}

void parse_match(Parser *p, int what, int who, int line)
{
    if (parse_accept(p, what)) return;
    if (line == p->lex.line) {
        error_expected(p, what);
        return;
    }
    Text t = {0};
    token_describe(&t, what);
    text_add_c(&t, " expected (to close ");
    token_describe(&t, who);
    lexer_fail(&p->lex, parse_token(p), "%.*s at line %d)", text_int(t.length), t.bytes, line);
}

String *parse_expect_name(Parser *p)
{
    if (parse_token(p) != TK_NAME) {
        error_expected(p, TK_NAME);
        return p->scopes.env_name;
    }
    String *name = p->lex.token.u.string;
    lexer_next(&p->lex);
    return name;
}

void parse_check_level(Parser *p, int extra)
{
    assert(p->level >= 0 && extra >= 0 && "levels that were entered are left once");
    if (p->level + extra <= LEVELS_MAX) return;
    scope_limit(&p->scopes, p->scopes.function, LEVELS_MAX, "C levels");
}

void parse_hold(Parser *p, int n)
{
    p->held += n;
    if (p->held + p->scopes.function->active <= REGISTERS_MAX) return;
    parse_error(p, "function or expression too complex");
}

/* Chunks ----------------------------------------------------------------------------- */

static AstFunction *parse_main(Parser *p)
{
    FunctionScope scope;
    AstFunction *f = &p->lex.tree->main;
    f->chunk_name = p->lex.chunk_name;
    f->vararg = true;
    scope_open_function(&p->scopes, &scope, f);
    lexer_next(&p->lex);
    f->body = parse_statements(p);
    f->end_line = p->lex.last_line;
    parse_expect(p, TK_EOF);
    scope_close_function(&p->scopes);
    return f;
}

ParseResult parse_source(const char *source, size_t length, String *chunk_name)
{
    Parser p;
    lexer_init(&p.lex, source, length, chunk_name);
    p.lex.tree = tree_new();
    tree_hold(p.lex.tree, chunk_name);
    scopes_init(&p.scopes, &p.lex);
    p.level = LEVEL_START;
    p.held = 0;
    p.tail = NULL;
    memset(&p.names, 0, sizeof p.names);
    AstFunction *f = parse_main(&p);
    if (!compile_has_room())
        lexer_give_up(&p.lex, "not enough memory"); /* it may not be whole */
    if (p.lex.failed) {
        return (ParseResult){.error = p.lex.error,
                             .error_line = p.lex.error_line,
                             .error_at = p.lex.error_at,
                             .incomplete = p.lex.incomplete,
                             .final = p.lex.final};
    }
    return (ParseResult){.main = f};
}
