/* SPDX-License-Identifier: MIT */
/*
 * The linker: operands, arithmetic, length, concatenation.
 *
 * Main invariant: an operand of a node is what its letter says: a slot, a constant, or the
 * accumulator, which nothing has written to since it was filled.
 */
#include "link/link_internal.h"

/* Operands of two-operand nodes ---------------------------------------------------- */

/* An operand that needs no node. */
static bool ready(const Linker *L, const AstExpr *e, Operand *o)
{
    if (link_is_plain_local(L, e, &o->slot)) {
        o->letter = 'L';
        return true;
    }
    if (!link_fold_number(e, &o->number)) return false;
    o->letter = 'K';
    return true;
}

Operand link_into_accumulator(Linker *L, const AstExpr *e, bool doubles)
{
    if (doubles && link_is_arith(e)) {
        link_expr(L, e, link_to_double);
        return (Operand){.letter = 'D'};
    }
    link_operand(L, e, link_to_acc);
    return (Operand){.letter = 'A'};
}

Operand link_into_temp(Linker *L, const AstExpr *e)
{
    unsigned t = link_temp(L);
    link_operand(L, e, link_to_slot(t));
    return (Operand){.letter = 'L', .slot = t};
}

void link_operands(Linker *L, const AstExpr *left, const AstExpr *right, bool doubles,
                   Operand *l, Operand *r)
{
    bool left_ready = ready(L, left, l), right_ready = ready(L, right, r);
    if (left_ready && right_ready) {
        if (l->letter == 'K' && r->letter == 'K') *l = link_into_temp(L, left);
    } else if (left_ready) {
        *r = link_into_accumulator(L, right, doubles);
    } else if (right_ready) {
        *l = link_into_accumulator(L, left, doubles);
    } else if (link_is_cell_local(left)) {
        *r = link_into_temp(L, right);
        *l = link_into_accumulator(L, left, false);
    } else {
        *l = link_into_temp(L, left);
        *r = link_into_accumulator(L, right, doubles);
    }
}

int link_pair_of(char l, char r)
{
    static const char pairs[][3] = {"LL", "LK", "KL", "LA", "AL", "AK",
                                    "KA", "LD", "DL", "DK", "KD"};
    for (int i = 0; i < PAIR_COUNT; i++)
        if (pairs[i][0] == l && pairs[i][1] == r) return i;
    return 0;
}

void link_set_operands(Node *n, const Operand *l, const Operand *r)
{
    n->a = (uint16_t)l->slot;
    n->b = (uint16_t)r->slot;
    if (l->letter == 'K') n->k.d = l->number;
    if (r->letter == 'K') n->k.d = r->number;
}

static void arith_emit(Linker *L, BinaryOp op, const Operand *l, const Operand *r, Dest d)
{
    int pair = ((int)op - OP_ADD) * PAIR_COUNT + link_pair_of(l->letter, r->letter);
    link_emit_dest3(L, N_ADD_LL_A + (NodeKind)(pair * 3), d);
    link_set_operands(&L->nodes[L->count - 1], l, r);
}

void link_arith(Linker *L, const AstExpr *e, Dest d)
{
    Operand l = {0}, r = {0};
    link_operands(L, e->u.binary.left, e->u.binary.right, true, &l, &r);
    arith_emit(L, e->u.binary.op, &l, &r, d);
}

Dest link_temp_for(Linker *L, Dest d)
{
    bool free = d.kind == 'S' && d.slot >= L->active && d.slot < L->top;
    return free ? d : link_to_slot(link_temp(L));
}

Operand link_arith_begin(Linker *L, const AstExpr *e, Dest d, Dest *left)
{
    Operand r;
    bool doubles = link_is_arith(e->u.binary.left);
    if (ready(L, e->u.binary.right, &r)) {
        *left = doubles ? link_to_double : link_to_acc;
        return (Operand){.letter = doubles ? 'D' : 'A'};
    }
    *left = link_temp_for(L, d);
    return (Operand){.letter = 'L', .slot = left->slot};
}

Operand link_arith_right(Linker *L, const AstExpr *e)
{
    Operand r = {0};
    if (!ready(L, e->u.binary.right, &r)) r = link_into_accumulator(L, e->u.binary.right, true);
    return r;
}

void link_arith_end(Linker *L, const AstExpr *e, const Operand *l, Dest d)
{
    Operand r = link_arith_right(L, e);
    arith_emit(L, e->u.binary.op, l, &r, d);
}

/* A constant has an instruction here. */
static void unary_operand(Linker *L, const AstExpr *e, Dest d)
{
    if (e->kind == EXPR_LOCAL)
        link_operand(L, e, d);
    else
        link_expr(L, e, d);
}

void link_negation(Linker *L, const AstExpr *e, Dest d)
{
    Operand o = {0};
    const AstExpr *x = e->u.unary.operand;
    if (!ready(L, x, &o) || o.letter == 'K') {
        o.letter = link_is_arith(x) ? 'D' : 'A';
        unary_operand(L, x, link_is_arith(x) ? link_to_double : link_to_acc);
    }
    int letter = o.letter == 'L' ? 0 : o.letter == 'A' ? 1 : 2;
    link_emit_dest3(L, N_NEG_L_A + (NodeKind)(letter * 3), d);
    L->nodes[L->count - 1].a = (uint16_t)o.slot;
}

void link_length(Linker *L, const AstExpr *e, Dest d)
{
    unsigned slot = 0;
    bool local = link_is_plain_local(L, e->u.unary.operand, &slot);
    if (!local) unary_operand(L, e->u.unary.operand, link_to_acc);
    uint32_t i = link_emit_dest2(L, local ? N_LEN_L_A : N_LEN_A_A, d);
    L->nodes[i].a = (uint16_t)slot;
}

/* Concatenation: the operands of a whole chain side by side, and a slot more. */
void link_concat(Linker *L, const AstExpr *e, Dest d)
{
    unsigned top = L->top, count = 0;
    const AstExpr *x = e;
    for (;; x = x->u.binary.right) {
        bool more = x->kind == EXPR_BINARY && x->u.binary.op == OP_CONCAT;
        link_pay(L);
        unsigned slot = link_temp(L);
        link_expr_slot(L, more ? x->u.binary.left : x, slot);
        count++;
        if (!more) break;
    }
    link_temp(L);
    uint32_t i = link_emit_dest2(L, N_CONCAT_A, d);
    L->nodes[i].a = (uint16_t)top;
    L->nodes[i].b = (uint16_t)count;
    L->top = top;
}
