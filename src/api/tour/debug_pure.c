/* SPDX-License-Identifier: MIT */
/*
 * Expressions that only look, worked out on the syntax tree where a replay is.
 *
 * Main invariant: what it works out calls nothing and writes nothing; what would have to is
 * answered as unknown.
 */
#include "api/tour/debug_pure.h"

#include "api/api.h"
#include "chunk/chunk.h"
#include "lib/debug/inspect.h"
#include "value/number.h"

struct DebugPure {
    const AstFunction *main; /* whose tree it is */
    const AstExpr *expression;
};

enum { PURE_MAX = 1000 }; /* bytes of a text: no deeper does value_of go into its expression */

DebugPure *debug_pure(const char *text)
{
    if (strlen(text) > PURE_MAX) return NULL;
    String *source = string_concat(string_from_c("return "), text, strlen(text));
    ParseResult r =
        parse_chunk(source->data, source->length, string_from_c("=(debugger)"), false);
    const AstStat *s = r.main ? r.main->body->stats : NULL;
    if (!s || s->kind != STAT_RETURN || s->next || !s->u.values || s->u.values->next)
        return NULL;
    DebugPure *p = mem_alloc(sizeof *p);
    *p = (DebugPure){r.main, s->u.values};
    return p;
}

/* Names ------------------------------------------------------------------------------- */

static bool is_called(const String *name, const String *other)
{
    return name && string_equal(name, other);
}

/* The last active local of the name, or NULL where there is none. */
static const Value *find_local(const DebugEvent *e, const String *name)
{
    const Proto *p = frame_proto(e->fp);
    uint32_t at = proto_index(p, e->n);
    for (uint32_t i = p->local_count; i-- > 0;) {
        const ProtoLocal *l = &p->locals[i];
        bool active = at < l->end && (i < p->params || l->start <= at);
        if (active && is_called(l->name, name)) return e->fp + l->slot;
    }
    return NULL;
}

static Value plain(const DebugEvent *e, Value v)
{
    return value_is(v, OBJ_CELL) ? heap_cell(&e->M->run, value_pointer(v)) : v;
}

static bool find_captured(const DebugEvent *e, const String *name, Value *out)
{
    const Closure *f = frame_closure(e->fp);
    for (uint32_t i = 0; i < f->proto->upvalue_count; i++) {
        if (!is_called(f->proto->upvalues[i].name, name)) continue;
        *out = plain(e, f->upvalues[i]);
        return true;
    }
    return false;
}

static bool get(const DebugEvent *e, Value object, Value key, Value *out)
{
    if (!value_is_table(object) || key == V_NIL) return false;
    const TableBody *t = heap_table(&e->M->run, value_pointer(object));
    *out = table_get(t, key);
    return *out != V_NIL || !t->meta;
}

static bool name_value(const DebugEvent *e, const String *name, Value *out)
{
    Value globals = value_object(e->M->run.world->globals);
    const Value *local = find_local(e, name);
    if (local) *out = plain(e, *local);
    if (local || find_captured(e, name, out)) return true;
    const String *env = string_intern("_ENV", 4);
    local = find_local(e, env);
    if (local)
        globals = plain(e, *local);
    else
        find_captured(e, env, &globals);
    return get(e, globals, string_value(name), out);
}

/* Expressions ------------------------------------------------------------------------- */

static bool value_of(const DebugEvent *e, const AstExpr *x, Value *out);

static bool arithmetic(BinaryOp op, double a, double b, Value *out)
{
    switch (op) {
    case OP_ADD: *out = value_number(a + b); return true;
    case OP_SUB: *out = value_number(a - b); return true;
    case OP_MUL: *out = value_number(a * b); return true;
    case OP_DIV: *out = value_number(a / b); return true;
    case OP_MOD: *out = value_number(number_mod(a, b)); return true;
    case OP_POW: *out = value_number(number_pow(a, b)); return true;
    case OP_LT: *out = value_boolean(a < b); return true;
    case OP_LE: *out = value_boolean(a <= b); return true;
    case OP_GT: *out = value_boolean(a > b); return true;
    case OP_GE: *out = value_boolean(a >= b); return true;
    default: return false;
    }
}

static bool order_of_strings(BinaryOp op, Value a, Value b, Value *out)
{
    int order = string_compare(value_string(a), value_string(b));
    if (op < OP_LT) return false;
    return arithmetic(op, order, 0, out);
}

/* Objects of the same type may have __eq. */
static bool equality(Value a, Value b, Value *out)
{
    *out = value_boolean(value_equal(a, b));
    if (*out == V_TRUE || !value_is_object(a) || !value_is_object(b)) return true;
    return value_is_string(a) || value_is_string(b) || value_type(a) != value_type(b);
}

static bool binary(const DebugEvent *e, const AstExpr *x, Value *out)
{
    Value a, b;
    BinaryOp op = x->u.binary.op;
    if (!value_of(e, x->u.binary.left, &a) || !value_of(e, x->u.binary.right, &b)) return false;
    if (op == OP_EQ || op == OP_NE) {
        if (!equality(a, b, out)) return false;
        if (op == OP_NE) *out = value_boolean(*out == V_FALSE);
        return true;
    }
    if (value_is_string(a) && value_is_string(b)) return order_of_strings(op, a, b, out);
    if (!value_is_number(a) || !value_is_number(b)) return false;
    return arithmetic(op, value_to_double(a), value_to_double(b), out);
}

static bool unary(const DebugEvent *e, const AstExpr *x, Value *out)
{
    Value v;
    if (!value_of(e, x->u.unary.operand, &v)) return false;
    switch (x->u.unary.op) {
    case OP_NOT: *out = value_boolean(value_is_false(v)); return true;
    case OP_NEG:
        if (value_is_number(v)) *out = value_number(-value_to_double(v));
        return value_is_number(v);
    default: break;
    }
    if (value_is_string(v)) {
        *out = value_number((double)value_string(v)->length);
        return true;
    }
    const TableBody *t = value_is_table(v) ? heap_table(&e->M->run, value_pointer(v)) : NULL;
    if (t && !t->meta) *out = value_number((double)table_length(t));
    return t && !t->meta;
}

static bool logical(const DebugEvent *e, const AstExpr *x, Value *out)
{
    if (!value_of(e, x->u.binary.left, out)) return false;
    if (value_is_false(*out) == (x->kind == EXPR_AND)) return true;
    return value_of(e, x->u.binary.right, out);
}

static bool indexed(const DebugEvent *e, const AstExpr *x, Value *out)
{
    Value object, key;
    const AstExpr *k = x->u.index.key;
    if (x->u.index.global && k->kind == EXPR_STRING) return name_value(e, k->u.string, out);
    return value_of(e, x->u.index.object, &object) && value_of(e, k, &key) &&
           get(e, object, key, out);
}

static bool value_of(const DebugEvent *e, const AstExpr *x, Value *out)
{
    switch (x->kind) {
    case EXPR_NIL: *out = V_NIL; return true;
    case EXPR_FALSE: *out = V_FALSE; return true;
    case EXPR_TRUE: *out = V_TRUE; return true;
    case EXPR_NUMBER: *out = value_number(x->u.number); return true;
    case EXPR_STRING: *out = string_value(x->u.string); return true;
    case EXPR_INDEX: return indexed(e, x, out);
    case EXPR_BINARY: return binary(e, x, out);
    case EXPR_UNARY: return unary(e, x, out);
    case EXPR_AND:
    case EXPR_OR: return logical(e, x, out);
    case EXPR_PAREN: return value_of(e, x->u.unary.operand, out);
    default: return false;
    }
}

bool debug_pure_value(const DebugPure *p, const DebugEvent *e, Value *out)
{
    return value_of(e, p->expression, out);
}
