/* SPDX-License-Identifier: MIT */
/*
 * Bytes to trees.
 *
 * The lexer is one without a text: it is what scopes report errors to, and so keeps
 * whether there was one. After the first the bytes are at their end, everything reads as
 * zeros, which end every list, and what the functions give is well-formed but means
 * nothing (as in parse.h).
 *
 * Invariants:
 *  1. level counts as the parser's does: the C stack is bounded.
 *  2. held is at most what the parser has at the same place: what it accepts is accepted.
 *  3. nothing is allocated by a number that was read, but for strings whose bytes are there.
 */
#include "syntax/dump.h"

#include "mem.h"
#include "syntax/scope.h"
#include "syntax/tree.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>

enum { LINE_MAX_READ = INT_MAX - 2 };

typedef struct Reader {
    const uint8_t *at, *end;
    Lexer lex;
    Scopes scopes;
    bool stripped;
    int level, held, line;
    String **strings;
    int string_count, string_capacity;
    String *chunk_name, *no_name;
} Reader;

static void fail(Reader *r)
{
    lexer_fail(&r->lex, 0, "corrupted");
    r->at = r->end;
}

static void require(Reader *r, bool holds)
{
    if (!holds) fail(r);
}

static bool failed(const Reader *r) { return r->lex.failed; }

/* Numbers and strings ---------------------------------------------------------------- */

static int read_byte(Reader *r)
{
    if (r->at < r->end && !failed(r)) return *r->at++;
    fail(r);
    return 0;
}

/* Less than limit. */
static uint64_t read_number(Reader *r, uint64_t limit)
{
    assert(r->at <= r->end && "nothing is read behind the dump");
    uint64_t n = 0;
    require(r, mem_room() > 0 && !compile_is_due()); /* else native_load says so */
    for (int shift = 0; shift < 63; shift += 7) {
        int byte = read_byte(r);
        n |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            if (n < limit) return n;
            break;
        }
    }
    fail(r);
    return 0;
}

static int read_int(Reader *r, int limit) { return (int)read_number(r, (uint64_t)limit); }

static uint64_t load_64(const uint8_t *from)
{
    uint64_t n = 0;
    for (int i = 0; i < 8; i++) n |= (uint64_t)from[i] << 8 * i;
    return n;
}

/* Source has no NaN; and values must have none but plain ones. */
static double read_double(Reader *r)
{
    double d = 0;
    if (r->end - r->at < 8) {
        fail(r);
        return 0;
    }
    uint64_t bits = load_64(r->at);
    r->at += 8;
    memcpy(&d, &bits, 8);
    if (d == d) return d;
    fail(r);
    return 0;
}

static int64_t read_signed(Reader *r)
{
    uint64_t n = read_number(r, (uint64_t)1 << 33);
    return (int64_t)(n >> 1 ^ -(n & 1));
}

/* It is for people only, so any will do that fits. */
static void read_place(Reader *r, AstExpr *e)
{
    if (r->stripped) return;
    int column = read_int(r, INT_MAX);
    int64_t line = column ? e->line - read_signed(r) : 0;
    if (line > 0 && line <= LINE_MAX_READ) ast_set_place(e, (AstPlace){(int)line, column});
}

/* Stripped: 0. */
static int read_line(Reader *r, int least)
{
    if (r->stripped) return 0;
    int64_t line = r->line + read_signed(r);
    require(r, line >= least && line <= LINE_MAX_READ);
    if (failed(r)) return least;
    return r->line = (int)line;
}

static String *new_string(Reader *r)
{
    assert(r->string_count <= r->string_capacity && "strings fit the array");
    size_t length = read_number(r, (uint64_t)1 << 62);
    require(r, length <= (size_t)(r->end - r->at));
    if (failed(r)) return r->no_name;
    const char *bytes = (const char *)r->at;
    String *s = length <= LEX_SHORT ? string_intern(bytes, length) : string_new(bytes, length);
    if (!s) {
        fail(r);
        return r->no_name;
    }
    r->at += length;
    tree_hold(r->lex.tree, s);
    if (array_room(&r->strings, r->string_count, &r->string_capacity, sizeof *r->strings))
        r->strings[r->string_count++] = s;
    return s;
}

static String *read_string(Reader *r)
{
    int i = read_int(r, r->string_count + 1);
    if (failed(r)) return r->no_name;
    return i < r->string_count ? r->strings[i] : new_string(r);
}

static String *read_name(Reader *r) { return r->stripped ? r->no_name : read_string(r); }

static String *read_label(Reader *r)
{
    char text[16];
    if (!r->stripped) return read_string(r);
    int number = read_int(r, INT_MAX);
    if (!number) return r->scopes.break_name;
    String *s = string_intern(text, (size_t)snprintf(text, sizeof text, "%d", number));
    tree_hold(r->lex.tree, s);
    return s;
}

/* Limits ----------------------------------------------------------------------------- */

static void enter(Reader *r) { require(r, ++r->level <= LEVELS_MAX); }
static void leave(Reader *r) { r->level--; }

static bool sees(const Reader *r, ExprKind kind) { return r->at < r->end && *r->at == kind; }

static void hold(Reader *r, int n)
{
    r->held += n;
    require(r, r->held + r->scopes.function->active <= REGISTERS_MAX);
}

static void release(Reader *r, int n) { r->held -= n; }

/* Expressions ------------------------------------------------------------------------ */

static AstExpr *read_expr(Reader *r);
static AstExpr *read_parts(Reader *r);
static AstFunction *read_function(Reader *r);

typedef struct List {
    AstExpr *first;
    int count;
} List;

static bool is_multiple(const AstExpr *e)
{
    return e->kind == EXPR_CALL || e->kind == EXPR_METHOD || e->kind == EXPR_VARARG;
}

/* As the parser has it where one value is wanted. */
static AstExpr *single(AstExpr *e) { return e->kind == EXPR_PAREN ? e->u.unary.operand : e; }
static AstExpr *read_single(Reader *r) { return single(read_expr(r)); }

static List read_list(Reader *r)
{
    List list = {NULL, read_int(r, INT_MAX)};
    AstExpr **tail = &list.first;
    int held = r->held;
    for (int i = 0; i < list.count && !failed(r); i++) {
        if (i) hold(r, 1);
        AstExpr *e = *tail = read_expr(r);
        tail = &e->next;
    }
    r->held = held;
    return list;
}

static List read_some(Reader *r)
{
    List list = read_list(r);
    require(r, list.count > 0);
    return list;
}

static AstLocal *find_active(Reader *r, const FunctionScope *f, int index)
{
    assert(f->first_var + f->active <= r->scopes.var_count && "active variables are there");
    for (int i = f->first_var + f->active - 1; i >= f->first_var; i--) {
        AstLocal *local = r->scopes.vars[i];
        if (local && local->index == index) return local;
    }
    fail(r);
    return NULL;
}

static void read_field(Reader *r, AstField *f)
{
    if (f->kind != FIELD_ITEM) {
        f->key = read_single(r);
        require(r, f->kind == FIELD_KEYED || f->key->kind == EXPR_STRING);
    }
    f->value = f->kind == FIELD_ITEM ? read_expr(r) : read_single(r);
    f->line = read_line(r, f->kind != FIELD_ITEM);
    if (f->kind == FIELD_KEYED && !failed(r)) tree_field_store(r->lex.tree, f);
}

/* Items wait in places of their own until there are as many as a node takes. */
static void read_table(Reader *r, AstExpr *e)
{
    enum { ITEMS_WAITING_MAX = 50 };
    AstField **tail = &e->u.table.fields;
    int held = r->held, waiting = 0, kind;
    hold(r, 1);
    e->u.table.end_line = read_line(r, 0);
    while ((kind = read_byte(r)) != 0) {
        require(r, kind <= FIELD_KEYED + 1);
        FieldKind what = failed(r) ? FIELD_ITEM : (FieldKind)(kind - 1);
        AstField *f = *tail = tree_field(r->lex.tree, what);
        tail = &f->next;
        read_field(r, f);
        if (f->kind != FIELD_ITEM) {
            e->u.table.named++;
            continue;
        }
        e->u.table.items++;
        if (is_multiple(f->value)) continue;
        waiting = waiting == ITEMS_WAITING_MAX - 1 ? 0 : waiting + 1;
        r->held = held + 1;
        hold(r, waiting);
    }
    r->held = held;
}

static void read_index(Reader *r, AstExpr *e, AstExpr *object)
{
    assert(object && "what is indexed has been read");
    int global = read_byte(r);
    bool variable = object->kind == EXPR_LOCAL || object->kind == EXPR_UPVALUE;
    int held = variable || sees(r, EXPR_STRING) ? 0 : 1;
    hold(r, held);
    e->u.index.object = object;
    e->u.index.key = read_single(r);
    e->u.index.global = global;
    require(r, global <= 1);
    require(r, !global || (variable && e->u.index.key->kind == EXPR_STRING));
    release(r, held);
}

static void read_call(Reader *r, AstExpr *e, AstExpr *callee)
{
    assert(callee && "what is called has been read");
    int held = r->held;
    e->u.call.callee = callee;
    hold(r, e->kind == EXPR_METHOD ? 2 : 1);
    if (e->kind == EXPR_METHOD) {
        e->u.call.name = read_string(r);
        e->u.call.name_line = read_line(r, 1);
    }
    List args = read_list(r);
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
    int op = e->kind == EXPR_BINARY ? read_byte(r) : OP_ADD;
    require(r, op <= OP_GE);
    e->u.binary.op = (BinaryOp)op;
    int held = left_held(e, left);
    hold(r, held);
    e->u.binary.left = left;
    e->u.binary.right = read_single(r);
    ast_set_nesting(e);
    release(r, held);
}

static void read_unary(Reader *r, AstExpr *e)
{
    int op = read_byte(r);
    require(r, op <= OP_LEN);
    e->u.unary.op = (UnaryOp)op;
    e->u.unary.operand = read_single(r);
    ast_set_nesting(e);
}

/* What has no left part. */
static void read_first(Reader *r, AstExpr *e)
{
    const AstFunction *f = r->scopes.function->ast;
    switch (e->kind) {
    case EXPR_NUMBER: e->u.number = read_double(r); break;
    case EXPR_STRING: e->u.string = read_string(r); break;
    case EXPR_VARARG: require(r, f->vararg); break;
    case EXPR_FUNCTION: e->u.function = read_function(r); break;
    case EXPR_LOCAL:
        e->u.local = find_active(r, r->scopes.function, read_int(r, f->local_count));
        break;
    case EXPR_UPVALUE: e->u.upvalue = read_int(r, f->upvalue_count); break;
    case EXPR_UNARY: read_unary(r, e); break;
    case EXPR_PAREN:
        e->u.unary.operand = read_single(r);
        require(r, is_multiple(e->u.unary.operand));
        break;
    case EXPR_TABLE: read_table(r, e); break;
    default: require(r, e->kind <= EXPR_TRUE); break;
    }
}

/* The next part of an expression, of which `left` has been read; NULL: nothing. */
static AstExpr *read_part(Reader *r, int tag, AstExpr *left)
{
    AstExpr *e = tree_node(r->lex.tree, tree_expr_size((ExprKind)tag));
    bool follows = tag == EXPR_INDEX || tag == EXPR_CALL || tag == EXPR_METHOD ||
                   tag == EXPR_BINARY || tag == EXPR_AND || tag == EXPR_OR;
    require(r, tag <= EXPR_TABLE && follows == (left != NULL));
    e->line = read_line(r, 1);
    read_place(r, e);
    if (failed(r)) return e;
    e->kind = (ExprKind)tag;
    if (left) left = single(left);
    switch (e->kind) {
    case EXPR_INDEX: read_index(r, e, left); break;
    case EXPR_CALL:
    case EXPR_METHOD: read_call(r, e, left); break;
    case EXPR_BINARY:
    case EXPR_AND:
    case EXPR_OR: read_operation(r, e, left); break;
    default: read_first(r, e); break;
    }
    if (failed(r)) e->kind = EXPR_NIL;
    return e;
}

static AstExpr *read_parts(Reader *r)
{
    AstExpr *e = NULL;
    int tag;
    do {
        tag = read_byte(r);
        e = read_part(r, tag & ~DUMP_MORE, e);
    } while (tag & DUMP_MORE);
    return e;
}

/* Names of fields, and functions that are statements, are no level of their own to the
 * parser. */
static AstExpr *read_expr(Reader *r)
{
    if (sees(r, EXPR_STRING) || sees(r, EXPR_FUNCTION)) return read_parts(r);
    enter(r);
    AstExpr *e = read_parts(r);
    leave(r);
    return e;
}

/* Statements ------------------------------------------------------------------------- */

static AstBlock *read_block(Reader *r, bool is_repeat);

static AstLocal *read_local(Reader *r)
{
    AstLocal *l = scope_declare(&r->scopes, read_name(r));
    l->line = read_line(r, 0);
    return l;
}

/* Pending ones; gives their number. */
static int read_locals(Reader *r)
{
    int count = read_int(r, LOCALS_MAX + 1);
    for (int i = 0; i < count; i++) read_local(r);
    return count;
}

/* At least one of them. */
static AstLocal **read_variables(Reader *r, int *count)
{
    *count = read_locals(r);
    require(r, *count > 0);
    return *count ? scope_youngest(&r->scopes, *count) : NULL;
}

static void read_declaration(Reader *r, AstStat *s)
{
    s->u.local.locals = read_variables(r, &s->u.local.count);
    s->u.local.values = read_list(r).first;
    scope_activate(&r->scopes, s->u.local.count);
}

static void read_local_function(Reader *r, AstStat *s)
{
    read_local(r)->recursive = true;
    scope_activate(&r->scopes, 1);
    s->u.local.count = 1;
    s->u.local.locals = scope_youngest(&r->scopes, 1);
    s->u.local.values = read_parts(r);
    require(r, s->u.local.values->kind == EXPR_FUNCTION);
}

static void read_assignment(Reader *r, AstStat *s)
{
    List targets = {NULL, read_int(r, LEVELS_MAX + 1)};
    AstExpr **tail = &targets.first;
    require(r, targets.count > 0);
    for (int i = 0; i < targets.count && !failed(r); i++) {
        AstExpr *e = *tail = read_parts(r);
        tail = &e->next;
        require(r, e->kind == EXPR_LOCAL || e->kind == EXPR_UPVALUE || e->kind == EXPR_INDEX);
        if (!failed(r)) scope_mark_assigned(&r->scopes, e);
    }
    s->u.assign.targets = targets.first;
    s->u.assign.values = read_some(r).first;
}

static AstBlock *read_scoped_block(Reader *r)
{
    BlockScope scope;
    scope_open_block(&r->scopes, &scope, false);
    AstBlock *b = read_block(r, false);
    scope_close_block(&r->scopes);
    return b;
}

static void read_clauses(Reader *r, AstStat *s)
{
    AstClause **tail = &s->u.clauses;
    int sort, before = 1;
    while ((sort = read_byte(r)) != 0) {
        require(r, sort <= 2 && before == 1);
        AstClause *c = *tail = tree_node(r->lex.tree, sizeof *c);
        tail = &c->next;
        c->line = read_line(r, 0);
        if (sort == 1) c->condition = read_expr(r);
        c->test_line = read_line(r, 0);
        c->block = read_scoped_block(r);
        before = sort;
    }
    require(r, s->u.clauses && s->u.clauses->condition);
}

static void read_while(Reader *r, AstStat *s)
{
    BlockScope loop;
    s->u.loop.condition = read_expr(r);
    s->u.loop.test_line = read_line(r, 0);
    scope_open_block(&r->scopes, &loop, true);
    s->u.loop.block = read_scoped_block(r);
    s->break_label = scope_close_block(&r->scopes);
}

static void read_repeat(Reader *r, AstStat *s)
{
    BlockScope loop, body;
    scope_open_block(&r->scopes, &loop, true);
    scope_open_block(&r->scopes, &body, false);
    s->u.loop.test_line = read_line(r, 0);
    s->u.loop.block = read_block(r, true);
    s->u.loop.condition = read_expr(r);
    scope_close_block(&r->scopes);
    s->break_label = scope_close_block(&r->scopes);
}

static void read_do(Reader *r, AstStat *s)
{
    s->u.loop.test_line = read_line(r, 0);
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
    s->u.for_num.start = read_expr(r);
    s->u.for_num.limit = read_expr(r);
    if (read_byte(r)) s->u.for_num.step = read_expr(r);
    s->u.for_num.start->next = s->u.for_num.limit;
    s->u.for_num.limit->next = s->u.for_num.step;
    s->u.for_num.do_line = read_line(r, s->line);
    s->u.for_num.block = read_for_body(r, 1);
    s->break_label = scope_close_block(&r->scopes);
}

static void read_for_in(Reader *r, AstStat *s)
{
    BlockScope loop;
    scope_open_block(&r->scopes, &loop, true);
    scope_declare_hidden(&r->scopes, FOR_HIDDEN);
    s->u.for_in.locals = read_variables(r, &s->u.for_in.count);
    s->u.for_in.call_line = read_line(r, s->line);
    s->u.for_in.values = read_some(r).first;
    s->u.for_in.do_line = read_line(r, 0);
    s->u.for_in.block = read_for_body(r, s->u.for_in.count);
    s->break_label = scope_close_block(&r->scopes);
}

static void read_call_stat(Reader *r, AstStat *s)
{
    s->u.call = read_parts(r);
    require(r, s->u.call->kind == EXPR_CALL || s->u.call->kind == EXPR_METHOD);
}

/* It is bound when it is known whether anything follows in its block. */
static void read_label_stat(Reader *r, AstStat *s)
{
    AstLabel *label = s->u.label = tree_node(r->lex.tree, sizeof *label);
    label->name = read_label(r);
    label->line = read_line(r, 0);
    scope_check_label(&r->scopes, label->name);
    scope_add_label(&r->scopes, label);
}

static void read_stat(Reader *r, AstStat *s)
{
    enter(r);
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
    case STAT_RETURN: s->u.values = read_list(r).first; break;
    case STAT_GOTO: scope_goto(&r->scopes, s, read_label(r)); break;
    case STAT_LABEL: read_label_stat(r, s); break;
    }
    s->end_line = read_line(r, 0);
    leave(r);
}

/* The last `waiting` labels seen; ends: nothing but labels follows in their block. */
static void bind_labels(Reader *r, int waiting, bool ends)
{
    while (waiting > 0) scope_bind_label(&r->scopes, r->scopes.label_count - waiting--, ends);
}

/* Nothing follows a return. A label before `until` does not end its block: its variables
 * are still seen. */
static AstBlock *read_block(Reader *r, bool is_repeat)
{
    AstBlock *b = tree_node(r->lex.tree, sizeof *b);
    AstStat **tail = &b->stats;
    int labels = 0, tag;
    bool returned = false;
    while ((tag = read_byte(r)) != 0) {
        require(r, tag <= STAT_LABEL + 1 && !returned);
        if (failed(r)) break;
        AstStat *s = *tail = tree_stat(r->lex.tree, (StatKind)(tag - 1));
        tail = &s->next;
        s->line = read_line(r, 1);
        if (s->kind != STAT_LABEL) {
            bind_labels(r, labels, false);
            labels = 0;
        }
        read_stat(r, s);
        labels += s->kind == STAT_LABEL;
        returned = s->kind == STAT_RETURN;
    }
    bind_labels(r, labels, !is_repeat);
    b->end_line = read_line(r, 0);
    return b;
}

/* Functions -------------------------------------------------------------------------- */

static void read_head(Reader *r, AstFunction *f)
{
    f->chunk_name = r->chunk_name;
    f->stripped = r->stripped;
    f->line = read_int(r, LINE_MAX_READ);
    f->end_line = read_int(r, LINE_MAX_READ);
    int flags = read_byte(r);
    require(r, flags <= (DUMP_VARARG | DUMP_METHOD) && f->end_line >= f->line);
    f->vararg = flags & DUMP_VARARG;
    f->method = flags & DUMP_METHOD;
}

static AstUpvalue *new_upvalues(Reader *r, AstFunction *f)
{
    f->upvalue_count = read_int(r, UPVALUES_MAX + 1);
    f->upvalues = tree_array(r->lex.tree, (size_t)f->upvalue_count * sizeof *f->upvalues + 1);
    if (!f->upvalues) f->upvalue_count = 0;
    return f->upvalues;
}

/* Variables of the function around this one, or its upvalues. */
static void read_upvalues(Reader *r, AstFunction *f)
{
    const FunctionScope *outer = r->scopes.function->outer;
    AstUpvalue *u = new_upvalues(r, f);
    for (int i = 0; i < f->upvalue_count && !failed(r); i++, u++) {
        int source = read_int(r, INT_MAX);
        u->from_parent = source & 1;
        u->index = source >> 1;
        u->name = read_name(r);
        require(r, u->from_parent || u->index < outer->ast->upvalue_count);
        if (failed(r)) break;
        u->local = u->from_parent ? find_active(r, outer, u->index)
                                  : outer->ast->upvalues[u->index].local;
        if (u->from_parent && u->local) u->local->captured = true;
        require(r, u->local && string_equal(u->name, u->local->name));
    }
    if (failed(r)) f->upvalue_count = 0;
}

/* Fresh variables from nowhere. What is not constant is assigned, by debug.setupvalue. */
static void read_free_upvalues(Reader *r, AstFunction *f)
{
    AstUpvalue *u = new_upvalues(r, f);
    for (int i = 0; i < f->upvalue_count; i++, u++) {
        AstLocal *l = u->local = tree_node(r->lex.tree, sizeof *l);
        l->captured = true;
        l->assigned = !read_byte(r);
        u->name = l->name = read_name(r);
        u->from_parent = true;
        u->index = l->index = i;
    }
}

static void read_body(Reader *r, AstFunction *f)
{
    f->params = read_locals(r);
    scope_activate(&r->scopes, f->params);
    require(r, f->params > 0 || !f->method);
    f->body = read_block(r, false);
}

static AstFunction *read_function(Reader *r)
{
    FunctionScope scope;
    int held = r->held;
    AstFunction *f = tree_node(r->lex.tree, sizeof *f);
    read_head(r, f);
    r->held = 0;
    scope_open_function(&r->scopes, &scope, f);
    read_upvalues(r, f);
    read_body(r, f);
    scope_close_function(&r->scopes);
    r->held = held;
    return f;
}

/* Scopes have given it _ENV, which it may not have. */
static AstFunction *read_outermost(Reader *r)
{
    FunctionScope scope;
    int stripped = read_byte(r);
    require(r, stripped <= 1);
    r->stripped = stripped;
    r->chunk_name = stripped ? string_constant("=?", 2) : read_string(r);
    AstFunction *f = &r->lex.tree->main;
    read_head(r, f);
    scope_open_function(&r->scopes, &scope, f);
    read_free_upvalues(r, f);
    read_body(r, f);
    scope_close_function(&r->scopes);
    require(r, r->at == r->end);
    return f;
}

/* Dumps ------------------------------------------------------------------------------ */

/* What is wrong with a dump's head, in PUC Lua's words; NULL: nothing. */
static const char *check_head(const char *bytes, size_t length)
{
    enum { VERSION_AT = 4, TAIL_AT = 6, PUC_HEADER = 18 };
    const uint8_t *p = (const uint8_t *)bytes;
    if (length < PUC_HEADER) return "truncated";
    if (memcmp(bytes, dump_start, VERSION_AT) != 0) return "not a";
    if (memcmp(bytes, dump_start, TAIL_AT) != 0) return "version mismatch in";
    if (memcmp(bytes, dump_start, sizeof dump_start) != 0) return "corrupted";
    if (length < DUMP_HEADER) return "truncated";
    uint64_t contents = load_64(p + DUMP_LENGTH_AT);
    if (contents > length - DUMP_HEADER) return "truncated";
    if (dump_hash(bytes + DUMP_HEADER, contents) != load_64(p + DUMP_HASH_AT))
        return "corrupted";
    return NULL;
}

static ParseResult refuse(const String *chunk_name, const char *why)
{
    const char *name = chunk_name->data;
    size_t length = chunk_name->length;
    Text t = {0};
    if (length && (*name == '@' || *name == '=')) {
        name++, length--;
    } else if (dump_begins(name, length)) {
        name = "binary string", length = strlen(name);
    }
    const char *nul = length ? memchr(name, 0, length) : NULL;
    text_add(&t, name, nul ? (size_t)(nul - name) : length);
    text_add_c(&t, ": ");
    text_add_c(&t, why);
    text_add_c(&t, " precompiled chunk");
    return (ParseResult){.error = string_new(t.bytes, t.length)};
}

ParseResult dump_read(const char *bytes, size_t length, const String *chunk_name)
{
    Reader r;
    const char *why = check_head(bytes, length);
    if (why) return refuse(chunk_name, why);
    memset(&r, 0, sizeof r);
    r.at = (const uint8_t *)bytes + DUMP_HEADER;
    r.end = r.at + load_64((const uint8_t *)bytes + DUMP_LENGTH_AT);
    r.no_name = string_constant("?", 1);
    lexer_init(&r.lex, "", 0, r.no_name);
    r.lex.tree = tree_new();
    scopes_init(&r.scopes, &r.lex);
    AstFunction *f = read_outermost(&r);
    if (failed(&r) || !mem_room()) return refuse(chunk_name, "corrupted");
#ifdef MOONLET_DEBUG
    ast_check(f);
#endif
    return (ParseResult){.main = f};
}
