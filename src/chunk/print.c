/* SPDX-License-Identifier: MIT */
/*
 * ast_print: the tree as s-expressions, a statement per line.
 *
 *   (for:1-3 i 1 10
 *     (call:2 (global print) (+ i (up x))))
 *
 * Behind a colon is the line; an expression shows its own only where errors in it are
 * reported at another line than the statement's. Variables say at their declaration
 * whether they are captured or assigned.
 *
 * A chain like a+b+c+... or a.b.c... is a tree as deep on its left as the chain is long,
 * so left operands are not recursed into: see print_expr.
 *
 * Main invariant: printing changes nothing, and needs no more of the C stack for a long chain
 * than for a short one.
 */
#include "chunk/chunk.h"
#include "tree/packed.h"
#include "tree/text.h"
#include "value/number.h"

enum { BUFFER_SIZE = 512, INDENT = 2 };

typedef struct Printer {
    void (*write)(void *context, const char *bytes, size_t n);
    void *context;
    const AstFunction *function;
    int depth;
    int line; /* of the statement */
    size_t used;
    char buffer[BUFFER_SIZE];
} Printer;

/* Text ------------------------------------------------------------------------------- */

static void flush(Printer *p)
{
    if (p->used) p->write(p->context, p->buffer, p->used);
    p->used = 0;
}

static void put_char(Printer *p, char c)
{
    if (p->used == BUFFER_SIZE) flush(p);
    p->buffer[p->used++] = c;
}

static void put_bytes(Printer *p, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) put_char(p, bytes[i]);
}

static void put(Printer *p, const char *s) { put_bytes(p, s, strlen(s)); }
static void put_name(Printer *p, const String *s) { put_bytes(p, s->data, s->length); }

static void put_int(Printer *p, int n)
{
    char text[NUMBER_TEXT_MAX];
    put_bytes(p, text, number_format(n, text));
}

static void put_quoted(Printer *p, const String *s)
{
    put_char(p, '"');
    for (size_t i = 0; i < s->length; i++) {
        uint8_t c = (uint8_t)s->data[i];
        if (c < ' ' || c >= 127) {
            put_char(p, '\\');
            put_char(p, (char)('0' + c / 100));
            put_char(p, (char)('0' + c / 10 % 10));
            put_char(p, (char)('0' + c % 10));
        } else {
            if (c == '"' || c == '\\') put_char(p, '\\');
            put_char(p, (char)c);
        }
    }
    put_char(p, '"');
}

static void new_line(Printer *p)
{
    put_char(p, '\n');
    for (int i = 0; i < p->depth * INDENT; i++) put_char(p, ' ');
}

/* "(name:line" of a statement */
static void open_stat(Printer *p, const char *name, int line, int end_line)
{
    p->line = line;
    put_char(p, '(');
    put(p, name);
    put_char(p, ':');
    put_int(p, line);
    if (end_line) {
        put_char(p, '-');
        put_int(p, end_line);
    }
}

/* "(name" of an expression */
static void open_expr(Printer *p, const char *name, int line)
{
    put_char(p, '(');
    put(p, name);
    if (line != p->line) {
        put_char(p, ':');
        put_int(p, line);
    }
}

/* Expressions ------------------------------------------------------------------------ */

static const char *const unary_names[] = {"-", "not", "#"};

static void print_expr(Printer *p, const AstExpr *e);
static void print_function(Printer *p, const AstFunction *f);

static void print_list(Printer *p, const AstExpr *e)
{
    for (; e; e = e->next) {
        put_char(p, ' ');
        print_expr(p, e);
    }
}

static bool is_global(const AstExpr *e)
{
    return e->u.index.global && e->u.index.object->kind == EXPR_UPVALUE;
}

/* The leftmost part of e, which is printed before its other parts; NULL if e has none. */
static const AstExpr *left_part(const AstExpr *e)
{
    switch (e->kind) {
    case EXPR_INDEX: return is_global(e) ? NULL : e->u.index.object;
    case EXPR_CALL:
    case EXPR_METHOD: return e->u.call.callee;
    case EXPR_BINARY:
    case EXPR_AND:
    case EXPR_OR: return e->u.binary.left;
    default: return NULL;
    }
}

/* What comes before the left part of e. */
static void print_head(Printer *p, const AstExpr *e)
{
    switch (e->kind) {
    case EXPR_INDEX: open_expr(p, "index", e->line); break;
    case EXPR_CALL: open_expr(p, "call", e->line); break;
    case EXPR_METHOD: open_expr(p, "method", e->line); break;
    case EXPR_AND: open_expr(p, "and", p->line); break;
    case EXPR_OR: open_expr(p, "or", p->line); break;
    default: open_expr(p, ast_binary_names[e->u.binary.op], e->line);
    }
    put_char(p, ' ');
}

/* What comes behind the left part of e. */
static void print_tail(Printer *p, const AstExpr *e)
{
    switch (e->kind) {
    case EXPR_INDEX: print_list(p, e->u.index.key); break;
    case EXPR_METHOD:
        put_char(p, ' ');
        put_name(p, e->u.call.name);
        print_list(p, e->u.call.args);
        break;
    case EXPR_CALL: print_list(p, e->u.call.args); break;
    default: print_list(p, e->u.binary.right);
    }
    put_char(p, ')');
}

static void print_field(Printer *p, const AstField *f)
{
    put_char(p, ' ');
    if (f->kind == FIELD_ELEMENT) {
        print_expr(p, f->value);
        return;
    }
    open_expr(p, "=", f->line);
    print_list(p, f->key);
    print_list(p, f->value);
    put_char(p, ')');
}

static void print_table(Printer *p, const AstExpr *e)
{
    PackedField v;
    put(p, "(table");
    for (const AstField *f = packed_first(e, &v); f; f = packed_next(e, f, &v))
        print_field(p, f);
    put_char(p, ')');
}

static void print_number(Printer *p, double d)
{
    char text[NUMBER_TEXT_MAX];
    put_bytes(p, text, number_format(d, text));
}

static void print_name(Printer *p, const char *kind, const String *name)
{
    put_char(p, '(');
    put(p, kind);
    put_char(p, ' ');
    put_name(p, name);
    put_char(p, ')');
}

static void print_unary(Printer *p, const AstExpr *e)
{
    if (e->kind == EXPR_PAREN) {
        put(p, "(paren");
    } else {
        open_expr(p, unary_names[e->u.unary.op], e->line);
    }
    print_list(p, e->u.unary.operand);
    put_char(p, ')');
}

static void print_leaf(Printer *p, const AstExpr *e)
{
    switch (e->kind) {
    case EXPR_NIL: put(p, "nil"); break;
    case EXPR_FALSE: put(p, "false"); break;
    case EXPR_TRUE: put(p, "true"); break;
    case EXPR_NUMBER: print_number(p, e->u.number); break;
    case EXPR_STRING: put_quoted(p, e->u.string); break;
    case EXPR_VARARG: put(p, "..."); break;
    case EXPR_FUNCTION: print_function(p, e->u.function); break;
    case EXPR_LOCAL: put_name(p, e->u.local->name); break;
    case EXPR_UPVALUE: print_name(p, "up", p->function->upvalues[e->u.upvalue].name); break;
    case EXPR_INDEX: print_name(p, "global", e->u.index.key->u.string); break;
    case EXPR_TABLE: print_table(p, e); break;
    default: print_unary(p, e);
    }
}

/* Prints heads on the way down the left parts, and tails on the way back. The way is kept
 * in an array: it may be too long for the C stack. */
static void print_expr(Printer *p, const AstExpr *e)
{
    const AstExpr **way = NULL;
    int length = 0, capacity = 0;
    for (const AstExpr *left; (left = left_part(e)); e = left) {
        if (!array_room(&way, length, &capacity, sizeof *way)) break;
        way[length++] = e;
        print_head(p, e);
    }
    print_leaf(p, e);
    while (length) print_tail(p, way[--length]);
}

/* Statements ------------------------------------------------------------------------- */

static void print_stat(Printer *p, const AstStat *s);

static void print_block(Printer *p, const AstBlock *b)
{
    p->depth++;
    for (const AstStat *s = b->stats; s; s = s->next) {
        new_line(p);
        print_stat(p, s);
    }
    p->depth--;
}

static void print_variable(Printer *p, const AstLocal *v)
{
    bool plain = !v->captured && !v->assigned;
    if (!plain) put_char(p, '(');
    put_name(p, v->name);
    if (v->captured) put(p, " captured");
    if (v->assigned) put(p, " assigned");
    if (!plain) put_char(p, ')');
}

static void print_variables(Printer *p, AstLocal *const *locals, int n)
{
    put(p, " (");
    for (int i = 0; i < n; i++) {
        if (i) put_char(p, ' ');
        print_variable(p, locals[i]);
    }
    put_char(p, ')');
}

static void print_function(Printer *p, const AstFunction *f)
{
    const AstFunction *outer = p->function;
    int line = p->line;
    p->function = f;
    open_stat(p, f->parent ? "function" : "main", f->line, f->parent ? f->end_line : 0);
    print_variables(p, f->locals, f->params);
    if (f->vararg) put(p, " ...");
    for (int i = 0; i < f->upvalue_count; i++) {
        put_char(p, ' ');
        print_name(p, f->upvalues[i].from_parent ? "up" : "up-up", f->upvalues[i].name);
    }
    print_block(p, f->body);
    put_char(p, ')');
    p->function = outer;
    p->line = line;
}

static void print_targets(Printer *p, const AstExpr *targets)
{
    put(p, " (");
    for (const AstExpr *e = targets; e; e = e->next) {
        if (e != targets) put_char(p, ' ');
        print_expr(p, e);
    }
    put_char(p, ')');
}

static void print_loop(Printer *p, const AstStat *s)
{
    static const char *const names[] = {"do", "while", "repeat"};
    open_stat(p, names[s->kind - STAT_DO], s->line, s->end_line);
    if (s->kind == STAT_WHILE) print_list(p, s->u.loop.condition);
    print_block(p, s->u.loop.block);
    if (s->kind == STAT_REPEAT) {
        new_line(p);
        p->line = s->end_line;
        put(p, " until");
        print_list(p, s->u.loop.condition);
    }
}

static void print_if(Printer *p, const AstStat *s)
{
    open_stat(p, "if", s->line, s->end_line);
    p->depth++;
    for (const AstClause *c = s->u.clauses; c; c = c->next) {
        new_line(p);
        open_stat(p, c->condition ? "then" : "else", c->line, 0);
        if (c->condition) print_list(p, c->condition);
        print_block(p, c->block);
        put_char(p, ')');
    }
    p->depth--;
}

static void print_for_num(Printer *p, const AstStat *s)
{
    open_stat(p, "for", s->line, s->end_line);
    put_char(p, ' ');
    print_variable(p, s->u.for_num.var);
    print_list(p, s->u.for_num.start); /* and limit and step behind it */
    print_block(p, s->u.for_num.block);
}

static void print_for_in(Printer *p, const AstStat *s)
{
    open_stat(p, "for-in", s->line, s->end_line);
    print_variables(p, s->u.for_in.locals, s->u.for_in.count);
    print_list(p, s->u.for_in.values);
    print_block(p, s->u.for_in.block);
}

static void print_local(Printer *p, const AstStat *s)
{
    open_stat(p, s->kind == STAT_LOCAL ? "local" : "local-function", s->line, 0);
    print_variables(p, s->u.local.locals, s->u.local.count);
    print_list(p, s->u.local.values);
}

static void print_label(Printer *p, const AstStat *s)
{
    open_stat(p, s->kind == STAT_GOTO ? "goto" : "label", s->line, 0);
    put_char(p, ' ');
    put_name(p, s->u.label->name);
}

static void print_stat(Printer *p, const AstStat *s)
{
    switch (s->kind) {
    case STAT_LOCAL:
    case STAT_LOCAL_FUNCTION: print_local(p, s); break;
    case STAT_ASSIGN:
        open_stat(p, "assign", s->line, 0);
        print_targets(p, s->u.assign.targets);
        print_list(p, s->u.assign.values);
        break;
    case STAT_CALL:
        open_stat(p, "do", s->line, 0);
        print_list(p, s->u.call);
        break;
    case STAT_DO:
    case STAT_WHILE:
    case STAT_REPEAT: print_loop(p, s); break;
    case STAT_IF: print_if(p, s); break;
    case STAT_FOR_NUM: print_for_num(p, s); break;
    case STAT_FOR_IN: print_for_in(p, s); break;
    case STAT_RETURN:
        open_stat(p, "return", s->line, 0);
        print_list(p, s->u.values);
        break;
    case STAT_GOTO:
    case STAT_LABEL: print_label(p, s); break;
    }
    put_char(p, ')');
}

void ast_print(const AstFunction *f, void (*write)(void *ctx, const char *s, size_t n),
               void *ctx)
{
    Printer p = {.write = write, .context = ctx};
    print_function(&p, f);
    put_char(&p, '\n');
    flush(&p);
}
