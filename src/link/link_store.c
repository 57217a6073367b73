/* SPDX-License-Identifier: MIT */
/*
 * The linker: assignment.
 *
 * Main invariant: targets' objects and keys are evaluated before all values, and stores are
 * made from the last to the first, as in PUC Lua.
 */
#include "link/link_internal.h"

/* A captured variable is read when the value is stored, as in PUC Lua, where the
 * instruction that stores reads it: the values' calls may have changed it. (A key that
 * is an upvalue is not: it needs an instruction of its own.) */
Target link_target(Linker *L, const AstExpr *e)
{
    Target t = {.expr = e, .origin = e};
    if (e->kind != EXPR_INDEX) return t;
    const AstExpr *object = e->u.index.object, *key = e->u.index.key;
    uint32_t element;
    if (link_plain_upvalue(L, object, &t.slot)) {
        t.object = 'U';
    } else if (link_is_cell(L, object)) {
        t.object = 'L', t.late_object = true;
    } else {
        t.object = 'L';
        t.slot = link_expr_anywhere(L, object);
    }
    if (link_is_string(key)) {
        t.key = 'F';
    } else if (link_integer_key(key, &element)) {
        t.key = 'I';
    } else if (link_is_cell_local(key)) {
        t.key = 'L', t.late_key = true;
    } else {
        t.key = 'L';
        t.key_slot = link_expr_anywhere(L, key);
    }
    return t;
}

static bool is_variable(const AstExpr *e, const AstExpr *variable)
{
    if (e->kind != variable->kind) return false;
    if (e->kind == EXPR_LOCAL) return e->u.local == variable->u.local;
    return e->kind == EXPR_UPVALUE && e->u.upvalue == variable->u.upvalue;
}

static unsigned temp_at_line(Linker *L, const AstExpr *e, int line)
{
    unsigned t = link_temp(L);
    link_expr_at_line(L, e, link_to_slot(t), line);
    return t;
}

void link_target_conflict(Linker *L, Target *t, const AstExpr *assigned)
{
    const AstExpr *object = t->expr->kind == EXPR_INDEX ? t->expr->u.index.object : NULL;
    const AstExpr *key = object ? t->expr->u.index.key : NULL;
    unsigned at;
    if (!object) return;
    if ((t->late_object || link_is_plain_local(L, object, &at)) &&
        is_variable(object, assigned)) {
        t->slot = temp_at_line(L, object, assigned->line);
        t->late_object = false;
    }
    if ((t->late_key || link_is_plain_local(L, key, &at)) && is_variable(key, assigned)) {
        t->key_slot = temp_at_line(L, key, assigned->line);
        t->late_key = false;
    }
}

/* The stores are, for each of L and U, for each value operand L A D: FIELD ELEMENT INDEX. */
static void store_indexed(Linker *L, const Target *t, int value, unsigned value_slot)
{
    int what = t->key == 'F' ? 0 : t->key == 'I' ? 1 : 2;
    int object = t->object == 'U' ? 1 : 0;
    unsigned top = L->top, slot = t->slot, key_slot = t->key_slot;
    L->origin = t->origin;
    L->line = t->expr->line;
    if (t->late_object) slot = temp_at_line(L, t->expr->u.index.object, 0);
    if (t->late_key) key_slot = temp_at_line(L, t->expr->u.index.key, 0);
    uint32_t i = link_emit(L, N_SET_FIELD_L_L + (NodeKind)((object * 3 + value) * 3 + what));
    Node *n = &L->nodes[i];
    n->a = (uint16_t)slot;
    n->b = (uint16_t)key_slot;
    n->c = (uint16_t)value_slot;
    if (what == 0) link_set_field_key(n, t->expr->u.index.key->u.string);
    if (what == 1) link_integer_key(t->expr->u.index.key, &n->aux);
    L->top = top;
}

static void store_cell(Linker *L, const AstExpr *e)
{
    bool local = e->kind == EXPR_LOCAL;
    uint32_t i = link_emit(L, local ? N_SET_CELL : N_SET_UPCELL);
    L->nodes[i].a = (uint16_t)(local ? local_slot(L, e->u.local) : (unsigned)e->u.upvalue);
}

/* Whether PUC Lua has the value in a register that cannot be chosen, to be moved from. */
static bool is_fixed(const AstExpr *e)
{
    if (e->kind == EXPR_PAREN) e = e->u.unary.operand;
    return e->kind == EXPR_CALL || e->kind == EXPR_METHOD || e->kind == EXPR_FUNCTION ||
           e->kind == EXPR_TABLE;
}

void link_store_expr(Linker *L, const Target *t, const AstExpr *value)
{
    unsigned slot;
    int line = L->line;
    if (t->expr->kind == EXPR_INDEX) {
        L->line = t->expr->line;
        if (link_is_plain_local(L, value, &slot)) {
            store_indexed(L, t, 0, slot);
        } else {
            /* a node that takes a double is the very next one */
            Operand o = link_into_accumulator(L, value, !t->late_object && !t->late_key);
            store_indexed(L, t, o.letter == 'D' ? 2 : 1, 0);
        }
    } else if (link_is_plain_local(L, t->expr, &slot) && value->kind != EXPR_FUNCTION) {
        link_expr_slot(L, value, slot);
        if (L->count && L->nodes[L->count - 1].kind == N_RET_S) L->lines[L->count - 1] = line;
    } else {
        link_expr_acc(L, value);
        L->line = t->expr->kind == EXPR_UPVALUE || is_fixed(value) ? line : 0;
        if (link_is_plain_local(L, t->expr, &slot))
            link_node(L, N_STORE_A)->c = (uint16_t)slot;
        else
            store_cell(L, t->expr);
    }
    L->line = line;
}

void link_store_slot(Linker *L, const Target *t, unsigned from)
{
    unsigned slot;
    int line = L->line;
    if (t->expr->kind == EXPR_INDEX) {
        store_indexed(L, t, 0, from);
    } else if (link_is_plain_local(L, t->expr, &slot)) {
        uint32_t i = link_emit(L, N_MOVE);
        L->nodes[i].a = (uint16_t)from;
        L->nodes[i].c = (uint16_t)slot;
    } else {
        uint32_t i = link_emit(L, N_LOCAL_A);
        L->nodes[i].a = (uint16_t)from;
        store_cell(L, t->expr);
    }
    L->line = line;
}
