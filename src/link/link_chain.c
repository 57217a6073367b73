/* SPDX-License-Identifier: MIT */
/*
 * The linker: any expression; chains.
 *
 * Chains such as a+b+c, a==b==c, a.b.c, a()()() and a or b or c are as deep on their left as
 * they are long. They are linked without recursion: what is left of an operator is begun before
 * it, and the operator ended after it.
 *
 *   ((a + f()) + b) + c     begin + c, begin + b, whole a + f(), end + b, end + c
 *
 * Main invariant: each part that is begun is ended once, the last begun first, and the slots
 * are then as they were.
 */
#include "link/link_internal.h"

#include <assert.h>

/* What is left of e if that is no leaf, else NULL. */
static const AstExpr *left_part(const AstExpr *e)
{
    const AstExpr *left;
    Value k;
    switch (e->kind) {
    case EXPR_BINARY:
        left = e->u.binary.left;
        if (link_is_comparison(e)) return link_is_comparison(left) ? left : NULL;
        if (!link_is_arith(e)) return NULL;
        break;
    case EXPR_AND:
    case EXPR_OR:
        left = e->u.binary.left;
        if (left->kind != e->kind) return NULL;
        break;
    case EXPR_INDEX: left = e->u.index.object; break;
    case EXPR_CALL:
    case EXPR_METHOD: left = e->u.call.callee; break;
    default: return NULL;
    }
    switch (left->kind) {
    case EXPR_BINARY: return link_is_arith(left) && !link_constant(left, &k) ? left : NULL;
    case EXPR_AND:
    case EXPR_OR:
    case EXPR_INDEX:
    case EXPR_CALL:
    case EXPR_METHOD: return left;
    default: return NULL;
    }
}

static void vertebra_begin(Linker *L, LinkVertebra *v)
{
    v->left = link_to_acc;
    switch (v->e->kind) {
    case EXPR_BINARY:
        v->l = link_is_comparison(v->e) ? link_comparison_begin(L, v->e, v->d, &v->left)
                                        : link_arith_begin(L, v->e, v->d, &v->left);
        break;
    case EXPR_INDEX: link_index_begin(L, v->e, v->d, &v->left); break;
    case EXPR_CALL:
    case EXPR_METHOD: link_call_begin(L, v->e, &v->left); break;
    default: break;
    }
}

static void binary_end(Linker *L, const LinkVertebra *v)
{
    if (link_is_comparison(v->e)) {
        link_comparison_end(L, v->e, &v->l);
        link_from_acc(L, v->d);
    } else {
        link_arith_end(L, v->e, &v->l, v->d);
    }
}

static void vertebra_end(Linker *L, const LinkVertebra *v)
{
    switch (v->e->kind) {
    case EXPR_BINARY: binary_end(L, v); break;
    case EXPR_INDEX: link_index_end(L, v->e, v->left, v->d); break;
    case EXPR_CALL:
    case EXPR_METHOD: link_call_end(L, v->e, v->left, v->d); break;
    default:
        link_logic_end(L, v->e, 0);
        link_from_acc(L, v->d);
        break;
    }
    L->top = v->top;
}

/* NULL: no memory. */
static LinkVertebra *vertebra_push(Linker *L)
{
    if (L->spine_count == L->spine_capacity) {
        uint32_t capacity = L->spine_capacity ? 2 * L->spine_capacity : 8;
        LinkVertebra *more = link_grown(L, L->spine, L->spine_count, capacity, sizeof *more);
        if (!more) return NULL;
        L->spine = more;
        L->spine_capacity = capacity;
    }
    return &L->spine[L->spine_count++];
}

void link_expr(Linker *L, const AstExpr *e, Dest d)
{
    if (link_too_deep(L)) return;
    L->depth++;
    uint32_t below = L->spine_count;
    for (const AstExpr *left; (left = left_part(e)); e = left) {
        LinkVertebra *v = vertebra_push(L);
        if (!v) break;
        *v = (LinkVertebra){.e = e, .d = d, .top = L->top, .place = link_enter(L, e)};
        vertebra_begin(L, v);
        d = v->left;
    }
    if (L->failed) {
        L->spine_count = below;
        L->depth--;
        return;
    }
    Place p = link_enter(L, e);
    link_whole(L, e, d);
    link_leave(L, p);
    while (L->spine_count > below) {
        LinkVertebra v = L->spine[--L->spine_count];
        link_pay(L);
        vertebra_end(L, &v);
        link_leave(L, v.place);
    }
    assert(L->spine_count == below && "what was begun here has been ended");
    L->depth--;
}
