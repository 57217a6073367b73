/* SPDX-License-Identifier: MIT */
/*
 * ast_check: does a tree have what ast.h promises?
 *
 * Main invariant: a check changes nothing.
 */
#include <stdio.h>
#include <stdlib.h>

#include "chunk/chunk.h"
#include "syntax/scope.h"
#include "tree/packed.h"

static void require(bool holds, const char *invariant)
{
    if (holds) return;
    fprintf(stderr, "syntax tree: %s\n", invariant);
    abort();
}

/* Stripped, all are 0. */
static bool has_line(const AstFunction *f, int line)
{
    return f->stripped ? line == 0 : line > 0;
}

static void check_function(const AstFunction *f);
static void check_expr(const AstFunction *f, const AstExpr *e);

/* Expressions ------------------------------------------------------------------------ */

static int check_list(const AstFunction *f, const AstExpr *e)
{
    int count = 0;
    for (; e; e = e->next, count++) check_expr(f, e);
    return count;
}

static void check_table(const AstFunction *f, const AstExpr *e)
{
    int elements = 0, named = 0;
    PackedField v;
    for (const AstField *field = packed_first(e, &v); field;
         field = packed_next(e, field, &v)) {
        if (field->kind == FIELD_ELEMENT) {
            elements++;
        } else {
            named++;
            require(has_line(f, field->line), "a field with a key has a line");
            require(field->kind == FIELD_KEYED || field->key->kind == EXPR_STRING,
                    "a named field's key is a string");
            check_expr(f, field->key);
        }
        check_expr(f, field->value);
    }
    require(elements == e->u.table.elements && named == e->u.table.named, "fields are counted");
}

/* Gives the next expression on the left. */
static const AstExpr *check_index(const AstFunction *f, const AstExpr *e)
{
    if (e->u.index.global) {
        ExprKind env = e->u.index.object->kind;
        require(env == EXPR_LOCAL || env == EXPR_UPVALUE, "_ENV is a variable");
        require(e->u.index.key->kind == EXPR_STRING, "a global's key is its name");
    }
    const AstExpr *object = e->u.index.object, *key = e->u.index.key;
    require(f->stripped || e->place_column || !(ast_is_shared(object) || ast_is_shared(key)),
            "what shares nodes has a place");
    if (key->kind != EXPR_STRING || !ast_is_shared(key)) check_expr(f, key);
    return e->u.index.global && ast_is_shared(object) ? NULL : object;
}

static const AstExpr *check_call(const AstFunction *f, const AstExpr *e)
{
    require(check_list(f, e->u.call.args) == e->u.call.count, "arguments are counted");
    if (e->kind == EXPR_METHOD) {
        require(e->u.call.name && has_line(f, e->u.call.name_line),
                "a method has a name and a line");
    }
    return e->u.call.callee;
}

static const AstExpr *check_unary(const AstExpr *e)
{
    const AstExpr *x = e->u.unary.operand;
    bool multiple = x->kind == EXPR_CALL || x->kind == EXPR_METHOD || x->kind == EXPR_VARARG;
    require(e->kind == EXPR_UNARY || multiple, "parentheses are around several values");
    require(e->kind == EXPR_PAREN || x->kind != EXPR_PAREN, "operands have no parentheses");
    return x;
}

/* Checks e but for its left part, and gives that. */
static const AstExpr *check_node(const AstFunction *f, const AstExpr *e)
{
    require(has_line(f, e->line), "an expression has a line");
    switch (e->kind) {
    case EXPR_NIL:
    case EXPR_FALSE:
    case EXPR_TRUE:
    case EXPR_NUMBER: return NULL;
    case EXPR_STRING: require(e->u.string != NULL, "a string is one"); return NULL;
    case EXPR_VARARG: require(f->vararg, "the function of ... is vararg"); return NULL;
    case EXPR_FUNCTION:
        require(e->u.function->parent == f, "a function is in its parent");
        check_function(e->u.function);
        return NULL;
    case EXPR_LOCAL:
        require(e->u.local->function == f, "a local is its function's");
        return NULL;
    case EXPR_UPVALUE:
        require(e->u.upvalue >= 0 && e->u.upvalue < f->upvalue_count, "an upvalue exists");
        return NULL;
    case EXPR_INDEX: return check_index(f, e);
    case EXPR_CALL:
    case EXPR_METHOD: return check_call(f, e);
    case EXPR_BINARY:
    case EXPR_AND:
    case EXPR_OR: check_expr(f, e->u.binary.right); return e->u.binary.left;
    case EXPR_UNARY:
    case EXPR_PAREN: return check_unary(e);
    case EXPR_TABLE: check_table(f, e); return NULL;
    }
    require(false, "the kind of an expression is one");
    return NULL;
}

static void check_expr(const AstFunction *f, const AstExpr *e)
{
    while (e) e = check_node(f, e);
}

/* Statements ------------------------------------------------------------------------- */

static void check_block(const AstFunction *f, const AstBlock *b);

static void check_locals(const AstFunction *f, AstLocal *const *locals, int count)
{
    require(count > 0, "a declaration declares something");
    for (int i = 0; i < count; i++) {
        require(locals[i]->function == f, "a local is declared in its function");
        require(f->locals[locals[i]->index] == locals[i], "a local is among the function's");
        require(i == 0 || locals[i]->index == locals[i - 1]->index + 1,
                "locals are numbered in order");
    }
}

static void check_target(const AstFunction *f, const AstExpr *e)
{
    if (e->kind == EXPR_LOCAL) {
        require(e->u.local->assigned, "an assigned local is marked");
    } else if (e->kind == EXPR_UPVALUE) {
        require(f->upvalues[e->u.upvalue].local->assigned, "an assigned upvalue is marked");
    } else {
        require(e->kind == EXPR_INDEX, "a target is a variable");
    }
}

static void check_assign(const AstFunction *f, const AstStat *s)
{
    require(check_list(f, s->u.assign.targets) > 0, "an assignment has a target");
    require(check_list(f, s->u.assign.values) > 0, "an assignment has a value");
    for (const AstExpr *e = s->u.assign.targets; e; e = e->next) check_target(f, e);
}

static void check_if(const AstFunction *f, const AstStat *s)
{
    for (const AstClause *c = s->u.clauses; c; c = c->next) {
        require(c->condition || !c->next, "else comes last");
        check_expr(f, c->condition);
        check_block(f, c->block);
    }
}

static void check_for_num(const AstFunction *f, const AstStat *s)
{
    AstLocal *var = s->u.for_num.var;
    require(s->u.for_num.do_line >= s->line, "a numeric for has its line of do");
    check_locals(f, &var, 1);
    check_expr(f, s->u.for_num.start);
    check_expr(f, s->u.for_num.limit);
    check_expr(f, s->u.for_num.step);
    check_block(f, s->u.for_num.block);
}

static void check_for_in(const AstFunction *f, const AstStat *s)
{
    require(s->u.for_in.call_line >= s->line, "a generic for has its line of the call");
    check_locals(f, s->u.for_in.locals, s->u.for_in.count);
    require(check_list(f, s->u.for_in.values) > 0, "a generic for has an iterator");
    check_block(f, s->u.for_in.block);
}

static void check_loop(const AstFunction *f, const AstStat *s)
{
    require(!s->u.loop.condition == (s->kind == STAT_DO), "loops have a condition");
    check_expr(f, s->u.loop.condition);
    check_block(f, s->u.loop.block);
}

static void check_call_stat(const AstFunction *f, const AstExpr *e)
{
    require(e->kind == EXPR_CALL || e->kind == EXPR_METHOD, "a call statement is a call");
    check_expr(f, e);
}

static void check_stat(const AstFunction *f, const AstStat *s)
{
    require(has_line(f, s->line), "a statement has a line");
    switch (s->kind) {
    case STAT_LOCAL:
    case STAT_LOCAL_FUNCTION:
        check_locals(f, s->u.local.locals, s->u.local.count);
        check_list(f, s->u.local.values);
        break;
    case STAT_ASSIGN: check_assign(f, s); break;
    case STAT_CALL: check_call_stat(f, s->u.call); break;
    case STAT_DO:
    case STAT_WHILE:
    case STAT_REPEAT: check_loop(f, s); break;
    case STAT_IF: check_if(f, s); break;
    case STAT_FOR_NUM: check_for_num(f, s); break;
    case STAT_FOR_IN: check_for_in(f, s); break;
    case STAT_RETURN:
        require(!s->next, "return is the last statement");
        check_list(f, s->u.values);
        break;
    case STAT_GOTO:
    case STAT_LABEL:
        require(s->u.label != NULL, "a goto is bound");
        require(s->u.label->index < f->label_count, "a label is one of its function's");
        break;
    }
}

static void check_block(const AstFunction *f, const AstBlock *b)
{
    for (const AstStat *s = b->stats; s; s = s->next) check_stat(f, s);
}

/* Functions -------------------------------------------------------------------------- */

static void check_upvalue(const AstFunction *f, const AstUpvalue *u)
{
    const AstLocal *v = u->local;
    require(v->captured, "the variable of an upvalue is captured");
    require(v->name == u->name || string_equal(v->name, u->name), "an upvalue has its name");
    if (!f->parent) {
        require(!v->function && u->from_parent, "an outermost function's upvalue is free");
    } else if (u->from_parent) {
        require(v->function == f->parent && v->index == u->index, "a parent's local is meant");
    } else {
        require(u->index < f->parent->upvalue_count, "a parent's upvalue exists");
        require(f->parent->upvalues[u->index].local == v, "a parent's upvalue is meant");
    }
}

static void check_function(const AstFunction *f)
{
    require(f->upvalue_count <= UPVALUES_MAX, "upvalues are limited");
    require(f->params <= f->local_count, "parameters are locals");
    require(f->end_line >= f->line, "a function ends after it begins");
    for (int i = 0; i < f->upvalue_count; i++) check_upvalue(f, &f->upvalues[i]);
    for (int i = 0; i < f->local_count; i++) {
        require(f->locals[i]->index == i, "locals know their number");
    }
    for (int i = 0; i < f->function_count; i++) {
        require(f->functions[i]->parent == f, "functions know where they are");
    }
    check_block(f, f->body);
}

void ast_check(const AstFunction *f)
{
    require(!f->parent, "a chunk's function is outermost");
    check_function(f);
}
