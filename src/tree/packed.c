/* SPDX-License-Identifier: MIT */
/*
 * Packs constructors of constants, and shows their fields as trees have them.
 *
 * Main invariant: what is shown of a packed table is what was packed, lines and places too.
 */
#include "tree/packed.h"

#include <assert.h>

typedef struct Packing {
    AstPacked all[PACKED_MAX];
    unsigned count;
    int line;
} Packing;

/* Whether it is on the line, with a column or without. */
static bool is_on(const AstExpr *e, int line) { return e->line == line && !e->place_up; }

static bool is_minus(const AstExpr *e, int line)
{
    const AstExpr *x = e->u.unary.operand;
    bool near = x->place_column == (e->place_column ? e->place_column + 1u : 0);
    if (e->u.unary.op != OP_NEG || x->kind != EXPR_NUMBER || !is_on(x, line)) return false;
    return near && x->u.number == x->u.number;
}

static bool pack_table(Packing *p, AstPacked *to, const AstExpr *e)
{
    unsigned total = e->u.table.total;
    if (!e->u.table.is_packed || e->u.table.end_line != p->line) return false;
    if (p->count + total > PACKED_MAX) return false;
    to->elements = (uint8_t)e->u.table.elements;
    to->named = (uint8_t)e->u.table.named;
    to->total = (uint8_t)total;
    if (total) memcpy(&p->all[p->count], e->u.table.packed, total * sizeof *to);
    p->count += total;
    return true;
}

static bool pack_value(Packing *p, AstPacked *to, const AstExpr *e)
{
    if (!is_on(e, p->line)) return false;
    to->kind = (uint8_t)e->kind;
    to->column = (uint16_t)e->place_column;
    switch (e->kind) {
    case EXPR_NIL: to->value = V_NIL; return true;
    case EXPR_FALSE: to->value = V_FALSE; return true;
    case EXPR_TRUE: to->value = V_TRUE; return true;
    case EXPR_NUMBER: to->value = value_number(e->u.number); return e->u.number == e->u.number;
    case EXPR_STRING: to->value = string_value(e->u.string); return true;
    case EXPR_UNARY:
        if (!is_minus(e, p->line)) return false;
        to->value = value_number(e->u.unary.operand->u.number);
        return true;
    case EXPR_TABLE: return pack_table(p, to, e);
    default: return false;
    }
}

static bool pack_field(Packing *p, const AstField *f)
{
    if (p->count == PACKED_MAX || f->kind == FIELD_KEYED || f->line != p->line) return false;
    AstPacked *to = &p->all[p->count++];
    *to = (AstPacked){0};
    if (f->kind == FIELD_NAMED) {
        if (f->key->kind != EXPR_STRING || !is_on(f->key, p->line)) return false;
        to->key = f->key->u.string;
        to->key_column = (uint16_t)f->key->place_column;
    }
    return pack_value(p, to, f->value);
}

void packed_take(Tree *t, AstExpr *e, TreeMark mark)
{
    Packing p;
    p.count = 0;
    p.line = e->u.table.end_line;
    for (const AstField *f = e->u.table.fields; f; f = f->next)
        if (!pack_field(&p, f)) return;
    tree_rewind_all(t, mark);
    e->u.table.is_packed = true;
    e->u.table.total = (uint8_t)p.count;
    e->u.table.packed = NULL;
    if (!p.count) return;
    AstPacked *all = tree_lasting(t, p.count * sizeof *all);
    memcpy(all, p.all, p.count * sizeof *all);
    e->u.table.packed = all;
}

/* Views ------------------------------------------------------------------------------ */

static void show(AstExpr *e, ExprKind kind, int line, unsigned column)
{
    *e = (AstExpr){.kind = kind, .line = line};
    e->place_column = column & UINT16_MAX;
}

static void show_operand(PackedField *v, const AstPacked *p)
{
    show(&v->operand, EXPR_NUMBER, v->line, p->column ? p->column + 1u : 0);
    v->operand.u.number = value_to_double(p->value);
    v->value.u.unary.op = OP_NEG;
    v->value.u.unary.operand = &v->operand;
    ast_set_nesting(&v->value);
}

static void show_table(PackedField *v, const AstPacked *p)
{
    v->value.u.table.packed = p->total ? p + 1 : NULL;
    v->value.u.table.elements = p->elements;
    v->value.u.table.named = p->named;
    v->value.u.table.total = p->total;
    v->value.u.table.end_line = v->line;
    v->value.u.table.is_packed = true;
}

const AstField *packed_field(PackedField *v)
{
    if (!v->left) return NULL;
    const AstPacked *p = v->at;
    v->field = (AstField){.kind = p->key ? FIELD_NAMED : FIELD_ELEMENT, .line = v->line};
    if (p->key) {
        show(&v->key, EXPR_STRING, v->line, p->key_column);
        v->key.u.string = (String *)p->key;
        v->field.key = &v->key;
    }
    show(&v->value, (ExprKind)p->kind, v->line, p->column);
    v->field.value = &v->value;
    switch ((ExprKind)p->kind) {
    case EXPR_NUMBER: v->value.u.number = value_to_double(p->value); break;
    case EXPR_STRING: v->value.u.string = value_string(p->value); break;
    case EXPR_UNARY: show_operand(v, p); break;
    case EXPR_TABLE: show_table(v, p); break;
    default: assert(p->kind <= EXPR_TRUE && "what is packed is constant");
    }
    return &v->field;
}
