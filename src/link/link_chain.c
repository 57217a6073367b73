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

/* Gives where what is on its left is wanted. */
static Dest vertebra_begin(Linker *L, const AstExpr *e, Dest d)
{
    Dest left = link_to_acc;
    Operand l = {0};
    switch (e->kind) {
    case EXPR_BINARY:
        l = link_is_comparison(e) ? link_comparison_begin(L, e, d, &left)
                                  : link_arith_begin(L, e, d, &left);
        break;
    case EXPR_INDEX: link_index_begin(L, e, d, &left); break;
    case EXPR_CALL:
    case EXPR_METHOD: link_call_begin(L, e, &left); break;
    default: break;
    }
    LinkVertebra *v = &L->spine[L->spine_count - 1];
    v->left = left.kind;
    v->left_slot = (uint16_t)left.slot;
    v->l = l.letter;
    v->l_slot = (uint16_t)l.slot;
    return left;
}

static void binary_end(Linker *L, const LinkVertebra *v, Dest d)
{
    Operand l = {.letter = v->l, .slot = v->l_slot};
    if (link_is_comparison(v->e)) {
        link_comparison_end(L, v->e, &l);
        link_from_acc(L, d);
    } else {
        link_arith_end(L, v->e, &l, d);
    }
}

static void vertebra_end(Linker *L, const LinkVertebra *v)
{
    Dest d = {v->d, v->d_slot}, left = {v->left, v->left_slot};
    switch (v->e->kind) {
    case EXPR_BINARY: binary_end(L, v, d); break;
    case EXPR_INDEX: link_index_end(L, v->e, left, d); break;
    case EXPR_CALL:
    case EXPR_METHOD: link_call_end(L, v->e, left, d); break;
    default:
        link_logic_end(L, v->e, 0);
        link_from_acc(L, d);
        break;
    }
    L->top = v->top;
}

/* Answers NULL where there is no memory. */
static LinkVertebra *vertebra_push(Linker *L)
{
    if (L->spine_count == L->spine_capacity) {
        uint32_t capacity = L->spine_capacity ? 2 * L->spine_capacity : 8;
        LinkVertebra *more = link_grown(L, L->spine, L->spine_count, capacity, sizeof *more);
        if (!more) return NULL;
        if (L->spine) mem_free(L->spine, L->spine_capacity * sizeof *more);
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
        Place outer = link_enter(L, e);
        *v = (LinkVertebra){.e = e, .origin = outer.origin, .line = outer.line};
        v->top = (uint16_t)L->top;
        v->d = d.kind;
        v->d_slot = (uint16_t)d.slot;
        d = vertebra_begin(L, e, d);
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
        link_leave(L, (Place){v.line, v.origin});
    }
    assert(L->spine_count == below && "what was begun here has been ended");
    L->depth--;
}
