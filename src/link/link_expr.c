/* SPDX-License-Identifier: MIT */
/*
 * The linker: expressions.
 *
 * Main invariant: an expression is evaluated once, from left to right, and leaves its value
 * where `d` says; the slots above are free again.
 */
#include "link/link_internal.h"

enum { DEPTH_MAX = 3000 };

/* Destinations --------------------------------------------------------------------- */

Place link_enter(Linker *L, const AstExpr *e)
{
    Place p = {L->line, L->origin};
    bool shared = ast_is_shared(e) && p.origin;
    L->line = shared ? ast_place(p.origin).line : e->line; /* 0 in stripped chunks */
    L->origin = e;
    return p;
}
void link_leave(Linker *L, Place p)
{
    L->line = p.line;
    L->origin = p.origin;
}

void link_emit_dest3(Linker *L, NodeKind first, Dest d)
{
    uint32_t i = link_emit(L, first + (d.kind == 'A' ? 0 : d.kind == 'D' ? 1 : 2));
    L->nodes[i].c = (uint16_t)d.slot;
}
uint32_t link_emit_dest2(Linker *L, NodeKind first, Dest d)
{
    uint32_t i = link_emit(L, first + (d.kind == 'S'));
    L->nodes[i].c = (uint16_t)d.slot;
    return i;
}

void link_from_acc(Linker *L, Dest d)
{
    if (d.kind != 'S') return;
    uint32_t i = link_emit(L, N_STORE_A);
    L->nodes[i].c = (uint16_t)d.slot;
    L->lines[i] = 0;
}

void link_emit_constant(Linker *L, Value v, Dest d)
{
    if (v == V_NIL && d.kind == 'S') {
        link_nil(L, d.slot, 1);
        return;
    }
    uint32_t i = link_emit_dest2(L, N_CONST_A, d);
    L->nodes[i].k.v = v;
}

/* Variables ------------------------------------------------------------------------ */

static void variable(Linker *L, const AstExpr *e, Dest d)
{
    NodeKind first;
    unsigned from;
    if (e->kind == EXPR_LOCAL) {
        from = local_slot(L, e->u.local);
        if (!local_is_cell(e->u.local)) {
            if (d.kind == 'S' && from == d.slot) return;
            uint32_t i = link_emit(L, d.kind == 'S' ? N_MOVE : N_LOCAL_A);
            L->nodes[i].a = (uint16_t)from;
            L->nodes[i].c = (uint16_t)d.slot;
            return;
        }
        first = N_CELL_A;
    } else {
        from = (unsigned)e->u.upvalue;
        first = upvalue_is_cell(L, e->u.upvalue) ? N_UPCELL_A : N_UPVALUE_A;
    }
    uint32_t i = link_emit_dest2(L, first, d);
    L->nodes[i].a = (uint16_t)from;
}

static void closure(Linker *L, const AstExpr *e, Dest d)
{
    const Proto *p = link_function(L, e->u.function, L->defining, &L->failed);
    L->line = e->u.function->end_line;
    uint32_t i = link_emit(L, N_CLOSURE);
    L->nodes[i].k.p = p;
    link_from_acc(L, d);
}

/* Any expression ------------------------------------------------------------------- */

static void unary(Linker *L, const AstExpr *e, Dest d)
{
    switch (e->u.unary.op) {
    case OP_NEG: link_negation(L, e, d); break;
    case OP_LEN: link_length(L, e, d); break;
    case OP_NOT:
        link_logical_not(L, e);
        link_from_acc(L, d);
        break;
    }
}

static void binary(Linker *L, const AstExpr *e, Dest d)
{
    if (e->u.binary.op == OP_CONCAT) {
        link_concat(L, e, d);
    } else if (e->u.binary.op >= OP_EQ) {
        link_truth(L, e);
        link_from_acc(L, d);
    } else {
        link_arith(L, e, d);
    }
}

bool link_too_deep(Linker *L)
{
    if (L->depth > DEPTH_MAX) L->failed = true;
    return L->failed;
}

static bool constant_expr(Linker *L, const AstExpr *e, Dest d)
{
    Value k;
    if (!link_known(e, &k)) return false;
    if (d.kind == 'D') /* arithmetic of constants, not folded away by the user */
        link_node(L, N_CONST_D)->k.d = value_to_double(k);
    else
        link_emit_constant(L, k, d);
    return true;
}

void link_whole(Linker *L, const AstExpr *e, Dest d)
{
    unsigned top = L->top;
    if (constant_expr(L, e, d)) return;
    switch (e->kind) {
    case EXPR_LOCAL:
    case EXPR_UPVALUE: variable(L, e, d); break;
    case EXPR_INDEX: link_indexing(L, e, d); break;
    case EXPR_VARARG:
    case EXPR_CALL:
    case EXPR_METHOD: link_one_value(L, e, d); break;
    case EXPR_FUNCTION: closure(L, e, d); break;
    case EXPR_BINARY: binary(L, e, d); break;
    case EXPR_UNARY: unary(L, e, d); break;
    case EXPR_AND:
    case EXPR_OR: link_logic(L, e, d); break;
    case EXPR_PAREN: link_expr(L, e->u.unary.operand, d); break;
    case EXPR_TABLE: link_table(L, e, d); break;
    default: break;
    }
    L->top = top;
}

void link_expr_at_line(Linker *L, const AstExpr *e, Dest d, int line)
{
    uint32_t i = L->count;
    link_expr(L, e, d);
    for (; i < L->count; i++) L->lines[i] = line;
}

void link_operand(Linker *L, const AstExpr *e, Dest d)
{
    Value k;
    if (e->kind == EXPR_LOCAL || link_constant(e, &k))
        link_expr_at_line(L, e, d, 0);
    else
        link_expr(L, e, d);
}

void link_indexed_operand(Linker *L, const AstExpr *e)
{
    if (e->kind == EXPR_LOCAL || e->kind == EXPR_UPVALUE)
        link_expr_at_line(L, e, link_to_acc, 0);
    else
        link_expr(L, e, link_to_acc);
}

void link_expr_acc(Linker *L, const AstExpr *e) { link_expr(L, e, link_to_acc); }
void link_expr_slot(Linker *L, const AstExpr *e, unsigned slot)
{
    link_expr(L, e, link_to_slot(slot));
}

unsigned link_expr_anywhere(Linker *L, const AstExpr *e)
{
    unsigned slot;
    if (link_is_plain_local(L, e, &slot)) return slot;
    return link_into_temp(L, e).slot;
}
