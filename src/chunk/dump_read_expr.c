/* SPDX-License-Identifier: MIT */
/*
 * Binary chunks to trees: expressions.
 *
 * Main invariant: level and held are the same before and after an expression.
 */
#include "chunk/undump.h"

#include "memory/mem.h"
#include "tree/packed.h"

#include <assert.h>

static bool is_multiple(const AstExpr *e)
{
    return e->kind == EXPR_CALL || e->kind == EXPR_METHOD || e->kind == EXPR_VARARG;
}

/* The expression as the parser has it where one value is wanted. */
static AstExpr *single(AstExpr *e) { return e->kind == EXPR_PAREN ? e->u.unary.operand : e; }
static AstExpr *read_single(Reader *r) { return single(undump_expr(r)); }

UndumpList undump_list(Reader *r)
{
    UndumpList list = {NULL, undump_int(r, INT_MAX)};
    AstExpr **tail = &list.first;
    int held = r->held;
    for (int i = 0; i < list.count && !undump_failed(r); i++) {
        if (i) undump_hold(r, 1);
        AstExpr *e = *tail = undump_expr(r);
        tail = &e->next;
    }
    r->held = held;
    return list;
}

UndumpList undump_some(Reader *r)
{
    UndumpList list = undump_list(r);
    undump_require(r, list.count > 0);
    return list;
}

AstLocal *undump_find_active(Reader *r, const FunctionScope *f, int index)
{
    assert(f->first_var + f->active <= r->scopes.var_count && "active variables are there");
    for (int i = f->first_var + f->active - 1; i >= f->first_var; i--) {
        AstLocal *local = r->scopes.vars[i];
        if (local && local->index == index) return local;
    }
    undump_fail(r);
    return NULL;
}

static void read_field(Reader *r, AstField *f)
{
    if (f->kind != FIELD_ELEMENT) {
        f->key = read_single(r);
        undump_require(r, f->kind == FIELD_KEYED || f->key->kind == EXPR_STRING);
    }
    f->value = f->kind == FIELD_ELEMENT ? undump_expr(r) : read_single(r);
    f->line = undump_line(r, f->kind != FIELD_ELEMENT);
    if (f->kind == FIELD_KEYED && !undump_failed(r)) tree_field_store(r->lex.tree, f);
}

/* Elements wait in places of their own until there are as many as a node takes. */
static void read_table(Reader *r, AstExpr *e)
{
    enum { ELEMENTS_WAITING_MAX = 50 };
    AstField **tail = &e->u.table.fields;
    TreeMark mark = tree_mark(r->lex.tree);
    int held = r->held, waiting = 0, kind;
    undump_hold(r, 1);
    e->u.table.end_line = undump_line(r, 0);
    while ((kind = undump_byte(r)) != 0) {
        undump_require(r, kind <= FIELD_KEYED + 1);
        FieldKind what = undump_failed(r) ? FIELD_ELEMENT : (FieldKind)(kind - 1);
        AstField *f = *tail = tree_field(r->lex.tree, what);
        tail = &f->next;
        read_field(r, f);
        if (f->kind != FIELD_ELEMENT) {
            e->u.table.named++;
            continue;
        }
        e->u.table.elements++;
        if (is_multiple(f->value)) continue;
        waiting = waiting == ELEMENTS_WAITING_MAX - 1 ? 0 : waiting + 1;
        r->held = held + 1;
        undump_hold(r, waiting);
    }
    r->held = held;
    if (!undump_failed(r)) packed_take(r->lex.tree, e, mark);
}

/* The key that the parser would have given an index, instead of one just made at the mark. */
static AstExpr *shared_key(Reader *r, const AstExpr *e, AstExpr *key, TreeMark mark)
{
    if (key->kind != EXPR_STRING || !dump_is_alike(key, e, r->stripped) || undump_failed(r))
        return key;
    String *name = key->u.string;
    tree_rewind(r->lex.tree, mark);
    return tree_name(r->lex.tree, &r->names, name);
}

static AstExpr *read_name(Reader *r, const AstExpr *e)
{
    undump_require(r, r->stripped || e->place_column);
    return tree_name(r->lex.tree, &r->names, undump_string(r));
}

static AstExpr *new_env(Reader *r, const AstExpr *e, bool local, int number)
{
    AstExpr **shared = &r->scopes.function->env_shared, *env;
    if (!local && *shared && (*shared)->u.upvalue == number) return *shared;
    env = tree_expr(r->lex.tree, local ? EXPR_LOCAL : EXPR_UPVALUE);
    if (local) {
        env->line = ast_place(e).line;
        env->place_column = e->place_column;
        env->u.local = undump_find_active(r, r->scopes.function, number);
    } else {
        undump_require(r, number < r->scopes.function->ast->upvalue_count);
        env->u.upvalue = number;
        *shared = env;
    }
    return env;
}

static void read_global(Reader *r, AstExpr *e)
{
    int number = undump_int(r, INT_MAX);
    e->u.index.object = new_env(r, e, number & 1, number >> 1);
    e->u.index.key = read_name(r, e);
    e->u.index.global = true;
}

static void read_field_name(Reader *r, AstExpr *e, AstExpr *object)
{
    assert(object && "what is indexed has been read");
    e->u.index.object = object;
    e->u.index.key = read_name(r, e);
}

static void read_index(Reader *r, AstExpr *e, AstExpr *object)
{
    assert(object && "what is indexed has been read");
    int global = undump_byte(r);
    bool variable = object->kind == EXPR_LOCAL || object->kind == EXPR_UPVALUE;
    int held = variable || undump_sees(r, EXPR_STRING) ? 0 : 1;
    undump_hold(r, held);
    e->u.index.object = object;
    TreeMark mark = tree_mark(r->lex.tree);
    e->u.index.key = shared_key(r, e, read_single(r), mark);
    e->u.index.global = global;
    undump_require(r, global <= 1);
    undump_require(r, !global || (variable && e->u.index.key->kind == EXPR_STRING));
    undump_release(r, held);
}

static void read_call(Reader *r, AstExpr *e, AstExpr *callee)
{
    assert(callee && "what is called has been read");
    int held = r->held;
    e->u.call.callee = callee;
    undump_hold(r, e->kind == EXPR_METHOD ? 2 : 1);
    if (e->kind == EXPR_METHOD) {
        e->u.call.name = undump_string(r);
        e->u.call.name_line = undump_line(r, 1);
    }
    UndumpList args = undump_list(r);
    e->u.call.args = args.first;
    e->u.call.count = args.count;
    r->held = held;
}

/* Does the left operand wait in a place of its own? */
static int left_held(const AstExpr *e, const AstExpr *left)
{
    if (e->kind != EXPR_BINARY) return 0;
    if (e->u.binary.op == OP_CONCAT) return 1;
    return left->kind > EXPR_STRING && left->kind != EXPR_LOCAL && left->kind != EXPR_BINARY &&
           left->kind != EXPR_UNARY && left->kind != EXPR_AND && left->kind != EXPR_OR;
}

static void read_operation(Reader *r, AstExpr *e, AstExpr *left)
{
    assert(left && "the left operand has been read");
    int op = e->kind == EXPR_BINARY ? undump_byte(r) : OP_ADD;
    undump_require(r, op <= OP_GE);
    e->u.binary.op = (BinaryOp)op;
    int held = left_held(e, left);
    undump_hold(r, held);
    e->u.binary.left = left;
    e->u.binary.right = read_single(r);
    ast_set_nesting(e);
    undump_release(r, held);
}

static void read_unary(Reader *r, AstExpr *e)
{
    int op = undump_byte(r);
    undump_require(r, op <= OP_LEN);
    e->u.unary.op = (UnaryOp)op;
    e->u.unary.operand = read_single(r);
    ast_set_nesting(e);
}

/* What has no left part. */
static void read_first(Reader *r, AstExpr *e, int tag)
{
    const AstFunction *f = r->scopes.function->ast;
    switch (tag) {
    case DUMP_INTEGER: e->u.number = undump_int(r, DUMP_INTEGERS); break;
    case DUMP_GLOBAL: read_global(r, e); break;
    case EXPR_NUMBER: e->u.number = undump_double(r); break;
    case EXPR_STRING: e->u.string = undump_string(r); break;
    case EXPR_VARARG: undump_require(r, f->vararg); break;
    case EXPR_FUNCTION: e->u.function = undump_function(r); break;
    case EXPR_LOCAL:
        e->u.local = undump_find_active(r, r->scopes.function, undump_int(r, f->local_count));
        break;
    case EXPR_UPVALUE: e->u.upvalue = undump_int(r, f->upvalue_count); break;
    case EXPR_UNARY: read_unary(r, e); break;
    case EXPR_PAREN:
        e->u.unary.operand = read_single(r);
        undump_require(r, is_multiple(e->u.unary.operand));
        break;
    case EXPR_TABLE: read_table(r, e); break;
    default: undump_require(r, e->kind <= EXPR_TRUE); break;
    }
}

/* What a tag says: the kind, and whether it has a left part. */
typedef struct Tag {
    uint8_t kind;
    bool follows;
} Tag;
static const Tag tags[DUMP_TAGS] = {
    [EXPR_NIL] = {EXPR_NIL, false},
    [EXPR_FALSE] = {EXPR_FALSE, false},
    [EXPR_TRUE] = {EXPR_TRUE, false},
    [EXPR_NUMBER] = {EXPR_NUMBER, false},
    [EXPR_STRING] = {EXPR_STRING, false},
    [EXPR_VARARG] = {EXPR_VARARG, false},
    [EXPR_FUNCTION] = {EXPR_FUNCTION, false},
    [EXPR_LOCAL] = {EXPR_LOCAL, false},
    [EXPR_UPVALUE] = {EXPR_UPVALUE, false},
    [EXPR_INDEX] = {EXPR_INDEX, true},
    [EXPR_CALL] = {EXPR_CALL, true},
    [EXPR_METHOD] = {EXPR_METHOD, true},
    [EXPR_BINARY] = {EXPR_BINARY, true},
    [EXPR_UNARY] = {EXPR_UNARY, false},
    [EXPR_AND] = {EXPR_AND, true},
    [EXPR_OR] = {EXPR_OR, true},
    [EXPR_PAREN] = {EXPR_PAREN, false},
    [EXPR_TABLE] = {EXPR_TABLE, false},
    [DUMP_GLOBAL] = {EXPR_INDEX, false},
    [DUMP_FIELD] = {EXPR_INDEX, true},
    [DUMP_INTEGER] = {EXPR_NUMBER, false},
};

/* The next part of an expression, of which `left` has been read, or NULL where there is
 * nothing. */
static AstExpr *read_part(Reader *r, int all, AstExpr *left)
{
    int tag = all & ~(DUMP_NEAR | DUMP_MORE);
    undump_require(r, tag < DUMP_TAGS && tags[tag].follows == (left != NULL));
    ExprKind kind = undump_failed(r) ? EXPR_NIL : (ExprKind)tags[tag].kind;
    AstExpr *e = tree_node(r->lex.tree, tree_expr_size(kind)); /* nil unless all is well */
    undump_look(r);
    undump_place(r, e, all & DUMP_NEAR);
    if (undump_failed(r)) return e;
    e->kind = kind;
    if (left) left = single(left);
    switch (tag) {
    case EXPR_INDEX: read_index(r, e, left); break;
    case DUMP_FIELD: read_field_name(r, e, left); break;
    case EXPR_CALL:
    case EXPR_METHOD: read_call(r, e, left); break;
    case EXPR_BINARY:
    case EXPR_AND:
    case EXPR_OR: read_operation(r, e, left); break;
    default: read_first(r, e, tag); break;
    }
    if (undump_failed(r)) e->kind = EXPR_NIL;
    return e;
}

AstExpr *undump_parts(Reader *r)
{
    AstExpr *e = NULL;
    int tag;
    do {
        tag = undump_byte(r);
        e = read_part(r, tag, e);
    } while (tag & DUMP_MORE);
    return e;
}

/* Names of fields, and functions that are statements, are no level of their own to the
 * parser. */
AstExpr *undump_expr(Reader *r)
{
    if (undump_sees(r, EXPR_STRING) || undump_sees(r, EXPR_FUNCTION)) return undump_parts(r);
    undump_enter(r);
    AstExpr *e = undump_parts(r);
    undump_leave(r);
    return e;
}
