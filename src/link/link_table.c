/* SPDX-License-Identifier: MIT */
/* The linker: table constructors. */
#include "link/link_internal.h"

enum { LIST_BATCH = 50 };

static void flush_items(Linker *L, unsigned table, unsigned first_slot, unsigned pending,
                        unsigned index, bool open)
{
    if (!pending && !open) return;
    uint32_t i = link_emit(L, open ? N_LIST_OPEN : N_SET_LIST);
    Node *n = &L->nodes[i];
    n->a = (uint16_t)table;
    n->b = (uint16_t)pending;
    n->c = (uint16_t)first_slot;
    n->aux = index;
}

static void field_store(Linker *L, unsigned table, const AstField *f)
{
    unsigned top = L->top;
    AstExpr target = {.kind = EXPR_INDEX, .line = f->line, .u.index.key = f->key};
    uint32_t item;
    Target t = {.expr = &target, .object = 'L', .slot = table};
    if (f->kind == FIELD_KEYED) t.origin = f->store;
    if (link_is_string(f->key)) {
        t.key = 'F';
    } else if (link_integer_key(f->key, &item)) {
        t.key = 'I';
    } else {
        t.key = 'L';
        t.key_slot = link_expr_anywhere(L, f->key);
    }
    const AstExpr *origin = L->origin;
    link_store_expr(L, &t, f->value);
    L->origin = origin;
    L->top = top;
}

/* PUC Lua's instructions hold a size in four bits and an exponent, which rounds it up, and #
 * may depend on it. */
static uint32_t size_rounded(uint32_t n)
{
    uint32_t shift = 0;
    while ((n + ((uint32_t)1 << shift) - 1) >> shift >= 16) shift++;
    return ((n + ((uint32_t)1 << shift) - 1) >> shift) << shift;
}

/* For how many items there is room at first: a call or `...` at the end makes its own. */
static uint32_t item_room(const AstExpr *e)
{
    const AstField *last = e->u.table.fields;
    while (last && last->next) last = last->next;
    bool open = last && last->kind == FIELD_ITEM && link_is_multi(last->value);
    return size_rounded((uint32_t)e->u.table.items - open);
}

static void constructor(Linker *L, const AstExpr *e, unsigned table)
{
    unsigned top = L->top, pending = 0, index = 1;
    uint32_t i = link_emit(L, N_TABLE);
    L->nodes[i].c = (uint16_t)table;
    L->nodes[i].aux = item_room(e);
    L->nodes[i].k.v = size_rounded((uint32_t)e->u.table.named);
    for (const AstField *f = e->u.table.fields; f; f = f->next) {
        if (f->kind != FIELD_ITEM) {
            field_store(L, table, f);
            continue;
        }
        if (!f->next && link_is_multi(f->value)) {
            link_open(L, f->value, top + pending);
            L->line = e->u.table.end_line;
            flush_items(L, table, top, pending, index, true);
            L->top = top;
            return;
        }
        link_use(L, top + pending + 1);
        link_expr_slot(L, f->value, top + pending);
        if (++pending == LIST_BATCH) {
            L->line = f->line;
            flush_items(L, table, top, pending, index, false);
            index += pending;
            pending = 0;
            L->top = top;
        }
    }
    L->line = e->u.table.end_line;
    flush_items(L, table, top, pending, index, false);
    L->top = top;
}

/* The table is made in a slot of its own, as the fields' expressions may still read
 * the variable that it is for. */
void link_table(Linker *L, const AstExpr *e, Dest d)
{
    if (d.kind == 'S' && d.slot >= L->active && d.slot < L->top) {
        constructor(L, e, d.slot);
        return;
    }
    unsigned top = L->top, t = link_temp(L);
    constructor(L, e, t);
    uint32_t i = link_emit(L, d.kind == 'S' ? N_MOVE : N_LOCAL_A);
    L->nodes[i].a = (uint16_t)t;
    L->nodes[i].c = (uint16_t)d.slot;
    L->top = top;
}
