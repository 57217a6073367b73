/* SPDX-License-Identifier: MIT */
/*
 * The linker: calls, ..., lists of expressions.
 *
 * Main invariant: callee and arguments lie side by side above all slots in use, and the
 * callee's frame begins where they do.
 */
#include "link/link_internal.h"

/* Calls ---------------------------------------------------------------------------- */

static unsigned call_base(Linker *L)
{
    unsigned base = L->top + 2;
    link_use(L, base);
    return base;
}

/* object: as link_object_operand gives it. */
static void self(Linker *L, const AstExpr *e, int object, unsigned slot, unsigned base)
{
    static const NodeKind kinds[] = {N_SELF_L, N_SELF_A, N_SELF_U};
    uint32_t i = link_emit(L, kinds[object]);
    L->lines[i] = e->u.call.name_line;
    L->nodes[i].a = (uint16_t)slot;
    L->nodes[i].b = (uint16_t)base;
    L->nodes[i].k.v = string_value(e->u.call.name);
    L->nodes[i].aux = string_hash(e->u.call.name);
}

/* Links arguments behind the callee, and the object of a method; gives their number. */
static unsigned arguments(Linker *L, const AstExpr *e, unsigned base, bool *open)
{
    unsigned own = e->kind == EXPR_METHOD;
    link_use(L, base + own);
    return own + link_list_open(L, e->u.call.args, base + own, open);
}

/* Callee and arguments in place; gives the frame's base. The caller emits the call. */
static unsigned call_setup(Linker *L, const AstExpr *e, unsigned *count, bool *open)
{
    unsigned base = call_base(L);
    if (e->kind == EXPR_METHOD) {
        unsigned slot;
        int object = link_object_operand(L, e->u.call.callee, &slot);
        self(L, e, object, slot, base);
    } else {
        link_expr_slot(L, e->u.call.callee, base - 1);
    }
    *count = arguments(L, e, base, open);
    return base;
}

static void call_emit(Linker *L, unsigned base, unsigned count, bool open)
{
    NodeKind kind = open ? N_CALL_OPEN : count <= 3 ? N_CALL_0 + (NodeKind)count : N_CALL_N;
    uint32_t i = link_emit(L, kind);
    L->nodes[i].a = (uint16_t)base;
    L->nodes[i].b = (uint16_t)count;
}

static Node *ret_emit(Linker *L, NodeKind kind, unsigned base)
{
    uint32_t i = link_emit(L, kind);
    L->nodes[i].a = (uint16_t)base;
    L->nodes[i].k.many = link_many(kind);
    return &L->nodes[i];
}

/* A call whose results go as the RET kind says. */
static void call(Linker *L, const AstExpr *e, NodeKind ret, unsigned c, unsigned b)
{
    unsigned top = L->top, count;
    bool open;
    Place p = link_enter(L, e);
    unsigned base = call_setup(L, e, &count, &open);
    L->line = e->line;
    call_emit(L, base, count, open);
    Node *n = ret_emit(L, ret, base);
    n->c = (uint16_t)c;
    n->b = (uint16_t)b;
    link_leave(L, p);
    L->top = top;
}

/* What the call's result becomes the callee of another call by: nothing, or names of fields. */
static bool is_of_call(const AstExpr *e)
{
    while (e->kind == EXPR_INDEX && link_is_string(e->u.index.key)) e = e->u.index.object;
    return e->kind == EXPR_CALL || e->kind == EXPR_METHOD;
}

/* A callee that a call gives takes the place of that call's frame, or long chains, f()()(),
 * would need frames as large as they are long. */
void link_call_begin(Linker *L, const AstExpr *e, Dest *callee)
{
    unsigned top = L->top;
    *callee = e->kind == EXPR_METHOD ? link_to_acc : link_to_slot(call_base(L) - 1);
    if (is_of_call(e->u.call.callee)) link_use(L, top);
}

void link_call_end(Linker *L, const AstExpr *e, Dest callee, Dest d)
{
    bool open, method = e->kind == EXPR_METHOD;
    unsigned base = method ? call_base(L) : callee.slot + 1;
    if (method) self(L, e, 1, 0, base);
    link_use(L, base);
    unsigned count = arguments(L, e, base, &open);
    L->line = e->line;
    call_emit(L, base, count, open);
    Node *n = ret_emit(L, d.kind == 'S' ? N_RET_S : N_RET_A, base);
    n->c = (uint16_t)d.slot;
    n->b = 1;
}

void link_call_discard(Linker *L, const AstExpr *e) { call(L, e, N_RET_0, 0, 0); }

void link_call_tail(Linker *L, const AstExpr *e)
{
    unsigned top = L->top, count;
    bool open;
    Place p = link_enter(L, e);
    unsigned base = call_setup(L, e, &count, &open);
    uint32_t i = link_emit(L, open ? N_TAIL_OPEN : N_TAIL_N);
    L->nodes[i].a = (uint16_t)base;
    L->nodes[i].b = (uint16_t)count;
    link_leave(L, p);
    ret_emit(L, N_RET_TAIL, base);
    L->top = top;
}

static Node *link_vararg(Linker *L, const AstExpr *e, NodeKind kind)
{
    uint32_t i = link_emit(L, kind);
    L->lines[i] = e->line;
    return &L->nodes[i];
}

void link_open(Linker *L, const AstExpr *e, unsigned at)
{
    link_use(L, at);
    if (e->kind == EXPR_VARARG)
        link_vararg(L, e, N_VARARG_OPEN)->c = (uint16_t)at;
    else
        call(L, e, N_RET_OPEN, at, 0);
}

/* Exactly n values of a call or ... to slots at `at`, where the callee's frame begins: nothing
 * is there yet. */
static void link_values(Linker *L, const AstExpr *e, unsigned at, unsigned n)
{
    link_use(L, at + n);
    unsigned top = L->top;
    L->top = at;
    if (e->kind == EXPR_VARARG) {
        Node *node = link_vararg(L, e, N_VARARG_N);
        node->c = (uint16_t)at;
        node->b = (uint16_t)n;
    } else if (n == 0) {
        link_call_discard(L, e);
    } else {
        call(L, e, N_RET_N, at, n);
    }
    L->top = top;
}

void link_one_value(Linker *L, const AstExpr *e, Dest d)
{
    if (e->kind != EXPR_VARARG) {
        call(L, e, d.kind == 'S' ? N_RET_S : N_RET_A, d.slot, 1);
    } else {
        link_emit(L, N_VARARG_A);
        link_from_acc(L, d);
    }
}

/* Lists ---------------------------------------------------------------------------- */

void link_list(Linker *L, const AstExpr *list, unsigned at, unsigned count)
{
    unsigned i = 0;
    for (const AstExpr *e = list; e; e = e->next, i++) {
        if (!e->next && link_is_multi(e) && i < count) {
            link_values(L, e, at + i, count - i);
            link_use(L, at + count);
            return;
        }
        if (i < count) {
            link_use(L, at + i + 1);
            link_expr_slot(L, e, at + i);
        } else if (link_is_multi(e)) {
            link_values(L, e, L->top, 0);
        } else {
            link_expr_acc(L, e);
        }
    }
    if (i < count) {
        link_nil(L, at + i, count - i);
        link_use(L, at + count);
    }
}

unsigned link_list_open(Linker *L, const AstExpr *list, unsigned at, bool *open)
{
    unsigned i = 0;
    *open = false;
    for (const AstExpr *e = list; e; e = e->next) {
        link_pay(L);
        if (!e->next && link_is_multi(e)) {
            link_open(L, e, at + i);
            *open = true;
            return i;
        }
        link_use(L, at + i + 1);
        link_expr_slot(L, e, at + i);
        i++;
    }
    return i;
}
