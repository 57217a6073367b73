/* SPDX-License-Identifier: MIT */
/*
 * The linker: and, or, not; comparisons; conditions.
 *
 * Main invariant: a condition leads to its list of branches where its truth is `sense`, and
 * falls through where it is not.
 */
#include "link/link_internal.h"

static void keep(Linker *L, bool sense, Branches *list)
{
    link_branch_add(L, list, link_emit(L, sense ? N_KEEP_T : N_KEEP_F));
}

/* The accumulator becomes true, or false where `no` leads. */
static void truth(Linker *L, Branches no)
{
    Branches end = 0;
    link_emit_constant(L, V_TRUE, link_to_acc);
    link_branch_add(L, &end, link_emit(L, N_JUMP));
    link_branch_here(L, no);
    link_emit_constant(L, V_FALSE, link_to_acc);
    link_branch_here(L, end);
}

void link_truth(Linker *L, const AstExpr *e)
{
    Branches no = 0;
    link_condition(L, e, false, &no);
    truth(L, no);
}

void link_logic_end(Linker *L, const AstExpr *e, Branches other)
{
    Branches end = 0;
    keep(L, e->kind == EXPR_OR, &end);
    link_branch_here(L, other);
    link_expr_acc(L, e->u.binary.right);
    link_branch_here(L, end);
}

void link_logic(Linker *L, const AstExpr *e, Dest d)
{
    Branches other = 0;
    const AstExpr *left = e->u.binary.left;
    Value k;
    if (link_constant(left, &k) && value_is_false(k) == (e->kind == EXPR_OR)) {
        link_expr(L, e->u.binary.right, d); /* a constant that leads to it is not tested */
        return;
    }
    if (e->kind == EXPR_OR && left->kind == EXPR_AND) {
        /* (c and x) or y needs no value of c: false leads to y */
        L->line = left->line;
        link_condition(L, left->u.binary.left, false, &other);
        left = left->u.binary.right;
        L->line = e->line;
    }
    link_expr_acc(L, left);
    link_logic_end(L, e, other);
    link_from_acc(L, d);
}

void link_logical_not(Linker *L, const AstExpr *e)
{
    const AstExpr *x = e->u.unary.operand;
    unsigned slot = 0;
    if (link_is_comparison(x) || x->kind == EXPR_AND || x->kind == EXPR_OR) {
        link_truth(L, e);
        return;
    }
    bool local = link_is_plain_local(L, x, &slot);
    if (!local) link_expr_acc(L, x);
    uint32_t i = link_emit(L, local ? N_NOT_L : N_NOT_A);
    L->nodes[i].a = (uint16_t)slot;
}

static void branch(Linker *L, NodeKind kind, bool sense, Branches *list)
{
    link_branch_add(L, list, link_emit(L, kind + (sense ? 1 : 0)));
}

static void order_branch(Linker *L, BinaryOp op, Operand l, Operand r, bool sense,
                         Branches *list)
{
    if (op == OP_GT || op == OP_GE) {
        Operand swap = l;
        l = r;
        r = swap;
    }
    bool or_equal = op == OP_LE || op == OP_GE;
    branch(L,
           (or_equal ? N_LE_LL_F : N_LT_LL_F) +
               (NodeKind)(link_pair_of(l.letter, r.letter) * 2),
           sense, list);
    link_set_operands(&L->nodes[L->count - 1], &l, &r);
}

static void order_condition(Linker *L, const AstExpr *e, bool sense, Branches *list)
{
    Operand l = {0}, r = {0};
    link_operands(L, e->u.binary.left, e->u.binary.right, true, &l, &r);
    order_branch(L, e->u.binary.op, l, r, sense, list);
}

/* a, b: slots; k: a constant; as the kind has them. */
static void equal_branch(Linker *L, NodeKind kind, unsigned a, unsigned b, Value k, bool sense,
                         Branches *list)
{
    branch(L, kind, sense, list);
    Node *n = &L->nodes[L->count - 1];
    n->a = (uint16_t)a;
    n->b = (uint16_t)b;
    n->k.v = k;
}

static void equal_condition(Linker *L, const AstExpr *e, bool sense, Branches *list)
{
    const AstExpr *left = e->u.binary.left, *right = e->u.binary.right;
    Value k = V_NIL;
    unsigned a = 0, b = 0;
    NodeKind kind;
    if (link_constant(left, &k) && !link_constant(right, &k)) {
        const AstExpr *swap = left;
        left = right;
        right = swap;
    }
    if (e->u.binary.op == OP_NE) sense = !sense;
    bool left_local = link_is_plain_local(L, left, &a);
    if (link_constant(right, &k)) {
        if (!left_local) link_operand(L, left, link_to_acc);
        kind = left_local ? N_EQ_LK_F : N_EQ_AK_F;
    } else if (link_is_plain_local(L, right, &b)) {
        if (!left_local) link_operand(L, left, link_to_acc);
        kind = left_local ? N_EQ_LL_F : N_EQ_AL_F;
    } else if (link_is_cell_local(left)) {
        b = link_into_temp(L, right).slot;
        link_operand(L, left, link_to_acc);
        kind = N_EQ_AL_F;
    } else {
        if (!left_local) a = link_into_temp(L, left).slot;
        link_operand(L, right, link_to_acc);
        kind = N_EQ_LA_F;
    }
    equal_branch(L, kind, a, b, k, sense, list);
}

Operand link_comparison_begin(Linker *L, const AstExpr *e, Dest d, Dest *left)
{
    const AstExpr *right = e->u.binary.right;
    unsigned slot;
    Value k;
    if (e->u.binary.op > OP_NE) return link_arith_begin(L, e, d, left);
    bool ready = link_constant(right, &k) || link_is_plain_local(L, right, &slot);
    *left = ready ? link_to_acc : link_temp_for(L, d);
    return (Operand){.letter = ready ? 'A' : 'L', .slot = left->slot};
}

static void equal_end(Linker *L, const AstExpr *e, const Operand *l, Branches *no)
{
    const AstExpr *right = e->u.binary.right;
    bool sense = e->u.binary.op == OP_NE;
    Value k = V_NIL;
    unsigned slot = 0;
    if (link_constant(right, &k)) {
        equal_branch(L, N_EQ_AK_F, 0, 0, k, sense, no);
    } else if (link_is_plain_local(L, right, &slot)) {
        equal_branch(L, N_EQ_AL_F, 0, slot, V_NIL, sense, no);
    } else {
        link_operand(L, right, link_to_acc);
        equal_branch(L, N_EQ_LA_F, l->slot, 0, V_NIL, sense, no);
    }
}

void link_comparison_end(Linker *L, const AstExpr *e, const Operand *l)
{
    Branches no = 0;
    if (e->u.binary.op <= OP_NE)
        equal_end(L, e, l, &no);
    else
        order_branch(L, e->u.binary.op, *l, link_arith_right(L, e), false, &no);
    truth(L, no);
}

/* line: where the truth of e is needed. */
static void test_condition(Linker *L, const AstExpr *e, bool sense, Branches *list, int line)
{
    unsigned slot = 0;
    bool local = link_is_plain_local(L, e, &slot);
    if (!local) link_expr_acc(L, e);
    L->line = line;
    branch(L, local ? N_TEST_L_F : N_TEST_A_F, sense, list);
    L->nodes[L->count - 1].a = (uint16_t)slot;
}

/* a or b or c ..., or with `and`: each operand but the last decides if its truth is `on`.
 * line: where the truth of the whole is needed; that of an operand is at the next operator. */
static void short_circuit(Linker *L, const AstExpr *e, bool sense, Branches *list, int line)
{
    bool on = e->kind == EXPR_OR;
    Branches skip = 0, *decided = sense == on ? list : &skip;
    size_t count = 0;
    const AstExpr *x = e;
    for (; x->kind == e->kind; x = x->u.binary.left) count++;
    const AstExpr *few[16], **all = few;
    if (count > 16) all = link_grown(L, NULL, 0, count, sizeof *all);
    if (!all) return;
    size_t i = count;
    for (x = e; x->kind == e->kind; x = x->u.binary.left) all[--i] = x;
    L->line = all[0]->line;
    link_condition(L, x, on, decided);
    for (i = 0; i < count; i++) {
        bool last = i + 1 == count;
        L->line = last ? line : all[i + 1]->line;
        link_condition(L, all[i]->u.binary.right, last ? sense : on, last ? list : decided);
    }
    link_branch_here(L, skip);
}

void link_condition(Linker *L, const AstExpr *e, bool sense, Branches *list)
{
    Value k;
    if (link_too_deep(L)) return;
    L->depth++;
    unsigned top = L->top;
    Place p = link_enter(L, e);
    if (e->kind == EXPR_PAREN || (e->kind == EXPR_UNARY && e->u.unary.op == OP_NOT)) {
        L->line = p.line;
        link_condition(L, e->u.unary.operand, (e->kind == EXPR_PAREN) == sense, list);
    } else if (e->kind == EXPR_AND || e->kind == EXPR_OR) {
        short_circuit(L, e, sense, list, p.line);
    } else if (link_constant(e, &k)) {
        if (!value_is_false(k) == sense) link_branch_add(L, list, link_emit(L, N_JUMP));
    } else if (link_is_comparison(e)) {
        if (e->u.binary.op <= OP_NE)
            equal_condition(L, e, sense, list);
        else
            order_condition(L, e, sense, list);
    } else {
        test_condition(L, e, sense, list, p.line);
    }
    link_leave(L, p);
    L->top = top;
    L->depth--;
}
