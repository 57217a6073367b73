/* SPDX-License-Identifier: MIT */
/*
 * The linker: table constructors.
 *
 * Main invariant: elements are stored in order, at most LIST_BATCH of them waiting in slots,
 * and the table is where nothing of the constructor can see it.
 */
#include "link/link_internal.h"
#include "table/table_shape.h"
#include "tree/packed.h"

enum { LIST_BATCH = 50 };

static void flush_elements(Linker *L, unsigned table, unsigned first_slot, unsigned pending,
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
    uint32_t element;
    Target t = {.expr = &target, .object = 'L', .slot = table};
    if (f->kind == FIELD_KEYED) t.origin = f->store;
    if (link_is_string(f->key)) {
        t.key = 'F';
    } else if (link_integer_key(f->key, &element)) {
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

/* How many elements there is room for at first: a call or `...` at the end makes its own. */
static uint32_t element_room(const AstExpr *e)
{
    if (e->u.table.is_packed) return table_size_rounded((uint32_t)e->u.table.elements);
    const AstField *last = e->u.table.fields;
    while (last && last->next) last = last->next;
    bool open = last && last->kind == FIELD_ELEMENT && link_is_multi(last->value);
    return table_size_rounded((uint32_t)e->u.table.elements - open);
}

/* Named fields ------------------------------------------------------------------------ */

/* The keys of a constructor that has nothing but named fields; gives how many, or 0. Where
 * one's line is not its value's, a hook has to be told of the store. */
static uint32_t named_keys(const AstExpr *e, const String *keys[SHAPE_MAX])
{
    uint32_t count = 0;
    PackedField v;
    if (e->u.table.elements || e->u.table.named > SHAPE_MAX) return 0;
    for (const AstField *f = packed_first(e, &v); f; f = packed_next(e, f, &v)) {
        if (!link_is_string(f->key) || f->value->line != f->line) return 0;
        keys[count++] = f->key->u.string;
    }
    return count;
}

/* The function's shape with these keys, or NULL where there is none. */
static const TableShape *shape_for(Linker *L, const String *const *keys, uint32_t count)
{
    enum { LOOKS = 8 };
    Proto *p = L->proto;
    for (uint32_t i = p->shape_count; i > 0 && i + LOOKS > p->shape_count; i--) {
        const TableShape *s = p->shapes[i - 1];
        if (s->count == count && !memcmp(s->keys, keys, count * sizeof *keys)) return s;
    }
    if (p->shape_count == L->shape_capacity) {
        uint32_t capacity = L->shape_capacity ? L->shape_capacity * 2 : 2;
        TableShape **all = link_grown(L, p->shapes, p->shape_count, capacity, sizeof *all);
        if (!all) return NULL;
        p->shapes = all;
        L->shape_capacity = capacity;
    }
    TableShape *s = table_shape_new(keys, count, table_size_rounded(count));
    return s ? p->shapes[p->shape_count++] = s : NULL;
}

/* The values side by side, and then all at once. False: nothing has been made. What runs once
 * is made as it is read, which takes no shape. */
static bool named(Linker *L, const AstExpr *e, unsigned table, PackedField *v)
{
    const String *keys[SHAPE_MAX];
    unsigned top = L->top, at = top;
    if (!L->source->parent && !L->loops) return false;
    uint32_t count = named_keys(e, keys);
    const TableShape *shape = count ? shape_for(L, keys, count) : NULL;
    if (!shape) return false;
    link_node(L, N_TABLE)->c = (uint16_t)table;
    for (const AstField *f = packed_first(e, v); f; f = packed_next(e, f, v), at++) {
        link_use(L, at + 1);
        link_expr_slot(L, f->value, at);
    }
    L->line = 0; /* PUC Lua has stored each when it had it */
    Node *n = link_node(L, N_SET_NAMED);
    n->a = (uint16_t)table;
    n->b = (uint16_t)count;
    n->c = (uint16_t)top;
    n->k.p = shape;
    L->line = e->u.table.end_line;
    L->top = top;
    return true;
}

static void begin(Linker *L, const AstExpr *e, unsigned table)
{
    Node *n = link_node(L, N_TABLE);
    n->c = (uint16_t)table;
    n->aux = element_room(e);
    n->k.v = table_size_rounded((uint32_t)e->u.table.named);
}

/* All fields at once, where the constructor runs once: as shapes, and stores of a node each,
 * are faster where it runs often. */
static bool packed(Linker *L, const AstExpr *e, unsigned table)
{
    bool once = !L->source->parent && !L->loops;
    if (!once || !e->u.table.is_packed || !e->u.table.total) return false;
    begin(L, e, table);
    L->line = e->u.table.end_line;
    Node *n = link_node(L, N_SET_PACKED);
    n->a = (uint16_t)table;
    n->b = (uint16_t)e->u.table.elements;
    n->c = (uint16_t)e->u.table.named;
    n->k.p = e->u.table.packed;
    L->paid -= 2u * e->u.table.total; /* it is work for so many nodes */
    return true;
}

/* What was made of a view's expressions may not point to them. */
static void forget_field(Linker *L, uint32_t first, const PackedField *v)
{
    for (uint32_t i = first; i < L->count; i++)
        if (packed_has(v, L->origins[i])) L->origins[i] = NULL;
}

static void one_by_one(Linker *L, const AstExpr *e, unsigned table, PackedField *v);

static void constructor(Linker *L, const AstExpr *e, unsigned table)
{
    PackedField v;
    uint32_t first = L->count;
    if (packed(L, e, table)) return;
    if (!named(L, e, table, &v)) one_by_one(L, e, table, &v);
    if (e->u.table.is_packed) forget_field(L, first, &v);
}

static void one_by_one(Linker *L, const AstExpr *e, unsigned table, PackedField *v)
{
    unsigned top = L->top, pending = 0, index = 1;
    begin(L, e, table);
    for (const AstField *f = packed_first(e, v); f; f = packed_next(e, f, v)) {
        link_pay(L);
        if (f->kind != FIELD_ELEMENT) {
            field_store(L, table, f);
            continue;
        }
        if (link_is_multi(f->value) && !f->next) {
            link_open(L, f->value, top + pending);
            L->line = e->u.table.end_line;
            flush_elements(L, table, top, pending, index, true);
            L->top = top;
            return;
        }
        link_use(L, top + pending + 1);
        link_expr_slot(L, f->value, top + pending);
        if (++pending == LIST_BATCH) {
            L->line = f->line;
            flush_elements(L, table, top, pending, index, false);
            index += pending;
            pending = 0;
            L->top = top;
        }
    }
    L->line = e->u.table.end_line;
    flush_elements(L, table, top, pending, index, false);
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
    if (d.kind == 'A') L->line = 0; /* PUC Lua has it in a register, and goes on */
    uint32_t i = link_emit(L, d.kind == 'S' ? N_MOVE : N_LOCAL_A);
    L->nodes[i].a = (uint16_t)t;
    L->nodes[i].c = (uint16_t)d.slot;
    L->top = top;
}
