/* SPDX-License-Identifier: MIT */
/*
 * Binary chunks to trees: statements and blocks.
 *
 * Main invariant: each scope that is opened is closed, also after an error.
 */
#include "chunk/undump.h"

#include "memory/mem.h"

static AstLocal *read_local(Reader *r)
{
    AstLocal *l = scope_declare(&r->scopes, undump_name(r));
    l->line = undump_line(r, 0);
    return l;
}

/* Pending ones; gives their number. */
int undump_locals(Reader *r)
{
    int count = undump_int(r, LOCALS_MAX + 1);
    for (int i = 0; i < count; i++) read_local(r);
    return count;
}

/* Reads variables, of which there is at least one. */
static AstLocal **read_variables(Reader *r, int *count)
{
    *count = undump_locals(r);
    undump_require(r, *count > 0);
    return *count ? scope_youngest(&r->scopes, *count) : NULL;
}

static void read_declaration(Reader *r, AstStat *s)
{
    s->u.local.locals = read_variables(r, &s->u.local.count);
    s->u.local.values = undump_list(r).first;
    scope_activate(&r->scopes, s->u.local.count);
}

static void read_local_function(Reader *r, AstStat *s)
{
    read_local(r)->recursive = true;
    scope_activate(&r->scopes, 1);
    s->u.local.count = 1;
    s->u.local.locals = scope_youngest(&r->scopes, 1);
    s->u.local.values = undump_parts(r);
    undump_require(r, s->u.local.values->kind == EXPR_FUNCTION);
}

static void read_assignment(Reader *r, AstStat *s)
{
    UndumpList targets = {NULL, undump_int(r, LEVELS_MAX + 1)};
    AstExpr **tail = &targets.first;
    undump_require(r, targets.count > 0);
    for (int i = 0; i < targets.count && !undump_failed(r); i++) {
        AstExpr *e = *tail = undump_parts(r);
        tail = &e->next;
        undump_require(r, e->kind == EXPR_LOCAL || e->kind == EXPR_UPVALUE ||
                              e->kind == EXPR_INDEX);
        if (!undump_failed(r)) scope_mark_assigned(&r->scopes, e);
    }
    s->u.assign.targets = targets.first;
    s->u.assign.values = undump_some(r).first;
}

static AstBlock *read_scoped_block(Reader *r)
{
    BlockScope scope;
    scope_open_block(&r->scopes, &scope, false);
    AstBlock *b = undump_block(r, false);
    scope_close_block(&r->scopes);
    return b;
}

static void read_clauses(Reader *r, AstStat *s)
{
    AstClause **tail = &s->u.clauses;
    int sort, before = 1;
    while ((sort = undump_byte(r)) != 0) {
        undump_require(r, sort <= 2 && before == 1);
        AstClause *c = *tail = tree_node(r->lex.tree, sizeof *c);
        tail = &c->next;
        c->line = undump_line(r, 0);
        if (sort == 1) c->condition = undump_expr(r);
        c->test_line = undump_line(r, 0);
        c->block = read_scoped_block(r);
        before = sort;
    }
    undump_require(r, s->u.clauses && s->u.clauses->condition);
}

static void read_while(Reader *r, AstStat *s)
{
    BlockScope loop;
    s->u.loop.condition = undump_expr(r);
    s->u.loop.test_line = undump_line(r, 0);
    scope_open_block(&r->scopes, &loop, true);
    s->u.loop.block = read_scoped_block(r);
    s->break_label = scope_close_block(&r->scopes);
}

static void read_repeat(Reader *r, AstStat *s)
{
    BlockScope loop, body;
    scope_open_block(&r->scopes, &loop, true);
    scope_open_block(&r->scopes, &body, false);
    s->u.loop.test_line = undump_line(r, 0);
    s->u.loop.block = undump_block(r, true);
    s->u.loop.condition = undump_expr(r);
    scope_close_block(&r->scopes);
    s->break_label = scope_close_block(&r->scopes);
}

static void read_do(Reader *r, AstStat *s)
{
    s->u.loop.test_line = undump_line(r, 0);
    s->u.loop.block = read_scoped_block(r);
}

/* The hidden state becomes active first, then the variables. */
static AstBlock *read_for_body(Reader *r, int count)
{
    BlockScope body;
    scope_activate(&r->scopes, FOR_HIDDEN);
    scope_open_block(&r->scopes, &body, false);
    scope_activate(&r->scopes, count);
    AstBlock *b = read_scoped_block(r);
    scope_close_block(&r->scopes);
    return b;
}

static void read_for_num(Reader *r, AstStat *s)
{
    BlockScope loop;
    scope_open_block(&r->scopes, &loop, true);
    scope_declare_hidden(&r->scopes, FOR_HIDDEN);
    s->u.for_num.var = read_local(r);
    s->u.for_num.start = undump_expr(r);
    s->u.for_num.limit = undump_expr(r);
    if (undump_byte(r)) s->u.for_num.step = undump_expr(r);
    s->u.for_num.start->next = s->u.for_num.limit;
    s->u.for_num.limit->next = s->u.for_num.step;
    s->u.for_num.do_line = undump_line(r, s->line);
    s->u.for_num.block = read_for_body(r, 1);
    s->break_label = scope_close_block(&r->scopes);
}

static void read_for_in(Reader *r, AstStat *s)
{
    BlockScope loop;
    scope_open_block(&r->scopes, &loop, true);
    scope_declare_hidden(&r->scopes, FOR_HIDDEN);
    s->u.for_in.locals = read_variables(r, &s->u.for_in.count);
    s->u.for_in.call_line = undump_line(r, s->line);
    s->u.for_in.values = undump_some(r).first;
    s->u.for_in.do_line = undump_line(r, 0);
    s->u.for_in.block = read_for_body(r, s->u.for_in.count);
    s->break_label = scope_close_block(&r->scopes);
}

static void read_call_stat(Reader *r, AstStat *s)
{
    s->u.call = undump_parts(r);
    undump_require(r, s->u.call->kind == EXPR_CALL || s->u.call->kind == EXPR_METHOD);
}

/* It is bound when it is known whether anything follows in its block. */
static void read_label_stat(Reader *r, AstStat *s)
{
    AstLabel *label = s->u.label = tree_node(r->lex.tree, sizeof *label);
    label->name = undump_label(r);
    label->line = undump_line(r, 0);
    scope_check_label(&r->scopes, label->name);
    scope_add_label(&r->scopes, label);
}

static void read_stat(Reader *r, AstStat *s)
{
    undump_enter(r);
    switch (s->kind) {
    case STAT_LOCAL: read_declaration(r, s); break;
    case STAT_LOCAL_FUNCTION: read_local_function(r, s); break;
    case STAT_ASSIGN: read_assignment(r, s); break;
    case STAT_CALL: read_call_stat(r, s); break;
    case STAT_DO: read_do(r, s); break;
    case STAT_WHILE: read_while(r, s); break;
    case STAT_REPEAT: read_repeat(r, s); break;
    case STAT_IF: read_clauses(r, s); break;
    case STAT_FOR_NUM: read_for_num(r, s); break;
    case STAT_FOR_IN: read_for_in(r, s); break;
    case STAT_RETURN: s->u.values = undump_list(r).first; break;
    case STAT_GOTO: scope_goto(&r->scopes, s, undump_label(r)); break;
    case STAT_LABEL: read_label_stat(r, s); break;
    }
    s->end_line = undump_line(r, 0);
    undump_leave(r);
}

/* The last `waiting` labels seen; ends: nothing but labels follows in their block. */
static void bind_labels(Reader *r, int waiting, bool ends)
{
    while (waiting > 0) scope_bind_label(&r->scopes, r->scopes.label_count - waiting--, ends);
}

/* Nothing follows a return. A label before `until` does not end its block: its variables
 * are still seen. */
AstBlock *undump_block(Reader *r, bool is_repeat)
{
    AstBlock *b = tree_node(r->lex.tree, sizeof *b);
    AstStat **tail = &b->stats;
    int labels = 0, tag;
    bool returned = false;
    while ((tag = undump_byte(r)) != 0) {
        undump_look(r);
        undump_require(r, tag <= STAT_LABEL + 1 && !returned);
        if (undump_failed(r)) break;
        AstStat *s = *tail = tree_stat(r->lex.tree, (StatKind)(tag - 1));
        tail = &s->next;
        s->line = undump_line(r, 1);
        if (s->kind != STAT_LABEL) {
            bind_labels(r, labels, false);
            labels = 0;
        }
        read_stat(r, s);
        labels += s->kind == STAT_LABEL;
        returned = s->kind == STAT_RETURN;
    }
    bind_labels(r, labels, !is_repeat);
    b->end_line = undump_line(r, 0);
    return b;
}
