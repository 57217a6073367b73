/* SPDX-License-Identifier: MIT */
/*
 * Expressions (manual 3.4), by precedence climbing.
 *
 * Main invariant: after an error all further tokens are TK_EOF, so every loop here ends, and
 * what is given then is dropped with the tree.
 */

#include "syntax/parser_internal.h"
#include "tree/packed.h"
#include <assert.h>

enum { PRIORITY_UNARY = 8, ELEMENTS_WAITING_MAX = 50 };

/* X(token, kind of node, operation, left priority, right priority) */
#define BINARY_OPERATORS(X)                    \
    X('+', EXPR_BINARY, OP_ADD, 6, 6)          \
    X('-', EXPR_BINARY, OP_SUB, 6, 6)          \
    X('*', EXPR_BINARY, OP_MUL, 7, 7)          \
    X('/', EXPR_BINARY, OP_DIV, 7, 7)          \
    X('%', EXPR_BINARY, OP_MOD, 7, 7)          \
    X('^', EXPR_BINARY, OP_POW, 10, 9)         \
    X(TK_CONCAT, EXPR_BINARY, OP_CONCAT, 5, 4) \
    X(TK_EQ, EXPR_BINARY, OP_EQ, 3, 3)         \
    X(TK_NE, EXPR_BINARY, OP_NE, 3, 3)         \
    X('<', EXPR_BINARY, OP_LT, 3, 3)           \
    X(TK_LE, EXPR_BINARY, OP_LE, 3, 3)         \
    X('>', EXPR_BINARY, OP_GT, 3, 3)           \
    X(TK_GE, EXPR_BINARY, OP_GE, 3, 3)         \
    X(TK_AND, EXPR_AND, OP_ADD, 2, 2)          \
    X(TK_OR, EXPR_OR, OP_ADD, 1, 1)

typedef struct Operator {
    ExprKind kind;
    BinaryOp op;
    int left, right;
} Operator;

static const Operator *find_operator(int token)
{
    switch (token) {
#define OPERATOR_CASE(token, kind, op, left, right)        \
    case token: {                                          \
        static const Operator o = {kind, op, left, right}; \
        return &o;                                         \
    }
        BINARY_OPERATORS(OPERATOR_CASE)
#undef OPERATOR_CASE
    default: return NULL;
    }
}

static AstExpr *new_node(const Parser *p, ExprKind kind, int line, AstPlace at)
{
    assert(kind <= EXPR_TABLE && at.line > 0 && "an expression stands somewhere");
    AstExpr *e = tree_expr(p->lex.tree, kind);
    e->line = line;
    e->place_column = ast_place_fits(at) ? (unsigned)at.column : 0;
    return e;
}

/* The line is not known until the value is needed (parse_use). */
static AstExpr *new_waiting(const Parser *p, ExprKind kind, AstPlace at)
{
    return new_node(p, kind, -at.line, at);
}

static AstExpr *new_expr(const Parser *p, ExprKind kind, int line, AstPlace at)
{
    assert(line > 0 && "its line is known");
    AstExpr *e = new_node(p, kind, line, at);
    if (line != at.line) ast_set_place(e, at);
    return e;
}

/* The place of the current token; that of the one before it. */
static AstPlace here(const Parser *p) { return p->lex.token.place; }
static AstPlace before(const Parser *p) { return p->lex.last_place; }

static bool is_multiple(const AstExpr *e)
{
    return e->kind == EXPR_CALL || e->kind == EXPR_METHOD || e->kind == EXPR_VARARG;
}

/* e where it gives one value whatever it is: parentheses need not be kept. */
static AstExpr *single(AstExpr *e) { return e->kind == EXPR_PAREN ? e->u.unary.operand : e; }

/* Primary expressions ---------------------------------------------------------------- */

/* The name just read, as a string. */
static AstExpr *new_string(const Parser *p, String *s)
{
    AstExpr *e = new_expr(p, EXPR_STRING, p->lex.last_line, before(p));
    e->u.string = s;
    return e;
}

/* Whether an index at a place, the token just read, may share nodes. */
static bool may_share(const Parser *p, AstPlace at)
{
    return ast_place_fits(at) && at.line == p->lex.last_line;
}

/* The name just read, at a place, which is to be the key of an index there. */
static AstExpr *new_key(Parser *p, String *name, AstPlace at)
{
    if (!may_share(p, at)) return new_string(p, name);
    mem_count(tree_expr_size(EXPR_STRING));
    return tree_name(p->lex.tree, &p->names, name);
}

static AstExpr *new_index(const Parser *p, AstExpr *object, AstExpr *key, AstPlace at)
{
    AstExpr *e = new_waiting(p, EXPR_INDEX, at);
    e->u.index.object = single(object);
    e->u.index.key = single(key);
    return e;
}

/* _ENV as all globals of the function have it, for a variable just made at the mark. */
static AstExpr *share_env(Parser *p, AstExpr *variable, TreeMark mark)
{
    AstExpr **shared = &p->scopes.function->env_shared;
    if (variable->kind != EXPR_UPVALUE) return variable;
    if (*shared && (*shared)->u.upvalue == variable->u.upvalue) {
        tree_rewind(p->lex.tree, mark);
        return *shared;
    }
    variable->line = 0;
    variable->place_up = 0;
    variable->place_column = 0;
    return *shared = variable;
}

static AstExpr *new_global(Parser *p, AstExpr *env, String *name, AstPlace at)
{
    AstExpr *e = new_index(p, env, new_key(p, name, at), at);
    e->u.index.global = true;
    return e;
}

/* Most globals share _ENV, which has counted as a node of its own in each all the same. */
AstExpr *parse_name(Parser *p)
{
    AstPlace at = here(p);
    String *name = parse_expect_name(p);
    AstExpr *env = scope_global_env(&p->scopes, name);
    if (env && may_share(p, at)) {
        mem_count(tree_expr_size(EXPR_NIL));
        return new_global(p, env, name, at);
    }
    TreeMark mark = tree_mark(p->lex.tree);
    AstExpr *variable = new_waiting(p, EXPR_NIL, at);
    if (scope_resolve(&p->scopes, name, variable)) return variable;
    scope_resolve(&p->scopes, p->scopes.env_name, variable);
    parse_use(p, variable);
    if (may_share(p, at)) variable = share_env(p, variable, mark);
    return new_global(p, variable, name, at);
}

void parse_own_parts(const Parser *p, AstExpr *index, AstPlace at)
{
    AstExpr **parts[] = {&index->u.index.object, &index->u.index.key};
    for (int i = 0; i < 2; i++) {
        const AstExpr *shared = *parts[i];
        if (!ast_is_shared(shared)) continue;
        AstExpr *own = *parts[i] = new_expr(p, shared->kind, at.line, at);
        mem_uncount(tree_expr_size(own->kind)); /* it was when it was to be shared */
        if (shared->kind == EXPR_STRING)
            own->u.string = shared->u.string;
        else
            own->u.upvalue = shared->u.upvalue;
    }
}

static AstExpr *parse_paren(Parser *p)
{
    assert(parse_token(p) == '(' && "a parenthesis is open");
    int line = p->lex.line;
    AstPlace at = here(p);
    lexer_next(&p->lex);
    AstExpr *inner = parse_expr(p);
    parse_match(p, ')', '(', line);
    parse_use(p, inner);
    AstExpr *e = new_expr(p, EXPR_PAREN, line, at);
    e->u.unary.operand = single(inner);
    return e;
}

static AstExpr *parse_primary(Parser *p)
{
    switch (parse_token(p)) {
    case TK_NAME: return parse_name(p);
    case '(': return parse_paren(p);
    default:
        parse_error(p, "unexpected symbol");
        return new_expr(p, EXPR_NIL, p->lex.line, here(p));
    }
}

/* Table constructors ----------------------------------------------------------------- */

static AstExpr *parse_table(Parser *p);

/* [key] */
static AstExpr *parse_key(Parser *p)
{
    assert(parse_token(p) == '[' && "a key is in brackets");
    lexer_next(&p->lex);
    AstExpr *key = parse_expr(p);
    parse_use(p, key);
    parse_expect(p, ']');
    return key;
}

static void parse_pair(Parser *p, AstField *f)
{
    if (f->kind == FIELD_NAMED) {
        String *name = parse_expect_name(p);
        f->key = new_string(p, name);
    } else {
        f->key = single(parse_key(p));
    }
    parse_expect(p, '=');
    f->value = parse_expr(p);
    parse_use(p, f->value);
    f->value = single(f->value);
    f->line = p->lex.last_line;
    if (f->kind == FIELD_KEYED) tree_field_store(p->lex.tree, f);
}

static FieldKind field_kind(Parser *p)
{
    if (parse_token(p) == TK_NAME)
        return lexer_peek(&p->lex) == '=' ? FIELD_NAMED : FIELD_ELEMENT;
    return parse_token(p) == '[' ? FIELD_KEYED : FIELD_ELEMENT;
}

/* The last positional value, if it is not complete yet: it waits for others to be put
 * into the table with them. */
static void finish_element(Parser *p, AstField *element, int *waiting)
{
    assert(*waiting < ELEMENTS_WAITING_MAX && "elements that are enough have been stored");
    if (!element || element->line) return;
    parse_use(p, element->value);
    element->line = p->lex.last_line;
    parse_hold(p, 1);
    if (++*waiting == ELEMENTS_WAITING_MAX) {
        parse_release(p, *waiting);
        *waiting = 0;
    }
}

static AstExpr *parse_table(Parser *p)
{
    int line = p->lex.line;
    AstExpr *e = new_expr(p, EXPR_TABLE, p->lex.last_line, here(p));
    AstField **tail = &e->u.table.fields, *element = NULL;
    TreeMark mark = tree_mark(p->lex.tree);
    int waiting = 0;
    parse_hold(p, 1);
    parse_expect(p, '{');
    do {
        if (parse_token(p) == '}') break;
        finish_element(p, element, &waiting);
        AstField *f = tree_field(p->lex.tree, field_kind(p));
        *tail = f;
        tail = &f->next;
        if (f->kind != FIELD_ELEMENT) {
            parse_pair(p, f);
            e->u.table.named++;
        } else {
            element = f;
            f->value = parse_expr(p);
            e->u.table.elements++;
        }
    } while (parse_accept(p, ',') || parse_accept(p, ';'));
    parse_match(p, '}', '{', line);
    e->u.table.end_line = p->lex.last_line;
    if (element && !is_multiple(element->value)) finish_element(p, element, &waiting);
    parse_release(p, waiting + 1);
    if (!p->lex.failed) packed_take(p->lex.tree, e, mark);
    return e;
}

/* Suffixes: fields, indices and calls ------------------------------------------------ */

AstExpr *parse_field(Parser *p, AstExpr *object)
{
    assert((parse_token(p) == '.' || parse_token(p) == ':') && "a field is behind a sign");
    parse_use(p, object);
    lexer_next(&p->lex);
    AstPlace at = here(p);
    String *name = parse_expect_name(p);
    return new_index(p, object, new_key(p, name, at), at);
}

static AstExpr *parse_index(Parser *p, AstExpr *object)
{
    parse_use(p, object);
    int held = object->kind != EXPR_LOCAL && object->kind != EXPR_UPVALUE;
    parse_hold(p, held);
    AstPlace at = here(p);
    AstExpr *e = new_index(p, object, parse_key(p), at);
    parse_release(p, held);
    return e;
}

static ExprList parse_paren_args(Parser *p, int line)
{
    ExprList list = {0};
    lexer_next(&p->lex);
    if (parse_token(p) != ')') list = parse_expr_list(p);
    parse_match(p, ')', '(', line);
    parse_use(p, list.last);
    if (list.last && !is_multiple(list.last)) {
        parse_hold(p, 1);
        parse_release(p, 1);
    }
    if (list.count) parse_release(p, list.count - 1);
    return list;
}

static AstExpr *parse_string(Parser *p)
{
    assert(parse_token(p) == TK_STRING && "a string is here");
    AstExpr *e = new_waiting(p, EXPR_STRING, here(p));
    e->u.string = p->lex.token.u.string;
    lexer_next(&p->lex);
    return e;
}

static void parse_args(Parser *p, AstExpr *call)
{
    ExprList list = {0};
    switch (parse_token(p)) {
    case '(': list = parse_paren_args(p, call->line); break;
    case '{': list = (ExprList){parse_table(p), NULL, 1}; break;
    case TK_STRING:
        list = (ExprList){parse_string(p), NULL, 1};
        parse_use(p, list.first);
        break;
    default: parse_error(p, "function arguments expected");
    }
    call->u.call.args = list.first;
    call->u.call.count = list.count;
}

static AstExpr *parse_call(Parser *p, AstExpr *callee, int line)
{
    parse_use(p, callee);
    AstExpr *e = new_expr(p, EXPR_CALL, line, here(p));
    e->u.call.callee = single(callee);
    parse_hold(p, 1);
    parse_args(p, e);
    parse_release(p, 1);
    return e;
}

static AstExpr *parse_method(Parser *p, AstExpr *object, int line)
{
    assert(parse_token(p) == ':' && "a method is behind a colon");
    lexer_next(&p->lex);
    AstExpr *e = new_expr(p, EXPR_METHOD, line, here(p));
    e->u.call.name = parse_expect_name(p);
    e->u.call.name_line = p->lex.last_line;
    parse_use(p, object);
    e->u.call.callee = single(object);
    parse_hold(p, 2);
    parse_args(p, e);
    parse_release(p, 2);
    return e;
}

AstExpr *parse_suffixed(Parser *p)
{
    int line = p->lex.line;
    AstExpr *e = parse_primary(p);
    for (;;) {
        switch (parse_token(p)) {
        case '.': e = parse_field(p, e); break;
        case '[': e = parse_index(p, e); break;
        case ':': e = parse_method(p, e, line); break;
        case '(':
        case '{':
        case TK_STRING: e = parse_call(p, e, line); break;
        default: return e;
        }
    }
}

/* Simple expressions and operators --------------------------------------------------- */

AstExpr *parse_function_expr(Parser *p, bool is_method, int line)
{
    AstExpr *e = new_expr(p, EXPR_FUNCTION, line, before(p));
    e->u.function = parse_body(p, is_method, line);
    return e;
}

static AstExpr *parse_constant(Parser *p, ExprKind kind)
{
    AstExpr *e = kind == EXPR_VARARG ? new_expr(p, kind, p->lex.last_line, here(p))
                                     : new_waiting(p, kind, here(p));
    if (kind == EXPR_NUMBER) e->u.number = p->lex.token.u.number;
    lexer_next(&p->lex);
    return e;
}

static AstExpr *parse_simple(Parser *p)
{
    switch (parse_token(p)) {
    case TK_NUMBER: return parse_constant(p, EXPR_NUMBER);
    case TK_STRING: return parse_string(p);
    case TK_NIL: return parse_constant(p, EXPR_NIL);
    case TK_TRUE: return parse_constant(p, EXPR_TRUE);
    case TK_FALSE: return parse_constant(p, EXPR_FALSE);
    case TK_DOTS:
        if (!p->scopes.function->ast->vararg) {
            parse_error(p, "cannot use '...' outside a vararg function");
        }
        return parse_constant(p, EXPR_VARARG);
    case '{': return parse_table(p);
    case TK_FUNCTION: lexer_next(&p->lex); return parse_function_expr(p, false, p->lex.line);
    default: break;
    }
    AstExpr *e = parse_suffixed(p);
    return e->kind == EXPR_PAREN && !is_multiple(e->u.unary.operand) ? single(e) : e;
}

static AstExpr *parse_operand(Parser *p, int limit);

static AstExpr *parse_unary(Parser *p, UnaryOp op)
{
    assert(op <= OP_LEN && "an operator has one operand");
    AstExpr *e = new_expr(p, EXPR_UNARY, p->lex.line, here(p));
    lexer_next(&p->lex);
    AstExpr *operand = parse_operand(p, PRIORITY_UNARY);
    parse_use(p, operand);
    if (op == OP_NOT) ast_set_line(e, p->lex.last_line);
    e->u.unary.op = op;
    e->u.unary.operand = single(operand);
    ast_set_nesting(e);
    return e;
}

static AstExpr *parse_head(Parser *p)
{
    switch (parse_token(p)) {
    case TK_NOT: return parse_unary(p, OP_NOT);
    case '-': return parse_unary(p, OP_NEG);
    case '#': return parse_unary(p, OP_LEN);
    default: return parse_simple(p);
    }
}

/* The line at which PUC Lua reports an error of this operation (ast.h). */
static int operation_line(const Parser *p, const Operator *o, int line, const AstExpr *right)
{
    if (o->kind != EXPR_BINARY || o->op < OP_CONCAT) return line;
    if (o->op > OP_CONCAT) return p->lex.last_line;
    bool chain = right->kind == EXPR_BINARY && right->u.binary.op == OP_CONCAT;
    return chain ? right->line : line;
}

/* Does the left operand wait somewhere else than where it is? */
static int left_held(const Operator *o, const AstExpr *left)
{
    if (o->kind != EXPR_BINARY) return 0;
    if (o->op == OP_CONCAT) return 1;
    switch (left->kind) {
    case EXPR_UPVALUE:
    case EXPR_INDEX:
    case EXPR_CALL:
    case EXPR_METHOD:
    case EXPR_VARARG:
    case EXPR_PAREN:
    case EXPR_TABLE:
    case EXPR_FUNCTION: return 1;
    default: return 0;
    }
}

/* What `and` and `or` give is one of their operands, and stands where the first of them begins;
 * what other operators give is made where they stand. */
static AstExpr *parse_operation(Parser *p, const Operator *o, AstExpr *left, AstPlace begin)
{
    assert(o == find_operator(parse_token(p)) && "the operator is here");
    int line = p->lex.line;
    AstPlace at = o->kind == EXPR_BINARY ? here(p) : begin;
    lexer_next(&p->lex);
    parse_use(p, left);
    int held = left_held(o, left);
    parse_hold(p, held);
    AstExpr *right = parse_operand(p, o->right);
    parse_release(p, held);
    parse_use(p, right);
    AstExpr *e = new_expr(p, o->kind, operation_line(p, o, line, right), at);
    e->u.binary.op = o->op;
    e->u.binary.left = single(left);
    e->u.binary.right = single(right);
    ast_set_nesting(e);
    return e;
}

/* Operands and the operators between them that bind tighter than limit. */
static AstExpr *parse_operand(Parser *p, int limit)
{
    parse_enter(p);
    AstPlace begin = here(p);
    AstExpr *e = parse_head(p);
    for (;;) {
        const Operator *o = find_operator(parse_token(p));
        if (!o || o->left <= limit) break;
        e = parse_operation(p, o, e, begin);
    }
    parse_leave(p);
    return e;
}

AstExpr *parse_expr(Parser *p) { return parse_operand(p, 0); }

ExprList parse_expr_list(Parser *p)
{
    ExprList list = {0};
    AstExpr **tail = &list.first;
    do {
        if (list.last) {
            parse_use(p, list.last);
            parse_hold(p, 1);
        }
        list.last = parse_expr(p);
        *tail = list.last;
        tail = &list.last->next;
        list.count++;
    } while (parse_accept(p, ','));
    return list;
}
