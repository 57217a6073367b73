/* SPDX-License-Identifier: MIT */
/*
 * Blocks, functions and statements (manual 3.3, 3.4.10).
 *
 * Main invariant: a block's variables and labels are in scope from their statement to the end
 * of the block, and each scope that is opened is closed, also after an error.
 */
#include <assert.h>

#include "memory/mem.h"
#include "syntax/parser_internal.h"
#include "tree/tree.h"

/* Blocks ----------------------------------------------------------------------------- */

static void parse_statement(Parser *p);

/* Is the token one that ends a block? `until` does not if locals are to stay visible. */
static bool ends_block(const Parser *p, bool until)
{
    switch (parse_token(p)) {
    case TK_ELSE:
    case TK_ELSEIF:
    case TK_END:
    case TK_EOF: return true;
    case TK_UNTIL: return until;
    default: return false;
    }
}

AstBlock *parse_statements(Parser *p)
{
    assert(p->held == 0 && "no value waits between statements");
    assert(p->scopes.function->block && "statements are in a block");
    AstBlock *block = tree_node(p->lex.tree, sizeof *block);
    AstStat **outer = p->tail;
    p->tail = &block->stats;
    while (!ends_block(p, true)) {
        bool last = parse_token(p) == TK_RETURN;
        parse_statement(p);
        if (last) break;
    }
    block->end_line = p->lex.last_line;
    p->tail = outer;
    return block;
}

static AstBlock *parse_block(Parser *p)
{
    BlockScope scope;
    scope_open_block(&p->scopes, &scope, false);
    AstBlock *block = parse_statements(p);
    scope_close_block(&p->scopes);
    return block;
}

static AstStat *new_stat(Parser *p, StatKind kind, int line)
{
    assert(p->tail && !*p->tail && "a statement goes behind the last one");
    AstStat *s = tree_stat(p->lex.tree, kind);
    s->line = line;
    *p->tail = s;
    p->tail = &s->next;
    return s;
}

/* `end` or `until`, and its line. */
static void parse_end(Parser *p, AstStat *s, int what, int who)
{
    s->end_line = p->lex.line;
    parse_match(p, what, who, s->line);
}

/* Functions -------------------------------------------------------------------------- */

static void parse_params(Parser *p, AstFunction *f)
{
    int named = 0;
    if (parse_token(p) != ')') {
        do {
            if (parse_token(p) == TK_NAME) {
                scope_declare(&p->scopes, parse_expect_name(p));
                named++;
            } else if (parse_accept(p, TK_DOTS)) {
                f->vararg = true;
            } else {
                parse_error(p, "<name> or '...' expected");
            }
        } while (!f->vararg && parse_accept(p, ','));
    }
    scope_activate(&p->scopes, named);
    f->params = p->scopes.function->active;
}

AstFunction *parse_body(Parser *p, bool is_method, int line)
{
    FunctionScope scope;
    int held = p->held;
    AstFunction *f = tree_lasting(p->lex.tree, sizeof *f);
    p->held = 0;
    f->chunk_name = p->lex.chunk_name;
    f->line = line;
    f->method = is_method;
    scope_open_function(&p->scopes, &scope, f);
    parse_expect(p, '(');
    if (is_method) {
        scope_declare(&p->scopes, p->scopes.self_name);
        scope_activate(&p->scopes, 1);
    }
    parse_params(p, f);
    parse_expect(p, ')');
    f->body = parse_statements(p);
    f->end_line = p->lex.line;
    parse_match(p, TK_END, TK_FUNCTION, line);
    scope_close_function(&p->scopes);
    p->held = held;
    return f;
}

/* function a.b:c() ... end */
static void parse_function_stat(Parser *p, int line)
{
    assert(parse_token(p) == TK_FUNCTION && "here a function begins");
    AstStat *s = new_stat(p, STAT_ASSIGN, line);
    bool is_method = false;
    lexer_next(&p->lex);
    AstExpr *target = parse_name(p);
    while (parse_token(p) == '.') target = parse_field(p, target);
    if (parse_token(p) == ':') {
        is_method = true;
        target = parse_field(p, target);
    }
    s->u.assign.targets = target;
    s->u.assign.values = parse_function_expr(p, is_method, line);
    parse_set_line(p, target, line);
    s->end_line = line;
    scope_mark_assigned(&p->scopes, target);
}

static void parse_local_function(Parser *p, int line)
{
    AstStat *s = new_stat(p, STAT_LOCAL_FUNCTION, line);
    AstLocal *local = scope_declare(&p->scopes, parse_expect_name(p));
    local->recursive = true;
    scope_activate(&p->scopes, 1);
    s->u.local.locals = scope_youngest(&p->scopes, 1);
    s->u.local.count = 1;
    s->u.local.values = parse_function_expr(p, false, p->lex.line);
}

/* Simple statements ------------------------------------------------------------------ */

/* name {, name}; gives their number. */
static int parse_names(Parser *p)
{
    int count = 0;
    do {
        scope_declare(&p->scopes, parse_expect_name(p));
        count++;
    } while (parse_accept(p, ','));
    return count;
}

static AstExpr *parse_values(Parser *p)
{
    ExprList list = parse_expr_list(p);
    parse_use(p, list.last);
    parse_release(p, list.count - 1);
    return list.first;
}

static void parse_local(Parser *p, int line)
{
    AstStat *s = new_stat(p, STAT_LOCAL, line);
    s->u.local.count = parse_names(p);
    s->u.local.locals = scope_youngest(&p->scopes, s->u.local.count);
    if (parse_accept(p, '=')) s->u.local.values = parse_values(p);
    s->end_line = p->lex.last_line;
    scope_activate(&p->scopes, s->u.local.count);
}

static void check_target(Parser *p, const AstExpr *e)
{
    bool is_variable =
        e->kind == EXPR_LOCAL || e->kind == EXPR_UPVALUE || e->kind == EXPR_INDEX;
    if (!is_variable) parse_error(p, "syntax error");
    scope_mark_assigned(&p->scopes, e);
}

static void parse_assign(Parser *p, AstExpr *first, int line)
{
    AstStat *s = new_stat(p, STAT_ASSIGN, line);
    AstExpr *target = first;
    s->u.assign.targets = first;
    check_target(p, first);
    for (int count = 1; parse_accept(p, ','); count++) {
        target->next = parse_suffixed(p);
        target = target->next;
        parse_check_level(p, count);
        check_target(p, target);
        if (target->kind != EXPR_INDEX) parse_use(p, target);
    }
    parse_expect(p, '=');
    s->u.assign.values = parse_values(p);
    s->end_line = p->lex.last_line;
    for (target = first; target; target = target->next) parse_use(p, target);
}

static void parse_expr_stat(Parser *p, int line)
{
    AstExpr *e = parse_suffixed(p);
    if (parse_token(p) == '=' || parse_token(p) == ',') {
        parse_assign(p, e, line);
        return;
    }
    if (e->kind != EXPR_CALL && e->kind != EXPR_METHOD) parse_error(p, "syntax error");
    new_stat(p, STAT_CALL, line)->u.call = e;
}

static void parse_return(Parser *p, int line)
{
    assert(parse_token(p) == TK_RETURN && "here a return begins");
    AstStat *s = new_stat(p, STAT_RETURN, line);
    lexer_next(&p->lex);
    if (!ends_block(p, true) && parse_token(p) != ';') s->u.values = parse_values(p);
    s->end_line = p->lex.last_line;
    parse_accept(p, ';');
}

static void parse_goto(Parser *p, int line)
{
    AstStat *s = new_stat(p, STAT_GOTO, line);
    s->end_line = p->lex.last_line;
    String *name = p->scopes.break_name;
    if (parse_accept(p, TK_GOTO)) {
        name = parse_expect_name(p);
    } else {
        lexer_next(&p->lex);
    }
    scope_goto(&p->scopes, s, name);
}

/* A label with only empty statements between it and the end of its block belongs to the
 * end: no local is in scope there. */
static void parse_label(Parser *p, int line)
{
    assert(parse_token(p) == TK_DBCOLON && "a label begins with ::");
    AstStat *s = new_stat(p, STAT_LABEL, line);
    AstLabel *label = tree_node(p->lex.tree, sizeof *label);
    lexer_next(&p->lex);
    label->name = parse_expect_name(p);
    label->line = line;
    s->u.label = label;
    scope_check_label(&p->scopes, label->name);
    parse_expect(p, TK_DBCOLON);
    int index = scope_add_label(&p->scopes, label);
    while (parse_token(p) == ';' || parse_token(p) == TK_DBCOLON) parse_statement(p);
    scope_bind_label(&p->scopes, index, ends_block(p, false));
}

/* Control structures ----------------------------------------------------------------- */

/* if or elseif, condition, then, block */
static AstClause *parse_clause(Parser *p)
{
    AstClause *c = tree_node(p->lex.tree, sizeof *c);
    c->line = p->lex.line;
    lexer_next(&p->lex);
    c->condition = parse_expr(p);
    parse_expect(p, TK_THEN);
    c->test_line = p->lex.last_line;
    parse_use(p, c->condition);
    c->block = parse_block(p);
    return c;
}

static void parse_if(Parser *p, int line)
{
    assert(parse_token(p) == TK_IF && "here an if begins");
    AstStat *s = new_stat(p, STAT_IF, line);
    AstClause *c = s->u.clauses = parse_clause(p);
    while (parse_token(p) == TK_ELSEIF) c = c->next = parse_clause(p);
    if (parse_token(p) == TK_ELSE) {
        c = c->next = tree_node(p->lex.tree, sizeof *c);
        c->line = p->lex.line;
        lexer_next(&p->lex);
        c->block = parse_block(p);
    }
    parse_end(p, s, TK_END, TK_IF);
}

static void parse_do(Parser *p, int line)
{
    AstStat *s = new_stat(p, STAT_DO, line);
    lexer_next(&p->lex);
    s->u.loop.block = parse_block(p);
    parse_end(p, s, TK_END, TK_DO);
}

static AstExpr *parse_condition(Parser *p)
{
    AstExpr *e = parse_expr(p);
    parse_use(p, e);
    return e;
}

static void parse_while(Parser *p, int line)
{
    AstStat *s = new_stat(p, STAT_WHILE, line);
    BlockScope loop;
    lexer_next(&p->lex);
    s->u.loop.condition = parse_condition(p);
    s->u.loop.test_line = p->lex.last_line;
    scope_open_block(&p->scopes, &loop, true);
    parse_expect(p, TK_DO);
    s->u.loop.block = parse_block(p);
    parse_end(p, s, TK_END, TK_WHILE);
    s->break_label = scope_close_block(&p->scopes);
}

static void parse_repeat(Parser *p, int line)
{
    AstStat *s = new_stat(p, STAT_REPEAT, line);
    BlockScope loop, body;
    scope_open_block(&p->scopes, &loop, true);
    scope_open_block(&p->scopes, &body, false);
    lexer_next(&p->lex);
    s->u.loop.block = parse_statements(p);
    parse_end(p, s, TK_UNTIL, TK_REPEAT);
    s->u.loop.condition = parse_condition(p);
    s->u.loop.test_line = p->lex.last_line;
    scope_close_block(&p->scopes);
    s->break_label = scope_close_block(&p->scopes);
}

/* do block, with the loop's `count` variables; the hidden state becomes active first. */
static AstBlock *parse_for_body(Parser *p, int count)
{
    assert(count > 0 && "a loop has variables");
    BlockScope body;
    scope_activate(&p->scopes, FOR_HIDDEN);
    parse_expect(p, TK_DO);
    scope_open_block(&p->scopes, &body, false);
    scope_activate(&p->scopes, count);
    AstBlock *block = parse_block(p);
    scope_close_block(&p->scopes);
    return block;
}

static void parse_for_num(Parser *p, AstStat *s, String *name)
{
    s->kind = STAT_FOR_NUM;
    scope_declare_hidden(&p->scopes, FOR_HIDDEN);
    s->u.for_num.var = scope_declare(&p->scopes, name);
    parse_expect(p, '=');
    s->u.for_num.start = parse_condition(p);
    parse_expect(p, ',');
    s->u.for_num.limit = parse_condition(p);
    if (parse_accept(p, ',')) s->u.for_num.step = parse_condition(p);
    s->u.for_num.start->next = s->u.for_num.limit;
    s->u.for_num.limit->next = s->u.for_num.step;
    s->u.for_num.do_line = p->lex.line;
    s->u.for_num.block = parse_for_body(p, 1);
}

static void parse_for_in(Parser *p, AstStat *s, String *name)
{
    int count = 1;
    scope_declare_hidden(&p->scopes, FOR_HIDDEN);
    scope_declare(&p->scopes, name);
    if (parse_accept(p, ',')) count += parse_names(p);
    s->u.for_in.count = count;
    s->u.for_in.locals = scope_youngest(&p->scopes, count);
    parse_expect(p, TK_IN);
    s->u.for_in.call_line = p->lex.line;
    s->u.for_in.values = parse_values(p);
    s->u.for_in.do_line = p->lex.line;
    s->u.for_in.block = parse_for_body(p, count);
}

static void parse_for(Parser *p, int line)
{
    AstStat *s = new_stat(p, STAT_FOR_IN, line);
    BlockScope loop;
    scope_open_block(&p->scopes, &loop, true);
    lexer_next(&p->lex);
    String *name = parse_expect_name(p);
    switch (parse_token(p)) {
    case '=': parse_for_num(p, s, name); break;
    case ',':
    case TK_IN: parse_for_in(p, s, name); break;
    default: parse_error(p, "'=' or 'in' expected");
    }
    parse_end(p, s, TK_END, TK_FOR);
    s->break_label = scope_close_block(&p->scopes);
}

static void parse_any_local(Parser *p, int line)
{
    lexer_next(&p->lex);
    if (parse_accept(p, TK_FUNCTION)) {
        parse_local_function(p, line);
    } else {
        parse_local(p, line);
    }
}

static void parse_statement(Parser *p)
{
    int line = p->lex.line;
    parse_enter(p);
    switch (parse_token(p)) {
    case ';': lexer_next(&p->lex); break;
    case TK_IF: parse_if(p, line); break;
    case TK_WHILE: parse_while(p, line); break;
    case TK_DO: parse_do(p, line); break;
    case TK_FOR: parse_for(p, line); break;
    case TK_REPEAT: parse_repeat(p, line); break;
    case TK_FUNCTION: parse_function_stat(p, line); break;
    case TK_LOCAL: parse_any_local(p, line); break;
    case TK_DBCOLON: parse_label(p, line); break;
    case TK_RETURN: parse_return(p, line); break;
    case TK_BREAK:
    case TK_GOTO: parse_goto(p, line); break;
    default: parse_expr_stat(p, line);
    }
    parse_leave(p);
}
