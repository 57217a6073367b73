/* SPDX-License-Identifier: MIT */
/*
 * The linker: constants, and what is known of an expression beforehand.
 *
 * Main invariant: what is folded gives at run time the same bits, and can neither fail nor
 * call.
 */
#include "link/link_internal.h"
#include "value/number.h"

/* by_zero: also what divides by zero. */
static bool fold_deep(const AstExpr *e, double *out, bool by_zero)
{
    double x, y;
    if (!ast_nesting(e)) return false;
    switch (e->kind) {
    case EXPR_NUMBER: *out = e->u.number; return true;
    case EXPR_UNARY:
        if (e->u.unary.op != OP_NEG || !fold_deep(e->u.unary.operand, &x, by_zero))
            return false;
        *out = -x;
        return true;
    case EXPR_BINARY:
        if (e->u.binary.op > OP_POW) return false;
        if (!fold_deep(e->u.binary.left, &x, by_zero)) return false;
        if (!fold_deep(e->u.binary.right, &y, by_zero)) return false;
        switch (e->u.binary.op) {
        case OP_ADD: *out = x + y; break;
        case OP_SUB: *out = x - y; break;
        case OP_MUL: *out = x * y; break;
        case OP_DIV:
            if (y == 0 && !by_zero) return false;
            *out = x / y;
            break;
        case OP_MOD:
            if (y == 0) return false;
            *out = number_mod(x, y);
            break;
        default: *out = number_pow(x, y); break;
        }
        return *out == *out; /* a NaN's sign is the machine's affair, at run time */
    default: return false;
    }
}

bool link_fold_number(const AstExpr *e, double *out) { return fold_deep(e, out, false); }

bool link_constant(const AstExpr *e, Value *out)
{
    double x;
    switch (e->kind) {
    case EXPR_NIL: *out = V_NIL; return true;
    case EXPR_FALSE: *out = V_FALSE; return true;
    case EXPR_TRUE: *out = V_TRUE; return true;
    case EXPR_STRING: *out = string_value(e->u.string); return true;
    default:
        if (!link_fold_number(e, &x)) return false;
        *out = value_number(x);
        return true;
    }
}

bool link_known(const AstExpr *e, Value *out)
{
    double x;
    if (link_constant(e, out)) return true;
    if (!fold_deep(e, &x, true)) return false;
    *out = value_number(x);
    return true;
}

bool link_is_arith(const AstExpr *e)
{
    return (e->kind == EXPR_BINARY && e->u.binary.op <= OP_POW) ||
           (e->kind == EXPR_UNARY && e->u.unary.op == OP_NEG);
}

bool link_is_comparison(const AstExpr *e)
{
    return e->kind == EXPR_BINARY && e->u.binary.op >= OP_EQ;
}

bool link_is_multi(const AstExpr *e)
{
    return e->kind == EXPR_CALL || e->kind == EXPR_METHOD || e->kind == EXPR_VARARG;
}

bool link_is_plain_local(const Linker *L, const AstExpr *e, unsigned *slot)
{
    if (e->kind == EXPR_PAREN) e = e->u.unary.operand;
    if (e->kind != EXPR_LOCAL || local_is_cell(e->u.local)) return false;
    *slot = local_slot(L, e->u.local);
    return true;
}

bool link_is_cell_local(const AstExpr *e)
{
    return e->kind == EXPR_LOCAL && local_is_cell(e->u.local);
}

bool link_is_cell(const Linker *L, const AstExpr *e)
{
    return link_is_cell_local(e) ||
           (e->kind == EXPR_UPVALUE && upvalue_is_cell(L, e->u.upvalue));
}
